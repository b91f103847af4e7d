//! The search as JavaScript sees it.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use async_lock::{Mutex, RwLock};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::convert::{list, option, plain, properties, read_option, set, texts};
use super::site::{Site, replaced};
use super::slices::{SliceWorkers, Slices};
use super::store::Progress;
use super::wire::{Identity, QueryEncoder, is_broken};
use crate::engine::{self, DEFAULT_LIMIT, Documents, Hit, Index, Mode, Passage, QueryOptions, QueryVector, Question};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::codes::Codes;
use crate::index::fusion::Ranked;
use crate::index::manifest::{MODEL_FOLDER, ModelIdentity, Needed};
use crate::index::table::Filters;
use crate::index::understood::Understood;
use crate::isa;

/// So many documents are fetched together when all are.
pub(super) const TOGETHER: usize = 256;

/// Words and documents of up to this many bytes are fetched when nothing else is to be done, so that everything works without a network.
const IDLE_BYTES: usize = 4 << 20;

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    pub(super) site: Site,
    /// Read by queries, which may wait for a GPU or for documents meanwhile; only changes write it.
    pub(super) index: RwLock<Index>,
    /// What encodes queries, once it is there and for as long as it works.
    pub(super) encoder: RefCell<Option<QueryEncoder>>,
    /// What encodes documents, where that is another.
    #[cfg(feature = "build")]
    pub(super) documents_encoder: RefCell<Option<QueryEncoder>>,
    /// What is to hold the codes of the vectors where they are too many for this worker alone; nothing once they have come.
    waiting: Mutex<Option<SliceWorkers>>,
    /// What holds them then.
    pub(super) slices: OnceCell<Slices>,
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
            #[cfg(feature = "build")]
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
        let folder = format!("{MODEL_FOLDER}/").into();
        Ok(plain([("folder", folder), ("config", digest(config)), ("before", before.into()), ("total", total.into())]))
    }

    /// The SHA-256 of the manifest, by which the same index can be opened once more.
    pub fn integrity(&self) -> String {
        self.site.sha256().to_owned()
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

    /// The documents that answer a text best.
    pub async fn query(&self, text: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let options = query_options(&settings)?;
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
        let times = [milliseconds(ranked), milliseconds(start)];
        Ok(shown_answer(answer, &text, hits, times, backend))
    }

    /// The documents most like one of the index; needs no model.
    pub async fn similar(&self, id: String, settings: JsValue) -> Result<JsValue, JsValue> {
        let options = query_options(&settings)?;
        self.load_codes(&Progress::default()).await?;
        let index = self.index.read().await;
        let ranked = self.nearest(&index, &id, options.limit).await?;
        Ok(shown(index.hits(&ranked, None, &self.site).await?))
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

    /// The model and the size of the index.
    pub async fn info(&self) -> Result<JsValue, JsValue> {
        let index = self.index.read().await;
        let model = &self.site.manifest().model.id;
        let (documents, passages) = (index.documents(), index.passages());
        let info = plain([
            ("model", model.into()),
            ("dim", index.dim().into()),
            // What the encoder says comes in its place.
            ("maxTokens", 0.into()),
            ("kernel", isa::best_name().into()),
            ("documents", documents.into()),
            ("passages", passages.into()),
        ]);
        if let Some(base) = &self.site.manifest().base {
            set(&info, "base", &base.into());
        }
        Ok(info)
    }
}

impl Search {
    /// Refuses an encoder whose vectors are not those of the index.
    pub(super) async fn check_encoder(&self, encoder: &QueryEncoder) -> Result<(), JsValue> {
        let Identity { id, family, dim } = encoder.model()?;
        Ok(self.index.read().await.check_model(&ModelIdentity { id, family }, dim)?)
    }

    /// Loads the codes of the vectors, unless they have come.
    pub(super) async fn load_codes(&self, progress: &Progress<'_>) -> Result<(), JsValue> {
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
    pub(super) async fn load_all_words(&self) -> Result<()> {
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
        let error = match encoder.query(text).await {
            Ok((vector, backend)) => return Ok((question, Some(vector), backend)),
            Err(error) if is_broken(&error) => {
                *self.encoder.borrow_mut() = None;
                Error::new(ErrorKind::Internal, "the encoder broke off: load the search again").into()
            }
            // Word embeddings that do not come.
            Err(error) => self.explain(error).await,
        };
        let is_replaced = option(&error, "code").is_some_and(|code| code == ErrorKind::Replaced.code());
        if options.mode == Mode::Semantic || is_replaced { Err(error) } else { Ok((question, None, cpu())) }
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

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// What a file must be.
pub(super) fn digest(digest: &Digest) -> JsValue {
    plain([("bytes", digest.bytes.into()), ("sha256", (&digest.sha256).into())])
}

/// How to answer a query, as JavaScript gives it; what is left out has its default.
fn query_options(settings: &JsValue) -> Result<QueryOptions> {
    let limit = match read_option(settings, "limit", |limit| limit.as_f64())? {
        None => DEFAULT_LIMIT,
        Some(limit) if limit >= 1.0 && limit.fract() == 0.0 => limit.min(1e6) as usize,
        Some(_) => return Err(Error::new(ErrorKind::InvalidInput, "limit must be a whole number of at least 1")),
    };
    let mode = read_option(settings, "mode", |mode| match mode.as_string()?.as_str() {
        "hybrid" => Some(Mode::Hybrid),
        "semantic" => Some(Mode::Semantic),
        "lexical" => Some(Mode::Lexical),
        _ => None,
    })?;
    let filters = read_option(settings, "filters", |filters| {
        let mut read = Filters::new();
        for entry in Object::entries(filters.dyn_ref()?).iter() {
            let entry: Array = entry.unchecked_into();
            read.insert(entry.get(0).as_string()?, texts(entry.get(1))?);
        }
        Some(read)
    })?;
    let min_score = read_option(settings, "minScore", |least| least.as_f64())?;
    if min_score.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
        return Err(Error::new(ErrorKind::InvalidInput, "minScore must be a number from 0 to 1, or 'auto'"));
    }
    Ok(QueryOptions {
        limit,
        mode: mode.unwrap_or_default(),
        filters: filters.unwrap_or_default(),
        sort: read_option(settings, "sort", |sort| sort.as_string())?,
        facets: read_option(settings, "facets", texts)?.unwrap_or_default(),
        min_score: min_score.map(|least| least as f32),
        ..QueryOptions::default()
    })
}

/// An answer as JavaScript sees it; `times` are the milliseconds that its documents and all of it took.
fn shown_answer(answer: engine::Answer, typed: &str, hits: Vec<Hit>, times: [f64; 2], backend: String) -> JsValue {
    let engine::Answer { found, mode, facets, corrected, understood, truncated, timings, .. } = answer;
    let counts = Object::new();
    for (field, values) in facets {
        let count = |(value, count): (String, usize)| plain([("value", value.into()), ("count", count.into())]);
        set(&counts, &field, &list(values.into_iter().map(count)));
    }
    let named = |Understood { field, value, start, end }: Understood| {
        let (start, end) = (units(typed, start).into(), units(typed, end).into());
        plain([("field", field.into()), ("value", value.into()), ("start", start), ("end", end)])
    };
    let mode = match mode {
        Mode::Hybrid => "hybrid",
        Mode::Semantic => "semantic",
        Mode::Lexical => "lexical",
    };
    let timings = plain([
        ("words", timings.words.into()),
        ("tokenize", timings.tokenize.into()),
        ("encode", timings.encode.into()),
        ("scan", timings.scan.into()),
        ("rank", timings.rank.into()),
        ("documents", times[0].into()),
        ("total", times[1].into()),
    ]);
    let answer = plain([
        ("hits", shown(hits)),
        ("found", found.into()),
        ("mode", mode.into()),
        ("facets", counts.into()),
        ("understood", list(understood.into_iter().map(named))),
        ("truncated", truncated.into()),
        ("timings", timings),
        ("backend", backend.into()),
    ]);
    if let Some(corrected) = corrected {
        set(&answer, "corrected", &corrected.into());
    }
    answer
}

/// Hits as JavaScript sees them, with offsets counted as it does.
fn shown(hits: Vec<Hit>) -> JsValue {
    list(hits.iter().map(shown_hit))
}

fn shown_hit(hit: &Hit) -> JsValue {
    let pairs = |text: &str, ranges: &[Range<usize>]| {
        list(ranges.iter().map(|range| list([units(text, range.start), units(text, range.end)].map(JsValue::from))))
    };
    let Passage { text, start, end } = &hit.passage;
    let place = [*start, *end].map(|at| JsValue::from(units(&hit.text, at)));
    let shown = plain([
        ("id", (&hit.id).into()),
        ("score", hit.score.into()),
        ("cosine", hit.cosine.into()),
        ("bm25", hit.bm25.into()),
        ("title", (&hit.title).into()),
        ("fields", properties(&hit.fields)),
        ("passage", plain([("text", text.into()), ("start", place[0].clone()), ("end", place[1].clone())])),
        ("matches", pairs(text, &hit.matches)),
        ("titleMatches", pairs(&hit.title, &hit.title_matches)),
    ]);
    if let Some(url) = &hit.url {
        set(&shown, "url", &url.into());
    }
    if !hit.headings.is_empty() {
        set(&shown, "headings", &list(hit.headings.iter().map(JsValue::from)));
    }
    shown
}

/// A byte offset in the UTF-16 units that JavaScript counts in.
fn units(text: &str, at: usize) -> usize {
    text[..at].encode_utf16().count()
}
