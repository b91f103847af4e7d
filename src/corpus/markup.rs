//! XML: which kind it is, and records of all kinds but the schedules of conferences: xCal, RSS, Atom, and any other XML with a list.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::documents::Record;
use super::notes::{NoteKind, Notes};
use super::{ReadOptions, calendar, json, lists, moments, rescue, schedule};
use crate::error::{Error, ErrorKind, Result};

/// Elements deeper than this are refused.
const DEPTH_MAX: usize = 100;

/// Elements that belong to the text around them, where texts hold HTML as it is.
const INLINE: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "td",
    "tr",
    "u",
    "ul",
];

/// Prefixes of elements that describe pictures, sounds and programs.
const PASSED_OVER: &[&str] = &["media", "itunes", "atom", "slash", "wfw", "thr", "georss", "feedburner"];

/// What of WordPress's export is read of an entry beside what any feed has; all else is settings, and other people's comments.
const OF_WORDPRESS: &[&str] = &["status", "post_type"];

/// Types of entries in that export that are no pages; so are all that begin with `wp_`.
const NO_PAGES: &[&str] = &["attachment", "custom_css", "customize_changeset", "nav_menu_item", "oembed_cache", "revision"];

/// The encoding that an XML file declares, where it is one that can be right.
pub fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(300)];
    let declaration = &start[..start.iter().position(|&byte| byte == b'>')?];
    let declaration = std::str::from_utf8(declaration).ok()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let name = value.split(['"', '\'']).nth(1)?;
    Encoding::for_label(name.as_bytes()).filter(|encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(encoding))
}

/// Reads the records of an XML file.
///
/// # Errors
/// `damaged-file` for what is no XML or has no list in it.
pub fn read(text: &str, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Record>> {
    if let Err(damage) = check(text) {
        return match rescue::xml(text, notes).filter(|rest| check(rest).is_ok()) {
            Some(rest) => read_sound(&rest, options, notes),
            None => Err(damage),
        };
    }
    read_sound(text, options, notes)
}

/// Whether a text is well-formed XML.
fn check(text: &str) -> Result<()> {
    let mut xml = Xml::new(text);
    while xml.event()?.is_some() {}
    Ok(())
}

fn read_sound(text: &str, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Record>> {
    let root = root(text)?;
    if root == "schedule" && options.records.is_none() {
        let records = schedule::read(text)?;
        if !records.is_empty() {
            return Ok(records);
        }
    }
    let tree = tree(text)?;
    if options.records.is_some() {
        return json::from_value(&tree, options, notes);
    }
    match root.to_ascii_lowercase().as_str() {
        "rss" => Ok(feed(lists::records_at(&tree, "rss.channel.item", notes)?, notes)),
        "rdf" => Ok(feed(lists::records_at(&tree, &format!("{root}.item"), notes)?, notes)),
        "feed" => Ok(feed(lists::records_at(&tree, "feed.entry", notes)?, notes)),
        "icalendar" => {
            let calendar = tree.get(&root).and_then(|calendar| calendar.get("vcalendar"));
            let path = match calendar.and_then(|calendar| calendar.get("components")) {
                Some(_) => "vcalendar.components.vevent",
                None => "vcalendar.vevent",
            };
            let records = lists::records_at(&tree, &format!("{root}.{path}"), notes)?;
            Ok(records.into_iter().map(event).collect())
        }
        _ => json::from_value(&tree, options, notes).map_err(|cause| {
            let what = format!(
                "the XML begins with <{root}> and holds no list of records that could be found: it may be a schedule (frab, pretalx), \
                 xCal, RSS, Atom, or have elements with titles; say where the records are by --records PATH"
            );
            Error::new(ErrorKind::DamagedFile, what).caused_by(cause)
        }),
    }
}

/// XML, event by event.
pub struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// Lines up to a byte.
    counted: (usize, usize),
}

impl<'a> Xml<'a> {
    /// Reads from the beginning.
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        // A bare `&` in a text is what its writer meant.
        reader.config_mut().allow_dangling_amp = true;
        Self { text, reader, depth: 0, counted: (0, 1) }
    }

    /// The next event; nothing at the end.
    ///
    /// # Errors
    /// `damaged-file` with the line.
    pub fn event(&mut self) -> Result<Option<Event<'a>>> {
        let damaged = |what: String| Error::new(ErrorKind::DamagedFile, what);
        match self.reader.read_event() {
            Ok(Event::Eof) if self.depth == 0 => Ok(None),
            Ok(Event::Eof) => Err(damaged("the XML is cut short: its last element is not closed".to_owned())),
            Ok(event) => {
                match event {
                    Event::Start(_) if self.depth == DEPTH_MAX => {
                        let line = self.line();
                        return Err(damaged(format!("the XML has more than {DEPTH_MAX} elements in each other at line {line}")));
                    }
                    Event::Start(_) => self.depth += 1,
                    Event::End(_) => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                Ok(Some(event))
            }
            Err(cause) => {
                let at = self.reader.error_position();
                let line = self.line_of(at);
                Err(damaged(format!("the file is not valid XML at line {line}")).caused_by(cause))
            }
        }
    }

    /// The line that was reached.
    pub fn line(&mut self) -> usize {
        let at = self.reader.buffer_position();
        self.line_of(at)
    }

    fn line_of(&mut self, position: u64) -> usize {
        let to = (position as usize).min(self.text.len());
        let (from, line) = self.counted;
        if to > from {
            let more = self.text.as_bytes()[from..to].iter().filter(|byte| **byte == b'\n').count();
            self.counted = (to, line + more);
        }
        self.counted.1
    }

    /// The text of an event; empty for one that is none.
    pub fn text(event: &Event) -> String {
        match event {
            Event::Text(part) => part.xml10_content().into_owned(),
            Event::CData(part) => part.xml10_content().into_owned(),
            Event::GeneralRef(reference) => resolved(reference),
            _ => String::new(),
        }
    }

    /// An attribute's value; nothing where it is empty.
    pub fn attribute(element: &BytesStart, name: &str) -> Option<String> {
        let value = element.try_get_attribute(name).ok().flatten()?;
        let value = value.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }
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

/// The name of the outermost element.
fn root(text: &str) -> Result<String> {
    let mut xml = Xml::new(text);
    while let Some(event) = xml.event()? {
        if let Event::Start(element) = event {
            return Ok(name(&element));
        }
    }
    Err(Error::new(ErrorKind::DamagedFile, "the file is no XML: it has no element"))
}

fn name(element: &BytesStart) -> String {
    element.local_name().into_inner().to_owned()
}

/// An element that is not closed yet.
#[derive(Default)]
struct Open {
    name: String,
    values: Map<String, Value>,
    text: String,
    /// Whether it only belongs to the text around it, or is passed over.
    is_inline: bool,
    is_passed_over: bool,
}

/// What a file holds, elements as keys: attributes and elements of one element are alike, elements of one name are a list, and an
/// element with nothing but text is that text.
fn tree(text: &str) -> Result<Value> {
    let mut xml = Xml::new(text);
    let mut open = vec![Open::default()];
    while let Some(event) = xml.event()? {
        match event {
            Event::Start(element) => {
                let name = name(&element);
                let prefix = element.name().prefix().map(|prefix| prefix.into_inner().to_owned()).unwrap_or_default();
                let is_inline = open.len() > 2 && INLINE.contains(&name.to_ascii_lowercase().as_str());
                let mut values = Map::new();
                if !is_inline {
                    let mut attributes = element.attributes();
                    let attributes = attributes.with_checks(false).flatten();
                    for attribute in attributes.filter(|attribute| attribute.key.as_namespace_binding().is_none()) {
                        let key = attribute.key.local_name().into_inner().to_owned();
                        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
                        values.extend(value.ok().map(|value| (key, value.trim().into())));
                    }
                }
                let is_setting = prefix == "wp" && !OF_WORDPRESS.contains(&name.as_str());
                let is_passed_over = is_setting || PASSED_OVER.contains(&prefix.as_str());
                open.push(Open { name, values, text: String::new(), is_inline, is_passed_over });
            }
            Event::End(_) => {
                let (Some(closed), Some(parent)) = (open.pop(), open.last_mut()) else { continue };
                close(closed, parent);
            }
            other => open.last_mut().into_iter().for_each(|open| open.text += &Xml::text(&other)),
        }
    }
    let mut tree = Value::Object(open.pop().map(|root| root.values).unwrap_or_default());
    alike::make_alike(&mut tree);
    Ok(tree)
}

/// Puts an element that ends into the one around it.
fn close(closed: Open, parent: &mut Open) {
    let Open { name, mut values, text, is_inline, is_passed_over } = closed;
    if is_passed_over {
        return;
    }
    if is_inline {
        let is_block = !super::clean::is_phrasing(&name.to_ascii_lowercase());
        if is_block {
            parent.text.push('\n');
        }
        parent.text += &text;
        if is_block {
            parent.text.push('\n');
        }
        return;
    }
    let text = text.trim();
    let value = match (values.is_empty(), text.is_empty()) {
        (true, true) => Value::Null,
        (true, false) => text.into(),
        (false, true) => Value::Object(values),
        (false, false) => {
            values.insert("#text".to_owned(), text.into());
            Value::Object(values)
        }
    };
    match parent.values.get_mut(&name) {
        Some(Value::Array(before)) => before.push(value),
        Some(before) => *before = vec![before.take(), value].into(),
        None => drop(parent.values.insert(name, value)),
    }
}

/// The entries of a feed under the usual names.
fn feed(mut records: Vec<Record>, notes: &mut Notes) -> Vec<Record> {
    records.retain_mut(|Record { values, place }| {
        let kind = values.shift_remove("post_type").and_then(|kind| kind.as_str().map(str::to_owned));
        let no_page = kind.filter(|kind| kind.starts_with("wp_") || NO_PAGES.contains(&kind.as_str()));
        no_page.iter().for_each(|kind| notes.add(NoteKind::CancelledRecord, &format!("post_type: {kind}"), place));
        no_page.is_none()
    });
    for Record { values, .. } in &mut records {
        values.entry("title").or_insert(Value::Null);
        for (from, to) in [
            ("category", "categories"),
            ("pubDate", "date"),
            ("published", "date"),
            ("updated", "date"),
            ("subject", "categories"),
        ] {
            if let Some(value) = values.shift_remove(from)
                && !values.contains_key(to)
            {
                values.insert(to.to_owned(), value);
            }
        }
        if let Some(date) = values.get_mut("date").filter(|date| date.is_string()) {
            *date = date.as_str().map(|date| moments::of_mail(date).unwrap_or_else(|| date.to_owned())).into();
        }
        if let Some(guid) = values.get_mut("guid").filter(|guid| guid.is_object()) {
            *guid = guid.get_mut("#text").map(Value::take).unwrap_or_default();
        }
        let guid = values.get("guid").filter(|guid| guid.as_str().is_some_and(|guid| guid.starts_with("http"))).cloned();
        let link = values.get_mut("link").map(|link| address(link.take())).filter(|link| !link.is_null());
        values.extend(link.or(guid).map(|link| ("link".to_owned(), link)));
        if let Some(author) = values.get_mut("author") {
            *author = without_address(author.take());
        }
    }
    records
}

/// The address among the links of an entry: the one of the page itself.
fn address(link: Value) -> Value {
    let href = |link: &Value| link.get("href").cloned();
    let is_page = |link: &&Value| link.is_string() || link.get("rel").is_none_or(|rel| rel == "alternate");
    match link {
        Value::Array(links) => {
            links.iter().find(is_page).or(links.first()).map(|link| href(link).unwrap_or_else(|| link.clone()))
        }
        Value::Object(_) => href(&link),
        other => Some(other),
    }
    .unwrap_or_default()
}

/// The name of `ana@example.org (Ana Silva)`, as RSS has it.
fn without_address(author: Value) -> Value {
    let name = author.as_str().and_then(|author| author.split_once(" (")).filter(|(address, _)| address.contains('@'));
    match name {
        Some((_, name)) => name.trim_end_matches(')').into(),
        None => author,
    }
}

/// The record of an event of xCal (RFC 6321, or as Pentabarf writes it).
fn event(record: Record) -> Record {
    let Record { mut values, place } = record;
    if let Some(Value::Object(properties)) = values.shift_remove("properties") {
        values = properties;
    }
    let mut properties = Vec::new();
    let mut people = Vec::new();
    for (name, value) in &values {
        let name = name.to_ascii_uppercase();
        for text in texts(value) {
            match name.as_str() {
                "ATTENDEE" if text.contains('@') => {}
                "ATTENDEE" => people.push(Value::from(text)),
                "URL" | "DTSTART" | "DTEND" | "DURATION" => properties.push((name.clone(), text)),
                // Calendars escape what XML does not.
                _ => properties.push((name.clone(), text.replace('\\', "\\\\").replace(',', "\\,"))),
            }
        }
    }
    let mut values = calendar::record(&properties);
    if !people.is_empty() {
        values.insert("speakers".to_owned(), people.into());
    }
    Record { values, place }
}

/// The texts of a property: of itself, or of the elements in it but for its parameters.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(object) => {
            object.iter().filter(|(key, _)| *key != "parameters").flat_map(|(_, value)| texts(value)).collect()
        }
        _ => Vec::new(),
    }
}

mod alike;

#[cfg(test)]
mod tests;
