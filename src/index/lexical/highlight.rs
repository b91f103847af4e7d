//! Which words of a shown text matched a query: the same folds, stems, beginnings and misspellings as in search.

use std::ops::Range;

use super::expand::Expansion;
use super::query::Query;
use super::{Lexical, Quality, analyze};
use crate::index::sort::distinct;

/// The spellings a query stands for in one index, to mark them in any number of texts.
#[derive(Debug, Clone, Default)]
pub struct Highlighter {
    /// In ascending order.
    words: Vec<String>,
    beginnings: Vec<String>,
}

impl Lexical {
    /// [`Lookup::highlighter`](super::Lookup::highlighter).
    pub(super) fn highlighter(&self, query: &Query, expansions: Vec<Expansion>) -> Highlighter {
        let mut found = Highlighter::default();
        for (word, expansion) in query.words.iter().zip(expansions) {
            // Marking every "the" would hide the words that matter; a quoted one was asked for.
            if expansion.stop && !word.quoted && query.words.iter().any(|other| !self.language.is_stop_word(&other.text)) {
                continue;
            }
            if expansion.layers.iter().any(|(quality, words)| *quality == Quality::Prefix && !words.is_empty()) {
                found.beginnings.push(expansion.word.clone());
            }
            found.words.extend(expansion.layers.into_iter().flat_map(|(_, words)| words));
            let parts = expansion.phrases.into_iter().flatten();
            found.words.extend(parts.filter(|part| !self.language.is_stop_word(part)));
        }
        found.words = distinct(found.words);
        found
    }

    /// The byte ranges of the words of `text` that match a query, in order, on character boundaries, without overlaps.
    pub fn highlights(&self, query: &Query, text: &str) -> Vec<Range<usize>> {
        self.look_up(query.clone()).highlighter().ranges(text)
    }
}

impl Highlighter {
    /// The byte ranges of the matching words of `text`, in order, on character boundaries, without overlaps.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        analyze::words(text, |word, range| {
            let matches = self.words.binary_search_by(|other| other.as_str().cmp(word)).is_ok()
                || self.beginnings.iter().any(|beginning| word.starts_with(beginning.as_str()));
            if !matches {
                return;
            }
            // Pairs of characters overlap: what they mark together is one stretch.
            match ranges.last_mut().filter(|last| range.start < last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => ranges.push(range),
            }
        });
        ranges
    }
}
