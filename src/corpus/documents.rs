//! Records to documents: the title and so on found by name, the rest kept as fields, and ids made unique.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::ReadOptions;
use super::address::runs_a_script;
use super::clean::{clean, clean_address, clean_line};
use super::names::{GUID, Meaning, OF_PERSON, is_same, meaning, words};
use super::notes::{NoteKind, Notes};
use super::values::Reading;
use super::{moments, people, withheld};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::builder::PEOPLE;
use crate::index::document::Document;

/// A record without a title is called by so many characters of its text.
const TITLE_CHARACTERS: usize = 80;

/// A field whose text is part of the document's own is left out from this length on.
const REPEATED_BYTES: usize = 100;

/// So many texts of a record are compared with each other.
const TEXTS_MAX: usize = 50;

/// Columns or keys that an error lists.
const LISTED_MAX: usize = 40;

/// Fields of which each word is a value.
const LISTS: &[&str] = &["tags", "keywords", "schlagwörter", "stichwörter", "mots clés", "palabras clave"];

/// Fields that go by these names whatever a file calls them.
const MOMENTS: &[&str] = &["start", "end"];

/// What one entry of a file holds, and where that is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Its columns or keys.
    pub values: Map<String, Value>,
    /// For people: `line 12`.
    pub place: String,
}

/// A document whose id is not settled.
struct Draft {
    document: Document,
    guid: Option<String>,
    place: String,
    number: usize,
}

/// The documents of records, in their order.
///
/// # Errors
/// `missing-column` where no record has a title, or a column that an option names.
pub fn documents(mut records: Vec<Record>, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Document>> {
    let is_asked_for = options.names().chain(options.fields.iter().flatten()).any(|name| people::is_part(name));
    if !is_asked_for && columns(&records).into_iter().any(people::is_part) {
        let has_title = columns(&records).into_iter().any(|name| matches!(meaning(name), Meaning::Title(_)));
        records.iter_mut().for_each(|record| people::join_names(&mut record.values, !has_title && options.title.is_none()));
    }
    check_names(&records, options)?;
    let mut meanings = Meanings::default();
    let mut drafts = Vec::with_capacity(records.len());
    for (index, record) in records.drain(..).enumerate() {
        if let Some(reason) = withheld::reason(&record.values).filter(|_| !options.cancelled) {
            notes.add(NoteKind::CancelledRecord, &reason, &record.place);
            continue;
        }
        let Some(draft) = draft(record, index + 1, options, &mut meanings, notes) else { continue };
        if !options.cancelled && withheld::is_cancelled_title(&draft.document.title) {
            notes.add(NoteKind::CancelledRecord, "what the title says", &draft.place);
            continue;
        }
        drafts.push(draft);
    }
    Ok(with_ids(drafts, notes))
}

/// The columns or keys of records, in the order in which they come.
fn columns(records: &[Record]) -> Vec<&str> {
    let mut seen = HashSet::new();
    let names = records.iter().flat_map(|record| record.values.keys());
    names.map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

/// Refuses records of which none has a title, or what an option names.
fn check_names(records: &[Record], options: &ReadOptions) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let columns = columns(records);
    let missing = |what: String| {
        let more = if columns.len() > LISTED_MAX { ", …" } else { "" };
        let listed: Vec<String> = columns.iter().take(LISTED_MAX).map(|name| format!("{name:?}")).collect();
        Error::new(ErrorKind::MissingColumn, format!("{what}; the records have {}{more}", listed.join(", ")))
    };
    for name in options.names() {
        if !records.iter().any(|record| find(&record.values, name).is_some()) {
            return Err(missing(format!("no record has {name:?}")));
        }
    }
    let is_title = |name: &&str| matches!(meaning(name), Meaning::Title(_)) || words(name) == ["summary"];
    if options.title.is_none() && !options.rename.iter().any(|(new, _)| is_title(&new.as_str())) && !columns.iter().any(is_title)
    {
        return Err(missing(
            "no record has a title: say which column or key it is (--title NAME, or `title` in JavaScript)".to_owned(),
        ));
    }
    Ok(())
}

/// The key of a record that has a name, or the key of an object in it: `attributes.title`.
fn find<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = record.get(name).or_else(|| record.iter().find(|(key, _)| is_same(key, name)).map(|(_, value)| value)) {
        return Some(value);
    }
    let (outer, inner) = name.split_once('.')?;
    find(record.get(outer)?.as_object()?, inner)
}

/// Takes the value of a name out of a record; that of an object in it stays there.
fn take(record: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key =
        if record.contains_key(name) { Some(name.to_owned()) } else { record.keys().find(|key| is_same(key, name)).cloned() };
    match key {
        Some(key) => record.shift_remove(&key),
        None => find(record, name).cloned(),
    }
}

/// What the names of keys mean, looked up once.
#[derive(Default)]
struct Meanings {
    known: HashMap<String, Meaning>,
}

impl Meanings {
    fn of(&mut self, name: &str) -> Meaning {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let meaning = meaning(name);
        self.known.insert(name.to_owned(), meaning);
        meaning
    }

    /// The keys of a record with a wanted meaning, by how it ranks them; equals in their order.
    fn keys(&mut self, record: &Map<String, Value>, rank: impl Fn(Meaning) -> Option<usize>) -> Vec<(usize, String)> {
        let mut keys: Vec<(usize, String)> = record.keys().filter_map(|key| Some((rank(self.of(key))?, key.clone()))).collect();
        keys.sort_by_key(|(rank, _)| *rank);
        keys
    }
}

/// The document of a record; none where there is nothing to find in it, which is noted.
fn draft(record: Record, number: usize, options: &ReadOptions, meanings: &mut Meanings, notes: &mut Notes) -> Option<Draft> {
    let Record { mut values, place } = record;
    let mut reading = Reading { language: options.language.as_deref(), notes: &mut *notes };
    let renamed: Vec<(String, Value)> =
        options.rename.iter().filter_map(|(new, old)| Some((new.clone(), take(&mut values, old)?))).collect();
    values.extend(renamed);
    let mut text_of = |value: Value, name: &str| reading.plain(value, name, &place).map(|value| parts(value).join(", "));

    let title = match &options.title {
        Some(name) => take(&mut values, name).and_then(|value| text_of(value, name)),
        None => title_key(&values, meanings).and_then(|key| text_of(values.shift_remove(&key)?, &key)),
    };
    let url = match &options.url {
        Some(name) => take(&mut values, name).and_then(|value| text_of(value, name)),
        None => {
            let keys = meanings.keys(&values, |meaning| (meaning == Meaning::Url).then_some(0));
            let key =
                keys.into_iter().map(|(_, key)| key).find(|key| values[key].as_str().is_some_and(|url| !url.trim().is_empty()));
            key.and_then(|key| text_of(values.shift_remove(&key)?, &key))
        }
    };
    let names = match &options.text[..] {
        [] => {
            let keys = meanings.keys(&values, |meaning| match meaning {
                Meaning::Text(place) => Some(place),
                _ => None,
            });
            let is_of_person = keys.first().is_some_and(|(place, _)| *place == OF_PERSON);
            keys.into_iter().filter(|(place, _)| *place < OF_PERSON || is_of_person).map(|(_, key)| key).collect()
        }
        names => names.to_vec(),
    };
    let texts = names.iter().filter_map(|name| reading.plain(take(&mut values, name)?, name, &place)).flat_map(parts).collect();
    let text = one_text(texts);
    let (id, guid) = ids(&mut values, options, meanings);
    let fields = fields(values, &text, &place, options, meanings, notes);
    let title = title.map(|title| clean_line(&title)).filter(|title| !title.is_empty()).or_else(|| {
        let title = beginning(&text)?;
        notes.add(NoteKind::UntitledRecord, "", &place);
        Some(title)
    });
    let Some(title) = title else {
        notes.add(NoteKind::EmptyRecord, "", &place);
        return None;
    };
    let mut url = url.map(|url| clean_address(&url)).filter(|url| !url.is_empty());
    if url.as_ref().is_some_and(|url| runs_a_script(url)) {
        notes.add(NoteKind::UnsafeAddress, "", &place);
        url = None;
    }
    Some(Draft {
        document: Document { id: id.unwrap_or_default(), title, url, text, fields, ..Document::default() },
        guid,
        place,
        number,
    })
}

/// The key of a record's title: of the surest name it has, the first that is filled.
fn title_key(values: &Map<String, Value>, meanings: &mut Meanings) -> Option<String> {
    let keys = meanings.keys(values, |meaning| match meaning {
        Meaning::Title(sure) => Some(sure),
        _ => None,
    });
    let Some(&(surest, _)) = keys.first() else {
        return values.keys().find(|key| words(key) == ["summary"]).cloned();
    };
    let is_filled = |value: &Value| !(value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()));
    keys.into_iter().take_while(|(sure, _)| *sure == surest).map(|(_, key)| key).find(|key| is_filled(&values[key]))
}

/// The id of a record, and the one that is unique in the world, where it has them.
fn ids(values: &mut Map<String, Value>, options: &ReadOptions, meanings: &mut Meanings) -> (Option<String>, Option<String>) {
    let text = |value: &Value| match value.get("$oid").unwrap_or(value) {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let keys = meanings.keys(values, |meaning| match meaning {
        Meaning::Id(sure) => Some(sure),
        _ => None,
    });
    let mut guid = None;
    for (_, key) in keys.iter().filter(|(sure, _)| *sure == GUID) {
        guid = guid.or_else(|| values.shift_remove(key).as_ref().and_then(text));
    }
    let id = match &options.id {
        Some(name) => take(values, name).as_ref().and_then(text),
        None => {
            let key = keys.iter().find(|(sure, key)| *sure < GUID && values.get(key).and_then(text).is_some());
            key.and_then(|(_, key)| values.shift_remove(key).as_ref().and_then(text))
        }
    };
    (id.or_else(|| guid.clone()), guid)
}

/// Texts below each other, none that another one holds; the many parts of a list are taken as they are.
fn one_text(texts: Vec<String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    if texts.len() > TEXTS_MAX {
        return texts.iter().map(|text| clean(text)).collect::<Vec<_>>().join("\n\n");
    }
    for text in texts.iter().map(|text| clean(text)).filter(|text| !text.is_empty()) {
        if !kept.iter().any(|other| other.contains(&text)) {
            kept.retain(|other| !text.contains(other.as_str()));
            kept.push(text);
        }
    }
    kept.join("\n\n")
}

/// The texts of a plain value.
fn parts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.into_iter().flat_map(parts).collect(),
        other => vec![other.to_string()],
    }
}

/// The beginning of a text, as a title.
fn beginning(text: &str) -> Option<String> {
    let line = text.lines().find(|line| !line.trim().is_empty())?.trim();
    if line.chars().count() <= TITLE_CHARACTERS {
        return Some(line.to_owned());
    }
    let cut: String = line.chars().take(TITLE_CHARACTERS).collect();
    let whole_words = cut.rfind(' ').filter(|at| *at > TITLE_CHARACTERS / 2).map_or(cut.as_str(), |at| &cut[..at]);
    Some(format!("{whole_words}…"))
}

/// The fields of what is left of a record, cleaned, under their usual names.
fn fields(
    values: Map<String, Value>,
    text: &str,
    place: &str,
    options: &ReadOptions,
    meanings: &mut Meanings,
    notes: &mut Notes,
) -> Map<String, Value> {
    let has_start = values.keys().any(|key| meanings.of(key) == Meaning::Field("start"));
    let mut fields = Map::new();
    for (key, value) in values {
        let is_people = options.people.iter().any(|name| is_same(name, &key));
        let name = match meanings.of(&key) {
            _ if is_people => "speakers",
            Meaning::People(_) if PEOPLE.contains(&key.as_str()) => key.as_str(),
            Meaning::People(name) => name,
            Meaning::Field("start date") if has_start => "day",
            Meaning::Field("start date") => "start",
            Meaning::Field("end date") if has_start => "end day",
            Meaning::Field("end date") => "end",
            Meaning::Field(name) if (options.is_table() || MOMENTS.contains(&name)) && !fields.contains_key(name) => name,
            _ => key.as_str(),
        };
        let is_asked_for = options.keeps(&key) || options.keeps(name);
        if options.fields.is_some() && !is_asked_for {
            continue;
        }
        let plain = Reading { language: options.language.as_deref(), notes: &mut *notes }.plain(value, name, place);
        let plain = plain.map(|value| match value.as_str().and_then(people::without_pages) {
            Some(names) if names.len() == 1 => names.into_iter().map(Value::from).next().unwrap_or(value),
            Some(names) => names.into(),
            None => value,
        });
        let plain = plain.map(|value| match meanings.of(&key) {
            Meaning::People(_) => people::separate(value),
            _ if is_people => people::separate(value),
            _ if LISTS.iter().any(|list| is_same(&key, list)) => separate(value),
            _ => moments::of_epoch(&key, &value).map_or(value, Value::from),
        });
        let Some(cleaned) = plain.and_then(clean_value) else { continue };
        if cleaned.as_str().is_some_and(|value| value.len() > REPEATED_BYTES && text.contains(value)) {
            continue;
        }
        let cleaned = if is_asked_for || is_people {
            Some(cleaned)
        } else {
            let (left, changed) = withheld::without_addresses(&key, cleaned);
            if changed > 0 {
                notes.add_many(NoteKind::PrivateValue, name, changed, place);
            }
            left
        };
        let Some(value) = cleaned else { continue };
        match fields.get_mut(name) {
            // Several columns for people are one field.
            Some(Value::Array(before)) => before.extend(if let Value::Array(more) = value { more } else { vec![value] }),
            Some(before) => *before = vec![before.take(), value].into(),
            None => drop(fields.insert(name.to_owned(), value)),
        }
    }
    fields
}

/// The words in one text: "water, soil", or a line each.
fn separate(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    let signs: &[char] = if text.contains([';', '\n']) { &[';', '\n'] } else { &[','] };
    if !text.contains(signs) {
        return value;
    }
    text.split(signs).map(str::trim).filter(|word| !word.is_empty()).map(Value::from).collect()
}

fn clean_value(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(clean(&text)).filter(|text| !text.is_empty()).map(Value::from),
        Value::Array(values) => Some(values.into_iter().filter_map(clean_value).collect::<Vec<_>>())
            .filter(|values| !values.is_empty())
            .map(Value::from),
        other => Some(other),
    }
}

/// Documents with ids of which no two are the same: those who share one get the id that is unique in the world, or one that
/// is made of what they hold, so that it is the same wherever they stand in the file.
fn with_ids(drafts: Vec<Draft>, notes: &mut Notes) -> Vec<Document> {
    let mut times: HashMap<String, usize> = HashMap::new();
    for draft in &drafts {
        let names = [Some(draft.document.id.clone()), draft.guid.clone().filter(|guid| *guid != draft.document.id)];
        names.into_iter().flatten().for_each(|id| *times.entry(id).or_default() += 1);
    }
    let (mut taken, mut copies): (HashSet<String>, HashMap<String, usize>) = Default::default();
    let mut documents = Vec::with_capacity(drafts.len());
    for Draft { mut document, guid, place, number } in drafts {
        let shared = times.get(&document.id).is_some_and(|times| *times > 1);
        let by_number = number.to_string();
        document.id = match guid.filter(|guid| times[guid] == 1) {
            _ if document.id.is_empty() && !times.contains_key(&by_number) => by_number,
            _ if document.id.is_empty() => made(&by_number, &document),
            _ if !shared => document.id,
            Some(guid) => {
                notes.add(NoteKind::RepeatedId, "their guid", &place);
                guid
            }
            None => {
                notes.add(NoteKind::RepeatedId, "one made of what they hold", &place);
                made(&document.id, &document)
            }
        };
        let wanted = document.id.clone();
        while !taken.insert(document.id.clone()) {
            let copies = copies.entry(wanted.clone()).or_insert(1);
            *copies += 1;
            document.id = format!("{wanted}-{copies}");
        }
        documents.push(document);
    }
    documents
}

/// An id made of a document's own id and of what it holds.
fn made(id: &str, document: &Document) -> String {
    let Document { title, url, text, fields, .. } = document;
    let held = serde_json::json!([title, url, text, fields]).to_string();
    format!("{id}-{}", &Digest::of(held.as_bytes()).sha256[..8])
}
