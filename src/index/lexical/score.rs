//! Ranking: BM25 over weighted fields (BM25F), word by word into one row of sums.
//!
//! For a word `t` and a document `d` with the weighted count `c = Σ form Σ field form_weight · field_weight · count / norm(field)`:
//!
//! ```text
//! norm(field)  = 1 - b + b · length(d, field) / average length(field)
//! idf(t)       = ln(1 + (N - n + 0.5) / (n + 0.5))           N live documents, n of them with any form of t
//! score(t, d)  = weight(t) · idf(t) · c · (k1 + 1) / (c + k1)
//! ```
//!
//! `k1` is smaller where documents are short: that one of them has a word twice says little more than that it has it.
//!
//! BM25 as in Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009), section 3.6 for fields, with
//! the idf that is never negative (as Lucene has it). The counts of all forms of a stem go into one `c`, those of other forms
//! than the one typed a little less.
//!
//! To this come the pairs of neighbouring words, see [`pairs`](super::pairs).
//!
//! `N`, `n` and the average lengths count live documents, in integers, and each document's sums are taken in the order of the
//! query's words and of the sorted forms: scores do not depend, in any bit, on the order or the history of additions.

use super::expand::Expansion;
use super::pairs::WORDS_MAX;
use super::postings::FieldCount;
use super::query::Query;
use super::top::{nth_best, top};
use super::{Lexical, LexicalHit, Quality};

/// The numbers of the formula.
///
/// `k1`, `short`, `b` and `idle` are chosen on thirteen collections, whole and made short in five ways (`docs/ranking.md`), the others on the judgements of
/// Cranfield and CISI and on finding sessions of FOSDEM 2024, and abstracts of the other two, by their titles: the next values tried on
/// either side (`other_form` 0.5 and 0.7, `pair` 0.2 and 0.4, `stop_word` 0.1 and 0.3) change no figure by more than 0.01.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Saturation of counts where documents are long: larger means that more occurrences go on counting.
    pub k1: f32,
    /// How many words documents have on average for each 1 of the saturation, which is 1 at least and `k1` at most.
    pub short: f32,
    /// How much long fields are held against their words, 0 to 1.
    pub b: f32,
    /// Weight of a count of another form of the word than the one typed, 0 to 1.
    pub other_form: f32,
    /// Weight of two neighbouring words of the query that are near each other in the document, 0 to 1.
    pub pair: f32,
    /// Weight of a stop word of the query, 0 to 1.
    pub stop_word: f32,
    /// The share of documents above which a stop word beside other words is not looked at, 0 to 1.
    pub idle: f32,
    /// Weight of words that begin as the last word does, 0 to 1.
    pub prefix: f32,
    /// Weight of words that are a few typing errors away, 0 to 1.
    pub typo: f32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self { k1: 1.5, short: 40.0, b: 0.6, other_form: 0.6, pair: 0.3, stop_word: 0.2, idle: 0.75, prefix: 0.6, typo: 0.4 }
    }
}

/// The field that holds titles.
const TITLE: &str = "title";

/// A layer below another never reaches more than this share of the least that the layer above gave to any document.
const LOWER_LAYER_MAX: f32 = 0.9;

/// What one search knows of a document: together, so that scoring a document touches one line of the cache.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    /// The weighted count of the word at hand, 0 before it has been met, or [`TAKEN`].
    count: f32,
    pub score: f32,
    /// Weighted idf of the words matched.
    mass: f32,
    quality: Option<Quality>,
    /// How many of the query's pairs it has.
    pub pairs: u8,
}

/// The sums of one search.
struct Sums {
    /// For each document.
    of: Vec<Sum>,
    /// The documents that have the word at hand.
    touched: Vec<u32>,
    /// The documents that can still be among the best, a bit each: stop words look at no others.
    hopeful: Vec<u64>,
    /// The mass of a document that has every word.
    whole: f32,
}

/// What a layer of a word gives to the documents that have it.
struct Gains {
    /// Factor of the saturated count.
    scale: f32,
    mass: f32,
    quality: Quality,
    /// Whether it makes a hit of a document that no other word has found.
    finds: bool,
}

impl Lexical {
    /// [`Lookup::search`](super::Lookup::search).
    pub(super) fn search_expanded(
        &self,
        query: &Query,
        expansions: &[Expansion],
        accept: &dyn Fn(u32) -> bool,
        limit: usize,
    ) -> Vec<LexicalHit> {
        if limit == 0 || query.is_empty() {
            return Vec::new();
        }
        // Removed documents are taken from the start: nothing ever counts them.
        let none = Sum { count: 0.0, score: 0.0, mass: 0.0, quality: None, pairs: 0 };
        let mut sums = Sums { of: vec![none; self.live.len()], touched: Vec::new(), hopeful: Vec::new(), whole: 0.0 };
        if !self.all_live() {
            sums.of.iter_mut().zip(&self.live).filter(|(_, live)| !**live).for_each(|(sum, _)| sum.count = TAKEN);
        }
        // Stop words come last: they only add to documents that have another word, where the query has another.
        let only_stop_words = expansions.iter().all(|expansion| expansion.stop);
        let (words, stop_words): (Vec<usize>, Vec<usize>) =
            (0..expansions.len()).partition(|&word| only_stop_words || !expansions[word].stop);
        let mut found = vec![0; expansions.len()];
        for word in words {
            found[word] = self.score_word(&expansions[word], true, &mut sums);
        }
        if let Some(allowed) = self.allowed(query) {
            sums.of.iter_mut().zip(allowed).filter(|(_, allowed)| !allowed).for_each(|(sum, _)| sum.score = 0.0);
        }
        let pairs = self.pairs(query, expansions, &found);
        let stop_lift: f32 = stop_words.iter().map(|&word| self.stop_word_lift(&expansions[word])).sum();
        self.score_pairs(&pairs, expansions, &mut sums.of);
        if !stop_words.is_empty() {
            find_hopeful(stop_lift, accept, limit, &mut sums);
        }
        for word in stop_words.into_iter().filter(|&word| expansions[word].times > 0) {
            self.score_word(&expansions[word], false, &mut sums);
        }
        let hits = top(sums.of.iter().map(|sum| sum.score), accept, limit).into_iter();
        hits.map(|(score, doc)| {
            let Sum { mass, quality, pairs: met, .. } = sums.of[doc as usize];
            let (quality, coverage) = (quality.unwrap_or(Quality::Typo), (mass / sums.whole).min(1.0));
            let is_title = quality == Quality::Exact && self.is_title(query, expansions, doc);
            let is_together = query.words.len() <= WORDS_MAX && usize::from(met) == pairs.len();
            LexicalHit { document: doc, score, quality, coverage, is_title, is_together }
        })
        .collect()
    }

    /// Whether the title of a document, the first field, has as many words as the query, and each of the query's but for stop words.
    fn is_title(&self, query: &Query, expansions: &[Expansion], doc: u32) -> bool {
        let (segment, local) = self.local(doc);
        let length = segment.store().lengths()[local as usize * self.fields.len()];
        let in_title = |word: &Expansion| self.places(word, &[doc]).iter().any(|&place| (place as u32) < length);
        let only_stop_words = expansions.iter().all(|word| word.stop);
        let mut words = expansions.iter().filter(|word| only_stop_words || !word.stop);
        self.fields[0].0 == TITLE && length as usize == query.length() && words.all(in_title)
    }

    /// The most that a stop word adds to a score, never reached: the saturated count stays below `k1 + 1`.
    fn stop_word_lift(&self, word: &Expansion) -> f32 {
        let idf = self.idf(self.live_docs_with(&word.layers[0].1));
        word.times as f32 * self.ranking.stop_word * idf * (self.k1 + 1.0)
    }

    /// Adds one word of the query to the sums, and returns how many live documents have a form of it.
    ///
    /// Unless it `finds`, it only adds to documents that another word has found.
    fn score_word(&self, expansion: &Expansion, finds: bool, sums: &mut Sums) -> usize {
        let mut exact = 0;
        let weight = expansion.times as f32 * if expansion.stop { self.ranking.stop_word } else { 1.0 };
        let mut ceiling = f32::INFINITY;
        let mut mass: Option<f32> = None;
        let mut seen = Vec::new();
        // A stop word beside other words stands for itself alone.
        let layers = if finds { expansion.layers.as_slice() } else { &expansion.layers[..1] };
        if let [(Quality::Exact, forms)] = layers
            && expansion.joined.is_empty()
            && expansion.phrases.is_empty()
            && let Some((part, term, of_form)) = self.single_form(&expansion.word, forms)
        {
            return self.score_form(part, term, of_form, weight, finds, sums);
        }
        // Other spellings come between the word with its forms and what it may go on to or be misspelt for.
        let others = (!expansion.joined.is_empty() || !expansion.phrases.is_empty()).then_some(None);
        let layers: Vec<_> = layers[..1].iter().map(Some).chain(others).chain(layers[1..].iter().map(Some)).collect();
        for (i, layer) in layers.iter().enumerate() {
            match layer {
                Some((quality, forms)) => self.count(expansion, *quality, forms, finds, sums),
                None => self.count_other_spellings(expansion, finds, sums),
            }
            let quality = layer.map_or(Quality::Exact, |(quality, _)| *quality);
            let docs = match layer {
                Some((_, forms)) if !finds => self.live_docs_with(forms),
                _ => sums.touched.len(),
            };
            if docs == 0 {
                continue;
            }
            if quality == Quality::Exact {
                exact += docs;
            }
            let idf = self.idf(docs);
            let share = match quality {
                Quality::Exact => 1.0,
                Quality::Prefix => self.ranking.prefix,
                Quality::Typo => self.ranking.typo,
            };
            let scale = self.scale(weight * share * idf, ceiling, sums);
            let gains = Gains { scale, mass: weight * share * mass.unwrap_or(idf).min(idf), quality, finds };
            let least = self.add_gains(&gains, sums);
            ceiling = ceiling.min(least);
            mass = mass.or(Some(idf));
            if i + 1 < layers.len() {
                sums.touched.iter().for_each(|&doc| sums.of[doc as usize].count = TAKEN);
                seen.append(&mut sums.touched);
            }
        }
        seen.iter().chain(&sums.touched).for_each(|&doc| sums.of[doc as usize].count = 0.0);
        sums.touched.clear();
        sums.whole += weight * mass.unwrap_or_else(|| self.idf(0));
        exact
    }

    /// The segment and number of a word's only spelling and what a count of it weighs, where no document was removed.
    fn single_form(&self, word: &str, forms: &[String]) -> Option<(usize, u32, f32)> {
        let [form] = forms else { return None };
        let mut sources = self.segments().into_iter().enumerate().filter_map(|(part, segment)| Some((part, segment.find(form)?)));
        let (part, term) = sources.next().filter(|_| self.all_live())?;
        let of_form = if form == word { 1.0 } else { self.ranking.other_form };
        sources.next().is_none().then_some((part, term, of_form))
    }

    /// [`Self::score_word`] for a single form: how many documents have it is known, so one pass does it. The same figures in
    /// the same order, so the same sums.
    fn score_form(&self, part: usize, term: u32, of_form: f32, weight: f32, finds: bool, sums: &mut Sums) -> usize {
        let segment = self.segments()[part];
        let docs = segment.store().term(term).docs() as usize;
        let gained_mass = weight * self.idf(docs);
        let Sums { of, hopeful, .. } = sums;
        let mut add = |doc: usize, count, quality: Option<Quality>| {
            let sum = &mut of[doc];
            sum.quality = quality.or(sum.quality);
            sum.score += gained_mass * self.saturation(count);
            sum.mass += gained_mass;
        };
        // Two calls, so that the more frequent one has no bits to look at.
        if finds {
            self.each_count(part, term, of_form, |_| true, |doc, count| add(doc, count, Some(Quality::Exact)));
        } else {
            let wanted = |doc: usize| hopeful[doc / 64] >> (doc % 64) & 1 == 1;
            self.each_count(part, term, of_form, wanted, |doc, count| add(doc, count, None));
        }
        sums.whole += gained_mass;
        docs
    }

    /// The factor of a layer: `full`, or what keeps its best document below `ceiling`, the least that a layer above gave.
    fn scale(&self, full: f32, ceiling: f32, sums: &Sums) -> f32 {
        if ceiling == f32::INFINITY {
            return full;
        }
        let most = sums.touched.iter().map(|&doc| sums.of[doc as usize].count).fold(0.0, f32::max);
        full.min(LOWER_LAYER_MAX * ceiling / self.saturation(most))
    }

    /// Adds the counts of a layer to the sums, and returns the least that a document got.
    fn add_gains(&self, gains: &Gains, sums: &mut Sums) -> f32 {
        let mut least = f32::INFINITY;
        for &doc in &sums.touched {
            let sum = &mut sums.of[doc as usize];
            let gained = gains.scale * self.saturation(sum.count);
            least = least.min(gained);
            if gains.finds {
                sum.quality = sum.quality.max(Some(gains.quality));
            }
            sum.score += gained;
            sum.mass += gains.mass;
        }
        least
    }

    #[inline]
    fn saturation(&self, count: f32) -> f32 {
        (self.k1 + 1.0) * count / (count + self.k1)
    }

    /// The saturation for the lengths that the live documents have.
    pub(super) fn saturation_of_lengths(&self) -> f32 {
        let words = self.length_sums.iter().sum::<u64>() as f64 / f64::from(self.live_docs.max(1));
        (words as f32 / self.ranking.short).max(1.0).min(self.ranking.k1)
    }

    /// Counts the forms of a layer in every live document that no layer above has taken; unless it `finds`, only in those
    /// that another word has found.
    fn count(&self, expansion: &Expansion, quality: Quality, forms: &[String], finds: bool, sums: &mut Sums) {
        for (part, segment) in self.segments().into_iter().enumerate() {
            for form in forms.iter().filter(|form| quality != Quality::Exact || !expansion.joined.contains(form)) {
                let Some(term) = segment.find(form) else { continue };
                let is_other = quality == Quality::Exact && *form != expansion.word;
                let of_form = if is_other { self.ranking.other_form } else { 1.0 };
                let wanted = |doc: usize| finds || sums.hopeful[doc / 64] >> (doc % 64) & 1 == 1;
                let Sums { of, touched, .. } = sums;
                self.each_count(part, term, of_form, wanted, |doc, count| add_count(of, touched, doc, count));
            }
        }
    }

    /// Counts what stands for several words together, and spellings in several words, in every live document that no layer above has
    /// taken.
    fn count_other_spellings(&self, expansion: &Expansion, finds: bool, sums: &mut Sums) {
        let other_form = self.ranking.other_form;
        let Sums { of, touched, hopeful, .. } = sums;
        let wanted = |doc: usize| finds || hopeful[doc / 64] >> (doc % 64) & 1 == 1;
        for (part, segment) in self.segments().into_iter().enumerate() {
            for term in expansion.joined.iter().filter_map(|form| segment.find(form)) {
                self.each_count(part, term, other_form, wanted, |doc, count| add_count(of, touched, doc, count));
            }
        }
        let (fields, weights) = (self.fields.len(), self.field_weights());
        for phrase in &expansion.phrases {
            self.each_place_of(phrase, &mut |doc, field| {
                let doc = doc as usize;
                add_count(of, touched, doc, other_form * weights[doc * fields + field as usize]);
            });
        }
    }

    /// Calls `visit` with every wanted document that has a spelling and with its weighted count there.
    #[inline]
    fn each_count(
        &self,
        part: usize,
        term: u32,
        of_form: f32,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(usize, f32),
    ) {
        let (fields, first) = (self.fields.len(), self.global(part, 0) as usize);
        let weights = &self.field_weights()[first * fields..];
        let weigh =
            |doc: u32, entry: FieldCount| of_form * weights[doc as usize * fields + entry.field as usize] * entry.count as f32;
        let postings = self.segments()[part].postings(term);
        postings.each_sum(|doc| wanted(first + doc as usize), weigh, |doc, count| visit(first + doc as usize, count));
    }

    /// What one word counts in each field of each document, `(docs, fields)`: the weight of the field over its norm.
    fn field_weights(&self) -> &[f32] {
        self.field_weights.get_or_init(|| {
            let averages = self.average_lengths();
            let mut weights = Vec::with_capacity(self.live.len() * self.fields.len());
            for segment in self.segments() {
                for row in segment.store().lengths().chunks_exact(self.fields.len()) {
                    weights.extend(row.iter().zip(&averages).zip(&self.fields).map(|((&length, average), (_, weight))| {
                        weight / (1.0 - self.ranking.b + self.ranking.b * length as f32 / average)
                    }));
                }
            }
            weights
        })
    }

    pub(super) fn idf(&self, docs: usize) -> f32 {
        let (all, docs) = (self.live_docs() as f32, docs as f32);
        (1.0 + (all - docs + 0.5) / (docs + 0.5)).ln()
    }

    /// The average length of each field over live documents; 1 for a field that none has.
    fn average_lengths(&self) -> Vec<f32> {
        let docs = f64::from(self.live_docs());
        self.length_sums.iter().map(|&sum| if sum == 0 { 1.0 } else { (sum as f64 / docs) as f32 }).collect()
    }
}

/// Adds to the count of a document unless a layer above has taken it.
#[inline]
fn add_count(of: &mut [Sum], touched: &mut Vec<u32>, doc: usize, count: f32) {
    let sum = &mut of[doc];
    if sum.count == TAKEN {
        return;
    }
    if sum.count == 0.0 {
        touched.push(doc as u32);
    }
    sum.count += count;
}

/// Marks the documents that a `lift` can bring among the best `limit`: the others are spared what is left of the work.
fn find_hopeful(lift: f32, accept: &dyn Fn(u32) -> bool, limit: usize, sums: &mut Sums) {
    // Nobody is without hope where all are wanted.
    let last = if limit < sums.of.len() { nth_best(sums.of.iter().map(|sum| sum.score), accept, limit) } else { 0.0 };
    // A hundredth more than the lift: far above what rounding could add.
    let bar = last - 1.01 * lift;
    let bar = bar.max(f32::from_bits(1));
    let hopeful = |sums: &[Sum]| sums.iter().enumerate().map(|(at, sum)| u64::from(sum.score >= bar) << at).sum();
    sums.hopeful = sums.of.chunks(64).map(hopeful).collect();
}

/// Marks a document in [`Sum::count`] that a higher layer has scored: lower layers of the same word pass it over.
const TAKEN: f32 = -1.0;
