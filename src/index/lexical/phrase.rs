//! Quoted phrases and exclusions: which documents a query rules out before ranking.

use super::Lexical;
use super::analyze::is_half;
use super::postings::Postings;
use super::query::{Query, Word};
use super::segment::Segment;
use crate::index::join::joined;
use crate::index::sort::sort_by;

impl Lexical {
    /// For each document number, whether the operators of a query let the document through: it has every phrase and every word in
    /// quotes, and nothing that is excluded. Nothing where the query has no operators: then they let all through.
    ///
    /// Words that no quotes ask for are not looked at, so this holds for a search by meaning as well.
    pub fn allowed(&self, query: &Query) -> Option<Vec<bool>> {
        if query.phrases.is_empty() && query.excluded.is_empty() {
            return None;
        }
        let mut allowed = self.live.clone();
        for phrase in &query.phrases {
            allowed.iter_mut().zip(self.having(&self.quoted(phrase))).for_each(|(allowed, has)| *allowed &= has);
        }
        for excluded in &query.excluded {
            allowed.iter_mut().zip(self.having(&self.excluded(excluded))).for_each(|(allowed, has)| *allowed &= !has);
        }
        Some(allowed)
    }

    /// The first word or phrase in quotes that no document has, as it was typed.
    pub fn absent(&self, query: &Query) -> Option<String> {
        let is_absent =
            |phrase: &Vec<String>| !self.having(&self.quoted(phrase)).iter().zip(&self.live).any(|(has, live)| *has && *live);
        query.typed.get(query.phrases.iter().position(is_absent)?).cloned()
    }

    /// The words and phrases of which one must occur where a word or a phrase stands in quotes: the same, but for half a pair.
    pub(super) fn quoted(&self, words: &[String]) -> Vec<Vec<String>> {
        match words {
            [word] => self.spellings(word, true).into_iter().map(|spelling| vec![spelling]).collect(),
            phrase => vec![phrase.to_vec()],
        }
    }

    /// The words and phrases that must not occur where one is excluded: who excludes "panel" has no use for "panels", and "addon" is
    /// "add on" as well.
    pub(super) fn excluded(&self, words: &[String]) -> Vec<Vec<String>> {
        let mut phrases = match words {
            [word] => self.in_parts(&Word::new(word)),
            phrase => vec![phrase.to_vec()],
        };
        let word = joined(words.iter().map(String::as_str), "");
        phrases.extend(self.spellings(&word, is_half(&word)).into_iter().map(|spelling| vec![spelling]));
        phrases
    }

    /// For each document number, whether it has one of some words and phrases, spelt so.
    fn having(&self, phrases: &[Vec<String>]) -> Vec<bool> {
        let mut having = vec![false; self.live.len()];
        phrases.iter().for_each(|phrase| self.with_phrase(phrase, &mut |doc| having[doc as usize] = true));
        having
    }

    /// The documents that have the words of a phrase one after the other, spelt so.
    fn with_phrase(&self, phrase: &[String], visit: &mut dyn FnMut(u32)) {
        for (part, segment) in self.segments().into_iter().enumerate() {
            let reader = |(offset, word): (u32, &String)| Some(Reader::new(segment, segment.find(word)?, offset));
            let Some(readers) = (0..).zip(phrase).map(reader).collect() else { continue };
            in_phrase(readers, segment.store().docs(), |doc, _| visit(self.global(part, doc)));
        }
    }

    /// Calls `visit` with the document and the field of each place where the words of a phrase stand one after the other, spelt so.
    pub(super) fn each_place_of(&self, phrase: &[String], visit: &mut dyn FnMut(u32, u32)) {
        for (part, segment) in self.segments().into_iter().enumerate() {
            let reader = |(offset, word): (u32, &String)| Some(Reader::new(segment, segment.find(word)?, offset));
            let Some(readers) = (0..).zip(phrase).map(reader).collect() else { continue };
            let Some(mut first) = segment.find(&phrase[0]).map(|term| segment.postings(term)) else { continue };
            let mut positions = Vec::new();
            in_phrase(readers, segment.store().docs(), |doc, starts| {
                first.next_from(doc);
                first.positions(&mut positions);
                for start in starts {
                    // The places of a word lie field after field.
                    let (mut before, mut left) = (positions.partition_point(|position| position < start), first.counts().iter());
                    let field = left.find_map(|entry| match before.checked_sub(entry.count as usize) {
                        Some(rest) => {
                            before = rest;
                            None
                        }
                        None => Some(entry.field),
                    });
                    visit(self.global(part, doc), field.unwrap_or(0));
                }
            });
        }
    }
}

/// The postings of one word of a phrase, moved forward in step with those of the others.
struct Reader<'a> {
    postings: Postings<'a>,
    doc: Option<u32>,
    docs: u32,
    /// How many words of the phrase come before this one.
    offset: u32,
}

impl<'a> Reader<'a> {
    fn new(segment: &'a dyn Segment, term: u32, offset: u32) -> Self {
        let mut postings = segment.postings(term);
        Self { doc: postings.next_doc(), postings, docs: segment.store().term(term).docs(), offset }
    }

    /// Moves to the first document from `doc` on.
    fn advance_to(&mut self, doc: u32) -> Option<u32> {
        if self.doc.is_some_and(|own| own < doc) {
            self.doc = self.postings.next_from(doc);
        }
        self.doc
    }

    /// Keeps those of the places where the phrase may begin, ascending, that have this word at its offset.
    fn keep(&mut self, starts: &mut Vec<u32>) {
        let (mut kept, mut at) = (0, 0);
        let offset = self.offset;
        self.postings.each_position(|position| {
            while starts.get(at).is_some_and(|&start| start + offset < position) {
                at += 1;
            }
            if starts.get(at).is_some_and(|&start| start + offset == position) {
                starts[kept] = starts[at];
                kept += 1;
                at += 1;
            }
            at < starts.len()
        });
        starts.truncate(kept);
    }
}

/// Calls `visit` with each of the first `docs` documents, ascending, in which the readers' words stand one after the other, and where
/// they begin.
///
/// The rarest word leads: it rules out most documents, and leaves few places in the others.
fn in_phrase(mut readers: Vec<Reader<'_>>, docs: u32, mut visit: impl FnMut(u32, &[u32])) {
    sort_by(&mut readers, |a, b| a.docs.cmp(&b.docs));
    let Some((rarest, others)) = readers.split_first_mut() else { return };
    let mut starts = Vec::new();
    let mut next = 0;
    for doc in 0..docs {
        // Before `next` some word is in no document.
        if doc < next {
            continue;
        }
        let mut all = std::iter::once(&mut *rarest).chain(others.iter_mut());
        next = match all.try_for_each(|reader| match reader.advance_to(doc) {
            Some(own) if own == doc => Ok(()),
            later => Err(later),
        }) {
            Ok(()) => doc,
            Err(Some(later)) => later,
            Err(None) => return,
        };
        if next > doc {
            continue;
        }
        starts.clear();
        let offset = rarest.offset;
        rarest.postings.each_position(|position| {
            starts.extend(position.checked_sub(offset));
            true
        });
        for reader in others.iter_mut() {
            if !starts.is_empty() {
                reader.keep(&mut starts);
            }
        }
        if !starts.is_empty() {
            visit(doc, &starts);
        }
    }
}
