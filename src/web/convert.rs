//! Values on their way to JavaScript and back.
//!
//! The modules that visitors load make their objects property by property: what `serde` makes for each of their types is as much code as
//! the word index. The others leave them to `serde`.

#[cfg(any(feature = "web-index", feature = "web-encoder"))]
use std::cell::RefCell;

use js_sys::Reflect;
#[cfg(any(feature = "web-index", feature = "web-encoder"))]
use js_sys::{Array, Object};
#[cfg(any(feature = "build", feature = "gpu"))]
use serde::Serialize;
#[cfg(feature = "build")]
use serde::de::DeserializeOwned;
#[cfg(feature = "web-index")]
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

use crate::error::Error;
#[cfg(any(feature = "build", feature = "web-index"))]
use crate::error::{ErrorKind, Result};
#[cfg(feature = "build")]
use crate::index::builder::IndexFiles;

/// An error as JavaScript sees it: an `Error` with the stable `code`.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let value = js_sys::Error::new(&error.to_string());
        set(&value, "code", &error.code().into());
        value.into()
    }
}

#[cfg(any(feature = "web-index", feature = "web-encoder"))]
thread_local! {
    /// The names of properties as JavaScript has them: made once, since the hits of an answer have two hundred.
    static NAMES: RefCell<Vec<(&'static str, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A plain object of these properties.
#[cfg(any(feature = "web-index", feature = "web-encoder"))]
pub fn plain<const N: usize>(properties: [(&'static str, JsValue); N]) -> JsValue {
    plain_of(&properties)
}

#[cfg(any(feature = "web-index", feature = "web-encoder"))]
fn plain_of(properties: &[(&'static str, JsValue)]) -> JsValue {
    let object = Object::new();
    NAMES.with_borrow_mut(|names| {
        for (name, value) in properties {
            // The same text lies at the same place nearly always; a name that is there twice does no harm.
            let place = names.iter().position(|(other, _)| std::ptr::eq(*other, *name)).unwrap_or_else(|| {
                names.push((name, (*name).into()));
                names.len() - 1
            });
            put(&object, &names[place].1, value);
        }
    });
    object.into()
}

/// A list of values.
#[cfg(any(feature = "web-index", feature = "web-encoder"))]
pub fn list(values: impl IntoIterator<Item = JsValue>) -> JsValue {
    let list = Array::new();
    values.into_iter().for_each(|value| _ = list.push(&value));
    list.into()
}

/// A value of JSON.
#[cfg(feature = "web-index")]
pub fn json(value: &serde_json::Value) -> JsValue {
    use serde_json::Value;
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => value.as_f64().into(),
        Value::String(value) => value.into(),
        Value::Array(values) => list(values.iter().map(json)),
        Value::Object(values) => properties(values),
    }
}

/// An object of JSON.
#[cfg(feature = "web-index")]
pub fn properties(values: &serde_json::Map<String, serde_json::Value>) -> JsValue {
    let object = Object::new();
    values.iter().for_each(|(name, value)| set(&object, name, &json(value)));
    object.into()
}

/// A plain object.
#[cfg(any(feature = "build", feature = "gpu"))]
pub fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(JsValue::from)
}

/// A value from a plain object; `undefined` gives the default.
#[cfg(feature = "build")]
pub fn from_object<T: DeserializeOwned>(value: JsValue) -> Result<T> {
    let value = if value.is_undefined() || value.is_null() { js_sys::Object::new().into() } else { value };
    serde_wasm_bindgen::from_value(value)
        .map_err(|cause| Error::new(ErrorKind::InvalidInput, format!("the options or documents cannot be read ({cause})")))
}

/// Sets a property of an object that is known to take it.
pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    put(object, &name.into(), value);
}

fn put(object: &JsValue, name: &JsValue, value: &JsValue) {
    let done = Reflect::set(object, name, value);
    debug_assert!(done.is_ok(), "fresh objects take any property");
}

/// A property of an options object, where it is there.
#[cfg(any(feature = "build", feature = "web-index"))]
pub fn option(options: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(options, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// What `read` makes of a property, where it is there; an error where that is nothing.
#[cfg(feature = "web-index")]
pub fn read_option<T>(options: &JsValue, name: &str, read: impl FnOnce(JsValue) -> Option<T>) -> Result<Option<T>> {
    let Some(value) = option(options, name) else { return Ok(None) };
    read(value).map(Some).ok_or_else(|| unreadable(name))
}

/// The texts of a list.
#[cfg(feature = "web-index")]
pub fn texts(list: JsValue) -> Option<Vec<String>> {
    list.dyn_ref::<Array>()?.iter().map(|text| text.as_string()).collect()
}

/// The error of a property that is not what it should be.
#[cfg(feature = "web-index")]
pub fn unreadable(name: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("the options or documents cannot be read ({name} is not what it should be)"))
}

/// A file of a folder that is written: `{ path, bytes }`.
#[cfg(feature = "build")]
#[derive(Serialize)]
pub struct SavedFile {
    pub path: String,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub bytes: js_sys::Uint8Array,
}

/// The files of an index.
#[cfg(feature = "build")]
pub fn saved_files(index: IndexFiles) -> Vec<SavedFile> {
    index.files.into_iter().map(|(path, bytes)| SavedFile { path, bytes: bytes.as_slice().into() }).collect()
}
