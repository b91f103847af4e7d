//! The index of a site as a visitor's browser fetches it: what `IndexFolder` is for an index on this machine.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::future::join3;
use wasm_bindgen::JsValue;

use super::store::{Progress, Store};
use crate::engine::{Documents, Index};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::document::{Document, read_shard};
use crate::index::manifest::{FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed, PASSAGES_FILE};
use crate::index::places::Places;
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

    /// Loads the index, without the codes of its vectors.
    pub async fn index(&self, on_progress: &js_sys::Function) -> Result<Index> {
        let Self { store, manifest, .. } = self;
        let progress = &Progress::new(on_progress, self.bytes(&[Needed::Index]));
        let file = |path| async move { store.fixed(path, &manifest.file(path)?.digest, progress).await };
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
        self.manifest.files.iter().filter(|file| wanted.contains(&file.needed)).map(|file| file.digest.bytes).sum()
    }

    /// What the configuration of the index's model must be.
    pub fn model_config(&self) -> Result<&Digest> {
        Ok(&self.manifest.file(&format!("{MODEL_FOLDER}/{CONFIG_FILE}"))?.digest)
    }

    /// Blocks of words, by their places in the manifest.
    pub async fn words(&self, blocks: &[usize]) -> Result<Vec<(usize, Vec<u8>)>> {
        let nobody = Progress::default();
        let files: Vec<&FileEntry> = self.manifest.word_files().collect();
        let fetch = |&block: &usize| {
            let (store, file, nobody) = (&self.store, files[block], &nobody);
            async move { Ok((block, store.fixed(&file.path, &file.digest, nobody).await?)) }
        };
        together(blocks.iter().map(fetch)).await.into_iter().collect()
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
    /// Fetches the files of all of them at once. What cannot be fetched is told when it is asked for.
    async fn prepare(&self, numbers: &[u32]) {
        let mut files: Vec<&FileEntry> = Vec::new();
        for (file, _) in numbers.iter().filter_map(|&number| self.manifest.shard_of(number as usize).ok()) {
            if files.iter().all(|other| other.first != file.first) {
                files.push(file);
            }
        }
        let nobody = Progress::default();
        together(files.into_iter().map(|file| self.shard(file, &nobody))).await;
    }

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

/// A future, and what it came to once it is done.
type Running<F> = (Pin<Box<F>>, Option<<F as Future>::Output>);

/// What some futures come to, all of which run at once.
async fn together<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Running<F>> = futures.map(|future| (Box::pin(future), None)).collect();
    let all = poll_fn(|context| {
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                *output = Some(done);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    });
    all.await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
