//! Text to tokens by a Unigram model of SentencePiece, as XLM-R and its relatives have it: the whole pipeline of the `tokenizers` crate.
//!
//! It is built in where the size of a program hardly matters: the modules that browsers load do without.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::{Encoding, Model, ModelWrapper, OffsetType};

use super::tokenizer::{Familiarity, Steps, unsupported};
use super::wordpiece::WordPiece;
use crate::error::Result;

/// What stands for the space before a word.
const SPACE: char = '▁';

/// A pipeline whose model is Unigram.
pub struct Unigram {
    pipeline: tokenizers::Tokenizer,
    unknown: u32,
}

impl Unigram {
    /// Reads a `tokenizer.json`; also gives its post-processor.
    ///
    /// # Errors
    /// `unsupported-tokenizer` for what the `tokenizers` crate does not read, and for a model that is not Unigram.
    pub fn from_json(json: &[u8]) -> Result<(Self, Value)> {
        #[derive(Deserialize)]
        struct File {
            post_processor: Value,
            model: Entry,
        }
        #[derive(Deserialize)]
        struct Entry {
            unk_id: Option<u32>,
        }
        let mut pipeline =
            tokenizers::Tokenizer::from_bytes(json).map_err(|cause| unsupported("it cannot be read").caused_by(cause))?;
        let File { post_processor, model } =
            serde_json::from_slice(json).map_err(|cause| unsupported("it has no post_processor").caused_by(cause))?;
        if !matches!(pipeline.get_model(), ModelWrapper::Unigram(_)) {
            return Err(unsupported("its model is not Unigram"));
        }
        let unknown = model.unk_id.ok_or_else(|| unsupported("its model has no token for what is unknown"))?;
        // Files carry limits of their own, which do not count.
        pipeline.with_truncation(None).map_err(|cause| unsupported("its limit cannot be taken off").caused_by(cause))?;
        pipeline.with_padding(None);
        Ok((Self { pipeline, unknown }, post_processor))
    }
}

impl Steps for Unigram {
    fn run(&self, text: &str, offsets: OffsetType) -> tokenizers::Result<Encoding> {
        match offsets {
            OffsetType::None => self.pipeline.encode_fast(text, false),
            _ => self.pipeline.encode(text, false),
        }
    }

    /// Before a single space between two words: with it the second begins as it does in the whole.
    fn last_end(&self, text: &str) -> Option<usize> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric();
        let bytes = text.as_bytes();
        (1..bytes.len().saturating_sub(1))
            .rev()
            .find(|&at| bytes[at] == b' ' && is_plain(bytes[at - 1]) && is_plain(bytes[at + 1]))
    }

    fn is_word(&self, word: &str) -> bool {
        let model = self.pipeline.get_model();
        model.token_to_id(&format!("{SPACE}{word}")).or_else(|| model.token_to_id(word)).is_some()
    }

    /// Whole are those that no piece is unknown of: a model of many languages has hardly any word as one token.
    fn familiarity(&self, encoding: &Encoding) -> Familiarity {
        let tokens = encoding.get_tokens().iter().zip(encoding.get_ids()).zip(encoding.get_word_ids());
        let tokens: Vec<(&str, u32, Option<u32>)> = tokens.map(|((token, &id), &word)| (token.as_str(), id, word)).collect();
        let mut found = Familiarity::default();
        for word in tokens.chunk_by(|a, b| a.2.is_some() && a.2 == b.2) {
            let is_lost = word.iter().any(|&(_, id, _)| id == self.unknown);
            found.count(is_lost || word.iter().any(|(token, ..)| token.contains(char::is_alphabetic)), !is_lost);
        }
        found
    }

    fn unknown(&self) -> Option<u32> {
        Some(self.unknown)
    }

    /// None: the likeliest come first.
    fn unused(&self) -> HashSet<u32> {
        HashSet::new()
    }

    fn largest(&self) -> Option<u32> {
        self.pipeline.get_vocab(true).into_values().max()
    }
}

/// The steps of either kind.
pub enum Pipeline {
    /// Those of BERT.
    WordPiece(Box<WordPiece>),
    /// Those of XLM-R.
    Unigram(Box<Unigram>),
}

impl From<WordPiece> for Pipeline {
    fn from(steps: WordPiece) -> Self {
        Self::WordPiece(Box::new(steps))
    }
}

impl Pipeline {
    fn steps(&self) -> &dyn Steps {
        match self {
            Self::WordPiece(steps) => &**steps,
            Self::Unigram(steps) => &**steps,
        }
    }
}

impl Steps for Pipeline {
    fn run(&self, text: &str, offsets: OffsetType) -> tokenizers::Result<Encoding> {
        self.steps().run(text, offsets)
    }

    fn last_end(&self, text: &str) -> Option<usize> {
        self.steps().last_end(text)
    }

    fn is_word(&self, word: &str) -> bool {
        self.steps().is_word(word)
    }

    fn familiarity(&self, encoding: &Encoding) -> Familiarity {
        self.steps().familiarity(encoding)
    }

    fn unknown(&self) -> Option<u32> {
        self.steps().unknown()
    }

    fn unused(&self) -> HashSet<u32> {
        self.steps().unused()
    }

    fn largest(&self) -> Option<u32> {
        self.steps().largest()
    }
}
