//! An index and the encoder of its queries, for callers that want one call.

use super::{Answer, Documents, Hit, Index, QueryOptions, Question};
use crate::encoder::Encoder;
use crate::error::{Error, ErrorKind, Result};
use crate::index::builder;
use crate::index::document::Document;

/// An index with the encoder of its queries, once there is one: until then words answer.
pub struct Engine {
    index: Index,
    encoder: Option<Encoder>,
}

impl Engine {
    /// An engine that answers from words until it gets an encoder.
    pub fn new(index: Index) -> Self {
        Self { index, encoder: None }
    }

    /// Gives the engine the model that encodes queries.
    ///
    /// # Errors
    /// `model-mismatch` when the index was made with another one.
    pub fn set_encoder(&mut self, encoder: Encoder) -> Result<()> {
        self.index.check_model(&encoder.config().into(), encoder.config().vector_dim())?;
        self.encoder = Some(encoder);
        Ok(())
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The encoder, once there is one.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_ref()
    }

    /// Ranks the documents that answer a text best: [`Engine::query_with`] the default options.
    ///
    /// # Errors
    /// None but those of the encoder.
    pub fn query(&mut self, text: &str) -> Result<Answer> {
        self.query_with(text, &QueryOptions::default())
    }

    /// Ranks the documents that answer a text best. A text without a word finds nothing, unless filters or an order are
    /// given: then it finds every document that passes them.
    ///
    /// It blocks where a GPU makes it wait; who must not block takes the steps of an [`Index`] one by one.
    ///
    /// # Errors
    /// As [`Index::read`].
    pub fn query_with(&mut self, text: &str, options: &QueryOptions) -> Result<Answer> {
        Ok(pollster::block_on(self.ask(text, options))?.1)
    }

    /// The hits that answer a text best, their texts taken from `documents`, such as an `IndexFolder`.
    ///
    /// # Errors
    /// As [`Index::hits`].
    pub fn search(&mut self, text: &str, documents: &impl Documents) -> Result<Vec<Hit>> {
        Ok(self.search_with(text, &QueryOptions::default(), documents)?.1)
    }

    /// The answer of [`Engine::query_with`], and what is shown of its documents.
    ///
    /// # Errors
    /// As [`Index::read`] and [`Index::hits`].
    pub fn search_with(&mut self, text: &str, options: &QueryOptions, documents: &impl Documents) -> Result<(Answer, Vec<Hit>)> {
        let (question, answer) = pollster::block_on(self.ask(text, options))?;
        let hits = self.index.hits(&answer.hits, Some(&question), documents)?;
        Ok((answer, hits))
    }

    async fn ask(&mut self, text: &str, options: &QueryOptions) -> Result<(Question, Answer)> {
        let tokenizer = self.encoder.as_ref().map(Encoder::tokenizer);
        let is_word = tokenizer.map(|tokenizer| move |word: &str| tokenizer.is_word(word));
        let is_word = is_word.as_ref().map(|is_word| is_word as &dyn Fn(&str) -> bool);
        let question = self.index.read(text, options, is_word)?;
        let vector = match &mut self.encoder {
            Some(encoder) => question.encode(encoder).await?,
            None => None,
        };
        let answer = self.index.answer(&question, vector.as_ref());
        Ok((question, answer))
    }

    /// Adds documents, or replaces those of the same id. Each is encoded, so a model must be there. `progress` is called
    /// after each document with the number done. It blocks where a GPU makes it wait.
    ///
    /// # Errors
    /// `invalid-input` without a model or for a document without an id or any text, `duplicate-id` for two of one id; then
    /// nothing has changed.
    pub fn add(&mut self, documents: Vec<Document>, mut progress: impl FnMut(usize)) -> Result<()> {
        if documents.is_empty() {
            return Ok(());
        }
        builder::check(&documents)?;
        let without = || Error::new(ErrorKind::InvalidInput, "no model is loaded yet: load it before adding documents");
        let encoder = self.encoder.as_mut().ok_or_else(without)?;
        // Everything that can fail comes before the first change.
        let mut encoded = Vec::new();
        for (done, document) in documents.into_iter().enumerate() {
            encoded.push(pollster::block_on(self.index.encode(document, encoder))?);
            progress(done + 1);
        }
        self.index.add_encoded(encoded)
    }

    /// Removes a document; false when there is none of that id.
    pub fn remove(&mut self, id: &str) -> bool {
        self.index.remove(id)
    }
}
