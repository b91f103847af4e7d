//! NEON, which every 64-bit ARM has, and NEON with the int8 dot of Armv8.2.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

use super::{Isa, LANES, ROUND, Sink, Vectorized, check_tile};

/// NEON with the dot built from widening products and two additions of pairs.
#[derive(Debug, Clone, Copy)]
pub struct Neon(());

/// NEON with `sdot`.
#[derive(Debug, Clone, Copy)]
pub struct NeonDot(());

impl Neon {
    /// The instruction set: 64-bit ARM has it.
    pub fn detect() -> Option<Self> {
        Some(Self(()))
    }
}

impl NeonDot {
    /// The instruction set, where this processor has it.
    pub fn detect() -> Option<Self> {
        is_aarch64_feature_detected!("dotprod").then_some(Self(()))
    }
}

/// Eight f32 lanes in two registers.
#[derive(Clone, Copy)]
pub struct Floats(float32x4_t, float32x4_t);

/// Eight i32 lanes in two registers.
#[derive(Clone, Copy)]
pub struct Integers(int32x4_t, int32x4_t);

impl Floats {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> Self {
        Self(f(self.0, other.0), f(self.1, other.1))
    }
}

/// Runs intrinsics of NEON.
macro_rules! neon {
    ($work:expr) => {
        // SAFETY: every 64-bit ARM has NEON, and none of these touches memory.
        unsafe { $work }
    };
}

/// Integers given as n + ROUND.
#[inline(always)]
fn integers(n: Floats) -> Integers {
    let integer = |n| neon!(vsubq_s32(vreinterpretq_s32_f32(n), vdupq_n_s32(ROUND.to_bits() as i32)));
    Integers(integer(n.0), integer(n.1))
}

/// Integers given as n + ROUND as eight bytes, limited to [-128, 127].
#[inline(always)]
fn narrow(n: Floats) -> int8x8_t {
    let Integers(low, high) = integers(n);
    neon!(vqmovn_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high))))
}

/// Four times four integers: each 32-bit lane holds the low bytes of its four.
#[inline(always)]
fn interleave([a, b, c, d]: [int32x4_t; 4]) -> int32x4_t {
    neon!(vsliq_n_s32::<24>(vsliq_n_s32::<16>(vsliq_n_s32::<8>(a, b), c), d))
}

/// acc + the four products a lane of weights and the four codes at `codes`.
///
/// Exact: codes go to 127 and weights to ±127, so that 16 bits hold the sum of two products.
#[inline(always)]
fn dot_by_pairs(acc: int32x4_t, weights: int8x16_t, codes: int8x16_t) -> int32x4_t {
    neon!({
        let low = vmull_s8(vget_low_s8(weights), vget_low_s8(codes));
        vpadalq_s16(acc, vpaddq_s16(low, vmull_high_s8(weights, codes)))
    })
}

/// The same by one instruction, for which the compiler has no stable name yet.
#[inline(always)]
fn dot_by_fours(acc: int32x4_t, weights: int8x16_t, codes: int8x16_t) -> int32x4_t {
    let mut acc = acc;
    // SAFETY: only a `NeonDot` comes here, so the processor has the instruction; it reads and writes these registers alone.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {acc:v}.4s, {weights:v}.16b, {codes:v}.16b",
            acc = inout(vreg) acc, weights = in(vreg) weights, codes = in(vreg) codes,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    acc
}

/// An instruction set of ARM, with `$dot(acc, weights, codes)` adding four products a lane.
macro_rules! arm_isa {
    ($name:ident, $reported:literal, $dot:ident) => {
        impl Isa for $name {
            type F = Floats;
            type Sums = Integers;
            type Code = u8;
            const NAME: &'static str = $reported;

            #[inline(always)]
            fn vectorize<S: Vectorized<Self>>(self, step: S) -> S::Output {
                step.run(self)
            }

            #[inline(always)]
            fn splat(self, x: f32) -> Floats {
                neon!(Floats(vdupq_n_f32(x), vdupq_n_f32(x)))
            }

            #[inline(always)]
            fn load(self, from: &[f32; LANES]) -> Floats {
                // SAFETY: the array is two registers long.
                unsafe { Floats(vld1q_f32(from[..4].as_ptr()), vld1q_f32(from[4..].as_ptr())) }
            }

            #[inline(always)]
            fn store(self, x: Floats, to: &mut [f32; LANES]) {
                // SAFETY: the array is two registers long.
                unsafe {
                    vst1q_f32(to[..4].as_mut_ptr(), x.0);
                    vst1q_f32(to[4..].as_mut_ptr(), x.1);
                }
            }

            #[inline(always)]
            fn add(self, a: Floats, b: Floats) -> Floats {
                neon!(a.zip(b, |a, b| vaddq_f32(a, b)))
            }

            #[inline(always)]
            fn sub(self, a: Floats, b: Floats) -> Floats {
                neon!(a.zip(b, |a, b| vsubq_f32(a, b)))
            }

            #[inline(always)]
            fn mul(self, a: Floats, b: Floats) -> Floats {
                neon!(a.zip(b, |a, b| vmulq_f32(a, b)))
            }

            #[inline(always)]
            fn min(self, a: Floats, b: Floats) -> Floats {
                neon!(a.zip(b, |a, b| vminq_f32(a, b)))
            }

            #[inline(always)]
            fn max(self, a: Floats, b: Floats) -> Floats {
                neon!(a.zip(b, |a, b| vmaxq_f32(a, b)))
            }

            #[inline(always)]
            fn floats(self, sums: Integers) -> Floats {
                neon!(Floats(vcvtq_f32_s32(sums.0), vcvtq_f32_s32(sums.1)))
            }

            #[inline(always)]
            fn store_sums(self, sums: Integers, to: &mut [i32; LANES]) {
                // SAFETY: the array is two registers long.
                unsafe {
                    vst1q_s32(to[..4].as_mut_ptr(), sums.0);
                    vst1q_s32(to[4..].as_mut_ptr(), sums.1);
                }
            }

            #[inline(always)]
            fn scale_by_exp2(self, x: Floats, n: Floats) -> Floats {
                neon!(x.zip(n, |x, n| {
                    let exponent = vshlq_n_s32::<23>(vreinterpretq_s32_f32(n));
                    vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), exponent))
                }))
            }

            #[inline(always)]
            fn store_codes(self, n: Floats, to: &mut [u8; LANES]) {
                // SAFETY: the array is as long as half a register.
                unsafe { vst1_u8(to.as_mut_ptr(), vreinterpret_u8_s8(vmax_s8(narrow(n), vdup_n_s8(0)))) }
            }

            #[inline(always)]
            fn code(x: u8) -> u8 {
                x
            }

            #[inline(always)]
            fn store_i8(self, n: Floats, to: &mut [i8; LANES]) {
                // SAFETY: the array is as long as half a register.
                unsafe { vst1_s8(to.as_mut_ptr(), narrow(n)) }
            }

            #[inline(always)]
            fn store_panel_step(self, four: [Floats; 4], to: &mut [i8; 4 * LANES]) {
                let four = four.map(integers);
                // SAFETY: the array is two registers long.
                unsafe {
                    vst1q_s8(to[..16].as_mut_ptr(), vreinterpretq_s8_s32(interleave(four.map(|n| n.0))));
                    vst1q_s8(to[16..].as_mut_ptr(), vreinterpretq_s8_s32(interleave(four.map(|n| n.1))));
                }
            }

            #[inline(always)]
            fn dot_tile<const ROWS: usize, S: Sink<Self>>(
                self,
                codes: &[u8],
                stride: usize,
                depth: usize,
                panel: &[i8],
                mut sink: S,
            ) {
                check_tile::<_, ROWS>(codes, stride, depth, panel);
                let mut sums = [[neon!(vdupq_n_s32(0)); 2]; ROWS];
                for k in (0..depth).step_by(4) {
                    // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
                    unsafe {
                        let low = vld1q_s8(panel.as_ptr().add(k * LANES));
                        let high = vld1q_s8(panel.as_ptr().add(k * LANES + 16));
                        for (row, sums) in sums.iter_mut().enumerate() {
                            let four = codes.as_ptr().add(row * stride + k).cast::<i32>().read_unaligned();
                            let four = vreinterpretq_s8_s32(vdupq_n_s32(four));
                            sums[0] = $dot(sums[0], low, four);
                            sums[1] = $dot(sums[1], high, four);
                        }
                    }
                }
                for (row, [low, high]) in sums.into_iter().enumerate() {
                    sink.row(self, row, Integers(low, high));
                }
            }
        }
    };
}

arm_isa!(Neon, "neon", dot_by_pairs);
arm_isa!(NeonDot, "neon-dot", dot_by_fours);
