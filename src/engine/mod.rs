//! Where the layers meet: a query's text goes through the encoder and the index and comes out as ranked documents.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value};
use web_time::Instant;

use crate::encoder::Encoder;
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;
use crate::index::manifest::Manifest;
use crate::index::vectors::{VectorHit, Vectors};

/// Hits where the caller does not say how many.
pub const DEFAULT_LIMIT: usize = 3;

/// An index that can be searched once a model has been loaded.
pub struct Engine {
    manifest: Manifest,
    vectors: Vectors,
    encoder: Option<Encoder>,
}

/// What a query found.
pub struct Answer {
    /// Documents, best first.
    pub hits: Vec<VectorHit>,
    /// Whether the end of the query was cut because it has more tokens than the model takes.
    pub truncated: bool,
    /// How long the parts took.
    pub timings: Timings,
}

/// Milliseconds of the parts of a query.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub struct Timings {
    /// Text to token ids.
    pub tokenize: f64,
    /// Token ids to a vector.
    pub encode: f64,
    /// The vector against all passages.
    pub scan: f64,
}

/// A hit with what is shown of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The document's id.
    pub id: String,
    /// Cosine of query and passage, in [-1, 1].
    pub score: f32,
    /// The document's title.
    pub title: String,
    /// Where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its other fields.
    pub fields: Map<String, Value>,
    /// The passage that answers best.
    pub passage: Passage,
}

/// A part of a document's text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passage {
    /// The part.
    pub text: String,
    /// Where it begins in the document's text: bytes of UTF-8 in Rust and on the command line, UTF-16 units in JavaScript.
    pub start: usize,
    /// Where it ends, likewise.
    pub end: usize,
}

impl Engine {
    /// An engine over an index whose files have been read; queries need a model too.
    ///
    /// # Errors
    /// `damaged-file` when manifest and vectors contradict each other.
    pub fn new(manifest: Manifest, vectors: Vectors) -> Result<Self> {
        if manifest.passages != vectors.passages() {
            let (promised, found) = (manifest.passages, vectors.passages());
            return Err(Error::new(
                ErrorKind::DamagedFile,
                format!("manifest.json promises {promised} passages, the index holds {found}: build the index again"),
            ));
        }
        Ok(Self { manifest, vectors, encoder: None })
    }

    /// Gives the engine the model that encodes queries.
    ///
    /// # Errors
    /// `model-mismatch` when the index was made with another one.
    pub fn set_encoder(&mut self, encoder: Encoder) -> Result<()> {
        self.manifest.check_model(encoder.config())?;
        if encoder.config().dim != self.vectors.dim() {
            return Err(Error::new(ErrorKind::DamagedFile, "the index and its model disagree on the length of vectors"));
        }
        self.encoder = Some(encoder);
        Ok(())
    }

    /// The manifest of the index.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Length of the vectors.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// The encoder, once there is one.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_ref()
    }

    /// The documents nearest to a query in meaning. A query without text finds nothing.
    ///
    /// # Errors
    /// `invalid-input` before [`Engine::set_encoder`].
    pub async fn query(&mut self, text: &str, limit: usize) -> Result<Answer> {
        let Some(encoder) = &mut self.encoder else {
            return Err(Error::new(ErrorKind::InvalidInput, "no model is loaded yet: load one before querying"));
        };
        let mut timings = Timings::default();
        if text.trim().is_empty() {
            return Ok(Answer { hits: Vec::new(), truncated: false, timings });
        }
        let mut clock = Instant::now();
        let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed().as_secs_f64() * 1e3;
        let tokens = encoder.tokenizer().encode(text)?;
        timings.tokenize = lap();
        let vector = encoder.encode_ids(&[&tokens.ids]).await?;
        timings.encode = lap();
        let mut hits = self.vectors.scan(&vector, |_| true);
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(limit);
        timings.scan = lap();
        Ok(Answer { hits, truncated: tokens.truncated, timings })
    }

    /// A hit with what is shown of its document.
    ///
    /// # Errors
    /// `damaged-file` when the passage does not lie in the document's text.
    pub fn show(&self, hit: &VectorHit, document: &Document) -> Result<Hit> {
        let Range { start, end } = self.vectors.range(hit.passage);
        let Some(text) = document.text.get(start..end) else {
            return Err(Error::new(
                ErrorKind::DamagedFile,
                format!("the passage of document {:?} is not in its text: build the index again", document.id),
            ));
        };
        let Document { id, title, url, fields, .. } = document.clone();
        Ok(Hit { id, score: hit.score, title, url, fields, passage: Passage { text: text.to_owned(), start, end } })
    }
}
