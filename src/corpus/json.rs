//! JSON and JSON Lines.

use serde_json::{Map, Value};

use super::documents::Record;
use super::lists::Unread;
use super::notes::{NoteKind, Notes};
use super::{ReadOptions, lists, programme, references, rescue};
use crate::error::{Error, ErrorKind, Result};

/// Reads the records of a JSON text: those of a programme, of the place that the options name, or of its best lists.
pub fn read(text: &str, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Record>> {
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(cause) => {
            // JSON Lines under the name of JSON.
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            if first.trim() != text.trim() && serde_json::from_str::<Value>(first).is_ok_and(|first| first.is_object()) {
                return read_lines(text, notes);
            }
            let mended = rescue::mended(text);
            if let Some(json) = in_script(text).or_else(|| in_script(mended.as_deref()?)) {
                return from_value(&json, options, notes);
            }
            if let Some(rest) = rescue::json(text, notes) {
                // Where the records lay is not known any more.
                return from_value(&rest, &ReadOptions { records: None, ..options.clone() }, notes);
            }
            return Err(Error::new(ErrorKind::DamagedFile, "the corpus is not valid JSON").caused_by(cause));
        }
    };
    from_value(&json, options, notes)
}

/// What a script hands over: `window.TALKS = […];`, `program({…})`.
fn in_script(text: &str) -> Option<Value> {
    let (start, end) = (text.find(['[', '{'])?, text.rfind([']', '}'])?);
    serde_json::from_str(text.get(start..=end)?).ok()
}

/// The records of what a file holds.
pub fn from_value(json: &Value, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Record>> {
    let mut unread = Vec::new();
    let mut records = match &options.records {
        Some(path) => lists::records_at(json, path, notes)?,
        None => match json.as_object().and_then(|object| programme::read(object, notes)) {
            Some(records) => return Ok(records),
            None => {
                let found;
                (found, unread) = lists::records(json, notes)?;
                found
            }
        },
    };
    let followed = references::follow(json, &mut records, options.language.as_deref(), notes);
    // What JSON:API includes is of all tables.
    let is_followed =
        |path: &str| followed.contains(&references::table_name(path)) || (path.starts_with("include") && !followed.is_empty());
    for Unread { path, entries } in unread.iter().filter(|list| !is_followed(&list.path)) {
        notes.add_many(NoteKind::UnreadList, path, *entries, "");
    }
    Ok(records)
}

/// Whether a line says where the next one goes, as search engines are fed: `{"index": {"_id": "1"}}`.
fn is_action(line: &Map<String, Value>) -> bool {
    let of = |(key, of): (&String, &Value)| {
        ["index", "create"].contains(&key.as_str()) && of.as_object().is_some_and(|of| of.keys().all(|key| key.starts_with('_')))
    };
    line.len() == 1 && line.iter().all(of)
}

/// Reads one object a line; empty lines are passed over, those that hold no object are left out.
pub fn read_lines(text: &str, notes: &mut Notes) -> Result<Vec<Record>> {
    // An array that was given the name of JSON Lines.
    if text.trim_start().starts_with('[')
        && let Ok(json) = serde_json::from_str::<Value>(text)
    {
        return Ok(lists::records(&json, notes)?.0);
    }
    let (mut records, mut first, mut id) = (Vec::new(), None, None);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("line {}", index + 1);
        match serde_json::from_str(line) {
            Ok(action) if is_action(&action) => id = action.values().next().and_then(|action| action.get("_id")).cloned(),
            Ok(values) => {
                let mut values = lists::own(values);
                if let Some(id) = id.take().filter(|_| !values.contains_key("id")) {
                    values.entry("_id").or_insert(id);
                }
                records.push(Record { values, place });
            }
            Err(cause) => {
                notes.add(NoteKind::UnreadableRecord, "no JSON object in a line", &place);
                first.get_or_insert((place, cause));
            }
        }
    }
    match first {
        Some((place, cause)) if records.is_empty() => {
            Err(Error::new(ErrorKind::DamagedFile, format!("{place} of the corpus is not a JSON object")).caused_by(cause))
        }
        _ => Ok(records),
    }
}
