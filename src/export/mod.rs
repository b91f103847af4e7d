//! Vectors and fields of an index, written for an engine that runs elsewhere.
//!
//! Above what a browser should hold, an existing engine scans the vectors; the visitor's browser still encodes the query.
//! Every target gets the same rows, one a passage, in the order of the corpus. They are streamed: what is in memory at a
//! time is the index's own vectors, one file of documents, and one batch of rows.
//!
//! [`crate::page`] is for the other end: a search that is to run without any site, as one HTML file.

mod npy;
#[cfg(feature = "parquet")]
mod parquet;
mod pgvector;
mod qdrant;

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::npy::array as npy_array;
use crate::engine::folder::IndexFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::{Document, read_shard};
use crate::index::manifest::Manifest;
use crate::index::table::texts;
use crate::index::vectors::Vectors;

/// Table or collection where the caller does not name one.
pub const DEFAULT_NAME: &str = "passages";

/// Rows that SQL statements and requests carry at most.
const BATCH_ROWS: usize = 100;
/// Bytes at which one is sent off with fewer. Qdrant takes requests of up to 32 MB unless it is told otherwise.
const BATCH_BYTES: usize = 4 << 20;
/// Longer pairs of field and value are no filters: PostgreSQL indexes no key above 2.7 KB, and nobody chooses such values.
const FILTER_BYTES_MAX: usize = 1000;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One Parquet file.
    #[cfg(feature = "parquet")]
    Parquet,
    /// A folder with `vectors.npy`, f32 (passages, dim), and `passages.jsonl`, one line a row of it.
    Npy,
    /// A folder with the bodies of the requests that make and fill a collection, and a README that says how to send them.
    Qdrant,
    /// One file of SQL that makes and fills a table.
    Pgvector,
}

/// One passage, as every target gets it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row<'a> {
    /// `DOCUMENT#PASSAGE`, unique in the index.
    id: String,
    /// The id of its document.
    document_id: &'a str,
    /// Its number within the document, from 0.
    passage: u32,
    /// The document's title.
    title: &'a str,
    /// Where the document can be read.
    url: Option<&'a str>,
    /// The text of the passage.
    text: &'a str,
    /// Where it starts in the document's text, in UTF-16 code units, as hits in the browser have it.
    start: usize,
    /// Where it ends, exclusive.
    end: usize,
    /// The document's other fields.
    fields: &'a Map<String, Value>,
    /// Its vector of unit length, (dim).
    #[serde(skip)]
    vector: Vec<f32>,
}

/// What has been written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Number of documents.
    pub documents: usize,
    /// Number of passages: rows.
    pub passages: usize,
    /// Length of the vectors.
    pub dim: usize,
    /// The files' names, below the folder asked for or with it.
    pub files: Vec<String>,
}

/// Something that rows are written to. A file takes its name only when it is finished.
trait Sink {
    fn row(&mut self, row: &Row) -> Result<()>;

    /// Closes all files and says where they are.
    fn finish(self: Box<Self>) -> Result<Vec<String>>;
}

/// What a target must know before the first row.
struct Shape<'a> {
    manifest: &'a Manifest,
    dim: usize,
    /// The table or collection.
    name: &'a str,
}

/// Writes all passages of an index for another engine.
///
/// `out` is a file for [`Target::Parquet`] and [`Target::Pgvector`] and a folder for the others; `name` is the table or
/// collection. `progress` is called with the number of passages done.
///
/// # Errors
/// `invalid-input` for a name that the target does not take, `damaged-file` and `hash-mismatch` for an index that is not
/// whole, `io` when a file cannot be written.
pub fn export(folder: &IndexFolder, target: Target, out: &Path, name: &str, mut progress: impl FnMut(usize)) -> Result<Exported> {
    let manifest = folder.manifest();
    let vectors = folder.vectors()?;
    let shape = Shape { manifest, dim: vectors.dim(), name };
    let mut sink: Box<dyn Sink> = match target {
        #[cfg(feature = "parquet")]
        Target::Parquet => Box::new(parquet::Parquet::create(out, &shape)?),
        Target::Npy => Box::new(npy::Npy::create(out, &shape)?),
        Target::Qdrant => Box::new(qdrant::Qdrant::create(out, &shape)?),
        Target::Pgvector => Box::new(pgvector::Pgvector::create(out, &shape)?),
    };
    let (mut documents, mut passages) = (0, 0);
    for shard in manifest.shards() {
        if shard.first != Some(documents) {
            return Err(incomplete());
        }
        for document in read_shard(&folder.file(&shard.path)?)? {
            let number = u32::try_from(documents).map_err(|_| incomplete())?;
            passages += each_passage(&document, number, &vectors, |row| sink.row(row))?;
            documents += 1;
            progress(passages);
        }
    }
    if (documents, passages) != (manifest.documents, manifest.passages) || passages != vectors.passages() {
        return Err(incomplete());
    }
    Ok(Exported { documents, passages, dim: vectors.dim(), files: sink.finish()? })
}

fn incomplete() -> Error {
    Error::new(ErrorKind::DamagedFile, "the files of the index are not of one index: build it again")
}

/// Visits the passages of a document and says how many there are.
fn each_passage(document: &Document, number: u32, vectors: &Vectors, mut visit: impl FnMut(&Row) -> Result<()>) -> Result<usize> {
    let passages = vectors.passages_of(number);
    let count = passages.len();
    let mut units = Units::default();
    for (place, passage) in (0u32..).zip(passages) {
        let range = vectors.range(passage, &document.text);
        let text = document.text.get(range.clone()).ok_or_else(incomplete)?;
        let start = units.at(&document.text, range.start);
        visit(&Row {
            id: format!("{}#{place}", document.id),
            document_id: &document.id,
            passage: place,
            title: &document.title,
            url: document.url.as_deref(),
            text,
            start,
            end: start + text.encode_utf16().count(),
            fields: &document.fields,
            vector: unit(vectors.vector(passage))?,
        })?;
    }
    Ok(count)
}

/// Scales a vector to unit length, from which rounding to int8 took it a little away.
fn unit(mut vector: Vec<f32>) -> Result<Vec<f32>> {
    let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err(Error::new(ErrorKind::DamagedFile, "a vector of the index has no direction: build the index again"));
    }
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    Ok(vector)
}

/// Counts UTF-16 units up to byte offsets of one text. Offsets that rise cost a single walk over it.
#[derive(Default)]
struct Units {
    bytes: usize,
    units: usize,
}

impl Units {
    fn at(&mut self, text: &str, bytes: usize) -> usize {
        if bytes < self.bytes {
            *self = Self::default();
        }
        self.units += text[self.bytes..bytes].encode_utf16().count();
        self.bytes = bytes;
        self.units
    }
}

/// What documents with a value in a field are found by when a search is filtered: `FIELD=VALUE`, with `\` before each `=` and `\` of
/// the field's name. One list of these is one index of the other engine, whatever the fields are called.
pub fn filter_key(field: &str, value: &str) -> String {
    format!("{}={value}", field.replace('\\', "\\\\").replace('=', "\\="))
}

/// The keys of a document: one for each value of each field.
fn filters(fields: &Map<String, Value>) -> Vec<String> {
    let pairs = fields.iter().flat_map(|(field, value)| texts(value).into_iter().map(move |value| filter_key(field, &value)));
    pairs.filter(|pair| pair.len() <= FILTER_BYTES_MAX).collect()
}

/// A value as JSON.
fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|cause| Error::new(ErrorKind::Internal, "a passage cannot be written as JSON").caused_by(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_counted_in_utf16_units_in_any_order() {
        let text = "a😀é日b";
        let mut units = Units::default();
        for at in [0, 1, 5, 7, 10, 11, 5, 0, 11] {
            assert_eq!(units.at(text, at), text[..at].encode_utf16().count(), "{at}");
        }
    }

    #[test]
    fn vectors_get_unit_length_and_those_without_direction_are_refused() {
        assert_eq!(unit(vec![3.0, 4.0]).unwrap(), [0.6, 0.8]);
        assert!(unit(vec![1e38, 1e38]).unwrap().iter().all(|x| (x - 0.5f32.sqrt()).abs() < 1e-6));
        for vector in [vec![0.0, 0.0], vec![f32::INFINITY, 0.0], vec![f32::NAN, 1.0]] {
            assert_eq!(unit(vector).unwrap_err().kind(), ErrorKind::DamagedFile);
        }
    }

    #[test]
    fn filters_of_different_fields_are_never_the_same_text() {
        let fields =
            serde_json::json!({"a": "b=c", "a=b": "c", "a\\": "=c", "list": ["x", 2, true, null, ""], "long": "y".repeat(2000)});
        assert_eq!(filters(fields.as_object().unwrap()), ["a=b=c", "a\\=b=c", "a\\\\==c", "list=x", "list=2", "list=true"]);
    }
}
