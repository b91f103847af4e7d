//! Stems and stop words of all languages but English, where they are linked: everywhere but in the module that visitors load.

mod stop_words;

use rust_stemmers::{Algorithm, Stemmer};

use super::Language;

/// Whether other languages are known.
pub fn are_here() -> bool {
    true
}

/// The stems of folded words of a language, with a space between them as between the words.
pub fn stems(language: Language, words: &str) -> String {
    let Some(stemmer) = stemmer(language) else { return words.to_owned() };
    let mut stems = String::with_capacity(words.len());
    for (at, word) in words.split(' ').enumerate() {
        if at > 0 {
            stems.push(' ');
        }
        let spelled = with_accents(language, word);
        let start = stems.len();
        stems.extend(stemmer.stem(spelled.as_deref().unwrap_or(word)).chars().map(unaccented));
        if stems.len() == start {
            stems.push_str(word);
        }
    }
    stems
}

/// What `look` makes of the stop words of a language.
pub fn with_stop_words<T>(language: Language, look: impl FnOnce(&str) -> T) -> T {
    look(match language {
        Language::None | Language::English => "",
        Language::Danish => stop_words::DANISH,
        Language::Dutch => stop_words::DUTCH,
        Language::Finnish => stop_words::FINNISH,
        Language::French => stop_words::FRENCH,
        Language::German => stop_words::GERMAN,
        Language::Italian => stop_words::ITALIAN,
        Language::Norwegian => stop_words::NORWEGIAN,
        Language::Portuguese => stop_words::PORTUGUESE,
        Language::Russian => stop_words::RUSSIAN,
        Language::Spanish => stop_words::SPANISH,
        Language::Swedish => stop_words::SWEDISH,
    })
}

fn stemmer(language: Language) -> Option<Stemmer> {
    // One constant call for each language, so that the linker can leave out algorithms of others that the library has.
    Some(match language {
        Language::None | Language::English => return None,
        Language::Danish => Stemmer::create(Algorithm::Danish),
        Language::Dutch => Stemmer::create(Algorithm::Dutch),
        Language::Finnish => Stemmer::create(Algorithm::Finnish),
        Language::French => Stemmer::create(Algorithm::French),
        Language::German => Stemmer::create(Algorithm::German),
        Language::Italian => Stemmer::create(Algorithm::Italian),
        Language::Norwegian => Stemmer::create(Algorithm::Norwegian),
        Language::Portuguese => Stemmer::create(Algorithm::Portuguese),
        Language::Russian => Stemmer::create(Algorithm::Russian),
        Language::Spanish => Stemmer::create(Algorithm::Spanish),
        Language::Swedish => Stemmer::create(Algorithm::Swedish),
    })
}

/// A folded word with the accents of its ending restored, where the stemmer knows the ending only with them.
fn with_accents(language: Language, word: &str) -> Option<String> {
    let endings: &[(&str, &str)] = match language {
        Language::Spanish => &[("ion", "ión")],
        Language::Portuguese => &[("cao", "ção"), ("coes", "ções"), ("ao", "ão"), ("oes", "ões")],
        _ => &[],
    };
    let (plain, accented) = endings.iter().find(|(plain, _)| word.ends_with(plain))?;
    Some(format!("{}{accented}", &word[..word.len() - plain.len()]))
}

/// The letter without the accent that [`with_accents`] may have given it.
fn unaccented(c: char) -> char {
    match c {
        'ó' | 'õ' => 'o',
        'ã' => 'a',
        'ç' => 'c',
        _ => c,
    }
}
