//! The models of a command: what encodes documents and, where that is another, what encodes queries.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{found, note};
use crate::encoder::{Encoder, ModelFiles};
use crate::engine::build::{COMMON_TOKENS, check_query_model};
use crate::engine::folder::whole_model;
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::IndexFiles;
use crate::index::document::Document;
use crate::index::manifest::{Manifest, Needed};
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE, rows_file};
use crate::text::tokenizer::runs_in_browsers;
use crate::{files, host};

/// Where what encodes documents lies, below the folder of what encodes queries for them: in an index as in what a pull writes.
pub const DOCUMENTS: &str = "documents";

/// In place of the folder of a query encoder: what encodes documents is to encode queries, too.
const NONE: &str = "none";

/// The files of a quantized model, read from a folder: whole, also where rows lie apart there.
pub struct ModelFolder {
    pub config: Vec<u8>,
    pub tokenizer: Vec<u8>,
    pub weights: Vec<u8>,
}

impl ModelFolder {
    pub fn read(folder: &Path) -> Result<Self> {
        // Its own change, or that of what it is part of.
        files::settle(folder);
        folder.parent().into_iter().for_each(files::settle);
        if !is_model(folder) {
            let (shown, file) = (folder.display(), CONFIG_FILE);
            return Err(Error::new(
                ErrorKind::NotFound,
                format!(
                    "{shown} holds no model ({file} is missing): make one with `inkling model pull --out {shown}`, install one (npm install \
                     inkling-model-…), or name the folder model/ of an index"
                ),
            ));
        }
        let read = |name: &str| files::read(folder, name);
        let (config, weights) = whole_model(read(CONFIG_FILE)?, read(WEIGHTS_FILE)?, |block| read(&rows_file(block)))?;
        Ok(Self { config, tokenizer: read(TOKENIZER_FILE)?, weights })
    }

    /// That of a folder, or none at all where this is asked for by the word `none`.
    pub fn named(folder: &Path) -> Result<Option<Self>> {
        if folder == Path::new(NONE) { Ok(None) } else { Self::read(folder).map(Some) }
    }

    /// The files by their names, in the order in which they are written: with the last it is a model.
    #[cfg(feature = "import")]
    pub fn named_files(&self) -> [(&'static str, &[u8]); 3] {
        [(TOKENIZER_FILE, &self.tokenizer), (WEIGHTS_FILE, &self.weights), (CONFIG_FILE, &self.config)]
    }

    /// How many bytes they have.
    #[cfg(feature = "import")]
    pub fn bytes(&self) -> usize {
        self.named_files().iter().map(|(_, bytes)| bytes.len()).sum()
    }

    pub fn files(&self) -> ModelFiles<'_> {
        ModelFiles { config: &self.config, tokenizer: &self.tokenizer, weights: &self.weights }
    }

    pub fn config(&self) -> Result<ModelConfig> {
        ModelConfig::from_json(&self.config)
    }

    pub fn encoder(&self) -> Result<Encoder> {
        Encoder::load(&self.files())
    }

    /// Refuses, before anything is encoded, what is not whole or cannot ask for documents of a model.
    pub fn check_asks(&self, documents: &ModelConfig) -> Result<()> {
        let config = self.config()?;
        config.tokenizer.verify(TOKENIZER_FILE, &self.tokenizer)?;
        config.weights.verify(WEIGHTS_FILE, &self.weights)?;
        check_query_model(&config, &documents.into(), documents.vector_dim())
    }
}

/// Whether a folder holds a model.
pub fn is_model(folder: &Path) -> bool {
    host::exists(&folder.join(CONFIG_FILE))
}

/// What encodes documents and, where that is another, what encodes queries.
pub struct Models {
    pub documents: ModelFolder,
    pub queries: Option<ModelFolder>,
}

impl Models {
    /// Those of a folder: one for both, or two, as a pull or an index lays them.
    pub fn read(folder: &Path) -> Result<Self> {
        let (model, apart) = (ModelFolder::read(folder)?, folder.join(DOCUMENTS));
        if is_model(&apart) {
            return Ok(Self { documents: ModelFolder::read(&apart)?, queries: Some(model) });
        }
        Ok(Self { documents: model, queries: None })
    }

    /// Says so where visitors' browsers will not run what encodes queries.
    pub fn note_browsers(&self) -> Result<()> {
        let asks = self.queries.as_ref().unwrap_or(&self.documents);
        if !runs_in_browsers(&asks.tokenizer) {
            let id = asks.config()?.id;
            note(&format!("note: browsers do not have the tokenizer of {id}: there words alone will answer"));
        }
        Ok(())
    }

    /// An index that the documents' model has made, asked by what encodes queries.
    pub fn ask(&self, index: IndexFiles, documents: &[Document]) -> Result<IndexFiles> {
        match &self.queries {
            Some(queries) => index.asked_by(&queries.files(), documents, COMMON_TOKENS),
            None => Ok(index),
        }
    }
}

/// A model folder as commands take it.
#[derive(clap::Args)]
pub struct ModelArg {
    /// Folder of a quantized model, as `inkling model pull` writes it [default: model, else the model of an installed package, else
    /// the one that was pulled before, else it is pulled]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
}

impl ModelArg {
    /// What encodes documents.
    #[cfg(feature = "cli")]
    pub fn read(&self) -> Result<ModelFolder> {
        Ok(found::models(self.model.as_deref())?.documents)
    }

    /// What encodes documents, and what encodes queries.
    pub fn read_both(&self, queries: Option<&Path>) -> Result<Models> {
        both(self.model.as_deref(), queries)
    }
}

/// What encodes documents: of the folder named, or found. And what encodes queries: of the folder named, which `none` forbids, else
/// what lies with the first, else what came with this program.
///
/// # Errors
/// Those of reading them, and `model-mismatch` for two that do not belong together.
pub fn both(documents: Option<&Path>, queries: Option<&Path>) -> Result<Models> {
    let Models { documents, queries: beside } = found::models(documents)?;
    let config = documents.config()?;
    let queries = match queries {
        Some(folder) => ModelFolder::named(folder)?,
        None => match beside {
            Some(beside) => Some(beside),
            None => found::query_model(&config)?,
        },
    };
    queries.iter().try_for_each(|queries| queries.check_asks(&config))?;
    Ok(Models { documents, queries })
}

/// Which models an index has, for a person and for programs.
#[derive(Serialize)]
pub struct Shares {
    /// What encodes queries: visitors load it to search by meaning, and rows for seldom words as they need them.
    query_model: String,
    pub model_bytes: usize,
    pub rows_bytes: usize,
    /// What encodes documents, where that is another: a browser loads it only to add some.
    documents_model: String,
    pub documents_model_bytes: usize,
}

impl Shares {
    pub fn of(models: &Models, manifest: &Manifest) -> Result<Self> {
        let bytes = |wanted| bytes_of(manifest, wanted);
        let documents_model = models.documents.config()?.id;
        let query_model = match &models.queries {
            Some(queries) => queries.config()?.id,
            None => documents_model.clone(),
        };
        let (model_bytes, rows_bytes, documents_model_bytes) =
            (bytes(Needed::Model), bytes(Needed::Rows), bytes(Needed::Documents));
        Ok(Self { query_model, model_bytes, rows_bytes, documents_model, documents_model_bytes })
    }

    /// A line for a person.
    pub fn text(&self) -> String {
        let Self { query_model, model_bytes, rows_bytes, documents_model, documents_model_bytes } = self;
        let megabytes = |bytes: &usize| format!("{:.1} MB", *bytes as f64 / 1e6);
        let seldom = if *rows_bytes > 0 { format!(", {} more for seldom words", megabytes(rows_bytes)) } else { String::new() };
        let loaded = format!("are encoded by {query_model}, {} that visitors load{seldom}", megabytes(model_bytes));
        match documents_model_bytes {
            0 => format!("queries and documents {loaded}\n"),
            bytes => format!("queries {loaded}; documents by {documents_model}, {} for who adds some\n", megabytes(bytes)),
        }
    }
}

/// The bytes of an index's files that are needed for something.
pub fn bytes_of(manifest: &Manifest, wanted: Needed) -> usize {
    manifest.files.iter().filter(|file| file.needed == wanted).map(|file| file.digest.bytes).sum()
}
