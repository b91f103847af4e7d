//! Documents to an index to hits, on the tiny model: what comes out, and what bad input is answered with.

use std::sync::LazyLock;

use crate::models::{Model, tiny_raw};
use inkling_search::engine::{Engine, Hit};
use inkling_search::error::{Error, ErrorKind};
use inkling_search::index::builder::{BuiltIndex, build};
use inkling_search::index::document::Document;
use inkling_search::index::folder::{IndexFolder, write_files};
use inkling_search::index::manifest::{MANIFEST_FILE, VECTORS_FILE};
use inkling_search::text::passages::{PassageOptions, split};
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of(&tiny_raw()));

const OPTIONS: PassageOptions = PassageOptions { max_tokens: 40, overlap: 8 };

fn document(id: &str, title: &str, text: &str) -> Document {
    Document { id: id.into(), title: title.into(), text: text.into(), ..Document::default() }
}

fn corpus() -> Vec<Document> {
    let long = "The talk is about data, and then about health. ".repeat(30);
    vec![
        document("a", "Health data", "How patients and doctors use data."),
        document("b", "Sports", &long),
        document("c", "Only a title", ""),
        document("d", "", "Only a text, without a title."),
    ]
}

fn built(documents: &[Document]) -> Result<BuiltIndex, Error> {
    build(documents, &MODEL.encoder(), &MODEL.files(), OPTIONS, |_| (), |_| ())
}

/// Builds an index of some documents in a fresh folder.
fn folder(documents: &[Document]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), built(documents).unwrap().files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
        .unwrap();
    folder
}

fn engine(folder: &IndexFolder) -> Engine {
    let mut engine = Engine::new(folder.manifest().clone(), folder.vectors().unwrap()).unwrap();
    engine.set_encoder(MODEL.encoder()).unwrap();
    engine
}

fn search(folder: &IndexFolder, text: &str, limit: usize) -> Vec<Hit> {
    let mut engine = engine(folder);
    let answer = pollster::block_on(engine.query(text, limit)).unwrap();
    answer.hits.iter().map(|hit| engine.show(hit, &folder.document(hit.document).unwrap()).unwrap()).collect()
}

#[test]
fn a_documents_own_text_finds_it_first() {
    let documents = corpus();
    let folder = folder(&documents);
    let index = IndexFolder::open(folder.path()).unwrap();
    for Document { id, title, text, .. } in documents.iter().filter(|document| document.id != "b") {
        let query = [title.as_str(), text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        let hits = search(&index, &query, 3);
        assert_eq!(&hits[0].id, id);
        assert_eq!(hits.len(), 3);
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        assert_eq!(&text[hits[0].passage.start..hits[0].passage.end], hits[0].passage.text);
    }
}

#[test]
fn equal_documents_come_in_the_order_of_the_corpus() {
    let documents: Vec<_> = (0..20).map(|number| document(&format!("{number:02}"), "Same", "The same text.")).collect();
    let folder = folder(&documents);
    let hits = search(&IndexFolder::open(folder.path()).unwrap(), "text", 7);
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["00", "01", "02", "03", "04", "05", "06"]);
}

#[test]
fn a_document_is_found_once_by_the_best_of_its_passages() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    assert!(index.manifest().passages > 10, "{}", index.manifest().passages);
    let hits = search(&index, "data and health", 100);
    assert_eq!(hits.len(), 4);
}

#[test]
fn building_twice_gives_the_same_bytes() {
    assert_eq!(built(&corpus()).unwrap().files, built(&corpus()).unwrap().files);
}

#[test]
fn an_empty_query_finds_nothing_and_is_no_error() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    for query in ["", "  \n\t "] {
        assert!(pollster::block_on(engine.query(query, 3)).unwrap().hits.is_empty());
    }
}

#[test]
fn a_query_of_100_kb_is_cut_and_says_so() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let answer = pollster::block_on(engine.query(&"health data ".repeat(9000), 3)).unwrap();
    assert!(answer.truncated);
    assert_eq!(answer.hits.len(), 3);
}

#[test]
fn a_query_before_the_model_is_refused() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    let mut engine = Engine::new(index.manifest().clone(), index.vectors().unwrap()).unwrap();
    assert_eq!(pollster::block_on(engine.query("data", 3)).err().unwrap().kind(), ErrorKind::InvalidInput);
}

#[test]
fn bad_corpora_are_refused_with_their_own_codes() {
    let error = |documents: &[Document]| built(documents).err().unwrap();
    assert_eq!(error(&[]).kind(), ErrorKind::EmptyCorpus);
    assert_eq!(error(&[document("", "A", "x")]).kind(), ErrorKind::InvalidInput);
    assert_eq!(error(&[document("a", " ", "\n")]).kind(), ErrorKind::InvalidInput);
    let twice = error(&[document("a", "A", "x"), document("b", "B", "x"), document("a", "C", "x")]);
    assert_eq!(twice.kind(), ErrorKind::DuplicateId);
    assert!(twice.to_string().contains("\"a\""), "{twice}");
}

#[test]
fn an_index_of_another_model_is_refused_and_both_are_named() {
    let folder = folder(&corpus());
    let path = folder.path().join(MANIFEST_FILE);
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replace("\"id\": \"tiny-model\"", "\"id\": \"other-model\"")).unwrap();
    let index = IndexFolder::open(folder.path()).unwrap();
    let mut engine = Engine::new(index.manifest().clone(), index.vectors().unwrap()).unwrap();
    let error = engine.set_encoder(MODEL.encoder()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch);
    assert!(error.to_string().contains("other-model") && error.to_string().contains("tiny-model"), "{error}");
}

#[test]
fn a_changed_or_missing_file_of_an_index_is_refused() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    let path = folder.path().join(VECTORS_FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(index.vectors().unwrap_err().kind(), ErrorKind::HashMismatch);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(index.vectors().unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(folder.path().join(MANIFEST_FILE), b"{").unwrap();
    assert_eq!(IndexFolder::open(folder.path()).err().unwrap().kind(), ErrorKind::DamagedFile);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn passages_cover_every_word_and_stay_within_their_limits(
        words in prop::collection::vec("[a-z]{1,12}|[0-9]{1,9}|é|日本|[.,;!?]", 0..300),
        title in "[a-z ]{0,200}",
        max_tokens in 16usize..46,
    ) {
        let encoder = MODEL.encoder();
        let tokenizer = encoder.tokenizer();
        let text = words.join(" ");
        let options = PassageOptions { max_tokens, overlap: max_tokens / 3 }.for_model(tokenizer).unwrap();
        let passages = split(tokenizer, &title, &text, options).unwrap();

        let mut covered = vec![false; text.len()];
        for (window, range) in passages.windows.iter().enumerate() {
            prop_assert!(text.get(range.clone()).is_some());
            covered[range.clone()].fill(true);
            // Part of a word can have more tokens by itself than within the word, so a window that had to cut a word
            // (one with more tokens than the window) is not counted.
            let cuts_a_word = |at: usize| text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric);
            if !cuts_a_word(range.start) && !cuts_a_word(range.end) {
                let tokens = tokenizer.encode(&passages.text(&title, &text, window)).unwrap();
                prop_assert!(tokens.ids.len() <= max_tokens + 2 && !tokens.truncated, "{} tokens", tokens.ids.len());
            }
        }
        for (token, _) in tokenizer.offsets(&text).unwrap() {
            prop_assert!(token.clone().all(|at| covered[at]), "{:?} is in no passage", &text[token]);
        }
        prop_assert!(passages.windows.is_sorted_by_key(|range| range.start));
    }
}
