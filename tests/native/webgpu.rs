//! The WebGPU kernels on whatever Vulkan adapter is there, against the pass as it is defined.
//!
//! Ignored by default, because not every machine has an adapter: `npm test` installs one in software where it may, and says so
//! when it cannot.

use crate::models::{cosines, data, json};
use crate::naive::Naive;
use crate::real_model::MODEL;
use inkling_search::encoder::backend::{Backend, Batch};
use inkling_search::encoder::forward::forward;
use inkling_search::encoder::gpu::device::Device;
use inkling_search::encoder::gpu::kernels::Variant;
use inkling_search::encoder::gpu::{Counters, Gpu, Matrix};
use inkling_search::encoder::{Encoder, ModelFiles, Work, judge};
use inkling_search::error::ErrorKind;
use inkling_search::model::config::ModelConfig;
use inkling_search::model::weights::Weights;
use inkling_search::text::tokenizer::Tokenizer;
use pollster::block_on;

const VARIANTS: [Variant; 2] = [Variant::Packed, Variant::Float];

/// A folder's model: configuration and the bytes of its weights.
fn tiny() -> (ModelConfig, Vec<u8>) {
    let read = |name: &str| std::fs::read(data("tiny-quantized").join(name)).unwrap();
    (ModelConfig::from_json(&read("config.json")).unwrap(), read("weights.safetensors"))
}

fn open(variant: Variant, config: &ModelConfig, weights: &Weights) -> Gpu {
    let device = block_on(Device::open(true)).expect("no Vulkan adapter: apt-get install mesa-vulkan-drivers");
    println!("{} {variant:?}", device.name);
    block_on(Gpu::with_variant(device, variant, config, weights)).unwrap()
}

/// Texts of the given lengths, of ids that differ.
fn batch(config: &ModelConfig, lengths: &[usize]) -> Batch {
    let mut batch = Batch::new();
    for (text, &length) in lengths.iter().enumerate() {
        let ids: Vec<u32> = (0..length).map(|at| ((text * 31 + at * 17 + 1) % config.vocab) as u32).collect();
        batch.push(&ids);
    }
    batch
}

/// The largest difference of two matrices over the largest number in them.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    a.iter().zip(b).fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

/// Runs each step on both, and compares what it leaves behind. The GPU's own errors pass on from step to step.
fn compare_steps(config: &ModelConfig, weights: &Weights, variant: Variant, bulk: bool, lengths: &[usize]) {
    let tolerance = if variant == Variant::Float { 2e-4 } else { 0.06 };
    let (mut gpu, mut naive) = (open(variant, config, weights), Naive::new(config, weights));
    gpu.set_bulk_rows(if bulk { 0 } else { usize::MAX });
    let batch = batch(config, lengths);
    let ModelConfig { dim, ff, .. } = *config;
    let check = |step: &str, gpu: &mut Gpu, matrix: Matrix, width: usize, expected: &[f32]| {
        let found = difference(&block_on(gpu.matrix(matrix, width)).unwrap(), expected);
        assert!(found <= tolerance, "{step}, {variant:?}, bulk {bulk}: {found}");
    };
    gpu.embed(&batch).unwrap();
    naive.embed(&batch);
    check("embed", &mut gpu, Matrix::Hidden, dim, &naive.hidden);
    for layer in 0..config.layers.min(2) {
        gpu.qkv(layer);
        naive.qkv(layer);
        check("qkv", &mut gpu, Matrix::Wide, 3 * dim, &naive.wide);
        gpu.attention(&batch);
        naive.attention(&batch);
        check("attention", &mut gpu, Matrix::Context, dim, &naive.context);
        naive.output(layer);
        if !bulk {
            gpu.output(layer);
            check("output", &mut gpu, Matrix::Hidden, dim, &naive.hidden);
        }
        naive.expand(layer);
        if !bulk {
            gpu.expand(layer);
            check("expand", &mut gpu, Matrix::Wide, ff, &naive.wide);
        }
        naive.contract(layer);
        if bulk {
            gpu.feed(layer)
        } else {
            gpu.contract(layer)
        }
        check("contract", &mut gpu, Matrix::Hidden, dim, &naive.hidden);
    }
    let pooled = block_on(gpu.pool(&batch)).unwrap();
    assert!(difference(&pooled, &naive.pool(&batch).concat()) <= tolerance, "pool");
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn every_kernel_gives_what_its_definition_says() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    for variant in VARIANTS {
        for bulk in [false, true] {
            compare_steps(&config, &weights, variant, bulk, &[1, 48, 7, 33, 2]);
        }
    }
}

#[test]
#[ignore = "needs a Vulkan adapter, fetches the real model"]
fn every_kernel_gives_what_its_definition_says_on_the_real_model() {
    let config = &MODEL.quantized.config;
    let weights = Weights::read(config, &MODEL.quantized.weights).unwrap();
    for variant in VARIANTS {
        for bulk in [false, true] {
            compare_steps(config, &weights, variant, bulk, &[5, 70]);
        }
    }
}

#[test]
#[ignore = "needs a Vulkan adapter, fetches the real model"]
fn the_whole_pass_agrees_with_f32_on_the_same_quantized_weights() {
    let config = &MODEL.quantized.config;
    let weights = Weights::read(config, &MODEL.quantized.weights).unwrap();
    let tokenizer = Tokenizer::read(&MODEL.quantized.tokenizer, config.max_tokens).unwrap();
    let texts: Vec<String> = json("goldens/texts.json");
    let mut together = Batch::new();
    let mut expected = Vec::new();
    for text in texts.iter().step_by(10) {
        let ids = tokenizer.encode(text).unwrap().ids;
        together.push(&ids);
        let mut alone = Batch::new();
        alone.push(&ids);
        expected.extend(Naive::new(config, &weights).vectors(&alone));
    }
    for (variant, least) in [(Variant::Float, 0.9999), (Variant::Packed, 0.999)] {
        let mut gpu = open(variant, config, &weights);
        for (plan, bulk_rows) in [("query", usize::MAX), ("bulk", 0)] {
            gpu.set_bulk_rows(bulk_rows);
            let vectors = block_on(forward(&mut gpu, config.layers, &together)).unwrap();
            let vectors: Vec<Vec<f32>> = vectors.chunks_exact(config.dim).map(<[f32]>::to_vec).collect();
            let (mean, min) = cosines(&vectors, &expected);
            println!("{variant:?}, {plan} plan, {} texts: mean cosine {mean:.7}, smallest {min:.7}", vectors.len());
            assert!(mean >= least && min >= 0.99, "{variant:?}, {plan}: mean {mean}, smallest {min}");
        }
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_query_is_one_submit_of_five_dispatches_a_layer_and_reads_only_its_vector_back() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    let mut gpu = open(Variant::Packed, &config, &weights);
    block_on(forward(&mut gpu, config.layers, &batch(&config, &[48]))).unwrap();
    let bytes_read = 4 * (config.dim + 4);
    assert_eq!(gpu.counters(), Counters { dispatches: 5 * config.layers + 2, submits: 1, bytes_read });
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn bulk_takes_three_dispatches_a_layer_and_reads_only_vectors_back() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    let mut gpu = open(Variant::Packed, &config, &weights);
    block_on(forward(&mut gpu, config.layers, &batch(&config, &[48; 40]))).unwrap();
    let Counters { dispatches, bytes_read, .. } = gpu.counters();
    assert_eq!((dispatches, bytes_read), (3 * config.layers + 2, 4 * (40 * config.dim + 4)));
}

#[test]
#[ignore = "needs a Vulkan adapter, fetches the real model"]
fn the_work_of_bulk_is_submitted_in_portions() {
    let config = &MODEL.quantized.config;
    let weights = Weights::read(config, &MODEL.quantized.weights).unwrap();
    let mut gpu = open(Variant::Float, config, &weights);
    let lengths = vec![128; 4];
    block_on(forward(&mut gpu, config.layers, &batch(config, &lengths))).unwrap();
    // 512 rows are 5.4e9 multiplications; a device that has not been measured is trusted with 4e8 a submit.
    assert!(gpu.counters().submits >= 12, "{:?}", gpu.counters());
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn texts_have_the_same_vectors_alone_and_in_batches_that_grow_and_shrink() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    let mut gpu = open(Variant::Float, &config, &weights);
    for lengths in [vec![3], vec![48; 50], vec![1; 300], vec![5, 4]] {
        let batch = batch(&config, &lengths);
        let vectors = block_on(forward(&mut gpu, config.layers, &batch)).unwrap();
        let expected = Naive::new(&config, &weights).vectors(&batch).concat();
        assert!(difference(&vectors, &expected) < 2e-4);
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_device_that_is_lost_gives_an_error_and_never_vectors() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    let mut gpu = open(Variant::Packed, &config, &weights);
    gpu.device_handle().destroy();
    let error = block_on(forward(&mut gpu, config.layers, &batch(&config, &[5]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoGpu, "{error}");
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_software_adapter_is_refused_unless_asked_for() {
    let by_name = block_on(Device::open(true)).expect("no Vulkan adapter: apt-get install mesa-vulkan-drivers");
    match block_on(Device::open(false)) {
        Ok(device) => assert!(!device.software && !by_name.software, "{}", device.name),
        Err(error) => assert!(error.kind() == ErrorKind::NoGpu && error.to_string().contains(&by_name.name), "{error}"),
    }
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_batch_larger_than_the_device_takes_is_refused() {
    let (config, bytes) = tiny();
    let weights = Weights::read(&config, &bytes).unwrap();
    let mut gpu = open(Variant::Float, &config, &weights);
    let error = block_on(forward(&mut gpu, config.layers, &batch(&config, &vec![48; 200]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    block_on(forward(&mut gpu, config.layers, &batch(&config, &[48]))).unwrap();
}

/// The tiny model on the CPU, and on the GPU with its weights changed.
fn both(change: impl FnOnce(&mut Weights)) -> (Encoder, Gpu) {
    let read = |name: &str| std::fs::read(data("tiny-quantized").join(name)).unwrap();
    let (json, tokenizer, bytes) = (read("config.json"), read("tokenizer.txt"), read("weights.safetensors"));
    let encoder = Encoder::load(&ModelFiles { config: &json, tokenizer: &tokenizer, weights: &bytes }).unwrap();
    let mut weights = Weights::read(encoder.config(), &bytes).unwrap();
    change(&mut weights);
    let gpu = open(Variant::Packed, encoder.config(), &weights);
    (encoder, gpu)
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_gpu_that_is_lost_leaves_its_work_to_the_cpu_and_the_reason_is_told_once() {
    let (mut encoder, gpu) = both(|_| ());
    let texts = ["health data", "how do I keep my best people?"];
    let expected = block_on(encoder.encode_many(&texts)).unwrap();
    let lost = gpu.device_handle();
    encoder.set_gpu(Box::new(gpu), Work { query: true, bulk: true });
    block_on(encoder.encode_many(&texts)).unwrap();
    assert_eq!(encoder.take_computed_on(), "webgpu");
    assert!(encoder.take_gpu_failure().is_none());

    lost.destroy();
    assert_eq!(block_on(encoder.encode_many(&texts)).unwrap(), expected);
    assert_eq!(encoder.take_computed_on(), "cpu");
    assert_eq!(encoder.take_gpu_failure().expect("a reason").kind(), ErrorKind::NoGpu);
    assert!(encoder.take_gpu_failure().is_none());
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_gpu_does_only_the_work_it_is_given() {
    let (mut encoder, gpu) = both(|_| ());
    encoder.set_gpu(Box::new(gpu), Work { query: false, bulk: true });
    block_on(encoder.encode("health")).unwrap();
    assert_eq!(encoder.take_computed_on(), "cpu");
    block_on(encoder.encode_many(&["health", "data"])).unwrap();
    assert_eq!(encoder.take_computed_on(), "webgpu");
}

#[test]
#[ignore = "needs a Vulkan adapter"]
fn a_gpu_is_compared_with_the_cpu_before_it_is_trusted_and_then_measured() {
    let (mut encoder, mut gpu) = both(|_| ());
    block_on(judge::compare(&mut encoder, &mut gpu)).unwrap();
    // Four texts by both plans.
    assert_eq!(gpu.counters().dispatches, 4 * ((5 + 3) * encoder.config().layers + 4));
    let config = encoder.config().clone();
    let verdict = block_on(judge::measure(&mut gpu, &config, async |tokens| Ok(tokens as f64 * 1e-6))).unwrap();
    assert!((verdict.query[0] - 0.012).abs() < 1e-9, "{verdict:?}");
    assert!(verdict.query.iter().chain(&verdict.bulk).all(|figure| figure.is_finite() && *figure > 0.0), "{verdict:?}");

    let (mut encoder, mut gpu) = both(|weights| weights.layers[0].contract.scale.iter_mut().for_each(|scale| *scale *= -1.0));
    let error = block_on(judge::compare(&mut encoder, &mut gpu)).unwrap_err();
    assert!(error.to_string().contains("vectors are wrong"), "{error}");
}
