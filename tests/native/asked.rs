//! What quotes and `-` rule out, titles that are asked for, and words that are still being typed, held against reading every document.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::models::{Model, tiny_raw};
use inkling_search::corpus::{self, ReadOptions};
use inkling_search::engine::build::{BuildOptions, build};
use inkling_search::engine::{Answer, Engine, Mode, QueryOptions};
use inkling_search::index::document::Document;
use inkling_search::index::lexical::Language;
use inkling_search::index::table::Filters;
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of(&tiny_raw()));

const MODES: [Mode; 3] = [Mode::Hybrid, Mode::Semantic, Mode::Lexical];

fn engine(documents: &[Document]) -> Engine {
    let options = BuildOptions { language: "en".into(), ..BuildOptions::default() };
    let built = build(documents, &MODEL.encoder(), &MODEL.files(), &options, |_| (), |_| ()).unwrap();
    let mut engine = Engine::new(built.open(&documents.iter().collect::<Vec<_>>()).unwrap());
    engine.set_encoder(MODEL.encoder()).unwrap();
    engine
}

fn ask(engine: &mut Engine, text: &str, mode: Mode) -> Answer {
    let options = QueryOptions { mode, limit: 1000, min_score: Some(0.0), ..QueryOptions::default() };
    engine.query_with(text, &options).unwrap()
}

const WORDS: [&str; 8] = ["data", "panel", "panels", "sport", "café", "2119", "music", "health"];

/// A part of a query and what it wants of a document.
#[derive(Debug, Clone)]
enum Part {
    Word(&'static str),
    Quoted(Vec<&'static str>),
    Without(Vec<&'static str>),
}

impl Part {
    fn typed(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Quoted(words) => format!("\"{}\"", words.join(" ")),
            Self::Without(words) if words.len() == 1 => format!("-{}", words[0]),
            Self::Without(words) => format!("-“{}”", words.join(" ")),
        }
    }

    /// Whether it lets a document through that has these texts.
    fn allows(&self, texts: &[Vec<&str>]) -> bool {
        let together = |words: &[&str]| texts.iter().any(|text| text.windows(words.len()).any(|some| some == words));
        match self {
            Self::Word(_) => true,
            Self::Quoted(words) => together(words),
            // In any form.
            Self::Without(words) if words.len() == 1 => {
                let is_form = |word: &str| word.trim_end_matches('s') == words[0].trim_end_matches('s');
                !texts.iter().flatten().any(|word| is_form(word))
            }
            Self::Without(words) => !together(words),
        }
    }
}

fn some_words(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 1..=most)
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(&WORDS[..]).prop_map(Part::Word),
        some_words(2).prop_map(Part::Quoted),
        some_words(2).prop_map(Part::Without),
    ]
}

/// Title, text, a speaker and a track.
type Texts = [Vec<&'static str>; 4];

fn document(number: usize, [title, text, speaker, track]: &Texts) -> Document {
    let fields = serde_json::json!({ "speakers": [speaker.join(" ")], "track": track.join(" ") });
    let fields = fields.as_object().unwrap().clone();
    Document { id: format!("{number:02}"), title: title.join(" "), text: text.join(" "), fields, ..Document::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_document_that_an_operator_rules_out_is_never_a_hit_nor_counted_and_meaning_finds_all_others(
        corpus in prop::collection::vec((some_words(3), some_words(6), some_words(1), some_words(1)), 1..12),
        parts in prop::collection::vec(part(), 1..5),
        track in prop::option::of(prop::sample::select(&WORDS[..])),
        sorted in any::<bool>(),
    ) {
        let corpus: Vec<Texts> = corpus.into_iter().map(|(title, text, speaker, track)| [title, text, speaker, track]).collect();
        let documents: Vec<Document> = corpus.iter().enumerate().map(|(number, texts)| document(number, texts)).collect();
        let mut engine = engine(&documents);
        let text = parts.iter().map(Part::typed).collect::<Vec<_>>().join(" ");
        let allowed: Vec<u32> = (0..).zip(&corpus).filter(|(_, texts)| parts.iter().all(|part| part.allows(&texts[..]))).map(|(at, _)| at).collect();
        let track = track.filter(|track| corpus.iter().any(|texts| texts[3] == [*track]));
        let passes = |document: &u32| track.is_none_or(|track| corpus[*document as usize][3] == [track]);
        let filters: Filters = track.iter().map(|track| ("track".to_owned(), vec![(*track).to_owned()])).collect();
        for mode in MODES {
            let options = QueryOptions {
                mode,
                limit: 100,
                min_score: Some(0.0),
                filters: filters.clone(),
                facets: vec!["track".into()],
                sort: sorted.then(|| "track".to_owned()),
                ..QueryOptions::default()
            };
            let answer = engine.query_with(&text, &options).unwrap();
            let found: BTreeSet<u32> = answer.hits.iter().map(|hit| hit.document).collect();
            let wanted: BTreeSet<u32> = allowed.iter().copied().filter(passes).collect();
            prop_assert!(found.is_subset(&wanted), "{:?} {}: {:?} of {:?}", mode, text, found, wanted);
            prop_assert_eq!(answer.found, found.len());
            for (value, count) in &answer.facets[0].1 {
                let having = allowed.iter().filter(|&&at| corpus[at as usize][3] == [value.as_str()]).count();
                prop_assert!(*count <= having, "{:?} {}: {} of {}", mode, text, count, having);
            }
            let asks = parts.iter().any(|part| !matches!(part, Part::Without(_)));
            if asks && answer.mode != Mode::Lexical {
                prop_assert_eq!(&found, &wanted, "{:?} {}", mode, text);
            }
            let is_absent = |part: &&Part| matches!(part, Part::Quoted(_)) && !corpus.iter().any(|texts| part.allows(&texts[..]));
            let absent = parts.iter().find(is_absent).map(|part| part.typed().replace('"', ""));
            prop_assert_eq!(answer.absent, absent, "{}", text);
        }
    }
}

#[test]
fn words_in_other_spellings_and_names_in_code_are_ruled_out_whole() {
    let texts =
        ["an add on", "an addon", "call getUserName", "call getusername", "get user name", "東京都の天気", "no such thing"];
    let documents: Vec<Document> =
        texts.iter().enumerate().map(|(number, text)| document(number, &[vec![text], vec!["thing"], vec![], vec![]])).collect();
    let mut engine = engine(&documents);
    for (query, expected) in [
        ("thing -addon", &[2, 3, 4, 5, 6][..]),
        ("thing -add-on", &[2, 3, 4, 5, 6]),
        ("thing -getUserName", &[0, 1, 5, 6]),
        ("thing -京", &[0, 1, 2, 3, 4, 6]),
        ("thing -天気", &[0, 1, 2, 3, 4, 6]),
        ("thing “京”", &[5]),
        ("“気”", &[5]),
        ("thing ->addon", &[0, 1, 2, 3, 4, 5, 6]),
    ] {
        for mode in MODES {
            let found: BTreeSet<u32> = ask(&mut engine, query, mode).hits.iter().map(|hit| hit.document).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{mode:?} {query}");
        }
    }
}

#[test]
fn a_phrase_that_no_document_has_is_named_as_it_was_typed() {
    let documents = ["round table", "table round"].map(|title| document(0, &[vec![title], vec!["talks"], vec![], vec![]]));
    let documents: Vec<Document> =
        (0..).zip(documents).map(|(number, one)| Document { id: format!("{number}"), ..one }).collect();
    let mut engine = engine(&documents);
    for mode in MODES {
        let mut absent = |text: &str| ask(&mut engine, text, mode).absent;
        assert_eq!(absent("talks \"Round  Chair\" «round table»"), Some("Round  Chair".to_owned()), "{mode:?}");
        assert_eq!(absent("talks \"round table\" \"table round\""), None, "each stands somewhere");
        assert_eq!(absent("talks -\"Round Chair\""), None);
    }
}

/// The documents of the demo and of the tests, whose titles are asked for.
fn titled() -> [Vec<Document>; 3] {
    ["www/demo/corpus/sessions.json", "tests/data/schedule.xml", "tests/data/programme.ics"].map(|name| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        corpus::read(&std::fs::read(&path).unwrap(), &path, &ReadOptions::default()).unwrap().documents
    })
}

#[test]
fn every_title_of_the_demo_and_of_the_tests_finds_its_document_first_however_it_is_typed() {
    for documents in titled() {
        let mut engine = engine(&documents);
        for document in &documents {
            let title = document.title.replace('"', "");
            let mut words: Vec<&str> = title.split_whitespace().collect();
            words.rotate_left(1);
            let half = title.char_indices().nth(title.chars().count() / 2).map_or(0, |(at, _)| at);
            let (before, after) = title.split_at(title[..half].rfind(' ').map_or(0, |at| at + 1));
            let typed =
                [title.clone(), title.to_uppercase(), format!("“{title}”"), format!("\"{title}"), format!("{before}\"{after}")];
            for query in typed.into_iter().chain([words.join(" ")]).filter(|query| !query.contains(" -")) {
                for mode in [Mode::Hybrid, Mode::Lexical] {
                    let answer = ask(&mut engine, &query, mode);
                    let first = answer.hits.first().map(|hit| documents[hit.document as usize].title.as_str());
                    assert_eq!(first, Some(document.title.as_str()), "{mode:?} {query}");
                }
            }
        }
    }
}

#[test]
fn a_letter_or_two_find_titles_with_a_word_that_begins_so_first() {
    for documents in titled() {
        let mut engine = engine(&documents);
        let words = |text: &str| -> Vec<String> {
            text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let is_subject = |word: &String| word.is_ascii() && word.len() > 3 && !Language::English.is_stop_word(word);
        let first_word = |document: &Document| words(&document.title).into_iter().find(is_subject);
        for word in documents.iter().filter_map(first_word) {
            for typed in [&word[..1], &word[..2]] {
                // What is a word itself is found as that.
                if ask(&mut engine, &format!("\"{typed}\""), Mode::Lexical).found > 0 {
                    continue;
                }
                let is_begun = |word: &String| word.starts_with(typed);
                let begins = |document: &Document| words(&document.title).iter().any(is_begun);
                let count = documents.iter().filter(|document| begins(document)).count().min(3);
                for mode in [Mode::Hybrid, Mode::Lexical] {
                    let answer = ask(&mut engine, typed, mode);
                    let first: Vec<&Document> =
                        answer.hits.iter().take(count).map(|hit| &documents[hit.document as usize]).collect();
                    assert!(first.len() == count && first.iter().all(|document| begins(document)), "{mode:?} {typed}: {first:?}");
                }
            }
        }
    }
}
