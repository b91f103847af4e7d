//! The encoder as JavaScript sees it. What computes is in `accelerator`: with a GPU the methods that encode are promises.

use std::rc::Rc;
use std::sync::Arc;

use async_lock::Mutex;
use futures_util::future::join;
use js_sys::Float32Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_time::Instant;

use super::accelerator::Accelerator;
use super::convert::{from_object, object, option};
use super::rows::Rows;
use super::store::{PATIENCE, Progress, Store};
use super::wait::within;
use super::wire::{EncodedPassage, EncodedQuery, Identity};
use crate::encoder::{self, cpu};
use crate::engine::encode_passages;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::model::config::{CONFIG_FILE, ModelConfig, Prompts, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::model::weights::Weights;
use crate::text::passages::PassageOptions;
use crate::text::tokenizer::Tokenizer;

/// A sentence encoder.
#[wasm_bindgen]
pub struct Encoder {
    /// Locked, because a backend may make one call wait while another comes.
    pub(super) encoder: Mutex<encoder::Encoder>,
    pub(super) accelerator: Accelerator,
    /// The word embeddings that come later.
    rows: Rc<Rows>,
    tokenizer: Arc<Tokenizer>,
    info: EncoderInfo,
    identity: Identity,
}

/// What an encoder is made of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EncoderInfo {
    model: String,
    dim: usize,
    max_tokens: usize,
    kernel: &'static str,
    #[serde(skip_serializing_if = "Prompts::is_none")]
    prompts: Prompts,
}

/// Where an index says that its model is: a folder below the address, and what its configuration must be.
#[derive(Deserialize)]
struct Pinned {
    folder: String,
    config: Digest,
}

#[wasm_bindgen]
impl Encoder {
    /// Loads the model of a folder that `inkling model pull` wrote, or with `{ pinned: { folder, config } }` among the options
    /// the very one that an index names.
    pub async fn load(url: String, options: JsValue, on_progress: js_sys::Function) -> Result<Encoder, JsValue> {
        let store = Store::open(&url, &options).await;
        let pinned: Option<Pinned> = option(&options, "pinned").map(from_object).transpose()?;
        let folder = pinned.as_ref().map_or("", |pinned| &pinned.folder);
        let config = match &pinned {
            Some(Pinned { config, .. }) => store.fixed(&format!("{folder}{CONFIG_FILE}"), config, &Progress::default()).await?,
            None => store.configuration("").await?,
        };
        let encoder = load_model(&store, folder, ModelConfig::from_json(&config)?, &on_progress).await?;
        let ModelConfig { id, family, max_tokens, prompts, .. } = encoder.config();
        let (model, max_tokens, prompts, dim) = (id.clone(), *max_tokens, prompts.clone(), encoder.config().vector_dim());
        let rows = Rc::new(Rows::new(store, folder, &encoder));
        Ok(Self {
            identity: Identity { id: id.clone(), family: family.clone(), dim },
            info: EncoderInfo { model, dim, max_tokens, kernel: encoder.kernel_name(), prompts },
            tokenizer: encoder.tokenizer().clone(),
            accelerator: Accelerator::new(&rows, &options),
            rows,
            encoder: Mutex::new(encoder),
        })
    }

    /// The model and the arithmetic in use.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        object(&self.info)
    }

    /// The model, as an index names the one that it was made with.
    pub fn identity(&self) -> Result<JsValue, JsValue> {
        object(&self.identity)
    }

    /// Whether the vocabulary has a word as it is.
    #[wasm_bindgen(js_name = isWord)]
    pub fn is_word(&self, word: &str) -> bool {
        self.tokenizer.is_word(word)
    }

    /// Fetches the word embeddings that a text lacks. A query does not wait for long: they come all the same, for the next one.
    pub async fn prepare(&self, text: String, is_query: bool) -> Result<(), JsValue> {
        let prefix = if is_query { self.tokenizer.query_prefix() } else { "" };
        let ids = self.tokenizer.encode(&format!("{prefix}{text}"))?.ids;
        if !self.rows.lack(&ids) {
            return Ok(());
        }
        if !is_query {
            return Ok(self.rows.load(&ids).await?);
        }
        let rows = self.rows.clone();
        let load = future_to_promise(async move { Ok(rows.load(&ids).await.map(|()| JsValue::UNDEFINED)?) });
        let late = || Error::new(ErrorKind::Network, "the word embeddings of this question have not come in time: ask again");
        within(PATIENCE, load).await.unwrap_or_else(|| Err(late().into())).map(drop)
    }

    /// Fetches all word embeddings that have not come.
    #[wasm_bindgen(js_name = loadAllRows)]
    pub async fn load_all_rows(&self) -> Result<(), JsValue> {
        Ok(self.rows.load_all().await?)
    }
}

impl Encoder {
    /// The unit vector of one text.
    pub(super) async fn vector_of(&self, text: &str) -> Result<Float32Array, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let encoded = encoder.encode(text).await;
        self.accelerator.computed_on(&mut encoder);
        Ok(Float32Array::from(encoded?.vector.as_slice()))
    }

    /// The vector of a query, and what it took: an [`EncodedQuery`].
    pub(super) async fn vector_of_query(&self, text: &str) -> Result<JsValue, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let start = Instant::now();
        let tokens = self.tokenizer.encode(&format!("{}{text}", self.tokenizer.query_prefix()))?;
        let tokenized = Instant::now();
        let vector = encoder.encode_ids(&[&tokens.ids]).await;
        let milliseconds = [tokenized - start, tokenized.elapsed()].map(|time| time.as_secs_f64() * 1e3);
        let backend = self.accelerator.computed_on(&mut encoder).to_owned();
        let vector = Float32Array::from(vector?.as_slice());
        object(&EncodedQuery { vector, truncated: tokens.truncated, milliseconds, backend })
    }

    /// The passages of a document and their vectors: an array of [`EncodedPassage`]s.
    pub(super) async fn vectors_of(&self, title: &str, text: &str, options: PassageOptions) -> Result<JsValue, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let encoded = encode_passages(title, text, options, &mut encoder).await;
        self.accelerator.computed_on(&mut encoder);
        let passages = encoded?.into_iter().map(|(range, vector)| EncodedPassage {
            start: range.start,
            end: range.end,
            vector: Float32Array::from(vector.as_slice()),
        });
        object(&passages.collect::<Vec<_>>())
    }
}

/// Loads a model whose configuration has been read; `folder` is where its files are below the store's.
///
/// The tokenizer is made while the weights are on their way.
async fn load_model(
    store: &Store,
    folder: &str,
    config: ModelConfig,
    on_progress: &js_sys::Function,
) -> Result<encoder::Encoder> {
    let progress = Progress::new(on_progress, config.weights.bytes + config.tokenizer.bytes);
    let (tokenizer_path, weights_path) = (format!("{folder}{TOKENIZER_FILE}"), format!("{folder}{WEIGHTS_FILE}"));
    let backend = async {
        let bytes = store.fixed(&weights_path, &config.weights, &progress).await?;
        progress.advance("prepare", &weights_path, 0);
        let weights = Weights::read(&config, &bytes)?;
        let backend = cpu::best(&config, &weights)?;
        Ok::<_, Error>((weights.words, backend))
    };
    let tokenizer =
        async { Tokenizer::from_json(&store.fixed(&tokenizer_path, &config.tokenizer, &progress).await?, config.max_tokens) };
    let (backend, tokenizer) = join(backend, tokenizer).await;
    let ((words, backend), tokenizer) = (backend?, tokenizer?);
    encoder::Encoder::new(config, tokenizer, words, backend)
}
