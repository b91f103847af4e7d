//! The quantized linear layer: 7-bit activations times int8 weights, summed exactly, scaled back to f32.
//!
//! Activations are quantized a row (token) at a time: code = round(x / scale) + zero, in [0, 127], where `scale` and `zero`
//! map the row's smallest and largest number to the ends. With weights w = scale_c × v, an output is
//!
//! ```text
//! Σ x w + bias = scale scale_c (Σ code v - zero Σ v) + bias
//! ```
//!
//! The sum over v is known beforehand, so the inner loop is a plain integer dot. Seven bits, because the int8 dot of
//! relaxed SIMD and `vpmaddubsw` are exact only for those.

use crate::isa::{Isa, LANES, Step, column_mut};

/// Rows of activations as 7-bit codes, each row with its own scale and zero.
#[derive(Default)]
pub struct Rows<C> {
    /// Codes in [0, 127], (rows, width).
    pub codes: Vec<C>,
    /// What one code step is worth, (rows).
    pub scale: Vec<f32>,
    /// The code that stands for 0, (rows).
    pub zero: Vec<f32>,
    /// Length of a row: a multiple of 8.
    pub width: usize,
}

impl<C: Copy + Default> Rows<C> {
    /// Makes room for `rows` rows of `width` codes; what they held is undefined.
    pub fn resize(&mut self, rows: usize, width: usize) {
        self.codes.resize(rows * width, C::default());
        self.scale.resize(rows, 0.0);
        self.zero.resize(rows, 0.0);
        self.width = width;
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        self.scale.len()
    }
}

/// Weights in the order in which the dot tile reads them: panels of 8 output columns, \[columns / 8\]\[inputs / 4\]\[8\]\[4\].
#[derive(Default)]
pub struct Panels {
    /// int8 weights in [-127, 127]; columns beyond the last are zero.
    pub weights: Vec<i8>,
    /// Scale of each column, (columns rounded up to 8).
    pub scale: Vec<f32>,
    /// Sum of each column's weights times its scale.
    pub sum: Vec<f32>,
    /// Bias of each column.
    pub bias: Vec<f32>,
    /// Length of a column: a multiple of 4.
    pub depth: usize,
}

impl Panels {
    /// Packs a row-major matrix (outputs, inputs) with its scales and biases.
    pub fn pack(weight: &[i8], scale: &[f32], bias: &[f32], inputs: usize) -> Self {
        let mut panels = Self::default();
        panels.resize(scale.len(), inputs);
        for (column, weights) in weight.chunks_exact(inputs).enumerate() {
            panels.set_column(column, weights, scale[column]);
            panels.bias[column] = bias[column];
        }
        panels
    }

    /// Makes room for `columns` columns of `depth` zeros, without bias.
    pub fn resize(&mut self, columns: usize, depth: usize) {
        let padded = columns.next_multiple_of(LANES);
        self.depth = depth;
        self.weights.clear();
        self.weights.resize(padded * depth, 0);
        for numbers in [&mut self.scale, &mut self.sum, &mut self.bias] {
            numbers.clear();
            numbers.resize(padded, 0.0);
        }
    }

    /// Number of columns, rounded up to whole panels.
    pub fn columns(&self) -> usize {
        self.scale.len()
    }

    /// Puts in one column: its weights, in [-127, 127], and what one of them is worth.
    pub fn set_column(&mut self, column: usize, weights: &[i8], scale: f32) {
        let mut sum = 0;
        for (place, four) in column_mut(&mut self.weights, self.depth, column).zip(weights.as_chunks().0) {
            *place = *four;
            sum += four.iter().map(|&weight| i32::from(weight)).sum::<i32>();
        }
        self.set_scale(column, scale, sum);
    }

    /// Records a column's scale and the sum of its weights.
    pub fn set_scale(&mut self, column: usize, scale: f32, sum: i32) {
        self.scale[column] = scale;
        self.sum[column] = sum as f32 * scale;
    }
}

/// out\[r\]\[c\] = x W + b for all rows, through the exact linear epilogue or with GELU on top.
///
/// `out` is (rows, stride) and takes columns `0..panels.columns()` of each row.
pub fn linear<I: Isa, const GELU: bool>(isa: I, rows: &Rows<I::Code>, panels: &Panels, out: &mut [f32], stride: usize) {
    let tiles = rows.count().div_ceil(I::TILE_ROWS);
    for panel in 0..panels.columns() / LANES {
        let mut first = 0;
        for tile in 0..tiles {
            // Even tiles: 16 rows as 6 + 5 + 5 keep the multipliers busier than 6 + 6 + 4.
            let last = (tile + 1) * rows.count() / tiles;
            let out = &mut out[first * stride + panel * LANES..];
            let at = Place { first, panel, stride };
            match last - first {
                1 => tile_rows::<I, GELU, 1>(isa, rows, panels, at, out),
                2 => tile_rows::<I, GELU, 2>(isa, rows, panels, at, out),
                3 => tile_rows::<I, GELU, 3>(isa, rows, panels, at, out),
                4 => tile_rows::<I, GELU, 4>(isa, rows, panels, at, out),
                5 => tile_rows::<I, GELU, 5>(isa, rows, panels, at, out),
                _ => tile_rows::<I, GELU, 6>(isa, rows, panels, at, out),
            }
            first = last;
        }
    }
}

/// Where a tile lies: its first row, its panel, and the distance between output rows.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    panel: usize,
    stride: usize,
}

fn tile_rows<I: Isa, const GELU: bool, const ROWS: usize>(
    isa: I,
    rows: &Rows<I::Code>,
    panels: &Panels,
    at: Place,
    out: &mut [f32],
) {
    let mut acc = [[0; LANES]; ROWS];
    let depth = panels.depth;
    let panel = &panels.weights[at.panel * LANES * depth..][..LANES * depth];
    isa.dot_tile(&rows.codes[at.first * rows.width..], rows.width, depth, panel, &mut acc);
    isa.vectorize(Epilogue::<_, GELU, ROWS> { acc: &acc, rows, panels, at, out });
}

/// Integer sums to scaled, biased floats.
struct Epilogue<'a, C, const GELU: bool, const ROWS: usize> {
    acc: &'a [[i32; LANES]; ROWS],
    rows: &'a Rows<C>,
    panels: &'a Panels,
    at: Place,
    out: &'a mut [f32],
}

impl<I: Isa, const GELU: bool, const ROWS: usize> Step<I> for Epilogue<'_, I::Code, GELU, ROWS> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { acc, rows, panels, at, out } = self;
        let column = |numbers: &[f32]| isa.load(&numbers.as_chunks().0[at.panel]);
        let (scale, sum, bias) = (column(&panels.scale), column(&panels.sum), column(&panels.bias));
        for (row, acc) in acc.iter().enumerate() {
            let (row_scale, row_zero) = (rows.scale[at.first + row], rows.zero[at.first + row]);
            let dot = isa.mul(isa.mul(isa.load_i32(acc), scale), isa.splat(row_scale));
            let shift = isa.sub(bias, isa.mul(sum, isa.splat(row_scale * row_zero)));
            let y = isa.add(dot, shift);
            let y = if GELU { gelu(isa, y) } else { y };
            isa.store(y, lanes_mut(out, row * at.stride));
        }
    }
}

/// The eight numbers of a slice that begin at `at`.
#[inline(always)]
pub fn lanes_mut<T>(slice: &mut [T], at: usize) -> &mut [T; LANES] {
    slice[at..].first_chunk_mut().expect("rows are whole multiples of eight")
}

/// x Φ(x), the GELU in its erf form, within 1.9e-4.
///
/// Φ(x) - 1/2 is taken as an odd polynomial of degree 13 on [-4, 4] and constant outside, fitted for this project by
/// iteratively reweighted least squares on the error of x Φ(x). One code step of the next layer's input is larger.
#[inline(always)]
pub fn gelu<I: Isa>(isa: I, x: I::F) -> I::F {
    const LIMIT: f32 = 4.0;
    const ODD: [f32; 7] =
        [2.278_145_3e-8, -1.598_602_9e-6, 4.795_552_7e-5, -8.140_155e-4, 8.772_388e-3, -6.457_311e-2, 3.978_833_6e-1];
    let t = isa.min(isa.max(x, isa.splat(-LIMIT)), isa.splat(LIMIT));
    let square = isa.mul(t, t);
    let mut p = isa.splat(ODD[0]);
    for coefficient in &ODD[1..] {
        p = isa.add(isa.mul(p, square), isa.splat(*coefficient));
    }
    isa.mul(x, isa.add(isa.mul(t, p), isa.splat(0.5)))
}
