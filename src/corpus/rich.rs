//! Texts that editors keep as trees: Contentful, Sanity, Strapi, ProseMirror, Lexical, Editor.js, Draft.js, Quill.

use serde_json::{Map, Value};

/// Keys of what lies in a node, of which the last may hold anything elsewhere, and of its text.
const INSIDE: &[&str] = &["root", "content", "children", "blocks", "ops", "data"];
const OF_NODES: usize = 5;
const TEXTS: &[&str] = &["text", "value", "insert"];

/// Nodes that go on in the line around them.
const INLINE: &[&str] = &["text", "span", "link", "hyperlink", "entry-hyperlink", "mention"];

/// The text of a tree, a line for each block; nothing for a value that is none.
pub fn text(value: &Value) -> Option<String> {
    let is_tree = match value {
        Value::Object(node) => is_node(node),
        Value::Array(nodes) => !nodes.is_empty() && nodes.iter().all(|node| node.as_object().is_some_and(is_node)),
        _ => false,
    };
    let mut text = String::new();
    if is_tree {
        add(value, &mut text);
    }
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether an object is a node that holds others, and has no name.
fn is_node(node: &Map<String, Value>) -> bool {
    let is_named = ["name", "title", "label", "id"].iter().any(|key| node.contains_key(*key));
    let holds = |key: &str| match node.get(key) {
        Some(Value::Array(nodes)) => nodes.iter().all(Value::is_object),
        Some(Value::Object(root)) => key == "root" && is_node(root),
        _ => false,
    };
    !is_named && INSIDE[..OF_NODES].iter().any(|key| holds(key))
}

fn add(value: &Value, text: &mut String) {
    match value {
        Value::Array(nodes) => nodes.iter().for_each(|node| add(node, text)),
        Value::Object(node) => {
            let own = TEXTS.iter().find_map(|key| node.get(*key)?.as_str());
            let inner: Vec<&Value> = INSIDE.iter().filter_map(|key| node.get(*key)).filter(|_| own.is_none()).collect();
            if own.is_none() && inner.is_empty() {
                return;
            }
            text.push_str(own.unwrap_or_default());
            inner.into_iter().for_each(|inner| add(inner, text));
            let kind = ["type", "_type", "nodeType"].iter().find_map(|key| node.get(*key)?.as_str());
            let is_block = kind.map_or(own.is_none(), |kind| !INLINE.contains(&kind));
            if is_block && !text.ends_with('\n') {
                text.push('\n');
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trees_of_editors_are_the_text_in_them() {
        let leaf = |text: &str| json!({"type": "text", "text": text});
        for tree in [
            json!({"nodeType": "document", "data": {}, "content": [
                {"nodeType": "paragraph", "content": [{"nodeType": "text", "value": "We "}, {"nodeType": "hyperlink", "data": {"uri": "x"}, "content": [{"nodeType": "text", "value": "count"}]}, {"nodeType": "text", "value": "."}]},
                {"nodeType": "heading-2", "content": [{"nodeType": "text", "value": "Daily"}]}]}),
            json!([{"_type": "block", "style": "normal", "children": [{"_type": "span", "text": "We "}, {"_type": "span", "text": "count.", "marks": ["em"]}], "markDefs": []},
                {"_type": "block", "children": [{"_type": "span", "text": "Daily"}]}]),
            json!({"type": "doc", "content": [{"type": "paragraph", "content": [leaf("We count.")]}, {"type": "heading", "content": [leaf("Daily")]}]}),
            json!({"root": {"type": "root", "children": [{"type": "paragraph", "children": [leaf("We "), leaf("count.")]}, {"type": "paragraph", "children": [leaf("Daily")]}]}}),
            json!({"time": 1, "blocks": [{"type": "paragraph", "data": {"text": "We count."}}, {"type": "header", "data": {"text": "Daily"}}]}),
            json!({"blocks": [{"key": "a", "text": "We count.", "type": "unstyled"}, {"key": "b", "text": "Daily", "type": "header-two"}], "entityMap": {}}),
            json!({"ops": [{"insert": "We "}, {"insert": "count.", "attributes": {"bold": true}}, {"insert": "\nDaily\n"}]}),
        ] {
            assert_eq!(text(&tree).as_deref(), Some("We count.\nDaily"), "{tree}");
        }
        for other in [
            json!({"name": "Ada", "content": [{"text": "x"}]}),
            json!([{"name": "Ada"}]),
            json!({"data": [{"text": "Soil"}, {"text": "Water"}]}),
            json!([]),
            json!("x"),
        ] {
            assert_eq!(text(&other), None, "{other}");
        }
    }
}
