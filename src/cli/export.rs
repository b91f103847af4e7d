//! `inkling export`

use std::path::PathBuf;

use clap::ValueEnum;

use super::progress::counter;
use super::{print, print_json};
use crate::engine::folder::IndexFolder;
use crate::error::Result;
use crate::export::{self, DEFAULT_NAME, Target};

/// Write the vectors and fields of an index for another engine.
///
/// For more passages than a browser should hold: an engine of yours searches them, and the visitor's browser still encodes
/// the query. There is one row a passage: its id, document, title, url, text, place in the document, fields and vector.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of the index, as `inkling index` writes it
    index: PathBuf,
    /// What to write
    #[arg(long, value_enum)]
    to: TargetArg,
    /// File (parquet, pgvector) or folder (npy, qdrant) to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Table (pgvector) or collection (qdrant) that the passages go to
    #[arg(long, default_value = DEFAULT_NAME)]
    name: String,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TargetArg {
    /// An Apache Parquet file; `fields` is JSON, `vector` a list of f32
    #[cfg(feature = "parquet")]
    Parquet,
    /// vectors.npy, f32 (passages, dim), and passages.jsonl, the same rows
    Npy,
    /// Request bodies for Qdrant's REST interface, with a README on sending them
    Qdrant,
    /// SQL for PostgreSQL with pgvector
    Pgvector,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let target = match self.to {
            #[cfg(feature = "parquet")]
            TargetArg::Parquet => Target::Parquet,
            TargetArg::Npy => Target::Npy,
            TargetArg::Qdrant => Target::Qdrant,
            TargetArg::Pgvector => Target::Pgvector,
        };
        let folder = IndexFolder::open(&self.index)?;
        let bar = counter("exporting", "passages", folder.manifest().passages);
        let exported = export::export(&folder, target, &self.out, &self.name, |done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        if self.json {
            return print_json(&exported);
        }
        let (passages, documents, dim) = (exported.passages, exported.documents, exported.dim);
        print(format!("{passages} passages of {documents} documents, {dim} numbers each: {}\n", exported.files.join(", ")))
    }
}
