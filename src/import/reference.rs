//! The f32 encoder of candle-transformers: the oracle that judges the quantized backends.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, HiddenAct, PositionEmbeddingType};

use crate::error::{Error, ErrorKind, Result};
use crate::model::config::{DenseActivation, ModelConfig, Pooling};

/// A BERT model in f32, computing one text at a time.
pub struct Reference {
    model: BertModel,
    pooling: Pooling,
    /// Weight (outputs, inputs), bias and activation.
    dense: Option<(Tensor, Tensor, DenseActivation)>,
}

impl Reference {
    /// Builds the model from its original tensors (as [`crate::import::pack::quantize`] returns them).
    pub fn new(config: &ModelConfig, mut tensors: HashMap<String, Tensor>) -> Result<Self> {
        let dense = config
            .dense
            .and_then(|dense| Some((tensors.remove("dense.weight")?, tensors.remove("dense.bias")?, dense.activation)));
        let pooling = config.pooling;
        let rows = |table: &str| tensors.get(&format!("embeddings.{table}_embeddings.weight")).map(|table| table.dims()[0]);
        let (type_vocab_size, positions) = (rows("token_type").unwrap_or(0), rows("position").unwrap_or(config.positions));
        let config = Config {
            vocab_size: config.vocab,
            hidden_size: config.dim,
            num_hidden_layers: config.layers,
            num_attention_heads: config.heads,
            intermediate_size: config.ff,
            hidden_act: HiddenAct::Gelu,
            max_position_embeddings: positions,
            type_vocab_size,
            layer_norm_eps: f64::from(config.layer_norm_eps),
            position_embedding_type: PositionEmbeddingType::Absolute,
            ..Config::default()
        };
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let model = BertModel::load(weights, &config).map_err(failed)?;
        Ok(Self { model, pooling, dense })
    }

    /// The unit vector of a text given as token ids.
    pub fn encode_ids(&self, ids: &[u32]) -> Result<Vec<f32>> {
        self.try_encode(ids).map_err(failed)
    }

    fn try_encode(&self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?.squeeze(0)?;
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
        vector.broadcast_div(&length)?.to_vec1()
    }
}

fn failed(cause: candle_core::Error) -> Error {
    Error::new(ErrorKind::Internal, "the f32 reference cannot run this model").caused_by(cause)
}
