//! The index of a site as a visitor's browser fetches it: what `IndexFolder` is for an index on this machine.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_util::future::join3;
use wasm_bindgen::JsValue;

use super::convert::option;
use super::store::{Current, Progress, Store};
use super::wait::together;
use crate::engine::{Documents, Index};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Digest, hex_sha256};
use crate::index::document::{Document, read_shard};
#[cfg(feature = "build")]
use crate::index::manifest::DOCUMENTS_MODEL_FOLDER;
use crate::index::manifest::{FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed, PASSAGES_FILE};
use crate::index::places::Places;
use crate::index::vectors::Vectors;
use crate::model::config::CONFIG_FILE;

/// The folder of an index, opened by its manifest.
pub struct Site {
    store: Store,
    now: Described,
    /// The SHA-256 that the page asks of the manifest.
    integrity: Option<String>,
    /// The manifest that was kept, where that has come anew.
    before: Option<Described>,
    /// What is to be kept of the manifest once its index has loaded.
    fresh: Option<Vec<u8>>,
    /// The documents that have been fetched, by the number of their file's first one.
    shards: RefCell<HashMap<usize, Rc<Vec<Document>>>>,
}

/// A manifest, and the SHA-256 of its file.
#[derive(PartialEq)]
struct Described {
    manifest: Manifest,
    sha256: String,
}

impl Site {
    /// Fetches the manifest of the index at an address: with the hash of one as `{ again }` that very one, whatever the site has now.
    pub async fn open(url: &str, options: &JsValue) -> Result<Self> {
        let store = Store::open(url, options).await.of_index();
        let hash = |name| option(options, name).and_then(|sha256| sha256.as_string());
        let (integrity, again) = (hash("integrity"), hash("again"));
        let Current { value, before, bytes } = current(&store, again.as_deref().or(integrity.as_deref())).await?;
        Ok(Self { store, now: value, integrity, before, fresh: bytes, shards: RefCell::default() })
    }

    /// Keeps the manifest, whose index has loaded, and drops what is kept of an older one.
    pub fn keep(&mut self) {
        let before = self.before.take();
        if self.fresh.is_some() && before.as_ref() != Some(&self.now) {
            self.store.drop_others(&self.now.manifest.files, &before.map_or_else(Vec::new, |before| before.manifest.files));
            self.store.keep(MANIFEST_FILE, self.fresh.take());
        }
    }

    /// Goes back to the manifest that was kept; false where there is none, or no other.
    pub fn step_back(&mut self) -> bool {
        let Some(before) = self.before.take().filter(|before| *before != self.now) else { return false };
        (self.now, self.fresh) = (before, None);
        self.shards.get_mut().clear();
        true
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.now.manifest
    }

    /// The SHA-256 of the manifest.
    pub fn sha256(&self) -> &str {
        &self.now.sha256
    }

    /// Loads the index, without the codes of its vectors.
    pub async fn index(&self, on_progress: &js_sys::Function) -> Result<Index> {
        let manifest = self.manifest();
        let progress = &Progress::new(on_progress, self.bytes(&[Needed::Index]));
        let file = |path| async move { self.fixed(manifest.file(path)?, progress).await };
        let shards = async {
            let mut shards = Vec::new();
            for file in manifest.first_shards() {
                shards.push(self.shard(file, progress).await?);
            }
            Ok::<_, Error>(shards)
        };
        let (lexical, places, shards) = join3(file(LEXICAL_FILE), file(PASSAGES_FILE), shards).await;
        let (lexical, places, shards) = (lexical?, places?, shards?);
        let documents: Vec<&Document> = shards.iter().flat_map(|shard| shard.iter()).collect();
        let vectors = Vectors::without_codes(Places::read(&places, manifest.documents)?, manifest.dim);
        Index::open(manifest.clone(), vectors, &lexical, &documents)
    }

    /// The bytes of all files that are needed for something.
    pub fn bytes(&self, wanted: &[Needed]) -> usize {
        self.manifest().files.iter().filter(|file| wanted.contains(&file.needed)).map(|file| file.digest.bytes).sum()
    }

    /// What the configuration of the index's model must be.
    pub fn model_config(&self) -> Result<&Digest> {
        Ok(&self.manifest().file(&format!("{MODEL_FOLDER}/{CONFIG_FILE}"))?.digest)
    }

    /// What the configuration of the model must be that encodes documents, where that is not the model of the queries.
    #[cfg(feature = "build")]
    pub fn documents_model_config(&self) -> Option<&Digest> {
        let path = format!("{DOCUMENTS_MODEL_FOLDER}/{CONFIG_FILE}");
        self.manifest().files.iter().find(|file| file.path == path).map(|file| &file.digest)
    }

    /// Blocks of words, by their places in the manifest.
    pub async fn words(&self, blocks: &[usize]) -> Result<Vec<(usize, Vec<u8>)>> {
        let nobody = Progress::default();
        let files: Vec<&FileEntry> = self.manifest().word_files().collect();
        let fetch = |&block: &usize| {
            let (file, nobody) = (files[block], &nobody);
            async move { Ok((block, self.fixed(file, nobody).await?)) }
        };
        together(blocks.iter().map(fetch)).await.into_iter().collect()
    }

    /// A file of this index. Where it is not there any more because the site has been updated, the error says so.
    pub async fn fixed(&self, file: &FileEntry, progress: &Progress<'_>) -> Result<Vec<u8>> {
        match self.store.fixed(&file.path, &file.digest, progress).await {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::HashMismatch) && self.is_replaced().await => {
                Err(replaced().caused_by(error))
            }
            other => other,
        }
    }

    /// Whether the site has another index now.
    pub async fn is_replaced(&self) -> bool {
        let now = current(&self.store, self.integrity.as_deref()).await;
        now.is_ok_and(|now| now.value != self.now)
    }

    /// The documents of one file, fetched when they are not there yet.
    async fn shard(&self, file: &FileEntry, progress: &Progress<'_>) -> Result<Rc<Vec<Document>>> {
        let first = file.first.unwrap_or_default();
        if let Some(shard) = self.shards.borrow().get(&first) {
            return Ok(shard.clone());
        }
        let shard = Rc::new(read_shard(&self.fixed(file, progress).await?)?);
        self.shards.borrow_mut().insert(first, shard.clone());
        Ok(shard)
    }
}

/// The manifest that the site has now, or the one that was kept.
async fn current(store: &Store, integrity: Option<&str>) -> Result<Current<Described>> {
    let read = |bytes: &[u8]| {
        let sha256 = hex_sha256(bytes);
        if integrity.is_some_and(|wanted| wanted != sha256) {
            let what = "manifest.json is not the one that `integrity` names: give the hash of the one that is deployed";
            return Err(Error::new(ErrorKind::HashMismatch, what));
        }
        Ok(Described { manifest: Manifest::from_json(bytes)?, sha256 })
    };
    store.changing(MANIFEST_FILE, read).await
}

/// The error of a file that is gone because the site has another index now.
pub fn replaced() -> Error {
    Error::new(ErrorKind::Replaced, "the site was updated while its search was open: load the page again")
}

impl Documents for Site {
    /// Fetches the files of all of them at once. What cannot be fetched is told when it is asked for.
    async fn prepare(&self, numbers: &[u32]) {
        let mut files: Vec<&FileEntry> = Vec::new();
        for (file, _) in numbers.iter().filter_map(|&number| self.manifest().shard_of(number as usize).ok()) {
            if files.iter().all(|other| other.first != file.first) {
                files.push(file);
            }
        }
        let nobody = Progress::default();
        together(files.into_iter().map(|file| self.shard(file, &nobody))).await;
    }

    async fn document(&self, number: u32) -> Result<Document> {
        let (file, place) = self.manifest().shard_of(number as usize)?;
        let shard = self.shard(file, &Progress::default()).await?;
        let missing = || {
            let what = format!("{} holds no document {place}: build the index again", file.path);
            Error::new(ErrorKind::DamagedFile, what)
        };
        shard.get(place).cloned().ok_or_else(missing)
    }
}
