//! Smoothing: evening out the columns of activations before they are quantized.
//!
//! A few columns of BERT's normalized hidden states are ten times larger than the others, so a row's 7-bit codes leave
//! the others few steps. Dividing column j by a constant c_j, and multiplying the weights that read it by the same c_j,
//! changes nothing in exact arithmetic, but evens the columns out. The constants are those of SmoothQuant (Xiao and
//! others, 2022, <https://arxiv.org/abs/2211.10438>), c_j = max|y_j|^α / max|w_j|^(1-α), with α = 3/4. On
//! all-MiniLM-L6-v2 they raise the mean cosine with the f32 model from 0.996 to 0.998.

use half::f16;

use crate::encoder::backend::{Backend, Batch};
use crate::encoder::cpu::{Cpu, PackedModel};
use crate::error::Result;
use crate::isa::{Isa, Kernel, run_best};
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;
use crate::text::tokenizer::Tokenizer;

/// The texts on which activations are measured, one a line.
const SENTENCES: &str = include_str!("calibration_sentences.txt");

/// How much of the unevenness goes into the weights.
const ALPHA: f32 = 0.75;

/// The largest magnitude of each column of the hidden states that one layer's linear parts read, (dim) each.
pub struct Ranges {
    /// At the input of query, key and value.
    pub qkv: Vec<f32>,
    /// At the input of the feed-forward part.
    pub expand: Vec<f32>,
}

/// Measures the activations of every layer on a fixed set of sentences.
pub fn measure(config: &ModelConfig, weights: &Weights, tokenizer: &Tokenizer) -> Result<Vec<Ranges>> {
    let mut batch = Batch::new();
    for sentence in SENTENCES.lines() {
        batch.push(&tokenizer.encode(sentence)?.ids);
    }
    run_best(Measure { model: PackedModel::new(config, weights), layers: config.layers, batch })
}

struct Measure {
    model: PackedModel,
    layers: usize,
    batch: Batch,
}

impl Kernel for Measure {
    type Output = Result<Vec<Ranges>>;

    fn run<I: Isa>(self, isa: I) -> Result<Vec<Ranges>> {
        let Self { model, layers, batch } = self;
        let mut cpu = Cpu::new(isa, model.into());
        let mut ranges = Vec::new();
        cpu.embed(&batch)?;
        for layer in 0..layers {
            let qkv = cpu.column_ranges();
            cpu.qkv(layer);
            cpu.attention(&batch);
            cpu.output(layer);
            ranges.push(Ranges { qkv, expand: cpu.column_ranges() });
            cpu.expand(layer);
            cpu.contract(layer);
        }
        Ok(ranges)
    }
}

/// The constants for the columns of a weight matrix (outputs, inputs), given the ranges of its inputs.
///
/// They are rounded to f16, as they are stored.
pub fn constants(ranges: &[f32], weight: &[f32]) -> Vec<f16> {
    let mut largest = vec![0.0f32; ranges.len()];
    for row in weight.chunks_exact(ranges.len()) {
        largest.iter_mut().zip(row).for_each(|(largest, w)| *largest = largest.max(w.abs()));
    }
    let constant = |(range, weight): (&f32, &f32)| {
        let constant = range.powf(ALPHA) / weight.powf(1.0 - ALPHA);
        if constant.is_finite() && constant > 0.0 { f16::from_f32(constant.clamp(1e-3, 1e3)) } else { f16::ONE }
    };
    ranges.iter().zip(&largest).map(constant).collect()
}
