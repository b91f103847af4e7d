//! No GPU, in a module without one: the interface of `enabled.rs`, where the CPU computes all.

use wasm_bindgen::JsValue;

use crate::encoder::Encoder;
use crate::web::store::Store;

/// Nothing.
pub struct Accelerator;

impl Accelerator {
    /// Whatever the options ask: a page that asks for a GPU loads another module.
    pub fn new(_store: &Store, _folder: &str, _options: &JsValue) -> Self {
        Self
    }

    /// What the last vector was computed on.
    pub fn computed_on(&self, _encoder: Option<&mut Encoder>) -> &'static str {
        "cpu"
    }
}
