//! Vectors of many passages, cut into slices that each have a worker of their own: the two ends of that line.

use std::ops::Range;

use js_sys::{Array, Float32Array, Promise, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::convert::{from_object, object};
use super::store::{Progress, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::index::manifest::FileEntry;
use crate::index::vectors::{Outline, VectorHit, Vectors};

#[wasm_bindgen]
extern "C" {
    /// The workers that hold the slices, as `slices.ts` has them.
    pub type SliceWorkers;
    /// Loads the slices; resolves to what is known of each. `progress` is what has been loaded and what there is in all.
    #[wasm_bindgen(method, catch)]
    fn open(this: &SliceWorkers, files: Array, documents: u32, progress: JsValue) -> Result<Promise, JsValue>;
    /// Scans all slices; resolves to what each has found.
    #[wasm_bindgen(method, catch)]
    fn scan(this: &SliceWorkers, vector: Float32Array) -> Result<Promise, JsValue>;
    /// The mean of the vectors of some passages of a slice.
    #[wasm_bindgen(method, catch)]
    fn mean(this: &SliceWorkers, slice: u32, first: u32, end: u32) -> Result<Promise, JsValue>;
    /// The files of all slices.
    #[wasm_bindgen(method, catch)]
    fn files(this: &SliceWorkers) -> Result<Promise, JsValue>;
}

/// A slice in its own worker.
#[wasm_bindgen]
pub struct Slice {
    vectors: Vectors,
}

#[wasm_bindgen]
impl Slice {
    /// Loads a slice of the index of a site; `file` is its entry in the manifest.
    pub async fn load(
        url: String,
        options: JsValue,
        file: JsValue,
        documents: u32,
        on_progress: js_sys::Function,
    ) -> Result<Slice, JsValue> {
        let store = Store::open(&url, &options).await;
        let file: FileEntry = from_object(file)?;
        let progress = Progress::new(&on_progress, file.digest.bytes);
        let bytes = store.fixed(&file.path, &file.digest, &progress).await?;
        Ok(Self { vectors: Vectors::read(&bytes, documents as usize)? })
    }

    /// What is known of the passages: the length of a vector, then the documents, starts and ends.
    pub fn outline(&self) -> JsValue {
        let Outline { dim, documents, ranges } = self.vectors.outline();
        let (starts, ends): (Vec<u32>, Vec<u32>) = ranges.into_iter().unzip();
        let lists = [documents, starts, ends].map(|list| JsValue::from(Uint32Array::from(list.as_slice())));
        std::iter::once(JsValue::from(dim as u32)).chain(lists).collect::<Array>().into()
    }

    /// Each document of the slice with its best passage, counted within the slice: documents, passages, scores.
    pub fn scan(&self, vector: Vec<f32>) -> JsValue {
        let hits = self.vectors.scan(&vector, |_| true);
        let list = |number: fn(&VectorHit) -> u32| Uint32Array::from(hits.iter().map(number).collect::<Vec<_>>().as_slice());
        let scores: Vec<f32> = hits.iter().map(|hit| hit.score).collect();
        let scores = Float32Array::from(scores.as_slice());
        Array::of3(&list(|hit| hit.document), &list(|hit| hit.passage), &scores).into()
    }

    /// The mean of the vectors of some passages, counted within the slice.
    pub fn mean(&self, first: u32, end: u32) -> Float32Array {
        Float32Array::from(self.vectors.mean(first..end).as_slice())
    }

    /// The bytes of the slice's file.
    pub fn file(&self) -> Result<Uint8Array, JsValue> {
        Ok(Uint8Array::from(self.vectors.write()?.as_slice()))
    }
}

/// The slices as the search has them: workers, and where each slice's passages begin.
pub struct Slices {
    workers: SliceWorkers,
    first: Vec<u32>,
}

impl Slices {
    /// Has the slices loaded, and gives what is known of their passages with them.
    pub async fn open(
        workers: SliceWorkers,
        files: &[&FileEntry],
        documents: usize,
        progress: &Progress<'_>,
    ) -> Result<(Self, Vectors), JsValue> {
        let entries = files.iter().map(object).collect::<Result<Array, JsValue>>()?;
        let opened = settled(workers.open(entries, documents as u32, progress.rest())).await?;
        progress.skip(files.iter().map(|file| file.digest.bytes).sum());
        let (mut outlines, mut first, mut passages) = (Vec::new(), Vec::new(), 0);
        for outline in Array::from(&opened).iter() {
            let [dim, documents, starts, ends] = parts(&outline)?;
            let dim = dim.as_f64().unwrap_or_default() as usize;
            let [documents, starts, ends] = [documents, starts, ends].map(|list| Uint32Array::from(list).to_vec());
            first.push(passages);
            passages += documents.len() as u32;
            outlines.push(Outline { dim, documents, ranges: starts.into_iter().zip(ends).collect() });
        }
        Ok((Self { workers, first }, Vectors::without_codes(outlines)?))
    }

    /// Each document of the slices with its best passage, ascending.
    pub async fn scan(&self, vector: &[f32]) -> Result<Vec<VectorHit>, JsValue> {
        let found = settled(self.workers.scan(Float32Array::from(vector))).await?;
        let mut hits = Vec::new();
        for (slice, &first) in Array::from(&found).iter().zip(&self.first) {
            let [documents, passages, scores] = parts(&slice)?;
            let [documents, passages] = [documents, passages].map(|list| Uint32Array::from(list).to_vec());
            let scores = Float32Array::from(scores).to_vec();
            let each = documents.into_iter().zip(passages).zip(scores);
            hits.extend(each.map(|((document, passage), score)| VectorHit { document, passage: first + passage, score }));
        }
        Ok(hits)
    }

    /// The mean of the vectors of a document's passages, which lie in one slice.
    pub async fn mean(&self, passages: Range<u32>) -> Result<Vec<f32>, JsValue> {
        let slice = self.first.partition_point(|&first| first <= passages.start).saturating_sub(1);
        let first = self.first.get(slice).copied().unwrap_or_default();
        let mean = settled(self.workers.mean(slice as u32, passages.start - first, passages.end - first)).await?;
        Ok(Float32Array::from(mean).to_vec())
    }

    /// The vectors themselves, slice by slice.
    pub async fn vectors(&self, documents: usize) -> Result<Vec<Vectors>, JsValue> {
        let files = Array::from(&settled(self.workers.files()).await?);
        let read = |file: JsValue| Vectors::read(&Uint8Array::from(file).to_vec(), documents);
        Ok(files.iter().map(read).collect::<Result<_>>()?)
    }
}

/// The parts of a list that another worker has sent.
fn parts<const N: usize>(list: &JsValue) -> Result<[JsValue; N]> {
    let parts = Array::from(list).to_vec();
    parts.try_into().map_err(|_| Error::new(ErrorKind::Internal, "a worker of the vectors answered something else"))
}

/// What a promise resolves to. Errors of the workers are errors of this package already.
async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}
