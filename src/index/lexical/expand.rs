//! Which spellings in the index a word of a query stands for.
//!
//! Three layers, each below the one before: the word itself with the other forms of its stem and its other spellings (see
//! [`spellings`](super::spellings)); words it may be the beginning of, when it is still being typed, those of titles first for a letter or
//! two; words it may be a misspelling of, when no document has it.

use super::acronyms::SIGN;
use super::analyze::{is_half, is_pair};
use super::growing::beginning;
use super::query::{Query, Word};
use super::respell::common_beginning;
use super::typos::{Typos, errors_allowed};
use super::{Lexical, Quality};
use crate::index::sort::{distinct, keep_first, sort_by};

/// Most words that a beginning of one, two, or more characters stands for: those in the most documents. One or two letters begin
/// thousands, and whoever typed them is not done.
const PREFIX_WORDS_MAX: [usize; 3] = [8, 32, 64];

/// Most stop words that begin with one letter: nobody types them to find anything.
const STOP_WORDS_MAX: usize = 40;

/// Letters by which the beginnings of titles' words are known.
pub(super) const SHORT_MAX: usize = 2;

/// Most words that a misspelling stands for.
const TYPO_WORDS_MAX: usize = 16;

/// Shortest word, in characters, that may be a misspelt beginning of a longer one: shorter ones begin too many.
const TYPO_PREFIX_CHARS_MIN: usize = 5;

/// The spellings of one word of a query, by layer.
#[derive(Debug, Clone)]
pub(super) struct Expansion {
    /// How often the query has the word; 0 where that is not to count.
    pub times: u32,
    /// Whether the language calls it a stop word.
    pub stop: bool,
    /// The spelling in the query.
    pub word: String,
    /// Pairs of quality and spellings in ascending order; the first layer always is there, perhaps empty.
    pub layers: Vec<(Quality, Vec<String>)>,
    /// Whether it is a letter or two that a word begins with.
    pub is_short: bool,
    /// Those of the first layer that stand for several words of the query together.
    pub joined: Vec<String>,
    /// Spellings of the first layer in several words, which must stand one after the other.
    pub phrases: Vec<Vec<String>>,
}

impl Lexical {
    /// The spellings that each word of a query stands for. Depends on live documents only.
    pub(super) fn expand(&self, query: &Query) -> Vec<Expansion> {
        let mut expansions: Vec<Expansion> = query.words.iter().map(|word| self.expand_word(word, query.typos)).collect();
        // Who types "he" alone is most likely on the way to a word: what it may go on to is found before and beside "he" itself.
        if let [Expansion { is_short: true, stop: true, layers, .. }] = expansions.as_mut_slice()
            && let [(_, own), .., (_, completions)] = layers.as_mut_slice()
            && !completions.is_empty()
        {
            completions.append(own);
            *completions = distinct(std::mem::take(completions));
        }
        self.add_joined(query, &mut expansions);
        self.add_parted(query, &mut expansions);
        self.add_acronyms(query, &mut expansions);
        if expansions.iter().any(|expansion| !expansion.stop) {
            expansions.iter_mut().filter(|expansion| expansion.stop).for_each(|expansion| self.leave_alone(expansion));
        }
        expansions
    }

    /// Leaves a stop word beside other words with its own spelling, and counts it no time where so many documents have it that it tells
    /// them apart by next to nothing: its postings are the longest of all.
    fn leave_alone(&self, Expansion { times, layers, joined, phrases, .. }: &mut Expansion) {
        layers.truncate(1);
        let most = self.ranking.idle * self.live_docs as f32;
        if joined.is_empty() && phrases.is_empty() && self.live_docs_with(&layers[0].1) as f32 > most {
            *times = 0;
        }
    }

    pub(super) fn expand_word(&self, word: &Word, typos: bool) -> Expansion {
        let stop = self.language.is_stop_word(&word.text);
        let forms = self.spellings(&word.text, word.quoted);
        let known = forms.iter().any(|form| self.is_live(form));
        let mut layers = vec![(Quality::Exact, forms)];
        let is_open = (word.open || is_half(&word.text)) && !word.quoted;
        let is_short = is_open && !is_pair(&word.text) && word.text.chars().count() <= SHORT_MAX;
        if is_short {
            layers.push((Quality::Prefix, self.beginnings(&word.text)));
        }
        if is_open {
            layers.push((Quality::Prefix, self.completions(&word.text, &layers[0].1)));
        }
        if typos && !word.quoted && !known && layers.iter().skip(1).all(|(_, words)| words.is_empty()) {
            layers.push((Quality::Typo, self.corrections(&word.text, word.open)));
        }
        let (times, word) = (word.times, word.text.clone());
        Expansion { times, stop, word, layers, is_short, joined: Vec::new(), phrases: Vec::new() }
    }

    /// Whether some document has a word in any form, or one that begins with it where it is still being typed, or all of what it may
    /// be in several words: known from the list of words alone.
    pub(super) fn is_known(&self, expansion: &Expansion) -> bool {
        if !expansion.phrases.is_empty() {
            return true;
        }
        let mut layers = expansion.layers.iter().filter(|(quality, _)| *quality != Quality::Typo);
        layers.any(|(_, forms)| forms.iter().any(|form| self.is_live(form)))
    }

    /// The spellings that are a word's own, in ascending order: its forms; in quotes itself, or of half a pair all pairs that have it.
    pub(super) fn spellings(&self, word: &str, quoted: bool) -> Vec<String> {
        if let Some(half) = word.chars().next().filter(|_| quoted && is_half(word)) {
            let mut having = vec![word.to_owned()];
            for segment in self.segments() {
                segment.each(&mut |other, _| having.extend(other.chars().any(|c| c == half).then(|| other.to_owned())));
            }
            return distinct(having);
        }
        // A stop word has no other forms: "does" is none of "doe".
        if quoted || self.language.is_stop_word(word) { vec![word.to_owned()] } else { self.forms(word) }
    }

    /// The spellings in the index that share the stem of `word`, in ascending order.
    pub(super) fn forms(&self, word: &str) -> Vec<String> {
        let stem = self.language.stem(word);
        let mut forms = Vec::new();
        for segment in self.segments() {
            segment.with_stem(&stem, &mut |form, _| forms.push(form.to_owned()));
        }
        distinct(forms)
    }

    /// What tells of titles that they have a word which begins so, in ascending order.
    fn beginnings(&self, word: &str) -> Vec<String> {
        let mut found = Vec::new();
        for segment in self.segments() {
            segment.with_prefix(&beginning(word), &mut |sign, _| found.push(sign.to_owned()));
        }
        distinct(found)
    }

    /// The words that `word` is the beginning of, without those in `known` and stop words, in ascending order.
    fn completions(&self, word: &str, known: &[String]) -> Vec<String> {
        let mut found: Vec<(u32, &str)> = Vec::new();
        let segments = self.segments();
        for (part, segment) in segments.into_iter().enumerate() {
            segment.with_prefix(word, &mut |completion, term| match self.live_docs_in(part, term) {
                0 => {}
                _ if completion.contains(SIGN) => {}
                docs => found.push((docs, completion)),
            });
        }
        // A word of both segments counts once, with the documents of both.
        if segments.iter().all(|segment| segment.store().docs() > 0) {
            sort_by(&mut found, |a, b| a.1.cmp(b.1));
            found.dedup_by(|next, kept| {
                next.1 == kept.1 && {
                    kept.0 += next.0;
                    true
                }
            });
        }
        let order = |a: &(u32, &str), b: &(u32, &str)| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1));
        let words_max = PREFIX_WORDS_MAX[word.chars().count().clamp(1, 3) - 1];
        let chosen = words_max + known.len() + STOP_WORDS_MAX;
        keep_first(&mut found, chosen, order);
        sort_by(&mut found, order);
        let mut completions: Vec<String> = found.into_iter().map(|(_, completion)| completion.to_owned()).collect();
        completions.retain(|completion| !known.contains(completion) && !self.language.is_stop_word(completion));
        completions.truncate(words_max);
        distinct(completions)
    }

    /// The live words with the fewest errors that `word` may be a misspelling of, and the other forms of their stems, in ascending order.
    fn corrections(&self, word: &str, open: bool) -> Vec<String> {
        let errors_max = errors_allowed(word);
        let mut found = self.near(word, errors_max, false);
        if found.is_empty() && open && word.chars().count() >= TYPO_PREFIX_CHARS_MIN {
            found = self.near(word, errors_max.min(1), true);
        }
        let fewest = found.iter().map(|&(errors, ..)| errors).min();
        found.retain(|&(errors, ..)| Some(errors) == fewest);
        // A longer common beginning first: people rarely miss the first letters.
        sort_by(&mut found, |a, b| b.1.cmp(&a.1).then_with(|| a.2.cmp(&b.2)));
        distinct(found.into_iter().take(TYPO_WORDS_MAX).flat_map(|(_, _, near)| self.forms(&near)).collect())
    }

    /// Live words near `word`: errors, length of the common beginning in bytes, word.
    fn near(&self, word: &str, errors_max: u8, beginning: bool) -> Vec<(u8, usize, String)> {
        let mut found: Vec<(String, u8)> = Vec::new();
        if let Some(typos) = Typos::new(word, errors_max, beginning).filter(|_| errors_max > 0) {
            for (part, segment) in self.segments().into_iter().enumerate() {
                segment.near(&typos, &mut |near, term, errors| {
                    if self.has_live(part, term) {
                        found.push((near.to_owned(), errors));
                    }
                });
            }
        }
        // A word of both segments has the same errors in both.
        sort_by(&mut found, |a, b| a.0.cmp(&b.0));
        found.dedup_by(|next, kept| next.0 == kept.0);
        found.into_iter().map(|(near, errors)| (errors, common_beginning(&near, word), near)).collect()
    }

    /// Whether a live document has a word spelt so.
    pub(super) fn is_live(&self, word: &str) -> bool {
        let mut segments = self.segments().into_iter().enumerate();
        segments.any(|(part, segment)| segment.find(word).is_some_and(|term| self.has_live(part, term)))
    }

    fn has_live(&self, part: usize, term: u32) -> bool {
        // Known before the postings have come.
        if self.all_live() {
            return self.segments()[part].store().term(term).docs() > 0;
        }
        let mut postings = self.segments()[part].postings(term);
        std::iter::from_fn(|| postings.next_doc()).any(|doc| self.is_live_doc(part, doc))
    }

    /// How many live documents have a spelling, summed over the spellings: each once, when there is one spelling.
    pub(super) fn live_docs_with(&self, words: &[String]) -> usize {
        let counts = self.segments().into_iter().enumerate().map(|(part, segment)| {
            let terms = words.iter().filter_map(|word| segment.find(word));
            terms.map(|term| self.live_docs_in(part, term) as usize).sum::<usize>()
        });
        counts.sum()
    }

    /// How many live documents of a segment have a word. Counted only where documents were removed.
    fn live_docs_in(&self, part: usize, term: u32) -> u32 {
        if self.all_live() {
            return self.segments()[part].store().term(term).docs();
        }
        let mut postings = self.segments()[part].postings(term);
        std::iter::from_fn(|| postings.next_doc()).filter(|&doc| self.is_live_doc(part, doc)).count() as u32
    }
}
