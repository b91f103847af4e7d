//! What a visitor typed, read into words, quoted phrases and exclusions.
//!
//! `"people analytics"` in quotes asks for documents that have these words in this order, spelt so, and `"panel"` for those that have
//! the word; `-panel` for documents without the word in any form. A quote
//! that is not closed yet and a lone `-` are ordinary text: while somebody types, every half of a query must make sense.

use std::ops::Range;

use super::analyze;

/// Bytes of a query that are read; the rest is ignored. Four times the longest of CISI's queries, which are whole paragraphs.
pub const QUERY_BYTES_MAX: usize = 8192;

/// Different words of a query that are looked up, so that no query costs more than a known time.
pub const QUERY_WORDS_MAX: usize = 128;

/// How to read a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// Whether quotes and `-` have a meaning; without it, all is text. Default true.
    pub operators: bool,
    /// Whether a last word that touches the end of the text may go on (search as you type). Default true.
    pub prefix: bool,
    /// Whether words that no document has may be misspelt. Default true.
    pub typos: bool,
}

impl Default for Syntax {
    fn default() -> Self {
        Self { operators: true, prefix: true, typos: true }
    }
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The folded spelling.
    pub text: String,
    /// How often the query has it.
    pub times: u32,
    /// Whether it stood in quotes: then only this spelling counts.
    pub quoted: bool,
    /// Whether it is the last word and may not be typed to its end.
    pub open: bool,
    /// The words that it is made of, where it is a name in code such as `getUserName`.
    pub parts: Vec<String>,
}

impl Word {
    /// A word that the query has once, in full.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), times: 1, quoted: false, open: false, parts: Vec::new() }
    }
}

/// A query that was read, ready for any index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) words: Vec<Word>,
    /// The words in the order of the text, as indexes.
    pub(super) sequence: Vec<usize>,
    /// Words (one) and phrases (more) in quotes that a document must have.
    pub(super) phrases: Vec<Vec<String>>,
    /// The same as they were typed.
    pub(super) typed: Vec<String>,
    /// Words (one) and phrases (more) that a document must not have.
    pub(super) excluded: Vec<Vec<String>>,
    pub(super) typos: bool,
    /// The words that are asked for, in the order of the text, and where they stand in it.
    places: Vec<(String, Range<usize>)>,
    /// What is asked for: the text without exclusions and signs.
    wanted: String,
    truncated: bool,
}

impl Query {
    /// Reads a query. Never fails: text without a word in it is a query that finds nothing.
    pub fn parse(text: &str, syntax: &Syntax) -> Self {
        let cut = text.floor_char_boundary(QUERY_BYTES_MAX);
        let mut query = Self { typos: syntax.typos, truncated: cut < text.len(), ..Self::default() };
        let text = &text[..cut];
        let mut at = 0;
        while at < text.len() {
            let piece = if syntax.operators { Piece::at(text, at) } else { Piece::text(text, at, text.len()) };
            match piece.kind {
                Kind::Text => query.add_text(piece.text, syntax.prefix && piece.end == text.len()),
                Kind::Phrase => query.add_phrase(piece.text),
                Kind::Excluded => query.exclude(piece.text),
            }
            if !matches!(piece.kind, Kind::Excluded) {
                let first = piece.text.as_ptr() as usize - text.as_ptr() as usize;
                let place = |range: Range<usize>| first + range.start..first + range.end;
                analyze::words(piece.text, |word, range| query.places.push((word.to_owned(), place(range))));
                // A quote that is not closed yet must not change what is meant while somebody types.
                let is_sign = |c: char| syntax.operators && is_quote(c);
                query.wanted.extend(piece.text.chars().map(|c| if is_sign(c) { ' ' } else { c }));
                query.wanted.extend((piece.end < text.len()).then_some(' '));
            }
            at = piece.end;
        }
        query
    }

    /// What an encoder is to read: the text without what is excluded and without the signs of operators, which it would take for
    /// words that are asked for.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    /// Whether a model can make sense of the query whose vocabulary `is_word` looks up: most of its words are in Latin letters, or
    /// there. Names and jargon in Latin letters come apart into pieces that still say something; letters of other scripts alone do not.
    pub fn is_readable(&self, is_word: &dyn Fn(&str) -> bool) -> bool {
        // Chinese, Japanese and Korean are indexed by pairs of characters, and are in vocabularies as single ones.
        let is_character = |c: char| c >= '\u{2E80}';
        let is_lost = |word: &str| match word.contains(is_character) {
            true => !word.chars().all(|c| is_word(c.encode_utf8(&mut [0; 4]))),
            false => word.contains(|c: char| c > '\u{24F}') && !is_word(word),
        };
        2 * self.places.iter().filter(|(word, _)| is_lost(word)).count() <= self.places.len()
    }

    /// The words that are asked for, folded, with their byte ranges in the text.
    pub fn places(&self) -> &[(String, Range<usize>)] {
        &self.places
    }

    /// How many words a text has that says the same.
    pub(super) fn length(&self) -> usize {
        self.sequence.iter().map(|&word| 1 + self.words[word].parts.len()).sum()
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether the text or its words were more than [`QUERY_BYTES_MAX`] or [`QUERY_WORDS_MAX`], so that the rest was ignored.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    fn add_text(&mut self, text: &str, at_end: bool) {
        let found = read_words(text);
        let last = found.len().wrapping_sub(1);
        for (i, (word, end)) in found.into_iter().enumerate() {
            self.add_word(Word { open: at_end && i == last && end == text.len(), ..word });
        }
    }

    fn add_phrase(&mut self, text: &str) {
        let words = folded_words(text);
        for word in &words {
            self.add_word(Word { quoted: true, ..Word::new(word) });
        }
        if !words.is_empty() {
            self.phrases.push(words);
            self.typed.push(text.to_owned());
        }
    }

    /// A name in code is excluded as it is, and as the words that it is made of.
    fn exclude(&mut self, text: &str) {
        match read_words(text).as_slice() {
            [] => {}
            [(Word { text, parts, .. }, _)] if !parts.is_empty() => self.excluded.extend([vec![text.clone()], parts.clone()]),
            _ => self.excluded.push(folded_words(text)),
        }
    }

    fn add_word(&mut self, added: Word) {
        let known = self.words.iter().position(|word| word.quoted == added.quoted && word.text == added.text);
        match known {
            Some(known) => {
                self.words[known].times += 1;
                self.words[known].open |= added.open;
                self.sequence.push(known);
            }
            None if self.words.len() < QUERY_WORDS_MAX => {
                self.sequence.push(self.words.len());
                self.words.push(added);
            }
            None => self.truncated = true,
        }
    }
}

/// The words of a text, and where each ends.
fn read_words(text: &str) -> Vec<(Word, usize)> {
    let mut found: Vec<(Word, usize)> = Vec::new();
    analyze::words(text, |word, range| match found.last_mut().filter(|(_, end)| range.end <= *end) {
        Some((name, _)) => name.parts.push(word.to_owned()),
        None => found.push((Word::new(word), range.end)),
    });
    found
}

/// The folded words of a text.
pub fn folded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    analyze::words(text, |word, _| words.push(word.to_owned()));
    words
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '«' | '»')
}

enum Kind {
    Text,
    Phrase,
    Excluded,
}

/// A stretch of the query's text, without the signs around it, and where the next one begins.
struct Piece<'a> {
    kind: Kind,
    text: &'a str,
    end: usize,
}

impl<'a> Piece<'a> {
    fn text(text: &'a str, at: usize, end: usize) -> Self {
        Self { kind: Kind::Text, text: &text[at..end], end }
    }

    /// The piece that begins at `at`: an exclusion, a phrase, or the text up to the next of these.
    fn at(text: &'a str, at: usize) -> Self {
        if let Some(sign) = Self::sign(text, at) {
            return sign;
        }
        let next =
            text[at..].char_indices().skip(1).map(|(offset, _)| at + offset).find(|&next| Self::sign(text, next).is_some());
        Self::text(text, at, next.unwrap_or(text.len()))
    }

    /// The exclusion or closed phrase that begins at `at`, if one does.
    fn sign(text: &'a str, at: usize) -> Option<Self> {
        let after_space = text[..at].chars().next_back().is_none_or(char::is_whitespace);
        let rest = &text[at..];
        if let Some(excluded) = rest.strip_prefix('-').filter(|_| after_space) {
            if let Some(phrase) = Self::quoted(text, at + 1) {
                return Some(Self { kind: Kind::Excluded, ..phrase });
            }
            let end = excluded.find(char::is_whitespace).unwrap_or(excluded.len());
            // Such as -panel, -.NET and -#5; "->" and "--" are signs of their own.
            let names = excluded.starts_with(|c: char| c.is_alphanumeric() || ".#@".contains(c));
            return names.then(|| Self { kind: Kind::Excluded, text: &excluded[..end], end: at + 1 + end });
        }
        Self::quoted(text, at)
    }

    fn quoted(text: &'a str, at: usize) -> Option<Self> {
        let sign = text[at..].chars().next().filter(|&c| is_quote(c))?;
        let start = at + sign.len_utf8();
        let end = start + text[start..].find(is_quote)?;
        let closing = text[end..].chars().next()?;
        Some(Self { kind: Kind::Phrase, text: &text[start..end], end: end + closing.len_utf8() })
    }
}
