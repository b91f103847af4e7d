//! An index in a folder of this machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::encoder::{Encoder, ModelFiles};
use crate::engine::earlier::{Earlier, MARKS_FILE};
use crate::engine::{Documents, Engine, Index};
use crate::error::{Error, ErrorKind, Result};
pub use crate::files::read_file;
use crate::files::{Change, read, settle};
use crate::hash::Digest;
use crate::index::document::{Document, read_shard};
use crate::index::manifest::{
    CLUSTERS_LIST, DOCUMENTS_MODEL_FOLDER, FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, Needed,
};
use crate::index::vectors::Vectors;
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE, rows_file};
use crate::model::parted::join;
use crate::text::passages::PassageOptions;

/// A folder that holds an index, opened for reading.
pub struct IndexFolder {
    root: PathBuf,
    manifest: Manifest,
    /// The manifest's bytes, which tell whether the index was replaced meanwhile.
    json: Vec<u8>,
    /// The file of documents that was read last, by the number of its first.
    shard: Mutex<Option<(usize, Arc<Vec<Document>>)>>,
}

impl IndexFolder {
    /// Opens a folder by its manifest. A change of the folder that was stopped is finished or undone.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        settle(root);
        let json = read(root, MANIFEST_FILE)?;
        let mut folder = Self { root: root.to_owned(), manifest: Manifest::from_json(&json)?, json, shard: Mutex::default() };
        if folder.manifest.file(CLUSTERS_LIST).is_ok() {
            let list = folder.file(CLUSTERS_LIST)?;
            folder.manifest.take_list(&list)?;
        }
        Ok(folder)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A file's bytes, checked against the manifest.
    ///
    /// # Errors
    /// `replaced` when the file is of another index that has taken the place of this one, else `hash-mismatch`, `not-found`, `io`.
    pub fn file(&self, path: &str) -> Result<Vec<u8>> {
        self.entry(self.manifest.file(path)?)
    }

    fn entry(&self, entry: &FileEntry) -> Result<Vec<u8>> {
        let intact = read(&self.root, &entry.path).and_then(|bytes| entry.verify(&bytes).map(|()| bytes));
        intact.map_err(|cause| match read(&self.root, MANIFEST_FILE) {
            Ok(json) if json != self.json => {
                let shown = self.root.display();
                Error::new(ErrorKind::Replaced, format!("the index in {shown} was replaced while it was open: open it again"))
                    .caused_by(cause)
            }
            _ => cause,
        })
    }

    /// An engine that answers from words until it gets a model.
    pub fn engine(&self) -> Result<Engine> {
        Ok(Engine::new(self.index()?))
    }

    /// The index itself.
    pub fn index(&self) -> Result<Index> {
        let shards = self.manifest.first_shards().map(|entry| self.shard(entry)).collect::<Result<Vec<_>>>()?;
        let documents: Vec<&Document> = shards.iter().flat_map(|shard| shard.iter()).collect();
        let mut index = Index::open(self.manifest.clone(), self.vectors()?, &self.file(LEXICAL_FILE)?, &documents)?;
        for (block, entry) in self.manifest.word_files().enumerate() {
            index.load_words(block, &self.entry(entry)?)?;
        }
        Ok(index)
    }

    /// The vectors of all passages.
    pub fn vectors(&self) -> Result<Vectors> {
        Vectors::read(&self.manifest, |entry| self.entry(entry))
    }

    /// What encodes queries.
    pub fn encoder(&self) -> Result<Encoder> {
        self.encoder_in(MODEL_FOLDER)
    }

    /// What encodes documents that are to be added: the same, unless the index has another for them.
    pub fn documents_encoder(&self) -> Result<Encoder> {
        let is_apart = self.manifest.files.iter().any(|file| file.needed == Needed::Documents);
        self.encoder_in(if is_apart { DOCUMENTS_MODEL_FOLDER } else { MODEL_FOLDER })
    }

    fn encoder_in(&self, folder: &str) -> Result<Encoder> {
        let file = |name: &str| self.file(&format!("{folder}/{name}"));
        let (config, tokenizer, weights) = (file(CONFIG_FILE)?, file(TOKENIZER_FILE)?, file(WEIGHTS_FILE)?);
        let (config, weights) = whole_model(config, weights, |block| file(&rows_file(block)))?;
        Encoder::load(&ModelFiles { config: &config, tokenizer: &tokenizer, weights: &weights })
    }

    /// The documents of a file. The last one is kept, since documents are mostly asked for one after the other.
    fn shard(&self, entry: &FileEntry) -> Result<Arc<Vec<Document>>> {
        let first = entry.first.unwrap_or_default();
        let mut kept = self.shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, shard)) = kept.as_ref().filter(|(of, _)| *of == first) {
            return Ok(shard.clone());
        }
        let shard = Arc::new(read_shard(&self.entry(entry)?)?);
        *kept = Some((first, shard.clone()));
        Ok(shard)
    }
}

impl Documents for IndexFolder {
    fn document(&self, number: u32) -> Result<Document> {
        let (entry, place) = self.manifest.shard_of(number as usize)?;
        let missing = || Error::new(ErrorKind::DamagedFile, format!("{} holds no document {number}", entry.path));
        self.shard(entry)?.get(place).cloned().ok_or_else(missing)
    }
}

/// The configuration and the weights of a model with all its rows, where `block` reads those that lie apart.
///
/// # Errors
/// Those of `block` and of what it reads: `hash-mismatch`, `damaged-file`.
pub fn whole_model(config: Vec<u8>, weights: Vec<u8>, block: impl Fn(usize) -> Result<Vec<u8>>) -> Result<(Vec<u8>, Vec<u8>)> {
    let parted = ModelConfig::from_json(&config)?;
    if parted.rows.is_empty() {
        return Ok((config, weights));
    }
    parted.weights.verify(WEIGHTS_FILE, &weights)?;
    let read = |(number, digest): (usize, &Digest)| {
        let bytes = block(number)?;
        digest.verify(&rows_file(number), &bytes).map(|()| bytes)
    };
    let blocks = parted.rows.iter().enumerate().map(read).collect::<Result<Vec<_>>>()?;
    join(&parted, &weights, &blocks)
}

/// Writes the files of an index or of a model below a folder: all of them or none, see [`Change`].
///
/// # Errors
/// `io`. What was in the folder is then as it was.
pub fn write_files<'a>(root: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
    change_files(Change::begin(root, || ())?, root, files)
}

/// The same within a change that has begun. Where a manifest is among the files, those that only the one before names are removed.
pub fn change_files<'a>(mut change: Change, root: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
    let (mut removed, mut kept) = (Vec::new(), HashSet::new());
    for (path, bytes) in files {
        kept.insert(path.to_owned());
        if path == MANIFEST_FILE {
            kept.extend(Manifest::paths(bytes));
            removed = [MANIFEST_FILE, CLUSTERS_LIST]
                .into_iter()
                .flat_map(|list| Manifest::paths(&read(root, list).unwrap_or_default()))
                .collect();
        }
        change.write(path, bytes)?;
    }
    removed.retain(|path: &String| !kept.contains(path));
    change.commit(removed.iter().map(String::as_str))
}

/// What an earlier build into a folder encoded, or nothing where that cannot be used: there is none, it is of another model, it
/// was cut otherwise, or has changed since.
pub fn earlier(root: &Path, model: &ModelConfig, options: PassageOptions) -> Option<Earlier> {
    let folder = IndexFolder::open(root).ok()?;
    let marks = read(root, MARKS_FILE).ok()?;
    Earlier::new(&marks, folder.manifest(), folder.vectors().ok()?, model, options)
}

/// Removes the index that may be in a folder, and nothing else that is there.
pub fn remove_index(root: &Path) -> Result<()> {
    let Ok(folder) = IndexFolder::open(root) else { return Ok(()) };
    let files = folder.manifest.files.iter().map(|file| file.path.as_str());
    Change::begin(root, || ())?.commit([MANIFEST_FILE, MARKS_FILE].into_iter().chain(files))
}
