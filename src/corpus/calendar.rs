//! Programmes as calendar files: iCalendar (RFC 5545), which calendars and most tools for conferences export.
//!
//! Events (`VEVENT`) become records; everything else, such as time zones and alarms, is passed over. Times stay those of
//! the clocks at the event, whatever zone the file gives them.

use serde_json::{Map, Value};

use super::schedule::plain;
use crate::error::{Error, ErrorKind, Result};

/// Properties of an event that are kept as fields, and how they are called there.
const FIELDS: [(&str, &str); 6] = [
    ("CATEGORIES", "track"),
    ("DTSTART", "start"),
    ("DTEND", "end"),
    ("DURATION", "duration"),
    ("LOCATION", "room"),
    ("STATUS", "status"),
];

/// Reads the events of a calendar.
pub fn read(bytes: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let mut open: Vec<String> = Vec::new();
    let mut event: Vec<(String, String)> = Vec::new();
    let mut records = Vec::new();
    for (number, line) in unfolded(bytes) {
        let damaged = |what: &str| Error::new(ErrorKind::DamagedFile, format!("line {number} of the calendar {what}"));
        let line = String::from_utf8(line).map_err(|cause| damaged("is not UTF-8: save it in that encoding").caused_by(cause))?;
        if line.trim().is_empty() {
            continue;
        }
        let (name, value) = property(&line).ok_or_else(|| damaged("has no name and value with a colon between them"))?;
        let component = value.trim().to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" if open.is_empty() && component != "VCALENDAR" => return Err(no_calendar()),
            "BEGIN" => open.push(component),
            "END" if open.last() != Some(&component) => return Err(damaged("ends what has not begun")),
            "END" => {
                open.pop();
                if component == "VEVENT" {
                    records.push(record(&std::mem::take(&mut event)).ok_or_else(|| {
                        let what =
                            format!("the event that ends in line {number} of the calendar has no SUMMARY: give it a title");
                        Error::new(ErrorKind::MissingColumn, what)
                    })?);
                }
            }
            _ if open.is_empty() => return Err(no_calendar()),
            // What lies deeper, such as an alarm, has properties of its own.
            _ if open.last().is_some_and(|component| component == "VEVENT") => event.push((name, value.to_owned())),
            _ => {}
        }
    }
    match open.last() {
        Some(component) => {
            Err(Error::new(ErrorKind::DamagedFile, format!("the calendar is cut short: {component} is not closed by END")))
        }
        None => Ok(records),
    }
}

fn no_calendar() -> Error {
    Error::new(ErrorKind::DamagedFile, "the file is not a calendar: it must begin with BEGIN:VCALENDAR")
}

/// The logical lines of a calendar with their numbers: a line that begins with a space or tab goes on with the one before.
/// They are bytes, because writers may break a line within a character.
fn unfolded(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), lines.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, before))) => before.extend_from_slice(&line[1..]),
            _ => lines.push((index + 1, line.to_vec())),
        }
    }
    lines
}

/// A property's name, in capitals and without its parameters, and its value: what stands before and after the first colon
/// that is not in quotes.
fn property(line: &str) -> Option<(String, &str)> {
    let mut quoted = false;
    let colon = line.find(|c: char| {
        quoted ^= c == '"';
        c == ':' && !quoted
    })?;
    let name = line[..colon].split(';').next()?.trim();
    (!name.is_empty()).then(|| (name.to_ascii_uppercase(), &line[colon + 1..]))
}

/// The record of an event; none where it has no title.
fn record(event: &[(String, String)]) -> Option<Map<String, Value>> {
    let value =
        |name: &str| event.iter().find(|(of, value)| of == name && !value.trim().is_empty()).map(|(_, value)| value.trim());
    let mut record = Map::new();
    if let Some(id) = value("UID") {
        // A date that was moved out of a series has the series' id.
        let moved = value("RECURRENCE-ID").map(|date| format!("/{date}")).unwrap_or_default();
        record.insert("id".to_owned(), format!("{}{moved}", text(id)).into());
    }
    record.insert("title".to_owned(), text(value("SUMMARY")?).into());
    record.extend(value("URL").map(|url| ("url".to_owned(), url.into())));
    record.insert("text".to_owned(), plain(&value("DESCRIPTION").map(text).unwrap_or_default()).into());
    for (name, field) in FIELDS {
        let Some(value) = value(name) else { continue };
        let value = match name {
            "CATEGORIES" => categories(event),
            "DTSTART" | "DTEND" => {
                let moment = moment(value);
                if name == "DTSTART" {
                    record.insert("day".to_owned(), moment.split('T').next().unwrap_or_default().into());
                }
                moment.into()
            }
            _ => text(value).into(),
        };
        record.insert(field.to_owned(), value);
    }
    Some(record)
}

/// All categories of an event: one as a text, several as a list.
fn categories(event: &[(String, String)]) -> Value {
    let lists = event.iter().filter(|(name, _)| name == "CATEGORIES");
    let mut all: Vec<String> = lists.flat_map(|(_, list)| separated(list)).map(|one| text(one.trim())).collect();
    all.retain(|one| !one.is_empty());
    if all.len() == 1 { all.remove(0).into() } else { all.into() }
}

/// The parts of a list: between commas that no backslash stands before.
fn separated(list: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    list.split(move |c: char| {
        let separates = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        separates
    })
}

/// A text as it was before it was escaped for the file (RFC 5545, 3.3.11).
fn text(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.chars();
    while let Some(character) = rest.next() {
        match (character, rest.clone().next()) {
            ('\\', Some('n' | 'N')) => text.push('\n'),
            ('\\', Some(next @ ('\\' | ';' | ','))) => text.push(next),
            _ => {
                text.push(character);
                continue;
            }
        }
        rest.next();
    }
    text
}

/// `20270510T084500Z` is `2027-05-10T08:45Z`, and `20270510` is `2027-05-10`; anything else stays as it is.
fn moment(value: &str) -> String {
    let (date, time) = value.split_once('T').unwrap_or((value, ""));
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (clock, zone) = time.strip_suffix('Z').map_or((time, ""), |clock| (clock, "Z"));
    if !digits(date, 8) || !(time.is_empty() || digits(clock, 6)) {
        return value.to_owned();
    }
    let day = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
    match clock.get(..4) {
        None => day,
        Some(_) if !clock.ends_with("00") => format!("{day}T{}:{}:{}{zone}", &clock[..2], &clock[2..4], &clock[4..]),
        Some(_) => format!("{day}T{}:{}{zone}", &clock[..2], &clock[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{self, Format};
    use crate::index::document::Document;

    const FILE: &[u8] = include_bytes!("../../tests/data/programme.ics");

    fn documents(ics: &[u8]) -> Vec<Document> {
        corpus::read(ics, Format::Ics, None).unwrap()
    }

    #[test]
    fn an_event_of_a_calendar_becomes_a_document_with_its_place_and_time() {
        let documents = documents(FILE);
        assert_eq!(documents.len(), 4);
        let first = &documents[0];
        assert_eq!((first.id.as_str(), first.title.as_str()), ("roses@garden.example", "Roses; thorns, and \\ data"));
        assert_eq!(first.url.as_deref(), Some("https://example.org/talk/101?a=b"));
        assert_eq!(first.text, "What gardeners count, über a year.\n\nBring gloves.");
        let fields = serde_json::json!({
            "track": "Gardens", "day": "2031-05-01", "start": "2031-05-01T09:30", "end": "2031-05-01T10:00", "room": "Glass house",
        });
        assert_eq!(Value::Object(first.fields.clone()), fields);
    }

    #[test]
    fn a_whole_day_many_categories_a_moved_date_and_html_are_read_as_well() {
        let documents = documents(FILE);
        assert_eq!(documents[1].fields["track"], serde_json::json!(["Soil, wet", "Water"]));
        assert_eq!((&documents[1].fields["day"], &documents[1].fields["start"]), (&"2031-05-02".into(), &"2031-05-02".into()));
        assert_eq!(documents[2].fields["start"], "2031-05-03T07:00:30Z");
        assert_eq!(documents[2].text, "One\nTwo & three");
        assert_eq!(documents[2].id, "series@garden.example");
        assert_eq!(documents[3].id, "series@garden.example/20310510T070030Z");
        assert_eq!(documents[3].fields["status"], "CANCELLED");
    }

    #[test]
    fn a_character_that_a_line_break_cuts_in_two_is_whole_again() {
        let ics = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:na\xc3\n \xafve \n  words\nEND:VEVENT\nEND:VCALENDAR\n";
        assert_eq!(documents(ics)[0].title, "naïve  words");
    }

    #[test]
    fn a_calendar_that_is_broken_cut_or_something_else_is_refused_in_words() {
        for (ics, kind, expected) in [
            (&b"BEGIN:VCARD\nEND:VCARD"[..], ErrorKind::DamagedFile, "BEGIN:VCALENDAR"),
            (b"hello: world", ErrorKind::DamagedFile, "BEGIN:VCALENDAR"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", ErrorKind::DamagedFile, "VEVENT is not closed"),
            (b"BEGIN:VCALENDAR\n\nEND:VEVENT", ErrorKind::DamagedFile, "line 3"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY", ErrorKind::DamagedFile, "line 3"),
            (b"BEGIN:VCALENDAR\nX:\xff", ErrorKind::DamagedFile, "line 2 of the calendar is not UTF-8"),
            (
                b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT",
                ErrorKind::MissingColumn,
                "line 4 of the calendar has no SUMMARY",
            ),
        ] {
            let error = corpus::read(ics, Format::Ics, None).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn no_calendar_that_is_cut_anywhere_or_has_a_wrong_byte_panics_or_is_taken_for_whole() {
        let whole = FILE.trim_ascii_end();
        for length in 0..whole.len() {
            let cut = corpus::read(&whole[..length], Format::Ics, None);
            assert!(length == 0 || cut.is_err(), "cut after {length} bytes");
            for byte in [b'\\', b':', b'\n', b'"', b',', 0xc3] {
                let mut altered = whole.to_vec();
                altered[length] = byte;
                let _ = corpus::read(&altered, Format::Ics, None);
            }
        }
        let deep = b"BEGIN:VCALENDAR\n".repeat(100_000);
        assert_eq!(corpus::read(&deep, Format::Ics, None).unwrap_err().kind(), ErrorKind::DamagedFile);
    }
}
