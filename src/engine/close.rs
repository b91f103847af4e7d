//! What of the documents that were found is close enough to be shown and counted.

use super::{Index, Mode, Question};
use crate::index::fusion::{self, Asked, Ranked};

impl Index {
    /// Leaves of what was found what is close to the question, or nothing where nothing is.
    pub(super) fn keep_close(&self, found: &mut Vec<Ranked>, question: &Question, mode: Mode) {
        let asked = Asked { unknown: question.unknown, documents: self.documents() };
        let closeness = match mode {
            Mode::Hybrid => asked.closeness(found),
            Mode::Semantic => asked.closeness_by_meaning(found),
            // What words have found has them, and where they are all that there is, they must be enough of the question.
            Mode::Lexical if question.words_alone => asked.closeness_by_words(found),
            Mode::Lexical => 0.0,
        };
        match mode {
            _ if closeness < 0.0 => found.clear(),
            Mode::Hybrid => fusion::keep_close(found),
            Mode::Semantic | Mode::Lexical => fusion::keep_close_by_score(found),
        }
    }
}
