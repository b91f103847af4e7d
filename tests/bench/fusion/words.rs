//! The word index alone under other constants, on documents as they are and on short ones made of them: a line for each setting
//! and collection, which `words.py` beside this file reads.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use inkling_search::eval::beir::Topic;
use inkling_search::eval::bm25::Bm25;
use inkling_search::eval::metrics::ndcg;
use inkling_search::index::document::Document;
use inkling_search::index::lexical::{FieldText, Lexical, LexicalBuilder, LexicalOptions, Query, Ranking, Syntax, folded_words};

use crate::{Judged, Outcome};

/// Most queries of a collection that are asked.
const QUERIES_MAX: usize = 150;

/// How documents are made: as they are, cut to so many words with the title as one of the fields or as part of the text, of very different
/// lengths, and titles alone.
const WAYS: [(&str, Way); 6] = [
    ("whole", Way::Whole),
    ("80", Way::Cut(80, true)),
    ("40", Way::Cut(40, false)),
    ("20", Way::Cut(20, false)),
    ("8 to 72", Way::Uneven),
    ("titles", Way::Titles),
];

const K1: [f32; 7] = [0.6, 0.8, 0.9, 1.0, 1.2, 1.5, 1.8];
const B: [f32; 5] = [0.3, 0.4, 0.5, 0.6, 0.75];
const OTHER_FORM: [f32; 4] = [0.6, 0.7, 0.8, 1.0];

#[derive(Clone, Copy)]
enum Way {
    Whole,
    Cut(usize, bool),
    Uneven,
    Titles,
}

/// Asks every collection everything, and writes a line of tabs for each: name, way, mean length, setting, nDCG@10 of each query.
pub fn write(all: &[Judged], file: &Path) -> Outcome<()> {
    let mut text = String::new();
    for judged in all.iter().filter(|judged| !judged.known_items) {
        for (name, way) in WAYS {
            eprintln!("{} {name}", judged.name);
            ask(judged, name, way, &mut text)?;
            fs::write(file, &text)?;
        }
    }
    Ok(())
}

fn ask(Judged { name, documents, topics, .. }: &Judged, way_name: &str, way: Way, text: &mut String) -> Outcome<()> {
    let texts: Vec<(String, String)> = (0..).zip(documents).map(|(number, document)| made(document, number, way)).collect();
    if texts.iter().all(|(title, text)| title.is_empty() && text.is_empty()) {
        return Ok(());
    }
    let words: usize = texts.iter().map(|(title, text)| folded_words(title).len() + folded_words(text).len()).sum();
    let length = words as f64 / texts.len() as f64;
    let fields =
        [("title", 2.5), ("people", 2.0), ("fields", 1.0), ("text", 1.0)].map(|(name, weight)| (name.to_owned(), weight));
    let mut builder = LexicalBuilder::new(LexicalOptions { language: "auto".to_owned(), fields: fields.to_vec() })?;
    for (title, text) in &texts {
        builder.add(&[FieldText { field: "title", text: title }, FieldText { field: "text", text }])?;
    }
    let tensors = builder.finish();
    let topics: Vec<&Topic> = topics.iter().step_by(topics.len().div_ceil(QUERIES_MAX)).collect();
    let mut line = |setting: &str, ranked: &dyn Fn(&str) -> Vec<u32>| {
        let figure = |topic: &&Topic| {
            let ids = ranked(&topic.text).into_iter().map(|number| documents[number as usize].id.as_str());
            format!("{:.4}", ndcg(&topic.ranking(ids), &topic.judged(), 10))
        };
        let figures: Vec<String> = topics.iter().map(figure).collect();
        let _ = writeln!(text, "{name}\t{way_name}\t{length:.1}\t{setting}\t{}", figures.join(","));
    };
    let bm25 = Bm25::new(texts.iter().map(|(title, text)| format!("{title} {text}")));
    line("bm25", &|text| bm25.rank(text, 10));
    let mut index = Lexical::open(|name| tensors.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice()))?;
    for ranking in settings() {
        let Ranking { k1, b, other_form, pair, stop_word, idle, prefix, typo, .. } = ranking;
        let setting = [k1, b, other_form, pair, stop_word, idle, prefix, typo].map(|number| number.to_string()).join("/");
        index = index.with_ranking(ranking);
        let syntax = Syntax { operators: false, prefix: prefix > 0.0, typos: typo > 0.0 };
        line(&setting, &|text| {
            let hits = index.search(&Query::parse(text, &syntax), &|_| true, 10);
            hits.into_iter().map(|hit| hit.document).collect()
        });
    }
    Ok(())
}

/// What is tried: the first three constants with each other, the others one by one.
fn settings() -> Vec<Ranking> {
    // `k1` as it is given, however short documents are.
    let usual = || Ranking { short: f32::MIN_POSITIVE, ..Ranking::default() };
    let mut settings = Vec::new();
    for (k1, b) in K1.iter().flat_map(|&k1| B.map(|b| (k1, b))) {
        settings.extend(OTHER_FORM.map(|other_form| Ranking { k1, b, other_form, ..usual() }));
    }
    settings.extend([0.0, 0.15, 0.45].map(|pair| Ranking { pair, ..usual() }));
    settings.extend([0.0, 0.1].map(|stop_word| Ranking { stop_word, ..usual() }));
    settings.extend([1.0, 0.9, 0.5, 0.33].map(|idle| Ranking { idle, ..usual() }));
    settings.extend([0.0, 0.3].map(|prefix| Ranking { prefix, ..usual() }));
    settings.extend([0.0, 0.2].map(|typo| Ranking { typo, ..usual() }));
    settings
}

/// A document's title and text.
fn made(Document { title, text, .. }: &Document, number: u64, way: Way) -> (String, String) {
    let cut = |text: &str, words| text.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
    match way {
        Way::Whole => (title.clone(), text.clone()),
        Way::Cut(words, true) => (title.clone(), cut(text, words)),
        Way::Cut(words, false) => (String::new(), cut(&format!("{title} {text}"), words)),
        // A fraction of the golden ratio for each: evenly spread, and the same every time.
        Way::Uneven => {
            (String::new(), cut(&format!("{title} {text}"), 8 + ((number * 0x9E37_79B9 % 0x1_0000_0000 * 65) >> 32) as usize))
        }
        Way::Titles => (String::new(), title.clone()),
    }
}
