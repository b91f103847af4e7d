//! Vectors of texts that were encoded before, so that a change of the word index costs no minutes of encoding.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use inkling_search::encoder::{Encoder, encode_all};
use inkling_search::hash::Digest;

use crate::Outcome;

/// The vectors of a model by the hashes of their texts, kept in a file that bears the hash of its weights.
pub struct Cache<'a> {
    pub encoder: &'a Encoder,
    file: PathBuf,
    known: HashMap<String, Vec<f32>>,
}

impl<'a> Cache<'a> {
    /// What a folder has of an encoder's vectors.
    pub fn open(folder: &Path, encoder: &'a Encoder) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let file = folder.join(format!("{}.vectors", &encoder.config().weights.sha256[..12]));
        let bytes = if file.exists() { fs::read(&file)? } else { Vec::new() };
        let record = 64 + 4 * encoder.config().dim;
        let known = bytes.chunks_exact(record).map(|record| {
            let (key, vector) = record.split_at(64);
            let vector = vector.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            (String::from_utf8_lossy(key).into_owned(), vector.collect())
        });
        Ok(Self { encoder, file, known: known.collect() })
    }

    /// The vectors of some texts; those that are new are encoded and kept.
    pub fn vectors(&mut self, texts: &[String]) -> Outcome<Vec<Vec<f32>>> {
        let keys: Vec<String> = texts.iter().map(|text| Digest::of(text.as_bytes()).sha256).collect();
        let mut seen = HashSet::new();
        let missing: Vec<usize> =
            (0..texts.len()).filter(|&at| !self.known.contains_key(&keys[at]) && seen.insert(&keys[at])).collect();
        if !missing.is_empty() {
            eprintln!("  encoding {} texts", missing.len());
            let new: Vec<&String> = missing.iter().map(|&at| &texts[at]).collect();
            let encoded = encode_all(self.encoder, &new, |_| ())?;
            let mut bytes = Vec::new();
            for (&at, encoded) in missing.iter().zip(encoded) {
                bytes.extend_from_slice(keys[at].as_bytes());
                encoded.vector.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                self.known.insert(keys[at].clone(), encoded.vector);
            }
            use std::io::Write;
            fs::OpenOptions::new().create(true).append(true).open(&self.file)?.write_all(&bytes)?;
        }
        Ok(keys.iter().map(|key| self.known[key].clone()).collect())
    }
}
