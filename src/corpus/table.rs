//! Comma-separated values.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// Reads a table with a header row; empty cells are left out.
pub fn read(bytes: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let failed = |cause: csv::Error| Error::new(ErrorKind::DamagedFile, "the corpus is not a valid CSV file").caused_by(cause);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
    let header = reader.headers().map_err(failed)?.clone();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let cells = header.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        records.push(cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect());
    }
    Ok(records)
}
