//! Models and goldens for the native tests.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::import::originals::Originals;
use inkling_search::import::pack::{QuantizedModel, quantize};
use inkling_search::import::pull::{FetchOptions, RawModel, Source, fetch};
use inkling_search::import::size::Size;
use serde::Deserialize;
use serde_json::{Value, json};

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

/// The tiny model's weights as a DistilBERT, which has no token types, as its makers would publish it.
pub fn tiny_distilbert_raw() -> RawModel {
    // BERT's names, and DistilBERT's: the list of make_goldens.py.
    const NAMES: [(&str, &str); 9] = [
        ("encoder.layer.", "transformer.layer."),
        (".attention.self.query.", ".attention.q_lin."),
        (".attention.self.key.", ".attention.k_lin."),
        (".attention.self.value.", ".attention.v_lin."),
        (".attention.output.dense.", ".attention.out_lin."),
        (".attention.output.LayerNorm.", ".sa_layer_norm."),
        (".intermediate.dense.", ".ffn.lin1."),
        (".output.dense.", ".ffn.lin2."),
        (".output.LayerNorm.", ".output_layer_norm."),
    ];
    let mut raw = tiny_raw();
    let published: Value = serde_json::from_slice(&raw.files["config.json"]).unwrap();
    let config = json!({
        "model_type": "distilbert", "activation": "gelu", "sinusoidal_pos_embds": false,
        "dim": published["hidden_size"], "hidden_dim": published["intermediate_size"],
        "n_layers": published["num_hidden_layers"], "n_heads": published["num_attention_heads"],
        "vocab_size": published["vocab_size"], "max_position_embeddings": published["max_position_embeddings"],
    });
    let tensors = candle_core::safetensors::load_buffer(&raw.files["model.safetensors"], &Device::Cpu).unwrap();
    let kept = tensors.into_iter().filter(|(name, _)| !name.contains("token_type") && !name.starts_with("pooler."));
    let renamed = kept.map(|(name, tensor)| (NAMES.iter().fold(name, |name, (bert, own)| name.replace(bert, own)), tensor));
    raw.files.insert("config.json".into(), serde_json::to_vec(&config).unwrap());
    raw.files.insert("model.safetensors".into(), safetensors::serialize(renamed, None).unwrap());
    raw
}

/// A variant of the tiny model as sentence-transformers saves it, and its vectors by tensor name: see make_variants.py.
pub fn variant(name: &str) -> (RawModel, HashMap<String, Vec<Vec<f32>>>) {
    let mut raw = if name.starts_with("distilbert") { tiny_distilbert_raw() } else { tiny_raw() };
    let files: HashMap<String, HashMap<String, Value>> = json("goldens/tiny-variants.json");
    raw.files.extend(files[name].iter().map(|(file, content)| (file.clone(), serde_json::to_vec(content).unwrap())));
    let all = candle_core::safetensors::load(data("goldens/tiny-variants.safetensors"), &Device::Cpu).unwrap();
    let own = |part: &str| part.strip_prefix(name)?.strip_prefix('.').map(str::to_owned);
    let tensors: HashMap<String, Tensor> = all.into_iter().filter_map(|(part, tensor)| Some((own(&part)?, tensor))).collect();
    let dense: HashMap<&str, &Tensor> =
        ["linear.weight", "linear.bias"].into_iter().filter_map(|part| Some((part, tensors.get(part)?))).collect();
    if !dense.is_empty() {
        raw.files.insert("2_Dense/model.safetensors".into(), safetensors::serialize(dense, None).unwrap());
    }
    let vectors = tensors.iter().filter(|(part, _)| !part.starts_with("linear."));
    (raw, vectors.map(|(part, tensor)| (part.clone(), tensor.to_vec2().unwrap())).collect())
}

/// A model quantized, with its original tensors.
pub struct Model {
    pub quantized: QuantizedModel,
    pub originals: Originals,
    pub config: Vec<u8>,
}

impl Model {
    pub fn of(raw: &RawModel) -> Self {
        Self::sized(raw, Size::Exact)
    }

    pub fn sized(raw: &RawModel, size: Size) -> Self {
        let (quantized, originals) = quantize(raw, size, &|_| ()).unwrap();
        let config = serde_json::to_vec(&quantized.config).unwrap();
        Self { quantized, originals, config }
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
    let cosines: Vec<f64> = a.iter().zip(b).map(|(a, b)| inkling_search::import::check::cosine(a, b)).collect();
    (cosines.iter().sum::<f64>() / cosines.len() as f64, cosines.into_iter().fold(1.0, f64::min))
}
