//! Checks the numbers of the fusion and of "nothing close" on collections that they were not fitted on: each is left out in turn,
//! the others fit, the one left out judges. `cargo bench --bench fusion -- --help` says how to call it.

mod close;
mod weights;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use inkling_search::corpus::{self, ReadOptions};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::engine::build::{BuildOptions, build};
use inkling_search::engine::{Engine, Index, QueryOptions};
use inkling_search::eval::beir::{self, Collection, Topic};
use inkling_search::index::document::Document;
use inkling_search::index::fusion::Ranked;
use inkling_search::index::lexical::Syntax;
use serde::Deserialize;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// So many documents of each side of a query are kept: what lies behind them is never among the first ten.
const KEPT: usize = 300;

#[derive(Parser)]
struct Args {
    /// Folder of the model
    #[arg(long, default_value = "build/model")]
    model: PathBuf,
    /// Most queries of each collection that are asked of the others
    #[arg(long, default_value_t = 150)]
    foreign: usize,
    /// NAME=PATH: a folder in the layout of BEIR, a corpus whose titles ask for its texts, or CORPUS,QUERIES
    #[arg(required = true)]
    collections: Vec<String>,
    /// Cargo passes this to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// A collection with everything that its corpus answers.
struct Judged {
    name: String,
    /// Whether each title asks for its text: such queries have one answer, and the reciprocal of its rank is the figure.
    known_items: bool,
    /// Its own queries.
    own: Vec<Answered>,
    /// Queries of the other collections, by the number of the collection.
    foreign: Vec<(usize, close::Signs)>,
}

/// A query and what was found for it.
struct Answered {
    documents: Vec<Found>,
    /// The grades of all judged documents.
    judged: Vec<u32>,
    signs: close::Signs,
}

impl Answered {
    /// Whether the ranking in use has a right answer among the first three.
    fn is_answered(&self) -> bool {
        weights::first(self, weights::SHIPPED, 3).iter().any(|&grade| grade > 0)
    }
}

/// What the fusion knows of a document.
struct Found {
    /// Deviations of its cosine from the mean.
    standard: f64,
    /// Its share of the best word score.
    words: f64,
    has_every_word: bool,
    /// The best coverage of any document, the same for all.
    coverage: f64,
    grade: u32,
}

fn main() -> Outcome<()> {
    let args = Args::parse();
    let read = |name: &str| fs::read(args.model.join(name));
    let (config, tokenizer, weights) = (read("config.json")?, read("tokenizer.json")?, read("weights.safetensors")?);
    let files = ModelFiles { config: &config, tokenizer: &tokenizer, weights: &weights };
    let mut collections = Vec::new();
    for argument in &args.collections {
        let (name, path) = argument.split_once('=').ok_or("a collection is NAME=PATH")?;
        let (documents, topics, known_items) = read_collection(path)?;
        eprintln!("{name}: {} documents, {} queries", documents.len(), topics.len());
        collections.push((name.to_owned(), documents, topics, known_items));
    }
    let encoder = Encoder::load(&files)?;
    let mut all = Vec::new();
    for (number, (name, documents, topics, known_items)) in collections.iter().enumerate() {
        eprintln!("asking {name}");
        let mut engine = Engine::new(index(documents, &encoder, &files)?);
        engine.set_encoder(Encoder::load(&files)?)?;
        let own = topics.iter().map(|topic| answered(&mut engine, documents, topic)).collect::<Outcome<_>>()?;
        let mut foreign = Vec::new();
        for (other, (_, _, topics, _)) in collections.iter().enumerate().filter(|(other, _)| *other != number) {
            let step = topics.len().div_ceil(args.foreign).max(1);
            for topic in topics.iter().step_by(step) {
                foreign.push((other, close::Signs::of(&ask(&mut engine, &topic.text)?)));
            }
        }
        all.push(Judged { name: name.clone(), known_items: *known_items, own, foreign });
    }
    weights::report(&all);
    close::report(&all);
    Ok(())
}

#[derive(Deserialize)]
struct GradedQuery {
    query: String,
    relevant: BTreeMap<String, u32>,
}

/// Documents, queries, and whether the queries are titles.
fn read_collection(path: &str) -> Outcome<(Vec<Document>, Vec<Topic>, bool)> {
    if let Some((corpus, queries)) = path.split_once(',') {
        let queries: Vec<GradedQuery> = serde_json::from_slice(&fs::read(queries)?)?;
        let topic = |GradedQuery { query, relevant }| Topic { id: query.clone(), text: query, grades: relevant };
        return Ok((read_corpus(Path::new(corpus))?, queries.into_iter().map(topic).collect(), false));
    }
    let path = Path::new(path);
    let is_judged = path.is_dir();
    let Collection { documents, topics } = if is_judged {
        Collection::read(path)?
    } else {
        let plain = |Document { id, title, text, .. }| beir::Document { id, title, text };
        Collection::known_items(&read_corpus(path)?.into_iter().map(plain).collect::<Vec<_>>())
    };
    Ok((documents.into_iter().map(document).collect(), topics, !is_judged))
}

fn read_corpus(path: &Path) -> Outcome<Vec<Document>> {
    let bytes = fs::read(path)?;
    let mut documents = corpus::read(&bytes, path, &ReadOptions::default())?.documents;
    // One of the programmes names a session twice.
    let mut ids = HashSet::new();
    documents.retain(|document| ids.insert(document.id.clone()));
    Ok(documents)
}

/// A document as `inkling eval` takes it.
fn document(beir::Document { id, title, text }: beir::Document) -> Document {
    let text = text.strip_prefix(title.as_str()).unwrap_or(&text).trim().to_owned();
    let title = if title.trim().is_empty() && text.is_empty() { "(empty)".to_owned() } else { title };
    Document { id, title, text, ..Document::default() }
}

fn index(documents: &[Document], encoder: &Encoder, files: &ModelFiles) -> Outcome<Index> {
    let built = build(documents, encoder, files, &BuildOptions::default(), |_| (), |_| ())?;
    Ok(built.open(&documents.iter().collect::<Vec<_>>())?)
}

/// Every document, ranked as the engine ranks.
fn ask(engine: &mut Engine, text: &str) -> Outcome<Vec<Ranked>> {
    let syntax = Syntax { operators: false, ..Syntax::default() };
    let options = QueryOptions { limit: usize::MAX, far: true, syntax, ..QueryOptions::default() };
    Ok(engine.query_with(text, &options)?.hits)
}

fn answered(engine: &mut Engine, documents: &[Document], topic: &Topic) -> Outcome<Answered> {
    let hits = ask(engine, &topic.text)?;
    let signs = close::Signs::of(&hits);
    let best = hits.iter().fold(0.0, |best: f64, hit| best.max(hit.bm25.into()));
    let found = hits.iter().map(|hit| {
        let standard = (f64::from(hit.cosine) - signs.mean) / signs.deviation;
        let words = if best > 0.0 { f64::from(hit.bm25) / best } else { 0.0 };
        // The engine does not say which documents got the bonus, but what else is in their rank is known.
        let without = standard + weights::SHIPPED.words * signs.coverage.powf(weights::SHIPPED.power) * words;
        let has_every_word = hit.order - without > weights::SHIPPED.every_word / 2.0;
        let grade = topic.grades.get(&documents[hit.document as usize].id).copied().unwrap_or(0);
        Found { standard, words, has_every_word, coverage: signs.coverage, grade }
    });
    let mut found: Vec<Found> = found.collect();
    found.sort_by(|a, b| b.standard.total_cmp(&a.standard));
    let mut rest = found.split_off(KEPT.min(found.len()));
    rest.sort_by(|a, b| b.words.total_cmp(&a.words));
    rest.truncate(KEPT);
    found.append(&mut rest);
    Ok(Answered { documents: found, judged: topic.judged(), signs })
}
