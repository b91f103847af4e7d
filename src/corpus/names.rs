//! What columns and keys are called: names that are usual for titles, texts, people and so on, in the languages of the
//! spreadsheets that people have.

/// Words that say nothing about what a column holds: "Title of your talk (required)" is the title.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "and",
    "de",
    "del",
    "der",
    "des",
    "di",
    "do",
    "du",
    "la",
    "of",
    "or",
    "s",
    "the",
    "your",
    "en",
    "english",
    "full",
    "main",
    "optional",
    "required",
    "pflichtfeld",
    "plain",
    "html",
    "field",
];

/// Words for what a record is: "Session title" is the title, while "Speaker title" is not.
const THINGS: &[&str] = &[
    "activity",
    "article",
    "class",
    "conference",
    "contribution",
    "course",
    "document",
    "entry",
    "event",
    "film",
    "item",
    "keynote",
    "lecture",
    "meeting",
    "page",
    "paper",
    "post",
    "presentation",
    "product",
    "program",
    "programme",
    "project",
    "proposal",
    "publication",
    "record",
    "schedule",
    "session",
    "submission",
    "talk",
    "workshop",
    "beitrag",
    "veranstaltung",
    "vortrag",
    "vortrags",
    "sitzung",
    "charla",
    "sesión",
    "conférence",
    "séance",
    "présentation",
    "palestra",
    "sessione",
];

/// Titles, by how sure the name is: those of a later row count where a record has none of an earlier one.
const TITLES: &[&[&str]] = &[
    &[
        "title",
        "titel",
        "titre",
        "título",
        "titulo",
        "titolo",
        "tytuł",
        "headline",
        "heading",
        "タイトル",
        "標題",
        "标题",
        "제목",
    ],
    &["name", "subject", "topic", "thema", "betreff", "bezeichnung", "sujet", "nom", "nombre", "nome", "naam", "演題", "名前"],
    &["question", "frage", "summary", "label"],
];

/// Texts, in the order in which they are put one below the other.
const TEXTS: &[&[&str]] = &[
    &["abstract", "zusammenfassung", "résumé", "resumen", "resumo", "riassunto", "概要", "要旨", "摘要"],
    &[
        "description",
        "beschreibung",
        "descripción",
        "descripcion",
        "descrição",
        "descricao",
        "descrizione",
        "beschrijving",
        "opis",
        "説明",
        "描述",
        "설명",
        "overview",
        "outline",
        "blurb",
        "details",
        "summary",
        "excerpt",
        "teaser",
    ],
    &["text", "answer", "antwort"],
    &["body", "inhalt", "contenu", "contenido", "conteúdo", "contenuto", "内容"],
    &["content"],
    &["encoded"],
];

/// Words that may stand beside one of the texts: "Long description".
const OF_TEXTS: &[&str] = &["body", "content", "long", "short", "text", "public"];

const URLS: &[&str] = &["url", "link", "href", "permalink", "uri", "adresse"];

/// Ids, the surest first.
const IDS: &[&[&str]] = &[&["id"], &["slug"], &["code"], &["guid", "uuid", "uid"]];

const PEOPLE: &[&str] = &[
    "speaker",
    "speakers",
    "presenter",
    "presenters",
    "person",
    "persons",
    "people",
    "panelist",
    "panelists",
    "panellists",
    "lecturer",
    "lecturers",
    "instructor",
    "instructors",
    "facilitator",
    "facilitators",
    "moderator",
    "moderators",
    "host",
    "hosts",
    "referent",
    "referenten",
    "referentin",
    "redner",
    "sprecher",
    "vortragende",
    "orateur",
    "orateurs",
    "intervenant",
    "intervenants",
    "conférencier",
    "conférenciers",
    "ponente",
    "ponentes",
    "orador",
    "oradores",
    "relatore",
    "relatori",
    "spreker",
    "sprekers",
    "登壇者",
    "発表者",
    "講演者",
];

const AUTHORS: &[&str] =
    &["author", "authors", "autor", "autoren", "auteur", "auteurs", "autore", "autori", "autores", "creator", "著者"];

/// Words that may stand beside one for people: "Speaker names", "Presenter 2 (full name)".
const OF_PEOPLE: &[&str] = &["name", "names", "list", "all", "display", "namen"];

const STARTS: &[&str] = &["start", "starts", "begin", "begins", "beginn", "beginning", "début", "inicio", "inizio"];
const ENDS: &[&str] = &["end", "ends", "finish", "finishes", "ende", "fin", "fine", "término"];
const OF_MOMENTS: &[&str] = &["time", "at", "date", "datetime", "local", "scheduled", "zeit", "uhrzeit", "heure", "datum"];

/// Columns of spreadsheets under the names that hits and filters use: the words of the heading, and the name.
const FIELDS: &[(&str, &str)] = &[
    ("track", "track"),
    ("track name", "track"),
    ("room", "room"),
    ("room name", "room"),
    ("room location", "room"),
    ("raum", "room"),
    ("saal", "room"),
    ("salle", "room"),
    ("sala", "room"),
    ("zaal", "room"),
    ("location", "location"),
    ("venue", "venue"),
    ("ort", "location"),
    ("lieu", "location"),
    ("day", "day"),
    ("date", "date"),
    ("datum", "date"),
    ("level", "level"),
    ("language", "language"),
    ("sprache", "language"),
    ("duration", "duration"),
    ("dauer", "duration"),
    ("type", "type"),
    ("format", "format"),
    ("category", "category"),
    ("categories", "categories"),
    ("tags", "tags"),
    ("year", "year"),
];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// An id, by how sure the name is, 0 the surest. [`GUID`] is that of ids that are unique in the world.
    Id(usize),
    /// A title, by how sure the name is.
    Title(usize),
    /// An address.
    Url,
    /// A text, and its place among them. Where a record has no title, a summary is one.
    Text(usize),
    /// People, and the field that they go to.
    People(&'static str),
    /// A field under another name.
    Field(&'static str),
    /// A field under its own name.
    Other,
}

/// How sure a name like `guid` is.
pub const GUID: usize = 3;

/// What a column or key holds, as far as its name tells.
pub fn meaning(name: &str) -> Meaning {
    // Keys such as `_id`, and the names that schedules and calendars give, need no reading.
    let all = words(name);
    let told: Vec<&str> = all.iter().map(String::as_str).filter(|word| !FILLERS.contains(word) && !is_number(word)).collect();
    let rest: Vec<&str> = told.iter().copied().filter(|word| !THINGS.contains(word)).collect();
    let only = match rest[..] {
        [word] => Some(word),
        _ => None,
    };
    let row = |rows: &[&[&str]], word: Option<&str>| word.and_then(|word| rows.iter().position(|row| row.contains(&word)));
    if let Some(sure) = row(IDS, only) {
        return Meaning::Id(sure);
    }
    let is_summary = only == Some("summary");
    if let Some(sure) = row(TITLES, only).filter(|_| !is_summary) {
        return Meaning::Title(sure);
    }
    if only.is_some_and(|word| URLS.contains(&word)) || matches!(rest[..], ["web", "url"] | ["public", "url"]) {
        return Meaning::Url;
    }
    let of_text: Vec<&str> = rest.iter().copied().filter(|word| !OF_TEXTS.contains(word)).collect();
    let text = match (&of_text[..], &rest[..]) {
        ([word], _) => Some(*word),
        ([], [.., word]) => Some(*word),
        _ => None,
    };
    if let Some(place) = row(TEXTS, text) {
        return Meaning::Text(place);
    }
    if let Some(people) = people(&told) {
        return Meaning::People(people);
    }
    if let [thing] = told[..]
        && rest.is_empty()
        && name.chars().any(char::is_uppercase)
        && !["program", "programme", "schedule"].contains(&thing)
    {
        // A column "Talk" of a spreadsheet that has nothing better.
        return Meaning::Title(3);
    }
    field(name, &rest).map_or(Meaning::Other, Meaning::Field)
}

/// The field for people that words name.
fn people(words: &[&str]) -> Option<&'static str> {
    let rest: Vec<&str> = words.iter().copied().filter(|word| !OF_PEOPLE.contains(word) && !THINGS.contains(word)).collect();
    let [word] = rest[..] else { return None };
    match () {
        () if AUTHORS.contains(&word) => Some("authors"),
        () if PEOPLE.contains(&word) => Some("speakers"),
        () => None,
    }
}

/// The usual name of a field. Keys of programs stay as they are, but for moments; headings of spreadsheets do not.
fn field(name: &str, words: &[&str]) -> Option<&'static str> {
    let rest: Vec<&str> = words.iter().copied().filter(|word| !OF_MOMENTS.contains(word)).collect();
    if let ([word], true) = (&rest[..], rest.len() < words.len() || is_heading(name)) {
        let is_day = words.len() == 2 && (words.contains(&"date") || words.contains(&"datum"));
        match () {
            () if STARTS.contains(word) => return Some(if is_day { "start date" } else { "start" }),
            () if ENDS.contains(word) => return Some(if is_day { "end date" } else { "end" }),
            () => {}
        }
    }
    let joined = words.join(" ");
    let known = FIELDS.iter().find(|(heading, _)| *heading == joined)?;
    is_heading(name).then_some(known.1)
}

/// Whether a name is written for people: `Session Type`, not `session_type`.
fn is_heading(name: &str) -> bool {
    name.starts_with(char::is_uppercase) || name.trim().contains(' ')
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a name in lower case: those of `startsAt`, `starts_at` and "Starts at" are the same.
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = (character.is_uppercase() && before.is_lowercase()) || (character.is_numeric() != before.is_numeric());
        if !character.is_alphanumeric() || (begins && before.is_alphanumeric()) {
            words.push(String::new());
        }
        if character.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(character.to_lowercase()));
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether two names are the same but for case and for what stands between their words.
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || (words(a) == words(b) && !words(a).is_empty())
}

/// Whether a name is that of one of the things that another name is for: `speaker` of `speakers`.
pub fn is_one_of(one: &str, several: &str) -> bool {
    let last = |name: &str| words(name).pop().map(|word| singular(&word));
    last(one).is_some() && last(one) == last(several)
}

/// A word for one of several things: `speakers` to `speaker`.
pub fn singular(word: &str) -> String {
    let without = |end: &str| word.strip_suffix(end);
    if word == "people" {
        return "person".to_owned();
    }
    match (without("ies"), without("s")) {
        (Some(stem), _) => format!("{stem}y"),
        _ if ["sses", "xes", "ches", "shes"].iter().any(|end| word.ends_with(end)) => word[..word.len() - 2].to_owned(),
        (_, Some(stem)) if !stem.ends_with('s') && stem.len() > 1 => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headings_of_usual_exports_are_understood() {
        for (expected, names) in [
            (
                Meaning::Title(0),
                &["title", "Session Title", "Proposal title", "Title of your talk*", "Titel des Vortrags", "Título"][..],
            ),
            (Meaning::Title(1), &["name", "Session name", "Subject", "Event Name"]),
            (Meaning::Id(0), &["id", "_id", "ID", "Session Id", "proposal_id"]),
            (Meaning::Id(GUID), &["guid", "UID"]),
            (Meaning::Url, &["url", "Link", "Session URL", "href"]),
            (
                Meaning::Text(1),
                &["description", "Session Description", "Description (Optional)", "Beschreibung", "long_description"],
            ),
            (Meaning::Text(4), &["content", "content_html"]),
            (Meaning::People("speakers"), &["Speaker names", "speakers", "Presenter(s)", "Speaker 2 name", "Referenten"]),
            (Meaning::People("authors"), &["Authors", "author", "Author Names", "creator"]),
            (Meaning::Field("start"), &["Start Time", "startsAt", "Time Start", "Start", "starts_at", "Beginn"]),
            (Meaning::Field("track"), &["Track", "Schedule Track (Optional)", "Track name"]),
            (Meaning::Field("room"), &["Room", "Room/Location", "Raum", "Room name"]),
        ] {
            for name in names {
                assert_eq!(meaning(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn names_that_only_look_alike_stay_fields() {
        for name in [
            "Speaker title",
            "Job title",
            "speaker_email",
            "Video URL",
            "session_type",
            "track",
            "room",
            "start",
            "Speaker Bio",
            "Company name",
            "Track description",
            "Notes",
            "rating",
            "subtitle",
            "parent_id",
            "speakerIds",
            "event",
        ] {
            assert_eq!(meaning(name), Meaning::Other, "{name}");
        }
    }

    #[test]
    fn words_are_parted_and_plurals_are_made_singular() {
        assert_eq!(words("speakerIDs-of_the Day2"), ["speaker", "ids", "of", "the", "day", "2"]);
        let singulars = ["speakers", "categories", "classes", "boxes", "stages", "track", "people", "gas"].map(singular);
        assert_eq!(singulars, ["speaker", "category", "class", "box", "stage", "track", "person", "ga"]);
    }
}
