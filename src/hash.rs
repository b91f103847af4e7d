//! The hashes that files are checked with before they are used.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

/// Length of the first half of a hash, in hexadecimal digits: what files that are many are checked by.
pub const SHORT: usize = 32;

/// Length and hash of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Digest {
    /// Length.
    pub bytes: usize,
    /// SHA-256 in lower-case hexadecimal, or the first half of it.
    pub sha256: String,
}

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len(), sha256: hex_sha256(bytes) }
    }

    /// The same with half of the hash.
    pub fn short(bytes: &[u8]) -> Self {
        let mut digest = Self::of(bytes);
        digest.sha256.truncate(SHORT);
        digest
    }

    /// Refuses bytes that are not those the digest was taken of; `name` says in the error which file it is about.
    ///
    /// # Errors
    /// `hash-mismatch`.
    pub fn verify(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (length, promised) = (bytes.len(), self.bytes);
        let found = hex_sha256(bytes);
        let is_hash = found == self.sha256 || (self.sha256.len() == SHORT && found.starts_with(&self.sha256));
        if length == promised && is_hash {
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
            assert_eq!(Digest::short(b"abc").verify("x", other).unwrap_err().kind(), ErrorKind::HashMismatch);
        }
    }

    #[test]
    fn half_of_a_hash_will_do_and_no_less_of_it() {
        let hash = hex_sha256(b"abc");
        let digest = |digits: usize| Digest { bytes: 3, sha256: hash[..digits].to_owned() };
        for digits in 0..=hash.len() {
            let will_do = [SHORT, hash.len()].contains(&digits);
            assert_eq!(digest(digits).verify("x", b"abc").is_ok(), will_do, "{digits}");
        }
    }
}
