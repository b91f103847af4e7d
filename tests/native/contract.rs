//! What Rust and TypeScript both know, and neither can take from the other, as Rust has it. `tests/unit/contract.test.ts` holds the
//! package to the same file. `INKLING_WRITE_GOLDENS=1 cargo test …` writes it anew.

use inkling_search::engine::{DEFAULT_LIMIT, Mode};
use inkling_search::error::ErrorKind;
use inkling_search::export::filter_key;
use inkling_search::index::fusion::{self, Asked};
use inkling_search::index::lexical::Language;
use inkling_search::index::manifest::{
    CLUSTERS_LIST, DOCUMENTS_MODEL_FOLDER, FORMAT, FileEntry, MANIFEST_FILE, MODEL_FOLDER, Manifest, ModelIdentity, Needed,
};
use inkling_search::index::vectors::VectorHit;
use inkling_search::model::config::{CONFIG_FILE, ROWS_PREFIX, TOKENIZER_FILE, WEIGHTS_FILE};
use serde_json::{Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/goldens/contract.json");

/// Paths of files that a manifest may name, and paths that it may not.
const PATHS: &[&str] = &[
    "docs/000.json",
    "model/documents/weights.safetensors",
    "a b/ü.json",
    "...",
    "..a/b..",
    ".hidden",
    "a&b=c;d+e@f",
    "",
    ".",
    "..",
    "../secret",
    "a/../../b",
    "a/./b",
    "/etc/passwd",
    "a//b",
    "a/",
    "https://example.org/x",
    "data:text/plain,x",
    "C:\\x",
    "a\\b",
    "a?b",
    "a#b",
    "%2e%2e/secret",
];

fn manifest(files: Vec<FileEntry>) -> Manifest {
    Manifest {
        format: FORMAT,
        model: ModelIdentity { id: "a/model".into(), family: "00".into() },
        dim: 384,
        documents: 1,
        passages: 1,
        passage_tokens: 200,
        passage_overlap: 40,
        language: "en".into(),
        meaning: true,
        base: None,
        files,
    }
}

fn is_read(path: &str) -> bool {
    let named = manifest(vec![FileEntry::new(path, b"", Needed::Hit)]);
    match Manifest::from_json(&named.to_json()) {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::DamagedFile => false,
        Err(error) => panic!("{path:?}: {error}"),
    }
}

/// How passages of some cosines are scored by meaning alone, and which of them are shown where the first is close.
fn by_meaning(cosines: &[f32]) -> Value {
    let hits: Vec<VectorHit> =
        (0..).zip(cosines).map(|(at, &score)| VectorHit { document: at, passage: Some(at), score }).collect();
    let mut ranked = fusion::by_meaning(&hits);
    let scores: Vec<f32> = ranked.iter().map(|document| document.score).collect();
    fusion::keep_close_by_score(&mut ranked);
    json!({ "cosines": cosines, "scores": scores, "shown": ranked.len() })
}

/// Whether a best passage of a cosine is close in an index of so many documents that meaning alone ranks.
fn is_close((documents, cosine): (usize, f32)) -> Value {
    let ranked = fusion::by_meaning(&[VectorHit { document: 0, passage: Some(0), score: cosine }]);
    let close = Asked { unknown: 0.0, documents }.closeness_by_meaning(&ranked) >= 0.0;
    json!({ "documents": documents, "cosine": cosine, "close": close })
}

/// Files that are many as they are written in manifests and lists, and what is read of them.
fn many() -> Value {
    let words = (0..3).map(|block| FileEntry::new(Manifest::words_path(block), &[0; 3][..block], Needed::Words));
    let documents = (0..2).map(|number| FileEntry {
        first: Some(number * 4),
        ..FileEntry::new(Manifest::documents_path(number), b"[]", Needed::Hit)
    });
    let clusters = [FileEntry::new(Manifest::cluster_path(0), b"abc", Needed::Vectors)];
    let listed = manifest(words.chain(documents).collect());
    let parse = |json: Vec<u8>| serde_json::from_slice::<Value>(&json).unwrap();
    json!({
        "manifest": parse(Manifest { documents: 5, ..listed.clone() }.to_json()),
        "files": listed.files,
        "list": parse(Manifest::list(&clusters)),
        "clusters": clusters,
        "cluster 1234": Manifest::cluster_path(1234),
    })
}

#[test]
fn what_the_package_repeats_of_the_crate_is_what_the_golden_says() {
    let needed = [
        Needed::Model,
        Needed::Rows,
        Needed::Documents,
        Needed::Index,
        Needed::Words,
        Needed::Meaning,
        Needed::Vectors,
        Needed::Hit,
    ];
    let named = needed.iter().map(|&needed| FileEntry::new(format!("{needed:?}").to_lowercase(), b"abc", needed)).collect();
    let (good, bad): (Vec<&str>, Vec<&str>) = PATHS.iter().partition(|path| is_read(path));
    let filter = |(field, value)| json!({ "field": field, "value": value, "key": filter_key(field, value) });
    let filters = [("day", "Monday"), ("day", "a=b"), ("day=a", "b"), ("day\\", "=b"), ("", "\\=")].map(filter);
    let close = [(20, 0.15), (20, 0.17), (300, 0.26), (300, 0.28), (5000, 0.37), (5000, 0.38)].map(is_close);
    let errors: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
    let (everywhere, apart): (Vec<Language>, Vec<Language>) = Language::ALL.iter().partition(|language| language.is_everywhere());
    let codes = |languages: Vec<Language>| languages.into_iter().map(Language::code).collect::<Vec<_>>();
    let contract = json!({
        "errors": errors,
        "languages": { "everywhere": codes(everywhere), "apart": codes(apart) },
        "modes": [Mode::Hybrid, Mode::Semantic, Mode::Lexical],
        "limit": DEFAULT_LIMIT,
        "names": {
            "manifest": MANIFEST_FILE,
            "model": format!("{MODEL_FOLDER}/"),
            "documentsModel": format!("{DOCUMENTS_MODEL_FOLDER}/"),
            "config": CONFIG_FILE,
            "tokenizer": TOKENIZER_FILE,
            "weights": WEIGHTS_FILE,
            "clusters": CLUSTERS_LIST,
            "rows": ROWS_PREFIX,
        },
        "manifest": manifest(named),
        "many": many(),
        "paths": { "good": good, "bad": bad },
        "filters": filters,
        "meaning": [by_meaning(&[0.9, 0.7, 0.5, 0.35, 0.2, -0.1, -1.0]), by_meaning(&[0.3, 0.1, 0.0, -0.03, -0.05, -0.2])],
        "close": close,
    });
    if std::env::var_os("INKLING_WRITE_GOLDENS").is_some() {
        std::fs::write(GOLDEN, serde_json::to_string_pretty(&contract).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(GOLDEN).unwrap()).unwrap();
    // Numbers as the file has them: what is written of an f32 is read as the nearest f64.
    let contract: Value = serde_json::from_str(&contract.to_string()).unwrap();
    assert_eq!(contract, expected, "{contract:#}");
}
