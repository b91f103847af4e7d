//! The tiny quantized model, and what it must give on every machine.

use inkling_search::encoder::{Encoder, ModelFiles, cpu};

pub const FILES: ModelFiles = ModelFiles {
    config: include_bytes!("../data/tiny-quantized/config.json"),
    tokenizer: include_bytes!("../data/tiny-quantized/tokenizer.txt"),
    weights: include_bytes!("../data/tiny-quantized/weights.safetensors"),
};

/// Texts of every length from one token to more than the model takes.
pub fn texts() -> Vec<String> {
    let words = ["health", "data", "how", "do", "I", "keep", "my", "best", "people", "?", "patients", "and", "models"];
    (0..60).map(|length| words.iter().cycle().take(length).copied().collect::<Vec<_>>().join(" ")).collect()
}

/// A checksum of all bits of the vectors of [`texts`]: FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
pub fn checksum(vectors: &[Vec<f32>]) -> u64 {
    let bytes = vectors.iter().flatten().flat_map(|x| x.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What [`checksum`] gives on every machine; it changes only with the arithmetic of the encoder.
pub const CHECKSUM: u64 = 16_092_550_337_958_320_507;

/// The vectors of [`texts`] by the fastest kernel here and by plain Rust.
pub fn vectors() -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let encode = |mut encoder: Encoder| {
        texts().iter().map(|text| pollster::block_on(encoder.encode(text)).unwrap().vector).collect::<Vec<_>>()
    };
    (encode(Encoder::load(&FILES).unwrap()), encode(Encoder::load_with(&FILES, cpu::scalar).unwrap()))
}
