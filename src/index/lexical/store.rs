//! The postings of a set of documents, whatever dictionary names the terms: the common part of both kinds of segment.

use super::postings::{FieldCount, PostingsWriter};
use crate::index::sort::sort_by;

/// One word on its way into the postings.
#[derive(Debug, Default, Clone, Copy)]
struct Occurrence {
    term: u32,
    doc: u32,
    position: u32,
    field: u32,
}

/// So many words are gathered when many documents come at once. Document by document each word would go to another place in
/// memory; sorted by term, neighbours go to one place.
const GATHERED: usize = 1 << 19;

/// Postings by term, lengths by document.
#[derive(Debug, Default)]
pub(super) struct Store {
    fields: usize,
    terms: Vec<PostingsWriter>,
    /// How many words each field of each document has: `(docs, fields)`.
    lengths: Vec<u32>,
    /// How many positions each document takes, gaps between its texts included.
    extents: Vec<u32>,
    /// Words that are not in the postings yet, in the order of their documents and positions.
    gathered: Vec<Occurrence>,
    /// How many of them are of documents that have ended.
    ended: usize,
    /// How many of the words gathered last are in no length.
    signs: usize,
    text_open: bool,
    position: u32,
}

impl Store {
    pub fn new(fields: usize) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Documents whose postings are to come term by term: how many documents have each, and what [`Self::lengths`] and
    /// [`Self::extents`] are.
    pub fn without_postings(fields: usize, docs: &[u32], lengths: Vec<u32>, extents: Vec<u32>) -> Self {
        let terms = docs.iter().map(|&docs| PostingsWriter::unread(docs)).collect();
        Self { fields, terms, lengths, extents, ..Self::default() }
    }

    /// Sets the postings of a term.
    pub fn set_term(&mut self, term: u32, postings: PostingsWriter) {
        self.terms[term as usize] = postings;
    }

    /// Adds a term and returns its number.
    pub fn add_term(&mut self) -> u32 {
        self.terms.push(PostingsWriter::default());
        self.terms.len() as u32 - 1
    }

    /// Tells that the next word of the document begins another text: no phrase reaches over this point.
    pub fn end_text(&mut self) {
        self.position += u32::from(self.text_open);
        self.text_open = false;
    }

    /// Adds the next word of the document. Fields come in ascending order.
    pub fn add_word(&mut self, term: u32, field: usize) {
        let doc = self.extents.len() as u32;
        self.gathered.push(Occurrence { term, doc, position: self.position, field: field as u32 });
        self.position += 1;
        self.text_open = true;
    }

    /// Adds what is no word of the document's texts, behind all of them: in the place of the last, and in no length.
    pub fn add_sign(&mut self, term: u32) {
        let last = self.gathered.last().copied().unwrap_or_default();
        self.gathered.push(Occurrence { term, ..last });
        self.signs += 1;
    }

    /// Ends the document and returns its number.
    pub fn end_document(&mut self) -> u32 {
        let doc = self.gather_document();
        self.flush();
        doc
    }

    /// Ends one of many documents. [`Self::flush`] must follow the last.
    pub fn gather_document(&mut self) -> u32 {
        let doc = self.extents.len() as u32;
        let first = self.lengths.len();
        self.lengths.resize(first + self.fields, 0);
        let words = &self.gathered[self.ended..];
        words[..words.len() - self.signs].iter().for_each(|word| self.lengths[first + word.field as usize] += 1);
        // A gap behind the last text is none.
        self.extents.push(words.last().map_or(0, |last| last.position + 1));
        self.ended = self.gathered.len();
        (self.position, self.signs) = (0, 0);
        self.text_open = false;
        if self.ended >= GATHERED {
            self.flush();
        }
        doc
    }

    /// Moves the words of the documents that have ended into the postings.
    pub fn flush(&mut self) {
        by_term(&mut self.gathered, self.terms.len());
        let (mut counts, mut positions) = (Vec::new(), Vec::new());
        for words in self.gathered.chunk_by(|a, b| (a.term, a.doc) == (b.term, b.doc)) {
            counts.clear();
            positions.clear();
            for in_field in words.chunk_by(|a, b| a.field == b.field) {
                counts.push(FieldCount { field: in_field[0].field, count: in_field.len() as u32 });
            }
            positions.extend(words.iter().map(|word| word.position));
            self.terms[words[0].term as usize].push(words[0].doc, &counts, &positions);
        }
        self.gathered.clear();
        self.ended = 0;
    }

    /// Numbers the terms anew: `order` has the old numbers in the order of the new ones.
    pub fn renumber(&mut self, order: &[u32]) {
        self.terms = order.iter().map(|&term| std::mem::take(&mut self.terms[term as usize])).collect();
    }

    /// How many documents have been added.
    pub fn docs(&self) -> u32 {
        self.extents.len() as u32
    }

    /// The postings of a term.
    pub fn term(&self, term: u32) -> &PostingsWriter {
        &self.terms[term as usize]
    }

    /// How many words each field of each document has: `(docs, fields)`, row by row.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// How many positions each document takes.
    pub fn extents(&self) -> &[u32] {
        &self.extents
    }

    /// Gives back the memory that growing has reserved.
    pub fn shrink(&mut self) {
        self.terms.iter_mut().for_each(PostingsWriter::shrink);
        self.lengths.shrink_to_fit();
        self.extents.shrink_to_fit();
        self.gathered.shrink_to_fit();
    }
}

/// Sorts words by their terms, those of one term in the order in which they came.
fn by_term(words: &mut Vec<Occurrence>, terms: usize) {
    if words.len() < terms {
        sort_by(words, |a, b| a.term.cmp(&b.term));
        return;
    }
    // There are many: count those of each term, and put each where those before it end.
    let mut ends = vec![0; terms];
    words.iter().for_each(|word| ends[word.term as usize] += 1);
    let mut end = 0;
    for count in &mut ends {
        (*count, end) = (end, end + *count);
    }
    let mut sorted = vec![Occurrence::default(); words.len()];
    for word in words.iter() {
        let place = &mut ends[word.term as usize];
        sorted[*place] = *word;
        *place += 1;
    }
    *words = sorted;
}
