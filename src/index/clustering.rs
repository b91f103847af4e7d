//! Laying the vectors of a large index out by cluster: k-means by cosine on a part of them, with a fixed order of operations, so that the
//! same vectors give the same files on every machine.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::clusters::TENSORS;
use super::codes::Codes;
use super::places::Places;
use crate::error::Result;
use crate::tensors::{self, ByteTensor};

/// About so many passages are a cluster: fewer are more files, and more of them have nothing that a query is about.
const PASSAGES: usize = 20;

/// Most clusters, or they grow: who asks by meaning fetches the list of all.
const CLUSTERS_MAX: usize = 8000;

/// Of so many passages for each cluster the middles are found.
const SAMPLE: usize = 16;

/// How often the middles move.
const ROUNDS: usize = 5;

/// A cluster of more than so many times the usual size is cut: whoever looks at it fetches all of it.
const SIZE_MAX: usize = 3;

/// So many passages are asked how far the farthest document is.
const ASKED: usize = 32;

/// The clusters of some vectors, and what is told of them before they come.
pub struct Clustering {
    /// The passages of each cluster, ascending.
    pub members: Vec<Vec<u32>>,
    middles: Codes,
    mean: Vec<f32>,
    reach: f32,
    passages: usize,
}

impl Clustering {
    /// Lays out the vectors of the passages at some places.
    pub fn of(codes: &Codes, places: &Places) -> Self {
        let passages = codes.len();
        let count = (passages / PASSAGES).clamp(2.min(passages), CLUSTERS_MAX);
        let mut groups = vec![Vec::new(); count];
        let middles = middles(codes, count);
        for passage in 0..passages as u32 {
            groups[nearest(&middles, &codes.vector(passage as usize))].push(passage);
        }
        let size_max = (passages * SIZE_MAX / count.max(1)).max(1);
        let cut = |group: Vec<u32>| {
            let parts = group.len().div_ceil(size_max).max(1);
            let size = group.len().div_ceil(parts).max(1);
            group.chunks(size).map(<[u32]>::to_vec).collect::<Vec<_>>()
        };
        let members: Vec<Vec<u32>> = groups.into_iter().flat_map(cut).collect();
        let mut coarse = Codes::new(codes.dim());
        for passages in &members {
            let mean = mean(codes, passages.iter().copied());
            let (length, sum) = (square(&mean), mean.iter().map(|x| x.abs()).sum::<f32>());
            let signs: Vec<i32> = mean.iter().map(|&x| if x < 0.0 { -1 } else { 1 }).collect();
            coarse.push_codes(&signs, if sum > 0.0 { length / sum } else { 0.0 });
        }
        let mean = mean(codes, 0..passages as u32);
        let reach = reach(codes, places, &mean);
        Self { members, middles: coarse, mean, reach, passages }
    }

    /// The bytes of `clusters.safetensors`.
    ///
    /// # Errors
    /// None but `internal`.
    pub fn write(&self) -> Result<Vec<u8>> {
        let [mut low, mut high] = [const { Vec::new() }; 2].map(|_: Vec<u8>| vec![0; self.passages]);
        for (cluster, passages) in (0u16..).zip(&self.members) {
            for &passage in passages {
                [low[passage as usize], high[passage as usize]] = cluster.to_le_bytes();
            }
        }
        let floats = |floats: &[f32]| bytemuck::cast_slice::<f32, u8>(floats).to_vec();
        let (mean, reach) = (floats(&self.mean), floats(&[self.reach]));
        let [of_low, of_high, of_mean, of_reach] = TENSORS;
        let mut parts: BTreeMap<&str, ByteTensor> = self.middles.tensors().into_iter().collect();
        parts.insert(of_low, ByteTensor::of(&low));
        parts.insert(of_high, ByteTensor::of(&high));
        parts.insert(of_mean, ByteTensor::new(Dtype::F32, vec![self.mean.len()], &mean));
        parts.insert(of_reach, ByteTensor::new(Dtype::F32, vec![1], &reach));
        tensors::write(parts)
    }
}

/// So many middles of clusters, of unit length, found on a part of the vectors.
fn middles(codes: &Codes, count: usize) -> Codes {
    let step = (codes.len() / (count * SAMPLE).max(1)).max(1);
    let sample: Vec<Vec<f32>> = (0..codes.len()).step_by(step).map(|passage| codes.vector(passage)).collect();
    let mut middles: Vec<Vec<f32>> = (0..count).map(|number| sample[number * sample.len() / count].clone()).collect();
    for _ in 0..ROUNDS {
        let before = quantized(&middles, codes.dim());
        let mut sums = vec![vec![0.0; codes.dim()]; count];
        for vector in &sample {
            sums[nearest(&before, vector)].iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        }
        for (middle, sum) in middles.iter_mut().zip(sums) {
            let length = square(&sum).sqrt();
            // One that nothing is near stays where it is.
            if length > 0.0 {
                *middle = sum.iter().map(|x| x / length).collect();
            }
        }
    }
    quantized(&middles, codes.dim())
}

fn quantized(vectors: &[Vec<f32>], dim: usize) -> Codes {
    let mut codes = Codes::new(dim);
    vectors.iter().for_each(|vector| codes.push(vector));
    codes
}

/// The first of those that are nearest to a vector.
fn nearest(middles: &Codes, vector: &[f32]) -> usize {
    let scores = middles.scores(vector);
    (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best })
}

fn mean(codes: &Codes, passages: impl ExactSizeIterator<Item = u32>) -> Vec<f32> {
    let (mut mean, count) = (vec![0.0f32; codes.dim()], passages.len().max(1) as f32);
    for passage in passages {
        mean.iter_mut().zip(codes.vector(passage as usize)).for_each(|(sum, x)| *sum += x);
    }
    mean.iter_mut().for_each(|x| *x /= count);
    mean
}

fn square(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum()
}

/// How far the least score of a document is below the mean of all passages, as some passages see it.
fn reach(codes: &Codes, places: &Places, mean: &[f32]) -> f32 {
    let asked = codes.len().min(ASKED);
    let of = |number: usize| {
        let query = codes.vector(number * codes.len() / asked);
        let scores = codes.scores(&query);
        let mut least = f32::INFINITY;
        let mut at = 0;
        for passages in places.documents().chunk_by(|a, b| a == b) {
            let best = scores[at..at + passages.len()].iter().fold(f32::NEG_INFINITY, |best, &score| best.max(score));
            at += passages.len();
            least = least.min(best);
        }
        query.iter().zip(mean).map(|(a, b)| a * b).sum::<f32>() - least
    };
    (0..asked).map(of).sum::<f32>() / asked.max(1) as f32
}
