//! What search needs of a set of indexed documents, however it is kept: [`Frozen`](super::frozen::Frozen) as read from a file,
//! [`Growing`](super::growing::Growing) as changed in memory.

use super::postings::Postings;
use super::store::Store;
use super::typos::Typos;

/// Documents numbered from 0 and the folded words in them, each word with a number of its own.
pub(super) trait Segment {
    /// The documents.
    fn store(&self) -> &Store;

    /// The number of a word.
    fn find(&self, word: &str) -> Option<u32>;

    /// Calls `visit` with every word and its number, in any order.
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, u32));

    /// Calls `visit` with every word that has a stem.
    fn with_stem(&self, stem: &str, visit: &mut dyn FnMut(&str, u32));

    /// Calls `visit` with every word that begins so, in any order.
    fn with_prefix<'a>(&'a self, prefix: &str, visit: &mut dyn FnMut(&'a str, u32));

    /// Calls `visit` with every word within the automaton's errors, and the errors.
    fn near(&self, typos: &Typos, visit: &mut dyn FnMut(&str, u32, u8));

    /// Where a word occurs.
    fn postings(&self, term: u32) -> Postings<'_> {
        self.store().term(term).read()
    }
}
