//! `inkling inspect`

use std::path::PathBuf;

use serde_json::{Value, json};

use super::models::{ModelFolder, Models, is_model};
use super::{print, print_json};
use crate::engine::folder::IndexFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::files::{read_file, settle};
use crate::host;
use crate::index::manifest::{DOCUMENTS_MODEL_FOLDER, MANIFEST_FILE, MODEL_FOLDER};
use crate::model::config::{CONFIG_FILE, ModelConfig};

/// Say what a model or an index holds, and whether its files are whole.
#[derive(clap::Args)]
pub struct Args {
    /// A folder written by `inkling model pull` or `inkling index`, or a safetensors file
    path: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(self) -> Result<()> {
        settle(&self.path);
        let report = if host::exists(&self.path.join(MANIFEST_FILE)) {
            index(&IndexFolder::open(&self.path)?)?
        } else if is_model(&self.path) {
            models(&Models::read(&self.path)?)?
        } else if host::is_file(&self.path) {
            json!({ "kind": "tensors", "tensors": tensors(&read_file(&self.path)?)? })
        } else {
            let shown = self.path.display();
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{shown} is neither an index (no {MANIFEST_FILE}), nor a model (no {CONFIG_FILE}), nor a file"),
            ));
        };
        if self.json { print_json(&report) } else { print(text(&report)) }
    }
}

fn index(folder: &IndexFolder) -> Result<Value> {
    let manifest = folder.manifest();
    for file in &manifest.files {
        folder.file(&file.path)?;
    }
    let index = folder.index()?;
    let value = serde_json::to_value(manifest).map_err(|cause| Error::new(ErrorKind::Internal, "no JSON").caused_by(cause))?;
    let config = |below: &str| -> Result<Option<Value>> {
        let path = format!("{below}/{CONFIG_FILE}");
        let is_there = manifest.files.iter().any(|file| file.path == path);
        is_there.then(|| Ok(about(&ModelConfig::from_json(&folder.file(&path)?)?))).transpose()
    };
    let queries = config(MODEL_FOLDER)?;
    let documents = config(DOCUMENTS_MODEL_FOLDER)?.or_else(|| queries.clone());
    let models = json!({ "queries": queries, "documents": documents });
    Ok(json!({ "kind": "index", "dim": index.dim(), "all_files_whole": true, "models": models, "manifest": value }))
}

/// What a person wants to know of a model.
fn about(config: &ModelConfig) -> Value {
    let ModelConfig { id, source, license, card, layers, weights, tokenizer, rows, .. } = config;
    let bytes = weights.bytes + tokenizer.bytes + rows.iter().map(|rows| rows.bytes).sum::<usize>();
    json!({ "id": id, "layers": layers, "bytes": bytes, "license": license, "card": card, "source": source })
}

/// A model and, below it, what encodes documents for it, where that is another.
fn models(models: &Models) -> Result<Value> {
    let documents = model(&models.documents)?;
    let Some(queries) = &models.queries else { return Ok(documents) };
    let mut queries = model(queries)?;
    queries["documents"] = documents;
    Ok(queries)
}

fn model(folder: &ModelFolder) -> Result<Value> {
    let config = ModelConfig::from_json(&folder.config)?;
    let kernel = folder.encoder()?.kernel_name();
    let value = serde_json::to_value(&config).map_err(|cause| Error::new(ErrorKind::Internal, "no JSON").caused_by(cause))?;
    Ok(json!({ "kind": "model", "kernel_here": kernel, "config": value, "tensors": tensors(&folder.weights)? }))
}

/// Name, type and shape of each tensor of a safetensors file.
fn tensors(bytes: &[u8]) -> Result<Vec<Value>> {
    let tensors = safetensors::SafeTensors::deserialize(bytes)
        .map_err(|cause| Error::new(ErrorKind::DamagedFile, "not a whole safetensors file").caused_by(cause))?;
    let mut rows: Vec<_> = tensors.tensors();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let row = |(name, view): &(String, safetensors::tensor::TensorView)| json!({ "name": name, "type": format!("{:?}", view.dtype()), "shape": view.shape(), "bytes": view.data().len() });
    Ok(rows.iter().map(row).collect())
}

/// The report as indented `name: value` lines, rows of tables on one line each.
fn text(report: &Value) -> String {
    fn lines(value: &Value, indent: usize, to: &mut String) {
        let Value::Object(object) = value else { return };
        for (name, value) in object {
            let margin = " ".repeat(indent);
            match value {
                Value::Object(_) => {
                    *to += &format!("{margin}{name}:\n");
                    lines(value, indent + 2, to);
                }
                Value::Array(rows) => {
                    *to += &format!("{margin}{name}:\n");
                    for row in rows {
                        let cells = row.as_object().into_iter().flat_map(|row| row.values());
                        let cells: Vec<String> = cells.map(plain).collect();
                        *to += &format!("{margin}  {}\n", cells.join("  "));
                    }
                }
                other => *to += &format!("{margin}{name}: {}\n", plain(other)),
            }
        }
    }
    fn plain(value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
    let mut shown = String::new();
    lines(report, 0, &mut shown);
    shown
}
