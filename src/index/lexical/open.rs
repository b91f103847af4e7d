//! Opening an index: from the words its file has, or from the documents where it leaves the words to them.

use std::sync::OnceLock;

use super::builder::{check_fields, known_language, ordered};
use super::file::{self, About, TENSORS, VERSION, VERSION_OF_DOCUMENTS};
use super::frozen::Frozen;
use super::growing::Growing;
use super::segment::Segment;
use super::{FieldText, Language, Lexical, Ranking};
use crate::error::{Error, ErrorKind, Result};

impl Lexical {
    /// Opens an index, given its tensors by name.
    ///
    /// # Errors
    /// [`ErrorKind::DamagedFile`] when a tensor is missing or any number in it cannot be, [`ErrorKind::UnsupportedFormat`] when
    /// another version wrote it. Whatever the bytes, memory and time stay in proportion to their number.
    pub fn open<'a>(tensor: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self> {
        Self::open_with(tensor, std::iter::empty())
    }

    /// Opens an index whose file may leave the words to its documents, whose texts are given in the order of their numbers.
    ///
    /// # Errors
    /// As [`Lexical::open`].
    pub fn open_with<'a>(
        tensor: impl Fn(&str) -> Option<&'a [u8]>,
        documents: impl Iterator<Item = Vec<(&'static str, String)>>,
    ) -> Result<Self> {
        let get = |name: &str| {
            let missing = || Error::new(ErrorKind::DamagedFile, format!("the index has no tensor {name}: build the index again"));
            tensor(name).ok_or_else(missing)
        };
        let [about, shared, endings, counts, texts] = TENSORS.map(get);
        let about: About = serde_json::from_slice(about?).map_err(|error| {
            Error::new(ErrorKind::DamagedFile, "the description of the word index cannot be read: build the index again")
                .caused_by(error)
        })?;
        check_fields(&about.fields, ErrorKind::DamagedFile)?;
        let language = known_language(&about.language, ErrorKind::UnsupportedFormat)?;
        let base = match about.version {
            VERSION => {
                let file = file::Reader { shared: shared?, endings: endings?, counts: counts?, texts: texts? };
                Frozen::open(&file, about.fields.len(), language)?
            }
            VERSION_OF_DOCUMENTS => {
                let mut growing = Growing::new(about.fields.len(), None);
                for texts in documents {
                    let texts: Vec<_> = texts.iter().map(|(field, text)| FieldText { field, text }).collect();
                    growing.add(&ordered(&about.fields, &texts).map_err(|error| file::damaged("fields").caused_by(error))?);
                }
                Frozen::of(growing, language)?
            }
            other => {
                let text = format!("the word index has version {other}, this program reads 1 and 2: build the index again");
                return Err(Error::new(ErrorKind::UnsupportedFormat, text));
            }
        };
        Ok(Self::over(base, language, about.fields))
    }

    /// The tensors that are left of an index's when its words are to be made from its documents.
    pub fn without_texts(tensors: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
        file::without_texts(tensors)
    }

    fn over(base: Frozen, language: Language, fields: Vec<(String, f32)>) -> Self {
        let columns = fields.len();
        let mut index = Self {
            language,
            fields,
            ranking: Ranking::default(),
            live: vec![true; base.store().docs() as usize],
            live_docs: base.store().docs(),
            length_sums: vec![0; columns],
            field_weights: OnceLock::new(),
            recent: Growing::new(columns, Some(language)),
            base,
        };
        for row in index.base.store().lengths().chunks_exact(columns) {
            index.length_sums.iter_mut().zip(row).for_each(|(sum, &length)| *sum += u64::from(length));
        }
        index
    }
}
