//! An encoder's GPU: does the work it was given, and is given up when it fails.

use serde::{Deserialize, Serialize};

use super::Encoder;
use super::backend::{Backend, Batch};
use super::forward::forward;
use crate::error::{Error, Result};
use crate::model::config::ModelConfig;

/// Which kinds of work a GPU does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// One text of at most [`QUERY_TOKENS`] tokens.
    pub query: bool,
    /// Everything else.
    pub bulk: bool,
}

/// A single text of up to so many tokens counts as a query.
pub const QUERY_TOKENS: usize = 64;

/// The GPU's part in an encoder.
#[derive(Default)]
pub struct Accelerated {
    gpu: Option<(Box<dyn Backend>, Work)>,
    failure: Option<Error>,
    /// Whether there are vectors of the GPU's that nobody has been told of.
    computed: bool,
}

impl Encoder {
    /// Lets a GPU do some kinds of work. Should it fail, the CPU answers and goes on without it.
    pub fn set_gpu(&mut self, gpu: Box<dyn Backend>, work: Work) {
        self.accelerated.gpu = Some((gpu, work));
    }

    /// Why the GPU was given up, told once.
    pub fn take_gpu_failure(&mut self) -> Option<Error> {
        self.accelerated.failure.take()
    }

    /// What the last vectors were computed on, `cpu` or `webgpu`, told once; `cpu` again while there are no others.
    pub fn take_computed_on(&mut self) -> &'static str {
        if std::mem::take(&mut self.accelerated.computed) { "webgpu" } else { "cpu" }
    }
}

impl Accelerated {
    /// Whether several texts are taken together.
    pub fn takes_bulk(&self) -> bool {
        self.gpu.as_ref().is_some_and(|(_, work)| work.bulk)
    }

    /// The vectors of texts given as token ids that were checked; none where the CPU is to do it, as after a failure.
    pub async fn encode_ids<T: AsRef<[u32]>>(&mut self, config: &ModelConfig, texts: &[T]) -> Option<Vec<f32>> {
        let (gpu, work) = self.gpu.as_mut()?;
        let is_query = matches!(texts, [ids] if ids.as_ref().len() <= QUERY_TOKENS);
        if if is_query { !work.query } else { !work.bulk } {
            return None;
        }
        match in_batches(&mut **gpu, config.layers, texts).await {
            Ok(vectors) => {
                self.computed = true;
                Some(vectors)
            }
            Err(error) => {
                self.gpu = None;
                self.failure = Some(error);
                None
            }
        }
    }
}

/// The vectors of texts in batches that are as large as a GPU takes.
async fn in_batches<T: AsRef<[u32]>>(gpu: &mut dyn Backend, layers: usize, texts: &[T]) -> Result<Vec<f32>> {
    let (mut vectors, mut batch) = (Vec::new(), Batch::new());
    for (index, ids) in texts.iter().enumerate() {
        batch.push(ids.as_ref());
        let next = texts.get(index + 1).map(|ids| ids.as_ref().len());
        if next.is_none_or(|next| batch.rows() + next > gpu.batch_rows()) {
            vectors.append(&mut forward(gpu, layers, &batch).await?);
            batch.clear();
        }
    }
    Ok(vectors)
}
