//! Where the vectors of a large index are: neighbours lie in one file, so that a query by meaning looks at a part until all have come.
//!
//! | tensor of `clusters.safetensors` | type, shape | meaning |
//! |---|---|---|
//! | `vectors`, `scales` | as in [`Codes`] | the middle of each cluster, coarsely: every code is 1 or -1 |
//! | `clusters.low`, `clusters.high` | U8 (passages) | the cluster of each passage, its two bytes apart |
//! | `clusters.mean` | F32 (dim) | the mean of all vectors |
//! | `clusters.reach` | F32 (1) | how far below the mean cosine that of the farthest document mostly is |
//!
//! A file of a cluster has the [rows](Codes::rows) of its passages, ascending.

use super::codes::Codes;
use super::sort::sort_keys;
use super::vectors::not_of_one_index;
use crate::error::Result;
use crate::tensors::Tensors;

/// The names of the tensors: low and high bytes, mean, reach.
pub(super) const TENSORS: [&str; 4] = ["clusters.low", "clusters.high", "clusters.mean", "clusters.reach"];

/// The clusters of the passages of an index, and which of them have come.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    middles: Codes,
    /// The cluster of each passage.
    of: Vec<u16>,
    /// The passages of each, ascending.
    members: Vec<Vec<u32>>,
    mean: Vec<f32>,
    reach: f32,
    pub(super) is_here: Vec<bool>,
}

impl Clusters {
    /// Reads `clusters.safetensors`.
    ///
    /// # Errors
    /// `damaged-file` when it is cut short or contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let middles = Codes::read(bytes)?;
        let read = || {
            let tensors = Tensors::read(bytes)?;
            let [low, high, mean, reach] = TENSORS.map(|name| tensors.bytes(name));
            let floats =
                |bytes: Option<&[u8]>| Some(bytemuck::pod_collect_to_vec::<u8, f32>(bytes.filter(|bytes| bytes.len() % 4 == 0)?));
            let (low, high, mean, reach) = (low?, high?, floats(mean)?, *floats(reach)?.first()?);
            let mut members = vec![Vec::new(); middles.len()];
            let mut of = Vec::new();
            for (passage, (&low, &high)) in (0u32..).zip(low.iter().zip(high)) {
                of.push(u16::from_le_bytes([low, high]));
                members.get_mut(usize::from(u16::from_le_bytes([low, high])))?.push(passage);
            }
            let are_numbers = mean.iter().chain([&reach]).all(|x| x.is_finite());
            let is_whole = low.len() == high.len() && mean.len() == middles.dim() && are_numbers;
            is_whole.then_some((of, members, mean, reach))
        };
        let (of, members, mean, reach) = read().ok_or_else(not_of_one_index)?;
        Ok(Self { is_here: vec![false; members.len()], middles, of, members, mean, reach })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Number of passages.
    pub fn passages(&self) -> usize {
        self.of.len()
    }

    /// The cluster of a passage.
    pub fn of(&self, passage: u32) -> usize {
        self.of[passage as usize].into()
    }

    /// The passages of a cluster, ascending; none where there is no such cluster.
    pub fn members(&self, cluster: usize) -> &[u32] {
        self.members.get(cluster).map_or(&[], Vec::as_slice)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Those that have not come.
    pub fn missing(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|&cluster| !self.is_here[cluster]).collect()
    }

    /// The clusters nearest to a query that have a passage of a document that is accepted, with so many passages together. `documents` are
    /// those of the passages.
    pub fn nearest(&self, query: &[f32], passages: usize, documents: &[u32], accepted: &[bool]) -> Vec<usize> {
        // The nearest first: whole numbers that fall where scores rise, and the clusters behind them.
        let key = |(cluster, score): (u64, f32)| {
            let bits = score.to_bits() as i32;
            let rising = bits ^ ((bits >> 31) & i32::MAX);
            u64::from(!rising as u32 ^ (1 << 31)) << 32 | cluster
        };
        let mut keys: Vec<u64> = (0..).zip(self.middles.scores(query)).map(key).collect();
        sort_keys(&mut keys);
        let (mut nearest, mut left) = (Vec::new(), passages);
        for key in keys {
            let cluster = key as u32 as usize;
            let members = self.members(cluster);
            if left > 0 && members.iter().any(|&passage| accepted[documents[passage as usize] as usize]) {
                left = left.saturating_sub(members.len());
                nearest.push(cluster);
            }
        }
        nearest
    }

    /// What the score of a passage that has not come may be, where `here` are those of the ones that have: the mean over all is known, and
    /// what is left of it is theirs.
    pub fn guess(&self, query: &[f32], here: &[f32]) -> f32 {
        let known: f32 = here.iter().sum();
        let count = self.of.len() - here.len();
        (self.mean_score(query) * self.of.len() as f32 - known) / count.max(1) as f32
    }

    /// What the least score of a document for a query may be.
    pub fn least(&self, query: &[f32]) -> f32 {
        self.mean_score(query) - self.reach
    }

    fn mean_score(&self, query: &[f32]) -> f32 {
        query.iter().zip(&self.mean).map(|(a, b)| a * b).sum()
    }
}
