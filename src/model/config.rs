//! What a model is: the `config.json` beside the quantized weights.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::json;

/// The version of `config.json` and `weights.safetensors` that this code writes and reads, of a model with all its rows …
pub const FORMAT: u32 = 4;

/// … and of one whose seldom rows lie apart.
pub const PARTED_FORMAT: u32 = 5;

/// The file names of a model folder, in the order in which they are needed.
pub const CONFIG_FILE: &str = "config.json";
/// The tokenizer of the model.
pub const TOKENIZER_FILE: &str = "tokenizer.txt";
/// The quantized weights.
pub const WEIGHTS_FILE: &str = "weights.safetensors";
/// The blocks of rows that lie apart: from `rows/000.bin` on.
pub const ROWS_PREFIX: &str = "rows/";

/// The name of a block of rows.
pub fn rows_file(block: usize) -> String {
    format!("{ROWS_PREFIX}{block:03}.bin")
}

/// A quantized encoder model: its identity, its shape and how its output becomes a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Version of this file and of the weights beside it.
    pub format: u32,
    /// The model's public name, `sentence-transformers/all-MiniLM-L6-v2`.
    pub id: String,
    /// Where the weights were taken from, in the syntax of `inkling model pull`.
    pub source: String,
    /// The licence that its makers give it, as the hub spells it: `apache-2.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// What its makers say of it: an address, or some words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// The hash of the original weights, in lower-case hexadecimal. Encoders of one family, however they are packed, may ask each
    /// other's indexes.
    pub family: String,
    /// The quantized weights.
    pub weights: Digest,
    /// The tokenizer.
    pub tokenizer: Digest,
    /// The blocks of the rows of word embeddings that are not with the weights; none where all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Digest>,
    /// The architecture; only `bert` so far, which a DistilBERT is stored as, too.
    pub architecture: Architecture,
    /// How token outputs become one vector.
    pub pooling: Pooling,
    /// The linear layer that the pooled vector goes through, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dense: Option<Dense>,
    /// What is put before a text, by what it is.
    #[serde(default, skip_serializing_if = "Prompts::is_none")]
    pub prompts: Prompts,
    /// The model whose documents this encoder was trained to find. Only queries go through such an encoder: its vectors of documents
    /// are poor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student_of: Option<String>,
    /// Number of transformer layers.
    pub layers: usize,
    /// Length of a hidden state (hidden size).
    pub dim: usize,
    /// Attention heads a layer; each sees `dim / heads` numbers.
    pub heads: usize,
    /// Width of the feed-forward part (intermediate size).
    pub ff: usize,
    /// Number of rows of the word embedding table.
    pub vocab: usize,
    /// Number of positions that have an embedding: as many as a text may have tokens.
    pub positions: usize,
    /// Most tokens a text may have, special tokens included; what is longer is cut.
    pub max_tokens: usize,
    /// The epsilon of every layer normalization.
    pub layer_norm_eps: f32,
}

/// The architectures this version runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub enum Architecture {
    /// BERT: word, position and token type embeddings, post-norm layers, GELU in its erf form.
    #[serde(rename = "bert")]
    Bert,
}

/// The poolings this version runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub enum Pooling {
    /// The mean over a text's tokens.
    #[serde(rename = "mean")]
    Mean,
    /// The first token, `[CLS]`.
    #[serde(rename = "cls")]
    Cls,
    /// The largest number over a text's tokens, for each column.
    #[serde(rename = "max")]
    Max,
}

/// A linear layer between pooling and the scaling to unit length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Dense {
    /// Length of what comes out: of the model's vectors.
    pub outputs: usize,
    /// What the outputs go through.
    pub activation: DenseActivation,
}

/// The activations of a dense layer that this version runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub enum DenseActivation {
    /// None.
    #[serde(rename = "identity")]
    Identity,
    /// The hyperbolic tangent.
    #[serde(rename = "tanh")]
    Tanh,
}

/// What a model was trained to find before its texts: `query: ` and `passage: `, for instance.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Prompts {
    /// Before a query.
    pub query: String,
    /// Before a passage of a document.
    pub passage: String,
}

impl Prompts {
    /// Whether nothing goes before a text.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A configuration as it is read: `serde` would be a tenth of the module that encodes.
#[derive(miniserde::Deserialize)]
struct Read {
    format: u32,
    id: String,
    source: String,
    license: Option<String>,
    card: Option<String>,
    family: String,
    weights: Digest,
    tokenizer: Digest,
    rows: Option<Vec<Digest>>,
    architecture: Architecture,
    pooling: Pooling,
    dense: Option<Dense>,
    prompts: Option<Prompts>,
    student_of: Option<String>,
    layers: usize,
    dim: usize,
    heads: usize,
    ff: usize,
    vocab: usize,
    positions: usize,
    max_tokens: usize,
    layer_norm_eps: f32,
}

impl From<Read> for ModelConfig {
    fn from(read: Read) -> Self {
        Self {
            format: read.format,
            id: read.id,
            source: read.source,
            license: read.license,
            card: read.card,
            family: read.family,
            weights: read.weights,
            tokenizer: read.tokenizer,
            rows: read.rows.unwrap_or_default(),
            architecture: read.architecture,
            pooling: read.pooling,
            dense: read.dense,
            prompts: read.prompts.unwrap_or_default(),
            student_of: read.student_of,
            layers: read.layers,
            dim: read.dim,
            heads: read.heads,
            ff: read.ff,
            vocab: read.vocab,
            positions: read.positions,
            max_tokens: read.max_tokens,
            layer_norm_eps: read.layer_norm_eps,
        }
    }
}

impl ModelConfig {
    /// Reads and checks a `config.json` of this project.
    ///
    /// # Errors
    /// `unsupported-format` for another version, `damaged-file` for what is not such a file, `unsupported-model` for a
    /// shape that the kernels do not run.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        #[derive(miniserde::Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = || {
            let what = "config.json is not the configuration of a quantized model: make one with `inkling model pull`";
            Error::new(ErrorKind::DamagedFile, what)
        };
        let version: Version = json::read(json).ok_or_else(damaged)?;
        if ![FORMAT, PARTED_FORMAT].contains(&version.format) {
            let found = version.format;
            return Err(Error::new(
                ErrorKind::UnsupportedFormat,
                format!(
                    "the model is of format {found}, this version reads formats {FORMAT} and {PARTED_FORMAT}: pull the model again"
                ),
            ));
        }
        let config = Self::from(json::read::<Read>(json).ok_or_else(damaged)?);
        if config.rows.is_empty() != (config.format == FORMAT) {
            let what =
                "config.json names blocks of rows in a format without, or none in the one with them: build the index again";
            return Err(Error::new(ErrorKind::DamagedFile, what));
        }
        config.check()?;
        Ok(config)
    }

    /// What [`ModelConfig::from_json`] reads.
    ///
    /// # Errors
    /// None, of a configuration that was read.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|cause| Error::new(ErrorKind::Internal, "the configuration cannot be written").caused_by(cause))
    }

    /// Length of the part of a hidden state that one attention head sees.
    pub fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    /// Length of the vectors.
    pub fn vector_dim(&self) -> usize {
        self.dense.map_or(self.dim, |dense| dense.outputs)
    }

    /// Refuses an encoder that is for queries alone.
    ///
    /// # Errors
    /// `unsupported-model`, naming the model that encodes the documents.
    pub fn check_encodes_documents(&self) -> Result<()> {
        let Some(teacher) = &self.student_of else { return Ok(()) };
        Err(Error::new(
            ErrorKind::UnsupportedModel,
            format!(
                "{} encodes queries only: documents for it are encoded by {teacher}, so give the folder of that model \
                 (model/documents of an index)",
                self.id
            ),
        ))
    }

    /// Refuses shapes that the kernels do not run, and sizes that no encoder of this kind has.
    pub fn check(&self) -> Result<()> {
        let Self { layers, dim, heads, ff, vocab, positions, max_tokens, .. } = *self;
        let sane = (1..=64).contains(&layers)
            && (1..=4096).contains(&dim)
            && (1..=64).contains(&heads)
            && (1..=16384).contains(&ff)
            && (1..=1_000_000).contains(&vocab)
            && (1..=8192).contains(&positions)
            && (3..=positions).contains(&max_tokens)
            && (1..=4096).contains(&self.vector_dim());
        // Of no heads nothing is a part.
        let fits = || {
            let of_heads = dim.is_multiple_of(heads) && self.head_dim().is_multiple_of(8);
            of_heads && dim.is_multiple_of(32) && ff.is_multiple_of(32) && self.vector_dim().is_multiple_of(8)
        };
        if sane && fits() && (0.0..=1.0).contains(&self.layer_norm_eps) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::UnsupportedModel,
            format!(
                "a model of {layers} layers, dim {dim}, {heads} heads, ff {ff}, vocab {vocab}, {positions} positions, \
                 {max_tokens} tokens and vectors of {} cannot be run: dim and ff must be multiples of 32, dim / heads and vectors of 8",
                self.vector_dim()
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_of_another_format_is_refused_by_number() {
        let error = ModelConfig::from_json(br#"{"format": 99}"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        assert!(error.to_string().contains("99"), "{error}");
    }

    #[test]
    fn a_hugging_face_config_is_refused_with_the_command_to_run() {
        let error = ModelConfig::from_json(br#"{"model_type": "bert"}"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DamagedFile);
        assert!(error.to_string().contains("inkling model pull"), "{error}");
    }

    #[test]
    fn a_shape_of_which_any_two_numbers_cannot_be_is_refused() {
        let config: serde_json::Value =
            serde_json::from_slice(include_bytes!("../../tests/data/tiny-quantized/config.json")).unwrap();
        let names = ["layers", "dim", "heads", "ff", "vocab", "positions", "max_tokens"];
        for (one, other) in names.iter().flat_map(|one| names.map(|other| (*one, other))) {
            for number in [0_u32, u32::MAX] {
                let mut config = config.clone();
                config[one] = number.into();
                config[other] = number.into();
                let error = ModelConfig::from_json(config.to_string().as_bytes()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnsupportedModel, "{one}, {other}: {number}");
            }
        }
    }
}
