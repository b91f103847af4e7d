//! What the index knows of a language: its stems, its stop words, and a cheap guess which one a corpus is in.
//!
//! Stems come from the Snowball algorithms (`rust-stemmers`). They are taken of *folded* words, so that `canción` and `cancion`
//! always meet. English is here; what is known of the others is in `others`, which in the browser is another module.

use rust_stemmers::{Algorithm, Stemmer};

use super::others;

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

/// The stop words of English.
const ENGLISH: &str = "\
    a about above after again against all also am an and any are arent as at be because been before being below \
    between both but by can cannot cant could couldnt did didnt do does doesnt doing dont down during each either etc \
    few for from further had hadnt has hasnt have havent having he her here hers herself him himself his how however \
    i id if ill im in into is isnt it its itself ive just may me might more most must my myself no nor not of off on \
    once only or other our ours ourselves out over own per same shall she should shouldnt so some such than that \
    thats the their theirs them themselves then there these they theyre this those through thus to too under until up \
    upon us very was wasnt we were werent what whats when where whether which while who whom whose why will with \
    within without wont would wouldnt you your youre yours yourself";

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

    /// Whether what is known of the language is in every module that searches.
    pub const fn is_everywhere(self) -> bool {
        matches!(self, Self::None | Self::English)
    }

    /// Whether what is known of the language is in this module, or has come.
    pub(crate) fn is_here(self) -> bool {
        self.is_everywhere() || others::are_here()
    }

    /// Whether a folded word may be one of the language: letters of another script, digits and signs are in none ("c++", "252a").
    fn may_have(self, word: &str) -> bool {
        let all = match self {
            Self::None => false,
            Self::Russian => word.chars().all(|c| matches!(c, '\u{0400}'..='\u{052F}')),
            _ => word.bytes().all(|byte| byte.is_ascii_lowercase()),
        };
        all && !word.is_empty()
    }

    /// The stem of a folded word: the same for the forms of one word, and the word itself where the language has no rule for it.
    pub(super) fn stem(self, word: &str) -> String {
        match self {
            _ if !self.may_have(word) => word.to_owned(),
            Self::English => match Stemmer::create(Algorithm::English).stem(word).into_owned() {
                stem if stem.is_empty() => word.to_owned(),
                stem => stem,
            },
            _ => others::stems(self, word),
        }
    }

    /// Calls `visit` with the stem of each word. Another module is asked for all at once: one by one, the asking would take longest.
    pub(super) fn each_stem<'a>(self, words: impl Iterator<Item = &'a str> + Clone, visit: &mut dyn FnMut(&str)) {
        if self.is_everywhere() {
            return words.for_each(|word| visit(&self.stem(word)));
        }
        let mut asked = String::new();
        for word in words.clone().filter(|word| self.may_have(word)) {
            if !asked.is_empty() {
                asked.push(' ');
            }
            asked.push_str(word);
        }
        let stems = others::stems(self, &asked);
        let mut stems = stems.split(' ');
        words.for_each(|word| visit(if self.may_have(word) { stems.next().expect("a stem for each word") } else { word }));
    }

    /// What `look` makes of its stop words, in ascending order of their bytes, with spaces between them.
    fn with_stop_words<T>(self, look: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::None => look(""),
            Self::English => look(ENGLISH),
            _ => others::with_stop_words(self, look),
        }
    }

    /// Whether a folded word is one that nearly every text of the language has.
    pub fn is_stop_word(self, word: &str) -> bool {
        self.with_stop_words(|list| list.split_ascii_whitespace().find(|other| *other >= word) == Some(word))
    }

    /// The language whose stop words make up the largest share of a corpus, given how often it has a word.
    ///
    /// `count` says how often the corpus has a folded word, `total` how many words it has. [`Language::None`] when no share is
    /// large enough; the first code wins a tie.
    pub(super) fn guess(total: u64, count: impl Fn(&str) -> u64) -> Self {
        let mut best = (GUESS_SHARE_MIN * total as f64, Self::None);
        for language in Self::ALL {
            let found: u64 = language.with_stop_words(|list| list.split_ascii_whitespace().map(&count).sum());
            if found as f64 > best.0 {
                best = (found as f64, language);
            }
        }
        best.1
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::super::elsewhere;
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
    fn words_have_the_same_stems_together_as_alone() {
        let words = ["canciones", "", "252a", "losungen", "системами", "educacoes", "s", "analytics", "東京"];
        for language in Language::ALL {
            let mut stems = Vec::new();
            language.each_stem(words.into_iter(), &mut |stem| stems.push(stem.to_owned()));
            assert_eq!(stems, words.map(|word| language.stem(word)), "{}", language.code());
        }
    }

    #[test]
    fn what_another_module_knows_of_a_language_is_asked_for_by_its_code() {
        struct Known;
        impl elsewhere::Languages for Known {
            fn stems(&self, language: &str, words: &str) -> String {
                others::stems(Language::from_code(language).unwrap(), words)
            }

            fn stop_words(&self, language: &str) -> String {
                others::with_stop_words(Language::from_code(language).unwrap(), str::to_owned)
            }
        }
        assert!(!elsewhere::are_here());
        elsewhere::set_languages(Known);
        assert!(elsewhere::are_here());
        // The stop words of one are not those of the one before.
        for (language, stop_word) in [(Language::German, "und"), (Language::French, "et"), (Language::German, "und")] {
            let is_stop_word = |list: &str| list.split(' ').any(|word| word == stop_word);
            assert!(elsewhere::with_stop_words(language, is_stop_word));
            assert_eq!(elsewhere::stems(language, "losungen activites"), others::stems(language, "losungen activites"));
        }
    }

    #[test]
    fn every_list_of_stop_words_is_sorted_folded_and_without_repeats() {
        for language in Language::ALL {
            language.with_stop_words(|list| {
                let list: Vec<&str> = list.split_ascii_whitespace().collect();
                assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{}", language.code());
                for word in list {
                    let mut folded = String::new();
                    super::super::analyze::words(word, |found, _| folded.push_str(found));
                    assert_eq!(folded, *word);
                }
            });
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
