//! No GPU's part in an encoder, in a build without one: the interface of `enabled.rs`, where the CPU does all.

use crate::model::config::ModelConfig;

/// Nothing.
#[derive(Default)]
pub struct Accelerated;

impl Accelerated {
    /// Whether several texts are taken together.
    pub fn takes_bulk(&self) -> bool {
        false
    }

    /// None: the CPU is to do it.
    pub async fn encode_ids<T: AsRef<[u32]>>(&mut self, _config: &ModelConfig, _texts: &[T]) -> Option<Vec<f32>> {
        None
    }
}
