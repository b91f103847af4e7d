//! What is not for every visitor: e-mail addresses, telephone numbers, internal notes, and records that are rejected or cancelled.

use serde_json::{Map, Value};

use super::names::words;

/// Values longer than this are texts, in which addresses are the writer's own.
const VALUE_BYTES_MAX: usize = 200;

/// Words in the name of a field of addresses or numbers.
const NAMES: &[&str] = &[
    "email",
    "emails",
    "mail",
    "mails",
    "phone",
    "phones",
    "telephone",
    "tel",
    "telefon",
    "mobile",
    "cell",
    "cellphone",
    "handy",
    "fax",
    "courriel",
    "correo",
    "whatsapp",
];

/// Words in the name of a field that is for those who make a programme.
const INTERNAL: &[&str] = &["internal", "confidential", "intern", "interne", "vertraulich"];

/// Names of a field that says what became of a record.
const STATES: &[&str] =
    &["state", "status", "decision", "outcome", "zustand", "statut", "estado", "stato", "visibility", "access", "acceptance"];

/// States in which nobody should find a record, without spaces and signs.
const WITHDRAWN: &[&str] = &[
    "rejected",
    "reject",
    "declined",
    "decline",
    "declinequeue",
    "refused",
    "notaccepted",
    "cancelled",
    "canceled",
    "cancel",
    "withdrawn",
    "deleted",
    "draft",
    "abgelehnt",
    "abgesagt",
    "storniert",
    "entfällt",
    "zurückgezogen",
    "annulé",
    "annulée",
    "refusé",
    "refusée",
    "cancelado",
    "cancelada",
    "rechazado",
    "annullato",
    "geannuleerd",
    "private",
    "confidential",
    "hidden",
    "waitlist",
    "waitlisted",
    "warteliste",
    "unlisted",
    "unpublished",
    "inactive",
    "trash",
];

/// Fields that are true of such a record.
const WITHDRAWN_IF: &[&str] =
    &["cancelled", "canceled", "rejected", "withdrawn", "declined", "deleted", "draft", "hidden", "private"];

/// Fields that are false of such a record.
const WITHDRAWN_UNLESS: &[&str] = &["accepted", "published", "active", "visible", "public"];

/// Why a record should not be found, such as `state: rejected`; nothing where it may be.
pub fn reason(record: &Map<String, Value>) -> Option<String> {
    told(record).map(|(_, reason)| reason)
}

/// The key of a record that says that it should not be found.
pub fn key(record: &Map<String, Value>) -> Option<String> {
    told(record).map(|(name, _)| name.to_owned())
}

fn told(record: &Map<String, Value>) -> Option<(&String, String)> {
    record.iter().find_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Object(state) => match ["name", "slug", "code", "en"].iter().find_map(|key| state.get(*key)?.as_str()) {
                Some(text) => text.to_owned(),
                None => return told(state).filter(|_| STATES.contains(&name.as_str())).map(|(_, reason)| (name, reason)),
            },
            _ => return None,
        };
        if text.len() > VALUE_BYTES_MAX {
            return None;
        }
        let told: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        // "Active (Y/N)"
        let words: Vec<String> = words(name).into_iter().filter(|word| word.len() > 1).collect();
        let names = |list: &[&str]| match &words[..] {
            [word] => list.contains(&word.as_str()),
            [of, word] => (of == "is" || !list.contains(&of.as_str())) && list.contains(&word.as_str()),
            _ => false,
        };
        let is_true = ["true", "yes", "1", "x", "y", "ja", "oui", "sí", "si"].contains(&told.as_str());
        let is_false = ["false", "no", "0", "n", "nein", "non"].contains(&told.as_str());
        let is_withdrawn = (names(STATES) && WITHDRAWN.contains(&told.as_str()))
            || (names(WITHDRAWN_IF) && is_true)
            || (names(WITHDRAWN_UNLESS) && is_false);
        is_withdrawn.then(|| (name, format!("{name}: {}", text.trim())))
    })
}

/// Whether a title says that nothing will happen: `CANCELLED A talk`, `[Cancelled] A talk`, `Canceled: A talk`.
pub fn is_cancelled_title(title: &str) -> bool {
    let bare = title.trim_start_matches(['[', '(', '*', ' ', '!']);
    let word: String = bare.chars().take_while(|c| c.is_alphabetic()).collect();
    let rest = &bare[word.len()..];
    let is_apart = bare.len() < title.trim_start().len() || rest.starts_with(':');
    ["CANCELLED", "CANCELED", "ABGESAGT"].contains(&word.as_str())
        || (is_apart && ["cancelled", "canceled", "abgesagt", "entfällt"].contains(&word.to_lowercase().as_str()))
}

/// A field's value without e-mail addresses and telephone numbers, and how many values were changed.
pub fn without_addresses(name: &str, value: Value) -> (Option<Value>, usize) {
    match value {
        Value::Array(values) => {
            let (mut kept, mut changed) = (Vec::with_capacity(values.len()), 0);
            for value in values {
                let (value, count) = without_addresses(name, value);
                kept.extend(value);
                changed += count;
            }
            ((!kept.is_empty()).then_some(kept.into()), changed)
        }
        Value::String(text) if !text.is_empty() && words(name).iter().any(|word| INTERNAL.contains(&word.as_str())) => (None, 1),
        Value::String(text) => match left(name, &text) {
            None => (Some(text.into()), 0),
            Some(rest) => ((!rest.is_empty()).then(|| rest.into()), 1),
        },
        Value::Number(number) if is_of_addresses(name) && number.to_string().len() > 5 => (None, 1),
        other => (Some(other), 0),
    }
}

/// What is left of a text without the addresses in it; nothing where there are none.
fn left(name: &str, text: &str) -> Option<String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if is_of_addresses(name) && (text.contains('@') || digits > 5) {
        return Some(String::new());
    }
    if text.len() > VALUE_BYTES_MAX {
        return None;
    }
    if is_number(text.trim(), digits) {
        return Some(String::new());
    }
    let separators = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '[' | ']' | '"');
    let numbers = numbers_in(text);
    let is_there = text.contains('@') && text.split(separators).any(is_address);
    (is_there || !numbers.is_empty()).then(|| {
        let mut rest = text.to_owned();
        text.split(separators).filter(|part| is_address(part)).for_each(|part| rest = rest.replacen(part, "", 1));
        numbers.into_iter().for_each(|number| rest = rest.replacen(number, "", 1));
        let rest = rest.replace("<>", "").replace("()", "").replace("[]", "");
        let words = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        words.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ')' | '"')).to_owned()
    })
}

fn is_of_addresses(name: &str) -> bool {
    words(name).iter().any(|word| NAMES.contains(&word.as_str()))
}

/// Whether a word is an e-mail address.
fn is_address(word: &str) -> bool {
    let word = word.strip_prefix("mailto:").unwrap_or(word).trim_end_matches(['.', ':']);
    let Some((local, domain)) = word.split_once('@') else { return false };
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let end = domain.rsplit('.').next().unwrap_or_default();
    !local.is_empty()
        && local.chars().all(is_local)
        && domain.chars().all(is_domain)
        && end.len() < domain.len()
        && end.len() > 1
        && end.chars().all(char::is_alphabetic)
}

/// The telephone numbers in a text: where digits follow a `+` that begins a word.
fn numbers_in(text: &str) -> Vec<&str> {
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '+');
    let found = text.match_indices('+').filter(|(at, _)| begins(*at)).map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || " +()-./".contains(c))).unwrap_or(rest.len());
        rest[..end].trim_end_matches(|c: char| !c.is_ascii_digit())
    });
    found.filter(|number| is_number(number, number.bytes().filter(u8::is_ascii_digit).count())).collect()
}

/// Whether a whole value is a telephone number: only where it says so by a `+`, because dates and codes have digits, too.
fn is_number(text: &str, digits: usize) -> bool {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    (7..=15).contains(&digits) && text.starts_with('+') && text.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_and_numbers_are_taken_out_and_names_stay() {
        let left = |name: &str, value: Value| without_addresses(name, value);
        for (name, value) in [
            ("Email", json!("ana@example.org")),
            ("contact", json!("ana@example.org")),
            ("contact", json!("mailto:ana@example.org")),
            ("Phone number", json!("030 123456")),
            ("phone", json!(49301234567u64)),
            ("reach", json!("+49 (30) 123-456")),
            ("internal_notes", json!("Call her first")),
        ] {
            assert_eq!(left(name, value.clone()), (None, 1), "{value}");
        }
        assert_eq!(left("speakers", json!("Ana Silva <ana@example.org>")), (Some(json!("Ana Silva")), 1));
        assert_eq!(left("speakers", json!(["Ana Silva (ana@example.org)", "Bo Ek"])), (Some(json!(["Ana Silva", "Bo Ek"])), 1));
        assert_eq!(left("notes", json!("Call +49 170 1234567 or ana@example.org, hall 3")), (Some(json!("Call or , hall 3")), 1));
        for (name, value) in [
            ("level", json!("C++ 2020 1234567")),
            ("points", json!("3 + 4, at 1+2345678")),
            ("start", json!("2031-05-01 09:30")),
            ("code", json!("0049 1234567")),
            ("handle", json!("@ana@social.example")),
            ("repository", json!("git@example.org:garden/roses")),
            ("mail notifications", json!("weekly")),
            ("year", json!(2031)),
        ] {
            assert_eq!(left(name, value.clone()), (Some(value), 0));
        }
    }

    #[test]
    fn what_was_rejected_or_cancelled_is_told_in_any_of_the_usual_ways() {
        let told = |record: Value| reason(record.as_object().unwrap());
        for record in [
            json!({"state": "rejected"}),
            json!({"Status": "Cancelled "}),
            json!({"Statut": "Refusé"}),
            json!({"session_status": "withdrawn"}),
            json!({"isCanceled": true}),
            json!({"cancelled": "Yes"}),
            json!({"accepted": false}),
            json!({"state": {"name": "Rejected"}}),
            json!({"active": "N"}),
            json!({"Active (Y/N)": "N"}),
            json!({"is_public": false}),
            json!({"visibility": "private"}),
            json!({"hidden": true}),
            json!({"status": {"privacyStatus": "private"}}),
            json!({"state": "waitlist"}),
            json!({"visibility": "Unlisted"}),
            json!({"acceptance": "Rejected"}),
        ] {
            assert!(told(record.clone()).is_some(), "{record}");
        }
        for record in [
            json!({"state": "confirmed"}),
            json!({"state": "Washington"}),
            json!({"cancelled": false}),
            json!({"accepted": "yes"}),
            json!({"active": "Y"}),
            json!({"visibility": "public"}),
            json!({"text": "cancelled"}),
        ] {
            assert_eq!(told(record), None);
        }
        assert_eq!(told(json!({"state": "rejected"})).unwrap(), "state: rejected");
    }

    #[test]
    fn a_title_that_begins_with_cancelled_is_told_from_one_about_cancelling() {
        for title in ["CANCELLED Roses", "[Cancelled] Roses", "Canceled: Roses", "*CANCELED* Roses"] {
            assert!(is_cancelled_title(title), "{title}");
        }
        for title in ["Cancelled flights and what they teach", "Cancel culture", "Roses, not cancelled", "(Not) CANCELLED"] {
            assert!(!is_cancelled_title(title), "{title}");
        }
    }
}
