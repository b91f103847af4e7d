//! The command line among strangers: files that are not what they seem, outputs that are gone, texts that tell a terminal something.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::{indexed, inkling, stdout};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-quantized");

/// A title and a name that colour, clear, rename the window, go back, overwrite and turn what is behind them.
const TELLING: &str =
    "red \u{1b}[31m clear \u{9b}2J title \u{1b}]0;mine\u{7} back \u{8}\u{7f} over\rwritten turned \u{202e}\u{2066}end";

/// Whether a terminal shows all of a text and does nothing else.
fn is_shown(text: &str) -> bool {
    let turns = |char: char| ('\u{202a}'..='\u{202e}').contains(&char) || ('\u{2066}'..='\u{2069}').contains(&char);
    text.chars().all(|char| char == '\n' || char == '\t' || !(char.is_control() || turns(char)))
}

#[test]
fn texts_of_strangers_tell_a_terminal_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| std::fs::write(folder.path().join(name), value.to_string()).unwrap();
    let document = |id: &str, url: &str| serde_json::json!({"id": id, "title": TELLING, "abstract": format!("people {TELLING}"), "url": url, "speakers": [TELLING], "room": TELLING, TELLING: "a field"});
    write(
        "talks.json",
        serde_json::json!([document(TELLING, "a.html"), document("twice", "b.html"), document("twice", "c.html")]),
    );
    let short = ["--model", MODEL, "--passage-tokens", "40", "--overlap", "8"];
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    let shown = |args: &[&str]| {
        let output = run(args);
        let said = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
        assert!(is_shown(&said), "{args:?}: {said:?}");
        said
    };
    let indexing = shown(&[&["index", "talks.json"][..], &short].concat());
    assert!(indexing.contains("fields: ") && indexing.contains("note: "), "{indexing}");
    let hit = shown(&["search", "people"]);
    assert!(hit.contains(r"red \u{1b}[31m clear \u{9b}2J"), "{hit}");
    shown(&["search", TELLING]);
    shown(&["inspect", "search"]);
    let failure = shown(&["index", &format!("{}\nand more.json", TELLING)]);
    assert_eq!((failure.lines().count(), failure.contains("[not-found]")), (1, true), "{failure}");
    shown(&["remove", TELLING, "nobody\u{1b}[2J"]);
    // Programs are told the same as before.
    let found = shown(&["search", "people", "--json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    let titles: Vec<&str> = found["hits"].as_array().unwrap().iter().map(|hit| hit["title"].as_str().unwrap()).collect();
    assert!(
        titles.len() > 1 && titles.iter().all(|title| title.contains("\u{1b}[31m") && title.contains('\u{202e}')),
        "{titles:?}"
    );
}

#[test]
fn a_line_break_in_a_text_begins_no_hit() {
    let folder = tempfile::tempdir().unwrap();
    let text = "people\n2. Another hit  (0.99)\n   https://example.org/";
    let talks = serde_json::json!([{"id": "a", "title": text, "abstract": text, "room": text}]);
    std::fs::write(folder.path().join("talks.json"), talks.to_string()).unwrap();
    stdout(&inkling(folder.path(), &["index", "talks.json", "--model", MODEL, "--passage-tokens", "60", "--overlap", "8"], ""));
    let found = inkling(folder.path(), &["search", "people"], "");
    assert!(stdout(&found).lines().all(|line| line.starts_with("1. ") || line.starts_with("   ")), "{found:?}");
    assert_eq!(stdout(&found).lines().filter(|line| line.trim_start().starts_with("https:")).count(), 0, "{found:?}");
}

/// Runs a script of the shell, in which `$1` is the command line; gives the exit code and what is on stderr.
#[cfg(unix)]
fn sh(folder: &Path, script: &str) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -c 0; {script}"), "sh", env!("CARGO_BIN_EXE_inkling")]).current_dir(folder);
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_or_gone_is_an_error_or_none_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    for (script, code, said) in [
        (r#""$1" search people > /dev/full"#, 1, "[io]"),
        (r#""$1" search people --json > /dev/full"#, 1, "[io]"),
        (r#""$1" --help > /dev/full"#, 1, "[io]"),
        (r#""$1" search people --index nowhere 2> /dev/full"#, 1, ""),
        (r#""$1" add sessions.json 2> /dev/full"#, 0, ""),
        (r#""$1" encode --model model/none 2> /dev/full"#, 1, ""),
        (r#""$1" serch 2> /dev/full"#, 1, ""),
        (r#""$1" search people <&- >&- 2>&-"#, 0, ""),
        (r#""$1" search people --index nowhere 2>&-"#, 1, ""),
        // The reader is gone before anything is written.
        (r#"{ "$1" search people; echo $? > code; } | true; exit $(cat code)"#, 0, ""),
        (r#"{ "$1" inspect search --json; echo $? > code; } | true; exit $(cat code)"#, 0, ""),
    ] {
        let (found, stderr) = sh(folder.path(), script);
        assert_eq!(found, Some(code), "{script}: {stderr}");
        assert!(stderr.contains(said) && stderr.lines().count() == usize::from(!said.is_empty()), "{script}: {stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_larger_than_the_memory_is_an_error_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    // It has no blocks on the disk.
    std::fs::File::create(folder.path().join("huge.json")).unwrap().set_len(1 << 36).unwrap();
    for command in ["index huge.json --model nowhere", "inspect huge.json", "bundle search --page huge.json --out page.html"] {
        indexed(folder.path());
        let (code, stderr) = sh(folder.path(), &format!(r#"ulimit -v 4000000; "$1" {command}"#));
        assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{command}: {stderr}");
        assert!(stderr.contains("[out-of-memory]"), "{command}: {stderr}");
    }
}

#[test]
fn a_file_that_has_to_be_unpacked_first_is_refused_with_the_word_for_it() {
    let folder = tempfile::tempdir().unwrap();
    for (start, name, word) in [
        (&b"\x1f\x8b\x08\0"[..], "talks.json.gz", "gzip"),
        (b"\x1f\x8b\x08\0", "talks.json", "gzip"),
        (b"\x1f\x8b\x08\0", "talks.csv", "gzip"),
        (b"BZh91AY&SY", "talks.csv", "bzip2"),
        (b"\xfd7zXZ\0", "talks.xml", "xz"),
        (b"\x28\xb5\x2f\xfd", "talks.jsonl", "zstd"),
        (b"7z\xbc\xaf\x27\x1c", "talks.ics", "7z"),
        (b"%PDF-1.7", "talks.csv", "PDF"),
        (b"PK\x03\x04", "talks.json", "archive"),
    ] {
        std::fs::write(folder.path().join(name), [start, &b"a,b;c\n"[..]].concat()).unwrap();
        let output = inkling(folder.path(), &["index", name, "--model", MODEL], "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(word) && said.contains("[unsupported-format]") && said.lines().count() == 1, "{name}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_and_pipes_are_no_pages_and_get_no_twins() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("site/real")).unwrap();
    let page = format!("<html><title>Tea</title><body><main><p>{}</p></main></body></html>", "How people make tea. ".repeat(9));
    std::fs::write(at("site/index.html"), page).unwrap();
    for (to, name) in
        [("nowhere", "site/gone.html"), ("real", "site/real.html"), ("nowhere", "site/gone.js"), ("real", "site/copy")]
    {
        std::os::unix::fs::symlink(to, at(name)).unwrap();
    }
    for name in ["site/pipe.html", "site/pipe.js"] {
        assert!(Command::new("mkfifo").arg(at(name)).status().unwrap().success());
    }
    let site = ["site", "site", "--model", MODEL, "--passage-tokens", "40", "--overlap", "8", "--json"];
    let summary: Value = serde_json::from_str(stdout(&inkling(folder.path(), &site, ""))).unwrap();
    assert_eq!(summary["languages"][0]["pages"], 1, "{summary}");
    let twins: Value = serde_json::from_str(stdout(&inkling(folder.path(), &["compress", "site", "--json"], ""))).unwrap();
    assert!(twins["files"].as_u64() > Some(0), "{twins}");
    assert!(at("site/index.html.br").exists() && !at("site/pipe.js.br").exists());
}

#[cfg(unix)]
#[test]
fn a_twin_that_could_not_be_written_whole_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..20_000).map(|number| format!("{:x} ", number * 7_919_u64 % 65_521)).collect();
    std::fs::write(folder.path().join("a.js"), text).unwrap();
    for ignored in ["trap '' XFSZ; ", ""] {
        // Room for a part of it, also where the command is killed there.
        let (code, said) = sh(folder.path(), &format!(r#"{ignored}ulimit -f 20; exec "$1" compress ."#));
        assert_ne!(code, Some(0), "{said}");
        assert!(!folder.path().join("a.js.br").exists() && !folder.path().join("a.js.gz").exists());
    }
    stdout(&inkling(folder.path(), &["compress", "."], ""));
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.js", "a.js.br", "a.js.gz"]);
    let mut bytes = Vec::new();
    let twin = std::fs::read(folder.path().join("a.js.br")).unwrap();
    brotli::BrotliDecompress(&mut &twin[..], &mut bytes).unwrap();
    assert_eq!(bytes, std::fs::read(folder.path().join("a.js")).unwrap());
}
