//! The WebGPU backend: the same pass as on the CPU, on whatever `wgpu` reaches (WebGPU in a browser, Vulkan natively).
//!
//! A call of a step only notes a dispatch. `pool` hands everything noted to the device: one submit for a query; for bulk as many as
//! keep each below `SUBMIT_SECONDS` of work, two of them on their way at a time, so that a page's own frames come between. Only
//! the pooled vectors are read back.
//!
//! There are two plans. For few rows, five dispatches a layer, cut into many small workgroups. For many rows, three: what happens
//! to each row by itself is one dispatch whose workgroups keep their rows to themselves.

mod activations;
mod backend;
pub mod device;
pub mod kernels;
mod model;
mod wait;

pub use backend::{BULK_ROWS, Counters, Gpu, Matrix, QUERY_ROWS};
