//! The weights of the fusion, fitted on all collections but one.

use inkling_search::eval::metrics::{mean, ndcg, paired_difference, reciprocal_rank};

use crate::{Answered, Judged};

/// The numbers of the fusion: `standard + words · coverage^power · share of the best + every_word`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    pub words: f64,
    pub power: f64,
    pub every_word: f64,
}

/// What `src/index/fusion.rs` has.
pub const SHIPPED: Weights = Weights { words: 4.0, power: 0.75, every_word: 3.0 };

/// Every setting that is tried.
fn grid() -> Vec<Weights> {
    let mut grid = Vec::new();
    for words in [1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0] {
        for power in [0.0, 0.5, 0.75, 1.0, 1.5] {
            grid.extend([0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|every_word| Weights { words, power, every_word }));
        }
    }
    grid
}

/// The grades of the first `count` documents.
pub fn first(query: &Answered, weights: Weights, count: usize) -> Vec<u32> {
    let factor = query.documents.first().map_or(0.0, |found| weights.words * found.coverage.powf(weights.power));
    let bonus = |has: bool| if has { weights.every_word } else { 0.0 };
    let rank = |at: usize| {
        let found = &query.documents[at];
        found.standard + factor * found.words + bonus(found.has_every_word)
    };
    let mut order: Vec<(f64, usize)> = (0..query.documents.len()).map(|at| (rank(at), at)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    order.iter().take(count).map(|&(_, at)| query.documents[at].grade).collect()
}

/// The figure of one query: nDCG@10, or the reciprocal of the rank where it asks for one document.
fn figure(query: &Answered, known_items: bool, weights: Weights) -> f64 {
    let grades = first(query, weights, 10);
    if known_items { reciprocal_rank(&grades, 10) } else { ndcg(&grades, &query.judged, 10) }
}

fn figures(collection: &Judged, weights: Weights) -> Vec<f64> {
    collection.own.iter().map(|query| figure(query, collection.known_items, weights)).collect()
}

/// Prints what each collection says of the setting that the others fit, and of the one in use.
pub fn report(all: &[Judged]) {
    let grid = grid();
    let means: Vec<Vec<f64>> =
        all.iter().map(|collection| grid.iter().map(|&weights| mean(&figures(collection, weights))).collect()).collect();
    let best = |of: &dyn Fn(usize) -> f64| (0..grid.len()).fold(0, |best, at| if of(at) > of(best) { at } else { best });
    println!(
        "\n| left out | fitted on the others: words, power, bonus | figure with that | with those in use | difference, 95 % | best for it alone |"
    );
    println!("| --- | --- | --: | --: | --- | --: |");
    for (out, collection) in all.iter().enumerate() {
        // Each collection counts by its share of the best that any setting reaches on it, so that none counts more by its level.
        let share = |at: usize| {
            let of = |(_, means): (usize, &Vec<f64>)| means[at] / means.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            means.iter().enumerate().filter(|(other, _)| *other != out).map(of).sum::<f64>()
        };
        let fitted = best(&share);
        let Weights { words, power, every_word } = grid[fitted];
        let alone = means[out][best(&|at| means[out][at])];
        let (with_fitted, with_shipped) = (figures(collection, grid[fitted]), figures(collection, SHIPPED));
        let between = paired_difference(&with_shipped, &with_fitted).map_or(String::new(), |difference| {
            format!("{:+.3} ({:+.3} to {:+.3})", difference.mean, difference.low, difference.high)
        });
        println!(
            "| {}, {} | {words}, {power}, {every_word} | {:.3} | {:.3} | {between} | {alone:.3} |",
            collection.name,
            if collection.known_items { "MRR@10" } else { "nDCG@10" },
            mean(&with_fitted),
            mean(&with_shipped),
        );
    }
}
