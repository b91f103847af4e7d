//! Building an index from nothing, and the checks of what callers hand in.

use super::file::{self, About, VERSION};
use super::growing::Growing;
use super::postings::FIELDS_MAX;
use super::segment::Segment;
use super::{FieldText, Language, LexicalOptions, Tensors};
use crate::error::{Error, ErrorKind, Result};
use crate::index::join::joined;
use crate::index::sort::sort_by;

/// Collects documents for an index file.
pub struct LexicalBuilder {
    options: LexicalOptions,
    segment: Growing,
}

impl LexicalBuilder {
    /// Starts an index.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for an unknown language, for no field or more than 16, two of one name, or a weight that is not a positive number.
    pub fn new(options: LexicalOptions) -> Result<Self> {
        let language = match options.language.as_str() {
            "auto" => None,
            code => Some(known_language(code, ErrorKind::InvalidInput)?),
        };
        check_fields(&options.fields, ErrorKind::InvalidInput)?;
        let segment = Growing::new(options.fields.len(), language);
        Ok(Self { options, segment })
    }

    /// Adds a document and returns its number: 0, 1, 2 and so on.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a field that the options do not name.
    pub fn add(&mut self, fields: &[FieldText<'_>]) -> Result<u32> {
        Ok(self.segment.add(&ordered(&self.options.fields, fields)?))
    }

    /// The tensors of the index, all of bytes, by name. The same documents in the same order give the same bytes.
    pub fn finish(self) -> Tensors {
        let language = Language::from_code(&self.options.language).unwrap_or_else(|| self.segment.guess_language());
        let about = About { version: VERSION, language: language.code().to_owned(), fields: self.options.fields };
        let order: Vec<_> = (0..self.segment.store().docs()).map(|doc| (0, doc)).collect();
        file::write(&[&self.segment], &about, &order)
    }
}

/// The texts with the numbers of their fields, in the order of the fields.
pub(super) fn ordered<'a>(fields: &[(String, f32)], texts: &[FieldText<'a>]) -> Result<Vec<(usize, &'a str)>> {
    let mut ordered = Vec::with_capacity(texts.len());
    for text in texts {
        let field = fields.iter().position(|(name, _)| name == text.field).ok_or_else(|| {
            let names = joined(fields.iter().map(|(name, _)| name.as_str()), ", ");
            let what = format!("the word index has no field {:?}: use one of {names}", text.field);
            Error::new(ErrorKind::InvalidInput, what)
        })?;
        ordered.push((field, text.text));
    }
    sort_by(&mut ordered, |a, b| a.0.cmp(&b.0));
    Ok(ordered)
}

pub(super) fn known_language(code: &str, kind: ErrorKind) -> Result<Language> {
    Language::from_code(code).ok_or_else(|| {
        let codes = joined(Language::ALL.map(Language::code), ", ");
        Error::new(kind, format!("the word index does not know the language {code:?}: use auto or one of {codes}"))
    })
}

pub(super) fn check_fields(fields: &[(String, f32)], kind: ErrorKind) -> Result<()> {
    let unique = fields.iter().enumerate().all(|(i, (name, _))| fields[..i].iter().all(|(other, _)| other != name));
    let positive = fields.iter().all(|(_, weight)| weight.is_finite() && *weight > 0.0);
    if fields.is_empty() || fields.len() > FIELDS_MAX || !unique || !positive {
        let text = format!("a word index needs 1 to {FIELDS_MAX} fields of different names, each with a weight above 0");
        return Err(Error::new(kind, text));
    }
    Ok(())
}
