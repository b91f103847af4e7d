//! A published model to the quantized one that is shipped.

use std::collections::{BTreeMap, HashMap};

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};
use half::f16;
use rayon::prelude::*;
use safetensors::Dtype;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Digest, hex_sha256};
use crate::import::pull::RawModel;
use crate::import::smooth::{self, Ranges};
use crate::model::config::{Architecture, FORMAT, ModelConfig, Pooling};
use crate::model::weights::{BLOCK, Weights};
use crate::tensors::{self, ByteTensor};
use crate::text::tokenizer::Tokenizer;

/// A quantized model, as the bytes of its three files.
pub struct QuantizedModel {
    /// What goes into `config.json`.
    pub config: ModelConfig,
    /// `tokenizer.json`, as published.
    pub tokenizer: Vec<u8>,
    /// `weights.safetensors`.
    pub weights: Vec<u8>,
}

/// Quantizes a published model; also returns its original tensors, for the comparison with the f32 reference.
///
/// # Errors
/// `unsupported-model` for another architecture, activation or pooling, `missing-tensor` and `wrong-shape` for tensors that
/// contradict the model's configuration, `damaged-file` for files that cannot be read.
pub fn quantize(raw: &RawModel) -> Result<(QuantizedModel, HashMap<String, Tensor>)> {
    let published = json(raw, "config.json")?;
    let mut config = read_config(raw, &published)?;
    let mut tensors = read_tensors(raw)?;
    if published.model_type == DISTILBERT {
        add_token_types(&mut tensors, config.dim)?;
    }
    let tokenizer = file(raw, "tokenizer.json")?.to_vec();
    // Packed once as it is, to see what its activations look like, and once smoothed accordingly.
    let plain = Packer::new(&tensors, None).pack(&config)?;
    let plain_weights = Weights::read(&config, &plain)?;
    let ranges = smooth::measure(&config, &plain_weights, &Tokenizer::from_json(&tokenizer, config.max_tokens)?)?;
    let weights = Packer::new(&tensors, Some(&ranges)).pack(&config)?;
    (config.weights, config.tokenizer) = (Digest::of(&weights), Digest::of(&tokenizer));
    Ok((QuantizedModel { config, tokenizer, weights }, tensors))
}

/// A BERT without token types, with names of its own: it is renamed, and from then on a BERT like any other.
const DISTILBERT: &str = "distilbert";

/// The parts of a Hugging Face `config.json` that decide whether and how the model runs, by BERT's names or DistilBERT's.
#[derive(Deserialize)]
struct RawConfig {
    model_type: String,
    #[serde(alias = "activation")]
    hidden_act: Option<String>,
    #[serde(alias = "dim")]
    hidden_size: Option<usize>,
    #[serde(alias = "n_layers")]
    num_hidden_layers: Option<usize>,
    #[serde(alias = "n_heads")]
    num_attention_heads: Option<usize>,
    #[serde(alias = "hidden_dim")]
    intermediate_size: Option<usize>,
    vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    layer_norm_eps: Option<f32>,
    position_embedding_type: Option<String>,
}

fn read_config(raw: &RawModel, published: &RawConfig) -> Result<ModelConfig> {
    let unsupported = |what: String| Error::new(ErrorKind::UnsupportedModel, format!("{} cannot be run: {what}", raw.id));
    let RawConfig { model_type, hidden_act, position_embedding_type, .. } = published;
    if !["bert", DISTILBERT].contains(&model_type.as_str()) {
        return Err(unsupported(format!("its architecture is {model_type:?}, supported are \"bert\" and \"{DISTILBERT}\"")));
    }
    match hidden_act.as_deref() {
        None | Some("gelu") => {}
        Some(other) => return Err(unsupported(format!("its activation is {other:?}, supported is \"gelu\""))),
    }
    match position_embedding_type.as_deref() {
        None | Some("absolute") => {}
        Some(other) => return Err(unsupported(format!("its positions are {other:?}, supported is \"absolute\""))),
    }
    check_pooling(raw).map_err(unsupported)?;

    let size = |value: Option<usize>, name: &str| value.ok_or_else(|| unsupported(format!("its config.json has no {name}")));
    let positions = size(published.max_position_embeddings, "max_position_embeddings")?;
    let config = ModelConfig {
        format: FORMAT,
        id: raw.id.clone(),
        source: raw.source.clone(),
        weights: Digest::default(),
        tokenizer: Digest::default(),
        architecture: Architecture::Bert,
        pooling: Pooling::Mean,
        layers: size(published.num_hidden_layers, "num_hidden_layers")?,
        dim: size(published.hidden_size, "hidden_size")?,
        heads: size(published.num_attention_heads, "num_attention_heads")?,
        ff: size(published.intermediate_size, "intermediate_size")?,
        vocab: size(published.vocab_size, "vocab_size")?,
        positions,
        max_tokens: max_tokens(raw)?.unwrap_or(positions).min(positions),
        layer_norm_eps: published.layer_norm_eps.unwrap_or(1e-12),
    };
    config.check()?;
    Ok(config)
}

/// The model's own limit on tokens; a tokenizer.json may carry another one, which does not count.
fn max_tokens(raw: &RawModel) -> Result<Option<usize>> {
    #[derive(Deserialize)]
    struct SentenceConfig {
        max_seq_length: Option<usize>,
    }
    const FILE: &str = "sentence_bert_config.json";
    if !raw.files.contains_key(FILE) {
        return Ok(None);
    }
    json(raw, FILE).map(|config: SentenceConfig| config.max_seq_length)
}

/// Whether the model pools by the mean; one that does not say is taken to.
fn check_pooling(raw: &RawModel) -> Result<(), String> {
    const FILE: &str = "1_Pooling/config.json";
    if !raw.files.contains_key(FILE) {
        return Ok(());
    }
    let modes: HashMap<String, serde_json::Value> = json(raw, FILE).map_err(|error| error.to_string())?;
    for (mode, value) in modes {
        let is_mean = mode == "pooling_mode_mean_tokens";
        let is_on = value == serde_json::Value::Bool(true);
        if mode.starts_with("pooling_mode_") && is_on != is_mean {
            return Err(format!("it pools by {mode} = {value}, supported is the mean over tokens alone"));
        }
    }
    Ok(())
}

fn file<'a>(raw: &'a RawModel, name: &str) -> Result<&'a [u8]> {
    let file = raw.files.get(name).map(Vec::as_slice);
    file.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{} has no {name}", raw.source)))
}

fn json<T: for<'de> Deserialize<'de>>(raw: &RawModel, name: &str) -> Result<T> {
    serde_json::from_slice(file(raw, name)?)
        .map_err(|cause| Error::new(ErrorKind::DamagedFile, format!("{name} of {} cannot be read", raw.source)).caused_by(cause))
}

/// The embeddings of token types in a `BertModel`.
const TOKEN_TYPES: &str = "embeddings.token_type_embeddings.weight";

/// The tensors of a model in f32, by the names that a bare `BertModel` has.
fn read_tensors(raw: &RawModel) -> Result<HashMap<String, Tensor>> {
    let damaged = |cause: candle_core::Error| {
        Error::new(ErrorKind::DamagedFile, format!("the weights of {} cannot be read", raw.source)).caused_by(cause)
    };
    let tensors = match raw.files.get("model.safetensors") {
        Some(bytes) => candle_core::safetensors::load_buffer(bytes, &Device::Cpu).map_err(damaged)?,
        None => read_pickle(file(raw, "pytorch_model.bin")?)?,
    };
    let in_f32 = |(name, tensor): (String, Tensor)| tensor.to_dtype(DType::F32).map(|tensor| (bert_name(&name), tensor));
    tensors.into_iter().map(in_f32).collect::<candle_core::Result<_>>().map_err(damaged)
}

/// What a bare `BertModel` calls a tensor: parts of names as others write them, and as it does.
fn bert_name(name: &str) -> String {
    const PARTS: [(&str, &str); 11] = [
        ("LayerNorm.gamma", "LayerNorm.weight"),
        ("LayerNorm.beta", "LayerNorm.bias"),
        ("transformer.layer.", "encoder.layer."),
        (".attention.q_lin.", ".attention.self.query."),
        (".attention.k_lin.", ".attention.self.key."),
        (".attention.v_lin.", ".attention.self.value."),
        (".attention.out_lin.", ".attention.output.dense."),
        (".sa_layer_norm.", ".attention.output.LayerNorm."),
        (".ffn.lin1.", ".intermediate.dense."),
        (".ffn.lin2.", ".output.dense."),
        (".output_layer_norm.", ".output.LayerNorm."),
    ];
    let bare = name.strip_prefix("bert.").or_else(|| name.strip_prefix("distilbert.")).unwrap_or(name);
    PARTS.iter().fold(bare.to_owned(), |name, (other, own)| name.replace(other, own))
}

/// Gives a model without token types the one that changes nothing.
fn add_token_types(tensors: &mut HashMap<String, Tensor>, dim: usize) -> Result<()> {
    let zeros = Tensor::zeros((1, dim), DType::F32, &Device::Cpu);
    let zeros = zeros.map_err(|cause| Error::new(ErrorKind::Internal, "cannot make the token types").caused_by(cause))?;
    tensors.insert(TOKEN_TYPES.to_owned(), zeros);
    Ok(())
}

/// Reads a `pytorch_model.bin`, which candle takes from a file only.
fn read_pickle(bytes: &[u8]) -> Result<HashMap<String, Tensor>> {
    let path = std::env::temp_dir().join(format!("inkling-{}-{}.bin", std::process::id(), &hex_sha256(bytes)[..16]));
    let io = |cause: std::io::Error| {
        Error::new(ErrorKind::Io, format!("cannot write {} to read the weights from", path.display())).caused_by(cause)
    };
    std::fs::write(&path, bytes).map_err(io)?;
    let read = || -> candle_core::Result<HashMap<String, Tensor>> {
        let pickle = PthTensors::new(&path, None)?;
        let names = pickle.tensor_infos().keys();
        names.filter_map(|name| pickle.get(name).transpose().map(|tensor| Ok((name.clone(), tensor?)))).collect()
    };
    let tensors = read();
    std::fs::remove_file(&path).map_err(io)?;
    tensors.map_err(|cause| Error::new(ErrorKind::DamagedFile, "pytorch_model.bin cannot be read").caused_by(cause))
}

/// One tensor of the file to write.
struct Packed {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

struct Packer<'a> {
    tensors: &'a HashMap<String, Tensor>,
    ranges: Option<&'a [Ranges]>,
    packed: BTreeMap<String, Packed>,
}

impl<'a> Packer<'a> {
    /// A packer that smooths by the ranges of the activations, or not at all.
    fn new(tensors: &'a HashMap<String, Tensor>, ranges: Option<&'a [Ranges]>) -> Self {
        Self { tensors, ranges, packed: BTreeMap::new() }
    }

    fn pack(mut self, config: &ModelConfig) -> Result<Vec<u8>> {
        let ModelConfig { dim, ff, vocab, positions, .. } = *config;
        self.words(vocab, dim)?;
        self.positions(positions, dim)?;
        self.norm("embeddings.norm", "embeddings.LayerNorm", dim)?;
        for layer in 0..config.layers {
            let to = |part: &str| format!("layers.{layer}.{part}");
            let from = |part: &str| format!("encoder.layer.{layer}.{part}");
            let qkv = ["query", "key", "value"].map(|part| from(&format!("attention.self.{part}")));
            let ranges = self.ranges.map(|ranges| &ranges[layer]);
            self.smooth_linear(&to("qkv"), &qkv, dim, dim, ranges.map(|ranges| ranges.qkv.as_slice()))?;
            self.linear(&to("output"), &[from("attention.output.dense")], dim, dim)?;
            self.norm(&to("attention_norm"), &from("attention.output.LayerNorm"), dim)?;
            let expand = [from("intermediate.dense")];
            self.smooth_linear(&to("expand"), &expand, ff, dim, ranges.map(|ranges| ranges.expand.as_slice()))?;
            self.linear(&to("contract"), &[from("output.dense")], dim, ff)?;
            self.norm(&to("output_norm"), &from("output.LayerNorm"), dim)?;
        }
        self.serialize()
    }

    fn serialize(self) -> Result<Vec<u8>> {
        tensors::write(
            self.packed
                .iter()
                .map(|(name, Packed { dtype, shape, bytes })| (name.as_str(), ByteTensor::new(*dtype, shape.clone(), bytes))),
        )
    }

    fn put<T: bytemuck::NoUninit>(&mut self, name: String, dtype: Dtype, shape: &[usize], numbers: &[T]) {
        let bytes = bytemuck::cast_slice(numbers).to_vec();
        self.packed.insert(name, Packed { dtype, shape: shape.to_vec(), bytes });
    }

    /// An original tensor, which must have this shape, as a flat list.
    fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(Error::new(ErrorKind::MissingTensor, format!("the model has no tensor {name}: is it a BERT model?")));
        };
        if tensor.dims() != shape {
            let found = tensor.dims();
            return Err(Error::new(
                ErrorKind::WrongShape,
                format!("tensor {name} is {found:?}, the model's config.json wants {shape:?}"),
            ));
        }
        let numbers = tensor.flatten_all().and_then(|tensor| tensor.to_vec1::<f32>());
        let numbers = numbers.map_err(|cause| Error::new(ErrorKind::Internal, format!("cannot read {name}")).caused_by(cause))?;
        if numbers.iter().all(|x| x.is_finite()) {
            return Ok(numbers);
        }
        Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not finite")))
    }

    fn norm(&mut self, to: &str, from: &str, dim: usize) -> Result<()> {
        for part in ["weight", "bias"] {
            let numbers = self.take(&format!("{from}.{part}"), &[dim])?;
            self.put(format!("{to}.{part}"), Dtype::F32, &[dim], &numbers);
        }
        Ok(())
    }

    /// One or more linear layers (outputs, inputs), stacked.
    fn linear(&mut self, to: &str, from: &[String], outputs: usize, inputs: usize) -> Result<()> {
        let weights = self.stack(from, outputs, inputs)?;
        self.put_linear(to, from, outputs, inputs, &weights)
    }

    /// The same, for inputs that are smoothed.
    fn smooth_linear(&mut self, to: &str, from: &[String], outputs: usize, inputs: usize, ranges: Option<&[f32]>) -> Result<()> {
        let mut weights = self.stack(from, outputs, inputs)?;
        let constants = ranges.map_or_else(|| vec![f16::ONE; inputs], |ranges| smooth::constants(ranges, &weights));
        for row in weights.chunks_exact_mut(inputs) {
            row.iter_mut().zip(&constants).for_each(|(w, constant)| *w *= constant.to_f32());
        }
        self.put(format!("{to}.smooth"), Dtype::F16, &[inputs], &constants);
        self.put_linear(to, from, outputs, inputs, &weights)
    }

    fn stack(&self, from: &[String], outputs: usize, inputs: usize) -> Result<Vec<f32>> {
        let parts = from.iter().map(|from| self.take(&format!("{from}.weight"), &[outputs, inputs]));
        Ok(parts.collect::<Result<Vec<_>>>()?.concat())
    }

    fn put_linear(&mut self, to: &str, from: &[String], outputs: usize, inputs: usize, weights: &[f32]) -> Result<()> {
        let bias = from.iter().map(|from| self.take(&format!("{from}.bias"), &[outputs]));
        let bias = bias.collect::<Result<Vec<_>>>()?.concat();
        let (codes, scales) = quantize_rows(weights, inputs);
        let outputs = bias.len();
        self.put(format!("{to}.weight"), Dtype::I8, &[outputs, inputs], &codes);
        self.put(format!("{to}.scale"), Dtype::F32, &[outputs], &scales);
        self.put(format!("{to}.bias"), Dtype::F32, &[outputs], &bias);
        Ok(())
    }

    /// Position embeddings, with the embedding of token type 0, which every token has, added in.
    fn positions(&mut self, positions: usize, dim: usize) -> Result<()> {
        let mut table = self.take("embeddings.position_embeddings.weight", &[positions, dim])?;
        let rows = self.tensors.get(TOKEN_TYPES).map_or(2, |tensor| tensor.dims()[0]);
        let first_type = self.take(TOKEN_TYPES, &[rows, dim])?;
        for row in table.chunks_exact_mut(dim) {
            row.iter_mut().zip(&first_type).for_each(|(x, add)| *x += add);
        }
        let (codes, scales) = quantize_rows(&table, dim);
        self.put("embeddings.position.codes".into(), Dtype::I8, &[positions, dim], &codes);
        self.put("embeddings.position.scale".into(), Dtype::F32, &[positions], &scales);
        Ok(())
    }

    fn words(&mut self, vocab: usize, dim: usize) -> Result<()> {
        let table = self.take("embeddings.word_embeddings.weight", &[vocab, dim])?;
        let blocks: Vec<Block> = table.as_chunks::<BLOCK>().0.par_iter().map(Block::quantize).collect();
        let codes: Vec<u8> = blocks.iter().flat_map(|block| block.codes).collect();
        let scales: Vec<f16> = blocks.iter().map(|block| block.scale).collect();
        let offsets: Vec<f16> = blocks.iter().map(|block| block.offset).collect();
        self.put("embeddings.word.codes".into(), Dtype::U8, &[vocab, dim / 2], &codes);
        self.put("embeddings.word.scale".into(), Dtype::F16, &[vocab, dim / BLOCK], &scales);
        self.put("embeddings.word.offset".into(), Dtype::F16, &[vocab, dim / BLOCK], &offsets);
        Ok(())
    }
}

/// int8 codes in [-127, 127] with one scale a row, so that the largest magnitude of each row becomes ±127.
fn quantize_rows(table: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut codes = Vec::with_capacity(table.len());
    let scales = table.chunks_exact(width).map(|row| {
        let largest = row.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let scale = largest / 127.0;
        codes.extend(row.iter().map(|x| if scale > 0.0 { (x / scale).round() as i8 } else { 0 }));
        scale
    });
    let scales = scales.collect();
    (codes, scales)
}

/// 32 numbers of the word embedding table in 4 bits each: value = code × scale + offset.
struct Block {
    codes: [u8; BLOCK / 2],
    scale: f16,
    offset: f16,
}

impl Block {
    /// Tries ranges a little narrower than the block's own and keeps the one with the least squared error: giving up the
    /// accuracy of an outlier makes the steps between all other codes finer.
    fn quantize(numbers: &[f32; BLOCK]) -> Self {
        let low = numbers.iter().copied().fold(f32::INFINITY, f32::min);
        let high = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let range = high - low;
        let mut best = (f32::INFINITY, [0; BLOCK], f16::ZERO, f16::ZERO);
        for cut_low in 0..6 {
            for cut_high in 0..6 {
                let cut = |steps: i32| steps as f32 * 0.04 * range;
                let scale = f16::from_f32((range - cut(cut_low) - cut(cut_high)) / 15.0);
                let offset = f16::from_f32(low + cut(cut_low));
                let (codes, error) = Self::codes(numbers, scale.to_f32(), offset.to_f32());
                if error < best.0 {
                    best = (error, codes, scale, offset);
                }
            }
        }
        let (_, codes, scale, offset) = best;
        let codes = std::array::from_fn(|pair| codes[2 * pair] | codes[2 * pair + 1] << 4);
        Self { codes, scale, offset }
    }

    fn codes(numbers: &[f32; BLOCK], scale: f32, offset: f32) -> ([u8; BLOCK], f32) {
        let mut error = 0.0;
        let codes = numbers.map(|x| {
            let code = if scale > 0.0 { ((x - offset) / scale).round().clamp(0.0, 15.0) } else { 0.0 };
            error += (code * scale + offset - x).powi(2);
            code as u8
        });
        (codes, error)
    }
}
