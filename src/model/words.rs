//! The table of word embeddings. It stays as it is stored, each row under the entropy coder by itself: a text reads a few rows of
//! tens of thousands, and a row takes less than a microsecond. Rows may come after the others, in blocks and in any order.

use std::sync::OnceLock;

use super::rans::{Decoder, Frequencies, unpack};
use super::rows::{Layout, Place};
use crate::error::{Error, ErrorKind, Result};

/// Rows that are unpacked side by side.
const ABREAST: usize = 4;

/// Word embeddings on one grid: value = code × step + mean, with a mean for each column.
pub struct Words {
    layout: Layout,
    first: Streams,
    /// The blocks of the others, as far as they have come.
    blocks: Box<[OnceLock<Streams>]>,
    decoder: Decoder,
    /// What one code step is worth.
    pub step: f32,
    /// The mean of each column, (dim).
    pub mean: Vec<f32>,
}

/// The streams of some rows, one after the other.
struct Streams {
    bytes: Vec<u8>,
    /// Where the stream of each row begins, and where the last one ends, (rows + 1).
    starts: Vec<u32>,
}

/// A table as its tensors: see [`super::weights`].
pub struct PackedWords {
    /// The table that all rows are coded with.
    pub frequencies: Vec<u8>,
    /// The streams of the rows, one after the other.
    pub streams: Vec<u8>,
    /// Their lengths in units of two bytes, low and high byte, each packed.
    pub lengths: [Vec<u8>; 2],
}

impl PackedWords {
    /// Packs the codes of a table, (vocab, dim).
    pub fn pack(codes: &[i8], dim: usize) -> Self {
        let frequencies = Frequencies::of(codes);
        let row = |row: &[i8]| {
            let mut stream = Vec::new();
            // One state: one more would cost two bytes a row.
            frequencies.encode::<1>(row, &mut stream);
            stream
        };
        let rows: Vec<Vec<u8>> = codes.chunks_exact(dim).map(row).collect();
        let mut table = Vec::new();
        frequencies.write(&mut table);
        let (streams, lengths) = joined(rows.iter().map(Vec::as_slice));
        Self { frequencies: table, streams, lengths }
    }
}

/// Streams one after the other, and their lengths as they are stored with the weights.
pub fn joined<'a>(rows: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, [Vec<u8>; 2]) {
    let (mut streams, mut lengths) = (Vec::new(), [Vec::new(), Vec::new()]);
    for row in rows {
        streams.extend_from_slice(row);
        let [low, high, ..] = (row.len() / 2).to_le_bytes();
        lengths[0].push(low as i8);
        lengths[1].push(high as i8);
    }
    (streams, lengths.map(|codes| super::rans::pack(&codes)))
}

/// Streams as a block: the length of each in units of two bytes as a varint, then the streams.
pub fn block<'a>(rows: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut lengths, mut streams) = (Vec::new(), Vec::new());
    for row in rows {
        streams.extend_from_slice(row);
        let mut rest = row.len() / 2;
        while rest > 0x7f {
            lengths.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        lengths.push(rest as u8);
    }
    [lengths, streams].concat()
}

impl Streams {
    /// Streams of so many units of two bytes each; nothing where they are more or fewer bytes.
    fn new(bytes: &[u8], lengths: impl Iterator<Item = u32>) -> Option<Self> {
        let mut end = 0u32;
        let ends = lengths.map(|length| {
            end = end.saturating_add(length.saturating_mul(2));
            end
        });
        let starts: Vec<u32> = std::iter::once(0).chain(ends).collect();
        (end as usize == bytes.len()).then(|| Self { bytes: bytes.to_vec(), starts })
    }

    /// A block of so many rows.
    fn of_block(bytes: &[u8], rows: usize) -> Option<Self> {
        let (mut rest, mut lengths) = (bytes, Vec::new());
        while lengths.len() < rows {
            let (mut length, mut shift) = (0u32, 0);
            loop {
                let (&byte, others) = rest.split_first()?;
                rest = others;
                // No row has more than 21 bits of bytes.
                if shift > 14 {
                    return None;
                }
                length |= u32::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            lengths.push(length);
        }
        Self::new(rest, lengths.into_iter())
    }

    fn row(&self, at: usize) -> &[u8] {
        &self.bytes[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

impl Words {
    /// Reads a table; of the rows those that come first.
    ///
    /// # Errors
    /// `damaged-file` when the streams are not so many rows. Each row is checked when it is read.
    pub fn read(
        layout: Layout,
        frequencies: &[u8],
        streams: &[u8],
        lengths: [&[u8]; 2],
        step: f32,
        mean: Vec<f32>,
    ) -> Result<Self> {
        let table = Frequencies::read(frequencies).filter(|(_, rest)| rest.is_empty()).map(|(table, _)| table);
        let lengths = lengths.map(|packed| unpack(packed, layout.first()));
        let (Some(table), [Some(low), Some(high)]) = (table, lengths) else { return Err(damaged()) };
        let lengths = low.iter().zip(&high).map(|(&low, &high)| u16::from_le_bytes([low as u8, high as u8]).into());
        let first = Streams::new(streams, lengths).ok_or_else(damaged)?;
        let blocks = (0..layout.blocks()).map(|_| OnceLock::new()).collect();
        Ok(Self { layout, first, blocks, decoder: table.decoder(), step, mean })
    }

    /// Takes a block of rows. One that is there already is passed over.
    ///
    /// # Errors
    /// `damaged-file` when it is not a block of so many rows. Each row is checked when it is read.
    ///
    /// # Panics
    /// When the table has no such block.
    pub fn add(&self, block: usize, bytes: &[u8]) -> Result<()> {
        if self.blocks[block].get().is_none() {
            let streams = Streams::of_block(bytes, self.layout.rows_of(block)).ok_or_else(damaged)?;
            let _ = self.blocks[block].set(streams);
        }
        Ok(())
    }

    /// The blocks that have to come before some rows can be read.
    ///
    /// # Panics
    /// When the table has no such row.
    pub fn missing(&self, ids: &[u32]) -> Vec<usize> {
        let block = |&id: &u32| match self.layout.place(id) {
            Place::Block(block, _) if self.blocks[block].get().is_none() => Some(block),
            _ => None,
        };
        let mut missing: Vec<usize> = ids.iter().filter_map(block).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The blocks that have not come.
    pub fn absent(&self) -> Vec<usize> {
        (0..self.blocks.len()).filter(|&block| self.blocks[block].get().is_none()).collect()
    }

    /// Reads the codes of some rows, (rows, dim).
    ///
    /// # Errors
    /// `not-found` for rows that have not come, `damaged-file` when a row's stream is not that of so many codes.
    ///
    /// # Panics
    /// When the table has no such row.
    pub fn read_rows(&self, ids: &[u32], codes: &mut Vec<i8>) -> Result<()> {
        let dim = self.mean.len();
        codes.resize(ids.len().next_multiple_of(ABREAST) * dim, 0);
        for (ids, codes) in ids.chunks(ABREAST).zip(codes.chunks_exact_mut(ABREAST * dim)) {
            let mut streams = [&[][..]; ABREAST];
            for (at, stream) in streams.iter_mut().enumerate() {
                // The last row stands in for those that are missing.
                *stream = self.stream(ids[at.min(ids.len() - 1)])?;
            }
            if !self.decoder.decode_rows(streams, codes) {
                return Err(damaged());
            }
        }
        codes.truncate(ids.len() * dim);
        Ok(())
    }

    /// The ids of all rows.
    pub fn ids(&self) -> Vec<u32> {
        (0..self.layout.rows() as u32).collect()
    }

    /// A row as it is stored.
    ///
    /// # Errors
    /// `not-found` for one that has not come.
    ///
    /// # Panics
    /// When the table has no such row.
    pub fn stream(&self, id: u32) -> Result<&[u8]> {
        let (streams, at) = match self.layout.place(id) {
            Place::First(at) => (Some(&self.first), at),
            Place::Block(block, at) => (self.blocks[block].get(), at),
        };
        let absent = || Error::new(ErrorKind::NotFound, "the word embeddings of this text have not come yet: load them first");
        Ok(streams.ok_or_else(absent)?.row(at))
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::DamagedFile, "the word embeddings cannot be unpacked: pull the model again")
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(packed: &PackedWords, vocab: usize) -> Result<Words> {
        let PackedWords { frequencies, streams, lengths: [low, high] } = packed;
        Words::read(Layout::whole(vocab), frequencies, streams, [low, high], 1.0, vec![0.0; 32])
    }

    /// The same table with the rows of `first` alone, and the blocks of the others.
    fn parted(whole: &Words, frequencies: &[u8], is_first: &[bool]) -> Option<(Words, Vec<Vec<u8>>)> {
        let rows = |wanted| whole.ids().into_iter().filter(move |&id| is_first[id as usize] == wanted);
        let bits = Layout::bits(is_first.len(), rows(true));
        let layout = Layout::read(is_first.len(), &bits, Layout::blocks_of(rows(false).count()))?;
        let mut others = rows(false).map(|id| whole.stream(id).unwrap());
        let blocks = (0..layout.blocks()).map(|at| block(others.by_ref().take(layout.rows_of(at)))).collect();
        let (streams, [low, high]) = joined(rows(true).map(|id| whole.stream(id).unwrap()));
        Some((Words::read(layout, frequencies, &streams, [&low, &high], 1.0, vec![0.0; 32]).unwrap(), blocks))
    }

    fn codes_of(words: &Words, ids: &[u32]) -> Vec<i8> {
        let mut codes = Vec::new();
        words.read_rows(ids, &mut codes).unwrap();
        codes
    }

    proptest! {
        #[test]
        fn rows_come_out_in_any_order(
            codes in prop::collection::vec(any::<i8>(), 32..3200), asked in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let rows = codes.len() / 32;
            let words = read(&PackedWords::pack(&codes, 32), rows).unwrap();
            let ids: Vec<u32> = asked.iter().map(|row| row.index(rows) as u32).collect();
            let expected = ids.iter().flat_map(|&id| &codes[32 * id as usize..][..32]);
            prop_assert!(codes_of(&words, &ids).iter().eq(expected));
        }

        #[test]
        fn rows_that_arrive_in_any_order_are_those_of_the_whole_table(
            codes in prop::collection::vec(any::<i8>(), 32 * 60..=32 * 60), is_first in prop::collection::vec(any::<bool>(), 60..=60),
            order in Just((0usize..60).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let packed = PackedWords::pack(&codes, 32);
            let whole = read(&packed, 60).unwrap();
            let Some((words, blocks)) = parted(&whole, &packed.frequencies, &is_first) else { return Ok(()) };
            let mut have = vec![false; blocks.len()];
            for block in order.into_iter().filter(|&block| block < blocks.len()) {
                let (there, missing): (Vec<u32>, Vec<u32>) = words.ids().into_iter().partition(|&id| words.missing(&[id]).is_empty());
                prop_assert_eq!(codes_of(&words, &there), codes_of(&whole, &there));
                for id in missing {
                    prop_assert!(words.missing(&[id]).iter().all(|&block| !have[block]));
                    prop_assert_eq!(words.read_rows(&[id], &mut Vec::new()).unwrap_err().kind(), ErrorKind::NotFound);
                }
                words.add(block, &blocks[block]).unwrap();
                have[block] = true;
                prop_assert_eq!(words.absent().len(), have.iter().filter(|have| !**have).count());
            }
            prop_assert_eq!(codes_of(&words, &words.ids()), codes);
        }

        #[test]
        fn an_altered_byte_of_a_block_is_refused_or_gives_other_numbers(
            codes in prop::collection::vec(-20i8..20, 640..=640), at in any::<prop::sample::Index>(), by in 1u8.., cut in any::<bool>(),
        ) {
            let packed = PackedWords::pack(&codes, 32);
            let (words, mut blocks) = parted(&read(&packed, 20).unwrap(), &packed.frequencies, &[false; 20]).unwrap();
            let block = &mut blocks[0];
            let at = at.index(block.len());
            if cut { block.truncate(at) } else { block[at] ^= by }
            let outcome = words.add(0, block).and_then(|()| words.read_rows(&[0, 1], &mut Vec::new()));
            prop_assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind() == ErrorKind::DamagedFile));
        }

        #[test]
        fn any_bytes_are_a_block_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400), rows in 0usize..40) {
            Streams::of_block(&bytes, rows);
        }

        #[test]
        fn an_altered_byte_is_refused_or_gives_other_numbers(
            codes in prop::collection::vec(-20i8..20, 320..=320), at in any::<prop::sample::Index>(), by in 1u8..,
        ) {
            let mut packed = PackedWords::pack(&codes, 32);
            let parts = [&mut packed.frequencies, &mut packed.streams];
            let lengths = packed.lengths.iter_mut();
            let mut bytes: Vec<&mut u8> = parts.into_iter().chain(lengths).flatten().collect();
            let at = at.index(bytes.len());
            *bytes[at] ^= by;
            if let Ok(words) = read(&packed, 10) {
                let result = words.read_rows(&words.ids(), &mut Vec::new());
                prop_assert!(result.is_ok() || result.is_err_and(|error| error.kind() == ErrorKind::DamagedFile));
            }
        }
    }

    #[test]
    fn a_table_of_another_number_of_rows_is_refused() {
        let packed = PackedWords::pack(&[3; 320], 32);
        assert!(read(&packed, 10).is_ok());
        for rows in [0, 9, 11] {
            assert_eq!(read(&packed, rows).err().unwrap().kind(), ErrorKind::DamagedFile, "{rows}");
        }
    }
}
