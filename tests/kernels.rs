//! Kernels and encoder give the same bits on every instruction set; `tests/wasm.rs` runs the same in the browser.

#[path = "shared/kernels.rs"]
mod kernels;
#[path = "shared/tiny.rs"]
mod tiny;

use inkling_search::isa::{Kernel, Scalar};
use kernels::MatchesScalar;

#[test]
fn the_scalar_kernels_match_their_definition() {
    assert_eq!(MatchesScalar.run(Scalar), "scalar");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_x86_kernels_of_this_machine_match_the_scalar_ones() {
    use inkling_search::isa::{Avx2, Avx512Vnni, AvxVnni};

    if let Some(isa) = Avx2::detect() {
        assert_eq!(MatchesScalar.run(isa), "avx2");
    }
    if let Some(isa) = AvxVnni::detect() {
        assert_eq!(MatchesScalar.run(isa), "avx-vnni");
    }
    if let Some(isa) = Avx512Vnni::detect() {
        assert_eq!(MatchesScalar.run(isa), "avx512-vnni");
    }
}

#[cfg(target_arch = "aarch64")]
#[test]
fn the_arm_kernels_of_this_machine_match_the_scalar_ones() {
    use inkling_search::isa::{Neon, NeonDot};

    assert_eq!(MatchesScalar.run(Neon::detect().unwrap()), "neon");
    if let Some(isa) = NeonDot::detect() {
        assert_eq!(MatchesScalar.run(isa), "neon-dot");
    }
}

#[test]
fn the_whole_encoder_gives_the_same_bits_on_every_machine() {
    let (best, scalar) = tiny::vectors();
    assert_eq!(best, scalar);
    assert_eq!(tiny::checksum(&best), tiny::CHECKSUM);
}
