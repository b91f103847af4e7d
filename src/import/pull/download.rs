//! One file of the hub: attempts until it is there whole and has the right hash, or until it is not worth another.

use std::io::{ErrorKind as IoKind, Write};

use http::Uri;

use super::agent::Reply;
use super::http::{Answer, Client, Kind, Promise, Setback, total_bytes};
use super::options::FetchOptions;
use super::store::{Store, cannot};
use super::{Failure, Progress, max_bytes, too_large};
use crate::error::{Error, ErrorKind};
use crate::host;

/// The longest chain of redirects and repeated questions for one attempt. The hub needs two for a renamed repository.
const MAX_HOPS: usize = 8;
/// News that make a failure count as the first again: with less, a server that drips bytes could keep a pull forever.
const NEWS_BYTES: u64 = 1 << 20;
/// Each wait is at most this many times the first.
const MAX_BACKOFF: u32 = 16;

/// A file to fetch.
pub(super) struct Download<'a> {
    pub client: &'a Client,
    pub store: &'a Store,
    pub options: &'a FetchOptions,
    /// The repository, for messages.
    pub repository: &'a str,
    /// The file's name in it.
    pub name: &'a str,
    /// Where the hub has it.
    pub address: Uri,
}

/// What came of it.
pub(super) enum Outcome {
    /// The whole file.
    Complete {
        bytes: Vec<u8>,
        /// The hash it is kept under.
        hash: String,
        /// The commit that the hub named.
        commit: Option<String>,
    },
    /// The hub has no such file; its code for the reason.
    Absent(String),
}

impl Download<'_> {
    pub(super) fn run(&self, progress: &mut dyn Progress) -> Result<Outcome, Failure> {
        let mut promise = Promise::default();
        let (mut failures, mut most) = (0, 0);
        loop {
            let (error, silence, wait) = match self.attempt(&mut promise, progress) {
                Ok(outcome) => return Ok(outcome),
                Err(Setback::Stop(error)) => return Err(Failure::Settled(error)),
                Err(Setback::Again { error, silence, wait }) => (error, silence, wait),
            };
            let held = self.store.partial_bytes(promise.hash.as_deref());
            if held >= most + NEWS_BYTES {
                (failures, most) = (0, held);
            }
            // Whoever waits for a hub that was never there should be told soon.
            let unknown = !self.client.reached();
            if failures == self.options.retries || (silence && unknown) {
                return Err(if unknown { Failure::Silent(error) } else { Failure::Settled(self.given_up(error, held)) });
            }
            failures += 1;
            progress.note(&format!("{}: {error}; trying again ({failures} of {})", self.name, self.options.retries));
            let doubled = self.options.backoff * MAX_BACKOFF.min(1 << (failures - 1).min(16));
            host::sleep(wait.unwrap_or(doubled));
        }
    }

    fn attempt(&self, promise: &mut Promise, progress: &mut dyn Progress) -> Result<Outcome, Setback> {
        let mut address = self.address.clone();
        let mut from = self.store.partial_bytes(promise.hash.as_deref());
        for _ in 0..MAX_HOPS {
            let Answer { kind, response } = self.client.get(&address, from, promise)?;
            if let Kind::Absent(reason) = kind {
                return Ok(Outcome::Absent(reason));
            }
            let hash = promise.hash.as_deref();
            if let Some((hash, bytes)) = hash.and_then(|hash| Some((hash, self.store.blob(hash)?))) {
                return Ok(Outcome::Complete { bytes, hash: hash.into(), commit: promise.commit.clone() });
            }
            let held = self.store.partial_bytes(hash);
            if held > 0 && Some(held) == promise.bytes {
                return self.seal(promise, true);
            }
            match kind {
                Kind::Redirect(next) => (address, from) = (next, held),
                // The first question was for all of it, before it was known that a part is here already.
                Kind::Body(0) if from == 0 && held > 0 => from = held,
                Kind::Body(start) => {
                    self.receive(response, start, promise, progress)?;
                    return self.seal(promise, start > 0);
                }
                Kind::NothingThere | Kind::Absent(_) => {
                    if held > 0 {
                        self.store.discard(hash)?;
                    }
                    return Err(Setback::again(self.network("the part kept from before does not fit")));
                }
            }
        }
        Err(Setback::Stop(self.network("redirects without end")))
    }

    /// Writes the body behind the first `start` bytes of the unfinished file.
    fn receive(&self, response: Reply, start: u64, promise: &Promise, progress: &mut dyn Progress) -> Result<(), Setback> {
        let hash = promise.hash.as_deref();
        let total = promise.bytes.or_else(|| total_bytes(&response, start));
        let limit = max_bytes(self.name);
        if total.is_some_and(|total| total > limit) {
            return Err(Setback::Stop(too_large(self.repository, self.name)));
        }
        let mut file = self.store.partial(hash, start)?;
        let disk = |cause| cannot("write", &self.store.partial_path(hash), cause);
        progress.start(self.name, total);
        progress.advance(start);
        let mut body = response.into_body();
        let mut written = start;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(cause) if cause.kind() == IoKind::Interrupted => continue,
                Err(cause) => {
                    file.finish().map_err(disk)?;
                    return Err(Setback::again(self.cut_short(written, total).caused_by(cause)));
                }
            };
            written += count as u64;
            if written > total.unwrap_or(limit) {
                drop(file);
                self.store.discard(hash)?;
                return Err(Setback::Stop(if total.is_some() { self.mismatch() } else { too_large(self.repository, self.name) }));
            }
            file.write_all(&buffer[..count]).map_err(disk)?;
            progress.advance(count as u64);
        }
        file.finish().map_err(disk)?;
        if total.is_some_and(|total| written < total) {
            return Err(Setback::again(self.cut_short(written, total)));
        }
        progress.finish();
        Ok(())
    }

    /// Finishes the unfinished file if it is what was promised.
    fn seal(&self, promise: &Promise, resumed: bool) -> Result<Outcome, Setback> {
        match self.store.seal(promise.hash.as_deref())? {
            Some((bytes, hash)) => Ok(Outcome::Complete { bytes, hash, commit: promise.commit.clone() }),
            // The part from before may be to blame, and it is gone now.
            None if resumed => Err(Setback::again(self.mismatch())),
            None => Err(Setback::Stop(self.mismatch())),
        }
    }

    fn network(&self, problem: &str) -> Error {
        Error::new(ErrorKind::Network, format!("{} of {}: {problem}", self.name, self.repository))
    }

    fn cut_short(&self, written: u64, total: Option<u64>) -> Error {
        match total {
            Some(total) => self.network(&format!("the connection ended after {written} of {total} bytes")),
            None => self.network(&format!("the connection ended after {written} bytes")),
        }
    }

    fn mismatch(&self) -> Error {
        let problem = format!("{} of {} is not the file that the hub announced; it has been deleted", self.name, self.repository);
        Error::new(ErrorKind::HashMismatch, format!("{problem}: pull again, and if that does not help, ask who runs HF_ENDPOINT"))
    }

    /// The last error, with what the user can do.
    fn given_up(&self, error: Error, held: u64) -> Error {
        let kept = if held > 0 { format!(" ({held} bytes are kept)") } else { String::new() };
        Error::new(error.kind(), format!("{} failed too often: pull again later to continue{kept}", self.name)).caused_by(error)
    }
}
