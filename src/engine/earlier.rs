//! What an earlier build encoded: documents that have not changed keep their vectors, byte for byte.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::hash::hex_sha256;
use crate::index::document::Document;
use crate::index::manifest::Manifest;
use crate::index::vectors::Vectors;
use crate::model::config::ModelConfig;
use crate::text::passages::PassageOptions;

/// The file that says what the vectors of an index are of. Nobody needs it to search: it is read by the next build alone.
pub const MARKS_FILE: &str = "encoded.json";

/// The version of that file: also raised when documents are cut otherwise.
const FORMAT: u32 = 1;

/// What the vectors of an index are of.
#[derive(Serialize, Deserialize)]
struct Marks {
    format: u32,
    /// SHA-256 of the weights of the encoder.
    weights: String,
    /// SHA-256 of the files of the vectors: the marks of another index say nothing.
    vectors: Vec<String>,
    /// For each document a hash of all that its passages are made of.
    documents: Vec<String>,
}

/// The vectors of an earlier build, by what they are of.
pub struct Earlier {
    pub(super) vectors: Vectors,
    documents: HashMap<String, u32>,
}

impl Earlier {
    /// The vectors of an earlier build, or nothing where they are not those of this model, are cut otherwise, or have changed since.
    ///
    /// `marks` are the bytes of [`MARKS_FILE`], `manifest` and `vectors` those of the index.
    pub fn new(
        marks: &[u8],
        manifest: &Manifest,
        vectors: Vectors,
        model: &ModelConfig,
        options: PassageOptions,
    ) -> Option<Self> {
        let Marks { format, weights, vectors: hashes, documents } = serde_json::from_slice(marks).ok()?;
        let PassageOptions { max_tokens, overlap } = options;
        let is_same = format == FORMAT
            && weights == model.weights.sha256
            && hashes == vector_hashes(manifest).ok()?
            && documents.len() == manifest.documents
            && manifest.check_model(&model.into()).is_ok()
            && vectors.dim() == model.vector_dim()
            && (manifest.passage_tokens, manifest.passage_overlap) == (max_tokens, overlap);
        is_same.then(|| Self { vectors, documents: documents.into_iter().zip(0..).collect() })
    }

    /// The number that an unchanged document had.
    pub(super) fn number(&self, document: &Document) -> Option<u32> {
        self.documents.get(&mark(document)).copied()
    }
}

/// The bytes of [`MARKS_FILE`] for an index of some documents that a model has encoded.
///
/// # Errors
/// `damaged-file` when the manifest names no vectors.
pub fn marks(manifest: &Manifest, model: &ModelConfig, documents: &[Document]) -> Result<Vec<u8>> {
    let vectors = vector_hashes(manifest)?;
    let weights = model.weights.sha256.clone();
    let marks = Marks { format: FORMAT, weights, vectors, documents: documents.iter().map(mark).collect() };
    serde_json::to_vec(&marks).map_err(|cause| Error::new(ErrorKind::Internal, "marks cannot be written").caused_by(cause))
}

fn vector_hashes(manifest: &Manifest) -> Result<Vec<String>> {
    let files = std::iter::once(manifest.vectors_file()?).chain(manifest.cluster_files());
    Ok(files.map(|file| file.digest.sha256.clone()).collect())
}

/// A hash of all that a document's passages are made of.
fn mark(document: &Document) -> String {
    let Document { title, text, headings, code, .. } = document;
    let headings: Vec<_> = headings.iter().map(|heading| (heading.start, heading.end, heading.level)).collect();
    let code: Vec<_> = code.iter().map(|code| (code.start, code.end)).collect();
    let parts = serde_json::to_vec(&(title, text, headings, code)).expect("texts and numbers are plain data");
    hex_sha256(&parts)[..32].to_owned()
}
