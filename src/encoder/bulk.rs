//! Many texts on all cores.

use rayon::prelude::*;

use super::{Encoded, Encoder};
use crate::error::Result;
use crate::text::tokenizer::TokenIds;

/// The vectors of many texts, in their order, on all cores.
///
/// `progress` is called from many threads with the number of texts that have just been finished. A text's vector does not
/// depend on the others: it is the same bits as [`Encoder::encode`] gives.
pub fn encode_all<T: AsRef<str> + Sync>(encoder: &Encoder, texts: &[T], progress: impl Fn(usize) + Sync) -> Result<Vec<Encoded>> {
    let tokenizer = encoder.tokenizer();
    let tokens: Vec<TokenIds> = texts.par_iter().map(|text| tokenizer.encode(text.as_ref())).collect::<Result<_>>()?;
    // Long texts first, so that no thread is left with one at the end.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(tokens[index].ids.len()));

    let batches = fill_batches(&order, &tokens, encoder.backend.batch_rows());
    let encode = |encoder: &mut Encoder, batch: &&[usize]| -> Result<Vec<(usize, Vec<f32>)>> {
        let ids: Vec<&[u32]> = batch.iter().map(|&index| &tokens[index].ids[..]).collect();
        let vectors = pollster::block_on(encoder.encode_ids(&ids))?;
        progress(batch.len());
        let dim = encoder.config().vector_dim();
        Ok(batch.iter().copied().zip(vectors.chunks_exact(dim).map(<[f32]>::to_vec)).collect())
    };
    let done: Vec<_> = batches.par_iter().with_max_len(1).map_init(|| encoder.fork(), encode).collect::<Result<_>>()?;

    let mut vectors = vec![Vec::new(); texts.len()];
    for (index, vector) in done.into_iter().flatten() {
        vectors[index] = vector;
    }
    let truncated = tokens.iter().map(|tokens| tokens.truncated);
    Ok(vectors.into_iter().zip(truncated).map(|(vector, truncated)| Encoded { vector, truncated }).collect())
}

/// Runs of `order` that hold about `rows` tokens each.
fn fill_batches<'a>(order: &'a [usize], tokens: &[TokenIds], rows: usize) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let (mut first, mut filled) = (0, 0);
    for (at, &index) in order.iter().enumerate() {
        filled += tokens[index].ids.len();
        if filled >= rows || at + 1 == order.len() {
            batches.push(&order[first..=at]);
            (first, filled) = (at + 1, 0);
        }
    }
    batches
}
