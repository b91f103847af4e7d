//! The best few of many scores.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A hit on its way through the heap: by score, then by number, the smaller the better.
#[derive(PartialEq)]
struct Ranked(f32, Reverse<u32>);

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then_with(|| self.1.cmp(&other.1))
    }
}

/// The best `limit` documents with a score above 0 that `accept` lets through: scores and numbers, best first, ties by number.
pub(super) fn top(scores: &[f32], accept: &dyn Fn(u32) -> bool, limit: usize) -> Vec<(f32, u32)> {
    let mut heap: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
    if limit == 0 {
        return Vec::new();
    }
    for (doc, &score) in scores.iter().enumerate().filter(|&(_, &score)| score > 0.0) {
        let candidate = Ranked(score, Reverse(doc as u32));
        let full = heap.len() == limit;
        if full && heap.peek().is_some_and(|worst| candidate <= worst.0) || !accept(doc as u32) {
            continue;
        }
        if full {
            heap.pop();
        }
        heap.push(Reverse(candidate));
    }
    heap.into_sorted_vec().into_iter().map(|Reverse(Ranked(score, Reverse(doc)))| (score, doc)).collect()
}

/// The `n`th best of the scores above 0, counted from 1; 0 when there are fewer.
pub(super) fn nth_best(scores: &[f32], n: usize) -> f32 {
    let mut positive: Vec<f32> = scores.iter().copied().filter(|&score| score > 0.0).collect();
    match n.checked_sub(1).filter(|&index| index < positive.len()) {
        Some(index) => *positive.select_nth_unstable_by(index, |a, b| b.total_cmp(a)).1,
        None => 0.0,
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_heap_agrees_with_a_whole_sort(scores in prop::collection::vec(-1i8..4, 0..60), limit in 0usize..9, modulus in 1u32..3) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut sorted: Vec<(f32, u32)> = scores.iter().copied().zip(0..).filter(|&(s, doc)| s > 0.0 && doc % modulus == 0).collect();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            sorted.truncate(limit);
            prop_assert_eq!(top(&scores, &|doc| doc % modulus == 0, limit), sorted);
            let nth = top(&scores, &|_| true, limit).get(limit.wrapping_sub(1)).map_or(0.0, |hit| hit.0);
            prop_assert_eq!(nth_best(&scores, limit), nth);
        }
    }
}
