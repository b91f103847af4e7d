//! The codes of many passages, cut into slices that each have a worker of their own.

use js_sys::{Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::index::codes::Codes;

/// A slice in its own worker.
#[wasm_bindgen]
pub struct Slice {
    codes: Codes,
}

#[wasm_bindgen]
impl Slice {
    /// A slice from the bytes of its file.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Slice, JsValue> {
        Ok(Self { codes: Codes::read(bytes)? })
    }

    /// How many passages it has.
    pub fn passages(&self) -> usize {
        self.codes.len()
    }

    /// The dot product of a vector with that of each passage.
    pub fn scan(&self, vector: Vec<f32>) -> Float32Array {
        Float32Array::from(self.codes.scores(&vector).as_slice())
    }

    /// The mean of the vectors of some passages, counted within the slice.
    pub fn mean(&self, first: usize, end: usize) -> Float32Array {
        Float32Array::from(self.codes.mean(first..end).as_slice())
    }

    /// The bytes of the slice, for [`Codes::from_parts`].
    pub fn parts(&self) -> Uint8Array {
        Uint8Array::from(self.codes.parts().as_slice())
    }
}
