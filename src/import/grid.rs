//! Rows of numbers on a grid: steps, codes, and whether numbers lie on one already, as those of a model that was trained through the
//! rounding.

use half::f16;

use super::gptq::nearest;

/// The step of a grid that numbers lie on, if all of them are whole multiples of the smallest, up to 127 times: 0 where all of them are 0,
/// which lie on any grid.
pub fn step_of(numbers: &[f32]) -> Option<f32> {
    let magnitudes = numbers.iter().map(|x| x.abs()).filter(|&x| x > 0.0);
    let Some(step) = magnitudes.clone().reduce(f32::min) else { return Some(0.0) };
    let is_whole = |x: f32| {
        let times = (x / step).round();
        times <= 127.0 && times * step == x
    };
    magnitudes.clone().all(is_whole).then_some(step)
}

/// The root of the mean square.
pub fn deviation(row: &[f32]) -> f32 {
    let squares: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum();
    (squares / row.len() as f64).sqrt() as f32
}

/// The largest magnitude.
pub fn largest(row: &[f32]) -> f32 {
    row.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

/// A step as it is stored, in f16; above 0 if it is.
pub fn half_step(step: f32) -> f32 {
    let half = f16::from_f32(step);
    if half == f16::ZERO && step > 0.0 { f16::MIN_POSITIVE_SUBNORMAL.to_f32() } else { half.to_f32() }
}

/// The nearest codes in [-127, 127].
pub fn round_row(row: &[f32], step: f32) -> Vec<i8> {
    row.iter().map(|&x| if step > 0.0 { nearest(x, step) as i8 } else { 0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_multiples_of_the_smallest_number_are_a_grid() {
        let step = 0.046_875;
        let row: Vec<f32> = [3.0, -1.0, 0.0, 127.0, -40.0].map(|code: f32| code * step).to_vec();
        assert_eq!(step_of(&row), Some(step));
        assert_eq!(step_of(&[0.0; 4]), Some(0.0));
        assert_eq!(round_row(&[0.0; 4], 0.0), [0; 4]);
    }

    #[test]
    fn numbers_between_or_beyond_the_codes_are_none() {
        for row in [[1.0, 2.5], [1.0, 128.0], [0.3, 0.301]] {
            assert_eq!(step_of(&row), None, "{row:?}");
        }
    }
}
