//! What is known of every document without fetching it: its id, and the fields that filters, counts and sorting use.
//!
//! Kept in `lexical.safetensors` beside the word index, as one JSON text a column:
//!
//! | tensor | content |
//! |---|---|
//! | `documents.ids` | an array of strings |
//! | `documents.columns` | an object: field → `{"values": [distinct texts], "documents": [[indexes into values] a document]}` |

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;
use crate::index::sort::sort_by;

/// The names of the tensors.
const IDS: &str = "documents.ids";
const COLUMNS: &str = "documents.columns";

/// A field with more than this many bytes in one document is text to read, not a value to filter by.
const VALUE_BYTES_MAX: usize = 200;

/// Ids and field values of all documents, by document number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    ids: Vec<String>,
    columns: BTreeMap<String, Column>,
}

/// One field: the texts it has, and which of them each document has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Column {
    values: Vec<String>,
    documents: Vec<Vec<u32>>,
    #[serde(skip)]
    index: HashMap<String, u32>,
}

/// Which values a field must have: one of those listed, for every field listed.
pub type Filters = BTreeMap<String, Vec<String>>;

/// How often each value of a field occurs, most frequent first, equals in the order of the alphabet.
pub type Counts = Vec<(String, usize)>;

impl Table {
    /// Adds a document; its number is the next.
    pub fn push(&mut self, document: &Document) {
        let number = self.ids.len();
        self.ids.push(document.id.clone());
        for (name, value) in &document.fields {
            let texts = texts(value);
            if !texts.is_empty() && texts.iter().all(|text| text.len() <= VALUE_BYTES_MAX) {
                self.columns.entry(name.clone()).or_default().set(number, &texts);
            }
        }
        self.columns.values_mut().for_each(|column| column.documents.resize(number + 1, Vec::new()));
    }

    /// Reads the tensors of `lexical.safetensors` by name.
    ///
    /// # Errors
    /// `damaged-file` when one is missing or contradicts the other.
    pub fn open<'a>(tensor: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self> {
        let damaged = |what: &str| {
            Error::new(
                ErrorKind::DamagedFile,
                format!("the index's table of documents is damaged ({what}): build the index again"),
            )
        };
        let json = |name: &str| tensor(name).ok_or_else(|| damaged("a part is missing"));
        let unreadable = |cause| damaged("not JSON").caused_by(cause);
        let ids: Vec<String> = serde_json::from_slice(json(IDS)?).map_err(unreadable)?;
        let mut columns: BTreeMap<String, Column> = serde_json::from_slice(json(COLUMNS)?).map_err(unreadable)?;
        for column in columns.values_mut() {
            let all_known = column.documents.iter().flatten().all(|&value| (value as usize) < column.values.len());
            if !all_known || column.documents.len() != ids.len() {
                return Err(damaged("its columns contradict each other"));
            }
            column.index = (0..).zip(&column.values).map(|(index, value)| (value.clone(), index)).collect();
        }
        Ok(Self { ids, columns })
    }

    /// The tensors to write, by name.
    pub fn save(&self) -> Vec<(String, Vec<u8>)> {
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("a table is plain data");
        vec![(IDS.to_owned(), json(serde_json::to_vec(&self.ids))), (COLUMNS.to_owned(), json(serde_json::to_vec(&self.columns)))]
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id of a document.
    pub fn id(&self, document: u32) -> &str {
        &self.ids[document as usize]
    }

    /// The texts that a document has in a field.
    pub fn values(&self, document: u32, field: &str) -> impl Iterator<Item = &str> {
        let column = self.columns.get(field);
        column.into_iter().flat_map(move |column| {
            column.documents[document as usize].iter().map(|&value| column.values[value as usize].as_str())
        })
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
        if self.columns.contains_key(field) {
            return Ok(());
        }
        let known: Vec<&str> = self.columns.keys().map(String::as_str).collect();
        Err(Error::new(ErrorKind::InvalidInput, format!("the index has no field {field:?}: it has {}", known.join(", "))))
    }

    /// How many of some documents have each value of a field.
    pub fn count(&self, field: &str, documents: impl IntoIterator<Item = u32>) -> Counts {
        let Some(column) = self.columns.get(field) else { return Vec::new() };
        let mut counts = vec![0; column.values.len()];
        for document in documents {
            column.documents[document as usize].iter().for_each(|&value| counts[value as usize] += 1);
        }
        let mut counts: Counts = column.values.iter().cloned().zip(counts).filter(|&(_, count)| count > 0).collect();
        sort_by(&mut counts, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }
}

impl Column {
    fn set(&mut self, document: usize, texts: &[String]) {
        self.documents.resize(document + 1, Vec::new());
        for text in texts {
            let next = self.values.len() as u32;
            let value = *self.index.entry(text.clone()).or_insert(next);
            if value == next {
                self.values.push(text.clone());
            }
            if !self.documents[document].contains(&value) {
                self.documents[document].push(value);
            }
        }
    }
}

/// The texts of a field's value: one, or one for each entry of a list.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Number(_) | Value::Bool(_) => vec![value.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
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
    fn what_is_saved_is_opened_again() {
        let saved = table().save();
        let get = |name: &str| saved.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice());
        assert_eq!(Table::open(get).unwrap(), table());
        assert_eq!(Table::open(|_| None).unwrap_err().kind(), ErrorKind::DamagedFile);
        assert_eq!(Table::open(|_| Some(b"{}")).unwrap_err().kind(), ErrorKind::DamagedFile);
    }
}
