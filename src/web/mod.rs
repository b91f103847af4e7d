//! The wasm-bindgen shell: what the browser's worker calls.
//!
//! It fetches files, hands bytes to the library and turns answers into plain objects. Exported methods take `&self`: an
//! exported `async fn(&mut self)` would panic when a second query comes while the first waits.

#![allow(unsafe_code)] // what #[wasm_bindgen] expands to

#[cfg_attr(feature = "gpu", path = "accelerator/enabled.rs")]
#[cfg_attr(not(feature = "gpu"), path = "accelerator/disabled.rs")]
mod accelerator;
#[cfg(feature = "build")]
mod build;
mod convert;
mod encoder;
mod kept;
mod search;
mod site;
mod slices;
mod store;

#[cfg(feature = "build")]
pub use build::Builder;
pub use encoder::Encoder;
pub use search::Search;
pub use slices::{Slice, SliceWorkers};

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
