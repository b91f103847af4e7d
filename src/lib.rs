//! Inkling

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod corpus;
pub mod encoder;
pub mod engine;
pub mod error;
#[cfg(feature = "cli")]
pub mod eval;
pub mod hash;
pub mod index;
pub mod isa;
pub mod model;
pub mod tensors;
pub mod text;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod web;
