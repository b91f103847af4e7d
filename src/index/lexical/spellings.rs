//! One word in two spellings: who asks for "add-on" or "add on" finds "addon", for "Node.js" "nodejs", for "RFC 2119" "rfc2119", for
//! "1,000,000" "1000000", and the other way round.
//!
//! Documents are indexed as they are written. Neighbouring words of a query that some document writes as one stand for that word too; a
//! word whose parts documents have stands for these parts one after the other. Both are a layer below what was typed: the exact
//! spelling comes first.

use super::analyze::is_pair;
use super::expand::Expansion;
use super::query::{Query, Word};
use super::{Lexical, Quality};

/// Most words that are tried as one, and that one is tried as: "1,000,000,000" is four.
const JOINED_MAX: usize = 4;

/// Shortest word, in characters, that is tried in two where nothing in it tells where: "a101" does.
const PARTED_CHARS_MIN: usize = 5;

/// Most ways to part a word.
const WAYS_MAX: usize = 4;

impl Lexical {
    /// Adds to neighbouring words of a query the word that some document makes of them.
    pub(super) fn add_joined(&self, query: &Query, expansions: &mut [Expansion]) {
        for count in 2..=JOINED_MAX {
            for window in query.sequence.windows(count) {
                let is_free = |word: usize| !query.words[word].quoted;
                // "in formation" is no "information", and "a part" is not "apart", but "A 101" is A101.
                let opens = &expansions[window[0]];
                let follows = &query.words[window[1]].text;
                let is_phrase = opens.stop && !follows.starts_with(|c: char| c.is_ascii_digit());
                if is_phrase || !window.iter().all(|&word| is_free(word)) {
                    continue;
                }
                let joined: String = window.iter().map(|&word| query.words[word].text.as_str()).collect();
                if self.is_live(&joined) {
                    window.iter().for_each(|&word| expansions[word].add_joined(joined.clone()));
                }
            }
        }
    }

    /// Adds to each word of a query the words that it may be written as, where documents have all of them: one after the other,
    /// which is looked at when they are counted. As above, no stop word opens them but in front of a digit.
    pub(super) fn add_parted(&self, query: &Query, expansions: &mut [Expansion]) {
        for (word, expansion) in query.words.iter().zip(expansions) {
            if !word.quoted {
                expansion.phrases = self.in_parts(word);
            }
        }
    }

    /// The ways to write a word as several that documents have.
    pub(super) fn in_parts(&self, word: &Word) -> Vec<Vec<String>> {
        if self.language.is_stop_word(&word.text) || is_pair(&word.text) {
            return Vec::new();
        }
        let is_there = |parts: &Vec<String>| {
            let is_phrase = self.language.is_stop_word(&parts[0]) && !parts[1].starts_with(|c: char| c.is_ascii_digit());
            !is_phrase && parts.iter().all(|part| self.is_live(part))
        };
        ways_to_part(word).filter(is_there).take(WAYS_MAX).collect()
    }
}

/// The ways in which a word may be written as several.
fn ways_to_part(word: &Word) -> impl Iterator<Item = Vec<String>> {
    let text = word.text.clone();
    let told = match word.parts.as_slice() {
        [] => at_changes(&text),
        parts => parts.to_vec(),
    };
    let is_told = (2..=JOINED_MAX).contains(&told.len());
    let is_word = text.chars().all(char::is_alphabetic) && text.chars().count() >= PARTED_CHARS_MIN;
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).filter(|_| is_word).collect();
    let in_two = places.into_iter().map(move |at| vec![text[..at].to_owned(), text[at..].to_owned()]);
    // A single letter opens words such as "e-mail", and ends none.
    Some(told).filter(|_| is_told).into_iter().chain(in_two.filter(|parts| parts[1].chars().count() > 1))
}

/// A word in parts of letters and of digits; a number in thousands.
fn at_changes(word: &str) -> Vec<String> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let first = (word.len() - 1) % 3 + 1;
        let (first, rest) = word.split_at(first);
        let thousands = rest.as_bytes().chunks(3).map(|chunk| chunk.iter().map(|&digit| char::from(digit)).collect());
        return [first.to_owned()].into_iter().chain(thousands).collect();
    }
    let mut parts: Vec<String> = Vec::new();
    for c in word.chars() {
        match parts.last_mut().filter(|part| part.ends_with(|last: char| last.is_numeric()) == c.is_numeric()) {
            Some(part) => part.push(c),
            None => parts.push(c.into()),
        }
    }
    parts
}

impl Expansion {
    /// Adds to the spellings of the word itself one that stands for several words together.
    pub(super) fn add_joined(&mut self, form: String) {
        let (_, forms) = &mut self.layers[0];
        if let Err(at) = forms.binary_search(&form) {
            forms.insert(at, form.clone());
            self.joined.push(form);
        }
        // What was added because nothing had the word has no reason any more.
        self.layers.retain(|(quality, _)| *quality != Quality::Typo);
    }
}
