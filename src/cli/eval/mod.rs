//! `inkling eval`

mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use report::{Figures, NothingClose, Report, name_of, table};
use serde::Deserialize;

use super::corpus::CorpusArgs;
use super::models::{ModelArg, ModelFolder, Models};
use super::progress::counter;
use super::{print, print_json};
use crate::encoder::Encoder;
use crate::engine::build::{BuildOptions, build};
use crate::engine::folder::read_file;
use crate::engine::{Engine, Index, Mode, QueryOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::beir::{self, Collection, Topic};
use crate::eval::bm25::Bm25;
use crate::eval::metrics::{estimate, mean, ndcg, paired_difference, recall, reciprocal_rank, success};
use crate::index::document::Document;
use crate::index::lexical::Syntax;

/// Measure how well words, vectors and both together rank a collection with known answers.
///
/// PATH is a folder in the layout of BEIR (corpus.jsonl, queries.jsonl, qrels.tsv), or a corpus as `inkling index` takes
/// it, with --queries (a JSON array of {"query", "relevant": {id: grade}}) or --known-item (each title is a query whose
/// answer is the document's text). Several folders give a table with a line each.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Other collections, in the layout of BEIR
    #[arg(value_name = "PATH")]
    more: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Folder of what encodes the queries once more, for a comparison; `none` for no other [default: what `inkling index` would take]
    #[arg(long, value_name = "DIR")]
    query_model: Option<PathBuf>,
    /// Graded queries for the corpus
    #[arg(long, value_name = "FILE", conflicts_with = "known_item")]
    queries: Option<PathBuf>,
    /// Ask for each document's text by its title
    #[arg(long)]
    known_item: bool,
    /// Hold the words against another ranking: plain BM25 over the stems of title and text, k1 0.9, b 0.4
    #[arg(long, value_name = "RANKING")]
    against: Option<Against>,
    /// Questions that no document answers, a line each: says how many find something, and how many queries are lost by the line
    /// that keeps them out; may be repeated
    #[arg(long, value_name = "FILE")]
    off_topic: Vec<PathBuf>,
    /// Print a table in Markdown, for one collection as well
    #[arg(long, conflicts_with = "json")]
    table: bool,
    /// Print the figures as JSON, a line for each collection
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Against {
    Bm25,
}

/// A collection to be asked.
struct Judged {
    name: String,
    documents: Vec<Document>,
    topics: Vec<Topic>,
}

/// A query with its answers, as the demo has them.
#[derive(Deserialize)]
struct GradedQuery {
    query: String,
    relevant: BTreeMap<String, u32>,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let Models { documents: model, queries: query_model } = self.model.read_both(self.query_model.as_deref())?;
        let read_lines = |file: &PathBuf| -> Result<Vec<String>> {
            let lines = String::from_utf8_lossy(&read_file(file)?).into_owned();
            Ok(lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
        };
        let off_topic: Vec<Vec<String>> = self.off_topic.iter().map(read_lines).collect::<Result<_>>()?;
        let mut reports = Vec::new();
        // Every collection is read before the first is asked, so that a wrong name is said at once.
        let others = self.more.iter().map(|folder| read_folder(folder));
        for collection in [self.first()].into_iter().chain(others).collect::<Result<Vec<_>>>()? {
            let report = self.judge(&collection, &model, query_model.as_ref(), &off_topic)?;
            if self.json {
                print_json(&report)?;
            }
            reports.push(report);
        }
        match &reports[..] {
            _ if self.json => Ok(()),
            [report] if !self.table => print(report.text()),
            _ => print(table(&reports, &self.off_topic.iter().map(|file| name_of_path(file)).collect::<Vec<_>>())),
        }
    }

    /// Asks a collection everything, in every way.
    fn judge(
        &self,
        collection: &Judged,
        model: &ModelFolder,
        query_model: Option<&ModelFolder>,
        off_topic: &[Vec<String>],
    ) -> Result<Report> {
        let Judged { name, documents, topics } = collection;
        let encoder = model.encoder()?;
        let mut engine = Engine::new(index(documents, &encoder, model)?);
        engine.set_encoder(encoder)?;

        let bar = counter("asking", "queries", topics.len() * if query_model.is_some() { 5 } else { 3 });
        let measure = |engine: &mut Engine, mode| measure(engine, documents, topics, mode, || bar.inc(1));
        let bm25 = self.against.map(|Against::Bm25| by_bm25(documents, topics));
        let words = measure(&mut engine, Mode::Lexical)?;
        let [vectors, hybrid] = [measure(&mut engine, Mode::Semantic)?, measure(&mut engine, Mode::Hybrid)?];
        let nothing_close =
            if off_topic.is_empty() { None } else { Some(nothing_close(&mut engine, topics, &hybrid, off_topic)?) };
        let mut with_query_model = None;
        if let Some(other) = query_model {
            engine.set_encoder(other.encoder()?)?;
            let [other_vectors, other_hybrid] = [measure(&mut engine, Mode::Semantic)?, measure(&mut engine, Mode::Hybrid)?];
            with_query_model = Some(vec![other_vectors.figures(Some(&vectors)), other_hybrid.figures(Some(&hybrid))]);
        }
        bar.finish_and_clear();
        let mut report = Report {
            collection: name.clone(),
            documents: documents.len(),
            passages: engine.index().manifest().passages,
            queries: topics.len(),
            figures: bm25.iter().chain([&words, &vectors, &hybrid]).map(|scores| scores.figures(None)).collect(),
            hybrid_less_best_side: None,
            words_less_bm25: None,
            with_query_model,
            nothing_close,
        };
        report.compare(bm25.as_ref(), &words, &vectors, &hybrid);
        Ok(report)
    }

    /// The collection that the options speak of.
    fn first(&self) -> Result<Judged> {
        let path = self.corpus.path();
        if path.is_dir() {
            return read_folder(path);
        }
        let name = name_of_path(path);
        let documents = self.corpus.read(None)?.documents;
        if let Some(file) = &self.queries {
            let queries: Vec<GradedQuery> = serde_json::from_slice(&read_file(file)?).map_err(|cause| {
                let what = format!("{} is not an array of objects with query and relevant", file.display());
                Error::new(ErrorKind::DamagedFile, what).caused_by(cause)
            })?;
            let topic = |GradedQuery { query, relevant }| Topic { id: query.clone(), text: query, grades: relevant };
            return Ok(Judged { name, documents, topics: queries.into_iter().map(topic).collect() });
        }
        if !self.known_item {
            let what = "a corpus alone has no queries to measure with: give --queries FILE or --known-item";
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        let plain = documents.into_iter().map(|Document { id, title, text, .. }| beir::Document { id, title, text });
        Ok(judged(name, Collection::known_items(&plain.collect::<Vec<_>>())))
    }
}

fn read_folder(folder: &Path) -> Result<Judged> {
    Ok(judged(name_of_path(folder), Collection::read(folder)?))
}

fn judged(name: String, Collection { documents, topics }: Collection) -> Judged {
    Judged { name, documents: documents.into_iter().map(from_beir).collect(), topics }
}

fn name_of_path(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
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
#[derive(Default)]
pub struct Scores {
    mode: &'static str,
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

impl Scores {
    fn of(mode: &'static str) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Takes in what a query found, best first.
    fn add<'a>(&mut self, topic: &Topic, ids: impl IntoIterator<Item = &'a str>) {
        let grades = topic.ranking(ids);
        let judged = topic.judged();
        self.ndcg_10.push(ndcg(&grades, &judged, 10));
        self.ndcg_3.push(ndcg(&grades, &judged, 3));
        self.mrr_10.push(reciprocal_rank(&grades, 10));
        self.recall_100.push(recall(&grades, &judged, 100));
        self.success_3.push(success(&grades, 1, 3));
    }
}

fn measure(engine: &mut Engine, documents: &[Document], topics: &[Topic], mode: Mode, done: impl Fn()) -> Result<Scores> {
    let options = QueryOptions { limit: 100, mode, min_score: Some(0.0), syntax: plain(), ..QueryOptions::default() };
    let mut scores = Scores::of(name_of(mode));
    for topic in topics {
        let hits = engine.query_with(&topic.text, &options)?.hits;
        scores.add(topic, hits.iter().map(|hit| documents[hit.document as usize].id.as_str()));
        done();
    }
    Ok(scores)
}

/// Questions of a collection are text: a dash in one is no exclusion.
fn plain() -> Syntax {
    Syntax { operators: false, ..Syntax::default() }
}

fn by_bm25(documents: &[Document], topics: &[Topic]) -> Scores {
    let index = Bm25::new(documents.iter().map(|document| format!("{} {}", document.title, document.text)));
    let mut scores = Scores::of("bm25");
    for topic in topics {
        scores.add(topic, index.rank(&topic.text, 100).into_iter().map(|number| documents[number as usize].id.as_str()));
    }
    scores
}

/// Asks as visitors do, without what is far: queries whose answer is known, and questions that none is for.
fn nothing_close(engine: &mut Engine, topics: &[Topic], hybrid: &Scores, off_topic: &[Vec<String>]) -> Result<NothingClose> {
    let options = QueryOptions { limit: 3, syntax: plain(), ..QueryOptions::default() };
    let mut finds = |text: &str| Ok::<_, Error>(!engine.query_with(text, &options)?.hits.is_empty());
    let right = topics.iter().zip(&hybrid.success_3).filter(|(_, right)| **right > 0.0);
    let lost: Vec<f64> = right.map(|(topic, _)| Ok(f64::from(!finds(&topic.text)?))).collect::<Result<_>>()?;
    let mut share = |texts: &Vec<String>| -> Result<f64> {
        Ok(mean(&texts.iter().map(|text| Ok(f64::from(finds(text)?))).collect::<Result<Vec<_>>>()?))
    };
    let answered = off_topic.iter().map(&mut share).collect::<Result<_>>()?;
    Ok(NothingClose { lost: mean(&lost), answered })
}
