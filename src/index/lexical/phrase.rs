//! Quoted phrases and exclusions: which documents a query rules out before ranking.

use super::Lexical;
use super::postings::Postings;
use super::query::Query;
use super::score::Sum;
use super::segment::Segment;

impl Lexical {
    /// Sets the score of every document to zero that lacks a phrase of the query or has something the query excludes.
    pub(super) fn drop_excluded(&self, query: &Query, sums: &mut [Sum]) {
        for phrase in &query.phrases {
            let mut has = vec![false; sums.len()];
            self.with_phrase(phrase, &mut |doc| has[doc as usize] = true);
            sums.iter_mut().zip(has).filter(|(_, has)| !has).for_each(|(sum, _)| sum.score = 0.0);
        }
        for excluded in &query.excluded {
            match excluded.as_slice() {
                [word] => self.with_forms(word, &mut |doc| sums[doc as usize].score = 0.0),
                phrase => self.with_phrase(phrase, &mut |doc| sums[doc as usize].score = 0.0),
            }
        }
    }

    /// Every document with a form of a word: who excludes "panel" has no use for "panels".
    fn with_forms(&self, word: &str, visit: &mut dyn FnMut(u32)) {
        for form in self.forms(word) {
            for (part, segment) in self.segments().into_iter().enumerate() {
                let Some(term) = segment.find(&form) else { continue };
                let mut postings = segment.postings(term);
                while let Some(doc) = postings.next_doc() {
                    visit(self.global(part, doc));
                }
            }
        }
    }

    /// Every document with the words of a phrase one after the other, spelt so.
    fn with_phrase(&self, phrase: &[String], visit: &mut dyn FnMut(u32)) {
        for (part, segment) in self.segments().into_iter().enumerate() {
            let Some(readers) = phrase.iter().map(|word| Some(Reader::new(segment, segment.find(word)?))).collect() else {
                continue;
            };
            in_phrase(readers, |doc| visit(self.global(part, doc)));
        }
    }
}

/// The postings of one word of a phrase, moved forward in step with those of the others.
struct Reader<'a> {
    postings: Postings<'a>,
    doc: Option<u32>,
    positions: Vec<u32>,
}

impl<'a> Reader<'a> {
    fn new(segment: &'a dyn Segment, term: u32) -> Self {
        let mut postings = segment.postings(term);
        Self { doc: postings.next_doc(), postings, positions: Vec::new() }
    }

    fn advance_to(&mut self, doc: u32) {
        if self.doc.is_some_and(|own| own < doc) {
            self.doc = self.postings.next_from(doc);
        }
    }
}

/// Calls `visit` with every document in which the readers' words stand one after the other.
fn in_phrase(mut readers: Vec<Reader<'_>>, mut visit: impl FnMut(u32)) {
    let mut doc = 0;
    while let Some(furthest) = readers.iter_mut().try_fold(doc, |furthest, reader| {
        reader.advance_to(furthest);
        reader.doc.map(|own| own.max(furthest))
    }) {
        if readers.iter().any(|reader| reader.doc != Some(furthest)) {
            doc = furthest;
            continue;
        }
        readers.iter_mut().for_each(|reader| reader.postings.positions(&mut reader.positions));
        let Some((first, rest)) = readers.split_first() else { return };
        let starts_phrase = |&start: &u32| {
            rest.iter().zip(start.saturating_add(1)..).all(|(reader, at)| reader.positions.binary_search(&at).is_ok())
        };
        if first.positions.iter().any(starts_phrase) {
            visit(furthest);
        }
        doc = furthest + 1;
    }
}
