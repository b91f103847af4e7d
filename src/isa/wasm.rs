//! WebAssembly: 128-bit SIMD with 16-bit products, and the int8 dot of relaxed SIMD where the module is built with it.
//!
//! Wasm has no run-time detection inside a module, so the page picks one of two modules; see `docs/architecture.md`.

use std::arch::wasm32::*;

use super::{Isa, LANES, ROUND, Step, check_tile};

/// SIMD128. The dot multiplies 16-bit numbers, so activation codes lie in memory as i16.
#[derive(Debug, Clone, Copy)]
pub struct Simd128(());

/// Relaxed SIMD's int8 dot. Its second operand stays in [0, 127], where every engine returns the same bits.
#[cfg(target_feature = "relaxed-simd")]
#[derive(Debug, Clone, Copy)]
pub struct Relaxed(());

impl Simd128 {
    /// The instruction set: a module that has loaded has it.
    pub fn detect() -> Option<Self> {
        Some(Self(()))
    }
}

#[cfg(target_feature = "relaxed-simd")]
impl Relaxed {
    /// The instruction set: a module that has loaded has it.
    pub fn detect() -> Option<Self> {
        Some(Self(()))
    }
}

/// Eight f32 lanes in two registers.
#[derive(Clone, Copy)]
pub struct Lanes(v128, v128);

#[inline(always)]
fn load(from: *const v128) -> v128 {
    // SAFETY: every caller points at the first or second half of an array of eight 4-byte numbers.
    unsafe { v128_load(from) }
}

/// The f32 half of the trait, the same for both.
macro_rules! float_lanes {
    () => {
        type F = Lanes;

        #[inline(always)]
        fn vectorize<S: Step<Self>>(self, step: S) -> S::Output {
            step.run(self)
        }

        #[inline(always)]
        fn splat(self, x: f32) -> Lanes {
            Lanes(f32x4_splat(x), f32x4_splat(x))
        }

        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> Lanes {
            Lanes(load(from[..4].as_ptr().cast()), load(from[4..].as_ptr().cast()))
        }

        #[inline(always)]
        fn store(self, x: Lanes, to: &mut [f32; LANES]) {
            // SAFETY: the array is two registers long.
            unsafe {
                v128_store(to[..4].as_mut_ptr().cast(), x.0);
                v128_store(to[4..].as_mut_ptr().cast(), x.1);
            }
        }

        #[inline(always)]
        fn add(self, a: Lanes, b: Lanes) -> Lanes {
            Lanes(f32x4_add(a.0, b.0), f32x4_add(a.1, b.1))
        }

        #[inline(always)]
        fn sub(self, a: Lanes, b: Lanes) -> Lanes {
            Lanes(f32x4_sub(a.0, b.0), f32x4_sub(a.1, b.1))
        }

        #[inline(always)]
        fn mul(self, a: Lanes, b: Lanes) -> Lanes {
            Lanes(f32x4_mul(a.0, b.0), f32x4_mul(a.1, b.1))
        }

        // The pseudo-minimum and -maximum are single instructions on x64; the IEEE ones take several.
        #[inline(always)]
        fn min(self, a: Lanes, b: Lanes) -> Lanes {
            Lanes(f32x4_pmin(a.0, b.0), f32x4_pmin(a.1, b.1))
        }

        #[inline(always)]
        fn max(self, a: Lanes, b: Lanes) -> Lanes {
            Lanes(f32x4_pmax(a.0, b.0), f32x4_pmax(a.1, b.1))
        }

        #[inline(always)]
        fn load_i32(self, from: &[i32; LANES]) -> Lanes {
            Lanes(f32x4_convert_i32x4(load(from[..4].as_ptr().cast())), f32x4_convert_i32x4(load(from[4..].as_ptr().cast())))
        }

        #[inline(always)]
        fn exp2_rounded(self, n: Lanes) -> Lanes {
            let exp2 = |n| i32x4_add(i32x4_shl(n, 23), i32x4_splat(127 << 23));
            Lanes(exp2(n.0), exp2(n.1))
        }

        #[inline(always)]
        fn store_i8(self, x: Lanes, to: &mut [i8; LANES]) {
            let words = round(x);
            *to = i64x2_extract_lane::<0>(i8x16_narrow_i16x8(words, words)).to_le_bytes().map(|byte| byte as i8);
        }
    };
}

/// Eight small lanes rounded to nearest (ties to even) as i16.
#[inline(always)]
fn round(x: Lanes) -> v128 {
    let integer = |x| i32x4_sub(f32x4_add(x, f32x4_splat(ROUND)), i32x4_splat(ROUND.to_bits() as i32));
    i16x8_narrow_i32x4(integer(x.0), integer(x.1))
}

impl Isa for Simd128 {
    type Code = i16;
    const NAME: &'static str = "simd128";
    // 3 × 8 columns × 2 partial sums are 12 accumulators: the registers of x64 hold no more.
    const TILE_ROWS: usize = 3;

    float_lanes!();

    #[inline(always)]
    fn store_codes(self, x: Lanes, to: &mut [i16; LANES]) {
        // SAFETY: the array is one register long.
        unsafe { v128_store(to.as_mut_ptr().cast(), round(x)) }
    }

    #[inline(always)]
    fn code(x: u8) -> i16 {
        x.into()
    }

    #[inline(never)]
    fn dot_tile<const ROWS: usize>(
        self,
        codes: &[i16],
        stride: usize,
        depth: usize,
        panel: &[i8],
        acc: &mut [[i32; LANES]; ROWS],
    ) {
        check_tile::<_, ROWS>(codes, stride, depth, panel);
        // Each register holds two columns with two partial sums each; they are folded once at the end.
        let mut sums = [[i32x4_splat(0); 4]; ROWS];
        for k in (0..depth).step_by(4) {
            // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
            unsafe {
                let low = v128_load(panel.as_ptr().add(k * LANES).cast());
                let high = v128_load(panel.as_ptr().add(k * LANES + 16).cast());
                let weights = [
                    i16x8_extend_low_i8x16(low),
                    i16x8_extend_high_i8x16(low),
                    i16x8_extend_low_i8x16(high),
                    i16x8_extend_high_i8x16(high),
                ];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let four = v128_load64_splat(codes.as_ptr().add(row * stride + k).cast());
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = i32x4_add(*sum, i32x4_dot_i16x8(four, weights));
                    }
                }
            }
        }
        for (sums, acc) in sums.iter().zip(acc) {
            let fold = |a, b| i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b));
            store_row(acc, fold(sums[0], sums[1]), fold(sums[2], sums[3]));
        }
    }
}

#[cfg(target_feature = "relaxed-simd")]
impl Isa for Relaxed {
    type Code = u8;
    const NAME: &'static str = "relaxed-simd";

    float_lanes!();

    #[inline(always)]
    fn store_codes(self, x: Lanes, to: &mut [u8; LANES]) {
        let words = round(x);
        *to = i64x2_extract_lane::<0>(u8x16_narrow_i16x8(words, words)).to_le_bytes();
    }

    #[inline(always)]
    fn code(x: u8) -> u8 {
        x
    }

    // Never inlined: engines replace baseline code by optimized code call by call, so a short function called often is
    // fast soon after the start.
    #[inline(never)]
    fn dot_tile<const ROWS: usize>(
        self,
        codes: &[u8],
        stride: usize,
        depth: usize,
        panel: &[i8],
        acc: &mut [[i32; LANES]; ROWS],
    ) {
        check_tile::<_, ROWS>(codes, stride, depth, panel);
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        for k in (0..depth).step_by(4) {
            // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
            unsafe {
                let low = v128_load(panel.as_ptr().add(k * LANES).cast());
                let high = v128_load(panel.as_ptr().add(k * LANES + 16).cast());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let four = v128_load32_splat(codes.as_ptr().add(row * stride + k).cast());
                    sums[0] = i32x4_relaxed_dot_i8x16_i7x16_add(low, four, sums[0]);
                    sums[1] = i32x4_relaxed_dot_i8x16_i7x16_add(high, four, sums[1]);
                }
            }
        }
        for (sums, acc) in sums.iter().zip(acc) {
            store_row(acc, sums[0], sums[1]);
        }
    }
}

#[inline(always)]
fn store_row(to: &mut [i32; LANES], low: v128, high: v128) {
    // SAFETY: the array is two registers long.
    unsafe {
        v128_store(to[..4].as_mut_ptr().cast(), low);
        v128_store(to[4..].as_mut_ptr().cast(), high);
    }
}
