//! What a command was not told: where the model is, and where the files of the page are.

use std::path::{Path, PathBuf};

use super::models::{ModelFolder, Models, is_model};
use super::note;
use crate::engine::build::check_query_model;
use crate::error::{Error, Result};
use crate::host;
use crate::model::config::ModelConfig;

/// By these variables `npx inkling-search` names what its packages hold.
const DIST_VARIABLE: &str = "INKLING_DIST";
const MODEL_VARIABLE: &str = "INKLING_MODEL";

/// What to do where there is no model.
const NO_MODEL: &str = "no model is here, and none can be fetched: install one (npm install inkling-model-…), or give --model the folder that \
    `inkling model pull` wrote, or that of another index";

/// The folder of a model in the folder that the command is called in.
const MODEL: &str = "model";

/// The query encoders that came with this program: each in a folder of its own.
const QUERY_MODELS: &str = "query-models";

/// Where the npm package has its files in a project.
const DIST: &str = "node_modules/inkling-search/dist";

/// The folder `dist` of the npm package: the one named, else that of the package by which this program was installed, else that of
/// the project.
pub fn dist(named: Option<&Path>) -> PathBuf {
    let found = named.map(Path::to_owned).or_else(|| variable(DIST_VARIABLE)).or_else(|| shared("dist"));
    found.unwrap_or_else(|| DIST.into())
}

/// What encodes documents, with what encodes queries where that lies with it: of the folder named, else of the folder `model`, else of
/// an installed package, else what was pulled before, else it is pulled and kept.
///
/// # Errors
/// Those of reading it, and those of a pull.
pub fn models(named: Option<&Path>) -> Result<Models> {
    let is_there = |folder: &PathBuf| is_model(folder);
    let given = named.map(Path::to_owned).or_else(|| Some(PathBuf::from(MODEL)).filter(is_there));
    if let Some(folder) = given {
        return Models::read(&folder);
    }
    if let Some(folder) = variable(MODEL_VARIABLE).or_else(|| shared(MODEL)).filter(is_there) {
        note(&format!("the model is that of {}", folder.display()));
        return Models::read(&folder);
    }
    kept_or_pulled()
}

/// What encodes queries for documents of a model, among the query encoders that came with this program.
///
/// # Errors
/// Those of reading it.
pub fn query_model(documents: &ModelConfig) -> Result<Option<ModelFolder>> {
    let Some(folder) = shared(QUERY_MODELS) else { return Ok(None) };
    for entry in host::list(&folder).unwrap_or_default().into_iter().filter(|entry| is_model(&entry.path)) {
        let model = ModelFolder::read(&entry.path)?;
        if check_query_model(&model.config()?, &documents.into(), documents.vector_dim()).is_ok() {
            return Ok(Some(model));
        }
    }
    Ok(None)
}

/// What was pulled before, else it is pulled now.
#[cfg(feature = "import")]
fn kept_or_pulled() -> Result<Models> {
    let folder =
        crate::import::pull::FetchOptions::default().cache.join("models").join(concat!("default-", env!("CARGO_PKG_VERSION")));
    // What an older build of this program has kept may be of another format: then it is made anew.
    if let Some(models) = Models::read(&folder).ok().filter(|models| models.documents.encoder().is_ok()) {
        note(&format!("the model is that of {}", folder.display()));
        return Ok(models);
    }
    note("there is no model here: pulling one, once");
    super::model::pull_default(&folder).map_err(|cause| Error::new(cause.kind(), NO_MODEL).caused_by(cause))?;
    note(&format!("the model is kept in {}", folder.display()));
    Models::read(&folder)
}

/// Nothing is pulled without the native command line.
#[cfg(not(feature = "import"))]
fn kept_or_pulled() -> Result<Models> {
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
