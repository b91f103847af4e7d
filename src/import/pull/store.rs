//! What has been downloaded from one repository, on disk.
//!
//! ```text
//! hub/ORG--NAME/lock                     held while a pull of this repository runs
//! hub/ORG--NAME/blobs/HASH               a finished file, named by the hash it was checked against
//! hub/ORG--NAME/blobs/HASH.part          an unfinished one
//! hub/ORG--NAME/revisions/REVISION.json  which files a revision has, for work without the hub
//! ```
//!
//! Files are named by content, so a resumed download can never join halves of two versions, and what a name says is
//! checked each time it is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Progress;
use super::http::is_hex;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Lock, Writer};

/// The files of one repository, held by this process alone while this exists.
pub(super) struct Store {
    folder: PathBuf,
    _lock: Option<Lock>,
}

/// A revision that has been fetched completely.
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// The commit, where the hub named one.
    pub commit: Option<String>,
    /// The hash of each file, by name.
    pub files: BTreeMap<String, String>,
}

impl Store {
    /// Opens the folder, waiting for another process that pulls into it.
    pub(super) fn open(folder: PathBuf, progress: &mut dyn Progress) -> Result<Self> {
        for part in ["blobs", "revisions"] {
            create_folder(&folder.join(part))?;
        }
        let lock = lock(&folder, progress)?;
        Ok(Self { folder, _lock: lock })
    }

    fn blob_path(&self, hash: &str) -> PathBuf {
        self.folder.join("blobs").join(hash)
    }

    /// The unfinished file for a hash; one without a hash has a name of its own and is never resumed.
    pub(super) fn partial_path(&self, hash: Option<&str>) -> PathBuf {
        self.blob_path(&format!("{}.part", hash.unwrap_or("unnamed")))
    }

    /// A finished file whose content is still what its name says. One that is not is deleted.
    pub(super) fn blob(&self, hash: &str) -> Option<Vec<u8>> {
        let path = self.blob_path(hash);
        let bytes = host::read(&path).ok()?;
        if has_hash(&bytes, hash) {
            return Some(bytes);
        }
        // A file that cannot be deleted fails the check next time, too, so nothing is lost by going on.
        let _ = host::remove_file(&path);
        None
    }

    /// How many bytes of an unfinished file are there.
    pub(super) fn partial_bytes(&self, hash: Option<&str>) -> u64 {
        hash.and_then(|hash| host::about(&self.partial_path(Some(hash))).ok()).map_or(0, |about| about.bytes)
    }

    /// The unfinished file, cut to its first `start` bytes, to be continued.
    pub(super) fn partial(&self, hash: Option<&str>, start: u64) -> Result<Writer> {
        let path = self.partial_path(hash);
        Writer::resume(&path, start).map_err(|cause| cannot("write", &path, cause))
    }

    /// Makes the unfinished file a finished one if it has the hash (any content will do where there is none), and returns
    /// its content and the hash it is kept under; deletes it and returns `None` if it does not.
    pub(super) fn seal(&self, hash: Option<&str>) -> Result<Option<(Vec<u8>, String)>> {
        let partial = self.partial_path(hash);
        let bytes = host::read(&partial).map_err(|cause| cannot("read", &partial, cause))?;
        if hash.is_some_and(|hash| !has_hash(&bytes, hash)) {
            self.discard(hash)?;
            return Ok(None);
        }
        let hash = hash.map_or_else(|| sha256(&bytes), str::to_owned);
        let path = self.blob_path(&hash);
        host::rename(&partial, &path).map_err(|cause| cannot("write", &path, cause))?;
        Ok(Some((bytes, hash)))
    }

    /// Deletes an unfinished file.
    pub(super) fn discard(&self, hash: Option<&str>) -> Result<()> {
        let partial = self.partial_path(hash);
        match host::remove_file(&partial) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(cannot("delete", &partial, cause)),
            _ => Ok(()),
        }
    }

    fn snapshot_path(&self, revision: &str) -> PathBuf {
        self.folder.join("revisions").join(format!("{}.json", escaped(revision)))
    }

    /// Remembers which files a revision has.
    pub(super) fn keep(&self, revision: &str, snapshot: &Snapshot) -> Result<()> {
        let path = self.snapshot_path(revision);
        let text = serde_json::to_vec_pretty(snapshot).map_err(|cause| cannot("write", &path, cause.into()))?;
        let partial = path.with_extension("part");
        host::write_synced(&partial, &text)
            .and_then(|()| host::rename(&partial, &path))
            .map_err(|cause| cannot("write", &path, cause))
    }

    /// The files of a revision that was kept, if all of them are still intact.
    pub(super) fn kept(&self, revision: &str) -> Option<(Snapshot, BTreeMap<String, Vec<u8>>)> {
        let snapshot: Snapshot = serde_json::from_slice(&host::read(self.snapshot_path(revision)).ok()?).ok()?;
        let read = |(name, hash): (&String, &String)| {
            let hash = Some(hash).filter(|hash| is_hex(hash, 64) || is_hex(hash, 40))?;
            Some((name.clone(), self.blob(hash)?))
        };
        let files = snapshot.files.iter().map(read).collect::<Option<_>>()?;
        Some((snapshot, files))
    }
}

/// Takes the lock of a cache folder, waiting for another process that has it. Where there are no locks two pulls at once are the user's
/// affair.
pub(super) fn lock(folder: &Path, progress: &mut dyn Progress) -> Result<Option<Lock>> {
    let path = folder.join("lock");
    let waiting = || progress.note(&format!("waiting for another pull into {}", folder.display()));
    host::lock_file(&path, waiting).map_err(|cause| cannot("lock", &path, cause))
}

pub(super) fn create_folder(path: &Path) -> Result<()> {
    host::create_dir_all(path).map_err(|cause| cannot("create", path, cause))
}

/// The error for something the operating system refuses to do with a file of the cache.
pub(super) fn cannot(what: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot {what} {}", path.display())).caused_by(cause)
}

/// A text with everything but ASCII letters, digits, `-`, `_` and `.` percent-encoded: fit for an address and a file name.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The SHA-256 of some bytes in lower-case hex digits.
fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether bytes have a SHA-256 (64 digits) or, with Git's header before them, a SHA-1 (40 digits).
/// (Git's object format: `blob LENGTH`, a zero byte, the content.)
fn has_hash(bytes: &[u8], hash: &str) -> bool {
    if hash.len() == 64 {
        return sha256(bytes) == hash;
    }
    let blob = Sha1::new().chain_update(format!("blob {}\0", bytes.len())).chain_update(bytes);
    hex(&blob.finalize()) == hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_checked_against_the_name_git_gives_it() {
        // `printf 'hello\n' | git hash-object --stdin`
        assert!(has_hash(b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"));
        assert!(!has_hash(b"hello", "ce013625030ba8dba906f756967f9e9ca394464a"));
    }

    #[test]
    fn a_large_file_is_checked_against_its_sha256() {
        // FIPS 180-2, appendix B.1.
        assert!(has_hash(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    #[test]
    fn a_revision_becomes_one_file_name() {
        assert_eq!(escaped("refs/pr/1"), "refs%2Fpr%2F1");
        assert_eq!(escaped("..\\x"), "..%5Cx");
    }
}
