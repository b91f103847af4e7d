//! The native tests of the crate, in one binary: it links once.

mod cli;
mod counts;
mod encoder;
mod export;
mod models;
#[cfg(feature = "gpu")]
mod naive;
mod pipeline;
mod pull;
mod real_model;
#[cfg(feature = "gpu")]
mod webgpu;
