//! A BERT in f32 of candle's tensors and layers: the oracle that judges the quantized backends. It is held to the Python reference by
//! goldens.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Module, Tensor};
use candle_nn::ops::softmax;
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear};

use crate::error::{Error, ErrorKind, Result};
use crate::import::originals::{Original, Originals};
use crate::model::config::{DenseActivation, ModelConfig, Pooling};

/// A BERT model in f32, computing one text at a time.
pub struct Reference {
    /// Embeddings of words (vocab, dim), positions (positions, dim) and, where there are any, token types (types, dim).
    words: Tensor,
    positions: Tensor,
    token_types: Option<Tensor>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooling: Pooling,
    /// Weight (outputs, inputs), bias and activation.
    dense: Option<(Tensor, Tensor, DenseActivation)>,
}

/// One transformer layer.
struct Layer {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    output_norm: LayerNorm,
}

impl Reference {
    /// Builds the model from its original tensors (as [`crate::import::pack::quantize`] returns them).
    pub fn new(config: &ModelConfig, originals: Originals) -> Result<Self> {
        let tensor = |Original { shape, numbers }| Tensor::from_vec(numbers, shape, &Device::Cpu);
        let tensors = originals.into_iter().map(|(name, original)| Ok((name, tensor(original)?)));
        let mut tensors = tensors.collect::<candle_core::Result<HashMap<String, Tensor>>>().map_err(failed)?;
        let mut take = |name: &str| tensors.remove(name);
        let dense = config.dense.and_then(|dense| Some((take("dense.weight")?, take("dense.bias")?, dense.activation)));
        let mut table = |kind: &str| take(&format!("embeddings.{kind}_embeddings.weight"));
        let (words, positions, token_types) = (table("word"), table("position"), table("token_type"));
        let (Some(words), Some(positions)) = (words, positions) else {
            return Err(Error::new(ErrorKind::MissingTensor, "the model has no embeddings of words and positions"));
        };
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let load = || -> candle_core::Result<_> {
            let norm = normalization(config, weights.pp("embeddings.LayerNorm"))?;
            let layer = |index| Layer::load(config, weights.pp(format!("encoder.layer.{index}")));
            Ok((norm, (0..config.layers).map(layer).collect::<candle_core::Result<_>>()?))
        };
        let (norm, layers) = load().map_err(failed)?;
        Ok(Self { words, positions, token_types, norm, layers, pooling: config.pooling, dense })
    }

    /// The unit vector of a text given as token ids.
    pub fn encode_ids(&self, ids: &[u32]) -> Result<Vec<f32>> {
        self.try_encode(ids).map_err(failed)
    }

    fn try_encode(&self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        let mut embedded = self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        embedded = (embedded + self.positions.narrow(0, 0, ids.len())?)?;
        if let Some(types) = &self.token_types {
            embedded = embedded.broadcast_add(&types.get(0)?)?;
        }
        let mut hidden = self.norm.forward(&embedded)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden)?;
        }
        self.pooled(&hidden)?.to_vec1()
    }

    /// From hidden states, (tokens, dim), to the unit vector.
    fn pooled(&self, hidden: &Tensor) -> candle_core::Result<Tensor> {
        let mut vector = match self.pooling {
            Pooling::Mean => hidden.mean(0)?,
            Pooling::Cls => hidden.get(0)?,
            Pooling::Max => hidden.max(0)?,
        };
        if let Some((weight, bias, activation)) = &self.dense {
            vector = (weight.matmul(&vector.unsqueeze(1)?)?.squeeze(1)? + bias)?;
            if *activation == DenseActivation::Tanh {
                vector = vector.tanh()?;
            }
        }
        let length = vector.sqr()?.sum_all()?.sqrt()?;
        vector.broadcast_div(&length)
    }
}

impl Layer {
    fn load(config: &ModelConfig, weights: VarBuilder) -> candle_core::Result<Self> {
        let ModelConfig { dim, ff, heads, .. } = *config;
        let inner = |name: &str| linear(dim, dim, weights.pp(name));
        Ok(Self {
            heads,
            query: inner("attention.self.query")?,
            key: inner("attention.self.key")?,
            value: inner("attention.self.value")?,
            output: inner("attention.output.dense")?,
            attention_norm: normalization(config, weights.pp("attention.output.LayerNorm"))?,
            expand: linear(dim, ff, weights.pp("intermediate.dense"))?,
            contract: linear(ff, dim, weights.pp("output.dense"))?,
            output_norm: normalization(config, weights.pp("output.LayerNorm"))?,
        })
    }

    /// From hidden states to hidden states, (tokens, dim) both.
    fn forward(&self, hidden: &Tensor) -> candle_core::Result<Tensor> {
        let (tokens, dim) = hidden.dims2()?;
        let width = dim / self.heads;
        // (heads, tokens, width)
        let split = |part: &Linear| part.forward(hidden)?.reshape((tokens, self.heads, width))?.transpose(0, 1)?.contiguous();
        let scores = (split(&self.query)?.matmul(&split(&self.key)?.t()?)? / (width as f64).sqrt())?;
        let mixed = softmax(&scores, D::Minus1)?.matmul(&split(&self.value)?)?.transpose(0, 1)?.reshape((tokens, dim))?;
        let attended = self.attention_norm.forward(&(self.output.forward(&mixed)? + hidden)?)?;
        let wide = self.expand.forward(&attended)?.gelu_erf()?;
        self.output_norm.forward(&(self.contract.forward(&wide)? + &attended)?)
    }
}

fn normalization(config: &ModelConfig, weights: VarBuilder) -> candle_core::Result<LayerNorm> {
    layer_norm(config.dim, f64::from(config.layer_norm_eps), weights)
}

fn failed(cause: candle_core::Error) -> Error {
    Error::new(ErrorKind::Internal, "the f32 reference cannot run this model").caused_by(cause)
}
