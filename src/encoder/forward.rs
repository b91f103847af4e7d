//! The forward pass of a BERT encoder, written once for every backend.

use crate::encoder::backend::{Backend, Batch};
use crate::error::Result;

/// Runs a batch through all layers and returns one unit vector a text, (texts, vector_dim).
pub async fn forward(backend: &mut dyn Backend, layers: usize, batch: &Batch) -> Result<Vec<f32>> {
    backend.embed(batch)?;
    for layer in 0..layers {
        backend.qkv(layer);
        backend.attention(batch);
        backend.feed(layer);
    }
    backend.pool(batch).await
}
