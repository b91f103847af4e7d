//! What the index knows of a language: its stems, its stop words, and a cheap guess which one a corpus is in.
//!
//! Stems come from the Snowball algorithms (`rust-stemmers`). They are taken of *folded* words, so that `canción` and `cancion`
//! always meet; where that takes away an ending the algorithm looks for, [`Language::stem`] puts the ending back first.

use rust_stemmers::{Algorithm, Stemmer};

use super::stopwords;

/// A language of an index, or [`Language::None`] for text that is only compared word by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// No stems and no stop words.
    None,
    /// Danish, `da`.
    Danish,
    /// German, `de`.
    German,
    /// English, `en`.
    English,
    /// Spanish, `es`.
    Spanish,
    /// Finnish, `fi`.
    Finnish,
    /// French, `fr`.
    French,
    /// Italian, `it`.
    Italian,
    /// Dutch, `nl`.
    Dutch,
    /// Norwegian, `no`.
    Norwegian,
    /// Portuguese, `pt`.
    Portuguese,
    /// Russian, `ru`.
    Russian,
    /// Swedish, `sv`.
    Swedish,
}

/// Smallest share of a corpus's words that must be stop words of a language before the guess names it. English running
/// text has 41-45 % (counted on Cranfield, CISI and FOSDEM 2024), lists of names next to none.
const GUESS_SHARE_MIN: f64 = 0.08;

impl Language {
    /// Every language, in the order of their codes.
    pub const ALL: [Self; 13] = [
        Self::None,
        Self::Danish,
        Self::German,
        Self::English,
        Self::Spanish,
        Self::Finnish,
        Self::French,
        Self::Italian,
        Self::Dutch,
        Self::Norwegian,
        Self::Portuguese,
        Self::Russian,
        Self::Swedish,
    ];

    /// The two-letter code of ISO 639-1, or `"none"`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Danish => "da",
            Self::German => "de",
            Self::English => "en",
            Self::Spanish => "es",
            Self::Finnish => "fi",
            Self::French => "fr",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Norwegian => "no",
            Self::Portuguese => "pt",
            Self::Russian => "ru",
            Self::Swedish => "sv",
        }
    }

    /// The language of a code such as `"en"`, or nothing when there is none of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The stem of a folded word: the same for the forms of one word, and the word itself where the language has no rule for it.
    pub(super) fn stem(self, word: &str) -> String {
        let Some(stemmer) = self.stemmer() else { return word.to_owned() };
        // Letters of another script, digits and signs are no words of the language ("c++", "252a").
        let alphabetic = match self {
            Self::Russian => word.chars().all(|c| matches!(c, '\u{0400}'..='\u{052F}')),
            _ => word.bytes().all(|byte| byte.is_ascii_lowercase()),
        };
        if !alphabetic {
            return word.to_owned();
        }
        let spelled = self.with_accents(word);
        let stem = stemmer.stem(spelled.as_deref().unwrap_or(word));
        let folded: String = stem.chars().map(unaccented).collect();
        if folded.is_empty() { word.to_owned() } else { folded }
    }

    /// Its stop words in ascending order of their bytes.
    fn stop_words(self) -> impl Iterator<Item = &'static str> {
        let list = match self {
            Self::None => "",
            Self::Danish => stopwords::DANISH,
            Self::Dutch => stopwords::DUTCH,
            Self::English => stopwords::ENGLISH,
            Self::Finnish => stopwords::FINNISH,
            Self::French => stopwords::FRENCH,
            Self::German => stopwords::GERMAN,
            Self::Italian => stopwords::ITALIAN,
            Self::Norwegian => stopwords::NORWEGIAN,
            Self::Portuguese => stopwords::PORTUGUESE,
            Self::Russian => stopwords::RUSSIAN,
            Self::Spanish => stopwords::SPANISH,
            Self::Swedish => stopwords::SWEDISH,
        };
        list.split_ascii_whitespace()
    }

    /// Whether a folded word is one that nearly every text of the language has.
    pub fn is_stop_word(self, word: &str) -> bool {
        self.stop_words().find(|other| *other >= word) == Some(word)
    }

    /// The language whose stop words make up the largest share of a corpus, given how often it has a word.
    ///
    /// `count` says how often the corpus has a folded word, `total` how many words it has. [`Language::None`] when no share is
    /// large enough; the first code wins a tie.
    pub(super) fn guess(total: u64, count: impl Fn(&str) -> u64) -> Self {
        let mut best = (GUESS_SHARE_MIN * total as f64, Self::None);
        for language in Self::ALL {
            let found: u64 = language.stop_words().map(&count).sum();
            if found as f64 > best.0 {
                best = (found as f64, language);
            }
        }
        best.1
    }

    fn stemmer(self) -> Option<Stemmer> {
        // One constant call for each language, so that the linker can leave the algorithms of the others out of the wasm file.
        Some(match self {
            Self::None => return None,
            Self::Danish => Stemmer::create(Algorithm::Danish),
            Self::German => Stemmer::create(Algorithm::German),
            Self::English => Stemmer::create(Algorithm::English),
            Self::Spanish => Stemmer::create(Algorithm::Spanish),
            Self::Finnish => Stemmer::create(Algorithm::Finnish),
            Self::French => Stemmer::create(Algorithm::French),
            Self::Italian => Stemmer::create(Algorithm::Italian),
            Self::Dutch => Stemmer::create(Algorithm::Dutch),
            Self::Norwegian => Stemmer::create(Algorithm::Norwegian),
            Self::Portuguese => Stemmer::create(Algorithm::Portuguese),
            Self::Russian => Stemmer::create(Algorithm::Russian),
            Self::Swedish => Stemmer::create(Algorithm::Swedish),
        })
    }

    /// A folded word with the accents of its ending restored, where the stemmer knows the ending only with them.
    fn with_accents(self, word: &str) -> Option<String> {
        let endings: &[(&str, &str)] = match self {
            Self::Spanish => &[("ion", "ión")],
            Self::Portuguese => &[("cao", "ção"), ("coes", "ções"), ("ao", "ão"), ("oes", "ões")],
            _ => &[],
        };
        let (plain, accented) = endings.iter().find(|(plain, _)| word.ends_with(plain))?;
        Some(format!("{}{accented}", &word[..word.len() - plain.len()]))
    }
}

/// The letter without the accent that [`Language::with_accents`] may have given it.
fn unaccented(c: char) -> char {
    match c {
        'ó' | 'õ' => 'o',
        'ã' => 'a',
        'ç' => 'c',
        _ => c,
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for (language, forms) in [
            (Language::English, ["analytic", "analytics", "analytical"].as_slice()),
            (Language::German, &["losung", "losungen"]),
            (Language::Spanish, &["cancion", "canciones"]),
            (Language::Portuguese, &["educacao", "educacoes"]),
            (Language::French, &["activite", "activites"]),
            (Language::Russian, &["системы", "системой", "системах"]),
        ] {
            let stems: Vec<_> = forms.iter().skip(1).map(|form| language.stem(form)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{} {stems:?}", language.code());
        }
    }

    #[test]
    fn identifiers_have_no_stem_but_themselves() {
        for word in ["c++", "252a", "ub2", "2023s", "東京"] {
            assert_eq!(Language::English.stem(word), word);
        }
    }

    #[test]
    fn every_list_of_stop_words_is_sorted_folded_and_without_repeats() {
        for language in Language::ALL {
            let list: Vec<&str> = language.stop_words().collect();
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{}", language.code());
            for word in list {
                let mut folded = String::new();
                super::super::analyze::words(word, |found, _| folded.push_str(found));
                assert_eq!(folded, *word);
            }
        }
    }

    #[test]
    fn every_language_is_guessed_from_a_sentence_of_it() {
        for (code, text) in [
            ("en", "the talk is about what you can do with the data that you have in your team"),
            ("de", "der vortrag zeigt wie man mit den daten arbeitet die in der firma nicht genutzt werden"),
            ("es", "la charla muestra como se puede trabajar con los datos que hay en la empresa y por que"),
            ("fr", "la conference montre comment on peut travailler avec les donnees qui sont dans une entreprise"),
            ("it", "la relazione mostra come si puo lavorare con i dati che sono nella azienda e perche non di piu"),
            ("pt", "a palestra mostra como voce pode trabalhar com os dados que estao na empresa e nao em uma nuvem"),
            ("nl", "de lezing laat zien hoe je met de gegevens kunt werken die het bedrijf niet gebruikt en een plan"),
            ("none", "kubernetes istio envoy cilium ebpf llvm clang gcc rustc"),
        ] {
            let words: Vec<_> = text.split(' ').collect();
            let guess = Language::guess(words.len() as u64, |word| words.iter().filter(|other| **other == word).count() as u64);
            assert_eq!(guess.code(), code);
        }
    }

    proptest! {
        #[test]
        fn no_word_makes_a_stemmer_fail(word in "[a-z]{0,40}|[а-я]{0,40}|\\PC{0,20}") {
            for language in Language::ALL {
                prop_assert!(word.is_empty() || !language.stem(&word).is_empty());
            }
        }
    }
}
