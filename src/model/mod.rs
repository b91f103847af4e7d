//! What a model is: its configuration and its quantized weights. How one is made is in `import`.

pub mod config;
pub mod parted;
pub mod rans;
pub mod rows;
pub mod weights;
pub mod words;
