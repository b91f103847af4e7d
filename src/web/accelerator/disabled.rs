//! No GPU, in a module without one: the interface of `enabled.rs`, where the CPU computes all.
//!
//! The CPU makes nobody wait, so what encodes is no promise here. A trap then reaches the caller as an error: in a promise it
//! would leave the caller waiting for ever.

use std::cell::{RefCell, RefMut};
use std::ops::Range;

use js_sys::Float32Array;
use pollster::block_on;
use wasm_bindgen::prelude::*;

use super::Encoder;
use super::convert::{list, plain};
use crate::encoder;
use crate::engine::cut_passages;
use crate::text::passages::PassageOptions;

/// What one call has at a time: none comes while another waits, since none waits.
pub struct Turn<T>(RefCell<T>);

impl<T> Turn<T> {
    /// Nobody has it.
    pub fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Has it.
    pub async fn lock(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

/// Nothing.
pub struct Accelerator;

impl Accelerator {
    /// Whatever is asked: a page that asks for a GPU loads another module.
    pub fn new(_backend: Option<&str>) -> Self {
        Self
    }

    /// What the last vector was computed on.
    pub fn computed_on(&self, _encoder: &mut encoder::Encoder) -> &'static str {
        "cpu"
    }
}

#[wasm_bindgen]
impl Encoder {
    /// The unit vector of one text.
    pub fn encode(&self, text: &str) -> Result<Float32Array, JsValue> {
        block_on(self.vector_of(text))
    }

    /// The vector of a query, for an index: `{ vector, truncated, milliseconds, backend }`.
    #[wasm_bindgen(js_name = encodeQuery)]
    pub fn encode_query(&self, text: &str) -> Result<JsValue, JsValue> {
        block_on(self.vector_of_query(text))
    }

    /// The passages of a document, for an index: `[{ start, end, text }]`, ranges in bytes of the text, and what is to be encoded. The CPU takes
    /// them one by one, since a long document has thousands, and others want something meanwhile.
    #[wasm_bindgen(js_name = cutPassages)]
    pub fn cut_passages(&self, title: &str, text: &str, max_tokens: usize, overlap: usize) -> Result<JsValue, JsValue> {
        let encoder = block_on(self.encoder.lock());
        let passages = cut_passages(title, text, PassageOptions { max_tokens, overlap }, &encoder)?;
        let passage = |(range, text): (Range<usize>, String)| {
            plain([("start", range.start.into()), ("end", range.end.into()), ("text", text.into())])
        };
        Ok(list(passages.into_iter().map(passage)))
    }
}
