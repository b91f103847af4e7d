//! What characters are made of, as of Unicode 9, and how they are written small and large: the same everywhere.
//!
//! Natively this comes from the tables that `tokenizers` brings along. The wasm module that searches has no tokenizer, and asks
//! the browser (`String.prototype.normalize`) instead of carrying 180 KB of tables. A browser may know later versions of
//! Unicode, so it is asked only for characters that Unicode 9 decomposes: their decompositions never change (Unicode's
//! normalization stability policy), those of later characters are left alone on both sides.
//!
//! Small and large letters come from the browser, too, in place of 24 KB of tables. An old one leaves letters as they are that Unicode
//! added since.

#[cfg(all(feature = "web-index", target_family = "wasm"))]
pub use browser::{compose, decompose_compatible, is_combining_mark, lower, upper};
#[cfg(not(all(feature = "web-index", target_family = "wasm")))]
pub use native::{lower, upper};
#[cfg(not(all(feature = "web-index", target_family = "wasm")))]
pub use unicode_normalization_alignments::char::{compose, decompose_compatible, is_combining_mark};

/// The small spelling of a text, letter by letter.
pub fn lower_text(text: &str) -> String {
    let mut small = String::new();
    text.chars().for_each(|c| small.extend(letters(lower(c))));
    small
}

/// A letter written small: one character or two, the second `'\0'` where there is one.
pub type Small = [char; 2];

fn small(mut letters: impl Iterator<Item = char>) -> Small {
    [(); 2].map(|()| letters.next().unwrap_or_default())
}

/// The characters of a letter written small.
pub fn letters(small: Small) -> impl Iterator<Item = char> {
    small.into_iter().filter(|&c| c != '\0')
}

#[cfg(not(all(feature = "web-index", target_family = "wasm")))]
mod native {
    use super::{Small, small};

    /// A letter written small.
    pub fn lower(c: char) -> Small {
        small(c.to_lowercase())
    }

    /// A letter written large.
    pub fn upper(c: char) -> String {
        c.to_uppercase().collect()
    }
}

/// The same by the browser and two short tables.
#[cfg(any(all(feature = "web-index", target_family = "wasm"), all(test, not(target_family = "wasm"))))]
mod browser {
    #[cfg(target_family = "wasm")]
    use std::cell::RefCell;
    #[cfg(target_family = "wasm")]
    use std::rc::Rc;
    use std::sync::LazyLock;

    #[cfg(target_family = "wasm")]
    use js_sys::JsString;

    use super::super::postings::take;
    #[cfg(target_family = "wasm")]
    use super::{Small, small};

    static DECOMPOSED: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| ranges(&DECOMPOSED_BYTES));
    static MARKS: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| ranges(&MARK_BYTES));

    /// The tables below as varints: a third of the bytes under Brotli.
    const DECOMPOSED_BYTES: [u8; packed_length(DECOMPOSED_RUNS)] = packed(DECOMPOSED_RUNS);
    const MARK_BYTES: [u8; packed_length(MARK_RUNS)] = packed(MARK_RUNS);

    const fn packed_length(numbers: &[u32]) -> usize {
        let (mut length, mut at) = (0, 0);
        while at < numbers.len() {
            let mut rest = numbers[at];
            length += 1;
            while rest >= 0x80 {
                rest >>= 7;
                length += 1;
            }
            at += 1;
        }
        length
    }

    const fn packed<const N: usize>(numbers: &[u32]) -> [u8; N] {
        let (mut bytes, mut length, mut at) = ([0; N], 0, 0);
        while at < numbers.len() {
            let mut rest = numbers[at];
            while rest >= 0x80 {
                bytes[length] = rest as u8 | 0x80;
                rest >>= 7;
                length += 1;
            }
            bytes[length] = rest as u8;
            length += 1;
            at += 1;
        }
        bytes
    }

    /// Ranges of characters, first and last, from gaps and lengths.
    fn ranges(runs: &[u8]) -> Vec<(u32, u32)> {
        let (mut ranges, mut at, mut end) = (Vec::new(), 0, 0);
        while let (Some(gap), Some(length)) = (take(runs, &mut at), take(runs, &mut at)) {
            let start = end + gap;
            end = start + length;
            ranges.push((start, end - 1));
        }
        ranges
    }

    fn is_in(ranges: &[(u32, u32)], c: char) -> bool {
        let after = ranges.partition_point(|&(first, _)| first <= c as u32);
        after > 0 && c as u32 <= ranges[after - 1].1
    }

    /// Whether a character is a mark (`General_Category=Mark`).
    pub fn is_combining_mark(c: char) -> bool {
        is_in(&MARKS, c)
    }

    /// Whether a character has a compatibility decomposition.
    pub fn is_decomposed(c: char) -> bool {
        is_in(&DECOMPOSED, c) || matches!(c, '\u{AC00}'..='\u{D7A3}')
    }

    #[cfg(target_family = "wasm")]
    fn normalize(text: &str, form: &str) -> String {
        JsString::from(text).normalize(form).into()
    }

    /// Whether a letter may be another one when it is written small: a large one, or a pair of letters of which only the first is.
    pub fn is_large(c: char) -> bool {
        c.is_uppercase()
            || matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' | '\u{1F88}'..='\u{1F8F}' | '\u{1F98}'..='\u{1F9F}' | '\u{1FA8}'..='\u{1FAF}')
            || matches!(c, '\u{1FBC}' | '\u{1FCC}' | '\u{1FFC}')
    }

    /// What the browser is asked for.
    #[cfg(target_family = "wasm")]
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Form {
        Decomposed,
        Small,
    }

    #[cfg(target_family = "wasm")]
    thread_local! {
        /// What the browser has told of characters, in their order: a text has few different ones.
        static TOLD: RefCell<Vec<(char, Form, Rc<str>)>> = const { RefCell::new(Vec::new()) };
    }

    #[cfg(target_family = "wasm")]
    fn told(c: char, form: Form) -> Rc<str> {
        TOLD.with_borrow_mut(|told| {
            let place = told.binary_search_by_key(&(c, form), |&(c, form, _)| (c, form)).unwrap_or_else(|place| {
                let text = &c.to_string();
                let answer = match form {
                    Form::Decomposed => normalize(text, "NFKD"),
                    Form::Small => JsString::from(text.as_str()).to_lower_case().into(),
                };
                told.insert(place, (c, form, answer.into()));
                place
            });
            told[place].2.clone()
        })
    }

    /// A letter written small.
    #[cfg(target_family = "wasm")]
    pub fn lower(c: char) -> Small {
        match c {
            _ if c.is_ascii() => [c.to_ascii_lowercase(), '\0'],
            _ if is_large(c) => small(told(c, Form::Small).chars()),
            _ => [c, '\0'],
        }
    }

    /// A letter written large.
    #[cfg(target_family = "wasm")]
    pub fn upper(c: char) -> String {
        JsString::from(c.to_string()).to_upper_case().into()
    }

    /// Calls `emit` with each character of the full compatibility decomposition (NFKD).
    #[cfg(target_family = "wasm")]
    pub fn decompose_compatible(c: char, mut emit: impl FnMut(char)) {
        if is_decomposed(c) { told(c, Form::Decomposed).chars().for_each(emit) } else { emit(c) }
    }

    /// The character that two decomposed ones compose to, if there is one.
    #[cfg(target_family = "wasm")]
    pub fn compose(a: char, b: char) -> Option<char> {
        let composed = normalize(&String::from_iter([a, b]), "NFC");
        let mut chars = composed.chars();
        chars.next().filter(|&c| chars.next().is_none() && is_decomposed(c))
    }

    // Gaps and lengths by turns. A test holds both against the tables of `unicode-normalization-alignments`.
    /// The characters with a decomposition, Hangul syllables aside.
    const DECOMPOSED_RUNS: &[u32] = &[
        160, 1, 7, 1, 1, 1, 4, 1, 2, 4, 2, 3, 1, 3, 1, 6, 1, 9, 1, 6, 2, 5, 2, 6, 1, 9, 1, 6, 2, 5, 1, 17, 2, 20, 2, 9, 1, 6, 1,
        8, 2, 7, 2, 6, 2, 18, 2, 24, 32, 2, 13, 2, 19, 25, 1, 6, 2, 16, 2, 36, 2, 2, 6, 14, 124, 9, 31, 6, 2, 5, 91, 2, 1, 2, 47,
        1, 5, 1, 3, 1, 5, 7, 1, 1, 1, 3, 25, 7, 25, 5, 1, 7, 25, 3, 1, 2, 3, 1, 6, 2, 1, 1, 3, 1, 4, 3, 10, 1, 31, 1, 22, 2, 1,
        1, 3, 1, 4, 3, 23, 2, 73, 2, 13, 4, 2, 2, 2, 6, 2, 6, 2, 12, 2, 2, 141, 1, 154, 5, 78, 4, 71, 1, 1, 1, 16, 1, 597, 1, 7,
        1, 2, 1, 35, 8, 107, 2, 15, 2, 1, 1, 83, 1, 2, 1, 34, 3, 2, 1, 233, 1, 2, 2, 15, 2, 54, 1, 53, 3, 123, 1, 119, 1, 6, 2,
        1, 2, 126, 3, 141, 1, 1, 3, 84, 1, 127, 1, 40, 2, 46, 1, 54, 1, 9, 1, 4, 1, 4, 1, 4, 1, 12, 1, 9, 1, 1, 5, 7, 1, 17, 1,
        9, 1, 4, 1, 4, 1, 4, 1, 12, 1, 108, 1, 213, 1, 2569, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 40, 1, 1, 1, 2, 2, 1, 1, 488, 3, 1,
        11, 1, 18, 1, 28, 13, 1, 34, 37, 64, 156, 4, 90, 6, 22, 2, 6, 2, 38, 2, 6, 2, 8, 1, 1, 1, 1, 1, 1, 1, 31, 2, 53, 1, 15,
        1, 14, 2, 6, 1, 19, 2, 3, 1, 9, 1, 11, 6, 1, 5, 1, 12, 3, 8, 1, 3, 2, 1, 2, 4, 1, 1, 1, 8, 3, 13, 1, 7, 1, 16, 2, 2, 27,
        1, 13, 11, 1, 87, 4, 1, 3, 1, 11, 1, 2, 2, 5, 2, 3, 1, 1, 1, 1, 1, 1, 1, 4, 1, 3, 1, 7, 1, 6, 4, 5, 6, 48, 9, 1, 16, 2,
        18, 1, 30, 3, 52, 1, 4, 1, 2, 1, 23, 1, 1, 1, 5, 2, 1, 2, 16, 1, 2, 1, 2, 1, 1, 1, 22, 1, 1, 1, 10, 5, 2, 2, 2, 2, 6, 2,
        2, 2, 2, 2, 34, 4, 48, 4, 6, 4, 59, 2, 309, 139, 1313, 1, 103, 3, 101, 1, 415, 2, 241, 1, 303, 1, 83, 1, 12, 214, 42, 1,
        53, 1, 1, 3, 17, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 6, 2, 1, 2, 1, 2,
        1, 2, 1, 2, 22, 1, 6, 2, 1, 2, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1,
        6, 2, 1, 2, 1, 2, 1, 2, 1, 2, 22, 1, 2, 4, 3, 2, 49, 94, 3, 14, 96, 31, 1, 40, 8, 47, 1, 127, 1, 256, 29340, 2, 210, 1,
        135, 2, 866, 4, 19872, 270, 2, 1, 1, 1, 2, 10, 1, 1, 1, 1, 2, 2, 3, 68, 2, 106, 38, 7, 12, 5, 5, 1, 1, 24, 1, 5, 1, 1, 1,
        2, 1, 2, 1, 108, 33, 363, 18, 64, 2, 54, 40, 13, 19, 10, 22, 21, 2, 12, 1, 19, 1, 4, 4, 3, 1, 1, 1, 135, 4, 190, 3, 6, 2,
        6, 2, 6, 2, 3, 3, 7, 1, 7, 4267, 1, 1, 1, 14, 1, 130, 2, 539, 2, 366, 2, 1, 1, 251, 2, 48034, 7, 86, 6, 575, 85, 1, 71,
        1, 2, 2, 1, 2, 2, 2, 4, 1, 12, 1, 1, 1, 7, 1, 65, 1, 4, 2, 8, 1, 7, 1, 28, 1, 4, 1, 5, 1, 1, 3, 7, 1, 340, 2, 292, 2, 50,
        5632, 4, 1, 27, 1, 2, 1, 1, 2, 1, 1, 10, 1, 4, 1, 1, 1, 1, 6, 1, 4, 1, 1, 1, 1, 1, 1, 3, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 2, 1, 1, 2, 4, 1, 7, 1, 4, 1, 4, 1, 1, 1, 10, 1, 17, 5, 3, 1, 5, 1, 17, 580, 11, 5, 31, 1, 32, 26, 2, 36, 1,
        111, 3, 13, 44, 4, 9, 7, 2, 66990, 542,
    ];
    /// The marks.
    const MARK_RUNS: &[u32] = &[
        768, 112, 275, 7, 263, 45, 1, 1, 1, 2, 1, 2, 1, 1, 72, 11, 48, 21, 16, 1, 101, 7, 2, 6, 2, 2, 1, 4, 35, 1, 30, 27, 91,
        11, 58, 9, 34, 4, 1, 9, 1, 3, 1, 5, 43, 3, 120, 14, 1, 33, 54, 3, 1, 18, 1, 7, 10, 2, 29, 3, 56, 1, 1, 7, 2, 2, 2, 3, 9,
        1, 10, 2, 29, 3, 56, 1, 1, 5, 4, 2, 2, 3, 3, 1, 30, 2, 3, 1, 11, 3, 56, 1, 1, 8, 1, 3, 1, 3, 20, 2, 29, 3, 56, 1, 1, 7,
        2, 2, 2, 3, 8, 2, 10, 2, 30, 1, 59, 5, 3, 3, 1, 4, 9, 1, 40, 4, 58, 7, 1, 3, 1, 4, 7, 2, 11, 2, 29, 3, 56, 1, 1, 7, 1, 3,
        1, 4, 7, 2, 11, 2, 29, 3, 58, 7, 1, 3, 1, 4, 9, 1, 10, 2, 30, 2, 70, 1, 4, 6, 1, 1, 1, 8, 18, 2, 61, 1, 2, 7, 12, 8, 98,
        1, 2, 6, 1, 2, 11, 6, 74, 2, 27, 1, 1, 1, 1, 1, 4, 2, 49, 20, 1, 2, 5, 11, 1, 36, 9, 1, 100, 20, 23, 4, 4, 3, 1, 3, 2, 7,
        3, 4, 13, 12, 1, 1, 10, 4, 703, 3, 946, 3, 29, 3, 29, 2, 30, 2, 64, 32, 9, 1, 45, 3, 119, 2, 34, 1, 118, 12, 4, 12, 219,
        5, 57, 10, 1, 29, 2, 1, 48, 15, 65, 5, 47, 17, 38, 9, 12, 3, 30, 13, 56, 14, 48, 20, 152, 3, 1, 21, 4, 1, 4, 3, 3, 2,
        198, 54, 5, 5, 720, 33, 3070, 3, 141, 1, 96, 32, 554, 6, 105, 2, 30164, 4, 1, 10, 32, 2, 80, 2, 272, 1, 3, 1, 4, 1, 23,
        5, 88, 2, 50, 18, 26, 18, 52, 8, 25, 13, 44, 4, 47, 14, 36, 1, 67, 14, 12, 1, 8, 2, 45, 3, 50, 1, 1, 3, 2, 2, 5, 2, 1, 1,
        41, 5, 5, 2, 236, 8, 1, 2, 20272, 1, 737, 16, 16, 16, 973, 1, 226, 1, 149, 5, 1670, 3, 1, 2, 5, 4, 40, 3, 4, 1, 165, 2,
        1305, 3, 53, 15, 56, 4, 45, 11, 69, 3, 36, 14, 62, 1, 12, 3, 48, 14, 9, 3, 95, 12, 6, 1, 160, 12, 21, 4, 56, 1, 1, 7, 2,
        2, 2, 3, 9, 1, 10, 2, 2, 7, 3, 5, 192, 18, 105, 20, 235, 7, 2, 9, 27, 2, 82, 17, 106, 13, 101, 15, 1283, 8, 1, 8, 82, 22,
        1, 14, 20025, 5, 59, 7, 1050, 46, 16, 4, 19722, 2, 5318, 5, 3, 6, 8, 8, 2, 7, 30, 4, 148, 3, 1979, 55, 4, 50, 8, 1, 14,
        1, 22, 5, 1, 15, 1360, 7, 1, 17, 2, 7, 1, 2, 1, 5, 2213, 7, 109, 7, 792501, 240,
    ];
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::{browser, decompose_compatible, is_combining_mark};

    #[test]
    fn what_the_browser_is_asked_for_is_what_unicode_9_decomposes() {
        for c in '\0'..=char::MAX {
            let mut parts = Vec::new();
            decompose_compatible(c, |part| parts.push(part));
            assert_eq!(browser::is_decomposed(c), parts != [c], "{c:?}");
            assert_eq!(browser::is_combining_mark(c), is_combining_mark(c), "{c:?}");
        }
    }

    #[test]
    fn the_browser_is_asked_for_every_letter_that_is_another_one_when_it_is_small() {
        for c in '\u{80}'..=char::MAX {
            assert!(browser::is_large(c) || c.to_lowercase().eq([c]), "{c:?}");
            assert!(super::letters(super::lower(c)).eq(c.to_lowercase()), "{c:?}");
        }
    }
}
