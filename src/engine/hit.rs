//! What is shown of a document that was found.

use std::ops::Range;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Index, Question};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;
use crate::index::fusion::Ranked;
use crate::index::lexical::Highlighter;
use crate::index::lexical::unicode::lower_text;

/// A hit with what is shown of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The document's id.
    pub id: String,
    /// How likely the document is to be relevant, in [0, 1].
    pub score: f32,
    /// Cosine of the query and the passage, in [-1, 1]; 0 where meaning was not asked.
    pub cosine: f32,
    /// Score by words; 0 where none matches. Comparable within one answer only.
    pub bm25: f32,
    /// The document's title.
    pub title: String,
    /// Where the passage can be read: the document's address, and behind `#` the heading's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The headings that the passage is below, from the outermost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headings: Vec<String>,
    /// Its other fields.
    pub fields: Map<String, Value>,
    /// The passage that answers best.
    pub passage: Passage,
    /// The parts of `passage.text` that match words of the query, as pairs of start and end.
    #[serde(serialize_with = "pairs")]
    pub matches: Vec<Range<usize>>,
    /// The parts of `title` that do.
    #[serde(serialize_with = "pairs")]
    pub title_matches: Vec<Range<usize>>,
    /// The document's whole text, in which `passage` lies.
    #[serde(skip)]
    pub text: String,
}

/// A part of a document's text. Offsets are bytes of UTF-8 in Rust and on the command line, UTF-16 units in JavaScript.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    /// The part.
    pub text: String,
    /// Where it begins in the document's text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

fn pairs<S: Serializer>(ranges: &[Range<usize>], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(ranges.iter().map(|range| [range.start, range.end]))
}

/// Where the texts of an index's documents are: a folder, or files that have been fetched before they are asked for.
pub trait Documents {
    /// One document by its number in the index as it was opened.
    fn document(&self, number: u32) -> Result<Document>;
}

impl Index {
    /// What is shown of documents that were found, in their order. `question` is the one that found them: its words are marked.
    ///
    /// # Errors
    /// Those of `documents`, and `damaged-file` when a passage does not lie in its document's text.
    pub fn hits(&self, ranked: &[Ranked], question: Option<&Question>, documents: &impl Documents) -> Result<Vec<Hit>> {
        let highlighter = question.map(|question| &question.highlighter);
        let show = |ranked: &Ranked| self.show(ranked, self.document(ranked.document, documents)?, highlighter);
        ranked.iter().map(show).collect()
    }

    /// One document by its number, whether it was added since the index was opened or lies in its files.
    ///
    /// # Errors
    /// Those of `documents`.
    pub fn document(&self, number: u32, documents: &impl Documents) -> Result<Document> {
        match self.added.binary_search_by_key(&number, |&(number, _)| number) {
            Ok(at) => Ok(self.added[at].1.clone()),
            Err(_) => documents.document(number),
        }
    }

    fn show(&self, ranked: &Ranked, document: Document, highlighter: Option<&Highlighter>) -> Result<Hit> {
        let highlights = |text: &str| highlighter.map_or_else(Vec::new, |highlighter| highlighter.ranges(text));
        let part = |passage: u32| {
            let range = self.vectors.range(passage, &document.text);
            let damaged = || {
                let what = format!("the passage of document {:?} is not in its text: build the index again", document.id);
                Error::new(ErrorKind::DamagedFile, what)
            };
            document.text.get(range.clone()).map(|text| (text, range)).ok_or_else(damaged)
        };
        let sections = document.sections();
        let section = |range: &Range<usize>| sections.iter().rfind(|section| section.body.start <= range.start);
        // Different matching words of a passage and its headings, then all of them.
        let matching = |(text, range): &(&str, Range<usize>)| {
            let path = section(range).map_or(&[][..], |section| &section.path);
            let texts = path.iter().map(|&heading| document.heading(heading)).chain([*text]);
            let words = texts.flat_map(|text| highlights(text).into_iter().map(|range| lower_text(&text[range])));
            let words: Vec<String> = words.collect();
            let different = words.iter().enumerate().filter(|(at, word)| !words[..*at].contains(word)).count();
            (different, words.len())
        };
        let chosen = ranked.passage.map(part).transpose()?;
        let parts = self.vectors.passages_of(ranked.document).map(part).collect::<Result<Vec<_>>>()?;
        // Of equals the first.
        let by_words = parts.into_iter().rev().max_by_key(&matching);
        let shown = match (chosen, by_words) {
            // The passage that meaning chose, unless words count and another has more than twice as many of them.
            (Some(chosen), Some(other)) if ranked.coverage > 0.0 && matching(&chosen).0 * 2 < matching(&other).0 => other,
            (Some(chosen), _) => chosen,
            (None, other) => other.unwrap_or(("", 0..0)),
        };
        let section = section(&shown.1);
        let headings = section.map_or(&[][..], |section| &section.path);
        let headings = headings.iter().map(|&heading| document.heading(heading).to_owned()).collect();
        let url = section.map_or_else(|| document.url.clone(), |section| document.address(section));
        let (text, Range { start, end }) = shown;
        let (matches, passage) = (highlights(text), Passage { text: text.to_owned(), start, end });
        let Document { id, title, fields, text, .. } = document;
        Ok(Hit {
            id,
            score: ranked.score,
            cosine: ranked.cosine,
            bm25: ranked.bm25,
            title_matches: highlights(&title),
            title,
            url,
            headings,
            fields,
            matches,
            passage,
            text,
        })
    }
}
