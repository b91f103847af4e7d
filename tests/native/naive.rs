//! The pass in plain f32 on quantized weights, as it is defined, to judge the kernels of the GPU by.

use std::ops::Range;

use inkling_search::encoder::backend::Batch;
use inkling_search::model::config::ModelConfig;
use inkling_search::model::weights::{Linear, Norm, Weights};

/// Activations of a batch, row by row.
pub struct Naive<'a> {
    pub config: &'a ModelConfig,
    pub weights: &'a Weights<'a>,
    /// The codes of all word embeddings.
    words: Vec<i8>,
    pub hidden: Vec<f32>,
    pub context: Vec<f32>,
    /// qkv or the feed-forward part.
    pub wide: Vec<f32>,
}

impl<'a> Naive<'a> {
    pub fn new(config: &'a ModelConfig, weights: &'a Weights<'a>) -> Self {
        let mut words = Vec::new();
        weights.words.read_rows(&weights.words.ids(), &mut words).unwrap();
        Self { config, weights, words, hidden: Vec::new(), context: Vec::new(), wide: Vec::new() }
    }

    pub fn embed(&mut self, batch: &Batch) {
        self.hidden.clear();
        for span in batch.spans() {
            for (position, row) in span.enumerate() {
                let row: Vec<f32> =
                    (0..self.config.dim).map(|column| self.embedding(batch.ids[row] as usize, position, column)).collect();
                self.hidden.extend(row);
            }
        }
        normalize(&mut self.hidden, &self.weights.norm, self.config.layer_norm_eps);
    }

    fn embedding(&self, id: usize, position: usize, column: usize) -> f32 {
        let (dim, weights) = (self.config.dim, self.weights);
        let word = f32::from(self.words[id * dim + column]) * weights.words.step + weights.words.mean[column];
        word + f32::from(weights.position_codes[position * dim + column]) * weights.position_scales[position]
    }

    /// With queries times log2(e) / sqrt(head_dim).
    pub fn qkv(&mut self, layer: usize) {
        let layer = &self.weights.layers[layer];
        self.wide = linear(&layer.qkv, &self.hidden, Some(&layer.qkv_smooth));
        let query = std::f32::consts::LOG2_E / (self.config.head_dim() as f32).sqrt();
        for row in self.wide.chunks_exact_mut(3 * self.config.dim) {
            row[..self.config.dim].iter_mut().for_each(|x| *x *= query);
        }
    }

    pub fn attention(&mut self, batch: &Batch) {
        let (dim, head_dim) = (self.config.dim, self.config.head_dim());
        self.context = vec![0.0; batch.rows() * dim];
        let part = |row: usize, at: usize| &self.wide[row * 3 * dim + at..][..head_dim];
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        for span in batch.spans() {
            for (row, head) in span.clone().flat_map(|row| (0..dim).step_by(head_dim).map(move |head| (row, head))) {
                let scores: Vec<f64> = span.clone().map(|key| dot(part(row, head), part(key, dim + head)).exp2()).collect();
                let total: f64 = scores.iter().sum();
                for at in 0..head_dim {
                    let sum: f64 = span.clone().zip(&scores).map(|(key, p)| p * f64::from(part(key, 2 * dim + head)[at])).sum();
                    self.context[row * dim + head + at] = (sum / total) as f32;
                }
            }
        }
    }

    pub fn output(&mut self, layer: usize) {
        let layer = &self.weights.layers[layer];
        self.add(linear(&layer.output, &self.context, None), &layer.attention_norm);
    }

    pub fn expand(&mut self, layer: usize) {
        let layer = &self.weights.layers[layer];
        self.wide = linear(&layer.expand, &self.hidden, Some(&layer.expand_smooth));
        self.wide.iter_mut().for_each(|x| *x = gelu(*x));
    }

    pub fn contract(&mut self, layer: usize) {
        let layer = &self.weights.layers[layer];
        self.add(linear(&layer.contract, &self.wide, None), &layer.output_norm);
    }

    pub fn pool(&self, batch: &Batch) -> Vec<Vec<f32>> {
        batch.spans().map(|span| self.mean(span)).collect()
    }

    fn mean(&self, span: Range<usize>) -> Vec<f32> {
        let dim = self.config.dim;
        let sum = |column: usize| span.clone().map(|row| f64::from(self.hidden[row * dim + column])).sum::<f64>();
        let sums: Vec<f64> = (0..dim).map(sum).collect();
        let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
        sums.into_iter().map(|x| (x / length) as f32).collect()
    }

    fn add(&mut self, update: Vec<f32>, norm: &Norm) {
        self.hidden.iter_mut().zip(update).for_each(|(x, update)| *x += update);
        normalize(&mut self.hidden, norm, self.config.layer_norm_eps);
    }

    /// All layers.
    pub fn vectors(&mut self, batch: &Batch) -> Vec<Vec<f32>> {
        self.embed(batch);
        for layer in 0..self.config.layers {
            self.qkv(layer);
            self.attention(batch);
            self.output(layer);
            self.expand(layer);
            self.contract(layer);
        }
        self.pool(batch)
    }
}

fn linear(linear: &Linear, rows: &[f32], smooth: Option<&[f32]>) -> Vec<f32> {
    let (weight, mut out) = (linear.weight().unwrap(), Vec::new());
    for row in rows.chunks_exact(linear.inputs) {
        let row: Vec<f32> = match smooth {
            Some(smooth) => row.iter().zip(smooth).map(|(x, constant)| x / constant).collect(),
            None => row.to_vec(),
        };
        for (output, weights) in weight.chunks_exact(linear.inputs).enumerate() {
            let sums = weights.chunks(16).zip(row.chunks(16));
            let sums = sums.map(|(weights, x)| weights.iter().zip(x).map(|(&weight, x)| f32::from(weight) * x).sum::<f32>());
            out.push((sums.map(f64::from).sum::<f64>() as f32) * linear.scale[output] + linear.bias[output]);
        }
    }
    out
}

fn normalize(rows: &mut [f32], norm: &Norm, epsilon: f32) {
    for row in rows.chunks_exact_mut(norm.weight.len()) {
        let count = row.len() as f64;
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
        let deviation = (variance + f64::from(epsilon)).sqrt();
        for (x, (gain, shift)) in row.iter_mut().zip(norm.weight.iter().zip(&norm.bias)) {
            *x = ((f64::from(*x) - mean) / deviation) as f32 * gain + shift;
        }
    }
}

/// x Φ(x) with erf summed as its Taylor series, exact to f32 for |x| < 5 and constant beyond.
fn gelu(x: f32) -> f32 {
    let z = f64::from(x) / std::f64::consts::SQRT_2;
    let erf = if z.abs() > 3.6 {
        z.signum()
    } else {
        let (mut term, mut sum) = (z, z);
        for n in 1..90 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    };
    (f64::from(x) * 0.5 * (1.0 + erf)) as f32
}
