//! The best few of many scores.

use crate::index::sort::sort_keys;

/// Candidates are gathered until there are so many times as many as wanted, then the worse ones are dropped at once: far
/// cheaper than a heap, which moves half its depth for each of them.
const SPARE: usize = 2;

/// Least room for candidates, so that a search for few drops seldom.
const ROOM_MIN: usize = 512;

/// A score above 0 and a document as one number: the smaller the better, equal scores by document. The bits of positive floats
/// are in the order of the floats.
fn key(score: f32, doc: u32) -> u64 {
    u64::from(!score.to_bits()) << 32 | u64::from(doc)
}

fn unkey(key: u64) -> (f32, u32) {
    (f32::from_bits(!((key >> 32) as u32)), key as u32)
}

/// The keys of the best `limit` scores above 0 that `accept` lets through, in ascending order.
fn best(scores: impl Iterator<Item = f32>, accept: impl Fn(u32) -> bool, limit: usize) -> Vec<u64> {
    if limit == 0 {
        return Vec::new();
    }
    let room = limit.saturating_mul(SPARE).max(ROOM_MIN);
    let (mut found, mut bar) = (Vec::new(), u64::MAX);
    // The least score that may pass, so that nearly all are dropped by one comparison.
    let mut least = f32::from_bits(1);
    let drop_worse = |found: &mut Vec<u64>| {
        sort_keys(found);
        found.truncate(limit);
        found.get(limit - 1).copied().unwrap_or(u64::MAX)
    };
    for (doc, score) in (0..).zip(scores) {
        if score < least {
            continue;
        }
        let candidate = key(score, doc);
        if candidate < bar && accept(doc) {
            found.push(candidate);
            if found.len() == room {
                bar = drop_worse(&mut found);
                least = unkey(bar).0;
            }
        }
    }
    drop_worse(&mut found);
    found
}

/// The best `limit` documents with a score above 0 that `accept` lets through: scores and numbers, best first, ties by number.
pub(super) fn top(scores: impl Iterator<Item = f32>, accept: impl Fn(u32) -> bool, limit: usize) -> Vec<(f32, u32)> {
    best(scores, accept, limit).into_iter().map(unkey).collect()
}

/// The `n`th best of the scores above 0 that `accept` lets through, counted from 1; 0 when there are fewer.
pub(super) fn nth_best(scores: impl Iterator<Item = f32>, accept: impl Fn(u32) -> bool, n: usize) -> f32 {
    let best = best(scores, accept, n);
    if best.len() < n { 0.0 } else { best.last().map_or(0.0, |&least| unkey(least).0) }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_agree_with_a_whole_sort(
            scores in prop::collection::vec(-1i16..400, 0..2000),
            limit in prop_oneof![0usize..9, 200usize..700],
            modulus in 1u32..3,
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let accept = |doc: u32| doc.is_multiple_of(modulus);
            let mut sorted: Vec<(f32, u32)> = scores.iter().copied().zip(0..).filter(|&(score, doc)| score > 0.0 && accept(doc)).collect();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let nth = limit.checked_sub(1).and_then(|last| sorted.get(last)).map_or(0.0, |hit| hit.0);
            sorted.truncate(limit);
            prop_assert_eq!(top(scores.iter().copied(), accept, limit), sorted);
            prop_assert_eq!(nth_best(scores.iter().copied(), accept, limit), nth);
        }
    }
}
