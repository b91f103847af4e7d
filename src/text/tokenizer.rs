//! Text to token ids: the steps of a model's pipeline, cut at the model's own limit and framed as it wants them.
//!
//! Batches are packed without padding.

use std::collections::HashSet;
use std::ops::Range;

use miniserde::Deserialize;
#[cfg(feature = "fs")]
use serde_json::Value;
use tokenizers::{Encoding, OffsetType};

#[cfg(feature = "import")]
pub use super::published::packed;

#[cfg(feature = "fs")]
use super::unigram::{Pipeline, Unigram};
#[cfg(not(feature = "fs"))]
use super::wordpiece::WordPiece as Pipeline;
use super::wordpiece::{Frame, WordPiece};
use crate::error::{Error, ErrorKind, Result};
use crate::json;

/// The type of SentencePiece's models, in their files.
pub(super) const KIND_UNIGRAM: &str = "Unigram";

/// A text is tokenized in pieces of at most this many bytes.
const PIECE_BYTES: usize = 16 << 10;

/// The token ids of one text, framed as the model wants them (`[CLS]` … `[SEP]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIds {
    /// One id a token, at most the model's limit.
    pub ids: Vec<u32>,
    /// Whether the text was longer than the limit and its end is not in `ids`.
    pub truncated: bool,
}

/// How well a vocabulary knows the words of some texts: words of letters, and those of them that it has whole.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Familiarity {
    words: usize,
    whole: usize,
}

/// Share of a corpus's words that a vocabulary must have whole. Of thirteen collections in English, 85 to 96 %; of German 41 %, of
/// Chinese 11 %; of sentences in French and Spanish 64 %, in other languages less (`docs/ranking.md`).
const WHOLE_MIN: f64 = 0.7;

/// So many words are taken for known beforehand: a handful of names says nothing about a language.
const WORDS_GIVEN: usize = 20;

impl Familiarity {
    /// Counts a word, if it is one.
    pub(super) fn count(&mut self, is_word: bool, is_whole: bool) {
        self.words += usize::from(is_word);
        self.whole += usize::from(is_word && is_whole);
    }

    /// Counts the words of one more text.
    pub fn add(&mut self, other: Self) {
        self.words += other.words;
        self.whole += other.whole;
    }

    /// Whether a model of this vocabulary can know the language of a corpus that was counted.
    pub fn knows_corpus(&self) -> bool {
        (self.whole + WORDS_GIVEN) as f64 >= WHOLE_MIN * (self.words + WORDS_GIVEN) as f64
    }
}

/// The steps from a text to its tokens. Browsers' modules make no object of them: they then have only those that they take.
pub trait Steps {
    /// The tokens of a text, without special ones and without a limit.
    fn run(&self, text: &str, offsets: OffsetType) -> tokenizers::Result<Encoding>;
    /// The last place in a text, but its start, where it may be cut into two that have the same tokens.
    fn last_end(&self, text: &str) -> Option<usize>;
    /// Whether a word is a token of its own.
    fn is_word(&self, word: &str) -> bool;
    /// The words of a text that was run.
    fn familiarity(&self, encoding: &Encoding) -> Familiarity;
    /// The id in place of what is unknown.
    fn unknown(&self) -> Option<u32>;
    /// The ids that stand for nothing.
    fn unused(&self) -> HashSet<u32>;
    /// The largest id.
    fn largest(&self) -> Option<u32>;
}

/// A tokenizer with the model's own length limit.
pub struct Tokenizer {
    steps: Pipeline,
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    max_tokens: usize,
    /// One more than the largest id.
    vocab_size: usize,
    /// What the model wants before a query, and before a passage.
    prompts: [String; 2],
    passage_prefix_tokens: usize,
}

impl Tokenizer {
    /// Reads the tokenizer of a packed model; texts will be cut at `max_tokens`, the special tokens included.
    ///
    /// # Errors
    /// `unsupported-tokenizer` when the file is neither of a BERT WordPiece pipeline nor, where such are built in, of one of Unigram, or its
    /// special tokens contradict its vocabulary.
    pub fn read(file: &[u8], max_tokens: usize) -> Result<Self> {
        let (steps, Frame { before: prefix, after: suffix }) = match WordPiece::read(file)? {
            Some((steps, frame)) => (Pipeline::from(steps), frame),
            None => other_steps(file)?,
        };
        if prefix.len() + suffix.len() >= max_tokens {
            return Err(Error::new(ErrorKind::InvalidInput, format!("a limit of {max_tokens} tokens leaves no room for text")));
        }
        // Ids may have gaps.
        let largest = prefix.iter().chain(&suffix).copied().chain(steps.largest()).max();
        let vocab_size = largest.map_or(0, |id| id as usize + 1);
        let (prompts, passage_prefix_tokens) = Default::default();
        Ok(Self { steps, prefix, suffix, max_tokens, vocab_size, prompts, passage_prefix_tokens })
    }

    /// Reads a `tokenizer.json`, as its makers published it.
    ///
    /// # Errors
    /// Those of [`packed`] and of [`Tokenizer::read`].
    #[cfg(feature = "import")]
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        Self::read(&packed(json)?, max_tokens)
    }

    /// Sets what the model wants before a query and before a passage. [`Tokenizer::encode`] takes texts as they are.
    ///
    /// # Errors
    /// `invalid-input` for prefixes that leave no room for a text.
    pub fn set_prompts(&mut self, query: &str, passage: &str) -> Result<()> {
        let tokens = |prompt: &str| self.offsets(prompt).map(|tokens| tokens.len());
        let (of_query, of_passage) = (tokens(query)?, tokens(passage)?);
        if of_query.max(of_passage) >= self.max_content_tokens() {
            let what = format!("the model's prefixes have {of_query} and {of_passage} tokens, which leaves no room for a text");
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        self.prompts = [query.to_owned(), passage.to_owned()];
        self.passage_prefix_tokens = of_passage;
        Ok(())
    }

    /// What goes before a query.
    pub fn query_prefix(&self) -> &str {
        &self.prompts[0]
    }

    /// What goes before a passage.
    pub fn passage_prefix(&self) -> &str {
        &self.prompts[1]
    }

    /// How many tokens of a passage fit beside the special ones and the prefix.
    pub fn max_passage_tokens(&self) -> usize {
        self.max_content_tokens() - self.passage_prefix_tokens
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
        self.vocab_size
    }

    /// Whether a word is in the vocabulary as a whole: the model has met it often.
    pub fn is_word(&self, word: &str) -> bool {
        self.steps.is_word(word)
    }

    /// How well the vocabulary knows the words of a text, without a limit.
    pub fn familiarity(&self, text: &str) -> Result<Familiarity> {
        // Without offsets the tokens come without their words.
        let encoding = self.steps.run(text, OffsetType::Byte).map_err(|cause| failed(text, cause))?;
        Ok(self.steps.familiarity(&encoding))
    }

    /// The ids of the tokens that are put around each text, and of the one in place of an unknown word.
    pub fn special(&self) -> impl Iterator<Item = u32> + '_ {
        self.prefix.iter().chain(&self.suffix).copied().chain(self.steps.unknown())
    }

    /// The first so many ids, without those that stand for nothing (`[unused0]` and so on).
    pub fn common(&self, count: usize) -> impl Iterator<Item = u32> {
        let unused = self.steps.unused();
        (0..self.vocab_size as u32).filter(move |id| !unused.contains(id)).take(count)
    }

    /// The ids of all tokens of a text, without special tokens and without a limit.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        for piece in self.pieces(text) {
            let encoding = self.steps.run(&text[piece], OffsetType::None).map_err(|cause| failed(text, cause))?;
            ids.extend_from_slice(encoding.get_ids());
        }
        Ok(ids)
    }

    /// The token ids of a text, special tokens included, cut at the model's limit.
    pub fn encode(&self, text: &str) -> Result<TokenIds> {
        let (most, mut content) = (self.max_content_tokens(), Vec::new());
        for piece in self.pieces(text) {
            let encoding = self.steps.run(&text[piece], OffsetType::None).map_err(|cause| failed(text, cause))?;
            content.extend_from_slice(encoding.get_ids());
            // What comes after is not looked at.
            if content.len() > most {
                break;
            }
        }
        let kept = content.len().min(most);
        let ids = [&self.prefix, &content[..kept], &self.suffix].concat();
        Ok(TokenIds { ids, truncated: kept < content.len() })
    }

    /// The byte range of every token in a text, without special tokens and without a limit.
    ///
    /// Tokens that continue a word carry `true`: a text should not be cut before them.
    pub fn offsets(&self, text: &str) -> Result<Vec<(Range<usize>, bool)>> {
        let mut offsets = Vec::new();
        for piece in self.pieces(text) {
            let first = piece.start;
            let encoding = self.steps.run(&text[piece], OffsetType::Byte).map_err(|cause| failed(text, cause))?;
            let mut previous_word = None;
            let tokens = encoding.get_offsets().iter().zip(encoding.get_word_ids());
            offsets.extend(tokens.map(|(&(start, end), &word)| {
                let continues = word.is_some() && word == previous_word;
                previous_word = word;
                (first + start..first + end, continues)
            }));
        }
        Ok(offsets)
    }

    /// A text in pieces that have the tokens of the whole: the steps keep some hundred bytes for each byte that they are given.
    ///
    /// A piece ends where words do: behind white space, or before a Chinese character or an ASCII punctuation mark, which are words of
    /// their own, unless an added token may be cut there. A word of more than a piece is cut: the model knows none of that length.
    fn pieces<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let rest = &text[start..];
            let most = rest.floor_char_boundary(PIECE_BYTES);
            let end = if most == rest.len() { most } else { self.steps.last_end(&rest[..most]).unwrap_or(most) };
            next = (end < rest.len()).then_some(start + end);
            Some(start..start + end)
        })
    }
}

/// The ids that a post-processor puts before and after a single text.
#[cfg(feature = "fs")]
pub(super) fn frame(post_processor: &Value) -> Result<(Vec<u32>, Vec<u32>)> {
    match post_processor["type"].as_str() {
        Some("TemplateProcessing") => template_frame(post_processor),
        Some("BertProcessing" | "RobertaProcessing") => {
            Ok((vec![token_id(&post_processor["cls"][1])?], vec![token_id(&post_processor["sep"][1])?]))
        }
        _ => Err(unsupported("post_processor is neither TemplateProcessing nor BertProcessing")),
    }
}

#[cfg(feature = "fs")]
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

#[cfg(feature = "fs")]
fn token_id(value: &Value) -> Result<u32> {
    let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| unsupported("a special token of post_processor has no id"))
}

/// The steps of another pipeline than BERT's.
#[cfg(feature = "fs")]
fn other_steps(json: &[u8]) -> Result<(Pipeline, Frame)> {
    if kind_of(json).as_deref() != Some(KIND_UNIGRAM) {
        return Err(other_kind(json));
    }
    let (steps, post_processor) = Unigram::from_json(json)?;
    let (before, after) = frame(&post_processor)?;
    Ok((Pipeline::Unigram(Box::new(steps)), Frame { before, after }))
}

/// None: such a file is refused by its name.
#[cfg(not(feature = "fs"))]
fn other_steps(json: &[u8]) -> Result<(Pipeline, Frame)> {
    Err(other_kind(json))
}

/// The type of a file's model, where that has a name.
pub(super) fn kind_of(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: Kind,
    }
    #[derive(Deserialize)]
    struct Kind {
        r#type: Option<String>,
    }
    json::read(json).and_then(|Named { model }| model.r#type)
}

/// Whether the modules that browsers load have the steps of a tokenizer.
#[cfg(feature = "fs")]
pub fn runs_in_browsers(file: &[u8]) -> bool {
    kind_of(file).is_none_or(|kind| kind != KIND_UNIGRAM)
}

/// The error for a pipeline that is not built in, by its name.
pub(super) fn other_kind(json: &[u8]) -> Error {
    let of_bert = "the WordPiece pipeline of a BERT model (BertNormalizer, BertPreTokenizer, WordPiece)";
    let what = match kind_of(json).as_deref() {
        Some(KIND_UNIGRAM) => {
            "the tokenizer is of the type Unigram, which the command line reads and no browser: words alone answer there".into()
        }
        Some(kind) => format!("the tokenizer is of the type {kind} and not {of_bert}"),
        None => format!("the tokenizer is not {of_bert}"),
    };
    Error::new(ErrorKind::UnsupportedTokenizer, what)
}

pub(super) fn unsupported(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::UnsupportedTokenizer, format!("the tokenizer cannot be used: {what}"))
}

pub(super) fn failed(text: &str, cause: tokenizers::Error) -> Error {
    let start: String = text.chars().take(40).collect();
    Error::new(ErrorKind::Internal, format!("cannot tokenize the text that begins {start:?}")).caused_by(cause)
}
