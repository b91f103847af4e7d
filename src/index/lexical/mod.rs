//! The word index: which documents have the words of a query, and how well.
//!
//! It answers before any model is loaded, knows names, numbers and acronyms, and forgives typing errors. A corpus goes through
//! [`LexicalBuilder`] into the tensors of an index file, [`Lexical::open`] reads them, [`Query::parse`] reads what a visitor typed,
//! and [`Lexical::search`] ranks. A running index takes changes: new documents go into a segment in memory beside the one from
//! the file, removed ones are only marked, and [`Lexical::save`] writes what is left as if it had been built so at once.
//!
//! ```
//! use inkling_search::index::lexical::{FieldText, Lexical, LexicalBuilder, LexicalOptions, Query, Syntax};
//!
//! # fn main() -> inkling_search::error::Result<()> {
//! let fields = vec![("title".to_owned(), 2.5), ("speakers".to_owned(), 2.0)];
//! let mut builder = LexicalBuilder::new(LexicalOptions { language: "en".to_owned(), fields })?;
//! builder.add(&[FieldText { field: "title", text: "Analytics in public health" }])?;
//! builder.add(&[FieldText { field: "title", text: "Opening keynote" }, FieldText { field: "speakers", text: "Ana Müller" }])?;
//! let tensors = builder.finish();
//!
//! let index = Lexical::open(|name| tensors.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice()))?;
//! let query = Query::parse("helth analytcs", &Syntax::default());
//! let hits = index.search(&query, &|_| true, 3);
//! assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [0]);
//! assert_eq!(index.highlights(&query, "Analytics in public health"), [0..9, 20..26]);
//! assert_eq!(index.search(&Query::parse("mull", &Syntax::default()), &|_| true, 3)[0].document, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The order of reading: `analyze` (text to words), `language` and `others` (stems, stop words), `postings` and `store` (where words are),
//! `growing` and `frozen` (the two kinds of segment), `file` (the bytes), `open`, `builder`, `query`, `lookup`, `expand` (word to forms), `spellings`, `acronyms`, `respell`, `score`, `pairs`,
//! `phrase`, `highlight`.

mod acronyms;
mod analyze;
mod builder;
#[cfg(all(test, not(target_family = "wasm")))]
#[path = "others/elsewhere.rs"]
mod elsewhere;
mod expand;
mod file;
mod frozen;
mod growing;
mod highlight;
mod language;
mod lookup;
mod open;
#[cfg_attr(not(all(feature = "web-index", not(feature = "build"), target_family = "wasm")), path = "others/here.rs")]
#[cfg_attr(all(feature = "web-index", not(feature = "build"), target_family = "wasm"), path = "others/elsewhere.rs")]
mod others;
mod pairs;
mod phrase;
mod postings;
mod query;
mod respell;
mod score;
mod segment;
mod spellings;
mod store;
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
mod top;
mod typos;
#[doc(hidden)]
pub mod unicode;

pub use builder::LexicalBuilder;
pub use highlight::Highlighter;
pub use language::Language;
pub use lookup::Lookup;
#[cfg(all(feature = "web-index", not(feature = "build"), target_family = "wasm"))]
pub use others::{Languages, set_languages};
#[cfg(feature = "web-languages")]
pub use others::{stems, with_stop_words};
pub(super) use postings::{put as put_varint, take as take_varint};
pub use query::{QUERY_BYTES_MAX, QUERY_WORDS_MAX, Query, Syntax, folded_words};
pub use score::Ranking;

use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, Result};
use builder::ordered;
use file::{About, VERSION};
use frozen::Frozen;
use growing::Growing;
use segment::Segment;

/// The tensors that an index is saved as, by name.
pub type Tensors = Vec<(String, Vec<u8>)>;

/// The text of one field of a document. A field may come several times: no phrase reaches from one text into the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldText<'a> {
    /// Name of the field, one of [`LexicalOptions::fields`].
    pub field: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What an index is built with; the file keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct LexicalOptions {
    /// A code such as `"en"`, `"none"`, or `"auto"` to guess it from the stop words of the corpus.
    pub language: String,
    /// The fields with the weight of a word in each.
    pub fields: Vec<(String, f32)>,
}

/// How a document matches a query, at best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Only by words that are some typing errors away.
    Typo,
    /// By the beginning of a word.
    Prefix,
    /// By a word of the query or another form of it.
    Exact,
}

/// A document found by its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LexicalHit {
    /// Number of the document.
    pub document: u32,
    /// BM25 score, above 0. Comparable within one query only.
    pub score: f32,
    /// The best match of any word of the query that is not a stop word.
    pub quality: Quality,
    /// The share of the query's weight that the document matches, 0 to 1. Rare words weigh more (by idf), beginnings and
    /// misspellings of words count less, words that no document has weigh most and match nowhere.
    pub coverage: f32,
    /// Whether the document's title consists of the query's words, in whatever order.
    pub is_title: bool,
    /// Whether the query's words that are no stop words follow one another in it, a few words apart at most.
    pub is_together: bool,
}

/// A word index that can be searched and changed.
pub struct Lexical {
    language: Language,
    fields: Vec<(String, f32)>,
    ranking: Ranking,
    base: Frozen,
    recent: Growing,
    /// For each document of the base, then of the recent ones, whether it is still there.
    live: Vec<bool>,
    live_docs: u32,
    /// How many words the live documents have in each field.
    length_sums: Vec<u64>,
    /// The saturation of counts, which depends on them.
    k1: f32,
    /// Made at the first search after a change.
    field_weights: OnceLock<Vec<f32>>,
}

impl Lexical {
    /// The same index with other numbers in its ranking formula.
    #[must_use]
    pub fn with_ranking(mut self, ranking: Ranking) -> Self {
        self.ranking = ranking;
        self.field_weights = OnceLock::new();
        self.k1 = self.saturation_of_lengths();
        self
    }

    /// The language of the index.
    pub fn language(&self) -> Language {
        self.language
    }

    /// How many documents can be found.
    pub fn live_docs(&self) -> u32 {
        self.live_docs
    }

    /// How many document numbers have been given out, those of removed documents included.
    pub fn docs_total(&self) -> u32 {
        self.live.len() as u32
    }

    /// Adds a document and returns its number, the next that has not been given out.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a field that the index does not have.
    pub fn add(&mut self, fields: &[FieldText<'_>]) -> Result<u32> {
        let doc = self.recent.add(&ordered(&self.fields, fields)?);
        self.live.push(true);
        self.live_docs += 1;
        let doc = self.global(1, doc);
        self.sum_lengths(doc, |sum, length| sum + length);
        Ok(doc)
    }

    /// Removes a document. False when there is none of that number (any more).
    ///
    /// After it, every search answers as if the document had never been there.
    ///
    /// # Panics
    /// As long as a block is missing: who else has its words cannot be told.
    pub fn remove(&mut self, doc: u32) -> bool {
        assert!(self.is_whole(), "all words come before a document is removed");
        let Some(live) = self.live.get_mut(doc as usize).filter(|live| **live) else { return false };
        *live = false;
        self.live_docs -= 1;
        self.sum_lengths(doc, |sum, length| sum - length);
        true
    }

    /// Replaces a document and returns the number of the new one: removes the old, if it is there, and adds the new.
    ///
    /// # Errors
    /// As [`Self::add`]; then nothing is changed.
    pub fn update(&mut self, doc: u32, fields: &[FieldText<'_>]) -> Result<u32> {
        let new = self.add(fields)?;
        self.remove(doc);
        Ok(new)
    }

    /// The tensors of an index of the live documents, numbered anew in the order given.
    ///
    /// The same documents in the same order give the same bytes as [`LexicalBuilder::finish`] with this language, whatever was
    /// added and removed in between.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] unless `order` has the number of each live document once, and as long as a block is missing.
    pub fn save(&self, order: &[u32]) -> Result<Tensors> {
        if !self.is_whole() {
            return Err(Error::new(ErrorKind::InvalidInput, "the words of the index are not all loaded: load them first"));
        }
        let mut missing = self.live.clone();
        for &doc in order {
            if !missing.get_mut(doc as usize).is_some_and(std::mem::take) {
                let text = format!("document {doc} is not there or was named twice: name each live document once");
                return Err(Error::new(ErrorKind::InvalidInput, text));
            }
        }
        if order.len() != self.live_docs as usize {
            let text = format!("{} documents were named of {}: name each live document once", order.len(), self.live_docs);
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let about = About { version: VERSION, language: self.language.code().to_owned(), fields: self.fields.clone() };
        let base = self.base.store().docs();
        let order: Vec<_> = order.iter().map(|&doc| if doc < base { (0, doc) } else { (1, doc - base) }).collect();
        Ok(file::write(&self.segments(), &about, &order))
    }

    /// The segments, the base first. Documents of all are numbered one after the other, see [`Self::global`].
    fn segments(&self) -> [&dyn Segment; 2] {
        [&self.base, &self.recent]
    }

    /// The number that a document of a segment has outside.
    fn global(&self, part: usize, doc: u32) -> u32 {
        if part == 0 { doc } else { self.base.store().docs() + doc }
    }

    /// The segment that has a document, and its number there.
    fn local(&self, doc: u32) -> (&dyn Segment, u32) {
        match doc.checked_sub(self.base.store().docs()) {
            None => (&self.base, doc),
            Some(doc) => (&self.recent, doc),
        }
    }

    fn is_live_doc(&self, part: usize, doc: u32) -> bool {
        self.live[self.global(part, doc) as usize]
    }

    fn all_live(&self) -> bool {
        self.live_docs as usize == self.live.len()
    }

    fn sum_lengths(&mut self, doc: u32, change: impl Fn(u64, u64) -> u64) {
        self.field_weights = OnceLock::new();
        let fields = self.fields.len();
        let (segment, doc): (&dyn Segment, u32) = match doc.checked_sub(self.base.store().docs()) {
            None => (&self.base, doc),
            Some(doc) => (&self.recent, doc),
        };
        let row = &segment.store().lengths()[doc as usize * fields..][..fields];
        self.length_sums.iter_mut().zip(row).for_each(|(sum, &length)| *sum = change(*sum, u64::from(length)));
        self.k1 = self.saturation_of_lengths();
    }
}
