//! The native half of `npm run bench -- --only ranking`: makes seeded indexes of any size, times words, scan and opening in
//! them, and prints the figures as JSON. `cargo bench --bench ranking -- --help` says how to call it.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use inkling_search::engine::folder::{IndexFolder, write_files};
use inkling_search::engine::{Mode, QueryOptions};
use inkling_search::index::builder::{self, WHOLE_PASSAGES, field_texts, lexical_builder, lexical_texts};
use inkling_search::index::document::Document;
use inkling_search::index::manifest::{FileEntry, MODEL_FOLDER, Needed};
use inkling_search::index::vectors::{PassageVector, Vectors};
use inkling_search::model::config::ModelConfig;
use inkling_search::text::passages::PassageOptions;
use serde_json::{Map, Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Most frequent words of the made language, as in any text: the word index knows them as stop words.
const STOP_WORDS: [&str; 48] = [
    "the", "of", "and", "to", "in", "a", "is", "for", "that", "with", "on", "are", "as", "this", "be", "by", "or", "an", "from",
    "it", "at", "we", "can", "not", "which", "have", "has", "was", "were", "their", "these", "our", "you", "your", "how", "what",
    "they", "will", "but", "all", "more", "into", "its", "than", "been", "other", "when", "there",
];

/// Different words of the made language.
const WORDS: usize = 200_000;

#[derive(Parser)]
struct Args {
    /// Folder in which the indexes are kept
    #[arg(long)]
    out: PathBuf,
    /// Folder of the model whose identity the indexes carry
    #[arg(long)]
    model: PathBuf,
    /// An index to make and time, as DOCUMENTSxPASSAGES-OF-EACH
    #[arg(long = "size", value_name = "NxM")]
    sizes: Vec<String>,
    /// File to write the figures to; printed where there is none
    #[arg(long)]
    report: Option<PathBuf>,
    /// Times only this kind of query
    #[arg(long)]
    kind: Option<String>,
    /// How often each query is asked
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Cargo passes this to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome<()> {
    let args = Args::parse();
    let mut report = Map::new();
    for size in &args.sizes {
        let (documents, passages) = size.split_once('x').ok_or("a size is DOCUMENTSxPASSAGES")?;
        let (documents, passages): (usize, usize) = (documents.parse()?, passages.parse()?);
        let folder = args.out.join(size);
        let corpus = Corpus::new(documents);
        if !folder.join("manifest.json").exists() {
            make(&folder, &args.model, &corpus, passages)?;
        }
        report.insert(size.clone(), time(&folder, &corpus, &args)?);
    }
    match &args.report {
        Some(file) => fs::write(file, Value::Object(report).to_string())?,
        None => println!("{}", Value::Object(report)),
    }
    Ok(())
}

/// A small generator of numbers (SplitMix64, Steele, Lea and Flood 2014): the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

/// Texts whose words are as frequent as those of a language (Zipf and Mandelbrot), and queries about them.
struct Corpus {
    documents: Vec<Document>,
    queries: Vec<(&'static str, Vec<String>)>,
}

/// Word number `rank`, by frequency: syllables, the shorter the more frequent.
fn word(rank: usize) -> String {
    if rank < STOP_WORDS.len() {
        return STOP_WORDS[rank].to_owned();
    }
    let (mut left, mut text) = (rank - STOP_WORDS.len() + 45, String::new());
    while left > 0 {
        text.push(char::from(b"bdfgklmnprstvzh"[left % 15]));
        text.push(char::from(b"aeiou"[left / 15 % 5]));
        left /= 75;
    }
    text + if rank.is_multiple_of(3) { "n" } else { "r" }
}

impl Corpus {
    fn new(documents: usize) -> Self {
        let mut sums = Vec::with_capacity(WORDS);
        let mut sum = 0.0;
        for rank in 0..WORDS {
            sum += 1.0 / (rank as f64 + 2.7).powf(1.07);
            sums.push(sum);
        }
        let mut random = Random(1);
        let documents: Vec<Document> = (0..documents).map(|number| document(number, &sums, &mut random)).collect();
        let queries = queries(&documents, &mut random);
        Self { documents, queries }
    }
}

fn document(number: usize, sums: &[f64], random: &mut Random) -> Document {
    let mut words: Vec<String> = Vec::new();
    let length = 50 + random.below(100);
    while words.len() < length {
        // Texts come back to their words.
        let next = if random.unit() < 0.15 && !words.is_empty() {
            words[random.below(words.len())].clone()
        } else {
            let at = random.unit() * sums[WORDS - 1];
            word(sums.partition_point(|&sum| sum < at))
        };
        words.push(next);
    }
    let title = (0..6).map(|_| words[random.below(length)].as_str()).collect::<Vec<_>>().join(" ");
    let mut fields = Map::new();
    fields.insert("speaker".into(), format!("{} {}", word(3000 + random.below(900)), word(9000 + random.below(9000))).into());
    fields.insert("track".into(), format!("Track {}", random.below(12)).into());
    Document { id: format!("d{number:07}"), title, text: words.join(" "), fields, ..Document::default() }
}

/// Queries of each kind, taken from documents, so that they find something.
fn queries(documents: &[Document], random: &mut Random) -> Vec<(&'static str, Vec<String>)> {
    let mut kind = |name, make: &dyn Fn(&[&str], &mut Random) -> String| {
        let of_one = |_| {
            let document = &documents[random.below(documents.len())];
            make(&document.text.split(' ').collect::<Vec<_>>(), random)
        };
        (name, (0..30).map(of_one).collect::<Vec<String>>())
    };
    let some = |words: &[&str], count: usize, random: &mut Random| {
        let start = random.below(words.len() - count);
        words[start..start + count].join(" ")
    };
    vec![
        kind("one word", &|words, random| some(words, 1, random) + " "),
        kind("three words", &|words, random| some(words, 3, random) + " "),
        kind("a phrase and a word", &|words, random| format!("\"{}\" {} ", some(words, 2, random), some(words, 1, random))),
        kind("17 words", &|words, random| some(words, 17, random) + " "),
        kind("a word begun", &|words, random| {
            let last = some(words, 1, random);
            format!("{} {}", some(words, 1, random), &last[..last.len().min(2)])
        }),
        kind("a word misspelt", &|words, random| {
            let mut long: Vec<u8> = words.iter().max_by_key(|word| word.len()).copied().unwrap_or_default().into();
            long.swap(1, 2);
            format!("{} {} ", some(words, 1, random), String::from_utf8_lossy(&long))
        }),
    ]
}

/// Writes the index of a corpus, with made vectors of the model's length.
fn make(folder: &std::path::Path, model: &std::path::Path, corpus: &Corpus, passages: usize) -> Outcome<()> {
    let config = ModelConfig::from_json(&fs::read(model.join("config.json"))?)?;
    let mut vectors = Vectors::new(config.dim);
    let mut random = Random(2);
    let mut lexical = lexical_builder("en", &[])?;
    for (number, document) in (0u32..).zip(&corpus.documents) {
        lexical.add(&field_texts(&lexical_texts(document)))?;
        for _ in 0..passages {
            // Four numbers in [-1, 1] of each draw.
            let draw = |_| random.next().to_le_bytes();
            let bytes: Vec<u8> = (0..config.dim / 8).flat_map(draw).collect();
            let vector: Vec<f32> = bytes.into_iter().map(|byte| f32::from(byte as i8) / 128.0).collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            let vector = vector.into_iter().map(|x| x / length).collect();
            vectors.push(&PassageVector { document: number, range: 0..document.text.len(), vector });
        }
    }
    let mut entries = Vec::new();
    for name in ["config.json", "tokenizer.txt", "weights.safetensors"] {
        let (path, bytes) = (format!("{MODEL_FOLDER}/{name}"), fs::read(model.join(name))?);
        write_files(folder, [(path.as_str(), bytes.as_slice())])?;
        entries.push(FileEntry::new(path, &bytes, Needed::Model));
    }
    let (lexical, options) = (lexical.finish(), PassageOptions::default());
    let built = builder::write(&corpus.documents, &vectors, lexical, options, ((&config).into(), true), entries, WHOLE_PASSAGES)?;
    write_files(folder, built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;
    fs::write(folder.join("queries.json"), serde_json::to_vec(&corpus.queries)?)?;
    Ok(())
}

fn time(folder: &std::path::Path, corpus: &Corpus, args: &Args) -> Outcome<Value> {
    let rounds = args.rounds;
    let start = Instant::now();
    let index = IndexFolder::open(folder)?;
    let mut engine = index.engine()?;
    let open = start.elapsed().as_secs_f64() * 1e3;
    let mut words = Map::new();
    let options = QueryOptions { mode: Mode::Lexical, limit: 10, ..QueryOptions::default() };
    for (kind, queries) in corpus.queries.iter().filter(|(kind, _)| args.kind.as_deref().is_none_or(|wanted| wanted == *kind)) {
        let mut medians = Vec::new();
        for query in queries {
            let mut times = Vec::new();
            // The first round warms up.
            for _ in 0..=rounds {
                let start = Instant::now();
                black_box(engine.query_with(query, &options)?);
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            medians.push(median(times.split_off(1)));
        }
        let most = medians.iter().copied().fold(0.0, f64::max);
        words.insert((*kind).to_owned(), json!({ "median": median(medians), "most": most }));
    }
    drop(engine);
    let vectors = index.vectors()?;
    let query = vectors.vector(0);
    let source = vec![1u8; vectors.passages() * vectors.dim()];
    let mut target = vec![0u8; source.len()];
    let (mut scans, mut copies) = (Vec::new(), Vec::new());
    for _ in 0..=rounds {
        let start = Instant::now();
        black_box(vectors.scan(&query, |_| true));
        scans.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        target.copy_from_slice(black_box(&source));
        black_box(&mut target);
        copies.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let best = |times: &[f64]| times[1..].iter().copied().fold(f64::INFINITY, f64::min);
    let scan = json!({ "best": best(&scans), "median": median(scans.split_off(1)) });
    let copy = json!({ "best": best(&copies), "median": median(copies.split_off(1)) });
    Ok(json!({ "open": open, "words": words, "scan": scan, "copy": copy }))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
