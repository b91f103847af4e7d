//! Documents cut into passages that the encoder can take in whole.
//!
//! A passage is a window of a document's text that is encoded behind the title, so that every passage knows what it is part
//! of. Windows overlap, so that no sentence is seen only in halves, and do not cut a word unless it has more tokens than a
//! window.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};
use crate::text::tokenizer::Tokenizer;

/// How documents are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassageOptions {
    /// Most tokens a passage holds, title included, special tokens not: 16 and more.
    pub max_tokens: usize,
    /// Tokens that a window shares with the one before it: less than half of `max_tokens`.
    pub overlap: usize,
}

impl Default for PassageOptions {
    /// 200 tokens with an overlap of 40: the models were trained on at most 250 tokens.
    fn default() -> Self {
        Self { max_tokens: 200, overlap: 40 }
    }
}

impl PassageOptions {
    /// The same options, cut down to what a model takes in, the overlap in proportion.
    ///
    /// # Errors
    /// `invalid-input` when a passage would be shorter than 16 tokens or overlap by half or more.
    pub fn for_model(self, tokenizer: &Tokenizer) -> Result<Self> {
        let max_tokens = self.max_tokens.min(tokenizer.max_passage_tokens());
        let overlap = if max_tokens < self.max_tokens { self.overlap * max_tokens / self.max_tokens } else { self.overlap };
        if max_tokens < 16 || overlap * 2 >= max_tokens {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "passages of {max_tokens} tokens with an overlap of {overlap}: give at least 16 tokens and an overlap below half"
                ),
            ));
        }
        Ok(Self { max_tokens, overlap })
    }
}

/// A document cut into passages: what of its title goes before every window, and the windows of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passages {
    /// The byte at which the title is cut: a long one takes at most a quarter of a passage.
    pub title_end: usize,
    /// The windows as byte ranges of the text, in reading order. There is always one: a document without text is
    /// represented by its title alone, with the empty range at 0.
    pub windows: Vec<Range<usize>>,
}

impl Passages {
    /// The text that is encoded for a window: the title, a line break, the window.
    pub fn text(&self, title: &str, text: &str, window: usize) -> String {
        self.with_title(title, &text[self.windows[window].clone()])
    }

    /// The text that is encoded for some text behind the title.
    pub fn with_title(&self, title: &str, window: &str) -> String {
        let title = &title[..self.title_end];
        match (title.is_empty(), window.is_empty()) {
            (_, true) => title.to_owned(),
            (true, false) => window.to_owned(),
            (false, false) => format!("{title}\n{window}"),
        }
    }
}

/// Cuts a document into passages.
pub fn split(tokenizer: &Tokenizer, title: &str, text: &str, options: PassageOptions) -> Result<Passages> {
    let title_tokens = tokenizer.offsets(title)?;
    let title_kept = title_tokens.len().min(options.max_tokens / 4);
    let title_end = if title_kept == title_tokens.len() { title.len() } else { title_tokens[title_kept].0.start };
    let window = options.max_tokens - title_kept;
    let windows = windows(&tokenizer.offsets(text)?, window, window - options.overlap.min(window / 2));
    Ok(Passages { title_end, windows })
}

/// Windows of at most `size` tokens, each about `stride` tokens after the last, as byte ranges.
fn windows(tokens: &[(Range<usize>, bool)], size: usize, stride: usize) -> Vec<Range<usize>> {
    if tokens.is_empty() {
        return std::iter::once(0..0).collect();
    }
    let mut windows = Vec::new();
    let mut first = 0;
    loop {
        let end = word_start(tokens, first, (first + size).min(tokens.len()));
        windows.push(tokens[first].0.start..tokens[end - 1].0.end);
        if end == tokens.len() {
            return windows;
        }
        first = word_start(tokens, first, (first + stride).min(end));
    }
}

/// The last token at or before `at`, but after `floor`, that begins a word; `at` itself where one word fills all between.
fn word_start(tokens: &[(Range<usize>, bool)], floor: usize, at: usize) -> usize {
    let begins_word = |&index: &usize| index == tokens.len() || !tokens[index].1;
    (floor + 1..=at).rev().find(begins_word).unwrap_or(at)
}
