//! Whether the GPU computes, and why: what was asked for, what it is called, what was measured, and what went wrong.

use std::cell::{Cell, RefCell};
use std::ops::Range;

/// What one call has at a time: a GPU may make it wait while another comes.
pub use async_lock::Mutex as Turn;
use js_sys::{Float32Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::Encoder;
use super::convert::{list, object, plain};
use crate::encoder::backend::Backend;
use crate::encoder::gpu::Gpu;
use crate::encoder::gpu::device::Device;
use crate::encoder::gpu::kernels::Shape;
use crate::encoder::judge::{Verdict, compare, measure};
use crate::encoder::{self, Work};
use crate::engine::encode_passages;
use crate::error::{Error, ErrorKind, Result};
use crate::model::config::ModelConfig;
use crate::model::weights::Weights;
use crate::text::passages::PassageOptions;

#[wasm_bindgen]
extern "C" {
    /// The files of the model, as `model.ts` has them, and what is kept beside them.
    pub type GpuFiles;
    #[wasm_bindgen(method, catch)]
    async fn weights(this: &GpuFiles) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = loadAllRows)]
    async fn load_all_rows(this: &GpuFiles) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn recall(this: &GpuFiles, name: &str) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn remember(this: &GpuFiles, name: &str, bytes: Uint8Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = cpuSeconds)]
    async fn cpu_seconds(this: &GpuFiles, tokens: usize) -> std::result::Result<JsValue, JsValue>;
}

/// What computes, as JavaScript sees it.
#[derive(Clone, Serialize)]
pub struct Choice {
    /// What encodes queries.
    backend: &'static str,
    /// What encodes many texts.
    bulk: &'static str,
    /// The GPU's name, once it is known.
    adapter: Option<String>,
    /// Why it is so.
    why: String,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Not tried yet; with true this is the second time.
    Untried(bool),
    Trying(bool),
    Decided(bool),
}

/// The GPU's part in a search or an encoder.
pub struct Accelerator {
    /// Whether the GPU was asked for by name: then any does, for everything.
    by_name: bool,
    state: Cell<State>,
    choice: RefCell<Choice>,
}

impl Accelerator {
    /// As is asked: `webgpu` or `auto`.
    pub fn new(backend: Option<&str>) -> Self {
        let by_name = backend == Some("webgpu");
        let choice = Choice { backend: "cpu", bulk: "cpu", adapter: None, why: "the GPU has not been tried yet".into() };
        let state = Cell::new(State::Untried(false));
        Self { by_name, state, choice: RefCell::new(choice) }
    }

    /// What computes now, and why.
    pub fn choice(&self) -> Choice {
        self.choice.borrow().clone()
    }

    /// An encoder to try the GPU with, when it is to be tried.
    pub fn begin(&self, encoder: &encoder::Encoder) -> Option<encoder::Encoder> {
        let State::Untried(again) = self.state.get() else { return None };
        self.state.set(State::Trying(again));
        Some(encoder.fork())
    }

    /// What the last vector was computed on. A GPU that has failed is given up; the first time it may be tried again.
    pub fn computed_on(&self, encoder: &mut encoder::Encoder) -> &'static str {
        if let Some(error) = encoder.take_gpu_failure() {
            self.decide("cpu", "cpu", error.to_string());
            self.state.set(if self.state.get() == State::Decided(false) { State::Untried(true) } else { State::Decided(true) });
        }
        encoder.take_computed_on()
    }

    /// A GPU that may do some work, when there is one that is right and worth it; the reason is kept either way.
    pub async fn try_gpu(&self, mut cpu: encoder::Encoder, files: &GpuFiles) -> Option<(Box<dyn Backend>, Work)> {
        let outcome = self.open(&mut cpu, files).await;
        let State::Trying(again) = self.state.get() else { return None };
        self.state.set(State::Decided(again));
        let name = |used: bool| if used { "webgpu" } else { "cpu" };
        match outcome {
            Ok((gpu, work, why)) => {
                let before = if again { format!("; before that {}", self.choice().why) } else { String::new() };
                self.decide(name(work.query), name(work.bulk), why + &before);
                gpu.map(|gpu| (Box::new(gpu) as Box<dyn Backend>, work))
            }
            Err(error) => {
                self.decide("cpu", "cpu", error.to_string());
                None
            }
        }
    }

    fn decide(&self, backend: &'static str, bulk: &'static str, why: String) {
        let mut choice = self.choice.borrow_mut();
        (choice.backend, choice.bulk, choice.why) = (backend, bulk, why);
    }

    /// Opens the GPU, brings the model to it, and finds out what it is good for.
    async fn open(&self, cpu: &mut encoder::Encoder, files: &GpuFiles) -> Result<(Option<Gpu>, Work, String)> {
        let Self { by_name, .. } = self;
        let device = Device::open(*by_name).await?;
        self.choice.borrow_mut().adapter = Some(device.name.clone());
        let key = verdict_key(&device.name, cpu.config());
        let config = cpu.config().clone();
        let weights = Uint8Array::from(files.weights().await.map_err(missing)?).to_vec();
        Shape::of(&config)?;
        files.load_all_rows().await.map_err(missing)?;
        let read = Weights { words: cpu.words().clone(), ..Weights::read(&config, &weights)? };
        let mut gpu = Gpu::new(device, &config, &read).await?;
        drop(read);
        drop(weights);
        compare(cpu, &mut gpu).await?;
        if *by_name {
            return Ok((Some(gpu), Work { query: true, bulk: true }, "asked for".into()));
        }
        let verdict = match recalled(files, &key).await {
            Some(verdict) => verdict,
            None => {
                let seconds = async |tokens| {
                    let seconds = files.cpu_seconds(tokens).await.map_err(missing)?;
                    seconds.as_f64().ok_or_else(|| Error::new(ErrorKind::Internal, "the CPU was not timed"))
                };
                let verdict = measure(&mut gpu, &config, seconds).await?;
                let bytes = serde_json::to_vec(&verdict).unwrap_or_default();
                let _ = files.remember(&key, Uint8Array::from(bytes.as_slice())).await;
                verdict
            }
        };
        let Verdict { work, .. } = verdict;
        Ok(((work != Work::default()).then_some(gpu), work, why(&verdict)))
    }
}

/// What computes a model of this configuration without the GPU's being tried, where it was found to be slower before: known before the
/// model has come.
///
/// # Errors
/// `no-gpu` where there is none but in software, and `unsupported-model` for a model that it does not run.
#[wasm_bindgen(js_name = checkGpu)]
pub async fn check_gpu(config: Vec<u8>, files: GpuFiles) -> std::result::Result<JsValue, JsValue> {
    let config = ModelConfig::from_json(&config)?;
    Shape::of(&config)?;
    let Device { name, .. } = Device::open(false).await?;
    match recalled(&files, &verdict_key(&name, &config)).await {
        Some(verdict) if verdict.work == Work::default() => {
            object(&Choice { backend: "cpu", bulk: "cpu", adapter: Some(name), why: why(&verdict) })
        }
        _ => Ok(JsValue::UNDEFINED),
    }
}

#[wasm_bindgen]
impl Encoder {
    /// The unit vector of one text.
    pub async fn encode(&self, text: String) -> Result<Float32Array, JsValue> {
        self.vector_of(&text).await
    }

    /// The vector of a query, for an index: `{ vector, truncated, milliseconds, backend }`.
    #[wasm_bindgen(js_name = encodeQuery)]
    pub async fn encode_query(&self, text: String) -> Result<JsValue, JsValue> {
        self.vector_of_query(&text).await
    }

    /// The passages of many documents, which a GPU wants at once: of each a list of `{ start, end, vector }`, ranges in bytes of the text. `texts` are
    /// title and text of one after the other.
    #[wasm_bindgen(js_name = encodePassagesOfMany)]
    pub async fn encode_passages_of_many(
        &self,
        texts: Vec<String>,
        max_tokens: usize,
        overlap: usize,
    ) -> Result<JsValue, JsValue> {
        let documents: Vec<(&str, &str)> = texts.as_chunks().0.iter().map(|[title, text]| (&title[..], &text[..])).collect();
        Ok(list(self.vectors_of(&documents, PassageOptions { max_tokens, overlap }).await?))
    }

    /// Lets the GPU take part, once, and once more after it has failed. Resolves when that is decided.
    pub async fn accelerate(&self, files: GpuFiles) {
        let Some(fork) = self.accelerator.begin(&*self.encoder.lock().await) else { return };
        if let Some((gpu, work)) = self.accelerator.try_gpu(fork, &files).await {
            self.encoder.lock().await.set_gpu(gpu, work);
        }
    }

    /// What computes, and why.
    pub fn choice(&self) -> Result<JsValue, JsValue> {
        object(&self.accelerator.choice())
    }

    /// The unit vectors of some texts, which a GPU wants at once.
    #[wasm_bindgen(js_name = encodeMany)]
    pub async fn encode_many(&self, texts: Vec<String>) -> Result<Vec<Float32Array>, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let encoded = encoder.encode_many(&texts).await;
        self.accelerator.computed_on(&mut encoder);
        Ok(encoded?.iter().map(|encoded| Float32Array::from(encoded.vector.as_slice())).collect())
    }
}

impl Encoder {
    /// The passages of documents, given title and text of each, and their vectors: of each `[{ start, end, vector }]`, with byte ranges.
    async fn vectors_of(&self, documents: &[(&str, &str)], options: PassageOptions) -> Result<Vec<JsValue>, JsValue> {
        let mut encoder = self.encoder.lock().await;
        let encoded = encode_passages(documents, options, &mut encoder).await;
        self.accelerator.computed_on(&mut encoder);
        let passage = |(range, vector): (Range<usize>, Vec<f32>)| {
            let vector = Float32Array::from(vector.as_slice()).into();
            plain([("start", range.start.into()), ("end", range.end.into()), ("vector", vector)])
        };
        Ok(encoded?.into_iter().map(|passages| list(passages.into_iter().map(passage))).collect())
    }
}

/// What was measured before, if anything.
async fn recalled(files: &GpuFiles, key: &str) -> Option<Verdict> {
    let bytes = files.recall(key).await.ok()?.dyn_into::<Uint8Array>().ok()?;
    serde_json::from_slice(&bytes.to_vec()).ok()
}

/// Why a verdict is what it is.
fn why(verdict: &Verdict) -> String {
    let faster = match verdict.work {
        Work { query: true, bulk: true } => "the GPU is faster",
        Work { query: false, bulk: false } => "the CPU is faster",
        Work { query: true, bulk: false } => "the GPU is faster with queries",
        Work { query: false, bulk: true } => "the GPU is faster in bulk",
    };
    format!("{faster}, {}", verdict.why())
}

/// The error of a file of the model that does not come.
fn missing(thrown: JsValue) -> Error {
    let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    Error::new(ErrorKind::Network, message.unwrap_or_else(|| format!("{thrown:?}")))
}

/// Under what a verdict is kept: another adapter, version or model gets another.
fn verdict_key(adapter: &str, config: &ModelConfig) -> String {
    let adapter = String::from(js_sys::encode_uri_component(adapter));
    let version = env!("CARGO_PKG_VERSION");
    format!("webgpu-verdict?version={version}&model={}&adapter={adapter}", config.weights.sha256)
}
