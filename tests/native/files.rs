//! Files as people have them, written for these tests in `tests/data/files`: what is read of each, and what is said of it.

use std::path::{Path, PathBuf};

use inkling_search::corpus::{Corpus, Note, ReadOptions, read};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files").join(name)
}

fn corpus(name: &str) -> Corpus {
    read(&std::fs::read(path(name)).unwrap(), &path(name), &ReadOptions::default()).unwrap()
}

/// The titles that a file gives, and the codes of what is said of it with the first places.
fn told(name: &str) -> (Vec<String>, Vec<String>) {
    let Corpus { documents, notes } = corpus(name);
    let code = |note: &Note| {
        let json = serde_json::to_value(note).unwrap();
        format!("{} {}", json["code"].as_str().unwrap(), note.first).trim().to_owned()
    };
    (documents.into_iter().map(|document| document.title).collect(), notes.iter().map(code).collect())
}

#[test]
fn every_kind_of_file_gives_its_records_and_says_what_it_lost() {
    for (name, titles, notes) in [
        ("guidebook.csv", &["Roses & other data", "Late walk"][..], &["leading-lines line 1", "empty-record line 5"][..]),
        (
            "excel-german.csv",
            &["Äpfel; Birnen", "Rosen", "Dornen"],
            &["encoding", "separator", "ragged-row line 3", "ragged-row line 4", "private-value line 2"],
        ),
        ("excel-unicode.txt", &["Gärten", "庭の手入れ"], &["encoding", "separator"]),
        ("japanese.csv", &["庭の手入れについて", "薔薇と土の話"], &["encoding"]),
        ("widget.json", &["Roses"], &["unknown-reference record 1", "cancelled-record record 2", "language record 1"]),
        ("indico.json", &["Roses", "Thorns"], &["unread-list"]),
        (
            "congress.xml",
            &["Roses", "R&D now", "An event whose name nobody wrote down.", "Thorns"],
            &["untitled-record line 8", "empty-record line 9", "cancelled-record line 13", "repeated-id line 6"],
        ),
        ("garden.atom", &["Roses & thorns", "Late walk"], &[]),
        ("app.json", &["Roses", "Thorns"], &["unread-list"]),
        ("table.json", &["Roses", "Thorns"], &[]),
        ("export.json", &["Plenary", "Posters", "Roses", "Thorns"], &["read-list", "read-list"]),
    ] {
        let (found, said) = told(name);
        assert_eq!(found, titles, "{name}");
        let mut said: Vec<&str> = said.iter().map(String::as_str).collect();
        let mut notes = notes.to_vec();
        said.sort_unstable();
        notes.sort_unstable();
        assert_eq!(said, notes, "{name}");
    }
}

#[test]
fn what_stands_beside_the_records_comes_to_them_by_name() {
    let fields = |name: &str, number: usize| serde_json::Value::Object(corpus(name).documents[number].fields.clone());
    let thorns = serde_json::json!({"speakers": ["Ada Lind", "Bo Ek"], "track": "Gardens"});
    assert_eq!(fields("app.json", 1), thorns);
    assert_eq!(corpus("app.json").documents[0].id, "-N1");
    let widget = fields("widget.json", 0);
    assert_eq!(
        (&widget["speakers"][0], &widget["track"], &widget["room"]),
        (&"Ada Lind".into(), &"Gardens".into(), &"Lawn".into())
    );
    let indico = fields("indico.json", 0);
    assert_eq!((&indico["speakers"][0], &indico["start"]), (&"Ada Lind".into(), &"2031-05-01T09:30".into()));
    assert_eq!(fields("table.json", 0), serde_json::json!({"speakers": ["Ada Lind", "Bo Ek"], "Room": "Lawn", "Seats": 30}));
    assert_eq!(fields("export.json", 0), serde_json::json!({"start": "2031-05-05T07:30Z"}));
    let talk = serde_json::json!({"session": "Plenary", "track": "Gardens", "speakers": ["Ada Lind"]});
    assert_eq!((corpus("export.json").documents[2].text.as_str(), fields("export.json", 2)), ("We count.", talk));
}

#[test]
fn no_file_that_is_cut_or_has_a_wrong_byte_panics() {
    for entry in std::fs::read_dir(path("")).unwrap() {
        let path = entry.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            let _ = read(&whole[..length], &path, &ReadOptions::default());
            for byte in [0, b'"', b'<', b'&', b'{', b';', 0xe4] {
                let mut altered = whole.clone();
                altered[length] = byte;
                let _ = read(&altered, &path, &ReadOptions::default());
            }
        }
    }
}
