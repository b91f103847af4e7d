//! What happens to whole rows of hidden states: layer normalization, and quantization for the next linear layer.

use super::linear::Rows;
use crate::isa::{Isa, ROUND, Vectorized};
use crate::model::weights::Norm;

/// Activation codes reach from 0 to this.
const CODE_MAX: f32 = 127.0;

/// Some columns of a matrix: `at..at + width` of each of its rows, which are `stride` long.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    /// The matrix, row by row.
    pub matrix: &'a [f32],
    /// Length of its rows.
    pub stride: usize,
    /// The first column.
    pub at: usize,
    /// How many columns: a multiple of 8.
    pub width: usize,
}

impl<'a> Columns<'a> {
    /// The columns of each row, (rows, width).
    pub fn rows(self) -> impl ExactSizeIterator<Item = &'a [f32]> {
        self.matrix.chunks_exact(self.stride).map(move |row| &row[self.at..self.at + self.width])
    }
}

/// Quantizes rows of f32, (rows, width), to 7-bit codes, each row over the range from its smallest to its largest number.
pub fn quantize<I: Isa>(isa: I, from: Columns, to: &mut Rows<I::Code>) {
    to.resize(from.rows().len(), from.width);
    isa.vectorize(Quantize { from, to });
}

struct Quantize<'a, C> {
    from: Columns<'a>,
    to: &'a mut Rows<C>,
}

impl<I: Isa> Vectorized<I> for Quantize<'_, I::Code> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        for (index, row) in self.from.rows().enumerate() {
            let (mut low, mut high) = (isa.splat(0.0), isa.splat(0.0));
            for x in row.as_chunks().0 {
                let x = isa.load(x);
                (low, high) = (isa.min(low, x), isa.max(high, x));
            }
            quantize_row(isa, row.as_chunks().0.iter().map(|x| isa.load(x)), low, high, index, self.to);
        }
    }
}

/// Writes one row's codes, given the smallest and largest number of each lane (0 included, so that 0 has a code).
#[inline(always)]
fn quantize_row<I: Isa>(isa: I, row: impl Iterator<Item = I::F>, low: I::F, high: I::F, index: usize, to: &mut Rows<I::Code>) {
    let low = isa.reduce(low, |a, b| if a < b { a } else { b });
    let high = isa.reduce(high, |a, b| if a > b { a } else { b });
    // A row of zeros keeps a scale that can be divided by.
    let scale = if high > low { (high - low) / CODE_MAX } else { 1.0 };
    let zero = (-low / scale + 0.5).floor();
    (to.scale[index], to.shift[index]) = (scale, scale * zero);

    // One addition moves by `zero`, an integer, and rounds.
    let (inverse, zero) = (isa.splat(1.0 / scale), isa.splat(zero + ROUND));
    let codes = &mut to.codes[index * to.width..][..to.width];
    for (x, code) in row.zip(codes.as_chunks_mut().0) {
        isa.store_codes(isa.add(isa.mul(x, inverse), zero), code);
    }
}

/// A layer normalization, and what its result is multiplied by before it is quantized.
pub struct SmoothNorm {
    /// Gain and bias.
    pub norm: Norm,
    /// One over the smoothing constants of the linear layer that reads the codes, (dim).
    pub inverse_smooth: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

/// hidden = LayerNorm(hidden + update) for each row, and the codes of the smoothed result; (rows, dim) both.
///
/// `update` is None where `hidden` holds the sum already.
pub fn layer_norm<I: Isa>(isa: I, hidden: &mut [f32], update: Option<&[f32]>, norm: &SmoothNorm, to: &mut Rows<I::Code>) {
    let dim = norm.inverse_smooth.len();
    to.resize(hidden.len() / dim, dim);
    isa.vectorize(LayerNorm { hidden, update, norm, to });
}

struct LayerNorm<'a, C> {
    hidden: &'a mut [f32],
    update: Option<&'a [f32]>,
    norm: &'a SmoothNorm,
    to: &'a mut Rows<C>,
}

impl<I: Isa> Vectorized<I> for LayerNorm<'_, I::Code> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { hidden, update, norm: SmoothNorm { norm, inverse_smooth, epsilon }, to } = self;
        let dim = to.width;
        for (index, row) in hidden.chunks_exact_mut(dim).enumerate() {
            let update = update.map(|update| &update[index * dim..][..dim]);
            let mean = isa.splat(add_and_sum(isa, row, update) / dim as f32);
            let mut squares = isa.splat(0.0);
            for x in row.as_chunks().0 {
                let deviation = isa.sub(isa.load(x), mean);
                squares = isa.add(squares, isa.mul(deviation, deviation));
            }
            let variance = isa.reduce(squares, |a, b| a + b) / dim as f32;
            let inverse = isa.splat(1.0 / (variance + *epsilon).sqrt());

            let (mut low, mut high) = (isa.splat(0.0), isa.splat(0.0));
            let gains = norm.weight.as_chunks().0.iter().zip(norm.bias.as_chunks().0).zip(inverse_smooth.as_chunks().0);
            for (x, ((weight, bias), smooth)) in row.as_chunks_mut().0.iter_mut().zip(gains) {
                let normal = isa.mul(isa.sub(isa.load(x), mean), inverse);
                let y = isa.add(isa.mul(normal, isa.load(weight)), isa.load(bias));
                isa.store(y, x);
                let smoothed = isa.mul(y, isa.load(smooth));
                (low, high) = (isa.min(low, smoothed), isa.max(high, smoothed));
            }
            let smoothed = row.as_chunks().0.iter().zip(inverse_smooth.as_chunks().0);
            let smoothed = smoothed.map(|(x, smooth)| isa.mul(isa.load(x), isa.load(smooth)));
            quantize_row(isa, smoothed, low, high, index, to);
        }
    }
}

/// row += update, and the sum of the result.
#[inline(always)]
fn add_and_sum<I: Isa>(isa: I, row: &mut [f32], update: Option<&[f32]>) -> f32 {
    let mut sum = isa.splat(0.0);
    for (chunk, x) in row.as_chunks_mut().0.iter_mut().enumerate() {
        let mut y = isa.load(x);
        if let Some(update) = update {
            y = isa.add(y, isa.load(&update.as_chunks().0[chunk]));
            isa.store(y, x);
        }
        sum = isa.add(sum, y);
    }
    isa.reduce(sum, |a, b| a + b)
}
