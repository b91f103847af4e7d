//! Attention in int8: for every text and head two linear layers whose weights are the keys and the values.
//!
//! Scores are Q Kᵀ with the queries as 7-bit rows and each key as an int8 column with its own scale. The softmax comes out
//! as 7-bit codes by itself: round(127 exp(score - max)), whose row scale is one over their sum, so that the quantized
//! probabilities sum to exactly one. The context is then those rows times the values, an int8 column a dimension.

use std::ops::Range;

use super::linear::{Identity, Linear, Panels, Rows, in_memory};
use super::rows::{Columns, quantize};
use crate::isa::{Isa, LANES, ROUND, Vectorized, column_mut};

/// Work memory of attention, kept from call to call.
#[derive(Default)]
pub struct Attention<C> {
    queries: Rows<C>,
    keys: Panels,
    scores: Vec<f32>,
    probabilities: Rows<C>,
    values: Panels,
}

/// Rows of scores that are computed at a time: few, so that the softmax finds them in the first-level cache.
const SCORE_ROWS: usize = 24;

/// The size of the heads.
#[derive(Clone, Copy)]
pub struct Heads {
    /// Length of a hidden state.
    pub dim: usize,
    /// What a head sees of it: a multiple of 8.
    pub head_dim: usize,
}

impl<C: Copy + Default> Attention<C> {
    /// context = softmax(Q Kᵀ) V for all heads of one text.
    ///
    /// `qkv` is (rows, 3 dim) with the queries scaled by log2(e) / sqrt(head_dim) beforehand; `context` is (rows, dim).
    pub fn run<I: Isa<Code = C>>(&mut self, isa: I, qkv: &[f32], span: Range<usize>, heads: Heads, context: &mut [f32]) {
        let Heads { dim, head_dim } = heads;
        let tokens = span.len();
        let matrix = &qkv[span.start * 3 * dim..span.end * 3 * dim];
        let columns = |at| Columns { matrix, stride: 3 * dim, at, width: head_dim };
        let context = &mut context[span.start * dim..span.end * dim];
        for head in (0..dim).step_by(head_dim) {
            quantize(isa, columns(head), &mut self.queries);
            self.keys.resize(tokens, head_dim);
            isa.vectorize(PackKeys { keys: columns(dim + head), to: &mut self.keys });
            let padded = self.keys.columns();
            self.probabilities.resize(tokens, padded);
            // A cache line more than a row: rows a power of two apart would push each other out of the cache.
            let stride = padded + 2 * LANES;
            self.scores.resize(SCORE_ROWS * stride, 0.0);
            for start in (0..tokens).step_by(SCORE_ROWS) {
                let rows = start..tokens.min(start + SCORE_ROWS);
                let scores = Linear { rows: &self.queries, panels: &self.keys, activation: &Identity, stride };
                scores.run(isa, rows.clone(), &mut self.scores);
                isa.vectorize(Softmax { scores: &mut self.scores, stride, rows, tokens, to: &mut self.probabilities });
            }

            self.values.resize(head_dim, padded);
            isa.vectorize(PackValues { values: columns(2 * dim + head), to: &mut self.values });
            let sums = Linear { rows: &self.probabilities, panels: &self.values, activation: &Identity, stride: dim };
            sums.run(isa, 0..tokens, &mut context[head..]);
        }
    }
}

/// 127 over the largest magnitude: the scale with which int8 codes reach their ends, and its inverse.
#[inline(always)]
fn int8_scale(largest: f32) -> (f32, f32) {
    if largest > 0.0 { (127.0 / largest, largest / 127.0) } else { (0.0, 0.0) }
}

/// max(largest, |x|)
#[inline(always)]
fn larger_magnitude<I: Isa>(isa: I, largest: I::F, x: I::F) -> I::F {
    isa.max(largest, isa.max(x, isa.sub(isa.splat(0.0), x)))
}

/// One head's keys as int8 columns, one a token, each with its own scale.
struct PackKeys<'a> {
    keys: Columns<'a>,
    to: &'a mut Panels,
}

impl<I: Isa> Vectorized<I> for PackKeys<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { keys, to } = self;
        for (token, key) in keys.rows().enumerate() {
            let largest = key.as_chunks().0.iter().fold(isa.splat(0.0), |largest, x| larger_magnitude(isa, largest, isa.load(x)));
            let (codes_a_unit, scale) = int8_scale(isa.reduce(largest, |a, b| if a > b { a } else { b }));
            let factor = isa.splat(codes_a_unit);
            let mut sum = isa.splat(0.0);
            let mut places = column_mut(&mut to.weights, to.depth, token);
            for x in key.as_chunks().0 {
                let rounded = isa.round(isa.mul(isa.load(x), factor));
                sum = isa.add(sum, isa.integer(rounded));
                let mut codes = [0; LANES];
                isa.store_i8(rounded, &mut codes);
                for (four, place) in codes.as_chunks().0.iter().zip(&mut places) {
                    *place = *four;
                }
            }
            drop(places);
            to.set_scale(token, scale, isa.reduce(sum, |a, b| a + b));
        }
    }
}

/// One head's values as int8 columns, one a dimension, each with its own scale; tokens are padded with zeros.
struct PackValues<'a> {
    values: Columns<'a>,
    to: &'a mut Panels,
}

impl<I: Isa> Vectorized<I> for PackValues<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { values, to } = self;
        for at in (0..values.width).step_by(LANES) {
            let eight = Columns { at: values.at + at, width: LANES, ..values };
            let lanes = |row: &[f32]| isa.load(&row.as_chunks().0[0]);
            let mut scales = [0.0; LANES];
            isa.store(eight.rows().fold(isa.splat(0.0), |largest, row| larger_magnitude(isa, largest, lanes(row))), &mut scales);
            let mut factors = [0.0; LANES];
            for (factor, scale) in factors.iter_mut().zip(&mut scales) {
                (*factor, *scale) = int8_scale(*scale);
            }

            let factor = isa.load(&factors);
            let mut sum = isa.splat(0.0);
            let panel = &mut to.weights[at * to.depth..][..LANES * to.depth];
            let mut rows = eight.rows();
            for step in panel.as_chunks_mut().0 {
                let four = std::array::from_fn(|_| match rows.next() {
                    Some(row) => isa.round(isa.mul(lanes(row), factor)),
                    None => isa.splat(ROUND),
                });
                sum = four.iter().fold(sum, |sum, &rounded| isa.add(sum, isa.integer(rounded)));
                isa.store_panel_step(four, step);
            }
            let mut sums = [0.0; LANES];
            isa.store(sum, &mut sums);
            for column in 0..LANES {
                to.set_scale(at + column, scales[column], sums[column]);
            }
        }
    }
}

/// Some rows of scores in powers of two to rows of probability codes, with zeros behind the text's tokens.
struct Softmax<'a, C> {
    scores: &'a mut [f32],
    stride: usize,
    rows: Range<usize>,
    tokens: usize,
    to: &'a mut Rows<C>,
}

impl<I: Isa> Vectorized<I> for Softmax<'_, I::Code> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { scores, stride, rows, tokens, to } = self;
        let width = to.width;
        let exp2 = Exp2::new(isa);
        for (index, row) in rows.zip(scores.chunks_exact_mut(stride)) {
            let row = &mut row[..width];
            // Padding scores are so low that their codes become 0.
            row[tokens..].fill(-1e30);
            let largest = row.as_chunks().0.iter().fold(isa.splat(-1e30), |largest, x| isa.max(largest, isa.load(x)));
            let largest = isa.reduce(largest, |a, b| if a > b { a } else { b });
            let base = isa.splat(largest - LOG2_CODE_MAX);
            let mut sum = isa.splat(0.0);
            let codes = &mut to.codes[index * width..][..width];
            for (x, code) in row.as_chunks().0.iter().zip(codes.as_chunks_mut().0) {
                let rounded = isa.add(exp2.of(isa, isa.sub(isa.load(x), base)), exp2.round);
                sum = isa.add(sum, isa.sub(rounded, exp2.round));
                isa.store_codes(rounded, code);
            }
            // Exact, being whole numbers of at most 127 × 8192.
            let sum = isa.reduce(sum, |a, b| a + b);
            (to.scale[index], to.shift[index]) = (1.0 / sum, 0.0);
        }
    }
}

/// log2(127): the largest probability gets the code 127.
const LOG2_CODE_MAX: f32 = 6.988_684_7;

/// 2^x, within 7.5e-5 of itself, for x from -8 to 8; for lower x, 2^-8, whose code is 0.
///
/// The integer part of x goes into the exponent; on the rest, in [-1/2, 1/2], stands a cubic fitted for this project by
/// reweighted least squares.
struct Exp2<I: Isa> {
    lowest: I::F,
    round: I::F,
    /// From the highest power down.
    cubic: [I::F; 4],
}

impl<I: Isa> Exp2<I> {
    /// The constants, each in a register.
    #[inline(always)]
    fn new(isa: I) -> Self {
        let (lowest, round, cubic) = in_memory((-8.0, ROUND, [5.517_167e-2, 2.426_111_4e-1, 6.932_61e-1, 9.999_281e-1]));
        Self { lowest: isa.splat(lowest), round: isa.splat(round), cubic: cubic.map(|coefficient| isa.splat(coefficient)) }
    }

    #[inline(always)]
    fn of(&self, isa: I, x: I::F) -> I::F {
        let x = isa.max(x, self.lowest);
        let rounded = isa.add(x, self.round);
        let rest = isa.sub(x, isa.sub(rounded, self.round));
        let mut p = self.cubic[0];
        for &coefficient in &self.cubic[1..] {
            p = isa.add(isa.mul(p, rest), coefficient);
        }
        isa.scale_by_exp2(p, rounded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Scalar;

    #[test]
    fn exp2_stays_within_its_error_bound() {
        for hundredths in -800..=800 {
            let x = hundredths as f32 / 100.0;
            let [y, ..] = Exp2::new(Scalar).of(Scalar, [x; LANES]);
            assert!((y / x.exp2() - 1.0).abs() < 7.7e-5, "2^{x} = {y}");
        }
    }
}
