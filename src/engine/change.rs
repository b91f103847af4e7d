//! Live changes: documents come and go without the index being built anew.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::Index;
use crate::encoder::Encoder;
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::{self, IndexFiles, WHOLE_PASSAGES, field_texts, lexical_texts};
use crate::index::document::Document;
use crate::index::manifest::{FileEntry, Manifest, Needed};
use crate::index::sort::sort_by;
use crate::index::vectors::PassageVector;
use crate::text::passages::PassageOptions;

/// A document whose passages have been encoded, ready to be added.
pub struct EncodedDocument {
    document: Document,
    vectors: EncodedPassages,
}

impl EncodedDocument {
    /// A document with its passages.
    pub fn new(document: Document, vectors: EncodedPassages) -> Self {
        Self { document, vectors }
    }
}

/// The passages of a document, as byte ranges of its text in ascending order, and their unit vectors.
pub type EncodedPassages = Vec<(Range<usize>, Vec<f32>)>;

/// The passages of titles and texts, each as a document of an index is cut, and their vectors.
///
/// # Errors
/// As [`Encoder::encode_many`], and `unsupported-model` for an encoder that is for queries alone.
pub async fn encode_passages(
    documents: &[(&str, &str)],
    options: PassageOptions,
    encoder: &mut Encoder,
) -> Result<Vec<EncodedPassages>> {
    let passages =
        documents.iter().map(|(title, text)| cut_passages(title, text, options, encoder)).collect::<Result<Vec<_>>>()?;
    encode(passages, encoder).await
}

/// The passages of a title and a text, as a document of an index is cut, with what is encoded for each.
///
/// # Errors
/// `unsupported-model` for an encoder that is for queries alone.
pub fn cut_passages(title: &str, text: &str, options: PassageOptions, encoder: &Encoder) -> Result<Vec<builder::Passage>> {
    encoder.config().check_encodes_documents()?;
    let document = Document { title: title.to_owned(), text: text.to_owned(), ..Document::default() };
    builder::passages(encoder.tokenizer(), &document, options)
}

/// The vectors of the passages of documents.
async fn encode(passages: Vec<Vec<builder::Passage>>, encoder: &mut Encoder) -> Result<Vec<EncodedPassages>> {
    encoder.config().check_encodes_documents()?;
    let texts: Vec<&str> = passages.iter().flatten().map(|(_, text)| &text[..]).collect();
    let mut vectors = encoder.encode_many(&texts).await?.into_iter().map(|encoded| encoded.vector);
    let with_vectors = |passages: Vec<builder::Passage>| passages.into_iter().map(|(range, _)| range).zip(&mut vectors).collect();
    Ok(passages.into_iter().map(with_vectors).collect())
}

impl Index {
    /// Encodes a document that is to be added; changes nothing.
    ///
    /// # Errors
    /// As [`Encoder::encode_many`].
    pub async fn encode(&self, document: Document, encoder: &mut Encoder) -> Result<EncodedDocument> {
        let passages = builder::passages(encoder.tokenizer(), &document, self.passage_options())?;
        let vectors = encode(vec![passages], encoder).await?.pop().unwrap_or_default();
        Ok(EncodedDocument { document, vectors })
    }

    /// Adds documents that have been encoded for this index, or replaces those of the same id.
    ///
    /// # Errors
    /// `invalid-input` as long as vectors of the index are not here; none else for documents that have passed [`builder::check`].
    ///
    /// # Panics
    /// As [`Index::remove`].
    pub fn add_encoded(&mut self, encoded: Vec<EncodedDocument>) -> Result<()> {
        self.check_vectors()?;
        for EncodedDocument { document, vectors } in encoded {
            self.remove(&document.id);
            self.insert(document, vectors)?;
        }
        self.table.arrange();
        Ok(())
    }

    /// The number of each live document, by its id: made at the first change, since queries need none.
    fn numbers(&mut self) -> &mut HashMap<String, u32> {
        let numbers =
            (0..).zip(&self.live).filter(|(_, live)| **live).map(|(number, _)| (self.table.id(number).to_owned(), number));
        self.numbers.get_or_insert_with(|| numbers.collect())
    }

    fn insert(&mut self, document: Document, vectors: EncodedPassages) -> Result<()> {
        let number = self.lexical.add(&field_texts(&lexical_texts(&document)))?;
        for (range, vector) in vectors {
            self.vectors.push(&PassageVector::of(number, range, &document.text, vector));
        }
        self.table.push(&document);
        self.values = OnceLock::new();
        self.live.push(true);
        self.numbers().insert(document.id.clone(), number);
        self.added.push((number, document));
        Ok(())
    }

    /// Removes a document; false when there is none of that id.
    ///
    /// # Panics
    /// As long as [`Index::all_missing_words`] are.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.numbers().remove(id) else { return false };
        self.live[number as usize] = false;
        if let Ok(at) = self.added.binary_search_by_key(&number, |&(number, _)| number) {
            self.added.remove(at);
        }
        self.lexical.remove(number)
    }

    /// The numbers of the live documents, in the order in which they are saved: first those of the opened index as they
    /// were, then the added ones in the order of their ids.
    pub fn live(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..).zip(&self.live).filter(|(_, live)| **live).map(|(number, _)| number).collect();
        sort_by(&mut numbers, |a, b| self.place(*a).cmp(&self.place(*b)));
        numbers
    }

    /// The files of the index as it is now, but for those of the model, which stay as they are.
    ///
    /// `documents` are the live ones in the order of [`Index::live`]. The same documents give the same bytes, whatever was added and
    /// removed on the way.
    ///
    /// # Errors
    /// `invalid-input` when the documents are not the live ones, and as long as vectors of the index are not here.
    pub fn save(&self, documents: &[Document]) -> Result<IndexFiles> {
        self.check_vectors()?;
        let order = self.live();
        let is_same = documents.len() == order.len()
            && order.iter().zip(documents).all(|(&number, document)| self.table.id(number) == document.id);
        if !is_same {
            return Err(Error::new(ErrorKind::InvalidInput, "save wants the live documents in their order"));
        }
        let Manifest { model, meaning, files, .. } = &self.manifest;
        let is_of_model = |file: &&FileEntry| matches!(file.needed, Needed::Model | Needed::Rows | Needed::Documents);
        let model_files = files.iter().filter(is_of_model).cloned().collect();
        let vectors = self.vectors.select(&order);
        let lexical = self.lexical.save(&order)?;
        let about_model = (model.clone(), *meaning);
        let options = self.passage_options();
        let saved = builder::write(documents, &vectors, lexical, options, about_model, model_files, WHOLE_PASSAGES)?;
        Ok(saved.based_on(self.manifest.base.clone()))
    }
}
