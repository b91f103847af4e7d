//! Memory in proportion to bytes: what every reader holds at most, counted while it reads what is made to swell.

use std::collections::BTreeMap;

use inkling_search::corpus::{self, Format, ReadOptions};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::error::Error;
use inkling_search::hash::Digest;
use inkling_search::index::builder::{field_texts, lexical_builder, lexical_texts};
use inkling_search::index::codes::Codes;
use inkling_search::index::document::{Document, read_shard};
use inkling_search::index::lexical::{Lexical, Query, Syntax};
use inkling_search::index::manifest::{FORMAT, Manifest};
use inkling_search::index::places::Places;
use inkling_search::index::table::Table;
use inkling_search::index::vectors::{PassageVector, Vectors};
use inkling_search::model::config::ModelConfig;
use inkling_search::site::{self, SiteOptions};
use inkling_search::text::passages::{PassageOptions, split};
use inkling_search::text::tokenizer::Tokenizer;
use serde_json::Value;

use crate::allocations::peak_of;

const FILES: ModelFiles = ModelFiles {
    config: include_bytes!("../data/tiny-quantized/config.json"),
    tokenizer: include_bytes!("../data/tiny-quantized/tokenizer.txt"),
    weights: include_bytes!("../data/tiny-quantized/weights.safetensors"),
};

/// The bound that docs/architecture.md promises: so many bytes of memory for each byte that is read …
const BYTES_A_BYTE: usize = 128;
/// … beside so many for everything, however little is read.
const BYTES_AT_LEAST: usize = 4 << 20;

/// Reads what a family makes of some sizes, and holds the memory against the bound.
fn check(family: &str, make: impl Fn(usize) -> Vec<u8>, read: impl Fn(&[u8])) {
    for count in [1_000, 30_000] {
        let bytes = make(count);
        let ((), peak) = peak_of(|| read(&bytes));
        let most = BYTES_A_BYTE * bytes.len() + BYTES_AT_LEAST;
        println!("{family}: {} bytes read, {peak} held, {:.1} a byte", bytes.len(), peak as f64 / bytes.len() as f64);
        assert!(peak <= most, "{family}: {} bytes take {peak}, which is more than {most}", bytes.len());
    }
}

fn joined(count: usize, separator: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(separator)
}

/// Writes a corpus of about so many documents.
type Corpus = fn(usize) -> String;

/// Documents that swell, as JSON.
const CORPORA: [(&str, Corpus); 7] = [
    ("small documents", |count| format!("[{}]", joined(count, ",", |n| format!(r#"{{"id":"{n}","title":"a"}}"#)))),
    ("a field of its own for each document", |count| {
        format!("[{}]", joined(count / 4, ",", |n| format!(r#"{{"id":"{n}","title":"a","f{n}":"x"}}"#)))
    }),
    ("fields that the first and the last document have", |count| {
        let fields = joined(count, ",", |n| format!(r#""f{n}":"x""#));
        let between = joined(count, ",", |n| format!(r#"{{"id":"{n}","title":"a"}}"#));
        format!(r#"[{{"id":"first","title":"a",{fields}}},{between},{{"id":"last","title":"a",{fields}}}]"#)
    }),
    ("a field of many values", |count| {
        let values = joined(count * 4, ",", |n| format!("\"{n}\""));
        format!(r#"[{{"id":"1","title":"a","tags":[{values}]}}]"#)
    }),
    ("a field of the same value", |count| {
        format!(r#"[{{"id":"1","title":"a","tags":[{}]}}]"#, joined(count, ",", |_| "\"x\"".to_owned()))
    }),
    ("empty lists", |count| format!(r#"[{{"id":"1","title":"a","tags":[{}]}}]"#, joined(count, ",", |_| "[]".to_owned()))),
    ("many words", |count| format!(r#"[{{"id":"1","title":"a","text":"{}"}}]"#, joined(count, " ", |n| format!("w{n:x}")))),
];

#[test]
fn documents_take_memory_in_proportion_to_their_bytes() {
    for (family, make) in CORPORA {
        let make = |count| make(count).into_bytes();
        check(&format!("{family}, JSON"), make, |bytes| drop(corpus_of(bytes, Format::Json).unwrap()));
        let documents = |count| corpus_of(&make(count), Format::Json).unwrap();
        let file = |count| serde_json::to_vec(&documents(count)).unwrap();
        check(&format!("{family}, a file of an index"), file, |bytes| drop(read_shard(bytes).unwrap()));
        let of_file = |bytes: &[u8]| -> Vec<Document> { read_shard(bytes).unwrap() };
        check(&format!("{family}, the table of an index"), file, |bytes| drop(tables(&of_file(bytes))));
        check(&format!("{family}, the words of an index"), file, |bytes| drop(words(&of_file(bytes))));
        let saved = |count| bundle(&tables(&documents(count)));
        check(&format!("{family}, a saved table"), saved, |bytes| drop(Table::open(part(bytes)).unwrap()));
        let saved = |count| bundle(&words(&documents(count)));
        check(&format!("{family}, saved words"), saved, |bytes| drop(Lexical::open(part(bytes)).unwrap()));
    }
}

fn corpus_of(bytes: &[u8], format: Format) -> Result<Vec<Document>, Error> {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    corpus::read(bytes, "".as_ref(), &options).map(|corpus| corpus.documents)
}

fn tables(documents: &[Document]) -> Vec<(String, Vec<u8>)> {
    let mut table = Table::default();
    documents.iter().for_each(|document| table.push(document));
    table.save()
}

fn words(documents: &[Document]) -> Vec<(String, Vec<u8>)> {
    let mut words = lexical_builder("none", &[]).unwrap();
    documents.iter().for_each(|document| _ = words.add(&field_texts(&lexical_texts(document))).unwrap());
    words.finish()
}

/// Tensors one after the other, so that their bytes can be counted.
fn bundle(tensors: &[(String, Vec<u8>)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, bytes)| (name.as_str(), inkling_search::tensors::ByteTensor::of(bytes)));
    inkling_search::tensors::write(views).unwrap()
}

fn part<'a>(bundle: &'a [u8]) -> impl Fn(&str) -> Option<&'a [u8]> {
    let tensors = safetensors::SafeTensors::deserialize(bundle).unwrap();
    let parts: BTreeMap<String, &[u8]> = tensors.tensors().into_iter().map(|(name, view)| (name, view.data())).collect();
    move |name| parts.get(name).copied()
}

#[test]
fn other_formats_of_documents_take_memory_in_proportion_to_their_bytes() {
    let read = |format| move |bytes: &[u8]| drop(corpus_of(bytes, format));
    check("lines", |count| joined(count, "\n", |n| format!(r#"{{"title":"{n}"}}"#)).into_bytes(), read(Format::Jsonl));
    check("rows", |count| format!("title,a\n{}", joined(count, "\n", |n| format!("{n},x"))).into_bytes(), read(Format::Csv));
    let columns =
        |count| format!("title,{}\nt,{}\n", joined(count, ",", |n| format!("c{n}")), joined(count, ",", |_| "1".into()));
    check("columns", |count| columns(count).into_bytes(), read(Format::Csv));
    check("an open quote", |count| format!("title\n\"{}", "a,\n".repeat(count)).into_bytes(), read(Format::Csv));
    let event = |n| format!("<event id=\"{n}\"><title>a</title></event>");
    let schedule = |inside: String| format!("<schedule><day><room name=\"r\">{inside}</room></day></schedule>").into_bytes();
    check("events", |count| schedule(joined(count, "", event)), read(Format::Xml));
    check("tags", |count| schedule("<a>".repeat(count)), read(Format::Xml));
    let attributes = |count| format!("<event id=\"1\" {}><title>a</title></event>", joined(count, " ", |n| format!("a{n}=\"\"")));
    check("attributes", |count| schedule(attributes(count)), read(Format::Xml));
    let calendar = |inside: String| format!("BEGIN:VCALENDAR\r\n{inside}\r\nEND:VCALENDAR\r\n").into_bytes();
    let entry = |n| format!("BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:a\r\nEND:VEVENT");
    check("entries", |count| calendar(joined(count, "\r\n", entry)), read(Format::Ics));
    let categories = |count| format!("BEGIN:VEVENT\r\nSUMMARY:a\r\nCATEGORIES:{}\r\nEND:VEVENT", "x,".repeat(count));
    check("categories", |count| calendar(categories(count)), read(Format::Ics));
}

/// Makes a page with about so many of something.
type Page = fn(usize) -> String;

/// Pages that swell, as HTML.
const HTML: [(&str, Page); 8] = [
    ("text", |count| "people and water ".repeat(count)),
    ("signs", |count| "<b>".repeat(count)),
    ("paragraphs", |count| "<p>a".repeat(count)),
    ("headings", |count| joined(count, "", |n| format!("<h2 id=h{n}>a{n}</h2>"))),
    ("links", |count| joined(count, "", |n| format!("<a href=/{n}>a{n}</a> "))),
    ("attributes", |count| format!("<p {}>a", joined(count / 4, " ", |n| format!("a{n}")))),
    ("formats that each paragraph begins anew", |count| {
        format!("{}{}", joined(count.min(1000), "", |n| format!("<font a{n}>")), "<p>a</p>".repeat(count / 10))
    }),
    ("character references", |count| "&amp;a".repeat(count)),
];

/// The same as Markdown.
const MARKDOWN: [(&str, Page); 8] = [
    ("emphasis that never ends", |count| "*a ".repeat(count)),
    ("links that never end", |count| "[a](".repeat(count)),
    ("quotes", |count| format!("{} a", ">".repeat(count))),
    ("definitions", |count| joined(count, "\n", |n| format!("[a{n}]: b"))),
    ("notes", |count| joined(count, "\n", |n| format!("[^{n}]: a"))),
    ("cells", |count| format!("|{}\n|{}\n", "a|".repeat(count), "-|".repeat(count))),
    ("headings", |count| joined(count, "\n\n", |n| format!("## a{n}"))),
    ("lists", |count| joined(count, "\n", |n| format!("{}- a", " ".repeat(n % 40)))),
];

fn page_of(path: &str, bytes: &[u8]) {
    let _ = site::read(&[path.to_owned()], |_| Ok(bytes.to_vec()), &SiteOptions::default(), || ());
}

#[test]
fn pages_of_a_site_take_memory_in_proportion_to_their_bytes() {
    for (family, make) in HTML {
        let page =
            |count| format!("<html><title>T</title><body><main><h1>T</h1>{}</main></body></html>", make(count)).into_bytes();
        check(&format!("{family}, HTML"), page, |bytes| page_of("a.html", bytes));
    }
    for (family, make) in MARKDOWN {
        check(
            &format!("{family}, Markdown"),
            |count| format!("# T\n\n{}", make(count)).into_bytes(),
            |bytes| page_of("a.md", bytes),
        );
    }
    let doubled = |count: usize| {
        let levels = joined(count / 100, "\n", |n| format!("a{}: &a{} [*a{n}, *a{n}, *a{n}, *a{n}]", n + 1, n + 1));
        format!("---\na0: &a0 [a, a]\n{levels}\n---\n# T\n\nText.\n").into_bytes()
    };
    check("aliases of aliases, front matter", doubled, |bytes| page_of("a.md", bytes));
    let map = |count| format!("<urlset>{}</urlset>", joined(count, "", |n| format!("<url><loc>/{n}</loc></url>"))).into_bytes();
    check("addresses, a sitemap", map, |bytes| drop(site::sitemap(|_| Some(bytes.to_vec()))));
}

#[test]
fn texts_are_cut_and_encoded_in_memory_in_proportion_to_their_bytes() {
    let tokenizer = Tokenizer::read(FILES.tokenizer, 64).unwrap();
    let options = PassageOptions { max_tokens: 40, overlap: 8 };
    for (family, unit) in [
        ("words", "health data "),
        ("marks", "!"),
        ("one word", "a"),
        ("Chinese", "日本語"),
        ("accents", "e\u{301}\u{302}"),
        ("spaces", "  \n"),
    ] {
        let make = |count: usize| unit.repeat(count * 4).into_bytes();
        let text = |bytes: &[u8]| -> String { String::from_utf8(bytes.to_vec()).unwrap() };
        check(&format!("{family}, cut"), make, |bytes| drop(split(&tokenizer, "a title", &text(bytes), options).unwrap()));
        check(&format!("{family}, a title"), make, |bytes| drop(split(&tokenizer, &text(bytes), "a text", options).unwrap()));
        check(&format!("{family}, encoded"), make, |bytes| drop(tokenizer.encode(&text(bytes)).unwrap()));
        check(&format!("{family}, asked"), make, |bytes| drop(Query::parse(&text(bytes), &Syntax::default())));
    }
}

#[test]
fn descriptions_take_memory_in_proportion_to_their_bytes() {
    let files =
        |count| joined(count, ",", |n| format!(r#"{{"path":"d/{n}","bytes":1,"sha256":"{n:032x}","needed":"hit","first":{n}}}"#));
    let manifest = |count| {
        format!(
            r#"{{"format":{FORMAT},"model":{{"id":"m","family":"0"}},"dim":8,"documents":{count},"passages":{count},"passage_tokens":40,
                "passage_overlap":8,"language":"en","meaning":true,"files":[{}]}}"#,
            files(count)
        )
    };
    check("files", |count| manifest(count).into_bytes(), |bytes| drop(Manifest::from_json(bytes).unwrap()));
    let run = |count| {
        let (ones, hashes) = (joined(count, ",", |_| "1".into()), joined(count, "", |n| format!("{n:032x}")));
        let run = format!(r#"{{"path":"d/*","needed":"hit","bytes":[{ones}],"sha256":"{hashes}","documents":[{ones}]}}"#);
        manifest(0).replace(r#""files":[]"#, &format!(r#""files":[],"runs":[{run}]"#))
    };
    check("a run of files", |count| run(count).into_bytes(), |bytes| drop(Manifest::from_json(bytes).unwrap()));
    let config = |count| format!(r#"{{"format":4,"more":[{}]}}"#, joined(count, ",", |_| "[]".into()));
    check("a configuration", |count| config(count).into_bytes(), |bytes| drop(ModelConfig::from_json(bytes)));
    let vocabulary = |count| [FILES.tokenizer, joined(count, "", |n| format!("\nw{n}")).as_bytes()].concat();
    check("a vocabulary", vocabulary, |bytes| drop(Tokenizer::read(bytes, 64).unwrap()));
}

#[test]
fn numbers_take_memory_in_proportion_to_their_bytes() {
    let vectors = |count: usize| {
        let mut vectors = Vectors::new(8);
        for document in 0..count as u32 {
            vectors.push(&PassageVector { document, range: 0..1, vector: vec![0.354; 8] });
        }
        vectors
    };
    let codes = |count| vectors(count).codes().unwrap().write().unwrap();
    check("codes", codes, |bytes| drop(Codes::read(bytes).unwrap()));
    let places = |count| vectors(count).places().write(count).unwrap();
    check("places", places, |bytes| drop(Places::read(bytes, 30_000)));
    let header = |count| {
        let tensors = joined(count, ",", |n| format!(r#""t{n}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#));
        let json = format!("{{{tensors}}}");
        [&(json.len() as u64).to_le_bytes(), json.as_bytes()].concat()
    };
    check("tensors, codes", header, |bytes| drop(Codes::read(bytes)));
    check("tensors, weights", header, |bytes| {
        let mut config: Value = serde_json::from_slice(FILES.config).unwrap();
        config["weights"] = serde_json::to_value(Digest::of(bytes)).unwrap();
        let config = serde_json::to_vec(&config).unwrap();
        assert!(Encoder::load(&ModelFiles { config: &config, tokenizer: FILES.tokenizer, weights: bytes }).is_err());
    });
}
