//! The word index as its users see it: what a query finds and in which order, whatever the history of the index.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NOTHING: [u32; 0] = [];

fn options(language: &str) -> LexicalOptions {
    LexicalOptions { language: language.to_owned(), fields: vec![("title".to_owned(), 2.0), ("text".to_owned(), 1.0)] }
}

fn fields<'a>(document: &'a (String, String)) -> [FieldText<'a>; 2] {
    [FieldText { field: "title", text: &document.0 }, FieldText { field: "text", text: &document.1 }]
}

fn built(language: &str, documents: &[(String, String)]) -> Tensors {
    let mut builder = LexicalBuilder::new(options(language)).unwrap();
    for document in documents {
        builder.add(&fields(document)).unwrap();
    }
    builder.finish()
}

fn opened(tensors: &Tensors) -> Result<Lexical> {
    Lexical::open(|name| tensors.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice()))
}

/// An index of texts without titles.
fn index(language: &str, texts: &[&str]) -> Lexical {
    let documents: Vec<_> = texts.iter().map(|text| (String::new(), (*text).to_owned())).collect();
    opened(&built(language, &documents)).unwrap()
}

fn search(index: &Lexical, query: &str) -> Vec<LexicalHit> {
    index.search(&Query::parse(query, &Syntax::default()), &|_| true, 100)
}

fn found(index: &Lexical, query: &str) -> Vec<u32> {
    search(index, query).iter().map(|hit| hit.document).collect()
}

fn found_all(index: &Lexical, query: &str) -> Vec<u32> {
    index.search(&Query::parse(query, &Syntax::default()), &|_| true, 5000).iter().map(|hit| hit.document).collect()
}

#[test]
fn a_word_in_the_title_counts_more_than_in_the_text() {
    let documents = [("something else", "people analytics"), ("people analytics", "something else")];
    let documents = documents.map(|(title, text)| (title.to_owned(), text.to_owned()));
    assert_eq!(found(&opened(&built("en", &documents)).unwrap(), "people analytics"), [1, 0]);
}

#[test]
fn a_word_said_again_counts_for_more_where_documents_are_long() {
    for (words, expected) in [(8, 1.5), (50, 27.0 / 17.0), (300, 5.0 / 3.0)] {
        let text = |times: usize| "boat ".repeat(times) + &"water ".repeat(words - times);
        let hits = search(&index("en", &[&text(3), &text(1), &text(0)]), "boat ");
        assert!((hits[0].score / hits[1].score - expected).abs() < 1e-4, "{words} words");
    }
}

#[test]
fn other_forms_of_a_word_are_found_below_the_form_typed() {
    let index = index("en", &["we test", "we tested", "we testify", "we tests"]);
    let hits = search(&index, "tests ");
    assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [3, 0, 1]);
    assert!(hits[0].score > hits[1].score && hits.iter().all(|hit| hit.quality == Quality::Exact));
}

#[test]
fn diacritics_and_case_make_no_difference() {
    let index = index("de", &["Die Größe der Universität Zürich", "Nichts davon"]);
    for query in ["grosse", "GRÖSSE", "zurich", "Zu\u{308}rich", "universitat"] {
        assert_eq!(found(&index, query), [0], "{query}");
    }
}

#[test]
fn stop_words_add_to_documents_but_find_none_unless_alone() {
    let index = index("en", &["the cat on the mat", "the dog", "a dog of the who", "a cat"]);
    assert_eq!(found(&index, "the dog "), [1, 2]);
    assert_eq!(found(&index, "the ").len(), 3);
    let with = search(&index, "the cat ");
    let without = search(&index, "cat ");
    assert!(with[1].document == 0 && with[1].score > without[1].score, "the stop word counts something");
}

#[test]
fn a_stop_word_that_nearly_all_documents_have_is_neither_fetched_nor_counted_beside_other_words() {
    let texts: Vec<String> = (0..40).map(|i| format!("the theory of {}", ["cats", "dogs"][i % 2].repeat(i % 5 + 1))).collect();
    let documents: Vec<_> = texts.iter().map(|text| (String::new(), text.clone())).collect();
    let index = opened(&Lexical::parted(built("en", &documents)).0).unwrap();
    let missing = |text: &str| index.look_up(Query::parse(text, &Syntax::default())).missing(true);
    assert_eq!((missing("the cats "), missing("cats the")), (missing("cats "), missing("cats ")), "nor what it may go on to");
    assert!(missing("the ").iter().any(|block| !missing("cats ").contains(block)));
    let index = opened(&built("en", &documents)).unwrap();
    assert_eq!(search(&index, "the cats "), search(&index, "cats "));
    assert_eq!(found(&index, "the ").len(), 40);
    assert_eq!(
        index.highlights(&Query::parse("\"the cats\"", &Syntax::default()), "the cats"),
        [0..3, 4..8],
        "as it was asked for"
    );
}

#[test]
fn a_stop_word_of_two_letters_that_is_all_there_is_may_go_on_and_is_found_itself() {
    let index = index("en", &["what he saw", "heat pumps", "it"]);
    let mut of_both = found(&index, "he");
    of_both.sort_unstable();
    assert_eq!(of_both, [0, 1]);
    assert_eq!(found(&index, "he ")[0], 0);
    assert_eq!(found(&index, "it"), [2]);
}

#[test]
fn a_word_that_touches_the_end_may_go_on_and_one_before_a_space_may_not() {
    let index = index("en", &["kubernetes clusters", "kubern", "nothing"]);
    assert_eq!(found(&index, "kube"), [1, 0]);
    assert_eq!(found(&index, "kube "), NOTHING);
    let hits = search(&index, "kubern");
    assert_eq!(
        hits.iter().map(|hit| (hit.document, hit.quality)).collect::<Vec<_>>(),
        [(1, Quality::Exact), (0, Quality::Prefix)]
    );
}

#[test]
fn typing_errors_are_forgiven_only_where_no_document_has_the_word() {
    let index = index("en", &["kubernetes", "wealth", "health", "machine", "data 2024"]);
    assert_eq!(found(&index, "kuberntes "), [0]);
    assert_eq!(found(&index, "kubrenets "), [0]);
    assert_eq!(found(&index, "heatlh "), [2]);
    assert_eq!(found(&index, "wealth "), [1]);
    assert_eq!(found(&index, "2023 "), NOTHING);
    assert_eq!(found(&index, "dta "), NOTHING, "no errors below four letters");
    assert_eq!(search(&index, "mashine ")[0].quality, Quality::Typo);
    let strict = Query::parse("kuberntes", &Syntax { typos: false, ..Syntax::default() });
    assert_eq!(index.search(&strict, &|_| true, 10), []);
}

fn respelled(index: &Lexical, text: &str) -> Option<String> {
    index.look_up(Query::parse(text, &Syntax::default())).respelled(text, &|word| word == "lifetimes")
}

#[test]
fn misspelt_words_are_put_right_where_they_stand() {
    let index = index("en", &["customer lifetime value", "anomaly detection for wind turbines", "interoperability"]);
    let right = |text| respelled(&index, text).unwrap();
    assert_eq!(right("Custmer: liftime VALEU?"), "Customer: lifetime Value?");
    assert_eq!(right("detektion of lifetimes -custmer"), "detection of lifetimes -custmer");
    assert_eq!(right("interoprabilty detection"), "interoperability detection", "two errors in a long word");
}

#[test]
fn words_that_may_be_right_are_left_as_they_are() {
    let index = index("en", &["customer lifetime value", "helpful people", "the mind", "detection"]);
    for (text, why) in [
        ("customers value", "other forms are there"),
        ("lifetimes", "the encoder knows the word"),
        ("custo", "the beginning of a word that may go on"),
        ("unhelpful ", "another first letter"),
        ("mint ", "a short word"),
        ("deduction ", "two errors in a word of middle length"),
        ("\"custmer\" ", "quoted"),
        ("pizza ", "nothing is near"),
    ] {
        assert_eq!(respelled(&index, text), None, "{text}: {why}");
    }
    let strict = Query::parse("custmer ", &Syntax { typos: false, ..Syntax::default() });
    assert_eq!(index.look_up(strict).respelled("custmer ", &|_| false), None);
    let german = self::index("de", &["Kunden und Daten"]);
    assert_eq!(respelled(&german, "Kurden "), None, "the encoder's vocabulary is no judge of German");
}

#[test]
fn quoted_words_must_stand_in_order_in_one_text() {
    let index = index("en", &["people analytics at work", "analytics of people", "people and analytics", "peoples analytics"]);
    assert_eq!(found(&index, "\"people analytics\""), [0]);
    assert_eq!(found(&index, "\"of people\""), [1]);
    let split = [("on people".to_owned(), "analytics".to_owned())];
    assert_eq!(found(&opened(&built("en", &split)).unwrap(), "\"people analytics\""), NOTHING);
}

#[test]
fn a_quote_that_is_still_open_is_ordinary_text() {
    let index = index("en", &["people analytics", "analytics people"]);
    assert_eq!(found(&index, "\"people analytics").len(), 2);
}

#[test]
fn excluded_words_and_phrases_rule_documents_out() {
    let index = index("en", &["data talk", "data panel", "data panels", "data round table", "table data round"]);
    assert_eq!(found(&index, "data -panel"), [0, 3, 4]);
    assert_eq!(found(&index, "data -\"round table\" -talk"), [1, 2, 4]);
    assert_eq!(found(&index, "-panel"), NOTHING);
    assert_eq!(found(&index, "data - panel")[..2], [1, 2], "a lone sign excludes nothing");
    let plain = Query::parse("data -panel", &Syntax { operators: false, ..Syntax::default() });
    assert_eq!(index.search(&plain, &|_| true, 10)[0].document, 1);
}

#[test]
fn operators_rule_out_documents_that_share_no_other_word_with_the_query() {
    let index = index("en", &["data talk", "data panels", "a round table", "a panel at the round table", "music"]);
    let allowed = |text: &str| -> Vec<u32> {
        let allowed = index.allowed(&Query::parse(text, &Syntax::default())).unwrap();
        (0..).zip(allowed).filter(|(_, allowed)| *allowed).map(|(doc, _)| doc).collect()
    };
    assert_eq!(allowed("anything -panel"), [0, 2, 4]);
    assert_eq!(allowed("-\"round table\" -music"), [0, 1]);
    assert_eq!(allowed("anything \"round table\" -panel"), [2]);
    assert_eq!(allowed("“panel” anything"), [3], "a word in quotes is spelt so");
    assert_eq!(index.allowed(&Query::parse("data - panel \"round", &Syntax::default())), None);
    let index = self::index("en", &["an addon", "an add-on", "add it on", "in formation", "information"]);
    let allowed = |text: &str| index.allowed(&Query::parse(text, &Syntax::default())).unwrap();
    assert_eq!(allowed("x -addon"), [false, false, true, true, true], "as one word and as two");
    assert_eq!(allowed("x -\"add on\""), [false, false, true, true, true]);
    assert_eq!(allowed("x -information"), [true, true, true, true, false]);
}

#[test]
fn what_is_excluded_and_the_signs_of_operators_are_not_encoded() {
    let wanted = |text: &str| {
        let query = Query::parse(text, &Syntax::default());
        query.wanted().split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(wanted("feminism -workshop"), "feminism");
    assert_eq!(wanted("-\"round table\" data «people analytics» -talk now"), "data people analytics now");
    assert_eq!(wanted("state-of-the-art - is it? \"people ana"), "state-of-the-art - is it? people ana");
    assert_eq!(wanted("-workshop"), "");
    let plain = Query::parse("data -\"panel\"", &Syntax { operators: false, ..Syntax::default() });
    assert_eq!(plain.wanted(), "data -\"panel\"");
}

#[test]
fn a_word_is_found_in_its_other_spellings_below_the_one_typed() {
    for spellings in [
        ["the add-on here", "the addon here"],
        ["an e-mail came", "an email came"],
        ["with Node.js now", "with nodejs now"],
        ["see RFC 2119 there", "see rfc2119 there"],
        ["all 1,000,000 of them", "all 1000000 of them"],
        ["in room A-101 now", "in room A101 now"],
        ["call get_user_name twice", "call getUserName twice"],
    ] {
        let index = index("en", &[spellings[0], spellings[1], "something else", "and another"]);
        for (typed, spelling) in spellings.into_iter().enumerate() {
            let words: Vec<&str> = spelling.split(' ').collect();
            let query =
                words[1..words.len() - 1].iter().filter(|word| !["room", "came"].contains(word)).copied().collect::<Vec<_>>();
            let found = found(&index, &format!("{} ", query.join(" ")));
            assert_eq!(found[0] as usize, typed, "{query:?}");
        }
    }
}

#[test]
fn words_written_apart_find_what_is_written_as_one() {
    for (query, text) in [
        ("add on", "the addon here"),
        ("add-on", "the addon here"),
        ("e-mail", "an email came"),
        ("Node.js", "with nodejs now"),
        ("RFC 2119", "see rfc2119 there"),
        ("1,000,000", "all 1000000 of them"),
        ("A-101", "in room A101 now"),
        ("get user name", "call getUserName twice"),
    ] {
        let index = index("en", &["something else", text, "and another"]);
        let hits = search(&index, &format!("{query} "));
        assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [1], "{query}");
        assert!(hits[0].quality == Quality::Exact && hits[0].coverage > 0.95, "{query}: {hits:?}");
        assert!(!index.highlights(&Query::parse(&format!("{query} "), &Syntax::default()), text).is_empty(), "{query}");
        assert_eq!(found(&index, &format!("something -{}", query.replace(' ', "-"))), [0], "{query}");
        assert!(
            !index.allowed(&Query::parse(&format!("something -{}", query.replace(' ', "-")), &Syntax::default())).unwrap()[1]
        );
    }
    let index = index("en", &["apart from information", "other"]);
    for query in ["a part ", "in formation "] {
        let strict = Query::parse(query, &Syntax { typos: false, ..Syntax::default() });
        assert_eq!(index.search(&strict, &|_| true, 10), [], "what begins with a stop word is not one word");
    }
}

#[test]
fn a_word_written_as_one_finds_what_is_written_apart() {
    for (query, text) in [
        ("addon", "the add on here"),
        ("addon", "the add-on here"),
        ("email", "an e-mail came"),
        ("nodejs", "with Node.js now"),
        ("rfc2119", "see RFC 2119 there"),
        ("1000000", "all 1,000,000 of them"),
        ("A101", "in room A-101 now"),
        ("getUserName", "call get_user_name twice"),
        ("getUserName", "call get.user.name twice"),
    ] {
        let index = index("en", &["something else", text, "and another", "on and off", "names of a user"]);
        let hits = search(&index, &format!("{query} "));
        assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [1], "{query}");
        assert!(hits[0].quality == Quality::Exact && hits[0].coverage > 0.95, "{query}: {hits:?}");
        let parsed = Query::parse(&format!("{query} "), &Syntax::default());
        assert!(!index.highlights(&parsed, text).is_empty() && index.look_up(parsed).unknown() == 0.0, "{query}");
    }
    let index = index("en", &["the part to gather", "on a part", "a add on"]);
    for query in ["together ", "apart ", "\"addon\" "] {
        let strict = Query::parse(query, &Syntax { typos: false, ..Syntax::default() });
        assert_eq!(index.search(&strict, &|_| true, 10), [], "{query}: what stands apart, begins with a stop word or is quoted");
    }
}

#[test]
fn a_place_in_the_title_counts_as_one_for_a_word_written_apart() {
    let documents = [("something", "add-on"), ("add-on", "something")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(found(&opened(&built("en", &documents)).unwrap(), "addon "), [1, 0]);
}

#[test]
fn a_name_in_code_is_found_whole_and_by_its_parts() {
    let index = index("en", &["something else", "call getUserName twice", "and JavaScript"]);
    for query in ["getUserName", "getusername", "get_user_name", "user name", "user", "\"user name\"", "getUser"] {
        assert_eq!(found(&index, query), [1], "{query}");
    }
    let query = Query::parse("name of a user", &Syntax::default());
    let text = "call getUserName";
    assert_eq!(index.highlights(&query, text).into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["User", "Name"]);
    assert_eq!(found(&index, "java "), NOTHING, "a name of two parts with a capital in front is one word");
}

#[test]
fn a_short_form_and_what_it_is_short_for_find_each_other_where_a_document_explains_it() {
    let texts = [
        "tuning a Large Language Model (LLM)",
        "why an LLM fails",
        "large language models at home",
        "a large model of a language",
    ];
    let explained = index("en", &texts);
    let by_short = found(&explained, "llm ");
    assert!(by_short.len() == 3 && by_short[2] == 2, "spelt so first: {by_short:?}");
    assert_eq!(found(&explained, "large language models ")[..2], [2, 0]);
    assert!(found(&explained, "large language model ").contains(&1));
    assert!(!found(&explained, "\"llm\"").contains(&2), "a word in quotes is spelt so");
    assert_eq!(found(&index("en", &texts[1..]), "llm "), [0], "nothing is explained");
    assert_eq!(found(&explained, "ll").len(), 2, "an explanation is no word that goes on");
    let mut changed = explained;
    assert!(changed.remove(0));
    assert_eq!(found(&changed, "llm "), [1], "who explained it is gone");
    changed.add(&[FieldText { field: "text", text: "a large language model (LLM)" }]).unwrap();
    assert!(found(&changed, "llm ").contains(&2));
}

#[test]
fn words_made_up_are_not_put_right() {
    let index = index("en", &["customer lifetime value", "campus life", "interoperability"]);
    assert_eq!(respelled(&index, "florbnick wumpus custmer "), None);
    assert_eq!(respelled(&index, "custmer pizza "), None, "it is about something else");
    assert_eq!(respelled(&index, "custmer value ").as_deref(), Some("customer value "));
    assert!(
        (index.look_up(Query::parse("florbnick customers of the value ", &Syntax::default())).unknown() - 1.0 / 3.0).abs() < 1e-6
    );
    assert_eq!(index.look_up(Query::parse("the cust", &Syntax::default())).unknown(), 0.0, "it may go on");
}

#[test]
fn languages_without_spaces_are_searched_by_pairs_of_characters() {
    let index = index("none", &["機械学習の入門", "機械の学習", "東京都の天気"]);
    assert_eq!(found(&index, "機械学習")[0], 0);
    assert_eq!(found(&index, "\"機械学習\""), [0]);
    assert_eq!(found(&index, "京都"), [2]);
    assert_eq!(found(&index, "天"), [2]);
}

#[test]
fn coverage_tells_how_much_of_the_query_a_document_has() {
    let index = index("en", &["health analytics", "health care", "sports", "music", "art"]);
    let coverage: Vec<f32> = search(&index, "health analytics ").iter().map(|hit| hit.coverage).collect();
    assert!((coverage[0] - 1.0).abs() < 1e-6 && coverage[1] > 0.2 && coverage[1] < 0.6, "{coverage:?}");
    assert!(search(&index, "health zzzzqqqq ")[0].coverage < 0.5);
}

#[test]
fn the_language_is_guessed_and_kept_in_the_file() {
    let german = "Der Vortrag zeigt, wie man mit den Daten arbeitet, die in der Firma nicht genutzt werden.";
    assert_eq!(index("auto", &[german, "Die Daten und die Menschen"]).language(), Language::German);
    assert_eq!(index("auto", &["istio envoy cilium"]).language(), Language::None);
}

#[test]
fn matching_words_are_marked_as_search_matched_them() {
    let index = index("en", &["The Müllers tested kubernetes", "other"]);
    let marked = |query: &str, text: &str| -> Vec<String> {
        let query = Query::parse(query, &Syntax::default());
        index.highlights(&query, text).into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(marked("testing the kuberntes ", "The Müllers tested Kubernetes’ tests."), ["tested", "Kubernetes"]);
    assert_eq!(marked("mull", "Müllers & Mull"), ["Müllers", "Mull"]);
    assert_eq!(marked("the", "The end of the day"), ["The", "the"]);
}

#[test]
fn unknown_fields_languages_and_weights_are_refused() {
    let kind = |options| LexicalBuilder::new(options).err().map(|error| error.kind());
    assert_eq!(kind(options("xx")), Some(ErrorKind::InvalidInput));
    assert_eq!(kind(LexicalOptions { language: "en".into(), fields: vec![] }), Some(ErrorKind::InvalidInput));
    assert_eq!(
        kind(LexicalOptions { language: "en".into(), fields: vec![("a".into(), f32::NAN)] }),
        Some(ErrorKind::InvalidInput)
    );
    let mut builder = LexicalBuilder::new(options("en")).unwrap();
    let error = builder.add(&[FieldText { field: "room", text: "1" }]).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("title, text"), "{error}");
}

#[test]
fn another_version_of_the_file_is_refused_by_name() {
    let mut tensors = built("en", &[]);
    tensors[0].1 = String::from_utf8(tensors[0].1.clone()).unwrap().replace("\"version\":3", "\"version\":9").into_bytes();
    assert_eq!(opened(&tensors).err().unwrap().kind(), ErrorKind::UnsupportedFormat);
}

#[test]
fn a_query_too_long_is_cut_and_says_so() {
    let query = Query::parse(&"word ".repeat(30_000), &Syntax::default());
    assert!(query.is_truncated() && !query.is_empty());
    let many: String = (0..500).map(|i| format!("w{i} ")).collect();
    assert!(Query::parse(&many, &Syntax::default()).is_truncated());
    assert!(!Query::parse("health analytics", &Syntax::default()).is_truncated());
}

/// BM25 over weighted fields as its formula reads, document by document: the naive twin of [`Lexical::search`].
fn naive(documents: &[(String, String)], language: Language, query: &str) -> BTreeMap<u32, f64> {
    let ranking = Ranking::default();
    let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<[Vec<String>; 2]> = documents.iter().map(|(title, text)| [split(title), split(text)]).collect();
    let (k1, b, all) = (naive_k1(&rows), f64::from(ranking.b), rows.len() as f64);
    let average = |field: usize| rows.iter().map(|row| row[field].len()).sum::<usize>() as f64 / all;
    let count = |row: &[Vec<String>; 2], word: &str, stop: bool| -> f64 {
        let of_field = |field: usize, weight: f64| {
            let norm = 1.0 - b + b * row[field].len() as f64 / if average(field) > 0.0 { average(field) } else { 1.0 };
            let weights = row[field].iter().map(|other| {
                let same_stem = !stop && language.stem(other) == language.stem(word);
                if other == word {
                    1.0
                } else if same_stem {
                    f64::from(ranking.other_form)
                } else {
                    0.0
                }
            });
            weight * weights.sum::<f64>() / norm
        };
        of_field(0, 2.0) + of_field(1, 1.0)
    };
    let mut words: BTreeMap<String, f64> = BTreeMap::new();
    split(query).into_iter().for_each(|word| *words.entry(word).or_default() += 1.0);
    let only_stop_words = words.keys().all(|word| language.is_stop_word(word));
    let mut scores: BTreeMap<u32, (f64, bool)> = BTreeMap::new();
    for (word, times) in words {
        let stop = language.is_stop_word(&word);
        let counts: Vec<f64> = rows.iter().map(|row| count(row, &word, stop)).collect();
        let n = counts.iter().filter(|&&count| count > 0.0).count() as f64;
        if stop && !only_stop_words && n > f64::from(ranking.idle) * all {
            continue;
        }
        let idf = (1.0 + (all - n + 0.5) / (n + 0.5)).ln();
        let weight = times * if stop { f64::from(ranking.stop_word) } else { 1.0 };
        for (doc, count) in (0..).zip(counts).filter(|&(_, count)| count > 0.0) {
            let sum = scores.entry(doc).or_default();
            sum.0 += weight * idf * (k1 + 1.0) * count / (count + k1);
            sum.1 |= !stop || only_stop_words;
        }
    }
    add_pairs(&rows, language, &split(query), &mut scores);
    scores.into_iter().filter(|(_, (_, found))| *found).map(|(doc, (score, _))| (doc, score)).collect()
}

/// A fortieth of the words that a document has, but no less than 1 and no more than 1.5.
fn naive_k1(rows: &[[Vec<String>; 2]]) -> f64 {
    let words = rows.iter().flatten().map(Vec::len).sum::<usize>() as f64;
    (words / rows.len() as f64 / 40.0).clamp(1.0, 1.5)
}

/// The naive twin of the pairs of neighbouring words.
fn add_pairs(rows: &[[Vec<String>; 2]], language: Language, query: &[String], scores: &mut BTreeMap<u32, (f64, bool)>) {
    let ranking = Ranking::default();
    let (k1, b, all) = (naive_k1(rows), f64::from(ranking.b), rows.len() as f64);
    let length = |row: &[Vec<String>; 2]| (row[0].len() + row[1].len()) as f64;
    let average = rows.iter().map(length).sum::<f64>() / all;
    let same = |a: &String, b: &String| language.stem(a) == language.stem(b);
    let idf = |word: &String| {
        let n = rows.iter().filter(|row| row.iter().flatten().any(|other| same(other, word))).count() as f64;
        (1.0 + (all - n + 0.5) / (n + 0.5)).ln()
    };
    let content: Vec<&String> = query.iter().filter(|word| !language.is_stop_word(word)).collect();
    let mut pairs: Vec<(&String, &String)> = content.windows(2).map(|two| (two[0], two[1])).filter(|(a, b)| a != b).collect();
    pairs.sort();
    pairs.dedup();
    for (first, second) in pairs {
        for (doc, row) in (0..).zip(rows) {
            let gap = usize::from(!row[0].is_empty());
            let title = row[0].iter().enumerate();
            let text = row[1].iter().enumerate().map(|(i, word)| (i + row[0].len() + gap, word));
            let places: Vec<_> = title.chain(text).collect();
            let with_second =
                |at: usize| places.iter().filter(|(other, word)| (at + 1..=at + 3).contains(other) && same(word, second)).count();
            let count: usize = places.iter().filter(|(_, word)| same(word, first)).map(|&(at, _)| with_second(at)).sum();
            if count > 0 {
                let count = count as f64 / (1.0 - b + b * length(row) / average);
                let gain = f64::from(ranking.pair) * (idf(first) + idf(second)) / 2.0 * (k1 + 1.0) * count / (count + k1);
                scores.entry(doc).or_default().0 += gain;
            }
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "data",
        "test",
        "tests",
        "tested",
        "testing",
        "health",
        "healthy",
        "wealth",
        "the",
        "of",
        "and",
        "run",
        "runs",
        "kubernetes",
        "x1",
    ])
    .prop_map(str::to_owned)
}

fn text(words: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..words).prop_map(|words| words.join(" "))
}

fn corpus() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((text(4), text(12)), 1..14)
}

/// Hits without numbers of documents: their texts with the bits of the figures, in an order that numbers do not change.
fn unnumbered(hits: &[LexicalHit], text: impl Fn(u32) -> (String, String)) -> Vec<(u32, (String, String), u32, Quality)> {
    let mut rows: Vec<_> =
        hits.iter().map(|hit| (!hit.score.to_bits(), text(hit.document), hit.coverage.to_bits(), hit.quality)).collect();
    rows.sort();
    rows
}

const QUERIES: [&str; 7] =
    ["data test", "the testing of heal", "kubernets the", "\"the test\" data", "run -health", "tets", "of the and t"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_was_put_right_stays_as_it_is(query in "([acdet-v \"'-]|[Cc]ustmer|lifetim|détection|健康|\\PC){0,9}") {
        let index = index("en", &["customer lifetime value", "the detection", "健康データ"]);
        if let Some(right) = respelled(&index, &query) {
            prop_assert_ne!(&right, &query);
            prop_assert_eq!(respelled(&index, &right), None);
        }
    }

    #[test]
    fn scores_equal_the_formula(documents in corpus(), query in text(7), english in any::<bool>()) {
        let language = if english { Language::English } else { Language::None };
        let index = opened(&built(language.code(), &documents)).unwrap();
        let options = Syntax { operators: false, prefix: false, typos: false };
        let hits = index.search(&Query::parse(&query, &options), &|_| true, 100);
        let expected = naive(&documents, language, &query);
        prop_assert_eq!(hits.len(), expected.len());
        for hit in &hits {
            let expected = expected[&hit.document];
            prop_assert!((f64::from(hit.score) - expected).abs() < 1e-4 * (1.0 + expected), "{} {}", hit.score, expected);
        }
    }

    #[test]
    fn fewer_hits_are_the_first_of_more(documents in corpus(), query in text(7), limit in 1usize..6) {
        let index = opened(&built("en", &documents)).unwrap();
        let query = Query::parse(&query, &Syntax::default());
        let all = index.search(&query, &|_| true, 100);
        let some = index.search(&query, &|_| true, limit);
        prop_assert_eq!(&all[..all.len().min(limit)], some.as_slice());
        prop_assert!(all.is_sorted_by(|a, b| a.score > b.score || (a.score == b.score && a.document < b.document)));
    }

    #[test]
    fn a_filter_never_lets_a_wrong_document_through_nor_changes_scores(documents in corpus(), query in text(5), modulus in 2u32..4) {
        let index = opened(&built("en", &documents)).unwrap();
        let query = Query::parse(&query, &Syntax::default());
        let wanted: Vec<_> = index.search(&query, &|_| true, 100).into_iter().filter(|hit| hit.document % modulus == 0).collect();
        prop_assert_eq!(index.search(&query, &|doc| doc % modulus == 0, 3), &wanted[..wanted.len().min(3)]);
    }

    #[test]
    fn one_word_finds_exact_matches_before_beginnings_and_misspellings(documents in corpus(), query in "test|heal|heath|run|kubernets|helth|x") {
        let hits = search(&opened(&built("en", &documents)).unwrap(), &query);
        prop_assert!(hits.is_sorted_by(|a, b| a.quality >= b.quality), "{:?}", hits);
    }

    #[test]
    fn the_order_of_additions_changes_no_bit(documents in corpus(), seed in any::<u64>(), base in 0usize..14) {
        let direct = opened(&built("en", &documents)).unwrap();
        let mut order: Vec<usize> = (0..documents.len()).collect();
        order.sort_by_key(|&i| (i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let shuffled: Vec<_> = order.iter().map(|&i| documents[i].clone()).collect();
        let base = base.min(shuffled.len());
        let mut grown = opened(&built("en", &shuffled[..base])).unwrap();
        for document in &shuffled[base..] {
            grown.add(&fields(document)).unwrap();
        }
        for query in QUERIES {
            let expected = unnumbered(&search(&direct, query), |doc| documents[doc as usize].clone());
            let actual = unnumbered(&search(&grown, query), |doc| shuffled[doc as usize].clone());
            prop_assert_eq!(actual, expected, "{}", query);
        }
        let mut back: Vec<u32> = (0..documents.len() as u32).collect();
        back.sort_by_key(|&doc| order[doc as usize]);
        prop_assert_eq!(grown.save(&back).unwrap(), built("en", &documents), "the file has no history");
    }

    #[test]
    fn adding_and_removing_is_identity(documents in corpus(), others in corpus(), live in any::<bool>()) {
        let direct = opened(&built("en", &documents)).unwrap();
        let mut changed = if live {
            let mut index = opened(&built("en", &others)).unwrap();
            for document in &documents {
                index.add(&fields(document)).unwrap();
            }
            (0..others.len() as u32).for_each(|doc| assert!(index.remove(doc)));
            index
        } else {
            let mut index = opened(&built("en", &documents)).unwrap();
            let added: Vec<u32> = others.iter().map(|other| index.add(&fields(other)).unwrap()).collect();
            added.into_iter().for_each(|doc| assert!(index.remove(doc) && !index.remove(doc)));
            index
        };
        let first = if live { others.len() as u32 } else { 0 };
        for query in QUERIES {
            let moved: Vec<_> = search(&direct, query).into_iter().map(|hit| LexicalHit { document: hit.document + first, ..hit }).collect();
            prop_assert_eq!(search(&changed, query), moved, "{}", query);
        }
        let order: Vec<u32> = (first..first + documents.len() as u32).collect();
        prop_assert_eq!(changed.save(&order).unwrap(), built("en", &documents));
        let updated = changed.update(first, &fields(&documents[0])).unwrap();
        let order: Vec<u32> = std::iter::once(updated).chain(order.into_iter().skip(1)).collect();
        prop_assert_eq!(changed.save(&order).unwrap(), built("en", &documents));
    }

    #[test]
    fn any_change_of_bytes_gives_an_error_or_an_index_that_answers(
        documents in corpus(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
    ) {
        let mut tensors = built("en", &documents);
        for (tensor, at, byte, kind) in changes {
            let tensor = tensor.index(tensors.len());
            let bytes = &mut tensors[tensor].1;
            if bytes.is_empty() {
                continue;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                _ => bytes.insert(at, byte),
            }
        }
        match opened(&tensors) {
            Ok(mut index) => {
                for query in QUERIES {
                    search(&index, query);
                }
                let name = index.fields[0].0.clone();
                index.add(&[FieldText { field: &name, text: "the data" }]).unwrap();
                let all: Vec<u32> = (0..index.docs_total()).collect();
                // The list of blocks may name more than there are.
                prop_assert_eq!(index.save(&all).is_ok(), index.all_missing().is_empty());
            }
            Err(error) => prop_assert!(matches!(error.kind(), ErrorKind::DamagedFile | ErrorKind::UnsupportedFormat)),
        }
    }

    #[test]
    fn words_that_come_block_by_block_in_any_order_answer_as_all_do(
        documents in corpus(),
        queries in Just(QUERIES.to_vec()).prop_shuffle(),
        asked in 0usize..5,
        backwards in any::<bool>(),
    ) {
        let tensors = built("en", &documents);
        let whole = opened(&tensors).unwrap();
        let (start, blocks) = Lexical::parted(tensors.clone());
        let mut lazy = opened(&start).unwrap();
        prop_assert_eq!(lazy.all_missing().len(), blocks.len());
        for text in &queries[..asked] {
            let query = Query::parse(text, &Syntax::default());
            let mut missing = lazy.look_up(query.clone()).missing(true);
            if backwards {
                missing.reverse();
            }
            for block in missing {
                lazy.load(block, &blocks[block]).unwrap();
                lazy.load(block, &blocks[block]).unwrap();
            }
            prop_assert_eq!(lazy.look_up(query.clone()).missing(true), Vec::<usize>::new());
            prop_assert_eq!(search(&lazy, text), search(&whole, text), "{}", text);
            prop_assert_eq!(respelled(&lazy, text), respelled(&whole, text));
            prop_assert_eq!(lazy.highlights(&query, &documents[0].1), whole.highlights(&query, &documents[0].1));
        }
        let all: Vec<u32> = (0..documents.len() as u32).collect();
        let missing = lazy.all_missing();
        prop_assert_eq!(lazy.save(&all).is_err(), !missing.is_empty(), "what is not there cannot be saved");
        for block in missing.into_iter().rev() {
            lazy.load(block, &blocks[block]).unwrap();
        }
        prop_assert_eq!(lazy.save(&all).unwrap(), tensors);
    }

    #[test]
    fn a_block_of_other_words_is_an_error_or_answers_but_never_a_panic(
        documents in corpus(),
        others in corpus(),
        query in prop::sample::select(QUERIES.to_vec()),
    ) {
        let (start, _) = Lexical::parted(built("en", &documents));
        let (_, blocks) = Lexical::parted(built("en", &others));
        let mut index = opened(&start).unwrap();
        for block in index.all_missing() {
            if let Some(Err(error)) = blocks.get(block).map(|bytes| index.load(block, bytes)) {
                prop_assert_eq!(error.kind(), ErrorKind::DamagedFile);
            }
        }
        search(&index, query);
    }

    #[test]
    fn words_made_from_the_documents_answer_as_stored_ones(documents in prop::collection::vec((text(4), text(9)), 0..9)) {
        let stored = built("en", &documents);
        let about = Lexical::without_texts(&stored);
        prop_assert_eq!(about.len(), 1);
        let texts = documents.iter().map(|(title, text)| vec![("text", text.clone()), ("title", title.clone())]);
        let mut made = Lexical::open_with(|name| (name == about[0].0).then_some(about[0].1.as_slice()), texts).unwrap();
        let mut read = opened(&stored).unwrap();
        for index in [&mut made, &mut read] {
            index.add(&[FieldText { field: "text", text: "tested data" }]).unwrap();
        }
        for query in QUERIES {
            prop_assert_eq!(search(&made, query), search(&read, query), "{}", query);
        }
        let all: Vec<u32> = (0..read.docs_total()).collect();
        prop_assert_eq!(made.save(&all).unwrap(), read.save(&all).unwrap());
    }

    #[test]
    fn any_text_is_indexed_searched_and_marked(text in "\\PC{0,80}|[\u{0}-\u{10FFFF}]{0,40}", query in "[ \"\\-]{0,3}\\PC{0,30}") {
        let index = index("auto", &[&text, "the other"]);
        search(&index, &query);
        let own = Query::parse(&text, &Syntax { operators: false, ..Syntax::default() });
        let words = index.search(&own, &|_| true, 10);
        prop_assert!(own.is_empty() || words.iter().any(|hit| hit.document == 0 && hit.coverage > 0.99));
        let ranges = index.highlights(&own, &text);
        prop_assert!(ranges.iter().all(|range| text.get(range.clone()).is_some()));
        prop_assert!(ranges.is_sorted_by(|a, b| a.end <= b.start));
    }
}

proptest! {
    // The naive twin takes its time over many documents.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn shortcuts_over_many_documents_change_nothing(seed in any::<u64>(), query in text(9), limit in 1usize..40) {
        // More documents than a landing of the postings and a buffer of the best are apart, made from few draws.
        let mut state = seed | 1;
        let mut draw = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let words = ["data", "test", "tests", "tested", "health", "the", "of", "and", "run", "kubernetes", "x1"];
        let mut text = |most: u64| (0..draw(most)).map(|_| words[(draw(121) as f64).sqrt() as usize % 11]).collect::<Vec<_>>().join(" ");
        let documents: Vec<_> = (0..700).map(|_| (text(4), text(9))).collect();
        let index = opened(&built("en", &documents)).unwrap();
        let options = Syntax { operators: false, prefix: false, typos: false };
        let parsed = Query::parse(&query, &options);
        let all = index.search(&parsed, &|_| true, 5000);
        prop_assert_eq!(&index.search(&parsed, &|_| true, limit), &all[..all.len().min(limit)]);
        let expected = naive(&documents, Language::English, &query);
        prop_assert_eq!(all.len(), expected.len());
        for hit in &all {
            let expected = expected[&hit.document];
            prop_assert!((f64::from(hit.score) - expected).abs() < 1e-4 * (1.0 + expected), "{} {}", hit.score, expected);
        }
        let phrase: Vec<u32> = (0..).zip(&documents).filter(|(_, (title, text))| {
            [title, text].iter().any(|text| format!(" {text} ").contains(" test data "))
        }).map(|(doc, _)| doc).collect();
        let mut quoted = found_all(&index, "\"test data\"");
        quoted.sort_unstable();
        prop_assert_eq!(quoted, phrase);
    }
}
