//! The native tests of the crate, in one binary: it links once.

#![cfg(feature = "cli")]

mod cli;
mod encoder;
mod export;
mod models;
mod pipeline;
mod real_model;
