//! The encoder as JavaScript sees it.

use async_lock::Mutex;
use futures_util::future::join;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::accelerator::Accelerator;
use super::convert::object;
use super::store::{Progress, Store};
use crate::encoder::{self, cpu};
use crate::error::Result;
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::model::weights::Weights;
use crate::text::tokenizer::Tokenizer;

/// A sentence encoder.
#[wasm_bindgen]
pub struct Encoder {
    /// Locked, because a backend may make one call wait while another comes.
    pub(super) encoder: Mutex<encoder::Encoder>,
    pub(super) accelerator: Accelerator,
    info: EncoderInfo,
}

/// What an encoder is made of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncoderInfo {
    pub model: String,
    pub dim: usize,
    pub max_tokens: usize,
    pub kernel: &'static str,
}

impl EncoderInfo {
    pub fn of(encoder: &encoder::Encoder) -> Self {
        let ModelConfig { id, dim, max_tokens, .. } = encoder.config();
        Self { model: id.clone(), dim: *dim, max_tokens: *max_tokens, kernel: encoder.kernel_name() }
    }
}

#[wasm_bindgen]
impl Encoder {
    /// Loads the model of a folder that `inkling model pull` wrote.
    pub async fn load(url: String, options: JsValue, on_progress: js_sys::Function) -> Result<Encoder, JsValue> {
        let store = Store::open(&url, &options).await;
        let config = ModelConfig::from_json(&store.changing(CONFIG_FILE).await?)?;
        let progress = Progress::new(&on_progress, config.weights.bytes + config.tokenizer.bytes);
        let encoder = load_model(&store, "", config, &progress).await?;
        let info = EncoderInfo::of(&encoder);
        Ok(Self { encoder: Mutex::new(encoder), accelerator: Accelerator::new(&store, "", &options), info })
    }

    /// The unit vector of one text.
    pub async fn encode(&self, text: String) -> Result<js_sys::Float32Array, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let encoded = encoder.encode(&text).await;
        self.accelerator.computed_on(Some(&mut encoder));
        Ok(js_sys::Float32Array::from(encoded?.vector.as_slice()))
    }

    /// The model and the arithmetic in use.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        object(&self.info)
    }
}

/// Loads a model whose configuration has been read; `folder` is where its files are below the store's.
///
/// The tokenizer is made while the weights are on their way.
pub async fn load_model(store: &Store, folder: &str, config: ModelConfig, progress: &Progress<'_>) -> Result<encoder::Encoder> {
    let (tokenizer_path, weights_path) = (format!("{folder}{TOKENIZER_FILE}"), format!("{folder}{WEIGHTS_FILE}"));
    let backend = store.fixed_as(&weights_path, &config.weights, progress, |bytes| {
        progress.advance("prepare", &weights_path, 0);
        Ok(cpu::best(&config, &Weights::read(&config, &bytes)?))
    });
    let tokenizer =
        store.fixed_as(&tokenizer_path, &config.tokenizer, progress, |bytes| Tokenizer::from_json(&bytes, config.max_tokens));
    let (backend, tokenizer) = join(backend, tokenizer).await;
    let (backend, tokenizer) = (backend?, tokenizer?);
    encoder::Encoder::new(config, tokenizer, backend)
}
