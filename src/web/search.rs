//! The search as JavaScript sees it.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use async_lock::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_time::Instant;

use super::convert::{from_object, object, option, saved_files};
use super::site::{Site, replaced};
use super::slices::{SliceWorkers, Slices};
use super::store::Progress;
use super::wire::{EncodedPassage, Identity, QueryEncoder, is_broken};
use crate::engine::{
    self, DEFAULT_LIMIT, Documents, EncodedDocument, Hit, Index, Mode, QueryOptions, QueryVector, Question, Timings,
};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::builder;
use crate::index::codes::Codes;
use crate::index::document::Document;
use crate::index::fusion::Ranked;
use crate::index::manifest::{DOCUMENTS_MODEL_FOLDER, MODEL_FOLDER, ModelIdentity, Needed};
use crate::index::table::Filters;
use crate::index::understood::Understood;
use crate::isa;

/// So many documents are fetched together when all are.
const TOGETHER: usize = 256;

/// Words and documents of up to this many bytes are fetched when nothing else is to be done, so that everything works without a network.
const IDLE_BYTES: usize = 4 << 20;

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    site: Site,
    /// Read by queries, which may wait for a GPU or for documents meanwhile; only changes write it.
    index: RwLock<Index>,
    /// What encodes queries, once it is there and for as long as it works.
    encoder: RefCell<Option<QueryEncoder>>,
    /// What encodes documents, where that is another.
    documents_encoder: RefCell<Option<QueryEncoder>>,
    /// What is to hold the codes of the vectors where they are too many for this worker alone; nothing once they have come.
    waiting: Mutex<Option<SliceWorkers>>,
    /// What holds them then.
    slices: OnceCell<Slices>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchInfo<'a> {
    model: &'a str,
    dim: usize,
    /// What the encoder says comes in its place.
    max_tokens: usize,
    kernel: &'static str,
    documents: usize,
    passages: usize,
}

/// Where the model of an index is, and how the bytes of the vectors before it count to the progress of both.
#[derive(Serialize)]
struct Model<'a> {
    folder: String,
    config: &'a Digest,
    before: usize,
    total: usize,
}

/// Where what encodes documents is.
#[derive(Serialize)]
struct DocumentsModel<'a> {
    folder: String,
    config: &'a Digest,
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
    min_score: Option<f32>,
}

#[derive(Serialize)]
struct Answer {
    hits: Vec<Hit>,
    found: usize,
    mode: Mode,
    facets: HashMap<String, Vec<Count>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<String>,
    understood: Vec<Understood>,
    truncated: bool,
    timings: AllTimings,
    backend: String,
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
    /// Loads the index of a site. The codes of its vectors come with `loadVectors`, where they are in several files by `workers`.
    pub async fn load(
        url: String,
        options: JsValue,
        on_progress: js_sys::Function,
        workers: SliceWorkers,
    ) -> Result<Search, JsValue> {
        let mut site = Site::open(&url, &options).await?;
        let loaded = site.index(&on_progress).await;
        let index = match loaded {
            Ok(index) => index,
            Err(error) if error.kind() == ErrorKind::Replaced => return Err(error.into()),
            // A deployment that is not there whole, or no network for it: the index that was kept goes on.
            Err(error) if site.step_back() => site.index(&on_progress).await.map_err(|_| error)?,
            Err(error) => return Err(error.into()),
        };
        site.keep();
        Ok(Self {
            site,
            index: RwLock::new(index),
            encoder: RefCell::new(None),
            documents_encoder: RefCell::new(None),
            waiting: Mutex::new(Some(workers)),
            slices: OnceCell::new(),
        })
    }

    /// Loads the codes of the vectors, which are of no use without a model, and says where that is: `{ folder, config, before,
    /// total }`, the latter two bytes of the progress.
    #[wasm_bindgen(js_name = loadVectors)]
    pub async fn load_vectors(&self, on_progress: js_sys::Function) -> Result<JsValue, JsValue> {
        let before = self.site.bytes(&[Needed::Meaning]);
        let config = self.site.model_config()?;
        // The encoder does not count its configuration.
        let total = self.site.bytes(&[Needed::Meaning, Needed::Model]).saturating_sub(config.bytes);
        self.load_codes(&Progress::new(&on_progress, total)).await?;
        object(&Model { folder: format!("{MODEL_FOLDER}/"), config, before, total })
    }

    /// What an error of a file of the slices or of a model comes from: `replaced` where the site has another index now.
    pub async fn explain(&self, error: JsValue) -> JsValue {
        let code = option(&error, "code").and_then(|code| code.as_string());
        let is_gone = matches!(code.as_deref(), Some("not-found" | "hash-mismatch"));
        if is_gone && self.site.is_replaced().await { replaced().into() } else { error }
    }

    /// Takes the encoder of the index's model; before it is there, and once it is broken, queries are answered from words.
    #[wasm_bindgen(js_name = setEncoder)]
    pub async fn set_encoder(&self, encoder: QueryEncoder) -> Result<(), JsValue> {
        self.check_encoder(&encoder).await?;
        *self.encoder.borrow_mut() = Some(encoder);
        Ok(())
    }

    /// Where what encodes documents is, `{ folder, config }`, where that is not the model of the queries.
    #[wasm_bindgen(js_name = documentsModel)]
    pub fn documents_model(&self) -> Result<JsValue, JsValue> {
        let Some(config) = self.site.documents_model_config() else { return Ok(JsValue::UNDEFINED) };
        object(&DocumentsModel { folder: format!("{DOCUMENTS_MODEL_FOLDER}/"), config })
    }

    /// Takes what encodes documents, where that is not the encoder of the queries.
    #[wasm_bindgen(js_name = setDocumentsEncoder)]
    pub async fn set_documents_encoder(&self, encoder: QueryEncoder) -> Result<(), JsValue> {
        self.check_encoder(&encoder).await?;
        *self.documents_encoder.borrow_mut() = Some(encoder);
        Ok(())
    }

    /// The documents that answer a text best.
    pub async fn query(&self, text: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let options = from_object::<Settings>(settings)?.options()?;
        // The same for both steps: with another one other words may be asked for.
        let encoder = self.encoder.borrow().clone();
        let is_word = encoder.as_ref().map(|encoder| move |word: &str| encoder.knows(word));
        let is_word = is_word.as_ref().map(|is_word| is_word as &dyn Fn(&str) -> bool);
        let missing = self.index.read().await.missing_words(&text, &options, is_word)?;
        self.load_words(missing).await?;
        let index = self.index.read().await;
        let question = index.read(&text, &options, is_word)?;
        let (mut question, vector, backend) = self.encoded(question, encoder.as_ref(), &options).await?;
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
        object(&Answer::new(answer, &text, shown(hits), timings, backend))
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
        self.load_all_words().await?;
        Ok(self.index.write().await.add_encoded(encoded)?)
    }

    /// Removes documents by their ids and returns how many there were.
    pub async fn remove(&self, ids: Vec<String>) -> Result<usize, JsValue> {
        self.load_all_words().await?;
        let mut index = self.index.write().await;
        Ok(ids.iter().filter(|id| index.remove(id)).count())
    }

    /// Fetches the words and documents that no query has needed yet, unless they are too many to be fetched unasked.
    #[wasm_bindgen(js_name = loadRest)]
    pub async fn load_rest(&self) {
        if self.site.bytes(&[Needed::Words, Needed::Hit]) <= IDLE_BYTES && self.load_all_words().await.is_ok() {
            let all: Vec<u32> = (0..self.site.manifest().documents as u32).collect();
            for numbers in all.chunks(TOGETHER) {
                self.site.prepare(numbers).await;
            }
        }
    }

    /// The files of the index as it is now, but for those of the model: an array of `{ path, bytes }`.
    pub async fn save(&self) -> Result<JsValue, JsValue> {
        self.load_codes(&Progress::default()).await?;
        self.load_all_words().await?;
        let index = self.index.read().await;
        let mut documents = Vec::new();
        for numbers in index.live().chunks(TOGETHER) {
            self.site.prepare(numbers).await;
            for &number in numbers {
                documents.push(index.document(number, &self.site).await?);
            }
        }
        let slices = match self.slices.get() {
            Some(slices) => slices.codes().await?,
            None => Vec::new(),
        };
        object(&saved_files(index.save(&documents, slices)?))
    }

    /// The model and the size of the index.
    pub async fn info(&self) -> Result<JsValue, JsValue> {
        let index = self.index.read().await;
        let model = &self.site.manifest().model.id;
        let (documents, passages) = (index.documents(), index.passages());
        object(&SearchInfo { model, dim: index.dim(), max_tokens: 0, kernel: isa::best_name(), documents, passages })
    }
}

impl Search {
    /// Refuses an encoder whose vectors are not those of the index.
    async fn check_encoder(&self, encoder: &QueryEncoder) -> Result<(), JsValue> {
        let Identity { id, family, dim } = encoder.model()?;
        Ok(self.index.read().await.check_model(&ModelIdentity { id, family }, dim)?)
    }

    /// Loads the codes of the vectors, unless they have come.
    async fn load_codes(&self, progress: &Progress<'_>) -> Result<(), JsValue> {
        let mut waiting = self.waiting.lock().await;
        let Some(workers) = &*waiting else { return Ok(()) };
        let manifest = self.site.manifest();
        match manifest.vector_files()?.as_slice() {
            [file] => {
                let codes = Codes::read(&self.site.fixed(file, progress).await?)?;
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

    /// Fetches blocks of words.
    async fn load_words(&self, blocks: Vec<usize>) -> Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        let words = self.site.words(&blocks).await?;
        let mut index = self.index.write().await;
        words.into_iter().try_for_each(|(block, bytes)| index.load_words(block, &bytes))
    }

    /// Fetches all words that are still to come, for a change.
    async fn load_all_words(&self) -> Result<()> {
        let missing = self.index.read().await.all_missing_words();
        self.load_words(missing).await
    }

    /// Encodes a question where meaning is asked; with what computed the vector.
    async fn encoded(
        &self,
        question: Question,
        encoder: Option<&QueryEncoder>,
        options: &QueryOptions,
    ) -> Result<(Question, Option<QueryVector>, String), JsValue> {
        let cpu = || "cpu".to_owned();
        let (Some(encoder), Some(text)) = (encoder, question.to_encode()) else { return Ok((question, None, cpu())) };
        match encoder.query(text).await {
            Ok((vector, backend)) => Ok((question, Some(vector), backend)),
            Err(error) if is_broken(&error) => {
                *self.encoder.borrow_mut() = None;
                match options.mode {
                    Mode::Semantic => Err(Error::new(ErrorKind::Internal, "the encoder broke off: load the search again").into()),
                    _ => Ok((question, None, cpu())),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Encodes a document that is to be added.
    async fn encode(&self, document: Document) -> Result<EncodedDocument, JsValue> {
        let without = || Error::new(ErrorKind::InvalidInput, "no model is loaded yet: load it before adding documents");
        let apart = self.documents_encoder.borrow().clone();
        let encoder = apart.or_else(|| self.encoder.borrow().clone()).ok_or_else(without)?;
        let options = self.index.read().await.passage_options();
        let encoded = encoder.passages(&document.title, &document.text, options).await;
        if encoded.as_ref().is_err_and(is_broken) {
            // Both are of one module.
            *self.encoder.borrow_mut() = None;
            *self.documents_encoder.borrow_mut() = None;
        }
        let passage = |EncodedPassage { start, end, vector }| (start..end, vector.to_vec());
        Ok(EncodedDocument::new(document, encoded?.into_iter().map(passage).collect()))
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
    fn new(answer: engine::Answer, typed: &str, hits: Vec<Hit>, timings: AllTimings, backend: String) -> Self {
        let engine::Answer { found, mode, facets, corrected, mut understood, truncated, .. } = answer;
        for named in &mut understood {
            (named.start, named.end) = (units(typed, named.start), units(typed, named.end));
        }
        let count = |(value, count)| Count { value, count };
        let facets = facets.into_iter().map(|(field, counts)| (field, counts.into_iter().map(count).collect())).collect();
        Self { hits, found, mode, facets, corrected, understood, truncated, timings, backend }
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
        let Self { limit, mode, filters, sort, facets, min_score } = self;
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(limit) if limit >= 1.0 && limit.fract() == 0.0 => limit.min(1e6) as usize,
            Some(_) => return Err(Error::new(ErrorKind::InvalidInput, "limit must be a whole number of at least 1")),
        };
        if min_score.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
            return Err(Error::new(ErrorKind::InvalidInput, "minScore must be a number from 0 to 1, or 'auto'"));
        }
        Ok(QueryOptions { limit, mode, filters, sort, facets, min_score, ..QueryOptions::default() })
    }
}

/// A byte offset in the UTF-16 units that JavaScript counts in.
fn units(text: &str, at: usize) -> usize {
    text[..at].encode_utf16().count()
}

/// Byte offsets to the UTF-16 offsets that JavaScript counts in.
fn to_utf16(hit: &mut Hit) {
    let range = |text: &str, range: &Range<usize>| units(text, range.start)..units(text, range.end);
    hit.matches = hit.matches.iter().map(|part| range(&hit.passage.text, part)).collect();
    hit.title_matches = hit.title_matches.iter().map(|part| range(&hit.title, part)).collect();
    let Range { start, end } = range(&hit.text, &(hit.passage.start..hit.passage.end));
    (hit.passage.start, hit.passage.end) = (start, end);
}
