//! `inkling eval`

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::corpus::CorpusArgs;
use super::progress::counter;
use super::{ModelArg, ModelFolder, print, print_json};
use crate::encoder::Encoder;
use crate::engine::build::{BuildOptions, build};
use crate::engine::folder::read_file;
use crate::engine::{Engine, Index, Mode, QueryOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::beir::{self, Collection, Topic};
use crate::eval::metrics::{Estimate, estimate, ndcg, paired_difference, recall, reciprocal_rank, success};
use crate::index::document::Document;
use crate::index::lexical::Syntax;

/// Measure how well words, vectors and both together rank a collection with known answers.
///
/// PATH is a folder in the layout of BEIR (corpus.jsonl, queries.jsonl, qrels.tsv), or a corpus as `inkling index` takes
/// it, with --queries (a JSON array of {"query", "relevant": {id: grade}}) or --known-item (each title is a query whose
/// answer is the document's text).
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    #[command(flatten)]
    model: ModelArg,
    /// Folder of another packing of the model, which encodes the queries once more, for a comparison
    #[arg(long, value_name = "DIR")]
    query_model: Option<PathBuf>,
    /// Graded queries for the corpus
    #[arg(long, value_name = "FILE", conflicts_with = "known_item")]
    queries: Option<PathBuf>,
    /// Ask for each document's text by its title
    #[arg(long)]
    known_item: bool,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

/// A query with its answers, as the demo has them.
#[derive(Deserialize)]
struct GradedQuery {
    query: String,
    relevant: BTreeMap<String, u32>,
}

/// The figures of one way to rank: means over all queries with bootstrap 95 % intervals.
#[derive(Serialize)]
struct Figures {
    mode: Mode,
    ndcg_10: Estimate,
    ndcg_3: Estimate,
    mrr_10: Estimate,
    recall_100: Estimate,
    success_3: Estimate,
    /// What the other query model changes about nDCG@10: the mean of paired differences.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Estimate>,
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    passages: usize,
    queries: usize,
    figures: Vec<Figures>,
    /// The same with queries by the other model.
    #[serde(skip_serializing_if = "Option::is_none")]
    with_query_model: Option<Vec<Figures>>,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let (documents, topics) = self.collection()?;
        let model = ModelFolder::read(&self.model.model)?;
        let query_model = self.query_model.as_deref().map(|folder| ModelFolder::read(folder)?.encoder()).transpose()?;
        let encoder = model.encoder()?;
        let mut engine = Engine::new(index(&documents, &encoder, &model)?);
        engine.set_encoder(encoder)?;

        let by_meaning = [Mode::Semantic, Mode::Hybrid];
        let rounds = by_meaning.len() * (1 + usize::from(query_model.is_some()));
        let bar = counter("asking", "queries", topics.len() * (1 + rounds));
        let measure = |engine: &mut Engine, mode| measure(engine, &documents, &topics, mode, || bar.inc(1));
        let words = measure(&mut engine, Mode::Lexical)?;
        let [vectors, hybrid] = [measure(&mut engine, Mode::Semantic)?, measure(&mut engine, Mode::Hybrid)?];
        let with_query_model = match query_model {
            None => None,
            Some(encoder) => {
                engine.set_encoder(encoder)?;
                let changed = |engine: &mut Engine, before: &Scores| Ok(measure(engine, before.mode)?.figures(Some(before)));
                Some([&vectors, &hybrid].into_iter().map(|before| changed(&mut engine, before)).collect::<Result<_>>()?)
            }
        };
        bar.finish_and_clear();
        let figures = [words, vectors, hybrid].iter().map(|scores| scores.figures(None)).collect();
        let passages = engine.index().manifest().passages;
        let report = Report { documents: documents.len(), passages, queries: topics.len(), figures, with_query_model };
        if self.json { print_json(&report) } else { print(report.text()) }
    }

    fn collection(&self) -> Result<(Vec<Document>, Vec<Topic>)> {
        let from_collection = |Collection { documents, topics }| (documents.into_iter().map(from_beir).collect(), topics);
        if self.corpus.path().is_dir() {
            return Collection::read(self.corpus.path()).map(from_collection);
        }
        let documents = self.corpus.read(None)?.documents;
        if let Some(file) = &self.queries {
            let queries: Vec<GradedQuery> = serde_json::from_slice(&read_file(file)?).map_err(|cause| {
                let what = format!("{} is not an array of objects with query and relevant", file.display());
                Error::new(ErrorKind::DamagedFile, what).caused_by(cause)
            })?;
            let topic = |GradedQuery { query, relevant }| Topic { id: query.clone(), text: query, grades: relevant };
            return Ok((documents, queries.into_iter().map(topic).collect()));
        }
        if !self.known_item {
            let what = "a corpus alone has no queries to measure with: give --queries FILE or --known-item";
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        let plain = documents.into_iter().map(|Document { id, title, text, .. }| beir::Document { id, title, text });
        Ok(from_collection(Collection::known_items(&plain.collect::<Vec<_>>())))
    }
}

/// A document of a judged collection; many repeat the title at the start of the text.
fn from_beir(beir::Document { id, title, text }: beir::Document) -> Document {
    let text = text.strip_prefix(title.as_str()).unwrap_or(&text).trim().to_owned();
    // Empty documents exist in judged collections, and must stay: judgements may name them.
    let title = if title.trim().is_empty() && text.is_empty() { "(empty)".to_owned() } else { title };
    Document { id, title, text, ..Document::default() }
}

fn index(documents: &[Document], encoder: &Encoder, model: &ModelFolder) -> Result<Index> {
    let bar = counter("encoding", "passages", 0);
    let start = |passages| bar.set_length(passages as u64);
    let progress = |passages: usize| bar.inc(passages as u64);
    let built = build(documents, encoder, &model.files(), &BuildOptions::default(), start, progress)?;
    bar.finish_and_clear();
    built.open(&documents.iter().collect::<Vec<_>>())
}

/// What each query scored in one way to rank.
struct Scores {
    mode: Mode,
    ndcg_10: Vec<f64>,
    ndcg_3: Vec<f64>,
    mrr_10: Vec<f64>,
    recall_100: Vec<f64>,
    success_3: Vec<f64>,
}

impl Scores {
    /// The means, and what has changed since the same queries were asked before.
    fn figures(&self, before: Option<&Self>) -> Figures {
        let [ndcg_10, ndcg_3, mrr_10, recall_100, success_3] =
            [&self.ndcg_10, &self.ndcg_3, &self.mrr_10, &self.recall_100, &self.success_3].map(|values| estimate(values));
        let change = before.and_then(|before| paired_difference(&before.ndcg_10, &self.ndcg_10));
        Figures { mode: self.mode, ndcg_10, ndcg_3, mrr_10, recall_100, success_3, change }
    }
}

fn measure(engine: &mut Engine, documents: &[Document], topics: &[Topic], mode: Mode, done: impl Fn()) -> Result<Scores> {
    // Questions of a collection are text: a dash in one is no exclusion.
    let syntax = Syntax { operators: false, ..Syntax::default() };
    let options = QueryOptions { limit: 100, mode, far: true, syntax, ..QueryOptions::default() };
    let [ndcg_10, ndcg_3, mrr_10, recall_100, success_3] = [const { Vec::new() }; 5];
    let mut scores = Scores { mode, ndcg_10, ndcg_3, mrr_10, recall_100, success_3 };
    for topic in topics {
        let hits = engine.query_with(&topic.text, &options)?.hits;
        let grades = topic.ranking(hits.iter().map(|hit| documents[hit.document as usize].id.as_str()));
        let judged = topic.judged();
        scores.ndcg_10.push(ndcg(&grades, &judged, 10));
        scores.ndcg_3.push(ndcg(&grades, &judged, 3));
        scores.mrr_10.push(reciprocal_rank(&grades, 10));
        scores.recall_100.push(recall(&grades, &judged, 100));
        scores.success_3.push(success(&grades, 1, 3));
        done();
    }
    Ok(scores)
}

impl Report {
    fn text(&self) -> String {
        let Self { documents, passages, queries, figures, with_query_model } = self;
        let mut text = format!("{documents} documents, {passages} passages, {queries} queries; 95 % intervals by bootstrap\n\n");
        text += "            nDCG@10              nDCG@3               MRR@10               Recall@100           success@3\n";
        text.extend(figures.iter().map(Figures::line));
        if let Some(figures) = with_query_model {
            text += "\nqueries by --query-model, and what that changes about nDCG@10\n\n";
            text.extend(figures.iter().map(Figures::line));
        }
        text
    }
}

impl Figures {
    fn line(&self) -> String {
        let name = match self.mode {
            Mode::Lexical => "words",
            Mode::Semantic => "vectors",
            Mode::Hybrid => "hybrid",
        };
        let cells = [self.ndcg_10, self.ndcg_3, self.mrr_10, self.recall_100, self.success_3];
        let cells = cells.map(|Estimate { mean, low, high }| format!("{mean:.3} ({low:.3}-{high:.3})"));
        let change = self.change.map(|Estimate { mean, low, high }| format!("{mean:+.4} ({low:+.4} to {high:+.4})"));
        let cells = cells.map(|cell| format!("{cell:<19}")).join("  ") + "  " + &change.unwrap_or_default();
        format!("{name:<10}  {}\n", cells.trim_end())
    }
}
