//! What a query asks for besides its subject: a day, a room, a level or a speaker that is a value of a field, so that a page can offer
//! it as a filter. No sentence is parsed: the words of a value must stand together in the query, in their order, folded alike.

use std::ops::Range;

use serde::Serialize;

use crate::index::lexical::{Query, folded_words};
use crate::index::sort::sort_by;
use crate::index::table::Table;

/// Values of more words than this are texts to read.
const WORDS_MAX: usize = 8;

/// A value of a field that a query names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Understood {
    /// The field.
    pub field: String,
    /// Its value, as a filter wants it.
    pub value: String,
    /// Where it begins in the query as it was typed: bytes of UTF-8 in Rust and on the command line, UTF-16 units in JavaScript.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The values of all fields in the order of their first words, to look queries up in: of one word the longest first.
pub struct Values(Vec<Value>);

struct Value {
    words: Vec<String>,
    field: String,
    value: String,
}

impl Values {
    /// The values of a table that a query may name. `is_stop_word` tells words that are in every query and mean no value.
    pub fn of(table: &Table, is_stop_word: impl Fn(&str) -> bool) -> Self {
        let mut known = Vec::new();
        for (field, values) in table.fields() {
            for value in values {
                let words = folded_words(value);
                let is_name = match words.as_slice() {
                    [] => false,
                    [word] => word.chars().count() > 1 && !is_stop_word(word),
                    many => many.len() <= WORDS_MAX,
                };
                if is_name {
                    known.push(Value { words, field: field.to_owned(), value: value.clone() });
                }
            }
        }
        // Equal ones are values of several fields.
        sort_by(&mut known, |a, b| a.words[0].cmp(&b.words[0]).then_with(|| b.words.len().cmp(&a.words.len())));
        Self(known)
    }

    /// The values that a query names, in its order: of those that overlap the first, and of these the longest. What is excluded
    /// names nothing.
    pub fn understood(&self, query: &Query) -> Vec<Understood> {
        let places: &[(String, Range<usize>)] = query.places();
        let (mut found, mut at) = (Vec::new(), 0);
        while at < places.len() {
            let (Self(values), (first, _)) = (self, &places[at]);
            let values = &values[values.partition_point(|value| value.words[0] < *first)..];
            let is_here = |value: &&Value| {
                let here = places[at..].iter().map(|(word, _)| word);
                here.take(value.words.len()).eq(&value.words)
            };
            let mut here = values.iter().take_while(|value| value.words[0] == *first).filter(is_here).peekable();
            let count = here.peek().map_or(0, |value| value.words.len());
            let (start, end) = (places[at].1.start, places[at + count.max(1) - 1].1.end);
            for Value { field, value, .. } in here.take_while(|value| value.words.len() == count) {
                found.push(Understood { field: field.clone(), value: value.clone(), start, end });
            }
            at += count.max(1);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::document::Document;
    use crate::index::lexical::Syntax;

    #[test]
    fn a_value_of_a_field_that_a_query_names_is_recognised_where_it_stands() {
        let mut table = Table::default();
        for (number, fields) in [
            serde_json::json!({"day": "Monday", "room": "Z 304", "speakers": ["Ada Müller", "Bo"], "level": "all"}),
            serde_json::json!({"day": "Tuesday", "track": "Data", "room": "Data Hall", "level": "Beginner"}),
        ]
        .into_iter()
        .enumerate()
        {
            let fields = fields.as_object().unwrap().clone();
            table.push(&Document { id: number.to_string(), fields, ..Document::default() });
        }
        let values = Values::of(&table, |word| word == "all");
        let named = |text: &str| -> Vec<(String, String, String)> {
            let understood = values.understood(&Query::parse(text, &Syntax::default()));
            let part = |found: Understood| (found.field, found.value, text[found.start..found.end].to_owned());
            understood.into_iter().map(part).collect()
        };
        let triple = |(field, value, part): (&str, &str, &str)| (field.to_owned(), value.to_owned(), part.to_owned());
        for (text, expected) in [
            ("talks by ada muller on monday?", vec![("speakers", "Ada Müller", "ada muller"), ("day", "Monday", "monday")]),
            ("“Z 304” in the data hall", vec![("room", "Z 304", "Z 304"), ("room", "Data Hall", "data hall")]),
            ("all data for beginners -tuesday", vec![("track", "Data", "data")]),
            ("ada lovelace", vec![]),
        ] {
            assert_eq!(named(text), expected.into_iter().map(triple).collect::<Vec<_>>(), "{text}");
        }
    }
}
