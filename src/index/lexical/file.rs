//! The bytes of a word index: written from segments, read into a [`Store`].
//!
//! Five tensors of bytes (`docs/format.md`), of which only the first is there when the words are made from the documents:
//! - `lexical.about`: JSON with the version, the language, and the fields with their weights;
//! - `lexical.shared`: for each word, in ascending order of bytes, how many bytes it shares with the one before;
//! - `lexical.endings`: the other bytes of each word and a line feed;
//! - `lexical.counts`: how often each word occurs, at least once;
//! - `lexical.texts`: the words of all documents in the order of the texts. 0 ends a field (each document has all fields, in
//!   order), 1 stands between two texts of one field, and `n + 2` is the `n`th most frequent word, ties in order of words.
//!
//! Numbers are varints as in [`postings`](super::postings). Postings are made from the texts when the index is opened: a list of
//! texts tells each word's place once, postings with positions tell document and place, and compressed by Brotli the 874 sessions
//! of FOSDEM 2024 take 188 KB this way against 263 KB. Frequent words get one byte, and the compressor finds repeated phrases.
//!
//! The same live documents in the same order give the same bytes, whichever segments they come from.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::postings::{put, take};
use super::segment::Segment;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

/// Version of the layout above; readers refuse others.
pub(super) const VERSION: u32 = 1;

/// Version of a file with nothing but `lexical.about`: the words are those of the documents, which are loaded with it.
pub(super) const VERSION_OF_DOCUMENTS: u32 = 2;

/// The names of the tensors: about, shared, endings, counts, texts.
pub(super) const TENSORS: [&str; 5] = ["lexical.about", "lexical.shared", "lexical.endings", "lexical.counts", "lexical.texts"];

/// Longest word in bytes: [`WORD_CHARS_MAX`](super::analyze::WORD_CHARS_MAX) characters, with room for the sign of "C++".
const WORD_BYTES_MAX: usize = 4 * super::analyze::WORD_CHARS_MAX;

const END_OF_FIELD: u32 = 0;
const END_OF_TEXT: u32 = 1;
const FIRST_WORD: u32 = 2;

/// Leaves all but the description out of the tensors of an index whose documents are loaded with it anyway.
pub(super) fn without_texts(tensors: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let about = tensors.iter().find(|(name, _)| name == TENSORS[0]).and_then(|(_, json)| serde_json::from_slice(json).ok());
    let about = about.map(|about: About| About { version: VERSION_OF_DOCUMENTS, ..about });
    about.into_iter().map(|about| (TENSORS[0].to_owned(), serde_json::to_vec(&about).unwrap_or_default())).collect()
}

/// The description in `lexical.about`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub version: u32,
    pub language: String,
    pub fields: Vec<(String, f32)>,
}

pub(super) fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::DamagedFile, format!("the word index is damaged ({what}): fetch or build the index again"))
}

/// The tensors of a file that is being opened.
pub(super) struct Reader<'a> {
    pub shared: &'a [u8],
    pub endings: &'a [u8],
    pub counts: &'a [u8],
    pub texts: &'a [u8],
}

impl Reader<'_> {
    /// All words one after the other, and where each ends. Their order is not checked here.
    pub fn words(&self) -> Result<(String, Vec<u32>)> {
        let (mut all, mut ends, mut at, mut last) = (Vec::new(), Vec::new(), 0, 0..0);
        let endings = self.endings.strip_suffix(b"\n").map(|endings| endings.split(|&byte| byte == b'\n'));
        for ending in endings.into_iter().flatten() {
            let shared = take(self.shared, &mut at).map(|shared| shared as usize).filter(|&shared| shared <= last.len());
            let shared = shared.ok_or_else(|| damaged("list of words"))?;
            // The limit keeps a few hostile bytes from asking for much memory.
            if shared + ending.len() > WORD_BYTES_MAX || all.len() > (u32::MAX / 2) as usize {
                return Err(damaged("length of a word"));
            }
            let start = all.len();
            all.extend_from_within(last.start..last.start + shared);
            all.extend_from_slice(ending);
            last = start..all.len();
            if std::str::from_utf8(&all[last.clone()]).is_err() {
                return Err(damaged("encoding of a word"));
            }
            ends.push(all.len() as u32);
        }
        if at != self.shared.len() || (ends.is_empty() && !self.endings.is_empty()) {
            return Err(damaged("list of words"));
        }
        Ok((String::from_utf8(all).map_err(|_| damaged("encoding of words"))?, ends))
    }

    /// Makes postings from the texts.
    pub fn documents(&self, words: usize, fields: usize) -> Result<Store> {
        let mut counts = Vec::new();
        let mut at = 0;
        while at < self.counts.len() {
            counts.push(take(self.counts, &mut at).ok_or_else(|| damaged("counts of words"))?);
        }
        if counts.len() != words {
            return Err(damaged("counts of words"));
        }
        let mut store = Store::new(fields);
        let by_rank = ranked(&counts);
        by_rank.iter().for_each(|_| _ = store.add_term());
        let (mut at, mut field) = (0, 0);
        while at < self.texts.len() {
            match take(self.texts, &mut at).ok_or_else(|| damaged("texts"))? {
                END_OF_TEXT => store.end_text(),
                END_OF_FIELD => {
                    store.end_text();
                    field = (field + 1) % fields;
                    if field == 0 {
                        store.gather_document();
                    }
                }
                code => {
                    let &term = by_rank.get((code - FIRST_WORD) as usize).ok_or_else(|| damaged("texts"))?;
                    counts[term as usize] = counts[term as usize].checked_sub(1).ok_or_else(|| damaged("counts of words"))?;
                    store.add_word(term, field);
                }
            }
        }
        store.flush();
        if field != 0 || counts.iter().any(|&left| left != 0) || (0..words as u32).any(|term| store.term(term).docs() == 0) {
            return Err(damaged("texts"));
        }
        store.shrink();
        Ok(store)
    }
}

/// The numbers of the words by how often they occur, the most frequent first, ties by number.
fn ranked(counts: &[u32]) -> Vec<u32> {
    let mut by_rank: Vec<u32> = (0..counts.len() as u32).collect();
    by_rank.sort_unstable_by_key(|&word| (Reverse(counts[word as usize]), word));
    by_rank
}

/// Writes the documents of `order`, each given as the number of its segment and its number there.
pub(super) fn write(segments: &[&dyn Segment], about: &About, order: &[(usize, u32)]) -> Vec<(String, Vec<u8>)> {
    let wanted = wanted(segments, order);
    let union = union(segments, &wanted);
    let [mut shared, mut endings, mut counts, mut texts] = [const { Vec::new() }; 4];
    let mut last = "";
    for word in &union {
        let common = last.bytes().zip(word.text.bytes()).take_while(|(a, b)| a == b).count();
        put(&mut shared, common as u32);
        endings.extend_from_slice(&word.text.as_bytes()[common..]);
        endings.push(b'\n');
        put(&mut counts, word.count);
        last = word.text;
    }
    let places = places(segments, &union);
    for &(segment, doc) in order {
        write_document(&places[segment], segments[segment].store(), about.fields.len(), doc, &mut texts);
    }
    let about = serde_json::to_vec(about).unwrap_or_default(); // strings and finite numbers: cannot fail
    let tensors = [about, shared, endings, counts, texts];
    TENSORS.iter().map(|name| (*name).to_owned()).zip(tensors).collect()
}

/// For each segment and document whether it is to be written.
fn wanted(segments: &[&dyn Segment], order: &[(usize, u32)]) -> Vec<Vec<bool>> {
    let mut wanted: Vec<Vec<bool>> = segments.iter().map(|segment| vec![false; segment.store().docs() as usize]).collect();
    order.iter().for_each(|&(segment, doc)| wanted[segment][doc as usize] = true);
    wanted
}

/// A word of any segment on its way into a file.
struct Word<'a> {
    text: &'a str,
    /// The (segment, number) pairs under which segments know it.
    sources: Vec<(usize, u32)>,
    /// How often the documents to be written have it, at least once.
    count: u32,
}

/// The words of the documents to be written, in ascending order.
fn union<'a>(segments: &[&'a dyn Segment], wanted: &[Vec<bool>]) -> Vec<Word<'a>> {
    let mut all: Vec<(&str, usize, u32)> = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        segment.each(&mut |word, term| all.push((word, i, term)));
    }
    all.sort_unstable();
    let words = all.chunk_by(|a, b| a.0 == b.0).map(|group| {
        let sources: Vec<_> = group.iter().map(|&(_, segment, term)| (segment, term)).collect();
        let mut count = 0;
        for &(segment, term) in &sources {
            let mut postings = segments[segment].postings(term);
            while let Some(doc) = postings.next_doc() {
                if wanted[segment][doc as usize] {
                    count += postings.counts().iter().map(|entry| entry.count).sum::<u32>();
                }
            }
        }
        Word { text: group[0].0, sources, count }
    });
    words.filter(|word| word.count > 0).collect()
}

/// The words of a segment's documents by position: the code of each, or [`END_OF_TEXT`] in the gap between two texts.
struct Places {
    codes: Vec<u32>,
    /// Where each document begins, and where the last ends.
    starts: Vec<usize>,
}

/// Turns the postings of each segment back into texts.
fn places(segments: &[&dyn Segment], union: &[Word<'_>]) -> Vec<Places> {
    let start = |segment: &&dyn Segment| {
        let mut starts = vec![0];
        starts.extend(segment.store().extents().iter().scan(0, |end, &extent| {
            *end += extent as usize;
            Some(*end)
        }));
        Places { codes: vec![END_OF_TEXT; starts[starts.len() - 1]], starts }
    };
    let mut places: Vec<Places> = segments.iter().map(start).collect();
    let counts: Vec<u32> = union.iter().map(|word| word.count).collect();
    let mut positions = Vec::new();
    for (&word, code) in ranked(&counts).iter().zip(FIRST_WORD..) {
        for &(segment, term) in &union[word as usize].sources {
            let Places { codes, starts } = &mut places[segment];
            let mut postings = segments[segment].postings(term);
            while let Some(doc) = postings.next_doc() {
                postings.positions(&mut positions);
                positions.iter().for_each(|&position| codes[starts[doc as usize] + position as usize] = code);
            }
        }
    }
    places
}

fn write_document(places: &Places, store: &Store, fields: usize, doc: u32, texts: &mut Vec<u8>) {
    let mut codes = places.codes[places.starts[doc as usize]..places.starts[doc as usize + 1]].iter().copied().peekable();
    for &length in &store.lengths()[doc as usize * fields..][..fields] {
        let mut left = length;
        while left > 0 {
            let Some(code) = codes.next() else { break };
            put(texts, code);
            left -= u32::from(code != END_OF_TEXT);
        }
        // The gap behind the field is told by the end of the field.
        codes.next_if_eq(&END_OF_TEXT);
        put(texts, END_OF_FIELD);
    }
}
