//! The usual figures of retrieval, for one query each, and the interval around their mean.
//!
//! A *ranking* is the judged grades of the documents that a search returned, best first: 0 for a document that nobody judged or
//! that was judged useless. Grades are gains as they stand, as in `trec_eval` (not `2^grade - 1`).

/// Resamplings of a bootstrap: enough for two stable digits of a 95 % interval.
pub const RESAMPLES: usize = 2000;

/// Normalized discounted cumulative gain of the first `k` documents, 0 to 1.
///
/// `DCG = Σ grade_i / log2(i + 1)` over ranks `i` from 1 (Järvelin and Kekäläinen 2002), divided by the DCG of the best possible
/// ranking of `judged`, the grades of all judged documents of the query in any order. 0 when no grade is above 0.
pub fn ndcg(ranking: &[u32], judged: &[u32], k: usize) -> f64 {
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = dcg(&ideal, k);
    if best > 0.0 { dcg(ranking, k) / best } else { 0.0 }
}

fn dcg(grades: &[u32], k: usize) -> f64 {
    grades.iter().take(k).zip(2u32..).map(|(&grade, i)| f64::from(grade) / f64::from(i).log2()).sum()
}

/// One over the rank of the first relevant document (a grade above 0) among the first `k`; 0 when there is none.
pub fn reciprocal_rank(ranking: &[u32], k: usize) -> f64 {
    ranking.iter().take(k).position(|&grade| grade > 0).map_or(0.0, |i| 1.0 / (i + 1) as f64)
}

/// The share of the query's relevant documents that are among the first `k`; 0 when it has none.
pub fn recall(ranking: &[u32], judged: &[u32], k: usize) -> f64 {
    let relevant = judged.iter().filter(|&&grade| grade > 0).count();
    let found = ranking.iter().take(k).filter(|&&grade| grade > 0).count();
    if relevant == 0 { 0.0 } else { found as f64 / relevant as f64 }
}

/// 1 when a document of at least `grade_min` is among the first `k`, else 0.
pub fn success(ranking: &[u32], grade_min: u32, k: usize) -> f64 {
    f64::from(u8::from(ranking.iter().take(k).any(|&grade| grade >= grade_min)))
}

/// The mean, 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// A mean over queries with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The mean over the queries.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The mean of a figure over queries and its 95 % interval by the percentile bootstrap (Efron 1979) with [`RESAMPLES`] resamplings.
///
/// The same values give the same interval: the random numbers start from a fixed seed.
pub fn estimate(values: &[f64]) -> Estimate {
    let center = mean(values);
    if values.len() < 2 {
        return Estimate { mean: center, low: center, high: center };
    }
    let mut random = SplitMix(0x1234_5678);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..values.len()).map(|_| values[random.below(values.len())]).sum::<f64>() / values.len() as f64)
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    Estimate { mean: center, low: means[RESAMPLES / 40], high: means[RESAMPLES - 1 - RESAMPLES / 40] }
}

/// The mean difference `b - a` over the same queries in the same order, with its 95 % interval: the paired bootstrap.
///
/// The difference is more than chance when the interval leaves out 0. Nothing when the lengths differ.
pub fn paired_difference(a: &[f64], b: &[f64]) -> Option<Estimate> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    (a.len() == b.len()).then(|| estimate(&differences))
}

/// SplitMix64 (Steele, Lea and Flood 2014): a small generator that needs no library to be the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by the high half of a product (Lemire 2019); the bias is below 2^-32 here.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn ndcg_agrees_with_a_calculation_by_hand() {
        // Gains 3, 0, 1 at discounts 1, log2 3, 2: 3 + 0.5. Ideal 3, 2, 1: 3 + 2 / 1.584962501 + 0.5 = 4.761859507.
        assert!(near(ndcg(&[3, 0, 1], &[1, 2, 3], 10), 3.5 / 4.761_859_507_142_915));
        // Only the first two count: 3 against 3 + 1.261859507.
        assert!(near(ndcg(&[3, 0, 1], &[1, 2, 3], 2), 3.0 / 4.261_859_507_142_915));
        assert!(near(ndcg(&[2, 1], &[1, 2], 10), 1.0));
        assert!(near(ndcg(&[], &[1, 2], 10), 0.0));
        assert!(near(ndcg(&[0], &[0], 10), 0.0));
    }

    #[test]
    fn reciprocal_rank_looks_for_the_first_relevant_document_within_k() {
        assert!(near(reciprocal_rank(&[0, 0, 1, 3], 10), 1.0 / 3.0));
        assert!(near(reciprocal_rank(&[0, 0, 1, 3], 2), 0.0));
    }

    #[test]
    fn recall_counts_relevant_documents_found_of_all_there_are() {
        assert!(near(recall(&[1, 0, 2, 1], &[1, 1, 2, 0, 3], 3), 0.5));
        assert!(near(recall(&[0], &[0], 3), 0.0));
    }

    #[test]
    fn success_asks_for_a_grade_within_k() {
        assert!(near(success(&[1, 2, 3], 3, 3), 1.0));
        assert!(near(success(&[1, 2, 3], 3, 2), 0.0));
    }

    #[test]
    fn the_interval_of_a_coin_is_that_of_the_binomial_distribution() {
        let coin: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let found = estimate(&coin);
        // Mean 0.5, standard error sqrt(0.25 / 400) = 0.025: 95 % lie within 0.049.
        assert!(near(found.mean, 0.5) && (found.low - 0.451).abs() < 0.006 && (found.high - 0.549).abs() < 0.006, "{found:?}");
        assert_eq!(found, estimate(&coin));
    }

    #[test]
    fn a_constant_difference_has_an_interval_of_one_point_although_the_values_scatter() {
        let a: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 0.25).collect();
        let found = paired_difference(&a, &b).unwrap();
        assert!(near(found.mean, 0.25) && near(found.low, 0.25) && near(found.high, 0.25), "{found:?}");
        assert_eq!(paired_difference(&a, &b[1..]), None);
    }
}
