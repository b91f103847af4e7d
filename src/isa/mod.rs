//! The vector operations of the CPU encoder and of the vector scan, for each instruction set: the only code of the crate
//! with `unsafe`.
//!
//! [`Isa`] holds just what they need: eight f32 lanes, and the int8 dot tile. Every step is written once over it. All
//! instruction sets give the same bits, on every machine and in every browser, because only operations that IEEE 754 fixes
//! are used (no fused multiply-add, no approximations), sums run over eight lanes that are folded in one order, and the
//! integer part is exact. So a corpus encoded by the CLI and one encoded in a browser are the same bytes.
//!
//! A value of an `Isa` type proves that its instructions exist: `detect` is the only way to get one.

#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod arm;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "aarch64")]
pub use arm::{Neon, NeonDot};
pub use scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::Simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub use wasm::{Relaxed, RelaxedPairs};
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512Vnni, AvxVnni};

/// Lanes of [`Isa::F`], columns of a weight panel, and the padding unit of rows.
pub const LANES: usize = 8;

/// Adding this to a float of small magnitude rounds it to the nearest integer (ties to even) and leaves that integer in
/// the low mantissa bits: 1.5 × 2^23.
pub const ROUND: f32 = 12_582_912.0;

/// A computation that is compiled once for each instruction set.
pub trait Vectorized<I: Isa> {
    /// What it returns.
    type Output;
    /// The computation. Implementations are `#[inline(always)]`, so that they take on the caller's instruction set.
    fn run(self, isa: I) -> Self::Output;
}

/// Work that runs wholly on one instruction set.
pub trait Kernel {
    /// What it returns.
    type Output;
    /// The work.
    fn run<I: Isa>(self, isa: I) -> Self::Output;
}

/// Runs a kernel on the fastest instruction set of this machine.
pub fn run_best<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(isa) = AvxVnni::detect() {
            return kernel.run(isa);
        }
        if let Some(isa) = Avx512Vnni::detect() {
            return kernel.run(isa);
        }
        if let Some(isa) = Avx2::detect() {
            return kernel.run(isa);
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        if let Some(isa) = NeonDot::detect() {
            return kernel.run(isa);
        }
        if let Some(isa) = Neon::detect() {
            return kernel.run(isa);
        }
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    {
        if let Some(isa) = RelaxedPairs::detect().filter(RelaxedPairs::is_faster_than_fours) {
            return kernel.run(isa);
        }
        if let Some(isa) = Relaxed::detect() {
            return kernel.run(isa);
        }
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    if let Some(isa) = Simd128::detect() {
        return kernel.run(isa);
    }
    kernel.run(Scalar)
}

/// The name of the instruction set that [`run_best`] takes.
pub fn best_name() -> &'static str {
    struct Name;
    impl Kernel for Name {
        type Output = &'static str;

        fn run<I: Isa>(self, _: I) -> &'static str {
            I::NAME
        }
    }
    run_best(Name)
}

/// What becomes of the sums of a dot tile.
pub trait Sink<I: Isa> {
    /// Takes one row's sums. Implementations are `#[inline(always)]`, so that they take on the caller's instruction set.
    fn row(&mut self, isa: I, row: usize, sums: I::Sums);
}

/// Keeps the sums as they are, (rows, 8).
impl<I: Isa> Sink<I> for &mut [[i32; LANES]] {
    #[inline(always)]
    fn row(&mut self, isa: I, row: usize, sums: I::Sums) {
        isa.store_sums(sums, &mut self[row]);
    }
}

/// Most rows a dot tile takes in: then 6 × 8 sums, 2 weights and 1 activation fill the 15 registers that x64 leaves to wasm.
pub const TILE_ROWS: usize = 6;

/// One instruction set: eight f32 lanes and the int8 dot tile.
pub trait Isa: Copy + Send + Sync + 'static {
    /// Eight f32 lanes.
    type F: Copy;
    /// Eight i32 lanes: the sums of one row of a dot tile.
    type Sums: Copy;
    /// How a 7-bit activation code lies in memory: u8, or i16 where the dot kernel multiplies 16-bit numbers.
    type Code: Copy + Default + Send + Sync + Into<i32> + 'static;
    /// The name in reports.
    const NAME: &'static str;

    /// Runs a step with this instruction set enabled.
    fn vectorize<S: Vectorized<Self>>(self, step: S) -> S::Output;

    /// All lanes `x`.
    fn splat(self, x: f32) -> Self::F;
    /// The lanes of an array.
    fn load(self, from: &[f32; LANES]) -> Self::F;
    /// Writes the lanes.
    fn store(self, x: Self::F, to: &mut [f32; LANES]);
    /// a + b.
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// a - b.
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// a × b.
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller of two finite numbers.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger of two finite numbers.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// Integer lanes as the nearest floats.
    fn floats(self, sums: Self::Sums) -> Self::F;
    /// Writes integer lanes.
    fn store_sums(self, sums: Self::Sums, to: &mut [i32; LANES]);
    /// x × 2^n for an integer n given as n + [`ROUND`], where both x and the result are normal numbers.
    fn scale_by_exp2(self, x: Self::F, n: Self::F) -> Self::F;
    /// Writes integers given as n + [`ROUND`] as activation codes, limited to [0, 127].
    fn store_codes(self, n: Self::F, to: &mut [Self::Code; LANES]);
    /// An activation code from its number in [0, 127].
    fn code(x: u8) -> Self::Code;
    /// Writes integers in [-127, 127], given as n + [`ROUND`], as int8.
    fn store_i8(self, n: Self::F, to: &mut [i8; LANES]);
    /// The same for four times eight lanes, as one step of a panel: to\[4 × lane + i\] is that lane of `four[i]`.
    fn store_panel_step(self, four: [Self::F; 4], to: &mut [i8; 4 * LANES]);

    /// Hands the sums Σ_k codes\[r × stride + k\] × w(k, c) over `depth` values of k, exact, to `sink`: row by row, for
    /// the eight columns c of a panel, while they are still in registers.
    ///
    /// `panel` holds `depth` × 8 weights as \[depth / 4\]\[8 columns\]\[4\]; `codes` the rows, each in [0, 127].
    ///
    /// # Panics
    /// When a slice is too short for `stride` and `depth`, or `depth` is no multiple of 4.
    fn dot_tile<const ROWS: usize, S: Sink<Self>>(self, codes: &[Self::Code], stride: usize, depth: usize, panel: &[i8], sink: S);

    /// The nearest integers to numbers of small magnitude, ties to even, as n + [`ROUND`].
    #[inline(always)]
    fn round(self, x: Self::F) -> Self::F {
        self.add(x, self.splat(ROUND))
    }

    /// n from n + [`ROUND`].
    #[inline(always)]
    fn integer(self, n: Self::F) -> Self::F {
        self.sub(n, self.splat(ROUND))
    }

    /// Folds the lanes by `fold`: 4 and 4, then 2 and 2, then the last two. One order on every machine.
    #[inline(always)]
    fn reduce(self, x: Self::F, fold: impl Fn(f32, f32) -> f32) -> f32 {
        let mut l = [0.0; LANES];
        self.store(x, &mut l);
        let [a, b, c, d] = [fold(l[0], l[4]), fold(l[1], l[5]), fold(l[2], l[6]), fold(l[3], l[7])];
        fold(fold(a, c), fold(b, d))
    }
}

/// The places of one column in weights packed as panels of 8 columns, \[columns / 8\]\[depth / 4\]\[8\]\[4\]: four
/// consecutive numbers of the column each.
pub fn column_mut(panels: &mut [i8], depth: usize, column: usize) -> impl Iterator<Item = &mut [i8; 4]> {
    let panel = &mut panels[column / LANES * LANES * depth..][..LANES * depth];
    panel.as_chunks_mut().0.iter_mut().skip(column % LANES).step_by(LANES)
}

/// Checks the slices of a dot tile, so that the kernels may read them without looking.
#[inline(always)]
fn check_tile<C, const ROWS: usize>(codes: &[C], stride: usize, depth: usize, panel: &[i8]) {
    assert!(depth.is_multiple_of(4) && depth <= stride && panel.len() == depth * LANES);
    assert!(ROWS >= 1 && codes.len() >= (ROWS - 1) * stride + depth);
}
