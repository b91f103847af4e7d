//! A model in a local folder.

use std::collections::BTreeMap;
use std::io::ErrorKind as IoKind;
use std::path::Path;

use super::{OPTIONAL, REQUIRED, RawModel, WEIGHTS, WHAT_A_MODEL_HOLDS, read_announced};
use crate::error::{Error, ErrorKind, Result};
use crate::host;

/// Reads the files of a model from a folder.
pub(super) fn read(folder: &Path) -> Result<RawModel> {
    let not_found = |what: String| Error::new(ErrorKind::NotFound, format!("{what}: {WHAT_A_MODEL_HOLDS}"));
    if !host::is_folder(folder) {
        return Err(not_found(format!("{} is no folder", folder.display())));
    }
    let mut files = BTreeMap::new();
    for name in REQUIRED {
        let bytes = file(folder, name)?.ok_or_else(|| not_found(format!("{} has no {name}", folder.display())))?;
        files.insert(name.to_owned(), bytes);
    }
    for name in OPTIONAL {
        files.extend(file(folder, name)?.map(|bytes| (name.to_owned(), bytes)));
    }
    for name in WEIGHTS {
        if let Some(bytes) = file(folder, name)? {
            files.insert(name.to_owned(), bytes);
            let id = name_of(folder);
            return Ok(RawModel { source: format!("dir:{id}"), id, files });
        }
    }
    let [first, second] = WEIGHTS;
    Err(not_found(format!("{} has neither {first} nor {second}", folder.display())))
}

/// The folder's own name, also for `.` and `..`.
fn name_of(folder: &Path) -> String {
    let absolute = host::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().map_or_else(|| "model".into(), |name| name.to_string_lossy().into_owned())
}

/// The content of a file, or nothing if there is none.
fn file(folder: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = folder.join(name);
    let refused = |cause| Error::new(ErrorKind::Io, format!("cannot read {}", path.display())).caused_by(cause);
    let length = match host::about(&path) {
        Ok(about) => about.bytes,
        Err(cause) if matches!(cause.kind(), IoKind::NotFound | IoKind::NotADirectory) => return Ok(None),
        Err(cause) => return Err(refused(cause)),
    };
    read_announced(host::open(&path).map_err(refused)?, length, &folder.display().to_string(), name).map(Some)
}
