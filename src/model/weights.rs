//! Quantized weights as they lie in `weights.safetensors`, checked against the model's configuration.
//!
//! | tensor | type, shape | meaning |
//! |---|---|---|
//! | `embeddings.word.codes` | U8 (vocab, dim / 2) | two 4-bit codes a byte, the even column in the low half |
//! | `embeddings.word.scale`, `.offset` | F16 (vocab, dim / 32) | value = code × scale + offset, a pair for each block of 32 columns |
//! | `embeddings.position.codes`, `.scale` | I8 (positions, dim), F32 (positions) | value = code × scale; token type 0 is added in |
//! | `embeddings.norm.weight`, `.bias` | F32 (dim) | layer normalization |
//! | `layers.N.qkv.weight`, `.scale`, `.bias` | I8 (3 dim, dim), F32 (3 dim), F32 (3 dim) | query, key and value, one below the other |
//! | `layers.N.qkv.smooth` | F16 (dim) | what each input column is divided by before it is quantized |
//! | `layers.N.output.…` | I8 (dim, dim), … | attention output |
//! | `layers.N.attention_norm.weight`, `.bias` | F32 (dim) | |
//! | `layers.N.expand.…`, `layers.N.contract.…` | I8 (ff, dim), I8 (dim, ff), … | feed-forward |
//! | `layers.N.expand.smooth` | F16 (dim) | as `qkv.smooth` |
//! | `layers.N.output_norm.weight`, `.bias` | F32 (dim) | |
//!
//! Linear weights are int8 in [-127, 127] with one scale a row (output channel): value = code × scale. Where
//! inputs are smoothed, the weights are those of the model times the constants, so that x W = (x / smooth) (smooth W).

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::error::{Error, ErrorKind, Result};
use crate::model::config::ModelConfig;

/// Columns of the word embedding table that share one scale.
pub const BLOCK: usize = 32;

/// The quantized weights of a model, borrowing the large tensors from the file's bytes.
pub struct Weights<'a> {
    /// 4-bit codes of the word embeddings, (vocab, dim / 2).
    pub word_codes: &'a [u8],
    /// Scales of the word embeddings, (vocab, dim / 32).
    pub word_scales: Vec<f16>,
    /// Offsets of the word embeddings, (vocab, dim / 32).
    pub word_offsets: Vec<f16>,
    /// Codes of the position embeddings, (positions, dim).
    pub position_codes: &'a [i8],
    /// Scales of the position embeddings, (positions).
    pub position_scales: Vec<f32>,
    /// The normalization of the embeddings.
    pub norm: Norm,
    /// The transformer layers, first to last.
    pub layers: Vec<Layer<'a>>,
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
    /// Codes in [-127, 127], (outputs, inputs).
    pub weight: &'a [i8],
    /// Scales, (outputs).
    pub scale: Vec<f32>,
    /// Bias, (outputs).
    pub bias: Vec<f32>,
    /// Columns of `weight`.
    pub inputs: usize,
    /// Rows of `weight`.
    pub outputs: usize,
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
    /// `wrong-shape` when they are not this model's.
    pub fn read(config: &ModelConfig, bytes: &'a [u8]) -> Result<Self> {
        let tensors = Tensors::open(bytes)?;
        let ModelConfig { dim, ff, vocab, positions, .. } = *config;
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
            word_codes: tensors.bytes("embeddings.word.codes", Dtype::U8, &[vocab, dim / 2])?,
            word_scales: tensors.f16s("embeddings.word.scale", &[vocab, dim / BLOCK])?,
            word_offsets: tensors.f16s("embeddings.word.offset", &[vocab, dim / BLOCK])?,
            position_codes: tensors.codes("embeddings.position.codes", &[positions, dim])?,
            position_scales: tensors.f32s("embeddings.position.scale", &[positions])?,
            norm: tensors.norm("embeddings.norm", dim)?,
            layers: (0..config.layers).map(layer).collect::<Result<_>>()?,
        })
    }
}

/// A safetensors file whose tensors are asked for with the type and shape they must have.
struct Tensors<'a>(SafeTensors<'a>);

impl<'a> Tensors<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|cause| {
            let what = "weights.safetensors is damaged or cut short: fetch it again";
            Error::new(ErrorKind::DamagedFile, what).caused_by(cause)
        })?;
        Ok(Self(tensors))
    }

    fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&'a [u8]> {
        let tensor = self.0.tensor(name).map_err(|cause| {
            Error::new(ErrorKind::MissingTensor, format!("the weights hold no tensor {name}: pull the model again"))
                .caused_by(cause)
        })?;
        if tensor.dtype() != dtype || tensor.shape() != shape {
            let (found, found_shape) = (tensor.dtype(), tensor.shape());
            return Err(Error::new(
                ErrorKind::WrongShape,
                format!("tensor {name} is {found:?} {found_shape:?}, the model's configuration wants {dtype:?} {shape:?}"),
            ));
        }
        Ok(tensor.data())
    }

    fn codes(&self, name: &str, shape: &[usize]) -> Result<&'a [i8]> {
        let codes: &[i8] = bytemuck::cast_slice(self.bytes(name, Dtype::I8, shape)?);
        // -128 would overflow the 16-bit sums of the dot kernels.
        if codes.contains(&i8::MIN) {
            return Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds -128, codes go from -127 to 127")));
        }
        Ok(codes)
    }

    fn f16s(&self, name: &str, shape: &[usize]) -> Result<Vec<f16>> {
        let numbers: Vec<f16> = bytemuck::pod_collect_to_vec(self.bytes(name, Dtype::F16, shape)?);
        finite(name, numbers, |number| number.is_finite())
    }

    fn f32s(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(self.bytes(name, Dtype::F32, shape)?);
        finite(name, numbers, |number| number.is_finite())
    }

    fn smooth(&self, name: &str, dim: usize) -> Result<Vec<f32>> {
        let constants: Vec<f32> = self.f16s(name, &[dim])?.into_iter().map(f16::to_f32).collect();
        if constants.iter().all(|&constant| constant > 0.0) {
            return Ok(constants);
        }
        Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not above 0")))
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear<'a>> {
        Ok(Linear {
            weight: self.codes(&format!("{name}.weight"), &[outputs, inputs])?,
            scale: self.f32s(&format!("{name}.scale"), &[outputs])?,
            bias: self.f32s(&format!("{name}.bias"), &[outputs])?,
            inputs,
            outputs,
        })
    }

    fn norm(&self, name: &str, dim: usize) -> Result<Norm> {
        Ok(Norm { weight: self.f32s(&format!("{name}.weight"), &[dim])?, bias: self.f32s(&format!("{name}.bias"), &[dim])? })
    }
}

/// The numbers of a tensor, once none of them is infinite or not a number.
fn finite<T>(name: &str, numbers: Vec<T>, is_finite: impl Fn(&T) -> bool) -> Result<Vec<T>> {
    if numbers.iter().all(is_finite) {
        return Ok(numbers);
    }
    Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not finite")))
}
