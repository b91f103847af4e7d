//! Models of the kinds that this version runs: the tests hold each kind to its goldens, and the default with its own weights.

use serde::Serialize;

/// A model of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Its name on the hub.
    pub id: &'static str,
    /// Its layers.
    pub layers: usize,
    /// The length of its vectors.
    pub dim: usize,
    /// Tokens of a text that it reads.
    pub tokens: usize,
    /// What it is for.
    pub languages: &'static str,
    /// What is special about it here.
    pub note: &'static str,
}

const fn known(id: &'static str, [layers, dim, tokens]: [usize; 3], languages: &'static str, note: &'static str) -> Known {
    Known { id, layers, dim, tokens, languages, note }
}

/// No browser has the steps of these tokenizers.
const NOT_IN_BROWSERS: &str = "command line only, not tried with its own weights; browsers answer by words";

/// The list, the default first.
pub const KNOWN: [Known; 10] = [
    known("sentence-transformers/all-MiniLM-L6-v2", [6, 384, 256], "English", "the default; has a small encoder of queries"),
    known("sentence-transformers/multi-qa-MiniLM-L6-cos-v1", [6, 384, 512], "English", ""),
    known(
        "sentence-transformers/msmarco-MiniLM-L6-cos-v5",
        [6, 384, 512],
        "English",
        "the native command line alone reads its weights",
    ),
    known("sentence-transformers/multi-qa-distilbert-cos-v1", [6, 768, 512], "English", ""),
    known("BAAI/bge-small-en-v1.5", [12, 384, 512], "English", ""),
    known("intfloat/e5-small-v2", [12, 384, 512], "English", ""),
    known("thenlper/gte-small", [12, 384, 512], "English", ""),
    known("Snowflake/snowflake-arctic-embed-s", [12, 384, 512], "English", ""),
    known("intfloat/multilingual-e5-small", [12, 384, 512], "100 languages", NOT_IN_BROWSERS),
    known("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", [12, 384, 128], "50 languages", NOT_IN_BROWSERS),
];
