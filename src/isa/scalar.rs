//! Plain Rust: the naive twin of every other instruction set, always compiled and always tested.

use super::{Isa, LANES, ROUND, Sink, Vectorized, check_tile};

/// No vector instructions at all.
#[derive(Debug, Clone, Copy)]
pub struct Scalar;

impl Scalar {
    #[inline(always)]
    fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
        std::array::from_fn(|lane| f(a[lane], b[lane]))
    }
}

impl Isa for Scalar {
    type F = [f32; LANES];
    type Sums = [i32; LANES];
    type Code = u8;
    const NAME: &'static str = "scalar";

    fn vectorize<S: Vectorized<Self>>(self, step: S) -> S::Output {
        step.run(self)
    }

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F {
        [x; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F {
        *from
    }

    #[inline(always)]
    fn store(self, x: Self::F, to: &mut [f32; LANES]) {
        *to = x;
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        Self::zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        Self::zip(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        Self::zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        Self::zip(a, b, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        Self::zip(a, b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn floats(self, sums: [i32; LANES]) -> Self::F {
        sums.map(|x| x as f32)
    }

    #[inline(always)]
    fn store_sums(self, sums: [i32; LANES], to: &mut [i32; LANES]) {
        *to = sums;
    }

    #[inline(always)]
    fn scale_by_exp2(self, x: Self::F, n: Self::F) -> Self::F {
        Self::zip(x, n, |x, n| f32::from_bits(x.to_bits().wrapping_add(n.to_bits() << 23)))
    }

    #[inline(always)]
    fn store_codes(self, n: Self::F, to: &mut [u8; LANES]) {
        *to = n.map(|n| (n - ROUND).clamp(0.0, 127.0) as u8);
    }

    #[inline(always)]
    fn code(x: u8) -> u8 {
        x
    }

    #[inline(always)]
    fn store_i8(self, n: Self::F, to: &mut [i8; LANES]) {
        *to = n.map(|n| (n - ROUND) as i8);
    }

    #[inline(always)]
    fn store_panel_step(self, four: [Self::F; 4], to: &mut [i8; 4 * LANES]) {
        *to = std::array::from_fn(|at| (four[at % 4][at / 4] - ROUND) as i8);
    }

    fn dot_tile<const ROWS: usize, S: Sink<Self>>(self, codes: &[u8], stride: usize, depth: usize, panel: &[i8], mut sink: S) {
        check_tile::<_, ROWS>(codes, stride, depth, panel);
        for row in 0..ROWS {
            let codes = &codes[row * stride..][..depth];
            let mut sums = [0; LANES];
            for (codes, weights) in codes.chunks_exact(4).zip(panel.chunks_exact(4 * LANES)) {
                for (column, weights) in weights.chunks_exact(4).enumerate() {
                    sums[column] += codes.iter().zip(weights).map(|(&a, &w)| i32::from(a) * i32::from(w)).sum::<i32>();
                }
            }
            sink.row(self, row, sums);
        }
    }
}
