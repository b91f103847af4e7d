//! Objects in a record that say when and where it is, or what it is filed under: what they hold belongs to the record itself.

use serde_json::{Map, Value};

use super::names::words;

/// Keys of objects that hold the time and the place of a record.
const SLOTS: &[&str] = &["slot", "slots", "timeslot", "timeslots", "schedule", "when", "timing"];

/// Takes what the objects of a record hold for the record into it, where it does not say the same itself.
pub fn hoist(record: &mut Map<String, Value>) {
    let keys: Vec<String> = record.keys().filter(|key| SLOTS.contains(&words(key).concat().as_str())).cloned().collect();
    for key in keys {
        let slot = match record.get_mut(&key) {
            Some(Value::Array(slots)) if slots.len() == 1 && slots[0].is_object() => slots.remove(0),
            Some(slot) if slot.is_object() => slot.take(),
            _ => continue,
        };
        record.shift_remove(&key);
        let Value::Object(slot) = slot else { continue };
        slot.into_iter().filter(|(key, _)| !["id", "name", "title"].contains(&key.as_str())).for_each(|(key, value)| {
            let said = record.entry(key).or_insert(Value::Null);
            if said.is_null() {
                *said = value;
            }
        });
    }
    answers(record);
    relationships(record);
    // As Sessionize has it: `{"name": "Level", "categoryItems": [{"id": 11, "name": "Beginner"}]}`.
    let has_items =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().any(|entry| entry.get("categoryItems").is_some()));
    if record.get("categories").is_some_and(has_items)
        && let Some(Value::Array(categories)) = record.shift_remove("categories")
    {
        for mut category in categories {
            let items = category.get_mut("categoryItems").map(Value::take).unwrap_or_default();
            if let Some(name) = category.get("name").or_else(|| category.get("title")).and_then(Value::as_str) {
                record.entry(name).or_insert(items);
            }
        }
    }
}

/// Makes fields of the relationships of JSON:API, which point into a table beside: `{"speaker": {"data": {"type": "people", "id": "9"}}}`.
fn relationships(record: &mut Map<String, Value>) {
    let Some(Value::Object(relations)) = record.get_mut("relationships") else { return };
    let of = |(name, relation): (&String, &mut Value)| Some((name.clone(), relation.get_mut("data")?.take()));
    let related: Vec<(String, Value)> = relations.iter_mut().filter_map(of).collect();
    if !related.is_empty() {
        record.shift_remove("relationships");
        for (name, data) in related {
            record.entry(name).or_insert(data);
        }
    }
}

/// Keys of lists of questions and what was answered to them.
const ANSWERS: &[&str] = &["answers", "questionanswers", "customfields"];

/// A longer question is no name of a field.
const QUESTION_BYTES_MAX: usize = 80;

/// Makes fields of questions and answers: `[{"question": {"question": {"en": "Level"}}, "answer": "Easy"}]`. One that has another form
/// stays where it is.
fn answers(record: &mut Map<String, Value>) {
    let keys: Vec<String> = record.keys().filter(|key| ANSWERS.contains(&words(key).concat().as_str())).cloned().collect();
    for key in keys {
        let Some(Value::Array(mut entries)) = record.shift_remove(&key) else { continue };
        entries.retain_mut(|entry| {
            let question = ["question", "name", "label"].iter().find_map(|key| asked(entry.get(*key)?)).map(str::to_owned);
            let answer = ["answer", "answerValue", "value"].iter().find_map(|key| entry.get(*key)).cloned();
            let (Some(question), Some(answer)) = (question, answer) else { return true };
            record.entry(question).or_insert(answer);
            false
        });
        if !entries.is_empty() {
            record.insert(key, entries.into());
        }
    }
}

/// The words of a question: a text, one of several languages, or what an object calls so.
fn asked(question: &Value) -> Option<&str> {
    let text = match question {
        Value::String(text) => text.trim(),
        Value::Object(inner) => {
            return ["question", "name", "en"]
                .iter()
                .find_map(|key| asked(inner.get(*key)?))
                .or_else(|| asked(inner.values().next()?));
        }
        _ => return None,
    };
    (!text.is_empty() && text.len() <= QUESTION_BYTES_MAX).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::corpus::Format;
    use crate::corpus::reading::documents;

    #[test]
    fn questions_and_answers_become_fields() {
        let json = json!([{"title": "Roses", "answers": [
            {"question": {"id": 3, "question": {"en": "Level", "de": "Stufe"}}, "answer": "Easy"},
            {"question": "Bring", "answerValue": ["Gloves"]},
        ]}]);
        let fields = documents(json.to_string(), Format::Json).remove(0).fields;
        assert_eq!(serde_json::Value::Object(fields), json!({"Level": "Easy", "Bring": ["Gloves"]}));
    }

    #[test]
    fn the_slot_and_the_categories_of_a_record_are_its_own() {
        let json = json!([
            {"title": "Roses", "slot": {"id": 3, "room": {"en": "Lawn"}, "start": "2031-05-01T09:30", "end": null}, "room": null,
                "categories": [{"id": 1, "name": "Level", "categoryItems": [{"id": 11, "name": "Beginner"}]}, {"id": 2, "name": "Tags", "categoryItems": []}]},
            {"title": "Thorns", "slots": [{"room": "Hall", "start": "2031-05-01T10:30"}], "start": "later"},
        ]);
        let documents = documents(json.to_string(), Format::Json);
        let fields = |number: usize| serde_json::Value::Object(documents[number].fields.clone());
        assert_eq!(fields(0), json!({"room": "Lawn", "start": "2031-05-01T09:30", "Level": ["Beginner"]}));
        assert_eq!(fields(1), json!({"start": "later", "room": "Hall"}));
    }
}
