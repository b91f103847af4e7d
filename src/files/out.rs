//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::cannot_write;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Writer};

/// A file that is written through a sibling, which takes its name when it is finished and goes when it never is.
pub struct OutFile {
    path: PathBuf,
    sibling: PathBuf,
    file: Writer,
}

impl OutFile {
    /// Begins a file; the folder is made where there is none.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("{} is not a file name", path.display())))?;
        let sibling = path.with_file_name(format!("{name}.{}.part", host::process_id()));
        let create = || {
            host::create_dir_all(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
            Writer::create(&sibling)
        };
        let file = create().map_err(|cause| cannot_write(path, cause))?;
        Ok(Self { path: path.to_owned(), sibling, file })
    }

    /// Appends bytes.
    pub fn put(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.file.write_all(bytes.as_ref()).map_err(|cause| cannot_write(&self.path, cause))
    }

    /// Gives the file its name, and says it.
    pub fn finish(mut self) -> Result<String> {
        let done = self.file.finish().and_then(|()| host::rename(&self.sibling, &self.path));
        done.map_err(|cause| cannot_write(&self.path, cause))?;
        Ok(self.path.display().to_string())
    }
}

/// Lets other writers fill the file.
impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        // Gone already when the file was finished; what cannot be removed is in nobody's way.
        let _ = host::remove_file(&self.sibling);
    }
}
