//! Other languages than English, for the module that searches: a page needs one, and most need none.

use wasm_bindgen::prelude::*;

use crate::index::lexical::{self, Language};

/// The stems of folded words of a language, with a space between them as between the words.
#[wasm_bindgen]
pub fn stems(language: &str, words: &str) -> String {
    Language::from_code(language).map_or_else(|| words.to_owned(), |language| lexical::stems(language, words))
}

/// The stop words of a language, with spaces between them.
#[wasm_bindgen(js_name = stopWords)]
pub fn stop_words(language: &str) -> String {
    Language::from_code(language).map_or_else(String::new, |language| lexical::with_stop_words(language, str::to_owned))
}
