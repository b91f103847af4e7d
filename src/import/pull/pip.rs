//! Fetching a wheel with the user's own pip, which knows the user's index, proxy and credentials, and keeping it.

use std::fs::{self, File};
use std::io::{ErrorKind as IoKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::Progress;
use super::options::FetchOptions;
use super::source::normalized;
use super::store::{cannot, create_folder, hex, lock};
use crate::error::{Error, ErrorKind, Result};

/// The path of a wheel in the cache, fetched first where it is not there.
///
/// The wheel is kept in `wheels/PACKAGE-VERSION/` under the name pip gave it. One that is not what `sha256` says is deleted.
pub(super) fn wheel(
    package: &str,
    version: &str,
    sha256: Option<&str>,
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<PathBuf> {
    let wheels = options.cache.join("wheels");
    create_folder(&wheels)?;
    let _lock = lock(&wheels, progress)?;
    let folder = wheels.join(format!("{}-{version}", normalized(package)));
    if let Ok(path) = only_wheel(&folder)
        && check(&path, sha256).is_ok()
    {
        return Ok(path);
    }
    let fresh = wheels.join("download");
    remove(&fresh)?;
    create_folder(&fresh)?;
    let what = format!("{package}=={version}");
    progress.start(&what, None);
    download(&what, &fresh, options)?;
    let path = only_wheel(&fresh)?;
    check(&path, sha256)?;
    remove(&folder)?;
    fs::rename(&fresh, &folder).map_err(|cause| cannot("write", &folder, cause))?;
    progress.finish();
    only_wheel(&folder)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != IoKind::NotFound => Err(cannot("delete", folder, cause)),
        _ => Ok(()),
    }
}

/// The wheel in a folder that should hold just one.
fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|cause| cannot("read", folder, cause))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>();
    let mut wheels = paths.map_err(|cause| cannot("read", folder, cause))?;
    wheels.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    match wheels.len() {
        1 => Ok(wheels.remove(0)),
        0 => Err(Error::new(ErrorKind::NotFound, format!("pip left no wheel in {}", folder.display()))),
        count => Err(Error::new(
            ErrorKind::InvalidInput,
            format!("pip left {count} wheels in {} where one was asked for", folder.display()),
        )),
    }
}

/// Deletes the wheel unless it has the SHA-256.
fn check(path: &Path, sha256: Option<&str>) -> Result<()> {
    let Some(expected) = sha256 else { return Ok(()) };
    let found = hash_of(path).map_err(|cause| cannot("read", path, cause))?;
    if found == expected {
        return Ok(());
    }
    fs::remove_file(path).map_err(|cause| cannot("delete", path, cause))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let problem = format!("{name} has the SHA-256 {found}, not {expected}; it has been deleted: check which index pip uses");
    Err(Error::new(ErrorKind::HashMismatch, problem))
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Runs `python3 -m pip download` for exactly one wheel. Never a source package: preparing one runs code from it.
fn download(what: &str, folder: &Path, options: &FetchOptions) -> Result<()> {
    let python = options.python.to_string_lossy();
    let output = Command::new(&options.python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
            "--dest",
        ])
        .arg(folder)
        .args(&options.pip_arguments)
        .args(["--", what])
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|cause| {
        let problem = format!("cannot run {python}: install Python 3 with pip, or name it in the variable PYTHON");
        Error::new(ErrorKind::NotFound, problem).caused_by(cause)
    })?;
    if output.status.success() { Ok(()) } else { Err(failure(what, &python, &String::from_utf8_lossy(&output.stderr))) }
}

/// What pip's last words mean, in one line.
fn failure(what: &str, python: &str, stderr: &str) -> Error {
    let says = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    // Pip calls a package that it could not ask for missing, too, so its complaints about the connection count first.
    if says(&["NewConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError", "SSLError", "connection broken"]) {
        return Error::new(
            ErrorKind::Network,
            format!("pip cannot reach its index for {what}: check the network and pip's configuration"),
        );
    }
    if says(&["No module named pip"]) {
        let problem =
            format!("{python} has no pip: install it (python3-pip on Debian), or name another Python in the variable PYTHON");
        return Error::new(ErrorKind::NotFound, problem);
    }
    if says(&["No matching distribution", "Could not find a version"]) {
        let problem = format!("pip finds no wheel of {what} for this machine: check the name and the version");
        return Error::new(ErrorKind::NotFound, problem);
    }
    let last =
        stderr.lines().rev().find(|line| line.contains("ERROR")).or_else(|| stderr.lines().rfind(|line| !line.trim().is_empty()));
    Error::new(ErrorKind::Network, format!("pip cannot fetch {what}: {}", last.unwrap_or("it does not say why").trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_last_words_become_one_line_each() {
        let retrying = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/x/\n\
            ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n\
            ERROR: No matching distribution found for x==1\n";
        let missing = "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: 2)\n\
            ERROR: No matching distribution found for x==1\n";
        for (stderr, kind, word) in [
            (retrying, ErrorKind::Network, "network"),
            (missing, ErrorKind::NotFound, "no wheel of x==1"),
            ("/usr/bin/python3: No module named pip\n", ErrorKind::NotFound, "has no pip"),
            ("ERROR: disk is full\n\nhint: buy one\n", ErrorKind::Network, "disk is full"),
            ("Killed\n", ErrorKind::Network, "Killed"),
            ("", ErrorKind::Network, "does not say why"),
        ] {
            let error = failure("x==1", "python3", stderr);
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
