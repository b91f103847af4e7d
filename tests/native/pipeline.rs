//! Documents to an index to hits, on the tiny model: what comes out, and what bad input is answered with.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::models::{Model, tiny_raw};
use inkling_search::engine::build::{BuildOptions, Plan, build};
use inkling_search::engine::folder::{IndexFolder, write_files};
use inkling_search::engine::{Answer, EncodedDocument, Engine, Hit, Index, Mode, QueryOptions, Timings};
use inkling_search::error::{Error, ErrorKind};
use inkling_search::import::size::Size;
use inkling_search::index::builder::{IndexFiles, WHOLE_PASSAGES};
use inkling_search::index::clusters::Clusters;
use inkling_search::index::codes::Codes;
use inkling_search::index::document::Document;
use inkling_search::index::manifest::{
    CLUSTERS_LIST, FileEntry, LEXICAL_FILE, MANIFEST_FILE, Manifest, Needed, PASSAGES_FILE, VECTORS_FILE,
};
use inkling_search::index::places::Places;
use inkling_search::index::vectors::Vectors;
use inkling_search::text::passages::{PassageOptions, split};
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of(&tiny_raw()));

const PASSAGES: PassageOptions = PassageOptions { max_tokens: 40, overlap: 8 };

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

fn built(documents: &[Document]) -> Result<IndexFiles, Error> {
    built_by_cluster(documents, WHOLE_PASSAGES)
}

fn built_by_cluster(documents: &[Document], whole_passages: usize) -> Result<IndexFiles, Error> {
    let options = BuildOptions { passages: PASSAGES, language: "en".into(), whole_passages, ..BuildOptions::default() };
    build(documents, &MODEL.encoder(), &MODEL.files(), &options, |_| (), |_| ())
}

/// Builds an index of some documents in a fresh folder.
fn folder(documents: &[Document]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), built(documents).unwrap().files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
        .unwrap();
    folder
}

fn engine(folder: &IndexFolder) -> Engine {
    let mut engine = folder.engine().unwrap();
    engine.set_encoder(MODEL.encoder()).unwrap();
    engine
}

/// Options that rank by meaning alone, however far it is: the tiny model's vectors are all alike.
fn semantic(limit: usize) -> QueryOptions {
    QueryOptions { limit, mode: Mode::Semantic, min_score: Some(0.0), ..QueryOptions::default() }
}

fn search(folder: &IndexFolder, text: &str, options: &QueryOptions) -> Vec<Hit> {
    engine(folder).search_with(text, options, folder).unwrap().1
}

#[test]
fn a_misspelt_query_is_encoded_as_if_it_were_spelt_right() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let mut ask = |text: &str, mode| {
        let options = QueryOptions { mode, min_score: Some(0.0), ..QueryOptions::default() };
        let answer = engine.query_with(text, &options).unwrap();
        let cosines: BTreeMap<u32, u32> = answer.hits.iter().map(|hit| (hit.document, hit.cosine.to_bits())).collect();
        (answer.corrected, cosines)
    };
    let (none, right) = ask("patients", Mode::Hybrid);
    assert_eq!(none, None);
    assert_eq!(ask("patiants", Mode::Hybrid), (Some("patients".into()), right));
    assert_eq!(ask("patiants", Mode::Semantic).0, None, "meaning alone takes the text as it is");
    assert_eq!(ask("patiants", Mode::Lexical).0, None, "words find it by themselves");
}

#[test]
fn the_words_of_a_query_as_it_was_read_are_marked_in_its_hits() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    let hit = &search(&index, "patiants", &QueryOptions { min_score: Some(0.0), ..QueryOptions::default() })[0];
    let marked: Vec<&str> = hit.matches.iter().map(|range| &hit.passage.text[range.clone()]).collect();
    assert_eq!((hit.id.as_str(), marked.as_slice()), ("a", &["patients"][..]));
}

#[test]
fn a_document_that_an_operator_rules_out_is_a_hit_in_no_mode() {
    let documents = seven();
    let folder = folder(&documents);
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let has = |number: u32, words: &[&str]| {
        let Document { title, text, .. } = &documents[number as usize];
        let all = format!("{title} {text}").to_lowercase();
        words.iter().any(|word| all.contains(word))
    };
    for mode in [Mode::Hybrid, Mode::Semantic, Mode::Lexical] {
        for (query, without, with) in [
            ("health -data", &["data"][..], &[""][..]),
            ("health -patient -\"best people\"", &["patients", "best people"], &[""]),
            ("sports \"best people\" health", &[], &["best people"]),
            ("people \"patients\"", &[], &["patients"]),
        ] {
            let answer = engine.query_with(query, &QueryOptions { mode, ..semantic(10) }).unwrap();
            assert_eq!(answer.found, answer.hits.len());
            for hit in &answer.hits {
                assert!(!has(hit.document, without) && has(hit.document, with), "{mode:?} {query}: {}", hit.document);
            }
            assert!(mode == Mode::Lexical || !answer.hits.is_empty(), "{mode:?} {query}");
        }
    }
}

#[test]
fn excluded_words_and_quotes_change_no_cosine() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let mut cosine = |text: &str| {
        let answer = engine.query_with(text, &semantic(10)).unwrap();
        answer.hits.iter().find(|hit| hit.document == 0).unwrap().cosine.to_bits()
    };
    let plain = cosine("patients and doctors");
    for text in ["patients and doctors -sports", "-\"a title\" \"patients and doctors\"", "\"patients and doctors"] {
        assert_eq!(cosine(text), plain, "{text}");
    }
}

#[test]
fn a_title_finds_its_document_first_however_it_is_typed() {
    let mut documents = seven();
    let text = "Health data, health data and how data about health are data. ".repeat(4);
    documents.extend((0..5).map(|number| document(&format!("x{number}"), "More health data for all", &text)));
    let folder = folder(&documents);
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    for mode in [Mode::Hybrid, Mode::Lexical] {
        for query in ["Health data", "health data", "\"Health data\"", "\"Health data", "data health", "«Health» data"] {
            let answer = engine.query_with(query, &QueryOptions { mode, ..semantic(3) }).unwrap();
            assert_eq!(answer.hits[0].document, 0, "{mode:?} {query}");
        }
    }
}

#[test]
fn words_alone_rank_where_the_model_does_not_know_the_language() {
    let chinese = ["机器学习的入门课程", "城市里的天气预报", "数据与人的健康"];
    let documents: Vec<_> = ["x", "y", "z"].iter().zip(chinese).map(|(id, text)| document(id, "", text)).collect();
    assert!(!built(&documents).unwrap().manifest.meaning && built(&corpus()).unwrap().manifest.meaning);
    let folder = folder(&documents);
    let mut lost = engine(&IndexFolder::open(folder.path()).unwrap());
    let answer = lost.query("天气预报").unwrap();
    assert_eq!((answer.mode, answer.found, answer.hits[0].document), (Mode::Lexical, 1, 1));
    assert_eq!(lost.query_with("天气预报", &semantic(3)).unwrap().mode, Mode::Semantic, "asked for, it ranks");

    let folder = self::folder(&corpus());
    let mut known = engine(&IndexFolder::open(folder.path()).unwrap());
    assert_eq!(known.query("天气预报").unwrap().mode, Mode::Lexical, "nor where it does not know that of the query");
    assert_eq!(known.query("patients and data").unwrap().mode, Mode::Hybrid);
}

#[test]
fn the_values_that_a_query_names_are_offered() {
    let folder = folder(&talks());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let mut named = |text: &str| {
        let understood = engine.query(text).unwrap().understood;
        understood.into_iter().map(|found| (found.field, found.value, found.start)).collect::<Vec<_>>()
    };
    let expected =
        [("speakers", "Bo", 5), ("day", "Monday", 11)].map(|(field, value, at)| (field.to_owned(), value.to_owned(), at));
    assert_eq!(named("data bo on monday"), expected);
    let added =
        Document { fields: serde_json::json!({"day": "Sunday"}).as_object().unwrap().clone(), ..document("d", "New", "") };
    engine.add(vec![added], |_| ()).unwrap();
    assert_eq!(engine.query("sunday").unwrap().understood[0].value, "Sunday");
}

#[test]
fn a_query_that_only_excludes_finds_what_filters_leave() {
    let folder = folder(&talks());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    assert_eq!(engine.query("-ada").unwrap().found, 0);
    let filters = [("speakers".to_owned(), vec!["Bo".to_owned()])].into_iter().collect();
    let answer = engine.query_with("-ada", &QueryOptions { filters, ..QueryOptions::default() }).unwrap();
    assert_eq!(answer.hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_documents_own_text_finds_it_first() {
    let documents = corpus();
    let folder = folder(&documents);
    let index = IndexFolder::open(folder.path()).unwrap();
    for Document { id, title, text, .. } in documents.iter().filter(|document| document.id != "b") {
        let query = [title.as_str(), text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        let hits = search(&index, &query, &semantic(3));
        assert_eq!(&hits[0].id, id);
        assert_eq!(hits.len(), 3);
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        assert_eq!(&text[hits[0].passage.start..hits[0].passage.end], hits[0].passage.text);
    }
}

#[test]
fn equal_documents_come_in_the_order_of_the_corpus_and_those_added_behind_them_by_their_ids() {
    let same = |id: &str| document(id, "Same", "The same text.");
    let folder = folder(&["d", "a", "c"].map(same));
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    engine.add(vec![same("f"), same("b"), same("e")], |_| ()).unwrap();
    engine.remove("a");
    for mode in [Mode::Semantic, Mode::Lexical, Mode::Hybrid] {
        for limit in [3, 9] {
            let found = engine.query_with("text", &QueryOptions { mode, ..semantic(limit) }).unwrap();
            let numbers = ["d", "c", "b", "e", "f"].map(|id| engine.index().number(id).unwrap());
            assert!(found.hits.iter().map(|hit| hit.document).eq(numbers.into_iter().take(limit)), "{mode:?}");
        }
    }
}

#[test]
fn a_document_is_found_once_by_the_best_of_its_passages() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    assert!(index.manifest().passages > 10, "{}", index.manifest().passages);
    assert_eq!(search(&index, "data and health", &semantic(100)).len(), 4);
}

#[test]
fn code_that_is_most_of_a_passage_is_kept_out_of_its_vector_and_found_whole_and_in_parts() {
    let with_code = |prose: &str, code: &str| {
        let text = format!("{prose}\n{code}");
        Document { code: std::iter::once(prose.len() + 1..text.len()).collect(), ..document("a", "Lamps", &text) }
    };
    let vectors = |document: &Document| {
        let files = built(std::slice::from_ref(document)).unwrap().files;
        files.into_iter().find(|(name, _)| name == VECTORS_FILE).unwrap().1
    };
    let mostly = with_code("Set it.", "keepLamp(nine);");
    assert_eq!(vectors(&mostly), vectors(&document("a", "Lamps", "Set it.")));
    assert_ne!(vectors(&mostly), vectors(&document("a", "Lamps", &mostly.text)));
    // Where there is more prose than code, the code says what it is about as well.
    let half = with_code("Set it, and then look.", "keepLamp(nine);");
    assert_eq!(vectors(&half), vectors(&document("a", "Lamps", &half.text)));

    let folder = folder(&[mostly]);
    let index = IndexFolder::open(folder.path()).unwrap();
    for query in ["keepLamp", "keep lamp", "keep_lamp", "nine"] {
        let hits = search(&index, query, &QueryOptions { mode: Mode::Lexical, ..semantic(1) });
        assert!(hits.len() == 1 && hits[0].passage.text.contains("keepLamp(nine)"), "{query}: {hits:?}");
    }
}

#[test]
fn words_answer_before_the_model_is_there() {
    let folder = folder(&corpus());
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    let answer = engine.query("patients").unwrap();
    assert_eq!((answer.mode, answer.hits.len(), answer.hits[0].document), (Mode::Lexical, 1, 0));
    engine.set_encoder(MODEL.encoder()).unwrap();
    let answer = engine.query("patients").unwrap();
    assert_eq!((answer.mode, answer.hits[0].document), (Mode::Hybrid, 0));
}

#[test]
fn a_hit_marks_the_words_that_matched_in_title_and_passage() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    let hit = &search(&index, "Doctor data", &QueryOptions { mode: Mode::Lexical, ..semantic(1) })[0];
    let parts = |text: &str, ranges: &[std::ops::Range<usize>]| -> Vec<String> {
        ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
    };
    assert_eq!(parts(&hit.title, &hit.title_matches), ["data"]);
    assert_eq!(parts(&hit.passage.text, &hit.matches), ["doctors", "data"]);
}

#[test]
fn a_query_about_nothing_in_the_corpus_has_no_close_hit_by_words() {
    let folder = folder(&corpus());
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    let answer = engine.query("xkcd qwerty").unwrap();
    assert!(answer.hits.is_empty());
}

fn talks() -> Vec<Document> {
    let talk = |(id, day, speakers, start): (&str, &str, &[&str], &str)| {
        let fields = serde_json::json!({"day": day, "speakers": speakers, "start": start});
        let fields = fields.as_object().unwrap().clone();
        Document { fields, ..document(id, "A talk", &format!("What {id} says about data.")) }
    };
    [
        ("a", "Monday", &["Ada", "Bo"][..], "2027-05-10T14:00"),
        ("b", "Tuesday", &["Bo"], "2027-05-11T09:00"),
        ("c", "Monday", &["Cy"], "2027-05-10T09:00"),
    ]
    .map(talk)
    .to_vec()
}

#[test]
fn filters_sort_and_counts_go_with_any_query_and_with_none() {
    let folder = folder(&talks());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let mut ask = |text: &str, filters: &[(&str, &str)]| {
        let filters = filters.iter().map(|(field, value)| (field.to_string(), vec![value.to_string()])).collect();
        let facets = vec!["day".to_owned(), "speakers".to_owned()];
        let options =
            QueryOptions { filters, sort: Some("start".into()), facets, min_score: Some(0.0), ..QueryOptions::default() };
        let answer = engine.query_with(text, &options).unwrap();
        let ids: String = answer.hits.iter().map(|hit| ["a", "b", "c"][hit.document as usize]).collect();
        (ids, answer.facets)
    };
    let count = |value: &str, count: usize| (value.to_owned(), count);
    for text in ["data", ""] {
        assert_eq!(ask(text, &[]).0, "cab");
        let (ids, facets) = ask(text, &[("day", "Monday")]);
        assert_eq!(ids, "ca");
        assert_eq!(facets[0].1, [count("Monday", 2), count("Tuesday", 1)]);
        assert_eq!(facets[1].1, [count("Ada", 1), count("Bo", 1), count("Cy", 1)]);
        assert_eq!(ask(text, &[("day", "Monday"), ("speakers", "Bo")]).0, "a");
        assert_eq!(ask(text, &[("day", "Sunday")]).0, "");
    }
    let options = QueryOptions { sort: Some("room".into()), ..QueryOptions::default() };
    let error = engine.query_with("data", &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("day, speakers, start"), "{error}");
}

#[test]
fn similar_documents_need_no_model() {
    let mut documents = corpus();
    documents.push(document("a2", "Health data", "How patients and doctors use data!"));
    let folder = folder(&documents);
    let index = IndexFolder::open(folder.path()).unwrap().index().unwrap();
    let similar = index.similar("a", 2).unwrap();
    assert_eq!((similar.len(), similar[0].document), (2, 4));
    assert_eq!(index.similar("nobody", 2).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn building_twice_gives_the_same_bytes() {
    assert_eq!(built(&corpus()).unwrap().files, built(&corpus()).unwrap().files);
}

#[test]
fn a_plan_is_finished_with_one_vector_of_the_right_length_for_each_passage_alone() {
    let encoder = MODEL.encoder();
    let options = BuildOptions { passages: PassageOptions { max_tokens: 40, overlap: 8 }, ..BuildOptions::default() };
    let documents = corpus();
    let finish = |count: fn(usize) -> usize, length: usize| {
        let plan = Plan::new(&documents[..], encoder.tokenizer(), &options).unwrap();
        let vectors = vec![vec![0.5; length]; count(plan.texts().len())];
        plan.finish(vectors, &MODEL.files(), encoder.config()).map(|index| index.manifest.documents).map_err(|error| error.kind())
    };
    let dim = encoder.config().dim;
    assert_eq!(finish(|passages| passages, dim), Ok(documents.len()));
    assert_eq!(finish(|passages| passages - 1, dim), Err(ErrorKind::InvalidInput));
    assert_eq!(finish(|passages| passages + 1, dim), Err(ErrorKind::InvalidInput));
    assert_eq!(finish(|passages| passages, dim - 1), Err(ErrorKind::InvalidInput));
}

#[test]
fn an_empty_query_finds_nothing_and_is_no_error() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    for query in ["", "  \n\t "] {
        assert!(engine.query(query).unwrap().hits.is_empty());
    }
}

#[test]
fn a_query_of_100_kb_is_cut_and_says_so() {
    let folder = folder(&corpus());
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    for mode in [Mode::Hybrid, Mode::Semantic, Mode::Lexical] {
        let answer = engine.query_with(&"health data ".repeat(9000), &QueryOptions { mode, ..semantic(2) }).unwrap();
        assert!(answer.truncated);
        assert_eq!(answer.hits.len(), 2);
    }
}

#[test]
fn meaning_alone_before_the_model_is_refused() {
    let folder = folder(&corpus());
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    assert_eq!(engine.query_with("data", &semantic(3)).unwrap_err().kind(), ErrorKind::InvalidInput);
    let added = engine.add(vec![document("x", "New", "")], |_| ());
    assert_eq!(added.unwrap_err().kind(), ErrorKind::InvalidInput);
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
fn an_index_of_another_family_is_refused_and_both_are_named() {
    let folder = folder(&corpus());
    let path = folder.path().join(MANIFEST_FILE);
    let manifest = std::fs::read_to_string(&path).unwrap();
    let other = manifest.replace("\"id\":\"tiny-model\"", "\"id\":\"other-model\"");
    std::fs::write(&path, other.replace(&MODEL.quantized.config.family, &"0".repeat(64))).unwrap();
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    let error = engine.set_encoder(MODEL.encoder()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch);
    assert!(error.to_string().contains("other-model") && error.to_string().contains("tiny-model"), "{error}");
}

#[test]
fn an_encoder_of_the_same_family_may_ask_however_it_is_packed() {
    let folder = folder(&corpus());
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    let coarse = Model::sized(&tiny_raw(), Size::Small);
    assert_ne!(coarse.quantized.config.weights, MODEL.quantized.config.weights);
    engine.set_encoder(coarse.encoder()).unwrap();
    assert_eq!(engine.query("health data").unwrap().mode, Mode::Hybrid);
}

#[test]
fn a_changed_or_missing_file_of_an_index_is_refused() {
    for file in [VECTORS_FILE, PASSAGES_FILE, LEXICAL_FILE] {
        let folder = folder(&corpus());
        let index = IndexFolder::open(folder.path()).unwrap();
        let path = folder.path().join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(index.engine().err().unwrap().kind(), ErrorKind::HashMismatch);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(index.engine().err().unwrap().kind(), ErrorKind::NotFound);
        std::fs::write(folder.path().join(MANIFEST_FILE), b"{").unwrap();
        assert_eq!(IndexFolder::open(folder.path()).err().unwrap().kind(), ErrorKind::DamagedFile);
    }
}

#[test]
fn an_index_stores_its_words_only_when_its_documents_are_too_many_to_be_loaded_with_it() {
    let mut large = corpus();
    let notes = serde_json::json!({"notes": "w ".repeat(1 << 20)});
    large.push(Document { fields: notes.as_object().unwrap().clone(), ..document("z", "Notes", "Nothing else.") });
    let (small, large) = (folder(&corpus()), folder(&large));
    let words = |folder: &tempfile::TempDir| -> usize {
        let index = IndexFolder::open(folder.path()).unwrap();
        index.manifest().word_files().map(|file| file.digest.bytes).sum()
    };
    assert!(words(&small) == 0 && words(&large) > 1 << 20, "{}", words(&large));
    let [mut small, mut large] = [small, large].map(|folder| engine(&IndexFolder::open(folder.path()).unwrap()));
    assert!(large.remove("z"));
    assert_eq!(answers(&mut small, &NAMES), answers(&mut large, &NAMES));
    let saved = large.index().save(&corpus()).unwrap();
    let rebuilt = built(&corpus()).unwrap().files;
    assert!(rebuilt.ends_with(&saved.files), "an index that became small is one that was built small");
}

#[test]
fn an_index_answers_by_words_without_its_codes_and_as_one_that_is_whole_once_they_have_come() {
    let documents = corpus();
    let files = built(&documents).unwrap();
    let file = |path: &str| &files.files.iter().find(|(other, _)| other == path).unwrap().1;
    let documents: Vec<&Document> = documents.iter().collect();
    let needed: Vec<_> = files.manifest.files.iter().filter(|file| file.needed == Needed::Index).collect();
    assert!(needed.iter().all(|entry| entry.path != VECTORS_FILE), "codes are not fetched before words answer");
    let places = Places::read(file(PASSAGES_FILE), documents.len()).unwrap();
    let vectors = Vectors::without_codes(places, files.manifest.dim);
    let mut index = Index::open(files.manifest.clone(), vectors, file(LEXICAL_FILE), &documents).unwrap();
    let whole = files.open(&documents).unwrap();

    let mut encoder = MODEL.encoder();
    let mut ask = |index: &Index, text: &str, mode: Mode| {
        let options = QueryOptions { mode, ..semantic(10) };
        let is_word = |word: &str| encoder.tokenizer().is_word(word);
        let question = index.read(text, &options, Some(&is_word)).unwrap();
        let vector = pollster::block_on(question.encode(&mut encoder)).unwrap();
        Answer { timings: Timings::default(), ..index.answer(&question, vector.as_ref()) }
    };
    for text in ["health data", "\"use data\"", "patiens", "sports -health", ""] {
        assert_eq!(ask(&index, text, Mode::Lexical), ask(&whole, text, Mode::Lexical));
        let asked = ask(&index, text, Mode::Hybrid);
        let read = asked.corrected.as_deref().unwrap_or(text);
        assert_eq!(asked.hits, ask(&whole, read, Mode::Lexical).hits, "meaning that cannot be told is left out");
        assert!(text.is_empty() || asked.mode == Mode::Lexical, "and the answer says so");
    }
    assert_eq!(index.similar("a", 2).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(index.set_codes(Codes::new(files.manifest.dim)).unwrap_err().kind(), ErrorKind::DamagedFile);

    index.set_codes(Codes::read(file(VECTORS_FILE)).unwrap()).unwrap();
    for mode in [Mode::Hybrid, Mode::Semantic, Mode::Lexical] {
        assert_eq!(ask(&index, "health data", mode), ask(&whole, "health data", mode));
    }
    assert_eq!(index.similar("a", 2).unwrap(), whole.similar("a", 2).unwrap());
}

#[test]
fn documents_that_are_loaded_with_the_index_are_checked_as_it_is() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    std::fs::write(folder.path().join("docs/000.json"), b"[]").unwrap();
    assert_eq!(index.engine().err().unwrap().kind(), ErrorKind::HashMismatch);
    let path = folder.path().join(MANIFEST_FILE);
    let mut manifest = Manifest::from_json(&std::fs::read(&path).unwrap()).unwrap();
    let entry = manifest.files.iter_mut().find(|file| file.path == "docs/000.json").unwrap();
    *entry = FileEntry { first: Some(0), ..FileEntry::new(entry.path.clone(), b"[]", entry.needed) };
    std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    let index = IndexFolder::open(folder.path()).unwrap();
    assert_eq!(index.engine().err().unwrap().kind(), ErrorKind::DamagedFile);
}

/// Everything an answer says but the time it took, with ids for numbers.
fn answers(engine: &mut Engine, names: &[&str]) -> Vec<(String, u32, u32, u64)> {
    let mut answers = Vec::new();
    for query in ["health data", "\"best people\"", "sports -data", "patiens", ""] {
        for mode in [Mode::Hybrid, Mode::Semantic, Mode::Lexical] {
            let options = QueryOptions { mode, ..semantic(10) };
            for hit in engine.query_with(query, &options).unwrap().hits {
                let id = names.iter().find(|id| engine.index().number(id).ok() == Some(hit.document)).unwrap();
                answers.push((id.to_string(), hit.score.to_bits(), hit.bm25.to_bits(), hit.order.to_bits()));
            }
        }
    }
    answers
}

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

/// Seven documents, of which an index begins with the first three.
fn seven() -> Vec<Document> {
    let mut documents = corpus();
    documents.push(document("e", "Best people", "How to keep the best people in a team."));
    documents.push(document("f", "Health again", "Patients, doctors and their data, again."));
    documents.push(document("g", "Sports data", "What a trainer counts."));
    documents
}

fn save(engine: &Engine, documents: &[Document]) -> Vec<(String, Vec<u8>)> {
    let index = engine.index();
    let find = |number| documents.iter().find(|document| index.number(&document.id).ok() == Some(number)).unwrap().clone();
    index.save(&index.live().into_iter().map(find).collect::<Vec<_>>()).unwrap().files
}

#[test]
fn an_index_by_cluster_answers_and_changes_like_one_that_is_whole() {
    let documents = seven();
    let whole = folder(&documents);
    assert_eq!(built_by_cluster(&documents, 1000).unwrap().files, built(&documents).unwrap().files);
    let parted = built_by_cluster(&documents, 3).unwrap();
    assert_eq!(parted.files, built_by_cluster(&documents, 3).unwrap().files);
    assert!(parted.manifest.cluster_files().count() > 1 && parted.manifest.file(VECTORS_FILE).is_err());
    let file = |path: &str| &parted.files.iter().find(|(other, _)| other == path).unwrap().1;
    let mut read = Manifest::from_json(file(MANIFEST_FILE)).unwrap();
    assert_eq!(read.cluster_files().count(), 0, "who asks by words does not fetch the list of clusters");
    let list = file(CLUSTERS_LIST);
    assert_eq!(read.take_list(&list[1..]).unwrap_err().kind(), ErrorKind::DamagedFile);
    let outside = String::from_utf8_lossy(list).replacen("index/vectors/", "../", 1);
    assert_eq!(read.take_list(outside.as_bytes()).unwrap_err().kind(), ErrorKind::DamagedFile);
    read.take_list(list).unwrap();
    read.take_list(list).unwrap();
    assert!(read.cluster_files().eq(parted.manifest.cluster_files()));
    let other = tempfile::tempdir().unwrap();
    write_files(other.path(), parted.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    let open = |folder: &tempfile::TempDir| engine(&IndexFolder::open(folder.path()).unwrap());
    assert_eq!(answers(&mut open(&other), &NAMES), answers(&mut open(&whole), &NAMES));
    assert_eq!(save(&open(&other), &documents), save(&open(&whole), &documents));

    // Written over by an index of one file, nothing of the clusters stays.
    let files = built(&documents).unwrap().files;
    write_files(other.path(), files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    assert!(parted.manifest.cluster_files().all(|entry| !other.path().join(&entry.path).exists()));
}

/// An index by cluster as a browser opens it: all of its words, and where its vectors are.
fn opened_by_cluster<'a>(files: &'a IndexFiles, documents: &[Document]) -> (Index, Vec<&'a [u8]>) {
    let file = |path: &str| files.files.iter().find(|(other, _)| other == path).unwrap().1.as_slice();
    let documents: Vec<&Document> = documents.iter().collect();
    let places = Places::read(file(PASSAGES_FILE), documents.len()).unwrap();
    let vectors = Vectors::without_codes(places, files.manifest.dim);
    let mut index = Index::open(files.manifest.clone(), vectors, file(LEXICAL_FILE), &documents).unwrap();
    index.set_clusters(Clusters::read(file(&files.manifest.vectors_file().unwrap().path)).unwrap()).unwrap();
    (index, files.manifest.cluster_files().map(|entry| file(&entry.path)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_part_of_the_vectors_gives_a_smaller_answer_that_says_so_and_all_of_them_that_of_the_whole(
        order in Just((0..40usize).collect::<Vec<_>>()).prop_shuffle(),
        mode in prop::sample::select(vec![Mode::Hybrid, Mode::Semantic]),
        text in prop::sample::select(vec!["health data", "best people -sports", "what a trainer counts"]),
    ) {
        let documents = seven();
        let files = built_by_cluster(&documents, 3).unwrap();
        let whole = files.open(&documents.iter().collect::<Vec<_>>()).unwrap();
        let (mut index, parts) = opened_by_cluster(&files, &documents);
        let mut encoder = MODEL.encoder();
        let options = QueryOptions { mode, ..semantic(10) };
        let vocabulary = MODEL.encoder();
        let is_word = |word: &str| vocabulary.tokenizer().is_word(word);
        let question = whole.read(text, &options, Some(&is_word)).unwrap();
        let vector = pollster::block_on(question.encode(&mut encoder)).unwrap().unwrap();
        let ask = |index: &Index| {
            let question = index.read(text, &options, Some(&is_word)).unwrap();
            Answer { timings: Timings::default(), ..index.answer(&question, Some(&vector)) }
        };
        let expected = ask(&whole);
        prop_assert!(!expected.partial && !expected.hits.is_empty());
        // Of so few all are near.
        prop_assert_eq!(index.missing_vectors(&question, &vector.vector).len(), parts.len());
        let another = || EncodedDocument::new(document("z", "New", "A text."), vec![(0..7, vector.vector.clone())]);
        for at in order.into_iter().filter(|&at| at < parts.len()) {
            let answer = ask(&index);
            prop_assert!(answer.partial && answer.found <= expected.found);
            for hit in &answer.hits {
                let exact = expected.hits.iter().find(|other| other.document == hit.document).unwrap();
                prop_assert!(hit.passage.map_or(hit.bm25 > 0.0, |_| hit.cosine <= exact.cosine));
            }
            prop_assert_eq!(index.similar("a", 2).unwrap_err().kind(), ErrorKind::InvalidInput);
            prop_assert_eq!(index.add_encoded(vec![another()]).unwrap_err().kind(), ErrorKind::InvalidInput);
            prop_assert_eq!(index.save(&documents).err().unwrap().kind(), ErrorKind::InvalidInput);
            prop_assert_eq!(index.load_vectors(at, &parts[at][4..]).unwrap_err().kind(), ErrorKind::DamagedFile);
            index.load_vectors(at, parts[at]).unwrap();
            prop_assert!(!index.missing_vectors(&question, &vector.vector).contains(&at));
        }
        prop_assert_eq!(ask(&index), expected);
        prop_assert_eq!(index.similar("a", 2).unwrap(), whole.similar("a", 2).unwrap());
        index.add_encoded(vec![another()]).unwrap();
        prop_assert!(index.remove("z") && index.remove("g"));
        let kept = &documents[..documents.len() - 1];
        prop_assert!(built(kept).unwrap().files.ends_with(&index.save(kept).unwrap().files));
    }
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

    #[test]
    fn documents_added_in_any_order_give_the_same_answers_and_the_same_bytes(
        order in Just(vec![3usize, 4, 5, 6]).prop_shuffle(),
        gone in prop::collection::vec(0usize..7, 0..4),
    ) {
        let documents = seven();
        let folder = folder(&documents[..3]);
        let open = || engine(&IndexFolder::open(folder.path()).unwrap());
        let kept = |engine: &Engine| -> Vec<&str> { NAMES.into_iter().filter(|id| engine.index().number(id).is_ok()).collect() };

        // One after the other, and some go again; or only those that stay, at once.
        let mut one = open();
        for index in order {
            one.add(vec![documents[index].clone()], |_| ()).unwrap();
        }
        gone.iter().for_each(|&index| { one.remove(NAMES[index]); });
        prop_assume!(one.index().documents() > 0);
        let mut other = open();
        (0..3).filter(|index| gone.contains(index)).for_each(|index| { other.remove(NAMES[index]); });
        let stay: Vec<_> = (3..7).filter(|index| !gone.contains(index)).map(|index| documents[index].clone()).collect();
        other.add(stay, |_| ()).unwrap();

        prop_assert_eq!(kept(&one), kept(&other));
        prop_assert_eq!(answers(&mut one, &NAMES), answers(&mut other, &NAMES));
        prop_assert_eq!(save(&one, &documents), save(&other, &documents));
    }
}

#[test]
fn adding_and_removing_a_document_changes_nothing() {
    let documents = seven();
    let folder = folder(&documents[..4]);
    let mut engine = engine(&IndexFolder::open(folder.path()).unwrap());
    let (before, bytes) = (answers(&mut engine, &NAMES), save(&engine, &documents));
    engine.add(documents[4..].to_vec(), |_| ()).unwrap();
    assert_ne!(answers(&mut engine, &NAMES), before);
    assert!(NAMES[4..].iter().all(|id| engine.remove(id)) && !engine.remove("e"));
    assert_eq!(answers(&mut engine, &NAMES), before);
    assert_eq!(save(&engine, &documents), bytes);
}

#[test]
fn a_saved_index_is_that_of_a_build_and_opens_again() {
    let documents = seven();
    let folder = folder(&documents[..4]);
    let index = IndexFolder::open(folder.path()).unwrap();
    let mut changed = engine(&index);
    changed.add(documents[4..].to_vec(), |_| ()).unwrap();
    let files = save(&changed, &documents);
    let model_aside: Vec<_> =
        built(&documents).unwrap().files.into_iter().filter(|(path, _)| !path.starts_with("model/")).collect();
    assert_eq!(files, model_aside);

    write_files(folder.path(), files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    let mut reopened = engine(&IndexFolder::open(folder.path()).unwrap());
    assert_eq!(answers(&mut reopened, &NAMES), answers(&mut changed, &NAMES));
}

#[test]
fn a_document_of_a_known_id_replaces_the_old_one() {
    let folder = folder(&corpus());
    let index = IndexFolder::open(folder.path()).unwrap();
    let mut engine = engine(&index);
    engine.add(vec![document("a", "Gardening", "Roses and pruning.")], |_| ()).unwrap();
    assert_eq!(engine.index().documents(), 4);
    let options = QueryOptions { mode: Mode::Lexical, ..QueryOptions::default() };
    assert!(engine.query_with("patients", &options).unwrap().hits.is_empty());
    let (_, hits) = engine.search_with("roses", &options, &index).unwrap();
    assert_eq!((hits[0].id.as_str(), hits[0].title.as_str()), ("a", "Gardening"));
}
