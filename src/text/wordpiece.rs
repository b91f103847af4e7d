//! The steps of a BERT from text to tokens: WordPiece, by the parts of the `tokenizers` crate.
//!
//! They are joined here and not by the crate's own `Tokenizer`: its added vocabulary links regular expressions, which are
//! more than a third of the compressed wasm and take milliseconds to start. That both give the same is tested. Truncation and padding that
//! a `tokenizer.json` carries are ignored on purpose: shipped files hold arbitrary ones.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use miniserde::Deserialize;
use serde_json::Value;
use tokenizers::models::wordpiece::WordPiece as Pieces;
use tokenizers::normalizer::Range as SliceRange;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{Encoding, Model, NormalizedString, Normalizer, OffsetType, PreTokenizedString, PreTokenizer, Token};

use super::tokenizer::{Familiarity, Steps, failed, unsupported};
use crate::error::Result;
use crate::json::{self, Any};

/// The steps of BERT.
pub struct WordPiece {
    normalizer: BertNormalizer,
    pre_tokenizer: BertPreTokenizer,
    model: Pieces,
    /// Tokens that are found in a text as it is written, and in its normalized form.
    added: [Vec<AddedContent>; 2],
}

impl WordPiece {
    /// Reads a `tokenizer.json`; also gives its post-processor. Nothing where the file is of another pipeline.
    ///
    /// # Errors
    /// `unsupported-tokenizer` for added tokens that contradict its vocabulary.
    pub fn from_json(json: &[u8]) -> Result<Option<(Self, Value)>> {
        let read = json::read(json).and_then(|mut file: TokenizerFile| Some((file.steps()?, file)));
        let Some(((normalizer, model), file)) = read else { return Ok(None) };
        let added = added_contents(file.added_tokens.unwrap_or_default(), &model, &normalizer)?;
        Ok(Some((Self { normalizer, pre_tokenizer: BertPreTokenizer, model, added }, file.post_processor.0)))
    }
}

/// The parts of a `tokenizer.json` that this pipeline uses. The crate's own readers of them are `serde`'s, which is a tenth of the module
/// that encodes.
#[derive(Deserialize)]
struct TokenizerFile {
    added_tokens: Option<Vec<AddedTokenEntry>>,
    normalizer: NormalizerEntry,
    pre_tokenizer: PreTokenizerEntry,
    post_processor: Any,
    model: ModelEntry,
}

#[derive(Deserialize)]
struct NormalizerEntry {
    r#type: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct PreTokenizerEntry {
    r#type: String,
}

#[derive(Deserialize)]
struct ModelEntry {
    r#type: Option<String>,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct AddedTokenEntry {
    id: u32,
    content: String,
    single_word: bool,
    normalized: bool,
}

impl TokenizerFile {
    /// The normalizer and the model; nothing where the file is of another pipeline.
    fn steps(&mut self) -> Option<(BertNormalizer, Pieces)> {
        let NormalizerEntry { r#type, clean_text, handle_chinese_chars, strip_accents, lowercase } = &self.normalizer;
        let model = &mut self.model;
        let is_bert = r#type == "BertNormalizer"
            && self.pre_tokenizer.r#type == "BertPreTokenizer"
            && model.r#type.as_ref().is_none_or(|model| model == "WordPiece");
        // An empty one, of the type that the builder takes.
        let mut vocab = Pieces::read_bytes(&[]).ok()?;
        vocab.extend(std::mem::take(&mut model.vocab));
        let normalizer = BertNormalizer::new(*clean_text, *handle_chinese_chars, *strip_accents, *lowercase);
        let pieces = Pieces::builder()
            .vocab(vocab)
            .unk_token(std::mem::take(&mut model.unk_token))
            .continuing_subword_prefix(std::mem::take(&mut model.continuing_subword_prefix))
            .max_input_chars_per_word(model.max_input_chars_per_word);
        Some((normalizer, pieces.build().ok()?)).filter(|_| is_bert)
    }
}

/// A token that is taken whole wherever a text holds it, as `[SEP]`.
struct AddedContent {
    content: String,
    id: u32,
}

impl Steps for WordPiece {
    fn last_end(&self, text: &str) -> Option<usize> {
        let in_added = |c: char| self.added.iter().flatten().any(|token| token.content.contains(c));
        // Other white space may be a control character, which goes without parting words.
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}');
        let is_chinese = |c: char| self.normalizer.handle_chinese_chars && ('\u{4E00}'..='\u{9FFF}').contains(&c);
        let is_word = |c: char| c.is_ascii_punctuation() || is_chinese(c);
        let ends = |&(at, c): &(usize, char)| at > 0 && (is_space(c) || is_word(c)) && !in_added(c);
        let (at, c) = text.char_indices().rev().find(ends)?;
        Some(if is_space(c) { at + c.len_utf8() } else { at })
    }

    // In their order: added tokens, normalization, words, pieces of words.
    fn run(&self, text: &str, offsets: OffsetType) -> tokenizers::Result<Encoding> {
        let [written, normalized] = &self.added;
        let mut pieces = PreTokenizedString::from(text);
        pieces.split(|_, piece| split_added(&piece, written))?;
        pieces.normalize(|piece| self.normalizer.normalize(piece))?;
        pieces.split(|_, piece| split_added(&piece, normalized))?;
        self.pre_tokenizer.pre_tokenize(&mut pieces)?;
        pieces.tokenize(|word| self.model.tokenize(word.get()))?;
        pieces.into_encoding(None, 0, offsets)
    }

    fn is_word(&self, word: &str) -> bool {
        self.model.token_to_id(word).is_some()
    }

    fn familiarity(&self, encoding: &Encoding) -> Familiarity {
        let mut found = Familiarity::default();
        let tokens: Vec<(&str, Option<u32>)> =
            encoding.get_tokens().iter().map(String::as_str).zip(encoding.get_word_ids().iter().copied()).collect();
        for word in tokens.chunk_by(|a, b| a.1.is_some() && a.1 == b.1) {
            let is_lost = word[0].0 == self.model.unk_token;
            let has_letters = word.iter().any(|(piece, _)| piece.contains(char::is_alphabetic));
            found.count(is_lost || has_letters, !is_lost && word.len() == 1);
        }
        found
    }

    fn unknown(&self) -> Option<u32> {
        self.model.token_to_id(&self.model.unk_token)
    }

    fn unused(&self) -> HashSet<u32> {
        let is_unused = |(token, _): &(String, u32)| token.starts_with("[unused");
        self.model.get_vocab().into_iter().filter(is_unused).map(|(_, id)| id).collect()
    }

    fn largest(&self) -> Option<u32> {
        self.model.get_vocab().into_values().max()
    }
}

/// Sorts the added tokens by whether they are found before or after normalization.
fn added_contents(entries: Vec<AddedTokenEntry>, model: &Pieces, normalizer: &BertNormalizer) -> Result<[Vec<AddedContent>; 2]> {
    let (mut written, mut normalized) = (Vec::new(), Vec::new());
    for AddedTokenEntry { id, content, single_word, normalized: is_normalized } in entries {
        // A token outside the model's vocabulary would have no row in its table of embeddings.
        if model.token_to_id(&content) != Some(id) {
            return Err(unsupported(format!("added token {content:?} is not in the vocabulary as number {id}")));
        }
        // `lstrip` and `rstrip` take white space along, of which no tokens are made anyway.
        if single_word {
            return Err(unsupported(format!("added token {content:?} is for whole words only")));
        }
        if is_normalized {
            let mut form = NormalizedString::from(content.as_str());
            normalizer.normalize(&mut form).map_err(|cause| failed(&content, cause))?;
            normalized.push(AddedContent { content: form.get().to_owned(), id });
        } else {
            written.push(AddedContent { content, id });
        }
    }
    written.retain(|token| !token.content.is_empty());
    normalized.retain(|token| !token.content.is_empty());
    Ok([written, normalized])
}

/// A piece of a text cut before and after each added token; the leftmost comes first, then the longest.
fn split_added(
    piece: &NormalizedString,
    added: &[AddedContent],
) -> tokenizers::Result<Vec<(NormalizedString, Option<Vec<Token>>)>> {
    let text = piece.get();
    let slice = |range: Range<usize>| piece.slice(SliceRange::Normalized(range)).ok_or("an added token ends inside a character");
    let mut pieces = Vec::new();
    let mut end = 0;
    while let Some((start, token)) = next_added(&text[end..], added) {
        let start = end + start;
        pieces.push((slice(end..start)?, None));
        end = start + token.content.len();
        let whole = Token::new(token.id, token.content.clone(), (0, token.content.len()));
        pieces.push((slice(start..end)?, Some(vec![whole])));
    }
    pieces.push((slice(end..text.len())?, None));
    Ok(pieces)
}

/// The first added token of a text, and where it starts.
fn next_added<'a>(text: &str, added: &'a [AddedContent]) -> Option<(usize, &'a AddedContent)> {
    let found = added.iter().filter_map(|token| Some((text.find(&token.content)?, token)));
    found.min_by_key(|&(start, token)| (start, usize::MAX - token.content.len()))
}
