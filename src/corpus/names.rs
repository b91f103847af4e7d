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
    // Of the questions in forms.
    "for",
    "is",
    "it",
    "max",
    "please",
    "what",
    "which",
    "words",
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
    "kurs",
    "seminar",
    "artikel",
    "produkt",
    "projekt",
    "programm",
    "lezing",
    "sessie",
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
    &["abstract", "zusammenfassung", "résumé", "resumen", "resumo", "riassunto", "samenvatting", "概要", "要旨", "摘要"],
    &[
        "description",
        "desc",
        "describe",
        "beschreibung",
        "descripción",
        "descripcion",
        "descrição",
        "descricao",
        "descrizione",
        "beschrijving",
        "omschrijving",
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
    &["bio", "biography", "biografie", "biographie"],
];

/// The place of texts that are about people: they are those of a record that has no other.
pub const OF_PERSON: usize = 6;

/// Words that may stand beside one of the texts: "Long description".
const OF_TEXTS: &[&str] = &["body", "content", "long", "short", "text", "public", "kurz", "lang"];

/// Second halves of words that German and Dutch write as one: "Vortragstitel", "Kurzbeschreibung", "Veranstaltungsort".
const SECOND_HALVES: &[&str] = &[
    "titel",
    "thema",
    "name",
    "beschreibung",
    "omschrijving",
    "text",
    "inhalt",
    "beginn",
    "ende",
    "raum",
    "ort",
    "datum",
    "link",
];

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
    "dozent",
    "dozenten",
    "dozentin",
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
/// "Referent/in", "Intervenant·e·s".
const OF_PEOPLE: &[&str] = &["name", "names", "list", "all", "display", "namen", "in", "innen", "e", "es"];

const STARTS: &[&str] = &["start", "starts", "begin", "begins", "beginn", "beginning", "début", "inicio", "inizio"];
const ENDS: &[&str] = &["end", "ends", "finish", "finishes", "ende", "fin", "fine", "término"];
const OF_MOMENTS: &[&str] =
    &["time", "at", "date", "datetime", "local", "ts", "timestamp", "scheduled", "zeit", "uhrzeit", "heure", "datum"];

/// Columns of spreadsheets under the names that hits and filters use: the words of the heading, and the name.
const FIELDS: &[(&str, &str)] = &[
    ("track", "track"),
    ("tracks", "track"),
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

/// What a column or key holds, as far as its name tells, or both parts of a name in two languages: "Titel / Title".
pub fn meaning(name: &str) -> Meaning {
    let whole = of_words(name);
    if whole == Meaning::Other && name.contains('/') {
        let mut parts = name.split('/').map(str::trim).map(of_words);
        return parts.next().filter(|first| parts.all(|part| part == *first)).unwrap_or(whole);
    }
    whole
}

fn of_words(name: &str) -> Meaning {
    let all: Vec<String> = words(name).into_iter().flat_map(halves).collect();
    let told: Vec<&str> = all.iter().map(String::as_str).filter(|word| !FILLERS.contains(word) && !is_number(word)).collect();
    let rest: Vec<&str> = told.iter().copied().filter(|word| !THINGS.contains(word)).collect();
    let only = match rest[..] {
        [word] => Some(word),
        _ => None,
    };
    let row = |rows: &[&[&str]], word: Option<&str>| word.and_then(|word| rows.iter().position(|row| row.contains(&word)));
    if let Some(sure) = row(IDS, only).or_else(|| (name.trim() == "#").then_some(2)) {
        return Meaning::Id(sure);
    }
    if only == Some("name") && told.len() == 1 && words(name).iter().any(|word| word == "your") {
        // Of whoever fills in a form.
        return Meaning::People("speakers");
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
    field(name, &rest, rest.len() < told.len()).map_or(Meaning::Other, Meaning::Field)
}

/// The halves of a word of which the first says what a record is, or what kind of text: "vortragstitel"; any other word as it is.
fn halves(word: String) -> Vec<String> {
    let parted = SECOND_HALVES.iter().find_map(|half| {
        let first = word.strip_suffix(half)?;
        let known = |first: &&str| THINGS.contains(first) || OF_TEXTS.contains(first);
        let first = [first, first.trim_end_matches('s')].into_iter().find(known)?;
        Some(vec![first.to_owned(), (*half).to_owned()])
    });
    parted.unwrap_or_else(|| vec![word])
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

/// The usual name of a field. Keys of programs stay as they are, but for moments; headings of spreadsheets do not. `is_of_record` where
/// the name also says what the record is: `event_start`.
fn field(name: &str, words: &[&str], is_of_record: bool) -> Option<&'static str> {
    let rest: Vec<&str> = words.iter().copied().filter(|word| !OF_MOMENTS.contains(word)).collect();
    if let ([word], true) = (&rest[..], rest.len() < words.len() || is_heading(name) || is_of_record) {
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
    name.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase) || name.trim().contains(' ')
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

/// Whether a key holds what one of the things is called that another key is for: `tag` or `tag_name` of `tags`.
pub fn is_name_of(key: &str, several: &str) -> bool {
    let mut words = words(key);
    if words.len() > 1 && words.last().is_some_and(|word| ["name", "title", "label"].contains(&word.as_str())) {
        words.pop();
    }
    words.len() == 1 && is_one_of(&words[0], several)
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
mod tests;
