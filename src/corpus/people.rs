//! People in columns: first and last names apart, several people in one cell.

use serde_json::{Map, Value};

use super::names::words;

/// The ends of the names of columns for the parts of a name, as words.
const FIRST: &[&str] =
    &["first name", "firstname", "given name", "givenname", "forename", "vorname", "prénom", "prenom", "voornaam"];
const LAST: &[&str] = &[
    "last name",
    "lastname",
    "family name",
    "familyname",
    "surname",
    "nachname",
    "familienname",
    "nom de famille",
    "achternaam",
];

/// Makes one value of first and last names that stand in columns of their own: "Speaker 1 First Name" and "Speaker 1 Last Name" are
/// "speaker 1"; where nothing says whose name it is, the person speaks, or is what the record is about where `is_title`.
pub fn join_names(record: &mut Map<String, Value>, is_title: bool) {
    let keys: Vec<(String, String)> = record.keys().map(|key| (key.clone(), words(key).join(" "))).collect();
    for (key, name) in &keys {
        let Some(whose) = FIRST.iter().find_map(|end| ended(name, end)) else { continue };
        let is_last = |name: &str| LAST.iter().any(|end| ended(name, end) == Some(whose));
        let Some((last, _)) = keys.iter().find(|(_, name)| is_last(name)) else { continue };
        let parts = [key, last].map(|key| record.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default().to_owned());
        let joined = parts.join(" ").trim().to_owned();
        // Some say the whole name as well.
        let is_said = record.iter().any(|(other, value)| other != key && other != last && value.as_str() == Some(&joined));
        let name = match whose {
            "" if is_title => "name",
            "" => "speakers",
            whose => whose,
        };
        if !joined.is_empty() && !is_said && !record.contains_key(name) {
            record.insert(name.to_owned(), joined.into());
        }
        [key, last].into_iter().for_each(|key| drop(record.shift_remove(key)));
    }
}

/// Whether a name is that of a column for a part of a name.
pub fn is_part(name: &str) -> bool {
    let name = words(name).join(" ");
    FIRST.iter().chain(LAST).any(|end| ended(&name, end).is_some())
}

/// What comes before the end of a name, in whole words.
fn ended<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let before = name.strip_suffix(end)?;
    (before.is_empty() || before.ends_with(' ')).then(|| before.trim_end())
}

/// The names in one text that has the address of a page of Notion behind each, which only its owners can open: "Roses
/// (https://www.notion.so/1), Thorns (https://www.notion.so/2)".
pub fn without_pages(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in text.split_inclusive("), ").filter(|_| text.contains(" (http")) {
        let (name, address) = part.trim_end_matches(", ").strip_suffix(')')?.rsplit_once(" (")?;
        names.push(
            Some(name.trim().to_owned()).filter(|_| address.starts_with("https://www.notion.so/") && !address.contains(' '))?,
        );
    }
    (!names.is_empty()).then_some(names)
}

/// The people in one text, where signs part them: "Ada Lind; Bo Ek", or commas that follow e-mail addresses or stand without a space, or
/// "Ada Lind, Bo Ek and Cy Moor". A comma alone may part a last name from a first one.
pub fn separate(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    let signs: &[char] = if text.contains([';', '|', '\n']) { &[';', '|', '\n'] } else { &[','] };
    let parts: Vec<&str> = match text.rsplit_once(" and ") {
        Some((others, last)) if text.contains(", ") && signs == [','] => others.split(',').chain([last]).collect(),
        _ => text.split(signs).collect(),
    };
    let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    let are_names = || parts.iter().all(|part| (2..=4).contains(&part.split(' ').count()));
    let has_commas = text.contains(" and ") || !text.contains(", ");
    let is_parted = signs != [','] || parts.iter().all(|part| part.contains('@')) || (has_commas && are_names());
    match &parts[..] {
        [one] if is_parted => Value::from(*one),
        [_, _, ..] if is_parted => parts.into_iter().map(Value::from).collect(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_in_one_cell_are_parted_by_signs_that_part_nothing_else() {
        for (text, people) in [
            ("Ada Lind; Bo Ek", json!(["Ada Lind", "Bo Ek"])),
            ("Lind, Ada|Ek, Bo", json!(["Lind, Ada", "Ek, Bo"])),
            ("Ada Lind <a@example.org>, Bo Ek <b@example.org>", json!(["Ada Lind <a@example.org>", "Bo Ek <b@example.org>"])),
            ("Ada Lind, Bo Ek and Cy Moor", json!(["Ada Lind", "Bo Ek", "Cy Moor"])),
            ("Ada Lind,Bo Ek", json!(["Ada Lind", "Bo Ek"])),
            ("Lind,Ada", json!("Lind,Ada")),
            ("Lind, Ada", json!("Lind, Ada")),
            ("Ada Lind, Head of Roses and Thorns", json!("Ada Lind, Head of Roses and Thorns")),
            ("Lind and Sons", json!("Lind and Sons")),
            ("Ada Lind;", json!("Ada Lind")),
        ] {
            assert_eq!(separate(text.into()), people, "{text}");
        }
    }

    #[test]
    fn what_relates_to_pages_of_notion_is_their_names_and_other_addresses_stay() {
        let names = |text: &str| without_pages(text).unwrap_or_default();
        assert_eq!(
            names("Ada Lind (https://www.notion.so/a?b=1), Bo Ek (she) (https://www.notion.so/b)"),
            ["Ada Lind", "Bo Ek (she)"]
        );
        assert_eq!(names("Roses (https://www.notion.so/c)"), ["Roses"]);
        for text in [
            "Slides (https://example.org/a.pdf)",
            "Roses (https://www.notion.so/c) and more",
            "Ada (Park), Bo (https://www.notion.so/c)",
            "",
        ] {
            assert_eq!(without_pages(text), None, "{text}");
        }
    }

    #[test]
    fn first_and_last_names_in_columns_of_their_own_become_people() {
        let joined = |record: Value, is_title| {
            let Value::Object(mut record) = record else { panic!() };
            join_names(&mut record, is_title);
            Value::Object(record)
        };
        let talk = json!({"Title": "Roses", "First Name": "Ada", "Last name": "Lind", "Speaker 2 Vorname": "Bo", "Speaker 2 Nachname": "Ek"});
        assert_eq!(joined(talk, false), json!({"Title": "Roses", "speakers": "Ada Lind", "speaker 2": "Bo Ek"}));
        let person = json!({"firstName": "Ada", "lastName": null, "bio": "Gardener"});
        assert_eq!(joined(person, true), json!({"bio": "Gardener", "name": "Ada"}));
        let said = json!({"fullName": "Ada Lind", "firstName": "Ada", "lastName": "Lind"});
        assert_eq!(joined(said, false), json!({"fullName": "Ada Lind"}));
        assert_eq!(joined(json!({"First name": "Ada"}), false), json!({"First name": "Ada"}));
    }
}
