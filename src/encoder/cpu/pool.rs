//! Hidden states to one vector a text: pooling, the dense layer where there is one, unit length.

use crate::error::Result;
use crate::isa::{Isa, LANES, Vectorized};
use crate::model::config::{DenseActivation, ModelConfig, Pooling};
use crate::model::weights::Linear;

use super::linear::lanes_mut;

/// How the hidden states of a text become its vector.
pub struct Pool {
    pooling: Pooling,
    dense: Option<Dense>,
}

/// A linear layer in f32: it is run once a text, so nothing is won by codes.
struct Dense {
    /// (inputs, outputs).
    weight: Vec<f32>,
    /// (outputs).
    bias: Vec<f32>,
    activation: DenseActivation,
}

impl Pool {
    /// The pooling of a model, and its dense layer as it is stored.
    ///
    /// # Errors
    /// `damaged-file` for weights that cannot be unpacked.
    pub fn new(config: &ModelConfig, dense: Option<&Linear>) -> Result<Self> {
        let dense = config.dense.zip(dense).map(|(config, linear)| Dense::new(config.activation, linear)).transpose()?;
        Ok(Self { pooling: config.pooling, dense })
    }

    /// Length of the vectors, given that of a hidden state.
    pub fn vector_dim(&self, dim: usize) -> usize {
        self.dense.as_ref().map_or(dim, |dense| dense.bias.len())
    }

    /// The unit vector of a text's hidden states, (rows, dim).
    pub fn run<I: Isa>(&self, isa: I, rows: &[f32], dim: usize, unit: &mut [f32]) {
        let Some(dense) = &self.dense else {
            isa.vectorize(Pooled { pooling: self.pooling, rows, to: unit });
            return isa.vectorize(Unit(unit));
        };
        let mut pooled = vec![0.0; dim];
        isa.vectorize(Pooled { pooling: self.pooling, rows, to: &mut pooled });
        if self.pooling == Pooling::Mean {
            let count = (rows.len() / dim) as f32;
            pooled.iter_mut().for_each(|x| *x /= count);
        }
        isa.vectorize(Product { dense, pooled: &pooled, to: unit });
        if dense.activation == DenseActivation::Tanh {
            unit.iter_mut().for_each(|x| *x = tanh(*x));
        }
        isa.vectorize(Unit(unit));
    }
}

impl Dense {
    fn new(activation: DenseActivation, linear: &Linear) -> Result<Self> {
        let codes = linear.weight()?;
        let of_input = |input: usize| {
            let column = codes[input..].iter().step_by(linear.inputs);
            column.zip(&linear.scale).map(|(&code, scale)| f32::from(code) * scale)
        };
        Ok(Self { weight: (0..linear.inputs).flat_map(of_input).collect(), bias: linear.bias.clone(), activation })
    }
}

/// Pools hidden states, (rows, dim), to (dim): for the mean, to their sum.
struct Pooled<'a> {
    pooling: Pooling,
    rows: &'a [f32],
    to: &'a mut [f32],
}

impl<I: Isa> Vectorized<I> for Pooled<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { pooling, rows, to } = self;
        let dim = to.len();
        for at in (0..dim).step_by(LANES) {
            let column = |row: &[f32]| isa.load(&row[at..].as_chunks().0[0]);
            let first = column(rows);
            let each = rows.chunks_exact(dim).map(column);
            let pooled = match pooling {
                // The count cancels out when the vector is scaled to unit length.
                Pooling::Mean => each.fold(isa.splat(0.0), |sum, x| isa.add(sum, x)),
                Pooling::Max => each.fold(first, |largest, x| isa.max(largest, x)),
                Pooling::Cls => first,
            };
            isa.store(pooled, lanes_mut(to, at));
        }
    }
}

/// x W + b, in f32.
struct Product<'a> {
    dense: &'a Dense,
    pooled: &'a [f32],
    to: &'a mut [f32],
}

impl<I: Isa> Vectorized<I> for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let Self { dense: Dense { weight, bias, .. }, pooled, to } = self;
        to.copy_from_slice(bias);
        for (&x, weights) in pooled.iter().zip(weight.chunks_exact(bias.len())) {
            let x = isa.splat(x);
            for (y, weights) in to.as_chunks_mut().0.iter_mut().zip(weights.as_chunks().0) {
                isa.store(isa.add(isa.load(y), isa.mul(x, isa.load(weights))), y);
            }
        }
    }
}

/// Scales a vector to unit length.
struct Unit<'a>(&'a mut [f32]);

impl<I: Isa> Vectorized<I> for Unit<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, isa: I) {
        let square = |x: &[f32; LANES]| isa.mul(isa.load(x), isa.load(x));
        let squares = self.0.as_chunks().0.iter().fold(isa.splat(0.0), |squares, x| isa.add(squares, square(x)));
        let length = isa.reduce(squares, |a, b| a + b).sqrt();
        let inverse = isa.splat(if length > 0.0 { 1.0 / length } else { 0.0 });
        for x in self.0.as_chunks_mut().0 {
            isa.store(isa.mul(isa.load(x), inverse), x);
        }
    }
}

/// The hyperbolic tangent, within 1e-4: Lambert's continued fraction, cut after seven terms. The library's own is not the same bits on
/// every platform.
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-4.97, 4.97);
    let square = x * x;
    let above = x * (135_135.0 + square * (17_325.0 + square * (378.0 + square)));
    let below = 135_135.0 + square * (62_370.0 + square * (3_150.0 + square * 28.0));
    (above / below).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Scalar;

    #[test]
    fn tanh_stays_within_its_error_bound() {
        for hundredths in -1200..=1200 {
            let x = f64::from(hundredths) / 100.0;
            assert!((f64::from(tanh(x as f32)) - x.tanh()).abs() < 1e-4, "tanh({x}) = {}", tanh(x as f32));
        }
    }

    #[test]
    fn each_pooling_takes_what_its_name_says() {
        // Two tokens of 8 numbers.
        let rows: Vec<f32> = (0..8).map(|at| at as f32).chain((0..8).map(|at| 7.0 - at as f32)).collect();
        let pooled = |pooling| {
            let mut unit = [0.0; 8];
            Pool { pooling, dense: None }.run(Scalar, &rows, 8, &mut unit);
            unit
        };
        let unit = |numbers: [f32; 8]| {
            let length = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
            numbers.map(|x| x / length)
        };
        let close = |a: [f32; 8], b: [f32; 8]| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close(pooled(Pooling::Mean), unit([3.5; 8])));
        assert!(close(pooled(Pooling::Cls), unit([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])));
        assert!(close(pooled(Pooling::Max), unit([7.0, 6.0, 5.0, 4.0, 4.0, 5.0, 6.0, 7.0])));
    }
}
