//! Making a model: fetching it as its authors publish it, quantizing it, and comparing the result with the f32 original.

pub mod calibrate;
#[cfg(feature = "reference")]
pub mod check;
pub mod gptq;
pub mod grid;
pub mod known;
pub mod originals;
pub mod pack;
pub mod pull;
#[cfg(feature = "reference")]
pub mod reference;
pub mod size;
pub mod smooth;
pub mod stages;
pub mod student;
