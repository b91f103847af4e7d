//! `inkling add` and `inkling remove`

use std::path::{Path, PathBuf};

use super::corpus::CorpusArgs;
use super::progress::counter;
use super::{note, print};
use crate::engine::Index;
use crate::engine::folder::{IndexFolder, change_files};
use crate::error::{Error, ErrorKind, Result};
use crate::files::Change;

/// Add documents to an index, or replace those of the same id, without encoding the others again
#[derive(clap::Args)]
pub struct Add {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Folder of the index
    #[arg(long, value_name = "DIR", default_value = "search")]
    index: PathBuf,
}

/// Remove documents from an index by their ids
#[derive(clap::Args)]
pub struct Remove {
    /// Ids of documents
    #[arg(required = true)]
    ids: Vec<String>,
    /// Folder of the index
    #[arg(long, value_name = "DIR", default_value = "search")]
    index: PathBuf,
}

impl Add {
    pub fn run(self) -> Result<()> {
        let documents = self.corpus.read(None)?.documents;
        let change = begin(&self.index)?;
        let folder = IndexFolder::open(&self.index)?;
        let mut engine = folder.engine()?;
        engine.set_encoder(folder.documents_encoder()?)?;
        let count = documents.len();
        let bar = counter("encoding", "documents", count);
        engine.add(documents, |done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        save(change, &self.index, &folder, engine.index())?;
        print(format!("{count} documents added or replaced: the index holds {}\n", engine.index().documents()))
    }
}

impl Remove {
    pub fn run(self) -> Result<()> {
        let change = begin(&self.index)?;
        let folder = IndexFolder::open(&self.index)?;
        let mut index = folder.index()?;
        self.ids.iter().try_for_each(|id| index.number(id).map(drop))?;
        let removed = self.ids.iter().filter(|id| index.remove(id)).count();
        if index.documents() == 0 {
            return Err(Error::new(
                ErrorKind::EmptyCorpus,
                "an index must keep at least one document: delete its folder instead",
            ));
        }
        save(change, &self.index, &folder, &index)?;
        print(format!("{removed} documents removed: the index holds {}\n", index.documents()))
    }
}

/// Begins to change an index, behind others that do.
fn begin(root: &Path) -> Result<Change> {
    Change::begin(root, || note(&format!("waiting for another inkling that changes {}", root.display())))
}

/// Puts the changed index in the place of the old one.
fn save(change: Change, root: &Path, folder: &IndexFolder, index: &Index) -> Result<()> {
    let document = |number| index.document(number, folder);
    let documents = index.live().into_iter().map(document).collect::<Result<Vec<_>>>()?;
    let saved = index.save(&documents)?;
    change_files(change, root, saved.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
}
