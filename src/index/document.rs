//! Documents: what a search finds.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// One document of a corpus: a session, a page, a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the caller knows it by; unique in a corpus.
    pub id: String,
    /// Its title, searched and shown.
    pub title: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The text that is searched by meaning and by words.
    #[serde(default)]
    pub text: String,
    /// Everything else a hit should show or a filter should use: strings, numbers, lists of strings.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

/// The names of the fields that documents have, in the order in which they come.
pub fn field_names(documents: &[Document]) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = documents.iter().flat_map(|document| document.fields.keys());
    names.filter(|name| seen.insert(name.as_str())).cloned().collect()
}

/// Reads one of the files that hold documents.
pub fn read_shard(json: &[u8]) -> Result<Vec<Document>> {
    serde_json::from_slice(json).map_err(|cause| {
        Error::new(ErrorKind::DamagedFile, "a file of documents is damaged: build the index again").caused_by(cause)
    })
}
