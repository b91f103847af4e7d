//! What the owner of a site prefers: documents that count for more or less than others, and those that come first for a question.
//!
//! Kept in `lexical.safetensors` as one JSON text, where there is any: `documents.preferences`, `{"weights": [[document, hundredths]],
//! "pins": [[question, document]]}`.

use serde::Serialize;

use super::document::Document;
use super::fusion::Ranked;
use super::join::joined;
use super::lexical::unicode::lower_text;
use crate::json;

/// The name of the tensor.
pub const PREFERENCES: &str = "documents.preferences";

/// What a document gains that is pinned to the question: more than all else together can give.
const PINNED: f64 = 1000.0;

/// The preferences of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Documents in ascending order, and the weight of each.
    weights: Vec<(u32, u32)>,
    /// Questions as [`plain`] writes them, each with a document.
    pins: Vec<(String, u32)>,
}

/// The preferences as they are saved.
#[derive(Serialize, miniserde::Deserialize)]
struct Saved {
    weights: Vec<(u32, u32)>,
    pins: Vec<(String, u32)>,
}

impl Preferences {
    /// Takes those of a document.
    pub fn push(&mut self, number: u32, document: &Document) {
        self.weights.extend(document.weight.map(|weight| (number, weight.into())));
        for question in &document.pins {
            self.pins.push((plain(question), number));
        }
    }

    /// Reads the tensor of an index of so many documents; nothing where it is damaged.
    pub fn open(text: &[u8], documents: usize) -> Option<Self> {
        let Saved { weights, pins } = json::read(text)?;
        let is_known = |number: u32| (number as usize) < documents;
        let are_known = weights.iter().all(|(number, _)| is_known(*number)) && pins.iter().all(|(_, number)| is_known(*number));
        let are_ascending = weights.is_sorted_by(|(a, _), (b, _)| a < b);
        (are_known && are_ascending).then_some(Self { weights, pins })
    }

    /// The tensor to write; none where nothing is preferred.
    pub fn save(&self) -> Option<Vec<u8>> {
        if *self == Self::default() {
            return None;
        }
        let Self { weights, mut pins } = self.clone();
        pins.sort_unstable();
        Some(serde_json::to_vec(&Saved { weights, pins }).expect("texts and numbers are plain data"))
    }

    /// Moves documents in a ranking. Those that are pinned to the question and `may` be found are put into it.
    pub fn apply(&self, question: &str, ranked: &mut Vec<Ranked>, may: impl Fn(u32) -> bool) {
        if !self.weights.is_empty() {
            for document in ranked.iter_mut().filter(|document| document.order > 0.0) {
                if let Ok(at) = self.weights.binary_search_by_key(&document.document, |&(number, _)| number) {
                    document.order *= f64::from(self.weights[at].1) / 100.0;
                }
            }
        }
        if self.pins.is_empty() {
            return;
        }
        let question = plain(question);
        for &(_, number) in self.pins.iter().filter(|(pinned, number)| *pinned == question && may(*number)) {
            match ranked.iter_mut().find(|document| document.document == number) {
                Some(document) => document.order += PINNED,
                None => ranked.push(Ranked { score: 1.0, order: PINNED, ..Ranked::unranked(number) }),
            }
        }
    }
}

/// A question without what does not tell it from another.
fn plain(question: &str) -> String {
    let words = lower_text(&joined(question.split_whitespace(), " "));
    words.trim_end_matches(['?', '.', '!', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferences() -> Preferences {
        let mut preferences = Preferences::default();
        preferences.push(1, &Document { weight: Some(50), ..Document::default() });
        preferences.push(2, &Document { pins: ["Where do I start?".to_owned()].into(), ..Document::default() });
        preferences
    }

    fn order(question: &str, may: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut ranked: Vec<Ranked> =
            [(0, 0.8), (1, 1.0)].map(|(number, order)| Ranked { order, ..Ranked::unranked(number) }).into();
        preferences().apply(question, &mut ranked, may);
        ranked.sort_by(|a, b| b.order.total_cmp(&a.order));
        ranked.iter().map(|document| document.document).collect()
    }

    #[test]
    fn a_document_of_less_weight_goes_down_and_a_pinned_one_comes_first_for_its_question_alone() {
        assert_eq!(order("anything", |_| true), [0, 1]);
        assert_eq!(order(" where  do I START", |_| true), [2, 0, 1]);
        assert_eq!(order("where do I start?", |number| number != 2), [0, 1]);
    }

    #[test]
    fn preferences_are_saved_where_there_are_any_and_numbers_of_no_document_are_refused() {
        assert_eq!(Preferences::default().save(), None);
        let saved = preferences().save().unwrap();
        assert_eq!(Preferences::open(&saved, 3), Some(preferences()));
        assert_eq!(Preferences::open(&saved, 2), None);
        assert_eq!(Preferences::open(b"{}", 3), None);
    }
}
