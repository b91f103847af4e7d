//! A file of documents as commands take it.

use std::path::{Path, PathBuf};

use super::{note, parse_pair};
use crate::corpus::{self, Corpus, Format, ReadOptions};
use crate::engine::folder::read_file;
use crate::error::Result;

#[derive(clap::Args)]
pub struct CorpusArgs {
    /// The documents: JSON, JSON Lines, CSV as spreadsheets write it, XML (a conference's schedule, xCal, RSS, Atom or others), or
    /// a calendar (.ics)
    corpus: PathBuf,
    /// How the corpus is written: json, jsonl, csv, xml, ics; guessed from its name when not given
    #[arg(long)]
    format: Option<Format>,
    /// Other columns or keys to keep, separated by commas; all when not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    fields: Option<Vec<String>>,
    /// The column or key of the title
    #[arg(long, value_name = "NAME")]
    title: Option<String>,
    /// The column or key of the text; may be repeated
    #[arg(long, value_name = "NAME")]
    text: Vec<String>,
    /// The column or key of the address
    #[arg(long, value_name = "NAME")]
    url: Option<String>,
    /// The column or key of the id
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    /// A column or key of people, which becomes the field `speakers`; may be repeated
    #[arg(long, value_name = "NAME")]
    people: Vec<String>,
    /// Keep a column or key as a field of another name; may be repeated
    #[arg(long = "field", value_name = "NEW=OLD", value_parser = parse_pair)]
    rename: Vec<(String, String)>,
    /// Where the records are in JSON or XML: data.sessions, results[].contributions
    #[arg(long, value_name = "PATH")]
    records: Option<String>,
    /// The folder in which relative addresses begin: https://example.org/docs/ or /docs/
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Also take records that are rejected, withdrawn or cancelled
    #[arg(long)]
    cancelled: bool,
    /// Refuse a file in which a record is at fault, instead of saying so
    #[arg(long)]
    strict: bool,
}

impl CorpusArgs {
    pub fn path(&self) -> &Path {
        &self.corpus
    }

    /// The folder in which relative addresses begin.
    pub fn base(&self) -> Option<String> {
        self.base.clone()
    }

    /// Reads the file, and says on stderr what is to be said of it. `language` is taken of texts in several.
    pub fn read(&self, language: Option<&str>) -> Result<Corpus> {
        let bytes = read_file(&self.corpus)?;
        let options = ReadOptions {
            format: self.format,
            fields: self.fields.clone(),
            title: self.title.clone(),
            text: self.text.clone(),
            url: self.url.clone(),
            id: self.id.clone(),
            people: self.people.clone(),
            rename: self.rename.clone(),
            records: self.records.clone(),
            language: language.filter(|language| !["auto", "none"].contains(language)).map(str::to_owned),
            base: self.base.clone(),
            cancelled: self.cancelled,
            strict: self.strict,
        };
        let corpus = corpus::read(&bytes, &self.corpus, &options)?;
        corpus.notes.iter().for_each(|what| note(&format!("note: {what}")));
        Ok(corpus)
    }
}
