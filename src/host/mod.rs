//! What the command line and its files need of the machine: a disk, output, the environment.
//!
//! There are two of these, with the same functions: `native` is the standard library, `node` what Node.js hands to the WebAssembly build
//! of the command line, which has no system of its own.

#[cfg(not(all(feature = "node", target_family = "wasm")))]
mod native;
#[cfg(all(feature = "node", target_family = "wasm"))]
mod node;

use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(not(all(feature = "node", target_family = "wasm")))]
pub use self::native::*;
#[cfg(all(feature = "node", target_family = "wasm"))]
pub use self::node::*;

/// What is known of a file or folder without reading it.
pub struct About {
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether it is a file with bytes of its own, and no device or pipe.
    pub is_file: bool,
    /// The length of a file, in bytes.
    pub bytes: u64,
    /// When it was written last, since 1970.
    pub modified: Option<Duration>,
}

/// What a folder holds under a name.
pub struct Entry {
    /// The name; none where it is no text.
    pub name: Option<String>,
    /// The folder's path and the name.
    pub path: PathBuf,
    /// Whether it is a folder itself, and no link to one.
    pub is_folder: bool,
}

/// Whether there is a file or folder.
pub fn exists(path: &Path) -> bool {
    about(path).is_ok()
}

/// Whether there is a file, and no device or pipe.
pub fn is_file(path: &Path) -> bool {
    about(path).is_ok_and(|about| about.is_file)
}

/// Whether there is a folder.
pub fn is_folder(path: &Path) -> bool {
    about(path).is_ok_and(|about| about.is_folder)
}
