//! Ids that point into a table beside: `"speakerIds": ["s1"]` and, elsewhere in the file, `{"id": "s1", "name": "Ada Lind"}`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::documents::Record;
use super::names::{Meaning, meaning, singular, words};
use super::notes::{NoteKind, Notes};
use super::values::{Reading, is_languages};

/// Tables deeper than this are not looked for, nor those that are nothing but ids and names.
const DEPTH_MAX: usize = 6;
const NAMES_DEPTH_MAX: usize = 2;

/// The last word of a key that holds ids.
const OF_IDS: &[&str] = &["id", "ids", "ref", "refs", "key", "keys", "uuid", "uuids", "guid", "code"];

/// Keys by which an entry of a table may be known.
const IDS: &[&str] = &["id", "_id", "code", "slug", "guid", "uuid", "key", "uid"];

/// What the records are called in a table of people.
const OF_RECORDS: &[&str] = &["session", "talk", "event", "contribution", "submission", "presentation", "paper", "article"];

/// The names behind the ids of one table.
type Table = HashMap<String, Value>;

/// Puts names in place of ids that point into a table of the file, in all records; the names of the tables that were used.
pub fn follow(json: &Value, records: &mut [Record], language: Option<&str>, notes: &mut Notes) -> HashSet<String> {
    let mut tables = HashMap::new();
    collect(json, "", 0, language, &mut tables);
    let mut followed = HashSet::new();
    if tables.is_empty() {
        return followed;
    }
    let mut keys: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for key in records.iter().flat_map(|record| record.values.keys()) {
        if seen.insert(key.as_str()) {
            keys.push(key.clone());
        }
    }
    for key in keys {
        let (base, is_id) = base(&key);
        let Some((name, table)) = table_of(&base, &tables) else { continue };
        // A value that is not in the table may be a name already, unless other values of the key are in it.
        let is_reference = records.iter().any(|record| record.values.get(&key).is_some_and(|value| points(value, table)));
        if !is_reference || matches!(meaning(&key), Meaning::Id(_) | Meaning::Title(_)) {
            continue;
        }
        followed.insert(name.to_owned());
        for record in records.iter_mut() {
            resolve(record, &key, &base, is_id, table, notes);
        }
    }
    if let Some(name) = from_people(json, records, language) {
        followed.insert(name);
    }
    followed
}

/// Gives people to records that have none, where the people's table lists their ids: `{"name": "Ada Lind", "sessions": [1, 2]}`.
/// The name of that table, where there is one.
fn from_people(json: &Value, records: &mut [Record], language: Option<&str>) -> Option<String> {
    let is_people = |key: &str| matches!(meaning(key), Meaning::People(_));
    if records.iter().any(|record| record.values.iter().any(|(key, value)| is_people(key) && !value.is_null())) {
        return None;
    }
    let (name, table) =
        json.as_object()?.iter().find(|(key, value)| is_people(key) && (value.is_array() || value.is_object()))?;
    let entries: Vec<&Value> = match table {
        Value::Array(entries) => entries.iter().collect(),
        _ => table.as_object()?.values().collect(),
    };
    let mut of_records: HashMap<String, Vec<Value>> = HashMap::new();
    for person in entries.into_iter().filter(|entry| entry.is_object()) {
        let lists = person
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| OF_RECORDS.contains(&base(key).0.as_str()))
            .filter_map(|(_, ids)| ids.as_array());
        for id in lists.flatten().filter_map(|entry| entry.as_object().map_or_else(|| id(entry), |entry| id(entry.get("id")?))) {
            of_records.entry(id).or_default().extend(called(person, name, language));
        }
    }
    let mut is_used = false;
    for record in records.iter_mut() {
        let ids = IDS.iter().filter_map(|key| id(record.values.get(*key)?));
        if let Some(people) = ids.filter_map(|id| of_records.remove(&id)).next() {
            record.values.insert("speakers".to_owned(), people.into());
            is_used = true;
        }
    }
    is_used.then(|| base(name).0)
}

/// What the table at a path of a file is called here.
pub fn table_name(path: &str) -> String {
    base(path.trim_end_matches(".*").rsplit('.').next().unwrap_or_default()).0
}

/// The singular of what a key is about, and whether its name says that it holds ids: `speaker` of `speakerIds`, `idSpeaker`.
fn base(key: &str) -> (String, bool) {
    let mut words = words(key);
    let ends = words.len() > 1 && words.last().is_some_and(|word| OF_IDS.contains(&word.as_str()));
    let is_id = ends || (words.len() > 1 && words[0] == "id");
    if is_id {
        words.remove(if ends { words.len() - 1 } else { 0 });
    }
    if let Some(last) = words.pop() {
        words.push(singular(&last));
    }
    (words.join(" "), is_id)
}

/// The table that a key points into: the one of its name, of the end of its name, or that of the people.
fn table_of<'a>(base: &str, tables: &'a HashMap<String, Table>) -> Option<(&'a str, &'a Table)> {
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '));
    let is_people = |name: &str| matches!(meaning(name), Meaning::People(_));
    let mut names: Vec<&str> = tables.keys().map(String::as_str).collect();
    names.sort_unstable();
    let named = names.iter().find(|name| ends(name, base) || ends(base, name));
    let name = named.or_else(|| names.iter().find(|name| is_people(name) && is_people(base)))?;
    tables.get_key_value(*name).map(|(name, table)| (name.as_str(), table))
}

/// Collects the tables in a value by the singular of their names.
fn collect(value: &Value, name: &str, depth: usize, language: Option<&str>, tables: &mut HashMap<String, Table>) {
    if depth > DEPTH_MAX {
        return;
    }
    let mut add = |id: String, entry: &Value| {
        // Of JSON:API one list holds entries of all types.
        let typed = entry.get("attributes").zip(entry.get("type").and_then(Value::as_str));
        let (entry, name) = typed.unwrap_or((entry, name));
        if let Some(called) = called(entry, name, language) {
            tables.entry(base(name).0).or_default().entry(id).or_insert(called);
        }
    };
    match value {
        Value::Array(entries) => {
            for entry in entries.iter().filter(|entry| entry.is_object() && !name.is_empty()) {
                let ids = entry.as_object().into_iter().flatten().filter(|(key, _)| is_id_of(key, name));
                ids.filter_map(|(_, value)| id(value)).for_each(|id| add(id, entry));
            }
            entries.iter().for_each(|entry| collect(entry, "", depth + 1, language, tables));
        }
        Value::Object(object) => {
            // `{"rooms": {"a": {"name": "Lawn"}}}`, or beside the records `{"rooms": {"a": "Lawn"}}`
            let are_names = depth <= NAMES_DEPTH_MAX && object.values().all(Value::is_string) && !is_languages(object);
            if !name.is_empty() && (are_names || object.values().all(Value::is_object)) {
                object.iter().for_each(|(key, entry)| add(key.clone(), entry));
            }
            object.iter().for_each(|(key, value)| collect(value, key, depth + 1, language, tables));
        }
        _ => {}
    }
}

/// Whether a key of an entry holds its id: `id`, or `track_id` in the table of tracks.
fn is_id_of(key: &str, table: &str) -> bool {
    IDS.contains(&key) || matches!(base(key), (of, true) if of == base(table).0)
}

/// What an entry of a table is called.
fn called(entry: &Value, table: &str, language: Option<&str>) -> Option<Value> {
    let mut unheard = Notes::default();
    Reading { language, notes: &mut unheard }.plain(entry.clone(), table, "").filter(Value::is_string)
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id that a value is, or that an object holds which has nothing else to say.
fn pointer(value: &Value) -> Option<String> {
    match value {
        Value::Object(object) => IDS.iter().find_map(|key| id(object.get(*key)?)).filter(|_| called(value, "", None).is_none()),
        other => id(other),
    }
}

/// Whether a value, or one of a list, is in a table.
fn points(value: &Value, table: &Table) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| points(value, table)),
        Value::String(text) if text.contains(',') => text.split(',').all(|id| table.contains_key(id.trim())),
        other => pointer(other).is_some_and(|id| table.contains_key(&id)),
    }
}

/// Puts names in place of the ids of a key of a record, under a name that says what they are.
fn resolve(record: &mut Record, key: &str, base: &str, is_id: bool, table: &Table, notes: &mut Notes) {
    let place = record.place.clone();
    let Some(value) = record.values.get_mut(key) else { return };
    if value.as_str().is_some_and(|text| text.contains(',')) && points(value, table) {
        // "s1, s2"
        let ids: Vec<Value> = value.as_str().into_iter().flat_map(|text| text.split(',')).map(|id| id.trim().into()).collect();
        *value = ids.into();
    }
    let is_list = value.is_array();
    let mut name_of = |value: Value| match pointer(&value).map(|id| table.get(&id)) {
        Some(Some(name)) => Some(name.clone()),
        // A name as it stands.
        None => Some(value).filter(|value| !value.is_null()),
        Some(None) if value.as_str().is_some_and(|text| text.contains(' ')) => Some(value),
        Some(None) => {
            notes.add(NoteKind::UnknownReference, key, &place);
            None
        }
    };
    let resolved = match value.take() {
        Value::Array(values) => Value::Array(values.into_iter().filter_map(name_of).collect()),
        other => name_of(other).unwrap_or(Value::Null),
    };
    *value = resolved;
    if is_id {
        let joined = base.replace(' ', "_");
        let name = if !is_list { joined } else { plural(&joined) };
        let value = record.values.get_mut(key).map(Value::take).unwrap_or_default();
        let is_said = record.values.get(&name).is_some_and(|said| !said.is_null());
        record.values.shift_remove(key);
        if !is_said {
            record.values.insert(name, value);
        }
    }
}

fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        _ if word == "person" => "people".to_owned(),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if word.ends_with(['s', 'x']) || word.ends_with("ch") => format!("{word}es"),
        _ => format!("{word}s"),
    }
}
