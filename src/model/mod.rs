//! Models: what they are, their quantized weights, and (on a build machine) where they come from.

#[cfg(feature = "cli")]
pub mod check;
pub mod config;
#[cfg(feature = "cli")]
pub mod pack;
#[cfg(feature = "cli")]
pub mod pull;
#[cfg(feature = "cli")]
pub mod smooth;
pub mod weights;
