//! What a page says of itself to a search: `data-inkling-…`, and the same under Pagefind's name (<https://pagefind.app/docs/>).
//!
//! | attribute | meaning |
//! |---|---|
//! | `body` | only this is content; where any page of a site has one, pages without it are left out |
//! | `ignore` | not searched; with `all` what is inside gives no field either |
//! | `meta`, `default-meta` | a field; the second where no `meta` gives it |
//! | `filter` | a field with one or more values |
//! | `sort` | a field to order by |
//! | `weight` | how much the words inside count, 0 (not at all) to 10 |
//! | `index-attrs` | attributes whose texts are searched, separated by commas |
//! | `title` | what a heading is called instead of its text |

use std::collections::BTreeMap;

use scraper::{ElementRef, Html};
use serde_json::{Map, Value};

use super::dom::{Step, attribute, one_line, text_of, walk};

const PREFIXES: [&str; 2] = ["data-inkling-", "data-pagefind-"];

const KNOWN: [&str; 9] = ["body", "ignore", "meta", "default-meta", "filter", "sort", "weight", "index-attrs", "title"];

/// What the attributes of a page give.
#[derive(Default)]
pub struct Tagged {
    /// Fields, by name.
    pub fields: Map<String, Value>,
    /// Whether the page says what its content is.
    pub has_body: bool,
    /// How often each attribute was met, by its whole name.
    pub met: BTreeMap<String, usize>,
    /// What was not understood: the piece of source to look for, and what is wrong with it.
    pub problems: Vec<(String, String)>,
    defaults: BTreeMap<String, String>,
}

/// The value of an attribute by its name without prefix.
pub fn get<'a>(element: ElementRef<'a>, name: &str) -> Option<&'a str> {
    PREFIXES.iter().find_map(|prefix| attribute(element, &format!("{prefix}{name}")))
}

/// Whether an element is to be left out.
pub fn is_ignored(element: ElementRef<'_>) -> bool {
    get(element, "ignore").is_some()
}

/// Whether what is inside an element gives no field either.
fn is_excluded(element: ElementRef<'_>) -> bool {
    get(element, "ignore").is_some_and(|value| !["", "index", "true"].contains(&value.trim().to_ascii_lowercase().as_str()))
}

/// How much the words of an element count, where it says so.
pub fn weight(element: ElementRef<'_>) -> Option<f32> {
    let weight: f32 = get(element, "weight")?.trim().parse().ok()?;
    weight.is_finite().then(|| weight.clamp(0.0, 10.0))
}

/// The texts of the attributes of an element that are searched.
pub fn indexed<'a>(element: ElementRef<'a>) -> impl Iterator<Item = &'a str> {
    let names = get(element, "index-attrs").unwrap_or_default().split(',');
    names.filter_map(move |name| attribute(element, name.trim()))
}

/// Reads the attributes of a page.
pub fn read(page: &Html) -> Tagged {
    let mut tagged = Tagged::default();
    walk(page.root_element(), |step| {
        let Step::Open(element) = step else { return true };
        tagged.element(element);
        !is_excluded(element)
    });
    for (name, value) in std::mem::take(&mut tagged.defaults) {
        tagged.fields.entry(name).or_insert(value.into());
    }
    tagged
}

impl Tagged {
    fn element(&mut self, element: ElementRef<'_>) {
        let mut entries = Vec::new();
        for (whole, value) in element.value().attrs() {
            let Some(name) = PREFIXES.iter().find_map(|prefix| whole.strip_prefix(prefix)) else { continue };
            *self.met.entry(whole.to_owned()).or_default() += 1;
            let problem = match name {
                "weight" => match weight(element) {
                    None => Some("is no number from 0 to 10".to_owned()),
                    Some(weight) if weight > 0.0 && weight < 1.0 => Some("counts as 1: less is only 0, not at all".to_owned()),
                    Some(_) => None,
                },
                "ignore" if !["", "index", "true", "all"].contains(&value.trim().to_ascii_lowercase().as_str()) => {
                    Some("is neither empty nor `index` nor `all`: taken as `all`".to_owned())
                }
                "index-attrs" | "meta" | "default-meta" | "filter" | "sort" if value.trim().is_empty() => {
                    Some("names nothing".to_owned())
                }
                name if !KNOWN.contains(&name) => Some("is not known".to_owned()),
                _ => None,
            };
            self.problems.extend(problem.map(|problem| (whole.to_owned(), format!("{whole}=\"{value}\" {problem}"))));
            self.has_body |= name == "body";
            entries.push((name, whole, value));
        }
        if !is_excluded(element) {
            entries.into_iter().for_each(|(name, whole, value)| self.take(element, name, whole, value));
        }
    }

    fn take(&mut self, element: ElementRef<'_>, name: &str, whole: &str, value: &str) {
        if !matches!(name, "meta" | "default-meta" | "filter" | "sort") {
            return;
        }
        for (key, source) in entries(value) {
            let text = match source {
                Source::Content => text_of(element),
                Source::Inline(text) => one_line(text),
                Source::Attribute(from) => match attribute(element, from) {
                    Some(text) => one_line(text),
                    None => {
                        let problem = format!("{whole}=\"{value}\" names the attribute {from}, which the element does not have");
                        self.problems.push((whole.to_owned(), problem));
                        continue;
                    }
                },
            };
            match name {
                "default-meta" => drop(self.defaults.insert(key.to_owned(), text)),
                "filter" => {
                    let known = self.fields.entry(key).or_insert_with(|| Value::Array(Vec::new()));
                    match known {
                        Value::Array(values) if values.contains(&Value::from(text.as_str())) => {}
                        Value::Array(values) => values.push(text.into()),
                        single => *single = Value::Array(vec![single.take(), text.into()]),
                    }
                }
                // What filters use is a list already, and stays one.
                _ if self.fields.get(key).is_some_and(Value::is_array) => {}
                _ => drop(self.fields.insert(key.to_owned(), text.into())),
            }
        }
    }
}

/// Where the value of a field is.
enum Source<'a> {
    Content,
    Attribute(&'a str),
    Inline(&'a str),
}

/// The fields that an attribute names: `name`, `name[attribute]`, separated by commas, and at the end `name:value`.
fn entries(list: &str) -> Vec<(&str, Source<'_>)> {
    let mut found = Vec::new();
    let mut rest = list;
    while !rest.trim().is_empty() {
        let end = rest.find([',', ':']).unwrap_or(rest.len());
        let piece = rest[..end].trim();
        if rest[end..].starts_with(':') && !piece.contains('[') {
            // A value reaches to the end, whatever is in it.
            found.push((piece, Source::Inline(&rest[end + 1..])));
            break;
        }
        match piece.split_once('[') {
            Some((key, from)) => found.push((key.trim(), Source::Attribute(from.trim_end_matches(']').trim()))),
            None => found.push((piece, Source::Content)),
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found.retain(|(key, _)| !key.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(html: &str) -> Value {
        Value::Object(read(&Html::parse_document(html)).fields)
    }

    #[test]
    fn fields_come_from_text_attributes_and_values_written_out() {
        let html = r#"<a href="/" title="Home page" data-pagefind-meta="link, name[title], other:Free text, to the: end">Hello <b>you</b></a>"#;
        let expected = serde_json::json!({"link": "Hello you", "name": "Home page", "other": "Free text, to the: end"});
        assert_eq!(fields(html), expected);
        assert_eq!(fields(&html.replace("pagefind", "inkling")), expected);
    }

    #[test]
    fn a_filter_collects_values_and_a_default_gives_way() {
        let html = r#"<p data-pagefind-filter="tag">Red</p><p data-pagefind-filter="tag:Blue"></p><p data-pagefind-filter="tag">Red</p>
            <p data-pagefind-default-meta="image:/no.png, kind:Page"></p><img src=/a.png data-pagefind-meta="image[src]">
            <time data-inkling-sort="date[datetime]" datetime=2026-05-04>May</time>"#;
        let html = html.replace("image:/no.png, kind:Page", "image:/no.png");
        let expected = serde_json::json!({"tag": ["Red", "Blue"], "image": "/a.png", "date": "2026-05-04"});
        assert_eq!(fields(&html), expected);
    }

    #[test]
    fn what_is_excluded_gives_no_field_and_what_is_ignored_does() {
        let html = r#"<div data-pagefind-ignore=all><p data-pagefind-meta="a">x</p></div>
            <div data-pagefind-ignore><p data-pagefind-meta="b">y</p></div>"#;
        assert_eq!(fields(html), serde_json::json!({"b": "y"}));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let html = r#"<p data-pagefind-weight=heavy data-pagefind-colour=red data-pagefind-meta="image[src]" data-inkling-ignore=some></p>"#;
        let tagged = read(&Html::parse_document(html));
        let problems: Vec<&str> = tagged.problems.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(tagged.met.len(), 4);
        for name in ["data-pagefind-weight", "data-pagefind-colour", "data-inkling-ignore"] {
            assert!(problems.contains(&name), "{name}: {problems:?}");
        }
        let html = html.replace(" data-inkling-ignore=some", "");
        assert!(read(&Html::parse_document(&html)).problems.iter().any(|(_, what)| what.contains("src")));
    }
}
