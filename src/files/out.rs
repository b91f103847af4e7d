//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{cannot_write, parent};
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Writer};

/// How the name of a sibling ends.
const SIBLING: &str = ".part";

/// A file that is written through a sibling, which takes its name when it is finished and goes when it never is.
pub struct OutFile {
    /// As the user named it.
    path: PathBuf,
    /// The sibling, and the name that it takes; none where a device or a pipe is written to.
    renamed: Option<[PathBuf; 2]>,
    file: Writer,
}

impl OutFile {
    /// Begins a file; the folder is made where there is none. A link stays one, and what it leads to is written. What is no file, such as
    /// `/dev/stdout`, is written to as it is.
    pub fn create(path: &Path) -> Result<Self> {
        let is_file = |path: &Path| host::is_file(path) || host::is_folder(path) || !host::exists(path);
        if !is_file(path) {
            let file = Writer::create(path).map_err(|cause| cannot_write(path, cause))?;
            return Ok(Self { path: path.to_owned(), renamed: None, file });
        }
        let place = if host::is_link(path) { host::canonicalize(path).ok() } else { None };
        Self::replace(path, place.unwrap_or_else(|| path.to_owned()))
    }

    /// Begins a file in the place of whatever has its name.
    pub fn beside(path: &Path) -> Result<Self> {
        Self::replace(path, path.to_owned())
    }

    fn replace(path: &Path, place: PathBuf) -> Result<Self> {
        let name = place.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("{} is not a file name", path.display())))?;
        let create = || -> io::Result<_> {
            host::create_dir_all(parent(&place))?;
            remove_left(parent(&place), name);
            let sibling = place.with_file_name(format!(".{name}.{}{SIBLING}", host::process_id()));
            Ok((Writer::create_locked(&sibling)?, sibling))
        };
        let (file, sibling) = create().map_err(|cause| cannot_write(path, cause))?;
        Ok(Self { path: path.to_owned(), renamed: Some([sibling, place]), file })
    }

    /// Appends bytes.
    pub fn put(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.file.write_all(bytes.as_ref()).map_err(|cause| cannot_write(&self.path, cause))
    }

    /// Gives the file its name, and says it.
    pub fn finish(mut self) -> Result<String> {
        let done = self.file.finish();
        let done = match &self.renamed {
            Some([sibling, place]) => done.and_then(|()| host::rename(sibling, place)),
            None => done,
        };
        done.map_err(|cause| cannot_write(&self.path, cause))?;
        Ok(self.path.display().to_string())
    }
}

/// Removes what processes that were killed have left of a file: siblings that nobody has locked.
fn remove_left(folder: &Path, name: &str) {
    for entry in host::list(folder).unwrap_or_default() {
        let of = entry.name.as_deref().and_then(|other| other.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.'));
        let process = of.and_then(|rest| rest.strip_suffix(SIBLING)).filter(|process| process.parse::<u32>().is_ok());
        if process.is_some() && !entry.is_folder && host::is_unlocked(&entry.path) {
            let _ = host::remove_file(&entry.path);
        }
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
        if let Some([sibling, _]) = &self.renamed {
            let _ = host::remove_file(sibling);
        }
    }
}

// The library that makes folders for tests does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = host::list(folder).unwrap().into_iter().map(|entry| entry.name.unwrap()).collect();
        names.sort();
        names
    }

    fn write(path: &Path, text: &str) {
        let mut file = OutFile::create(path).unwrap();
        file.put(text).unwrap();
        file.finish().unwrap();
    }

    #[test]
    fn a_file_has_its_old_bytes_until_the_new_ones_are_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/page.html");
        write(&path, "old");
        let mut unfinished = OutFile::create(&path).unwrap();
        unfinished.put("half of").unwrap();
        unfinished.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(unfinished);
        assert_eq!(names(path.parent().unwrap()), ["page.html"]);
        write(&path, "new");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn what_a_killed_process_has_left_of_a_file_goes_and_what_another_is_writing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let left = at(".page.html.4000000000.part");
        let written = Writer::create_locked(&at(".page.html.4000000001.part")).unwrap();
        for name in [".page.html.4000000000.part", ".page.html.mine.part", "page.html.1.part", ".other.html.1.part"] {
            fs::write(at(name), "half").unwrap();
        }
        write(&at("page.html"), "whole");
        assert!(!left.exists());
        let others =
            [".other.html.1.part", ".page.html.4000000001.part", ".page.html.mine.part", "page.html", "page.html.1.part"];
        assert_eq!(names(folder.path()), others);
        drop(written);
        write(&at("page.html"), "again");
        assert!(!at(".page.html.4000000001.part").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/page.html"), "old").unwrap();
        std::os::unix::fs::symlink("real/page.html", at("page.html")).unwrap();
        write(&at("page.html"), "new");
        assert!(host::is_link(&at("page.html")));
        assert_eq!(fs::read_to_string(at("real/page.html")).unwrap(), "new");
        assert_eq!(
            (names(folder.path()), names(&at("real"))),
            (vec!["page.html".into(), "real".into()], vec!["page.html".into()])
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_device_is_written_to_and_stays() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;

        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Open for both, it neither waits for a writer nor lets one wait.
        let mut reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        write(&pipe, "bytes");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        let mut bytes = [0; 5];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!((&bytes, names(folder.path())), (b"bytes", vec!["pipe".to_owned()]));
    }
}
