//! Opening an index: from the words its file has, or from the documents where it leaves the words to them.

use std::sync::OnceLock;

use super::builder::{check_fields, known_language, ordered};
use super::expand::Expansion;
use super::file::{self, About, TENSORS, VERSION, VERSION_OF_DOCUMENTS};
use super::frozen::Frozen;
use super::growing::Growing;
use super::segment::Segment;
use super::{FieldText, Language, Lexical, Query, Ranking, Tensors};
use crate::error::{Error, ErrorKind, Result};
use crate::json;

impl Lexical {
    /// Opens an index, given its tensors by name. Blocks that are not given may come later, by [`Lexical::load`].
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
        let [about, words, documents_of, lengths, gaps, blocks] = TENSORS.map(get);
        let about: About = json::read(about?).ok_or_else(|| {
            Error::new(ErrorKind::DamagedFile, "the description of the word index cannot be read: build the index again")
        })?;
        check_fields(&about.fields, ErrorKind::DamagedFile)?;
        let language = known_language(&about.language, ErrorKind::UnsupportedFormat)?;
        if !language.is_here() {
            return Err(file::damaged("a language that manifest.json does not name"));
        }
        let base = match about.version {
            VERSION => {
                let (documents, lengths, gaps, blocks) = (documents_of?, lengths?, gaps?, blocks?);
                let file = file::Reader { words: words?, documents, lengths, gaps, blocks };
                let fields = about.fields.len();
                let mut base = Frozen::open(&file, fields, language)?;
                for block in 0..base.blocks() {
                    if let Some(bytes) = tensor(&file::block_name(block)) {
                        base.load(block, bytes, fields)?;
                    }
                }
                base
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
                let text = format!("the word index has version {other}, this program reads 2 and 3: build the index again");
                return Err(Error::new(ErrorKind::UnsupportedFormat, text));
            }
        };
        Ok(Self::over(base, language, about.fields))
    }

    /// [`Lookup::missing`](super::Lookup::missing).
    pub(super) fn missing(&self, query: &Query, words: &[Expansion]) -> Vec<usize> {
        if self.is_whole() {
            return Vec::new();
        }
        let mut blocks = Vec::new();
        let mut want = |word: &str, positions: bool| {
            let wanted = self.base.find(word).into_iter().flat_map(|term| self.base.missing_of(term, positions));
            wanted.for_each(|block| {
                if !blocks.contains(&block) {
                    blocks.push(block)
                }
            });
        };
        for expansion in words.iter().filter(|expansion| expansion.times > 0) {
            // Stop words have no pairs.
            expansion.layers.iter().flat_map(|(_, words)| words).for_each(|word| want(word, !expansion.stop));
            expansion.phrases.iter().flatten().for_each(|word| want(word, true));
        }
        let quoted = query.phrases.iter().flat_map(|words| self.quoted(words));
        for phrase in quoted.chain(query.excluded.iter().flat_map(|words| self.excluded(words))) {
            phrase.iter().for_each(|word| want(word, true));
        }
        blocks
    }

    /// Whether all blocks have come.
    pub fn is_whole(&self) -> bool {
        self.base.missing().next().is_none()
    }

    /// All blocks that are still to come, ascending. As long as there is one, no document may be removed and nothing saved.
    pub fn all_missing(&self) -> Vec<usize> {
        self.base.missing().collect()
    }

    /// How many blocks there are in all, of an index whose words are not made from its documents.
    pub fn blocks(&self) -> usize {
        self.base.blocks()
    }

    /// Takes a block. One that is there already is passed over.
    ///
    /// # Errors
    /// [`ErrorKind::DamagedFile`] when it is not that block of this index.
    pub fn load(&mut self, block: usize, bytes: &[u8]) -> Result<()> {
        self.base.load(block, bytes, self.fields.len())
    }

    /// Parts the tensors that an index is saved as into those of its file and its blocks, in their order.
    pub fn parted(tensors: Tensors) -> (Tensors, Vec<Vec<u8>>) {
        file::parted(tensors)
    }

    /// The code of the language of an index from the tensors that it is saved as.
    pub fn language_of(tensors: &[(String, Vec<u8>)]) -> Option<String> {
        file::about(tensors).map(|about| about.language)
    }

    /// The tensors that are left of an index's when its words are to be made from its documents.
    pub fn without_texts(tensors: &[(String, Vec<u8>)]) -> Tensors {
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
            k1: 0.0,
            field_weights: OnceLock::new(),
            recent: Growing::new(columns, Some(language)),
            base,
        };
        for row in index.base.store().lengths().chunks_exact(columns) {
            index.length_sums.iter_mut().zip(row).for_each(|(sum, &length)| *sum += u64::from(length));
        }
        index.k1 = index.saturation_of_lengths();
        index
    }
}
