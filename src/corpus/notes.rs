//! What was noticed while a file was read: what is lost, changed or assumed is said, each kind once, with its count and its
//! first place.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::script::name_of_language;
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::Document;

/// Notes beyond this many are counted by their kind alone, so that no file can make the list long.
const NOTES_MAX: usize = 60;

/// Names and places longer than this are cut.
const WORDS_MAX: usize = 80;

/// What a note is about.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// A fault: a record that cannot be read is left out.
    UnreadableRecord,
    /// A fault: a record with neither title nor text is left out.
    EmptyRecord,
    /// A fault: a record without a title is named by the beginning of its text.
    UntitledRecord,
    /// A fault: records share an id, and got others.
    RepeatedId,
    /// A fault: a row of a table has more or fewer cells than its header.
    RaggedRow,
    /// A fault: bytes that are no characters of the encoding.
    ReplacedBytes,
    /// A fault: a reference to what the table beside does not hold.
    UnknownReference,
    /// Values of a field whose shape says nothing are left out.
    UnknownValue,
    /// E-mail addresses, telephone numbers and internal notes are left out.
    PrivateValue,
    /// Records that are rejected, withdrawn or cancelled are left out.
    CancelledRecord,
    /// Addresses that would run something are left out.
    UnsafeAddress,
    /// Events that repeat are read once.
    RepeatingEvent,
    /// A list of the file that is not read.
    UnreadList,
    /// Which lists the records come from, where there are several.
    ReadList,
    /// The file holds one record only, which may be the whole event.
    SingleRecord,
    /// The encoding, where it is not UTF-8.
    Encoding,
    /// What separates the cells of a table, where it is no comma.
    Separator,
    /// Lines before the header of a table.
    LeadingLines,
    /// Texts in several languages, of which one was taken.
    Language,
    /// The model does not know the language of the documents, so that words alone rank.
    UnknownLanguage,
}

/// One kind of thing that was noticed: how often, and where first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The field, encoding, list or whatever else the kind leaves open; empty where it leaves nothing open.
    pub about: String,
    /// How often.
    pub count: usize,
    /// Where first, such as `line 12`; empty where it is of the whole file.
    pub first: String,
}

/// What was noticed in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Notes {
    notes: Vec<Note>,
}

impl NoteKind {
    /// Whether something is wrong with the file, which `strict` refuses.
    pub const fn is_fault(self) -> bool {
        use NoteKind::*;
        matches!(
            self,
            UnreadableRecord | EmptyRecord | UntitledRecord | RepeatedId | RaggedRow | ReplacedBytes | UnknownReference
        )
    }
}

impl Notes {
    /// Notes something of the whole file.
    pub(super) fn say(&mut self, kind: NoteKind, about: &str) {
        self.add_many(kind, about, 1, "");
    }

    /// Notes something at a place.
    pub(super) fn add(&mut self, kind: NoteKind, about: &str, place: &str) {
        self.add_many(kind, about, 1, place);
    }

    /// Notes something that occurs `count` times, first at a place.
    pub(super) fn add_many(&mut self, kind: NoteKind, about: &str, count: usize, place: &str) {
        let about = cut(about);
        let is_same = |note: &&mut Note| note.kind == kind && note.about == about;
        if let Some(note) = self.notes.iter_mut().find(is_same) {
            note.count += count;
            return;
        }
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note { kind, about, count, first: cut(place) });
            return;
        }
        match self.notes.iter_mut().find(|note| note.kind == kind && note.about.is_empty()) {
            Some(note) => note.count += count,
            None => self.notes.push(Note { kind, about: String::new(), count, first: cut(place) }),
        }
    }

    /// Notes that the model does not know the language of what was read, and gives that note.
    pub fn say_unknown_language(&mut self, documents: &[Document]) -> &Note {
        let note = Note {
            kind: NoteKind::UnknownLanguage,
            about: name_of_language(documents).to_owned(),
            count: documents.len(),
            first: String::new(),
        };
        self.notes.push(note);
        &self.notes[self.notes.len() - 1]
    }

    /// The notes, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }

    /// Refuses a file in which something is wrong.
    ///
    /// # Errors
    /// `faulty-records`, with what is wrong.
    pub(super) fn refuse_faults(&self) -> Result<()> {
        let faults: Vec<String> = self.notes.iter().filter(|note| note.kind.is_fault()).map(Note::to_string).collect();
        if faults.is_empty() {
            return Ok(());
        }
        let faults = faults.join("; ");
        Err(Error::new(ErrorKind::FaultyRecords, format!("{faults}: mend the file, or read it without `strict`")))
    }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(WORDS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// The note as a sentence for people, without a full stop.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, about, count, first } = self;
        let (one, has) = (*count == 1, if *count == 1 { "has" } else { "have" });
        let records = || format!("{count} {}", if one { "record" } else { "records" });
        let were = if one { "was" } else { "were" };
        let of = if about.is_empty() { String::new() } else { format!(" of {about:?}") };
        let written = match kind {
            NoteKind::UnreadableRecord => write!(f, "{} could not be read and {were} left out ({about})", records()),
            NoteKind::EmptyRecord => write!(f, "{} with neither a title nor a text {were} left out", records()),
            NoteKind::UntitledRecord => {
                let noun = if one { "is" } else { "are" };
                write!(f, "{} without a title {noun} called by the beginning of the text", records())
            }
            NoteKind::RepeatedId => write!(f, "{} {has} an id that others have, too, and got {about}", records()),
            NoteKind::RaggedRow => {
                write!(f, "{count} {} {has} {about}", if one { "row" } else { "rows" })
            }
            NoteKind::ReplacedBytes => {
                write!(f, "{count} bytes or groups of bytes are no characters of {about}, and read as \u{fffd}")
            }
            NoteKind::UnknownReference => {
                write!(
                    f,
                    "{count} {}{of} {} at nothing in the file and {were} left out",
                    values(one),
                    if one { "points" } else { "point" }
                )
            }
            NoteKind::UnknownValue => write!(f, "{count} {}{of} could not be understood and {were} left out", values(one)),
            NoteKind::PrivateValue => write!(
                f,
                "{count} {}{of} {were} left out as e-mail addresses, telephone numbers or internal notes, which every visitor could read; to keep \
                 them, name the field",
                values(one)
            ),
            NoteKind::CancelledRecord => write!(f, "{} {were} left out because of {about}", records()),
            NoteKind::UnsafeAddress => {
                let noun = if one { "address" } else { "addresses" };
                write!(f, "{count} {noun} {were} left out: following {} would run a script", if one { "it" } else { "them" })
            }
            NoteKind::RepeatingEvent if one => write!(f, "1 event repeats and is one record, at its first time"),
            NoteKind::RepeatingEvent => write!(f, "{count} events repeat and are one record each, at their first time"),
            NoteKind::UnreadList => {
                write!(f, "the list {about} with {count} {} was not read", if one { "entry" } else { "entries" })
            }
            NoteKind::ReadList => write!(f, "{} {were} read from {about}", records()),
            NoteKind::SingleRecord => write!(f, "the file gave one record only: if it holds more, say where they are ({about})"),
            NoteKind::Encoding => write!(f, "the file is not UTF-8 and was read as {about}"),
            NoteKind::Separator => write!(f, "the cells of the table are separated by {about}"),
            NoteKind::LeadingLines => {
                write!(f, "{count} {} before the header of the table {were} passed over", if one { "line" } else { "lines" })
            }
            NoteKind::UnknownLanguage => {
                write!(f, "the model does not know {about}: meaning will not be used, words alone rank; choose another model")
            }
            NoteKind::Language => {
                write!(f, "{count} {} in several languages: {about} was taken", if one { "text is" } else { "texts are" })
            }
        };
        written?;
        if first.is_empty() {
            Ok(())
        } else if one {
            write!(f, ": {first}")
        } else {
            write!(f, ": the first is {first}")
        }
    }
}

fn values(one: bool) -> &'static str {
    if one { "value" } else { "values" }
}

/// As `{ code, about, count, first, fault, message }`.
impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut note = serializer.serialize_struct("Note", 6)?;
        note.serialize_field("code", &self.kind)?;
        note.serialize_field("about", &self.about)?;
        note.serialize_field("count", &self.count)?;
        note.serialize_field("first", &self.first)?;
        note.serialize_field("fault", &self.kind.is_fault())?;
        note.serialize_field("message", &self.to_string())?;
        note.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noticed_again_is_counted_and_keeps_its_first_place() {
        let mut notes = Notes::default();
        notes.add(NoteKind::EmptyRecord, "", "line 3");
        notes.add(NoteKind::EmptyRecord, "", "line 9");
        notes.say(NoteKind::Encoding, "UTF-16LE");
        let said: Vec<String> = notes.iter().map(Note::to_string).collect();
        assert_eq!(said[0], "2 records with neither a title nor a text were left out: the first is line 3");
        assert_eq!(said[1], "the file is not UTF-8 and was read as UTF-16LE");
        let error = notes.refuse_faults().unwrap_err();
        assert_eq!(error.code(), "faulty-records");
        assert!(error.to_string().contains("line 3") && !error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn a_hundred_thousand_things_to_say_stay_a_short_list() {
        let mut notes = Notes::default();
        for number in 0..100_000 {
            notes.add(NoteKind::UnknownValue, &format!("field {number} {}", "x".repeat(500)), "record 1");
        }
        assert!(notes.iter().count() <= NOTES_MAX + 1);
        assert_eq!(notes.iter().map(|note| note.count).sum::<usize>(), 100_000);
        assert!(notes.iter().all(|note| note.about.len() < 100));
    }
}
