//! AVX2, and AVX2 with the int8 dot of AVX-VNNI or AVX512-VNNI, for x86-64; chosen at run time.

use std::arch::x86_64::*;

use super::{Isa, LANES, ROUND, Sink, Vectorized, check_tile};

/// AVX2 with the dot built from `vpmaddubsw` and `vpmaddwd`.
///
/// Exact: activations go to 127 and weights to ±127, so a pair sums to at most 32,258 and never saturates.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(());

/// AVX2 with `vpdpbusd` in its VEX form.
#[derive(Debug, Clone, Copy)]
pub struct AvxVnni(());

/// AVX2 with `vpdpbusd` in the form that AVX-512 has for 256 bits.
#[derive(Debug, Clone, Copy)]
pub struct Avx512Vnni(());

impl Avx2 {
    /// The instruction set, where this processor has it.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl AvxVnni {
    /// The instruction set, where this processor has it.
    pub fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni")).then_some(Self(()))
    }
}

impl Avx512Vnni {
    /// The instruction set, where this processor has it.
    pub fn detect() -> Option<Self> {
        let has_dot = is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl");
        (is_x86_feature_detected!("avx2") && has_dot).then_some(Self(()))
    }
}

#[target_feature(enable = "avx2")]
fn vectorize_avx2<I: Isa, S: Vectorized<I>>(isa: I, step: S) -> S::Output {
    step.run(isa)
}

/// The f32 half of the trait, the same for both.
macro_rules! float_lanes {
    () => {
        type F = __m256;
        type Sums = __m256i;
        type Code = u8;

        #[inline(always)]
        fn vectorize<S: Vectorized<Self>>(self, step: S) -> S::Output {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { vectorize_avx2(self, step) }
        }

        #[inline(always)]
        fn splat(self, x: f32) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_set1_ps(x) }
        }

        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> __m256 {
            // SAFETY: as above; the array is eight floats long.
            unsafe { _mm256_loadu_ps(from.as_ptr()) }
        }

        #[inline(always)]
        fn store(self, x: __m256, to: &mut [f32; LANES]) {
            // SAFETY: as above; the array is eight floats long.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
        }

        #[inline(always)]
        fn add(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_add_ps(a, b) }
        }

        #[inline(always)]
        fn sub(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_sub_ps(a, b) }
        }

        #[inline(always)]
        fn mul(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_mul_ps(a, b) }
        }

        #[inline(always)]
        fn min(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_min_ps(a, b) }
        }

        #[inline(always)]
        fn max(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_max_ps(a, b) }
        }

        #[inline(always)]
        fn floats(self, sums: __m256i) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe { _mm256_cvtepi32_ps(sums) }
        }

        #[inline(always)]
        fn store_sums(self, sums: __m256i, to: &mut [i32; LANES]) {
            // SAFETY: as above; the array is eight integers long.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), sums) }
        }

        #[inline(always)]
        fn scale_by_exp2(self, x: __m256, n: __m256) -> __m256 {
            // SAFETY: `self` exists, so the processor has AVX2.
            unsafe {
                let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(n));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent))
            }
        }

        #[inline(always)]
        fn store_codes(self, n: __m256, to: &mut [u8; LANES]) {
            // SAFETY: `self` exists, so the processor has AVX2.
            *to = unsafe { _mm_cvtsi128_si64(_mm_max_epi8(narrow(n), _mm_setzero_si128())) }.to_le_bytes();
        }

        #[inline(always)]
        fn code(x: u8) -> u8 {
            x
        }

        #[inline(always)]
        fn store_i8(self, n: __m256, to: &mut [i8; LANES]) {
            // SAFETY: `self` exists, so the processor has AVX2.
            *to = unsafe { _mm_cvtsi128_si64(narrow(n)) }.to_le_bytes().map(|byte| byte as i8);
        }

        #[inline(always)]
        fn store_panel_step(self, four: [__m256; 4], to: &mut [i8; 4 * LANES]) {
            // SAFETY: `self` exists, so the processor has AVX2; the array is one register long.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), interleave(four)) }
        }
    };
}

/// Integers given as n + ROUND as eight bytes in the low half, limited to [-128, 127].
#[inline]
#[target_feature(enable = "avx2")]
fn narrow(n: __m256) -> __m128i {
    let integers = _mm256_sub_epi32(_mm256_castps_si256(n), _mm256_set1_epi32(ROUND.to_bits() as i32));
    let words = _mm_packs_epi32(_mm256_castsi256_si128(integers), _mm256_extracti128_si256::<1>(integers));
    _mm_packs_epi16(words, words)
}

/// Four times eight integers given as n + ROUND: each 32-bit lane holds the low bytes of its four.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave([a, b, c, d]: [__m256; 4]) -> __m256i {
    let byte = _mm256_set1_epi32(0xFF);
    let low = |n| _mm256_and_si256(_mm256_castps_si256(n), byte);
    let ab = _mm256_or_si256(low(a), _mm256_slli_epi32::<8>(low(b)));
    let cd = _mm256_or_si256(_mm256_slli_epi32::<16>(low(c)), _mm256_slli_epi32::<24>(low(d)));
    _mm256_or_si256(ab, cd)
}

/// The dot tile, with `$dot(acc, codes, weights)` adding four products a lane.
macro_rules! dot_tile {
    ($name:ident, $features:literal, $dot:ident) => {
        /// # Safety
        /// The slices must have passed `check_tile`.
        #[target_feature(enable = $features)]
        unsafe fn $name<const ROWS: usize, I: Isa<Sums = __m256i>>(
            isa: I,
            codes: &[u8],
            stride: usize,
            depth: usize,
            panel: &[i8],
            mut sink: impl Sink<I>,
        ) {
            let mut sums = [_mm256_setzero_si256(); ROWS];
            for k in (0..depth).step_by(4) {
                // SAFETY: k + 4 <= depth, so all reads end inside slices that `check_tile` has measured.
                unsafe {
                    let weights = _mm256_loadu_si256(panel.as_ptr().add(k * LANES).cast());
                    for (row, sum) in sums.iter_mut().enumerate() {
                        let four = codes.as_ptr().add(row * stride + k).cast::<i32>().read_unaligned();
                        *sum = $dot(*sum, _mm256_set1_epi32(four), weights);
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                sink.row(isa, row, sums);
            }
        }
    };
}

#[inline]
#[target_feature(enable = "avx2")]
fn dot_by_pairs(acc: __m256i, codes: __m256i, weights: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(codes, weights);
    _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

dot_tile!(dot_tile_avx2, "avx2", dot_by_pairs);
dot_tile!(dot_tile_vnni, "avx2,avxvnni", _mm256_dpbusd_avx_epi32);
dot_tile!(dot_tile_512_vnni, "avx2,avx512vnni,avx512vl", _mm256_dpbusd_epi32);

macro_rules! x86_isa {
    ($name:ident, $reported:literal, $dot_tile:ident) => {
        impl Isa for $name {
            const NAME: &'static str = $reported;

            float_lanes!();

            #[inline(always)]
            fn dot_tile<const ROWS: usize, S: Sink<Self>>(
                self,
                codes: &[u8],
                stride: usize,
                depth: usize,
                panel: &[i8],
                sink: S,
            ) {
                check_tile::<_, ROWS>(codes, stride, depth, panel);
                // SAFETY: `self` exists, so the processor has the instructions; the slices are checked.
                unsafe { $dot_tile::<ROWS, Self>(self, codes, stride, depth, panel, sink) }
            }
        }
    };
}

x86_isa!(Avx2, "avx2", dot_tile_avx2);
x86_isa!(AvxVnni, "avx-vnni", dot_tile_vnni);
x86_isa!(Avx512Vnni, "avx512-vnni", dot_tile_512_vnni);
