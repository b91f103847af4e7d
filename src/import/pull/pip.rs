//! Fetching a wheel with the user's own pip, which knows the user's index, proxy and credentials, and keeping it.

use std::ffi::OsString;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};

use super::Progress;
use super::options::FetchOptions;
use super::source::normalized;
use super::store::{cannot, create_folder, lock};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::hex_sha256;
use crate::host;

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
    host::rename(&fresh, &folder).map_err(|cause| cannot("write", &folder, cause))?;
    progress.finish();
    only_wheel(&folder)
}

fn remove(folder: &Path) -> Result<()> {
    match host::remove_dir_all(folder) {
        Err(cause) if cause.kind() != IoKind::NotFound => Err(cannot("delete", folder, cause)),
        _ => Ok(()),
    }
}

/// The wheel in a folder that should hold just one.
fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let entries = host::list(folder).map_err(|cause| cannot("read", folder, cause))?;
    let mut wheels: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path).collect();
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
    let found = hex_sha256(&host::read(path).map_err(|cause| cannot("read", path, cause))?);
    if found == expected {
        return Ok(());
    }
    host::remove_file(path).map_err(|cause| cannot("delete", path, cause))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let problem = format!("{name} has the SHA-256 {found}, not {expected}; it has been deleted: check which index pip uses");
    Err(Error::new(ErrorKind::HashMismatch, problem))
}

/// Runs `python3 -m pip download` for exactly one wheel. Never a source package: preparing one runs code from it.
fn download(what: &str, folder: &Path, options: &FetchOptions) -> Result<()> {
    let python = options.python.to_string_lossy();
    let fixed =
        ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--dest"];
    let mut arguments: Vec<OsString> = fixed.map(OsString::from).into();
    arguments.push(folder.into());
    arguments.extend(options.pip_arguments.iter().cloned());
    arguments.extend(["--".into(), what.into()]);
    let output = host::run(&options.python, &arguments);
    let (succeeded, said) = output.map_err(|cause| {
        let problem = format!("cannot run {python}: install Python 3 with pip, or name it in the variable PYTHON");
        Error::new(ErrorKind::NotFound, problem).caused_by(cause)
    })?;
    if succeeded { Ok(()) } else { Err(failure(what, &python, &String::from_utf8_lossy(&said))) }
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
