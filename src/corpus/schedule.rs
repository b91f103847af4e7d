//! Programmes of conferences: the schedule XML that frab, Pentabarf and pretalx write.
//!
//! `schedule > day > room > event`, in an event one element a value, and `persons > person`. Texts may be plain or HTML.

use quick_xml::Reader;
use quick_xml::escape::{resolve_html5_entity, resolve_predefined_entity, unescape_with};
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// Elements of an event that become a field, in the order in which hits show them.
const FIELDS: [&str; 8] = ["speakers", "track", "type", "day", "start", "duration", "room", "language"];

/// Elements of an event that make its text, one below the other.
const TEXTS: [&str; 3] = ["subtitle", "abstract", "description"];

/// HTML elements that begin a line of their own.
const BLOCKS: [&str; 12] = ["p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote"];

/// Reads the events of a schedule.
pub fn read(bytes: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let damaged = |what: String| Error::new(ErrorKind::DamagedFile, what);
    let text = std::str::from_utf8(bytes)
        .map_err(|cause| damaged("the schedule is not UTF-8: save it in that encoding".to_owned()).caused_by(cause))?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut schedule = Schedule::default();
    loop {
        let line = |position: u64| text.as_bytes()[..position as usize].iter().filter(|&&byte| byte == b'\n').count() + 1;
        match reader.read_event() {
            Ok(Event::Start(element)) => schedule.open(&element),
            Ok(Event::End(_)) => schedule.close(),
            Ok(Event::Text(part)) => schedule.text += &part.xml10_content(),
            Ok(Event::CData(part)) => schedule.text += &part.xml10_content(),
            Ok(Event::GeneralRef(reference)) => schedule.text += &resolved(&reference),
            Ok(Event::Eof) if schedule.path.is_empty() => break,
            Ok(Event::Eof) => return Err(damaged("the schedule is cut short: its last element is not closed".to_owned())),
            Ok(_) => {}
            Err(cause) => {
                let line = line(reader.error_position().min(text.len() as u64));
                return Err(damaged(format!("the schedule is not valid XML at line {line}")).caused_by(cause));
            }
        }
    }
    if !schedule.is_one {
        return Err(damaged("the XML is not the schedule of a conference: its first element must be <schedule>".to_owned()));
    }
    Ok(schedule.records)
}

/// What has been read so far.
#[derive(Default)]
struct Schedule {
    /// Whether the outermost element is the right one.
    is_one: bool,
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
    records: Vec<Map<String, Value>>,
}

impl Schedule {
    fn open(&mut self, element: &BytesStart) {
        let name = element.local_name().into_inner().to_ascii_lowercase();
        let attribute = |name: &str| {
            let value = element.try_get_attribute(name).ok().flatten()?;
            let value = value.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        match (self.event_depth, name.as_str()) {
            (None, "schedule") if self.path.is_empty() => self.is_one = true,
            (None, "day") => self.day = attribute("date").unwrap_or_default(),
            (None, "room") => self.room = attribute("name").unwrap_or_default(),
            (None, "event") => {
                self.event_depth = Some(self.path.len());
                self.values = Map::new();
                self.values.extend(attribute("id").or_else(|| attribute("guid")).map(|id| ("id".to_owned(), id.into())));
            }
            // Texts of some systems hold HTML elements as they are: those stay in the text of the value around them.
            (Some(depth), _) if self.path.len() == depth + 1 || name == "person" => self.text.clear(),
            _ if BLOCKS.contains(&name.as_str()) => self.text.push('\n'),
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
        self.records.push(record(values, speakers, &self.day, &self.room));
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
    let texts = TEXTS.iter().filter_map(|&name| values.get(name)?.as_str()).map(plain).filter(|text| !text.is_empty());
    let mut texts: Vec<String> = texts.collect();
    texts.dedup();
    let mut record = Map::new();
    for name in ["id", "title", "url"].iter().chain(&FIELDS) {
        record.extend(values.shift_remove(*name).map(|value| ((*name).to_owned(), value)));
    }
    record.insert("text".to_owned(), texts.join("\n\n").into());
    record
}

/// The text of `&…;`; one that only a DTD could explain stays as it stands.
fn resolved(reference: &BytesRef) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => {
            let name = reference.xml10_content();
            resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
        }
    }
}

/// The text of what may be HTML: without its tags, a line for each block; any other text as it is.
pub fn plain(text: &str) -> String {
    let is_html = ["</", "<br", "<p>"].iter().any(|sign| text.contains(sign));
    let text = if is_html { without_tags(text) } else { text.to_owned() };
    let lines = text.lines().map(str::trim_end).skip_while(|line| line.is_empty());
    let mut plain = String::new();
    for line in lines {
        // Of several empty lines one is left.
        if !(line.is_empty() && plain.ends_with("\n\n")) {
            plain += line.trim_start_matches(char::is_whitespace);
            plain.push('\n');
        }
    }
    plain.trim().to_owned()
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text += &rest[..at];
        rest = &rest[at..];
        let begins_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let Some(end) = rest.find('>') else { break };
        if begins_tag {
            let name: String = rest[1..end].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            if BLOCKS.contains(&name.to_ascii_lowercase().as_str()) {
                text.push('\n');
            }
            rest = &rest[end + 1..];
        } else {
            text.push('<');
            rest = &rest[1..];
        }
    }
    with_characters(&(text + rest))
}

/// Replaces `&amp;`, `&nbsp;`, `&#228;` and so on by their characters; what is none of them stays.
fn with_characters(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        text += &rest[..at];
        rest = &rest[at..];
        let name = rest[1..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
        let length = if rest[1 + name..].starts_with(';') { name + 2 } else { 1 };
        match unescape_with(&rest[..length], resolve_html5_entity) {
            Ok(character) => text += &character.replace('\u{a0}', " "),
            Err(_) => text += &rest[..length],
        }
        rest = &rest[length..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{self, Format};

    fn events(xml: &str) -> Vec<crate::index::document::Document> {
        corpus::read(xml.as_bytes(), Format::Xml, None).unwrap()
    }

    #[test]
    fn an_event_of_a_schedule_becomes_a_document_with_its_people_and_place() {
        let documents = events(include_str!("../../tests/data/schedule.xml"));
        assert_eq!(documents.len(), 4);
        let first = &documents[0];
        assert_eq!((first.id.as_str(), first.title.as_str()), ("101", "Roses & other data"));
        assert_eq!(first.url.as_deref(), Some("https://example.org/talk/101"));
        assert_eq!(first.text, "What gardeners count\n\nWe count petals.\nAnd thorns: 3 < 4 – each day.");
        let fields = serde_json::json!({
            "speakers": ["Ada Lind", "Bo Ek"], "track": "Gardens", "type": "lecture", "day": "2031-05-01",
            "start": "2031-05-01T09:30:00+02:00", "duration": "00:30", "room": "Glass house", "language": "en",
        });
        assert_eq!(Value::Object(first.fields.clone()), fields);
        let names: Vec<&String> = first.fields.keys().collect();
        assert_eq!(names, FIELDS);
    }

    #[test]
    fn an_older_schedule_without_moments_or_ids_is_read_as_well() {
        let documents = events(include_str!("../../tests/data/schedule.xml"));
        let older = &documents[3];
        assert_eq!((older.id.as_str(), older.fields["start"].as_str()), ("guid-4", Some("23:15")));
        assert_eq!(older.fields["day"], "2031-05-02");
        assert!(!older.fields.contains_key("speakers"));
        assert_eq!(older.text, "A text\nwith elements in it & a name.");
    }

    #[test]
    fn characters_are_read_and_what_looks_like_html_but_is_not_stays() {
        assert_eq!(plain("a < b && c <d@example.org>"), "a < b && c <d@example.org>");
        assert_eq!(
            plain("<p>R&D, M&uuml;ller &amp; S&#246;hne;&nbsp;&nope;</p><p>x < y</p>"),
            "R&D, Müller & Söhne; &nope;\n\nx < y"
        );
        assert_eq!(plain("</p>cut <a href="), "cut <a href=");
    }

    #[test]
    fn xml_that_is_broken_cut_or_something_else_is_refused_in_words() {
        let refused = |xml: &[u8]| corpus::read(xml, Format::Xml, None).unwrap_err();
        for (xml, expected) in [
            (&b"<schedule><day>"[..], "cut short"),
            (b"<schedule>\n</day>", "line 2"),
            (b"<rss></rss>", "<schedule>"),
            (b"", "<schedule>"),
            (b"<schedule>\xff</schedule>", "UTF-8"),
        ] {
            let error = refused(xml);
            assert_eq!(error.kind(), ErrorKind::DamagedFile);
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = refused(b"<schedule><event id='1'></event></schedule>");
        assert_eq!(error.kind(), ErrorKind::MissingColumn);
    }

    #[test]
    fn a_document_type_with_entities_that_multiply_stays_small() {
        let xml = r#"<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
            <schedule><event id="1"><title>x &b;</title></event></schedule>"#;
        assert_eq!(events(xml)[0].title, "x &b;");
    }
}
