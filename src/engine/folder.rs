//! An index in a folder of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::encoder::{Encoder, ModelFiles};
use crate::engine::{Documents, Engine, Index};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::{Document, read_shard};
use crate::index::manifest::{FileEntry, LEXICAL_FILE, MANIFEST_FILE, MODEL_FOLDER, Manifest, PASSAGES_FILE};
use crate::index::vectors::Vectors;
use crate::model::config::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};

/// A folder that holds an index, opened for reading.
pub struct IndexFolder {
    root: PathBuf,
    manifest: Manifest,
    /// The file of documents that was read last, by the number of its first.
    shard: Mutex<Option<(usize, Arc<Vec<Document>>)>>,
}

impl IndexFolder {
    /// Opens a folder by its manifest.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let manifest = Manifest::from_json(&read_file(&root.join(MANIFEST_FILE))?)?;
        Ok(Self { root: root.to_owned(), manifest, shard: Mutex::default() })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A file's bytes, checked against the manifest.
    pub fn file(&self, path: &str) -> Result<Vec<u8>> {
        self.entry(self.manifest.file(path)?)
    }

    fn entry(&self, entry: &FileEntry) -> Result<Vec<u8>> {
        let bytes = read_file(&self.root.join(&entry.path))?;
        entry.verify(&bytes)?;
        Ok(bytes)
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
        let codes = self.manifest.vector_files()?.into_iter().map(|entry| self.entry(entry)).collect::<Result<Vec<_>>>()?;
        Vectors::read(&self.file(PASSAGES_FILE)?, codes, self.manifest.documents)
    }

    /// The encoder of the index's own model.
    pub fn encoder(&self) -> Result<Encoder> {
        let file = |name: &str| self.file(&format!("{MODEL_FOLDER}/{name}"));
        let (config, tokenizer, weights) = (file(CONFIG_FILE)?, file(TOKENIZER_FILE)?, file(WEIGHTS_FILE)?);
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
    async fn document(&self, number: u32) -> Result<Document> {
        let (entry, place) = self.manifest.shard_of(number as usize)?;
        let missing = || Error::new(ErrorKind::DamagedFile, format!("{} holds no document {number}", entry.path));
        self.shard(entry)?.get(place).cloned().ok_or_else(missing)
    }
}

/// Writes files below a folder, each through a sibling that is renamed, so that no file is ever half written.
pub fn write_files<'a>(root: &Path, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
    for (path, bytes) in files {
        let path = root.join(path);
        let failed =
            |cause: std::io::Error| Error::new(ErrorKind::Io, format!("cannot write {}", path.display())).caused_by(cause);
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(failed)?;
        let sibling = path.with_extension(format!("{}.part", std::process::id()));
        fs::write(&sibling, bytes).and_then(|()| fs::rename(&sibling, &path)).map_err(failed)?;
    }
    Ok(())
}

/// A file's bytes.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| {
        let missing = cause.kind() == std::io::ErrorKind::NotFound;
        let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("cannot read {}", path.display())).caused_by(cause)
    })
}
