//! Stems and stop words of all languages but English, where another module has them: `inkling-languages`, which the worker loads for
//! an index in one of these, and hands in before that is opened.

use std::cell::RefCell;
use std::rc::Rc;

use super::Language;

/// What knows the other languages, by their codes.
pub trait Languages {
    /// The stems of folded words of a language, with a space between them as between the words.
    fn stems(&self, language: &str, words: &str) -> String;

    /// The stop words of a language, with spaces between them.
    fn stop_words(&self, language: &str) -> String;
}

thread_local! {
    static LANGUAGES: RefCell<Option<Rc<dyn Languages>>> = const { RefCell::new(None) };
    /// The language that was asked for last, and its stop words.
    static STOP_WORDS: RefCell<(Language, Rc<str>)> = RefCell::new((Language::None, Rc::from("")));
}

/// Takes what knows the other languages.
pub fn set_languages(languages: impl Languages + 'static) {
    LANGUAGES.set(Some(Rc::new(languages)));
}

/// Whether other languages are known.
pub fn are_here() -> bool {
    LANGUAGES.with_borrow(Option::is_some)
}

/// No index in a language is opened before it is known.
fn known() -> Rc<dyn Languages> {
    LANGUAGES.with_borrow(Clone::clone).expect("the module of other languages has come")
}

/// The stems of folded words of a language, with a space between them as between the words.
pub fn stems(language: Language, words: &str) -> String {
    known().stems(language.code(), words)
}

/// What `look` makes of the stop words of a language.
pub fn with_stop_words<T>(language: Language, look: impl FnOnce(&str) -> T) -> T {
    let (last, mut words) = STOP_WORDS.with_borrow(Clone::clone);
    if last != language {
        words = known().stop_words(language.code()).into();
        STOP_WORDS.set((language, words.clone()));
    }
    look(&words)
}
