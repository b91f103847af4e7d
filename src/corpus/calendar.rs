//! Programmes as calendar files: iCalendar (RFC 5545), which calendars and most tools for conferences export.
//!
//! Events (`VEVENT`) become records; everything else, such as time zones and alarms, is passed over. Times stay those of
//! the clocks at the event, whatever zone the file gives them. An event that does not end is left out where others are whole.

use encoding_rs::{UTF_16BE, UTF_16LE};
use serde_json::{Map, Value};

use super::decode;
use super::documents::Record;
use super::notes::{NoteKind, Notes};
use crate::error::{Error, ErrorKind, Result};

/// Properties of an event that are kept as fields, and how they are called there.
const FIELDS: [(&str, &str); 7] = [
    ("CATEGORIES", "track"),
    ("DTSTART", "start"),
    ("DTEND", "end"),
    ("DURATION", "duration"),
    ("LOCATION", "room"),
    ("ORGANIZER", "organizer"),
    ("STATUS", "status"),
];

/// Components in components, at most.
const DEPTH_MAX: usize = 100;

/// Reads the events of a calendar.
///
/// # Errors
/// `damaged-file` where no event is whole, or the file is no calendar.
pub fn read(bytes: &[u8], notes: &mut Notes) -> Result<Vec<Record>> {
    let mut calendar = Calendar::default();
    for (number, line) in lines(bytes, notes) {
        if !line.trim().is_empty() {
            calendar.line(number, &line)?;
        }
    }
    let Calendar { open, records, mut lost, repeating, mut damage, begins, .. } = calendar;
    if let Some(first) = repeating.first() {
        notes.add_many(NoteKind::RepeatingEvent, "", repeating.len(), &format!("line {first}"));
    }
    if let Some(component) = open.last() {
        let what = format!("the calendar is cut short: {component} is not closed by END");
        damage.get_or_insert_with(|| Error::new(ErrorKind::DamagedFile, what));
        lost.push(begins);
    }
    if let Some(damage) = damage.filter(|_| records.is_empty()) {
        return Err(damage);
    }
    if let Some(first) = lost.first() {
        notes.add_many(NoteKind::UnreadableRecord, "an event that does not begin or end", lost.len(), &format!("line {first}"));
    }
    Ok(records)
}

/// What has been read of a calendar.
#[derive(Default)]
struct Calendar {
    /// The open components.
    open: Vec<String>,
    /// The properties of the open event, and the line in which it begins.
    event: Vec<(String, String)>,
    begins: usize,
    records: Vec<Record>,
    /// The lines of events that are not whole.
    lost: Vec<usize>,
    /// Those of events that repeat.
    repeating: Vec<usize>,
    /// What is wrong first.
    damage: Option<Error>,
}

impl Calendar {
    fn line(&mut self, number: usize, line: &str) -> Result<()> {
        let is_in_event = self.open.last().is_some_and(|component| component == "VEVENT");
        let Some((name, value)) = property(line) else {
            match self.event.last_mut().filter(|_| is_in_event) {
                // A text whose line breaks were written as they are.
                Some((_, value)) => *value = format!("{value}\\n{line}"),
                None => self.damaged(number, "has no name and value with a colon between them"),
            }
            return Ok(());
        };
        let component = value.trim().to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" if self.open.is_empty() && component != "VCALENDAR" => return Err(no_calendar()),
            "BEGIN" if self.open.len() == DEPTH_MAX => {
                return Err(Error::new(ErrorKind::DamagedFile, format!("line {number} of the calendar lies too deep")));
            }
            "BEGIN" => self.begin(number, component),
            "END" => self.end(number, &component),
            _ if self.open.is_empty() && self.records.is_empty() => return Err(no_calendar()),
            // What lies deeper, such as an alarm, has properties of its own.
            // Its value is an e-mail address.
            "ORGANIZER" if is_in_event => self.event.push((name, common_name(line).unwrap_or_default().to_owned())),
            _ if is_in_event => self.event.push((name, value.to_owned())),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, number: usize, component: String) {
        if component == "VEVENT" {
            // Events lie in no other: the one before does not end.
            if let Some(at) = self.open.iter().position(|open| *open == component) {
                self.open.truncate(at);
                self.lost.push(self.begins);
            }
            self.event.clear();
            self.begins = number;
        }
        self.open.push(component);
    }

    fn end(&mut self, number: usize, component: &str) {
        let is_event = component == "VEVENT";
        let Some(at) = self.open.iter().rposition(|open| open == component) else {
            self.damaged(number, "ends what has not begun");
            self.lost.extend(is_event.then_some(number));
            return;
        };
        if self.open[at + 1..].iter().any(|open| open == "VEVENT") {
            self.damaged(number, "ends what has not begun");
            self.lost.push(self.begins);
        }
        self.open.truncate(at);
        if is_event {
            let repeats = self.event.iter().any(|(name, _)| name == "RRULE" || name == "RDATE");
            self.repeating.extend(repeats.then_some(self.begins));
            let values = record(&std::mem::take(&mut self.event));
            self.records.push(Record { values, place: format!("line {}", self.begins) });
        }
    }

    fn damaged(&mut self, number: usize, what: &str) {
        let what = format!("line {number} of the calendar {what}");
        self.damage.get_or_insert_with(|| Error::new(ErrorKind::DamagedFile, what));
    }
}

fn no_calendar() -> Error {
    Error::new(ErrorKind::DamagedFile, "the file is not a calendar: it must begin with BEGIN:VCALENDAR")
}

/// The logical lines of a calendar as text, with their numbers.
fn lines(bytes: &[u8], notes: &mut Notes) -> Vec<(usize, String)> {
    let is_wide =
        [UTF_16LE, UTF_16BE].contains(&decode::detect(bytes)) || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let whole = is_wide.then(|| decode::decode(bytes, notes).into_owned());
    let bytes = whole.as_ref().map_or(bytes, |text| text.as_bytes());
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let unfolded = unfolded(bytes);
    if unfolded.iter().all(|(_, line)| std::str::from_utf8(line).is_ok()) {
        return unfolded.into_iter().map(|(number, line)| (number, String::from_utf8_lossy(&line).into_owned())).collect();
    }
    let numbers: Vec<usize> = unfolded.iter().map(|(number, _)| *number).collect();
    let joined = unfolded.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join(&b'\n');
    let text = decode::decode(&joined, notes);
    numbers.into_iter().zip(text.split('\n').map(str::to_owned)).collect()
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
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    is_name.then(|| (name.to_ascii_uppercase(), &line[colon + 1..]))
}

/// The name of a person that a property is about: its parameter CN, with or without quotes.
fn common_name(line: &str) -> Option<&str> {
    let value = &line[line.to_ascii_uppercase().find(";CN=")? + ";CN=".len()..];
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([';', ':']).next(),
    }
}

/// The record of an event.
pub fn record(event: &[(String, String)]) -> Map<String, Value> {
    let value =
        |name: &str| event.iter().find(|(of, value)| of == name && !value.trim().is_empty()).map(|(_, value)| value.trim());
    let mut record = Map::new();
    if let Some(id) = value("UID") {
        // A date that was moved out of a series has the series' id.
        let moved = value("RECURRENCE-ID").map(|date| format!("/{date}")).unwrap_or_default();
        record.insert("id".to_owned(), format!("{}{moved}", text(id)).into());
    }
    record.insert("title".to_owned(), value("SUMMARY").map(text).into());
    record.extend(value("URL").map(|url| ("url".to_owned(), url.into())));
    record.extend(value("DESCRIPTION").map(|description| ("text".to_owned(), text(description).into())));
    record.extend(
        value("CLASS").filter(|class| !class.eq_ignore_ascii_case("PUBLIC")).map(|class| ("visibility".to_owned(), class.into())),
    );
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
    record
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
    use crate::corpus::reading::read_as;
    use crate::corpus::{Format, ReadOptions};
    use crate::index::document::Document;

    const FILE: &[u8] = include_bytes!("../../tests/data/programme.ics");

    fn documents(ics: &[u8]) -> Vec<Document> {
        let options = ReadOptions { cancelled: true, ..ReadOptions::default() };
        read_as(ics, Format::Ics, options).unwrap().0
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
    fn an_event_without_a_title_is_called_by_its_text_and_a_cancelled_one_is_left_out_and_said() {
        let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:\nDESCRIPTION:We count petals.\nEND:VEVENT\n\
            BEGIN:VEVENT\nUID:2\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:Gone\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR";
        let (documents, notes) = read_as(ics, Format::Ics, ReadOptions::default()).unwrap();
        assert_eq!((documents.len(), documents[0].title.as_str()), (1, "We count petals."));
        let expected = [
            "1 record without a title is called by the beginning of the text: line 2",
            "1 record with neither a title nor a text was left out: line 7",
            "1 record was left out because of status: CANCELLED: line 10",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn one_bad_event_costs_that_event() {
        let event = |name: &str| format!("BEGIN:VEVENT\nSUMMARY:{name}\nBEGIN:VALARM\nEND:VALARM\nEND:VEVENT\n");
        let open = "BEGIN:VEVENT\nSUMMARY:B\n";
        let headless = "SUMMARY:B\nEND:VEVENT\n";
        let end = "END:VCALENDAR\n";
        for (bad, rest, line) in
            [(open, event("C") + end, 7), (headless, event("C") + end, 8), (open, end.to_owned(), 7), (open, String::new(), 7)]
        {
            let ics = format!("BEGIN:VCALENDAR\n{}{bad}{rest}", event("A"));
            let (documents, notes) = read_as(&ics, Format::Ics, ReadOptions::default()).unwrap();
            let titles: Vec<&str> = documents.iter().map(|document| document.title.as_str()).collect();
            assert_eq!(titles, if rest.len() > end.len() { &["A", "C"][..] } else { &["A"] }, "{ics}");
            let said = format!("1 record could not be read and was left out (an event that does not begin or end): line {line}");
            assert_eq!(notes, [said], "{ics}");
        }
    }

    #[test]
    fn an_organizer_is_a_field_by_name_and_events_that_repeat_are_read_once_and_said() {
        let event = |lines: &str| format!("BEGIN:VEVENT\nSUMMARY:A\n{lines}END:VEVENT\n");
        let ics = [
            "BEGIN:VCALENDAR\n".to_owned(),
            event("ORGANIZER;ROLE=CHAIR;CN=\"Müller, Ada\":mailto:ada@example.org\n"),
            event("ORGANIZER;CN=Bo;SENT-BY=\"mailto:c@example.org\":mailto:bo@example.org\nRRULE:FREQ=WEEKLY\n"),
            event("ORGANIZER:mailto:bo@example.org\nRDATE:20310503T070030Z\n"),
            "END:VCALENDAR\n".to_owned(),
        ];
        let (documents, notes) = read_as(ics.concat(), Format::Ics, ReadOptions::default()).unwrap();
        let organizers: Vec<_> = documents.iter().map(|document| document.fields.get("organizer")).collect();
        assert_eq!(organizers, [Some(&"Müller, Ada".into()), Some(&"Bo".into()), None]);
        assert_eq!(notes, ["2 events repeat and are one record each, at their first time: the first is line 6"]);
    }

    #[test]
    fn events_that_are_not_public_are_left_out() {
        let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\nCLASS:PRIVATE\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:B\nCLASS:PUBLIC\nEND:VEVENT\nEND:VCALENDAR";
        let (documents, notes) = read_as(ics, Format::Ics, ReadOptions::default()).unwrap();
        assert_eq!((documents.len(), documents[0].title.as_str(), documents[0].fields.len()), (1, "B", 0));
        assert_eq!(notes, ["1 record was left out because of visibility: PRIVATE: line 2"]);
    }

    #[test]
    fn line_breaks_that_were_not_folded_belong_to_the_text() {
        let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\nDESCRIPTION:One\nSee you, friends\nEND:VEVENT\nEND:VCALENDAR";
        assert_eq!(documents(ics.as_bytes())[0].text, "One\nSee you, friends");
    }

    #[test]
    fn a_calendar_in_another_encoding_is_read_and_that_is_said() {
        let ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Bäume und Äpfel für Anfänger\nEND:VEVENT\nEND:VCALENDAR";
        let bytes = encoding_rs::WINDOWS_1252.encode(ics).0.into_owned();
        let (documents, notes) = read_as(bytes, Format::Ics, ReadOptions::default()).unwrap();
        assert_eq!(documents[0].title, "Bäume und Äpfel für Anfänger");
        assert_eq!(notes, ["the file is not UTF-8 and was read as windows-1252"]);
    }

    #[test]
    fn a_calendar_that_is_broken_cut_or_something_else_is_refused_in_words() {
        for (ics, kind, expected) in [
            (&b"BEGIN:VCARD\nEND:VCARD"[..], ErrorKind::DamagedFile, "BEGIN:VCALENDAR"),
            (b"hello: world", ErrorKind::DamagedFile, "BEGIN:VCALENDAR"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", ErrorKind::DamagedFile, "VEVENT is not closed"),
            (b"BEGIN:VCALENDAR\n\nEND:VEVENT", ErrorKind::DamagedFile, "line 3"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY", ErrorKind::DamagedFile, "line 3"),
            (b"BEGIN:VCALENDAR\nSUMMARY", ErrorKind::DamagedFile, "line 2"),
        ] {
            let error = read_as(ics, Format::Ics, ReadOptions::default()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn no_calendar_that_is_cut_anywhere_or_has_a_wrong_byte_panics_or_is_taken_for_whole() {
        let whole = FILE.trim_ascii_end();
        for length in 0..whole.len() {
            let options = ReadOptions { strict: true, ..ReadOptions::default() };
            let cut = read_as(&whole[..length], Format::Ics, options);
            assert!(length == 0 || cut.is_err(), "cut after {length} bytes");
            for byte in [b'\\', b':', b'\n', b'"', b',', 0xc3] {
                let mut altered = whole.to_vec();
                altered[length] = byte;
                let _ = read_as(&altered, Format::Ics, ReadOptions::default());
            }
        }
        let deep = b"BEGIN:VCALENDAR\n".repeat(100_000);
        assert_eq!(read_as(&deep, Format::Ics, ReadOptions::default()).unwrap_err().kind(), ErrorKind::DamagedFile);
    }
}
