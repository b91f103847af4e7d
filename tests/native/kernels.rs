//! Kernels and encoder give the same bits on every instruction set; `tests/wasm.rs` runs the same in the browser.

#[path = "../shared/kernels.rs"]
mod shared;
#[path = "../shared/tiny.rs"]
mod tiny;

use inkling_search::isa::{Kernel, Scalar};
use shared::MatchesScalar;

#[test]
fn the_scalar_kernels_match_their_definition() {
    assert_eq!(MatchesScalar.run(Scalar), "scalar");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_x86_kernels_of_this_machine_match_the_scalar_ones() {
    use inkling_search::isa::{Avx2, AvxVnni};

    if let Some(isa) = Avx2::detect() {
        assert_eq!(MatchesScalar.run(isa), "avx2");
    }
    if let Some(isa) = AvxVnni::detect() {
        assert_eq!(MatchesScalar.run(isa), "avx-vnni");
    }
}

#[test]
fn the_whole_encoder_gives_the_same_bits_on_every_machine() {
    let (best, scalar) = tiny::vectors();
    assert_eq!(best, scalar);
    assert_eq!(tiny::checksum(&best), tiny::CHECKSUM);
}
