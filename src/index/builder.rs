//! The index writer: documents in, the files that a site serves out.

use std::collections::HashSet;

use crate::encoder::{self, Encoder, ModelFiles};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;
use crate::index::manifest::{FORMAT, FileEntry, MANIFEST_FILE, MODEL_FOLDER, Manifest, ModelIdentity, Needed, VECTORS_FILE};
use crate::index::vectors::{PassageVector, Vectors};
use crate::model::config::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::text::passages::{PassageOptions, split};

/// Documents are kept in files of about this many bytes, so that a page fetches little more than the hits it shows.
const SHARD_BYTES: usize = 64 * 1024;

/// The files of an index, and what went into them.
pub struct BuiltIndex {
    /// Every file with its path below the folder; the manifest is last.
    pub files: Vec<(String, Vec<u8>)>,
    /// The manifest among them.
    pub manifest: Manifest,
    /// How many passages had more tokens than the model takes.
    pub truncated: usize,
}

/// Builds an index. The same documents, model and options give the same bytes.
///
/// `progress` is called from many threads with the number of passages just encoded, of the total given beforehand by
/// `start`.
///
/// # Errors
/// `empty-corpus`, `duplicate-id`, `invalid-input` for a document without an id or without any text.
pub fn build(
    documents: &[Document],
    encoder: &Encoder,
    model: &ModelFiles,
    options: PassageOptions,
    start: impl FnOnce(usize),
    progress: impl Fn(usize) + Sync,
) -> Result<BuiltIndex> {
    check(documents)?;
    let options = options.for_model(encoder.tokenizer())?;
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    for (number, Document { title, text, .. }) in (0u32..).zip(documents) {
        let passages = split(encoder.tokenizer(), title, text, options)?;
        for (window, range) in passages.windows.iter().enumerate() {
            texts.push(passages.text(title, text, window));
            places.push((number, range.clone()));
        }
    }
    start(texts.len());
    let encoded = encoder::encode_all(encoder, &texts, progress)?;
    let truncated = encoded.iter().filter(|encoded| encoded.truncated).count();
    let mut vectors = Vectors::new(encoder.config().dim);
    for (encoded, (document, range)) in encoded.into_iter().zip(places) {
        vectors.push(&PassageVector { document, range, vector: encoded.vector });
    }

    let mut files = Files::default();
    let in_model = |name: &str| format!("{MODEL_FOLDER}/{name}");
    files.add(in_model(CONFIG_FILE), model.config.to_vec(), Needed::Model, None);
    files.add(in_model(TOKENIZER_FILE), model.tokenizer.to_vec(), Needed::Model, None);
    files.add(in_model(WEIGHTS_FILE), model.weights.to_vec(), Needed::Model, None);
    files.add(VECTORS_FILE.to_owned(), vectors.write()?, Needed::Index, None);
    for (number, (first, shard)) in shards(documents)?.into_iter().enumerate() {
        files.add(format!("docs/{number:03}.json"), shard, Needed::Hit, Some(first));
    }

    let Files { mut files, entries } = files;
    let config = encoder.config();
    let model = ModelIdentity { id: config.id.clone(), weights_sha256: config.weights.sha256.clone() };
    let manifest = Manifest { format: FORMAT, model, documents: documents.len(), passages: texts.len(), files: entries };
    files.push((MANIFEST_FILE.to_owned(), serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data")));
    Ok(BuiltIndex { files, manifest, truncated })
}

fn check(documents: &[Document]) -> Result<()> {
    if documents.is_empty() {
        return Err(Error::new(ErrorKind::EmptyCorpus, "the corpus holds no documents: nothing to index"));
    }
    let mut seen = HashSet::new();
    for (index, Document { id, title, text, .. }) in documents.iter().enumerate() {
        if id.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, format!("document {} has an empty id", index + 1)));
        }
        if title.trim().is_empty() && text.trim().is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, format!("document {id:?} has neither a title nor a text")));
        }
        if !seen.insert(id) {
            return Err(Error::new(ErrorKind::DuplicateId, format!("two documents have the id {id:?}: ids must be unique")));
        }
    }
    Ok(())
}

/// Files and their entries in the manifest.
#[derive(Default)]
struct Files {
    files: Vec<(String, Vec<u8>)>,
    entries: Vec<FileEntry>,
}

impl Files {
    fn add(&mut self, path: String, bytes: Vec<u8>, needed: Needed, first: Option<usize>) {
        self.entries.push(FileEntry { first, ..FileEntry::new(path.clone(), &bytes, needed) });
        self.files.push((path, bytes));
    }
}

/// The documents as JSON arrays of about [`SHARD_BYTES`], each with the number of its first document.
fn shards(documents: &[Document]) -> Result<Vec<(usize, Vec<u8>)>> {
    let mut shards: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let json = serde_json::to_vec(document)
            .map_err(|cause| Error::new(ErrorKind::Internal, "a document cannot be written").caused_by(cause))?;
        match shards.last_mut() {
            Some((_, shard)) if shard.len() + json.len() < SHARD_BYTES => {
                shard.extend_from_slice(b",\n");
                shard.extend_from_slice(&json);
            }
            _ => {
                let mut shard = vec![b'['];
                shard.extend_from_slice(&json);
                shards.push((number, shard));
            }
        }
    }
    shards.iter_mut().for_each(|(_, shard)| shard.push(b']'));
    Ok(shards)
}
