//! The manifest: which files make up an index, how long they are, their hashes, and when each is needed.

use serde::{Deserialize, Serialize};

use super::runs::{ReadRun, Run, numbered};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::json;
use crate::model::config::ModelConfig;

/// The version of the manifest and of the index files that this code writes and reads.
pub const FORMAT: u32 = 6;

/// Longest vectors.
pub const DIM_MAX: usize = 16384;

/// The file name of the manifest, at the root of the folder that a site serves.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The word index, and the table of documents.
pub const LEXICAL_FILE: &str = "index/lexical.safetensors";
/// The postings of words, in blocks.
const WORDS: &str = "index/words-*.bin";
/// The documents.
const DOCUMENTS: &str = "docs/*.json";
/// Of what the passages are.
pub const PASSAGES_FILE: &str = "index/passages.safetensors";
/// The passages' vectors.
pub const VECTORS_FILE: &str = "index/vectors.safetensors";
/// Where the passages' vectors are, where there are many: in clusters.
pub const CLUSTERS_FILE: &str = "index/clusters.safetensors";
/// The entries of the files of the clusters, which are in no manifest: who asks by words alone does without.
pub const CLUSTERS_LIST: &str = "index/clusters.json";
/// The vectors of clusters.
const CLUSTERS: &str = "index/vectors/*/*.bin";
/// The folder of the model's files.
pub const MODEL_FOLDER: &str = "model";
/// The folder of the files of what encodes documents, where another model encodes queries.
pub const DOCUMENTS_MODEL_FOLDER: &str = "model/documents";

/// What a site serves: the model it was made with, and its files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Version of this file and of the index files: [`FORMAT`].
    pub format: u32,
    /// The model whose encoder made the vectors: queries must go through one of its family.
    pub model: ModelIdentity,
    /// Length of the vectors.
    pub dim: usize,
    /// Number of documents.
    pub documents: usize,
    /// Number of passages.
    pub passages: usize,
    /// Most tokens of a passage, title included: documents added later are cut the same way.
    pub passage_tokens: usize,
    /// Tokens that a passage shares with the one before it.
    pub passage_overlap: usize,
    /// The language of the words, as the word index has it: a browser loads what is known of it beside them.
    pub language: String,
    /// Whether the model knows the language of the documents. Where it does not, words alone rank.
    pub meaning: bool,
    /// What relative addresses of documents are relative to, itself relative to the folder: `../` for pages beside it. Without it the
    /// page that shows a hit says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// All other files of the folder: those of clusters once their list has been read.
    pub files: Vec<FileEntry>,
}

/// A manifest as it is written: files that are many are in runs.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    listed: &'a Manifest,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Run>,
}

/// A list of files beside the manifest.
#[derive(miniserde::Deserialize)]
struct ReadList {
    runs: Vec<ReadRun>,
}

/// Which model, however its weights are packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct ModelIdentity {
    /// The model's public name.
    pub id: String,
    /// The hash of its original weights, as its configuration has it.
    pub family: String,
}

impl ModelIdentity {
    /// Refuses a model of another family.
    ///
    /// # Errors
    /// `model-mismatch`, naming both.
    pub fn check(&self, other: &Self) -> Result<()> {
        if self.family == other.family {
            return Ok(());
        }
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let (ours, theirs) = (short(&self.family), short(&other.family));
        Err(Error::new(
            ErrorKind::ModelMismatch,
            format!(
                "the index is of model {} (family {ours}), and {} (family {theirs}) cannot ask it, because its vectors mean something \
                 else: load a model of the index's family, or build the index again with this one",
                self.id, other.id
            ),
        ))
    }
}

impl From<&ModelConfig> for ModelIdentity {
    fn from(config: &ModelConfig) -> Self {
        Self { id: config.id.clone(), family: config.family.clone() }
    }
}

/// One file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// Path below the manifest, with `/`.
    pub path: String,
    /// Length and hash.
    #[serde(flatten)]
    pub digest: Digest,
    /// When a visitor needs it.
    pub needed: Needed,
    /// For a file of documents: the number of its first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<usize>,
}

/// A manifest as it is read.
#[derive(miniserde::Deserialize)]
struct Read {
    model: ModelIdentity,
    dim: usize,
    documents: usize,
    passages: usize,
    passage_tokens: usize,
    passage_overlap: usize,
    language: String,
    meaning: bool,
    base: Option<String>,
    files: Vec<ReadEntry>,
    runs: Option<Vec<ReadRun>>,
}

/// A file in it.
#[derive(miniserde::Deserialize)]
struct ReadEntry {
    path: String,
    bytes: usize,
    sha256: String,
    needed: Needed,
    first: Option<usize>,
}

/// When a visitor needs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, miniserde::Deserialize)]
pub enum Needed {
    /// To encode a query.
    #[serde(rename = "model")]
    Model,
    /// To encode a query with seldom words.
    #[serde(rename = "rows")]
    Rows,
    /// To encode a document, where the model of queries does not.
    #[serde(rename = "documents")]
    Documents,
    /// To search at all.
    #[serde(rename = "index")]
    Index,
    /// To find certain words.
    #[serde(rename = "words")]
    Words,
    /// To rank by meaning, beside the model.
    #[serde(rename = "meaning")]
    Meaning,
    /// To rank by meaning what is near the query.
    #[serde(rename = "vectors")]
    Vectors,
    /// To show a hit.
    #[serde(rename = "hit")]
    Hit,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// `damaged-file` for what is not one or names a path outside its folder, `unsupported-format` for another version.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        #[derive(miniserde::Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged =
            || Error::new(ErrorKind::DamagedFile, "manifest.json is not the manifest of an index: make one with `inkling index`");
        let version: Version = json::read(text).ok_or_else(damaged)?;
        let found = version.format;
        if found != FORMAT {
            let what = format!("the index is of format {found}, this version reads {FORMAT}: build the index again");
            return Err(Error::new(ErrorKind::UnsupportedFormat, what));
        }
        let manifest = json::read::<Read>(text).and_then(Read::manifest).ok_or_else(damaged)?;
        if manifest.dim == 0 || manifest.dim > DIM_MAX || !manifest.dim.is_multiple_of(4) {
            let dim = manifest.dim;
            return Err(Error::new(
                ErrorKind::DamagedFile,
                format!("manifest.json names vectors of {dim} numbers: build the index again"),
            ));
        }
        check_paths(&manifest.files)?;
        Ok(manifest)
    }

    /// The list of the files of clusters, as [`CLUSTERS_LIST`].
    pub fn list(clusters: &[FileEntry]) -> Vec<u8> {
        let run = Run::of(CLUSTERS, &clusters.iter().collect::<Vec<_>>(), 0);
        serde_json::to_vec(&serde_json::json!({ "runs": Vec::from_iter(run) })).expect("a list is plain data")
    }

    /// Takes the list of the files of clusters. Taken again it changes nothing.
    ///
    /// # Errors
    /// `damaged-file` when it is none, or names a path outside its folder.
    pub fn take_list(&mut self, json: &[u8]) -> Result<()> {
        let damaged = || Error::new(ErrorKind::DamagedFile, "clusters.json is damaged: fetch it or build the index again");
        let ReadList { runs } = json::read(json).ok_or_else(damaged)?;
        let files = files_of(runs).ok_or_else(damaged)?;
        check_paths(&files)?;
        if files.iter().any(|file| file.needed != Needed::Vectors) {
            return Err(damaged());
        }
        if self.cluster_files().next().is_none() {
            self.files.extend(files);
        }
        Ok(())
    }

    /// The bytes of `manifest.json`, without what the list of clusters says.
    pub fn to_json(&self) -> Vec<u8> {
        let mut files: Vec<&FileEntry> = self.files.iter().filter(|file| file.needed != Needed::Vectors).collect();
        let mut runs = Vec::new();
        for (path, needed) in [(WORDS, Needed::Words), (DOCUMENTS, Needed::Hit)] {
            let (in_run, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.needed == needed);
            if let Some(run) = Run::of(path, &in_run, self.documents) {
                files = others;
                runs.push(run);
            }
        }
        let listed = Self { files: files.into_iter().cloned().collect(), ..self.clone() };
        serde_json::to_vec(&Written { listed: &listed, runs }).expect("a manifest is plain data")
    }

    /// The paths that a manifest of any version, or a list, names below its folder; none where the bytes are neither.
    pub fn paths(json: &[u8]) -> Vec<String> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Files {
            files: Vec<Path>,
            runs: Vec<Paths>,
        }
        #[derive(Deserialize)]
        struct Path {
            path: String,
        }
        #[derive(Deserialize)]
        struct Paths {
            path: String,
            bytes: Vec<usize>,
        }
        let Files { files, runs } = serde_json::from_slice(json).unwrap_or_default();
        let of_runs = runs.iter().flat_map(|Paths { path, bytes }| (0..bytes.len()).map(|number| numbered(path, number)));
        files.into_iter().map(|file| file.path).chain(of_runs).filter(|path| stays_inside(path)).collect()
    }

    /// The entry of a file.
    ///
    /// # Errors
    /// `damaged-file` when the manifest does not name it.
    pub fn file(&self, path: &str) -> Result<&FileEntry> {
        let entry = self.files.iter().find(|file| file.path == path);
        entry.ok_or_else(|| {
            Error::new(ErrorKind::DamagedFile, format!("manifest.json does not name {path}: build the index again"))
        })
    }

    /// The file that meaning begins with: that of all vectors, or of large indexes that of where they are, which comes with
    /// [`CLUSTERS_LIST`].
    ///
    /// # Errors
    /// `damaged-file` when the manifest names none.
    pub fn vectors_file(&self) -> Result<&FileEntry> {
        self.file(CLUSTERS_FILE).or_else(|_| self.file(VECTORS_FILE))
    }

    /// The files of vectors by cluster, in their order: none where one file has all.
    pub fn cluster_files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| file.needed == Needed::Vectors)
    }

    /// The files of words, in the order of their blocks: none where the words are made from the documents.
    pub fn word_files(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| file.needed == Needed::Words)
    }

    /// The path of a block of words.
    pub fn words_path(block: usize) -> String {
        numbered(WORDS, block)
    }

    /// The path of the vectors of a cluster.
    pub fn cluster_path(cluster: usize) -> String {
        numbered(CLUSTERS, cluster)
    }

    /// The path of a file of documents.
    pub fn documents_path(number: usize) -> String {
        numbered(DOCUMENTS, number)
    }

    /// The files of documents, in the order of their documents.
    pub fn shards(&self) -> impl Iterator<Item = &FileEntry> {
        self.files.iter().filter(|file| file.first.is_some())
    }

    /// The files of documents without which the words cannot be searched: all of a small index, none of a large one.
    pub fn first_shards(&self) -> impl Iterator<Item = &FileEntry> {
        self.shards().filter(|file| file.needed == Needed::Index)
    }

    /// The file that holds a document, and the document's place in it.
    pub fn shard_of(&self, document: usize) -> Result<(&FileEntry, usize)> {
        let holder = self.shards().filter_map(|file| Some((file, document.checked_sub(file.first?)?))).last();
        let missing = || Error::new(ErrorKind::DamagedFile, format!("manifest.json names no file for document {document}"));
        holder.filter(|_| document < self.documents).ok_or_else(missing)
    }

    /// Refuses a model of another family than that of the one the index was made with.
    ///
    /// # Errors
    /// `model-mismatch`, naming both.
    pub fn check_model(&self, model: &ModelIdentity) -> Result<()> {
        self.model.check(model)
    }
}

impl Read {
    fn manifest(self) -> Option<Manifest> {
        let Self { model, dim, documents, passages, passage_tokens, passage_overlap, language, meaning, base, files, runs } =
            self;
        let files = files.into_iter().map(FileEntry::from).chain(files_of(runs.unwrap_or_default())?).collect();
        let format = FORMAT;
        Some(Manifest {
            format,
            model,
            dim,
            documents,
            passages,
            passage_tokens,
            passage_overlap,
            language,
            meaning,
            base,
            files,
        })
    }
}

/// The files of some runs; nothing where one is none.
fn files_of(runs: Vec<ReadRun>) -> Option<Vec<FileEntry>> {
    let files: Option<Vec<Vec<FileEntry>>> = runs.into_iter().map(ReadRun::files).collect();
    Some(files?.into_iter().flatten().collect())
}

impl From<ReadEntry> for FileEntry {
    fn from(ReadEntry { path, bytes, sha256, needed, first }: ReadEntry) -> Self {
        Self { path, digest: Digest { bytes, sha256 }, needed, first }
    }
}

impl FileEntry {
    /// The entry for a file's bytes: of words, documents and clusters, which are many, with half of the hash. Every visitor fetches the list, and
    /// whole hashes, which no compressor makes smaller, were most of it. Nobody finds other bytes for 128 bits.
    pub fn new(path: impl Into<String>, bytes: &[u8], needed: Needed) -> Self {
        let digest = if matches!(needed, Needed::Words | Needed::Vectors | Needed::Hit) {
            Digest::short(bytes)
        } else {
            Digest::of(bytes)
        };
        Self { path: path.into(), digest, needed, first: None }
    }

    /// Refuses bytes that are not those the manifest promises.
    ///
    /// # Errors
    /// `hash-mismatch`.
    pub fn verify(&self, bytes: &[u8]) -> Result<()> {
        self.digest.verify(&self.path, bytes)
    }
}

/// How large the files of so many bytes should be, of which a query fetches some. Listed in the manifest each takes some 20 bytes under Brotli, and a
/// query fetches about four times the bytes of one, of words as of documents: both together are fewest where files grow with the square root.
pub fn file_bytes(least: usize, total: usize) -> usize {
    least.max(total.saturating_mul(5).isqrt())
}

fn check_paths(files: &[FileEntry]) -> Result<()> {
    let outside = |file: &FileEntry| {
        Error::new(ErrorKind::DamagedFile, format!("an index names {:?}, a path outside its folder: build it again", file.path))
    };
    files.iter().find(|file| !stays_inside(&file.path)).map_or(Ok(()), |file| Err(outside(file)))
}

/// Whether a relative path cannot leave its folder.
fn stays_inside(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains(['\\', ':', '?', '#', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(path: &str) -> String {
        format!(
            r#"{{"format": 6, "model": {{"id": "m", "family": "00"}}, "dim": 32, "documents": 3, "passages": 3,
                "passage_tokens": 200, "passage_overlap": 40, "language": "en", "meaning": true, "files": [
                {{"path": "{path}", "bytes": 1, "sha256": "", "needed": "hit", "first": 0}},
                {{"path": "docs/001.json", "bytes": 1, "sha256": "", "needed": "hit", "first": 2}}]}}"#
        )
    }

    #[test]
    fn a_document_is_found_in_the_shard_that_holds_it() {
        let manifest = Manifest::from_json(manifest("docs/000.json").as_bytes()).unwrap();
        let place = |document| manifest.shard_of(document).map(|(file, at)| (file.path.as_str(), at));
        assert_eq!(place(1).unwrap(), ("docs/000.json", 1));
        assert_eq!(place(2).unwrap(), ("docs/001.json", 0));
        assert_eq!(place(3).unwrap_err().kind(), ErrorKind::DamagedFile);
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        for path in ["../secret", "/etc/passwd", "a/../../b", "https://example.org/x", "", "a//b", "a?b"] {
            let error = Manifest::from_json(manifest(path).as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DamagedFile, "{path}");
        }
    }
}
