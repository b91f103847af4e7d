//! Elements of one name that come once in one element and several times in another: a list in both.

use std::collections::HashSet;

use serde_json::Value;

/// Makes lists of elements that are lists in others of their kind.
pub fn make_alike(tree: &mut Value) {
    let mut lists = HashSet::new();
    gather(tree, "", &mut lists);
    if !lists.is_empty() {
        wrap(tree, "", &lists);
    }
}

/// Collects the paths of lists of elements that hold others.
fn gather(value: &Value, path: &str, lists: &mut HashSet<String>) {
    match value {
        Value::Array(values) => {
            if values.iter().any(Value::is_object) {
                lists.insert(path.to_owned());
            }
            values.iter().for_each(|value| gather(value, path, lists));
        }
        Value::Object(object) => object.iter().for_each(|(key, value)| gather(value, &format!("{path}/{key}"), lists)),
        _ => {}
    }
}

fn wrap(value: &mut Value, path: &str, lists: &HashSet<String>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| wrap(value, path, lists)),
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                let path = format!("{path}/{key}");
                wrap(inner, &path, lists);
                if inner.is_object() && lists.contains(&path) {
                    *inner = Value::Array(vec![inner.take()]);
                }
            }
        }
        _ => {}
    }
}
