//! The search as JavaScript sees it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use async_lock::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_time::Instant;

use super::accelerator::Accelerator;
use super::convert::{from_object, object, saved_files};
use super::encoder::{EncoderInfo, load_model};
use super::slices::{SliceWorkers, Slices};
use super::store::{Progress, Store};
use crate::engine::{self, DEFAULT_LIMIT, Engine, Hit, Mode, QueryOptions, Timings};
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder;
use crate::index::document::{Document, read_shard};
use crate::index::fusion::Ranked;
use crate::index::lexical::Highlighter;
use crate::index::manifest::{FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed};
use crate::index::table::Filters;
use crate::index::vectors::Vectors;
use crate::isa;
use crate::model::config::CONFIG_FILE;

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    store: Store,
    manifest: Manifest,
    /// Locked, because a backend may make one query wait while another comes.
    pub(super) engine: Mutex<Engine>,
    pub(super) accelerator: Accelerator,
    /// The vectors, where they are too many for this worker alone.
    slices: Option<Slices>,
    /// The documents that have been fetched, by the number of their file's first one.
    shards: RefCell<HashMap<usize, Rc<Vec<Document>>>>,
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
    /// Loads the index of a site; its model is loaded by `loadModel`. Vectors in several files go to `workers`.
    pub async fn load(
        url: String,
        options: JsValue,
        on_progress: js_sys::Function,
        workers: SliceWorkers,
    ) -> Result<Search, JsValue> {
        let store = Store::open(&url, &options).await;
        let manifest = Manifest::from_json(&store.changing(MANIFEST_FILE).await?)?;
        let is_needed = |file: &&FileEntry| file.needed == Needed::Index;
        let total = manifest.files.iter().filter(is_needed).map(|file| file.digest.bytes).sum();

        let progress = Progress::new(&on_progress, total);
        let lexical = store.fixed(LEXICAL_FILE, &manifest.file(LEXICAL_FILE)?.digest, &progress).await?;
        let (slices, vectors) = match manifest.vector_files()?.as_slice() {
            [file] => {
                let bytes = store.fixed(&file.path, &file.digest, &progress).await?;
                (None, Vectors::read(&bytes, manifest.documents)?)
            }
            files => {
                let (slices, vectors) = Slices::open(workers, files, manifest.documents, &progress).await?;
                (Some(slices), vectors)
            }
        };
        let mut shards = HashMap::new();
        for file in manifest.first_shards() {
            let shard = read_shard(&store.fixed(&file.path, &file.digest, &progress).await?)?;
            shards.insert(file.first.unwrap_or_default(), Rc::new(shard));
        }
        let documents: Vec<&Document> =
            manifest.first_shards().filter_map(|file| shards.get(&file.first?)).flat_map(|shard| shard.iter()).collect();
        let engine = Engine::open(manifest.clone(), vectors, &lexical, &documents)?;
        Ok(Self {
            accelerator: Accelerator::new(&store, &format!("{MODEL_FOLDER}/"), &options),
            store,
            manifest,
            engine: Mutex::new(engine),
            slices,
            shards: RefCell::new(shards),
        })
    }

    /// Loads the model that encodes queries; before it is there, queries are answered from words.
    #[wasm_bindgen(js_name = loadModel)]
    pub async fn load_model(&self, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let folder = format!("{MODEL_FOLDER}/");
        let path = format!("{folder}{CONFIG_FILE}");
        let config = self.store.fixed(&path, &self.manifest.file(&path)?.digest, &Progress::default()).await?;
        let encoder = load_model(&self.store, &folder, &config, &on_progress).await?;
        self.engine.lock().await.set_encoder(encoder)?;
        Ok(())
    }

    /// The documents that answer a text best.
    pub async fn query(&self, text: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let options = from_object::<Settings>(settings)?.options()?;
        let answer = self.answer(&text, &options).await;
        let backend = self.computed_on().await;
        let answer = answer?;
        let ranked = Instant::now();
        let highlighter = self.engine.lock().await.highlighter(&text, &options);
        let hits = self.show_all(&answer.hits, Some(&highlighter)).await?;
        let milliseconds = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
        let timings = AllTimings { engine: answer.timings, documents: milliseconds(ranked), total: milliseconds(start) };
        let count = |(value, count)| Count { value, count };
        let facets = answer.facets.into_iter().map(|(field, counts)| (field, counts.into_iter().map(count).collect())).collect();
        let engine::Answer { found, mode, corrected, truncated, .. } = answer;
        object(&Answer { hits, found, mode, facets, corrected, truncated, timings, backend })
    }

    /// The documents most like one of the index; needs no model.
    pub async fn similar(&self, id: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let options = from_object::<Settings>(settings)?.options()?;
        let ranked = self.nearest(&id, options.limit).await?;
        object(&self.show_all(&ranked, None).await?)
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
            let document = self.engine.lock().await.encode(document).await;
            self.computed_on().await;
            encoded.push(document?);
            let pause = on_progress.call1(&JsValue::NULL, &done.into());
            if let Ok(Ok(pause)) = pause.map(JsCast::dyn_into::<js_sys::Promise>) {
                JsFuture::from(pause).await?;
            }
        }
        Ok(self.engine.lock().await.add_encoded(encoded)?)
    }

    /// Removes documents by their ids and returns how many there were.
    pub fn remove(&self, ids: Vec<String>) -> Result<usize, JsValue> {
        let mut engine = self.idle_engine()?;
        Ok(ids.iter().filter(|id| engine.remove(id)).count())
    }

    /// The files of the index as it is now, but for those of the model: an array of `{ path, bytes }`.
    pub async fn save(&self) -> Result<JsValue, JsValue> {
        let live = self.engine.lock().await.live();
        let mut documents = Vec::new();
        for number in live {
            documents.push(self.document(number).await?);
        }
        let slices = match &self.slices {
            Some(slices) => slices.vectors(self.manifest.documents).await?,
            None => Vec::new(),
        };
        let saved = self.engine.lock().await.save(&documents, slices)?;
        object(&saved_files(saved))
    }

    /// The model, the arithmetic in use, and the size of the index. Before the model is loaded `maxTokens` is 0.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        let engine = self.idle_engine()?;
        let unloaded =
            || EncoderInfo { model: self.manifest.model.id.clone(), dim: engine.dim(), max_tokens: 0, kernel: isa::best_name() };
        let encoder = engine.encoder().map_or_else(unloaded, EncoderInfo::of);
        object(&SearchInfo { encoder, documents: engine.documents(), passages: engine.passages() })
    }
}

impl Search {
    /// What the last vector was computed on.
    async fn computed_on(&self) -> &'static str {
        self.accelerator.computed_on(self.engine.lock().await.encoder_mut())
    }

    /// The engine's answer. While the slices are scanned by their workers, the engine is free for others.
    async fn answer(&self, text: &str, options: &QueryOptions) -> Result<engine::Answer, JsValue> {
        let mut engine = self.engine.lock().await;
        let mut asked = engine.ask(text, options).await?;
        let Some(slices) = &self.slices else { return Ok(engine.answer(asked, Vec::new(), options)) };
        drop(engine);
        let start = Instant::now();
        let sliced = match &asked.vector {
            Some(vector) => slices.scan(vector).await?,
            None => Vec::new(),
        };
        asked.timings.scan = start.elapsed().as_secs_f64() * 1e3;
        Ok(self.engine.lock().await.answer(asked, sliced, options))
    }

    /// The documents nearest to one of the index.
    async fn nearest(&self, id: &str, limit: usize) -> Result<Vec<Ranked>, JsValue> {
        let Some(slices) = &self.slices else { return Ok(self.engine.lock().await.similar(id, limit)?) };
        let engine = self.engine.lock().await;
        let document = engine.number(id)?;
        let passages = engine.vectors().passages_of(document);
        // Those of a document that was added are here.
        let here = (passages.start as usize >= self.manifest.passages).then(|| engine.vectors().mean(passages.clone()));
        drop(engine);
        let mean = match here {
            Some(mean) => mean,
            None => slices.mean(passages).await?,
        };
        let sliced = slices.scan(&mean).await?;
        Ok(self.engine.lock().await.nearest(document, &mean, sliced, limit))
    }

    /// The engine for a call that cannot wait.
    fn idle_engine(&self) -> Result<MutexGuard<'_, Engine>> {
        let busy = || Error::new(ErrorKind::InvalidInput, "the search is busy with a query: wait for its answer");
        self.engine.try_lock().ok_or_else(busy)
    }

    /// Hits with what is shown of them, offsets counted as JavaScript does.
    async fn show_all(&self, ranked: &[Ranked], highlighter: Option<&Highlighter>) -> Result<Vec<Hit>> {
        let mut hits = Vec::new();
        for ranked in ranked {
            let document = self.document(ranked.document).await?;
            let mut hit = self.engine.lock().await.show(ranked, &document, highlighter)?;
            to_utf16(&mut hit, &document.text);
            hits.push(hit);
        }
        Ok(hits)
    }

    async fn document(&self, number: u32) -> Result<Document> {
        let added = self.engine.lock().await.added(number).cloned();
        if let Some(document) = added {
            return Ok(document);
        }
        let (file, place) = self.manifest.shard_of(number as usize)?;
        let shard = self.shard(file, &Progress::default()).await?;
        let missing = || {
            let what = format!("{} holds no document {place}: build the index again", file.path);
            Error::new(ErrorKind::DamagedFile, what)
        };
        shard.get(place).cloned().ok_or_else(missing)
    }

    /// The documents of one file, fetched when they are not there yet.
    async fn shard(&self, file: &FileEntry, progress: &Progress<'_>) -> Result<Rc<Vec<Document>>> {
        let first = file.first.unwrap_or_default();
        if let Some(shard) = self.shards.borrow().get(&first) {
            return Ok(shard.clone());
        }
        let shard = Rc::new(read_shard(&self.store.fixed(&file.path, &file.digest, progress).await?)?);
        self.shards.borrow_mut().insert(first, shard.clone());
        Ok(shard)
    }
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
fn to_utf16(hit: &mut Hit, text: &str) {
    let units = |text: &str, at: usize| text[..at].encode_utf16().count();
    let range = |text: &str, range: &Range<usize>| units(text, range.start)..units(text, range.end);
    hit.matches = hit.matches.iter().map(|part| range(&hit.passage.text, part)).collect();
    hit.title_matches = hit.title_matches.iter().map(|part| range(&hit.title, part)).collect();
    let Range { start, end } = range(text, &(hit.passage.start..hit.passage.end));
    (hit.passage.start, hit.passage.end) = (start, end);
}
