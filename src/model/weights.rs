//! Quantized weights as they lie in `weights.safetensors`, checked against the model's configuration.
//!
//! | tensor | type, shape | meaning |
//! |---|---|---|
//! | `embeddings.word.frequencies` | U8 | the table that the rows of word embeddings are coded with |
//! | `embeddings.word.rows` | U8 | the rows' codes, a stream each, one after the other |
//! | `embeddings.word.length.low`, `.high` | U8 | packed: the length of each stream in units of two bytes, low and high byte |
//! | `embeddings.word.first` | U8 | where rows lie apart: a bit for each row, 1 for those that are here |
//! | `embeddings.word.step`, `.mean` | F32 (1), F16 (dim) | value = code × step + mean |
//! | `embeddings.position.codes`, `.scale` | U8, F16 (positions) | packed (positions, dim); value = code × scale; token type 0 is added in |
//! | `embeddings.norm.weight`, `.bias` | F16 (dim) | layer normalization |
//! | `layers.N.qkv.codes`, `.scale`, `.bias` | U8, F16 (3 dim), F16 (3 dim) | packed (3 dim, dim): query, key and value, one below the other |
//! | `layers.N.qkv.smooth` | F16 (dim) | what each input column is divided by before it is quantized |
//! | `layers.N.output.…` | packed (dim, dim), … | attention output |
//! | `layers.N.attention_norm.weight`, `.bias` | F16 (dim) | |
//! | `layers.N.expand.…`, `layers.N.contract.…` | packed (ff, dim), (dim, ff), … | feed-forward |
//! | `layers.N.expand.smooth` | F16 (dim) | as `qkv.smooth` |
//! | `layers.N.output_norm.weight`, `.bias` | F16 (dim) | |
//! | `dense.codes`, `.scale`, `.bias` | packed (vector_dim, dim), … | the layer after pooling, where there is one |
//!
//! "Packed" are int8 codes under the entropy coder of [`super::rans`], row by row. Linear weights are codes in [-127, 127] with one
//! scale a row (output channel): value = code × scale. Where inputs are smoothed, the weights are those of the model times the
//! constants, so that x W = (x / smooth) (smooth W).

use std::sync::Arc;

use half::f16;

use super::parted::FIRST;
use super::rans::{Frequencies, unpack};
use super::rows::Layout;
use super::words::Words;
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::ModelConfig;
use crate::tensors::{Tensor, Tensors};

/// The quantized weights of a model, borrowing those of the layers from the file's bytes.
pub struct Weights<'a> {
    /// The word embeddings.
    pub words: Arc<Words>,
    /// Codes of the position embeddings, (positions, dim).
    pub position_codes: Vec<i8>,
    /// Scales of the position embeddings, (positions).
    pub position_scales: Vec<f32>,
    /// The normalization of the embeddings.
    pub norm: Norm,
    /// The transformer layers, first to last.
    pub layers: Vec<Layer<'a>>,
    /// The layer after pooling, (vector_dim, dim), where there is one.
    pub dense: Option<Linear<'a>>,
}

/// One transformer layer.
pub struct Layer<'a> {
    /// What the inputs of `qkv` are divided by, (dim).
    pub qkv_smooth: Vec<f32>,
    /// Query, key and value, (3 dim, dim).
    pub qkv: Linear<'a>,
    /// Attention output, (dim, dim).
    pub output: Linear<'a>,
    /// The normalization after attention.
    pub attention_norm: Norm,
    /// What the inputs of `expand` are divided by, (dim).
    pub expand_smooth: Vec<f32>,
    /// Feed-forward, up, (ff, dim).
    pub expand: Linear<'a>,
    /// Feed-forward, down, (dim, ff).
    pub contract: Linear<'a>,
    /// The normalization after the feed-forward part.
    pub output_norm: Norm,
}

/// A linear layer y = x Wᵀ + b with int8 weights, one scale an output channel.
pub struct Linear<'a> {
    packed: &'a [u8],
    /// Scales, (outputs).
    pub scale: Vec<f32>,
    /// Bias, (outputs).
    pub bias: Vec<f32>,
    /// Columns of `weight`.
    pub inputs: usize,
    /// Rows of `weight`.
    pub outputs: usize,
}

impl Linear<'_> {
    /// Unpacks the codes, in [-127, 127], (outputs, inputs).
    ///
    /// # Errors
    /// `damaged-file` when they are not so many.
    pub fn weight(&self) -> Result<Vec<i8>> {
        unpacked("a linear layer", self.packed, self.outputs * self.inputs)
    }
}

/// Gain and bias of a layer normalization, (dim) each.
#[derive(Debug, Clone)]
pub struct Norm {
    /// The gain.
    pub weight: Vec<f32>,
    /// The bias.
    pub bias: Vec<f32>,
}

impl<'a> Weights<'a> {
    /// Reads `weights.safetensors` for a model.
    ///
    /// # Errors
    /// `damaged-file` when the bytes are not a whole safetensors file or hold numbers no model has, `missing-tensor` and
    /// `wrong-shape` when they are not this model's. What is packed is checked when it is unpacked.
    pub fn read(config: &ModelConfig, bytes: &'a [u8]) -> Result<Self> {
        let tensors = Named::open(bytes)?;
        let ModelConfig { dim, ff, positions, .. } = *config;
        let layer = |index: usize| -> Result<Layer<'a>> {
            let name = |part: &str| format!("layers.{index}.{part}");
            Ok(Layer {
                qkv_smooth: tensors.smooth(&name("qkv.smooth"), dim)?,
                qkv: tensors.linear(&name("qkv"), 3 * dim, dim)?,
                output: tensors.linear(&name("output"), dim, dim)?,
                attention_norm: tensors.norm(&name("attention_norm"), dim)?,
                expand_smooth: tensors.smooth(&name("expand.smooth"), dim)?,
                expand: tensors.linear(&name("expand"), ff, dim)?,
                contract: tensors.linear(&name("contract"), dim, ff)?,
                output_norm: tensors.norm(&name("output_norm"), dim)?,
            })
        };
        Ok(Self {
            words: tensors.words(config)?.into(),
            position_codes: unpacked("embeddings.position", tensors.bytes("embeddings.position.codes")?, positions * dim)?,
            position_scales: tensors.numbers("embeddings.position.scale", positions)?,
            norm: tensors.norm("embeddings.norm", dim)?,
            layers: (0..config.layers).map(layer).collect::<Result<_>>()?,
            dense: config.dense.map(|dense| tensors.linear("dense", dense.outputs, dim)).transpose()?,
        })
    }
}

/// A safetensors file whose tensors are asked for with the type and shape they must have.
struct Named<'a>(Tensors<'a>);

impl<'a> Named<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::DamagedFile, "weights.safetensors is damaged or cut short: fetch it again");
        Tensors::read(bytes).map(Self).ok_or_else(damaged)
    }

    fn tensor(&self, name: &str) -> Result<&Tensor<'a>> {
        let missing = || Error::new(ErrorKind::MissingTensor, format!("the weights hold no tensor {name}: pull the model again"));
        self.0.get(name).ok_or_else(missing)
    }

    fn of_shape(&self, name: &str, dtype: &str, shape: &[usize]) -> Result<&'a [u8]> {
        let tensor = self.tensor(name)?;
        if tensor.dtype != dtype || tensor.shape != shape {
            let Tensor { dtype: found, shape: found_shape, .. } = tensor;
            return Err(Error::new(
                ErrorKind::WrongShape,
                format!("tensor {name} is {found} {found_shape:?}, the model's configuration wants {dtype} {shape:?}"),
            ));
        }
        Ok(tensor.data)
    }

    /// Bytes of any number.
    fn bytes(&self, name: &str) -> Result<&'a [u8]> {
        self.of_shape(name, "U8", &[self.tensor(name)?.data.len()])
    }

    fn numbers(&self, name: &str, count: usize) -> Result<Vec<f32>> {
        let numbers: Vec<f16> = bytemuck::pod_collect_to_vec(self.of_shape(name, "F16", &[count])?);
        finite(name, numbers.into_iter().map(f16::to_f32).collect())
    }

    fn smooth(&self, name: &str, dim: usize) -> Result<Vec<f32>> {
        let constants = self.numbers(name, dim)?;
        if constants.iter().all(|&constant| constant > 0.0) {
            return Ok(constants);
        }
        Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not above 0")))
    }

    fn words(&self, config: &ModelConfig) -> Result<Words> {
        let ModelConfig { vocab, dim, .. } = *config;
        let layout = match config.rows.len() {
            0 => Some(Layout::whole(vocab)),
            blocks => Layout::read(vocab, self.bytes(FIRST)?, blocks),
        };
        let odd = || {
            Error::new(ErrorKind::DamagedFile, format!("tensor {FIRST} does not fit the configuration: build the index again"))
        };
        let layout = layout.ok_or_else(odd)?;
        let name = |part: &str| format!("embeddings.word.{part}");
        let step: Vec<f32> = bytemuck::pod_collect_to_vec(self.of_shape(&name("step"), "F32", &[1])?);
        let step = finite(&name("step"), step)?[0];
        let lengths = [self.bytes(&name("length.low"))?, self.bytes(&name("length.high"))?];
        let mean = self.numbers(&name("mean"), dim)?;
        Words::read(layout, self.bytes(&name("frequencies"))?, self.bytes(&name("rows"))?, lengths, step, mean)
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear<'a>> {
        Ok(Linear {
            packed: self.bytes(&format!("{name}.codes"))?,
            scale: self.numbers(&format!("{name}.scale"), outputs)?,
            bias: self.numbers(&format!("{name}.bias"), outputs)?,
            inputs,
            outputs,
        })
    }

    fn norm(&self, name: &str, dim: usize) -> Result<Norm> {
        let numbers = |part: &str| self.numbers(&format!("{name}.{part}"), dim);
        Ok(Norm { weight: numbers("weight")?, bias: numbers("bias")? })
    }
}

/// Codes out of the entropy coder, none of which may be -128: that would overflow the 16-bit sums of the dot kernels.
fn unpacked(name: &str, packed: &[u8], count: usize) -> Result<Vec<i8>> {
    let fits = Frequencies::read(packed).is_some_and(|(frequencies, _)| !frequencies.has(i8::MIN));
    let codes = fits.then(|| unpack(packed, count)).flatten();
    codes.ok_or_else(|| {
        Error::new(ErrorKind::DamagedFile, format!("the codes of {name} cannot be unpacked: pull the model again"))
    })
}

/// The numbers of a tensor, once none of them is infinite or not a number.
fn finite(name: &str, numbers: Vec<f32>) -> Result<Vec<f32>> {
    if numbers.iter().all(|number| number.is_finite()) {
        return Ok(numbers);
    }
    Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not finite")))
}
