//! Models and goldens for the native tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::model::pack::{QuantizedModel, quantize};
use inkling_search::model::pull::{FetchOptions, RawModel, Source, fetch};
use serde::Deserialize;

/// A file of `tests/data`.
pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

pub fn json<T: for<'de> Deserialize<'de>>(path: &str) -> T {
    serde_json::from_slice(&std::fs::read(data(path)).unwrap()).unwrap()
}

/// A text with the ids that the Python tokenizer gives.
#[derive(Deserialize)]
pub struct TokenGolden {
    pub name: String,
    pub text: String,
    pub ids: Vec<u32>,
}

/// The rows of `vectors` in a safetensors file: what sentence-transformers gives.
pub fn vector_goldens(path: &str) -> Vec<Vec<f32>> {
    candle_core::safetensors::load(data(path), &Device::Cpu).unwrap()["vectors"].to_vec2().unwrap()
}

/// The tiny seeded model as its makers would publish it.
pub fn tiny_raw() -> RawModel {
    fetch(&Source::Folder(data("tiny-model")), &FetchOptions::default(), &mut ()).unwrap()
}

/// A model quantized, with its original tensors.
pub struct Model {
    pub quantized: QuantizedModel,
    pub tensors: HashMap<String, Tensor>,
    pub config: Vec<u8>,
}

impl Model {
    pub fn of(raw: &RawModel) -> Self {
        let (quantized, tensors) = quantize(raw).unwrap();
        let config = serde_json::to_vec(&quantized.config).unwrap();
        Self { quantized, tensors, config }
    }

    pub fn files(&self) -> ModelFiles<'_> {
        let QuantizedModel { tokenizer, weights, .. } = &self.quantized;
        ModelFiles { config: &self.config, tokenizer, weights }
    }

    pub fn encoder(&self) -> Encoder {
        Encoder::load(&self.files()).unwrap()
    }
}

/// Mean and smallest cosine of pairs of vectors.
pub fn cosines(a: &[Vec<f32>], b: &[Vec<f32>]) -> (f64, f64) {
    assert_eq!(a.len(), b.len());
    let cosines: Vec<f64> = a.iter().zip(b).map(|(a, b)| inkling_search::model::check::cosine(a, b)).collect();
    (cosines.iter().sum::<f64>() / cosines.len() as f64, cosines.into_iter().fold(1.0, f64::min))
}
