//! The wasm-bindgen shell: what the browser's worker calls.
//!
//! It takes the bytes of files that have come, and turns answers into plain objects. What fetches and waits is in TypeScript
//! (`www/src/worker/`).
//!
//! `web-index`, `web-encoder` and `web-languages` make a module each. The worker holds the first two, and hands vectors from one to the other, so that a
//! trap in the encoder is an error there like any other.

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
#[cfg(feature = "web-languages")]
mod languages;
#[cfg(feature = "web-index")]
mod search;
#[cfg(feature = "web-index")]
mod shown;

#[cfg(feature = "build")]
pub use build::{BuildModel, Builder};
#[cfg(all(feature = "build", feature = "web-index"))]
pub use change::Additions;
#[cfg(feature = "web-encoder")]
pub use encoder::{Encoder, Model};
#[cfg(feature = "web-index")]
pub use search::{Found, Manifest, Question, Search};

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
