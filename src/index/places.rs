//! Of what each passage is: its document, and its range there. Small enough to come with the index, so that words can show
//! a passage before any vector has come.
//!
//! | tensor of `passages.safetensors` | a varint each |
//! |---|---|
//! | `passages.counts` | for every document, how many passages it has |
//! | `passages.starts` | for every passage, how many bytes behind the start of the one before it in the document it begins |
//! | `passages.lengths` | for every passage, 0 where it ends with the text, else one more than its length in bytes |

use std::ops::Range;

use super::lexical::{put_varint, take_varint};
use crate::error::{Error, ErrorKind, Result};
use crate::tensors::{self, ByteTensor, Tensors};

/// The names of the tensors: counts, starts, lengths.
const TENSORS: [&str; 3] = ["passages.counts", "passages.starts", "passages.lengths"];

/// Where a passage ends that reaches to the end of its document's text. As most documents are one passage, lengths would be half of what is
/// known of these.
pub const TO_END: u32 = u32::MAX;

/// The document of every passage, and its range there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    documents: Vec<u32>,
    ranges: Vec<(u32, u32)>,
}

impl Places {
    /// Appends a passage: its document, and its byte range in the document's text.
    ///
    /// # Panics
    /// When the document comes before the last one, or the range ends before it begins.
    pub fn push(&mut self, document: u32, range: (u32, u32)) {
        assert!(self.documents.last().is_none_or(|&last| last <= document), "passages come in the order of documents");
        assert!(range.0 <= range.1, "a passage ends where it begins or behind");
        self.documents.push(document);
        self.ranges.push(range);
    }

    /// Reads `passages.safetensors` of an index over `document_count` documents.
    ///
    /// # Errors
    /// `damaged-file` when the file is cut short or contradicts itself.
    pub fn read(bytes: &[u8], document_count: usize) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::DamagedFile, "passages.safetensors is damaged: fetch it or build the index again");
        Self::parse(bytes, document_count).ok_or_else(damaged)
    }

    fn parse(bytes: &[u8], document_count: usize) -> Option<Self> {
        let tensors = Tensors::read(bytes)?;
        let [counts, starts, lengths] = TENSORS.map(|name| tensors.bytes(name));
        let (counts, starts, lengths) = (counts?, starts?, lengths?);
        let mut places = Self::default();
        let (mut at, mut start_at, mut length_at) = (0, 0, 0);
        for document in 0..u32::try_from(document_count).ok()? {
            let mut start = 0u32;
            // What a hostile count promises has no bytes behind it, so this ends soon.
            for _ in 0..take_varint(counts, &mut at)? {
                start = start.wrapping_add(take_varint(starts, &mut start_at)?);
                let end = match take_varint(lengths, &mut length_at)?.checked_sub(1) {
                    None => TO_END,
                    Some(length) => start.checked_add(length)?,
                };
                places.push(document, (start, end));
            }
        }
        let is_read = at == counts.len() && start_at == starts.len() && length_at == lengths.len();
        is_read.then_some(places)
    }

    /// The bytes of `passages.safetensors` of an index over `document_count` documents.
    pub fn write(&self, document_count: usize) -> Result<Vec<u8>> {
        let [mut counts, mut starts, mut lengths] = [const { Vec::new() }; 3];
        for document in 0..document_count as u32 {
            let passages = self.of(document);
            put_varint(&mut counts, passages.len() as u32);
            let mut before = 0u32;
            for &(start, end) in &self.ranges[passages.start as usize..passages.end as usize] {
                put_varint(&mut starts, start.wrapping_sub(before));
                put_varint(&mut lengths, if end == TO_END { 0 } else { end - start + 1 });
                before = start;
            }
        }
        tensors::write(TENSORS.into_iter().zip([&counts, &starts, &lengths].map(|bytes| ByteTensor::of(bytes))))
    }

    /// Number of passages.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The document of each passage; never falls.
    pub fn documents(&self) -> &[u32] {
        &self.documents
    }

    /// The byte range of a passage in its document's text, or its start and [`TO_END`].
    pub fn range(&self, passage: u32) -> (u32, u32) {
        self.ranges[passage as usize]
    }

    /// The passages of a document.
    pub fn of(&self, document: u32) -> Range<u32> {
        let first = self.documents.partition_point(|&other| other < document);
        let end = self.documents.partition_point(|&other| other <= document);
        first as u32..end as u32
    }
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Places of a few documents, some of which have no passage, and how many documents there are.
    fn places() -> impl Strategy<Value = (Places, usize)> {
        let passage = (0u32..3, any::<u32>(), any::<u32>());
        (prop::collection::vec(passage, 0..40), 1usize..4).prop_map(|(passages, more)| {
            let (mut places, mut document) = (Places::default(), 0);
            for (step, a, b) in passages {
                document += step;
                places.push(document, (a.min(b), a.max(b)));
            }
            (places, document as usize + more)
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again((places, documents) in places()) {
            prop_assert_eq!(Places::read(&places.write(documents).unwrap(), documents).unwrap(), places);
        }

        #[test]
        fn damaged_places_are_an_error_or_other_places_but_never_a_panic(
            (places, documents) in places(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = places.write(documents).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            if let Ok(read) = Places::read(&bytes, documents) {
                prop_assert!(read.documents().last().is_none_or(|&last| (last as usize) < documents));
            }
        }

        #[test]
        fn places_of_another_number_of_documents_are_refused((places, documents) in places()) {
            let bytes = places.write(documents).unwrap();
            prop_assert!(Places::read(&bytes, documents + 1).is_err() && Places::read(&bytes, documents - 1).is_err());
        }
    }
}
