//! Where the layers meet: a query's text goes through the word index and the encoder and comes out as hits.
//!
//! ```text
//! text ──► Index::read ──► Question ──────────────────► Index::answer ──► Answer ──► Index::hits ──► Hits
//!                             │ text to encode              ▲ vector                    ▲
//!                             └──────────► Encoder ─────────┘                       Documents
//! ```
//!
//! An [`Index`] needs no model and is searched by `&self`: it answers by words until a vector comes. [`Engine`] pairs it with an encoder.

pub mod build;
mod change;
mod close;
pub mod earlier;
#[cfg(feature = "fs")]
pub mod folder;
mod hit;
mod late;
#[cfg(any(not(target_family = "wasm"), feature = "node"))]
mod pair;
mod rows;

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use self::change::{EncodedDocument, cut_passages, encode_passages};
pub use self::hit::{Documents, Hit, Passage};
#[cfg(any(not(target_family = "wasm"), feature = "node"))]
pub use self::pair::Engine;
use crate::clock::Clock;
use crate::encoder::Encoder;
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::lexical_texts;
use crate::index::document::Document;
use crate::index::fusion::{self, Ranked};
use crate::index::lexical::{Highlighter, Lexical, LexicalHit, Lookup, Query, Syntax};
use crate::index::manifest::{Manifest, ModelIdentity};
use crate::index::sort::{keep_first, sort_by};
use crate::index::table::{Counts, Filters, Table};
use crate::index::understood::{Understood, Values};
use crate::index::vectors::{VectorHit, Vectors};
use crate::tensors::Tensors;
use crate::text::passages::PassageOptions;

/// Hits where the caller does not say how many.
pub const DEFAULT_LIMIT: usize = 3;

/// An index that can be searched and changed. It knows no model: whoever has one gives it vectors.
pub struct Index {
    manifest: Manifest,
    vectors: Vectors,
    lexical: Lexical,
    table: Table,
    /// Whether each document number is still there.
    live: Vec<bool>,
    /// The number of each live document, once some are changed.
    numbers: Option<HashMap<String, u32>>,
    /// Documents added since the index was opened, by ascending number; the others lie in the files of the index.
    added: Vec<(u32, Document)>,
    /// The values that queries may name; made at the first query after a change.
    values: OnceLock<Values>,
}

/// What ranks the documents.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Words and meaning together; words alone without a model, and where it does not know the documents' or the query's language.
    #[default]
    Hybrid,
    /// Meaning alone.
    Semantic,
    /// Words alone.
    Lexical,
}

/// How to answer a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryOptions {
    /// Most hits to return.
    pub limit: usize,
    /// What ranks them.
    pub mode: Mode,
    /// Only documents with these values are found.
    pub filters: Filters,
    /// A field to order the found documents by, instead of by rank; with a `-` before it the largest come first.
    pub sort: Option<String>,
    /// Fields whose values to count over the found documents. A field's own filter does not narrow its own counts.
    pub facets: Vec<String>,
    /// The least score of a hit, in [0, 1]: 0 finds all, however far they are. Without it a query that no document is about has no hits, and
    /// others have those that are near the best one or have most of the words (`docs/ranking.md`).
    pub min_score: Option<f32>,
    /// Whether quotes and `-` mean phrases and exclusions, the last word may be unfinished, and words may be misspelt.
    pub syntax: Syntax,
}

impl Default for QueryOptions {
    fn default() -> Self {
        let (filters, syntax) = (Filters::default(), Syntax::default());
        Self { limit: DEFAULT_LIMIT, mode: Mode::Hybrid, filters, sort: None, facets: Vec::new(), min_score: None, syntax }
    }
}

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The best documents, best first.
    pub hits: Vec<Ranked>,
    /// How many documents were found in all.
    pub found: usize,
    /// What ranked them: [`Mode::Lexical`] where the model was wanted but is not there yet or does not know the language.
    pub mode: Mode,
    /// For each field asked for, how many of the found documents have each of its values.
    pub facets: Vec<(String, Counts)>,
    /// The query as it was read, where that is not how it was typed: with misspelt words put right.
    pub corrected: Option<String>,
    /// The first word or phrase in quotes that no document has, as it was typed: why nothing was found.
    pub absent: Option<String>,
    /// The values of fields that the query as it was typed names, so that they can be offered as filters.
    pub understood: Vec<Understood>,
    /// Whether the end of the query was cut because it is longer than the model or the word index takes.
    pub truncated: bool,
    /// Whether meaning was told from a part of the vectors, because not all have come.
    pub partial: bool,
    /// How long the parts took.
    pub timings: Timings,
}

/// Milliseconds of the parts of a query.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub struct Timings {
    /// Looking up its words.
    pub words: f64,
    /// Text to token ids.
    pub tokenize: f64,
    /// Token ids to a vector.
    pub encode: f64,
    /// The vector against all passages.
    pub scan: f64,
    /// Fusion, filters, order and counts.
    pub rank: f64,
}

/// A query that has been read once: what its words found, what is to be encoded, and what is marked in its hits.
pub struct Question {
    options: QueryOptions,
    mode: Mode,
    /// Whether no meaning will ever come to the words: the model does not know the language of the documents or of the query.
    words_alone: bool,
    is_empty: bool,
    /// The text as it was read: as typed, or with misspelt words put right.
    text: String,
    is_corrected: bool,
    /// What it names, as it was read.
    named: Vec<Understood>,
    understood: Vec<Understood>,
    is_truncated: bool,
    /// The text without what is excluded: what is encoded.
    wanted: String,
    /// The documents that the operators let through, by number; all where there is nothing.
    allowed: Option<Vec<bool>>,
    absent: Option<String>,
    words: Vec<LexicalHit>,
    /// The share of its words that no document has.
    unknown: f32,
    highlighter: Highlighter,
    /// How long the parts took so far.
    pub timings: Timings,
}

/// A text as it is read, with misspelt words put right where it has some.
struct Read<'a> {
    lookup: Lookup<'a>,
    corrected: Option<String>,
    mode: Mode,
}

/// The vector of a question, and what it took to make it.
pub struct QueryVector {
    /// Unit length, `dim` numbers.
    pub vector: Vec<f32>,
    /// Whether the end of the text was cut because the model takes no more.
    pub truncated: bool,
    /// Milliseconds from text to token ids, and from these to the vector.
    pub milliseconds: [f64; 2],
}

impl Question {
    /// The text to encode, where meaning is asked: what operators exclude is not in it.
    pub fn to_encode(&self) -> Option<&str> {
        (self.mode != Mode::Lexical && !self.is_empty).then_some(&self.wanted)
    }

    /// Whether the operators of the query let a document through, in every mode.
    fn allows(&self, document: u32) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed[document as usize])
    }

    /// Encodes the question, where meaning is asked.
    ///
    /// # Errors
    /// As [`Encoder::encode_ids`].
    pub async fn encode(&self, encoder: &mut Encoder) -> Result<Option<QueryVector>> {
        let Some(text) = self.to_encode() else { return Ok(None) };
        let mut clock = Clock::start();
        let tokenizer = encoder.tokenizer();
        let tokens = tokenizer.encode(&format!("{}{text}", tokenizer.query_prefix()))?;
        let tokenize = clock.lap();
        let vector = encoder.encode_ids(&[&tokens.ids]).await?;
        Ok(Some(QueryVector { vector, truncated: tokens.truncated, milliseconds: [tokenize, clock.lap()] }))
    }
}

impl Index {
    /// An index whose files have been read.
    ///
    /// # Errors
    /// `damaged-file` when the parts contradict each other.
    pub fn new(manifest: Manifest, vectors: Vectors, lexical: Lexical, table: Table) -> Result<Self> {
        let documents = manifest.documents;
        let agree = manifest.passages == vectors.passages()
            && manifest.dim == vectors.dim()
            && documents == table.len()
            && documents == lexical.docs_total() as usize
            && manifest.language == lexical.language().code()
            && manifest.word_files().count() == lexical.blocks();
        if !agree {
            let what = "the files of the index are not of one index: fetch or build all of them again";
            return Err(Error::new(ErrorKind::DamagedFile, what));
        }
        let (live, added) = (vec![true; documents], Vec::new());
        Ok(Self { manifest, vectors, lexical, table, live, numbers: None, added, values: OnceLock::new() })
    }

    /// An index whose word index is still in the bytes of `lexical.safetensors`. `documents` are those of
    /// [`Manifest::first_shards`] in their order; there are none where the words do not come from them. The codes of `vectors`
    /// may come later, by [`Index::set_codes`] or [`Index::set_clusters`]: until then words answer.
    ///
    /// # Errors
    /// `damaged-file`, `unsupported-format`.
    pub fn open(manifest: Manifest, vectors: Vectors, lexical: &[u8], documents: &[&Document]) -> Result<Self> {
        let tensors = Tensors::read(lexical).ok_or_else(|| {
            let what = "lexical.safetensors is damaged or cut short: fetch it or build the index again";
            Error::new(ErrorKind::DamagedFile, what)
        })?;
        let tensor = |name: &str| tensors.bytes(name);
        let lexical = Lexical::open_with(tensor, documents.iter().map(|document| lexical_texts(document)))?;
        Self::new(manifest, vectors, lexical, Table::open(tensor)?)
    }

    /// Whether a model's vectors can be compared with those of this index.
    ///
    /// # Errors
    /// `model-mismatch` when the index was made with another one.
    pub fn check_model(&self, model: &ModelIdentity, dim: usize) -> Result<()> {
        self.manifest.check_model(model)?;
        if dim != self.vectors.dim() {
            return Err(Error::new(ErrorKind::DamagedFile, "the index and its model disagree on the length of vectors"));
        }
        Ok(())
    }

    /// The manifest of the index as it was opened.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Length of the vectors.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// Number of documents that can be found.
    pub fn documents(&self) -> usize {
        self.lexical.live_docs() as usize
    }

    /// Number of passages of the documents that can be found.
    pub fn passages(&self) -> usize {
        self.vectors.places().documents().iter().filter(|&&document| self.live[document as usize]).count()
    }

    /// The number of the document of an id.
    ///
    /// # Errors
    /// `not-found`.
    pub fn number(&self, id: &str) -> Result<u32> {
        let unknown = || Error::new(ErrorKind::NotFound, format!("the index has no document with the id {id:?}"));
        let mut live = (0u32..).zip(&self.live).filter(|(_, live)| **live);
        live.find(|(number, _)| self.table.id(*number) == id).map(|(number, _)| number).ok_or_else(unknown)
    }

    /// How documents of this index are cut into passages.
    pub fn passage_options(&self) -> PassageOptions {
        PassageOptions { max_tokens: self.manifest.passage_tokens, overlap: self.manifest.passage_overlap }
    }

    /// Reads a query: looks up its words, and puts misspelt ones right where there is a model to tell which are words. A
    /// text without a word finds nothing, unless filters or an order are given: then it finds every document that passes them.
    ///
    /// `is_word` tells whether the vocabulary of the encoder that will give the question's vector has a word as it is, as
    /// [`Tokenizer::is_word`](crate::text::tokenizer::Tokenizer::is_word) does; without an encoder words alone are asked.
    ///
    /// # Errors
    /// `invalid-input` for a filter, order or count by a field that the index does not have, for [`Mode::Semantic`]
    /// without a model, and as long as [`Index::missing_words`] are.
    pub fn read(&self, text: &str, options: &QueryOptions, is_word: Option<&dyn Fn(&str) -> bool>) -> Result<Question> {
        let mut clock = Clock::start();
        let Read { lookup, corrected, mode } = self.parse(text, options, is_word)?;
        let query = lookup.query();
        let values = self.values.get_or_init(|| Values::of(&self.table, |word| self.lexical.language().is_stop_word(word)));
        let named = values.understood(query);
        let typed = corrected.as_ref().map(|_| values.understood(&Query::parse(text, &options.syntax)));
        let is_empty = query.wanted().trim().is_empty();
        let by_words = mode != Mode::Semantic && !is_empty;
        if !lookup.missing(by_words).is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "words of the query are not loaded yet: load them first"));
        }
        // All of them, whatever the filters: what is found and counted is the same with them and without.
        let all = self.lexical.docs_total() as usize;
        let words = if by_words { lookup.search(&|_| true, all) } else { Vec::new() };
        let allowed = self.lexical.allowed(query);
        let is_ruled_out = allowed.as_ref().is_some_and(|allowed| !allowed.contains(&true));
        Ok(Question {
            options: options.clone(),
            mode,
            words_alone: mode == Mode::Lexical && options.mode == Mode::Hybrid && (is_word.is_some() || !self.manifest.meaning),
            is_empty,
            is_corrected: corrected.is_some(),
            understood: typed.unwrap_or_else(|| named.clone()),
            named,
            text: corrected.unwrap_or_else(|| text.to_owned()),
            is_truncated: by_words && query.is_truncated(),
            wanted: query.wanted().to_owned(),
            absent: if is_ruled_out { self.lexical.absent(query) } else { None },
            allowed,
            words,
            unknown: lookup.unknown(),
            highlighter: lookup.highlighter(),
            timings: Timings { words: clock.lap(), ..Timings::default() },
        })
    }

    fn parse(&self, text: &str, options: &QueryOptions, is_word: Option<&dyn Fn(&str) -> bool>) -> Result<Read<'_>> {
        let fields = options.filters.iter().map(|(field, _)| field).chain(&options.facets);
        fields.into_iter().try_for_each(|field| self.table.check_field(field))?;
        options.sort.iter().try_for_each(|order| self.table.check_order(order).map(drop))?;
        let query = Query::parse(text, &options.syntax);
        let mode = match (options.mode, is_word) {
            (Mode::Semantic, None) => {
                return Err(Error::new(ErrorKind::InvalidInput, "no model is loaded yet: wait for it, or search by words"));
            }
            (Mode::Hybrid, Some(is_word)) if self.manifest.meaning && query.is_readable(is_word) => Mode::Hybrid,
            (Mode::Hybrid, _) => Mode::Lexical,
            (mode, _) => mode,
        };
        let mut lookup = self.lexical.look_up(query);
        let mode = if mode == Mode::Hybrid && lookup.is_beginning() { Mode::Lexical } else { mode };
        let corrected = match (mode, is_word) {
            (Mode::Hybrid, Some(is_word)) if lookup.unknown() > 0.0 => lookup.respelled(text, is_word),
            _ => None,
        };
        if let Some(corrected) = &corrected {
            lookup = self.lexical.look_up(Query::parse(corrected, &options.syntax));
        }
        Ok(Read { lookup, corrected, mode })
    }

    /// Ranks what a question finds. `vector` is its own, where meaning is asked. Where no vectors are here words alone answer, where
    /// some are what they and words find.
    pub fn answer(&self, question: &Question, vector: Option<&QueryVector>) -> Answer {
        let Question { options, is_empty, .. } = question;
        let vector = vector.filter(|_| self.vectors.can_scan());
        let mode = if vector.is_none() && !is_empty { Mode::Lexical } else { question.mode };
        let (mut timings, mut clock) = (question.timings, Clock::start());
        let meaning = vector.map(|vector| {
            [timings.tokenize, timings.encode] = vector.milliseconds;
            (self.scan(&vector.vector), self.vectors.least(&vector.vector))
        });
        let partial = meaning.as_ref().is_some_and(|(_, farthest)| farthest.is_some());
        timings.scan += clock.lap();
        let mut found = match is_empty {
            true if options.filters.is_empty() && options.sort.is_none() => Vec::new(),
            true => self.all(),
            false => rank(&question.words, meaning, mode),
        };
        for Understood { field, value, .. } in question.named.iter().filter(|_| mode == Mode::Hybrid) {
            fusion::prefer(&mut found, |document| self.table.values(document, field).any(|named| named == value));
        }
        found.retain(|ranked| question.allows(ranked.document));
        match options.min_score {
            _ if *is_empty => {}
            Some(least) => found.retain(|ranked| ranked.score >= least),
            None => self.keep_close(&mut found, question, mode),
        }
        if partial {
            found.retain(|ranked| ranked.passage.is_some() || ranked.bm25 > 0.0);
        }
        self.table.preferences.apply(&question.text, &mut found, |at| self.live[at as usize] && question.allows(at));
        let facets = self.facets(&found, options);
        let mut hits: Vec<Ranked> =
            found.into_iter().filter(|ranked| self.table.passes(ranked.document, &options.filters, None)).collect();
        let count = hits.len();
        self.order(&mut hits, options);
        timings.rank = clock.lap();
        let corrected = question.is_corrected.then(|| question.text.clone());
        let truncated = question.is_truncated || vector.is_some_and(|vector| vector.truncated);
        let (absent, understood) = (question.absent.clone(), question.understood.clone());
        Answer { hits, found: count, mode, facets, corrected, absent, understood, truncated, partial, timings }
    }

    /// The live documents, each with its best passage. A made-up scale gives a passage another length than one: a score stays a cosine.
    fn scan(&self, vector: &[f32]) -> Vec<VectorHit> {
        let hits = self.vectors.scan(vector, |document| self.live[document as usize]);
        hits.into_iter().map(|hit| VectorHit { score: hit.score.clamp(-1.0, 1.0), ..hit }).collect()
    }

    /// Every live document, none before another.
    fn all(&self) -> Vec<Ranked> {
        let live = (0u32..).zip(&self.live).filter(|(_, live)| **live);
        live.map(|(document, _)| Ranked { score: 1.0, ..Ranked::unranked(document) }).collect()
    }

    /// Counts the values of the fields asked for. A field's own filter is left out: its other values could be chosen too.
    fn facets(&self, found: &[Ranked], options: &QueryOptions) -> Vec<(String, Counts)> {
        let count = |field: &String| {
            let passing = found.iter().map(|ranked| ranked.document);
            let passing = passing.filter(|&document| self.table.passes(document, &options.filters, Some(field)));
            (field.clone(), self.table.count(field, passing))
        };
        options.facets.iter().map(count).collect()
    }

    /// Sorts the hits by rank, or by the field asked for, and keeps as many as wanted. Equals come as the index would be saved.
    fn order(&self, hits: &mut Vec<Ranked>, options: &QueryOptions) {
        let by_rank = |a: &Ranked, b: &Ranked| {
            b.order.total_cmp(&a.order).then_with(|| self.place(a.document).cmp(&self.place(b.document)))
        };
        match options.sort.as_ref().and_then(|order| self.table.check_order(order).ok()) {
            Some((field, is_descending)) => {
                let place = self.table.places(field);
                // Documents without the field come last.
                let key = |ranked: &Ranked| match place(ranked.document) {
                    Some(place) => (false, if is_descending { u32::MAX - place } else { place }),
                    None => (true, 0),
                };
                sort_by(hits, |a, b| key(a).cmp(&key(b)).then_with(|| by_rank(a, b)));
            }
            None => {
                keep_first(hits, options.limit, by_rank);
                sort_by(hits, by_rank);
            }
        }
        hits.truncate(options.limit);
    }

    /// The place of a document where nothing else tells, and in a saved index. The order in which documents were added does not matter.
    fn place(&self, document: u32) -> (u32, &str) {
        let opened = self.manifest.documents as u32;
        if document < opened { (document, "") } else { (opened, self.table.id(document)) }
    }

    /// The documents most like one of the index, by their stored vectors: no model is needed.
    ///
    /// A document's vector is the mean of its passages'.
    ///
    /// # Errors
    /// `not-found` for an unknown id, `invalid-input` as long as vectors are not here.
    pub fn similar(&self, id: &str, limit: usize) -> Result<Vec<Ranked>> {
        let document = self.number(id)?;
        self.check_vectors()?;
        let mut found = self.scan(&self.vectors.mean(self.vectors.passages_of(document)));
        found.retain(|hit| hit.document != document);
        let mut hits = fusion::by_meaning(&found);
        self.order(&mut hits, &QueryOptions { limit, ..QueryOptions::default() });
        Ok(hits)
    }

    /// The vectors of the passages, or what is known of them as long as their codes are not here.
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }
}

/// Ranks what was found by what was asked: by meaning with a guess of the farthest, where not all was looked at.
fn rank(words: &[LexicalHit], meaning: Option<(Vec<VectorHit>, Option<f32>)>, mode: Mode) -> Vec<Ranked> {
    match (meaning, mode) {
        (Some((meaning, farthest)), Mode::Hybrid) => fusion::by_both(&meaning, farthest, words),
        (Some((meaning, _)), _) => fusion::by_meaning(&meaning),
        (None, _) => fusion::by_words(words),
    }
}
