//! The hashes that files are checked with before they are used.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

/// The name of the cache in which browsers keep the files of searches.
pub const CACHE: &str = "inkling-1";

/// What stands between the address of a file and its hash in the key that it is kept under: two versions of a file are two entries.
pub const VERSION: &str = "?sha256=";

/// Length and hash of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Digest {
    /// Length.
    pub bytes: usize,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len(), sha256: hex_sha256(bytes) }
    }

    /// What a browser keeps the file of an address under.
    pub fn key(&self, address: &str) -> String {
        format!("{address}{VERSION}{}", self.sha256)
    }

    /// Refuses bytes that are not those the digest was taken of; `name` says in the error which file it is about.
    ///
    /// # Errors
    /// `hash-mismatch`.
    pub fn verify(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.compare(name, bytes.len(), &hex_sha256(bytes))
    }

    /// The same for bytes whose length and SHA-256, in lower-case hexadecimal, are known.
    ///
    /// # Errors
    /// `hash-mismatch`.
    pub fn compare(&self, name: &str, length: usize, sha256: &str) -> Result<()> {
        if length == self.bytes && sha256 == self.sha256 {
            return Ok(());
        }
        let promised = self.bytes;
        Err(Error::new(
            ErrorKind::HashMismatch,
            format!("{name} is not the file it should be ({length} bytes, {promised} promised): fetch or build it again"),
        ))
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_than_promised_are_refused() {
        let digest = Digest::of(b"abc");
        assert!(digest.verify("x", b"abc").is_ok());
        for other in [&b"abd"[..], b"ab", b""] {
            assert_eq!(digest.verify("x", other).unwrap_err().kind(), ErrorKind::HashMismatch);
        }
    }
}
