//! Changes of a search: documents that come and go, and saving what is there then.
//!
//! Only the module that builds has them, since few pages change an index: the worker opens the index once more there when one does.

use js_sys::Float32Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::convert::{from_object, object, saved_files};
use super::search::Search;
use crate::engine::EncodedDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder;
use crate::index::document::Document;

/// The vector of a passage of a document, as an encoder gives it, and its byte range there.
#[derive(Deserialize)]
struct EncodedPassage {
    start: usize,
    end: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    vector: Float32Array,
}

/// Documents that are to be added: the vectors of their passages come one document after the other.
#[wasm_bindgen]
pub struct Additions {
    waiting: std::vec::IntoIter<Document>,
    encoded: Vec<EncodedDocument>,
}

#[wasm_bindgen]
impl Additions {
    /// Documents as they are.
    #[wasm_bindgen(constructor)]
    pub fn new(documents: JsValue) -> Result<Additions, JsValue> {
        let documents: Vec<Document> = from_object(documents)?;
        builder::check(&documents)?;
        Ok(Self { waiting: documents.into_iter(), encoded: Vec::new() })
    }

    /// Takes the passages of the next document.
    pub fn encoded(&mut self, passages: JsValue) -> Result<(), JsValue> {
        let passages: Vec<EncodedPassage> = from_object(passages)?;
        let passage = |EncodedPassage { start, end, vector }| (start..end, vector.to_vec());
        if let Some(document) = self.waiting.next() {
            self.encoded.push(EncodedDocument::new(document, passages.into_iter().map(passage).collect()));
        }
        Ok(())
    }
}

#[wasm_bindgen]
impl Search {
    /// Most tokens of a passage, and tokens that it shares with the one before it.
    #[wasm_bindgen(js_name = passageOptions)]
    pub fn passage_options(&self) -> Vec<usize> {
        let options = self.index.passage_options();
        vec![options.max_tokens, options.overlap]
    }

    /// Adds documents, or replaces those of the same id. All words and vectors have come.
    pub fn add(&mut self, additions: Additions) -> Result<(), JsValue> {
        self.check_whole()?;
        Ok(self.index.add_encoded(additions.encoded)?)
    }

    /// Removes documents by their ids and returns how many there were. All words have come.
    pub fn remove(&mut self, ids: Vec<String>) -> Result<usize, JsValue> {
        self.check_whole()?;
        Ok(ids.iter().filter(|id| self.index.remove(id)).count())
    }

    /// The files of the index as it is now, but for those of the model: an array of `{ path, bytes }`. All words, vectors and documents have
    /// come.
    pub fn save(&self) -> Result<JsValue, JsValue> {
        self.check_whole()?;
        let index = &self.index;
        let document = |number| index.document(number, &self.documents());
        let documents = index.live().into_iter().map(document).collect::<Result<Vec<_>>>()?;
        object(&saved_files(index.save(&documents)?))
    }
}

impl Search {
    fn check_whole(&self) -> Result<()> {
        match self.index.all_missing_words().is_empty() {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Internal, "an index is changed before all of its words have come")),
        }
    }
}
