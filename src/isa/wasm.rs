//! WebAssembly: 128-bit SIMD with 16-bit products, and the int8 dot of relaxed SIMD where the module is built with it.
//!
//! Wasm has no run-time detection inside a module, so the page picks one of two modules; see `docs/architecture.md`.

use std::arch::wasm32::*;

use super::{Isa, LANES, Sink, Vectorized, check_tile};

/// SIMD128. The dot multiplies 16-bit numbers, so activation codes lie in memory as i16.
#[derive(Debug, Clone, Copy)]
pub struct Simd128(());

/// Relaxed SIMD's int8 dot. Its second operand stays in [0, 127], where every engine returns the same bits.
#[cfg(target_feature = "relaxed-simd")]
#[derive(Debug, Clone, Copy)]
pub struct Relaxed(());

/// Relaxed SIMD with the dot built from its 16-bit half and an addition of pairs: three instructions on x64, where V8
/// spends five on the whole dot of a processor without VNNI.
#[cfg(target_feature = "relaxed-simd")]
#[derive(Debug, Clone, Copy)]
pub struct RelaxedPairs(());

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

#[cfg(target_feature = "relaxed-simd")]
impl RelaxedPairs {
    /// The instruction set: a module that has loaded has it.
    pub fn detect() -> Option<Self> {
        Some(Self(()))
    }

    /// Whether this dot beats the whole one here, told by how the engine builds the latter.
    ///
    /// Outside of the operands that are used, the result is the engine's choice and gives its instructions away: with
    /// weights of -128 and codes of 255, two 16-bit sums that saturate make -65,536. Only x86 without VNNI has those.
    /// (Timing both would measure the engine's baseline code: its optimized code comes when loading is over.)
    pub fn is_faster_than_fours(&self) -> bool {
        let (weights, codes) = std::hint::black_box((i8x16_splat(-128), i8x16_splat(-1)));
        i32x4_extract_lane::<0>(dot_by_fours(i32x4_splat(0), weights, codes, codes)) == -65_536
    }
}

/// Eight lanes of 32 bits in two registers.
#[derive(Clone, Copy)]
pub struct Lanes(v128, v128);

#[inline(always)]
fn load(from: &[f32; 4]) -> v128 {
    // SAFETY: four numbers are one register long.
    unsafe { v128_load(from.as_ptr().cast()) }
}

/// The f32 half of the trait, the same for both.
macro_rules! float_lanes {
    () => {
        type F = Lanes;
        type Sums = Lanes;

        #[inline(always)]
        fn vectorize<S: Vectorized<Self>>(self, step: S) -> S::Output {
            step.run(self)
        }

        #[inline(always)]
        fn splat(self, x: f32) -> Lanes {
            Lanes(f32x4_splat(x), f32x4_splat(x))
        }

        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> Lanes {
            let halves = from.as_chunks().0;
            Lanes(load(&halves[0]), load(&halves[1]))
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
        fn floats(self, sums: Lanes) -> Lanes {
            Lanes(f32x4_convert_i32x4(sums.0), f32x4_convert_i32x4(sums.1))
        }

        #[inline(always)]
        fn store_sums(self, sums: Lanes, to: &mut [i32; LANES]) {
            // SAFETY: the array is two registers long.
            unsafe {
                v128_store(to[..4].as_mut_ptr().cast(), sums.0);
                v128_store(to[4..].as_mut_ptr().cast(), sums.1);
            }
        }

        #[inline(always)]
        fn scale_by_exp2(self, x: Lanes, n: Lanes) -> Lanes {
            Lanes(i32x4_add(x.0, i32x4_shl(n.0, 23)), i32x4_add(x.1, i32x4_shl(n.1, 23)))
        }

        #[inline(always)]
        fn store_i8(self, n: Lanes, to: &mut [i8; LANES]) {
            // SAFETY: the array is as long as half a register.
            unsafe { v128_store64_lane::<0>(narrow(n), to.as_mut_ptr().cast()) }
        }

        #[inline(always)]
        fn store_panel_step(self, four: [Lanes; 4], to: &mut [i8; 4 * LANES]) {
            // SAFETY: the array is two registers long.
            unsafe {
                v128_store(to[..16].as_mut_ptr().cast(), interleave(four.map(|n| n.0)));
                v128_store(to[16..].as_mut_ptr().cast(), interleave(four.map(|n| n.1)));
            }
        }
    };
}

/// Integers given as n + ROUND as eight i16: the low halves of their lanes.
#[inline(always)]
fn words(n: Lanes) -> v128 {
    i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(n.0, n.1)
}

/// Integers given as n + ROUND as eight bytes in the low half, limited to [-128, 127].
#[inline(always)]
fn narrow(n: Lanes) -> v128 {
    let words = words(n);
    i8x16_narrow_i16x8(words, words)
}

/// Integers given as n + ROUND as activation codes in the low half.
#[inline(always)]
fn codes(n: Lanes) -> v128 {
    i8x16_max(narrow(n), i8x16_splat(0))
}

/// Four times four integers given as n + ROUND: each 32-bit lane holds the low bytes of its four.
#[inline(always)]
fn interleave([a, b, c, d]: [v128; 4]) -> v128 {
    let low = |n| v128_and(n, i32x4_splat(0xFF));
    let ab = v128_or(low(a), i32x4_shl(low(b), 8));
    let cd = v128_or(i32x4_shl(low(c), 16), i32x4_shl(low(d), 24));
    v128_or(ab, cd)
}

impl Isa for Simd128 {
    type Code = i16;
    const NAME: &'static str = "simd128";

    float_lanes!();

    #[inline(always)]
    fn store_codes(self, n: Lanes, to: &mut [i16; LANES]) {
        // SAFETY: the array is one register long.
        unsafe { v128_store(to.as_mut_ptr().cast(), i16x8_extend_low_i8x16(codes(n))) }
    }

    #[inline(always)]
    fn code(x: u8) -> i16 {
        x.into()
    }

    #[inline(never)]
    fn dot_tile<const ROWS: usize, S: Sink<Self>>(self, codes: &[i16], stride: usize, depth: usize, panel: &[i8], mut sink: S) {
        check_tile::<_, ROWS>(codes, stride, depth, panel);
        // Each register of sums holds two columns with two partial sums each, which are folded at the end. Four columns at a
        // time: with eight, V8 would spill, and speed would hang on where its stack happens to lie (docs/performance.md).
        let [low, high] = [0, LANES / 2].map(|column| {
            let mut sums = [[i32x4_splat(0); 2]; ROWS];
            for k in (0..depth).step_by(4) {
                // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
                unsafe {
                    let columns = panel.as_ptr().add(k * LANES + column * 4);
                    let weights = [i16x8_load_extend_i8x8(columns), i16x8_load_extend_i8x8(columns.add(8))];
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let four = v128_load64_splat(codes.as_ptr().add(row * stride + k).cast());
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = i32x4_add(*sum, i32x4_dot_i16x8(four, weights));
                        }
                    }
                }
            }
            sums.map(|[a, b]| i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b)))
        });
        for row in 0..ROWS {
            sink.row(self, row, Lanes(low[row], high[row]));
        }
    }
}

/// An instruction set of relaxed SIMD, with `$dot(acc, weights, codes)` adding four products a lane.
#[cfg(target_feature = "relaxed-simd")]
macro_rules! relaxed_isa {
    ($name:ident, $reported:literal, $dot:ident) => {
        impl Isa for $name {
            type Code = u8;
            const NAME: &'static str = $reported;

            float_lanes!();

            #[inline(always)]
            fn store_codes(self, n: Lanes, to: &mut [u8; LANES]) {
                // SAFETY: the array is as long as half a register.
                unsafe { v128_store64_lane::<0>(codes(n), to.as_mut_ptr().cast()) }
            }

            #[inline(always)]
            fn code(x: u8) -> u8 {
                x
            }

            // Never inlined: engines replace baseline code by optimized code call by call, so a short function called
            // often is fast soon after the start.
            #[inline(never)]
            fn dot_tile<const ROWS: usize, S: Sink<Self>>(
                self,
                codes: &[u8],
                stride: usize,
                depth: usize,
                panel: &[i8],
                mut sink: S,
            ) {
                check_tile::<_, ROWS>(codes, stride, depth, panel);
                let mut sums = [[i32x4_splat(0); 2]; ROWS];
                let ones = i16x8_splat(std::hint::black_box(1));
                for k in (0..depth).step_by(4) {
                    // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
                    unsafe {
                        let low = v128_load(panel.as_ptr().add(k * LANES).cast());
                        let high = v128_load(panel.as_ptr().add(k * LANES + 16).cast());
                        for (row, sums) in sums.iter_mut().enumerate() {
                            let four = v128_load32_splat(codes.as_ptr().add(row * stride + k).cast());
                            sums[0] = $dot(sums[0], low, four, ones);
                            sums[1] = $dot(sums[1], high, four, ones);
                        }
                    }
                }
                for (row, [low, high]) in sums.into_iter().enumerate() {
                    sink.row(self, row, Lanes(low, high));
                }
            }
        }
    };
}

#[cfg(target_feature = "relaxed-simd")]
#[inline(always)]
fn dot_by_fours(acc: v128, weights: v128, codes: v128, _: v128) -> v128 {
    i32x4_relaxed_dot_i8x16_i7x16_add(weights, codes, acc)
}

/// Pairs first: at most 2 × 127 × 127, so that 16 bits hold them.
#[cfg(target_feature = "relaxed-simd")]
#[inline(always)]
fn dot_by_pairs(acc: v128, weights: v128, codes: v128, ones: v128) -> v128 {
    i32x4_add(acc, i32x4_dot_i16x8(i16x8_relaxed_dot_i8x16_i7x16(weights, codes), ones))
}

#[cfg(target_feature = "relaxed-simd")]
relaxed_isa!(Relaxed, "relaxed-simd", dot_by_fours);
#[cfg(target_feature = "relaxed-simd")]
relaxed_isa!(RelaxedPairs, "relaxed-simd-pairs", dot_by_pairs);
