//! One ranking out of two: how documents compare by meaning, and by words.
//!
//! ```text
//! order = (cosine - mean) / deviation  +  4 bm25 / best bm25 × best coverage^¾  +  3 if every word of the query is there
//! ```
//!
//! The cosine of a document is that of its best passage; mean and deviation are over all documents, so that one step means
//! the same in a corpus on one subject and in one on many. Words count by how much of the query the best document covers: a
//! name or an identifier that stands somewhere covers all and leads, a paraphrase covers little and meaning decides.
//!
//! Chosen among reciprocal ranks, min-max mixes, z-scores and raw cosines on Cranfield, CISI, the titles of three conferences
//! as queries, and the demo's queries (`docs/ranking.md` has the table). Their neighbours change little.
//!
//! A document's score, in [0, 1], is an estimate of how likely it is to be relevant: a logistic regression on the cosine and
//! the coverage, over the first ten of every query of the same collections, each collection with the same weight.

use crate::index::lexical::{LexicalHit, Quality};
use crate::index::vectors::VectorHit;

/// Weight of words against one standard deviation of the cosine.
const WORDS: f64 = 4.0;

/// What a document gains that has every word of the query, spelt so or in another form.
const EVERY_WORD: f64 = 3.0;

/// Coverage from which on every word counts as there.
const FULL_COVERAGE: f32 = 0.95;

/// A query of this [`closeness`], asked by words and meaning, has an answer in the corpus; one below has none.
pub const CLOSE: f32 = 1.0;

/// The same by meaning alone: a cosine of 0.16. What words alone have found is close.
pub const CLOSE_BY_MEANING: f32 = 0.47;

/// The best cosine that needs no words beside it.
const CLOSE_COSINE: f32 = 0.34;

/// The best cosine and the best coverage by their weights, together, that suffice. With less weight, somebody's first name beside
/// another last name would find neither.
const CLOSE_TOGETHER: f32 = 0.46;
const COVERAGE: f32 = 0.8;

/// Where something is close, documents are found down to this share of the best one's score.
const SHARE_OF_BEST: f32 = 0.1;

/// How near a query comes to a corpus: `max(best cosine / 0.34, (best cosine + 0.8 · best coverage) / 0.46)`. The best of both
/// need not be those of one document.
///
/// Chosen so that no query of the collections that has a right answer among the first three is lost; `docs/ranking.md` says what
/// it lets through.
pub fn closeness(ranked: &[Ranked]) -> f32 {
    let cosine = best(ranked, |document| document.cosine);
    let coverage = best(ranked, |document| document.coverage);
    (cosine / CLOSE_COSINE).max((cosine + COVERAGE * coverage) / CLOSE_TOGETHER)
}

/// Leaves out what is too far from a query to be shown: all documents where the [`closeness`] is below `least`, else the far ones.
pub fn keep_close(ranked: &mut Vec<Ranked>, least: f32) {
    if closeness(ranked) < least {
        return ranked.clear();
    }
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

/// The mean of a corpus's cosines and their standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    mean: f64,
    deviation: f64,
}

impl Spread {
    /// The spread of all documents of a corpus. Sums are of integers, so that the order of documents does not matter.
    pub fn of(hits: &[VectorHit]) -> Self {
        const STEPS: f64 = (1u64 << 24) as f64;
        let (mut sum, mut squares) = (0i64, 0i128);
        for hit in hits {
            let steps = (f64::from(hit.score) * STEPS).round() as i64;
            sum += steps;
            squares += i128::from(steps) * i128::from(steps);
        }
        let count = hits.len().max(1) as f64;
        let mean = sum as f64 / count;
        let variance = squares as f64 / count - mean * mean;
        Self { mean: mean / STEPS, deviation: (variance.max(0.0).sqrt() / STEPS).max(1e-6) }
    }

    fn standard(self, cosine: f32) -> f64 {
        (f64::from(cosine) - self.mean) / self.deviation
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
    let ranked = |hit: &LexicalHit| Ranked {
        score: logistic(4.55 * hit.coverage - 3.05),
        order: hit.score.into(),
        bm25: hit.score,
        coverage: hit.coverage,
        ..Ranked::unranked(hit.document)
    };
    hits.iter().map(ranked).collect()
}

/// Documents by both, unordered. `meaning` has every document, in ascending order.
pub fn by_both(meaning: &[VectorHit], spread: Spread, words: &[LexicalHit]) -> Vec<Ranked> {
    let best = words.iter().fold(0.0f32, |best, hit| best.max(hit.score));
    let coverage = f64::from(words.iter().fold(0.0f32, |best, hit| best.max(hit.coverage)));
    // coverage^¾, by square roots: they are exact, so every machine ranks alike.
    let weight = WORDS * (coverage * coverage.sqrt()).sqrt() / f64::from(best.max(f32::MIN_POSITIVE));

    let mut ranked = by_meaning(meaning);
    for document in &mut ranked {
        document.order = spread.standard(document.cosine);
        document.score = logistic(5.43 * document.cosine - 5.30);
    }
    for hit in words {
        let Ok(at) = ranked.binary_search_by_key(&hit.document, |document| document.document) else { continue };
        let document = &mut ranked[at];
        (document.bm25, document.coverage) = (hit.score, hit.coverage);
        document.score = logistic(5.43 * document.cosine + 3.68 * hit.coverage - 5.30);
        document.order += weight * f64::from(hit.score);
        if hit.quality == Quality::Exact && hit.coverage >= FULL_COVERAGE {
            document.order += EVERY_WORD;
        }
    }
    ranked
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
