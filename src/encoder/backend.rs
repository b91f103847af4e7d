//! What a backend must be able to do: the fused steps of one forward pass.
//!
//! A backend holds the weights in the layout it likes and the activations of the batch it is working on. The steps are
//! called in the order of [`forward`](super::forward::forward); `hidden` below is the (rows, dim) matrix of hidden states
//! that they hand on.

use std::future::Future;
use std::pin::Pin;

use crate::error::Result;

/// Token ids of several texts, packed end to end: no padding, so only real tokens are computed and pooled.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The token ids of all texts, (rows). Each is below the model's `vocab`.
    pub ids: Vec<u32>,
    /// Where each text begins in `ids`, and at the end the number of rows, (texts + 1).
    pub starts: Vec<usize>,
}

impl Batch {
    /// A batch without texts.
    pub fn new() -> Self {
        Self { ids: Vec::new(), starts: vec![0] }
    }

    /// Appends the token ids of a text.
    pub fn push(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.starts.push(self.ids.len());
    }

    /// Empties the batch, keeping its memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.starts.truncate(1);
    }

    /// Number of tokens over all texts.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Number of texts.
    pub fn texts(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of each text, in order.
    pub fn spans(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }
}

/// The result of a step that may have to wait for a device.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// One implementation of the encoder's forward pass.
pub trait Backend: Send + Sync {
    /// The kernel in use, as reports name it: `"cpu avx-vnni"`.
    fn kernel_name(&self) -> &'static str;

    /// Another backend on the same weights, with its own activations, for another thread.
    fn fork(&self) -> Box<dyn Backend>;

    /// How many rows a batch should hold for this backend to work well.
    fn batch_rows(&self) -> usize;

    /// hidden = LayerNorm(word + position + token type embeddings).
    ///
    /// # Errors
    /// `invalid-input` or `no-gpu` for a batch that the backend cannot take. The steps after it are then not to be called.
    fn embed(&mut self, batch: &Batch) -> Result<()>;

    /// Query, key and value of every head: hidden Wᵀ + b.
    fn qkv(&mut self, layer: usize);

    /// context = softmax(Q Kᵀ / sqrt(head_dim)) V, for each text and head by itself.
    fn attention(&mut self, batch: &Batch);

    /// What each row goes through by itself after attention: `output`, `expand` and `contract`. A backend that can do them in one
    /// step does so here.
    fn feed(&mut self, layer: usize) {
        self.output(layer);
        self.expand(layer);
        self.contract(layer);
    }

    /// hidden = LayerNorm(hidden + context Wᵀ + b).
    fn output(&mut self, layer: usize);

    /// wide = GELU(hidden Wᵀ + b), (rows, ff).
    fn expand(&mut self, layer: usize);

    /// hidden = LayerNorm(hidden + wide Wᵀ + b).
    fn contract(&mut self, layer: usize);

    /// Each text's hidden states pooled, through the dense layer where there is one, and scaled to unit length, (texts, vector_dim).
    fn pool<'a>(&'a mut self, batch: &'a Batch) -> Pending<'a, Vec<f32>>;
}
