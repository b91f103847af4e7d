//! The steps of a BERT from text to tokens: WordPiece, by the parts of the `tokenizers` crate.
//!
//! They are joined here and not by the crate's own `Tokenizer`: its added vocabulary links regular expressions, which are
//! more than a third of the compressed wasm and take milliseconds to start. That both give the same is tested. Truncation and padding that
//! a published `tokenizer.json` carries are left out on purpose: shipped files hold arbitrary ones.

use std::collections::HashSet;
use std::ops::Range;

use miniserde::Deserialize;
use tokenizers::models::wordpiece::WordPiece as Pieces;
use tokenizers::normalizer::Range as SliceRange;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{Encoding, Model, NormalizedString, Normalizer, OffsetType, PreTokenizedString, PreTokenizer, Token};

use super::tokenizer::{Familiarity, Steps, failed, unsupported};
use crate::error::Result;
use crate::json;

/// The steps of BERT.
pub struct WordPiece {
    normalizer: BertNormalizer,
    pre_tokenizer: BertPreTokenizer,
    model: Pieces,
    /// Tokens that are found in a text as it is written, and in its normalized form.
    added: [Vec<AddedContent>; 2],
}

impl WordPiece {
    /// Reads the tokenizer of a packed model; also gives what is put around a text. Nothing where the file is of another pipeline.
    ///
    /// # Errors
    /// `unsupported-tokenizer` for a vocabulary that is no text, and added tokens that contradict it.
    pub fn read(file: &[u8]) -> Result<Option<(Self, Frame)>> {
        let (head, tokens) = file.split_at(file.iter().position(|&byte| byte == b'\n').unwrap_or(file.len()));
        let Some(head) = json::read::<Head>(head) else { return Ok(None) };
        let normalizer = BertNormalizer::new(head.clean_text, head.handle_chinese_chars, head.strip_accents, head.lowercase);
        let unread = |cause: tokenizers::Error| unsupported("its vocabulary cannot be read").caused_by(cause);
        // An empty one, of the type that the builder takes.
        let mut vocab = Pieces::read_bytes(&[]).map_err(unread)?;
        vocab.extend(vocabulary(tokens)?);
        let pieces = Pieces::builder()
            .vocab(vocab)
            .unk_token(head.unk_token)
            .continuing_subword_prefix(head.continuing_subword_prefix)
            .max_input_chars_per_word(head.max_input_chars_per_word);
        let model = pieces.build().map_err(unread)?;
        let added = added_contents(head.added_tokens, &model, &normalizer)?;
        Ok(Some((Self { normalizer, pre_tokenizer: BertPreTokenizer, model, added }, head.frame)))
    }
}

/// The first line of the file, in JSON.
#[derive(Deserialize)]
#[cfg_attr(feature = "import", derive(serde::Serialize))]
pub struct Head {
    pub clean_text: bool,
    pub handle_chinese_chars: bool,
    pub strip_accents: Option<bool>,
    pub lowercase: bool,
    pub unk_token: String,
    pub continuing_subword_prefix: String,
    pub max_input_chars_per_word: usize,
    pub frame: Frame,
    pub added_tokens: Vec<AddedToken>,
}

/// The ids that are put before and after a text.
#[derive(Deserialize)]
#[cfg_attr(feature = "import", derive(serde::Serialize))]
pub struct Frame {
    pub before: Vec<u32>,
    pub after: Vec<u32>,
}

/// A token that is taken whole, before a text is normalized or behind that.
#[derive(Deserialize)]
#[cfg_attr(feature = "import", derive(serde::Serialize))]
pub struct AddedToken {
    pub id: u32,
    pub content: String,
    pub normalized: bool,
}

/// The ids of the tokens that stand in the lines behind the first one; an empty line is an id without a token.
fn vocabulary(lines: &[u8]) -> Result<impl Iterator<Item = (String, u32)> + '_> {
    let lines = std::str::from_utf8(lines).map_err(|cause| unsupported("its vocabulary is not in UTF-8").caused_by(cause))?;
    let tokens = (0..).zip(lines.split('\n').skip(1)).filter(|(_, token)| !token.is_empty());
    Ok(tokens.map(|(id, token)| (token.to_owned(), id)))
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
fn added_contents(entries: Vec<AddedToken>, model: &Pieces, normalizer: &BertNormalizer) -> Result<[Vec<AddedContent>; 2]> {
    let (mut written, mut normalized) = (Vec::new(), Vec::new());
    for AddedToken { id, content, normalized: is_normalized } in entries {
        // A token outside the model's vocabulary would have no row in its table of embeddings.
        if model.token_to_id(&content) != Some(id) {
            return Err(unsupported(format!("added token {content:?} is not in the vocabulary as number {id}")));
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
