//! `inkling index`

use std::path::PathBuf;
use std::sync::OnceLock;

use indicatif::ProgressBar;
use serde::Serialize;

use super::progress::counter;
use super::{ModelArg, ModelFolder, print, print_json};
use crate::corpus::{self, Format};
use crate::engine::build::{BuildOptions, build};
use crate::engine::folder::{read_file, write_files};
use crate::error::Result;
use crate::index::builder::SLICE_PASSAGES;
use crate::index::document::Document;
use crate::index::manifest::ModelIdentity;
use crate::model::config::ModelConfig;
use crate::text::passages::PassageOptions;

/// Build the folder that a site serves from a file of documents.
///
/// A record's id, title, url and text (abstract, description, text, body, content) are found by their usual names. All
/// other columns or keys are kept as fields that hits show and filters use.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    #[command(flatten)]
    model: ModelArg,
    /// Folder of another packing of the model, which is served to encode queries; documents are encoded by --model
    #[arg(long, value_name = "DIR")]
    query_model: Option<PathBuf>,
    /// Folder to write the index to
    #[arg(long, value_name = "DIR", default_value = "search")]
    out: PathBuf,
    /// Most tokens of a passage, title included
    #[arg(long, value_name = "N", default_value_t = PassageOptions::default().max_tokens)]
    passage_tokens: usize,
    /// Tokens that a passage shares with the one before it
    #[arg(long, value_name = "N", default_value_t = PassageOptions::default().overlap)]
    overlap: usize,
    /// Language of the words: en, de, fr, es, ...; `none` for no word forms, `auto` to guess it
    #[arg(long, value_name = "CODE", default_value = "auto")]
    language: String,
    /// Most passages of one file of vectors; a browser gives each of several files a worker of its own
    #[arg(long, value_name = "N", default_value_t = SLICE_PASSAGES, hide_short_help = true)]
    slice_passages: usize,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

/// A file of documents as commands take it.
#[derive(clap::Args)]
pub struct CorpusArgs {
    /// The documents: a JSON array, JSON Lines, CSV, a conference's schedule XML (frab, Pentabarf, pretalx) or a calendar (.ics)
    corpus: PathBuf,
    /// How the corpus is written: json, jsonl, csv, xml, ics; guessed from its name when not given
    #[arg(long)]
    format: Option<Format>,
    /// Other columns or keys to keep, separated by commas; all when not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    fields: Option<Vec<String>>,
}

impl CorpusArgs {
    pub fn path(&self) -> &std::path::Path {
        &self.corpus
    }

    pub fn read(&self) -> Result<Vec<Document>> {
        let bytes = read_file(&self.corpus)?;
        let format = self.format.map_or_else(|| Format::guess(&self.corpus, &bytes), Ok)?;
        corpus::read(&bytes, format, self.fields.as_deref())
    }
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    passages: usize,
    index_bytes: usize,
    model_bytes: usize,
    out: String,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let documents = self.corpus.read()?;
        let model = ModelFolder::read(&self.model.model)?;
        let encoder = model.encoder()?;
        let query_model = self.query_model.as_deref().map(ModelFolder::read).transpose()?;
        let served = query_model.as_ref().unwrap_or(&model);
        ModelIdentity::from(encoder.config()).check(&(&ModelConfig::from_json(&served.config)?).into())?;

        let passages = PassageOptions { max_tokens: self.passage_tokens, overlap: self.overlap };
        let options = BuildOptions { passages, language: self.language, slice_passages: self.slice_passages };
        let bar: OnceLock<ProgressBar> = OnceLock::new();
        let start = |passages| drop(bar.set(counter("encoding", "passages", passages)));
        let progress = |passages: usize| bar.get().into_iter().for_each(|bar| bar.inc(passages as u64));
        let built = build(&documents, &encoder, &served.files(), &options, start, progress)?;
        bar.get().into_iter().for_each(ProgressBar::finish_and_clear);
        write_files(&self.out, built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;

        let (of_model, of_index): (Vec<_>, Vec<_>) = built.files.iter().partition(|(path, _)| path.starts_with("model/"));
        let bytes = |files: Vec<&(String, Vec<u8>)>| files.into_iter().map(|(_, bytes)| bytes.len()).sum();
        let report = Report {
            documents: built.manifest.documents,
            passages: built.manifest.passages,
            index_bytes: bytes(of_index),
            model_bytes: bytes(of_model),
            out: self.out.display().to_string(),
        };
        if self.json { print_json(&report) } else { print(report.text()) }
    }
}

impl Report {
    fn text(&self) -> String {
        let Self { documents, passages, index_bytes, model_bytes, out } = self;
        let (index, model) = (*index_bytes as f64 / 1e3, *model_bytes as f64 / 1e6);
        format!("{documents} documents, {passages} passages: index {index:.0} KB, model {model:.1} MB, in {out}\n")
    }
}
