//! The native tests of the crate, in one binary: it links once.

mod allocations;
mod asked;
mod cli;
mod contract;
mod counts;
mod encoder;
mod export;
mod files;
mod fuzz;
mod models;
#[cfg(feature = "gpu")]
mod naive;
mod pipeline;
mod proportion;
mod pull;
mod real_model;
mod saved;
mod site;
mod stages;
mod strangers;
#[cfg(feature = "gpu")]
mod webgpu;
mod xlm_r;
