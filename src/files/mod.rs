//! Sets of files that change as a whole: an index, a model.
//!
//! ```text
//! DIR/.inkling-new/    the set while it is written; only a change that was stopped leaves it behind
//! DIR/.inkling-next/   the same folder once all of it is on the disk: its files are moved to their places in DIR
//! ```
//!
//! The rename from the first to the second is the moment of the change. Before it, everything in place is as it was; after it,
//! [`read`] finds the new files, moved or not. Whatever stops the work in between, the next change and the next
//! [`settle`] remove what was not finished, or finish what was begun. Changes of one folder wait for each other, where the file system
//! has locks.
//!
//! A folder may come from a stranger, with links in it and with what such a change is said to have left. So no change goes through a link
//! below the folder, and none touches what is not below it.

mod disk;
mod out;
#[cfg(feature = "commands")]
pub mod twins;
// The library that makes folders for tests does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use self::disk::{Disk, Real};
pub use self::out::OutFile;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Lock};

/// Where a set is written.
const NEW: &str = ".inkling-new";
/// Where it waits to be moved to its places.
const NEXT: &str = ".inkling-next";
/// How compressed twins of files end: Brotli's and gzip's.
const TWINS: [&str; 2] = [".br", ".gz"];
/// In the set: which files go, as a JSON array of paths.
const REMOVED: &str = ".removed";

/// A change of the files in a folder, which nobody else changes meanwhile. Dropped before [`Change::commit`] it leaves all as it was.
pub struct Change {
    root: PathBuf,
    disk: Box<dyn Disk>,
    /// Locked; none where the file system has no locks.
    _lock: Option<Lock>,
    /// The folders made in the root's place and in those of the files, outermost first: they go with a change that is dropped.
    made: Vec<PathBuf>,
    /// The files written below [`NEW`].
    written: BTreeSet<String>,
}

impl Change {
    /// Begins to change a folder, which is made where there is none. `waiting` is called when somebody else is changing it,
    /// and is waited for.
    ///
    /// # Errors
    /// `io`.
    pub fn begin(root: &Path, waiting: impl FnOnce()) -> Result<Self> {
        Self::begin_on(Box::new(Real), root, waiting)
    }

    fn begin_on(disk: Box<dyn Disk>, root: &Path, waiting: impl FnOnce()) -> Result<Self> {
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let mut change = Self { root: root.to_owned(), disk, _lock: None, made: Vec::new(), written: BTreeSet::new() };
        let mut waiting = Some(waiting);
        loop {
            change.make_folders(root)?;
            let lock = host::lock(root, || waiting.take().into_iter().for_each(|waiting| waiting()));
            change._lock = lock.map_err(|cause| cannot_write(root, cause))?;
            // A change that was waited for takes the folder away with it if it had made it for nothing.
            if host::exists(root) {
                break;
            }
        }
        tidied(&*change.disk, root).map_err(|cause| cannot_write(root, cause))?;
        Ok(change)
    }

    /// Writes a file of the new set, at a path below the folder with `/`. A file that has these bytes already stays.
    ///
    /// # Errors
    /// `io`.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let place = self.root.join(path);
        let failed = |cause| cannot_write(&place, cause);
        refuse_links(&self.root, &place).map_err(failed)?;
        if has_bytes(&place, bytes) {
            return Ok(());
        }
        let staged = self.root.join(NEW).join(path);
        make_folders(&*self.disk, parent(&staged), &mut Vec::new()).map_err(failed)?;
        self.disk.write(&staged, bytes).map_err(failed)?;
        self.written.insert(path.to_owned());
        Ok(())
    }

    /// Puts the files that were written in the places of the old ones, and takes away those of `removed` that were not.
    ///
    /// # Errors
    /// `io`. Nothing has changed then, unless the message says that the change is saved.
    pub fn commit<'a>(mut self, removed: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut removed: BTreeSet<String> =
            removed.into_iter().filter(|path| !self.written.contains(*path)).map(str::to_owned).collect();
        // A compressed twin of a file that changes would be sent in its place.
        let twins: Vec<String> = self.written.iter().chain(&removed).flat_map(|path| twins_of(path)).collect();
        removed.extend(twins);
        removed.retain(|path| !self.written.contains(path) && host::is_file(&self.root.join(path)));
        if self.written.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let root = self.root.clone();
        let failed = |cause| cannot_write(&root, cause);
        removed.iter().try_for_each(|path| refuse_links(&root, &root.join(path))).map_err(failed)?;
        // What needs room on the disk comes before the moment of the change.
        for path in self.written.clone() {
            self.make_folders(parent(&root.join(path)))?;
        }
        let staged = root.join(NEW);
        make_folders(&*self.disk, &staged, &mut Vec::new()).map_err(failed)?;
        if !removed.is_empty() {
            let list = serde_json::to_vec(&removed).map_err(|cause| failed(cause.into()))?;
            self.disk.write(&staged.join(REMOVED), &list).map_err(failed)?;
        }
        let Tree { files, folders } = Tree::of(&staged).map_err(failed)?;
        if files.len() != self.written.len() + usize::from(!removed.is_empty()) {
            return Err(failed(io::Error::other("another process has changed it meanwhile")));
        }
        for folder in folders.iter().map(PathBuf::as_path).chain(self.made.iter().map(|made| parent(made))).chain([&*root]) {
            self.disk.sync_folder(folder).map_err(failed)?;
        }
        self.disk.rename(&staged, &root.join(NEXT)).map_err(failed)?;
        self.made.clear();
        finish(&*self.disk, &root).map_err(|cause| {
            let shown = root.display();
            let what =
                format!("the change is saved, but its files are still in {shown}/{NEXT}: `inkling inspect {shown}` moves them");
            Error::new(ErrorKind::Io, what).caused_by(cause)
        })
    }

    fn make_folders(&mut self, path: &Path) -> Result<()> {
        make_folders(&*self.disk, path, &mut self.made).map_err(|cause| cannot_write(path, cause))
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        // What cannot be removed now, the next change removes.
        let _ = undo(&*self.disk, &self.root);
        for folder in self.made.iter().rev() {
            let _ = self.disk.remove_folder(folder);
        }
    }
}

/// A file of a set, as the last change has left it, even where it has not been moved to its place.
///
/// # Errors
/// `not-found`, `io`.
pub fn read(root: &Path, path: &str) -> Result<Vec<u8>> {
    let (next, place) = (root.join(NEXT).join(path), root.join(path));
    if host::is_file(&next)
        && let Ok(bytes) = host::read(&next)
    {
        return Ok(bytes);
    }
    // A device or a pipe might never end, or never begin.
    if host::exists(&place) && !host::is_file(&place) {
        return Err(Error::new(ErrorKind::Io, format!("cannot read {}: it is no file", place.display())));
    }
    read_file(&place)
}

/// A file's bytes.
///
/// # Errors
/// `not-found`, `out-of-memory`, `io`.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    host::read(path).map_err(|cause| {
        let kind = match cause.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
            _ => ErrorKind::Io,
        };
        Error::new(kind, format!("cannot read {}", path.display())).caused_by(cause)
    })
}

/// Removes what a change that was stopped has left in a folder, or finishes it, unless somebody is at it. Where that cannot be done, as
/// on a disk that is only read, [`read`] still finds what it should.
pub fn settle(root: &Path) {
    let left = [NEW, NEXT].iter().any(|name| host::exists(&root.join(name)));
    if left && let Some(_lock) = host::try_lock(root) {
        let _ = tidied(&Real, root);
    }
}

/// The error of a file that cannot be written.
pub fn cannot_write(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Io, format!("cannot write {}", path.display())).caused_by(cause)
}

/// Finishes a change that has been made and removes one that has not.
fn tidied(disk: &dyn Disk, root: &Path) -> io::Result<()> {
    finish(disk, root)?;
    undo(disk, root)
}

/// Removes a change that has not been made, and the folders that were made for its files.
fn undo(disk: &dyn Disk, root: &Path) -> io::Result<()> {
    let new = root.join(NEW);
    let Tree { files, folders } = staged(&new)?;
    files.iter().try_for_each(|file| missing_is_fine(disk.remove_file(file)))?;
    for folder in folders.iter().rev() {
        let place = root.join(folder.strip_prefix(&new).map_err(io::Error::other)?);
        let is_ours = |folder: &PathBuf| is_empty(folder) && !host::is_link(folder) && refuse_links(root, folder).is_ok();
        for folder in [&place, folder].into_iter().filter(|folder| is_ours(folder)) {
            missing_is_fine(disk.remove_folder(folder))?;
        }
    }
    Ok(())
}

/// Moves the files of a change to their places. Each step may have been done before.
fn finish(disk: &dyn Disk, root: &Path) -> io::Result<()> {
    let next = root.join(NEXT);
    let Tree { files, folders } = staged(&next)?;
    if folders.is_empty() {
        return Ok(());
    }
    let list = next.join(REMOVED);
    let bytes = if host::is_file(&list) { host::read(&list)? } else { Vec::new() };
    let removed: Vec<String> = serde_json::from_slice(&bytes).unwrap_or_default();
    let removed: Vec<PathBuf> = removed.iter().filter(|path| is_below(path)).map(|path| root.join(path)).collect();
    removed.iter().try_for_each(|path| refuse_links(root, path))?;
    let mut touched = BTreeSet::new();
    for file in files.iter().filter(|file| **file != list) {
        let place = root.join(file.strip_prefix(&next).map_err(io::Error::other)?);
        refuse_links(root, &place)?;
        make_folders(disk, parent(&place), &mut Vec::new())?;
        disk.rename(file, &place)?;
        touched.insert(parent(&place).to_owned());
    }
    for path in &removed {
        missing_is_fine(disk.remove_file(path))?;
        touched.insert(parent(path).to_owned());
    }
    for folder in &touched {
        disk.sync_folder(folder)?;
    }
    // Folders that held nothing but what was removed.
    for folder in touched.iter().rev().filter(|folder| *folder != root && is_empty(folder)) {
        missing_is_fine(disk.remove_folder(folder))?;
    }
    missing_is_fine(disk.remove_file(&list))?;
    for folder in folders.iter().rev() {
        missing_is_fine(disk.remove_folder(folder))?;
    }
    disk.sync_folder(root)
}

/// What is below one of the two folders of a change.
fn staged(folder: &Path) -> io::Result<Tree> {
    if host::is_link(folder) {
        return Err(is_link(folder));
    }
    Tree::of(folder)
}

/// Refuses a path that leads through a link below the folder of the change: nobody knows where to.
fn refuse_links(root: &Path, path: &Path) -> io::Result<()> {
    let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root));
    folders.find(|folder| host::is_link(folder)).map_or(Ok(()), |link| Err(is_link(link)))
}

fn is_link(path: &Path) -> io::Error {
    io::Error::other(format!("{} is a link, and no change goes through links: remove it", path.display()))
}

/// Whether a path, as a change notes it, leads below the folder.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// The files and folders below a folder that is there, itself included, outer folders first.
#[derive(Default)]
struct Tree {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Tree {
    fn of(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        if host::exists(root) {
            tree.add(root)?;
        }
        tree.files.sort();
        Ok(tree)
    }

    fn add(&mut self, folder: &Path) -> io::Result<()> {
        self.folders.push(folder.to_owned());
        for entry in host::list(folder)? {
            if entry.is_folder { self.add(&entry.path)? } else { self.files.push(entry.path) }
        }
        Ok(())
    }
}

/// The paths that the compressed twins of a file have, which hosts for static sites send in its place.
fn twins_of(path: &str) -> [String; 2] {
    TWINS.map(|ending| format!("{path}{ending}"))
}

fn is_empty(folder: &Path) -> bool {
    host::list(folder).is_ok_and(|entries| entries.is_empty())
}

/// Makes a folder and those that it is in, and notes which were not there.
fn make_folders(disk: &dyn Disk, folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    if host::is_folder(folder) {
        return Ok(());
    }
    make_folders(disk, parent(folder), made)?;
    match disk.make_folder(folder) {
        // Another process was quicker.
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && host::is_folder(folder) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(cause.kind(), format!("{} is no folder: name one", folder.display())))
        }
        done => done.map(|()| made.push(folder.to_owned())),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn missing_is_fine(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|cause| if cause.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(cause) })
}

fn has_bytes(path: &Path, bytes: &[u8]) -> bool {
    host::about(path).is_ok_and(|file| file.bytes == bytes.len() as u64) && host::read(path).is_ok_and(|old| old == bytes)
}
