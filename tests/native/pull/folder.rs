//! `dir:PATH`.

use inkling_search::error::ErrorKind;
use inkling_search::import::pull::{Source, fetch};

use super::{options, write};

#[test]
fn a_folder_gives_its_files_and_its_name_but_not_its_path() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("my-model");
    for (name, bytes) in [
        ("config.json", "{}"),
        ("tokenizer.json", "{1}"),
        ("1_Pooling/config.json", "{2}"),
        ("model.safetensors", "weights"),
        ("pytorch_model.bin", "the same weights"),
        ("README.md", "what its makers say"),
        ("notes.txt", "not needed"),
    ] {
        write(&folder.join(name), bytes.as_bytes());
    }
    let model = fetch(&Source::Folder(folder.clone()), &options(temp.path()), &mut ()).unwrap();
    assert_eq!(model.id, "my-model");
    assert_eq!(model.source, "dir:my-model");
    let names: Vec<&str> = model.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["1_Pooling/config.json", "README.md", "config.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(model.files["1_Pooling/config.json"], b"{2}");

    std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    let model = fetch(&Source::Folder(folder), &options(temp.path()), &mut ()).unwrap();
    assert_eq!(model.files["pytorch_model.bin"], b"the same weights");
}

#[test]
fn a_folder_without_a_needed_file_is_refused_by_that_files_name() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("half");
    for missing in ["is no folder", "config.json", "tokenizer.json", "model.safetensors nor pytorch_model.bin"] {
        let error = fetch(&Source::Folder(folder.clone()), &options(temp.path()), &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let text = error.to_string();
        assert!(text.contains(missing) && text.contains("a model is a folder with"), "{text}");
        match missing {
            "is no folder" => std::fs::create_dir(&folder).unwrap(),
            file => write(&folder.join(file.split(' ').next().unwrap()), b"{}"),
        }
    }
    assert!(fetch(&Source::Folder(folder), &options(temp.path()), &mut ()).is_ok());
}
