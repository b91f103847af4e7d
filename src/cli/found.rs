//! What a command was not told: where the model is, and where the files of the page are.

use std::env;
use std::path::{Path, PathBuf};

use super::ModelFolder;
use super::model::{pulled, write};
use crate::error::{Error, Result};
use crate::import::pull::FetchOptions;
use crate::import::size::Size;
use crate::model::config::CONFIG_FILE;

/// By these variables `npx inkling-search` names what its packages hold.
const DIST_VARIABLE: &str = "INKLING_DIST";
const MODEL_VARIABLE: &str = "INKLING_MODEL";

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
    let is_model = |folder: &PathBuf| folder.join(CONFIG_FILE).exists();
    let given = named.map(Path::to_owned).or_else(|| Some(PathBuf::from(MODEL)).filter(is_model));
    if let Some(folder) = given {
        return ModelFolder::read(&folder);
    }
    if let Some(folder) = variable(MODEL_VARIABLE).or_else(|| shared(MODEL)).filter(is_model) {
        eprintln!("the model is that of {}", folder.display());
        return ModelFolder::read(&folder);
    }
    let folder = FetchOptions::default().cache.join("models").join(concat!("default-", env!("CARGO_PKG_VERSION")));
    // What an older build of this program has kept may be of another format: then it is made anew.
    if let Some(model) = ModelFolder::read(&folder).ok().filter(|model| model.encoder().is_ok()) {
        eprintln!("the model is that of {}", folder.display());
        return Ok(model);
    }
    eprintln!("there is no model here: pulling one, once");
    let (_, model, _) = pulled(None, Size::default()).map_err(|cause| {
        let what = format!(
            "no model is here, and none can be fetched: install one (npm install inkling-model-…), or give --model the folder that \
             `inkling model pull` wrote, or that of another index"
        );
        Error::new(cause.kind(), what).caused_by(cause)
    })?;
    write(&model, &folder)?;
    eprintln!("the model is kept in {}", folder.display());
    ModelFolder::read(&folder)
}

/// A folder that a variable of the environment names.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A folder that came with this program: a wheel lays it below `share/` of the environment that has the program in `bin/`.
fn shared(name: &str) -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let folder = program.parent()?.parent()?.join("share").join("inkling").join(name);
    folder.is_dir().then_some(folder)
}
