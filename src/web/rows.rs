//! Rows of word embeddings that come when a text needs them, and the rest of them when there is time.

use async_lock::Mutex;
use std::sync::Arc;

use super::store::{Progress, Store};
use super::wait::together;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::hash::Digest;
use crate::model::config::rows_file;
use crate::model::rows::{among_others, shuffle};
use crate::model::words::Words;

/// So many blocks are fetched together when all are: what a query needs meanwhile must not wait long.
const TOGETHER: usize = 6;

/// The rows of an encoder whose model lies in parts.
pub struct Rows {
    pub(super) store: Store,
    /// Where the model's files are below the store's.
    pub(super) folder: String,
    files: Vec<Digest>,
    words: Arc<Words>,
    /// Who fetches: no block is fetched twice.
    turn: Mutex<()>,
}

impl Rows {
    /// Those of an encoder whose model is in a folder below the store's.
    pub fn new(store: Store, folder: &str, encoder: &Encoder) -> Self {
        let (files, words) = (encoder.config().rows.clone(), encoder.words().clone());
        Self { store, folder: folder.to_owned(), files, words, turn: Mutex::new(()) }
    }

    /// The word embeddings, as far as they have come.
    #[cfg(feature = "gpu")]
    pub fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Whether rows of some tokens have not come.
    pub fn lack(&self, ids: &[u32]) -> bool {
        !self.words.missing(ids).is_empty()
    }

    /// Fetches the rows of some tokens, each of their blocks among others.
    pub async fn load(&self, ids: &[u32]) -> Result<()> {
        let _turn = self.turn.lock().await;
        let wanted = self.words.missing(ids);
        let fetched = self.fetch(&among_others(&wanted, &self.words.absent(), below)).await;
        fetched.into_iter().filter(|(block, _)| wanted.contains(block)).try_for_each(|(_, outcome)| outcome)
    }

    /// Fetches all rows that have not come.
    pub async fn load_all(&self) -> Result<()> {
        loop {
            let _turn = self.turn.lock().await;
            let mut absent = self.words.absent();
            if absent.is_empty() {
                return Ok(());
            }
            shuffle(&mut absent, below);
            absent.truncate(TOGETHER);
            self.fetch(&absent).await.into_iter().try_for_each(|(_, outcome)| outcome)?;
        }
    }

    /// Fetches some blocks at once.
    async fn fetch(&self, blocks: &[usize]) -> Vec<(usize, Result<()>)> {
        let nobody = Progress::default();
        let fetch = |&block: &usize| {
            let (path, nobody) = (format!("{}{}", self.folder, rows_file(block)), &nobody);
            async move {
                let bytes = self.store.fixed(&path, &self.files[block], nobody).await;
                (block, bytes.and_then(|bytes| self.words.add(block, &bytes)))
            }
        };
        together(blocks.iter().map(fetch)).await
    }
}

/// Any number below another.
fn below(end: usize) -> usize {
    (js_sys::Math::random() * end as f64) as usize
}
