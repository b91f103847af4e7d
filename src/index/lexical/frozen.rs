//! Documents of an index as it was opened: nothing in it changes, removals are kept beside it.

use std::ops::Range;

use super::acronyms::SIGN;
use super::file::{Reader, damaged};
use super::growing::Growing;
use super::language::Language;
use super::postings::{Heads, PostingsWriter};
use super::segment::Segment;
use super::store::Store;
use super::typos::Typos;
use crate::error::Result;
use crate::index::sort::sort_keys;

/// What a block has of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Both streams of each.
    All,
    /// The postings of one.
    Postings,
    /// The positions of one.
    Positions,
}

/// A block of the postings of neighbouring words.
#[derive(Debug)]
pub(super) struct Block {
    terms: Range<u32>,
    holds: Holds,
    is_missing: bool,
    /// Positions that have come before the postings that they belong to.
    early: Vec<u8>,
}

impl Block {
    /// A block that is still to come.
    pub fn new(terms: Range<u32>, holds: Holds) -> Self {
        Self { terms, holds, is_missing: true, early: Vec::new() }
    }
}

/// A segment that was there when the index was opened.
pub(super) struct Frozen {
    language: Language,
    /// All words one after the other, in ascending order, and where each ends.
    words: String,
    ends: Vec<u32>,
    /// The hash of each word's stem with the word's number in its lower half, in ascending order.
    stems: Vec<u64>,
    store: Store,
    /// The blocks that the postings come in.
    blocks: Vec<Block>,
    /// The words of each field of each document whose postings are still to come, `(docs, fields)`.
    unread: Vec<u32>,
}

impl Frozen {
    /// Reads and checks the words and the documents of a file.
    ///
    /// # Errors
    /// [`ErrorKind::DamagedFile`](crate::error::ErrorKind::DamagedFile) when any number contradicts another.
    pub fn open(file: &Reader<'_>, fields: usize, language: Language) -> Result<Self> {
        let (words, ends) = file.words()?;
        let (store, blocks) = file.documents(ends.len(), fields)?;
        let unread = store.lengths().to_vec();
        Ok(Self { blocks, unread, ..Self::new(language, words, ends, store)? })
    }

    /// The blocks that are still to come, ascending.
    pub fn missing(&self) -> impl Iterator<Item = usize> {
        (0..self.blocks.len()).filter(|&block| self.blocks[block].is_missing)
    }

    /// How many blocks there are in all.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The blocks of a word that are still to come, with or without its positions.
    pub fn missing_of(&self, term: u32, positions: bool) -> impl Iterator<Item = usize> {
        let first = self.blocks.partition_point(|block| block.terms.end <= term);
        let of_term = (first..self.blocks.len()).take_while(move |&block| self.blocks[block].terms.start <= term);
        of_term.filter(move |&block| {
            let Block { holds, is_missing, .. } = &self.blocks[block];
            *is_missing && (positions || *holds != Holds::Positions)
        })
    }

    /// Takes a block.
    ///
    /// # Errors
    /// [`ErrorKind::DamagedFile`](crate::error::ErrorKind::DamagedFile) when any number contradicts another.
    pub fn load(&mut self, block: usize, bytes: &[u8], fields: usize) -> Result<()> {
        let Some(Block { terms, holds, is_missing: true, .. }) = self.blocks.get(block) else { return Ok(()) };
        let (terms, holds) = (terms.clone(), *holds);
        match holds {
            Holds::Positions if self.blocks[block - 1].is_missing => self.blocks[block].early = bytes.to_vec(),
            Holds::Positions => self.load_positions(terms.start, bytes)?,
            Holds::All | Holds::Postings => self.load_postings(terms, holds, bytes, fields)?,
        }
        self.blocks[block].is_missing = false;
        if holds == Holds::Postings && !self.blocks[block + 1].is_missing {
            let early = std::mem::take(&mut self.blocks[block + 1].early);
            self.load_positions(self.blocks[block].terms.start, &early)?;
        }
        if self.missing().next().is_none() && std::mem::take(&mut self.unread).iter().any(|&left| left > 0) {
            return Err(damaged("lengths"));
        }
        Ok(())
    }

    fn load_postings(&mut self, terms: Range<u32>, holds: Holds, bytes: &[u8], fields: usize) -> Result<()> {
        let (mut at, mut read) = (0, Vec::new());
        for term in terms.clone() {
            let (docs, extents) = (self.store.term(term).docs(), self.store.extents());
            let heads = Heads::parse(bytes, &mut at, docs, fields, extents.len()).ok_or_else(|| damaged("postings"))?;
            // No text has the signs that are in no length.
            let is_counted = !self.word(term).starts_with(SIGN);
            for (doc, entry) in heads.each().filter(|_| is_counted) {
                let left = &mut self.unread[doc as usize * fields + entry.field as usize];
                *left = left.checked_sub(entry.count).ok_or_else(|| damaged("lengths"))?;
            }
            read.push(match holds {
                Holds::All => {
                    let postings = PostingsWriter::with_positions(&heads, bytes, &mut at, extents);
                    postings.ok_or_else(|| damaged("positions"))?
                }
                _ => PostingsWriter::of(&heads),
            });
        }
        if at != bytes.len() {
            return Err(damaged("postings"));
        }
        terms.zip(read).for_each(|(term, postings)| self.store.set_term(term, postings));
        Ok(())
    }

    fn load_positions(&mut self, term: u32, bytes: &[u8]) -> Result<()> {
        let (heads, mut at) = (Heads::of(self.store.term(term).read()), 0);
        let postings = PostingsWriter::with_positions(&heads, bytes, &mut at, self.store.extents());
        let postings = postings.filter(|_| at == bytes.len()).ok_or_else(|| damaged("positions"))?;
        self.store.set_term(term, postings);
        Ok(())
    }

    /// Freezes documents that were indexed in memory.
    pub fn of(growing: Growing, language: Language) -> Result<Self> {
        let (terms, mut store) = growing.into_parts();
        let (mut words, mut ends, mut order) = (String::new(), Vec::new(), Vec::new());
        for (word, term) in terms {
            words.push_str(&word);
            ends.push(words.len() as u32);
            order.push(term);
        }
        store.renumber(&order);
        store.shrink();
        Self::new(language, words, ends, store)
    }

    fn new(language: Language, words: String, ends: Vec<u32>, store: Store) -> Result<Self> {
        let mut segment = Self { language, words, ends, stems: Vec::new(), store, blocks: Vec::new(), unread: Vec::new() };
        if (1..segment.ends.len() as u32).any(|term| segment.word(term - 1) >= segment.word(term)) {
            return Err(damaged("order of words"));
        }
        let mut stems = Vec::with_capacity(segment.ends.len());
        let words = (0..segment.ends.len() as u32).map(|term| segment.word(term));
        language.each_stem(words, &mut |stem| stems.push(hash(stem) | stems.len() as u64));
        sort_keys(&mut stems);
        segment.stems = stems;
        Ok(segment)
    }

    fn word(&self, term: u32) -> &str {
        let term = term as usize;
        let start = if term == 0 { 0 } else { self.ends[term - 1] as usize };
        &self.words[start..self.ends[term] as usize]
    }

    /// The first word that does not come before `word`.
    fn first_from(&self, word: &str) -> u32 {
        let (mut low, mut high) = (0, self.ends.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.word(middle) < word { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The first word from `term` on that does not have a beginning which the word before `term` has: looked for in leaps that
    /// grow, since it is mostly near.
    fn first_without(&self, beginning: &[u8], term: u32) -> u32 {
        let has = |term: u32| self.word(term).as_bytes().starts_with(beginning);
        let (mut low, mut leap, words) = (term, 1, self.ends.len() as u32);
        while low + leap <= words && has(low + leap - 1) {
            low += leap;
            leap *= 2;
        }
        let mut high = (low + leap - 1).min(words);
        while low < high {
            let middle = low + (high - low) / 2;
            if has(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// The bits of a word's stem in [`Frozen::stems`].
const HASH: u64 = 0xFFFF_FFFF_0000_0000;

/// The upper half of FNV-1a (Fowler, Noll and Vo): spreads stems over the sorted table. A collision is found out by comparing the stems.
fn hash(text: &str) -> u64 {
    let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, hash) & HASH
}

impl Segment for Frozen {
    fn store(&self) -> &Store {
        &self.store
    }

    fn find(&self, word: &str) -> Option<u32> {
        let term = self.first_from(word);
        ((term as usize) < self.ends.len() && self.word(term) == word).then_some(term)
    }

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a str, u32)) {
        (0..self.ends.len() as u32).for_each(|term| visit(self.word(term), term));
    }

    fn with_stem(&self, stem: &str, visit: &mut dyn FnMut(&str, u32)) {
        let hash = hash(stem);
        let first = self.stems.partition_point(|&other| other < hash);
        for term in self.stems[first..].iter().take_while(|&&other| other & HASH == hash).map(|&other| other as u32) {
            if self.language.stem(self.word(term)) == stem {
                visit(self.word(term), term);
            }
        }
    }

    fn with_prefix<'a>(&'a self, prefix: &str, visit: &mut dyn FnMut(&'a str, u32)) {
        let found = (self.first_from(prefix)..self.ends.len() as u32).take_while(|&term| self.word(term).starts_with(prefix));
        found.for_each(|term| visit(self.word(term), term));
    }

    fn near(&self, typos: &Typos, visit: &mut dyn FnMut(&str, u32, u8)) {
        // The states after each byte of a word: neighbours share those of their common beginning.
        let mut states = vec![typos.start()];
        let (mut term, mut before) = (0, "");
        while term < self.ends.len() as u32 {
            let word = self.word(term);
            let shared = word.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
            states.truncate(shared + 1);
            let mut can_match = states.last().is_some_and(|state| typos.can_match(state));
            for byte in word.bytes().skip(states.len() - 1) {
                let Some(state) = states.last().filter(|_| can_match) else { break };
                let next = typos.accept(state, byte);
                can_match = typos.can_match(&next);
                states.push(next);
            }
            if let Some(state) = states.last().filter(|state| states.len() > word.len() && typos.is_match(state)) {
                visit(word, term, typos.errors(state));
            }
            // No word with a beginning that cannot match does.
            term = if can_match { term + 1 } else { self.first_without(&word.as_bytes()[..states.len() - 1], term + 1) };
            before = word;
        }
    }
}
