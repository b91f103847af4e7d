//! Text on its way into the encoder: token ids, and documents cut into passages.

pub mod passages;
#[cfg(feature = "import")]
mod published;
pub mod tokenizer;
#[cfg(feature = "fs")]
mod unigram;
mod wordpiece;
