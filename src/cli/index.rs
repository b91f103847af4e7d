//! `inkling index`

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Serialize;

use super::compress::compress;
use super::corpus::CorpusArgs;
use super::models::{ModelArg, Shares};
use super::progress::{Bar, counter};
use super::site::MarkdownFolder;
use super::{note, print, print_json};
use crate::corpus::{Corpus, Notes};
use crate::engine::build::{BuildOptions, build};
use crate::engine::folder::write_files;
use crate::error::Result;
use crate::host;
use crate::index::builder::WHOLE_PASSAGES;
use crate::index::document::field_names;
use crate::text::passages::PassageOptions;

/// Build the folder that a site serves from a file of documents, or a folder of Markdown.
///
/// A record's id, title, url, text and people are found by their usual names; --title and so on are for all others. All
/// other columns or keys are kept as fields that hits show and filters use, but for e-mail addresses and telephone numbers.
/// One bad record costs one record; what was left out or assumed is said on stderr.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    corpus: CorpusArgs,
    #[command(flatten)]
    model: ModelArg,
    /// Folder of what encodes queries, which is what visitors load; `none` for the model of the documents [default: what lies with
    /// that, else what came with this program for it, else that model]
    #[arg(long, value_name = "DIR")]
    query_model: Option<PathBuf>,
    /// Folder to write the index to
    #[arg(long, value_name = "DIR", default_value = "search")]
    out: PathBuf,
    /// Where pages of a folder of Markdown lie, such as /docs/{path}.html; {path}/ when not given
    #[arg(long, value_name = "PATTERN")]
    url_pattern: Option<String>,
    /// Most tokens of a passage, title included
    #[arg(long, value_name = "N", default_value_t = PassageOptions::default().max_tokens)]
    passage_tokens: usize,
    /// Tokens that a passage shares with the one before it
    #[arg(long, value_name = "N", default_value_t = PassageOptions::default().overlap)]
    overlap: usize,
    /// Language of the words: en, de, fr, es, ...; `none` for no word forms, `auto` to guess it
    #[arg(long, value_name = "CODE", default_value = "auto")]
    language: String,
    /// Most passages whose vectors are one file; of more a browser fetches those near a question first
    #[arg(long, value_name = "N", default_value_t = WHOLE_PASSAGES, hide_short_help = true)]
    whole_passages: usize,
    /// Also write .br and .gz beside what gets smaller by it, for hosts that do not compress themselves
    #[arg(long)]
    compress: bool,
    /// Print the figures as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    passages: usize,
    index_bytes: usize,
    #[serde(flatten)]
    models: Shares,
    /// Whether meaning ranks: not where the model does not know the language.
    meaning: bool,
    out: String,
    /// The fields that hits show and filters use.
    fields: Vec<String>,
    notes: Notes,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let passages = PassageOptions { max_tokens: self.passage_tokens, overlap: self.overlap };
        if host::is_folder(self.corpus.path()) {
            let (folder, model, query_model) = (self.corpus.path().to_owned(), self.model.model, self.query_model);
            let base = self.corpus.base();
            let Self { out, url_pattern, compress, json, .. } = self;
            return MarkdownFolder { folder, model, query_model, out, base, url_pattern, passages, compress, json }.run();
        }
        let Corpus { documents, mut notes } = self.corpus.read(Some(&self.language))?;
        let models = self.model.read_both(self.query_model.as_deref())?;
        models.note_browsers()?;
        let encoder = models.documents.encoder()?;

        let options =
            BuildOptions { passages, language: self.language, whole_passages: self.whole_passages, ..BuildOptions::default() };
        let bar: OnceLock<Bar> = OnceLock::new();
        let start = |passages| drop(bar.set(counter("encoding", "passages", passages)));
        let progress = |passages: usize| bar.get().into_iter().for_each(|bar| bar.inc(passages as u64));
        let built = build(&documents, &encoder, &models.documents.files(), &options, start, progress)?;
        let built = models.ask(built, &documents)?;
        bar.get().into_iter().for_each(Bar::finish_and_clear);
        write_files(&self.out, built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;
        if self.compress {
            compress(&self.out)?;
        }

        let shares = Shares::of(&models, &built.manifest)?;
        let all: usize = built.files.iter().map(|(_, bytes)| bytes.len()).sum();
        if !built.manifest.meaning {
            note(&format!("note: {}", notes.say_unknown_language(&documents)));
        }
        let report = Report {
            documents: built.manifest.documents,
            passages: built.manifest.passages,
            index_bytes: all - shares.model_bytes - shares.rows_bytes - shares.documents_model_bytes,
            models: shares,
            meaning: built.manifest.meaning,
            out: self.out.display().to_string(),
            fields: field_names(&documents),
            notes,
        };
        if self.json { print_json(&report) } else { print(report.text()) }
    }
}

impl Report {
    fn text(&self) -> String {
        let Self { documents, passages, index_bytes, models, out, fields, .. } = self;
        let (index, models) = (*index_bytes as f64 / 1e3, models.text());
        let fields = if fields.is_empty() { String::new() } else { format!("fields: {}\n", fields.join(", ")) };
        format!("{documents} documents, {passages} passages: index {index:.0} KB, in {out}\n{models}{fields}")
    }
}
