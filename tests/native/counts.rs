//! What is said to be found, and how often each value of a field is among it, held against counting one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::models::{Model, tiny_raw};
use inkling_search::engine::build::{BuildOptions, Plan};
use inkling_search::engine::folder::{IndexFolder, write_files};
use inkling_search::engine::{Answer, Engine, Mode, QueryOptions};
use inkling_search::index::document::Document;
use inkling_search::index::lexical::Syntax;
use inkling_search::index::table::Filters;
use inkling_search::text::passages::PassageOptions;
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of(&tiny_raw()));

/// An engine over documents that are all as far as can be from a text in meaning, so that only their words speak for them.
fn engine(documents: &[Document], text: &str) -> Engine {
    let mut encoder = MODEL.encoder();
    let mut vector = pollster::block_on(encoder.encode(text)).unwrap().vector;
    for pair in vector.chunks_exact_mut(2) {
        (pair[0], pair[1]) = (-pair[1], pair[0]);
    }
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let plan =
        Plan::new(documents, encoder.tokenizer(), &BuildOptions { passages, language: "none".into(), ..BuildOptions::default() })
            .unwrap();
    let vectors = vec![vector; plan.texts().len()];
    let index = plan.finish(vectors, &MODEL.files(), encoder.config()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), index.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    let mut engine = IndexFolder::open(folder.path()).unwrap().engine().unwrap();
    engine.set_encoder(encoder).unwrap();
    engine
}

fn document(number: usize, text: &str, fields: &[(&str, &str)]) -> Document {
    let fields = fields.iter().map(|(name, value)| (name.to_string(), (*value).into())).collect();
    Document { id: format!("{number:04}"), text: text.into(), fields, ..Document::default() }
}

fn filters(chosen: &[(&str, &[&str])]) -> Filters {
    chosen.iter().map(|(field, values)| (field.to_string(), values.iter().map(|value| value.to_string()).collect())).collect()
}

fn ask(engine: &mut Engine, text: &str, options: &QueryOptions) -> Answer {
    engine.query_with(text, options).unwrap()
}

#[test]
fn everything_that_has_the_word_is_found_and_counted_however_much_it_is() {
    let group = |number| if number == 4321 { "rare" } else { "common" };
    let day = |number| if number % 2 == 0 { "Monday" } else { "Tuesday" };
    let talk = |number| document(number, "About the quokka.", &[("group", group(number)), ("day", day(number))]);
    let documents: Vec<Document> = (0..5000).map(talk).collect();
    let mut engine = engine(&documents, "quokka");
    let counts = |monday, tuesday| [("Monday", monday), ("Tuesday", tuesday)].map(|(day, count)| (day.to_owned(), count));
    for mode in [Mode::Lexical, Mode::Hybrid] {
        let with_facets = QueryOptions { mode, facets: vec!["day".into()], ..QueryOptions::default() };
        let all = ask(&mut engine, "quokka", &with_facets);
        assert_eq!((all.found, all.hits.len(), &all.facets[0].1[..]), (5000, 3, &counts(2500, 2500)[..]), "{mode:?}");
        for options in [with_facets, QueryOptions { mode, ..QueryOptions::default() }] {
            let rare = QueryOptions { filters: filters(&[("group", &["rare"])]), ..options };
            let rare = ask(&mut engine, "quokka", &rare);
            assert_eq!((rare.found, rare.hits[0].document), (1, 4321), "{mode:?}");
            assert!(rare.facets.iter().all(|(_, counts)| counts[..] == [("Tuesday".to_owned(), 1)]), "{mode:?}");
        }
    }
}

const WORDS: [&str; 6] = ["quokka", "wombat", "numbat", "dingo", "emu", "bilby"];
const DAYS: [&str; 3] = ["Monday", "Tuesday", "Friday"];
const ROOMS: [&str; 4] = ["A", "B", "C", "D"];

/// Documents of some words, more than any list of the best would hold, made from few draws.
fn documents(count: usize, seed: u64) -> Vec<Document> {
    let mut state = seed | 1;
    let mut draw = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut of = |number| {
        let words: Vec<&str> = (0..1 + draw(3)).map(|_| WORDS[draw(WORDS.len())]).collect();
        document(number, &words.join(" "), &[("day", DAYS[draw(3)]), ("room", ROOMS[draw(4)])])
    };
    (0..count).map(&mut of).collect()
}

/// The documents with a word of the query that pass the filters, `except` one.
fn naive<'a>(documents: &'a [Document], query: &str, filters: &Filters, except: &str) -> Vec<&'a Document> {
    let passes = |document: &Document| {
        let mut listed = filters.iter().filter(|(field, _)| *field != except);
        listed.all(|(field, wanted)| wanted.iter().any(|value| document.fields[field] == value.as_str()))
    };
    let has_word = |document: &Document| document.text.split(' ').any(|word| query.split(' ').any(|asked| asked == word));
    documents.iter().filter(|document| has_word(document) && passes(document)).collect()
}

fn chosen(of: &'static [&'static str]) -> impl Strategy<Value = Option<Vec<String>>> {
    prop::option::of(prop::sample::subsequence(of, 1..of.len()).prop_map(|some| some.into_iter().map(str::to_owned).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn by_words_what_is_found_and_counted_is_what_counting_one_by_one_gives(
        count in prop_oneof![1usize..40, 2500usize..4000],
        seed in any::<u64>(),
        words in prop::sample::subsequence(&WORDS[..], 1..4),
        days in chosen(&DAYS),
        rooms in chosen(&ROOMS),
    ) {
        let documents = documents(count, seed);
        let query = words.join(" ");
        let mut engine = engine(&documents, &query);
        let given: Filters = [("day", days), ("room", rooms)].into_iter().filter_map(|(name, values)| Some((name.to_owned(), values?))).collect();
        let syntax = Syntax { operators: false, prefix: false, typos: false };
        let plain = QueryOptions { mode: Mode::Lexical, min_score: Some(0.0), limit: count, filters: given.clone(), syntax, ..QueryOptions::default() };
        let counting = QueryOptions { facets: vec!["day".into(), "room".into()], ..plain.clone() };

        let expected: BTreeSet<u32> = naive(&documents, &query, &given, "").iter().map(|document| document.id.parse().unwrap()).collect();
        let answer = ask(&mut engine, &query, &counting);
        prop_assert_eq!(answer.found, expected.len());
        prop_assert_eq!(&answer.hits.iter().map(|hit| hit.document).collect::<BTreeSet<_>>(), &expected);
        for (field, counts) in &answer.facets {
            let mut expected: BTreeMap<String, usize> = BTreeMap::new();
            for document in naive(&documents, &query, &given, field) {
                *expected.entry(document.fields[field].as_str().unwrap().to_owned()).or_default() += 1;
            }
            prop_assert_eq!(&counts.iter().cloned().collect::<BTreeMap<_, _>>(), &expected, "{}", field);
        }

        // Counting changes nothing, and a value's count is what choosing it finds: also where far documents are left out.
        for min_score in [Some(0.0), Some(0.3), None] {
            let [plain, counting] = [&plain, &counting].map(|options| QueryOptions { min_score, ..options.clone() });
            let counted = ask(&mut engine, &query, &counting);
            let uncounted = ask(&mut engine, &query, &plain);
            prop_assert_eq!((uncounted.found, &uncounted.hits), (counted.found, &counted.hits));
            for (field, counts) in &counted.facets {
                for (value, count) in counts {
                    let mut narrowed = plain.clone();
                    narrowed.filters.insert(field.clone(), vec![value.clone()]);
                    prop_assert_eq!(ask(&mut engine, &query, &narrowed).found, *count, "{} {}", field, value);
                }
            }
        }
    }
}
