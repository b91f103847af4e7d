//! The hashes that files are checked with before they are used.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

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

    /// Refuses bytes that are not those the digest was taken of; `name` says in the error which file it is about.
    ///
    /// # Errors
    /// `hash-mismatch`.
    pub fn verify(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (length, promised) = (bytes.len(), self.bytes);
        if length == promised && hex_sha256(bytes) == self.sha256 {
            return Ok(());
        }
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
