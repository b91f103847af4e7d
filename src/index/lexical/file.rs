//! The bytes of a word index: written from segments, read into a [`Store`].
//!
//! Six tensors of bytes (`docs/format.md`), of which only the first is there when the words are made from the documents:
//! - `lexical.about`: JSON with the version, the language, and the fields with their weights;
//! - `lexical.words`: for each word, in ascending order of bytes, how many bytes of the one before it does not have, and its own bytes
//!   behind those that both have;
//! - `lexical.documents`: how many documents have each word, at least one;
//! - `lexical.lengths`: how many words each field of each document has;
//! - `lexical.gaps`: how many gaps each document has between its texts;
//! - `lexical.blocks`: how many words each block is of, doubled, or 3 for two blocks of one word.
//!
//! The postings lie in blocks of neighbouring words, files of their own, which a query reads as it needs them: word by word the
//! two streams of [`postings`](super::postings), which say themselves where they end. A word that fills a block has two, one for
//! each stream: the positions of stop words are the most bytes of all, and hardly ever asked for. Numbers are varints.
//!
//! The same live documents in the same order give the same bytes, whichever segments they come from.

use std::ops::Range;

use serde::Serialize;

use super::Tensors;
use super::frozen::{Block, Holds};
use super::postings::{FieldCount, PostingsWriter, put, take};
use super::segment::Segment;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::index::manifest::file_bytes;
use crate::index::sort::sort_by;
use crate::json;

/// Version of the layout above; readers refuse others.
pub(super) const VERSION: u32 = 3;

/// Version of a file with nothing but `lexical.about`: the words are those of the documents, which are loaded with it.
pub(super) const VERSION_OF_DOCUMENTS: u32 = 2;

/// The names of the tensors.
pub(super) const TENSORS: [&str; 6] =
    ["lexical.about", "lexical.words", "lexical.documents", "lexical.lengths", "lexical.gaps", "lexical.blocks"];

/// What a word begins with in the list of words: this, and how many bytes of the word before it are dropped; with so many or more the last
/// of these signs, and a varint of the rest. No word has one of them.
const SIGNS: Range<u8> = 2..32;

/// What the names of blocks begin with.
const BLOCK: &str = "lexical.block.";

/// A block ends with the word that brings it to so many bytes: a query then reads little beside its own words. Of 1, 1.5, 2 and 4 KB
/// this one is within 3 % of the fewest bytes of a first answer on Cranfield, 1,000 sessions and a made site, where 1 KB makes a third more
/// files. The small indexes of tests have several, too.
const BLOCK_BYTES: usize = if cfg!(test) { 48 } else { 1536 };

/// The code of two blocks of one word.
const SPLIT: u32 = 3;

/// Longest word in bytes: [`WORD_CHARS_MAX`](super::analyze::WORD_CHARS_MAX) characters, with room for the sign of "C++".
const WORD_BYTES_MAX: usize = 4 * super::analyze::WORD_CHARS_MAX;

/// The name of a block.
pub(super) fn block_name(block: usize) -> String {
    format!("{BLOCK}{block:03}")
}

/// Parts what a word index is saved as into the tensors of its file and its blocks, in their order.
pub(super) fn parted(tensors: Tensors) -> (Tensors, Vec<Vec<u8>>) {
    let (blocks, tensors): (Vec<_>, Vec<_>) = tensors.into_iter().partition(|(name, _)| name.starts_with(BLOCK));
    (tensors, blocks.into_iter().map(|(_, bytes)| bytes).collect())
}

/// The description among the tensors of an index.
pub(super) fn about(tensors: &[(String, Vec<u8>)]) -> Option<About> {
    tensors.iter().find(|(name, _)| name == TENSORS[0]).and_then(|(_, text)| json::read(text))
}

/// Leaves all but the description out of the tensors of an index whose documents are loaded with it anyway.
pub(super) fn without_texts(tensors: &[(String, Vec<u8>)]) -> Tensors {
    let about = about(tensors).map(|about| About { version: VERSION_OF_DOCUMENTS, ..about });
    about.into_iter().map(|about| (TENSORS[0].to_owned(), serde_json::to_vec(&about).unwrap_or_default())).collect()
}

/// The description in `lexical.about`.
#[derive(Debug, Serialize, miniserde::Deserialize)]
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
    pub words: &'a [u8],
    pub documents: &'a [u8],
    pub lengths: &'a [u8],
    pub gaps: &'a [u8],
    pub blocks: &'a [u8],
}

/// All numbers of a tensor.
fn numbers(bytes: &[u8], what: &str) -> Result<Vec<u32>> {
    let (mut numbers, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        numbers.push(take(bytes, &mut at).ok_or_else(|| damaged(what))?);
    }
    Ok(numbers)
}

/// How many bytes of the word before are dropped.
fn dropped(words: &[u8], at: &mut usize) -> Option<usize> {
    let dropped = words.get(*at).filter(|sign| SIGNS.contains(sign))? - SIGNS.start;
    *at += 1;
    let more = if dropped + SIGNS.start + 1 == SIGNS.end { take(words, at)? } else { 0 };
    Some(usize::from(dropped) + more as usize)
}

impl Reader<'_> {
    /// All words one after the other, and where each ends. Their order is not checked here.
    pub fn words(&self) -> Result<(String, Vec<u32>)> {
        let (mut all, mut ends, mut at, mut last) = (Vec::new(), Vec::new(), 0, 0..0);
        while at < self.words.len() {
            let shared = dropped(self.words, &mut at).and_then(|dropped| last.len().checked_sub(dropped));
            let shared = shared.ok_or_else(|| damaged("list of words"))?;
            let rest = &self.words[at..];
            let ending = &rest[..rest.iter().position(|byte| SIGNS.contains(byte)).unwrap_or(rest.len())];
            at += ending.len();
            // The limits keep a few hostile bytes from asking for much memory: without an ending a word would not come behind the other.
            if ending.is_empty() || shared + ending.len() > WORD_BYTES_MAX || all.len() > (u32::MAX / 2) as usize {
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
        Ok((String::from_utf8(all).map_err(|_| damaged("encoding of words"))?, ends))
    }

    /// The documents without their postings, and the blocks that these are in.
    pub fn documents(&self, words: usize, fields: usize) -> Result<(Store, Vec<Block>)> {
        let [documents, lengths] = [numbers(self.documents, "counts of documents")?, numbers(self.lengths, "lengths")?];
        let gaps = numbers(self.gaps, "gaps")?;
        let mut extents = Vec::with_capacity(gaps.len());
        for (row, &gaps) in lengths.chunks(fields).zip(&gaps) {
            let length = row.iter().try_fold(0u32, |sum, &length| sum.checked_add(length));
            // A gap comes behind a text that has a word.
            let extent = length.filter(|&length| gaps == 0 || gaps < length).and_then(|length| length.checked_add(gaps));
            extents.push(extent.ok_or_else(|| damaged("lengths"))?);
        }
        let all = gaps.len() as u32;
        let agree = documents.len() == words
            && lengths.len() == gaps.len() * fields
            && documents.iter().all(|docs| (1..=all).contains(docs));
        if !agree {
            return Err(damaged("counts of documents"));
        }
        let (mut blocks, mut end) = (Vec::new(), 0u32);
        for code in numbers(self.blocks, "list of blocks")? {
            let first = end;
            end = end.checked_add(code / 2).filter(|&end| end > first).ok_or_else(|| damaged("list of blocks"))?;
            match code {
                SPLIT => blocks.extend([Holds::Postings, Holds::Positions].map(|holds| Block::new(first..end, holds))),
                _ if code % 2 == 0 => blocks.push(Block::new(first..end, Holds::All)),
                _ => return Err(damaged("list of blocks")),
            }
        }
        if end as usize != words {
            return Err(damaged("list of blocks"));
        }
        Ok((Store::without_postings(fields, &documents, lengths, extents), blocks))
    }
}

/// Writes the documents of `order`, each given as the number of its segment and its number there.
pub(super) fn write(segments: &[&dyn Segment], about: &About, order: &[(usize, u32)]) -> Tensors {
    let numbers = new_numbers(segments, order);
    let [mut words, mut documents, mut lengths, mut gaps, mut blocks] = [const { Vec::new() }; 5];
    let (mut last, mut postings) = ("", Vec::new());
    for word in union(segments) {
        let written = word.postings(segments, &numbers);
        if written.docs() == 0 {
            continue;
        }
        let common = last.bytes().zip(word.text.bytes()).take_while(|(a, b)| a == b).count();
        let (dropped, most) = (last.len() - common, usize::from(SIGNS.end - SIGNS.start - 1));
        words.push(SIGNS.start + dropped.min(most) as u8);
        if dropped >= most {
            put(&mut words, (dropped - most) as u32);
        }
        words.extend_from_slice(&word.text.as_bytes()[common..]);
        put(&mut documents, written.docs());
        postings.push(written.streams().map(<[u8]>::to_vec));
        last = word.text;
    }
    for &(segment, doc) in order {
        let (store, fields) = (segments[segment].store(), about.fields.len());
        let row = &store.lengths()[doc as usize * fields..][..fields];
        row.iter().for_each(|&length| put(&mut lengths, length));
        put(&mut gaps, store.extents()[doc as usize] - row.iter().sum::<u32>());
    }
    let parts = cut(postings);
    parts.iter().for_each(|(code, _)| put(&mut blocks, *code));
    let about = serde_json::to_vec(about).unwrap_or_default(); // strings and finite numbers: cannot fail
    let tensors = [about, words, documents, lengths, gaps, blocks];
    let tensors = TENSORS.iter().map(|name| (*name).to_owned()).zip(tensors);
    let blocks = parts.into_iter().flat_map(|(_, blocks)| blocks).enumerate();
    tensors.chain(blocks.map(|(block, bytes)| (block_name(block), bytes))).collect()
}

/// The streams of words in blocks, each with its code in `lexical.blocks`: one of some words, or two of one word.
fn cut(words: Vec<[Vec<u8>; 2]>) -> Vec<(u32, Vec<Vec<u8>>)> {
    let all: usize = words.iter().flatten().map(Vec::len).sum();
    let most = if cfg!(test) { BLOCK_BYTES } else { file_bytes(BLOCK_BYTES, all) };
    let mut blocks: Vec<(u32, Vec<Vec<u8>>)> = Vec::new();
    for streams in words {
        match blocks.last_mut() {
            _ if streams[0].len() + streams[1].len() >= most => blocks.push((SPLIT, streams.to_vec())),
            Some((code, block)) if *code != SPLIT && block[0].len() < most => {
                *code += 2;
                block[0].extend(streams.concat());
            }
            _ => blocks.push((2, vec![streams.concat()])),
        }
    }
    blocks
}

/// For each segment and document the number that it is to be written under.
fn new_numbers(segments: &[&dyn Segment], order: &[(usize, u32)]) -> Vec<Vec<Option<u32>>> {
    let mut numbers: Vec<Vec<Option<u32>>> = segments.iter().map(|segment| vec![None; segment.store().docs() as usize]).collect();
    (0..).zip(order).for_each(|(number, &(segment, doc))| numbers[segment][doc as usize] = Some(number));
    numbers
}

/// A word of any segment on its way into a file.
struct Word<'a> {
    text: &'a str,
    /// The (segment, number) pairs under which segments know it.
    sources: Vec<(usize, u32)>,
}

/// The words of all segments, in ascending order.
fn union<'a>(segments: &[&'a dyn Segment]) -> Vec<Word<'a>> {
    let mut all: Vec<(&str, usize, u32)> = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        segment.each(&mut |word, term| all.push((word, i, term)));
    }
    sort_by(&mut all, Ord::cmp);
    let words = all.chunk_by(|a, b| a.0 == b.0).map(|group| {
        let sources = group.iter().map(|&(_, segment, term)| (segment, term)).collect();
        Word { text: group[0].0, sources }
    });
    words.collect()
}

impl Word<'_> {
    /// Its postings in the documents to be written, under their new numbers.
    fn postings(&self, segments: &[&dyn Segment], numbers: &[Vec<Option<u32>>]) -> PostingsWriter {
        let mut found: Vec<(u32, Vec<FieldCount>, Vec<u32>)> = Vec::new();
        for &(segment, term) in &self.sources {
            let mut postings = segments[segment].postings(term);
            while let Some(doc) = postings.next_doc() {
                if let Some(number) = numbers[segment][doc as usize] {
                    let (counts, mut positions) = (postings.counts().to_vec(), Vec::new());
                    postings.positions(&mut positions);
                    found.push((number, counts, positions));
                }
            }
        }
        sort_by(&mut found, |a, b| a.0.cmp(&b.0));
        let mut written = PostingsWriter::default();
        found.iter().for_each(|(number, counts, positions)| written.push(*number, counts, positions));
        written
    }
}
