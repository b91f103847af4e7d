//! Corpora: files of documents as people have them, read into [`Document`]s.
//!
//! ```text
//! bytes ─► decode ─► text ─► json, table, markup, schedule, calendar ─► records ─► documents ─► Documents
//!                              │ lists: where the records are            │ names: what a key means
//!                              │ references: ids into tables beside      │ values: objects to names; people, moments, rich
//!                              └──────────────► Notes ◄──────────────────┘ clean: HTML to text; withheld: what is not public
//! ```
//!
//! A record's id, title, address, text and people are found by the names that are usual for them, in several languages, or by
//! those that [`ReadOptions`] gives; everything else is kept as a field that hits show and filters use. One bad record costs
//! one record, and whatever is lost or assumed is said in [`Notes`].

mod address;
mod calendar;
mod clean;
mod decode;
mod documents;
mod hoist;
mod json;
mod lists;
mod markup;
mod moments;
mod names;
mod notes;
mod people;
mod programme;
mod references;
mod rescue;
mod rich;
mod rows;
mod schedule;
mod script;
mod table;
mod values;
mod withheld;

use std::path::Path;
use std::str::FromStr;

use self::address::Base;
pub use self::notes::{Note, NoteKind, Notes};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;

/// How a corpus file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON with one or several lists of objects anywhere in it; an array, or what an API or a tool for conferences gives.
    Json,
    /// JSON Lines: one object a line.
    Jsonl,
    /// A table with a header row, its cells separated by commas, semicolons, tabs or vertical bars.
    Csv,
    /// The schedule of a conference as frab, Pentabarf and pretalx write it, xCal, RSS, Atom, or other XML with a list in it.
    Xml,
    /// A calendar file (iCalendar).
    Ics,
}

/// What is read of a file, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// How the file is written; its name and its beginning tell where it is not given.
    pub format: Option<Format>,
    /// Which other columns or keys are kept; all when not given, but for e-mail addresses and telephone numbers.
    pub fields: Option<Vec<String>>,
    /// The column or key of the title.
    pub title: Option<String>,
    /// Those of the text, which are put one below the other.
    pub text: Vec<String>,
    /// That of the address.
    pub url: Option<String>,
    /// That of the id.
    pub id: Option<String>,
    /// Those of people, which become the field `speakers`.
    pub people: Vec<String>,
    /// Fields under other names: the new one, and the column or key.
    pub rename: Vec<(String, String)>,
    /// Where the records are in JSON or XML, such as `data.sessions` or `results[].contributions`.
    pub records: Option<String>,
    /// The language that is taken of texts in several, such as `de`; English, or the first, when not given.
    pub language: Option<String>,
    /// The folder that relative addresses begin in: `https://example.org/docs/` or `/docs/`.
    pub base: Option<String>,
    /// Whether records that are rejected, withdrawn or cancelled are read as well.
    pub cancelled: bool,
    /// Whether a fault in the file is an error instead of a note.
    pub strict: bool,
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corpus {
    /// The documents, in their order.
    pub documents: Vec<Document>,
    /// What is to be said of the reading.
    pub notes: Notes,
}

impl ReadOptions {
    /// The columns and keys that the options name.
    fn names(&self) -> impl Iterator<Item = &String> {
        let one = [&self.title, &self.url, &self.id].into_iter().flatten();
        one.chain(&self.text).chain(&self.people).chain(self.rename.iter().map(|(_, old)| old))
    }

    /// Whether a field is asked for by its name.
    fn keeps(&self, name: &str) -> bool {
        self.fields.iter().flatten().any(|field| field == name) || self.rename.iter().any(|(new, _)| new == name)
    }

    fn is_table(&self) -> bool {
        self.format == Some(Format::Csv)
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" | "geojson" | "js" => Ok(Self::Json),
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "csv" | "tsv" | "tab" => Ok(Self::Csv),
            "xml" | "xcal" | "rss" | "atom" | "rdf" => Ok(Self::Xml),
            "ics" | "ical" | "ifb" => Ok(Self::Ics),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("unknown corpus format {name:?}: give json, jsonl, csv, xml or ics"),
            )),
        }
    }
}

impl Format {
    /// The format that a file's name or its text suggests.
    ///
    /// # Errors
    /// `invalid-input` when they suggest none.
    pub fn guess(path: &Path, text: &str) -> Result<Self> {
        if let Some(format) = path.extension().and_then(|name| name.to_str()?.parse().ok()) {
            return Ok(format);
        }
        let start = text.trim_start();
        match start.chars().next() {
            Some('[' | '{') => Ok(Self::Json),
            Some('<') => Ok(Self::Xml),
            Some('B') if start.starts_with("BEGIN:VCALENDAR") => Ok(Self::Ics),
            _ if !start.contains('\0') && start.lines().next().is_some_and(|line| line.contains([',', ';', '\t', '|'])) => {
                Ok(Self::Csv)
            }
            _ => {
                let what =
                    "name it .json, .jsonl, .csv, .xml or .ics, or say which of these it is (--format, `format` in JavaScript)";
                Err(Error::new(ErrorKind::InvalidInput, format!("cannot tell the format of {}: {what}", path.display())))
            }
        }
    }
}

/// Reads the documents of a file; `name` is that of the file.
///
/// # Errors
/// `damaged-file` with the place where reading stopped, `missing-column` when no record has a title or what an option names,
/// `invalid-input` when the format cannot be told or nothing is where `records` says, `faulty-records` for a fault with `strict`.
pub fn read(bytes: &[u8], name: &Path, options: &ReadOptions) -> Result<Corpus> {
    refuse_packed(bytes)?;
    let mut notes = Notes::default();
    let of_xml = bytes.trim_ascii_start().starts_with(b"<?xml");
    let text = match markup::declared(bytes).filter(|_| of_xml) {
        Some(encoding) => decode::decode_as(encoding, bytes, &mut notes),
        None => decode::decode(bytes, &mut notes),
    };
    let format = options.format.map_or_else(|| Format::guess(name, &text), Ok)?;
    let options = ReadOptions { format: Some(format), ..options.clone() };
    let records = match format {
        Format::Json => json::read(&text, &options, &mut notes)?,
        Format::Jsonl => json::read_lines(&text, &mut notes)?,
        Format::Csv => table::read(&text, &options, &mut notes)?,
        Format::Xml if is_page(&text) => return Err(no_page()),
        Format::Xml => markup::read(&text, &options, &mut notes)?,
        Format::Ics => {
            // Its lines may break characters in two: it is decoded once they are joined.
            notes = Notes::default();
            calendar::read(bytes, &mut notes)?
        }
    };
    let mut documents = documents::documents(records, &options, &mut notes)?;
    if let Some(base) = &options.base {
        rebase(&mut documents, base)?;
    }
    if options.strict {
        notes.refuse_faults()?;
    }
    Ok(Corpus { documents, notes })
}

/// Makes the relative addresses of documents begin in a folder.
///
/// # Errors
/// `invalid-input` for what is no folder of a site.
pub fn rebase(documents: &mut [Document], base: &str) -> Result<()> {
    let base = Base::new(base)?;
    documents.iter_mut().filter_map(|document| document.url.as_mut()).for_each(|url| *url = base.join(url));
    Ok(())
}

/// Whether a text is a page of HTML; some programs give a table in one the name of a workbook.
fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take("<!doctype html".len()).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<table"].iter().any(|tag| start.starts_with(tag))
}

fn no_page() -> Error {
    let what = "the file is a page of HTML: open a table in it in your spreadsheet program and save it as CSV; pages of a site are read by `inkling site`";
    Error::new(ErrorKind::UnsupportedFormat, what)
}

/// How files begin that are compressed, or of which no reader is here, and what they are.
const PACKED: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "compressed by gzip"),
    (b"BZh91AY&SY", "compressed by bzip2"),
    (b"\xfd7zXZ\0", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7z)"),
    (b"%PDF-", "a PDF"),
];

/// Refuses files of spreadsheet programs, which hold more than one table, and what has to be unpacked first.
fn refuse_packed(bytes: &[u8]) -> Result<()> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let what =
            "the file is a workbook or an archive: save the table as CSV (UTF-8) in your spreadsheet program, and give that";
        return Err(Error::new(ErrorKind::UnsupportedFormat, what));
    }
    match PACKED.iter().find(|(start, _)| bytes.starts_with(start)) {
        Some((_, packed)) => {
            let what = format!("the file is {packed}: give the JSON, CSV, XML or calendar that is in it");
            Err(Error::new(ErrorKind::UnsupportedFormat, what))
        }
        None => Ok(()),
    }
}

/// What tests read.
#[cfg(test)]
mod reading {
    use super::*;

    /// The documents of a text and the sentences that are said of them.
    pub fn read_as(bytes: impl AsRef<[u8]>, format: Format, options: ReadOptions) -> Result<(Vec<Document>, Vec<String>)> {
        let options = ReadOptions { format: Some(format), ..options };
        let Corpus { documents, notes } = read(bytes.as_ref(), Path::new(""), &options)?;
        Ok((documents, notes.iter().map(Note::to_string).collect()))
    }

    /// The documents of a text of which nothing has to be said.
    pub fn documents(bytes: impl AsRef<[u8]>, format: Format) -> Vec<Document> {
        let (documents, notes) = read_as(bytes, format, ReadOptions::default()).unwrap();
        assert_eq!(notes, [""; 0]);
        documents
    }
}

#[cfg(test)]
mod tests;
