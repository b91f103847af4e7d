//! Which of the two dots of relaxed SIMD is the fast one here: a wasm module cannot ask which instructions an engine turns
//! them into, so both are timed, once.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use web_time::Instant;

use super::{Isa, LANES, Relaxed, RelaxedPairs};

/// How long the timing goes on. Engines begin with baseline code, in which both take the same time; within this the
/// optimized code is there.
const BUDGET: Duration = Duration::from_millis(5);

/// Tiles timed at a time: long enough for clocks that tick every 0.1 ms. With a coarser clock the times come out equal.
const TILES: usize = 1000;

/// Depth of the tiles: the hidden size of the small encoders.
const DEPTH: usize = 384;

/// Whether the dot built from pairs is faster than the whole one.
pub fn pairs_are_faster(fours: Relaxed, pairs: RelaxedPairs) -> bool {
    static FASTER: OnceLock<bool> = OnceLock::new();
    *FASTER.get_or_init(|| {
        let (start, mut best_of_fours, mut best_of_pairs) = (Instant::now(), Duration::MAX, Duration::MAX);
        while start.elapsed() < BUDGET {
            best_of_fours = best_of_fours.min(time(fours));
            best_of_pairs = best_of_pairs.min(time(pairs));
        }
        best_of_pairs < best_of_fours
    })
}

/// The time of some full tiles.
fn time<I: Isa<Code = u8>>(isa: I) -> Duration {
    let (codes, panel) = (black_box([77; 6 * DEPTH]), black_box([-55; LANES * DEPTH]));
    let mut sums = [[0; LANES]; 6];
    let start = Instant::now();
    for _ in 0..TILES {
        isa.dot_tile::<6, _>(&codes, DEPTH, DEPTH, &panel, &mut sums[..]);
        black_box(&mut sums);
    }
    start.elapsed()
}
