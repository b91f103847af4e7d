//! Where the rows of a table of word embeddings lie: those that come first with the weights, and all others in blocks that come when a
//! text needs them.

use std::ops::Range;

/// Rows of a block …
const BLOCK_ROWS: usize = 400;

/// … unless these would be fewer blocks: one is never fetched alone.
const BLOCKS_MIN: usize = 8;

/// How many other blocks come with each that a text needs: whoever serves them does not learn which it is.
const OTHERS: usize = 3;

/// Which rows come first, and in which block each of the others lies.
pub struct Layout {
    /// A bit for each row, 1 for those that come first; none where all do.
    bits: Vec<u64>,
    /// How many come first before each 64 rows.
    ranks: Vec<u32>,
    rows: usize,
    first: usize,
    blocks: usize,
}

/// Where a row lies.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// The row of this number among those that come first.
    First(usize),
    /// A block, and the number of the row in it.
    Block(usize, usize),
}

impl Layout {
    /// All rows come first.
    pub fn whole(rows: usize) -> Self {
        Self { bits: Vec::new(), ranks: Vec::new(), rows, first: rows, blocks: 0 }
    }

    /// The rows whose bit is 1 come first, the lowest bit of a byte before the others; all others lie in so many blocks. Nothing where that
    /// cannot be.
    pub fn read(rows: usize, first: &[u8], blocks: usize) -> Option<Self> {
        if first.len() != rows.div_ceil(8) {
            return None;
        }
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        let bits: Vec<u64> = first.chunks(8).map(word).collect();
        let mut count = 0;
        let ranks = bits.iter().map(|word| {
            let before = count;
            count += word.count_ones();
            before
        });
        let ranks = ranks.collect();
        let layout = Self { bits, ranks, rows, first: count as usize, blocks };
        let has_others = (1..=layout.rows.checked_sub(layout.first)?).contains(&blocks);
        // Bits beyond the last row are none of a row.
        let ends = rows.is_multiple_of(8) || first.last().is_some_and(|last| last >> (rows % 8) == 0);
        (has_others && ends).then_some(layout)
    }

    /// The bits that [`Layout::read`] reads, of the rows that come first.
    pub fn bits(rows: usize, first: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut bits = vec![0; rows.div_ceil(8)];
        first.into_iter().for_each(|row| bits[row as usize / 8] |= 1 << (row % 8));
        bits
    }

    /// In how many blocks so many rows lie.
    pub fn blocks_of(rows: usize) -> usize {
        rows.div_ceil(BLOCK_ROWS).max(BLOCKS_MIN).min(rows)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many of them come first.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// How many rows a block has.
    pub fn rows_of(&self, block: usize) -> usize {
        self.others(block).len()
    }

    /// Where a row lies.
    pub fn place(&self, row: u32) -> Place {
        let row = row as usize;
        let Some(word) = self.bits.get(row / 64) else { return Place::First(row) };
        let before = (word & ((1 << (row % 64)) - 1)).count_ones();
        let rank = (self.ranks[row / 64] + before) as usize;
        if word >> (row % 64) & 1 == 1 {
            return Place::First(rank);
        }
        let other = row - rank;
        // The last block that begins at this one or before.
        let block = ((other as u64 + 1) * self.blocks as u64 - 1) / (self.rows - self.first) as u64;
        Place::Block(block as usize, other - self.others(block as usize).start)
    }

    /// The rows of a block, counted among those that do not come first: all blocks have as many, or one more.
    fn others(&self, block: usize) -> Range<usize> {
        let others = (self.rows - self.first) as u64;
        let start = |block: usize| (block as u64 * others / self.blocks as u64) as usize;
        start(block)..start(block + 1)
    }
}

/// Blocks that are wanted, together with others that are not there yet, in an order that says nothing. `below` draws a number below another.
pub fn among_others(wanted: &[usize], absent: &[usize], mut below: impl FnMut(usize) -> usize) -> Vec<usize> {
    let mut others: Vec<usize> = absent.iter().copied().filter(|block| !wanted.contains(block)).collect();
    shuffle(&mut others, &mut below);
    others.truncate(OTHERS * wanted.len());
    let mut all = [wanted, &others].concat();
    shuffle(&mut all, &mut below);
    all
}

/// Brings a list into any order, each as likely as another.
pub fn shuffle<T>(list: &mut [T], mut below: impl FnMut(usize) -> usize) {
    (1..list.len()).for_each(|at| list.swap(at, below(at + 1)));
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_has_a_place_of_its_own(is_first in prop::collection::vec(any::<bool>(), 1..700), blocks in 1usize..40) {
            let first = || (0u32..).zip(&is_first).filter_map(|(row, &is_first)| is_first.then_some(row));
            let others = is_first.len() - first().count();
            let Some(layout) = Layout::read(is_first.len(), &Layout::bits(is_first.len(), first()), blocks) else {
                prop_assert!(blocks > others);
                return Ok(());
            };
            prop_assert_eq!((layout.rows(), layout.first(), layout.blocks()), (is_first.len(), first().count(), blocks));
            let mut expected_first = (0..).map(Place::First);
            let mut expected_other = (0..blocks).flat_map(|block| (0..layout.rows_of(block)).map(move |row| Place::Block(block, row)));
            for (row, &is_first) in (0..).zip(&is_first) {
                let expected = if is_first { expected_first.next() } else { expected_other.next() };
                prop_assert_eq!(Some(layout.place(row)), expected);
            }
            prop_assert_eq!(expected_other.next(), None);
        }

        #[test]
        fn any_bits_are_a_layout_or_none(rows in 0usize..300, bits in prop::collection::vec(any::<u8>(), 0..40), blocks in 0usize..400) {
            if let Some(layout) = Layout::read(rows, &bits, blocks) {
                (0..rows as u32).for_each(|row| _ = layout.place(row));
            }
        }

        #[test]
        fn what_is_wanted_comes_with_three_others_each_that_are_not_there(
            absent in prop::collection::btree_set(0usize..60, 0..60), wanted in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            seed in any::<u64>(),
        ) {
            let absent: Vec<usize> = absent.into_iter().collect();
            let mut wanted: Vec<usize> = wanted.iter().filter(|_| !absent.is_empty()).map(|index| *index.get(&absent)).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let mut state = seed;
            let mut all = among_others(&wanted, &absent, |end| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as usize % end
            });
            prop_assert_eq!(all.len(), absent.len().min(4 * wanted.len()));
            prop_assert!(wanted.iter().all(|block| all.contains(block)));
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), absent.len().min(4 * wanted.len()));
            prop_assert!(all.iter().all(|block| absent.contains(block)));
        }
    }

    #[test]
    fn what_is_wanted_is_at_no_place_more_often_than_at_another() {
        let (mut state, mut places, absent) = (7u64, [0; 4], (0..50).collect::<Vec<_>>());
        for wanted in (0..50).cycle().take(4000) {
            let all = among_others(&[wanted], &absent, |end| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize % end
            });
            places[all.iter().position(|&block| block == wanted).unwrap()] += 1;
        }
        assert!(places.iter().all(|times| (900..1100).contains(times)), "{places:?}");
    }

    #[test]
    fn blocks_have_a_few_hundred_rows_and_are_never_few() {
        assert_eq!([0, 3, 100, 3300, 20_000].map(Layout::blocks_of), [0, 3, 8, 9, 50]);
    }
}
