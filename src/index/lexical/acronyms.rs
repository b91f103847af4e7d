//! Short forms that a corpus explains itself, "Large Language Model (LLM)" or "LLM (large language model)": who asks for one of the two
//! finds the other.
//!
//! Each explanation is a word of its document, behind all others: the short form, [`SIGN`], the words of the long one. So it comes, is
//! saved and goes with its documents as any other word. No text can have it, because no word has the sign.

use std::ops::Range;

use super::expand::Expansion;
use super::query::Query;
use super::{Lexical, analyze};
use crate::index::join::joined;
use crate::index::sort::distinct;

/// What stands between a short form and its long one.
pub(super) const SIGN: char = '\u{1}';

/// Letters of a short form.
const LETTERS: Range<usize> = 2..9;

/// Most words of a long form.
const WORDS_MAX: usize = 8;

/// Most bytes of an explanation, short form and all.
const BYTES_MAX: usize = 100;

/// Most long forms of a short one.
const LONG_MAX: usize = 4;

/// Most different words of a query in which long forms are looked for.
const QUERY_WORDS_MAX: usize = 32;

/// Calls `emit` with each explanation in a text.
pub(super) fn explanations(text: &str, mut emit: impl FnMut(&str)) {
    for (open, _) in text.match_indices('(') {
        let rest = &text[open + 1..];
        let Some(close) = rest[..rest.floor_char_boundary(BYTES_MAX)].find(')') else { continue };
        let (before, inside) = (&text[text.ceil_char_boundary(open.saturating_sub(BYTES_MAX))..open], &rest[..close]);
        let found = match short_form(inside) {
            Some(short) => long_form(before, &short, false),
            None => before.split_whitespace().next_back().and_then(short_form).and_then(|short| long_form(inside, &short, true)),
        };
        if let Some(explanation) = found.filter(|explanation| explanation.len() <= BYTES_MAX) {
            emit(&explanation);
        }
    }
}

/// A word of capitals, folded, without the "s" of several.
fn short_form(word: &str) -> Option<String> {
    let word = word.trim();
    let letters = word.strip_suffix('s').unwrap_or(word);
    let capitals = letters.bytes().filter(u8::is_ascii_uppercase).count();
    let is_short = LETTERS.contains(&letters.len()) && capitals > 1 && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_short && 2 * capitals > letters.len()).then(|| letters.to_ascii_lowercase())
}

/// The explanation of a short form by the last words of a text, or by all of it, whose first letters are those of the short form.
fn long_form(text: &str, short: &str, all: bool) -> Option<String> {
    let mut words = Vec::new();
    analyze::words(text, |word, _| words.push(word.to_owned()));
    let mut left = short.chars().rev().peekable();
    let mut first = words.len();
    while let Some(&letter) = left.peek() {
        first = first.checked_sub(1).filter(|first| words.len() - first <= WORDS_MAX)?;
        if words[first].starts_with(letter) {
            left.next();
        } else if first + 1 == words.len() || words[first].len() > 3 {
            // Short words such as "of" and "and" between the others have no letter.
            return None;
        }
    }
    let is_long = words.len() - first > 1 && (!all || first == 0);
    is_long.then(|| format!("{short}{SIGN}{}", joined(words[first..].iter().map(String::as_str), " ")))
}

impl Lexical {
    /// Adds to the short forms of a query the long ones that documents explain them by, and to the words of a long form the short one.
    pub(super) fn add_acronyms(&self, query: &Query, expansions: &mut [Expansion]) {
        if query.words.len() > QUERY_WORDS_MAX {
            return;
        }
        for (word, expansion) in query.words.iter().zip(expansions.iter_mut()) {
            if word.quoted || expansion.stop || !LETTERS.contains(&word.text.len()) {
                continue;
            }
            let mut longs = Vec::new();
            for segment in self.segments() {
                segment.with_prefix(&format!("{}{SIGN}", word.text), &mut |explanation, _| longs.push(explanation.to_owned()));
            }
            for long in distinct(longs).iter().filter(|long| self.is_live(long)).take(LONG_MAX) {
                let words: Vec<&str> = long.split(SIGN).nth(1).unwrap_or_default().split(' ').collect();
                let Some((last, before)) = words.split_last() else { continue };
                // One and several: models as well as a model.
                let before = || before.iter().map(|word| (*word).to_owned());
                let forms = self.forms(last).into_iter();
                expansion.phrases.extend(forms.map(|last| before().chain([last]).collect()));
            }
        }
        for count in 2..=WORDS_MAX.min(query.sequence.len()) {
            for window in query.sequence.windows(count) {
                if window.iter().any(|&word| query.words[word].quoted) {
                    continue;
                }
                if let Some(short) = self.short_form_of(query, window, expansions) {
                    window.iter().for_each(|&word| expansions[word].add_joined(short.clone()));
                }
            }
        }
    }

    /// The short form that some document explains by these words of a query, the last in any form.
    fn short_form_of(&self, query: &Query, window: &[usize], expansions: &[Expansion]) -> Option<String> {
        let text = |word: usize| query.words[word].text.as_str();
        let initial = |word: usize| text(word).chars().next().filter(char::is_ascii_lowercase);
        let (last, before) = window.split_last()?;
        let long = joined(before.iter().map(|&word| text(word)), " ");
        let whole: Option<String> = window.iter().map(|&word| initial(word)).collect();
        let without =
            window.iter().filter(|&&word| !expansions[word].stop).map(|&word| initial(word)).collect::<Option<String>>();
        let (_, forms) = &expansions[*last].layers[0];
        let lasts = [text(*last)].into_iter().chain(forms.iter().map(String::as_str));
        let mut shorts = lasts.flat_map(|last| [(last, &whole), (last, &without)]);
        shorts.find_map(|(last, short)| {
            let short = short.as_ref().filter(|short| LETTERS.contains(&short.len()))?;
            self.is_live(&format!("{short}{SIGN}{long} {last}")).then(|| short.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_beside_the_words_that_it_is_made_of_is_an_explanation() {
        let found = |text: &str| {
            let mut found = Vec::new();
            explanations(text, |explanation| found.push(explanation.replace(SIGN, "=")));
            found
        };
        for (text, explanation) in [
            ("We tune a Large Language Model (LLM) here.", "llm=large language model"),
            ("Large Language Models (LLMs)", "llm=large language models"),
            ("an LLM (large language model) answers", "llm=large language model"),
            ("the National Institute of Standards and Technology (NIST)", "nist=national institute of standards and technology"),
            ("by the Department of Defense (DoD)", "dod=department of defense"),
            ("Retrieval-Augmented Generation (RAG)", "rag=retrieval augmented generation"),
        ] {
            assert_eq!(found(text), [explanation], "{text}");
        }
        for text in
            ["a model (see LLM)", "the budget (EUR)", "in Bonn (GERMANY)", "call f(A)", "open (", "Data (D)", "(LLM)", "x (A B)"]
        {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
