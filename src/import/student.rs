//! The query encoders that this project has made for models of others, where they are fetched from.

use crate::error::{Error, ErrorKind, Result};
use crate::hash::hex_sha256;
use crate::import::pull::{FetchOptions, Progress, fetch_files};
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE};

/// A query encoder, and whom it is for.
struct Student {
    /// The family of the model that encodes the documents.
    family: &'static str,
    /// Where the hub has it, packed: the folder of `models/` with all that is in it.
    repository: &'static str,
    /// The SHA-256 of its `config.json`, which has those of the others.
    config: &'static str,
}

const STUDENTS: [Student; 1] = [Student {
    family: "760c7099aa9c864b0db08b42e3403b880580a9a6cc09b2ed04879189b91e8479",
    repository: "inkling-search/all-MiniLM-L6-v2-query",
    config: "c7bdd9ee2040428de83426ed09e8f64106a382b56263e19550bed101de496914",
}];

/// The revision of this program's version: what is fetched is what was released with it.
const REVISION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The files of a packed model.
pub struct PackedFiles {
    /// `config.json`.
    pub config: Vec<u8>,
    /// The tokenizer.
    pub tokenizer: Vec<u8>,
    /// The weights.
    pub weights: Vec<u8>,
}

/// Fetches what was made to encode queries for a family of models; nothing where there is no such encoder.
///
/// # Errors
/// Those of a pull, and `hash-mismatch` for files other than those of this version.
pub fn fetch(family: &str, options: &FetchOptions, progress: &mut dyn Progress) -> Result<Option<PackedFiles>> {
    STUDENTS.iter().find(|student| student.family == family).map(|student| student.fetch(options, progress)).transpose()
}

impl Student {
    fn fetch(&self, options: &FetchOptions, progress: &mut dyn Progress) -> Result<PackedFiles> {
        let names = [CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE];
        let mut files = fetch_files(self.repository, REVISION, &names, options, progress)?;
        let [config, tokenizer, weights] = names.map(|name| files.remove(name).unwrap_or_default());
        if hex_sha256(&config) != self.config {
            let what = format!("{} is not what this version of Inkling was released with", self.repository);
            return Err(Error::new(ErrorKind::HashMismatch, what));
        }
        let promised = ModelConfig::from_json(&config)?;
        promised.tokenizer.verify(TOKENIZER_FILE, &tokenizer)?;
        promised.weights.verify(WEIGHTS_FILE, &weights)?;
        Ok(PackedFiles { config, tokenizer, weights })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_is_what_the_repository_ships() {
        let config = include_bytes!("../../models/all-MiniLM-L6-v2-query/config.json");
        assert_eq!(hex_sha256(config), STUDENTS[0].config);
        assert_eq!(ModelConfig::from_json(config).unwrap().family, STUDENTS[0].family);
    }
}
