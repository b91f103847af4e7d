//! JSON and JSON Lines.

use serde_json::{Map, Value};

use super::programme;
use crate::error::{Error, ErrorKind, Result};

/// Reads an array of objects, the one array of objects that an object holds, or the programme of a conference.
pub fn read(bytes: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let json: Value = serde_json::from_slice(bytes)
        .map_err(|cause| Error::new(ErrorKind::DamagedFile, "the corpus is not valid JSON").caused_by(cause))?;
    let is_records = |value: &Value| value.as_array().is_some_and(|array| array.iter().all(Value::is_object));
    let records = match json {
        Value::Array(records) => records,
        Value::Object(object) if programme::is_one(&object) => return Ok(programme::read(&object)),
        Value::Object(object) => {
            let mut arrays = object.into_iter().map(|(_, value)| value).filter(is_records);
            match (arrays.next(), arrays.next()) {
                (Some(Value::Array(records)), None) => records,
                _ => return Err(wrong_shape()),
            }
        }
        _ => return Err(wrong_shape()),
    };
    records.into_iter().map(record).collect()
}

/// Reads one object a line; empty lines are passed over.
pub fn read_lines(bytes: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let lines = bytes.split(|&byte| byte == b'\n').enumerate();
    let filled = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    filled
        .map(|(index, line)| {
            let failed = |cause| {
                Error::new(ErrorKind::DamagedFile, format!("line {} of the corpus is not a JSON object", index + 1))
                    .caused_by(cause)
            };
            serde_json::from_slice(line).map_err(failed)
        })
        .collect()
}

fn record(value: Value) -> Result<Map<String, Value>> {
    match value {
        Value::Object(record) => Ok(record),
        _ => Err(wrong_shape()),
    }
}

fn wrong_shape() -> Error {
    Error::new(ErrorKind::DamagedFile, "a JSON corpus must be an array of objects, or an object that holds one such array")
}
