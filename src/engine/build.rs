//! Building an index from documents.

use std::borrow::Cow;
use std::ops::Range;

use super::Index;
use super::earlier::Earlier;
pub use super::rows::COMMON_TOKENS;
use super::rows::first_rows;
use crate::encoder::ModelFiles;
#[cfg(feature = "fs")]
use crate::encoder::{Encoder, encode_all};
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder::{self, IndexFiles, WHOLE_PASSAGES, field_texts, lexical_builder, lexical_texts};
use crate::index::document::Document;
use crate::index::lexical::LexicalBuilder;
use crate::index::manifest::{DOCUMENTS_MODEL_FOLDER, FileEntry, LEXICAL_FILE, MODEL_FOLDER, ModelIdentity, Needed};
use crate::index::vectors::{PassageVector, Vectors};
use crate::model::config::{CONFIG_FILE, ModelConfig, TOKENIZER_FILE, WEIGHTS_FILE, rows_file};
use crate::model::parted::{Parted, part};
use crate::text::passages::PassageOptions;
use crate::text::tokenizer::{Familiarity, Tokenizer};

/// How an index is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOptions {
    /// How documents are cut.
    pub passages: PassageOptions,
    /// The language of the words: a code such as `en`, or `auto` to guess it.
    pub language: String,
    /// Most passages whose vectors are one file: those of more are laid out by cluster.
    pub whole_passages: usize,
    /// What words weigh in fields, in hundredths, where that is not the usual: see [`lexical_builder`].
    pub boosts: Vec<(String, u16)>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        let passages = PassageOptions::default();
        Self { passages, language: "auto".to_owned(), whole_passages: WHOLE_PASSAGES, boosts: Vec::new() }
    }
}

/// An index on its way: the documents are cut, their words are counted, and their passages wait to be encoded.
pub struct Plan<'a> {
    documents: Cow<'a, [Document]>,
    options: BuildOptions,
    lexical: LexicalBuilder,
    earlier: Option<Earlier>,
    /// The text to encode for each passage that an earlier build has not encoded.
    texts: Vec<String>,
    /// The document of each passage, and where its vector comes from.
    passages: Vec<(u32, Source)>,
    /// How well the model's vocabulary knows the words.
    familiarity: Familiarity,
}

/// Where the vector of a passage comes from.
enum Source {
    /// The passage of this number of an earlier build.
    Earlier(u32),
    /// The encoder, which gives that of this byte range of the document's text.
    Encoder(Range<usize>),
}

/// Refuses an encoder that cannot ask for documents whose vectors a model made, of so many numbers.
///
/// # Errors
/// `model-mismatch` for one of another family, `wrong-shape` for vectors of another length.
pub fn check_query_model(queries: &ModelConfig, documents: &ModelIdentity, dim: usize) -> Result<()> {
    documents.check(&queries.into())?;
    if queries.vector_dim() == dim {
        return Ok(());
    }
    let what =
        format!("{} gives vectors of {} numbers, and those of {} have {dim}", queries.id, queries.vector_dim(), documents.id);
    Err(Error::new(ErrorKind::WrongShape, what))
}

impl<'a> Plan<'a> {
    /// Cuts documents into passages for the model of a tokenizer.
    ///
    /// # Errors
    /// Those of [`builder::check`], and `invalid-input` for options that cannot be.
    pub fn new(documents: impl Into<Cow<'a, [Document]>>, tokenizer: &Tokenizer, options: &BuildOptions) -> Result<Self> {
        Self::after(documents, tokenizer, options, None)
    }

    /// The same, where documents that an earlier build has encoded keep their vectors.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn after(
        documents: impl Into<Cow<'a, [Document]>>,
        tokenizer: &Tokenizer,
        options: &BuildOptions,
        earlier: Option<Earlier>,
    ) -> Result<Self> {
        let documents = documents.into();
        builder::check(&documents)?;
        let mut lexical = lexical_builder(&options.language, &options.boosts)?;
        let options = BuildOptions { passages: options.passages.for_model(tokenizer)?, ..options.clone() };
        let (mut texts, mut passages, mut familiarity) = (Vec::new(), Vec::new(), Familiarity::default());
        for (number, document) in (0u32..).zip(documents.iter()) {
            match earlier.as_ref().and_then(|earlier| Some(earlier.vectors.passages_of(earlier.number(document)?))) {
                Some(kept) => passages.extend(kept.map(|passage| (number, Source::Earlier(passage)))),
                None => {
                    for (range, text) in builder::passages(tokenizer, document, options.passages)? {
                        passages.push((number, Source::Encoder(range)));
                        texts.push(text);
                    }
                }
            }
            lexical.add(&field_texts(&lexical_texts(document)))?;
            for text in [&document.title, &document.text] {
                familiarity.add(tokenizer.familiarity(text)?);
            }
        }
        Ok(Self { documents, options, lexical, earlier, texts, passages, familiarity })
    }

    /// The texts to encode, one for each passage that has no vector yet.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Writes the index, model included, from the vectors of [`Plan::texts`] in their order.
    ///
    /// # Errors
    /// `invalid-input` when there is not one vector of the model's length for each text.
    pub fn finish(self, encoded: Vec<Vec<f32>>, model: &ModelFiles, config: &ModelConfig) -> Result<IndexFiles> {
        if encoded.len() != self.texts.len() || encoded.iter().any(|vector| vector.len() != config.vector_dim()) {
            let (texts, dim) = (self.texts.len(), config.vector_dim());
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("an index of {texts} texts to encode takes as many vectors of {dim} numbers"),
            ));
        }
        let mut vectors = Vectors::new(config.vector_dim());
        let mut encoded = encoded.into_iter();
        for (document, source) in self.passages {
            match (source, &self.earlier) {
                (Source::Earlier(passage), Some(earlier)) => vectors.push_kept(&earlier.vectors, passage, document),
                (Source::Earlier(_), None) => {}
                (Source::Encoder(range), _) => {
                    if let Some(vector) = encoded.next() {
                        let text = &self.documents[document as usize].text;
                        vectors.push(&PassageVector::of(document, range, text, vector));
                    }
                }
            }
        }
        let (entries, model_files) = model_files(model);
        let BuildOptions { passages, whole_passages, .. } = self.options;
        let about_model = (config.into(), self.familiarity.knows_corpus());
        let lexical = self.lexical.finish();
        let mut index = builder::write(&self.documents, &vectors, lexical, passages, about_model, entries, whole_passages)?;
        index.files.splice(0..0, model_files);
        Ok(index)
    }
}

/// Files as the manifest names them, and as they lie in the folder.
type Files = (Vec<FileEntry>, Vec<(String, Vec<u8>)>);

/// The files of a model that encodes queries alone, with the rows of its word embeddings that few questions need apart.
fn query_model_files(model: &ModelFiles, config: &ModelConfig, documents: &[Document], common: usize) -> Result<Files> {
    let mut tokenizer = Tokenizer::read(model.tokenizer, config.max_tokens)?;
    tokenizer.set_prompts(&config.prompts.query, &config.prompts.passage)?;
    let first = first_rows(&tokenizer, documents, common)?;
    let Some(Parted { config, weights, blocks }) = part(config, model.weights, |id| first.contains(&id))? else {
        return Ok(model_files(model));
    };
    let (mut entries, mut files) = model_files(&ModelFiles { config: &config, weights: &weights, ..*model });
    for (number, block) in blocks.into_iter().enumerate() {
        let path = format!("{MODEL_FOLDER}/{}", rows_file(number));
        entries.push(FileEntry::new(&path, &block, Needed::Rows));
        files.push((path, block));
    }
    Ok((entries, files))
}

/// The files of the model that encodes queries.
fn model_files(model: &ModelFiles) -> Files {
    let files = [(CONFIG_FILE, model.config), (TOKENIZER_FILE, model.tokenizer), (WEIGHTS_FILE, model.weights)];
    let files = files.map(|(name, bytes)| (format!("{MODEL_FOLDER}/{name}"), bytes.to_vec()));
    let entries = files.iter().map(|(path, bytes)| FileEntry::new(path, bytes, Needed::Model)).collect();
    (entries, files.into())
}

impl IndexFiles {
    /// The same index with another encoder for queries, of the family of the one that encoded its documents. That one goes where it is
    /// fetched only to encode more of them. Of the word embeddings of the other, those of the tokens of `documents` and of so many
    /// `common` ones come first, and the rest in blocks.
    ///
    /// # Errors
    /// `model-mismatch` for an encoder of another family, `wrong-shape` for one whose vectors are of another length, and what
    /// [`ModelConfig::from_json`] says.
    pub fn asked_by(mut self, queries: &ModelFiles, documents: &[Document], common: usize) -> Result<Self> {
        let config = ModelConfig::from_json(queries.config)?;
        check_query_model(&config, &self.manifest.model, self.manifest.dim)?;
        let to_documents = |path: &mut String| *path = path.replacen(MODEL_FOLDER, DOCUMENTS_MODEL_FOLDER, 1);
        for file in self.manifest.files.iter_mut().filter(|file| file.needed == Needed::Model) {
            if let Some((path, _)) = self.files.iter_mut().find(|(path, _)| *path == file.path) {
                to_documents(path);
            }
            to_documents(&mut file.path);
            file.needed = Needed::Documents;
        }
        let (entries, files) = query_model_files(queries, &config, documents, common)?;
        self.manifest.files.splice(0..0, entries);
        self.files.splice(0..0, files);
        Ok(self.with_its_manifest())
    }

    /// The same index whose relative addresses are relative to `base`: see [`Manifest::base`].
    ///
    /// [`Manifest::base`]: crate::index::manifest::Manifest::base
    #[must_use]
    pub fn based_on(mut self, base: Option<String>) -> Self {
        self.manifest.base = base;
        self.with_its_manifest()
    }

    /// The same files with the manifest, the last of them, as it is now.
    fn with_its_manifest(mut self) -> Self {
        self.files.pop();
        self.files.push(builder::manifest_file(&self.manifest));
        self
    }

    /// The index that these files are, with all of its vectors. `documents` are those that it was built from.
    ///
    /// # Errors
    /// None, of files as they were built.
    pub fn open(&self, documents: &[&Document]) -> Result<Index> {
        let file = |wanted: &str| self.files.iter().find(|(path, _)| path == wanted).map_or(&[][..], |(_, bytes)| bytes);
        let vectors = Vectors::read(&self.manifest, |entry| Ok(file(&entry.path)))?;
        let mut index = Index::open(self.manifest.clone(), vectors, file(LEXICAL_FILE), documents)?;
        for (block, entry) in self.manifest.word_files().enumerate() {
            index.load_words(block, file(&entry.path))?;
        }
        Ok(index)
    }
}

/// Builds an index, model included, on all cores. The same documents, model and options give the same bytes.
///
/// `start` is told the number of passages; `progress` is called from many threads with the number just encoded.
///
/// # Errors
/// Those of [`Plan::new`].
#[cfg(feature = "fs")]
pub fn build(
    documents: &[Document],
    encoder: &Encoder,
    model: &ModelFiles,
    options: &BuildOptions,
    start: impl FnOnce(usize),
    progress: impl Fn(usize) + Sync,
) -> Result<IndexFiles> {
    build_after(documents, encoder, model, options, None, start, progress)
}

/// The same, where documents that an earlier build has encoded keep their vectors.
///
/// # Errors
/// Those of [`Plan::new`].
#[cfg(feature = "fs")]
pub fn build_after(
    documents: &[Document],
    encoder: &Encoder,
    model: &ModelFiles,
    options: &BuildOptions,
    earlier: Option<Earlier>,
    start: impl FnOnce(usize),
    progress: impl Fn(usize) + Sync,
) -> Result<IndexFiles> {
    encoder.config().check_encodes_documents()?;
    let plan = Plan::after(documents, encoder.tokenizer(), options, earlier)?;
    start(plan.texts().len());
    let encoded = encode_all(encoder, plan.texts(), progress)?;
    plan.finish(encoded.into_iter().map(|encoded| encoded.vector).collect(), model, encoder.config())
}
