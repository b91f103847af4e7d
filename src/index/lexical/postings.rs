//! Postings of one term: which documents have it, how often in which field, and where.
//!
//! Two byte streams, numbers as LEB128 varints (seven bits a byte, low first, at most five bytes):
//! - *postings*: for each document the distance from the one before, then for each field that has the term, in ascending order,
//!   one number with `count - 1`, four bits of the field, and in the lowest bit whether another field follows;
//! - *positions*: for each document the positions of the term, each as the distance from the one before. The texts of a document
//!   lie one after the other with a gap of one position between them, so that no phrase reaches from one into the next.
//!
//! The file has the streams of a word one behind the other, see [`file`](super::file).

use std::ops::Range;

/// Most fields an index can have: as many as four bits can tell apart.
pub(super) const FIELDS_MAX: usize = 16;

/// How often one field of a document has a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FieldCount {
    pub field: u32,
    pub count: u32,
}

/// Appends `value` as a varint.
pub(in crate::index) fn put(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads the varint at `at` and moves `at` behind it; nothing when it is cut short or above `u32::MAX`.
#[inline]
pub(in crate::index) fn take(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let first = *bytes.get(*at)?;
    *at += 1;
    if first < 0x80 {
        return Some(u32::from(first));
    }
    let mut value = u64::from(first & 0x7F);
    for shift in [7, 14, 21, 28] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return u32::try_from(value).ok();
        }
    }
    None
}

/// From so many documents to so many a reader can leap.
const LEAP: u32 = 64;

/// A place to go on reading from.
#[derive(Debug, Clone, Copy)]
struct Landing {
    /// What the next document's distance is counted from.
    next_doc: u32,
    at: usize,
    positions_at: usize,
}

/// The documents of a term with the counts of their fields: its postings without the positions.
#[derive(Default)]
pub(super) struct Heads {
    docs: Vec<(u32, Range<usize>)>,
    counts: Vec<FieldCount>,
}

impl Heads {
    /// Reads those of `docs` documents of `all` from `at` on, which is moved behind them. Nothing when the stream is cut short, or
    /// any number cannot be.
    pub fn parse(bytes: &[u8], at: &mut usize, docs: u32, fields: usize, all: usize) -> Option<Self> {
        let (mut heads, mut next_doc) = (Self::default(), 0u32);
        for _ in 0..docs {
            let doc = next_doc.checked_add(take(bytes, at)?).filter(|&doc| (doc as usize) < all)?;
            next_doc = doc + 1;
            let (first, mut next_field) = (heads.counts.len(), 0);
            loop {
                let code = take(bytes, at)?;
                let entry = FieldCount { field: (code >> 1) & 15, count: (code >> 5) + 1 };
                if entry.field < next_field || entry.field as usize >= fields {
                    return None;
                }
                next_field = entry.field + 1;
                heads.counts.push(entry);
                if code & 1 == 0 {
                    break;
                }
            }
            heads.docs.push((doc, first..heads.counts.len()));
        }
        Some(heads)
    }

    /// Those of postings that have been read.
    pub fn of(mut postings: Postings<'_>) -> Self {
        let mut heads = Self::default();
        while let Some(doc) = postings.next_doc() {
            let first = heads.counts.len();
            heads.counts.extend_from_slice(postings.counts());
            heads.docs.push((doc, first..heads.counts.len()));
        }
        heads
    }

    /// Each document and field with its count.
    pub fn each(&self) -> impl Iterator<Item = (u32, FieldCount)> {
        self.docs.iter().flat_map(|(doc, counts)| self.counts[counts.clone()].iter().map(|entry| (*doc, *entry)))
    }
}

/// The growing postings of one term. Documents come in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct PostingsWriter {
    postings: Vec<u8>,
    positions: Vec<u8>,
    /// One behind each [`LEAP`] documents.
    landings: Vec<Landing>,
    docs: u32,
    next_doc: u32,
}

impl PostingsWriter {
    /// Adds a document, the counts of its fields (ascending, none zero) and the positions of the term in it (ascending).
    pub fn push(&mut self, doc: u32, counts: &[FieldCount], positions: &[u32]) {
        if self.docs > 0 && self.docs.is_multiple_of(LEAP) {
            let (next_doc, at, positions_at) = (self.next_doc, self.postings.len(), self.positions.len());
            self.landings.push(Landing { next_doc, at, positions_at });
        }
        put(&mut self.postings, doc - self.next_doc);
        self.next_doc = doc + 1;
        self.docs += 1;
        for (i, entry) in counts.iter().enumerate() {
            let more = u32::from(i + 1 < counts.len());
            put(&mut self.postings, ((entry.count - 1) << 5) | (entry.field << 1) | more);
        }
        let mut last = 0;
        for &position in positions {
            put(&mut self.positions, position - last);
            last = position;
        }
    }

    /// The postings of a term of which only the number of its documents is known.
    pub fn unread(docs: u32) -> Self {
        Self { docs, ..Self::default() }
    }

    /// Both streams.
    pub fn streams(&self) -> [&[u8]; 2] {
        [&self.postings, &self.positions]
    }

    /// Postings without a position.
    pub fn of(heads: &Heads) -> Self {
        let mut writer = Self::default();
        heads.docs.iter().for_each(|(doc, counts)| writer.push(*doc, &heads.counts[counts.clone()], &[]));
        writer.shrink();
        writer
    }

    /// Postings with their positions, read from `at` on, which is moved behind them; `extents` says how many positions each document
    /// has. Nothing when the stream is cut short, or any number cannot be.
    pub fn with_positions(heads: &Heads, bytes: &[u8], at: &mut usize, extents: &[u32]) -> Option<Self> {
        let (mut writer, mut positions) = (Self::default(), Vec::new());
        for (doc, counts) in &heads.docs {
            positions.clear();
            let counts = &heads.counts[counts.clone()];
            let (mut last, mut least) = (0u32, 0);
            for _ in 0..counts.iter().map(|entry| u64::from(entry.count)).sum::<u64>() {
                last = last.checked_add(take(bytes, at)?)?;
                if last < least || last >= extents[*doc as usize] {
                    return None;
                }
                least = last + 1;
                positions.push(last);
            }
            writer.push(*doc, counts, &positions);
        }
        writer.shrink();
        Some(writer)
    }

    /// How many documents have been added.
    pub fn docs(&self) -> u32 {
        self.docs
    }

    /// What has been written so far.
    pub fn read(&self) -> Postings<'_> {
        Postings {
            postings: &self.postings,
            positions: &self.positions,
            landings: &self.landings,
            at: 0,
            positions_at: 0,
            docs: self.docs,
            left: self.docs,
            next_doc: 0,
            pending: 0,
            positions_read: true,
            counts: Default::default(),
            counts_len: 0,
            total: 0,
        }
    }

    /// Gives back the memory that growing has reserved.
    pub fn shrink(&mut self) {
        self.postings.shrink_to_fit();
        self.positions.shrink_to_fit();
        self.landings.shrink_to_fit();
    }
}

/// Reads the postings of one term, document by document.
#[derive(Debug, Clone)]
pub(super) struct Postings<'a> {
    postings: &'a [u8],
    positions: &'a [u8],
    landings: &'a [Landing],
    at: usize,
    positions_at: usize,
    docs: u32,
    left: u32,
    next_doc: u32,
    /// Positions of the documents before that nobody asked for.
    pending: u32,
    positions_read: bool,
    counts: [FieldCount; FIELDS_MAX],
    counts_len: usize,
    /// The sum of the counts.
    total: u32,
}

impl Postings<'_> {
    /// Moves to the next document and returns its number; nothing at the end.
    #[inline]
    pub fn next_doc(&mut self) -> Option<u32> {
        if !self.positions_read {
            self.pending += self.total;
        }
        self.positions_read = false;
        (self.counts_len, self.total) = (0, 0);
        self.left = self.left.checked_sub(1)?;
        let doc = self.next_doc + take(self.postings, &mut self.at)?;
        self.next_doc = doc + 1;
        loop {
            let code = take(self.postings, &mut self.at)?;
            let entry = FieldCount { field: (code >> 1) & 15, count: (code >> 5) + 1 };
            *self.counts.get_mut(self.counts_len)? = entry;
            self.counts_len += 1;
            self.total += entry.count;
            if code & 1 == 0 {
                return Some(doc);
            }
        }
    }

    /// Moves to the first of the documents ahead whose number is at least `doc`, leaping over what lies between.
    pub fn next_from(&mut self, doc: u32) -> Option<u32> {
        if doc.saturating_sub(self.next_doc) > LEAP {
            // All documents before a landing come before its `next_doc`.
            let landings = self.landings.partition_point(|landing| landing.next_doc <= doc) as u32;
            if landings * LEAP > self.docs - self.left {
                let Landing { next_doc, at, positions_at } = self.landings[landings as usize - 1];
                (self.next_doc, self.at, self.positions_at) = (next_doc, at, positions_at);
                (self.left, self.pending, self.positions_read) = (self.docs - landings * LEAP, 0, true);
            }
        }
        while let Some(found) = self.next_doc() {
            if found >= doc {
                return Some(found);
            }
        }
        None
    }

    /// Calls `visit` with every document that is wanted and the sum of what `weigh` makes of the count of each of its fields,
    /// from the first on: what scoring spends its time in.
    #[inline]
    pub fn each_sum(
        &self,
        wanted: impl Fn(u32) -> bool,
        weigh: impl Fn(u32, FieldCount) -> f32,
        mut visit: impl FnMut(u32, f32),
    ) {
        let entry = |code: u32| FieldCount { field: (code >> 1) & 15, count: (code >> 5) + 1 };
        let (mut at, mut next_doc) = (0, 0);
        while at < self.postings.len() {
            // Nearly always a document takes two bytes: a short distance, and one field with few words.
            if let Some(&[gap, code]) = self.postings.get(at..at + 2)
                && (gap | code) < 0x80
                && code & 1 == 0
            {
                at += 2;
                let doc = next_doc + u32::from(gap);
                next_doc = doc + 1;
                if wanted(doc) {
                    visit(doc, weigh(doc, entry(code.into())));
                }
                continue;
            }
            let Some(gap) = take(self.postings, &mut at) else { return };
            let doc = next_doc + gap;
            next_doc = doc + 1;
            let wanted = wanted(doc);
            let mut sum = 0.0;
            while let Some(code) = take(self.postings, &mut at) {
                if wanted {
                    sum += weigh(doc, entry(code));
                }
                if code & 1 == 0 {
                    break;
                }
            }
            if wanted {
                visit(doc, sum);
            }
        }
    }

    /// The counts of the fields of the document that [`Self::next_doc`] returned.
    #[inline]
    pub fn counts(&self) -> &[FieldCount] {
        &self.counts[..self.counts_len]
    }

    /// Reads the positions in the document that [`Self::next_doc`] returned into `out`, which is cleared first. Once a document.
    pub fn positions(&mut self, out: &mut Vec<u32>) {
        out.clear();
        self.each_position(|position| {
            out.push(position);
            true
        });
    }

    /// Calls `visit` with the positions in the document that [`Self::next_doc`] returned, ascending, until it says false. Once a
    /// document.
    #[inline]
    pub fn each_position(&mut self, mut visit: impl FnMut(u32) -> bool) {
        while self.pending > 0 && self.positions_at < self.positions.len() {
            self.pending -= u32::from(self.positions[self.positions_at] < 0x80);
            self.positions_at += 1;
        }
        self.positions_read = true;
        let mut last = 0;
        for read in 1..=self.total {
            let Some(gap) = take(self.positions, &mut self.positions_at) else { break };
            last += gap;
            if !visit(last) {
                self.pending = self.total - read;
                break;
            }
        }
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_as_written(values in proptest::collection::vec(any::<u32>(), 0..50)) {
            let mut bytes = Vec::new();
            values.iter().for_each(|&value| put(&mut bytes, value));
            let mut at = 0;
            for value in values {
                prop_assert_eq!(take(&bytes, &mut at), Some(value));
            }
            prop_assert_eq!((at, take(&bytes, &mut at)), (bytes.len(), None));
        }

        #[test]
        fn documents_counts_and_positions_come_back_as_written(
            docs in proptest::collection::btree_map(0u32..2000, proptest::collection::btree_map(0u32..5, 1u32..9, 1..5), 0..40),
        ) {
            let mut writer = PostingsWriter::default();
            let written: Vec<_> = docs.into_iter().map(|(doc, counts)| {
                let counts: Vec<_> = counts.into_iter().map(|(field, count)| FieldCount { field, count }).collect();
                let total: u32 = counts.iter().map(|entry| entry.count).sum();
                let positions: Vec<u32> = (0..total).map(|i| i * 3 + doc % 7).collect();
                writer.push(doc, &counts, &positions);
                (doc, counts, positions)
            }).collect();
            let (mut all, mut some) = (writer.read(), writer.read());
            let mut positions = Vec::new();
            for (i, (doc, counts, expected)) in written.into_iter().enumerate() {
                prop_assert_eq!((all.next_doc(), some.next_doc()), (Some(doc), Some(doc)));
                prop_assert_eq!(all.counts(), counts.as_slice());
                all.positions(&mut positions);
                prop_assert_eq!(&positions, &expected);
                if i % 3 == 1 {
                    some.positions(&mut positions);
                    prop_assert_eq!(&positions, &expected, "after documents whose positions nobody asked for");
                }
            }
            prop_assert_eq!(all.next_doc(), None);
        }

        #[test]
        fn leaping_finds_what_reading_on_finds(
            gaps in proptest::collection::vec((1u32..9, 1u32..4), 0..900),
            steps in proptest::collection::vec(0u32..700, 1..20),
        ) {
            let mut writer = PostingsWriter::default();
            let mut docs: Vec<(u32, Vec<u32>)> = Vec::new();
            for (gap, count) in gaps {
                let doc = docs.last().map_or(0, |last| last.0) + gap;
                docs.push((doc, (0..count).map(|i| doc % 11 + i).collect()));
                writer.push(doc, &[FieldCount { field: 1, count }], &docs[docs.len() - 1].1);
            }
            let (mut reader, mut positions, mut target) = (writer.read(), Vec::new(), 0);
            for step in steps {
                target += step;
                let expected = docs.iter().find(|(doc, _)| *doc >= target);
                prop_assert_eq!(reader.next_from(target), expected.map(|(doc, _)| *doc));
                let Some((doc, expected)) = expected else { break };
                if step % 3 > 0 {
                    reader.positions(&mut positions);
                    prop_assert_eq!(&positions, expected);
                }
                target = doc + 1;
            }
        }
    }
}
