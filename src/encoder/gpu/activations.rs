//! What a batch needs on the GPU beside the weights: its buffers, and what binds them to the kernels.

use super::kernels::{HEADER, QUERIES, Shader};
use super::model::GpuModel;
use crate::encoder::backend::Batch;
use crate::error::Result;

/// The buffers of a batch of up to so many rows and texts.
pub struct Activations {
    /// Rows that fit.
    pub rows: usize,
    /// Texts that fit.
    pub texts: usize,
    /// The batch as the kernels read it.
    pub batch: wgpu::Buffer,
    /// Hidden states, (rows, dim).
    pub hidden: wgpu::Buffer,
    /// Attention output, (rows, dim).
    pub context: wgpu::Buffer,
    /// Query, key and value, (rows, 3 dim), and later the feed-forward part, (rows, ff).
    pub wide: wgpu::Buffer,
    /// The vectors and behind them the batch's number, (texts + 1, dim).
    pub vectors: wgpu::Buffer,
    /// Where results are read back from, in turn.
    pub staging: [wgpu::Buffer; 2],
    /// Embedding and pooling.
    ends: [wgpu::BindGroup; 2],
    /// For each layer the bindings of [`LAYER_SHADERS`].
    layers: Vec<[wgpu::BindGroup; 7]>,
}

/// The steps of a layer in both plans.
const LAYER_SHADERS: [Shader; 7] =
    [Shader::Qkv, Shader::BulkQkv, Shader::Attention, Shader::Output, Shader::Expand, Shader::Contract, Shader::Feed];

impl Drop for Activations {
    fn drop(&mut self) {
        let [first, second] = &self.staging;
        for buffer in [&self.batch, &self.hidden, &self.context, &self.wide, &self.vectors, first, second] {
            buffer.destroy();
        }
    }
}

impl Activations {
    /// Buffers for batches of up to `rows` rows and `texts` texts.
    pub fn new(model: &GpuModel, rows: usize, texts: usize) -> Result<Self> {
        let (device, dim) = (&model.device, model.config.dim);
        // Workgroups compute whole tiles; rows beyond the batch are there but mean nothing.
        let rows = rows.next_multiple_of(64);
        let words = HEADER + 2 * rows + 3 * (texts + rows / QUERIES) + 2 * texts;
        let batch = device.storage("batch", 4 * words)?;
        let hidden = device.storage("hidden", 4 * rows * dim)?;
        let context = device.storage("context", 4 * rows * dim)?;
        let wide = device.storage("wide", 4 * rows * model.config.ff.max(3 * dim))?;
        let vectors = device.storage("vectors", 4 * (texts + 1) * dim)?;
        let staging = ["staging 0", "staging 1"].map(|label| {
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            let descriptor =
                wgpu::BufferDescriptor { label: Some(label), size: vectors.size(), usage, mapped_at_creation: false };
            device.device.create_buffer(&descriptor)
        });
        let embed = model.bind(Shader::Embed, &model.table, &[&batch, &context, &hidden]);
        let pool = model.bind(Shader::Pool, &model.table, &[&batch, &hidden, &vectors]);
        let bind = |weights: &[wgpu::Buffer; 2], shader: Shader| match shader {
            Shader::Attention => model.bind(shader, weights, &[&batch, &wide, &context]),
            Shader::Output => model.bind(shader, weights, &[&batch, &context, &hidden]),
            Shader::Contract => model.bind(shader, weights, &[&batch, &wide, &hidden]),
            Shader::Feed => model.bind(shader, weights, &[&batch, &context, &hidden, &wide]),
            _ => model.bind(shader, weights, &[&batch, &hidden, &wide]),
        };
        let layers = model.layers.iter().map(|weights| LAYER_SHADERS.map(|shader| bind(weights, shader))).collect();
        Ok(Self { rows, texts, batch, hidden, context, wide, vectors, staging, ends: [embed, pool], layers })
    }

    /// The bindings of a step of a layer; the layer of embedding and pooling does not matter.
    pub fn bindings(&self, shader: Shader, layer: usize) -> &wgpu::BindGroup {
        match LAYER_SHADERS.iter().position(|known| *known == shader) {
            Some(index) => &self.layers[layer][index],
            None => &self.ends[usize::from(shader == Shader::Pool)],
        }
    }
}

/// A batch as the kernels read it, and how many attention tiles it has; `number` tells its results from those of others.
pub fn describe(batch: &Batch, number: u32) -> (Vec<u32>, usize) {
    let (rows, texts) = (batch.rows(), batch.texts());
    let mut words = vec![rows as u32, texts as u32, 0, 0, number];
    words.resize(HEADER, 0);
    for span in batch.spans() {
        words.extend(batch.ids[span].iter().zip(0..).flat_map(|(&id, position)| [id, position]));
    }
    let tiles_at = words.len();
    for span in batch.spans() {
        let (start, end) = (span.start as u32, span.end as u32);
        words.extend(span.step_by(QUERIES).flat_map(|first| [first as u32, start, end]));
    }
    let texts_at = words.len();
    words.extend(batch.spans().flat_map(|span| [span.start as u32, span.end as u32]));
    (words[2], words[3]) = (tiles_at as u32, texts_at as u32);
    (words, (texts_at - tiles_at) / 3)
}
