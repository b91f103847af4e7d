//! A model whose seldom rows of word embeddings lie apart, in blocks that come when a text needs them; and the same model whole again.

use safetensors::SafeTensors;

use super::config::{FORMAT, ModelConfig, PARTED_FORMAT};
use super::rows::Layout;
use super::weights::Weights;
use super::words::{Words, block, joined};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::tensors::{self, ByteTensor};

/// The files of a model that change when rows are parted from it, and the blocks of these.
pub struct Parted {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `weights.safetensors`.
    pub weights: Vec<u8>,
    /// `rows/000.bin` and so on.
    pub blocks: Vec<Vec<u8>>,
}

/// The tensor that says which rows come with the weights.
pub const FIRST: &str = "embeddings.word.first";
const ROWS: &str = "embeddings.word.rows";
const LENGTHS: [&str; 2] = ["embeddings.word.length.low", "embeddings.word.length.high"];

/// Parts the rows but those that come first from a whole model; nothing where none are left.
///
/// # Errors
/// Those of [`Weights::read`].
pub fn part(config: &ModelConfig, weights: &[u8], is_first: impl Fn(u32) -> bool) -> Result<Option<Parted>> {
    let words = Weights::read(config, weights)?.words;
    let (first, others): (Vec<u32>, Vec<u32>) = words.ids().into_iter().partition(|&id| is_first(id));
    if others.is_empty() {
        return Ok(None);
    }
    let bits = Layout::bits(config.vocab, first.iter().copied());
    let layout = Layout::read(config.vocab, &bits, Layout::blocks_of(others.len()));
    let layout = layout.ok_or_else(|| Error::new(ErrorKind::Internal, "the rows of a model cannot be parted"))?;
    let mut rest = others.as_slice();
    let blocks: Vec<Vec<u8>> = (0..layout.blocks())
        .map(|at| {
            let (ids, others) = rest.split_at(layout.rows_of(at));
            rest = others;
            Ok(block(rows(&words, ids)?.into_iter()))
        })
        .collect::<Result<_>>()?;
    let weights = rewritten(weights, &words, &first, Some(&bits))?;
    let config = ModelConfig {
        format: PARTED_FORMAT,
        weights: Digest::of(&weights),
        rows: blocks.iter().map(|block| Digest::of(block)).collect(),
        ..config.clone()
    };
    Ok(Some(Parted { config: config.to_json()?, weights, blocks }))
}

/// The configuration and the weights of a model with all of its rows, from those of one that lies in parts. `blocks` have been checked
/// against its configuration.
///
/// # Errors
/// Those of [`Weights::read`], and `damaged-file` for blocks that are not its own.
pub fn join(config: &ModelConfig, weights: &[u8], blocks: &[Vec<u8>]) -> Result<(Vec<u8>, Vec<u8>)> {
    let words = Weights::read(config, weights)?.words;
    blocks.iter().take(config.rows.len()).enumerate().try_for_each(|(at, block)| words.add(at, block))?;
    let weights = rewritten(weights, &words, &words.ids(), None)?;
    let config = ModelConfig { format: FORMAT, weights: Digest::of(&weights), rows: Vec::new(), ..config.clone() };
    Ok((config.to_json()?, weights))
}

fn rows<'a>(words: &'a Words, ids: &[u32]) -> Result<Vec<&'a [u8]>> {
    ids.iter().map(|&id| words.stream(id)).collect()
}

/// The same weights with some rows of the word embeddings, and what says which these are.
fn rewritten(weights: &[u8], words: &Words, ids: &[u32], bits: Option<&[u8]>) -> Result<Vec<u8>> {
    let damaged = |cause| Error::new(ErrorKind::DamagedFile, "weights.safetensors is damaged or cut short").caused_by(cause);
    let file = SafeTensors::deserialize(weights).map_err(damaged)?;
    let (streams, [low, high]) = joined(rows(words, ids)?.into_iter());
    let replaced = |name: &str| match name {
        ROWS => Some(&streams),
        name if name == LENGTHS[0] => Some(&low),
        name if name == LENGTHS[1] => Some(&high),
        _ => None,
    };
    let (mut names, mut views) = (Vec::new(), Vec::new());
    for (name, view) in file.tensors() {
        if name == FIRST {
            continue;
        }
        views.push(match replaced(&name) {
            Some(bytes) => ByteTensor::of(bytes),
            None => ByteTensor::new(view.dtype(), view.shape().to_vec(), view.data()),
        });
        names.push(name);
    }
    let first = bits.map(|bits| (FIRST, ByteTensor::of(bits)));
    tensors::write(names.iter().map(String::as_str).zip(views).chain(first))
}
