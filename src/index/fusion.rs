//! One ranking out of two: how documents compare by meaning, and by words.
//!
//! ```text
//! order = (cosine - least) / (best - least)  +  N^(5/16) / 12 × bm25 / best bm25 × best coverage^¾  +  0.6 / √n if all words stand together
//! ```
//!
//! where `N` is the number of documents, 4096 at most, and `n` that of those in which every word of the query is and neighbours are
//! neighbours. Documents with a value of a field that the query names gain 0.8 / √n, where `n` have it. What has the query for its
//! title comes before all others.
//!
//! The cosine of a document is that of its best passage; least and best are over all documents, so that meaning counts alike in a
//! corpus on one subject, where all cosines are high, and in one on many. Words count by how much of the query the best document
//! covers: a name or an identifier that stands somewhere covers all and leads, a paraphrase covers little and meaning decides. Among few
//! documents the right one is soon the nearest in meaning, and that it shares words with the query says less than among many.
//!
//! Chosen on sixteen collections with each left out in turn (`docs/ranking.md` has the tables). Its neighbours change little.
//!
//! A document's score, in [0, 1], is an estimate of how likely it is to be relevant: a logistic regression on the cosine and
//! the coverage, over the first ten of every query of six of the collections, each with the same weight.

use crate::index::lexical::{LexicalHit, Quality};
use crate::index::vectors::VectorHit;

/// Documents from which on words weigh no more.
const WORDS_ALIKE: usize = 4096;

/// What the only document gains in which the query stands: every word of it, spelt so or in another form, and neighbours as
/// neighbours. In long texts many words come together by chance.
const TOGETHER: f64 = 0.6;

/// What the only document gains that has a value of a field, such as a speaker, that the query names: with the weight of words enough
/// for a name that is far from it in meaning.
const NAMED: f64 = 0.8;

/// What a document gains whose title is the query: more than all else together can give.
const IS_TITLE: f64 = 4.0;

/// Where something is close, documents are found down to this share of the best one's order …
const SHARE_OF_BEST_ORDER: f64 = 0.5;

/// … and down to this one of its score.
const SHARE_OF_BEST: f32 = 0.1;

/// Coverage from which on every word counts as there.
const FULL_COVERAGE: f32 = 0.95;

/// Best coverage from which on words alone say that there is an answer: a room or a name may mean nothing to the model.
const COVERAGE_ALONE: f32 = 0.7;

/// The same where words are all that there is: what a misspelt word covers alone.
const COVERAGE_OF_WORDS: f32 = 0.4;

/// What is known of a query, beside its ranking, to tell whether a corpus has an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The share of its words, stop words aside, that no document has, in [0, 1].
    pub unknown: f32,
    /// How many documents there are: the best cosine of many is high by chance.
    pub documents: usize,
}

impl Asked {
    /// How near a query asked by words and meaning comes to the corpus: the logit of a logistic regression that tells answerable
    /// queries from off-topic ones, moved so that from 0 on something is close. The best cosine and the best coverage need not be
    /// those of one document; a query about the corpus's subject is nearer to all of it.
    pub fn closeness(self, ranked: &[Ranked]) -> f32 {
        let cosine = best(ranked, |document| document.cosine);
        let coverage = best(ranked, |document| document.coverage);
        let near = 15.8 * cosine + 13.4 * mean_cosine(ranked) - 0.68 * self.ln_documents();
        let logit = near + 3.29 * coverage - 3.57 * self.unknown - 1.5;
        if coverage >= COVERAGE_ALONE { logit.max(0.0) } else { logit }
    }

    /// The same for a query that is asked by meaning alone.
    pub fn closeness_by_meaning(self, ranked: &[Ranked]) -> f32 {
        23.7 * best(ranked, |document| document.cosine) - 0.9 * self.ln_documents() - 1.2
    }

    /// The same for a query that only words can answer. A word of the query, or one near a misspelt one, is enough where it is most of it.
    pub fn closeness_by_words(self, ranked: &[Ranked]) -> f32 {
        let coverage = best(ranked, |document| document.coverage);
        let logit = 4.5 * coverage - 7.8 * self.unknown + 1.9;
        if coverage >= COVERAGE_OF_WORDS { logit.max(0.0) } else { logit }
    }

    fn ln_documents(self) -> f32 {
        (self.documents.max(1) as f32).ln()
    }
}

/// Leaves out documents that are far from a query asked by words and meaning where others are close. Those that have its words stay.
pub fn keep_close(ranked: &mut Vec<Ranked>) {
    // A title that is the query puts no other document farther away.
    let order = |document: &Ranked| if document.order < IS_TITLE { document.order } else { document.order - IS_TITLE };
    let first = ranked.iter().map(order).fold(0.0, f64::max);
    let score = best(ranked, |document| document.score);
    let is_near = |document: &Ranked| order(document) >= first * SHARE_OF_BEST_ORDER && document.score >= score * SHARE_OF_BEST;
    ranked.retain(|document| document.coverage >= COVERAGE_ALONE || is_near(document));
}

/// The same where one side alone was asked.
pub fn keep_close_by_score(ranked: &mut Vec<Ranked>) {
    let best = best(ranked, |document| document.score);
    ranked.retain(|document| document.score >= best * SHARE_OF_BEST);
}

/// In whole millionths, whose sum does not depend on the order of the documents.
fn mean_cosine(ranked: &[Ranked]) -> f32 {
    let sum: i64 = ranked.iter().map(|document| (document.cosine * 1e6) as i64).sum();
    sum as f32 / 1e6 / ranked.len().max(1) as f32
}

fn best(ranked: &[Ranked], of: impl Fn(&Ranked) -> f32) -> f32 {
    ranked.iter().map(of).fold(0.0, f32::max)
}

/// A document in the ranking, with what speaks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The document's number.
    pub document: u32,
    /// Its passage nearest in meaning, where meaning was asked.
    pub passage: Option<u32>,
    /// How likely the document is to be relevant, in [0, 1].
    pub score: f32,
    /// What documents are ordered by, the highest first; comparable within one answer only.
    pub order: f64,
    /// Cosine of the query and the passage, in [-1, 1]; 0 where meaning was not asked.
    pub cosine: f32,
    /// Score by words, 0 where none matches.
    pub bm25: f32,
    /// The share of the query's words that the document has, by weight, in [0, 1].
    pub coverage: f32,
}

impl Ranked {
    /// A document for which nothing speaks.
    pub fn unranked(document: u32) -> Self {
        Self { document, passage: None, score: 0.0, order: 0.0, cosine: 0.0, bm25: 0.0, coverage: 0.0 }
    }
}

/// Documents by meaning alone, unordered.
pub fn by_meaning(hits: &[VectorHit]) -> Vec<Ranked> {
    let ranked = |hit: &VectorHit| Ranked {
        passage: hit.passage,
        score: logistic(7.06 * hit.score - 4.77),
        order: hit.score.into(),
        cosine: hit.score,
        ..Ranked::unranked(hit.document)
    };
    hits.iter().map(ranked).collect()
}

/// Documents by words alone, unordered.
pub fn by_words(hits: &[LexicalHit]) -> Vec<Ranked> {
    let best = hits.iter().fold(0.0f32, |best, hit| best.max(hit.score));
    let ranked = |hit: &LexicalHit| Ranked {
        score: logistic(4.55 * hit.coverage - 3.05),
        order: f64::from(hit.score) + if hit.is_title { f64::from(best) } else { 0.0 },
        bm25: hit.score,
        coverage: hit.coverage,
        ..Ranked::unranked(hit.document)
    };
    hits.iter().map(ranked).collect()
}

/// Documents by both, unordered. `meaning` has every document, in ascending order; where some are guessed, `farthest` is a guess of the
/// least cosine of all.
pub fn by_both(meaning: &[VectorHit], farthest: Option<f32>, words: &[LexicalHit]) -> Vec<Ranked> {
    let (least, most) = meaning.iter().fold((farthest.unwrap_or(f32::INFINITY), f32::NEG_INFINITY), |(least, most), hit| {
        (least.min(hit.score), most.max(hit.score))
    });
    let range = (f64::from(most) - f64::from(least)).max(1e-6);
    let best = words.iter().fold(0.0f32, |best, hit| best.max(hit.score));
    let coverage = f64::from(words.iter().fold(0.0f32, |best, hit| best.max(hit.coverage)));
    // Powers by square roots: they are exact, so every machine ranks alike.
    let fourth_root = (meaning.len().min(WORDS_ALIKE) as f64).sqrt().sqrt();
    let of_words = fourth_root * fourth_root.sqrt().sqrt() / 12.0;
    let weight = of_words * (coverage * coverage.sqrt()).sqrt() / f64::from(best.max(f32::MIN_POSITIVE));

    let has_all = |hit: &LexicalHit| hit.quality == Quality::Exact && hit.coverage >= FULL_COVERAGE && hit.is_together;
    let together = TOGETHER / (words.iter().filter(|hit| has_all(hit)).count().max(1) as f64).sqrt();

    let mut ranked = by_meaning(meaning);
    for document in &mut ranked {
        document.order = (f64::from(document.cosine) - f64::from(least)) / range;
        document.score = logistic(5.43 * document.cosine - 5.30);
    }
    for hit in words {
        let Ok(at) = ranked.binary_search_by_key(&hit.document, |document| document.document) else { continue };
        let document = &mut ranked[at];
        (document.bm25, document.coverage) = (hit.score, hit.coverage);
        document.score = logistic(5.43 * document.cosine + 3.68 * hit.coverage - 5.30);
        document.order += weight * f64::from(hit.score);
        if has_all(hit) {
            document.order += together;
        }
        if hit.is_title {
            document.order += IS_TITLE;
        }
    }
    ranked
}

/// Puts the documents that have what a query names before others: the more, the fewer of them there are.
pub fn prefer(ranked: &mut [Ranked], is_named: impl Fn(u32) -> bool) {
    let named = || ranked.iter().filter(|document| is_named(document.document));
    let gain = NAMED / (named().count().max(1) as f64).sqrt();
    for document in ranked.iter_mut().filter(|document| is_named(document.document)) {
        document.order += gain;
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(cosines: &[f32]) -> Vec<VectorHit> {
        let hit = |(document, &score): (u32, &f32)| VectorHit { document, passage: Some(document), score };
        (0..).zip(cosines).map(hit).collect()
    }

    fn word(document: u32, score: f32, is_title: bool, is_together: bool) -> LexicalHit {
        LexicalHit { document, score, quality: Quality::Exact, coverage: 1.0, is_title, is_together }
    }

    fn first(ranked: &[Ranked]) -> u32 {
        ranked.iter().max_by(|a, b| a.order.total_cmp(&b.order)).unwrap().document
    }

    #[test]
    fn all_words_together_outweigh_the_nearest_meaning_and_the_same_words_apart_do_not() {
        let meaning = meaning(&[0.8, 0.5, 0.1, 0.0]);
        assert_eq!(first(&by_both(&meaning, None, &[word(1, 3.0, false, true)])), 1);
        assert_eq!(first(&by_both(&meaning, None, &[word(1, 3.0, false, false)])), 0);
    }

    #[test]
    fn what_the_query_names_comes_before_what_is_nearer_in_meaning_unless_many_have_it() {
        let meaning = meaning(&[0.8, 0.5, 0.45, 0.4, 0.35, 0.1]);
        let first_of_named = |named: &[u32]| {
            let mut ranked = by_both(&meaning, None, &[]);
            prefer(&mut ranked, |document| named.contains(&document));
            first(&ranked)
        };
        assert_eq!(first_of_named(&[2]), 2);
        assert_eq!(first_of_named(&[1, 2, 3, 4, 5]), 0);
    }

    #[test]
    fn words_weigh_more_among_many_documents_than_among_few() {
        let weight = |documents| {
            let cosines = vec![0.5; documents];
            by_both(&meaning(&cosines), None, &[word(0, 3.0, false, false)])[0].order
        };
        assert!(weight(10) < weight(1000) && weight(1000) < weight(4096));
        assert!((weight(4096) - 4096f64.powf(0.3125) / 12.0).abs() < 1e-9 && weight(9000) == weight(4096));
    }

    #[test]
    fn close_is_what_comes_to_half_of_the_best_order_or_has_the_words_and_a_title_puts_nothing_farther_away() {
        let meaning = meaning(&[0.9, 0.8, 0.2, 0.1, 0.0]);
        for is_title in [false, true] {
            let mut ranked = by_both(&meaning, None, &[word(0, 3.0, is_title, false), word(4, 0.1, false, false)]);
            keep_close(&mut ranked);
            assert_eq!(ranked.iter().map(|document| document.document).collect::<Vec<_>>(), [0, 1, 4], "{is_title}");
        }
    }

    #[test]
    fn words_alone_answer_what_they_are_most_of_and_a_misspelt_word() {
        let ranked = |coverage| [Ranked { coverage, ..Ranked::unranked(0) }];
        let asked = |unknown| Asked { unknown, documents: 240 };
        assert!(asked(0.0).closeness_by_words(&ranked(0.3)) >= 0.0);
        assert!(asked(1.0).closeness_by_words(&ranked(0.4)) >= 0.0, "of the only word nothing but a near one is there");
        assert!(asked(0.75).closeness_by_words(&ranked(0.2)) < 0.0, "one word in four happens to be there");
    }

    #[test]
    fn a_query_is_nearer_to_a_corpus_that_is_near_to_it_as_a_whole_and_the_order_of_documents_changes_nothing() {
        let asked = Asked { unknown: 0.0, documents: 3 };
        let closeness = |cosines: &[f32]| asked.closeness(&by_meaning(&meaning(cosines)));
        assert!(closeness(&[0.3, 0.2, 0.2]) > closeness(&[0.3, 0.0, 0.0]));
        assert_eq!(closeness(&[0.3, 0.123_456, -0.2]).to_bits(), closeness(&[-0.2, 0.3, 0.123_456]).to_bits());
    }
}
