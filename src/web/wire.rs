//! What goes between the module of the encoder and that of the index.

use js_sys::Float32Array;
use serde::{Deserialize, Serialize};

#[cfg(feature = "web-index")]
pub use asked::{QueryEncoder, is_broken};

/// The model of an encoder.
#[derive(Serialize, Deserialize)]
pub struct Identity {
    pub id: String,
    /// The hash of its original weights.
    pub family: String,
    /// Length of its vectors.
    pub dim: usize,
}

/// The vector of a query.
#[derive(Serialize, Deserialize)]
pub struct EncodedQuery {
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub vector: Float32Array,
    /// Whether the end of the query was cut.
    pub truncated: bool,
    /// From text to token ids, and from these to the vector.
    pub milliseconds: [f64; 2],
    /// What computed it: `cpu` or `webgpu`.
    pub backend: String,
}

/// The vector of a passage of a document, and its byte range there.
#[derive(Serialize, Deserialize)]
pub struct EncodedPassage {
    pub start: usize,
    pub end: usize,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub vector: Float32Array,
}

/// The encoder as the index asks it.
#[cfg(feature = "web-index")]
mod asked {
    use js_sys::Promise;
    use serde::de::DeserializeOwned;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    use super::{EncodedPassage, EncodedQuery, Identity};
    use crate::engine::QueryVector;
    use crate::error::Result;
    use crate::text::passages::PassageOptions;
    use crate::web::convert::{from_object, option};

    #[wasm_bindgen]
    extern "C" {
        /// The encoder of queries, in a module of its own. Its methods give values, or promises of them.
        #[derive(Clone)]
        pub type QueryEncoder;
        #[wasm_bindgen(method, catch)]
        fn identity(this: &QueryEncoder) -> std::result::Result<JsValue, JsValue>;
        #[wasm_bindgen(method, catch, js_name = isWord)]
        fn is_word(this: &QueryEncoder, word: &str) -> std::result::Result<bool, JsValue>;
        #[wasm_bindgen(method, catch, js_name = encodeQuery)]
        fn encode_query(this: &QueryEncoder, text: &str) -> std::result::Result<JsValue, JsValue>;
        #[wasm_bindgen(method, catch, js_name = encodePassages)]
        fn encode_passages(
            this: &QueryEncoder,
            title: &str,
            text: &str,
            max_tokens: usize,
            overlap: usize,
        ) -> std::result::Result<JsValue, JsValue>;
    }

    impl QueryEncoder {
        /// Its model.
        pub fn model(&self) -> std::result::Result<Identity, JsValue> {
            Ok(from_object(self.identity()?)?)
        }

        /// Whether its vocabulary has a word as it is. None has one where it is broken: that is said when it is to encode.
        pub fn knows(&self, word: &str) -> bool {
            self.is_word(word).unwrap_or(false)
        }

        /// The vector of a query, and what computed it.
        pub async fn query(&self, text: &str) -> std::result::Result<(QueryVector, String), JsValue> {
            let EncodedQuery { vector, truncated, milliseconds, backend } = settled(self.encode_query(text)).await?;
            Ok((QueryVector { vector: vector.to_vec(), truncated, milliseconds }, backend))
        }

        /// The passages of a document, and their vectors.
        pub async fn passages(
            &self,
            title: &str,
            text: &str,
            PassageOptions { max_tokens, overlap }: PassageOptions,
        ) -> std::result::Result<Vec<EncodedPassage>, JsValue> {
            settled(self.encode_passages(title, text, max_tokens, overlap)).await
        }
    }

    /// Whether an error is one that the encoder did not mean to give: its module has broken, and must not be asked again.
    pub fn is_broken(error: &JsValue) -> bool {
        option(error, "code").is_none()
    }

    async fn settled<T: DeserializeOwned>(value: std::result::Result<JsValue, JsValue>) -> std::result::Result<T, JsValue> {
        let value = JsFuture::from(Promise::resolve(&value?)).await?;
        let read: Result<T> = from_object(value);
        Ok(read?)
    }
}
