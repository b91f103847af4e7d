//! Rounding that knows what the weights are for: the error of each column is carried to the columns after it, as far as their inputs
//! go together, so that the outputs stay.
//!
//! This is GPTQ (Frantar and others, 2022, <https://arxiv.org/abs/2210.17323>) in the form of LDLQ (Chee and others, 2023,
//! <https://arxiv.org/abs/2307.13304>, who show that both are one): with the second moments of the inputs H = U D Uᵀ, U upper
//! triangular with ones on its diagonal, the error of a row e = w - ŵ costs Σ_k D_k (e_k + Σ_{j<k} e_j U_jk)², so column k is
//! rounded as w_k + Σ_{j<k} e_j U_jk. Columns go in the order of their inputs' magnitude, the largest first: those cost most,
//! and the others make up for them.

use super::calibrate::Inputs;

/// What is added to the diagonal of the moments, as a share of its mean: directions never seen are not free.
const DAMPING: f64 = 0.01;

/// The largest code.
const LARGEST: f32 = 127.0;

/// How errors are carried along the columns of a linear layer.
pub struct Carry {
    /// The columns in the order in which they are rounded.
    order: Vec<usize>,
    /// In row j, column k > j: how much of the error of the jth column goes to the kth, (inputs, inputs).
    shares: Vec<f32>,
}

impl Carry {
    /// For inputs that are divided by a constant for each column, where there are any.
    pub fn new(inputs: &Inputs, constants: Option<&[f32]>) -> Self {
        let width = inputs.largest.len();
        let constant = |column: usize| constants.map_or(1.0, |constants| f64::from(constants[column]));
        let moment = |a: usize, b: usize| f64::from(inputs.gram[a.min(b) * width + a.max(b)]) / (constant(a) * constant(b));
        let diagonal: Vec<f64> = (0..width).map(|column| moment(column, column)).collect();
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]));
        let mean = diagonal.iter().sum::<f64>() / width as f64;
        let damping = if mean > 0.0 { DAMPING * mean } else { 1.0 };
        let mut moments = vec![0.0; width * width];
        for (at, row) in moments.chunks_exact_mut(width).enumerate() {
            let columns = row[..=at].iter_mut().zip(&order);
            columns.for_each(|(to, &column)| *to = moment(order[at], column));
            row[at] += damping;
        }
        Self { order, shares: factor(moments, width) }
    }

    /// Rounds a row of weights, (inputs), to codes in [-127, 127] of a step.
    pub fn round(&self, row: &[f32], step: f32) -> Vec<i8> {
        let width = row.len();
        let mut codes = vec![0; width];
        if step <= 0.0 {
            return codes;
        }
        let mut wanted: Vec<f32> = self.order.iter().map(|&column| row[column]).collect();
        for (at, &column) in self.order.iter().enumerate() {
            let code = nearest(wanted[at], step);
            codes[column] = code as i8;
            let error = row[column] - code * step;
            let shares = &self.shares[at * width + at + 1..(at + 1) * width];
            wanted[at + 1..].iter_mut().zip(shares).for_each(|(wanted, share)| *wanted += error * share);
        }
        codes
    }
}

/// The code in [-127, 127] that is nearest to a number on a grid.
pub fn nearest(x: f32, step: f32) -> f32 {
    (x / step).round().clamp(-LARGEST, LARGEST)
}

/// U of H = U D Uᵀ, given the lower triangle of H; what is returned holds U above its diagonal and else nothing.
fn factor(mut lower: Vec<f64>, width: usize) -> Vec<f32> {
    let mut upper = vec![0.0; width * width];
    for k in (0..width).rev() {
        let (before, row) = lower.split_at_mut(k * width);
        let (row, pivot) = (&row[..k], row[k]);
        for (j, of_j) in before.chunks_exact_mut(width).enumerate() {
            let share = row[j] / pivot;
            upper[j * width + k] = share as f32;
            of_j[..=j].iter_mut().zip(row).for_each(|(x, other)| *x -= share * other);
        }
    }
    upper
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inputs whose columns go together, and some weights.
    fn example() -> (Inputs, Vec<f32>) {
        let (width, rows) = (32, 400);
        let mut seed = 7u32;
        let mut draw = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut gram = vec![0.0; width * width];
        for _ in 0..rows {
            let common = draw();
            let x: Vec<f32> = (0..width).map(|column| (common + 0.3 * draw()) * (1.0 + column as f32 / 8.0)).collect();
            for (a, b) in (0..width).flat_map(|a| (a..width).map(move |b| (a, b))) {
                gram[a * width + b] += x[a] * x[b];
            }
        }
        (Inputs { largest: vec![1.0; width], gram }, (0..width).map(|_| draw()).collect())
    }

    /// The squared error of the outputs.
    fn cost(inputs: &Inputs, row: &[f32], codes: &[i8], step: f32) -> f64 {
        let width = row.len();
        let error = |column: usize| f64::from(row[column] - f32::from(codes[column]) * step);
        let pairs = (0..width).flat_map(|a| (0..width).map(move |b| (a, b)));
        pairs.map(|(a, b)| error(a) * error(b) * f64::from(inputs.gram[a.min(b) * width + a.max(b)])).sum()
    }

    #[test]
    fn carried_errors_cost_a_fraction_of_those_of_the_nearest_codes() {
        let (inputs, row) = example();
        let step = 0.4;
        let plain: Vec<i8> = row.iter().map(|&x| nearest(x, step) as i8).collect();
        let carried = Carry::new(&inputs, None).round(&row, step);
        let costs = [plain, carried].map(|codes| cost(&inputs, &row, &codes, step));
        assert!(costs[1] < 0.5 * costs[0], "{costs:?}");
    }

    #[test]
    fn inputs_that_were_never_seen_are_rounded_to_the_nearest() {
        let inputs = Inputs { largest: vec![0.0; 32], gram: vec![0.0; 32 * 32] };
        let row: Vec<f32> = (0..32).map(|at| at as f32 / 10.0).collect();
        let expected: Vec<i8> = row.iter().map(|&x| nearest(x, 0.5) as i8).collect();
        assert_eq!(Carry::new(&inputs, None).round(&row, 0.5), expected);
        assert_eq!(Carry::new(&inputs, None).round(&row, 0.0), [0; 32]);
    }

    #[test]
    fn the_factor_gives_the_matrix_again() {
        let (inputs, _) = example();
        let width = 32;
        let moment = |a: usize, b: usize| f64::from(inputs.gram[a.min(b) * width + a.max(b)]);
        let mut lower = vec![0.0; width * width];
        (0..width).for_each(|a| (0..=a).for_each(|b| lower[a * width + b] = moment(a, b)));
        let upper = factor(lower, width);
        let unit = |a: usize, b: usize| if a == b { 1.0 } else { f64::from(upper[a * width + b]) };
        // D by back substitution from the last column, and then every entry.
        let mut d = vec![0.0; width];
        for k in (0..width).rev() {
            d[k] = moment(k, k) - (k + 1..width).map(|m| unit(k, m).powi(2) * d[m]).sum::<f64>();
        }
        for (a, b) in (0..width).flat_map(|a| (a..width).map(move |b| (a, b))) {
            let product: f64 = (b..width).map(|m| unit(a, m) * d[m] * unit(b, m)).sum();
            assert!((product - moment(a, b)).abs() < 1e-3 * moment(a, a).max(moment(b, b)), "{a} {b}");
        }
    }
}
