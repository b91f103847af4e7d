//! Text to words: where words begin and end, and the folded spelling under which the index knows them.
//!
//! Visitors type `muller`, `cafe`, `ＰＤＦ` and mean `Müller`, `café`, `PDF`, so a word is known by its *folded* spelling: lower
//! case, compatibility forms replaced, Latin and Greek diacritics taken off. Scripts without spaces between words (Chinese,
//! Japanese, Korean, Thai, Lao, Khmer, Burmese) give overlapping pairs of characters, which need no dictionary and still find
//! every word of two characters or more. A name in code that is written as one word (`getUserName`) is that word, and behind it
//! the words that it is made of.
//!
//! The same function reads the corpus, the query and the text to be highlighted: what one of them calls a word, all do.

use std::ops::Range;

use super::unicode::{compose, decompose_compatible, is_combining_mark, letters, lower};

/// Longest word kept, in characters; the rest of a longer run (base64, an URL's hash) is dropped alike in corpus and query.
pub(super) const WORD_CHARS_MAX: usize = 40;

/// Takes the folded spelling and the byte range of a word.
type Emit<'a> = dyn FnMut(&str, Range<usize>) + 'a;

/// Calls `emit` with the folded spelling and the byte range of each word of `text`, in order.
///
/// Ranges lie on character boundaries of `text`. Pairs of a script without spaces overlap by one character; the words that a name in
/// code is made of lie in the range of the name, which comes before them.
pub(super) fn words(text: &str, mut emit: impl FnMut(&str, Range<usize>)) {
    each_word(text, &mut emit);
}

/// [`words`], once in a module and not for each closure.
fn each_word(text: &str, emit: &mut Emit<'_>) {
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if is_paired(first) {
            let end = run_end(text, at, |c| is_paired(c) || is_mark(c));
            pairs(&text[at..end], at, emit);
            at = end;
        } else if first.is_alphanumeric() && !is_mark(first) {
            at = word(text, at, emit);
        } else {
            at += first.len_utf8();
        }
    }
}

/// Whether a folded word consists of characters that are indexed in pairs.
pub(super) fn is_pair(word: &str) -> bool {
    word.chars().next().is_some_and(is_paired)
}

/// Whether a folded word is a single one of these characters, which most words have as a half of a pair.
pub(super) fn is_half(word: &str) -> bool {
    is_pair(word) && word.chars().count() == 1
}

/// Emits the word that starts at `at` and returns where the search for the next one goes on.
fn word(text: &str, at: usize, emit: &mut Emit<'_>) -> usize {
    let mut folded = String::new();
    let mut end = at;
    loop {
        let stop = run_end(text, end, |c| (c.is_alphanumeric() || is_mark(c)) && !is_paired(c));
        fold_into(&text[end..stop], &mut folded);
        end = stop;
        let Some(after) = apostrophe(text, end) else { break };
        let rest = run_end(text, after, char::is_alphanumeric);
        if text[after..rest].eq_ignore_ascii_case("s") {
            // The possessive: "people's" is the word "people", and the "s" is no word at all.
            emit_word(&mut folded, at..end, emit);
            return rest;
        }
        if is_elision(&folded) {
            break; // "l'analyse" is two words, "don't" and "O'Brien" are one.
        }
        end = after;
    }
    // "C++", "C#" and "F#" are names that differ from "C" and "F" in nothing else.
    let sign = if text[end..].starts_with("++") { 2 } else { usize::from(text[end..].starts_with('#')) };
    if sign > 0 && !text[end + sign..].chars().next().is_some_and(char::is_alphanumeric) {
        folded.push_str(&text[end..end + sign]);
        end += sign;
    }
    emit_word(&mut folded, at..end, emit);
    for Range { start, end } in parts_of_name(&text[at..end]) {
        emit(&text[at + start..at + end].to_ascii_lowercase(), at + start..at + end);
    }
    end
}

/// What a name in code such as `getUserName` or `HTTPServerError` is made of. Nothing of other words: "JavaScript" and "iPhone" are no
/// "Java" and no "phone", so a name with a capital in front has three parts, and no part is a single letter.
fn parts_of_name(word: &str) -> Vec<Range<usize>> {
    let bytes = word.as_bytes();
    let rises = |at: usize| {
        let is_capital = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
        is_capital(at) && (!is_capital(at - 1) || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase))
    };
    let starts: Vec<usize> = (1..bytes.len()).filter(|&at| rises(at)).collect();
    let least = if bytes[0].is_ascii_lowercase() { 1 } else { 2 };
    if starts.len() < least || bytes.len() > WORD_CHARS_MAX || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return Vec::new();
    }
    let ends = starts.iter().copied().chain([bytes.len()]);
    let parts: Vec<Range<usize>> = [0].iter().chain(&starts).zip(ends).map(|(&start, end)| start..end).collect();
    let has_letters = |part: &Range<usize>| bytes[part.clone()].iter().filter(|byte| byte.is_ascii_alphabetic()).count() > 1;
    if parts.iter().all(has_letters) { parts } else { Vec::new() }
}

fn emit_word(folded: &mut String, range: Range<usize>, emit: &mut Emit<'_>) {
    if let Some((cut, _)) = folded.char_indices().nth(WORD_CHARS_MAX) {
        folded.truncate(cut);
    }
    if !folded.is_empty() {
        emit(folded, range);
    }
}

/// Where the letters after an apostrophe at `at` begin, if a letter follows one there.
fn apostrophe(text: &str, at: usize) -> Option<usize> {
    let sign = text[at..].chars().next().filter(|c| matches!(c, '\'' | '\u{2019}' | '\u{02BC}'))?;
    let after = at + sign.len_utf8();
    text[after..].chars().next().filter(|c| c.is_alphabetic() && !is_paired(*c)).map(|_| after)
}

/// Whether a folded word is the short form of an article or pronoun that French and Italian write before an apostrophe.
fn is_elision(folded: &str) -> bool {
    matches!(folded, "l" | "d" | "j" | "m" | "t" | "n" | "c" | "s" | "qu" | "un" | "dell" | "all" | "nell" | "sull")
}

/// Emits overlapping pairs of the characters of `run`, which starts at byte `at`; a single character stands for itself.
fn pairs(run: &str, at: usize, emit: &mut Emit<'_>) {
    let mut units: Vec<(String, Range<usize>)> = Vec::new();
    for (offset, c) in run.char_indices() {
        let range = at + offset..at + offset + c.len_utf8();
        match units.last_mut() {
            Some((unit, whole)) if is_mark(c) || is_later_jamo(c) => {
                fold_char(c, unit);
                whole.end = range.end;
            }
            _ => {
                let mut unit = String::new();
                fold_char(c, &mut unit);
                units.push((unit, range));
            }
        }
    }
    if let [(unit, range)] = units.as_slice() {
        emit(unit, range.clone());
    }
    for pair in units.windows(2) {
        let ((left, start), (right, end)) = (&pair[0], &pair[1]);
        emit(&format!("{left}{right}"), start.start..end.end);
    }
}

fn run_end(text: &str, at: usize, inside: impl Fn(char) -> bool) -> usize {
    text[at..].char_indices().find(|&(_, c)| !inside(c)).map_or(text.len(), |(offset, _)| at + offset)
}

/// Marks, joiners, the soft hyphen and other characters that cannot be seen: they go on with a word but never begin one.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && (is_invisible(c) || matches!(c, '\u{FF9E}' | '\u{FF9F}') || is_combining_mark(c))
}

/// The soft hyphen, joiners, marks of direction, spaces without width and the byte order mark, which come along when text is copied.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The vowels and final consonants of which, after a first consonant, a Hangul syllable is composed.
fn is_later_jamo(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11FF}')
}

/// Letters of scripts that put no spaces between words.
fn is_paired(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF            // Thai, Lao
        | 0x1000..=0x109F          // Burmese
        | 0x1100..=0x11FF          // Hangul jamo
        | 0x1780..=0x17FF          // Khmer
        | 0x3005..=0x3007 | 0x3041..=0x3096 | 0x309D..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF66..=0xFF9D | 0x20000..=0x3FFFF)
        && c.is_alphanumeric()
}

/// Appends the folded spelling of `text` to `out`.
fn fold_into(text: &str, out: &mut String) {
    for c in text.chars() {
        fold_char(c, out);
    }
}

fn fold_char(c: char, out: &mut String) {
    match c {
        _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
        '\u{3099}' | '\u{309A}' => add_part(c, out),
        // Composed Cyrillic letters (й), kana and Hangul syllables are letters of their own, not letters with a mark.
        '\u{0400}'..='\u{052F}' | '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7A3}' => lower_into(c, out),
        _ => decompose_compatible(c, |part| add_part(part, out)),
    }
}

/// Appends one decomposed character: a mark joins the letter before it where the script needs it, and is dropped on Latin or Greek.
fn add_part(part: char, out: &mut String) {
    if is_combining_mark(part) || is_later_jamo(part) {
        let last = out.chars().next_back();
        if let Some(whole) = last.filter(|&l| !is_latin_or_greek(l)).and_then(|l| compose(l, part)) {
            out.pop();
            out.push(whole);
            return;
        }
        if is_dropped_mark(part) {
            return;
        }
    }
    lower_into(part, out);
}

/// Appends a character in lower case, letters that do not decompose as people without them on their keyboards write them.
fn lower_into(c: char, out: &mut String) {
    letters(lower(c)).for_each(|part| match part {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ı' => out.push('i'),
        'ς' => out.push('σ'),
        'ё' => out.push('е'),
        // Joiners, marks, and signs that compatibility forms bring along: "¼" has a slash in it.
        _ if is_dropped_mark(part) || !(part.is_alphanumeric() || is_combining_mark(part)) => {}
        _ => out.push(part),
    });
}

fn is_latin_or_greek(c: char) -> bool {
    c.is_ascii() || matches!(c as u32, 0x80..=0x03FF | 0x1E00..=0x1FFF)
}

/// Diacritics, Hebrew points and Arabic short vowels: people leave them out when typing. Marks that spell vowels stay.
fn is_dropped_mark(c: char) -> bool {
    matches!(c as u32, 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0670 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(text, |word, _| found.push(word.to_owned()));
        found
    }

    #[test]
    fn words_are_lower_case_without_diacritics_or_punctuation() {
        assert_eq!(split("Größe, CAFÉ—naïve: Ærøskøbing."), ["grosse", "cafe", "naive", "aeroskobing"]);
        assert_eq!(split("İstanbul ＰＤＦ ﬁnd x² Ελλάδας"), ["istanbul", "pdf", "find", "x2", "ελλαδασ"]);
    }

    #[test]
    fn composed_and_decomposed_spellings_fold_alike() {
        for (composed, decomposed) in
            [("é", "e\u{301}"), ("й", "и\u{306}"), ("がく", "か\u{3099}く"), ("한국", "\u{1112}\u{1161}\u{11ab}국")]
        {
            assert_eq!(split(composed), split(decomposed), "{composed}");
        }
        assert_eq!(split("ｶﾞｸ"), split("ガク"));
    }

    #[test]
    fn apostrophes_join_split_or_drop_as_the_word_needs() {
        assert_eq!(
            split("people's don't O’Brien l'analyse rock 'n' roll"),
            ["people", "dont", "obrien", "l", "analyse", "rock", "n", "roll"]
        );
    }

    #[test]
    fn characters_that_cannot_be_seen_change_no_word() {
        for text in ["add\u{AD}on", "add\u{200B}on", "\u{FEFF}addon", "add\u{2060}on\u{200E}", "\u{202A}addon\u{202C}"] {
            assert_eq!(split(text), ["addon"], "{text:?}");
        }
    }

    #[test]
    fn programming_languages_keep_their_signs() {
        assert_eq!(
            split("C++ and C# or F#, C# 12, issue #5, a+b, c++17"),
            ["c++", "and", "c#", "or", "f#", "c#", "12", "issue", "5", "a", "b", "c", "17"]
        );
    }

    #[test]
    fn a_name_in_code_is_a_word_and_behind_it_the_words_that_it_is_made_of() {
        assert_eq!(split("call getUserName()"), ["call", "getusername", "get", "user", "name"]);
        assert_eq!(
            split("HTTPServerError utf8Names"),
            ["httpservererror", "http", "server", "error", "utf8names", "utf8", "names"]
        );
        assert_eq!(
            split("JavaScript iPhone PostgreSQL A1B2C3 WiFi user_name"),
            ["javascript", "iphone", "postgresql", "a1b2c3", "wifi", "user", "name"]
        );
    }

    #[test]
    fn scripts_without_spaces_give_overlapping_pairs() {
        assert_eq!(split("PyCon東京都 機"), ["pycon", "東京", "京都", "機"]);
        assert_eq!(split("검색엔진"), ["검색", "색엔", "엔진"]);
    }

    #[test]
    fn a_word_longer_than_the_limit_is_cut() {
        assert_eq!(split(&"a".repeat(500)), ["a".repeat(WORD_CHARS_MAX)]);
    }

    proptest! {
        #[test]
        fn ranges_lie_on_boundaries_in_order_whatever_the_text(text in "\\PC{0,60}|[\u{0}-\u{10FFFF}]{0,40}") {
            let mut last = 0;
            words(&text, |word, range| {
                assert!(!word.is_empty() && text.get(range.clone()).is_some_and(|part| !part.is_empty()));
                assert!(range.start >= last);
                last = range.start;
            });
        }

        #[test]
        fn folding_a_word_again_changes_nothing(text in "[a-zA-Z\u{C0}-\u{24F}\u{386}-\u{3CE}\u{400}-\u{45F}0-9'.-]{0,30}") {
            for word in split(&text) {
                prop_assert_eq!(split(&word).concat(), word);
            }
        }
    }
}
