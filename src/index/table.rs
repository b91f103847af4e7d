//! What is known of every document without fetching it: its id, and the fields that filters, counts and sorting use.
//!
//! Kept in `lexical.safetensors` beside the word index, as one JSON text a column:
//!
//! | tensor | content |
//! |---|---|
//! | `documents.ids` | an array of strings |
//! | `documents.columns` | an object: field → `{"values": [distinct texts], "documents": […], "counts": […], "codes": […]}` |
//!
//! `documents` are the numbers of the documents that have the field, ascending; left out where they are all up to the last. `counts` say how
//! many values each of them has; left out where each has one. `values` come in the order of the field (`order`), and `codes` are indexes into them,
//! document by document. What a column takes
//! is in proportion to the values that documents have, not to the number of documents.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Number, Value};

use super::join::joined;
use super::order;
use super::preferences::{PREFERENCES, Preferences};
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;
use crate::index::sort::sort_by;
use crate::json;
use crate::number;

/// The names of the tensors.
const IDS: &str = "documents.ids";
const COLUMNS: &str = "documents.columns";

/// A field with more than this many bytes in one document is text to read, not a value to filter by.
const VALUE_BYTES_MAX: usize = 200;

/// Ids and field values of all documents, by document number.
#[derive(Debug, Clone, Default)]
pub struct Table {
    ids: Vec<String>,
    /// By name, in ascending order.
    columns: Vec<(String, Column)>,
    /// What the site's owner prefers.
    pub preferences: Preferences,
}

/// One field: the texts it has, and which of them each document has that has any.
#[derive(Debug, Clone, Default)]
struct Column {
    /// In the order of the field, but for those that were added since.
    values: Vec<String>,
    /// Numbers of documents, ascending.
    documents: Vec<u32>,
    /// Where the codes of each of them end.
    ends: Vec<u32>,
    codes: Vec<u32>,
    /// The code of each value, once one is added.
    index: HashMap<String, u32>,
    /// The document that each value was met in last.
    met: Vec<u32>,
}

/// A column as it is saved.
#[derive(Serialize)]
struct Saved<'a> {
    values: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<&'a [u32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Vec<u32>>,
    codes: &'a [u32],
}

/// The same as it is read.
#[derive(miniserde::Deserialize)]
struct Read {
    values: Vec<String>,
    documents: Option<Vec<u32>>,
    counts: Option<Vec<u32>>,
    codes: Vec<u32>,
}

/// Which values a field must have: one of those listed, for every field listed, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Lists the values of a field, in place of those that were listed.
    pub fn insert(&mut self, field: String, values: Vec<String>) {
        match self.0.binary_search_by(|(other, _)| other.cmp(&field)) {
            Ok(at) => self.0[at].1 = values,
            Err(at) => self.0.insert(at, (field, values)),
        }
    }

    /// Lists one more value of a field.
    pub fn add(&mut self, field: &str, value: String) {
        match self.0.iter_mut().find(|(other, _)| other == field) {
            Some((_, values)) => values.push(value),
            None => self.insert(field.to_owned(), vec![value]),
        }
    }

    /// Whether no field is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields with the values that are listed.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.0.iter().map(|(field, values)| (field, values))
    }
}

impl FromIterator<(String, Vec<String>)> for Filters {
    fn from_iter<I: IntoIterator<Item = (String, Vec<String>)>>(listed: I) -> Self {
        let mut filters = Self::default();
        listed.into_iter().for_each(|(field, values)| filters.insert(field, values));
        filters
    }
}

/// How often each value of a field occurs, most frequent first, equals in the order of the alphabet.
pub type Counts = Vec<(String, usize)>;

impl Table {
    /// Adds a document; its number is the next. [`Self::arrange`] must follow the last.
    pub fn push(&mut self, document: &Document) {
        let number = self.ids.len() as u32;
        self.ids.push(document.id.clone());
        self.preferences.push(number, document);
        for (name, value) in &document.fields {
            let texts = texts(value);
            if !texts.is_empty() && texts.iter().all(|text| text.len() <= VALUE_BYTES_MAX) {
                let place = self.columns.binary_search_by(|(other, _)| other.cmp(name)).unwrap_or_else(|place| {
                    self.columns.insert(place, (name.clone(), Column::default()));
                    place
                });
                self.columns[place].1.push(number, texts);
            }
        }
    }

    /// Puts the values of each field in their order, after documents were added: their codes are then what documents are ordered by.
    pub fn arrange(&mut self) {
        self.columns.iter_mut().for_each(|(_, column)| column.arrange());
    }

    /// Reads the tensors of `lexical.safetensors` by name.
    ///
    /// # Errors
    /// `damaged-file` when one is missing or contradicts the other.
    pub fn open<'a>(tensor: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self> {
        Self::parse(tensor).map_err(|what| {
            let what = format!("the index's table of documents is damaged ({what}): build the index again");
            Error::new(ErrorKind::DamagedFile, what)
        })
    }

    /// What is read, or what is wrong.
    fn parse<'a>(tensor: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, &'static str> {
        let part = |name: &str| tensor(name).ok_or("a part is missing");
        let ids: Vec<String> = json::read(part(IDS)?).ok_or("not JSON")?;
        let json::Named(saved) = json::read(part(COLUMNS)?).ok_or("not JSON")?;
        let columns = saved.into_iter().map(|(name, saved)| Some((name, Column::open(saved, ids.len())?)));
        let columns: Option<Vec<(String, Column)>> = columns.collect();
        let columns = columns.filter(|columns| columns.is_sorted_by(|(a, _), (b, _)| a < b));
        let columns = columns.ok_or("its columns contradict each other")?;
        let preferences = tensor(PREFERENCES).map(|text| Preferences::open(text, ids.len()));
        let preferences = preferences.map(|read| read.ok_or("its preferences name no document"));
        Ok(Self { ids, columns, preferences: preferences.transpose()?.unwrap_or_default() })
    }

    /// The tensors to write, by name.
    pub fn save(&self) -> Vec<(String, Vec<u8>)> {
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("a table is plain data");
        let columns: BTreeMap<&str, Saved> = self.columns.iter().map(|(name, column)| (name.as_str(), column.save())).collect();
        let ids = (IDS.to_owned(), json(serde_json::to_vec(&self.ids)));
        let columns = (COLUMNS.to_owned(), json(serde_json::to_vec(&columns)));
        let preferences = self.preferences.save().map(|text| (PREFERENCES.to_owned(), text));
        [ids, columns].into_iter().chain(preferences).collect()
    }

    /// The fields with their different values, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column.values.as_slice()))
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn column(&self, field: &str) -> Option<&Column> {
        let place = self.columns.binary_search_by(|(name, _)| name.as_str().cmp(field)).ok()?;
        Some(&self.columns[place].1)
    }

    /// The id of a document.
    pub fn id(&self, document: u32) -> &str {
        &self.ids[document as usize]
    }

    /// The texts that a document has in a field.
    pub fn values(&self, document: u32, field: &str) -> impl Iterator<Item = &str> {
        let column = self.column(field);
        column.into_iter().flat_map(move |column| column.of(document).iter().map(|&code| column.values[code as usize].as_str()))
    }

    /// Whether a document has one of the listed values in every listed field, `except` in one.
    pub fn passes(&self, document: u32, filters: &Filters, except: Option<&str>) -> bool {
        let listed = filters.iter().filter(|(field, _)| Some(field.as_str()) != except);
        listed
            .into_iter()
            .all(|(field, wanted)| self.values(document, field).any(|value| wanted.iter().any(|want| want == value)))
    }

    /// Refuses a field that no document has.
    ///
    /// # Errors
    /// `invalid-input`, naming the fields there are.
    pub fn check_field(&self, field: &str) -> Result<()> {
        if self.column(field).is_some() {
            return Ok(());
        }
        let known = joined(self.fields().map(|(name, _)| name), ", ");
        Err(Error::new(ErrorKind::InvalidInput, format!("the index has no field {field:?}: it has {known}")))
    }

    /// The field that an order names, and whether it is descending: `-year` for the largest first.
    ///
    /// # Errors
    /// `invalid-input` for a field that no document has.
    pub fn check_order<'a>(&self, order: &'a str) -> Result<(&'a str, bool)> {
        match order.strip_prefix('-').filter(|_| self.column(order).is_none()) {
            Some(field) => self.check_field(field).map(|()| (field, true)),
            None => self.check_field(order).map(|()| (order, false)),
        }
    }

    /// The place of each document's first value in a field among all values of it; none where it has none.
    pub fn places(&self, field: &str) -> impl Fn(u32) -> Option<u32> {
        let column = self.column(field);
        move |document| column?.of(document).first().copied()
    }

    /// How many of some documents have each value of a field.
    pub fn count(&self, field: &str, documents: impl IntoIterator<Item = u32>) -> Counts {
        let Some(column) = self.column(field) else { return Vec::new() };
        let mut counts = vec![0; column.values.len()];
        for document in documents {
            column.of(document).iter().for_each(|&code| counts[code as usize] += 1);
        }
        let mut counts: Counts = column.values.iter().cloned().zip(counts).filter(|&(_, count)| count > 0).collect();
        sort_by(&mut counts, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }
}

impl Column {
    /// Adds a document behind those there are, with the distinct ones among some texts.
    fn push(&mut self, document: u32, texts: Vec<String>) {
        if self.index.len() < self.values.len() {
            self.index = self.values.iter().cloned().zip(0..).collect();
            self.met = vec![u32::MAX; self.values.len()];
        }
        for text in texts {
            let next = self.values.len() as u32;
            let code = match self.index.get(&text) {
                Some(&code) if self.met[code as usize] == document => continue,
                Some(&code) => code,
                None => {
                    self.values.push(text.clone());
                    self.index.insert(text, next);
                    self.met.push(document);
                    next
                }
            };
            self.met[code as usize] = document;
            self.codes.push(code);
        }
        self.documents.push(document);
        self.ends.push(self.codes.len() as u32);
    }

    fn arrange(&mut self) {
        let places = order::places(&self.values);
        if places.is_sorted() {
            return;
        }
        let mut values = vec![String::new(); places.len()];
        places.iter().zip(std::mem::take(&mut self.values)).for_each(|(&place, value)| values[place as usize] = value);
        self.codes.iter_mut().for_each(|code| *code = places[*code as usize]);
        (self.values, self.index) = (values, HashMap::new());
    }

    /// The codes of a document's values; none where it has no such field.
    fn of(&self, document: u32) -> &[u32] {
        // No document stands further back than its number: where all have the field, it stands right there.
        let most = self.documents.len().min(document as usize + 1);
        let Some(&last) = self.documents[..most].last() else { return &[] };
        let found = if last == document { Ok(most - 1) } else { self.documents[..most].binary_search(&document) };
        let Ok(at) = found else { return &[] };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.codes[start as usize..self.ends[at] as usize]
    }

    fn open(saved: Read, documents: usize) -> Option<Self> {
        let Read { values, documents: listed, counts, codes } = saved;
        let rows = counts.as_ref().map_or(codes.len(), Vec::len);
        let listed = listed.unwrap_or_else(|| (0..rows as u32).collect());
        let ascending = listed.is_sorted_by(|a, b| a < b) && listed.last().is_none_or(|&last| (last as usize) < documents);
        let mut ends: Vec<u32> = counts.unwrap_or_else(|| vec![1; rows]);
        let mut sum = 0u32;
        for end in &mut ends {
            sum = sum.checked_add(*end)?;
            *end = sum;
        }
        let known = codes.iter().all(|&code| (code as usize) < values.len());
        if !ascending || listed.len() != rows || sum as usize != codes.len() || !known {
            return None;
        }
        Some(Self { values, documents: listed, ends, codes, ..Self::default() })
    }

    fn save(&self) -> Saved<'_> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let counts: Vec<u32> = self.ends.iter().zip(starts).map(|(end, start)| end - start).collect();
        let is_all = self.documents.last().is_some_and(|&last| last as usize + 1 == self.documents.len());
        Saved {
            values: &self.values,
            documents: (!is_all).then_some(&self.documents),
            counts: counts.iter().any(|&count| count != 1).then_some(counts),
            codes: &self.codes,
        }
    }
}

/// The texts of a field's value: one, or one for each entry of a list.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Number(value) => vec![number_text(value)],
        Value::Bool(value) => vec![value.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// A number as JSON has it.
fn number_text(value: &Number) -> String {
    match (value.as_u64(), value.as_i64()) {
        (Some(whole), _) => whole.to_string(),
        (_, Some(whole)) => whole.to_string(),
        _ => number::text_of(value.as_f64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        for (id, fields) in [
            ("a", serde_json::json!({"day": "Monday", "speakers": ["Ada", "Bo"]})),
            ("b", serde_json::json!({"day": "Tuesday", "speakers": ["Bo"], "year": 2027})),
            ("c", serde_json::json!({"day": "Monday"})),
        ] {
            let fields = fields.as_object().unwrap().clone();
            table.push(&Document { id: id.into(), fields, ..Document::default() });
        }
        table.arrange();
        table
    }

    #[test]
    fn a_filter_wants_one_listed_value_in_every_listed_field() {
        let table = table();
        let pass = |filters: &[(&str, &[&str])]| -> Vec<u32> {
            let filters =
                filters.iter().map(|(field, values)| (field.to_string(), values.iter().map(|v| v.to_string()).collect()));
            let filters: Filters = filters.collect();
            (0..3).filter(|&document| table.passes(document, &filters, None)).collect()
        };
        assert_eq!(pass(&[]), [0, 1, 2]);
        assert_eq!(pass(&[("day", &["Monday"])]), [0, 2]);
        assert_eq!(pass(&[("day", &["Monday", "Tuesday"]), ("speakers", &["Bo"])]), [0, 1]);
        assert_eq!(pass(&[("year", &["2027"])]), [1]);
        assert!(pass(&[("day", &[])]).is_empty());
        assert!(pass(&[("room", &["x"])]).is_empty());
    }

    #[test]
    fn values_are_counted_most_frequent_first() {
        assert_eq!(table().count("speakers", 0..3), [("Bo".to_owned(), 2), ("Ada".to_owned(), 1)]);
        assert_eq!(table().count("day", [1]), [("Tuesday".to_owned(), 1)]);
    }

    #[test]
    fn columns_that_contradict_themselves_are_refused() {
        for column in [
            r#"{"values": ["a"], "codes": [1]}"#,
            r#"{"values": ["a"], "codes": [0, 0]}"#,
            r#"{"values": ["a"], "documents": [0, 0], "codes": [0, 0]}"#,
            r#"{"values": ["a"], "documents": [1], "codes": [0]}"#,
            r#"{"values": ["a"], "documents": [0], "counts": [2], "codes": [0]}"#,
            r#"{"values": ["a"], "documents": [0], "counts": [4294967295, 2], "codes": [0]}"#,
            r#"{"values": ["a"], "documents": [], "codes": [0]}"#,
        ] {
            let columns = format!(r#"{{"day": {column}}}"#);
            let get = |name: &str| Some(if name == IDS { br#"["x"]"#.as_slice() } else { columns.as_bytes() });
            assert_eq!(Table::open(get).err().map(|error| error.kind()), Some(ErrorKind::DamagedFile), "{column}");
        }
    }

    #[test]
    fn a_column_takes_what_its_values_take_however_many_documents_lack_it() {
        let mut table = Table::default();
        for number in 0..2_000 {
            let fields = serde_json::json!({"all": "x", (format!("own{number}")): ["y", "y", "z"]}).as_object().unwrap().clone();
            table.push(&Document { id: number.to_string(), fields, ..Document::default() });
        }
        let bytes: usize = table.save().iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes < 2_000 * 100, "{bytes} bytes");
        assert_eq!(table.values(7, "own7").collect::<Vec<_>>(), ["y", "z"]);
        assert_eq!(table.values(8, "own7").count() + table.values(0, "own7").count(), 0);
        assert_eq!(table.count("all", 0..2_000), [("x".to_owned(), 2_000)]);
    }

    #[test]
    fn a_value_that_a_document_has_twice_counts_once() {
        let mut table = Table::default();
        for id in ["a", "b"] {
            let fields = serde_json::json!({"tags": ["x", "y", "x"]}).as_object().unwrap().clone();
            table.push(&Document { id: id.into(), fields, ..Document::default() });
        }
        assert_eq!(table.count("tags", 0..2), [("x".to_owned(), 2), ("y".to_owned(), 2)]);
    }

    #[test]
    fn an_order_is_ascending_or_descending_and_of_a_field_that_is_there() {
        let table = table();
        assert_eq!(table.check_order("day").unwrap(), ("day", false));
        assert_eq!(table.check_order("-year").unwrap(), ("year", true));
        assert!(table.check_order("-room").unwrap_err().to_string().contains(r#"no field "room""#));
        let place = table.places("speakers");
        assert_eq!([place(0), place(1), place(2)], [Some(0), Some(1), None]);
    }

    #[test]
    fn what_is_saved_is_opened_again() {
        let saved = table().save();
        let get = |name: &str| saved.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice());
        let opened = Table::open(get).unwrap();
        assert_eq!(opened.save(), saved);
        for (document, field) in (0..3).flat_map(|document| ["day", "speakers", "year", "room"].map(|field| (document, field))) {
            let values = |table: &Table| -> Vec<String> { table.values(document, field).map(str::to_owned).collect() };
            assert_eq!(values(&opened), values(&table()), "{field} of {document}");
        }
        assert_eq!(Table::open(|_| None).err().unwrap().kind(), ErrorKind::DamagedFile);
        assert_eq!(Table::open(|_| Some(b"{}")).err().unwrap().kind(), ErrorKind::DamagedFile);
    }
}
