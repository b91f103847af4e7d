//! Vectors as `inkling encode --format npy` writes them.

use std::error::Error;
use std::fs;

/// The first vectors of a NumPy array of f32.
pub fn vectors_of(path: &str, count: usize) -> Result<Vec<Vec<f32>>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let length = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let header = String::from_utf8_lossy(&bytes[10..10 + length]).into_owned();
    let shape = header.split(['(', ')']).nth(1).ok_or("an array without a shape")?;
    let dim: usize = shape.split(", ").nth(1).ok_or("an array of two dimensions")?.parse()?;
    let floats: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes[10 + length..]);
    Ok(floats.chunks_exact(dim).take(count).map(<[f32]>::to_vec).collect())
}
