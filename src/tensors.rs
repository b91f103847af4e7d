//! Writing safetensors files: named arrays that open in Python too.

use std::borrow::Cow;

use safetensors::{Dtype, View};

use crate::error::{Error, ErrorKind, Result};

/// A tensor as bytes in memory, little-endian.
pub struct ByteTensor<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: &'a [u8],
}

impl<'a> ByteTensor<'a> {
    /// A tensor of a type and shape.
    pub fn new(dtype: Dtype, shape: Vec<usize>, bytes: &'a [u8]) -> Self {
        Self { dtype, shape, bytes }
    }

    /// Plain bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self::new(Dtype::U8, vec![bytes.len()], bytes)
    }
}

impl View for ByteTensor<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.bytes.into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The bytes of a safetensors file. The same tensors give the same bytes.
pub fn write<'a>(tensors: impl IntoIterator<Item = (&'a str, ByteTensor<'a>)>) -> Result<Vec<u8>> {
    safetensors::serialize(tensors, None)
        .map_err(|cause| Error::new(ErrorKind::Internal, "the tensors cannot be written").caused_by(cause))
}
