//! candle's f32 BERT behind the smallest boundary that a benchmark needs: token ids in, a unit vector out.

use candle_core::{D, DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use wasm_bindgen::prelude::*;

/// A sentence encoder: BERT, the mean over all tokens, and a vector of unit length.
#[wasm_bindgen]
pub struct Candle {
    model: BertModel,
}

#[wasm_bindgen]
impl Candle {
    /// Loads a model from the text of its `config.json` and the bytes of its `model.safetensors`.
    pub fn load(config: &str, weights: &[u8]) -> Result<Candle, JsError> {
        let config: Config = serde_json::from_str(config)?;
        let variables = VarBuilder::from_slice_safetensors(weights, DType::F32, &Device::Cpu)?;
        Ok(Self { model: BertModel::load(variables, &config)? })
    }

    /// The unit vector of one text, given as token ids with the special tokens.
    pub fn encode(&self, ids: &[u32]) -> Result<Vec<f32>, JsError> {
        Ok(self.forward(ids)?)
    }
}

impl Candle {
    fn forward(&self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?;
        let mean = hidden.mean(1)?;
        let length = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        mean.broadcast_div(&length)?.squeeze(0)?.to_vec1()
    }
}
