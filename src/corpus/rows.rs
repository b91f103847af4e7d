//! Tables that are written as JSON: rows below a header, rows beside their columns, or a list for each column.

use serde_json::{Map, Value};

use super::names::{Meaning, meaning};

/// Keys of the columns and of the rows of a table.
const COLUMNS: &[&str] = &["columns", "cols", "headers", "header", "fields"];
const ROWS: &[&str] = &["rows", "data", "values", "records"];

/// A table as a list of objects: the file itself, or one that lies in it. Nothing where there is none with a title.
pub fn as_objects(json: &Value) -> Option<Value> {
    let Value::Object(object) = json else { return below_header(json) };
    let found = beside_columns(object).or_else(|| by_column(object));
    found.or_else(|| object.values().filter(|inner| !is_list_of_objects(inner)).find_map(as_objects))
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|entries| entries.iter().any(Value::is_object))
}

/// `[["Title", "Room"], ["Roses", "Lawn"]]`
fn below_header(json: &Value) -> Option<Value> {
    let (header, rows) = json.as_array()?.split_first()?;
    of_rows(header.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?, rows)
}

/// `{"columns": ["title", "room"], "data": [["Roses", "Lawn"]]}`, or with an object for each column and each row, as charts want it.
fn beside_columns(object: &Map<String, Value>) -> Option<Value> {
    let list = |names: &[&str]| names.iter().find_map(|name| object.get(*name)?.as_array());
    let name = |column: &'_ Value| -> Option<String> {
        let named = || ["label", "name", "id"].iter().find_map(|key| column.get(*key)?.as_str().filter(|name| !name.is_empty()));
        column.as_str().or_else(named).map(str::to_owned)
    };
    let names: Vec<String> = list(COLUMNS)?.iter().map(name).collect::<Option<_>>()?;
    of_rows(names.iter().map(String::as_str).collect(), list(ROWS)?)
}

/// `{"title": ["Roses", "Thorns"], "room": […]}`, or with objects of the same keys in place of the lists.
fn by_column(object: &Map<String, Value>) -> Option<Value> {
    let first = object.values().next()?;
    let keys: Vec<String> = match first {
        Value::Array(values) => (0..values.len()).map(|number| number.to_string()).collect(),
        Value::Object(values) => values.keys().cloned().collect(),
        _ => return None,
    };
    let is_alike = |column: &Value| match (first, column) {
        (Value::Array(first), Value::Array(column)) => column.len() == first.len() && !column.iter().any(Value::is_object),
        (Value::Object(first), Value::Object(column)) => column.len() == first.len() && column.keys().eq(first.keys()),
        _ => false,
    };
    let are_numbers = first.is_array() || keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_digit()));
    if object.len() < 2 || !are_numbers || !object.values().all(is_alike) {
        return None;
    }
    let cell = |column: &Value, at: usize| match column {
        Value::Array(values) => values[at].clone(),
        _ => column[&keys[at]].clone(),
    };
    let rows: Vec<Value> = (0..keys.len()).map(|at| object.values().map(|column| cell(column, at)).collect()).collect();
    of_rows(object.keys().map(String::as_str).collect(), &rows)
}

/// Rows as objects, where a column is called like a title and all rows are lists.
fn of_rows(names: Vec<&str>, rows: &[Value]) -> Option<Value> {
    if !names.iter().any(|name| matches!(meaning(name), Meaning::Title(_))) {
        return None;
    }
    let row = |row: &Value| -> Option<Value> {
        let cells = row.as_array().or_else(|| row.get("c")?.as_array())?;
        let cell = |cell: &Value| cell.get("f").or_else(|| cell.get("v")).unwrap_or(cell).clone();
        Some(names.iter().map(|name| (*name).to_owned()).zip(cells.iter().map(cell)).collect::<Map<_, _>>().into())
    };
    rows.iter().map(row).collect::<Option<Vec<_>>>().map(Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::corpus::Format;
    use crate::corpus::reading::documents;

    #[test]
    fn tables_in_json_are_lists_of_records_however_they_are_turned() {
        let rows = json!([["Roses", "Lawn"], ["Thorns", null]]);
        let charts = json!([{"c": [{"v": "Roses"}, {"v": "Lawn"}]}, {"c": [{"v": "Thorns"}, null]}]);
        for table in [
            json!([["Title", "Room"], ["Roses", "Lawn"], ["Thorns"]]),
            json!({"range": "A1:B3", "values": [["Title", "Room"], ["Roses", "Lawn"], ["Thorns", ""]]}),
            json!({"columns": ["Title", "Room"], "index": [0, 1], "data": rows}),
            json!({"status": "ok", "table": {"cols": [{"id": "A", "label": "Title"}, {"id": "B", "label": "Room"}], "rows": charts}}),
            json!({"Title": ["Roses", "Thorns"], "Room": ["Lawn", null]}),
            json!({"Title": {"0": "Roses", "1": "Thorns"}, "Room": {"0": "Lawn", "1": null}}),
        ] {
            let documents = documents(table.to_string(), Format::Json);
            let found: Vec<_> = documents.iter().map(|document| (document.title.as_str(), document.fields.get("Room"))).collect();
            assert_eq!(found, [("Roses", Some(&"Lawn".into())), ("Thorns", None)], "{table}");
        }
    }

    #[test]
    fn what_only_looks_like_a_table_is_none() {
        for json in [
            json!({"title": "Roses", "tags": ["a", "b"], "speakers": ["c", "d"]}),
            json!({"title": {"en": "Roses"}, "text": {"en": "We count."}}),
            json!({"talks": [{"title": "Roses"}], "rooms": [{"name": "Lawn"}]}),
            json!([["a", "b"], ["c", "d"]]),
            json!({"columns": ["title"], "data": [{"title": "Roses"}]}),
        ] {
            assert_eq!(as_objects(&json), None, "{json}");
        }
    }
}
