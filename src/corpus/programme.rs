//! Programmes of conferences as JSON: `schedule.json` of frab and pretalx, and what Sessionize calls "All data".

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::documents::Record;
use super::notes::{NoteKind, Notes};
use super::{schedule, withheld};

/// Reads the events of a programme; nothing where an object is none.
pub fn read(object: &Map<String, Value>, notes: &mut Notes) -> Option<Vec<Record>> {
    if let Some(days) = days(object) {
        return Some(numbered(days.iter().flat_map(of_day), "event"));
    }
    let sessions = sessionize(object)?;
    Some(numbered(of_sessionize(object, sessions, notes), "session"))
}

fn numbered(records: impl IntoIterator<Item = Map<String, Value>>, what: &str) -> Vec<Record> {
    (1..).zip(records).map(|(number, values)| Record { values, place: format!("{what} {number}") }).collect()
}

/// `schedule.conference.days`
fn days(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    object.get("schedule")?.pointer("/conference/days")?.as_array()
}

/// The sessions of an object that also explains who speaks and where, as Sessionize does it.
fn sessionize(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    let is_list = |name: &str| object.get(name).is_some_and(Value::is_array);
    let sessions = object.get("sessions")?.as_array()?;
    let is_one = is_list("speakers") && is_list("rooms") && is_list("categories");
    (is_one && sessions.iter().any(|session| session.get("categoryItems").is_some())).then_some(sessions)
}

/// The values of a list; none where there is no list.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A text, or a number as text; nothing where it is empty.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The events of a day of `schedule.json`: the same values as in the XML, events by room.
fn of_day(day: &Value) -> Vec<Map<String, Value>> {
    let date = text(day, "date").unwrap_or_default();
    let rooms = day.get("rooms").and_then(Value::as_object).into_iter().flatten();
    let events = rooms.flat_map(|(room, events)| events.as_array().into_iter().flatten().map(move |event| (room, event)));
    let record = |(room, event): (&String, &Value)| {
        let names = "title url date start duration room track type language subtitle abstract description".split(' ');
        let withheld = event.as_object().and_then(withheld::key);
        let names = names.chain(["id", "guid"]).chain(withheld.as_deref());
        let is_filled = |value: &&Value| !value.is_null() && *value != "";
        let values = names.filter_map(|name| Some((name.to_owned(), event.get(name).filter(is_filled)?.clone())));
        let name = |person: &Value| text(person, "public_name").or_else(|| text(person, "name"));
        let speakers = list(event.get("persons")).filter_map(name).map(Value::from).collect();
        schedule::record(values.collect(), speakers, &date, room)
    };
    events.map(record).collect()
}

/// Sessionize's sessions; who speaks, the room and the categories are numbers there that other lists explain.
fn of_sessionize(object: &Map<String, Value>, sessions: &[Value], notes: &mut Notes) -> Vec<Map<String, Value>> {
    let names = |value: Option<&Value>, name: &str| -> HashMap<String, String> {
        list(value).filter_map(|entry| Some((text(entry, "id")?, text(entry, name)?))).collect()
    };
    let (people, rooms) = (names(object.get("speakers"), "fullName"), names(object.get("rooms"), "name"));
    let categories: Vec<(String, HashMap<String, String>)> = list(object.get("categories"))
        .filter_map(|category| Some((text(category, "title")?, names(category.get("items"), "name"))))
        .collect();
    let questions = names(object.get("questions"), "question");
    let key = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut records = Vec::with_capacity(sessions.len());
    for (number, session) in (1..).zip(sessions) {
        let place = format!("session {number}");
        // Without a title a session is called by its text.
        let mut record = Map::from_iter([("title".to_owned(), Value::Null)]);
        for (from, to) in [("id", "id"), ("title", "title"), ("description", "text"), ("startsAt", "start"), ("endsAt", "end")] {
            record.extend(text(session, from).map(|value| (to.to_owned(), value.into())));
        }
        record.extend(text(session, "roomId").and_then(|id| Some(("room".to_owned(), rooms.get(&id)?.as_str().into()))));
        let mut speakers: Vec<Value> = Vec::new();
        for id in list(session.get("speakers")) {
            match people.get(&key(id)) {
                Some(name) => speakers.push(name.as_str().into()),
                None => notes.add(NoteKind::UnknownReference, "speakers", &place),
            }
        }
        record.extend((!speakers.is_empty()).then(|| ("speakers".to_owned(), speakers.into())));
        for (title, names) in &categories {
            let values: Vec<Value> = list(session.get("categoryItems"))
                .filter_map(|id| names.get(&key(id)))
                .map(|name| name.as_str().into())
                .collect();
            if !values.is_empty() && !record.contains_key(title) {
                record.insert(title.clone(), values.into());
            }
        }
        for answer in list(session.get("questionAnswers")) {
            let question = text(answer, "questionId").and_then(|id| questions.get(&id));
            if let (Some(question), Some(value)) = (question, text(answer, "answerValue")) {
                record.entry(question.as_str()).or_insert(value.into());
            }
        }
        let said = ["liveUrl", "recordingUrl"].into_iter().map(str::to_owned);
        let said = said.chain(session.as_object().and_then(withheld::key));
        record.extend(
            said.filter_map(|name| session.get(&name).filter(|value| !value.is_null()).cloned().map(|value| (name, value))),
        );
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use crate::corpus::reading::{documents, read_as};
    use crate::corpus::{Format, ReadOptions};

    #[test]
    fn the_json_of_a_schedule_gives_the_documents_of_its_xml() {
        let json = r#"{"schedule": {"version": "1", "conference": {"title": "Meeting", "days": [{"index": 1, "date": "2031-05-01", "rooms": {
            "Glass house": [{"id": 102, "guid": "guid-2", "date": "2031-05-01T10:30:00+02:00", "start": "10:30", "duration": "00:45",
                "title": "Keeping the best people of a garden team", "subtitle": "", "track": "People", "url": null,
                "abstract": "How to keep people &amp; what makes <b>them</b> leave.",
                "description": "How to keep people & what makes them leave.",
                "persons": [{"id": 3, "public_name": "Cy Moor"}], "links": []}]}}]}}}"#;
        let xml = include_str!("../../tests/data/schedule.xml");
        let of_xml = documents(xml, Format::Xml);
        assert_eq!(documents(json, Format::Json), [of_xml[1].clone()]);
    }

    #[test]
    fn the_sessions_of_sessionize_have_their_people_rooms_and_categories_by_name() {
        let json = r#"{"sessions": [
                {"id": "7", "title": "Roses", "description": "We count petals.", "startsAt": "2031-05-01T09:30:00", "endsAt": null,
                    "speakers": ["u-1", "gone"], "categoryItems": [11, 21, 22], "roomId": 5,
                    "questionAnswers": [{"questionId": 31, "answerValue": "Gloves"}, {"questionId": 32, "answerValue": null}]},
                {"id": "8", "title": "Lunch", "description": null, "speakers": [], "categoryItems": [], "roomId": null}],
            "speakers": [{"id": "u-1", "fullName": "Ada Lind"}], "rooms": [{"id": 5, "name": "Lawn"}],
            "questions": [{"id": 31, "question": "What to bring"}, {"id": 32, "question": "Notes"}],
            "categories": [{"id": 1, "title": "Level", "items": [{"id": 11, "name": "Beginner"}]},
                {"id": 2, "title": "Tags", "items": [{"id": 21, "name": "Soil"}, {"id": 22, "name": "Data"}]}]}"#;
        let (documents, notes) = read_as(json, Format::Json, ReadOptions::default()).unwrap();
        assert_eq!(notes, [r#"1 value of "speakers" points at nothing in the file and was left out: session 1"#]);
        assert_eq!(documents.len(), 2);
        assert_eq!((documents[0].id.as_str(), documents[0].text.as_str()), ("7", "We count petals."));
        let fields = serde_json::json!({
            "start": "2031-05-01T09:30:00", "room": "Lawn", "speakers": ["Ada Lind"], "Level": ["Beginner"], "Tags": ["Soil", "Data"],
            "What to bring": "Gloves",
        });
        assert_eq!(serde_json::Value::Object(documents[0].fields.clone()), fields);
        assert!(documents[1].fields.is_empty());
    }
}
