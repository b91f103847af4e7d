//! The machine as Node.js hands it to WebAssembly: `www/src/cli/host.ts`.

#![allow(unsafe_code)] // what #[wasm_bindgen] expands to

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::{About, Entry};

#[wasm_bindgen]
extern "C" {
    /// What Node.js offers. Paths are texts; what fails throws an error with a `code`.
    pub type Host;

    #[wasm_bindgen(method, catch)]
    fn read(host: &Host, path: &str) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(host: &Host, path: &str, bytes: &[u8]) -> Result<(), JsValue>;
    /// `[isFolder, bytes, modified in ms, isFile]`
    #[wasm_bindgen(method, catch)]
    fn about(host: &Host, path: &str) -> Result<Vec<f64>, JsValue>;
    #[wasm_bindgen(method, js_name = isLink)]
    fn is_link(host: &Host, path: &str) -> bool;
    /// The names in a folder, those of folders with a slash behind.
    #[wasm_bindgen(method, catch)]
    fn list(host: &Host, path: &str) -> Result<Vec<String>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = realPath)]
    fn real_path(host: &Host, path: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(method, catch, js_name = makeFolder)]
    fn make_folder(host: &Host, path: &str, parents: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn rename(host: &Host, from: &str, to: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeFile)]
    fn remove_file(host: &Host, path: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeFolder)]
    fn remove_folder(host: &Host, path: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeAll)]
    fn remove_all(host: &Host, path: &str) -> Result<(), JsValue>;
    /// Cuts a file to its first bytes and puts others behind them.
    #[wasm_bindgen(method, catch)]
    fn append(host: &Host, path: &str, start: f64, bytes: &[u8]) -> Result<(), JsValue>;
    /// `[exit code, stderr]`
    #[wasm_bindgen(method, catch)]
    fn run(host: &Host, program: &str, arguments: Vec<String>) -> Result<Vec<String>, JsValue>;
    /// Asks another machine; gives the status, then names and values of the headers. Waits so many milliseconds for a connection, for
    /// an answer and for each part of it.
    #[wasm_bindgen(method, catch)]
    fn ask(
        host: &Host,
        address: &str,
        headers: Vec<String>,
        patience: Vec<f64>,
        certificates: Option<&str>,
    ) -> Result<Vec<String>, JsValue>;
    /// The next part of the body of the last answer; none at its end.
    #[wasm_bindgen(method, catch)]
    fn more(host: &Host) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn brotli(host: &Host, bytes: &[u8]) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn gzip(host: &Host, bytes: &[u8]) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn print(host: &Host, bytes: &[u8]) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn note(host: &Host, text: &str);
    #[wasm_bindgen(method)]
    fn variable(host: &Host, name: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = processId)]
    fn process_id(host: &Host) -> u32;
    #[wasm_bindgen(method)]
    fn sleep(host: &Host, milliseconds: f64);
    #[wasm_bindgen(method, js_name = isTerminal)]
    fn is_terminal(host: &Host) -> bool;
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// Takes what Node.js offers; nothing works before.
pub fn set(host: Host) {
    HOST.with_borrow_mut(|place| *place = Some(host));
}

fn with<T>(work: impl FnOnce(&Host) -> T) -> T {
    HOST.with_borrow(|host| work(host.as_ref().expect("the host is set before a command runs")))
}

/// Calls the host with a path. One that is no text is none that Node.js gave.
fn at<T>(path: &Path, work: impl FnOnce(&Host, &str) -> Result<T, JsValue>) -> io::Result<T> {
    let text = path.to_str().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the path is no text"))?;
    with(|host| work(host, text)).map_err(failure)
}

/// An error that Node.js threw, by its `code`.
fn failure(thrown: JsValue) -> io::Error {
    let text = |key: &str| Reflect::get(&thrown, &key.into()).ok().and_then(|value| value.as_string()).unwrap_or_default();
    let kind = match text("code").as_str() {
        "ENOENT" => ErrorKind::NotFound,
        "EEXIST" => ErrorKind::AlreadyExists,
        "EACCES" | "EPERM" => ErrorKind::PermissionDenied,
        "EPIPE" => ErrorKind::BrokenPipe,
        "ENOTDIR" => ErrorKind::NotADirectory,
        "EISDIR" => ErrorKind::IsADirectory,
        "ENOSPC" => ErrorKind::StorageFull,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, text("message"))
}

/// What is known of a file or folder; of what a link leads to.
pub fn about(path: &Path) -> io::Result<About> {
    let found = at(path, Host::about)?;
    let number = |at: usize| found.get(at).copied().unwrap_or_default();
    let modified = Duration::try_from_secs_f64(number(2) / 1e3).ok();
    Ok(About { is_folder: number(0) != 0.0, is_file: number(3) != 0.0, bytes: number(1) as u64, modified })
}

/// Whether a path is a link itself.
pub fn is_link(path: &Path) -> bool {
    path.to_str().is_some_and(|path| with(|host| host.is_link(path)))
}

/// What a folder holds, in no order.
pub fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let entry = |name: String| {
        let (name, is_folder) = name.strip_suffix('/').map_or((name.as_str(), false), |name| (name, true));
        Entry { name: Some(name.to_owned()), path: folder.join(name), is_folder }
    };
    Ok(at(folder, Host::list)?.into_iter().map(entry).collect())
}

/// The bytes of a file.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    at(path.as_ref(), Host::read)
}

/// Writes a file; its bytes are on the disk when this returns.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    at(path, |host, path| host.write(path, bytes))
}

/// The path without links.
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    at(path.as_ref(), Host::real_path).map(PathBuf::from)
}

/// Makes a folder in one that is there.
pub fn create_dir(path: &Path) -> io::Result<()> {
    at(path, |host, path| host.make_folder(path, false))
}

/// Makes a folder and those that it is in.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    at(path, |host, path| host.make_folder(path, true))
}

/// Gives a file or folder another name.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    at(to, |host, to| host.rename(from.to_str().unwrap_or_default(), to))
}

/// Removes a file.
pub fn remove_file(path: &Path) -> io::Result<()> {
    at(path, Host::remove_file)
}

/// Removes an empty folder.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    at(path, Host::remove_folder)
}

/// Removes a folder and all that is in it.
pub fn remove_dir_all(path: &Path) -> io::Result<()> {
    at(path, Host::remove_all)
}

/// Node.js syncs files alone.
pub fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// A file that is written piece by piece; it is there when it is finished.
pub struct Writer {
    path: PathBuf,
    /// Behind how many bytes of the file that is there, where it is not made anew.
    start: Option<u64>,
    bytes: Vec<u8>,
}

impl Writer {
    /// Begins a file, in place of the one that has its name.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), start: None, bytes: Vec::new() })
    }

    /// The same: Node.js has no locks.
    pub fn create_locked(path: &Path) -> io::Result<Self> {
        Self::create(path)
    }

    /// Goes on with a file behind its first `start` bytes, or begins it.
    pub fn resume(path: &Path, start: u64) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), start: Some(start), bytes: Vec::new() })
    }

    /// Writes all of it.
    pub fn finish(&mut self) -> io::Result<()> {
        match self.start {
            Some(start) => at(&self.path, |host, path| host.append(path, start as f64, &self.bytes)),
            None => write_synced(&self.path, &self.bytes),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What Brotli makes of some bytes, at its best.
pub fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    with(|host| host.brotli(bytes)).map_err(failure)
}

/// What gzip makes of some bytes, at its best.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    with(|host| host.gzip(bytes)).map_err(failure)
}

/// Node.js has no locks.
pub struct Lock;

/// Nothing: two writers at once are the user's affair.
pub fn lock(_folder: &Path, _waiting: impl FnOnce()) -> io::Result<Option<Lock>> {
    Ok(None)
}

/// Nothing, either.
pub fn lock_file(_path: &Path, _waiting: impl FnOnce()) -> io::Result<Option<Lock>> {
    Ok(None)
}

/// Nothing is known of other writers.
pub fn is_unlocked(_path: &Path) -> bool {
    false
}

/// Nobody else is known to be at it.
pub fn try_lock(_folder: &Path) -> Option<Lock> {
    Some(Lock)
}

/// Writes a result.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    with(|host| host.print(bytes)).map_err(failure)
}

/// Writes a note, with a line break behind it.
pub fn note(line: &str) {
    with(|host| host.note(&format!("{line}\n")));
}

/// Writes over the line of progress, if somebody looks at a terminal.
pub fn progress(line: &str) {
    with(|host| {
        if host.is_terminal() {
            host.note(&format!("\r\x1b[K{line}"));
        }
    });
}

/// A file that is read piece by piece: here it has been read.
pub type Opened = io::Cursor<Vec<u8>>;

/// Opens a file.
pub fn open(path: &Path) -> io::Result<Opened> {
    Ok(io::Cursor::new(read(path)?))
}

/// Runs a program that is told nothing more; whether it succeeded, and what it said on stderr.
pub fn run(program: &OsStr, arguments: &[OsString]) -> io::Result<(bool, Vec<u8>)> {
    let text = |text: &OsStr| text.to_str().unwrap_or_default().to_owned();
    let arguments = arguments.iter().map(|argument| text(argument)).collect();
    let [code, said] = with(|host| host.run(&text(program), arguments)).map_err(failure)?.try_into().unwrap_or_default();
    Ok((code == "0", said.into_bytes()))
}

/// How long other machines may take: to let themselves be connected with, to answer, and between two parts of an answer.
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the head of an answer.
    pub answer: Duration,
    /// For each part of its body.
    pub stall: Duration,
}

/// Asks another machine; gives the status, then names and values of the headers.
pub fn ask(
    address: &str,
    headers: Vec<String>,
    Patience { connect, answer, stall }: &Patience,
    certificates: Option<&str>,
) -> io::Result<Vec<String>> {
    let patience = [connect, answer, stall].map(|time| time.as_secs_f64() * 1e3).to_vec();
    with(|host| host.ask(address, headers, patience, certificates)).map_err(failure)
}

/// The next part of the body of the last answer; none at its end.
pub fn more() -> io::Result<Vec<u8>> {
    with(Host::more).map_err(failure)
}

/// The user's own folder.
pub fn home() -> Option<PathBuf> {
    ["HOME", "USERPROFILE"].into_iter().find_map(variable).map(PathBuf::from)
}

/// Whether a path begins at the root of a disk, also of one with a letter: WebAssembly knows of no such paths.
pub fn is_absolute(path: &Path) -> bool {
    path.has_root() || path.to_str().is_some_and(|path| path.as_bytes().get(1) == Some(&b':'))
}

/// A variable of the environment.
pub fn variable(name: &str) -> Option<OsString> {
    with(|host| host.variable(name)).map(OsString::from)
}

/// WebAssembly is no program of its own.
pub fn program() -> Option<PathBuf> {
    None
}

/// A number that no other running process has.
pub fn process_id() -> u32 {
    with(Host::process_id)
}

/// Does nothing for a while.
pub fn sleep(time: Duration) {
    with(|host| host.sleep(time.as_secs_f64() * 1e3));
}
