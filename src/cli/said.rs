//! What the command line says, to terminals and to programs.
//!
//! Titles, names and paths may be a stranger's, and a terminal does what some characters tell it: colour, move, overwrite, rename the window,
//! answer as if somebody typed. None of them goes out as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::error::{Error, ErrorKind, Result};
use crate::host;

/// Writes a text to stdout.
pub fn print(text: impl AsRef<str>) -> Result<()> {
    print_bytes(printable(text.as_ref(), escape).as_bytes())
}

/// Writes bytes that are no text to stdout.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    host::print(bytes).map_err(|cause| Error::new(ErrorKind::Io, "cannot write to stdout").caused_by(cause))
}

/// Writes a value to stdout as one line of JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let json = serde_json::to_string(value)
        .map_err(|cause| Error::new(ErrorKind::Internal, "the result cannot be written as JSON").caused_by(cause))?;
    // Such characters are in strings alone, where this says the same.
    print_bytes((printable(&json, |char| format!("\\u{:04x}", u32::from(char))) + "\n").as_bytes())
}

/// Writes a line to stderr.
pub fn note(line: &str) {
    host::note(&printable(line, escape));
}

/// Writes an error to stderr, on one line.
pub fn note_error(error: &Error) {
    note(&format!("inkling: {error} [{}]", error.code()).replace('\n', "\\n"));
}

fn escape(char: char) -> String {
    char.escape_default().to_string()
}

/// A text without characters that tell a terminal something, but for line breaks and tabs: `instead` says what stands in their place.
fn printable(text: &str, instead: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.chars().any(tells) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if tells(char) {
            let _ = shown.write_str(&instead(char));
        } else {
            shown.push(char);
        }
    }
    shown.into()
}

/// Whether a terminal does something at a character: a control, or what turns the direction of the texts behind it, too.
fn tells(char: char) -> bool {
    let turns = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (char.is_control() && !matches!(char, '\n' | '\t'))
}
