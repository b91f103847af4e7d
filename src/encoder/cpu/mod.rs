//! The CPU backend: int8 weights, 7-bit activations, f32 between the linear layers.

pub mod attention;
pub mod linear;
mod pool;
pub mod rows;

use std::sync::Arc;

use self::attention::{Attention, Heads};
use self::linear::{Activation, Gelu, Identity, Linear, Panels, Rows};
use self::pool::Pool;
use self::rows::{Columns, SmoothNorm, layer_norm, quantize};
use crate::encoder::backend::{Backend, Batch, Pending};
use crate::error::Result;
use crate::isa::{Isa, Kernel, Scalar, run_best};
use crate::model::config::ModelConfig;
use crate::model::weights::{self, Layer, Norm, Weights};
use crate::model::words::Words;

/// The weights in the order the kernels read them, shared by all threads.
pub struct PackedModel {
    dim: usize,
    head_dim: usize,
    words: Arc<Words>,
    position_codes: Vec<i8>,
    position_scales: Vec<f32>,
    norm: SmoothNorm,
    layers: Vec<PackedLayer>,
    pool: Pool,
}

struct PackedLayer {
    qkv: Panels,
    output: Panels,
    attention_norm: SmoothNorm,
    expand: Panels,
    contract: Panels,
    output_norm: SmoothNorm,
}

/// The CPU backend on one instruction set.
pub struct Cpu<I: Isa> {
    isa: I,
    model: Arc<PackedModel>,
    /// The codes of word embeddings, (rows, dim).
    words: Vec<i8>,
    /// Hidden states, (rows, dim), and their codes.
    hidden: Vec<f32>,
    hidden_codes: Rows<I::Code>,
    /// What a linear layer has just computed, (rows, up to 3 dim).
    linear: Vec<f32>,
    /// Attention output, (rows, dim).
    context: Vec<f32>,
    /// The feed-forward part, (rows, ff).
    wide: Vec<f32>,
    /// The codes of `context` or `wide`, whichever is next.
    codes: Rows<I::Code>,
    attention: Attention<I::Code>,
    gelu: Gelu,
}

/// The fastest CPU backend that this machine runs.
///
/// # Errors
/// `damaged-file` for weights that cannot be unpacked.
pub fn best(config: &ModelConfig, weights: &Weights) -> Result<Box<dyn Backend>> {
    Ok(run_best(NewBackend(PackedModel::new(config, weights)?)))
}

/// The CPU backend in plain Rust, to compare the others with.
///
/// # Errors
/// Those of [`best`].
pub fn scalar(config: &ModelConfig, weights: &Weights) -> Result<Box<dyn Backend>> {
    Ok(NewBackend(PackedModel::new(config, weights)?).run(Scalar))
}

struct NewBackend(PackedModel);

impl Kernel for NewBackend {
    type Output = Box<dyn Backend>;

    fn run<I: Isa>(self, isa: I) -> Box<dyn Backend> {
        Box::new(Cpu::new(isa, Arc::new(self.0)))
    }
}

impl PackedModel {
    /// Unpacks a model's weights, and packs them as the kernels read them, a layer after the other.
    ///
    /// # Errors
    /// `damaged-file` for weights that cannot be unpacked.
    pub fn new(config: &ModelConfig, weights: &Weights) -> Result<Self> {
        let epsilon = config.layer_norm_eps;
        // What comes out of a layer is read by the next one's query, key and value; nothing reads the last one's codes.
        let nothing = vec![1.0; config.dim];
        let read_by = |index: usize| weights.layers.get(index).map_or(&nothing, |layer| &layer.qkv_smooth);
        let layers = weights.layers.iter().enumerate();
        Ok(Self {
            dim: config.dim,
            head_dim: config.head_dim(),
            words: weights.words.clone(),
            position_codes: weights.position_codes.clone(),
            position_scales: weights.position_scales.clone(),
            norm: smooth_norm(&weights.norm, read_by(0), epsilon),
            layers: layers.map(|(index, layer)| PackedLayer::new(layer, read_by(index + 1), config)).collect::<Result<_>>()?,
            pool: Pool::new(config, weights.dense.as_ref())?,
        })
    }

    /// Word and position embedding of one token, (dim), given the codes of its word.
    fn embedding(&self, word: &[i8], position: usize, to: &mut [f32]) {
        let Words { step, mean, .. } = &*self.words;
        let scale = self.position_scales[position];
        let positions = &self.position_codes[position * self.dim..];
        for (to, ((&word, mean), &place)) in to.iter_mut().zip(word.iter().zip(mean).zip(positions)) {
            *to = f32::from(word) * step + mean + f32::from(place) * scale;
        }
    }
}

impl PackedLayer {
    fn new(layer: &Layer, next_smooth: &[f32], config: &ModelConfig) -> Result<Self> {
        // log2(e) / sqrt(head_dim) goes into the query's scales, so that scores come out ready for powers of two.
        let query = std::f32::consts::LOG2_E / (config.head_dim() as f32).sqrt();
        let mut qkv = pack(&layer.qkv)?;
        for numbers in [&mut qkv.scale, &mut qkv.sum, &mut qkv.bias] {
            numbers[..config.dim].iter_mut().for_each(|x| *x *= query);
        }
        Ok(Self {
            qkv,
            output: pack(&layer.output)?,
            attention_norm: smooth_norm(&layer.attention_norm, &layer.expand_smooth, config.layer_norm_eps),
            expand: pack(&layer.expand)?,
            contract: pack(&layer.contract)?,
            output_norm: smooth_norm(&layer.output_norm, next_smooth, config.layer_norm_eps),
        })
    }
}

fn pack(linear: &weights::Linear) -> Result<Panels> {
    Ok(Panels::pack(&linear.weight()?, &linear.scale, &linear.bias, linear.inputs))
}

fn smooth_norm(norm: &Norm, smooth: &[f32], epsilon: f32) -> SmoothNorm {
    SmoothNorm { norm: norm.clone(), inverse_smooth: smooth.iter().map(|constant| 1.0 / constant).collect(), epsilon }
}

/// out = activation(x W + b) for all rows, (rows, columns).
fn run_linear<I: Isa>(isa: I, rows: &Rows<I::Code>, panels: &Panels, activation: &impl Activation, out: &mut Vec<f32>) {
    let stride = panels.columns();
    out.resize(rows.count() * stride, 0.0);
    Linear { rows, panels, activation, stride }.run(isa, 0..rows.count(), out);
}

/// All columns of a matrix.
fn whole(matrix: &[f32], width: usize) -> Columns<'_> {
    Columns { matrix, stride: width, at: 0, width }
}

impl<I: Isa> Cpu<I> {
    /// A backend on some weights.
    pub fn new(isa: I, model: Arc<PackedModel>) -> Self {
        Self {
            isa,
            model,
            words: Vec::new(),
            hidden: Vec::new(),
            hidden_codes: Rows::default(),
            linear: Vec::new(),
            context: Vec::new(),
            wide: Vec::new(),
            codes: Rows::default(),
            attention: Attention::default(),
            gelu: Gelu::default(),
        }
    }

    /// The hidden states, (rows, dim): what calibration wants to see.
    pub fn hidden(&self) -> &[f32] {
        &self.hidden
    }

    /// What the attention gave, (rows, dim).
    pub fn context(&self) -> &[f32] {
        &self.context
    }

    /// The feed-forward part, (rows, ff).
    pub fn wide(&self) -> &[f32] {
        &self.wide
    }
}

impl<I: Isa> Backend for Cpu<I> {
    fn kernel_name(&self) -> &'static str {
        I::NAME
    }

    fn fork(&self) -> Box<dyn Backend> {
        Box::new(Self::new(self.isa, self.model.clone()))
    }

    fn batch_rows(&self) -> usize {
        // The feed-forward activations of so many rows still lie in a 2 MB second-level cache.
        256
    }

    fn embed(&mut self, batch: &Batch) -> Result<()> {
        let model = &*self.model;
        model.words.read_rows(&batch.ids, &mut self.words)?;
        self.hidden.resize(batch.rows() * model.dim, 0.0);
        for span in batch.spans() {
            for (position, row) in span.enumerate() {
                let to = &mut self.hidden[row * model.dim..][..model.dim];
                model.embedding(&self.words[row * model.dim..][..model.dim], position, to);
            }
        }
        layer_norm(self.isa, &mut self.hidden, None, &model.norm, &mut self.hidden_codes);
        Ok(())
    }

    fn qkv(&mut self, layer: usize) {
        run_linear(self.isa, &self.hidden_codes, &self.model.layers[layer].qkv, &Identity, &mut self.linear);
    }

    fn attention(&mut self, batch: &Batch) {
        let heads = Heads { dim: self.model.dim, head_dim: self.model.head_dim };
        self.context.resize(batch.rows() * heads.dim, 0.0);
        for span in batch.spans() {
            self.attention.run(self.isa, &self.linear, span, heads, &mut self.context);
        }
        quantize(self.isa, whole(&self.context, heads.dim), &mut self.codes);
    }

    fn output(&mut self, layer: usize) {
        let layer = &self.model.layers[layer];
        run_linear(self.isa, &self.codes, &layer.output, &Identity, &mut self.linear);
        layer_norm(self.isa, &mut self.hidden, Some(&self.linear), &layer.attention_norm, &mut self.hidden_codes);
    }

    fn expand(&mut self, layer: usize) {
        let panels = &self.model.layers[layer].expand;
        run_linear(self.isa, &self.hidden_codes, panels, &self.gelu, &mut self.wide);
        quantize(self.isa, whole(&self.wide, panels.columns()), &mut self.codes);
    }

    fn contract(&mut self, layer: usize) {
        let layer = &self.model.layers[layer];
        run_linear(self.isa, &self.codes, &layer.contract, &Identity, &mut self.linear);
        layer_norm(self.isa, &mut self.hidden, Some(&self.linear), &layer.output_norm, &mut self.hidden_codes);
    }

    fn pool<'a>(&'a mut self, batch: &'a Batch) -> Pending<'a, Vec<f32>> {
        let PackedModel { dim, pool, .. } = &*self.model;
        let length = pool.vector_dim(*dim);
        let mut vectors = vec![0.0; batch.texts() * length];
        for (span, unit) in batch.spans().zip(vectors.chunks_exact_mut(length)) {
            pool.run(self.isa, &self.hidden[span.start * dim..span.end * dim], *dim, unit);
        }
        Box::pin(std::future::ready(Ok(vectors)))
    }
}
