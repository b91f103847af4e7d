//! What a language is called by the script that it is written in.

use std::ops::RangeInclusive;

use crate::index::document::Document;

/// What to call the language of some documents that a model does not know: by its script, where that tells.
pub fn name_of_language(documents: &[Document]) -> &'static str {
    const SCRIPTS: [(&str, &[RangeInclusive<char>]); 9] = [
        ("Japanese", &['\u{3041}'..='\u{30FF}']),
        ("Korean", &['\u{1100}'..='\u{11FF}', '\u{AC00}'..='\u{D7A3}']),
        ("Chinese", &['\u{3400}'..='\u{9FFF}']),
        ("Thai", &['\u{0E01}'..='\u{0E5B}']),
        ("Arabic or Persian", &['\u{0621}'..='\u{06FF}']),
        ("Hebrew", &['\u{05D0}'..='\u{05EA}']),
        ("Greek", &['\u{0370}'..='\u{03FF}']),
        ("Hindi or another language in its script", &['\u{0900}'..='\u{097F}']),
        ("Russian or another language in Cyrillic letters", &['\u{0400}'..='\u{052F}']),
    ];
    let letters = documents.iter().flat_map(|document| document.title.chars().chain(document.text.chars()));
    let (mut all, mut of) = (0usize, [0usize; SCRIPTS.len()]);
    for letter in letters.filter(|letter| letter.is_alphabetic()) {
        all += 1;
        let script = SCRIPTS.iter().position(|(_, ranges)| ranges.iter().any(|range| range.contains(&letter)));
        script.into_iter().for_each(|script| of[script] += 1);
    }
    // Japanese is written in Chinese characters too, with kana between them: a tenth of kana is enough.
    let script = (0..SCRIPTS.len()).find(|&script| of[script] * if script == 0 { 10 } else { 3 } > all);
    script.map_or("the language of these documents", |script| SCRIPTS[script].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_called_by_its_script_where_that_tells() {
        for (text, name) in [
            ("今日はとても良い天気ですね", "Japanese"),
            ("今天天气很好", "Chinese"),
            ("오늘은 날씨가 좋다", "Korean"),
            ("Сегодня хорошая погода", "Russian or another language in Cyrillic letters"),
            ("Das Wetter ist schön", "the language of these documents"),
            ("", "the language of these documents"),
        ] {
            let document = Document { title: text.to_owned(), ..Document::default() };
            assert_eq!(name_of_language(&[document]), name, "{text}");
        }
    }
}
