//! JSON-LD: what a page says for machines of the article, event, questions or product it is about (<https://schema.org>).

use scraper::Html;
use serde_json::{Map, Value};

use super::dom::{attribute, elements, name, one_line};

/// Fields by the kind of thing: the property of schema.org, and the field that it becomes.
const ARTICLE: &[(&str, &str)] = &[
    ("author", "authors"),
    ("datePublished", "published"),
    ("dateModified", "modified"),
    ("articleSection", "section"),
    ("keywords", "keywords"),
];
const EVENT: &[(&str, &str)] =
    &[("startDate", "start"), ("endDate", "end"), ("location", "place"), ("performer", "speakers"), ("organizer", "organizer")];
const PRODUCT: &[(&str, &str)] = &[("brand", "brand"), ("sku", "sku"), ("category", "category"), ("offers", "price")];
const QUESTIONS: &[(&str, &str)] = &[("mainEntity", "questions")];

/// The fields of a page, and the blocks of JSON-LD that are no JSON: what to look for in the source, and what is wrong.
pub fn read(page: &Html) -> (Map<String, Value>, Vec<(String, String)>) {
    let (mut fields, mut problems) = (Map::new(), Vec::new());
    let is_linked = |kind: &str| kind.trim().eq_ignore_ascii_case("application/ld+json");
    let scripts = elements(page).filter(|element| name(*element) == "script");
    for script in scripts.filter(|script| attribute(*script, "type").is_some_and(is_linked)) {
        let json: String = script.text().collect();
        match serde_json::from_str::<Value>(&json) {
            Ok(value) => things(&value, &mut fields, 0),
            Err(cause) => {
                problems.push(("application/ld+json".to_owned(), format!("JSON-LD that is not JSON ({cause}): passed over")))
            }
        }
    }
    (fields, problems)
}

/// The things of a block: one, a list, or those of a graph.
fn things(value: &Value, fields: &mut Map<String, Value>, depth: usize) {
    match value {
        Value::Array(values) => values.iter().filter(|_| depth < 4).for_each(|value| things(value, fields, depth + 1)),
        Value::Object(thing) => {
            thing.get("@graph").into_iter().filter(|_| depth < 4).for_each(|graph| things(graph, fields, depth + 1));
            let kinds = match thing.get("@type") {
                Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
                kind => kind.and_then(Value::as_str).into_iter().collect::<Vec<_>>(),
            };
            for kind in kinds {
                let kind = kind.rsplit(['/', ':']).next().unwrap_or(kind);
                if let Some(properties) = properties(kind) {
                    fields.entry("type").or_insert_with(|| kind.into());
                    take(thing, properties, fields);
                }
            }
        }
        _ => {}
    }
}

fn properties(kind: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match kind {
        "FAQPage" => QUESTIONS,
        "Product" => PRODUCT,
        "BlogPosting" | "Report" => ARTICLE,
        kind if kind.ends_with("Article") => ARTICLE,
        kind if kind.ends_with("Event") => EVENT,
        _ => return None,
    })
}

fn take(thing: &Map<String, Value>, properties: &[(&str, &str)], fields: &mut Map<String, Value>) {
    for (property, field) in properties {
        let Some(value) = thing.get(*property) else { continue };
        if *field == "price" {
            offer(value, fields);
            continue;
        }
        let mut values = Vec::new();
        names(value, &mut values, 0);
        if *field == "keywords" {
            let words = values.iter().filter_map(Value::as_str).flat_map(|words| words.split(','));
            values = words.map(|word| Value::from(word.trim())).filter(|word| word != "").collect();
        }
        let value = match values.len() {
            0 => continue,
            1 if !matches!(*field, "authors" | "speakers" | "keywords" | "questions") => values.remove(0),
            _ => Value::Array(values),
        };
        fields.entry(*field).or_insert(value);
    }
}

/// The price of an offer, as a number where it is one, and its currency.
fn offer(value: &Value, fields: &mut Map<String, Value>) {
    let first = value.as_array().map_or(Some(value), |offers| offers.first());
    let Some(offer) = first.and_then(Value::as_object) else { return };
    let price = offer.get("price").or_else(|| offer.get("lowPrice"));
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let price = price.map(|price| price.as_str().and_then(number).map_or_else(|| price.clone(), Value::from));
    fields.extend(price.map(|price| ("price".to_owned(), price)));
    fields.extend(offer.get("priceCurrency").map(|currency| ("currency".to_owned(), currency.clone())));
}

/// The names in a value: texts and numbers as they are, things by their names.
fn names(value: &Value, found: &mut Vec<Value>, depth: usize) {
    match value {
        Value::String(text) => {
            let text = plain(text);
            found.extend(Some(Value::from(text)).filter(|text| text != ""));
        }
        Value::Number(_) => found.push(value.clone()),
        Value::Array(values) if depth < 4 => values.iter().for_each(|value| names(value, found, depth + 1)),
        Value::Object(thing) if depth < 4 => {
            ["name", "@value", "headline"]
                .iter()
                .find_map(|key| thing.get(*key))
                .into_iter()
                .for_each(|name| names(name, found, depth + 1));
        }
        _ => {}
    }
}

/// A text without the tags and entities that some put into JSON.
fn plain(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return one_line(text);
    }
    one_line(&Html::parse_fragment(text).root_element().text().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Value {
        let page = Html::parse_document(&format!("<script type='application/ld+json'>{json}</script>"));
        Value::Object(read(&page).0)
    }

    #[test]
    fn articles_events_products_and_questions_become_fields() {
        let article = r#"{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "no"}, {"@type": ["Thing", "BlogPosting"],
            "author": [{"@type": "Person", "name": "Ana &amp; Bo"}, "Cy"], "datePublished": "2026-05-04", "keywords": "tea, cake"}]}"#;
        assert_eq!(
            fields(article),
            serde_json::json!({"type": "BlogPosting", "authors": ["Ana & Bo", "Cy"], "published": "2026-05-04", "keywords": ["tea", "cake"]})
        );
        let event = r#"[{"@type": "MusicEvent", "startDate": "2026-06-01T20:00", "location": {"@type": "Place", "name": "Hall 2"}, "performer": {"name": "Dee"}}]"#;
        assert_eq!(
            fields(event),
            serde_json::json!({"type": "MusicEvent", "start": "2026-06-01T20:00", "place": "Hall 2", "speakers": ["Dee"]})
        );
        let product = r#"{"@type": "Product", "brand": {"name": "Kite Co"}, "sku": 7, "offers": [{"price": "19.90", "priceCurrency": "EUR"}]}"#;
        assert_eq!(
            fields(product),
            serde_json::json!({"type": "Product", "brand": "Kite Co", "sku": 7, "price": 19.9, "currency": "EUR"})
        );
        let questions = r#"{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "How?"}]}"#;
        assert_eq!(fields(questions), serde_json::json!({"type": "FAQPage", "questions": ["How?"]}));
    }

    #[test]
    fn json_that_is_none_is_a_problem_and_nothing_else() {
        let page = Html::parse_document("<script type=application/ld+json>{\"@type\": </script>");
        let (fields, problems) = read(&page);
        assert!(fields.is_empty());
        assert!(problems[0].1.contains("not JSON"), "{problems:?}");
    }
}
