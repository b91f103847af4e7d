//! The command line as its users see it: stdout, stderr and exit codes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-quantized");
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/site");
const TINY: &str = concat!("dir:", env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-model");

pub fn inkling(folder: &Path, args: &[&str], input: &str) -> Output {
    inkling_with(&[], folder, args, input)
}

/// The same with variables of the environment.
pub fn inkling_with(variables: &[(&str, &str)], folder: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkling"));
    command.envs(variables.iter().copied());
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The one line on stderr of a command that failed with exit code 1.
fn failure(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

const SESSIONS: &str = r#"[
    {"id": "a", "title": "Health data", "abstract": "How patients and doctors use data.", "track": "Health"},
    {"id": "b", "title": "Teams", "abstract": "How to keep the best people.", "track": "People", "speakers": ["Ada", "Bo"]}
]"#;

#[test]
fn pull_index_search_and_inspect_work_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    let pulled = run(&["model", "pull", TINY, "--size", "exact", "--json"]);
    let report: Value = serde_json::from_str(stdout(&pulled)).unwrap();
    assert!(report["cosine_mean"].as_f64().unwrap() > 0.995, "{report}");
    assert!(report["bytes_after"].as_u64() < report["bytes_before"].as_u64(), "{report}");

    std::fs::write(folder.path().join("sessions.json"), SESSIONS).unwrap();
    let indexed = run(&["index", "sessions.json", "--passage-tokens", "40", "--overlap", "8"]);
    assert!(stdout(&indexed).starts_with("2 documents, 2 passages"), "{indexed:?}");

    let found = run(&["search", "Teams\nHow to keep the best people.", "--json", "--limit", "1"]);
    let answer: Value = serde_json::from_str(stdout(&found)).unwrap();
    let hit = &answer["hits"][0];
    assert_eq!(hit["id"], "b");
    assert_eq!(hit["fields"]["speakers"][1], "Bo");
    assert_eq!(hit["passage"], serde_json::json!({"text": "How to keep the best people.", "start": 0, "end": 28}));
    assert!(stdout(&run(&["search", "best people"])).contains("Teams"));

    let inspected: Value = serde_json::from_str(stdout(&run(&["inspect", "search", "--json"]))).unwrap();
    assert_eq!((&inspected["kind"], &inspected["manifest"]["documents"]), (&"index".into(), &2.into()));
    let inspected: Value = serde_json::from_str(stdout(&run(&["inspect", "model", "--json"]))).unwrap();
    assert_eq!((&inspected["kind"], &inspected["config"]["id"]), (&"model".into(), &"tiny-model".into()));
}

#[test]
fn encode_writes_a_line_of_json_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let output = inkling(folder.path(), &["encode", "--model", MODEL], "health\ndata and people\n");
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["text"], "data and people");
    assert_eq!(lines[1]["vector"].as_array().unwrap().len(), 32);
}

#[test]
fn encode_writes_a_numpy_array() {
    let folder = tempfile::tempdir().unwrap();
    let output = inkling(folder.path(), &["encode", "--model", MODEL, "--format", "npy"], "health\ndata\npeople\n");
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"\x93NUMPY\x01\x00"));
    let header = u16::from_le_bytes([output.stdout[8], output.stdout[9]]) as usize;
    assert_eq!((10 + header) % 64, 0);
    assert!(String::from_utf8_lossy(&output.stdout[10..10 + header]).contains("'shape': (3, 32)"));
    assert_eq!(output.stdout.len(), 10 + header + 3 * 32 * 4);
}

#[test]
fn wrong_usage_exits_with_2_and_shows_how() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["serch"][..], &["search"], &["index", "x.json", "--passage-tokens", "many"], &["model", "pull", "ftp:x"]] {
        let output = inkling(folder.path(), args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn failures_exit_with_1_and_one_line_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("empty.json", "[]");
    write("twice.jsonl", "{\"id\": \"a\", \"title\": \"A\"}\n{\"id\": \"a\", \"title\": \"B\"}\n");
    write("untitled.csv", "id,text\n1,x\n");
    write("broken.json", "[{");
    write("sessions.json", SESSIONS);
    let cases = [
        (&["index", "none.json", "--model", MODEL][..], "not-found"),
        (&["index", "empty.json", "--model", MODEL], "empty-corpus"),
        (&["index", "twice.jsonl", "--strict", "--model", MODEL, "--passage-tokens", "40", "--overlap", "8"], "faulty-records"),
        (&["index", "untitled.csv", "--model", MODEL], "missing-column"),
        (&["index", "broken.json", "--model", MODEL], "damaged-file"),
        (&["search", "x", "--index", "nowhere"], "not-found"),
        (&["inspect", "nowhere"], "not-found"),
        (&["model", "pull", "dir:nowhere"], "not-found"),
    ];
    for (args, expected) in cases {
        let line = failure(inkling(folder.path(), args, ""));
        assert!(line.contains(expected) && line.trim_end().lines().count() == 1, "{args:?}: {line}");
    }
}

#[test]
fn a_model_that_is_not_named_is_found_in_the_folder_the_package_and_the_cache_or_it_is_said_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sessions.json"), SESSIONS).unwrap();
    let cache = folder.path().join("cache").display().to_string();
    // No hub answers, and there is no pip.
    let alone = [("XDG_CACHE_HOME", cache.as_str()), ("HF_ENDPOINT", "http://127.0.0.1:9"), ("PYTHON", "no-python")];
    let args = ["index", "sessions.json", "--passage-tokens", "40", "--overlap", "8"];
    let line = failure(inkling_with(&alone, folder.path(), &args, ""));
    for part in ["inkling model pull", "npm install inkling-model-", "--model"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!folder.path().join("search").exists());

    let copy = |to: &Path| {
        std::fs::create_dir_all(to).unwrap();
        for name in ["config.json", "tokenizer.txt", "weights.safetensors"] {
            std::fs::copy(Path::new(MODEL).join(name), to.join(name)).unwrap();
        }
    };
    let kept = folder.path().join("cache/inkling/models").join(concat!("default-", env!("CARGO_PKG_VERSION")));
    copy(&kept);
    let said = inkling_with(&alone, folder.path(), &args, "");
    assert!(stdout(&said).starts_with("2 documents"));
    assert!(String::from_utf8_lossy(&said.stderr).contains(kept.to_str().unwrap()));

    let package = folder.path().join("package");
    copy(&package);
    let packaged = [&alone[..], &[("INKLING_MODEL", package.to_str().unwrap())]].concat();
    let said = inkling_with(&packaged, folder.path(), &args, "");
    assert!(stdout(&said).starts_with("2 documents"));
    assert!(String::from_utf8_lossy(&said.stderr).contains(package.to_str().unwrap()));

    // The folder `model` goes first, also when it holds none that can be used.
    copy(&folder.path().join("model"));
    std::fs::write(folder.path().join("model/tokenizer.txt"), "{}").unwrap();
    assert!(failure(inkling_with(&packaged, folder.path(), &args, "")).contains("tokenizer.txt"));
}

#[test]
fn what_a_file_loses_is_said_on_stderr_and_in_the_figures_and_options_name_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let table = "Vorschlag;Text;E-Mail;Jahr;Seite\nRosen;Wir zählen.;a@example.org;9;a.html\n;;;;\n;Ohne Titel;;100;\nDornen;Wir wiegen.;;10;c.html\n";
    std::fs::write(folder.path().join("talks.csv"), table).unwrap();
    let columns = ["--title", "Vorschlag", "--field", "year=Jahr", "--url", "Seite", "--base", "/garden/"];
    let short = ["--model", MODEL, "--passage-tokens", "40", "--overlap", "8", "--json"];
    let indexed = inkling(folder.path(), &[&["index", "talks.csv"][..], &columns, &short].concat(), "");
    let report: Value = serde_json::from_str(stdout(&indexed)).unwrap();
    assert_eq!((&report["documents"], &report["fields"]), (&3.into(), &serde_json::json!(["year"])));
    let said = String::from_utf8_lossy(&indexed.stderr).into_owned();
    for note in
        ["note: the cells of the table are separated by semicolons", r#"1 value of "E-Mail" was left out"#, "without a title"]
    {
        assert!(said.contains(note), "{said}");
    }
    assert_eq!(report["notes"][2]["code"], "untitled-record");
    assert_eq!(report["notes"][2]["first"], "line 4");

    let sorted = |order: &str| {
        let found = inkling(folder.path(), &["search", "", "--sort", order, "--limit", "9", "--json", "--mode", "lexical"], "");
        let answer: Value = serde_json::from_str(stdout(&found)).unwrap();
        answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["fields"]["year"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(sorted("year"), ["9", "10", "100"]);
    assert_eq!(sorted("-year"), ["100", "10", "9"]);
    let found = inkling(folder.path(), &["search", "Rosen", "--json", "--mode", "lexical"], "");
    assert!(stdout(&found).contains(r#""url":"/garden/a.html""#), "{found:?}");
}

#[test]
fn help_shows_the_two_steps_to_a_searchable_site() {
    let folder = tempfile::tempdir().unwrap();
    let help = inkling(folder.path(), &["--help"], "");
    for step in ["inkling site", "inkling search", "inkling index"] {
        assert!(stdout(&help).contains(step));
    }
}

/// The index of the sessions above.
pub fn indexed(folder: &Path) {
    std::fs::write(folder.join("sessions.json"), SESSIONS).unwrap();
    stdout(&inkling(folder, &["index", "sessions.json", "--model", MODEL, "--passage-tokens", "40", "--overlap", "8"], ""));
}

#[test]
fn bundle_writes_one_page_with_every_file_of_the_index_inside() {
    use base64::Engine as _;
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("page.html"), "<title>{{title}}</title><body data-site=\"{{site}}\">\n<!--inkling:files-->\n</body>")
        .unwrap();
    let args = ["bundle", "search", "--out", "out/all.html", "--page", "page.html", "--title", "A <b> & C", "--json"];
    let figures: Value = serde_json::from_str(stdout(&run(&args))).unwrap();
    let page = std::fs::read_to_string(path("out/all.html")).unwrap();
    assert_eq!((&figures["bytes"], &figures["documents"]), (&page.len().into(), &2.into()));
    assert!(
        page.starts_with("<title>A &lt;b&gt; &amp; C</title><body data-site=\"\">\n<script")
            && page.ends_with("</script>\n</body>")
    );

    let block = |name: &str| {
        let (_, rest) = page.split_once(&format!("data-inkling-file=\"{name}\">")).unwrap();
        base64::engine::general_purpose::STANDARD.decode(rest.split_once('<').unwrap().0).unwrap()
    };
    let manifest: Value = serde_json::from_slice(&block("manifest.json")).unwrap();
    assert_eq!(manifest, serde_json::from_slice::<Value>(&std::fs::read(path("search/manifest.json")).unwrap()).unwrap());
    for file in manifest["files"].as_array().unwrap() {
        let name = file["path"].as_str().unwrap();
        assert_eq!(block(name), std::fs::read(path("search").join(name)).unwrap(), "{name}");
    }
}

#[test]
fn an_index_may_serve_another_model_for_queries_than_the_one_it_adds_documents_with() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    stdout(&run(&["model", "pull", TINY, "--size", "exact"]));
    stdout(&run(&["model", "pull", TINY, "--size", "small", "--out", "small"]));
    std::fs::write(folder.path().join("sessions.json"), SESSIONS).unwrap();
    let (cut, query_model) = (["--passage-tokens", "40", "--overlap", "8"], ["--query-model", "small"]);
    let indexed = run(&[&["index", "sessions.json", "--json"][..], &cut, &query_model].concat());
    let report: Value = serde_json::from_str(stdout(&indexed)).unwrap();
    let length = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().len();
    let bytes = |of: &str| ["config.json", "tokenizer.txt", "weights.safetensors"].map(|name| length(&format!("{of}/{name}")));
    assert_eq!(report["model_bytes"], bytes("small").iter().sum::<u64>());
    assert_eq!(report["documents_model_bytes"], bytes("model").iter().sum::<u64>());
    assert_eq!((bytes("search/model"), bytes("search/model/documents")), (bytes("small"), bytes("model")));

    std::fs::write(folder.path().join("more.json"), r#"[{"id": "c", "title": "Bees", "text": "Hives."}]"#).unwrap();
    stdout(&run(&["add", "more.json"]));
    let inspected: Value = serde_json::from_str(stdout(&run(&["inspect", "search", "--json"]))).unwrap();
    assert_eq!(inspected["manifest"]["documents"], 3);
    assert_eq!(bytes("search/model/documents"), bytes("model"));

    // A page that is one file adds nothing.
    std::fs::write(folder.path().join("page.html"), "<body><!--inkling:files--></body>").unwrap();
    stdout(&run(&["bundle", "search", "--out", "all.html", "--page", "page.html"]));
    let page = std::fs::read_to_string(folder.path().join("all.html")).unwrap();
    assert!(page.contains("data-inkling-file=\"model/weights.safetensors\"") && !page.contains("model/documents"));

    // A site, too, and Markdown; a model of another family is refused before anything is encoded.
    std::fs::write(folder.path().join("inkling.toml"), "query-model = \"small\"\npassage-tokens = 40\noverlap = 8\n").unwrap();
    stdout(&run(&["site", SITE, "--out", "site"]));
    for language in ["de", "en"] {
        let of = |model: &str| bytes(&format!("site/{language}/{model}"));
        assert_eq!((of("model"), of("model/documents")), (bytes("small"), bytes("model")));
    }
    std::fs::create_dir(folder.path().join("notes")).unwrap();
    std::fs::write(folder.path().join("notes/a.md"), "# Bees\n\nA hive is a town.\n").unwrap();
    stdout(&run(&[&["index", "notes", "--out", "found"][..], &cut, &query_model].concat()));
    assert_eq!(bytes("found/model"), bytes("small"));
    let config = std::fs::read_to_string(folder.path().join("small/config.json")).unwrap();
    let family = serde_json::from_str::<Value>(&config).unwrap()["family"].as_str().unwrap().to_owned();
    std::fs::write(folder.path().join("small/config.json"), config.replace(&family, &"0".repeat(64))).unwrap();
    let refused = run(&[&["index", "sessions.json"][..], &cut, &query_model].concat());
    assert!(failure(refused).contains("[model-mismatch]"));
}

/// The family in the `config.json` of a model.
fn family(folder: &Path) -> String {
    let config: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    config["family"].as_str().unwrap().to_owned()
}

/// Lays the tiny model as it is published, as if it were a student of the family.
fn publish_student(folder: &Path, family: &str) {
    std::fs::create_dir(folder).unwrap();
    for entry in std::fs::read_dir(&TINY["dir:".len()..]).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    let mut config: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    config["inkling"] = serde_json::json!({"student_of": "tiny-model", "family": family});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("README.md"), "---\nlanguage: en\nlicense: cc0-1.0\n---\n\n# A student\n").unwrap();
}

#[test]
fn queries_are_encoded_by_the_student_that_lies_with_a_model_or_came_with_the_program_without_being_asked_for() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    let path = |name: &str| folder.path().join(name);
    let files = |of: &str| {
        ["config.json", "tokenizer.txt", "weights.safetensors"].map(|name| std::fs::read(path(of).join(name)).unwrap())
    };
    stdout(&run(&["model", "pull", TINY, "--size", "exact", "--out", "plain"]));
    publish_student(&path("published"), &family(&path("plain")));
    stdout(&run(&["model", "pull", "dir:published", "--out", "student"]));

    // A pull lays both as an index does, and rounds what no visitor loads as finely as it can.
    let pulled = run(&["model", "pull", TINY, "--query-model", "student", "--json"]);
    let report: Value = serde_json::from_str(stdout(&pulled)).unwrap();
    assert_eq!((&report["query_model"], files("model")), (&"published".into(), files("student")));
    assert_eq!(files("model/documents"), files("plain"));

    std::fs::write(path("sessions.json"), SESSIONS).unwrap();
    let index = |more: &[&str]| {
        let args = ["index", "sessions.json", "--passage-tokens", "40", "--overlap", "8"];
        stdout(&run(&[&args, more].concat())).to_owned()
    };
    let said = index(&[]);
    assert!(said.contains("queries are encoded by published") && said.contains("documents by tiny-model"), "{said}");
    assert_eq!((files("search/model"), files("search/model/documents")), (files("student"), files("plain")));
    let inspected: Value = serde_json::from_str(stdout(&run(&["inspect", "search", "--json"]))).unwrap();
    let models = &inspected["models"];
    assert_eq!((&models["queries"]["id"], &models["queries"]["license"]), (&"published".into(), &"cc0-1.0".into()));
    assert_eq!((&models["documents"]["id"], &models["documents"]["license"]), (&"tiny-model".into(), &Value::Null));
    let inspected: Value = serde_json::from_str(stdout(&run(&["inspect", "model", "--json"]))).unwrap();
    assert_eq!(inspected["config"]["student_of"], "tiny-model");
    assert_eq!(inspected["documents"]["config"]["id"], "tiny-model");
    let manifest = std::fs::read(path("search/manifest.json")).unwrap();
    index(&["--model", "search/model", "--out", "again"]);
    assert_eq!(std::fs::read(path("again/manifest.json")).unwrap(), manifest, "the model of an index is a model");
    let said = index(&["--query-model", "none", "--out", "whole"]);
    assert!(said.contains("queries and documents are encoded by tiny-model"), "{said}");
    assert_eq!(files("whole/model"), files("plain"));
    assert!(!path("whole/model/documents").exists());
    index(&["--model", "plain", "--out", "alone"]);
    assert_eq!(files("alone/model"), files("plain"));

    // What came with the program is found for its family, in a site as well, and is not taken damaged.
    let program = path("env/bin/inkling");
    std::fs::create_dir_all(path("env/bin")).unwrap();
    // A copy that is still open in a process which another test has just begun could not be run.
    std::fs::hard_link(env!("CARGO_BIN_EXE_inkling"), &program).unwrap();
    let shipped = path("env/share/inkling/query-models/a");
    std::fs::create_dir_all(shipped.parent().unwrap()).unwrap();
    std::fs::rename(path("student"), &shipped).unwrap();
    let of_program = |args: &[&str]| Command::new(&program).args(args).current_dir(folder.path()).output().unwrap();
    let cut = ["--passage-tokens", "40", "--overlap", "8", "--model", "plain", "--out", "site"];
    let said = of_program(&[&["site", SITE][..], &cut].concat());
    assert!(stdout(&said).contains("queries are encoded by published"), "{said:?}");
    assert_eq!(files("site/en/model"), files("model"));
    stdout(&of_program(&["model", "pull", TINY, "--out", "new"]));
    assert_eq!((files("new"), files("new/documents")), (files("model"), files("plain")));
    stdout(&of_program(&["model", "pull", TINY, "--out", "new", "--query-model", "none", "--size", "exact"]));
    assert_eq!(files("new"), files("plain"));
    assert!(!path("new/documents/config.json").exists(), "nothing is left that would still encode documents");
    std::fs::write(shipped.join("weights.safetensors"), "x").unwrap();
    assert!(failure(of_program(&[&["site", SITE][..], &cut].concat())).contains("[hash-mismatch]"));
}

#[test]
fn bundle_refuses_a_page_without_a_place_for_an_index_and_a_damaged_index() {
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    let path = |name: &str| folder.path().join(name);
    let missing = failure(run(&["bundle", "search", "--out", "all.html"]));
    assert!(missing.contains("npm install inkling-search") && missing.contains("[not-found]"), "{missing}");
    std::fs::write(path("page.html"), "<p>").unwrap();
    assert!(failure(run(&["bundle", "search", "--out", "all.html", "--page", "page.html"])).contains("[damaged-file]"));
    std::fs::write(path("page.html"), "<!--inkling:files-->").unwrap();
    std::fs::write(path("search/index/lexical.safetensors"), "x").unwrap();
    assert!(failure(run(&["bundle", "search", "--out", "all.html", "--page", "page.html"])).contains("[hash-mismatch]"));
    assert!(!path("all.html").exists(), "a page that could not be finished is not left half written");
}

/// A collection in the layout of BEIR, whose two questions each have one answer.
fn write_collection(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let corpus = [("a", "Health data", "How patients and doctors use data."), ("b", "Teams", "How to keep the best people.")];
    let line =
        |(id, title, text): (&str, &str, &str)| format!("{}\n", serde_json::json!({"_id": id, "title": title, "text": text}));
    std::fs::write(folder.join("corpus.jsonl"), corpus.map(line).concat()).unwrap();
    let queries = "{\"_id\": \"1\", \"text\": \"doctor's patients\"}\n{\"_id\": \"2\", \"text\": \"keeping people\"}\n";
    std::fs::write(folder.join("queries.jsonl"), queries).unwrap();
    std::fs::write(folder.join("qrels.tsv"), "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t2\n").unwrap();
}

#[test]
fn eval_sets_collections_side_by_side_with_plain_bm25_and_with_what_questions_about_something_else_find() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        write_collection(&folder.path().join(name));
    }
    std::fs::write(folder.path().join("other.txt"), "medieval castles in Scotland\n\nqxzv wrrpl\n").unwrap();
    let all = ["eval", "one", "two", "--model", MODEL, "--against", "bm25", "--off-topic", "other.txt"];

    let printed = inkling(folder.path(), &all, "");
    let lines: Vec<&str> = stdout(&printed).lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(
        lines[0],
        "| collection | documents | queries | bm25 | words | vectors | hybrid | hybrid - better side | words - bm25 | lost, % | other, % |"
    );
    assert!(
        lines[2].starts_with("| one | 2 | 2 | 1.000 | 1.000 |") && lines[3].starts_with("| two | 2 | 2 | 1.000 |"),
        "{lines:?}"
    );
    assert!(lines[4].starts_with("| mean |"), "{lines:?}");

    let json = inkling(folder.path(), &[&all[..], &["--json"]].concat(), "");
    let reports: Vec<Value> = stdout(&json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0]["figures"][0]["mode"], "bm25");
    assert_eq!(reports[0]["words_less_bm25"]["mean"], 0.0);
    assert_eq!(reports[1]["nothing_close"]["answered"].as_array().unwrap().len(), 1);

    let wrong = failure(inkling(folder.path(), &["eval", "one", "three", "--model", MODEL], ""));
    assert!(wrong.contains("three"), "{wrong}");
}
