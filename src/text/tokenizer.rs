//! Text to token ids, by the parts of the `tokenizers` crate that a BERT model uses.
//!
//! They are joined here and not by the crate's own `Tokenizer`: its added vocabulary links regular expressions, which are
//! more than a third of the compressed wasm and take milliseconds to start. That both give the same is tested. Truncation and padding that a `tokenizer.json` carries are ignored on purpose: shipped files hold arbitrary ones. The
//! limit is the model's own, and batches are packed without padding.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use miniserde::Deserialize;
use serde_json::Value;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizer::Range as SliceRange;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{Encoding, Model, NormalizedString, Normalizer, OffsetType, PreTokenizedString, PreTokenizer, Token};

use crate::error::{Error, ErrorKind, Result};
use crate::json::{self, Any};

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

/// A BERT WordPiece tokenizer with the model's own length limit.
pub struct Tokenizer {
    normalizer: BertNormalizer,
    pre_tokenizer: BertPreTokenizer,
    model: WordPiece,
    /// Tokens that are found in a text as it is written, and in its normalized form.
    added: [Vec<AddedContent>; 2],
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    max_tokens: usize,
    /// One more than the largest id.
    vocab_size: usize,
    /// What the model wants before a query, and before a passage.
    prompts: [String; 2],
    passage_prefix_tokens: usize,
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
    fn steps(&mut self) -> Option<(BertNormalizer, WordPiece)> {
        let NormalizerEntry { r#type, clean_text, handle_chinese_chars, strip_accents, lowercase } = &self.normalizer;
        let model = &mut self.model;
        let is_bert = r#type == "BertNormalizer"
            && self.pre_tokenizer.r#type == "BertPreTokenizer"
            && model.r#type.as_ref().is_none_or(|model| model == "WordPiece");
        // An empty one, of the type that the builder takes.
        let mut vocab = WordPiece::read_bytes(&[]).ok()?;
        vocab.extend(std::mem::take(&mut model.vocab));
        let normalizer = BertNormalizer::new(*clean_text, *handle_chinese_chars, *strip_accents, *lowercase);
        let pieces = WordPiece::builder()
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

impl Tokenizer {
    /// Reads a `tokenizer.json`; texts will be cut at `max_tokens`, the special tokens included.
    ///
    /// # Errors
    /// `unsupported-tokenizer` when the file is not a BERT WordPiece pipeline or its special tokens contradict its
    /// vocabulary.
    pub fn from_json(json: &[u8], max_tokens: usize) -> Result<Self> {
        let other = "tokenizer.json is not the WordPiece pipeline of a BERT model (BertNormalizer, BertPreTokenizer, WordPiece)";
        let read = json::read(json).and_then(|mut file: TokenizerFile| Some((file.steps()?, file)));
        let ((normalizer, model), file) = read.ok_or_else(|| Error::new(ErrorKind::UnsupportedTokenizer, other))?;
        let (prefix, suffix) = frame(&file.post_processor.0)?;
        if prefix.len() + suffix.len() >= max_tokens {
            return Err(Error::new(ErrorKind::InvalidInput, format!("a limit of {max_tokens} tokens leaves no room for text")));
        }
        let added = added_contents(file.added_tokens.unwrap_or_default(), &model, &normalizer)?;
        // Ids may have gaps.
        let largest = model.get_vocab().values().chain(&prefix).chain(&suffix).copied().max();
        let vocab_size = largest.map_or(0, |id| id as usize + 1);
        Ok(Self {
            normalizer,
            pre_tokenizer: BertPreTokenizer,
            model,
            added,
            prefix,
            suffix,
            max_tokens,
            vocab_size,
            prompts: Default::default(),
            passage_prefix_tokens: 0,
        })
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
        self.model.token_to_id(word).is_some()
    }

    /// How well the vocabulary knows the words of a text, without a limit.
    pub fn familiarity(&self, text: &str) -> Result<Familiarity> {
        // Without offsets the tokens come without their words.
        let encoding = self.run(text, OffsetType::Byte).map_err(|cause| failed(text, cause))?;
        let mut found = Familiarity::default();
        let tokens: Vec<(&str, Option<u32>)> =
            encoding.get_tokens().iter().map(String::as_str).zip(encoding.get_word_ids().iter().copied()).collect();
        for word in tokens.chunk_by(|a, b| a.1.is_some() && a.1 == b.1) {
            let is_lost = word[0].0 == self.model.unk_token;
            let has_letters = word.iter().any(|(piece, _)| piece.contains(char::is_alphabetic));
            if is_lost || has_letters {
                found.words += 1;
                found.whole += usize::from(!is_lost && word.len() == 1);
            }
        }
        Ok(found)
    }

    /// The ids of the tokens that are put around each text, and of the one in place of an unknown word.
    pub fn special(&self) -> impl Iterator<Item = u32> + '_ {
        let unknown = self.model.token_to_id(&self.model.unk_token);
        self.prefix.iter().chain(&self.suffix).copied().chain(unknown)
    }

    /// The first so many ids, without those that stand for nothing (`[unused0]` and so on).
    pub fn common(&self, count: usize) -> impl Iterator<Item = u32> {
        let is_unused = |(token, _): &(String, u32)| token.starts_with("[unused");
        let unused: HashSet<u32> = self.model.get_vocab().into_iter().filter(is_unused).map(|(_, id)| id).collect();
        (0..self.vocab_size as u32).filter(move |id| !unused.contains(id)).take(count)
    }

    /// The ids of all tokens of a text, without special tokens and without a limit.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        for piece in self.pieces(text) {
            let encoding = self.run(&text[piece], OffsetType::None).map_err(|cause| failed(text, cause))?;
            ids.extend_from_slice(encoding.get_ids());
        }
        Ok(ids)
    }

    /// The token ids of a text, special tokens included, cut at the model's limit.
    pub fn encode(&self, text: &str) -> Result<TokenIds> {
        let (most, mut content) = (self.max_content_tokens(), Vec::new());
        for piece in self.pieces(text) {
            let encoding = self.run(&text[piece], OffsetType::None).map_err(|cause| failed(text, cause))?;
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
            let encoding = self.run(&text[piece], OffsetType::Byte).map_err(|cause| failed(text, cause))?;
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
            let end = if most == rest.len() { most } else { self.last_end(&rest[..most]).unwrap_or(most) };
            next = (end < rest.len()).then_some(start + end);
            Some(start..start + end)
        })
    }

    /// The last place in a text, but its start, where a piece may end.
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

    /// The steps in their order: added tokens, normalization, words, pieces of words.
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
}

/// Sorts the added tokens by whether they are found before or after normalization.
fn added_contents(
    entries: Vec<AddedTokenEntry>,
    model: &WordPiece,
    normalizer: &BertNormalizer,
) -> Result<[Vec<AddedContent>; 2]> {
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
