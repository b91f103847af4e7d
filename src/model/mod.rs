//! What a model is: its configuration and its quantized weights. How one is made is in `import`.

pub mod config;
pub mod rans;
pub mod weights;
pub mod words;
