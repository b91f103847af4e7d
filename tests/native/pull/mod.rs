//! `import::pull` against local servers, wheels and folders: no test here needs the network, and none takes long.

mod fake_hub;
mod folder;
mod hub;
mod server;
mod student;
mod wheel;

use std::path::Path;
use std::time::Duration;

use inkling_search::import::pull::{FetchOptions, Progress};

/// Options with a cache of their own, short waits, and nothing from the environment.
fn options(cache: &Path) -> FetchOptions {
    FetchOptions {
        cache: cache.to_owned(),
        endpoint: "http://127.0.0.1:9".into(),
        token: None,
        proxy: false,
        certificates: None,
        connect_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_millis(500),
        stall_timeout: Duration::from_millis(500),
        retries: 3,
        backoff: Duration::from_millis(1),
        ..FetchOptions::default()
    }
}

/// What a pull reported.
#[derive(Default)]
struct Report {
    notes: Vec<String>,
    /// Of each thing started: its name, its announced size, the bytes that came.
    started: Vec<(String, Option<u64>, u64)>,
    finished: usize,
}

impl Progress for Report {
    fn start(&mut self, what: &str, bytes: Option<u64>) {
        self.started.push((what.into(), bytes, 0));
    }
    fn advance(&mut self, bytes: u64) {
        self.started.last_mut().expect("nothing started").2 += bytes;
    }
    fn note(&mut self, line: &str) {
        self.notes.push(line.into());
    }
    fn finish(&mut self) {
        self.finished += 1;
    }
}

/// Writes a file, and the folders it is in.
fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
