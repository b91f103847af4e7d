//! Building an index as JavaScript sees it.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use async_lock::Mutex;
use js_sys::{Float32Array, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::convert::{SavedFile, from_object, object, option, saved_files};
use super::store::{Progress, Store};
use super::wait::together;
use crate::corpus::{self, Corpus, Notes, ReadOptions};
use crate::encoder::{Encoder, ModelFiles};
use crate::engine::build::{BuildOptions, COMMON_TOKENS, Plan, check_query_model};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::builder::check;
use crate::index::document::{Document, field_names};
use crate::model::config::{ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE, rows_file};
use crate::model::parted::join;
use crate::text::passages::PassageOptions;

/// An index on its way: documents, then a model, then a vector for each passage, then the files.
#[wasm_bindgen]
pub struct Builder {
    documents: Vec<Document>,
    notes: Notes,
    options: BuildOptions,
    work: Mutex<Option<Work>>,
}

/// What there is once the model is.
struct Work {
    model: FetchedModel,
    /// What encodes queries, where that is another.
    queries: Option<FetchedModel>,
    encoder: Encoder,
    plan: Plan<'static>,
}

/// The files of a model, fetched and checked, which go into the index: whole, also where rows lie apart.
struct FetchedModel {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl FetchedModel {
    /// Fetches a model of a folder below the store's, whose configuration has been read.
    async fn fetch(store: &Store, folder: &str, json: Vec<u8>, config: &ModelConfig, progress: &Progress<'_>) -> Result<Self> {
        let [tokenizer_path, weights_path] = [TOKENIZER_FILE, WEIGHTS_FILE].map(|name| format!("{folder}{name}"));
        let tokenizer = store.fixed(&tokenizer_path, &config.tokenizer, progress).await?;
        let weights = store.fixed(&weights_path, &config.weights, progress).await?;
        let fetch = |(block, digest): (usize, &Digest)| {
            let (path, digest) = (format!("{folder}{}", rows_file(block)), digest.clone());
            async move { store.fixed(&path, &digest, progress).await }
        };
        let rows = together(config.rows.iter().enumerate().map(fetch)).await.into_iter().collect::<Result<Vec<_>>>()?;
        progress.advance("prepare", &weights_path, 0);
        let (config, weights) = if rows.is_empty() { (json, weights) } else { join(config, &weights, &rows)? };
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

    /// Loads the model of a folder that `inkling model pull` wrote, and cuts the documents for it.
    #[wasm_bindgen(js_name = loadModel)]
    pub async fn load_model(&self, url: String, options: JsValue, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let store = Store::open(&url, &options).await;
        let (model, queries) = fetch_models(&store, &on_progress).await?;
        let encoder = Encoder::load(&model.files())?;
        encoder.config().check_encodes_documents()?;
        let plan = Plan::new(self.documents.clone(), encoder.tokenizer(), &self.options)?;
        *self.work.lock().await = Some(Work { model, queries, encoder, plan });
        Ok(())
    }

    /// Where what encodes the documents is below the folder that was given: there, or in a folder of it.
    #[wasm_bindgen(js_name = modelFolder)]
    pub fn model_folder(&self) -> Result<String, JsValue> {
        let work = self.work.try_lock().ok_or_else(without_model)?;
        let is_apart = work.as_ref().ok_or_else(without_model)?.queries.is_some();
        Ok(if is_apart { DOCUMENTS.to_owned() } else { String::new() })
    }

    /// The texts to encode, one for each passage.
    pub fn texts(&self) -> Result<Vec<String>, JsValue> {
        let work = self.work.try_lock().ok_or_else(without_model)?;
        Ok(work.as_ref().ok_or_else(without_model)?.plan.texts().to_vec())
    }

    /// The unit vector of one text.
    pub async fn encode(&self, text: String) -> Result<Float32Array, JsValue> {
        let mut work = self.work.lock().await;
        let encoded = work.as_mut().ok_or_else(without_model)?.encoder.encode(&text).await?;
        Ok(Float32Array::from(encoded.vector.as_slice()))
    }

    /// The files of the index, those of its model included, from the vectors of the texts in their order:
    /// `{ files: [{ path, bytes }], notes, fields, documents, passages }`.
    pub async fn finish(&self, vectors: Vec<Float32Array>) -> Result<JsValue, JsValue> {
        let Work { model, queries, encoder, plan } = self.work.lock().await.take().ok_or_else(without_model)?;
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
        Ok(Self { documents, notes, options, work: Mutex::new(None) })
    }
}

/// Where what encodes documents is, below the folder of a model that encodes queries alone.
const DOCUMENTS: &str = "documents/";

/// Fetches what encodes documents and, where that is another, what encodes queries.
async fn fetch_models(store: &Store, on_progress: &js_sys::Function) -> Result<(FetchedModel, Option<FetchedModel>)> {
    let rows = |config: &ModelConfig| config.rows.iter().map(|rows| rows.bytes).sum::<usize>();
    let bytes = |config: &ModelConfig| config.weights.bytes + config.tokenizer.bytes + rows(config);
    let json = store.configuration("").await?;
    let config = ModelConfig::from_json(&json)?;
    let Err(refusal) = config.check_encodes_documents() else {
        let progress = Progress::new(on_progress, bytes(&config));
        return Ok((FetchedModel::fetch(store, "", json, &config, &progress).await?, None));
    };
    let apart = store.configuration(DOCUMENTS).await;
    let apart = apart.map_err(|cause| if cause.kind() == ErrorKind::NotFound { refusal.caused_by(cause) } else { cause })?;
    let of_documents = ModelConfig::from_json(&apart)?;
    check_query_model(&config, &(&of_documents).into(), of_documents.vector_dim())?;
    let progress = Progress::new(on_progress, bytes(&config) + bytes(&of_documents));
    let queries = FetchedModel::fetch(store, "", json, &config, &progress).await?;
    let documents = FetchedModel::fetch(store, DOCUMENTS, apart, &of_documents, &progress).await?;
    Ok((documents, Some(queries)))
}

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
