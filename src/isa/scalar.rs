//! Plain Rust: the naive twin of every other instruction set, always compiled and always tested.

use super::{Isa, LANES, ROUND, Step, check_tile};

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
    type Code = u8;
    const NAME: &'static str = "scalar";

    fn vectorize<S: Step<Self>>(self, step: S) -> S::Output {
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
    fn load_i32(self, from: &[i32; LANES]) -> Self::F {
        from.map(|x| x as f32)
    }

    #[inline(always)]
    fn exp2_rounded(self, n: Self::F) -> Self::F {
        n.map(|n| f32::from_bits((n.to_bits() << 23).wrapping_add(127 << 23)))
    }

    #[inline(always)]
    fn store_codes(self, x: Self::F, to: &mut [u8; LANES]) {
        *to = x.map(|x| (x + ROUND).to_bits() as u8);
    }

    #[inline(always)]
    fn store_i8(self, x: Self::F, to: &mut [i8; LANES]) {
        *to = x.map(|x| (x + ROUND).to_bits() as i8);
    }

    #[inline(always)]
    fn code(x: u8) -> u8 {
        x
    }

    fn dot_tile<const ROWS: usize>(
        self,
        codes: &[u8],
        stride: usize,
        depth: usize,
        panel: &[i8],
        acc: &mut [[i32; LANES]; ROWS],
    ) {
        check_tile::<_, ROWS>(codes, stride, depth, panel);
        for (row, acc) in acc.iter_mut().enumerate() {
            let codes = &codes[row * stride..][..depth];
            *acc = [0; LANES];
            for (codes, weights) in codes.chunks_exact(4).zip(panel.chunks_exact(4 * LANES)) {
                for (column, weights) in weights.chunks_exact(4).enumerate() {
                    acc[column] += codes.iter().zip(weights).map(|(&a, &w)| i32::from(a) * i32::from(w)).sum::<i32>();
                }
            }
        }
    }
}
