//! What goes between the module of the encoder and that of the index.

use js_sys::Float32Array;
use serde::{Deserialize, Serialize};

/// The model of an encoder.
#[cfg(feature = "web-encoder")]
#[derive(Serialize)]
pub struct Identity {
    pub id: String,
    /// The hash of its original weights.
    pub family: String,
    /// Length of its vectors.
    pub dim: usize,
}

/// The vector of a query.
#[cfg(feature = "web-encoder")]
#[derive(Serialize)]
pub struct EncodedQuery {
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub vector: Float32Array,
    /// Whether the end of the query was cut.
    pub truncated: bool,
    /// From text to token ids, and from these to the vector.
    pub milliseconds: [f64; 2],
    /// What computed it: `cpu` or `webgpu`.
    pub backend: String,
}

/// The vector of a passage of a document, and its byte range there.
#[derive(Serialize, Deserialize)]
pub struct EncodedPassage {
    pub start: usize,
    pub end: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub vector: Float32Array,
}
