//! Which rows of a query encoder's word embeddings its visitors load first: most questions are asked in the words of the documents and
//! in the common ones of the language.

use std::collections::HashSet;

use crate::error::Result;
use crate::index::builder::lexical_texts;
use crate::index::document::Document;
use crate::text::tokenizer::Tokenizer;

/// So many common tokens come first, beside those of the documents.
pub const COMMON_TOKENS: usize = 8000;

/// The tokens of some documents, and so many common ones. Vocabularies of BERT are in the order of how frequent their tokens are.
///
/// # Errors
/// Those of the tokenizer.
pub fn first_rows(tokenizer: &Tokenizer, documents: &[Document], common: usize) -> Result<HashSet<u32>> {
    let mut first: HashSet<u32> = tokenizer.common(common).chain(tokenizer.special()).collect();
    first.extend(tokenizer.ids(tokenizer.query_prefix())?);
    for document in documents {
        for (_, text) in lexical_texts(document) {
            first.extend(tokenizer.ids(&text)?);
        }
    }
    Ok(first)
}
