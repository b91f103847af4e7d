//! Values on their way to JavaScript.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::error::{Error, ErrorKind, Result};
#[cfg(any(feature = "web-index", feature = "build"))]
use crate::index::builder::IndexFiles;

/// An error as JavaScript sees it: an `Error` with the stable `code`.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let value = js_sys::Error::new(&error.to_string());
        set(&value, "code", error.code());
        value.into()
    }
}

/// A plain object.
pub fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(JsValue::from)
}

/// A value from a plain object; `undefined` gives the default.
pub fn from_object<T: DeserializeOwned>(value: JsValue) -> Result<T> {
    let value = if value.is_undefined() || value.is_null() { js_sys::Object::new().into() } else { value };
    serde_wasm_bindgen::from_value(value)
        .map_err(|cause| Error::new(ErrorKind::InvalidInput, format!("the options or documents cannot be read ({cause})")))
}

/// Sets a property of an object that is known to take it.
fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    let done = js_sys::Reflect::set(object, &name.into(), &value.into());
    debug_assert!(done.is_ok(), "fresh objects take any property");
}

/// A property of an options object, where it is there.
pub fn option(options: &JsValue, name: &str) -> Option<JsValue> {
    let value = js_sys::Reflect::get(options, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A file of a folder that is written: `{ path, bytes }`.
#[cfg(any(feature = "web-index", feature = "build"))]
#[derive(Serialize)]
pub struct SavedFile {
    pub path: String,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub bytes: js_sys::Uint8Array,
}

/// The files of an index.
#[cfg(any(feature = "web-index", feature = "build"))]
pub fn saved_files(index: IndexFiles) -> Vec<SavedFile> {
    index.files.into_iter().map(|(path, bytes)| SavedFile { path, bytes: bytes.as_slice().into() }).collect()
}
