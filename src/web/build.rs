//! Building an index as JavaScript sees it.

use std::io::{Cursor, Write};
use std::path::Path;

use async_lock::Mutex;
use js_sys::{Float32Array, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::convert::{SavedFile, from_object, object, option, saved_files};
use super::store::{Progress, Store};
use crate::corpus::{self, Format};
use crate::encoder::{Encoder, ModelFiles};
use crate::engine::build::{BuildOptions, Plan};
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::check;
use crate::index::document::Document;
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::text::passages::PassageOptions;

/// An index on its way: documents, then a model, then a vector for each passage, then the files.
#[wasm_bindgen]
pub struct Builder {
    documents: Vec<Document>,
    options: BuildOptions,
    work: Mutex<Option<Work>>,
}

/// What there is once the model is.
struct Work {
    model: FetchedModel,
    encoder: Encoder,
    plan: Plan<'static>,
}

/// The files of a model, fetched and checked, which go into the index.
struct FetchedModel {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl FetchedModel {
    /// Fetches a model whose configuration has been read.
    async fn fetch(store: &Store, config: Vec<u8>, on_progress: &js_sys::Function) -> Result<Self> {
        let ModelConfig { weights, tokenizer, .. } = ModelConfig::from_json(&config)?;
        let progress = Progress::new(on_progress, weights.bytes + tokenizer.bytes);
        let tokenizer = store.fixed(TOKENIZER_FILE, &tokenizer, &progress).await?;
        let weights = store.fixed(WEIGHTS_FILE, &weights, &progress).await?;
        progress.advance("prepare", WEIGHTS_FILE, 0);
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
    language: Option<String>,
    passage_tokens: Option<usize>,
    overlap: Option<usize>,
}

#[derive(Serialize)]
struct Built {
    files: Vec<SavedFile>,
    documents: usize,
    passages: usize,
}

#[wasm_bindgen]
impl Builder {
    /// Takes the bytes of a corpus file; its name tells the format where the settings do not.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &[u8], name: &str, settings: JsValue) -> Result<Builder, JsValue> {
        let settings: Settings = from_object(settings)?;
        let format = settings.format.as_deref().map_or_else(|| Format::guess(Path::new(name), bytes), str::parse)?;
        Ok(Self::new(corpus::read(bytes, format, settings.fields.as_deref())?, settings)?)
    }

    /// Takes documents as they are.
    #[wasm_bindgen(js_name = fromDocuments)]
    pub fn from_documents(documents: JsValue, settings: JsValue) -> Result<Builder, JsValue> {
        Ok(Self::new(from_object(documents)?, from_object(settings)?)?)
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Loads the model of a folder that `inkling model pull` wrote, and cuts the documents for it.
    #[wasm_bindgen(js_name = loadModel)]
    pub async fn load_model(&self, url: String, options: JsValue, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let store = Store::open(&url, &options).await;
        let config = store.changing(CONFIG_FILE).await?;
        let model = FetchedModel::fetch(&store, config, &on_progress).await?;
        let encoder = Encoder::load(&model.files())?;
        encoder.config().check_encodes_documents()?;
        let plan = Plan::new(self.documents.clone(), encoder.tokenizer(), &self.options)?;
        *self.work.lock().await = Some(Work { model, encoder, plan });
        Ok(())
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
    /// `{ files: [{ path, bytes }], documents, passages }`.
    pub async fn finish(&self, vectors: Vec<Float32Array>) -> Result<JsValue, JsValue> {
        let Work { model, encoder, plan } = self.work.lock().await.take().ok_or_else(without_model)?;
        let vectors = vectors.iter().map(Float32Array::to_vec).collect();
        let index = plan.finish(vectors, &model.files(), encoder.config())?;
        let (documents, passages) = (index.manifest.documents, index.manifest.passages);
        object(&Built { files: saved_files(index), documents, passages })
    }
}

impl Builder {
    fn new(documents: Vec<Document>, settings: Settings) -> Result<Self> {
        // Before a model is fetched for nothing.
        check(&documents)?;
        let (passages, default) = (PassageOptions::default(), BuildOptions::default());
        let passages = PassageOptions {
            max_tokens: settings.passage_tokens.unwrap_or(passages.max_tokens),
            overlap: settings.overlap.unwrap_or(passages.overlap),
        };
        let options =
            BuildOptions { passages, language: settings.language.unwrap_or(default.language), ..BuildOptions::default() };
        Ok(Self { documents, options, work: Mutex::new(None) })
    }
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
