//! Building an index from documents on all cores.

use crate::encoder::{self, Encoder, ModelFiles};
use crate::error::Result;
use crate::index::builder::{self, IndexFiles, field_texts, lexical_builder, lexical_texts};
use crate::index::document::Document;
use crate::index::manifest::{FileEntry, MODEL_FOLDER, ModelIdentity, Needed};
use crate::index::vectors::{PassageVector, Vectors};
use crate::model::config::{CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::text::passages::PassageOptions;

/// How an index is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOptions {
    /// How documents are cut.
    pub passages: PassageOptions,
    /// The language of the words: a code such as `en`, or `auto` to guess it.
    pub language: String,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self { passages: PassageOptions::default(), language: "auto".to_owned() }
    }
}

/// Builds an index, model included. The same documents, model and options give the same bytes.
///
/// `start` is told the number of passages; `progress` is called from many threads with the number just encoded.
///
/// # Errors
/// Those of [`builder::check`], and `invalid-input` for options that cannot be.
pub fn build(
    documents: &[Document],
    encoder: &Encoder,
    model: &ModelFiles,
    options: &BuildOptions,
    start: impl FnOnce(usize),
    progress: impl Fn(usize) + Sync,
) -> Result<IndexFiles> {
    builder::check(documents)?;
    let passage_options = options.passages.for_model(encoder.tokenizer())?;
    let mut lexical = lexical_builder(&options.language)?;
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    for (number, document) in (0u32..).zip(documents) {
        let (passages, of_document) = builder::passages(encoder.tokenizer(), document, passage_options)?;
        places.extend(passages.windows.into_iter().map(|range| (number, range)));
        texts.extend(of_document);
        lexical.add(&field_texts(&lexical_texts(document)))?;
    }
    start(texts.len());
    let mut vectors = Vectors::new(encoder.config().dim);
    for (encoded, (document, range)) in encoder::encode_all(encoder, &texts, progress)?.into_iter().zip(places) {
        vectors.push(&PassageVector { document, range, vector: encoded.vector });
    }

    let in_model = |name: &str| format!("{MODEL_FOLDER}/{name}");
    let model_files = [(CONFIG_FILE, model.config), (TOKENIZER_FILE, model.tokenizer), (WEIGHTS_FILE, model.weights)];
    let entries = model_files.map(|(name, bytes)| FileEntry::new(in_model(name), bytes, Needed::Model)).to_vec();
    let config = encoder.config();
    let identity = ModelIdentity { id: config.id.clone(), weights_sha256: config.weights.sha256.clone() };
    let mut index = builder::write(documents, &vectors, lexical.finish(), passage_options, identity, entries)?;
    let model_files = model_files.map(|(name, bytes)| (in_model(name), bytes.to_vec()));
    index.files.splice(0..0, model_files);
    Ok(index)
}
