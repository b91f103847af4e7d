//! Calibration: what the inputs of each linear layer look like on a fixed set of texts.
//!
//! The texts go through the CPU's own encoder, which gives the same bits on every machine, and sums run in one order: so the
//! constants and codes that are made of them are the same everywhere, too.

use std::iter::zip;

use rayon::prelude::*;

use crate::encoder::backend::{Backend, Batch};
use crate::encoder::cpu::{Cpu, PackedModel};
use crate::error::Result;
use crate::isa::{Isa, Kernel, LANES, Vectorized, run_best};
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;
use crate::text::tokenizer::{TokenIds, Tokenizer};

/// The texts, one a line.
const TEXTS: &str = include_str!("calibration_texts.txt");

/// So many lines, one after the other, make a passage: longer texts are calibrated on, too.
const PASSAGE_LINES: usize = 4;

/// Rows of a batch: those of the widest layer still lie in a second-level cache while they are multiplied.
const BATCH_ROWS: usize = 256;

/// What was seen at the input of a linear layer.
pub struct Inputs {
    /// The largest magnitude of each column, (inputs).
    pub largest: Vec<f32>,
    /// The sum of x xᵀ over all rows x, (inputs, inputs). Only the upper triangle is filled.
    pub gram: Vec<f32>,
}

/// The inputs of one layer's linear parts.
pub struct LayerInputs {
    /// Of query, key and value.
    pub qkv: Inputs,
    /// Of the attention output.
    pub output: Inputs,
    /// Of the feed-forward part, up.
    pub expand: Inputs,
    /// Of the feed-forward part, down.
    pub contract: Inputs,
}

/// Runs the texts through a model. `progress` is told the share that is done.
pub fn measure(
    config: &ModelConfig,
    weights: &Weights,
    tokenizer: &Tokenizer,
    progress: &dyn Fn(f32),
) -> Result<Vec<LayerInputs>> {
    let batches = batches(tokenizer)?;
    run_best(Measure { model: PackedModel::new(config, weights)?, config, batches, progress })
}

/// Every line as a text of its own, then passages of some lines.
fn batches(tokenizer: &Tokenizer) -> Result<Vec<Batch>> {
    let lines: Vec<&str> = TEXTS.lines().collect();
    let passages = lines.chunks(PASSAGE_LINES).map(|lines| lines.join(" "));
    let (mut batches, mut batch) = (Vec::new(), Batch::new());
    for text in lines.iter().map(|&line| line.to_owned()).chain(passages) {
        let TokenIds { ids, .. } = tokenizer.encode(&text)?;
        if batch.rows() > 0 && batch.rows() + ids.len() > BATCH_ROWS {
            batches.push(std::mem::replace(&mut batch, Batch::new()));
        }
        batch.push(&ids);
    }
    batches.push(batch);
    Ok(batches)
}

struct Measure<'a> {
    model: PackedModel,
    config: &'a ModelConfig,
    batches: Vec<Batch>,
    progress: &'a dyn Fn(f32),
}

impl Kernel for Measure<'_> {
    type Output = Result<Vec<LayerInputs>>;

    fn run<I: Isa>(self, isa: I) -> Self::Output {
        let Self { model, config: &ModelConfig { dim, ff, layers, .. }, batches, progress } = self;
        let mut cpu = Cpu::new(isa, model.into());
        let layer = |_| LayerInputs {
            qkv: Inputs::new(dim),
            output: Inputs::new(dim),
            expand: Inputs::new(dim),
            contract: Inputs::new(ff),
        };
        let mut seen: Vec<LayerInputs> = (0..layers).map(layer).collect();
        for (done, batch) in batches.iter().enumerate() {
            progress(done as f32 / batches.len() as f32);
            cpu.embed(batch)?;
            for (layer, seen) in seen.iter_mut().enumerate() {
                seen.qkv.add(isa, cpu.hidden());
                cpu.qkv(layer);
                cpu.attention(batch);
                seen.output.add(isa, cpu.context());
                cpu.output(layer);
                seen.expand.add(isa, cpu.hidden());
                cpu.expand(layer);
                seen.contract.add(isa, cpu.wide());
                cpu.contract(layer);
            }
        }
        Ok(seen)
    }
}

/// Rows and columns of the Gram matrix that are summed at once: eight vectors.
const TILE: [usize; 2] = [4, 2 * LANES];

impl Inputs {
    fn new(width: usize) -> Self {
        Self { largest: vec![0.0; width], gram: vec![0.0; width * width] }
    }

    /// Takes in some rows, (rows, inputs).
    fn add(&mut self, isa: impl Isa, rows: &[f32]) {
        let width = self.largest.len();
        for row in rows.chunks_exact(width) {
            zip(&mut self.largest, row).for_each(|(largest, x)| *largest = largest.max(x.abs()));
        }
        let bands = self.gram.par_chunks_exact_mut(TILE[0] * width).enumerate();
        bands.for_each(|(band, gram)| isa.vectorize(Band { rows, width, first: band * TILE[0], gram }));
    }
}

/// Some rows of a Gram matrix, (4, width), from the diagonal on.
struct Band<'a> {
    rows: &'a [f32],
    width: usize,
    first: usize,
    gram: &'a mut [f32],
}

impl<I: Isa> Vectorized<I> for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { rows, width, first, gram } = self;
        let [tall, wide] = TILE;
        for column in (first / wide * wide..width).step_by(wide) {
            let mut sums = [[isa.splat(0.0); TILE[1] / LANES]; TILE[0]];
            for row in rows.chunks_exact(width) {
                let right = row[column..column + wide].as_chunks().0;
                for (sums, &left) in zip(&mut sums, &row[first..first + tall]) {
                    let left = isa.splat(left);
                    for (sum, right) in zip(sums, right) {
                        *sum = isa.add(*sum, isa.mul(left, isa.load(right)));
                    }
                }
            }
            for (row, sums) in zip(gram.chunks_exact_mut(width), sums) {
                for (to, sum) in zip(row[column..column + wide].as_chunks_mut().0, sums) {
                    isa.store(isa.add(isa.load(to), sum), to);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Scalar;

    #[test]
    fn a_gram_matrix_holds_the_products_of_all_columns() {
        let (rows, width) = (5, 32);
        let x: Vec<f32> = (0..rows * width).map(|at| ((at * 37 % 101) as f32 - 50.0) / 8.0).collect();
        let mut inputs = Inputs::new(width);
        inputs.add(Scalar, &x);
        inputs.add(Scalar, &x[..2 * width]);
        for (a, b) in (0..width).flat_map(|a| (a..width).map(move |b| (a, b))) {
            let product = |row: usize| x[row * width + a] * x[row * width + b];
            // Eighths of integers: every sum is exact.
            let expected: f32 = (0..rows).chain(0..2).map(product).sum();
            assert_eq!(inputs.gram[a * width + b], expected, "{a} {b}");
        }
        let largest = (0..rows).fold(0.0f32, |largest, row| largest.max(x[row * width + 3].abs()));
        assert_eq!(inputs.largest[3], largest);
    }
}
