//! One word in two spellings: who asks for "add-on" or "add on" finds "addon", for "Node.js" "nodejs", for "RFC 2119" "rfc2119", for
//! "1,000,000" "1000000".
//!
//! Documents are indexed as they are written. A query's neighbouring words that some document writes as one stand for that word too, as
//! for another form: it counts less than they do, so that the exact spelling comes first.

use super::expand::Expansion;
use super::query::Query;
use super::{Lexical, Quality};

/// Most words that are tried as one: "1,000,000,000" is four.
const JOINED_MAX: usize = 4;

impl Lexical {
    /// Adds to neighbouring words of a query the word that some document makes of them.
    pub(super) fn add_joined(&self, query: &Query, expansions: &mut [Expansion]) {
        for count in 2..=JOINED_MAX {
            for window in query.sequence.windows(count) {
                let is_free = |word: usize| !query.words[word].quoted;
                // "in formation" is no "information", and "a part" is not "apart", but "A 101" is A101.
                let opens = &expansions[window[0]];
                let follows = &query.words[window[1]].text;
                let is_phrase = opens.stop && !follows.starts_with(|c: char| c.is_ascii_digit());
                if is_phrase || !window.iter().all(|&word| is_free(word)) {
                    continue;
                }
                let joined: String = window.iter().map(|&word| query.words[word].text.as_str()).collect();
                if self.is_live(&joined) {
                    window.iter().for_each(|&word| expansions[word].add_form(joined.clone()));
                }
            }
        }
    }
}

impl Expansion {
    /// Adds a spelling to those of the word itself.
    fn add_form(&mut self, form: String) {
        let (_, forms) = &mut self.layers[0];
        if let Err(at) = forms.binary_search(&form) {
            forms.insert(at, form);
        }
        // What was added because nothing had the word has no reason any more.
        self.layers.retain(|(quality, _)| *quality != Quality::Typo);
    }
}
