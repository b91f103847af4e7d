//! Tables: comma-separated values, and what spreadsheets of all countries write under that name.
//!
//! What separates the cells, where the header is, and where a quotation mark was forgotten is found out from the text.

use std::collections::HashSet;

use csv::StringRecord;
use serde_json::{Map, Value};

use super::ReadOptions;
use super::documents::Record;
use super::names::{Meaning, is_same, meaning};
use super::notes::{NoteKind, Notes};
use crate::error::{Error, ErrorKind, Result};

/// What separates cells, with names for people; an earlier one wins where two explain a table as well.
const SEPARATORS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

/// So many bytes and rows show how a table is written.
const LOOKED_AT: usize = 256 * 1024;
const ROWS_LOOKED_AT: usize = 200;

/// The header is one of so many first rows.
const HEADER_WITHIN: usize = 30;

/// Reads a table with a header row.
///
/// # Errors
/// `damaged-file` where the text cannot be taken for a table.
pub fn read(text: &str, options: &ReadOptions, notes: &mut Notes) -> Result<Vec<Record>> {
    if text.contains('\0') {
        let what = "the corpus is no text, and so no CSV file: save the table as CSV";
        return Err(Error::new(ErrorKind::DamagedFile, what));
    }
    let layout = Layout::of(text, options);
    if layout.separator != b',' {
        let known = SEPARATORS.iter().find(|(separator, _)| *separator == layout.separator);
        notes.say(NoteKind::Separator, known.map_or("what the first line says", |(_, name)| name));
    }
    let mut rows = Rows { text, separator: layout.separator, at: layout.start, line: 1 + lines(&text[..layout.start]) };
    let before: Vec<Row> = (0..layout.header).filter_map(|_| rows.next(None)).collect();
    if let Some(first) = before.iter().find(|row| !row.is_empty()) {
        let filled = before.iter().filter(|row| !row.is_empty()).count();
        notes.add_many(NoteKind::LeadingLines, "", filled, &format!("line {}", first.line));
    }
    let Some(header) = rows.next(None) else { return Ok(Vec::new()) };
    let columns = Columns::of(&header.cells);
    let mut records = Vec::new();
    while let Some(row) = rows.next(Some(columns.names.len())) {
        if row.is_empty() || row.cells == header.cells {
            continue;
        }
        let place = format!("line {}", row.line);
        if row.has_lone_quote {
            notes.add(NoteKind::RaggedRow, "a quotation mark without its other half", &place);
        }
        records.push(Record { values: columns.values(&row, layout.separator, &place, notes), place });
    }
    Ok(records)
}

/// The columns of a table.
struct Columns {
    /// None is empty, and no two are the same.
    names: Vec<String>,
}

impl Columns {
    fn of(header: &StringRecord) -> Self {
        let mut names: Vec<String> = Vec::with_capacity(header.len());
        let mut seen = HashSet::new();
        for (number, cell) in (1..).zip(header) {
            let name = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            let name = if name.is_empty() { format!("column {number}") } else { name };
            let is_new = seen.insert(name.clone());
            names.push(if is_new { name } else { format!("{name} ({number})") });
        }
        Self { names }
    }

    /// The values of a row by the names of their columns; empty cells are null, so that it is known that they are there.
    fn values(&self, row: &Row, separator: u8, place: &str, notes: &mut Notes) -> Map<String, Value> {
        let width = self.names.len();
        let mut cells: Vec<String> = row.cells.iter().map(|cell| cell.trim().to_owned()).collect();
        while cells.len() > width && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() < width && !row.has_lone_quote {
            notes.add(NoteKind::RaggedRow, "fewer cells than the header: the others were taken as empty", place);
        }
        if cells.len() > width {
            notes.add(NoteKind::RaggedRow, "more cells than the header: those at the end were put into the last column", place);
            let separator = if separator == b'\t' { " ".to_owned() } else { format!("{} ", char::from(separator)) };
            let last = cells.split_off(width - 1);
            cells.push(last.join(&separator));
        }
        cells.resize(width, String::new());
        let values = cells.into_iter().map(|cell| if cell.is_empty() { Value::Null } else { cell.into() });
        self.names.iter().cloned().zip(values).collect()
    }
}

/// How a table is written.
struct Layout {
    separator: u8,
    /// Where the table begins, in bytes: behind a line such as `sep=;`.
    start: usize,
    /// How many rows come before the header.
    header: usize,
}

impl Layout {
    fn of(text: &str, options: &ReadOptions) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let told = first.trim().to_ascii_lowercase().strip_prefix("sep=").map(|rest| rest.bytes().next().unwrap_or(b'\t'));
        if let Some(separator) = told.filter(u8::is_ascii) {
            let start = (first.len() + 1).min(text.len());
            return Self { separator, start, header: header(&sample(&text[start..], separator), options).0 };
        }
        let mut best: Option<(f64, Self)> = None;
        for (separator, _) in SEPARATORS {
            let rows = sample(text, separator);
            let (header, is_sure) = header(&rows, options);
            let width = rows.get(header).map_or(0, StringRecord::len);
            let below = &rows[rows.len().min(header)..];
            let same = below.iter().filter(|row| row.len() == width).count() as f64 / below.len().max(1) as f64;
            // A column more is worth little: a table of texts has many commas, but not the same number in each row.
            let score = if width < 2 { 0.0 } else { same + f64::from(u8::from(is_sure)) + 0.01 * (width as f64).ln() };
            if best.as_ref().is_none_or(|(before, _)| score > *before) {
                best = Some((score, Self { separator, start: 0, header }));
            }
        }
        best.map_or(Self { separator: b',', start: 0, header: 0 }, |(_, layout)| layout)
    }
}

/// The first rows of a table; the last of them may be cut where the text is long.
fn sample(text: &str, separator: u8) -> Vec<StringRecord> {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut rows = Rows { text: &text[..end], separator, at: 0, line: 1 };
    let mut sample: Vec<StringRecord> =
        std::iter::from_fn(|| rows.next(None)).map(|row| row.cells).take(ROWS_LOOKED_AT).collect();
    if end < text.len() && sample.len() > 1 {
        sample.pop();
    }
    sample
}

/// Which of the first rows is the header, and whether its names show it.
fn header(rows: &[StringRecord], options: &ReadOptions) -> (usize, bool) {
    let filled = |row: &StringRecord| row.iter().filter(|cell| !cell.trim().is_empty()).count();
    let first = &rows[..rows.len().min(HEADER_WITHIN)];
    let is_named = |row: &StringRecord| match &options.title {
        Some(name) => row.iter().any(|cell| is_same(cell.trim(), name)),
        None => row.iter().any(|cell| matches!(meaning(cell.trim()), Meaning::Title(_))),
    };
    let widest = first.iter().map(filled).max().unwrap_or(0);
    if let Some(named) = first.iter().position(|row| is_named(row) && filled(row) >= widest.min(2)) {
        return (named, true);
    }
    // The widest row from which on most are as wide.
    let header = first.iter().position(|row| filled(row) == widest).unwrap_or(0);
    (if filled(first.first().unwrap_or(&StringRecord::new())) >= 2 { 0 } else { header }, false)
}

/// One row.
struct Row {
    cells: StringRecord,
    line: usize,
    has_lone_quote: bool,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// The rows of a text, one after the other.
struct Rows<'a> {
    text: &'a str,
    separator: u8,
    /// Where the next row begins: its byte and its line.
    at: usize,
    line: usize,
}

impl Rows<'_> {
    /// The next row. Where its width is known, a row that has swallowed those below it, because a quotation mark was
    /// forgotten, ends with its line.
    fn next(&mut self, width: Option<usize>) -> Option<Row> {
        let rest = &self.text[self.at..];
        let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
        let (rest, at, line) = (&rest[blank..], self.at + blank, self.line + lines(&rest[..blank]));
        let (mut cells, mut length) = parse(rest, self.separator, true)?;
        let mut has_lone_quote = false;
        if width.is_some_and(|width| has_swallowed(&rest[..length], self.separator, &cells, width)) {
            length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let (bare, _) = parse(&rest[..length], self.separator, false)?;
            cells = bare.iter().map(|cell| cell.trim().trim_matches('"')).collect();
            has_lone_quote = true;
        }
        self.at = at + length;
        self.line = line + lines(&rest[..length]);
        Some(Row { cells, line, has_lone_quote })
    }
}

/// The first row of a text and its length in bytes; nothing at the end.
fn parse(text: &str, separator: u8, quoting: bool) -> Option<(StringRecord, usize)> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(separator).quoting(quoting).flexible(true).has_headers(false).buffer_capacity(4096);
    let mut reader = builder.from_reader(text.as_bytes());
    let mut cells = StringRecord::new();
    // The text is UTF-8, and rows may have any width: there is nothing that could fail.
    let is_there = reader.read_record(&mut cells).unwrap_or(false);
    is_there.then(|| (cells, reader.position().byte() as usize))
}

/// Whether a row of several lines is several rows, joined by a quotation mark that is not closed where it should be.
fn has_swallowed(raw: &str, separator: u8, cells: &StringRecord, width: usize) -> bool {
    let mut below = raw.trim_end().lines().skip(1).peekable();
    if below.peek().is_none() || (cells.len() == width && is_quoted_well(raw.trim_end(), separator)) {
        return false;
    }
    let (mut rows, mut all) = (0, 0);
    for line in below.filter(|line| !line.trim().is_empty()).take(ROWS_LOOKED_AT) {
        all += 1;
        rows += usize::from(parse(line, separator, true).is_some_and(|(cells, _)| cells.len() == width));
    }
    rows * 2 >= all && rows > 0
}

/// Whether each quotation mark that opens a cell is closed before a separator or the end.
fn is_quoted_well(row: &str, separator: u8) -> bool {
    let mut rest = row.as_bytes();
    while let [first, ..] = rest {
        if *first == b'"' {
            rest = &rest[1..];
            loop {
                let Some(at) = rest.iter().position(|&byte| byte == b'"') else { return false };
                rest = &rest[at + 1..];
                match rest.first() {
                    Some(b'"') => rest = &rest[1..],
                    None => return true,
                    Some(next) if *next == separator || matches!(next, b'\r' | b'\n') => break,
                    Some(_) => return false,
                }
            }
        }
        let Some(at) = rest.iter().position(|byte| *byte == separator) else { return true };
        rest = &rest[at + 1..];
    }
    true
}

fn lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::corpus::reading::read_as;
    use crate::corpus::{Format, ReadOptions};
    use crate::index::document::Document;

    fn read(text: impl AsRef<[u8]>) -> (Vec<Document>, Vec<String>) {
        read_as(text, Format::Csv, ReadOptions::default()).unwrap()
    }

    fn titles(documents: &[Document]) -> Vec<&str> {
        documents.iter().map(|document| document.title.as_str()).collect()
    }

    #[test]
    fn the_separator_is_found_out_and_said() {
        let rows = [
            ["Titel", "Raum", "Text"],
            ["Rosen, Dornen; mehr", "Saal 1", "Wir zählen,\nund wiegen; täglich | oft"],
            ["Bäume", "", "x"],
        ];
        for (separator, name) in [(',', ""), (';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")] {
            let row = |row: &[&str; 3]| row.map(|cell| format!("\"{cell}\"")).join(&separator.to_string());
            let table = rows.iter().map(row).collect::<Vec<_>>().join("\r\n");
            let (documents, notes) = read(&table);
            assert_eq!(titles(&documents), ["Rosen, Dornen; mehr", "Bäume"], "{name}");
            assert_eq!(documents[0].text, "Wir zählen,\nund wiegen; täglich | oft");
            assert_eq!(documents[0].fields["room"], "Saal 1");
            let expected = if name.is_empty() { vec![] } else { vec![format!("the cells of the table are separated by {name}")] };
            assert_eq!(notes, expected);
        }
        let (documents, _) = read("sep=;\ntitle;text\nA, b and c;x, y\n");
        assert_eq!(titles(&documents), ["A, b and c"]);
    }

    #[test]
    fn encodings_of_spreadsheets_are_found_out_and_said() {
        let table = "Titel;Raum\nÄpfel für Anfänger;Großer Saal\nÜber Bäume;Gewächshaus\n";
        let of_windows = encoding_rs::WINDOWS_1252.encode(table).0.into_owned();
        let (documents, notes) = read(of_windows);
        assert_eq!(titles(&documents), ["Äpfel für Anfänger", "Über Bäume"]);
        assert_eq!(notes[0], "the file is not UTF-8 and was read as windows-1252");
        let of_excel: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(table.replace(';', "\t").encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (documents, notes) = read(of_excel);
        assert_eq!(titles(&documents), ["Äpfel für Anfänger", "Über Bäume"]);
        assert_eq!(notes, ["the file is not UTF-8 and was read as UTF-16LE", "the cells of the table are separated by tabs"]);
        let japanese = "タイトル,部屋\n庭の手入れについて,大ホール\n薔薇と土の話,小ホール\n";
        let (documents, notes) = read(&encoding_rs::SHIFT_JIS.encode(japanese).0);
        assert_eq!(titles(&documents), ["庭の手入れについて", "薔薇と土の話"]);
        assert_eq!(notes, ["the file is not UTF-8 and was read as Shift_JIS"]);
    }

    #[test]
    fn lines_of_advice_before_the_header_are_passed_over_and_counted() {
        let table = "Export of the garden meeting;;\nDo not change the columns, please;;\n;;\nTitle;Room;Text\nRoses;Lawn;x\n";
        let (documents, notes) = read(table);
        assert_eq!(titles(&documents), ["Roses"]);
        assert_eq!(documents[0].fields["room"], "Lawn");
        assert_eq!(notes[1], "2 lines before the header of the table were passed over: the first is line 1");
    }

    #[test]
    fn rows_of_another_length_are_read_and_said_with_their_line() {
        let (documents, notes) = read("id,title,text\n1,A,x\n2,B\n3,C,one, two\n4,D,y,,\n\n5,E,z\n");
        assert_eq!(titles(&documents), ["A", "B", "C", "D", "E"]);
        assert_eq!(documents[2].text, "one, two");
        assert_eq!(
            notes,
            [
                "1 row has fewer cells than the header: the others were taken as empty: line 3",
                "1 row has more cells than the header: those at the end were put into the last column: line 4",
            ]
        );
    }

    #[test]
    fn a_forgotten_quotation_mark_costs_one_row() {
        for lone in ["2,\"B,open", "2,\"B\" and,more\",open", "2,\"B,\"open"] {
            let table = format!("id,title,text\n1,A,x\n{lone}\n3,C,\"y, \"\"z\"\"\"\n4,D,w\n");
            let (documents, notes) = read(&table);
            let found = titles(&documents);
            assert_eq!((found[0], &found[found.len() - 2..]), ("A", &["C", "D"][..]), "{lone}: {notes:?}");
            assert_eq!(documents.last().unwrap().text, "w");
            assert!(notes.iter().all(|note| note.ends_with("line 3")) && !notes.is_empty(), "{notes:?}");
        }
        let (documents, notes) = read("title,text\nA,\"one\ntwo\"\nB,\"with \"\"quotes\"\"\nand lines, too\"\n");
        assert_eq!((titles(&documents), notes.len()), (vec!["A", "B"], 0));
    }

    #[test]
    fn columns_without_a_name_or_with_the_same_one_are_kept_apart() {
        let (documents, _) = read("title,,Tag,Tag\nA,x,one,two\n");
        let fields = serde_json::Value::Object(documents[0].fields.clone());
        assert_eq!(fields, json!({"column 2": "x", "Tag": "one", "Tag (4)": "two"}));
    }
}
