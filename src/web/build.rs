//! Building an index as JavaScript sees it.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use js_sys::{Float32Array, Uint8Array};
use pollster::block_on;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::convert::{SavedFile, from_object, object, option, saved_files};
use crate::corpus::{self, Corpus, Notes, ReadOptions};
use crate::encoder::{Encoder, ModelFiles};
use crate::engine::build::{BuildOptions, COMMON_TOKENS, Plan, check_query_model};
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::check;
use crate::index::document::{Document, field_names};
use crate::model::config::ModelConfig;
use crate::model::parted::join;
use crate::text::passages::PassageOptions;

/// An index on its way: documents, then a model, then a vector for each passage, then the files.
#[wasm_bindgen]
pub struct Builder {
    documents: Vec<Document>,
    notes: Notes,
    options: BuildOptions,
    work: Option<Work>,
}

/// What there is once the model is.
struct Work {
    model: WholeModel,
    /// What encodes queries, where that is another.
    queries: Option<WholeModel>,
    encoder: Encoder,
    plan: Plan<'static>,
}

/// The files of a model as they come: the blocks of its word embeddings in their order.
#[wasm_bindgen]
pub struct BuildModel {
    json: Vec<u8>,
    config: ModelConfig,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
    rows: Vec<Vec<u8>>,
}

#[wasm_bindgen]
impl BuildModel {
    /// The model of a configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(config: Vec<u8>) -> Result<BuildModel, JsValue> {
        let parsed = ModelConfig::from_json(&config)?;
        Ok(Self { json: config, config: parsed, tokenizer: Vec::new(), weights: Vec::new(), rows: Vec::new() })
    }

    /// Refuses a model that encodes queries alone.
    #[wasm_bindgen(js_name = checkEncodesDocuments)]
    pub fn check_encodes_documents(&self) -> Result<(), JsValue> {
        Ok(self.config.check_encodes_documents()?)
    }

    /// Refuses a model that cannot ask for what another has encoded.
    #[wasm_bindgen(js_name = checkAsks)]
    pub fn check_asks(&self, documents: &BuildModel) -> Result<(), JsValue> {
        Ok(check_query_model(&self.config, &(&documents.config).into(), documents.config.vector_dim())?)
    }

    /// Takes the tokenizer.
    #[wasm_bindgen(js_name = takeTokenizer)]
    pub fn take_tokenizer(&mut self, bytes: Vec<u8>) {
        self.tokenizer = bytes;
    }

    /// Takes the weights.
    #[wasm_bindgen(js_name = takeWeights)]
    pub fn take_weights(&mut self, bytes: Vec<u8>) {
        self.weights = bytes;
    }

    /// Takes the next block of word embeddings.
    #[wasm_bindgen(js_name = takeRows)]
    pub fn take_rows(&mut self, bytes: Vec<u8>) {
        self.rows.push(bytes);
    }
}

/// The files of a model that go into an index: whole, also where rows lie apart.
struct WholeModel {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl WholeModel {
    fn of(BuildModel { json, config, tokenizer, weights, rows }: BuildModel) -> Result<Self> {
        let (config, weights) = if rows.is_empty() { (json, weights) } else { join(&config, &weights, &rows)? };
        Ok(Self { config, tokenizer, weights })
    }

    fn files(&self) -> ModelFiles<'_> {
        ModelFiles { config: &self.config, tokenizer: &self.tokenizer, weights: &self.weights }
    }
}

/// How to build, as JavaScript gives it; what is left out has its default.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    format: Option<String>,
    fields: Option<Vec<String>>,
    title: Option<String>,
    text: Option<Names>,
    url: Option<String>,
    id: Option<String>,
    people: Option<Names>,
    rename: BTreeMap<String, String>,
    records: Option<String>,
    base: Option<String>,
    cancelled: bool,
    strict: bool,
    language: Option<String>,
    passage_tokens: Option<usize>,
    overlap: Option<usize>,
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn list(names: Option<Self>) -> Vec<String> {
        match names {
            Some(Self::One(name)) => vec![name],
            Some(Self::Several(names)) => names,
            None => Vec::new(),
        }
    }
}

impl Settings {
    /// What of them tells how a file is read; the rest stays.
    fn reading(&mut self) -> Result<ReadOptions> {
        Ok(ReadOptions {
            format: self.format.as_deref().map(str::parse).transpose()?,
            fields: self.fields.take(),
            title: self.title.take(),
            text: Names::list(self.text.take()),
            url: self.url.take(),
            id: self.id.take(),
            people: Names::list(self.people.take()),
            rename: std::mem::take(&mut self.rename).into_iter().collect(),
            records: self.records.take(),
            language: self.language.clone().filter(|language| !["auto", "none"].contains(&language.as_str())),
            base: self.base.clone(),
            cancelled: self.cancelled,
            strict: self.strict,
        })
    }
}

#[derive(Serialize)]
struct Built {
    files: Vec<SavedFile>,
    notes: Notes,
    fields: Vec<String>,
    documents: usize,
    passages: usize,
}

#[wasm_bindgen]
impl Builder {
    /// Takes the bytes of a corpus file; its name tells the format where the settings do not.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &[u8], name: &str, settings: JsValue) -> Result<Builder, JsValue> {
        let mut settings: Settings = from_object(settings)?;
        let corpus = corpus::read(bytes, Path::new(name), &settings.reading()?)?;
        Ok(Self::new(corpus, settings)?)
    }

    /// Takes documents as they are.
    #[wasm_bindgen(js_name = fromDocuments)]
    pub fn from_documents(documents: JsValue, settings: JsValue) -> Result<Builder, JsValue> {
        let settings: Settings = from_object(settings)?;
        let mut documents: Vec<Document> = from_object(documents)?;
        settings.base.iter().try_for_each(|base| corpus::rebase(&mut documents, base))?;
        Ok(Self::new(Corpus { documents, ..Corpus::default() }, settings)?)
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Takes what encodes the documents and, where that is another, what encodes queries, and cuts the documents for it.
    #[wasm_bindgen(js_name = setModel)]
    pub fn set_model(&mut self, documents: BuildModel, queries: Option<BuildModel>) -> Result<(), JsValue> {
        let (model, queries) = (WholeModel::of(documents)?, queries.map(WholeModel::of).transpose()?);
        let encoder = Encoder::load(&model.files())?;
        encoder.config().check_encodes_documents()?;
        let plan = Plan::new(self.documents.clone(), encoder.tokenizer(), &self.options)?;
        self.work = Some(Work { model, queries, encoder, plan });
        Ok(())
    }

    /// Where what encodes the documents is below the folder that was given: there, or in a folder of it.
    #[wasm_bindgen(js_name = modelFolder)]
    pub fn model_folder(&self) -> Result<String, JsValue> {
        let is_apart = self.work.as_ref().ok_or_else(without_model)?.queries.is_some();
        Ok(if is_apart { DOCUMENTS.to_owned() } else { String::new() })
    }

    /// The texts to encode, one for each passage.
    pub fn texts(&self) -> Result<Vec<String>, JsValue> {
        Ok(self.work.as_ref().ok_or_else(without_model)?.plan.texts().to_vec())
    }

    /// The unit vector of one text.
    pub fn encode(&mut self, text: &str) -> Result<Float32Array, JsValue> {
        let work = self.work.as_mut().ok_or_else(without_model)?;
        Ok(Float32Array::from(block_on(work.encoder.encode(text))?.vector.as_slice()))
    }

    /// The files of the index, those of its model included, from the vectors of the texts in their order:
    /// `{ files: [{ path, bytes }], notes, fields, documents, passages }`.
    pub fn finish(&mut self, vectors: Vec<Float32Array>) -> Result<JsValue, JsValue> {
        let Work { model, queries, encoder, plan } = self.work.take().ok_or_else(without_model)?;
        let vectors = vectors.iter().map(Float32Array::to_vec).collect();
        let mut index = plan.finish(vectors, &model.files(), encoder.config())?;
        if let Some(queries) = &queries {
            index = index.asked_by(&queries.files(), &self.documents, COMMON_TOKENS)?;
        }
        let (documents, passages) = (index.manifest.documents, index.manifest.passages);
        let mut notes = self.notes.clone();
        if !index.manifest.meaning {
            notes.say_unknown_language(&self.documents);
        }
        object(&Built { files: saved_files(index), notes, fields: field_names(&self.documents), documents, passages })
    }
}

impl Builder {
    fn new(Corpus { documents, notes }: Corpus, settings: Settings) -> Result<Self> {
        // Before a model is fetched for nothing.
        check(&documents)?;
        let (passages, default) = (PassageOptions::default(), BuildOptions::default());
        let passages = PassageOptions {
            max_tokens: settings.passage_tokens.unwrap_or(passages.max_tokens),
            overlap: settings.overlap.unwrap_or(passages.overlap),
        };
        let options =
            BuildOptions { passages, language: settings.language.unwrap_or(default.language), ..BuildOptions::default() };
        Ok(Self { documents, notes, options, work: None })
    }
}

/// Where what encodes documents is, below the folder of a model that encodes queries alone.
const DOCUMENTS: &str = "documents/";

fn without_model() -> Error {
    Error::new(ErrorKind::Internal, "the builder has no model yet, or has finished")
}

/// One ZIP file of files `{ path, bytes }`: what lies in them hardly compresses, so they are stored as they are.
#[wasm_bindgen(js_name = zipFiles)]
pub fn zip_files(files: js_sys::Array) -> Result<Uint8Array, JsValue> {
    let wrong = || Error::new(ErrorKind::InvalidInput, "a ZIP file is made of files { path, bytes }");
    let failed = |cause| Error::new(ErrorKind::Internal, "the ZIP file cannot be written").caused_by(cause);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for file in files.iter() {
        let path = option(&file, "path").and_then(|path| path.as_string()).ok_or_else(wrong)?;
        let bytes: Uint8Array = option(&file, "bytes").and_then(|bytes| bytes.dyn_into().ok()).ok_or_else(wrong)?;
        writer.start_file(path, stored).map_err(|cause| failed(cause.into()))?;
        writer.write_all(&bytes.to_vec()).map_err(failed)?;
    }
    let zip = writer.finish().map_err(|cause| failed(cause.into()))?;
    Ok(Uint8Array::from(zip.into_inner().as_slice()))
}
