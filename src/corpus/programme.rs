//! Programmes of conferences as JSON: `schedule.json` of frab and pretalx, and what Sessionize calls "All data".

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::schedule;

/// Whether an object is one of the programmes that [`read`] knows.
pub fn is_one(object: &Map<String, Value>) -> bool {
    days(object).is_some() || sessionize(object).is_some()
}

/// Reads the events of a programme; none where it is no programme.
pub fn read(object: &Map<String, Value>) -> Vec<Map<String, Value>> {
    match (days(object), sessionize(object)) {
        (Some(days), _) => days.iter().flat_map(of_day).collect(),
        (_, Some(sessions)) => of_sessionize(object, sessions),
        _ => Vec::new(),
    }
}

/// `schedule.conference.days`
fn days(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    object.get("schedule")?.pointer("/conference/days")?.as_array()
}

/// The sessions of an object that also explains who speaks and where.
fn sessionize(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    let is_list = |name: &str| object.get(name).is_some_and(Value::is_array);
    (is_list("speakers") && is_list("rooms") && is_list("categories")).then(|| object.get("sessions")?.as_array())?
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
        let id = text(event, "id").or_else(|| text(event, "guid")).map(|id| ("id".to_owned(), id.into()));
        let values = names.filter_map(|name| Some((name.to_owned(), text(event, name)?.into())));
        let name = |person: &Value| text(person, "public_name").or_else(|| text(person, "name"));
        let speakers = list(event.get("persons")).filter_map(name).map(Value::from).collect();
        schedule::record(id.into_iter().chain(values).collect(), speakers, &date, room)
    };
    events.map(record).collect()
}

/// Sessionize's sessions; who speaks, the room and the categories are numbers there that other lists explain.
fn of_sessionize(object: &Map<String, Value>, sessions: &[Value]) -> Vec<Map<String, Value>> {
    let names = |value: Option<&Value>, name: &str| -> HashMap<String, String> {
        list(value).filter_map(|entry| Some((text(entry, "id")?, text(entry, name)?))).collect()
    };
    let (people, rooms) = (names(object.get("speakers"), "fullName"), names(object.get("rooms"), "name"));
    let categories: Vec<(String, HashMap<String, String>)> = list(object.get("categories"))
        .filter_map(|category| Some((text(category, "title")?, names(category.get("items"), "name"))))
        .collect();
    let key = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let record = |session: &Value| {
        let mut record = Map::new();
        for (from, to) in [("id", "id"), ("title", "title"), ("description", "text"), ("startsAt", "start"), ("endsAt", "end")] {
            record.extend(text(session, from).map(|value| (to.to_owned(), value.into())));
        }
        record.extend(text(session, "roomId").and_then(|id| Some(("room".to_owned(), rooms.get(&id)?.as_str().into()))));
        let speakers: Vec<Value> =
            list(session.get("speakers")).filter_map(|id| people.get(&key(id))).map(|name| name.as_str().into()).collect();
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
        record
    };
    sessions.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use crate::corpus::{self, Format};
    use crate::index::document::Document;

    fn documents(json: &str) -> Vec<Document> {
        corpus::read(json.as_bytes(), Format::Json, None).unwrap()
    }

    #[test]
    fn the_json_of_a_schedule_gives_the_documents_of_its_xml() {
        let json = r#"{"schedule": {"version": "1", "conference": {"title": "Meeting", "days": [{"index": 1, "date": "2031-05-01", "rooms": {
            "Glass house": [{"id": 102, "guid": "guid-2", "date": "2031-05-01T10:30:00+02:00", "start": "10:30", "duration": "00:45",
                "title": "Keeping the best people of a garden team", "subtitle": "", "track": "People", "url": null,
                "abstract": "How to keep people &amp; what makes <b>them</b> leave.",
                "description": "How to keep people & what makes them leave.",
                "persons": [{"id": 3, "public_name": "Cy Moor"}], "links": []}]}}]}}}"#;
        let xml = include_str!("../../tests/data/schedule.xml");
        let of_xml = corpus::read(xml.as_bytes(), Format::Xml, None).unwrap();
        assert_eq!(documents(json), [of_xml[1].clone()]);
    }

    #[test]
    fn the_sessions_of_sessionize_have_their_people_rooms_and_categories_by_name() {
        let json = r#"{"sessions": [
                {"id": "7", "title": "Roses", "description": "We count petals.", "startsAt": "2031-05-01T09:30:00", "endsAt": null,
                    "speakers": ["u-1", "gone"], "categoryItems": [11, 21, 22], "roomId": 5},
                {"id": "8", "title": "Lunch", "description": null, "speakers": [], "categoryItems": [], "roomId": null}],
            "speakers": [{"id": "u-1", "fullName": "Ada Lind"}], "rooms": [{"id": 5, "name": "Lawn"}], "questions": [],
            "categories": [{"id": 1, "title": "Level", "items": [{"id": 11, "name": "Beginner"}]},
                {"id": 2, "title": "Tags", "items": [{"id": 21, "name": "Soil"}, {"id": 22, "name": "Data"}]}]}"#;
        let documents = documents(json);
        assert_eq!(documents.len(), 2);
        assert_eq!((documents[0].id.as_str(), documents[0].text.as_str()), ("7", "We count petals."));
        let fields = serde_json::json!({
            "start": "2031-05-01T09:30:00", "room": "Lawn", "speakers": ["Ada Lind"], "Level": ["Beginner"], "Tags": ["Soil", "Data"],
        });
        assert_eq!(serde_json::Value::Object(documents[0].fields.clone()), fields);
        assert!(documents[1].fields.is_empty());
    }
}
