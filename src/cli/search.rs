//! `inkling search`

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::{note, parse_pair, print, print_json};
use crate::engine::folder::IndexFolder;
use crate::engine::{Answer, DEFAULT_LIMIT, Hit, Mode, QueryOptions, Timings};
use crate::error::Result;
use crate::index::table::{Filters, texts};
use crate::index::understood::Understood;

/// Ask an index a question, as a visitor's browser would.
#[derive(clap::Args)]
pub struct Args {
    /// What to look for; "quotes" keep words together, -word leaves out
    #[arg(allow_hyphen_values = true)]
    query: String,
    /// Folder of the index, as `inkling index` writes it
    #[arg(long, value_name = "DIR", default_value = "search")]
    index: PathBuf,
    /// Most hits to show
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT)]
    limit: usize,
    /// What ranks the documents
    #[arg(long, value_enum, default_value_t = ModeArg::Hybrid)]
    mode: ModeArg,
    /// Only documents with this value in a field; may be repeated, values of one field are alternatives
    #[arg(long = "filter", value_name = "FIELD=VALUE", value_parser = parse_pair)]
    filters: Vec<(String, String)>,
    /// Order the found documents by a field instead, -FIELD for the largest first
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Show documents even when none is close to the query
    #[arg(long)]
    far: bool,
    /// Print one line of JSON; offsets are bytes of UTF-8
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArg {
    /// Words and meaning together
    Hybrid,
    /// Meaning alone
    Semantic,
    /// Words alone; needs no model
    Lexical,
}

#[derive(Serialize)]
struct Report {
    query: String,
    hits: Vec<Hit>,
    found: usize,
    mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
    understood: Vec<Understood>,
    truncated: bool,
    timings: Timings,
    kernel: Option<&'static str>,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let folder = IndexFolder::open(&self.index)?;
        let mut engine = folder.engine()?;
        if !matches!(self.mode, ModeArg::Lexical) {
            engine.set_encoder(folder.encoder()?)?;
        }
        let options = self.options();
        let (answer, hits) = engine.search_with(&self.query, &options, &folder)?;
        if answer.truncated {
            note("the query is longer than the model takes: its end was not looked at");
        }
        if !self.json {
            if let Some(corrected) = &answer.corrected {
                note(&format!("read as: {corrected}"));
            }
            if let Some(phrase) = &answer.absent {
                note(&format!("no document has \"{phrase}\": leave out the quotes"));
            }
            return print(text(&hits));
        }
        let kernel = engine.encoder().map(|encoder| encoder.kernel_name());
        let Answer { found, mode, corrected, absent, understood, truncated, timings, .. } = answer;
        print_json(&Report { query: self.query, hits, found, mode, corrected, absent, understood, truncated, timings, kernel })
    }

    fn options(&self) -> QueryOptions {
        let mode = match self.mode {
            ModeArg::Hybrid => Mode::Hybrid,
            ModeArg::Semantic => Mode::Semantic,
            ModeArg::Lexical => Mode::Lexical,
        };
        let mut filters = Filters::default();
        for (field, value) in &self.filters {
            filters.add(field, value.clone());
        }
        let (limit, sort, min_score) = (self.limit, self.sort.clone(), self.far.then_some(0.0));
        QueryOptions { limit, mode, filters, sort, min_score, ..QueryOptions::default() }
    }
}

/// Hits for people: a line with score and title, the fields, and the beginning of the passage below it.
fn text(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "No close match (--far shows the nearest)\n".to_owned();
    }
    // A line break in a title or a text would begin what looks like another hit.
    let line = |text: &str| text.replace(['\n', '\r'], " ");
    let mut text = String::new();
    for (rank, Hit { score, title, headings, url, fields, passage, .. }) in hits.iter().enumerate() {
        let start: String = passage.text.chars().take(160).collect();
        let more = if start.len() < passage.text.len() { "…" } else { "" };
        let fields: Vec<String> = fields.values().map(shown).filter(|value| !value.is_empty()).collect();
        let (fields, start) = (line(&fields.join(" · ")), line(&start));
        let path: Vec<&str> = std::iter::once(title).chain(headings).map(String::as_str).collect();
        text += &format!("{}. {}  ({score:.2})\n", rank + 1, line(&path.join(" › ")));
        text.extend(url.iter().map(|url| format!("   {}\n", line(url))));
        text += &format!("   {fields}\n   {start}{more}\n");
    }
    text
}

fn shown(value: &Value) -> String {
    texts(value).join(", ")
}
