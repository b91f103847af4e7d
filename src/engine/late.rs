//! What comes to an index after it was opened: the words that queries look at, and the codes of the vectors.

use super::{Index, Mode, QueryOptions, Question, Read};
use crate::error::{Error, ErrorKind, Result};
use crate::index::clusters::Clusters;
use crate::index::codes::Codes;

/// Of so many documents that words find first all vectors are looked at: they will be among the hits, wherever they are in meaning.
const WORDS_FIRST: usize = 5;

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

    /// Takes what tells where the vectors of a large index are, after which it can be ranked by meaning as far as they have come.
    ///
    /// # Errors
    /// `damaged-file` when it is not that of this index; then nothing has changed.
    pub fn set_clusters(&mut self, clusters: Clusters) -> Result<()> {
        self.vectors.set_clusters(clusters)
    }

    /// Takes the file of a cluster of vectors. One that is there already is passed over.
    ///
    /// # Errors
    /// `damaged-file` when it is not that of this index; then nothing has changed.
    pub fn load_vectors(&mut self, cluster: usize, bytes: &[u8]) -> Result<()> {
        self.vectors.load(cluster, bytes)
    }

    /// The clusters of vectors that a question looks at and that are still to come, by their places in
    /// [`Manifest::cluster_files`](crate::index::manifest::Manifest::cluster_files): those nearest to it that have what its filters let
    /// through, and those of what its words find first.
    pub fn missing_vectors(&self, question: &Question, vector: &[f32]) -> Vec<usize> {
        let filters = &question.options.filters;
        let accept = |document| question.allows(document) && self.table.passes(document, filters, None);
        let accepted: Vec<bool> = (0u32..).zip(&self.live).map(|(document, &live)| live && accept(document)).collect();
        let first = question.words.iter().map(|hit| hit.document).filter(|&document| accepted[document as usize]);
        self.vectors.missing_near(vector, &first.take(WORDS_FIRST).collect::<Vec<_>>(), &accepted)
    }

    /// All clusters of vectors that are still to come: they must before an index is changed or saved, and before [`Index::similar`].
    pub fn all_missing_vectors(&self) -> Vec<usize> {
        self.vectors.missing()
    }

    /// # Errors
    /// `invalid-input` as long as vectors are not here.
    pub(super) fn check_vectors(&self) -> Result<()> {
        let missing = || Error::new(ErrorKind::InvalidInput, "the vectors of the index are not loaded yet: load them first");
        self.vectors.codes().map(drop).ok_or_else(missing)
    }
}
