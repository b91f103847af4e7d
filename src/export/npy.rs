//! NumPy arrays, version 1.0: a magic string, a padded Python dict as header, then the numbers in rows.
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use std::path::Path;

use super::{Row, Shape, Sink, json};
use crate::error::Result;
use crate::files::OutFile;

/// The bytes before the numbers of an array of f32, (rows, dim).
fn header(rows: usize, dim: usize) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}");
    let padding = 63 - (10 + header.len()) % 64;
    let length = u16::try_from(header.len() + padding + 1).expect("the header is short");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(std::iter::repeat_n(b' ', padding));
    bytes.push(b'\n');
    bytes
}

/// The bytes of an `.npy` file of vectors of `dim` numbers, f32 (vectors, dim).
pub fn array<'a>(vectors: impl ExactSizeIterator<Item = &'a [f32]>, dim: usize) -> Vec<u8> {
    let mut bytes = header(vectors.len(), dim);
    vectors.for_each(|vector| bytes.extend_from_slice(bytemuck::cast_slice(vector)));
    bytes
}

/// `vectors.npy` and `passages.jsonl`, line by line the same rows.
pub struct Npy {
    vectors: OutFile,
    passages: OutFile,
}

impl Npy {
    pub fn create(folder: &Path, shape: &Shape) -> Result<Self> {
        let mut vectors = OutFile::create(&folder.join("vectors.npy"))?;
        vectors.put(header(shape.manifest.passages, shape.dim))?;
        Ok(Self { vectors, passages: OutFile::create(&folder.join("passages.jsonl"))? })
    }
}

impl Sink for Npy {
    fn row(&mut self, row: &Row) -> Result<()> {
        self.vectors.put(bytemuck::cast_slice::<f32, u8>(&row.vector))?;
        self.passages.put(json(row)? + "\n")
    }

    fn finish(self: Box<Self>) -> Result<Vec<String>> {
        Ok(vec![self.vectors.finish()?, self.passages.finish()?])
    }
}
