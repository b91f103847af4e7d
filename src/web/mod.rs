//! The wasm-bindgen shell: what the browser's worker calls.
//!
//! It fetches files, hands bytes to the library and turns answers into plain objects. Exported methods take `&self`: an
//! exported `async fn(&mut self)` would panic when a second query comes while the first waits.
//!
//! `web-index` and `web-encoder` make a module each. The worker holds both: the index calls the encoder's methods ([`wire`])
//! as those of any JavaScript object, so that a trap in the encoder is an error there like any other.

#![allow(unsafe_code)] // what #[wasm_bindgen] expands to

#[cfg(feature = "web-encoder")]
#[cfg_attr(feature = "gpu", path = "accelerator/enabled.rs")]
#[cfg_attr(not(feature = "gpu"), path = "accelerator/disabled.rs")]
mod accelerator;
#[cfg(feature = "build")]
mod build;
#[cfg(all(feature = "build", feature = "web-index"))]
mod change;
mod convert;
#[cfg(feature = "web-encoder")]
mod encoder;
mod kept;
#[cfg(feature = "web-encoder")]
mod rows;
#[cfg(feature = "web-index")]
mod search;
#[cfg(feature = "web-index")]
mod site;
#[cfg(feature = "web-index")]
mod slices;
mod store;
mod wait;
#[cfg(any(feature = "web-index", feature = "web-encoder"))]
mod wire;

#[cfg(feature = "build")]
pub use build::Builder;
#[cfg(feature = "web-encoder")]
pub use encoder::Encoder;
#[cfg(feature = "web-index")]
pub use search::Search;
#[cfg(feature = "web-index")]
pub use slices::{Slice, SliceWorkers};
#[cfg(feature = "web-index")]
pub use wire::QueryEncoder;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
