//! The kernels and the encoder in a real browser: `npm test -- --only wasm` runs this in headless Chromium, once for each
//! of the two modules.

#![cfg(target_family = "wasm")]

#[path = "shared/kernels.rs"]
mod kernels;
#[path = "shared/tiny.rs"]
mod tiny;

use inkling_search::index::lexical::unicode;
use inkling_search::isa::{Kernel, Scalar, Simd128, best_name};
use inkling_search::number;
use kernels::MatchesScalar;
use unicode_normalization_alignments::char as tables;
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

#[wasm_bindgen_test]
fn the_browser_takes_every_character_apart_as_the_tables_of_other_machines_do() {
    for c in '\0'..=char::MAX {
        let (mut asked, mut expected) = (String::new(), String::new());
        unicode::decompose_compatible(c, |part| asked.push(part));
        tables::decompose_compatible(c, |part| expected.push(part));
        assert_eq!(asked, expected, "{c:?}");
        assert_eq!(unicode::is_combining_mark(c), tables::is_combining_mark(c), "{c:?}");
    }
}

#[wasm_bindgen_test]
fn the_browser_writes_the_letters_it_knows_small_and_large_as_the_tables_of_other_machines_do() {
    let unassigned = js_sys::RegExp::new(r"\p{Cn}", "u");
    for c in '\u{1}'..=char::MAX {
        let small: String = unicode::letters(unicode::lower(c)).collect();
        for (asked, expected) in [(small, c.to_lowercase().to_string()), (unicode::upper(c), c.to_uppercase().to_string())] {
            // One of the two may know a later version of Unicode.
            let is_new = || unassigned.test(&expected) || asked.chars().any(|c| !c.is_alphabetic());
            assert!(asked == expected || is_new(), "{c:?}: {asked:?}, not {expected:?}");
        }
    }
}

#[wasm_bindgen_test]
fn the_browser_composes_letters_and_marks_as_the_tables_do() {
    // What a composed character is made of, and the same letters with marks that may not go with them.
    let parts = |c: char| {
        let mut parts = Vec::new();
        tables::decompose_canonical(c, |part| parts.push(part));
        parts
    };
    let composed: Vec<Vec<char>> = ('\u{400}'..='\u{FFFF}').map(parts).filter(|parts| parts.len() == 2).collect();
    let marks = ['\u{306}', '\u{308}', '\u{3099}', '\u{309A}', '\u{93C}', '\u{1161}', '\u{11A8}', '\u{9BE}'];
    for letter in composed.iter().map(|parts| parts[0]) {
        for mark in composed.iter().filter(|parts| parts[0] == letter).map(|parts| parts[1]).chain(marks) {
            assert_eq!(unicode::compose(letter, mark), tables::compose(letter, mark), "{letter:?} {mark:?}");
        }
    }
}

#[wasm_bindgen_test]
fn the_browser_reads_and_writes_numbers_as_other_machines_do() {
    let mut bits = 1u64;
    for _ in 0..20_000 {
        // Numerical Recipes' generator: all bits change.
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (any, near) = (f64::from_bits(bits), (bits >> 20) as f64 / 1e6);
        for number in
            [any, near, near.round(), near * 1e-9, near * 1e9, 0.0, -0.0].into_iter().filter(|number| number.is_finite())
        {
            let text = serde_json::Value::from(number).to_string();
            assert_eq!(number::text_of(number), text);
            assert_eq!(number::parse(&text).map(f64::to_bits), Some(number.to_bits()), "{text}");
        }
    }
    for text in ["", ".", "1e999", "-", "1e", "1.", ".5", "+7", "1e5", "007"] {
        assert_eq!(number::parse(text), text.parse().ok().filter(|number: &f64| number.is_finite()), "{text:?}");
    }
}
