//! One ranking out of two: how documents compare by meaning, and by words.
//!
//! ```text
//! order = (cosine - least) / (best - least)  +  0.7 bm25 / best bm25 × best coverage^¾  +  0.5 / √n if every word of the query is there
//! ```
//!
//! where `n` is the number of documents that have every word, and what has the query for its title comes before all others.
//!
//! The cosine of a document is that of its best passage; least and best are over all documents, so that meaning counts alike in a
//! corpus on one subject, where all cosines are high, and in one on many. Words count by how much of the query the best document
//! covers: a name or an identifier that stands somewhere covers all and leads, a paraphrase covers little and meaning decides.
//!
//! Chosen on sixteen collections with each left out in turn (`docs/ranking.md` has the tables). Its neighbours change little.
//!
//! A document's score, in [0, 1], is an estimate of how likely it is to be relevant: a logistic regression on the cosine and
//! the coverage, over the first ten of every query of six of the collections, each with the same weight.

use crate::index::lexical::{LexicalHit, Quality};
use crate::index::vectors::VectorHit;

/// Weight of words against the range of the cosines.
const WORDS: f64 = 0.7;

/// What the only document gains that has every word of the query, spelt so or in another form. With 0.2, four of the demo's 106
/// speakers do not come first when asked for by their full name.
const EVERY_WORD: f64 = 0.5;

/// What a document gains whose title is the query: more than all else together can give.
const IS_TITLE: f64 = 2.0;

/// Coverage from which on every word counts as there.
const FULL_COVERAGE: f32 = 0.95;

/// Where something is close, documents are found down to this share of the best one's score.
const SHARE_OF_BEST: f32 = 0.1;

/// Best coverage from which on words alone say that there is an answer: a room or a name may mean nothing to the model.
const COVERAGE_ALONE: f32 = 0.7;

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
    /// those of one document.
    pub fn closeness(self, ranked: &[Ranked]) -> f32 {
        let cosine = best(ranked, |document| document.cosine);
        let coverage = best(ranked, |document| document.coverage);
        let logit = 20.1 * cosine + 3.24 * coverage - 2.45 * self.unknown - 0.988 * self.ln_documents() - 0.4;
        if coverage >= COVERAGE_ALONE { logit.max(0.0) } else { logit }
    }

    /// The same for a query that is asked by meaning alone.
    pub fn closeness_by_meaning(self, ranked: &[Ranked]) -> f32 {
        23.7 * best(ranked, |document| document.cosine) - 0.9 * self.ln_documents() - 1.2
    }

    fn ln_documents(self) -> f32 {
        (self.documents.max(1) as f32).ln()
    }
}

/// Leaves out documents that are far from the query where others are close.
pub fn keep_close(ranked: &mut Vec<Ranked>) {
    let best = best(ranked, |document| document.score);
    ranked.retain(|document| document.score >= best * SHARE_OF_BEST);
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
        passage: Some(hit.passage),
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

/// Documents by both, unordered. `meaning` has every document, in ascending order.
pub fn by_both(meaning: &[VectorHit], words: &[LexicalHit]) -> Vec<Ranked> {
    let (least, most) =
        meaning.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), hit| (least.min(hit.score), most.max(hit.score)));
    let range = (f64::from(most) - f64::from(least)).max(1e-6);
    let best = words.iter().fold(0.0f32, |best, hit| best.max(hit.score));
    let coverage = f64::from(words.iter().fold(0.0f32, |best, hit| best.max(hit.coverage)));
    // coverage^¾, by square roots: they are exact, so every machine ranks alike.
    let weight = WORDS * (coverage * coverage.sqrt()).sqrt() / f64::from(best.max(f32::MIN_POSITIVE));

    let has_every_word = |hit: &LexicalHit| hit.quality == Quality::Exact && hit.coverage >= FULL_COVERAGE;
    let every_word = EVERY_WORD / (words.iter().filter(|hit| has_every_word(hit)).count().max(1) as f64).sqrt();

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
        if has_every_word(hit) {
            document.order += every_word;
        }
        if hit.is_title {
            document.order += IS_TITLE;
        }
    }
    ranked
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
