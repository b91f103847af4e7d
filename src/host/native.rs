//! The machine that a native program runs on.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
pub use std::fs::{canonicalize, create_dir, create_dir_all, read, remove_dir, remove_dir_all, remove_file, rename};
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};
use std::{env, fs, thread};

use super::{About, Entry};

/// What is known of a file or folder; of what a link leads to.
pub fn about(path: &Path) -> io::Result<About> {
    let found = fs::metadata(path)?;
    let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(About { is_folder: found.is_dir(), is_file: found.is_file(), bytes: found.len(), modified })
}

/// Whether a path is a link itself.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// What a folder holds, in no order.
pub fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok(Entry { name: entry.file_name().into_string().ok(), path: entry.path(), is_folder: entry.file_type()?.is_dir() })
    };
    fs::read_dir(folder)?.map(entry).collect()
}

/// Writes a file; its bytes are on the disk when this returns.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until the names in a folder are on the disk. Windows opens no folders, and some file systems do not sync them: their names are
/// as safe as they are.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        Err(_) => Ok(()),
    }
}

/// A file that is written piece by piece.
pub struct Writer(BufWriter<File>);

impl Writer {
    /// Begins a file, in place of the one that has its name.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(BufWriter::with_capacity(1 << 16, File::create(path)?)))
    }

    /// The same, locked while it is written.
    pub fn create_locked(path: &Path) -> io::Result<Self> {
        loop {
            let file = File::create(path)?;
            // Held for a moment by who looks whether somebody is writing, and removes what nobody is. Some file systems have no locks.
            let _ = file.lock();
            if path.exists() {
                return Ok(Self(BufWriter::with_capacity(1 << 16, file)));
            }
        }
    }

    /// Goes on with a file behind its first `start` bytes, or begins it.
    pub fn resume(path: &Path, start: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.set_len(start)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self(BufWriter::with_capacity(1 << 16, file)))
    }

    /// Writes what is left, and waits until all of it is on the disk.
    pub fn finish(&mut self) -> io::Result<()> {
        self.0.flush()?;
        // Pipes and devices cannot be waited for.
        let is_none = |cause: &io::Error| matches!(cause.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported);
        self.0.get_ref().sync_all().or_else(|cause| if is_none(&cause) { Ok(()) } else { Err(cause) })
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What Brotli makes of some bytes, at its best.
#[cfg(feature = "commands")]
pub fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (mut out, mut from) = (Vec::new(), bytes);
    brotli::BrotliCompress(
        &mut from,
        &mut out,
        &brotli::enc::BrotliEncoderParams { size_hint: bytes.len(), ..Default::default() },
    )?;
    Ok(out)
}

/// What gzip makes of some bytes, at its best.
#[cfg(feature = "commands")]
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

/// The lock of a folder, held while this exists.
pub struct Lock {
    _folder: File,
}

/// Takes the lock of a folder; nothing where there are no locks. `waiting` is called before it waits for another process.
pub fn lock(folder: &Path, waiting: impl FnOnce()) -> io::Result<Option<Lock>> {
    let Ok(folder) = File::open(folder) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            waiting();
            folder.lock()?;
        }
        Err(TryLockError::Error(_)) => return Ok(None),
    }
    Ok(Some(Lock { _folder: folder }))
}

/// Takes the lock of a file, which is made where it is not there; nothing where there are no locks. `waiting` is called before it waits
/// for another process.
pub fn lock_file(path: &Path, waiting: impl FnOnce()) -> io::Result<Option<Lock>> {
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        waiting();
        file.lock()?;
    }
    Ok(Some(Lock { _folder: file }))
}

/// Whether a file is there that nobody has locked, as far as can be told.
pub fn is_unlocked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Takes the lock of a folder where nobody has it and there are locks.
pub fn try_lock(folder: &Path) -> Option<Lock> {
    let folder = File::open(folder).ok()?;
    folder.try_lock().ok()?;
    Some(Lock { _folder: folder })
}

/// Writes a result.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    io::stdout().write_all(bytes)
}

/// Writes a note, with a line break behind it.
pub fn note(line: &str) {
    // Where nobody can be told, there is nobody to tell that.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A file that is read piece by piece.
pub type Opened = BufReader<File>;

/// Opens a file.
pub fn open(path: &Path) -> io::Result<Opened> {
    Ok(BufReader::new(File::open(path)?))
}

/// Runs a program that is told nothing more; whether it succeeded, and what it said on stderr.
pub fn run(program: &OsStr, arguments: &[OsString]) -> io::Result<(bool, Vec<u8>)> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    Ok((output.status.success(), output.stderr))
}

/// The user's own folder.
pub fn home() -> Option<PathBuf> {
    env::home_dir()
}

/// Whether a path begins at the root of a disk.
pub fn is_absolute(path: &Path) -> bool {
    path.is_absolute()
}

/// A variable of the environment.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// The path of this program.
pub fn program() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// A number that no other running process has.
pub fn process_id() -> u32 {
    std::process::id()
}

/// Does nothing for a while.
pub fn sleep(time: Duration) {
    thread::sleep(time);
}
