//! A published model to the quantized one that is shipped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use half::f16;
use rayon::prelude::*;
use safetensors::Dtype;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Digest, hex_sha256};
use crate::import::calibrate::{self, Inputs, LayerInputs};
use crate::import::gptq::Carry;
use crate::import::grid::{deviation, half_step, largest, round_row, step_of};
use crate::import::originals::{self, Original, Originals};
use crate::import::pull::RawModel;
use crate::import::size::{Size, Steps};
use crate::import::smooth;
use crate::import::stages;
use crate::model::config::{Architecture, FORMAT, ModelConfig, Pooling};
use crate::model::rans;
use crate::model::weights::Weights;
use crate::model::words::PackedWords;
use crate::tensors::{self, ByteTensor};
use crate::text::tokenizer::{Tokenizer, packed};

/// A quantized model, as the bytes of its three files.
pub struct QuantizedModel {
    /// What goes into `config.json`.
    pub config: ModelConfig,
    /// `tokenizer.txt`.
    pub tokenizer: Vec<u8>,
    /// `weights.safetensors`.
    pub weights: Vec<u8>,
}

/// Quantizes a published model; also returns its original tensors, for the comparison with the f32 reference. `progress` is told the
/// share that is done, from several threads.
///
/// The same model gives the same bytes on every machine.
///
/// # Errors
/// `unsupported-model` for another architecture, activation or pooling, `missing-tensor` and `wrong-shape` for tensors that
/// contradict the model's configuration, `damaged-file` for files that cannot be read.
pub fn quantize(raw: &RawModel, size: Size, progress: &(dyn Fn(f32) + Sync)) -> Result<(QuantizedModel, Originals)> {
    let (mut config, tensors) = read(raw)?;
    let tokenizer = packed(file(raw, "tokenizer.json")?)?;
    // Packed once as finely as may be, to see what its activations look like, and once accordingly.
    let plain = Packer { tensors: &tensors, steps: Size::Exact.steps(), seen: None }.pack(&config, &|_| ())?;
    let plain_weights = Weights::read(&config, &plain)?;
    let reader = Tokenizer::read(&tokenizer, config.max_tokens)?;
    let seen = calibrate::measure(&config, &plain_weights, &reader, &|share| progress(share / 2.0))?;
    let packer = Packer { tensors: &tensors, steps: size.steps(), seen: Some(&seen) };
    let weights = packer.pack(&config, &|share| progress(0.5 + share / 2.0))?;
    (config.weights, config.tokenizer) = (Digest::of(&weights), Digest::of(&tokenizer));
    Ok((QuantizedModel { config, tokenizer, weights }, tensors))
}

/// What a published model will be once it is quantized, but for the files: its shape, its family.
///
/// # Errors
/// As [`quantize`].
pub fn identify(raw: &RawModel) -> Result<ModelConfig> {
    Ok(read(raw)?.0)
}

/// The configuration of a model without its files, and its tensors.
fn read(raw: &RawModel) -> Result<(ModelConfig, Originals)> {
    let published = json(raw, "config.json")?;
    let mut config = read_config(raw, &published)?;
    let mut tensors = originals::read(raw, "")?;
    if config.dense.is_some() {
        add_dense(&mut tensors, raw)?;
    }
    if published.model_type == DISTILBERT {
        // The one that changes nothing.
        tensors.insert(TOKEN_TYPES.to_owned(), Original::zeros(&[1, config.dim]));
    }
    let first_position = published.first_position();
    config.family = match published.inkling {
        Some(student) => student.family,
        None => family(&config, &tensors),
    };
    if let Some(positions) = tensors.get_mut(POSITIONS) {
        positions.drop_rows(first_position);
    }
    Ok((config, tensors))
}

/// What all packings of a model share: the hash of its tensors in f32, whatever file they came in, and of its pooling where that is not
/// the mean. A student has its teacher's: `family_of` in `train/align.py` computes the same.
fn family(config: &ModelConfig, tensors: &Originals) -> String {
    let is_weight = |name: &&String| {
        let (of_encoder, of_weight) = (["embeddings.", "encoder.", DENSE], [".weight", ".bias"]);
        of_encoder.iter().any(|start| name.starts_with(start)) && of_weight.iter().any(|end| name.ends_with(end))
    };
    let mut names: Vec<&String> = tensors.keys().filter(is_weight).collect();
    names.sort();
    let line = |name: &String| {
        let Original { shape, numbers } = &tensors[name];
        format!("{name} {shape:?} {}\n", hex_sha256(bytemuck::cast_slice(numbers)))
    };
    let mut lines: String = names.into_par_iter().map(line).collect::<Vec<String>>().concat();
    if config.pooling != Pooling::Mean {
        lines += &format!("pooling {:?}\n", config.pooling);
    }
    hex_sha256(lines.as_bytes())
}

/// A BERT without token types, with names of its own: it is renamed, and from then on a BERT like any other.
const DISTILBERT: &str = "distilbert";

/// A BERT whose positions begin behind that of the padding, with a tokenizer of its own.
const XLM_R: &str = "xlm-roberta";

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
    pad_token_id: Option<usize>,
    position_embedding_type: Option<String>,
    inkling: Option<Student>,
}

impl RawConfig {
    /// The row of the first token in the table of positions.
    fn first_position(&self) -> usize {
        if self.model_type == XLM_R { self.pad_token_id.unwrap_or(1) + 1 } else { 0 }
    }
}

/// What `train/train.py align` writes into a student's `config.json`.
#[derive(Deserialize)]
struct Student {
    /// The teacher's public name.
    student_of: String,
    /// The teacher's family.
    family: String,
}

fn read_config(raw: &RawModel, published: &RawConfig) -> Result<ModelConfig> {
    let unsupported = |what: String| Error::new(ErrorKind::UnsupportedModel, format!("{} cannot be run: {what}", raw.id));
    let RawConfig { model_type, hidden_act, position_embedding_type, .. } = published;
    if !["bert", DISTILBERT, XLM_R].contains(&model_type.as_str()) {
        let supported = format!("\"bert\", \"{DISTILBERT}\" and \"{XLM_R}\"");
        return Err(unsupported(format!("its architecture is {model_type:?}, supported are {supported}")));
    }
    match hidden_act.as_deref() {
        None | Some("gelu") => {}
        Some(other) => return Err(unsupported(format!("its activation is {other:?}, supported is \"gelu\""))),
    }
    match position_embedding_type.as_deref() {
        None | Some("absolute") => {}
        Some(other) => return Err(unsupported(format!("its positions are {other:?}, supported is \"absolute\""))),
    }
    let size = |value: Option<usize>, name: &str| value.ok_or_else(|| unsupported(format!("its config.json has no {name}")));
    let dim = size(published.hidden_size, "hidden_size")?;
    let stages = stages::read(raw, dim).map_err(unsupported)?;
    let positions =
        size(published.max_position_embeddings, "max_position_embeddings")?.saturating_sub(published.first_position());
    // No text has more tokens than `max_tokens`, so no other positions are kept.
    let max_tokens = max_tokens(raw)?.unwrap_or(positions).min(positions);
    let config = ModelConfig {
        format: FORMAT,
        id: raw.id.clone(),
        source: raw.source.clone(),
        license: raw.license(),
        card: raw.card_address(),
        family: String::new(),
        weights: Digest::default(),
        tokenizer: Digest::default(),
        rows: Vec::new(),
        architecture: Architecture::Bert,
        pooling: stages.pooling.unwrap_or(Pooling::Mean),
        dense: stages.dense,
        prompts: stages.prompts,
        student_of: published.inkling.as_ref().map(|student| student.student_of.clone()),
        layers: size(published.num_hidden_layers, "num_hidden_layers")?,
        dim,
        heads: size(published.num_attention_heads, "num_attention_heads")?,
        ff: size(published.intermediate_size, "intermediate_size")?,
        vocab: size(published.vocab_size, "vocab_size")?,
        positions: max_tokens,
        max_tokens,
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

pub(super) fn file<'a>(raw: &'a RawModel, name: &str) -> Result<&'a [u8]> {
    let file = raw.files.get(name).map(Vec::as_slice);
    file.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{} has no {name}", raw.source)))
}

/// A JSON file of a model.
pub(super) fn json<T: for<'de> Deserialize<'de>>(raw: &RawModel, name: &str) -> Result<T> {
    serde_json::from_slice(file(raw, name)?)
        .map_err(|cause| Error::new(ErrorKind::DamagedFile, format!("{name} of {} cannot be read", raw.source)).caused_by(cause))
}

/// The embeddings of positions in a `BertModel`.
const POSITIONS: &str = "embeddings.position_embeddings.weight";

/// The embeddings of token types in a `BertModel`.
const TOKEN_TYPES: &str = "embeddings.token_type_embeddings.weight";

/// What the names of the dense layer's tensors begin with.
const DENSE: &str = "dense.";

/// Adds the tensors of the dense layer; one without a bias gets the bias that changes nothing.
fn add_dense(tensors: &mut Originals, raw: &RawModel) -> Result<()> {
    let mut dense = originals::read(raw, "2_Dense/")?;
    let Some(weight) = dense.remove("linear.weight") else {
        return Err(Error::new(ErrorKind::MissingTensor, "the model's 2_Dense has no tensor linear.weight"));
    };
    let bias = dense.remove("linear.bias").unwrap_or_else(|| Original::zeros(&weight.shape[..1]));
    tensors.extend([(format!("{DENSE}weight"), weight), (format!("{DENSE}bias"), bias)]);
    Ok(())
}

/// One tensor of the file to write.
struct Packed {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The tensors to write, by name.
type Store = BTreeMap<String, Packed>;

fn put<T: bytemuck::NoUninit>(to: &mut Store, name: String, dtype: Dtype, numbers: &[T]) {
    to.insert(name, Packed { dtype, shape: vec![numbers.len()], bytes: bytemuck::cast_slice(numbers).to_vec() });
}

/// Puts in numbers as f16.
fn put_numbers(to: &mut Store, name: String, numbers: &[f32]) -> Result<()> {
    let halves: Vec<f16> = numbers.iter().map(|&x| f16::from_f32(x)).collect();
    if halves.iter().all(|x| x.is_finite()) {
        put(to, name, Dtype::F16, &halves);
        return Ok(());
    }
    let what = format!("{name} holds a number above 65504, which no weight of a sound model is");
    Err(Error::new(ErrorKind::UnsupportedModel, what))
}

struct Packer<'a> {
    tensors: &'a Originals,
    steps: Steps,
    /// What calibration has seen of each layer: without it nothing is smoothed, and codes are the nearest.
    seen: Option<&'a [LayerInputs]>,
}

impl Packer<'_> {
    fn pack(self, config: &ModelConfig, progress: &(dyn Fn(f32) + Sync)) -> Result<Vec<u8>> {
        let mut packed = Store::new();
        self.words(&mut packed, config.vocab, config.dim)?;
        self.positions(&mut packed, config.positions, config.dim)?;
        self.norm(&mut packed, "embeddings.norm", "embeddings.LayerNorm", config.dim)?;
        let done = AtomicUsize::new(1);
        let layer = |layer| {
            let packed = self.layer(config, layer);
            progress(done.fetch_add(1, Ordering::Relaxed) as f32 / config.layers as f32);
            packed
        };
        let layers: Vec<_> = (0..config.layers).into_par_iter().map(layer).collect(); // The first that is wrong is told of.
        packed.extend(layers.into_iter().collect::<Result<Vec<Store>>>()?.into_iter().flatten());
        if let Some(dense) = config.dense {
            self.linear(&mut packed, "dense", &["dense".to_owned()], [dense.outputs, config.dim], None)?;
        }
        tensors::write(
            packed
                .iter()
                .map(|(name, Packed { dtype, shape, bytes })| (name.as_str(), ByteTensor::new(*dtype, shape.clone(), bytes))),
        )
    }

    fn layer(&self, config: &ModelConfig, layer: usize) -> Result<Store> {
        let ModelConfig { dim, ff, .. } = *config;
        let (mut packed, seen) = (Store::new(), self.seen.map(|seen| &seen[layer]));
        let to = |part: &str| format!("layers.{layer}.{part}");
        let from = |part: &str| format!("encoder.layer.{layer}.{part}");
        let qkv = ["query", "key", "value"].map(|part| from(&format!("attention.self.{part}")));
        self.smooth_linear(&mut packed, &to("qkv"), &qkv, [dim, dim], seen.map(|seen| &seen.qkv))?;
        let output = [from("attention.output.dense")];
        self.linear(&mut packed, &to("output"), &output, [dim, dim], seen.map(|seen| &seen.output))?;
        self.norm(&mut packed, &to("attention_norm"), &from("attention.output.LayerNorm"), dim)?;
        let expand = [from("intermediate.dense")];
        self.smooth_linear(&mut packed, &to("expand"), &expand, [ff, dim], seen.map(|seen| &seen.expand))?;
        let contract = [from("output.dense")];
        self.linear(&mut packed, &to("contract"), &contract, [dim, ff], seen.map(|seen| &seen.contract))?;
        self.norm(&mut packed, &to("output_norm"), &from("output.LayerNorm"), dim)?;
        Ok(packed)
    }

    /// An original tensor, which must have this shape, as a flat list.
    fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(Error::new(ErrorKind::MissingTensor, format!("the model has no tensor {name}: is it a BERT model?")));
        };
        if tensor.shape != shape {
            let found = &tensor.shape;
            return Err(Error::new(
                ErrorKind::WrongShape,
                format!("tensor {name} is {found:?}, the model's config.json wants {shape:?}"),
            ));
        }
        if tensor.numbers.iter().all(|x| x.is_finite()) {
            return Ok(tensor.numbers.clone());
        }
        Err(Error::new(ErrorKind::DamagedFile, format!("tensor {name} holds a number that is not finite")))
    }

    fn norm(&self, packed: &mut Store, to: &str, from: &str, dim: usize) -> Result<()> {
        for part in ["weight", "bias"] {
            put_numbers(packed, format!("{to}.{part}"), &self.take(&format!("{from}.{part}"), &[dim])?)?;
        }
        Ok(())
    }

    /// One or more linear layers of a shape (outputs, inputs), stacked.
    fn linear(&self, packed: &mut Store, to: &str, from: &[String], shape: [usize; 2], seen: Option<&Inputs>) -> Result<()> {
        let weights = self.stack(from, "weight", &shape)?;
        self.put_linear(packed, to, &weights, &self.stack(from, "bias", &shape[..1])?, seen.map(|seen| Carry::new(seen, None)))
    }

    /// The same, for inputs that are smoothed.
    fn smooth_linear(
        &self,
        packed: &mut Store,
        to: &str,
        from: &[String],
        shape: [usize; 2],
        seen: Option<&Inputs>,
    ) -> Result<()> {
        let mut weights = self.stack(from, "weight", &shape)?;
        // What lies on a grid would no longer do so.
        let on_grid = weights.chunks_exact(shape[1]).all(|row| step_of(row).is_some());
        let constants = match seen.filter(|_| !on_grid) {
            Some(seen) => smooth::constants(&seen.largest, &weights),
            None => vec![1.0; shape[1]],
        };
        for row in weights.chunks_exact_mut(shape[1]) {
            row.iter_mut().zip(&constants).for_each(|(w, constant)| *w *= constant);
        }
        put_numbers(packed, format!("{to}.smooth"), &constants)?;
        let carry = seen.map(|seen| Carry::new(seen, Some(&constants)));
        self.put_linear(packed, to, &weights, &self.stack(from, "bias", &shape[..1])?, carry)
    }

    fn stack(&self, from: &[String], part: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let parts = from.iter().map(|from| self.take(&format!("{from}.{part}"), shape));
        Ok(parts.collect::<Result<Vec<_>>>()?.concat())
    }

    fn put_linear(&self, packed: &mut Store, to: &str, weights: &[f32], bias: &[f32], carry: Option<Carry>) -> Result<()> {
        let rows: Vec<&[f32]> = weights.chunks_exact(weights.len() / bias.len()).collect();
        let round = |row: &&[f32]| {
            if let Some(step) = step_of(row).map(half_step) {
                return (round_row(row, step), step);
            }
            let deviation = deviation(row);
            let step = half_step((self.steps.layers * deviation).max(largest(row) / 127.0));
            let codes = match &carry {
                Some(carry) => carry.round(row, step),
                None => round_row(row, step),
            };
            (codes, step)
        };
        let (codes, steps): (Vec<Vec<i8>>, Vec<f32>) = rows.par_iter().map(round).unzip();
        put(packed, format!("{to}.codes"), Dtype::U8, &rans::pack(&codes.concat()));
        put_numbers(packed, format!("{to}.scale"), &steps)?;
        put_numbers(packed, format!("{to}.bias"), bias)
    }

    /// Position embeddings, with the embedding of token type 0, which every token has, added in.
    fn positions(&self, packed: &mut Store, positions: usize, dim: usize) -> Result<()> {
        let rows_of = |name: &str, otherwise: usize| self.tensors.get(name).map_or(otherwise, |tensor| tensor.shape[0]);
        let mut table = self.take(POSITIONS, &[rows_of(POSITIONS, positions).max(positions), dim])?;
        table.truncate(positions * dim);
        let first_type = self.take(TOKEN_TYPES, &[rows_of(TOKEN_TYPES, 2), dim])?;
        let (mut codes, mut steps) = (Vec::new(), Vec::new());
        for row in table.chunks_exact_mut(dim) {
            row.iter_mut().zip(&first_type).for_each(|(x, add)| *x += add);
            let step = half_step(largest(row) / 127.0);
            codes.extend(round_row(row, step));
            steps.push(step);
        }
        put(packed, "embeddings.position.codes".into(), Dtype::U8, &rans::pack(&codes));
        put_numbers(packed, "embeddings.position.scale".into(), &steps)
    }

    /// Word embeddings, on one grid for the whole table.
    fn words(&self, packed: &mut Store, vocab: usize, dim: usize) -> Result<()> {
        let mut table = self.take("embeddings.word_embeddings.weight", &[vocab, dim])?;
        let mut sums = vec![0.0; dim];
        for row in table.chunks_exact(dim) {
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        // A table that lies on a grid keeps it: with the means taken off it would not.
        let grid = step_of(&table);
        let mean = |sum: &f64| if grid.is_some() { 0.0 } else { f16::from_f64(sum / vocab as f64).to_f32() };
        let mean: Vec<f32> = sums.iter().map(mean).collect();
        for row in table.chunks_exact_mut(dim) {
            row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
        }
        let step = grid.unwrap_or_else(|| self.steps.words * deviation(&table));
        let PackedWords { frequencies, streams, lengths } = PackedWords::pack(&round_row(&table, step), dim);
        let name = |part: &str| format!("embeddings.word.{part}");
        put_numbers(packed, name("mean"), &mean)?;
        put(packed, name("step"), Dtype::F32, &[step]);
        let parts = ["frequencies", "rows", "length.low", "length.high"].map(name);
        parts
            .into_iter()
            .zip([frequencies, streams].into_iter().chain(lengths))
            .for_each(|(name, bytes)| put(packed, name, Dtype::U8, &bytes));
        Ok(())
    }
}
