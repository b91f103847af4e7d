//! Writes down everything that a fusion can know of the queries of judged collections, so that formulas are tried in seconds by
//! `fusion.py` beside this file. `cargo bench --bench fusion -- --help` says how to call it.

mod vectors;
mod words;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use inkling_search::corpus::{self, ReadOptions};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::engine::QueryOptions;
use inkling_search::engine::build::{BuildOptions, Plan};
use inkling_search::eval::beir::{self, Collection, Topic};
use inkling_search::index::builder::{field_texts, lexical_builder, lexical_texts};
use inkling_search::index::document::Document;
use inkling_search::index::lexical::{Lexical, Quality, Query, Syntax};
use serde::{Deserialize, Serialize};
use vectors::Cache;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Questions about other subjects than any of the collections, and words that are none: a line each.
const OFF_TOPIC: &str = include_str!("off_topic.txt");
const NONSENSE: &str = include_str!("nonsense.txt");

#[derive(Parser)]
struct Args {
    /// Folder of the model
    #[arg(long, default_value = "build/model")]
    model: PathBuf,
    /// Folder to write to; vectors that it has are not made again
    #[arg(long, default_value = "build/fusion")]
    out: PathBuf,
    /// Most queries of each collection that are asked of the others
    #[arg(long, default_value_t = 40)]
    foreign: usize,
    /// Most titles of each collection that are asked of itself
    #[arg(long, default_value_t = 200)]
    titles: usize,
    /// Instead of all that, ask the words alone under other constants and write what that gives to this file
    #[arg(long)]
    words: Option<PathBuf>,
    /// NAME=PATH: a folder in the layout of BEIR, a corpus whose titles ask for its texts, or CORPUS,QUERIES
    #[arg(required = true)]
    collections: Vec<String>,
    /// Cargo passes this to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is written of a collection, beside `vectors.f32` (passages, then queries) and `words.f32` (for each query the documents that
/// its words find: number, score, coverage, whether it has one of them exactly, whether they follow one another).
#[derive(Serialize)]
struct Report {
    name: String,
    /// Whether each title asks for its text: such queries have one answer, and the reciprocal of its rank is the figure.
    known_items: bool,
    documents: usize,
    /// The document of each passage.
    passages: Vec<u32>,
    /// Whether the model knows the language.
    meaning: bool,
    queries: Vec<Asked>,
}

#[derive(Serialize)]
struct Asked {
    /// `own`, `foreign`, `off-topic`, `nonsense`, `title`, or `text`: what a title stands above.
    kind: &'static str,
    text: String,
    /// The collection that a foreign query is from, or the document of a title.
    from: usize,
    /// Grades of documents by their numbers, and those of documents that are not there.
    grades: BTreeMap<u32, u32>,
    missing: Vec<u32>,
    /// Rows of `words.f32`.
    words: usize,
    /// The share of its words that no document has.
    unknown: f32,
}

struct Judged {
    name: String,
    documents: Vec<Document>,
    topics: Vec<Topic>,
    known_items: bool,
}

fn main() -> Outcome<()> {
    let args = Args::parse();
    let mut all = Vec::new();
    for argument in &args.collections {
        let (name, path) = argument.split_once('=').ok_or("a collection is NAME=PATH")?;
        let (documents, topics, known_items) = read_collection(path)?;
        all.push(Judged { name: name.to_owned(), documents, topics, known_items });
    }
    if let Some(file) = &args.words {
        return words::write(&all, file);
    }
    let read = |name: &str| fs::read(args.model.join(name));
    let (config, tokenizer, weights) = (read("config.json")?, read("tokenizer.txt")?, read("weights.safetensors")?);
    let files = ModelFiles { config: &config, tokenizer: &tokenizer, weights: &weights };
    let encoder = Encoder::load(&files)?;
    let mut cache = Cache::open(&args.out, &encoder)?;
    for number in 0..all.len() {
        let documents = all[number].documents.len();
        eprintln!("{}: {documents} documents, {} queries", all[number].name, all[number].topics.len());
        write(&all, number, &args, &files, &mut cache)?;
    }
    Ok(())
}

/// Asks a collection everything, and writes what it answers.
fn write(all: &[Judged], number: usize, args: &Args, files: &ModelFiles<'_>, cache: &mut Cache) -> Outcome<()> {
    let Judged { name, documents, known_items, .. } = &all[number];
    let encoder = cache.encoder;
    let tokenizer = encoder.tokenizer();
    let plan = Plan::new(&documents[..], tokenizer, &BuildOptions::default())?;
    let texts = plan.texts().to_vec();
    let passages = cache.vectors(&texts)?;
    let built = plan.finish(passages.clone(), files, cache.encoder.config())?;
    let index = built.open(&documents.iter().collect::<Vec<_>>())?;
    let owners = index.vectors().places().documents().to_vec();
    let mut builder = lexical_builder("auto", &[])?;
    for document in documents {
        builder.add(&field_texts(&lexical_texts(document)))?;
    }
    let tensors = builder.finish();
    let lexical = Lexical::open(|name| tensors.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice()))?;

    let mut words: Vec<[f32; 5]> = Vec::new();
    let (mut queries, mut encoded) = (questions(all, number, args), Vec::new());
    // Questions of a collection are text: a dash in one is no exclusion.
    let syntax = Syntax { operators: false, ..Syntax::default() };
    let options = QueryOptions { min_score: Some(0.0), syntax: syntax.clone(), ..QueryOptions::default() };
    let is_word = |word: &str| tokenizer.is_word(word);
    for query in &mut queries {
        let question = index.read(&query.text, &options, Some(&is_word))?;
        // As it was read: with misspelt words put right.
        let read = question.to_encode().unwrap_or(&query.text).to_owned();
        if query.kind != "text" {
            let parsed = Query::parse(&read, &syntax);
            let hits = lexical.search(&parsed, &|_| true, documents.len());
            (query.words, query.unknown) = (hits.len(), lexical.look_up(parsed).unknown());
            let flag = |is: bool| f32::from(u8::from(is));
            words.extend(hits.iter().map(|hit| {
                let exact = hit.quality == Quality::Exact;
                [hit.document as f32, hit.score, hit.coverage, flag(exact), flag(hit.is_together)]
            }));
        }
        encoded.push(read);
    }
    let vectors = cache.vectors(&encoded)?;
    let folder = args.out.join(name);
    fs::create_dir_all(&folder)?;
    let bytes = |rows: &[Vec<f32>]| rows.iter().flatten().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    fs::write(folder.join("vectors.f32"), [bytes(&passages), bytes(&vectors)].concat())?;
    fs::write(folder.join("words.f32"), words.iter().flatten().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    let (name, known_items, documents, meaning) = (name.clone(), *known_items, documents.len(), built.manifest.meaning);
    let report = Report { name, known_items, documents, passages: owners, meaning, queries };
    Ok(fs::write(folder.join("queries.json"), serde_json::to_vec(&report)?)?)
}

/// Everything a collection is asked: its own queries, those of others, and what none answers.
fn questions(all: &[Judged], number: usize, args: &Args) -> Vec<Asked> {
    let Judged { documents, topics, .. } = &all[number];
    let numbers: BTreeMap<&str, u32> = documents.iter().map(|document| document.id.as_str()).zip(0..).collect();
    let plain = |kind, text: &str, from| Asked {
        kind,
        text: text.to_owned(),
        from,
        grades: BTreeMap::new(),
        missing: Vec::new(),
        words: 0,
        unknown: 0.0,
    };
    let mut asked = Vec::new();
    for topic in topics {
        let mut own = plain("own", &topic.text, number);
        for (id, &grade) in &topic.grades {
            match numbers.get(id.as_str()) {
                Some(&document) => drop(own.grades.insert(document, grade)),
                None => own.missing.push(grade),
            }
        }
        asked.push(own);
    }
    for (other, Judged { topics, .. }) in all.iter().enumerate().filter(|(other, _)| *other != number) {
        let step = topics.len().div_ceil(args.foreign.max(1)).max(1);
        asked.extend(topics.iter().step_by(step).map(|topic| plain("foreign", &topic.text, other)));
    }
    asked.extend(OFF_TOPIC.lines().map(|text| plain("off-topic", text, 0)));
    asked.extend(NONSENSE.lines().map(|text| plain("nonsense", text, 0)));
    let step = documents.len().div_ceil(args.titles.max(1)).max(1);
    for (at, document) in documents.iter().enumerate().step_by(step) {
        let Document { title, text, .. } = document;
        if title.trim().is_empty() || text.trim().is_empty() {
            continue;
        }
        asked.push(plain("title", title, at));
        let start: String = text.chars().take(900).collect();
        asked.push(plain("text", &start, at));
    }
    asked
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
