//! Checks that run natively and in the browser: every instruction set against plain Rust, on the same numbers.

use inkling_search::isa::{Isa, Kernel, LANES, Scalar};

/// A small generator of test numbers: SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % u64::from(end)) as u32
    }

    /// A float in [-8, 8), sometimes an exact half, which rounding must take to the even side.
    fn float(&mut self) -> f32 {
        if self.below(4) == 0 { self.below(64) as f32 / 4.0 - 8.0 } else { self.below(1 << 24) as f32 / (1 << 20) as f32 - 8.0 }
    }
}

/// Every operation of an instruction set gives the bits that plain Rust gives.
pub struct MatchesScalar;

impl Kernel for MatchesScalar {
    type Output = &'static str;

    fn run<I: Isa>(self, isa: I) -> &'static str {
        for depth in (4..=100).step_by(4) {
            rows_match::<I, 1>(isa, depth);
            rows_match::<I, 2>(isa, depth);
            rows_match::<I, 3>(isa, depth);
            rows_match::<I, 4>(isa, depth);
            rows_match::<I, 5>(isa, depth);
            rows_match::<I, 6>(isa, depth);
        }
        extremes_do_not_saturate(isa);
        lanes_match(isa);
        I::NAME
    }
}

fn tile<I: Isa, const ROWS: usize>(isa: I, codes: &[u8], stride: usize, depth: usize, panel: &[i8]) -> [[i32; LANES]; ROWS] {
    let codes: Vec<I::Code> = codes.iter().map(|&code| I::code(code)).collect();
    let mut acc = [[0; LANES]; ROWS];
    isa.dot_tile::<ROWS, _>(&codes, stride, depth, panel, &mut acc[..]);
    acc
}

/// The naive twin: the definition of the dot tile in [`Isa::dot_tile`].
fn naive<const ROWS: usize>(codes: &[u8], stride: usize, depth: usize, panel: &[i8]) -> [[i32; LANES]; ROWS] {
    let weight = |k: usize, column: usize| i32::from(panel[k / 4 * 4 * LANES + column * 4 + k % 4]);
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..depth).map(|k| i32::from(codes[row * stride + k]) * weight(k, column)).sum())
    })
}

fn rows_match<I: Isa, const ROWS: usize>(isa: I, depth: usize) {
    let mut numbers = Numbers(depth as u64 * 8 + ROWS as u64);
    let stride = depth + 4 * numbers.below(3) as usize;
    let codes: Vec<u8> = (0..ROWS * stride).map(|_| numbers.below(128) as u8).collect();
    let panel: Vec<i8> = (0..depth * LANES).map(|_| (numbers.below(255) as i32 - 127) as i8).collect();
    let expected = naive::<ROWS>(&codes, stride, depth, &panel);
    assert_eq!(tile::<I, ROWS>(isa, &codes, stride, depth, &panel), expected, "{}: {ROWS} rows, depth {depth}", I::NAME);
    assert_eq!(tile::<Scalar, ROWS>(Scalar, &codes, stride, depth, &panel), expected, "scalar: {ROWS} rows, depth {depth}");
}

/// The largest codes and weights, over the longest row any model has: 16-bit sums of pairs must not saturate.
fn extremes_do_not_saturate<I: Isa>(isa: I) {
    let depth = 4096;
    for weight in [127, -127] {
        let acc = tile::<I, 1>(isa, &vec![127; depth], depth, depth, &vec![weight; depth * LANES]);
        assert_eq!(acc, [[127 * i32::from(weight) * depth as i32; LANES]], "{}", I::NAME);
    }
}

fn lanes_match<I: Isa>(isa: I) {
    let mut numbers = Numbers(7);
    for _ in 0..500 {
        let (a, b): ([f32; LANES], [f32; LANES]) =
            (std::array::from_fn(|_| numbers.float()), std::array::from_fn(|_| numbers.float()));
        assert_eq!(results(isa, a, b), results(Scalar, a, b), "{} on {a:?} and {b:?}", I::NAME);
    }
}

/// The bits that each operation leaves in memory.
fn results<I: Isa>(isa: I, a: [f32; LANES], b: [f32; LANES]) -> Vec<Vec<u32>> {
    let (x, y) = (isa.load(&a), isa.load(&b));
    let rounded = isa.round(x);
    let floats = [
        isa.add(x, y),
        isa.sub(x, y),
        isa.mul(x, y),
        isa.min(x, y),
        isa.max(x, y),
        isa.integer(rounded),
        // The logarithm of the factor is in [-8, 8], that of x at most 3.
        isa.scale_by_exp2(isa.max(y, isa.splat(0.25)), rounded),
    ];
    let mut bits: Vec<Vec<u32>> = floats
        .iter()
        .map(|&floats| {
            let mut lanes = [0.0; LANES];
            isa.store(floats, &mut lanes);
            lanes.iter().map(|lane| lane.to_bits()).collect()
        })
        .collect();

    let (mut codes, mut small) = ([I::Code::default(); LANES], [0i8; LANES]);
    // Some lie outside of [0, 127] and are cut off there.
    isa.store_codes(isa.round(isa.add(isa.mul(x, isa.splat(15.5)), isa.splat(60.0))), &mut codes);
    isa.store_i8(isa.round(isa.mul(x, isa.splat(15.5))), &mut small);
    let mut step = [0i8; 4 * LANES];
    isa.store_panel_step([x, y, isa.add(x, y), isa.sub(x, y)].map(|x| isa.round(isa.mul(x, isa.splat(7.5)))), &mut step);
    bits.push(step.iter().map(|&code| code as u8 as u32).collect());
    bits.push(
        codes
            .iter()
            .map(|&code| {
                let code: i32 = code.into();
                code as u32
            })
            .collect(),
    );
    bits.push(small.iter().map(|&code| code as u8 as u32).collect());
    bits.push(vec![isa.reduce(x, |a, b| a + b).to_bits()]);
    bits
}
