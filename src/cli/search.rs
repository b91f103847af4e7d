//! `inkling search`

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{print, print_json};
use crate::encoder::{Encoder, ModelFiles};
use crate::engine::{DEFAULT_LIMIT, Engine, Hit, Timings};
use crate::error::Result;
use crate::index::folder::IndexFolder;
use crate::index::manifest::MODEL_FOLDER;
use crate::model::config::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};

/// Ask an index a question, as a visitor's browser would.
#[derive(clap::Args)]
pub struct Args {
    /// What to look for
    query: String,
    /// Folder of the index, as `inkling index` writes it
    #[arg(long, value_name = "DIR", default_value = "search")]
    index: PathBuf,
    /// Most hits to show
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT)]
    limit: usize,
    /// Print one line of JSON; passage offsets are bytes of UTF-8
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    query: String,
    hits: Vec<Hit>,
    mode: &'static str,
    truncated: bool,
    timings: Timings,
    kernel: &'static str,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let folder = IndexFolder::open(&self.index)?;
        let file = |name: &str| folder.file(&format!("{MODEL_FOLDER}/{name}"));
        let (config, tokenizer, weights) = (file(CONFIG_FILE)?, file(TOKENIZER_FILE)?, file(WEIGHTS_FILE)?);
        let encoder = Encoder::load(&ModelFiles { config: &config, tokenizer: &tokenizer, weights: &weights })?;
        let kernel = encoder.kernel();
        let mut engine = Engine::new(folder.manifest().clone(), folder.vectors()?)?;
        engine.set_encoder(encoder)?;

        let answer = pollster::block_on(engine.query(&self.query, self.limit))?;
        let show = |hit| engine.show(hit, &folder.document(hit.document)?);
        let hits = answer.hits.iter().map(show).collect::<Result<Vec<_>>>()?;
        if answer.truncated {
            eprintln!("the query is longer than the model takes: its end was not looked at");
        }
        if !self.json {
            return print(text(&hits));
        }
        let (truncated, timings) = (answer.truncated, answer.timings);
        print_json(&Report { query: self.query, hits, mode: "semantic", truncated, timings, kernel })
    }
}

/// Hits for people: a line with score, title and fields, and the beginning of the passage below it.
fn text(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "nothing found\n".to_owned();
    }
    let mut text = String::new();
    for (rank, Hit { score, title, fields, passage, .. }) in hits.iter().enumerate() {
        let start: String = passage.text.chars().take(160).collect();
        let more = if start.len() < passage.text.len() { "…" } else { "" };
        let fields = shown(fields);
        text += &format!("{}. {title}  ({score:.3})\n   {fields}\n   {start}{more}\n", rank + 1);
    }
    text
}

fn shown(fields: &Map<String, Value>) -> String {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    fields.values().map(plain).collect::<Vec<_>>().join(" · ")
}
