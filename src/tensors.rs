//! Safetensors files: named arrays that open in Python too.

use std::borrow::Cow;

use safetensors::{Dtype, View};

use crate::error::{Error, ErrorKind, Result};
use crate::json;

/// Most tensors of a file that is read.
const TENSORS_MAX: usize = 2048;

/// The tensors of a file by name. Reading is here, and not left to the crate that writes, for what that takes in the module
/// that searches.
pub struct Tensors<'a>(Vec<(String, Tensor<'a>)>);

/// A tensor of a file, as it lies there.
#[derive(Debug)]
pub struct Tensor<'a> {
    /// The type of its numbers: `U8`, `I8`, `F16` or `F32`.
    pub dtype: String,
    /// How many there are in each dimension.
    pub shape: Vec<usize>,
    /// Their bytes, little-endian.
    pub data: &'a [u8],
}

/// A tensor in the header of a file.
#[derive(miniserde::Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl<'a> Tensors<'a> {
    /// Reads a file; nothing where it is damaged: cut short, not of this format, or of tensors that do not lie one behind the other.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (header, body) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let json::Named::<Entry>(entries) = json::read(header)?;
        let ends: Vec<usize> = entries.iter().map(|(_, entry)| entry.data_offsets.1).collect();
        let is_next = |start: usize| start == 0 || ends.contains(&start);
        if entries.len() > TENSORS_MAX || !entries.iter().all(|(_, entry)| is_next(entry.data_offsets.0)) {
            return None;
        }
        let (mut tensors, mut all) = (Vec::new(), 0);
        for (name, Entry { dtype, shape, data_offsets: (start, end) }) in entries {
            let data = body.get(start..end)?;
            let size: usize = match dtype.as_str() {
                "F32" => 4,
                "F16" => 2,
                _ => 1,
            };
            let bytes = shape.iter().try_fold(size, |product, &length| product.checked_mul(length))?;
            if bytes != data.len() {
                return None;
            }
            all += bytes;
            tensors.push((name, Tensor { dtype, shape, data }));
        }
        (all == body.len()).then_some(Self(tensors))
    }

    /// A tensor by its name.
    pub fn get(&self, name: &str) -> Option<&Tensor<'a>> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, tensor)| tensor)
    }

    /// The bytes of a tensor.
    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).map(|tensor| tensor.data)
    }
}

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
