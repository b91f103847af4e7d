//! Files that the browser keeps in its Cache Storage, where it has that and lets us: search works without, too.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Request, Response};
use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::store::each_part;
use super::wait::within;
use crate::hash::{CACHE, Digest};

/// The header of a kept file that holds its [`stamp`].
const STAMP: &str = "x-inkling-stamp";

/// How many milliseconds the storage may take to answer: then the search goes on as if it were not there.
const STORAGE_DEADLINE: u32 = 2000;

/// So many bytes of a kept file are looked at together.
const PIECE: u32 = 1 << 16;

/// The cache of the search's files, each under its address with its hash behind it: a file that changed on the site is
/// another entry.
#[derive(Clone)]
pub struct Kept {
    cache: Cache,
    /// Set once it has left a question open: then nothing is asked of it any more.
    stuck: Rc<Cell<bool>>,
}

impl Kept {
    /// Opens the cache, where this browser has one: only pages from https, localhost or a file do.
    pub async fn open() -> Option<Self> {
        let caches: CacheStorage = Reflect::get(&js_sys::global(), &"caches".into()).ok()?.dyn_into().ok()?;
        let cache = within(STORAGE_DEADLINE, caches.open(CACHE)).await?.ok()?.dyn_into().ok()?;
        Some(Self { cache, stuck: Rc::default() })
    }

    /// What is kept under a key.
    pub async fn get(&self, key: &str) -> Option<Response> {
        self.asked(|cache| cache.match_with_str(key)).await?.dyn_into().ok()
    }

    /// Keeps a file; false where storage is full or forbidden.
    pub async fn put(&self, key: &str, file: &Response) -> bool {
        JsFuture::from(self.cache.put_with_str(key, file)).await.is_ok()
    }

    /// Looks at what [`Kept::put`] has stored under a stamp, and drops it unless that is the whole file: browsers have been
    /// seen to store nothing of it and to say that it went well.
    pub async fn look_at(self, key: String) {
        let Some(file) = self.get(&key).await else { return };
        if !is_whole(&file, &key).await {
            self.forget(&key).await;
        }
    }

    /// Drops what is kept under a key.
    pub async fn forget(&self, key: &str) {
        self.asked(|cache| cache.delete_with_str(key)).await;
    }

    /// Drops all but what `wanted` says of the keys.
    pub async fn forget_unless(&self, wanted: impl Fn(&str) -> bool) {
        let Some(keys) = self.asked(Cache::keys).await else { return };
        for request in Array::from(&keys).iter().filter_map(|key| key.dyn_into::<Request>().ok()) {
            if !wanted(&request.url()) {
                self.asked(|cache| cache.delete_with_request(&request)).await;
            }
        }
    }

    /// What the storage answers, if it does.
    async fn asked(&self, ask: impl FnOnce(&Cache) -> Promise) -> Option<JsValue> {
        if self.stuck.get() {
            return None;
        }
        let answer = within(STORAGE_DEADLINE, ask(&self.cache)).await;
        self.stuck.set(answer.is_none());
        answer?.ok()
    }
}

/// What tells later that a kept file is the one that was verified, and still whole: the digest that it was verified by, and a
/// checksum. Browsers take 20 ms for the SHA-256 of a model, and this takes 2.
pub fn stamp(digest: &Digest, bytes: &[u8]) -> String {
    with_checksum(&digest.sha256, xxh64(bytes, 0))
}

fn with_checksum(sha256: &str, checksum: u64) -> String {
    format!("{sha256} {checksum:016x}")
}

/// The stamp of a kept file; the service worker keeps files without one.
pub fn stamp_of(file: &Response) -> Option<String> {
    file.headers().get(STAMP).ok()?
}

/// A copy of a file as Cache Storage takes it.
///
/// The bytes are the response's own. WebKit does not copy what it is given, so of a view of this module's memory nothing is
/// left once that has grown.
pub fn response_of(bytes: &[u8], stamp: &str) -> Option<Response> {
    let response = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(bytes))).ok()?;
    response.headers().set(STAMP, stamp).ok()?;
    Some(response)
}

/// Whether a kept file has the bytes that it was stamped for. They pass through in small pieces: a model is too large to be in
/// memory once more.
async fn is_whole(file: &Response, key: &str) -> bool {
    let Some(stamp) = stamp_of(file) else { return false };
    let sha256 = stamp.split(' ').next().unwrap_or_default();
    let (mut checksum, mut piece) = (Xxh64::new(0), vec![0; PIECE as usize]);
    let read = each_part(file, key, STORAGE_DEADLINE, |part| {
        for start in (0..part.length()).step_by(PIECE as usize) {
            let view = part.subarray(start, part.length().min(start + PIECE));
            let piece = &mut piece[..view.length() as usize];
            view.copy_to(piece);
            checksum.update(piece);
        }
        Ok(())
    });
    read.await.is_ok() && with_checksum(sha256, checksum.digest()) == stamp
}
