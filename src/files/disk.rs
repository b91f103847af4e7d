//! What changes a disk, step by step: the real one, and in tests one that fails or stops at a step.

use std::io;
use std::path::Path;

use crate::host;

/// The steps that change a disk. Reading is not among them.
pub(super) trait Disk {
    /// Makes a folder in one that is there.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Writes a file; its bytes are on the disk when this returns.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Gives a file or folder another name, in place of the file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
pub(super) struct Real;

impl Disk for Real {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        host::create_dir(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        host::write_synced(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        host::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        host::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        host::remove_dir(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        host::sync_folder(path)
    }
}
