//! The sentence encoder: texts to unit vectors.

#[cfg_attr(feature = "gpu", path = "accelerated/enabled.rs")]
#[cfg_attr(not(feature = "gpu"), path = "accelerated/disabled.rs")]
mod accelerated;
#[doc(hidden)]
pub mod backend;
#[doc(hidden)]
pub mod cpu;
#[doc(hidden)]
pub mod forward;
#[cfg(feature = "gpu")]
#[doc(hidden)]
pub mod gpu;
#[cfg(feature = "gpu")]
#[doc(hidden)]
pub mod judge;

use std::sync::Arc;

use self::accelerated::Accelerated;
#[cfg(feature = "gpu")]
pub use self::accelerated::{QUERY_TOKENS, Work};
use self::backend::{Backend, Batch};
use self::forward::forward;
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::{ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::model::weights::Weights;
use crate::model::words::Words;
use crate::text::tokenizer::{TokenIds, Tokenizer};

/// The files of a quantized model, as bytes.
pub struct ModelFiles<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `tokenizer.txt`.
    pub tokenizer: &'a [u8],
    /// `weights.safetensors`.
    pub weights: &'a [u8],
}

/// A sentence encoder: a tokenizer, the weights, and the backend that computes.
pub struct Encoder {
    config: Arc<ModelConfig>,
    tokenizer: Arc<Tokenizer>,
    words: Arc<Words>,
    backend: Box<dyn Backend>,
    accelerated: Accelerated,
    batch: Batch,
}

/// The vector of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// Unit length, `dim` numbers.
    pub vector: Vec<f32>,
    /// Whether the end of the text was cut because it has more tokens than the model takes.
    pub truncated: bool,
}

impl Encoder {
    /// Loads a model onto the fastest CPU backend of this machine. The files' bytes are not needed afterwards.
    ///
    /// # Errors
    /// Whatever is wrong with the files: `hash-mismatch`, `unsupported-format`, `unsupported-model`, `unsupported-tokenizer`,
    /// `missing-tensor`, `wrong-shape`, `damaged-file`.
    pub fn load(files: &ModelFiles) -> Result<Self> {
        Self::load_with(files, cpu::best)
    }

    /// Loads a model onto a backend of the caller's choice, such as [`cpu::scalar`].
    pub fn load_with(
        files: &ModelFiles,
        backend: impl FnOnce(&ModelConfig, &Weights) -> Result<Box<dyn Backend>>,
    ) -> Result<Self> {
        let config = ModelConfig::from_json(files.config)?;
        config.tokenizer.verify(TOKENIZER_FILE, files.tokenizer)?;
        config.weights.verify(WEIGHTS_FILE, files.weights)?;
        let tokenizer = Tokenizer::read(files.tokenizer, config.max_tokens)?;
        let weights = Weights::read(&config, files.weights)?;
        let backend = backend(&config, &weights)?;
        Self::new(config, tokenizer, weights.words, backend)
    }

    /// An encoder of parts that were made for the configuration, from files that were checked against it; `words` are those of the backend.
    ///
    /// # Errors
    /// `wrong-shape` when the tokenizer has more tokens than the model.
    pub fn new(config: ModelConfig, mut tokenizer: Tokenizer, words: Arc<Words>, backend: Box<dyn Backend>) -> Result<Self> {
        if tokenizer.vocab_size() > config.vocab {
            let (tokens, rows) = (tokenizer.vocab_size(), config.vocab);
            return Err(Error::new(
                ErrorKind::WrongShape,
                format!("the tokenizer has {tokens} tokens, the model embeddings for {rows}: they are not of the same model"),
            ));
        }
        tokenizer.set_prompts(&config.prompts.query, &config.prompts.passage)?;
        Ok(Self::of(Arc::new(config), Arc::new(tokenizer), words, backend))
    }

    fn of(config: Arc<ModelConfig>, tokenizer: Arc<Tokenizer>, words: Arc<Words>, backend: Box<dyn Backend>) -> Self {
        Self { config, tokenizer, words, backend, accelerated: Default::default(), batch: Batch::new() }
    }

    /// The model's configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// The table of word embeddings: of a model that lies in parts, blocks of rows are added to it as they come.
    pub fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// The kernel that computes, as reports name it.
    pub fn kernel_name(&self) -> &'static str {
        self.backend.kernel_name()
    }

    /// Another encoder on the same weights and the CPU, for another thread.
    pub fn fork(&self) -> Self {
        Self::of(self.config.clone(), self.tokenizer.clone(), self.words.clone(), self.backend.fork())
    }

    /// The unit vector of one text.
    pub async fn encode(&mut self, text: &str) -> Result<Encoded> {
        let TokenIds { ids, truncated } = self.tokenizer.encode(text)?;
        let vector = self.encode_ids(&[&ids]).await?;
        Ok(Encoded { vector, truncated })
    }

    /// The unit vectors of several texts, in their order: by a GPU together, by the CPU one after the other.
    pub async fn encode_many<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Vec<Encoded>> {
        if texts.len() > 1 && self.accelerated.takes_bulk() {
            let tokens = texts.iter().map(|text| self.tokenizer.encode(text.as_ref())).collect::<Result<Vec<_>>>()?;
            let ids: Vec<&[u32]> = tokens.iter().map(|tokens| &tokens.ids[..]).collect();
            if let Some(vectors) = self.accelerated.encode_ids(&self.config, &ids).await {
                let vectors = vectors.chunks_exact(self.config.vector_dim()).map(<[f32]>::to_vec).zip(tokens);
                return Ok(vectors.map(|(vector, tokens)| Encoded { vector, truncated: tokens.truncated }).collect());
            }
        }
        let mut encoded = Vec::new();
        for text in texts {
            encoded.push(self.encode(text.as_ref()).await?);
        }
        Ok(encoded)
    }

    /// The unit vectors of several texts given as token ids, one after the other, (texts, dim).
    ///
    /// # Errors
    /// `invalid-input` for a text without token ids, with more than the model takes, or with an id it does not have; `not-found` for one whose
    /// word embeddings have not come yet ([`Words::missing`]).
    pub async fn encode_ids<T: AsRef<[u32]>>(&mut self, texts: &[T]) -> Result<Vec<f32>> {
        self.batch.clear();
        for ids in texts {
            let ids = ids.as_ref();
            let ModelConfig { vocab, max_tokens, .. } = *self.config;
            if ids.is_empty() || ids.len() > max_tokens || ids.iter().any(|&id| id as usize >= vocab) {
                return Err(Error::new(
                    ErrorKind::InvalidInput,
                    format!("token ids must be 1 to {max_tokens} numbers below {vocab} a text"),
                ));
            }
            self.batch.push(ids);
        }
        if let Some(vectors) = self.accelerated.encode_ids(&self.config, texts).await {
            return Ok(vectors);
        }
        let vectors = forward(&mut *self.backend, self.config.layers, &self.batch).await?;
        if vectors.chunks_exact(self.config.vector_dim()).all(is_unit) {
            return Ok(vectors);
        }
        // Numbers that are finite each, and too large together.
        Err(Error::new(ErrorKind::DamagedFile, "the model's weights make no vector of this text: fetch or pull the model again"))
    }
}

/// Whether a vector has the length 1, to the accuracy of its sum; none that is not finite has.
fn is_unit(vector: &[f32]) -> bool {
    let squares: f32 = vector.iter().map(|x| x * x).sum();
    (squares - 1.0).abs() < 0.01
}

#[cfg(feature = "fs")]
mod bulk;
#[cfg(feature = "fs")]
pub use bulk::encode_all;
