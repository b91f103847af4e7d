//! The postings of a set of documents, whatever dictionary names the terms: the common part of both kinds of segment.

use super::postings::{FieldCount, PostingsWriter};

/// One word of a document on its way into the postings.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    term: u32,
    field: u32,
    position: u32,
    /// Index of the next occurrence of the term in the document, or [`NONE`].
    next: u32,
}

const NONE: u32 = u32::MAX;

/// Postings by term, lengths by document.
#[derive(Debug, Default)]
pub(super) struct Store {
    fields: usize,
    terms: Vec<PostingsWriter>,
    /// How many words each field of each document has: `(docs, fields)`.
    lengths: Vec<u32>,
    /// How many positions each document takes, gaps between its texts included.
    extents: Vec<u32>,
    document: Vec<Occurrence>,
    /// For each term its first and last occurrence in the document that is being added, else [`NONE`].
    ends: Vec<(u32, u32)>,
    text_open: bool,
    position: u32,
}

impl Store {
    pub fn new(fields: usize) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Adds a term and returns its number.
    pub fn add_term(&mut self) -> u32 {
        self.terms.push(PostingsWriter::default());
        self.ends.push((NONE, NONE));
        self.terms.len() as u32 - 1
    }

    /// Tells that the next word of the document begins another text: no phrase reaches over this point.
    pub fn end_text(&mut self) {
        self.position += u32::from(self.text_open);
        self.text_open = false;
    }

    /// Adds the next word of the document. Fields come in ascending order.
    pub fn add_word(&mut self, term: u32, field: usize) {
        let this = self.document.len() as u32;
        let (first, last) = self.ends[term as usize];
        if first == NONE {
            self.ends[term as usize].0 = this;
        } else {
            self.document[last as usize].next = this;
        }
        self.ends[term as usize].1 = this;
        self.document.push(Occurrence { term, field: field as u32, position: self.position, next: NONE });
        self.position += 1;
        self.text_open = true;
    }

    /// Ends the document and returns its number.
    pub fn end_document(&mut self) -> u32 {
        let doc = self.extents.len() as u32;
        let mut lengths = vec![0; self.fields];
        let (mut counts, mut positions) = (Vec::new(), Vec::new());
        for first in 0..self.document.len() {
            let Occurrence { term, field, .. } = self.document[first];
            lengths[field as usize] += 1;
            if self.ends[term as usize].0 != first as u32 {
                continue; // not the first: taken along with that
            }
            self.ends[term as usize] = (NONE, NONE);
            self.follow(first, &mut counts, &mut positions);
            self.terms[term as usize].push(doc, &counts, &positions);
        }
        self.lengths.extend(lengths);
        // A gap behind the last text is none.
        self.extents.push(self.document.last().map_or(0, |last| last.position + 1));
        self.document.clear();
        self.position = 0;
        self.text_open = false;
        doc
    }

    /// Collects the counts and positions of the term that occurs first at `first`.
    fn follow(&self, first: usize, counts: &mut Vec<FieldCount>, positions: &mut Vec<u32>) {
        counts.clear();
        positions.clear();
        let mut at = Some(first);
        while let Some(occurrence) = at.and_then(|at| self.document.get(at)) {
            match counts.last_mut().filter(|entry: &&mut FieldCount| entry.field == occurrence.field) {
                Some(entry) => entry.count += 1,
                None => counts.push(FieldCount { field: occurrence.field, count: 1 }),
            }
            positions.push(occurrence.position);
            at = (occurrence.next != NONE).then_some(occurrence.next as usize);
        }
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
    }
}
