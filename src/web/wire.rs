//! What goes between the module of the encoder and that of the index.

#[cfg(any(feature = "web-encoder", feature = "build"))]
use js_sys::Float32Array;
#[cfg(any(feature = "web-encoder", feature = "build"))]
use serde::{Deserialize, Serialize};

#[cfg(feature = "web-index")]
pub use asked::{QueryEncoder, is_broken};

/// The model of an encoder.
#[cfg_attr(feature = "web-encoder", derive(Serialize))]
pub struct Identity {
    pub id: String,
    /// The hash of its original weights.
    pub family: String,
    /// Length of its vectors.
    pub dim: usize,
}

/// The vector of a query.
#[cfg(feature = "web-encoder")]
#[derive(Serialize)]
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
#[cfg(any(feature = "web-encoder", feature = "build"))]
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
    use js_sys::{Array, Float32Array, Promise};
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    use super::Identity;
    use crate::engine::QueryVector;
    use crate::web::convert::{option, read_property};

    #[wasm_bindgen]
    extern "C" {
        /// The encoder of queries, in a module of its own. Its methods give values, or promises of them.
        #[derive(Clone)]
        pub type QueryEncoder;
        #[wasm_bindgen(method, catch)]
        fn identity(this: &QueryEncoder) -> std::result::Result<JsValue, JsValue>;
        #[wasm_bindgen(method, catch, js_name = isWord)]
        fn is_word(this: &QueryEncoder, word: &str) -> std::result::Result<bool, JsValue>;
        #[wasm_bindgen(method, catch)]
        fn prepare(this: &QueryEncoder, text: &str, is_query: bool) -> std::result::Result<JsValue, JsValue>;
        #[cfg(feature = "build")]
        #[wasm_bindgen(method, catch, js_name = loadAllRows)]
        fn load_all_rows(this: &QueryEncoder) -> std::result::Result<JsValue, JsValue>;
        #[wasm_bindgen(method, catch, js_name = encodeQuery)]
        fn encode_query(this: &QueryEncoder, text: &str) -> std::result::Result<JsValue, JsValue>;
        #[cfg(feature = "build")]
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
            let identity = self.identity()?;
            let text = |name: &str| read_property(&identity, name, |text| text.as_string());
            let dim = read_property(&identity, "dim", |dim| dim.as_f64())? as usize;
            Ok(Identity { id: text("id")?, family: text("family")?, dim })
        }

        /// Whether its vocabulary has a word as it is. None has one where it is broken: that is said when it is to encode.
        pub fn knows(&self, word: &str) -> bool {
            self.is_word(word).unwrap_or(false)
        }

        /// The vector of a query, and what computed it.
        pub async fn query(&self, text: &str) -> std::result::Result<(QueryVector, String), JsValue> {
            // The word embeddings of seldom words, where they have not come.
            settled(self.prepare(text, true)).await?;
            let encoded = settled(self.encode_query(text)).await?;
            let vector = read_property(&encoded, "vector", |vector| vector.dyn_into::<Float32Array>().ok())?;
            let truncated = read_property(&encoded, "truncated", |truncated| truncated.as_bool())?;
            let times = read_property(&encoded, "milliseconds", |times| times.dyn_into::<Array>().ok())?;
            let milliseconds = [0, 1].map(|at| times.get(at).as_f64().unwrap_or_default());
            let backend = read_property(&encoded, "backend", |backend| backend.as_string())?;
            Ok((QueryVector { vector: vector.to_vec(), truncated, milliseconds }, backend))
        }

        /// The passages of a document, and their vectors.
        #[cfg(feature = "build")]
        pub async fn passages(
            &self,
            title: &str,
            text: &str,
            options: crate::text::passages::PassageOptions,
        ) -> std::result::Result<Vec<super::EncodedPassage>, JsValue> {
            settled(self.load_all_rows()).await?;
            let passages = settled(self.encode_passages(title, text, options.max_tokens, options.overlap)).await?;
            Ok(crate::web::convert::from_object(passages)?)
        }
    }

    /// Whether an error is one that the encoder did not mean to give: its module has broken, and must not be asked again.
    pub fn is_broken(error: &JsValue) -> bool {
        option(error, "code").is_none()
    }

    async fn settled(value: std::result::Result<JsValue, JsValue>) -> std::result::Result<JsValue, JsValue> {
        JsFuture::from(Promise::resolve(&value?)).await
    }
}
