//! What stays on the GPU: weights in the order the kernels read them, and the pipelines.

use super::device::{Device, failed};
use super::kernels::{Parts, Shader, Shape, Variant, offsets, total};
use crate::error::Result;
use crate::model::config::ModelConfig;
use crate::model::weights::{Layer, Linear, Weights};
use crate::model::words::Words;

/// A model on a device, shared by all backends that compute with it.
pub struct GpuModel {
    /// The device that holds it.
    pub device: Device,
    /// The model's shape.
    pub shape: Shape,
    /// The model's configuration.
    pub config: ModelConfig,
    /// How the linear layers compute.
    pub variant: Variant,
    /// Codes and numbers of the embeddings.
    pub table: [wgpu::Buffer; 2],
    /// Codes and numbers of each layer.
    pub layers: Vec<[wgpu::Buffer; 2]>,
    layouts: [wgpu::BindGroupLayout; 2],
    pipelines: Vec<wgpu::ComputePipeline>,
}

impl Drop for GpuModel {
    fn drop(&mut self) {
        // Frees all that was made with it; browsers would only do so when they collect garbage.
        self.device.device.destroy();
    }
}

impl GpuModel {
    /// Brings a model's weights to a device and begins to build its pipelines.
    ///
    /// # Errors
    /// `unsupported-model` for a shape that the kernels do not run, `no-gpu` where a part is larger than the device binds.
    pub fn new(device: Device, variant: Variant, config: &ModelConfig, weights: &Weights) -> Result<Self> {
        let shape = Shape::of(config)?;
        let table = table(&device, &shape, weights)?;
        let layers = weights.layers.iter().map(|weights| layer(&device, &shape, config, weights)).collect::<Result<_>>()?;
        let layouts = [5, 6].map(|bindings| layout(&device.device, bindings));
        let pipelines = Shader::ALL.map(|shader| pipeline(&device.device, &shape, variant, shader, &layouts)).into();
        Ok(Self { device, shape, config: config.clone(), variant, table, layers, layouts, pipelines })
    }

    /// The pipeline of a step.
    pub fn pipeline(&self, shader: Shader) -> &wgpu::ComputePipeline {
        &self.pipelines[shader as usize]
    }

    /// Binds what a step reads and writes: the weights of a layer or of the embeddings, the batch, and activations.
    pub fn bind(&self, shader: Shader, weights: &[wgpu::Buffer; 2], others: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let buffers = weights.iter().chain(others.iter().copied()).zip(0..);
        let entries: Vec<_> =
            buffers.map(|(buffer, binding)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        let layout = &self.layouts[usize::from(shader.bindings() == 6)];
        let label = Some(shader.name());
        self.device.device.create_bind_group(&wgpu::BindGroupDescriptor { label, layout, entries: &entries })
    }
}

/// Storage buffers, of which the first four are only read.
fn layout(device: &wgpu::Device, bindings: u32) -> wgpu::BindGroupLayout {
    let entry = |binding| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: binding < 4 },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let entries: Vec<_> = (0..bindings).map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

fn pipeline(
    device: &wgpu::Device,
    shape: &Shape,
    variant: Variant,
    shader: Shader,
    layouts: &[wgpu::BindGroupLayout; 2],
) -> wgpu::ComputePipeline {
    let label = Some(shader.name());
    let source = wgpu::ShaderSource::Wgsl(shape.source(shader, variant).into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
    let bind_group_layouts = &[Some(&layouts[usize::from(shader.bindings() == 6)])];
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor { label, bind_group_layouts, immediate_size: 0 });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// A buffer of some parts, each written where the kernels look for it.
fn upload<T: bytemuck::NoUninit>(device: &Device, label: &str, parts: &Parts, contents: &[&[T]]) -> Result<wgpu::Buffer> {
    let buffer = device.storage(label, 4 * total(parts))?;
    for ((name, begin, length), contents) in offsets(parts).zip(contents) {
        let mut bytes = bytemuck::cast_slice(contents).to_vec();
        if bytes.len() != 4 * length {
            return Err(failed(format!("{name} holds {} bytes instead of {}", bytes.len(), 4 * length)));
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        device.queue.write_buffer(&buffer, 4 * begin as u64, &bytes);
    }
    Ok(buffer)
}

fn table(device: &Device, shape: &Shape, weights: &Weights) -> Result<[wgpu::Buffer; 2]> {
    let (code_parts, number_parts) = shape.table_parts();
    let mut words = Vec::new();
    weights.words.read_rows(&weights.words.ids(), &mut words)?;
    let codes = upload(device, "embeddings", &code_parts, &[&words, &weights.position_codes])?;
    let Words { step, mean, .. } = &*weights.words;
    let numbers: [&[f32]; 5] = [&[*step], mean, &weights.position_scales, &weights.norm.weight, &weights.norm.bias];
    Ok([codes, upload(device, "embedding scales", &number_parts, &numbers)?])
}

fn layer(device: &Device, shape: &Shape, config: &ModelConfig, layer: &Layer) -> Result<[wgpu::Buffer; 2]> {
    let (code_parts, number_parts) = shape.layer_parts();
    let linears = [&layer.qkv, &layer.output, &layer.expand, &layer.contract];
    let codes = linears.into_iter().map(words).collect::<Result<Vec<_>>>()?;
    let codes: Vec<&[[i8; 4]]> = codes.iter().map(Vec::as_slice).collect();
    let codes = upload(device, "layer", &code_parts, &codes)?;

    // log2(e) / sqrt(head_dim) goes into the query's scales, so that scores come out ready for powers of two.
    let query = std::f32::consts::LOG2_E / (config.head_dim() as f32).sqrt();
    let (mut scale, mut bias) = (layer.qkv.scale.clone(), layer.qkv.bias.clone());
    for numbers in [&mut scale, &mut bias] {
        numbers[..config.dim].iter_mut().for_each(|x| *x *= query);
    }
    let inverse = |constants: &[f32]| constants.iter().map(|constant| 1.0 / constant).collect::<Vec<_>>();
    let (qkv_smooth, expand_smooth) = (inverse(&layer.qkv_smooth), inverse(&layer.expand_smooth));
    let numbers: [&[f32]; 14] = [
        &scale,
        &bias,
        &qkv_smooth,
        &layer.output.scale,
        &layer.output.bias,
        &layer.attention_norm.weight,
        &layer.attention_norm.bias,
        &layer.expand.scale,
        &layer.expand.bias,
        &expand_smooth,
        &layer.contract.scale,
        &layer.contract.bias,
        &layer.output_norm.weight,
        &layer.output_norm.bias,
    ];
    Ok([codes, upload(device, "layer scales", &number_parts, &numbers)?])
}

/// Weights (outputs, inputs) as (inputs / 4, outputs) words, each with four inputs of one output.
fn words(linear: &Linear) -> Result<Vec<[i8; 4]>> {
    let mut words = vec![[0; 4]; linear.inputs / 4 * linear.outputs];
    for (output, row) in linear.weight()?.chunks_exact(linear.inputs).enumerate() {
        for (four, word) in row.as_chunks().0.iter().zip(words[output..].iter_mut().step_by(linear.outputs)) {
            *word = *four;
        }
    }
    Ok(words)
}
