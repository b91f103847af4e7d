//! Documents indexed in memory: what the builder fills and what `add` changes in a running search.

use std::collections::HashMap;

use super::acronyms::SIGN;
use super::expand::SHORT_MAX;
use super::language::Language;
use super::segment::Segment;
use super::store::Store;
use super::typos::Typos;
use super::{acronyms, analyze};
use crate::index::sort::sort_by;

/// A segment that documents can be added to.
#[derive(Debug)]
pub(super) struct Growing {
    /// Unknown while a builder has yet to guess it; then no stems are kept.
    language: Option<Language>,
    /// The words by their numbers.
    words: Vec<String>,
    /// The number of each.
    terms: HashMap<String, u32>,
    /// The word of each stem that came last.
    stems: HashMap<String, u32>,
    /// For each word the one of the same stem that came before it.
    before: Vec<Option<u32>>,
    store: Store,
}

/// The word that says how a word of the first field, the title, begins: by it the titles that a letter or two begin are found. No text
/// can have it, and no short form is empty.
pub(super) fn beginning(word: &str) -> String {
    [SIGN].into_iter().chain(word.chars().take(SHORT_MAX)).collect()
}

fn add_new(list: &mut Vec<String>, one: String) {
    if !list.contains(&one) {
        list.push(one);
    }
}

impl Growing {
    pub fn new(fields: usize, language: Option<Language>) -> Self {
        let (terms, stems) = (HashMap::new(), HashMap::new());
        Self { language, words: Vec::new(), terms, stems, before: Vec::new(), store: Store::new(fields) }
    }

    /// Adds a document given the texts of its fields, as (number of the field, text) in ascending order of the numbers.
    pub fn add(&mut self, texts: &[(usize, &str)]) -> u32 {
        for &(field, text) in texts {
            self.store.end_text();
            analyze::words(text, |word, _| {
                let term = self.term(word);
                self.store.add_word(term, field);
            });
        }
        let (mut explained, mut beginnings) = (Vec::new(), Vec::new());
        for (field, text) in texts {
            acronyms::explanations(text, |explanation| add_new(&mut explained, explanation.to_owned()));
            if *field == 0 {
                analyze::words(text, |word, _| add_new(&mut beginnings, beginning(word)));
            }
        }
        self.store.end_text();
        for explanation in explained {
            let term = self.term(&explanation);
            self.store.add_word(term, texts.last().map_or(0, |&(field, _)| field));
        }
        for beginning in beginnings {
            let term = self.term(&beginning);
            self.store.add_sign(term);
        }
        self.store.end_document()
    }

    /// The language that the documents seem to be in.
    pub fn guess_language(&self) -> Language {
        let total = self.store.lengths().iter().map(|&length| u64::from(length)).sum();
        Language::guess(total, |word| {
            let Some(term) = self.find(word) else { return 0 };
            let mut postings = self.postings(term);
            let mut count = 0;
            while postings.next_doc().is_some() {
                count += postings.counts().iter().map(|entry| u64::from(entry.count)).sum::<u64>();
            }
            count
        })
    }

    /// All words in ascending order with their numbers, and the postings.
    pub fn into_parts(self) -> (Vec<(String, u32)>, Store) {
        let mut words: Vec<(String, u32)> = self.words.into_iter().zip(0..).collect();
        sort_by(&mut words, |a, b| a.0.cmp(&b.0));
        (words, self.store)
    }

    fn term(&mut self, word: &str) -> u32 {
        if let Some(&term) = self.terms.get(word) {
            return term;
        }
        let term = self.store.add_term();
        self.words.push(word.to_owned());
        self.terms.insert(word.to_owned(), term);
        let before = self.language.and_then(|language| self.stems.insert(language.stem(word), term));
        self.before.push(before);
        term
    }
}

impl Segment for Growing {
    fn store(&self) -> &Store {
        &self.store
    }

    fn find(&self, word: &str) -> Option<u32> {
        self.terms.get(word).copied()
    }

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, u32)) {
        (0..).zip(&self.words).for_each(|(term, word)| visit(word, term));
    }

    fn with_stem(&self, stem: &str, visit: &mut dyn FnMut(&str, u32)) {
        let mut next = self.stems.get(stem).copied();
        while let Some(term) = next {
            visit(&self.words[term as usize], term);
            next = self.before[term as usize];
        }
    }

    fn with_prefix<'a>(&'a self, prefix: &str, visit: &mut dyn FnMut(&'a str, u32)) {
        let found = (0..).zip(&self.words).filter(|(_, word)| word.starts_with(prefix));
        found.for_each(|(term, word)| visit(word, term));
    }

    fn near(&self, typos: &Typos, visit: &mut dyn FnMut(&str, u32, u8)) {
        for (term, word) in (0..).zip(&self.words) {
            if let Some(errors) = typos.errors_of(word) {
                visit(word, term, errors);
            }
        }
    }
}
