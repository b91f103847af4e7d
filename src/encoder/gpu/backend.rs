//! The backend itself: notes dispatches, submits them in portions, reads vectors back.

use std::collections::VecDeque;
use std::sync::Arc;

use web_time::Instant;

use super::activations::{Activations, describe};
use super::device::{Device, failed};
use super::kernels::{Shader, Variant};
use super::model::GpuModel;
use super::wait::signal;
use crate::encoder::backend::{Backend, Batch, Pending};
use crate::encoder::forward::forward;
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;

/// A batch of at most so many rows is a query: one submit.
pub const QUERY_ROWS: usize = 64;

/// From so many rows the bulk plan is faster: its workgroups take 16 rows each, and there must be enough of them.
pub const BULK_ROWS: usize = 1024;

/// Most rows of a batch, a matter of memory: 75 MB of activations for MiniLM.
const MAX_ROWS: usize = 8192;

/// How long the work of one submit may take. Two are on their way at a time: together no longer than a frame.
pub const SUBMIT_SECONDS: f64 = 0.008;

/// How long the work of one batch should take: then what starting and reading back costs no longer matters.
const BATCH_SECONDS: f64 = 0.1;

/// Multiplications and additions a second that are expected of a device before it has been measured.
const FIRST_RATE: f64 = 5e10;

/// Work from which on time says something about the device's rate.
const MEASURABLE: f64 = 2e8;

/// The WebGPU backend.
pub struct Gpu {
    model: Arc<GpuModel>,
    activations: Option<Activations>,
    /// What has been noted since `embed`.
    noted: Vec<Dispatch>,
    bulk: bool,
    bulk_rows: usize,
    rows: usize,
    /// Attention tiles of the batch.
    tiles: usize,
    layer: usize,
    /// The batch's number: vectors that come back with another are not those asked for.
    number: u32,
    /// Multiplications and additions a second, measured.
    rate: f64,
    counters: Counters,
}

/// What has been asked of the device so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Kernels started.
    pub dispatches: usize,
    /// Command buffers submitted.
    pub submits: usize,
    /// Bytes read back.
    pub bytes_read: usize,
}

/// A matrix of activations, for whoever wants to look at a step's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// (rows, dim)
    Hidden,
    /// (rows, dim)
    Context,
    /// (rows, 3 dim) after `qkv`, (rows, ff) after `expand`.
    Wide,
}

struct Dispatch {
    shader: Shader,
    layer: usize,
    workgroups: [usize; 2],
    /// Multiplications and additions.
    cost: f64,
}

impl Gpu {
    /// Brings a model to a device, builds its pipelines and runs both plans once.
    ///
    /// # Errors
    /// `no-gpu` or `unsupported-model` with the reason why this device cannot be used.
    pub async fn new(device: Device, config: &ModelConfig, weights: &Weights<'_>) -> Result<Self> {
        let variant = device.variant;
        Self::with_variant(device, variant, config, weights).await
    }

    /// The same with a variant of the caller's choice.
    pub async fn with_variant(device: Device, variant: Variant, config: &ModelConfig, weights: &Weights<'_>) -> Result<Self> {
        let model = Arc::new(GpuModel::new(device, variant, config, weights)?);
        let mut gpu = Self::of(model);
        let mut batch = Batch::new();
        batch.push(&vec![0; config.max_tokens.min(16)]);
        for bulk_rows in [usize::MAX, 0] {
            gpu.bulk_rows = bulk_rows;
            forward(&mut gpu, config.layers, &batch).await?;
        }
        gpu.bulk_rows = BULK_ROWS;
        gpu.counters = Counters::default();
        Ok(gpu)
    }

    fn of(model: Arc<GpuModel>) -> Self {
        Self {
            model,
            activations: None,
            noted: Vec::new(),
            bulk: false,
            bulk_rows: BULK_ROWS,
            rows: 0,
            tiles: 0,
            layer: 0,
            number: 0,
            rate: FIRST_RATE,
            counters: Counters::default(),
        }
    }

    /// From how many rows the bulk plan is taken.
    pub fn set_bulk_rows(&mut self, rows: usize) {
        self.bulk_rows = rows;
    }

    /// What has been asked of the device since it was ready.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The adapter's name.
    pub fn adapter(&self) -> &str {
        &self.model.device.name
    }

    /// The device, for whoever wants to lose it: destroying it is what a driver's reset looks like.
    pub fn device_handle(&self) -> wgpu::Device {
        self.model.device.device.clone()
    }

    /// Runs what has been noted and reads one matrix back, the rows of the batch.
    ///
    /// # Errors
    /// As [`Backend::pool`] has.
    pub async fn matrix(&mut self, matrix: Matrix, width: usize) -> Result<Vec<f32>> {
        let Some(activations) = &self.activations else { return Ok(Vec::new()) };
        let buffer = match matrix {
            Matrix::Hidden => &activations.hidden,
            Matrix::Context => &activations.context,
            Matrix::Wide => &activations.wide,
        };
        let size = (4 * self.rows * width) as u64;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        let staging = self.model.device.device.create_buffer(&descriptor);
        let buffer = buffer.clone();
        self.run(&buffer, &staging, size).await
    }

    /// Notes a dispatch of so many multiplications and additions a row.
    fn note(&mut self, shader: Shader, workgroups: [usize; 2], cost: usize) {
        self.noted.push(Dispatch { shader, layer: self.layer, workgroups, cost: (self.rows * cost) as f64 });
    }

    /// Notes a linear step with so many columns.
    fn note_linear(&mut self, shader: Shader, columns: usize, cost: usize) {
        let cut = self.model.shape.cut(shader);
        self.note(shader, [self.rows.div_ceil(cut.rows()), columns.div_ceil(cut.columns())], cost);
    }

    /// Rows that the device can bind in one buffer, and that memory allows.
    fn most_rows(&self) -> usize {
        let ModelConfig { dim, ff, max_tokens, .. } = self.model.config;
        let bound = self.model.device.device.limits().max_storage_buffer_binding_size as usize;
        MAX_ROWS.max(max_tokens).min(bound / (4 * ff.max(3 * dim))) & !63
    }

    /// Makes room for a batch and writes it to the device.
    fn take(&mut self, batch: &Batch) -> Result<()> {
        let (rows, texts) = (batch.rows(), batch.texts());
        if rows == 0 || rows > self.most_rows() {
            let what = format!("a batch of {rows} tokens: this GPU takes 1 to {}", self.most_rows());
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        if self.activations.as_ref().is_none_or(|there| there.rows < rows || there.texts < texts) {
            let (room, texts_room) = self.activations.as_ref().map_or((QUERY_ROWS, 1), |there| (there.rows, there.texts));
            // What is there is freed first: both may not fit beside each other.
            self.activations = None;
            let rows = if rows > room { rows.next_power_of_two().min(self.most_rows()) } else { room };
            let texts = if texts > texts_room { texts.next_power_of_two() } else { texts_room };
            self.activations = Some(Activations::new(&self.model, rows, texts)?);
        }
        // Stays exact as f32, which is how it comes back.
        self.number = (self.number + 1) % (1 << 24);
        let (words, tiles) = describe(batch, self.number);
        (self.rows, self.tiles) = (rows, tiles);
        if let Some(activations) = &self.activations {
            self.model.device.queue.write_buffer(&activations.batch, 0, bytemuck::cast_slice(&words));
        }
        Ok(())
    }

    /// Submits what has been noted, then reads the beginning of a buffer back.
    async fn run(&mut self, from: &wgpu::Buffer, staging: &wgpu::Buffer, bytes: u64) -> Result<Vec<f32>> {
        let model = self.model.clone();
        let device = &model.device;
        let start = Instant::now();
        let noted = std::mem::take(&mut self.noted);
        let total: f64 = noted.iter().map(|dispatch| dispatch.cost).sum();
        let cap = if self.rows <= QUERY_ROWS { f64::INFINITY } else { self.rate * SUBMIT_SECONDS };
        let mut on_their_way = VecDeque::new();
        for (portion, is_last) in portions(&noted, cap) {
            let mut encoder = device.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            self.encode(portion, &mut encoder);
            if is_last {
                encoder.copy_buffer_to_buffer(from, 0, staging, 0, bytes);
            }
            device.queue.submit([encoder.finish()]);
            self.counters.submits += 1;
            if !is_last {
                on_their_way.push_back(device.finished());
                if on_their_way.len() == 2
                    && let Some(first) = on_their_way.pop_front()
                {
                    device.poll();
                    first.await;
                    device.check()?;
                }
            }
        }
        let numbers = self.read(staging, bytes).await?;
        let seconds = start.elapsed().as_secs_f64();
        if total >= MEASURABLE && seconds > 0.0 {
            self.rate = if total / seconds > self.rate { total / seconds } else { 0.7 * self.rate + 0.3 * total / seconds };
        }
        Ok(numbers)
    }

    fn encode(&mut self, portion: &[Dispatch], encoder: &mut wgpu::CommandEncoder) {
        let Some(activations) = &self.activations else { return };
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for Dispatch { shader, layer, workgroups: [x, y], .. } in portion {
            pass.set_pipeline(self.model.pipeline(*shader));
            pass.set_bind_group(0, activations.bindings(*shader, *layer), &[]);
            pass.dispatch_workgroups(*x as u32, *y as u32, 1);
        }
        self.counters.dispatches += portion.len();
    }

    async fn read(&mut self, staging: &wgpu::Buffer, bytes: u64) -> Result<Vec<f32>> {
        let device = &self.model.device;
        let (sender, mapped) = signal();
        staging.map_async(wgpu::MapMode::Read, 0..bytes, move |outcome| sender.send(outcome));
        device.poll();
        let outcome = mapped.await;
        device.check()?;
        outcome.map_err(|_| failed("the GPU's results cannot be read back"))?;
        let view = staging
            .get_mapped_range(0..bytes)
            .map_err(|cause| failed("the GPU's results are not there").caused_by(cause.to_string()))?;
        let numbers = bytemuck::pod_collect_to_vec(&view);
        drop(view);
        staging.unmap();
        self.counters.bytes_read += bytes as usize;
        Ok(numbers)
    }

    async fn vectors(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        let dim = self.model.config.dim;
        self.note(Shader::Pool, [batch.texts(), 1], dim);
        let Some(activations) = &self.activations else { return Ok(Vec::new()) };
        let (from, staging) = (activations.vectors.clone(), activations.staging[self.number as usize % 2].clone());
        let bytes = 4 * (batch.texts() * dim + 4);
        let mut vectors = self.run(&from, &staging, bytes as u64).await?;
        // A device that is lost does nothing and says nothing: what lies in the buffer may be an earlier batch.
        if vectors[batch.texts() * dim] != self.number as f32 {
            return Err(failed("the GPU gave back the vectors of another batch"));
        }
        vectors.truncate(batch.texts() * dim);
        for vector in vectors.chunks_exact(dim) {
            let length = vector.iter().map(|x| x * x).sum::<f32>();
            // A NaN lies in no range.
            if !(0.999..1.001).contains(&length) {
                return Err(failed("the GPU gave a vector that is not of unit length"));
            }
        }
        Ok(vectors)
    }
}

/// Runs of dispatches that cost up to `cap` together, at least one each, and whether it is the last.
fn portions(noted: &[Dispatch], cap: f64) -> impl Iterator<Item = (&[Dispatch], bool)> {
    let mut rest = noted;
    std::iter::from_fn(move || {
        let mut cost = 0.0;
        let fits = |dispatch: &&Dispatch| {
            cost += dispatch.cost;
            cost <= cap
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (portion, others) = rest.split_at_checked(count)?;
        rest = others;
        Some((portion, rest.is_empty()))
    })
}

impl Backend for Gpu {
    fn kernel_name(&self) -> &'static str {
        match self.model.variant {
            Variant::Packed => "webgpu packed",
            Variant::Float => "webgpu float",
        }
    }

    fn fork(&self) -> Box<dyn Backend> {
        let mut fork = Self::of(self.model.clone());
        (fork.rate, fork.bulk_rows) = (self.rate, self.bulk_rows);
        Box::new(fork)
    }

    fn batch_rows(&self) -> usize {
        let ModelConfig { dim, ff, layers, .. } = self.model.config;
        let cost = layers * dim * (4 * dim + 2 * ff);
        // No dispatch may take longer than a submit. The feed is the largest of a layer.
        let dispatch = self.rate * SUBMIT_SECONDS / (dim * (dim + 2 * ff)) as f64;
        let rows = (self.rate * BATCH_SECONDS / cost as f64).min(dispatch);
        (rows as usize).clamp(QUERY_ROWS, self.most_rows())
    }

    fn embed(&mut self, batch: &Batch) -> Result<()> {
        self.noted.clear();
        self.take(batch)?;
        self.bulk = self.rows >= self.bulk_rows && self.model.shape.has_feed();
        let rows = self.model.shape.cut(Shader::Embed).rows();
        self.note(Shader::Embed, [self.rows.div_ceil(rows), 1], 4 * self.model.config.dim);
        Ok(())
    }

    fn qkv(&mut self, layer: usize) {
        self.layer = layer;
        let dim = self.model.config.dim;
        self.note_linear(if self.bulk { Shader::BulkQkv } else { Shader::Qkv }, 3 * dim, 3 * dim * dim);
    }

    fn attention(&mut self, batch: &Batch) {
        let longest = batch.spans().map(|span| span.len()).max().unwrap_or(0);
        let ModelConfig { heads, dim, .. } = self.model.config;
        self.note(Shader::Attention, [self.tiles, heads], 2 * longest * dim);
    }

    fn feed(&mut self, layer: usize) {
        let ModelConfig { dim, ff, .. } = self.model.config;
        if self.bulk {
            self.note_linear(Shader::Feed, dim, dim * (dim + 2 * ff));
        } else {
            self.output(layer);
            self.expand(layer);
            self.contract(layer);
        }
    }

    fn output(&mut self, _layer: usize) {
        let dim = self.model.config.dim;
        self.note_linear(Shader::Output, dim, dim * dim);
    }

    fn expand(&mut self, _layer: usize) {
        let ModelConfig { dim, ff, .. } = self.model.config;
        self.note_linear(Shader::Expand, ff, dim * ff);
    }

    fn contract(&mut self, _layer: usize) {
        let ModelConfig { dim, ff, .. } = self.model.config;
        self.note_linear(Shader::Contract, dim, dim * ff);
    }

    fn pool<'a>(&'a mut self, batch: &'a Batch) -> Pending<'a, Vec<f32>> {
        Box::pin(self.vectors(batch))
    }
}
