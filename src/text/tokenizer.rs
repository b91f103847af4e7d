//! Text to token ids, by the `tokenizers` crate in its typed form.
//!
//! The typed pipeline links only what a BERT model uses, which makes the wasm a third smaller than the crate's `Tokenizer`.
//! Truncation and padding that a `tokenizer.json` carries are ignored on purpose: shipped files hold arbitrary ones. The
//! limit is the model's own, and batches are packed without padding.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, TokenizerImpl};

use crate::error::{Error, ErrorKind, Result};

type Pipeline = TokenizerImpl<WordPiece, BertNormalizer, BertPreTokenizer, TemplateProcessing, WordPieceDecoder>;

/// The token ids of one text, framed as the model wants them (`[CLS]` … `[SEP]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIds {
    /// One id a token, at most the model's limit.
    pub ids: Vec<u32>,
    /// Whether the text was longer than the limit and its end is not in `ids`.
    pub truncated: bool,
}

/// A BERT WordPiece tokenizer with the model's own length limit.
pub struct Tokenizer {
    pipeline: Pipeline,
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    max_tokens: usize,
}

/// The parts of a `tokenizer.json` that this pipeline uses.
#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    added_tokens: Vec<AddedTokenEntry>,
    normalizer: BertNormalizer,
    pre_tokenizer: BertPreTokenizer,
    post_processor: Value,
    model: WordPiece,
}

#[derive(Deserialize)]
struct AddedTokenEntry {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`; texts will be cut at `max_tokens`, the special tokens included.
    ///
    /// # Errors
    /// `unsupported-tokenizer` when the file is not a BERT WordPiece pipeline or its special tokens contradict its
    /// vocabulary.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        let file: TokenizerFile = serde_json::from_slice(json).map_err(|cause| {
            Error::new(
                ErrorKind::UnsupportedTokenizer,
                "tokenizer.json is not the WordPiece pipeline of a BERT model (BertNormalizer, BertPreTokenizer, WordPiece)",
            )
            .caused_by(cause)
        })?;
        let (prefix, suffix) = frame(&file.post_processor)?;
        if prefix.len() + suffix.len() >= max_tokens {
            return Err(Error::new(ErrorKind::InvalidInput, format!("a limit of {max_tokens} tokens leaves no room for text")));
        }
        let mut pipeline = Pipeline::new(file.model);
        pipeline.with_normalizer(Some(file.normalizer)).with_pre_tokenizer(Some(file.pre_tokenizer));
        for entry in file.added_tokens {
            // A token outside the model's vocabulary would get an id of the crate's choosing: refuse it.
            if pipeline.token_to_id(&entry.token.content) != Some(entry.id) {
                let content = &entry.token.content;
                return Err(unsupported(format!("added token {content:?} is not in the vocabulary as number {}", entry.id)));
            }
            pipeline.add_special_tokens(&[entry.token]);
        }
        Ok(Self { pipeline, prefix, suffix, max_tokens })
    }

    /// The largest number of tokens [`Tokenizer::encode`] returns.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// How many tokens of a text fit beside the special ones.
    pub fn max_content_tokens(&self) -> usize {
        self.max_tokens - self.prefix.len() - self.suffix.len()
    }

    /// One more than the largest token id this tokenizer can return.
    pub fn vocab_size(&self) -> usize {
        self.pipeline.get_vocab_size(true)
    }

    /// The token ids of a text, special tokens included, cut at the model's limit.
    pub fn encode(&self, text: &str) -> Result<TokenIds> {
        let encoding = self.pipeline.encode_fast(text, false).map_err(|cause| failed(text, cause))?;
        let content = encoding.get_ids();
        let kept = content.len().min(self.max_content_tokens());
        let ids = [&self.prefix, &content[..kept], &self.suffix].concat();
        Ok(TokenIds { ids, truncated: kept < content.len() })
    }

    /// The byte range of every token in a text, without special tokens and without a limit.
    ///
    /// Tokens that continue a word carry `true`: a text should not be cut before them.
    pub fn offsets(&self, text: &str) -> Result<Vec<(Range<usize>, bool)>> {
        let encoding = self.pipeline.encode(text, false).map_err(|cause| failed(text, cause))?;
        let mut previous_word = None;
        let tokens = encoding.get_offsets().iter().zip(encoding.get_word_ids());
        Ok(tokens
            .map(|(&(start, end), &word)| {
                let continues = word.is_some() && word == previous_word;
                previous_word = word;
                (start..end, continues)
            })
            .collect())
    }
}

/// The ids that a post-processor puts before and after a single text.
fn frame(post_processor: &Value) -> Result<(Vec<u32>, Vec<u32>)> {
    match post_processor["type"].as_str() {
        Some("TemplateProcessing") => template_frame(post_processor),
        Some("BertProcessing") => Ok((vec![token_id(&post_processor["cls"][1])?], vec![token_id(&post_processor["sep"][1])?])),
        _ => Err(unsupported("post_processor is neither TemplateProcessing nor BertProcessing")),
    }
}

fn template_frame(post_processor: &Value) -> Result<(Vec<u32>, Vec<u32>)> {
    let pieces = post_processor["single"].as_array().ok_or_else(|| unsupported("post_processor has no template \"single\""))?;
    let (mut prefix, mut suffix, mut text_seen) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        if piece.get("Sequence").is_some() {
            text_seen = true;
            continue;
        }
        let name = piece["SpecialToken"]["id"].as_str().unwrap_or_default();
        let ids = post_processor["special_tokens"][name]["ids"].as_array().map(Vec::as_slice).unwrap_or_default();
        let side = if text_seen { &mut suffix } else { &mut prefix };
        for id in ids {
            side.push(token_id(id)?);
        }
    }
    if text_seen { Ok((prefix, suffix)) } else { Err(unsupported("the template \"single\" has no place for the text")) }
}

fn token_id(value: &Value) -> Result<u32> {
    let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| unsupported("a special token of post_processor has no id"))
}

fn unsupported(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::UnsupportedTokenizer, format!("tokenizer.json cannot be used: {what}"))
}

fn failed(text: &str, cause: tokenizers::Error) -> Error {
    let start: String = text.chars().take(40).collect();
    Error::new(ErrorKind::Internal, format!("cannot tokenize the text that begins {start:?}")).caused_by(cause)
}
