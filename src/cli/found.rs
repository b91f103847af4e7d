//! What a command was not told: where the model is, and where the files of the page are.

use std::path::{Path, PathBuf};

use super::ModelFolder;
use crate::error::{Error, Result};
use crate::host;
use crate::model::config::CONFIG_FILE;

/// By these variables `npx inkling-search` names what its packages hold.
const DIST_VARIABLE: &str = "INKLING_DIST";
const MODEL_VARIABLE: &str = "INKLING_MODEL";

/// What to do where there is no model.
const NO_MODEL: &str = "no model is here, and none can be fetched: install one (npm install inkling-model-…), or give --model the folder that \
    `inkling model pull` wrote, or that of another index";

/// The folder of a model in the folder that the command is called in.
const MODEL: &str = "model";

/// Where the npm package has its files in a project.
const DIST: &str = "node_modules/inkling-search/dist";

/// The folder `dist` of the npm package: the one named, else that of the package by which this program was installed, else that of
/// the project.
pub fn dist(named: Option<&Path>) -> PathBuf {
    let found = named.map(Path::to_owned).or_else(|| variable(DIST_VARIABLE)).or_else(|| shared("dist"));
    found.unwrap_or_else(|| DIST.into())
}

/// The model: the one named, else the folder `model`, else that of an installed package, else the one that was pulled before, else it
/// is pulled and kept.
///
/// # Errors
/// Those of reading it, and those of a pull.
pub fn model(named: Option<&Path>) -> Result<ModelFolder> {
    let is_model = |folder: &PathBuf| host::exists(&folder.join(CONFIG_FILE));
    let given = named.map(Path::to_owned).or_else(|| Some(PathBuf::from(MODEL)).filter(is_model));
    if let Some(folder) = given {
        return ModelFolder::read(&folder);
    }
    if let Some(folder) = variable(MODEL_VARIABLE).or_else(|| shared(MODEL)).filter(is_model) {
        host::note(&format!("the model is that of {}", folder.display()));
        return ModelFolder::read(&folder);
    }
    kept_or_pulled()
}

/// The model that was pulled before, else it is pulled now.
#[cfg(feature = "cli")]
fn kept_or_pulled() -> Result<ModelFolder> {
    let folder =
        crate::import::pull::FetchOptions::default().cache.join("models").join(concat!("default-", env!("CARGO_PKG_VERSION")));
    // What an older build of this program has kept may be of another format: then it is made anew.
    if let Some(model) = ModelFolder::read(&folder).ok().filter(|model| model.encoder().is_ok()) {
        host::note(&format!("the model is that of {}", folder.display()));
        return Ok(model);
    }
    host::note("there is no model here: pulling one, once");
    let (_, model, _) = super::model::pulled(None, crate::import::size::Size::default())
        .map_err(|cause| Error::new(cause.kind(), NO_MODEL).caused_by(cause))?;
    super::model::write(&model, &folder)?;
    host::note(&format!("the model is kept in {}", folder.display()));
    ModelFolder::read(&folder)
}

/// Nothing is pulled without the native command line.
#[cfg(not(feature = "cli"))]
fn kept_or_pulled() -> Result<ModelFolder> {
    Err(Error::new(crate::error::ErrorKind::NotFound, NO_MODEL))
}

/// A folder that a variable of the environment names.
fn variable(name: &str) -> Option<PathBuf> {
    host::variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A folder that came with this program: a wheel lays it below `share/` of the environment that has the program in `bin/`.
fn shared(name: &str) -> Option<PathBuf> {
    let program = host::program()?;
    let folder = program.parent()?.parent()?.join("share").join("inkling").join(name);
    host::is_folder(&folder).then_some(folder)
}
