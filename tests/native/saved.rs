//! What is saved survives: the command line killed at its writes, out of room, and twice at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::{indexed, inkling, stdout};

/// The paths of all files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().into_string().unwrap())).unwrap();
        match path.is_dir() {
            true => found.extend(files(&path).into_iter().map(|below| format!("{name}/{below}"))),
            false => _ = found.insert(name),
        }
    }
    found
}

/// The number of documents of a folder's index, once all its files are whole and there are no others.
fn documents(folder: &Path) -> u64 {
    let inspected: Value = serde_json::from_str(stdout(&inkling(folder, &["inspect", "search", "--json"], ""))).unwrap();
    assert_eq!(inspected["all_files_whole"], true);
    let named = inspected["manifest"]["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap());
    let named: BTreeSet<String> = named.chain(["manifest.json"]).map(str::to_owned).collect();
    assert_eq!(files(&folder.join("search")), named);
    inspected["manifest"]["documents"].as_u64().unwrap()
}

/// A file with one document more, whose text takes a few kilobytes.
fn another(folder: &Path, id: &str) -> String {
    let name = format!("{id}.json");
    let text = "Gardens need people and water. ".repeat(100);
    std::fs::write(folder.join(&name), format!(r#"[{{"id": "{id}", "title": "Garden {id}", "abstract": "{text}"}}]"#)).unwrap();
    name
}

/// Runs a command that may write no file of more than so many blocks of 512 bytes. A write beyond it kills the process, or
/// fails, as on a full disk, where the signal is ignored.
#[cfg(unix)]
fn limited(folder: &Path, blocks: usize, is_killed: bool, args: &[&str]) -> bool {
    let ignored = if is_killed { "" } else { "trap '' XFSZ; " };
    let script = format!("{ignored}ulimit -c 0; ulimit -f {blocks}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_inkling")]).args(args).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

#[cfg(unix)]
#[test]
fn a_command_stopped_at_a_write_leaves_the_old_index_whole() {
    for is_killed in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        indexed(folder.path());
        let name = another(folder.path(), "c");
        let added = (0..200).take_while(|&blocks| {
            let done = limited(folder.path(), blocks, is_killed, &["add", &name]);
            assert_eq!(documents(folder.path()), if done { 3 } else { 2 }, "{blocks} blocks, killed: {is_killed}");
            !done
        });
        assert!((2..200).contains(&added.count()), "the limit was never in the way, or always");
        let removed = (0..200).take_while(|&blocks| {
            let done = limited(folder.path(), blocks, is_killed, &["remove", "a"]);
            assert_eq!(documents(folder.path()), if done { 2 } else { 3 }, "{blocks} blocks, killed: {is_killed}");
            !done
        });
        assert!((1..200).contains(&removed.count()));
    }
}

#[cfg(unix)]
#[test]
fn a_build_stopped_at_a_write_leaves_the_old_index_or_no_folder() {
    const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-quantized");
    let folder = tempfile::tempdir().unwrap();
    let name = another(folder.path(), "c");
    let build = ["index", &name, "--model", MODEL, "--passage-tokens", "40", "--overlap", "8"];
    assert!(!limited(folder.path(), 3, false, &build));
    assert!(!folder.path().join("search").exists());
    indexed(folder.path());
    assert!(!limited(folder.path(), 3, true, &build));
    assert_eq!(documents(folder.path()), 2);
    stdout(&inkling(folder.path(), &build, ""));
    assert_eq!(documents(folder.path()), 1);
}

#[test]
fn documents_added_by_two_processes_at_once_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    let adding = ["c", "d", "e"].map(|id| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inkling"));
        command.args(["add", &another(folder.path(), id)]).current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    // Whoever reads meanwhile finds one index or another, whole.
    for _ in 0..10 {
        stdout(&inkling(folder.path(), &["search", "people", "--json"], ""));
    }
    for mut child in adding {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(documents(folder.path()), 5);
}

#[test]
fn a_smaller_index_leaves_no_file_of_the_larger_one() {
    let folder = tempfile::tempdir().unwrap();
    indexed(folder.path());
    let manifest = folder.path().join("search/manifest.json");
    let mut old: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    old["files"].as_array_mut().unwrap().push(serde_json::json!({"path": "docs/deep/999.json"}));
    std::fs::write(&manifest, old.to_string()).unwrap();
    std::fs::create_dir_all(folder.path().join("search/docs/deep")).unwrap();
    std::fs::write(folder.path().join("search/docs/deep/999.json"), "[]").unwrap();
    std::fs::write(folder.path().join("search/of-the-site.html"), "mine").unwrap();
    indexed(folder.path());
    assert!(!folder.path().join("search/docs/deep").exists());
    std::fs::remove_file(folder.path().join("search/of-the-site.html")).expect("what is not of the index stays");
    assert_eq!(documents(folder.path()), 2);
}
