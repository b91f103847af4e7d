//! Where the records are in a JSON file, or in what an XML file becomes: the lists of objects that have titles.

use serde_json::{Map, Value};

use super::documents::Record;
use super::hoist::hoist;
use super::names::{Meaning, meaning, singular, words};
use super::notes::{NoteKind, Notes};
use super::{moments, rows};
use crate::error::{Error, ErrorKind, Result};

/// Lists deeper than this are not looked for.
const DEPTH_MAX: usize = 12;

/// No more lists than these are weighed.
const LISTS_MAX: usize = 400;

/// Entries of a list that are looked at to weigh it.
const LOOKED_AT: usize = 200;

/// Lists of what is searched for, in the singular.
const WANTED: &[&str] = &[
    "session",
    "talk",
    "event",
    "vevent",
    "contribution",
    "submission",
    "presentation",
    "proposal",
    "lecture",
    "workshop",
    "keynote",
    "paper",
    "article",
    "post",
    "page",
    "document",
    "product",
    "tutorial",
    "poster",
    "activity",
    "entry",
];

/// Lists of what explains records, or of what is beside them.
const BESIDE: &[&str] = &[
    "speaker",
    "person",
    "author",
    "user",
    "presenter",
    "member",
    "organizer",
    "organiser",
    "team",
    "staff",
    "room",
    "location",
    "venue",
    "stage",
    "hall",
    "building",
    "floor",
    "track",
    "category",
    "tag",
    "type",
    "level",
    "format",
    "label",
    "sponsor",
    "partner",
    "exhibitor",
    "link",
    "resource",
    "attachment",
    "comment",
    "image",
    "media",
    "answer",
    "language",
    "day",
    "slot",
    "group",
    "variant",
    "option",
    "field",
    "ticket",
    "menu",
    "setting",
    "list",
];

/// Lists of what a table has, whose rows may be no objects.
const COLUMNS: &[&str] = &["col", "column", "header"];

/// Lists that have records in their entries and say of them where they belong.
const AROUND: &[&str] = &["room", "track", "stage", "hall", "venue", "location", "category", "type"];

/// Lists whose entries hold others and are records themselves: the name of one is the field `session` of those.
const GROUPS: &[&str] = &["session", "symposium", "panel", "block"];

/// Objects that hold what a record has, and those that do where a title is in them.
const WRAPPERS: &[&str] = &["attributes", "fields", "properties", "node", "_source", "data"];
const CONTENTS: &[&str] = &["content", "snippet", "doc", "item", "record", "resource", "entity"];

/// A list of objects, gathered from all places that look the same.
struct List<'a> {
    /// `results[].contributions`
    path: String,
    entries: Vec<Entry<'a>>,
}

/// One entry of a list.
struct Entry<'a> {
    /// Its key, where the list is an object.
    key: Option<&'a str>,
    value: &'a Value,
    around: Around<'a>,
}

/// What the lists around an entry say of it, such as its room and its day.
type Around<'a> = Vec<(&'static str, &'a str)>;

/// A list of objects with titles that gave no records.
pub struct Unread {
    /// Where it is.
    pub path: String,
    /// How many objects are in it.
    pub entries: usize,
}

/// What a list is worth as one of records.
#[derive(Clone, Copy)]
struct Worth {
    titled: f64,
    texted: f64,
    timed: f64,
    score: f64,
    is_wanted: bool,
    is_beside: bool,
}

/// The records of a file, the best lists taken; which were and which were not is noted.
///
/// # Errors
/// `damaged-file` where there is no list of objects and no object with a title.
pub fn records(json: &Value, notes: &mut Notes) -> Result<(Vec<Record>, Vec<Unread>)> {
    let mut lists = Vec::new();
    gather(json, String::new(), &Vec::new(), &mut lists);
    let mut worths: Vec<Worth> = lists.iter().map(worth).collect();
    for index in 0..lists.len() {
        // What lies in records, such as the comments of a post, is no list of records, but for the talks of a session.
        let holds = |other: usize| worths[other].titled >= 0.5 && lists[other].entries.len() > 1 && !worths[other].is_beside;
        let is_inside = |other: usize| lies_in(&lists[index], &lists[other]) && !is_nested(index, other, &lists, &worths);
        if (0..lists.len()).any(|other| holds(other) && is_inside(other)) {
            worths[index].score -= 3.0;
        }
    }
    let best = (0..lists.len())
        .filter(|&index| worths[index].titled > 0.0 && !COLUMNS.contains(&last_word(&lists[index].path).as_str()))
        .max_by(|&a, &b| worths[a].score.total_cmp(&worths[b].score).then_with(|| b.cmp(&a)));
    let Some(best) = best else {
        return match rows::as_objects(json) {
            Some(table) => records(&table, notes),
            None => Ok((without_titles(json, &lists)?, Vec::new())),
        };
    };
    let chosen: Vec<usize> = (0..lists.len()).filter(|&index| belongs(index, best, &lists, &worths)).collect();
    let mut records = Vec::new();
    for &index in &chosen {
        let from = records.len();
        if chosen.len() > 1 {
            notes.add_many(NoteKind::ReadList, &lists[index].path, lists[index].entries.len(), "");
        }
        take(&lists[index], chosen.len() > 1, &mut records, notes);
        // What is read by itself is no field of what it lies in.
        let inner = chosen.iter().filter(|other| lies_in(&lists[**other], &lists[index]));
        let keys: Vec<&str> = inner.filter_map(|other| key_in(&lists[*other], &lists[index])).collect();
        records[from..].iter_mut().for_each(|record: &mut Record| record.values.retain(|key, _| !keys.contains(&key.as_str())));
    }
    let is_unread = |index: &usize| !chosen.contains(index) && worths[*index].titled > 0.0;
    let beside: Vec<&str> = (0..lists.len())
        .filter(|index| is_unread(index) && !worths[*index].is_beside)
        .map(|index| lists[index].path.as_str())
        .collect();
    if let ([record], false) = (&records[..], beside.is_empty()) {
        notes.add(NoteKind::SingleRecord, &format!("--records, one of {}", beside.join(", ")), &record.place);
    }
    // What lies in the entries of a list comes with them, or is beside something that does not.
    let lies_outside = |path: &str| !path.contains("[]") && !path.contains("*.");
    let outer = (0..lists.len()).filter(|index| is_unread(index) && lies_outside(&lists[*index].path));
    let unread = outer.map(|index| Unread { path: lists[index].path.clone(), entries: lists[index].entries.len() }).collect();
    Ok((records, unread))
}

/// Whether a list lies in the entries of another one.
fn lies_in(inner: &List, outer: &List) -> bool {
    inner.path != outer.path && inner.path.strip_prefix(&outer.path).is_some_and(|rest| rest.starts_with(['[', '.']))
}

/// The key under which an entry of one list holds another one.
fn key_in<'a>(inner: &'a List, outer: &List) -> Option<&'a str> {
    inner.path.strip_prefix(&outer.path)?.trim_start_matches("[]").strip_prefix('.').map(|key| key.trim_end_matches(".*"))
}

/// Whether a list lies in another one and is one of records as well: the talks of sessions, which have texts where the sessions have titles.
fn is_nested(inner: usize, outer: usize, lists: &[List], worths: &[Worth]) -> bool {
    let (of, around) = (worths[inner], worths[outer]);
    let is_plain = key_in(&lists[inner], &lists[outer]).is_some_and(|key| words(key).len() == 1);
    let are_records = of.is_wanted && of.titled >= 0.5 && of.texted >= 0.5;
    let is_more_than_a_name = around.is_wanted || around.timed >= 0.5 || around.texted >= 0.5;
    let is_in_records = around.titled >= 0.5 && is_more_than_a_name && !around.is_beside && lists[outer].entries.len() > 1;
    is_plain && are_records && is_in_records && lies_in(&lists[inner], &lists[outer])
}

/// Whether a list is read together with the best one.
fn belongs(index: usize, best: usize, lists: &[List], worths: &[Worth]) -> bool {
    // What lies deep in records only happens to be called as they are: `data[].attributes.speakers.data`.
    let is_deep = |inner: usize, outer: usize| {
        lies_in(&lists[inner], &lists[outer]) && key_in(&lists[inner], &lists[outer]).is_none_or(|key| key.contains('.'))
    };
    if index == best || is_nested(index, best, lists, worths) || is_nested(best, index, lists, worths) {
        return true;
    }
    let (worth, of_best) = (worths[index], worths[best]);
    let parts = |path: &str| {
        path.rsplit_once('.').map_or((String::new(), path.to_owned()), |(parent, name)| (parent.to_owned(), name.to_owned()))
    };
    let ((parent, name), (parent_of_best, name_of_best)) = (parts(&lists[index].path), parts(&lists[best].path));
    let is_alike = worth.titled >= 0.5 && !worth.is_beside && worth.score > of_best.score - 3.5;
    is_alike
        && !is_deep(index, best)
        && !is_deep(best, index)
        && (name == name_of_best || (parent == parent_of_best && (worth.is_wanted || !of_best.is_wanted)))
}

/// The records of a file without a list whose entries have titles.
fn without_titles(json: &Value, lists: &[List]) -> Result<Vec<Record>> {
    // An element that has one element.
    let mut only = json;
    while let Value::Object(object) = only
        && object.len() == 1
        && !titled(only)
        && let Some(inner) = object.values().next().filter(|inner| inner.is_object())
    {
        only = inner;
    }
    match only {
        Value::Object(object) if titled(only) => Ok(vec![Record { values: own(object.clone()), place: "record 1".to_owned() }]),
        Value::Array(entries) if entries.is_empty() => Ok(Vec::new()),
        _ => {
            // Whoever reads them says which keys they have.
            let largest = lists.iter().max_by_key(|list| list.entries.len()).filter(|list| !list.entries.is_empty());
            let list = largest.ok_or_else(|| {
                let what = "a JSON corpus must be an array of objects, or an object that holds such arrays: say where they are by \
                            --records PATH (`records` in JavaScript)";
                Error::new(ErrorKind::DamagedFile, what)
            })?;
            let mut records = Vec::new();
            take(list, false, &mut records, &mut Notes::default());
            Ok(records)
        }
    }
}

/// The records at a path such as `data.sessions` or `results[].contributions`.
///
/// # Errors
/// `invalid-input` where nothing is there, with the lists that there are.
pub fn records_at(json: &Value, path: &str, notes: &mut Notes) -> Result<Vec<Record>> {
    let mut found: Vec<(Option<&str>, &Value)> = vec![(None, json)];
    for step in path.split('.').map(|step| step.trim_end_matches("[]")) {
        let flat: Vec<&Value> = found
            .iter()
            .flat_map(|(_, value)| match value {
                Value::Array(values) => values.iter().collect(),
                _ => vec![*value],
            })
            .collect();
        found = match step {
            "" => flat.into_iter().map(|value| (None, value)).collect(),
            "*" => flat
                .iter()
                .filter_map(|value| value.as_object())
                .flatten()
                .map(|(key, value)| (Some(key.as_str()), value))
                .collect(),
            _ => flat.iter().filter_map(|value| value.get(step)).map(|value| (None, value)).collect(),
        };
    }
    let mut entries = Vec::new();
    for (key, value) in found {
        match value {
            Value::Array(values) => entries.extend(values.iter().map(|value| Entry { key: None, value, around: Vec::new() })),
            Value::Object(object) if key.is_none() && !titled(value) && object.values().all(Value::is_object) => {
                entries.extend(object.iter().map(|(key, value)| Entry { key: Some(key), value, around: Vec::new() }));
            }
            Value::Object(_) => entries.push(Entry { key, value, around: Vec::new() }),
            _ => {}
        }
    }
    if entries.is_empty() {
        let mut lists = Vec::new();
        gather(json, String::new(), &Vec::new(), &mut lists);
        let there: Vec<String> = lists.iter().take(20).map(|list| format!("{} ({})", list.path, list.entries.len())).collect();
        let there = if there.is_empty() { "no lists of objects".to_owned() } else { there.join(", ") };
        return Err(Error::new(ErrorKind::InvalidInput, format!("the file has no records at {path:?}: it has {there}")));
    }
    let mut records = Vec::new();
    take(&List { path: path.to_owned(), entries }, false, &mut records, notes);
    Ok(records)
}

/// Collects the lists of objects in a value; those at places that look the same are one.
fn gather<'a>(value: &'a Value, path: String, around: &Around<'a>, lists: &mut Vec<List<'a>>) {
    if path.split('.').count() > DEPTH_MAX {
        return;
    }
    let mut add = |path: &str, key: Option<&'a str>, value: &'a Value| {
        let known = lists.iter().position(|list| list.path == path);
        if known.is_none() && lists.len() < LISTS_MAX {
            lists.push(List { path: path.to_owned(), entries: Vec::new() });
        }
        let list = known.or_else(|| lists.len().checked_sub(1)).map(|at| &mut lists[at]).filter(|list| list.path == path);
        list.into_iter().for_each(|list| list.entries.push(Entry { key, value, around: around.clone() }));
    };
    match value {
        Value::Array(values) => {
            if values.iter().any(Value::is_object) {
                values.iter().for_each(|value| add(if path.is_empty() { "[]" } else { &path }, None, value));
            }
            for value in values {
                gather(value, inside(&path), &[&around[..], &said(&path, value)[..]].concat(), lists);
            }
        }
        Value::Object(object) if is_map(object) => {
            let path = below(&path, "*");
            object.iter().for_each(|(key, value)| add(&path, Some(key), value));
            object
                .values()
                .for_each(|value| gather(value, path.clone(), &[&around[..], &said(&path, value)[..]].concat(), lists));
        }
        Value::Object(object) => {
            for (key, value) in object {
                // `{"rooms": {"Lawn": [ … ]}}`, `{"talks": {"2031-05-01": [ … ]}}`
                let name = AROUND
                    .iter()
                    .find(|name| **name == last_word(&path))
                    .copied()
                    .or_else(|| moments::is_date(key).then_some("day"));
                let named = name.filter(|_| value.is_array()).map(|name| (name, key.as_str()));
                let path = below(&path, key);
                // An element that comes once: `<day date="2031-05-01">`.
                let word = last_word(&path);
                let is_around = value.is_object() && (word == "day" || AROUND.iter().chain(GROUPS).any(|name| **name == word));
                let said = if is_around { said(&path, value) } else { Vec::new() };
                gather(value, path, &around.iter().copied().chain(named).chain(said).collect(), lists);
            }
        }
        _ => {}
    }
}

/// What an entry of a list says of the records in it.
fn said<'a>(path: &str, entry: &'a Value) -> Around<'a> {
    let value = |key: &str| entry.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
    let text = |key: &str| value(key)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    let word = last_word(path);
    let name = || text("name").or_else(|| text("title")).or_else(|| text("label"));
    let place = AROUND.iter().find(|name| **name == word).and_then(|word| Some((*word, name()?)));
    let is_day = word == "day";
    let day = text("date").or_else(|| text("day")).or_else(|| name().filter(|_| is_day)).filter(|_| is_day || !titled(entry));
    let group = GROUPS.contains(&word.as_str()).then(name).flatten();
    let of_group = group.map(|name| ("session", name)).into_iter().chain(group.and_then(|_| Some(("room", text("room")?))));
    place.into_iter().chain(of_group).chain(day.map(|day| ("day", day))).collect()
}

/// The last word of a path, in the singular.
fn last_word(path: &str) -> String {
    let name = path.trim_end_matches(".*").rsplit('.').next().unwrap_or_default();
    words(name).pop().map(|word| singular(&word)).unwrap_or_default()
}

/// The path of the entries of a list.
fn inside(path: &str) -> String {
    if path == "[]" { path.to_owned() } else { format!("{path}[]") }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Whether an object is a list whose entries have keys instead of places: `{"a1": {"title": …}, "b2": {"title": …}}`.
fn is_map(object: &Map<String, Value>) -> bool {
    let are_numbered = || object.keys().all(|key| key.starts_with(|c: char| c.is_ascii_digit()));
    let is_name = |key: &String| !key.contains(|c: char| c.is_ascii_digit());
    !object.is_empty()
        && object.values().all(Value::is_object)
        && (are_numbered() || (object.values().all(titled) && (object.len() > 1 || !object.keys().all(is_name))))
}

/// Whether an entry has a title, itself or in an object that holds what it has.
fn titled(entry: &Value) -> bool {
    let Value::Object(object) = entry else { return false };
    has(object, |meaning| matches!(meaning, Meaning::Title(0..=2))) || object.contains_key("summary") || wrapper(object).is_some()
}

/// The key of the object that holds what a record has: `{"node": {"name": …}}`, `{"talk": {"title": …}, "slot": …}`.
fn wrapper(object: &Map<String, Value>) -> Option<&String> {
    let holds = |key: &str, least: usize| {
        let is_title = |meaning| matches!(meaning, Meaning::Title(sure) if sure <= least);
        object.get(key).and_then(Value::as_object).is_some_and(|inner| has(inner, is_title))
    };
    let mut names = object.keys();
    let of_record =
        |key: &&String| (WANTED.contains(&singular(key).as_str()) || CONTENTS.contains(&key.as_str())) && holds(key, 1);
    names.clone().find(|key| WRAPPERS.contains(&key.as_str()) && holds(key, 2)).or_else(|| names.find(of_record))
}

fn has(object: &Map<String, Value>, wanted: impl Fn(Meaning) -> bool) -> bool {
    let is_filled = |value: &Value| !(value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()));
    object.iter().any(|(key, value)| is_filled(value) && wanted(meaning(key)))
}

/// What a list is worth as one of records: its entries have titles and texts and begin at some time, its name says so.
fn worth(list: &List) -> Worth {
    let looked_at: Vec<&Value> = list.entries.iter().map(|entry| entry.value).take(LOOKED_AT).collect();
    let share = |test: &dyn Fn(&Value) -> bool| {
        looked_at.iter().filter(|entry| test(entry)).count() as f64 / looked_at.len().max(1) as f64
    };
    let object = |entry: &Value| match entry {
        Value::Object(object) => unwrapped(object.clone()),
        _ => Map::new(),
    };
    let titled = share(&titled);
    let texted = share(&|entry| has(&object(entry), |meaning| matches!(meaning, Meaning::Text(_))));
    let timed = share(&|entry| {
        object(entry)
            .keys()
            .any(|key| words(key).iter().any(|word| ["start", "starts", "begin", "dtstart", "date"].contains(&word.as_str())))
    });
    let last = last_word(&list.path);
    // `rooms.Hall` is a list of what is in a room, whatever that is called.
    let parent = list.path.rsplit_once('.').map(|(parent, _)| parent).filter(|parent| !parent.ends_with("[]"));
    let is_place = parent.is_some_and(|parent| AROUND.contains(&last_word(parent).as_str()));
    let is_one_of = |names: &[&str]| !is_place && names.contains(&last.as_str());
    let is_beside = is_one_of(BESIDE) || list.path.split(['.', '[']).any(|part| ["included", "includes"].contains(&part));
    let is_wanted = is_one_of(WANTED) && !is_beside;
    let hint = f64::from(u8::from(is_wanted)) * 3.0 - f64::from(u8::from(is_beside)) * 4.0;
    let score = titled * 4.0 + texted * 2.0 + timed * 2.0 + hint + (list.entries.len() as f64).ln() * 0.3;
    Worth { titled, texted, timed, score, is_wanted, is_beside }
}

/// What an object says as a record: also what the objects in it say of that.
pub fn own(object: Map<String, Value>) -> Map<String, Value> {
    let mut values = unwrapped(object);
    hoist(&mut values);
    values
}

/// A record whose own keys say nothing, with those of the object that holds what it has.
fn unwrapped(mut object: Map<String, Value>) -> Map<String, Value> {
    let is_title = |meaning: Meaning| matches!(meaning, Meaning::Title(0..=2));
    if has(&object, is_title) {
        return object;
    }
    let key = wrapper(&object).cloned();
    if let Some(Value::Object(inner)) = key.and_then(|key| object.shift_remove(&key)) {
        inner.into_iter().for_each(|(key, value)| {
            object.entry(key).or_insert(value);
        });
    }
    object
}

/// Makes records of the entries of a list.
fn take(list: &List, is_one_of_several: bool, records: &mut Vec<Record>, notes: &mut Notes) {
    let of = if is_one_of_several { format!(" of {}", list.path) } else { String::new() };
    for (number, Entry { key, value, around }) in (1..).zip(&list.entries) {
        let place = format!("record {number}{of}");
        let Value::Object(object) = value else {
            notes.add(NoteKind::UnreadableRecord, "no object", &place);
            continue;
        };
        let mut values = own(object.clone());
        if let Some(key) = key
            && !values.keys().any(|name| matches!(meaning(name), Meaning::Id(_)))
        {
            values.insert("id".to_owned(), (*key).into());
        }
        for (name, text) in around {
            values.entry(*name).or_insert((*text).into());
        }
        records.push(Record { values, place });
    }
}
