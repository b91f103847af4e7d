//! `inkling encode`

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::models::ModelArg;
use super::progress::counter;
use super::said::print_bytes;
use super::{note, print_json};
use crate::encoder::{Encoded, encode_all};
use crate::error::{Error, ErrorKind, Result};
use crate::export::npy_array;
use crate::files::{OutFile, read_file};

/// Turn lines of text into vectors.
///
/// Reads one text a line from stdin (or FILE) and writes one vector a text, of unit length, in the same order.
#[derive(clap::Args)]
pub struct Args {
    /// File of texts, one a line; stdin when not given
    file: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// How to write the vectors
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// File to write to; stdout when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line: text, vector, truncated
    Jsonl,
    /// A NumPy array of f32, (texts, dim)
    Npy,
}

impl Args {
    pub fn run(self) -> Result<()> {
        let bytes = match &self.file {
            Some(file) => read_file(file)?,
            None => {
                let mut bytes = Vec::new();
                io::Read::read_to_end(&mut io::stdin(), &mut bytes)
                    .map_err(|cause| Error::new(ErrorKind::Io, "cannot read stdin").caused_by(cause))?;
                bytes
            }
        };
        let text = String::from_utf8(bytes)
            .map_err(|cause| Error::new(ErrorKind::InvalidInput, "the texts are not UTF-8").caused_by(cause))?;
        let texts: Vec<&str> = text.lines().collect();
        let encoder = self.model.read()?.encoder()?;

        let bar = counter("encoding", "texts", texts.len());
        let vectors = encode_all(&encoder, &texts, |done| bar.inc(done as u64))?;
        bar.finish_and_clear();
        let truncated = vectors.iter().filter(|encoded| encoded.truncated).count();
        if truncated > 0 {
            note(&format!("{truncated} texts are longer than the model takes ({} tokens): cut", encoder.config().max_tokens));
        }
        match (self.format, &self.out) {
            (Format::Jsonl, None) => texts.iter().zip(&vectors).try_for_each(|(text, encoded)| print_json(&line(text, encoded))),
            (Format::Jsonl, Some(out)) => {
                let lines = texts.iter().zip(&vectors).map(|(text, encoded)| format!("{}\n", line(text, encoded)));
                write_out(out, lines.collect::<String>().as_bytes())
            }
            (Format::Npy, None) => print_bytes(&npy_array(rows(&vectors), encoder.config().vector_dim())),
            (Format::Npy, Some(out)) => write_out(out, &npy_array(rows(&vectors), encoder.config().vector_dim())),
        }
    }
}

fn line(text: &str, encoded: &Encoded) -> serde_json::Value {
    json!({ "text": text, "vector": encoded.vector, "truncated": encoded.truncated })
}

fn write_out(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    let mut file = OutFile::create(path)?;
    file.put(bytes)?;
    file.finish().map(drop)
}

fn rows(vectors: &[Encoded]) -> impl ExactSizeIterator<Item = &[f32]> {
    vectors.iter().map(|encoded| encoded.vector.as_slice())
}
