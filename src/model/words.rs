//! The table of word embeddings. It stays as it is stored, each row under the entropy coder by itself: a text reads a few rows of
//! tens of thousands, and a row takes less than a microsecond.

use super::rans::{Decoder, Frequencies, unpack};
use crate::error::{Error, ErrorKind, Result};

/// Rows that are unpacked side by side.
const ABREAST: usize = 4;

/// Word embeddings on one grid: value = code × step + mean, with a mean for each column.
pub struct Words {
    streams: Vec<u8>,
    /// Where the stream of each row begins, and where the last one ends, (vocab + 1).
    starts: Vec<u32>,
    decoder: Decoder,
    /// What one code step is worth.
    pub step: f32,
    /// The mean of each column, (dim).
    pub mean: Vec<f32>,
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
        let (mut streams, mut lengths) = (Vec::new(), [Vec::new(), Vec::new()]);
        for row in codes.chunks_exact(dim) {
            let start = streams.len();
            // One state each: one more would cost two bytes a row.
            frequencies.encode::<1>(row, &mut streams);
            let [low, high, ..] = ((streams.len() - start) / 2).to_le_bytes();
            lengths[0].push(low as i8);
            lengths[1].push(high as i8);
        }
        let mut table = Vec::new();
        frequencies.write(&mut table);
        Self { frequencies: table, streams, lengths: lengths.map(|codes| super::rans::pack(&codes)) }
    }
}

impl Words {
    /// Reads a table of so many rows.
    ///
    /// # Errors
    /// `damaged-file` when the streams are not so many rows. Each row is checked when it is read.
    pub fn read(
        vocab: usize,
        frequencies: &[u8],
        streams: &[u8],
        lengths: [&[u8]; 2],
        step: f32,
        mean: Vec<f32>,
    ) -> Result<Self> {
        let table = Frequencies::read(frequencies).filter(|(_, rest)| rest.is_empty()).map(|(table, _)| table);
        let lengths = lengths.map(|packed| unpack(packed, vocab));
        let (Some(table), [Some(low), Some(high)]) = (table, lengths) else { return Err(damaged()) };
        let mut end = 0u32;
        let ends = low.iter().zip(&high).map(|(&low, &high)| {
            end = end.saturating_add(2 * u32::from(u16::from_le_bytes([low as u8, high as u8])));
            end
        });
        let starts: Vec<u32> = std::iter::once(0).chain(ends).collect();
        if end as usize != streams.len() {
            return Err(damaged());
        }
        Ok(Self { streams: streams.to_vec(), starts, decoder: table.decoder(), step, mean })
    }

    /// Reads the codes of some rows, (rows, dim).
    ///
    /// # Errors
    /// `damaged-file` when a row's stream is not that of so many codes.
    ///
    /// # Panics
    /// When the table has no such row.
    pub fn read_rows(&self, ids: &[u32], codes: &mut Vec<i8>) -> Result<()> {
        let dim = self.mean.len();
        codes.resize(ids.len().next_multiple_of(ABREAST) * dim, 0);
        for (ids, codes) in ids.chunks(ABREAST).zip(codes.chunks_exact_mut(ABREAST * dim)) {
            // The last row stands in for those that are missing.
            let streams: [_; ABREAST] = std::array::from_fn(|at| self.stream(ids[at.min(ids.len() - 1)]));
            if !self.decoder.decode_rows(streams, codes) {
                return Err(damaged());
            }
        }
        codes.truncate(ids.len() * dim);
        Ok(())
    }

    /// The ids of all rows.
    pub fn ids(&self) -> Vec<u32> {
        (0..self.starts.len() as u32 - 1).collect()
    }

    fn stream(&self, id: u32) -> &[u8] {
        let id = id as usize;
        &self.streams[self.starts[id] as usize..self.starts[id + 1] as usize]
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
        Words::read(vocab, frequencies, streams, [low, high], 1.0, vec![0.0; 32])
    }

    proptest! {
        #[test]
        fn rows_come_out_in_any_order(
            codes in prop::collection::vec(any::<i8>(), 32..3200), asked in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let rows = codes.len() / 32;
            let words = read(&PackedWords::pack(&codes, 32), rows).unwrap();
            let ids: Vec<u32> = asked.iter().map(|row| row.index(rows) as u32).collect();
            let mut read = Vec::new();
            words.read_rows(&ids, &mut read).unwrap();
            let expected = ids.iter().flat_map(|&id| &codes[32 * id as usize..][..32]);
            prop_assert!(read.iter().eq(expected));
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
