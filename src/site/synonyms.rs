//! Words that stand for each other on a site: a page that has one of them is found by the others.

use crate::index::document::Document;

/// The words of some lists that a document does not have, of the lists of which it has one.
pub fn of(document: &Document, lists: &[Vec<String>]) -> Vec<String> {
    let text = format!("{}\n{}", document.title, document.text).to_lowercase();
    let mut also = Vec::new();
    for list in lists {
        let (has, lacks): (Vec<&String>, Vec<&String>) = list.iter().partition(|word| holds(&text, &word.to_lowercase()));
        if !has.is_empty() {
            also.extend(lacks.into_iter().filter(|word| !also.contains(*word)).cloned().collect::<Vec<_>>());
        }
    }
    also
}

/// Whether a text has some words as whole words, both in lower case.
fn holds(text: &str, words: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !words.is_empty()
        && text
            .match_indices(words)
            .any(|(at, _)| !is_letter(text[..at].chars().next_back()) && !is_letter(text[at + words.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_given_the_synonyms_of_whole_words_that_it_has() {
        let lists = [&["k8s", "Kubernetes"][..], &["add-on", "addon", "plug-in"], &["art", "craft"]];
        let lists: Vec<Vec<String>> = lists.iter().map(|list| list.iter().map(|word| (*word).to_owned()).collect()).collect();
        let document =
            Document { title: "Start of K8S".into(), text: "Every add-on, every plug-in.".into(), ..Document::default() };
        assert_eq!(of(&document, &lists), ["Kubernetes", "addon"]);
    }
}
