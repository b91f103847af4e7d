//! Whether a GPU may do the CPU's work, and which: its vectors are compared, and both are timed.

use serde::{Deserialize, Serialize};
use web_time::Instant;

use super::gpu::{BULK_ROWS, Gpu};
use super::{Encoder, Work};
use crate::encoder::backend::{Backend, Batch};
use crate::encoder::forward::forward;
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::ModelConfig;

/// How close the vectors of GPU and CPU must be: a kernel that computes something else is far from that.
const LEAST_COSINE: f32 = 0.99;

/// How much faster a GPU must be before it is worth what it costs: power, memory, and the page's own frames.
const ADVANTAGE: f64 = 1.5;

/// Texts to compare vectors of.
const TEXTS: [&str; 4] = [
    "How do hospitals protect the data of their patients?",
    "bread",
    "The committee met on Tuesday and put the decision off until the figures of the third quarter are known.",
    "C'est la vie, 42 %",
];

/// Tokens of the texts that are timed, like a question and like a passage.
const QUERY: usize = 12;
const PASSAGE: usize = 96;

/// Passages that the GPU gets at once and the CPU one of.
const PASSAGES: usize = 12;

/// What takes less is taken to last this long.
const LEAST_SECONDS: f64 = 1e-5;

/// What was measured, and who does which work from now on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What the GPU does.
    pub work: Work,
    /// Milliseconds of a query on the CPU and on the GPU.
    pub query: [f64; 2],
    /// Tokens a second in bulk on the CPU and on the GPU.
    pub bulk: [f64; 2],
}

impl Verdict {
    /// The verdict in a sentence.
    pub fn why(&self) -> String {
        let Self { query: [cpu, gpu], bulk: [cpu_rate, gpu_rate], .. } = self;
        let (cpu, gpu, cpu_rate, gpu_rate) = (decimal(*cpu, 1), decimal(*gpu, 1), *cpu_rate as u64, *gpu_rate as u64);
        format!("measured here, CPU against GPU: a query {cpu} and {gpu} ms, bulk {cpu_rate} and {gpu_rate} tokens a second")
    }
}

/// A number with so many decimals. The standard library's way would add more to the module than the rest of this file.
fn decimal(number: f64, decimals: u32) -> String {
    let unit = 10u64.pow(decimals);
    let scaled = (number.abs() * unit as f64).round() as u64;
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}.{:0>width$}", scaled / unit, scaled % unit, width = decimals as usize)
}

/// Compares the vectors of both plans of a GPU with those of the CPU on a few fixed texts.
///
/// # Errors
/// `no-gpu` when they differ, or when the GPU fails.
pub async fn compare(cpu: &mut Encoder, gpu: &mut Gpu) -> Result<()> {
    let layers = cpu.config.layers;
    for text in TEXTS {
        let mut batch = Batch::new();
        batch.push(&cpu.tokenizer.encode(text)?.ids);
        let ours = forward(&mut *cpu.backend, layers, &batch).await?;
        for bulk_rows in [usize::MAX, 0] {
            gpu.set_bulk_rows(bulk_rows);
            let theirs = forward(gpu, layers, &batch).await?;
            let cosine: f32 = ours.iter().zip(&theirs).map(|(a, b)| a * b).sum();
            // A NaN lies in no range.
            if !(LEAST_COSINE..1.1).contains(&cosine) {
                let what =
                    format!("the GPU's vectors are wrong: a cosine of {} with the CPU's for “{text}”", decimal(cosine.into(), 3));
                return Err(Error::new(ErrorKind::NoGpu, what));
            }
        }
    }
    gpu.set_bulk_rows(BULK_ROWS);
    Ok(())
}

/// Times a query and a bulk on the GPU, and has the CPU's taken by `cpu`: how many seconds a text of so many tokens takes. The CPU works on
/// one text at a time, so that others come between.
///
/// # Errors
/// `no-gpu` when the GPU fails.
pub async fn measure(gpu: &mut Gpu, config: &ModelConfig, cpu: impl AsyncFn(usize) -> Result<f64>) -> Result<Verdict> {
    let passage = PASSAGE.min(config.max_tokens);
    let query = QUERY.min(passage);
    let (one, many) = (texts(query, 1), texts(passage, PASSAGES));
    // Browsers round clocks.
    let cpu = [cpu(query).await?.max(LEAST_SECONDS), cpu(passage).await?.max(LEAST_SECONDS)];
    let gpu = [fastest(gpu, config.layers, &one, 5).await?, fastest(gpu, config.layers, &many, 2).await?];
    let bulk = [passage as f64 / cpu[1], many.rows() as f64 / gpu[1]];
    let work = Work { query: cpu[0] > ADVANTAGE * gpu[0], bulk: bulk[1] > ADVANTAGE * bulk[0] };
    Ok(Verdict { work, query: [cpu[0] * 1e3, gpu[0] * 1e3], bulk })
}

/// Texts of a given number of tokens. Which ids they are does not affect the time.
fn texts(tokens: usize, count: usize) -> Batch {
    let mut batch = Batch::new();
    (0..count).for_each(|_| batch.push(&vec![1; tokens]));
    batch
}

/// Seconds of the fastest of some runs.
async fn fastest(backend: &mut dyn Backend, layers: usize, batch: &Batch, runs: usize) -> Result<f64> {
    let mut seconds = f64::INFINITY;
    for _ in 0..runs {
        let start = Instant::now();
        forward(backend, layers, batch).await?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    Ok(seconds.max(LEAST_SECONDS))
}

#[cfg(test)]
mod tests {
    #[test]
    fn decimals_are_rounded_and_keep_their_zeros() {
        let written =
            [(0.04, 1), (12.0, 1), (-0.0625, 3), (0.9996, 3)].map(|(number, decimals)| super::decimal(number, decimals));
        assert_eq!(written, ["0.0", "12.0", "-0.063", "1.000"]);
    }
}
