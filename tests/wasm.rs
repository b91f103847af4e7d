//! The kernels and the encoder in a real browser: `npm test -- --only wasm` runs this in headless Chromium, once for each
//! of the two modules.

#![cfg(target_family = "wasm")]

#[path = "shared/kernels.rs"]
mod kernels;
#[path = "shared/tiny.rs"]
mod tiny;

use inkling_search::isa::{Kernel, Scalar, Simd128, best_name};
use kernels::MatchesScalar;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_scalar_kernels_match_their_definition() {
    assert_eq!(MatchesScalar.run(Scalar), "scalar");
}

#[wasm_bindgen_test]
fn the_simd128_kernels_match_the_scalar_ones() {
    assert_eq!(MatchesScalar.run(Simd128::detect().unwrap()), "simd128");
}

#[cfg(target_feature = "relaxed-simd")]
#[wasm_bindgen_test]
fn the_relaxed_kernels_match_the_scalar_ones() {
    use inkling_search::isa::{Relaxed, RelaxedPairs};
    assert_eq!(MatchesScalar.run(Relaxed::detect().unwrap()), "relaxed-simd");
    assert_eq!(MatchesScalar.run(RelaxedPairs::detect().unwrap()), "relaxed-simd-pairs");
}

#[wasm_bindgen_test]
fn the_module_uses_the_kernels_it_is_built_for() {
    let expected: &[_] =
        if cfg!(target_feature = "relaxed-simd") { &["relaxed-simd", "relaxed-simd-pairs"] } else { &["simd128"] };
    assert!(expected.contains(&best_name()), "{}", best_name());
}

#[wasm_bindgen_test]
fn the_whole_encoder_gives_the_same_bits_as_on_every_machine() {
    let (best, scalar) = tiny::vectors();
    assert_eq!(best, scalar);
    assert_eq!(tiny::checksum(&best), tiny::CHECKSUM);
}
