//! What comes to an index after it was opened: the words that queries look at, and the codes of the vectors.

use super::{Index, Mode, QueryOptions, Read};
use crate::error::Result;
use crate::index::codes::Codes;

impl Index {
    /// The blocks of words that a query looks at and that are still to come, by their places in
    /// [`Manifest::word_files`](crate::index::manifest::Manifest::word_files): they come by [`Index::load_words`] before the query is read. `is_word` as in [`Index::read`].
    ///
    /// # Errors
    /// As [`Index::read`].
    pub fn missing_words(
        &self,
        text: &str,
        options: &QueryOptions,
        is_word: Option<&dyn Fn(&str) -> bool>,
    ) -> Result<Vec<usize>> {
        if self.lexical.is_whole() {
            return Ok(Vec::new());
        }
        let Read { lookup, mode, .. } = self.parse(text, options, is_word)?;
        Ok(lookup.missing(mode != Mode::Semantic))
    }

    /// All blocks of words that are still to come: they must before an index is changed or saved.
    pub fn all_missing_words(&self) -> Vec<usize> {
        self.lexical.all_missing()
    }

    /// Takes a block of words. One that is there already is passed over.
    ///
    /// # Errors
    /// `damaged-file` when it is not that block of this index.
    pub fn load_words(&mut self, block: usize, bytes: &[u8]) -> Result<()> {
        self.lexical.load(block, bytes)
    }

    /// Takes the codes of the vectors, after which the index can be ranked by meaning.
    ///
    /// # Errors
    /// `damaged-file` when they are not those of this index; then nothing has changed.
    pub fn set_codes(&mut self, codes: Codes) -> Result<()> {
        self.vectors.set_codes(codes)
    }
}
