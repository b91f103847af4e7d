//! The quantized linear layer: 7-bit activations times int8 weights, summed exactly, scaled back to f32.
//!
//! Activations are quantized a row (token) at a time: code = round(x / scale) + zero, in [0, 127], where `scale` and `zero`
//! map the row's smallest and largest number to the ends. With weights w = scale_c × v, an output is
//!
//! ```text
//! Σ x w + bias = scale scale_c Σ code v + (bias - scale zero scale_c Σ v)
//! ```
//!
//! The sum over v is known beforehand, so the inner loop is a plain integer dot. Seven bits, because the int8 dot of
//! relaxed SIMD and `vpmaddubsw` are exact only for those.

use std::ops::Range;

use crate::isa::{Isa, LANES, Sink, TILE_ROWS, column_mut};

/// Rows of activations as 7-bit codes, each row with its own scale and zero.
#[derive(Default)]
pub struct Rows<C> {
    /// Codes in [0, 127], (rows, width).
    pub codes: Vec<C>,
    /// What one code step is worth, (rows).
    pub scale: Vec<f32>,
    /// The code that stands for 0 times `scale`, (rows).
    pub shift: Vec<f32>,
    /// Length of a row: a multiple of 8.
    pub width: usize,
}

impl<C: Copy + Default> Rows<C> {
    /// Makes room for `rows` rows of `width` codes; what they held is undefined.
    pub fn resize(&mut self, rows: usize, width: usize) {
        self.codes.resize(rows * width, C::default());
        self.scale.resize(rows, 0.0);
        self.shift.resize(rows, 0.0);
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
        self.set_scale(column, scale, sum as f32);
    }

    /// Records a column's scale and the sum of its weights.
    pub fn set_scale(&mut self, column: usize, scale: f32, sum: f32) {
        self.scale[column] = scale;
        self.sum[column] = sum * scale;
    }
}

/// Rows that are taken through all panels before the next ones: few enough that their codes stay in the first-level
/// cache, and that two neighbouring panels fill a cache line of the output while it is there.
const BLOCK_ROWS: usize = 48;

/// A linear layer at work: out\[r\]\[c\] = activation(x W + b).
pub struct Linear<'a, C, A> {
    /// x, quantized.
    pub rows: &'a Rows<C>,
    /// W and b.
    pub panels: &'a Panels,
    /// What the results go through.
    pub activation: &'a A,
    /// Distance between rows of the output.
    pub stride: usize,
}

/// A function that a layer's outputs go through.
pub trait Activation {
    /// The function, eight numbers at a time. Implementations are `#[inline(always)]`.
    fn of<I: Isa>(&self, isa: I, y: I::F) -> I::F;
}

impl<C, A: Activation> Linear<'_, C, A> {
    /// Computes some rows. `out` is (rows in `range`, stride) and takes columns `0..panels.columns()` of each row.
    pub fn run<I: Isa<Code = C>>(&self, isa: I, range: Range<usize>, out: &mut [f32]) {
        for start in range.clone().step_by(BLOCK_ROWS) {
            let block = start..range.end.min(start + BLOCK_ROWS);
            let out = &mut out[(start - range.start) * self.stride..];
            for panel in 0..self.panels.columns() / LANES {
                self.run_panel(isa, panel, block.clone(), &mut out[panel * LANES..]);
            }
        }
    }

    /// Eight columns of some rows.
    fn run_panel<I: Isa<Code = C>>(&self, isa: I, panel: usize, range: Range<usize>, out: &mut [f32]) {
        let tiles = range.len().div_ceil(TILE_ROWS);
        let mut done = 0;
        for tile in 0..tiles {
            // Even tiles: 16 rows as 6 + 5 + 5 keep the multipliers busier than 6 + 6 + 4.
            let end = (tile + 1) * range.len() / tiles;
            let (row, out) = (range.start + done, &mut out[done * self.stride..]);
            match end - done {
                1 => self.run_tile::<I, 1>(isa, panel, row, out),
                2 => self.run_tile::<I, 2>(isa, panel, row, out),
                3 => self.run_tile::<I, 3>(isa, panel, row, out),
                4 => self.run_tile::<I, 4>(isa, panel, row, out),
                5 => self.run_tile::<I, 5>(isa, panel, row, out),
                _ => self.run_tile::<I, 6>(isa, panel, row, out),
            }
            done = end;
        }
    }

    fn run_tile<I: Isa<Code = C>, const ROWS: usize>(&self, isa: I, panel: usize, row: usize, out: &mut [f32]) {
        let Self { rows, panels, .. } = self;
        let weights = &panels.weights[panel * LANES * panels.depth..][..LANES * panels.depth];
        let epilogue = Epilogue { layer: self, panel, row, out };
        isa.dot_tile::<ROWS, _>(&rows.codes[row * rows.width..], rows.width, panels.depth, weights, epilogue);
    }
}

/// Integer sums to scaled, biased floats and through the activation.
struct Epilogue<'a, C, A> {
    layer: &'a Linear<'a, C, A>,
    panel: usize,
    row: usize,
    out: &'a mut [f32],
}

impl<I: Isa, A: Activation> Sink<I> for Epilogue<'_, I::Code, A> {
    #[inline(always)]
    fn row(&mut self, isa: I, row: usize, sums: I::Sums) {
        let Linear { rows, panels, activation, stride } = self.layer;
        let column = |numbers: &[f32]| isa.load(&numbers.as_chunks().0[self.panel]);
        let (scale, shift) = (isa.splat(rows.scale[self.row + row]), isa.splat(rows.shift[self.row + row]));
        let dot = isa.mul(isa.mul(isa.floats(sums), column(&panels.scale)), scale);
        let y = isa.add(dot, isa.sub(column(&panels.bias), isa.mul(column(&panels.sum), shift)));
        isa.store(activation.of(isa, y), lanes_mut(self.out, row * stride));
    }
}

/// The eight numbers of a slice that begin at `at`.
#[inline(always)]
pub fn lanes_mut<T>(slice: &mut [T], at: usize) -> &mut [T; LANES] {
    slice[at..].first_chunk_mut().expect("rows are whole multiples of eight")
}

/// No activation.
pub struct Identity;

impl Activation for Identity {
    #[inline(always)]
    fn of<I: Isa>(&self, _: I, y: I::F) -> I::F {
        y
    }
}

/// The GELU in its erf form, x Φ(x), within 1.1e-3.
///
/// Φ(x) - 1/2 is taken as an odd polynomial of degree 9 on [-3.4, 3.4] and constant outside, fitted for this project by
/// iteratively reweighted least squares on the error of x Φ(x). One code step of the next layer's input is far larger.
pub struct Gelu {
    limit: f32,
    half: f32,
    /// From the highest power down.
    odd: [f32; 5],
}

impl Default for Gelu {
    /// The constants, in memory: see [`in_memory`].
    fn default() -> Self {
        let odd = [1.055_660_7e-5, -4.151_419e-4, 6.711_932e-3, -5.980_769_5e-2, 3.942_794_2e-1];
        in_memory(Self { limit: 3.4, half: 0.5, odd })
    }
}

impl Activation for Gelu {
    #[inline(always)]
    fn of<I: Isa>(&self, isa: I, x: I::F) -> I::F {
        let t = isa.min(isa.max(x, isa.splat(-self.limit)), isa.splat(self.limit));
        let square = isa.mul(t, t);
        let mut p = isa.splat(self.odd[0]);
        for &coefficient in &self.odd[1..] {
            p = isa.add(isa.mul(p, square), isa.splat(coefficient));
        }
        isa.mul(x, isa.add(isa.mul(t, p), isa.splat(self.half)))
    }
}

/// Constants that the compiler may not write into the code of a loop. V8 builds a vector constant anew, by six
/// instructions, wherever it stands; one that comes from memory is a single load, or stays in a register.
pub fn in_memory<T>(constants: T) -> T {
    std::hint::black_box(constants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Scalar;

    #[test]
    fn gelu_stays_within_its_error_bound() {
        // Φ by Simpson's rule over the normal density.
        let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let phi = |x: f64| {
            let step = x / 200.0;
            let thirds =
                |at: usize| density(at as f64 * step) + 4.0 * density((at as f64 + 0.5) * step) + density((at + 1) as f64 * step);
            0.5 + (0..200).map(thirds).sum::<f64>() * step / 6.0
        };
        for hundredths in -800..=800 {
            let x = f64::from(hundredths) / 100.0;
            let [y, ..] = Gelu::default().of(Scalar, [x as f32; LANES]);
            assert!((f64::from(y) - x * phi(x)).abs() < 1.1e-3, "gelu({x}) = {y}");
        }
    }
}
