//! What its makers published as `tokenizer.json`, as a packed model has it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::tokenizer::{KIND_UNIGRAM, frame, kind_of, other_kind, unsupported};
use super::wordpiece::{AddedToken, Frame, Head};
use crate::error::Result;

/// The parts of a `tokenizer.json` that BERT's pipeline uses.
#[derive(Deserialize)]
struct Published {
    added_tokens: Option<Vec<PublishedToken>>,
    normalizer: Normalizer,
    pre_tokenizer: PreTokenizer,
    post_processor: Value,
    model: Pieces,
}

#[derive(Deserialize)]
struct Normalizer {
    r#type: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct PreTokenizer {
    r#type: String,
}

#[derive(Deserialize)]
struct Pieces {
    r#type: Option<String>,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct PublishedToken {
    id: u32,
    content: String,
    single_word: bool,
    normalized: bool,
}

impl Published {
    fn is_bert(&self) -> bool {
        self.normalizer.r#type == "BertNormalizer"
            && self.pre_tokenizer.r#type == "BertPreTokenizer"
            && self.model.r#type.as_ref().is_none_or(|model| model == "WordPiece")
    }
}

/// A `tokenizer.json` as a packed model has it: of a WordPiece model what `Head` says and its tokens, a line for each in the order of
/// their ids, since numbers beside them would be a third of the file under Brotli. One of Unigram stays whole.
///
/// # Errors
/// `unsupported-tokenizer` for another pipeline than these two, and for tokens that cannot be.
pub fn packed(json: &[u8]) -> Result<Vec<u8>> {
    if let Some(published) = serde_json::from_slice::<Published>(json).ok().filter(Published::is_bert) {
        return packed_pieces(published, json.len());
    }
    if kind_of(json).as_deref() != Some(KIND_UNIGRAM) {
        return Err(other_kind(json));
    }
    // Between the values of JSON alone lines may break.
    Ok(json.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect())
}

/// Of a file of so many bytes.
fn packed_pieces(Published { added_tokens, normalizer, post_processor, model, .. }: Published, bytes: usize) -> Result<Vec<u8>> {
    let mut added = Vec::new();
    for PublishedToken { id, content, single_word, normalized } in added_tokens.unwrap_or_default() {
        // `lstrip` and `rstrip` take white space along, of which no tokens are made anyway.
        if single_word {
            return Err(unsupported(format!("added token {content:?} is for whole words only")));
        }
        added.push(AddedToken { id, content, normalized });
    }
    let (before, after) = frame(&post_processor)?;
    let head = Head {
        clean_text: normalizer.clean_text,
        handle_chinese_chars: normalizer.handle_chinese_chars,
        strip_accents: normalizer.strip_accents,
        lowercase: normalizer.lowercase,
        unk_token: model.unk_token,
        continuing_subword_prefix: model.continuing_subword_prefix,
        max_input_chars_per_word: model.max_input_chars_per_word,
        frame: Frame { before, after },
        added_tokens: added,
    };
    let mut file = serde_json::to_vec(&head).map_err(|cause| unsupported("it cannot be written").caused_by(cause))?;
    let mut tokens = BTreeMap::new();
    for (token, id) in model.vocab {
        if token.is_empty() || token.contains('\n') {
            return Err(unsupported(format!("token {id} is {token:?}")));
        }
        if let Some(other) = tokens.insert(id, token) {
            return Err(unsupported(format!("{other:?} and another token have the number {id}")));
        }
    }
    let lines = tokens.keys().next_back().map_or(0, |&id| id as usize + 1);
    // Ids may have gaps, but no more than the file had bytes.
    if lines > bytes {
        return Err(unsupported(format!("a token has the number {}", lines - 1)));
    }
    for id in 0..lines as u32 {
        file.push(b'\n');
        file.extend_from_slice(tokens.get(&id).map_or(&[][..], |token| token.as_bytes()));
    }
    Ok(file)
}
