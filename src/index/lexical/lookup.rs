//! A query on an index: what its words stand for there, looked up once for all that is asked.

use super::expand::Expansion;
use super::highlight::Highlighter;
use super::query::Query;
use super::{Lexical, LexicalHit};

/// A query, and the spellings in an index that its words stand for.
pub struct Lookup<'a> {
    index: &'a Lexical,
    query: Query,
    expansions: Vec<Expansion>,
}

impl Lexical {
    /// Looks up the words of a query.
    pub fn look_up(&self, query: Query) -> Lookup<'_> {
        Lookup { index: self, expansions: self.expand(&query), query }
    }

    /// [`Lookup::search`] of a query of which nothing else is asked.
    pub fn search(&self, query: &Query, accept: &dyn Fn(u32) -> bool, limit: usize) -> Vec<LexicalHit> {
        self.look_up(query.clone()).search(accept, limit)
    }
}

impl Lookup<'_> {
    /// The query as it was read.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether the query is nothing but a letter or two that a word begins with: meaning has nothing to say of it.
    pub fn is_beginning(&self) -> bool {
        let ([word], [expansion]) = (self.query.words.as_slice(), self.expansions.as_slice()) else { return false };
        let letters = word.text.chars().count();
        expansion.is_short && (letters == 1 || !expansion.layers[0].1.iter().any(|form| self.index.is_live(form)))
    }

    /// The blocks with the postings that a query looks at, as far as they are still to come: those of its operators, and `by_words`
    /// those of its words, until which it cannot be searched.
    pub fn missing(&self, by_words: bool) -> Vec<usize> {
        self.index.missing(&self.query, if by_words { &self.expansions } else { &[] })
    }

    /// The best `limit` live documents among those that `accept` lets through, best first, ties by number.
    ///
    /// A document must match a word that is no stop word (unless the query has none such), and be
    /// [allowed](Lexical::allowed) by the operators. Takes time proportional to the occurrences of the query's words, plus one pass over
    /// the documents.
    pub fn search(&self, accept: &dyn Fn(u32) -> bool, limit: usize) -> Vec<LexicalHit> {
        self.index.search_expanded(&self.query, &self.expansions, accept, limit)
    }

    /// The share of the query's words, stop words aside, that no document has in any form; words near a misspelt one do not count. 0
    /// of a query without words.
    pub fn unknown(&self) -> f32 {
        let words = self.expansions.iter().filter(|expansion| !expansion.stop);
        let (all, unknown) =
            words.fold((0u32, 0u32), |(all, unknown), word| (all + 1, unknown + u32::from(!self.index.is_known(word))));
        unknown as f32 / all.max(1) as f32
    }

    /// The text that the query was read from with each word replaced that is probably misspelt: no document has it, `is_word` does
    /// not know its folded spelling, and a word that some document has is a few typing errors away. Nothing where no word is, where
    /// another word of the query is unknown and cannot be put right (then they may be made up, or about something else), and in other
    /// languages than English: that an encoder's vocabulary lacks a German word says nothing about its spelling.
    pub fn respelled(&self, text: &str, is_word: &dyn Fn(&str) -> bool) -> Option<String> {
        self.index.respelled(text, &self.query, &self.expansions, is_word)
    }

    /// Prepares the marking of the query's words in any number of texts.
    pub fn highlighter(self) -> Highlighter {
        self.index.highlighter(&self.query, self.expansions)
    }
}
