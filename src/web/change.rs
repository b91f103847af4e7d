//! Changes of a search: documents that come and go, and saving what is there then.
//!
//! Only the module that builds has them, since few pages change an index: the worker opens the index once more there when one does.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::convert::{from_object, object, plain, saved_files};
use super::search::{Search, TOGETHER, digest};
use super::store::Progress;
use super::wire::{EncodedPassage, QueryEncoder, is_broken};
use crate::engine::{Documents, EncodedDocument};
use crate::error::{Error, ErrorKind};
use crate::index::builder;
use crate::index::document::Document;
use crate::index::manifest::DOCUMENTS_MODEL_FOLDER;

#[wasm_bindgen]
impl Search {
    /// Where what encodes documents is, `{ folder, config }`, where that is not the model of the queries.
    #[wasm_bindgen(js_name = documentsModel)]
    pub fn documents_model(&self) -> Result<JsValue, JsValue> {
        let Some(config) = self.site.documents_model_config() else { return Ok(JsValue::UNDEFINED) };
        Ok(plain([("folder", format!("{DOCUMENTS_MODEL_FOLDER}/").into()), ("config", digest(config))]))
    }

    /// Takes what encodes documents, where that is not the encoder of the queries.
    #[wasm_bindgen(js_name = setDocumentsEncoder)]
    pub async fn set_documents_encoder(&self, encoder: QueryEncoder) -> Result<(), JsValue> {
        self.check_encoder(&encoder).await?;
        *self.documents_encoder.borrow_mut() = Some(encoder);
        Ok(())
    }

    /// Adds documents, or replaces those of the same id; `onProgress` is called with the number done. Where it gives a promise,
    /// that is waited for before the next document: queries have their turn meanwhile.
    pub async fn add(&self, documents: JsValue, on_progress: js_sys::Function) -> Result<(), JsValue> {
        let documents: Vec<Document> = from_object(documents)?;
        if documents.is_empty() {
            return Ok(());
        }
        builder::check(&documents)?;
        let mut encoded = Vec::new();
        for (done, document) in (1u32..).zip(documents) {
            encoded.push(self.encode(document).await?);
            let pause = on_progress.call1(&JsValue::NULL, &done.into());
            if let Ok(Ok(pause)) = pause.map(JsCast::dyn_into::<js_sys::Promise>) {
                JsFuture::from(pause).await?;
            }
        }
        self.load_all_words().await?;
        Ok(self.index.write().await.add_encoded(encoded)?)
    }

    /// Removes documents by their ids and returns how many there were.
    pub async fn remove(&self, ids: Vec<String>) -> Result<usize, JsValue> {
        self.load_all_words().await?;
        let mut index = self.index.write().await;
        Ok(ids.iter().filter(|id| index.remove(id)).count())
    }

    /// The files of the index as it is now, but for those of the model: an array of `{ path, bytes }`.
    pub async fn save(&self) -> Result<JsValue, JsValue> {
        self.load_codes(&Progress::default()).await?;
        self.load_all_words().await?;
        let index = self.index.read().await;
        let mut documents = Vec::new();
        for numbers in index.live().chunks(TOGETHER) {
            self.site.prepare(numbers).await;
            for &number in numbers {
                documents.push(index.document(number, &self.site).await?);
            }
        }
        let slices = match self.slices.get() {
            Some(slices) => slices.codes(index.dim()).await?,
            None => Vec::new(),
        };
        object(&saved_files(index.save(&documents, slices)?))
    }
}

impl Search {
    /// Encodes a document that is to be added.
    async fn encode(&self, document: Document) -> Result<EncodedDocument, JsValue> {
        let without = || Error::new(ErrorKind::InvalidInput, "no model is loaded yet: load it before adding documents");
        let apart = self.documents_encoder.borrow().clone();
        let encoder = apart.or_else(|| self.encoder.borrow().clone()).ok_or_else(without)?;
        let options = self.index.read().await.passage_options();
        let encoded = encoder.passages(&document.title, &document.text, options).await;
        if encoded.as_ref().is_err_and(is_broken) {
            // Both are of one module.
            *self.encoder.borrow_mut() = None;
            *self.documents_encoder.borrow_mut() = None;
        }
        let passage = |EncodedPassage { start, end, vector }| (start..end, vector.to_vec());
        Ok(EncodedDocument::new(document, encoded?.into_iter().map(passage).collect()))
    }
}
