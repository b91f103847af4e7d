//! The index of a site as a visitor's browser fetches it: what `IndexFolder` is for an index on this machine.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::encoder::load_model;
use super::slices::{SliceWorkers, Slices};
use super::store::{Progress, Store};
use crate::encoder::Encoder;
use crate::engine::{Documents, Index};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::{Document, read_shard};
use crate::index::manifest::{FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed};
use crate::index::vectors::Vectors;
use crate::model::config::CONFIG_FILE;

/// The folder of an index, opened by its manifest.
pub struct Site {
    store: Store,
    manifest: Manifest,
    /// The documents that have been fetched, by the number of their file's first one.
    shards: RefCell<HashMap<usize, Rc<Vec<Document>>>>,
}

impl Site {
    /// Fetches the manifest of the index at an address.
    pub async fn open(url: &str, options: &JsValue) -> Result<Self> {
        let store = Store::open(url, options).await;
        let manifest = Manifest::from_json(&store.changing(MANIFEST_FILE).await?)?;
        Ok(Self { store, manifest, shards: RefCell::default() })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the files come from.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Loads the index; vectors in several files go to `workers`.
    pub async fn index(&self, on_progress: &js_sys::Function, workers: SliceWorkers) -> Result<(Index, Option<Slices>), JsValue> {
        let Self { store, manifest, .. } = self;
        let is_needed = |file: &&FileEntry| file.needed == Needed::Index;
        let total = manifest.files.iter().filter(is_needed).map(|file| file.digest.bytes).sum();
        let progress = Progress::new(on_progress, total);
        let lexical = store.fixed(LEXICAL_FILE, &manifest.file(LEXICAL_FILE)?.digest, &progress).await?;
        let (slices, vectors) = match manifest.vector_files()?.as_slice() {
            [file] => {
                let bytes = store.fixed(&file.path, &file.digest, &progress).await?;
                (None, Vectors::read(&bytes, manifest.documents)?)
            }
            files => {
                let (slices, vectors) = Slices::open(workers, files, manifest.documents, &progress).await?;
                (Some(slices), vectors)
            }
        };
        let mut shards = Vec::new();
        for file in manifest.first_shards() {
            shards.push(self.shard(file, &progress).await?);
        }
        let documents: Vec<&Document> = shards.iter().flat_map(|shard| shard.iter()).collect();
        Ok((Index::open(manifest.clone(), vectors, &lexical, &documents)?, slices))
    }

    /// Loads the encoder of the index's own model.
    pub async fn encoder(&self, on_progress: &js_sys::Function) -> Result<Encoder> {
        let folder = format!("{MODEL_FOLDER}/");
        let path = format!("{folder}{CONFIG_FILE}");
        let config = self.store.fixed(&path, &self.manifest.file(&path)?.digest, &Progress::default()).await?;
        load_model(&self.store, &folder, &config, on_progress).await
    }

    /// The documents of one file, fetched when they are not there yet.
    async fn shard(&self, file: &FileEntry, progress: &Progress<'_>) -> Result<Rc<Vec<Document>>> {
        let first = file.first.unwrap_or_default();
        if let Some(shard) = self.shards.borrow().get(&first) {
            return Ok(shard.clone());
        }
        let shard = Rc::new(read_shard(&self.store.fixed(&file.path, &file.digest, progress).await?)?);
        self.shards.borrow_mut().insert(first, shard.clone());
        Ok(shard)
    }
}

impl Documents for Site {
    async fn document(&self, number: u32) -> Result<Document> {
        let (file, place) = self.manifest.shard_of(number as usize)?;
        let shard = self.shard(file, &Progress::default()).await?;
        let missing = || {
            let what = format!("{} holds no document {place}: build the index again", file.path);
            Error::new(ErrorKind::DamagedFile, what)
        };
        shard.get(place).cloned().ok_or_else(missing)
    }
}
