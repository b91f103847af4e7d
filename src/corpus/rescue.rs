//! What can be read of a file that is damaged in the middle or cut short: one bad record costs one record.

use std::collections::HashMap;
use std::ops::Range;

use quick_xml::events::Event;
use serde_json::{Map, Value};

use super::markup::Xml;
use super::notes::{NoteKind, Notes};

/// The elements that are records in the XML of programmes, feeds and exports.
const RECORDS: &[&str] = &[
    "event",
    "item",
    "entry",
    "vevent",
    "session",
    "talk",
    "contribution",
    "presentation",
    "paper",
    "article",
    "document",
    "record",
    "row",
];

/// The records of a JSON text that is not valid as a whole, as one list: the objects that are, and that begin with the key with which
/// most of them do. Nothing where there are fewer than two of them, whole or not.
pub fn json(text: &str, notes: &mut Notes) -> Option<Value> {
    let mut found: Vec<(Range<usize>, Map<String, Value>)> = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('{').map(|at| from + at) {
        let mut objects = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Map<String, Value>>();
        from = at + 1;
        if let Some(Ok(object)) = objects.next() {
            from = at + objects.byte_offset();
            found.push((at..from, object));
        }
    }
    let key = commonest(found.iter().filter_map(|(_, object)| object.keys().next().map(String::as_str)))?.to_owned();
    found.retain(|(_, object)| object.keys().next() == Some(&key));
    let (mut end, mut lost) = (0, Vec::new());
    let ends = found.iter().map(|(range, _)| range.clone()).chain(std::iter::once(text.len()..text.len()));
    for range in ends {
        lost.extend(beginnings(&text[end..range.start], &key).map(|at| end + at));
        end = range.end;
    }
    if found.len() + lost.len() < 2 {
        return None;
    }
    say(text, &lost, "no valid JSON", notes);
    Some(found.into_iter().map(|(_, object)| Value::Object(object)).collect())
}

/// Words of other languages than JSON for what it writes otherwise.
const WORDS: &[(&str, &str)] = &[
    ("NaN", "null"),
    ("Infinity", "null"),
    ("-Infinity", "null"),
    ("undefined", "null"),
    ("None", "null"),
    ("True", "true"),
    ("False", "false"),
];

/// A JSON text without what programs of other languages may have in theirs: commas behind the last of several, remarks, `NaN` and `None`;
/// nothing where it has none of these.
pub fn mended(text: &str) -> Option<String> {
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        let remark = [("//", "\n"), ("/*", "*/")].iter().find(|(begin, _)| rest.starts_with(begin));
        let length = match first {
            '"' => text_end(rest),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ if remark.is_some() => remark.map_or(0, |(_, end)| rest[2..].find(end).map_or(rest.len(), |at| at + 2 + end.len())),
            _ => first.len_utf8(),
        };
        let piece = &rest[..length];
        if matches!(first, ']' | '}') && kept.trim_end().ends_with(',') {
            kept.truncate(kept.trim_end().len() - 1);
        }
        match WORDS.iter().find(|(word, _)| *word == piece) {
            Some((_, word)) => kept += word,
            None if remark.is_some() => {}
            None => kept += piece,
        }
        at += length;
    }
    (kept != text).then_some(kept)
}

/// Where a text in quotes ends that another text begins with.
fn text_end(rest: &str) -> usize {
    let mut is_escaped = true;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(rest.len(), |at| at + 1)
}

fn commonest<'a>(keys: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, key) in keys.enumerate() {
        counts.entry(key).or_insert((0, at)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, (count, first))| (*count, std::cmp::Reverse(*first))).map(|(key, _)| key)
}

/// Where objects begin that have a key first.
fn beginnings<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices('{').map(|(at, _)| at).filter(move |at| {
        let rest = text[at + 1..].trim_start().strip_prefix('"').and_then(|rest| rest.strip_prefix(key));
        rest.is_some_and(|rest| rest.starts_with('"'))
    })
}

/// Notes the records that begin at these places as lost.
fn say(text: &str, lost: &[usize], why: &str, notes: &mut Notes) {
    if let Some(first) = lost.first() {
        let line = text[..*first].matches('\n').count() + 1;
        notes.add_many(NoteKind::UnreadableRecord, why, lost.len(), &format!("line {line}"));
    }
}

/// An XML text without the records that are not well-formed, its open elements closed. Nothing where no record can be told.
pub fn xml(text: &str, notes: &mut Notes) -> Option<String> {
    let spans = RECORDS.iter().map(|name| spans(text, name)).find(|spans| spans.len() >= 2)?;
    let (mut rest, mut end, mut lost) = (String::with_capacity(text.len()), 0, Vec::new());
    for span in &spans {
        rest += &text[end..span.start];
        if is_sound(&text[span.clone()]) {
            rest += &text[span.clone()];
        } else {
            lost.push(span.start);
        }
        end = span.end;
    }
    rest += &text[end..];
    say(text, &lost, "no well-formed XML", notes);
    (lost.len() < spans.len()).then(|| closed(rest))
}

/// The elements of a name, none in another of its name; one that is not closed reaches to the next, or to the end.
fn spans(text: &str, name: &str) -> Vec<Range<usize>> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let is_whole = |at: &usize| text[at + open.len()..].starts_with([' ', '>', '\t', '\n', '\r']);
    let starts: Vec<usize> = text.match_indices(&open).map(|(at, _)| at).filter(is_whole).collect();
    let nexts = starts.iter().skip(1).copied().chain(std::iter::once(text.len()));
    let span = |(&start, next): (&usize, usize)| {
        let end = text[start..next].find(&close).map_or(next, |at| start + at + close.len());
        start..end
    };
    starts.iter().zip(nexts).map(span).collect()
}

fn is_sound(text: &str) -> bool {
    let mut xml = Xml::new(text);
    loop {
        match xml.event() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// A text with an end for every element that has none.
fn closed(mut text: String) -> String {
    let mut open = Vec::new();
    let mut xml = Xml::new(&text);
    while let Ok(Some(event)) = xml.event() {
        match event {
            Event::Start(element) => open.push(element.name().into_inner().to_owned()),
            Event::End(_) => drop(open.pop()),
            _ => {}
        }
    }
    while let Some(name) = open.pop() {
        text += &format!("</{name}>");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(notes: &Notes) -> Vec<String> {
        notes.iter().map(|note| format!("{} {}", note.count, note.first)).collect()
    }

    #[test]
    fn one_bad_record_in_json_costs_that_record() {
        let good = |id: u8| format!(r#"{{"id": {id}, "title": "T{id}", "room": {{"name": "R"}}}}"#);
        for bad in
            [r#"{"id": 2, "title": "a "quoted" word"}"#, r#"{"id": 2 "title": "T"}"#, "{\"id\": 2, \"title\": \"tab\nand line\"}"]
        {
            let mut notes = Notes::default();
            let text = format!("{{\"sessions\": [\n{},\n{bad},\n{}]}}", good(1), good(3));
            let read = json(&text, &mut notes).unwrap();
            let ids: Vec<_> = read.as_array().unwrap().iter().map(|record| record["id"].as_i64().unwrap()).collect();
            assert_eq!((ids, lost(&notes)), (vec![1, 3], vec!["1 line 3".to_owned()]), "{bad}");
        }
        let mut notes = Notes::default();
        let cut = format!("[{},\n{},\n{{\"id\": 3, \"tit", good(1), good(2));
        assert_eq!(json(&cut, &mut notes).unwrap().as_array().unwrap().len(), 2);
        assert_eq!(lost(&notes), ["1 line 3"]);
        assert_eq!(json("{\"a\": [1, 2", &mut notes), None);
        let (mut notes, cut) = (Notes::default(), format!("[{},\n{{\"id\": 2, \"tit", good(1)));
        assert_eq!(json(&cut, &mut notes).unwrap().as_array().unwrap().len(), 1);
        assert_eq!(lost(&notes), ["1 line 2"]);
        assert_eq!(json(r#"{"title": "A", "room": {"name": "R"}, "text": "cut"#, &mut notes), None);
    }

    #[test]
    fn what_other_languages_have_in_their_json_is_mended_and_texts_stay() {
        let text = r#"[{"a": "x,]", "b": ["\",}", 1 , ] , },]"#;
        assert_eq!(mended(text).unwrap(), r#"[{"a": "x,]", "b": ["\",}", 1 ] }]"#);
        let text =
            "[ // all\n{\"a\": NaN, \"b\": [None, -Infinity], /* no */ \"c\": True, \"d\": \"NaN // \\\\\", \"e\": -1.5e+3}]";
        assert_eq!(
            mended(text).unwrap(),
            "[ {\"a\": null, \"b\": [null, null],  \"c\": true, \"d\": \"NaN // \\\\\", \"e\": -1.5e+3}]"
        );
        assert_eq!(mended(r#"[1, "a,]", null]"#), None);
        assert_eq!(mended("[1, /* x"), Some("[1, ".to_owned()));
    }

    #[test]
    fn one_bad_record_in_xml_costs_that_record() {
        let text = "<schedule><day><event id='1'><title>A</title></event>\n<event id='2'><title>B</event>\n\
                    <event id='3'><title>C</title></event>\n<event id='4'><tit";
        let mut notes = Notes::default();
        let read = xml(text, &mut notes).unwrap();
        assert!(is_sound(&read) && read.contains("'1'") && !read.contains("'2'") && read.contains("'3'"), "{read}");
        assert_eq!(lost(&notes), ["2 line 2"]);
        assert_eq!(xml("<a><b></a>", &mut notes), None);
    }

    #[test]
    fn what_opens_again_and_again_is_read_in_time() {
        let mut notes = Notes::default();
        assert_eq!(json(&r#"{"a":["#.repeat(100_000), &mut notes), None);
        assert_eq!(json(&"{".repeat(500_000), &mut notes), None);
        assert!(xml(&"<event><a>".repeat(50_000), &mut notes).is_none());
    }
}
