//! An index written for other engines, and read back from each of their formats.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::models::{Model, tiny_raw};
use inkling_search::engine::build::{BuildOptions, build};
use inkling_search::engine::folder::{IndexFolder, write_files};
use inkling_search::error::ErrorKind;
use inkling_search::export::{DEFAULT_NAME, Exported, Target, export};
use inkling_search::index::document::Document;
use inkling_search::text::passages::PassageOptions;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{ListAccessor, RowAccessor};
use serde_json::{Value, json};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::of(&tiny_raw()));

const TARGETS: [Target; 4] = [Target::Parquet, Target::Npy, Target::Qdrant, Target::Pgvector];
const HOSTILE: &str = "It's a \"test\" \\'; DROP TABLE passages; --\nnext\tline \0 NUL 😀 日本 $$ \\u0000 {}[] ';";

fn document(id: &str, title: &str, text: &str) -> Document {
    Document { id: id.into(), title: title.into(), text: text.into(), ..Document::default() }
}

/// 253 documents, enough for three batches. One of them has many passages, with characters of every length.
fn corpus() -> Vec<Document> {
    let fields = json!({
        "it's": HOSTILE, "a\0=b": "x\0", "speakers": ["Ada", "Bo"], "year": 2027, "deep": {"list": [1, null, "\0"]}
    });
    let fields = fields.as_object().unwrap().clone();
    let url = Some("https://example.org/?a='b'".into());
    let mut documents = vec![
        Document { url, fields, ..document("a", HOSTILE, HOSTILE) },
        document("b#1", "Sports", &"The 😀 talk is about déta, and then about 日本 health. ".repeat(30)),
        document("c", "Only a title", ""),
    ];
    documents.extend((0..250).map(|number| document(&format!("{number:03}"), "Health", &format!("Patients and data {number}."))));
    documents
}

fn folder(documents: &[Document]) -> tempfile::TempDir {
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let options = BuildOptions { passages, language: "en".into(), ..BuildOptions::default() };
    let built = build(documents, &MODEL.encoder(), &MODEL.files(), &options, |_| (), |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    folder
}

/// The index of [`corpus`], built once.
static INDEX: LazyLock<tempfile::TempDir> = LazyLock::new(|| folder(&corpus()));

fn write(target: Target, out: &Path) -> Exported {
    let index = IndexFolder::open(INDEX.path()).unwrap();
    let mut last = 0;
    let progress = |done| {
        assert!(done >= last);
        last = done;
    };
    let exported = export(&index, target, out, DEFAULT_NAME, progress).unwrap();
    assert_eq!((exported.documents, exported.passages, exported.dim), (253, index.manifest().passages, 32));
    assert_eq!(last, exported.passages);
    assert!(exported.files.iter().all(|file| Path::new(file).is_file()), "{exported:?}");
    exported
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of `passages.jsonl` and of `vectors.npy`.
static ROWS: LazyLock<(Vec<Value>, Vec<Vec<f32>>)> = LazyLock::new(|| {
    let out = tempfile::tempdir().unwrap();
    let exported = write(Target::Npy, out.path());
    let bytes = std::fs::read(out.path().join("vectors.npy")).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
    let header = 10 + u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    assert_eq!(header % 64, 0);
    let shape = format!("'shape': ({}, 32)", exported.passages);
    assert!(String::from_utf8_lossy(&bytes[10..header]).contains(&shape));
    let numbers: Vec<f32> = bytes[header..].chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    (lines(&out.path().join("passages.jsonl")), numbers.chunks(32).map(<[f32]>::to_vec).collect())
});

#[test]
fn every_passage_of_the_corpus_is_a_row_with_its_place_in_utf16_units() {
    let (rows, _) = &*ROWS;
    let mut at = 0;
    for document in &corpus() {
        let units: Vec<u16> = document.text.encode_utf16().collect();
        let of_document: Vec<&Value> = rows[at..].iter().take_while(|row| row["document_id"] == document.id.as_str()).collect();
        assert!(!of_document.is_empty(), "{}", document.id);
        for (place, row) in of_document.iter().enumerate() {
            assert_eq!(row["id"], format!("{}#{place}", document.id));
            assert_eq!((&row["passage"], &row["title"]), (&json!(place), &json!(document.title)));
            assert_eq!((&row["url"], &row["fields"]), (&json!(document.url), &json!(document.fields)));
            let range = row["start"].as_u64().unwrap() as usize..row["end"].as_u64().unwrap() as usize;
            assert_eq!(String::from_utf16(&units[range]).unwrap(), row["text"].as_str().unwrap());
        }
        at += of_document.len();
    }
    assert_eq!(at, rows.len());
    assert!(rows.iter().filter(|row| row["document_id"] == "b#1").count() > 10);
}

#[test]
fn vectors_are_those_of_the_index_at_unit_length() {
    let index = IndexFolder::open(INDEX.path()).unwrap();
    let vectors = index.vectors().unwrap();
    let (rows, exported) = &*ROWS;
    assert_eq!((exported.len(), rows.len()), (vectors.passages(), vectors.passages()));
    let length = |vector: &[f32]| vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for (passage, exported) in (0u32..).zip(exported) {
        let stored = vectors.vector(passage);
        assert!((length(exported) - 1.0).abs() < 1e-6, "{}", length(exported));
        let dot: f32 = exported.iter().zip(&stored).map(|(a, b)| a * b).sum();
        assert!((dot - length(&stored)).abs() < 1e-6, "{dot} {}", length(&stored));
    }
}

#[test]
fn parquet_reads_back_as_the_same_rows() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("deep/passages.parquet");
    write(Target::Parquet, &path);
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let about = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(about.iter().any(|entry| entry.key == "inkling.family" && entry.value.as_ref().unwrap().len() == 64));
    let (rows, vectors) = &*ROWS;
    let mut count = 0;
    for (row, (expected, vector)) in reader.get_row_iter(None).unwrap().zip(rows.iter().zip(vectors)) {
        let row = row.unwrap();
        for (column, name) in [(0, "id"), (1, "document_id"), (3, "title"), (5, "text")] {
            assert_eq!(row.get_string(column).unwrap(), expected[name].as_str().unwrap());
        }
        assert_eq!(row.get_string(4).ok().map(String::as_str), expected["url"].as_str());
        let numbers = [i64::from(row.get_int(2).unwrap()), row.get_long(6).unwrap(), row.get_long(7).unwrap()];
        assert_eq!(numbers, ["passage", "start", "end"].map(|name| expected[name].as_i64().unwrap()));
        assert_eq!(serde_json::from_str::<Value>(row.get_string(8).unwrap()).unwrap(), expected["fields"]);
        let list = row.get_list(9).unwrap();
        assert_eq!((0..list.len()).map(|at| list.get_float(at).unwrap()).collect::<Vec<_>>(), *vector);
        count += 1;
    }
    assert_eq!(count, rows.len());
}

#[test]
fn qdrant_gets_a_collection_and_batches_of_points_with_their_filters() {
    let out = tempfile::tempdir().unwrap();
    write(Target::Qdrant, out.path());
    assert_eq!(lines(&out.path().join("collection.json")), [json!({"vectors": {"size": 32, "distance": "Cosine"}})]);
    assert_eq!(lines(&out.path().join("index.json")), [json!({"field_name": "filters", "field_schema": "keyword"})]);
    let readme = std::fs::read_to_string(out.path().join("README.md")).unwrap();
    assert!(readme.contains("/collections/passages$1") && readme.contains("\"tiny-model\""), "{readme}");

    let (rows, vectors) = &*ROWS;
    let batches = lines(&out.path().join("points.jsonl"));
    assert_eq!(batches.len(), rows.len().div_ceil(100));
    let points: Vec<&Value> = batches.iter().flat_map(|batch| batch["points"].as_array().unwrap()).collect();
    let ids: HashSet<&str> = points.iter().map(|point| point["id"].as_str().unwrap()).collect();
    assert_eq!((points.len(), ids.len()), (rows.len(), rows.len()));
    for (point, (row, vector)) in points.iter().zip(rows.iter().zip(vectors)) {
        assert_eq!(serde_json::from_value::<Vec<f32>>(point["vector"].clone()).unwrap(), *vector);
        let mut payload = point["payload"].clone();
        payload.as_object_mut().unwrap().shift_remove("filters").unwrap();
        assert_eq!(payload, *row);
    }
    let filters = json!([format!("it's={HOSTILE}"), "a\0\\=b=x\0", "speakers=Ada", "speakers=Bo", "year=2027"]);
    assert_eq!(points[0]["payload"]["filters"], filters);
}

/// The strings of some SQL, and the SQL with `?` in place of each.
fn literals(sql: &str) -> (Vec<String>, String) {
    let (mut strings, mut rest) = (Vec::new(), String::new());
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            rest.push(c);
            continue;
        }
        let mut string = String::new();
        loop {
            match chars.next().expect("a string is closed") {
                '\'' if chars.next_if_eq(&'\'').is_some() => string.push('\''),
                '\'' => break,
                c => string.push(c),
            }
        }
        strings.push(string);
        rest.push('?');
    }
    (strings, rest)
}

#[test]
fn sql_holds_the_texts_in_strings_only_and_whole() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("passages.sql");
    write(Target::Pgvector, &path);
    let sql = std::fs::read_to_string(&path).unwrap();
    assert!(!sql.contains('\0'));
    // What comes before has quotes in comments.
    let (strings, rest) = literals(&sql[sql.find("COMMENT ON").unwrap()..]);
    let text = HOSTILE.replace('\0', "\u{fffd}");
    assert_eq!(strings[1], "a#0");
    assert!(strings.contains(&text) && strings.contains(&format!("it's={text}")));
    let fields = strings.iter().find(|string| string.starts_with("{\"it's\"")).unwrap();
    let fields: Value = serde_json::from_str(fields).unwrap();
    assert_eq!((&fields["it's"], &fields["a\u{fffd}=b"]), (&json!(text), &json!("x\u{fffd}")));
    let (rows, vectors) = &*ROWS;
    let read: Vec<Vec<f32>> = strings.iter().filter_map(|string| serde_json::from_str(string).ok()).collect();
    assert_eq!(read, *vectors);
    assert!(rest.is_ascii() && !rest.contains("DROP") && !rest.contains('\\'), "{rest}");
    assert_eq!(rest.matches("INSERT INTO \"passages\" VALUES\n(").count(), rows.len().div_ceil(100));
    assert_eq!(rest.matches("::text[]").count(), rows.len());
}

#[test]
fn names_that_the_engine_does_not_take_are_refused_before_anything_is_written() {
    let index = IndexFolder::open(INDEX.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    let long = "x".repeat(256);
    let (qdrant, pgvector) = (Target::Qdrant, Target::Pgvector);
    for (target, name) in [(qdrant, "a/b"), (qdrant, ""), (qdrant, &long), (pgvector, ""), (pgvector, "a\0"), (pgvector, &long)] {
        let error = export(&index, target, &out.path().join("x"), name, |_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_index_leaves_no_file_behind() {
    let damaged = folder(&corpus()[..3]);
    let shard = std::fs::read_dir(damaged.path().join("docs")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&shard, b"[]").unwrap();
    let index = IndexFolder::open(damaged.path()).unwrap();
    for target in TARGETS {
        let out = tempfile::tempdir().unwrap();
        let error = export(&index, target, &out.path().join("x"), DEFAULT_NAME, |_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::HashMismatch);
        let files = |path: &Path| {
            std::fs::read_dir(path).map_or(0, |entries| entries.filter(|entry| entry.as_ref().unwrap().path().is_file()).count())
        };
        assert_eq!((files(out.path()), files(&out.path().join("x"))), (0, 0), "{target:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_an_io_error() {
    let index = IndexFolder::open(INDEX.path()).unwrap();
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("file"), b"").unwrap();
    for target in TARGETS {
        let error = export(&index, target, &out.path().join("file/below"), DEFAULT_NAME, |_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{target:?}");
    }
}

#[test]
fn the_command_exports_and_says_what() {
    let out = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inkling"));
        command.arg("export").arg(INDEX.path()).args(args).current_dir(out.path()).output().unwrap()
    };
    let done = run(&["--to", "npy", "--out", "vectors", "--json"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["documents"], &report["dim"]), (&json!(253), &json!(32)));
    assert_eq!(report["files"], json!(["vectors/vectors.npy", "vectors/passages.jsonl"]));
    let done = run(&["--to", "pgvector", "--out", "talks.sql", "--name", "Talks"]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("253 documents, 32 numbers each: talks.sql"), "{done:?}");
    assert!(std::fs::read_to_string(out.path().join("talks.sql")).unwrap().contains("CREATE TABLE \"Talks\" ("));
    let refused = run(&["--to", "qdrant", "--out", "x", "--name", "a b"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("[invalid-input]"), "{refused:?}");
    assert_eq!(run(&["--to", "excel", "--out", "x"]).status.code(), Some(2));
}
