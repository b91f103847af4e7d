//! Values as programs write them, to texts, numbers and lists of these: names of objects, one of several languages.

use serde_json::{Map, Value};

use super::names;
use super::notes::{NoteKind, Notes};

/// Keys that hold what an object is called, the first that is there. Those with `:` or `#` come from XML.
const NAMES: &[&str] = &[
    "name",
    "full_name",
    "fullName",
    "public_name",
    "publicName",
    "display_name",
    "displayName",
    "title",
    "label",
    "rendered",
    "#text",
    "_text",
    "$t",
    "value",
    "text",
    "term",
    "summary",
    "url",
    "href",
];

/// Keys that together make the name of a person.
const PARTS_OF_NAMES: [[&str; 2]; 3] = [["first_name", "last_name"], ["firstName", "lastName"], ["given_name", "family_name"]];

/// Keys of a moment that is an object.
const MOMENTS: &[&str] = &["dateTime", "datetime", "$date", "date", "local", "utc"];

/// Keys that hold what an object is about, where it says nothing itself.
const WRAPPERS: &[&str] = &["attributes", "fields", "properties", "node", "data", "edges", "nodes"];

/// What values are read with.
pub struct Reading<'a> {
    /// The language that is taken where there are several.
    pub language: Option<&'a str>,
    /// What is said of them.
    pub notes: &'a mut Notes,
}

impl Reading<'_> {
    /// What a field's value says: texts, numbers, yes or no, or a list of these; nothing where it is empty, or where its
    /// shape says nothing, which is noted.
    pub fn plain(&mut self, value: Value, field: &str, place: &str) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(value),
            Value::Array(values) => {
                let mut plain = Vec::with_capacity(values.len());
                for value in values {
                    match self.plain(value, field, place) {
                        Some(Value::Array(inner)) => plain.extend(inner),
                        Some(value) => plain.push(value),
                        None => {}
                    }
                }
                (!plain.is_empty()).then_some(plain.into())
            }
            Value::Object(object) if object.is_empty() || object.values().all(Value::is_null) => None,
            Value::Object(object) => self.of_object(object, field, place),
        }
    }

    fn of_object(&mut self, mut object: Map<String, Value>, field: &str, place: &str) -> Option<Value> {
        if is_languages(&object) {
            return self.of_languages(object, field, place);
        }
        if object.keys().all(|key| key.bytes().all(|digit| digit.is_ascii_digit())) {
            // `{"0": "Ada", "1": "Bo"}`, or by their ids.
            return self.plain(object.into_iter().map(|(_, value)| value).collect(), field, place);
        }
        if object.len() == 1 && object.keys().all(|key| names::is_one_of(key, field)) {
            // `<speakers><speaker>`
            return object.into_iter().next().and_then(|(_, value)| self.plain(value, field, place));
        }
        for [first, last] in PARTS_OF_NAMES {
            let part = |key: &str| object.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default();
            let name = format!("{} {}", part(first), part(last));
            if !name.trim().is_empty() && NAMES[..7].iter().all(|key| object.get(*key).is_none_or(Value::is_null)) {
                return Some(name.trim().into());
            }
        }
        if let Some(date) = moment(&object) {
            return Some(date.into());
        }
        let says_something = |value: &Value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(values) => !values.is_empty(),
            Value::Object(object) => is_languages(object) || NAMES.iter().any(|key| object.contains_key(*key)),
            Value::Number(_) | Value::Bool(_) => true,
        };
        if let Some(key) = NAMES.iter().find(|key| object.get(**key).is_some_and(says_something)) {
            return object.shift_remove(*key).and_then(|name| self.plain(name, field, place));
        }
        match WRAPPERS.iter().find_map(|key| object.shift_remove(*key)) {
            Some(inner @ (Value::Object(_) | Value::Array(_) | Value::Null)) => self.plain(inner, field, place),
            _ => {
                self.notes.add(NoteKind::UnknownValue, field, place);
                None
            }
        }
    }

    /// The text in the language that was asked for, in English, or in the first of them.
    fn of_languages(&mut self, mut object: Map<String, Value>, field: &str, place: &str) -> Option<Value> {
        object.retain(|_, text| text.as_str().is_some_and(|text| !text.trim().is_empty()));
        let is_of = |key: &str, language: &str| {
            let base = key.split(['-', '_']).next().unwrap_or_default();
            key.eq_ignore_ascii_case(language) || base.eq_ignore_ascii_case(language)
        };
        let of = |language: &str| object.keys().find(|key| is_of(key, language)).cloned();
        let key = self.language.and_then(of).or_else(|| of("en")).or_else(|| object.keys().next().cloned())?;
        if object.len() > 1 {
            self.notes.add(NoteKind::Language, &key, place);
        }
        object.shift_remove(&key).and_then(|text| self.plain(text, field, place))
    }
}

/// Whether an object holds a text in several languages: `{"en": "…", "de-AT": "…"}`.
pub fn is_languages(object: &Map<String, Value>) -> bool {
    let is_code = |key: &String| {
        let mut parts = key.split(['-', '_']);
        let is_language =
            parts.next().is_some_and(|part| matches!(part.len(), 2 | 3) && part.bytes().all(|b| b.is_ascii_lowercase()));
        is_language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let is_text = |value: &Value| value.is_string() || value.is_null();
    // Three letters are a language's code, too, but also `url`, `day` and `end`.
    let is_sure = object.keys().any(|key| key.split(['-', '_']).next().is_some_and(|part| part.len() == 2 && part != "id"));
    !object.is_empty() && is_sure && object.keys().all(is_code) && object.values().all(is_text)
}

/// `{"date": "2027-05-10", "time": "09:30:00", "tz": …}` and the like as `2027-05-10T09:30:00`.
fn moment(object: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let date = MOMENTS.iter().find_map(|key| text(key))?;
    if !date.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match text("time").filter(|_| !date.contains('T')) {
        Some(time) => Some(format!("{date}T{}", time.strip_suffix(":00").filter(|time| time.len() == 5).unwrap_or(time))),
        None => Some(date.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(value: Value, language: Option<&str>) -> (Option<Value>, Notes) {
        let mut notes = Notes::default();
        (Reading { language, notes: &mut notes }.plain(value, "track", "record 1"), notes)
    }

    #[test]
    fn objects_and_lists_of_objects_give_their_names() {
        for (value, expected) in [
            (json!({"code": "S1", "name": "Ana Silva"}), json!("Ana Silva")),
            (json!([{"code": "S1", "name": "Ana Silva"}, {"name": null}, {"fullName": "Bo Ek"}]), json!(["Ana Silva", "Bo Ek"])),
            (json!([{"first_name": "Cy", "last_name": "Moor", "email": "c@example.org"}]), json!(["Cy Moor"])),
            (json!({"id": 3, "name": {"en": "Outdoors", "de": "Draußen"}}), json!("Outdoors")),
            (json!({"rendered": "Roses &amp; thorns", "protected": false}), json!("Roses &amp; thorns")),
            (json!({"date": "2031-05-01", "time": "09:30:00", "tz": "Europe/Zurich"}), json!("2031-05-01T09:30")),
            (json!({"dateTime": "2031-05-01T09:30:00Z"}), json!("2031-05-01T09:30:00Z")),
            (
                json!({"timezone": "Europe/Oslo", "local": "2031-05-01T09:30:00", "utc": "2031-05-01T07:30:00Z"}),
                json!("2031-05-01T09:30:00"),
            ),
            (json!({"0": "Ada", "1": "Bo"}), json!(["Ada", "Bo"])),
            (
                json!({"data": [{"id": 1, "attributes": {"name": "Ana"}}, {"id": 2, "attributes": {"name": "Bo"}}]}),
                json!(["Ana", "Bo"]),
            ),
            (json!({"edges": [{"node": {"name": "Ana"}}]}), json!(["Ana"])),
            (json!([[1, 2], ["a"], []]), json!([1, 2, "a"])),
        ] {
            assert_eq!(plain(value.clone(), None).0, Some(expected), "{value}");
        }
        for value in
            [json!(null), json!(""), json!([]), json!({}), json!([null, " "]), json!({"name": null}), json!({"data": null})]
        {
            assert_eq!(plain(value, None), (None, Notes::default()));
        }
    }

    #[test]
    fn of_several_languages_the_one_asked_for_or_english_is_taken_and_said() {
        let value = json!({"de": "Draußen", "en-US": "Outdoors", "fr": ""});
        assert_eq!(plain(value.clone(), None).0, Some(json!("Outdoors")));
        let (text, notes) = plain(value, Some("de"));
        assert_eq!(text, Some(json!("Draußen")));
        assert_eq!(notes.iter().next().map(|note| note.kind), Some(NoteKind::Language));
        assert_eq!(plain(json!({"it": "Fuori"}), None), (Some(json!("Fuori")), Notes::default()));
    }

    #[test]
    fn a_value_whose_shape_says_nothing_is_left_out_and_named() {
        let (value, notes) = plain(json!([{"min": 3, "max": 5}, "x"]), None);
        assert_eq!(value, Some(json!(["x"])));
        let note = notes.iter().next().unwrap();
        assert_eq!((note.kind, note.about.as_str()), (NoteKind::UnknownValue, "track"));
    }
}
