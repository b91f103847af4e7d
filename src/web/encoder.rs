//! The encoder as JavaScript drives it (`www/src/worker/model.ts`). What computes is in `accelerator`: with a GPU the methods that encode
//! are promises, and else nothing here waits.

use std::sync::Arc;

use js_sys::Float32Array;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::accelerator::{Accelerator, Turn};
use super::convert::{list, plain, set};
use crate::encoder::backend::Backend;
use crate::encoder::{self, cpu};
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::{ModelConfig, Prompts};
use crate::model::rows::{among_others, shuffle};
use crate::model::weights::Weights;
use crate::model::words::Words;
use crate::text::tokenizer::Tokenizer;

/// A model as its files come, in any order.
#[wasm_bindgen]
pub struct Model {
    config: ModelConfig,
    tokenizer: Option<Tokenizer>,
    computing: Option<(Arc<Words>, Box<dyn Backend>)>,
}

#[wasm_bindgen]
impl Model {
    /// The model of a configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &[u8]) -> Result<Model, JsValue> {
        Ok(Self { config: ModelConfig::from_json(config)?, tokenizer: None, computing: None })
    }

    /// Takes the tokenizer.
    #[wasm_bindgen(js_name = takeTokenizer)]
    pub fn take_tokenizer(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.tokenizer = Some(Tokenizer::read(bytes, self.config.max_tokens)?);
        Ok(())
    }

    /// Takes the weights.
    #[wasm_bindgen(js_name = takeWeights)]
    pub fn take_weights(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        let weights = Weights::read(&self.config, bytes)?;
        let backend = cpu::best(&self.config, &weights)?;
        self.computing = Some((weights.words, backend));
        Ok(())
    }
}

/// A sentence encoder.
#[wasm_bindgen]
pub struct Encoder {
    pub(super) encoder: Turn<encoder::Encoder>,
    pub(super) accelerator: Accelerator,
    words: Arc<Words>,
    tokenizer: Arc<Tokenizer>,
    about: About,
}

/// What an encoder is made of.
struct About {
    model: String,
    family: String,
    dim: usize,
    max_tokens: usize,
    kernel: &'static str,
    prompts: Prompts,
}

#[wasm_bindgen]
impl Encoder {
    /// The encoder of a model that is whole, but for rows of its word embeddings. `backend` says what may compute, in a module that has a choice.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Model, backend: Option<String>) -> Result<Encoder, JsValue> {
        let Model { config, tokenizer: Some(tokenizer), computing: Some((words, computing)) } = model else {
            return Err(Error::new(ErrorKind::Internal, "an encoder is made before its model has come").into());
        };
        let encoder = encoder::Encoder::new(config, tokenizer, words, computing)?;
        let ModelConfig { id, family, max_tokens, prompts, .. } = encoder.config();
        let (model, family, prompts) = (id.clone(), family.clone(), prompts.clone());
        let (dim, max_tokens, kernel) = (encoder.config().vector_dim(), *max_tokens, encoder.kernel_name());
        Ok(Self {
            about: About { model, family, dim, max_tokens, kernel, prompts },
            tokenizer: encoder.tokenizer().clone(),
            words: encoder.words().clone(),
            accelerator: Accelerator::new(backend.as_deref()),
            encoder: Turn::new(encoder),
        })
    }

    /// The model and the arithmetic in use.
    pub fn info(&self) -> JsValue {
        let About { model, dim, max_tokens, kernel, prompts, .. } = &self.about;
        let info = plain([
            ("model", model.into()),
            ("dim", (*dim).into()),
            ("maxTokens", (*max_tokens).into()),
            ("kernel", (*kernel).into()),
        ]);
        if !prompts.is_none() {
            let Prompts { query, passage } = prompts;
            set(&info, "prompts", &plain([("query", query.into()), ("passage", passage.into())]));
        }
        info
    }

    /// The model, as an index names the one that it was made with, and the length of its vectors.
    pub fn identity(&self) -> JsValue {
        let About { model, family, dim, .. } = &self.about;
        plain([("id", model.into()), ("family", family.into()), ("dim", (*dim).into())])
    }

    /// Whether the vocabulary has a word as it is.
    #[wasm_bindgen(js_name = isWord)]
    pub fn is_word(&self, word: &str) -> bool {
        self.tokenizer.is_word(word)
    }

    /// The blocks of word embeddings that a text lacks.
    #[wasm_bindgen(js_name = missingRows)]
    pub fn missing_rows(&self, text: &str, is_query: bool) -> Result<Vec<usize>, JsValue> {
        let prefix = if is_query { self.tokenizer.query_prefix() } else { "" };
        let ids = self.tokenizer.encode(&format!("{prefix}{text}"))?.ids;
        Ok(self.words.missing(&ids))
    }

    /// Blocks among others that have not come either, in any order: a host does not learn which were wanted.
    #[wasm_bindgen(js_name = amongOthers)]
    pub fn among_others(&self, blocks: Vec<usize>) -> Vec<usize> {
        among_others(&blocks, &self.words.absent(), below)
    }

    /// All blocks that have not come, in any order.
    #[wasm_bindgen(js_name = allMissingRows)]
    pub fn all_missing_rows(&self) -> Vec<usize> {
        let mut absent = self.words.absent();
        shuffle(&mut absent, below);
        absent
    }

    /// Takes a block of word embeddings.
    #[wasm_bindgen(js_name = takeRows)]
    pub fn take_rows(&self, block: usize, bytes: &[u8]) -> Result<(), JsValue> {
        Ok(self.words.add(block, bytes)?)
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

    /// The vector of a query, and what it took: `{ vector, truncated, milliseconds, backend }`.
    pub(super) async fn vector_of_query(&self, text: &str) -> Result<JsValue, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let start = Instant::now();
        let tokens = self.tokenizer.encode(&format!("{}{text}", self.tokenizer.query_prefix()))?;
        let tokenized = Instant::now();
        let vector = encoder.encode_ids(&[&tokens.ids]).await;
        let milliseconds = [tokenized - start, tokenized.elapsed()].map(|time| (time.as_secs_f64() * 1e3).into());
        let backend = self.accelerator.computed_on(&mut encoder);
        let vector = Float32Array::from(vector?.as_slice());
        Ok(plain([
            ("vector", vector.into()),
            ("truncated", tokens.truncated.into()),
            ("milliseconds", list(milliseconds)),
            ("backend", backend.into()),
        ]))
    }
}

/// Any number below another.
fn below(end: usize) -> usize {
    (js_sys::Math::random() * end as f64) as usize
}
