//! The codes of many passages, cut into slices that each have a worker of their own: the two ends of that line.

use std::ops::Range;

use js_sys::{Array, Float32Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::convert::{list, plain, read_property};
use super::store::{Progress, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::Digest;
use crate::index::codes::Codes;
use crate::index::manifest::FileEntry;

#[wasm_bindgen]
extern "C" {
    /// The workers that hold the slices, as `slices.ts` has them.
    #[derive(Clone)]
    pub type SliceWorkers;
    /// Loads the slices; resolves to how many passages each has. `progress` is what has been loaded and what there is in all.
    #[wasm_bindgen(method, catch)]
    fn open(this: &SliceWorkers, files: JsValue, progress: JsValue) -> Result<Promise, JsValue>;
    /// Scans all slices; resolves to the scores of each.
    #[wasm_bindgen(method, catch)]
    fn scan(this: &SliceWorkers, vector: Float32Array) -> Result<Promise, JsValue>;
    /// The mean of the vectors of some passages of a slice.
    #[wasm_bindgen(method, catch)]
    fn mean(this: &SliceWorkers, slice: u32, first: u32, end: u32) -> Result<Promise, JsValue>;
    /// The bytes of all slices.
    #[cfg(feature = "build")]
    #[wasm_bindgen(method, catch)]
    fn parts(this: &SliceWorkers) -> Result<Promise, JsValue>;
}

/// A slice in its own worker.
#[wasm_bindgen]
pub struct Slice {
    codes: Codes,
}

#[wasm_bindgen]
impl Slice {
    /// Loads a slice of the index of a site; `file` is its entry in the manifest.
    pub async fn load(url: String, options: JsValue, file: JsValue, on_progress: js_sys::Function) -> Result<Slice, JsValue> {
        let store = Store::open(&url, &options).await.of_index();
        let text = |name: &str| read_property(&file, name, |text| text.as_string());
        let bytes = read_property(&file, "bytes", |bytes| bytes.as_f64())? as usize;
        let (path, digest) = (text("path")?, Digest { bytes, sha256: text("sha256")? });
        let progress = Progress::new(&on_progress, bytes);
        Ok(Self { codes: Codes::read(&store.fixed(&path, &digest, &progress).await?)? })
    }

    /// How many passages it has.
    pub fn passages(&self) -> usize {
        self.codes.len()
    }

    /// The dot product of a vector with that of each passage.
    pub fn scan(&self, vector: Vec<f32>) -> Float32Array {
        Float32Array::from(self.codes.scores(&vector).as_slice())
    }

    /// The mean of the vectors of some passages, counted within the slice.
    pub fn mean(&self, first: usize, end: usize) -> Float32Array {
        Float32Array::from(self.codes.mean(first..end).as_slice())
    }

    /// The bytes of the slice, for [`Codes::from_parts`].
    pub fn parts(&self) -> Uint8Array {
        Uint8Array::from(self.codes.parts().as_slice())
    }
}

/// The slices as the search has them: workers, and where each slice's passages begin.
pub struct Slices {
    workers: SliceWorkers,
    first: Vec<u32>,
}

impl Slices {
    /// Has the slices of an index of `passages` passages loaded.
    pub async fn open(
        workers: SliceWorkers,
        files: &[&FileEntry],
        passages: usize,
        progress: &Progress<'_>,
    ) -> Result<Self, JsValue> {
        let entry = |file: &&FileEntry| {
            let (path, bytes, sha256) = ((&file.path).into(), file.digest.bytes.into(), (&file.digest.sha256).into());
            plain([("path", path), ("bytes", bytes), ("sha256", sha256)])
        };
        let opened = settled(workers.open(list(files.iter().map(entry)), progress.rest())).await?;
        progress.skip(files.iter().map(|file| file.digest.bytes).sum());
        let (mut first, mut total) = (Vec::new(), 0);
        for of_slice in Array::from(&opened).iter() {
            first.push(total);
            total += of_slice.as_f64().unwrap_or_default() as u32;
        }
        if total as usize != passages {
            let what = "the files of vectors are not of this index: fetch or build all of them again";
            return Err(Error::new(ErrorKind::DamagedFile, what).into());
        }
        Ok(Self { workers, first })
    }

    /// The scores of all passages.
    pub async fn scan(&self, vector: &[f32]) -> Result<Vec<f32>, JsValue> {
        let found = settled(self.workers.scan(Float32Array::from(vector))).await?;
        Ok(Array::from(&found).iter().flat_map(|scores| Float32Array::from(scores).to_vec()).collect())
    }

    /// The mean of the vectors of a document's passages, which lie in one slice.
    pub async fn mean(&self, passages: Range<u32>) -> Result<Vec<f32>, JsValue> {
        let slice = self.first.partition_point(|&first| first <= passages.start).saturating_sub(1);
        let first = self.first.get(slice).copied().unwrap_or_default();
        let mean = settled(self.workers.mean(slice as u32, passages.start - first, passages.end - first)).await?;
        Ok(Float32Array::from(mean).to_vec())
    }

    /// The codes themselves, of vectors of `dim` numbers, slice by slice.
    #[cfg(feature = "build")]
    pub async fn codes(&self, dim: usize) -> Result<Vec<Codes>, JsValue> {
        let parts = Array::from(&settled(self.workers.parts()).await?);
        let read = |parts: JsValue| Codes::from_parts(&Uint8Array::from(parts).to_vec(), dim);
        Ok(parts.iter().map(read).collect::<Result<_>>()?)
    }
}

/// What a promise resolves to. Errors of the workers are errors of this package already.
async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}
