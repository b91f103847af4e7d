//! A line that counts, in Node.js.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::host;

/// What is counted, and how far it is.
pub struct Bar {
    what: &'static str,
    unit: &'static str,
    total: u64,
    done: AtomicU64,
}

/// A line that counts things: `encoding 120/400 passages`.
pub fn counter(what: &'static str, unit: &'static str, total: usize) -> Bar {
    Bar { what, unit, total: total as u64, done: AtomicU64::new(0) }
}

impl Bar {
    /// So many more are done.
    pub fn inc(&self, count: u64) {
        self.set_position(self.done.load(Ordering::Relaxed) + count);
    }

    /// So many are done.
    pub fn set_position(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        host::progress(&format!("{} {done}/{} {}", self.what, self.total, self.unit));
    }

    /// All is done: the line goes.
    pub fn finish_and_clear(&self) {
        host::progress("");
    }

    /// How many there are.
    pub fn length(&self) -> Option<u64> {
        Some(self.total)
    }
}
