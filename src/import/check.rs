//! How close a quantized model stays to the f32 reference.

use crate::encoder::{Encoder, ModelFiles};
use crate::error::Result;
use crate::import::originals::Originals;
use crate::import::pack::QuantizedModel;
use crate::import::reference::Reference;

/// The 64 sentences on which every model is compared, one a line.
pub const SENTENCES: &str = include_str!("check_sentences.txt");

/// Cosines between the quantized model's vectors and those of the f32 reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
}

/// Compares a quantized model with its original tensors on some texts.
pub fn agreement<'a>(
    model: &QuantizedModel,
    tensors: Originals,
    texts: impl IntoIterator<Item = &'a str>,
    mut progress: impl FnMut(),
) -> Result<Agreement> {
    let config = serde_json::to_vec(&model.config).expect("a configuration is plain data");
    let files = ModelFiles { config: &config, tokenizer: &model.tokenizer, weights: &model.weights };
    let mut encoder = Encoder::load(&files)?;
    let reference = Reference::new(&model.config, tensors)?;

    let mut cosines = Vec::new();
    for text in texts {
        let ids = encoder.tokenizer().encode(text)?.ids;
        let quantized = pollster::block_on(encoder.encode_ids(&[&ids]))?;
        cosines.push(cosine(&quantized, &reference.encode_ids(&ids)?));
        progress();
    }
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    Ok(Agreement { mean, min: cosines.into_iter().fold(f64::INFINITY, f64::min) })
}

/// The cosine of two vectors.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
