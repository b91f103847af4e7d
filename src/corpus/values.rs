//! Values as programs write them, to texts, numbers and lists of these: names of objects, one of several languages.

use serde_json::{Map, Value};

use super::names;
use super::notes::{NoteKind, Notes};
use super::rich;

/// Keys that hold what an object is called, the first that is there; in small letters and without what stands between words. `#text`
/// comes from XML.
const NAMES: &[&str] = &[
    "name",
    "fullname",
    "publicname",
    "displayname",
    "title",
    "label",
    "rendered",
    "#text",
    "text",
    "$t",
    "value",
    "term",
    "summary",
    "current",
    "url",
    "href",
];

/// How many of these are names of people.
const OF_PEOPLE: usize = 4;

/// Keys of the two parts of a person's name.
const FIRST_NAMES: &[&str] = &["firstname", "givenname", "forename"];
const LAST_NAMES: &[&str] = &["lastname", "familyname", "surname"];

/// Keys of a moment that is an object.
const MOMENTS: &[&str] = &["datetime", "date", "local", "utc", "seconds"];

/// Keys of the language of a text in a list of one text in several.
const LANGUAGES: &[&str] = &["lang", "language", "locale", "languagecode", "languagescode"];

/// Keys that hold what an object is about, where it says nothing itself.
const WRAPPERS: &[&str] = &["attributes", "fields", "properties", "node", "data", "edges", "nodes"];

/// The key of an object that is called so, whatever its case and what stands between its words: `fullname` of `FullName`, `full_name`.
fn key<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a String> {
    let letters = |key: &'a String| key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase());
    object.keys().find(|key| letters(key).eq(name.chars()))
}

/// The value of the first of some keys that an object has and that passes.
fn first<'a>(object: &'a Map<String, Value>, names: &[&str], passes: impl Fn(&Value) -> bool) -> Option<(&'a String, &'a Value)> {
    names.iter().filter_map(|name| object.get_key_value(key(object, name)?)).find(|(_, value)| passes(value))
}

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
        if let Some(text) = rich::text(&value) {
            return Some(text.into());
        }
        match value {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(value),
            Value::Array(values) => {
                if let Some(texts) = by_language(&values) {
                    return self.of_languages(texts, field, place);
                }
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
            Value::Object(object) if object.values().all(is_empty) => None,
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
        // `<speakers><speaker>`, `<speakers><item>`, `{"$oid": "65a1"}`
        let is_plain =
            |key: &str| key.starts_with('$') || ["item", "entry", "element"].contains(&key) || names::is_one_of(key, field);
        if object.len() == 1 && object.keys().all(|key| is_plain(key)) {
            return object.into_iter().next().and_then(|(_, value)| self.plain(value, field, place));
        }
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        let [given, family] =
            [FIRST_NAMES, LAST_NAMES].map(|names| first(&object, names, is_text).and_then(|(_, name)| name.as_str()));
        if (given.is_some() || family.is_some()) && first(&object, &NAMES[..OF_PEOPLE], |name| !name.is_null()).is_none() {
            let parts: Vec<&str> = [given, family].into_iter().flatten().map(str::trim).collect();
            return Some(parts.join(" ").into());
        }
        if let Some(moment) = moment(&object) {
            return Some(moment);
        }
        let says_something = |value: &Value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(values) => !values.is_empty(),
            Value::Object(object) => is_languages(object) || first(object, NAMES, |_| true).is_some(),
            Value::Number(_) | Value::Bool(_) => true,
        };
        // `{"tag_id": 5, "tag": "Soil"}`, `{"track_name": "Gardens"}`
        let of_field = || object.iter().find(|(key, value)| is_text(value) && names::is_name_of(key, field)).map(|(key, _)| key);
        if let Some(key) = first(&object, NAMES, says_something).map(|(key, _)| key).or_else(of_field).cloned() {
            return object.shift_remove(&key).and_then(|name| self.plain(name, field, place));
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Number(_) | Value::Bool(_) => false,
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

/// A list of one text in several languages as an object of them: `[{"lang": "en", "value": "Roses"}, {"lang": "de", "value": "Rosen"}]`.
fn by_language(values: &[Value]) -> Option<Map<String, Value>> {
    let mut texts = Map::new();
    for value in values {
        let object = value.as_object().filter(|object| object.len() == 2)?;
        let (_, language) = first(object, LANGUAGES, Value::is_string)?;
        let (_, text) = first(object, &["value", "#text", "text", "content"], Value::is_string)?;
        texts.insert(language.as_str()?.to_owned(), text.clone());
    }
    (texts.len() == values.len() && is_languages(&texts)).then_some(texts)
}

/// `{"date": "2027-05-10", "time": "09:30:00", "tz": …}` and the like as `2027-05-10T09:30:00`; `{"seconds": 1935732600}` as that number.
fn moment(object: &Map<String, Value>) -> Option<Value> {
    let is_told = |value: &Value| match value {
        Value::String(text) => text.trim_start().starts_with(|c: char| c.is_ascii_digit()),
        other => other.is_number() && key(object, "nanoseconds").is_some(),
    };
    let (_, value) = first(object, MOMENTS, is_told)?;
    let Some(date) = value.as_str().map(str::trim) else { return Some(value.clone()) };
    let time = first(object, &["time"], Value::is_string).and_then(|(_, time)| time.as_str()).map(str::trim);
    match time.filter(|time| !time.is_empty() && !date.contains('T')) {
        Some(time) => {
            let time = time.strip_suffix(":00").filter(|time| time.len() == 5).unwrap_or(time);
            Some(format!("{date}T{time}").into())
        }
        None => Some(date.into()),
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
            (json!({"Id": 3, "Name": "Lawn"}), json!("Lawn")),
            (json!({"item": ["Ana", "Bo"]}), json!(["Ana", "Bo"])),
            (json!([{"Id": 9, "FirstName": "Cy", "LastName": "Moor"}, {"familyName": "Ek"}]), json!(["Cy Moor", "Ek"])),
            (
                json!([{"id": 1, "track": "Soil"}, {"track_id": 2, "track_name": "Gardens", "colour": "red"}]),
                json!(["Soil", "Gardens"]),
            ),
            (json!({"$date": {"$numberLong": "1935732600000"}}), json!("1935732600000")),
            (json!({"_seconds": 1_935_732_600, "_nanoseconds": 0}), json!(1_935_732_600)),
            (json!([[1, 2], ["a"], []]), json!([1, 2, "a"])),
        ] {
            assert_eq!(plain(value.clone(), None).0, Some(expected), "{value}");
        }
        for value in [
            json!(null),
            json!(""),
            json!([]),
            json!({}),
            json!([null, " "]),
            json!({"name": null}),
            json!({"data": null}),
            json!({"value": []}),
        ] {
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
        let list = json!([{"lang": "en-GB", "value": "Roses"}, {"lang": "de", "value": "Rosen"}]);
        assert_eq!(plain(list.clone(), None).0, Some(json!("Roses")));
        assert_eq!(plain(list, Some("de")).0, Some(json!("Rosen")));
        let people = json!([{"name": "Ana", "language": "en"}, {"name": "Bo", "language": "de"}]);
        assert_eq!(plain(people, None).0, Some(json!(["Ana", "Bo"])));
        assert_eq!(plain(json!([{"en": "Water", "de": "Wasser"}, null, {"en": "Soil"}]), None).0, Some(json!(["Water", "Soil"])));
    }

    #[test]
    fn a_value_whose_shape_says_nothing_is_left_out_and_named() {
        let (value, notes) = plain(json!([{"min": 3, "max": 5}, "x"]), None);
        assert_eq!(value, Some(json!(["x"])));
        let note = notes.iter().next().unwrap();
        assert_eq!((note.kind, note.about.as_str()), (NoteKind::UnknownValue, "track"));
    }
}
