//! The search as JavaScript sees it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::convert::{object, option};
use super::encoder::{EncoderInfo, load_model};
use super::store::{Progress, Store};
use crate::engine::{DEFAULT_LIMIT, Engine, Hit, Passage, Timings};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::{Document, read_shard};
use crate::index::manifest::{FileEntry, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed, VECTORS_FILE};
use crate::index::vectors::{VectorHit, Vectors};
use crate::isa;
use crate::model::config::CONFIG_FILE;

/// Documents of an index up to this size are loaded with it, so that searching needs no network at all.
const SMALL: usize = 1 << 20;

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    store: Store,
    manifest: Manifest,
    engine: RefCell<Engine>,
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

#[derive(Serialize)]
struct Answer {
    hits: Vec<Hit>,
    mode: &'static str,
    truncated: bool,
    timings: AllTimings,
    backend: &'static str,
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
    /// Loads the index of a site; its model is loaded by `loadModel`.
    pub async fn load(url: String, options: JsValue, on_progress: js_sys::Function) -> Result<Search, JsValue> {
        let store = Store::open(&url, &options).await;
        let manifest = Manifest::from_json(&store.changing(MANIFEST_FILE).await?)?;
        let documents: usize = manifest.shards().map(|file| file.digest.bytes).sum();
        let with_documents = documents <= SMALL;
        let is_needed = |file: &&FileEntry| file.needed == Needed::Index || (file.needed == Needed::Hit && with_documents);
        let total = manifest.files.iter().filter(is_needed).map(|file| file.digest.bytes).sum();

        let mut progress = Progress::new(&on_progress, total);
        let vectors = store.fixed(VECTORS_FILE, &manifest.file(VECTORS_FILE)?.digest, &mut progress).await?;
        let engine = Engine::new(manifest.clone(), Vectors::read(&vectors, manifest.documents)?)?;
        let search = Self { store, manifest, engine: engine.into(), shards: RefCell::default() };
        if with_documents {
            for file in search.manifest.shards() {
                search.shard(file, &mut progress).await?;
            }
        }
        Ok(search)
    }

    /// Loads the model that encodes queries.
    #[wasm_bindgen(js_name = loadModel)]
    pub async fn load_model(&self, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let folder = format!("{MODEL_FOLDER}/");
        let path = format!("{folder}{CONFIG_FILE}");
        let config = self.store.fixed(&path, &self.manifest.file(&path)?.digest, &mut Progress::default()).await?;
        let encoder = load_model(&self.store, &folder, config, &on_progress).await?;
        self.engine.borrow_mut().set_encoder(encoder)?;
        Ok(())
    }

    /// The documents that answer a text best.
    pub async fn query(&self, text: String, options: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let limit = limit(&options)?;
        // The CPU backend never waits, so no other call can come between.
        let answer = self.engine.borrow_mut().query(&text, limit).await?;
        let ranked = Instant::now();
        let mut hits = Vec::new();
        for hit in &answer.hits {
            hits.push(self.show(hit).await?);
        }
        let milliseconds = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
        let timings = AllTimings { engine: answer.timings, documents: milliseconds(ranked), total: milliseconds(start) };
        object(&Answer { hits, mode: "semantic", truncated: answer.truncated, timings, backend: "cpu" })
    }

    /// The model, the arithmetic in use, and the size of the index. Before the model is loaded `maxTokens` is 0.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        let engine = self.engine.borrow();
        let unloaded = || EncoderInfo {
            model: self.manifest.model.id.clone(),
            dim: engine.dim(),
            max_tokens: 0,
            backend: "cpu",
            kernel: isa::best_name(),
        };
        let encoder = engine.encoder().map_or_else(unloaded, EncoderInfo::of);
        object(&SearchInfo { encoder, documents: self.manifest.documents, passages: self.manifest.passages })
    }
}

impl Search {
    async fn show(&self, hit: &VectorHit) -> Result<Hit> {
        let (file, place) = self.manifest.shard_of(hit.document as usize)?;
        let shard = self.shard(file, &mut Progress::default()).await?;
        let missing =
            || Error::new(ErrorKind::DamagedFile, format!("{} holds no document {place}: build the index again", file.path));
        let document = shard.get(place).ok_or_else(missing)?;
        let mut hit = self.engine.borrow().show(hit, document)?;
        to_utf16(&mut hit.passage, &document.text);
        Ok(hit)
    }

    /// The documents of one file, fetched when they are not there yet.
    async fn shard(&self, file: &FileEntry, progress: &mut Progress<'_>) -> Result<Rc<Vec<Document>>> {
        let first = file.first.unwrap_or_default();
        if let Some(shard) = self.shards.borrow().get(&first) {
            return Ok(shard.clone());
        }
        let shard = Rc::new(read_shard(&self.store.fixed(&file.path, &file.digest, progress).await?)?);
        self.shards.borrow_mut().insert(first, shard.clone());
        Ok(shard)
    }
}

/// The number of hits asked for.
fn limit(options: &JsValue) -> Result<usize> {
    let Some(value) = option(options, "limit") else { return Ok(DEFAULT_LIMIT) };
    match value.as_f64() {
        Some(limit) if limit >= 1.0 && limit.fract() == 0.0 => Ok(limit.min(1e6) as usize),
        _ => Err(Error::new(ErrorKind::InvalidInput, "limit must be a whole number of at least 1")),
    }
}

/// Byte offsets to the UTF-16 offsets that JavaScript counts in.
fn to_utf16(passage: &mut Passage, text: &str) {
    let units = |bytes: usize| text[..bytes].encode_utf16().count();
    (passage.start, passage.end) = (units(passage.start), units(passage.end));
}
