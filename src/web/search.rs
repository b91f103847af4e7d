//! The search as JavaScript sees it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use async_lock::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_time::Instant;

use super::accelerator::Accelerator;
use super::convert::{from_object, object, saved_files};
use super::encoder::EncoderInfo;
use super::site::Site;
use super::slices::{SliceWorkers, Slices};
use super::store::Progress;
use crate::encoder;
use crate::engine::{self, DEFAULT_LIMIT, EncodedDocument, Hit, Index, Mode, QueryOptions, QueryVector, Question, Timings};
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder;
use crate::index::codes::Codes;
use crate::index::document::Document;
use crate::index::fusion::Ranked;
use crate::index::manifest::{MODEL_FOLDER, Needed};
use crate::index::table::Filters;
use crate::isa;

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    site: Site,
    /// Read by queries, which may wait for a GPU or for documents meanwhile; only changes write it.
    index: RwLock<Index>,
    /// Locked, because a backend may make one query wait while another comes.
    pub(super) encoder: Mutex<Option<encoder::Encoder>>,
    pub(super) accelerator: Accelerator,
    /// What is to hold the codes of the vectors where they are too many for this worker alone; nothing once they have come.
    waiting: Mutex<Option<SliceWorkers>>,
    /// What holds them then.
    slices: OnceCell<Slices>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchInfo {
    #[serde(flatten)]
    encoder: EncoderInfo,
    documents: usize,
    passages: usize,
}

/// How to answer a query, as JavaScript gives it; what is left out has its default.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    limit: Option<f64>,
    mode: Mode,
    filters: Filters,
    sort: Option<String>,
    facets: Vec<String>,
    far: bool,
}

#[derive(Serialize)]
struct Answer {
    hits: Vec<Hit>,
    found: usize,
    mode: Mode,
    facets: HashMap<String, Vec<Count>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<String>,
    truncated: bool,
    timings: AllTimings,
    backend: &'static str,
}

/// How many of the found documents have a value.
#[derive(Serialize)]
struct Count {
    value: String,
    count: usize,
}

/// Milliseconds.
#[derive(Serialize)]
struct AllTimings {
    #[serde(flatten)]
    engine: Timings,
    documents: f64,
    total: f64,
}

#[wasm_bindgen]
impl Search {
    /// Loads the index of a site; its model, and the codes of its vectors, are loaded by `loadModel`. Codes in several files go
    /// to `workers`.
    pub async fn load(
        url: String,
        options: JsValue,
        on_progress: js_sys::Function,
        workers: SliceWorkers,
    ) -> Result<Search, JsValue> {
        let site = Site::open(&url, &options).await?;
        let index = site.index(&on_progress).await?;
        Ok(Self {
            accelerator: Accelerator::new(site.store(), &format!("{MODEL_FOLDER}/"), &options),
            site,
            index: RwLock::new(index),
            encoder: Mutex::new(None),
            waiting: Mutex::new(Some(workers)),
            slices: OnceCell::new(),
        })
    }

    /// Loads the model that encodes queries; before it is there, queries are answered from words.
    #[wasm_bindgen(js_name = loadModel)]
    pub async fn load_model(&self, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let progress = Progress::new(&on_progress, self.site.bytes(&[Needed::Meaning, Needed::Model]));
        // First: where they are missing, no model is fetched for nothing.
        self.load_codes(&progress).await?;
        let encoder = self.site.encoder(&progress).await?;
        self.index.read().await.check_model(encoder.config())?;
        *self.encoder.lock().await = Some(encoder);
        Ok(())
    }

    /// The documents that answer a text best.
    pub async fn query(&self, text: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let options = from_object::<Settings>(settings)?.options()?;
        let index = self.index.read().await;
        let (mut question, vector, backend) = self.ask(&index, &text, &options).await?;
        let asked = Instant::now();
        let elsewhere = match (self.slices.get(), &vector) {
            (Some(slices), Some(QueryVector { vector, .. })) => slices.scan(vector).await?,
            _ => Vec::new(),
        };
        question.timings.scan = milliseconds(asked);
        let answer = index.answer(&question, vector.as_ref(), &elsewhere);
        let ranked = Instant::now();
        let hits = index.hits(&answer.hits, Some(&question), &self.site).await?;
        let timings = AllTimings { engine: answer.timings, documents: milliseconds(ranked), total: milliseconds(start) };
        object(&Answer::new(answer, shown(hits), timings, backend))
    }

    /// The documents most like one of the index; needs no model.
    pub async fn similar(&self, id: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let options = from_object::<Settings>(settings)?.options()?;
        self.load_codes(&Progress::default()).await?;
        let index = self.index.read().await;
        let ranked = self.nearest(&index, &id, options.limit).await?;
        object(&shown(index.hits(&ranked, None, &self.site).await?))
    }

    /// Adds documents, or replaces those of the same id; `onProgress` is called with the number done. Where it gives a promise,
    /// that is waited for before the next document: queries have their turn meanwhile.
    pub async fn add(&self, documents: JsValue, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let documents: Vec<Document> = from_object(documents)?;
        if documents.is_empty() {
            return Ok(());
        }
        builder::check(&documents)?;
        let mut encoded = Vec::new();
        for (done, document) in (1u32..).zip(documents) {
            encoded.push(self.encode(document).await?);
            let pause = on_progress.call1(&JsValue::NULL, &done.into());
            if let Ok(Ok(pause)) = pause.map(JsCast::dyn_into::<js_sys::Promise>) {
                JsFuture::from(pause).await?;
            }
        }
        Ok(self.index.write().await.add_encoded(encoded)?)
    }

    /// Removes documents by their ids and returns how many there were.
    pub async fn remove(&self, ids: Vec<String>) -> usize {
        let mut index = self.index.write().await;
        ids.iter().filter(|id| index.remove(id)).count()
    }

    /// The files of the index as it is now, but for those of the model: an array of `{ path, bytes }`.
    pub async fn save(&self) -> Result<JsValue, JsValue> {
        self.load_codes(&Progress::default()).await?;
        let index = self.index.read().await;
        let mut documents = Vec::new();
        for number in index.live() {
            documents.push(index.document(number, &self.site).await?);
        }
        let slices = match self.slices.get() {
            Some(slices) => slices.codes().await?,
            None => Vec::new(),
        };
        object(&saved_files(index.save(&documents, slices)?))
    }

    /// The model, the arithmetic in use, and the size of the index. Before the model is loaded `maxTokens` is 0.
    pub async fn info(&self) -> Result<JsValue, JsValue> {
        let index = self.index.read().await;
        let unloaded = || {
            let model = self.site.manifest().model.id.clone();
            EncoderInfo { model, dim: index.dim(), max_tokens: 0, kernel: isa::best_name() }
        };
        let encoder = self.encoder.lock().await.as_ref().map_or_else(unloaded, EncoderInfo::of);
        object(&SearchInfo { encoder, documents: index.documents(), passages: index.passages() })
    }
}

impl Search {
    /// Loads the codes of the vectors, unless they have come.
    async fn load_codes(&self, progress: &Progress<'_>) -> Result<(), JsValue> {
        let mut waiting = self.waiting.lock().await;
        let Some(workers) = &*waiting else { return Ok(()) };
        let manifest = self.site.manifest();
        match manifest.vector_files()?.as_slice() {
            [file] => {
                let codes = self.site.store().fixed_as(&file.path, &file.digest, progress, |bytes| Codes::read(&bytes)).await?;
                self.index.write().await.set_codes(codes)?;
            }
            files => {
                let slices = Slices::open(workers.clone(), files, manifest.passages, progress).await?;
                self.slices.get_or_init(|| slices);
            }
        }
        *waiting = None;
        Ok(())
    }

    /// Reads a query, and encodes it where meaning is asked; with what computed the vector. The encoder is free again after.
    async fn ask(
        &self,
        index: &Index,
        text: &str,
        options: &QueryOptions,
    ) -> Result<(Question, Option<QueryVector>, &'static str)> {
        let mut encoder = self.encoder.lock().await;
        let question = index.read(text, options, encoder.as_ref().map(encoder::Encoder::tokenizer))?;
        let Some(encoder) = &mut *encoder else { return Ok((question, None, "cpu")) };
        let vector = question.encode(encoder).await;
        let backend = self.accelerator.computed_on(Some(encoder));
        Ok((question, vector?, backend))
    }

    /// Encodes a document that is to be added. The index is taken before the encoder, as everywhere: the other order could
    /// wait for a change that waits for a query that waits for the encoder.
    async fn encode(&self, document: Document) -> Result<EncodedDocument> {
        let index = self.index.read().await;
        let mut encoder = self.encoder.lock().await;
        let without = || Error::new(ErrorKind::InvalidInput, "no model is loaded yet: load it before adding documents");
        let encoder = encoder.as_mut().ok_or_else(without)?;
        let encoded = index.encode(document, encoder).await;
        self.accelerator.computed_on(Some(encoder));
        encoded
    }

    /// The documents nearest to one of the index.
    async fn nearest(&self, index: &Index, id: &str, limit: usize) -> Result<Vec<Ranked>, JsValue> {
        let Some(slices) = self.slices.get() else { return Ok(index.similar(id, limit)?) };
        let document = index.number(id)?;
        let passages = index.vectors().passages_of(document);
        // Those of a document that was added are here.
        let mean = match passages.start as usize >= self.site.manifest().passages {
            true => index.vectors().mean(passages),
            false => slices.mean(passages).await?,
        };
        let elsewhere = slices.scan(&mean).await?;
        Ok(index.nearest(document, &mean, &elsewhere, limit))
    }
}

impl Answer {
    fn new(answer: engine::Answer, hits: Vec<Hit>, timings: AllTimings, backend: &'static str) -> Self {
        let engine::Answer { found, mode, facets, corrected, truncated, .. } = answer;
        let count = |(value, count)| Count { value, count };
        let facets = facets.into_iter().map(|(field, counts)| (field, counts.into_iter().map(count).collect())).collect();
        Self { hits, found, mode, facets, corrected, truncated, timings, backend }
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Hits whose offsets are counted as JavaScript does.
fn shown(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.iter_mut().for_each(to_utf16);
    hits
}

impl Settings {
    fn options(self) -> Result<QueryOptions> {
        let Self { limit, mode, filters, sort, facets, far } = self;
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(limit) if limit >= 1.0 && limit.fract() == 0.0 => limit.min(1e6) as usize,
            Some(_) => return Err(Error::new(ErrorKind::InvalidInput, "limit must be a whole number of at least 1")),
        };
        Ok(QueryOptions { limit, mode, filters, sort, facets, far, ..QueryOptions::default() })
    }
}

/// Byte offsets to the UTF-16 offsets that JavaScript counts in.
fn to_utf16(hit: &mut Hit) {
    let units = |text: &str, at: usize| text[..at].encode_utf16().count();
    let range = |text: &str, range: &Range<usize>| units(text, range.start)..units(text, range.end);
    hit.matches = hit.matches.iter().map(|part| range(&hit.passage.text, part)).collect();
    hit.title_matches = hit.title_matches.iter().map(|part| range(&hit.title, part)).collect();
    let Range { start, end } = range(&hit.text, &(hit.passage.start..hit.passage.end));
    (hit.passage.start, hit.passage.end) = (start, end);
}
