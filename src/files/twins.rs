//! Compressed twins of files, as hosts for static sites send them in the files' place: `a.js.br` and `a.js.gz` beside `a.js`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{OutFile, TWINS, Tree, cannot_write, missing_is_fine, read_file};
use crate::error::{Error, ErrorKind, Result};
use crate::host;

/// A twin is kept where it saves at least one byte of so many. Weights and vectors are compressed as they are.
const SAVES: usize = 20;

/// What was written.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Twins {
    /// Files that have twins.
    pub files: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Those of their twins under Brotli.
    pub brotli_bytes: usize,
}

/// The files that may have twins: the one, or those below a folder that are neither hidden nor twins themselves. Links that lead nowhere or to
/// folders are left alone.
///
/// # Errors
/// `io`.
pub fn files_to_twin(root: &Path) -> Result<Vec<PathBuf>> {
    if !host::is_folder(root) {
        return Ok(vec![root.to_owned()]);
    }
    let mut files = Tree::of(root).map_err(|cause| cannot_read(root, cause))?.files;
    files.retain(|file| {
        let below = file.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default();
        let is_hidden = below.split(['/', '\\']).any(|name| name.starts_with('.'));
        !is_hidden && host::is_file(file) && !TWINS.iter().any(|ending| below.ends_with(ending))
    });
    Ok(files)
}

/// Writes the twins of files that are smaller than these. Twins that are not older than their files stay, those of files that gain nothing
/// by them go. `progress` is called for each file.
///
/// # Errors
/// `not-found`, `io`.
pub fn write_twins(files: &[PathBuf], mut progress: impl FnMut()) -> Result<Twins> {
    let mut twins = Twins::default();
    for file in files {
        if let Some([bytes, brotli]) = twin(file)? {
            twins = Twins { files: twins.files + 1, bytes: twins.bytes + bytes, brotli_bytes: twins.brotli_bytes + brotli };
        }
        progress();
    }
    Ok(twins)
}

/// Removes the twins of a file.
///
/// # Errors
/// `io`.
pub fn remove_twins(file: &Path) -> Result<()> {
    let remove = |place: PathBuf| missing_is_fine(host::remove_file(&place)).map_err(|cause| cannot_write(&place, cause));
    places(file).into_iter().try_for_each(remove)
}

/// The twins of one file: how many bytes it has, and its twin under Brotli; nothing where it gains nothing.
fn twin(file: &Path) -> Result<Option<[usize; 2]>> {
    let failed = |cause| cannot_write(file, cause);
    let [brotli, gzip] = places(file);
    let age = |path: &Path| host::about(path).ok().and_then(|about| about.modified);
    if [&brotli, &gzip].iter().all(|twin| age(twin).is_some() && age(twin) >= age(file)) {
        let bytes = |path: &Path| host::about(path).map(|about| about.bytes as usize).map_err(failed);
        return Ok(Some([bytes(file)?, bytes(&brotli)?]));
    }
    let bytes = read_file(file)?;
    // The quicker of the two tells whether the other is worth its time.
    let zipped = host::gzip(&bytes).map_err(failed)?;
    if bytes.len().saturating_sub(zipped.len()) * SAVES < bytes.len().max(1) {
        return remove_twins(file).map(|()| None);
    }
    let packed = host::brotli(&bytes).map_err(failed)?;
    for (twin, bytes) in [(&brotli, &packed), (&gzip, &zipped)] {
        // Half of one would be younger than its file, and so taken for whole ever after.
        let mut out = OutFile::beside(twin)?;
        out.put(bytes)?;
        out.finish()?;
    }
    Ok(Some([bytes.len(), packed.len()]))
}

fn cannot_read(folder: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read the folder {}", folder.display())).caused_by(cause)
}

fn places(file: &Path) -> [PathBuf; 2] {
    TWINS.map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}
