//! SQL for PostgreSQL with pgvector: <https://github.com/pgvector/pgvector>
//!
//! Statements, not `COPY ... FROM stdin`: any client can run them, psql or a driver.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{BATCH_BYTES, BATCH_ROWS, Row, Shape, Sink, filters, json};
use crate::error::{Error, ErrorKind, Result};
use crate::files::OutFile;

/// Longest identifier in bytes: PostgreSQL cuts longer ones off, which would make two tables one.
const NAME_MAX: usize = 63;

/// A file of SQL.
pub struct Pgvector {
    file: OutFile,
    /// The table, quoted.
    table: String,
    /// Rows, as SQL, that are not yet written.
    batch: Vec<String>,
}

impl Pgvector {
    pub fn create(path: &Path, shape: &Shape) -> Result<Self> {
        let table = identifier(shape.name)?;
        let mut file = OutFile::create(path)?;
        file.put(head(&table, shape))?;
        Ok(Self { file, table, batch: Vec::new() })
    }

    fn flush(&mut self) -> Result<()> {
        if !self.batch.is_empty() {
            self.file.put(format!("INSERT INTO {} VALUES\n{};\n", self.table, self.batch.join(",\n")))?;
            self.batch.clear();
        }
        Ok(())
    }
}

impl Sink for Pgvector {
    fn row(&mut self, row: &Row) -> Result<()> {
        let row = values(row)?;
        let bytes = row.len() + self.batch.iter().map(String::len).sum::<usize>();
        if self.batch.len() == BATCH_ROWS || bytes > BATCH_BYTES {
            self.flush()?;
        }
        self.batch.push(row);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<String>> {
        self.flush()?;
        self.file.put(tail(&self.table))?;
        Ok(vec![self.file.finish()?])
    }
}

/// What comes before the rows. All is one transaction, so that a table that exists already is left as it is.
fn head(table: &str, shape: &Shape) -> String {
    let (dim, model) = (shape.dim, &shape.manifest.model);
    let comment = literal(&format!("inkling: vectors of model {}, family {}", model.id, model.family));
    format!(
        r#"-- Passages of an Inkling index, for PostgreSQL with pgvector. Load it into a database:
--   psql --set ON_ERROR_STOP=1 --file THIS_FILE DATABASE
-- Drop the table first if it is there from an earlier export.
BEGIN;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE {table} (
  id text PRIMARY KEY,        -- DOCUMENT#PASSAGE
  document_id text NOT NULL,
  passage integer NOT NULL,   -- its number within the document, from 0
  title text NOT NULL,
  url text,
  text text NOT NULL,
  "start" integer NOT NULL,   -- its place in the document's text, in UTF-16 units
  "end" integer NOT NULL,
  fields jsonb NOT NULL,
  filters text[] NOT NULL,    -- FIELD=VALUE, what searches are filtered by
  embedding vector({dim}) NOT NULL
);
COMMENT ON TABLE {table} IS {comment};
"#
    )
}

/// What comes after the rows.
fn tail(table: &str) -> String {
    format!(
        r#"CREATE INDEX ON {table} USING gin (filters);
COMMIT;
-- Without another index a query is compared with every row, which is exact. Above some 100,000 rows this one is faster, at
-- the price of a few rows missed; it takes vectors of up to 2000 numbers. It looks at 40 rows a query unless
-- hnsw.iterative_scan is strict_order, so set that, too, for filters and for long lists of hits.
-- CREATE INDEX ON {table} USING hnsw (embedding vector_ip_ops);
ANALYZE {table};
"#
    )
}

/// One row, in the order of the table's columns.
fn values(row: &Row) -> Result<String> {
    let mut vector = String::with_capacity(row.vector.len() * 13);
    for x in &row.vector {
        // The shortest decimal that reads back as the same f32.
        let separator = if vector.is_empty() { '[' } else { ',' };
        write!(vector, "{separator}{x}").expect("a string takes everything");
    }
    let filters: Vec<String> = filters(row.fields).iter().map(|pair| literal(pair)).collect();
    Ok(format!(
        "({}, {}, {}, {}, {}, {}, {}, {}, {}, ARRAY[{}]::text[], '{vector}]')",
        literal(&row.id),
        literal(row.document_id),
        row.passage,
        literal(row.title),
        row.url.map_or("NULL".to_owned(), literal),
        literal(row.text),
        row.start,
        row.end,
        literal(&json(&without_nul(&Value::Object(row.fields.clone())))?),
        filters.join(", "),
    ))
}

/// A text as a string of SQL, under `standard_conforming_strings`. PostgreSQL's texts cannot hold NUL: it becomes U+FFFD.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', "\u{fffd}"))
}

/// The same value with U+FFFD for every NUL, in keys, too: jsonb refuses it as well, even as an escape.
fn without_nul(value: &Value) -> Value {
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(values) => Value::Array(values.iter().map(without_nul).collect()),
        Value::Object(fields) => fields.iter().map(|(key, value)| (clean(key), without_nul(value))).collect(),
        other => other.clone(),
    }
}

/// A name as an identifier of SQL, which keeps its case.
fn identifier(name: &str) -> Result<String> {
    if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{name:?} cannot be a table: take 1 to {NAME_MAX} bytes without control characters"),
        ));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_whatever_they_hold() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"\'; DROP TABLE x; --"), r"'\''; DROP TABLE x; --'");
        assert_eq!(literal("a\nb\0c"), "'a\nb\u{fffd}c'");
    }

    #[test]
    fn names_are_quoted_and_impossible_ones_are_refused() {
        assert_eq!(identifier(r#"My "table""#).unwrap(), r#""My ""table""""#);
        for name in ["", "a\0b", "a\nb", &"x".repeat(64)] {
            assert_eq!(identifier(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name:?}");
        }
    }

    #[test]
    fn json_has_no_nul_in_keys_or_values() {
        let value = serde_json::json!({"a\0": ["x\0", {"b": "\0"}], "n": 1});
        assert_eq!(without_nul(&value), serde_json::json!({"a\u{fffd}": ["x\u{fffd}", {"b": "\u{fffd}"}], "n": 1}));
    }
}
