//! The encoder as JavaScript sees it.

use async_lock::Mutex;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::object;
use super::store::{Progress, Store};
use crate::encoder::{self, ModelFiles, cpu};
use crate::error::Result;
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE};

/// A sentence encoder.
#[wasm_bindgen]
pub struct Encoder {
    /// Locked, because a backend may make one call wait while another comes.
    encoder: Mutex<encoder::Encoder>,
    info: EncoderInfo,
}

/// What an encoder is made of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncoderInfo {
    pub model: String,
    pub dim: usize,
    pub max_tokens: usize,
    pub backend: &'static str,
    pub kernel: &'static str,
}

impl EncoderInfo {
    pub fn of(encoder: &encoder::Encoder) -> Self {
        let ModelConfig { id, dim, max_tokens, .. } = encoder.config();
        Self { model: id.clone(), dim: *dim, max_tokens: *max_tokens, backend: "cpu", kernel: encoder.kernel() }
    }
}

#[wasm_bindgen]
impl Encoder {
    /// Loads the model of a folder that `inkling model pull` wrote.
    pub async fn load(url: String, options: JsValue, on_progress: js_sys::Function) -> Result<Encoder, JsValue> {
        let store = Store::open(&url, &options).await;
        let config = store.changing(CONFIG_FILE).await?;
        let encoder = load_model(&store, "", config, &on_progress).await?;
        let info = EncoderInfo::of(&encoder);
        Ok(Self { encoder: Mutex::new(encoder), info })
    }

    /// The unit vector of one text.
    pub async fn encode(&self, text: String) -> Result<js_sys::Float32Array, JsValue> {
        let encoded = self.encoder.lock().await.encode(&text).await?;
        Ok(js_sys::Float32Array::from(encoded.vector.as_slice()))
    }

    /// The model and the arithmetic in use.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        object(&self.info)
    }
}

/// The files of a model, fetched and checked.
pub struct FetchedModel {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl FetchedModel {
    /// Fetches a model whose configuration has been read; `folder` is where its files are below the store's.
    pub async fn fetch(store: &Store, folder: &str, config: Vec<u8>, on_progress: &js_sys::Function) -> Result<Self> {
        let ModelConfig { weights, tokenizer, .. } = ModelConfig::from_json(&config)?;
        let mut progress = Progress::new(on_progress, weights.bytes + tokenizer.bytes);
        let tokenizer = store.fixed(&format!("{folder}{TOKENIZER_FILE}"), &tokenizer, &mut progress).await?;
        let weights = store.fixed(&format!("{folder}{WEIGHTS_FILE}"), &weights, &mut progress).await?;
        progress.advance("prepare", WEIGHTS_FILE, 0);
        Ok(Self { config, tokenizer, weights })
    }

    pub fn files(&self) -> ModelFiles<'_> {
        ModelFiles { config: &self.config, tokenizer: &self.tokenizer, weights: &self.weights }
    }
}

/// Loads a model whose configuration has been read; `folder` is where its files are below the store's.
pub async fn load_model(
    store: &Store,
    folder: &str,
    config: Vec<u8>,
    on_progress: &js_sys::Function,
) -> Result<encoder::Encoder> {
    let parsed = ModelConfig::from_json(&config)?;
    let fetched = FetchedModel::fetch(store, folder, config, on_progress).await?;
    // The store gives out nothing that has not been checked.
    encoder::Encoder::load_verified(parsed, &fetched.files(), cpu::best)
}
