//! Programmes of conferences: the schedule XML that frab, Pentabarf and pretalx write.
//!
//! `schedule > day > room > event`, in an event one element a value, and `persons > person`. Texts may be plain or HTML.

use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::clean::is_block;
use super::documents::Record;
use super::markup::Xml;
use super::withheld;
use crate::error::Result;

/// Elements of an event that become a field, in the order in which hits show them.
const FIELDS: [&str; 8] = ["speakers", "track", "type", "day", "start", "duration", "room", "language"];

/// Attributes of an event that are read: its ids, and what may say that it does not take place.
const ATTRIBUTES: [&str; 6] = ["id", "guid", "state", "status", "cancelled", "canceled"];

/// Elements of an event that make its text, one below the other.
const TEXTS: [&str; 3] = ["subtitle", "abstract", "description"];

/// Reads the events of a schedule.
pub fn read(text: &str) -> Result<Vec<Record>> {
    let mut xml = Xml::new(text);
    let mut schedule = Schedule::default();
    while let Some(event) = xml.event()? {
        match event {
            Event::Start(element) => {
                schedule.line = xml.line();
                schedule.open(&element);
            }
            Event::End(_) => schedule.close(),
            other => schedule.text += &Xml::text(&other),
        }
    }
    Ok(schedule.records)
}

/// What has been read so far.
#[derive(Default)]
struct Schedule {
    /// The line that was reached, and the one in which the open event begins.
    line: usize,
    event_line: usize,
    /// The open elements.
    path: Vec<String>,
    /// How many of them hold the open event's own element.
    event_depth: Option<usize>,
    day: String,
    room: String,
    /// The values of the open event.
    values: Map<String, Value>,
    speakers: Vec<Value>,
    /// The text of the open value.
    text: String,
    records: Vec<Record>,
}

impl Schedule {
    fn open(&mut self, element: &BytesStart) {
        let name = element.local_name().into_inner().to_ascii_lowercase();
        let attribute = |name: &str| Xml::attribute(element, name);
        match (self.event_depth, name.as_str()) {
            (None, "day") => self.day = attribute("date").unwrap_or_default(),
            (None, "room") => self.room = attribute("name").unwrap_or_default(),
            (None, "event") => {
                self.event_depth = Some(self.path.len());
                self.event_line = self.line;
                let said = ATTRIBUTES.into_iter().filter_map(|name| Some((name.to_owned(), attribute(name)?.into())));
                self.values = said.collect();
            }
            // Texts of some systems hold HTML elements as they are: those stay in the text of the value around them.
            (Some(depth), _) if self.path.len() == depth + 1 || name == "person" => self.text.clear(),
            _ if is_block(&name) => self.text.push('\n'),
            _ => {}
        }
        self.path.push(name);
    }

    fn close(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let Some(depth) = self.event_depth else { return };
        if self.path.len() == depth {
            self.finish_event();
        } else if name == "person" {
            let person = std::mem::take(&mut self.text);
            self.speakers.extend(Some(person.trim()).filter(|name| !name.is_empty()).map(Value::from));
        } else if self.path.len() == depth + 1 {
            let value = std::mem::take(&mut self.text);
            // A value that comes twice is the same one, as far as is known; the first stays.
            if !value.trim().is_empty() && !self.values.contains_key(&name) {
                self.values.insert(name, value.trim().into());
            }
        }
    }

    fn finish_event(&mut self) {
        self.event_depth = None;
        let (values, speakers) = (std::mem::take(&mut self.values), std::mem::take(&mut self.speakers));
        let values = record(values, speakers, &self.day, &self.room);
        self.records.push(Record { values, place: format!("line {}", self.event_line) });
    }
}

/// The record of an event: its id, title and address, its texts as one, its fields.
pub fn record(mut values: Map<String, Value>, speakers: Vec<Value>, day: &str, room: &str) -> Map<String, Value> {
    // Newer schedules give the moment in `date`, and in `start` the hour alone.
    if let Some(date) = values.shift_remove("date").filter(|date| date.as_str().is_some_and(|date| date.contains('T'))) {
        values.insert("start".to_owned(), date);
    }
    for (name, value) in [("day", day), ("room", room)].into_iter().filter(|(_, value)| !value.is_empty()) {
        values.entry(name).or_insert_with(|| value.into());
    }
    if !speakers.is_empty() {
        values.insert("speakers".to_owned(), speakers.into());
    }
    let texts: Vec<Value> = TEXTS.iter().filter_map(|name| values.shift_remove(*name)).collect();
    let mut record = Map::new();
    // Without a title a record is called by its text.
    values.entry("title").or_insert(Value::Null);
    if let Some(key) = withheld::key(&values) {
        record.extend(values.shift_remove(&key).map(|value| (key, value)));
    }
    for name in ["id", "guid", "title", "url"].iter().chain(&FIELDS) {
        record.extend(values.shift_remove(*name).map(|value| ((*name).to_owned(), value)));
    }
    record.insert("text".to_owned(), texts.into());
    record
}
