//! Corpora: files of documents as people have them, read into [`Document`]s.
//!
//! A record's `id`, `title`, `url` and text are found by the names that are usual for them (see [`TITLE_NAMES`] and so on); everything
//! else is kept as a field that hits show and filters use.

mod calendar;
mod json;
mod programme;
mod schedule;
mod table;

use std::path::Path;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;

/// How a corpus file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON array of objects, an object with one such array in it, or a programme as frab, pretalx and Sessionize export it.
    Json,
    /// JSON Lines: one object a line.
    Jsonl,
    /// Comma-separated values with a header row.
    Csv,
    /// The schedule of a conference as frab, Pentabarf and pretalx write it.
    Xml,
    /// A calendar file (iCalendar).
    Ics,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "json" => Ok(Self::Json),
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "xml" => Ok(Self::Xml),
            "ics" => Ok(Self::Ics),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("unknown corpus format {name:?}: give json, jsonl, csv, xml or ics"),
            )),
        }
    }
}

impl Format {
    /// The format that a file's name and first bytes suggest.
    ///
    /// # Errors
    /// `invalid-input` when they suggest none.
    pub fn guess(path: &Path, bytes: &[u8]) -> Result<Self> {
        if let Some(format) = path.extension().and_then(|name| name.to_str()?.to_ascii_lowercase().parse().ok()) {
            return Ok(format);
        }
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[') => Ok(Self::Json),
            Some(b'{') => Ok(Self::Jsonl),
            Some(b'<') => Ok(Self::Xml),
            Some(b'B') if bytes.trim_ascii_start().starts_with(b"BEGIN:VCALENDAR") => Ok(Self::Ics),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "cannot tell the format of {}: name it .json, .jsonl, .csv, .xml or .ics, or say which it is",
                    path.display()
                ),
            )),
        }
    }
}

/// Names of the id, of which the first that a record has is taken; a record without one is known by its number in the file, from 1.
pub const ID_NAMES: &[&str] = &["id", "_id", "slug", "code"];
/// Names of the title, likewise.
pub const TITLE_NAMES: &[&str] = &["title", "name"];
/// Names of the address, likewise.
pub const URL_NAMES: &[&str] = &["url", "link", "href"];
/// Names of the text. Where a record has several of these, they are put one below the other.
pub const TEXT_NAMES: &[&str] = &["abstract", "description", "text", "body", "content"];

/// Reads the documents of a corpus.
///
/// `fields` says which other names are kept; `None` keeps all.
///
/// # Errors
/// `damaged-file` with the place where reading stopped, `missing-column` when records have no title.
pub fn read(bytes: &[u8], format: Format, fields: Option<&[String]>) -> Result<Vec<Document>> {
    // Some editors put a byte order mark before the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let records = match format {
        Format::Json => json::read(bytes)?,
        Format::Jsonl => json::read_lines(bytes)?,
        Format::Csv => table::read(bytes)?,
        Format::Xml => schedule::read(bytes)?,
        Format::Ics => calendar::read(bytes)?,
    };
    let records = records.into_iter().enumerate();
    records.map(|(index, record)| document(record, index + 1, fields)).collect()
}

/// A record by name: the title and so on taken out, the rest kept as fields.
fn document(mut record: Map<String, Value>, number: usize, fields: Option<&[String]>) -> Result<Document> {
    let title = take(&mut record, TITLE_NAMES).ok_or_else(|| {
        Error::new(
            ErrorKind::MissingColumn,
            format!("record {number} has no title: name a column or key one of {}", TITLE_NAMES.join(", ")),
        )
    })?;
    let id = take(&mut record, ID_NAMES).unwrap_or_else(|| number.to_string());
    let url = take(&mut record, URL_NAMES).filter(|url| !url.is_empty());
    let mut texts: Vec<String> = Vec::new();
    for name in TEXT_NAMES {
        let text = take(&mut record, &[name]).unwrap_or_default().trim().to_owned();
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    record.retain(|name, value| fields.is_none_or(|fields| fields.contains(name)) && !value.is_null());
    Ok(Document { id, title: title.trim().to_owned(), url, text: texts.join("\n\n"), fields: record })
}

/// Takes the first of some names out of a record, as text; names count in any case.
fn take(record: &mut Map<String, Value>, names: &[&str]) -> Option<String> {
    let name = names.iter().find_map(|name| {
        let holds_text = |value: &Value| value.is_string() || value.is_number();
        record.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && holds_text(value)).map(|(key, _)| key.clone())
    })?;
    match record.shift_remove(&name)? {
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_what_is_neither_id_title_url_nor_text_as_fields() {
        let json = r#"[{"id": 7, "Title": " A ", "abstract": "x", "description": "y", "speakers": ["B", "C"], "room": null}]"#;
        let documents = read(json.as_bytes(), Format::Json, None).unwrap();
        let Document { id, title, url, text, fields } = &documents[0];
        assert_eq!((id.as_str(), title.as_str(), url, text.as_str()), ("7", "A", &None, "x\n\ny"));
        assert_eq!(Value::Object(fields.clone()), serde_json::json!({"speakers": ["B", "C"]}));
    }

    #[test]
    fn only_the_fields_asked_for_are_kept() {
        let csv = b"title,track,room\nA,Health,1\n";
        let documents = read(csv, Format::Csv, Some(&["track".to_owned()])).unwrap();
        assert_eq!(documents[0].id, "1");
        assert_eq!(Value::Object(documents[0].fields.clone()), serde_json::json!({"track": "Health"}));
    }

    #[test]
    fn a_csv_without_a_title_column_says_which_names_would_do() {
        let error = read(b"id,text\n1,x\n", Format::Csv, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingColumn);
        assert!(error.to_string().contains("title, name"), "{error}");
    }

    #[test]
    fn a_broken_line_is_named_by_its_number() {
        let error = read(b"{\"title\": \"A\"}\n\n{\"title\": ", Format::Jsonl, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DamagedFile);
        assert!(error.to_string().contains("line 3"), "{error}");
    }

    #[test]
    fn a_json_object_with_one_array_of_records_is_read() {
        let documents = read(br#"{"conference": "x", "sessions": [{"title": "A"}]}"#, Format::Json, None).unwrap();
        assert_eq!(documents.len(), 1);
    }

    #[test]
    fn a_csv_row_of_another_length_is_named_by_its_line() {
        let error = read(b"id,title\n1,A\n2\n", Format::Csv, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DamagedFile);
        assert!(error.to_string().contains("line: 3") || error.to_string().contains("line 3"), "{error}");
    }
}
