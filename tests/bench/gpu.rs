//! The GPU backend natively, through Vulkan, at the sizes of `gpu.py`, which times PyTorch on the same card:
//! `cargo run --release --features gpu --example gpu_bench -- build/model [--software] [--quick]`.
//!
//! Writes one line of JSON a size: texts, tokens, milliseconds (median and best), and billions of multiply-accumulates a second.
//! Times are from token ids to vectors in memory: what a caller waits for, uploads and reading back included.

use std::path::PathBuf;
use std::time::Instant;

use inkling_search::encoder::backend::{Backend, Batch};
use inkling_search::encoder::forward::forward;
use inkling_search::encoder::gpu::Gpu;
use inkling_search::encoder::gpu::device::Device;
use inkling_search::encoder::gpu::kernels::Variant;
use inkling_search::model::config::ModelConfig;
use inkling_search::model::weights::Weights;
use pollster::block_on;

/// Texts and tokens, of which a model takes as many as it may: a query, a long text, and two bulks.
const SIZES: [[usize; 2]; 4] = [[1, 16], [1, 512], [32, 128], [32, 512]];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let folder = arguments.iter().find(|argument| !argument.starts_with("--")).map_or("build/model".into(), PathBuf::from);
    let read =
        |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{}: {error}", folder.join(name).display()));
    let (config, bytes) = (ModelConfig::from_json(&read("config.json")).unwrap(), read("weights.safetensors"));
    let weights = Weights::read(&config, &bytes).unwrap();
    for variant in [Variant::Packed, Variant::Float] {
        let device = block_on(Device::open(has("--software"))).unwrap_or_else(|error| panic!("{error}: try --software"));
        let adapter = device.name.clone();
        if variant == Variant::Packed && device.variant != Variant::Packed {
            continue;
        }
        let mut gpu = block_on(Gpu::with_variant(device, variant, &config, &weights)).unwrap();
        for [texts, tokens] in if has("--quick") { &SIZES[..1] } else { &SIZES[..] } {
            println!("{}", time(&mut gpu, &config, &adapter, *texts, (*tokens).min(config.max_tokens)));
        }
    }
}

/// One size, timed for about two seconds after the device has settled.
fn time(gpu: &mut Gpu, config: &ModelConfig, adapter: &str, texts: usize, tokens: usize) -> String {
    // As `Encoder` does: a batch of no more rows than suits the backend, one after the other.
    let run = |gpu: &mut Gpu| {
        let mut left = texts;
        while left > 0 {
            let count = (gpu.batch_rows() / tokens).clamp(1, left);
            let mut batch = Batch::new();
            (0..count).for_each(|text| {
                batch.push(&(0..tokens).map(|at| (text * 7919 + at * 31 + 1000) as u32 % 30_000).collect::<Vec<_>>())
            });
            block_on(forward(gpu, config.layers, &batch)).unwrap();
            left -= count;
        }
    };
    let (mut times, begun) = (Vec::new(), Instant::now());
    while times.len() < 6 || (begun.elapsed().as_secs_f64() < 2.0 && times.len() < 300) {
        let start = Instant::now();
        run(gpu);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    // The first runs tell the backend how fast the device is.
    let mut times = times.split_off(3);
    times.sort_by(f64::total_cmp);
    let ModelConfig { dim, ff, layers, .. } = *config;
    let macs = layers * (tokens * dim * (4 * dim + 2 * ff) + 2 * tokens * tokens * dim) * texts;
    let median = times[times.len() / 2];
    format!(
        r#"{{"engine": "inkling {}", "adapter": {adapter:?}, "texts": {texts}, "tokens": {tokens}, "median_ms": {median:.3}, "best_ms": {:.3}, "gmacs": {:.1}}}"#,
        gpu.kernel_name(),
        times[0],
        macs as f64 / median / 1e6,
    )
}
