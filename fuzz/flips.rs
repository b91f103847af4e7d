//! Every bit of every file of a small index and its model turned, one at a time, and every file cut at every length. With the hashes as
//! they were each of these must be refused. With all hashes above put right, as a hostile site would have them, what is not refused must
//! answer as any index does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use inkling_search::engine::QueryOptions;
use inkling_search::engine::folder::IndexFolder;
use inkling_search::error::{Error, ErrorKind};
use inkling_search::hash::Digest;
use inkling_search::index::builder::manifest_file;
use inkling_search::index::manifest::{MANIFEST_FILE, Manifest};
use inkling_search::model::config::ModelConfig;

use super::targets;

/// How many changes have been tried by now: a hang is where it stands still.
pub static TRIED: AtomicUsize = AtomicUsize::new(0);

/// What came of the changes of one file.
#[derive(Default)]
pub struct Outcomes {
    pub refused: usize,
    /// Those that answered as if nothing had been changed.
    pub same: usize,
    /// Those that are an index of something else.
    pub other: usize,
    /// The changes that gave a panic, or an answer where an error is due.
    pub bad: Vec<String>,
}

/// A file, and what came of its changes.
pub struct Row {
    pub path: String,
    pub bytes: usize,
    pub hashes: &'static str,
    pub outcomes: Outcomes,
}

/// Tries every `step`th change of each file, 1 all of them, and tells what came of a file as soon as it is done.
pub fn all(step: usize, mut tell: impl FnMut(Row)) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let index = Changed::written(folder.path());
    for (path, bytes) in &index.files {
        let changes = (0..bytes.len() * 9).step_by(step);
        let mut row = |hashes, right| {
            let mut outcomes = Outcomes::default();
            changes.clone().for_each(|number| index.count(&mut outcomes, path, &changed(bytes, number), number, right));
            index.write_all();
            tell(Row { path: path.clone(), bytes: bytes.len(), hashes, outcomes });
        };
        if path == MANIFEST_FILE {
            // No hash is above it but the one that a page may name: `integrity`.
            row("–", true);
        } else {
            row("as they were", false);
            row("put right", true);
        }
    }
}

/// A change of some bytes: the first are bits that are turned, the others lengths at which the bytes end.
fn changed(bytes: &[u8], number: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match number.checked_sub(bytes.len() * 8) {
        None => bytes[number / 8] ^= 1 << (number % 8),
        Some(length) => bytes.truncate(length),
    }
    bytes
}

/// A small index with its model in a folder.
struct Changed<'a> {
    root: &'a Path,
    files: Vec<(String, Vec<u8>)>,
    manifest: Manifest,
    /// What it answers.
    answers: Vec<String>,
}

impl<'a> Changed<'a> {
    fn written(root: &'a Path) -> Self {
        let (files, manifest) = (targets::FILES.files.clone(), targets::FILES.manifest.clone());
        let mut index = Self { root, files, manifest, answers: Vec::new() };
        index.write_all();
        index.answers = index.ask().expect("the index is whole");
        index
    }

    fn write_all(&self) {
        self.write(&self.files);
    }

    fn write(&self, files: &[(String, Vec<u8>)]) {
        for (path, bytes) in files {
            let path = self.root.join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
            std::fs::write(path, bytes).expect("a file can be written");
        }
    }

    /// Puts a changed file into the folder, and with `right` its hash wherever it stands.
    fn put(&self, path: &str, bytes: &[u8], right: bool) {
        let mut files = vec![(path.to_owned(), bytes.to_vec())];
        if right && path != MANIFEST_FILE {
            let mut config = ModelConfig::from_json(targets::MODEL.config).expect("the model is whole");
            let promised = match path {
                "model/weights.safetensors" => Some(&mut config.weights),
                "model/tokenizer.txt" => Some(&mut config.tokenizer),
                _ => None,
            };
            if let Some(promised) = promised {
                *promised = Digest::of(bytes);
                files.push(("model/config.json".to_owned(), serde_json::to_vec(&config).expect("plain data is written")));
            }
            let mut manifest = self.manifest.clone();
            for (path, bytes) in &files {
                let entry = manifest.files.iter_mut().find(|entry| entry.path == *path).expect("the manifest names all files");
                entry.digest = Digest::of(bytes);
            }
            files.push(manifest_file(&manifest));
        }
        self.write(&files);
    }

    /// Opens the folder as the command line does, and asks.
    fn ask(&self) -> Result<Vec<String>, Error> {
        let folder = IndexFolder::open(self.root)?;
        let (index, mut encoder) = (folder.index()?, folder.encoder()?);
        index.check_model(&encoder.config().into(), encoder.config().dim)?;
        let options = QueryOptions { min_score: Some(0.0), limit: 9, facets: vec!["track".into()], ..QueryOptions::default() };
        let questions = ["how do I keep my best people?", "\"health data\" -kubernetes", "日本"];
        let ask = |text| targets::ask_with(&mut encoder, &index, &folder, text, &options).map(|hits| format!("{hits:?}"));
        questions.into_iter().map(ask).collect()
    }

    fn count(&self, outcomes: &mut Outcomes, path: &str, bytes: &[u8], number: usize, right: bool) {
        self.put(path, bytes, right);
        match catch_unwind(AssertUnwindSafe(|| self.ask())) {
            Err(_) => outcomes.bad.push(format!("change {number} panics")),
            Ok(Err(error)) if right || error.kind() == ErrorKind::HashMismatch => outcomes.refused += 1,
            Ok(Err(error)) => outcomes.bad.push(format!("change {number} is refused as {:?}", error.kind())),
            Ok(Ok(_)) if !right => outcomes.bad.push(format!("change {number} is not refused")),
            Ok(Ok(answers)) if answers == self.answers => outcomes.same += 1,
            Ok(Ok(_)) => outcomes.other += 1,
        }
        TRIED.fetch_add(1, Ordering::Relaxed);
    }
}
