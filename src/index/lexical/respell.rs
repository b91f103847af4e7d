//! A query with its typing errors put right, for an encoder: it has never seen "custmer", and takes it for three scraps of other
//! words.
//!
//! Where only words are searched, any spelling that is near will do, since nothing has the word itself. An encoded text has
//! one spelling, so here fewer errors are allowed. Of the words that this changes in the questions of CISI and Cranfield 14 of 16 are
//! misspelt; with the errors allowed there it would be 16 of 31.

use std::cmp::Reverse;

use super::analyze::words;
use super::expand::Expansion;
use super::query::{Query, Word};
use super::typos::Typos;
use super::unicode::upper;
use super::{Language, Lexical, Quality};

/// Shortest word that is put right, in characters: near shorter ones there are too many others.
const CHARS_MIN: usize = 5;

/// Shortest word that may have two errors.
const CHARS_MIN_OF_TWO: usize = 12;

impl Lexical {
    /// [`Lookup::respelled`](super::Lookup::respelled).
    pub(super) fn respelled(
        &self,
        text: &str,
        query: &Query,
        expansions: &[Expansion],
        is_word: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        if !query.typos || self.language != Language::English {
            return None;
        }
        let mut right: Vec<(&str, String)> = Vec::new();
        let expanded = query.words.iter().zip(expansions);
        for (word, expansion) in expanded.filter(|(_, expansion)| !expansion.stop && !self.is_known(expansion)) {
            // Beside a word that is nowhere, one that is near another was hardly meant as that.
            let near = if is_word(&word.text) { None } else { self.nearest(word, expansion) };
            right.push((&word.text, near?));
        }
        let (mut respelled, mut end) = (String::new(), 0);
        words(text, |word, range| {
            // What a name in code is made of lies in it.
            if let Some((_, right)) = right.iter().find(|(wrong, _)| *wrong == word && range.start >= end) {
                respelled += &text[end..range.start];
                respelled += &capitalized_as(right, &text[range.clone()]);
                end = range.end;
            }
        });
        (end > 0).then(|| respelled + &text[end..])
    }

    /// The word that a misspelt one most likely is: of the fewest errors, then of the longest common beginning, then in the most
    /// documents. Nothing for a word that is not misspelt. Nobody mistypes the first letter: "unhelpful" is not "helpful".
    fn nearest(&self, word: &Word, expansion: &Expansion) -> Option<String> {
        let errors_max = match word.text.chars().count() {
            ..CHARS_MIN => return None,
            CHARS_MIN..CHARS_MIN_OF_TWO => 1,
            CHARS_MIN_OF_TWO.. => 2,
        };
        let typos = Typos::new(&word.text, errors_max, false)?;
        let (Quality::Typo, spellings) = expansion.layers.last()? else { return None };
        let likely = spellings.iter().filter(|spelling| spelling.chars().next() == word.text.chars().next());
        let ranked = likely.filter_map(|spelling| {
            let docs = self.live_docs_with(std::slice::from_ref(spelling));
            Some((typos.errors_of(spelling)?, Reverse(common_beginning(spelling, &word.text)), Reverse(docs), spelling))
        });
        ranked.min().map(|(.., spelling)| spelling.clone())
    }
}

/// A folded word with a capital where another begins with one.
fn capitalized_as(word: &str, other: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) if other.starts_with(char::is_uppercase) => upper(first) + chars.as_str(),
        _ => word.to_owned(),
    }
}

/// Length of the common beginning of two words, in bytes.
pub(super) fn common_beginning(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
