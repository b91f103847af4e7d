//! Attention in int8: for every text and head two linear layers whose weights are the keys and the values.
//!
//! Scores are Q Kᵀ with the queries as 7-bit rows and each key as an int8 column with its own scale. The softmax comes out
//! as 7-bit codes by itself: round(127 exp(score - max)), whose row scale is one over their sum, so that the quantized
//! probabilities sum to exactly one. The context is then those rows times the values, an int8 column a dimension.

use std::ops::Range;

use super::linear::{Panels, Rows, linear};
use super::rows::quantize;
use crate::isa::{Isa, LANES, ROUND, Step};

/// Work memory of attention, kept from call to call.
#[derive(Default)]
pub struct Attention<C> {
    queries: Vec<f32>,
    query_rows: Rows<C>,
    keys: Panels,
    scores: Vec<f32>,
    probabilities: Rows<C>,
    values: Panels,
    context: Vec<f32>,
    column: Vec<i8>,
}

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
        let text = &qkv[span.start * 3 * dim..span.end * 3 * dim];
        let context = &mut context[span.start * dim..span.end * dim];
        for head in (0..dim).step_by(head_dim) {
            self.take_queries(isa, text, head, heads);
            self.take_keys(isa, text, dim + head, heads);
            let keys = self.keys.columns();
            self.scores.resize(tokens * keys, 0.0);
            linear::<I, false>(isa, &self.query_rows, &self.keys, &mut self.scores, keys);

            self.probabilities.resize(tokens, keys);
            isa.vectorize(Softmax { scores: &mut self.scores, tokens, to: &mut self.probabilities });

            self.take_values(isa, text, 2 * dim + head, heads);
            self.context.resize(tokens * head_dim, 0.0);
            linear::<I, false>(isa, &self.probabilities, &self.values, &mut self.context, head_dim);
            for (to, from) in context.chunks_exact_mut(dim).zip(self.context.chunks_exact(head_dim)) {
                to[head..head + head_dim].copy_from_slice(from);
            }
        }
    }

    /// Quantizes one head's queries, a row a token.
    fn take_queries<I: Isa<Code = C>>(&mut self, isa: I, text: &[f32], at: usize, heads: Heads) {
        self.queries.clear();
        for row in text.chunks_exact(3 * heads.dim) {
            self.queries.extend_from_slice(&row[at..at + heads.head_dim]);
        }
        quantize(isa, &self.queries, heads.head_dim, &mut self.query_rows);
    }

    /// Packs one head's keys, a column a token.
    fn take_keys<I: Isa<Code = C>>(&mut self, isa: I, text: &[f32], at: usize, heads: Heads) {
        let Heads { dim, head_dim } = heads;
        self.keys.resize(text.len() / (3 * dim), head_dim);
        self.column.resize(head_dim, 0);
        for (token, row) in text.chunks_exact(3 * dim).enumerate() {
            let scale = isa.vectorize(QuantizeKey { key: &row[at..at + head_dim], to: &mut self.column });
            self.keys.set_column(token, &self.column, scale);
        }
    }

    /// Packs one head's values, a column a dimension, tokens padded with zeros.
    fn take_values<I: Isa<Code = C>>(&mut self, isa: I, text: &[f32], at: usize, heads: Heads) {
        let Heads { dim, head_dim } = heads;
        let depth = self.probabilities.width;
        self.values.resize(head_dim, depth);
        for group in (0..head_dim).step_by(LANES) {
            isa.vectorize(PackValues { text, row: 3 * dim, at: at + group, panel: group / LANES, to: &mut self.values });
        }
    }
}

/// 127 over the largest magnitude: the scale with which int8 codes reach their ends, and its inverse.
#[inline(always)]
fn int8_scale(largest: f32) -> (f32, f32) {
    if largest > 0.0 { (127.0 / largest, largest / 127.0) } else { (0.0, 0.0) }
}

/// One key as int8 codes; returns what one code step is worth.
struct QuantizeKey<'a> {
    key: &'a [f32],
    to: &'a mut [i8],
}

impl<I: Isa> Step<I> for QuantizeKey<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self, isa: I) -> f32 {
        let zero = isa.splat(0.0);
        let mut largest = zero;
        for x in self.key.as_chunks().0 {
            let x = isa.load(x);
            largest = isa.max(largest, isa.max(x, isa.sub(zero, x)));
        }
        let (codes_a_unit, scale) = int8_scale(isa.reduce(largest, |a, b| if a > b { a } else { b }));
        let factor = isa.splat(codes_a_unit);
        for (x, code) in self.key.as_chunks().0.iter().zip(self.to.as_chunks_mut().0) {
            isa.store_i8(isa.mul(isa.load(x), factor), code);
        }
        scale
    }
}

/// Eight dimensions of all values of a text as one panel, each dimension with its own scale.
struct PackValues<'a> {
    text: &'a [f32],
    row: usize,
    at: usize,
    panel: usize,
    to: &'a mut Panels,
}

impl<I: Isa> Step<I> for PackValues<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { text, row, at, panel, to } = self;
        let zero = isa.splat(0.0);
        let mut largest = zero;
        for row in text.chunks_exact(row) {
            let x = isa.load(&row[at..].as_chunks().0[0]);
            largest = isa.max(largest, isa.max(x, isa.sub(zero, x)));
        }
        let mut factors = [0.0; LANES];
        isa.store(largest, &mut factors);
        let mut scales = [0.0; LANES];
        for (factor, scale) in factors.iter_mut().zip(&mut scales) {
            (*factor, *scale) = int8_scale(*factor);
        }

        let factor = isa.load(&factors);
        let weights = &mut to.weights[panel * LANES * to.depth..][..LANES * to.depth];
        let mut sums = [0i32; LANES];
        for (token, row) in text.chunks_exact(row).enumerate() {
            let mut codes = [0i8; LANES];
            isa.store_i8(isa.mul(isa.load(&row[at..].as_chunks().0[0]), factor), &mut codes);
            let four = &mut weights[token / 4 * 4 * LANES..][..4 * LANES];
            for (column, code) in codes.into_iter().enumerate() {
                four[column * 4 + token % 4] = code;
                sums[column] += i32::from(code);
            }
        }
        for column in 0..LANES {
            to.set_scale(panel * LANES + column, scales[column], sums[column]);
        }
    }
}

/// Rows of scores in powers of two to rows of probability codes, with zeros behind the text's tokens.
struct Softmax<'a, C> {
    scores: &'a mut [f32],
    tokens: usize,
    to: &'a mut Rows<C>,
}

impl<I: Isa> Step<I> for Softmax<'_, I::Code> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { scores, tokens, to } = self;
        let width = to.width;
        for (index, row) in scores.chunks_exact_mut(width).enumerate() {
            // Padding scores are so low that their codes become 0.
            row[tokens..].fill(-1e30);
            let mut largest = isa.splat(-1e30);
            for x in row.as_chunks().0 {
                largest = isa.max(largest, isa.load(x));
            }
            let largest = isa.splat(isa.reduce(largest, |a, b| if a > b { a } else { b }));
            let codes = &mut to.codes[index * width..][..width];
            for (x, code) in row.as_chunks().0.iter().zip(codes.as_chunks_mut().0) {
                isa.store_codes(exp2_code(isa, isa.sub(isa.load(x), largest)), code);
            }
            // Exact in i32 (at most 127 × 8192), so it may be summed in any order.
            let sum: i32 = codes.iter().map(|&code| code.into()).sum();
            (to.scale[index], to.zero[index]) = (1.0 / sum as f32, 0.0);
        }
    }
}

/// 127 × 2^x for x at most 0, to within a tenth of a code.
///
/// The integer part of x goes into the exponent; on the rest, in [-1/2, 1/2], a cubic fitted for this project by
/// reweighted least squares is within 7.5e-5 relative.
#[inline(always)]
fn exp2_code<I: Isa>(isa: I, x: I::F) -> I::F {
    const CUBIC: [f32; 4] = [5.517_167e-2, 2.426_111_4e-1, 6.932_61e-1, 9.999_281e-1];
    let x = isa.max(x, isa.splat(-126.0));
    let rounded = isa.add(x, isa.splat(ROUND));
    let rest = isa.sub(x, isa.sub(rounded, isa.splat(ROUND)));
    let mut p = isa.splat(CUBIC[0]);
    for coefficient in &CUBIC[1..] {
        p = isa.add(isa.mul(p, rest), isa.splat(*coefficient));
    }
    isa.min(isa.mul(isa.mul(p, isa.exp2_rounded(rounded)), isa.splat(127.0)), isa.splat(127.0))
}
