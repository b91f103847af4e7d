//! A line that counts, in Node.js.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::note;
use crate::host;
#[cfg(feature = "import")]
use crate::import::pull;

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

/// The progress of a download: a line in bytes.
#[cfg(feature = "import")]
#[derive(Default)]
pub struct Download {
    what: String,
    done: u64,
    total: Option<u64>,
}

#[cfg(feature = "import")]
impl pull::Progress for Download {
    fn start(&mut self, what: &str, bytes: Option<u64>) {
        *self = Self { what: what.to_owned(), done: 0, total: bytes };
        self.advance(0);
    }

    fn advance(&mut self, bytes: u64) {
        self.done += bytes;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let total = self.total.map(|total| format!(" of {:.1}", megabytes(total))).unwrap_or_default();
        host::progress(&format!("{} {:.1}{total} MB", self.what, megabytes(self.done)));
    }

    fn note(&mut self, line: &str) {
        self.finish();
        note(line);
    }

    fn finish(&mut self) {
        host::progress("");
    }
}
