//! Files of the site: fetched straight into wasm memory with progress, checked against their hashes, and kept in the
//! browser's Cache Storage, so that a second visit, or one without a network, needs no request.

use std::cell::Cell;

use futures_util::future::join;
use js_sys::{Map, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use super::convert::{object, option};
use super::kept::{Kept, response_of, stamp, stamp_of};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Digest, hex};

/// How often a download that breaks off is taken up again.
const RESUMES: usize = 3;

/// Most bytes of memory that are set aside for a file before any of it has come.
const RESERVED_MAX: usize = 96 << 20;

#[wasm_bindgen]
extern "C" {
    /// The browser's own SHA-256, ten times as fast as one in WebAssembly. Only secure contexts have it. It copies the bytes
    /// before it returns.
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn subtle_digest(algorithm: &str, bytes: &[u8]) -> Result<Promise, JsValue>;

    /// `fetch` of the page or the worker, whichever this is.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, options: &RequestInit) -> Result<Promise, JsValue>;
}

/// The folder of a site, and how its files are loaded.
#[cfg_attr(feature = "gpu", derive(Clone))]
pub struct Store {
    /// Ends in a slash; empty where there is no folder and all files were given.
    base: String,
    kept: Option<Kept>,
    /// Files that the caller gave, by their path: these are not fetched.
    given: Option<Map>,
    /// Promises of files by their path: reads that began before this module was there.
    early: Option<Map>,
}

/// What the progress callback is told.
#[derive(Serialize)]
struct Event<'a> {
    stage: &'a str,
    file: &'a str,
    loaded: usize,
    total: usize,
}

/// Bytes over all files of one load.
#[derive(Default)]
pub struct Progress<'a> {
    /// Whom to tell; nobody where one small file is fetched in passing.
    callback: Option<&'a js_sys::Function>,
    loaded: Cell<usize>,
    total: usize,
}

impl<'a> Progress<'a> {
    /// Progress over files of `total` bytes together.
    pub fn new(callback: &'a js_sys::Function, total: usize) -> Self {
        Self { callback: Some(callback), loaded: Cell::new(0), total }
    }

    /// How many bytes have been loaded and how many there are, for whoever reports the next ones instead.
    #[cfg(feature = "web-index")]
    pub fn rest(&self) -> JsValue {
        js_sys::Array::of2(&(self.loaded.get() as f64).into(), &(self.total as f64).into()).into()
    }

    /// Counts bytes that somebody else has reported.
    pub fn skip(&self, bytes: usize) {
        self.loaded.update(|loaded| loaded + bytes);
    }

    /// Tells the callback of `bytes` more.
    pub fn advance(&self, stage: &str, file: &str, bytes: usize) {
        let Some(callback) = self.callback else { return };
        self.skip(bytes);
        let loaded = self.loaded.get();
        let event = Event { stage, file, loaded, total: self.total.max(loaded) };
        if let Ok(event) = object(&event) {
            // A callback that throws must not stop the load.
            let _ = callback.call1(&JsValue::NULL, &event);
        }
    }
}

impl Store {
    /// Opens the folder of a site; `{ cache: false }` keeps nothing, `{ files }` is a map of files that need no fetching.
    pub async fn open(url: &str, options: &JsValue) -> Self {
        let base = if url.is_empty() { String::new() } else { format!("{}/", url.trim_end_matches('/')) };
        let keep = !base.is_empty() && option(options, "cache").and_then(|value| value.as_bool()).unwrap_or(true);
        let given = option(options, "files").and_then(|files| files.dyn_into().ok());
        let early = option(options, "early").and_then(|early| early.dyn_into().ok());
        Self { base, kept: if keep { Kept::open().await } else { None }, given, early }
    }

    /// A file that may change under its name: asked for anew, and taken from the cache when there is no network.
    pub async fn changing(&self, path: &str) -> Result<Vec<u8>> {
        if let Some(bytes) = self.given(path)? {
            return Ok(bytes.to_vec());
        }
        let url = format!("{}{path}", self.base);
        let fetched = async {
            let response = match self.early(path).await.filter(Response::ok) {
                Some(response) => response,
                None => fetch(&url, 0).await?,
            };
            let mut bytes = Vec::new();
            read_body(&response, &url, &mut bytes, usize::MAX, |_| ()).await?;
            Ok(bytes)
        };
        match fetched.await {
            Ok(bytes) => {
                if let (Some(kept), Some(copy)) = (self.kept.clone(), response_of(&bytes, "")) {
                    spawn_local(async move { _ = kept.put(&url, &copy).await });
                }
                Ok(bytes)
            }
            Err(error) if Error::kind(&error) == ErrorKind::Network => match self.matching(&url).await {
                Some(kept) => read_kept(&kept, &url, 0).await.ok_or(error),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A file whose hash is known: one that was given, else from the cache, else from the site.
    pub async fn fixed(&self, path: &str, digest: &Digest, progress: &Progress<'_>) -> Result<Vec<u8>> {
        self.fixed_as(path, digest, progress, Ok).await
    }

    /// What `read` makes of a file whose hash is known; it gets the right bytes or none.
    pub async fn fixed_as<T>(
        &self,
        path: &str,
        digest: &Digest,
        progress: &Progress<'_>,
        read: impl FnOnce(Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        if let Some(given) = self.given(path)? {
            let bytes = given.to_vec();
            verify(path, &bytes, digest).await?;
            // Unless a GPU is to have it too, the caller's copy is in nobody's use any more: a model is too large to be there twice.
            if cfg!(not(feature = "gpu")) {
                self.given.as_ref().map(|given| given.delete(&path.into()));
            }
            progress.advance("cache", path, digest.bytes);
            return read(bytes);
        }
        let (url, key) = (format!("{}{path}", self.base), format!("{}{path}?sha256={}", self.base, digest.sha256));
        if let Some(bytes) = self.kept_intact(path, &key, digest).await {
            progress.advance("cache", path, digest.bytes);
            return read(bytes);
        }
        let bytes = download(&url, digest.bytes, |bytes| progress.advance("download", path, bytes)).await?;
        verify(path, &bytes, digest).await?;
        let copy = self.kept.as_ref().and_then(|kept| Some((kept, response_of(&bytes, &stamp(digest, &bytes))?)));
        let keep = async {
            let Some((kept, copy)) = copy else { return };
            kept.forget_others(&format!("{url}?sha256="), &key).await;
            if kept.put(&key, &copy).await {
                spawn_local(kept.clone().look_at(key));
            }
        };
        join(keep, async { read(bytes) }).await.1
    }

    /// A file that the caller gave; an error where it is neither given nor to be fetched.
    fn given(&self, path: &str) -> Result<Option<Uint8Array>> {
        let file = self.given.as_ref().map(|given| given.get(&path.into())).filter(|file| !file.is_undefined());
        match file.map(JsCast::dyn_into::<Uint8Array>) {
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(_)) => Err(Error::new(ErrorKind::InvalidInput, format!("files: {path} is not a Uint8Array"))),
            None if self.base.is_empty() => {
                let what = format!("{path} is not among `files`: add it, or give the `url` of the folder that has it");
                Err(Error::new(ErrorKind::NotFound, what))
            }
            None => Ok(None),
        }
    }

    /// Something small that this browser keeps for the folder, under a name of ours.
    #[cfg(feature = "gpu")]
    pub async fn recall(&self, name: &str) -> Option<Vec<u8>> {
        let key = format!("{}{name}", self.base);
        read_kept(&self.matching(&key).await?, &key, 0).await
    }

    /// Keeps something for [`Store::recall`].
    #[cfg(feature = "gpu")]
    pub async fn remember(&self, name: &str, bytes: &[u8]) {
        if let (Some(kept), Some(copy)) = (&self.kept, response_of(bytes, "")) {
            kept.put(&format!("{}{name}", self.base), &copy).await;
        }
    }

    /// A file that began to be read before this module was there. What is kept of it may be another version.
    async fn early(&self, path: &str) -> Option<Response> {
        let early: Promise = self.early.as_ref()?.get(&path.into()).dyn_into().ok()?;
        JsFuture::from(early).await.ok()?.dyn_into().ok().filter(|response| !Response::body_used(response))
    }

    /// What is kept of a file, if it is the right version and whole. What is not whole is dropped: storage can be damaged.
    async fn kept_intact(&self, path: &str, key: &str, digest: &Digest) -> Option<Vec<u8>> {
        if let Some(early) = self.early(path).await
            && let Some(bytes) = read_intact(&early, path, key, digest).await
        {
            return Some(bytes);
        }
        let kept = self.kept.as_ref()?;
        let bytes = read_intact(&kept.get(key).await?, path, key, digest).await;
        if bytes.is_none() {
            kept.forget(key).await;
        }
        bytes
    }

    async fn matching(&self, key: &str) -> Option<Response> {
        self.kept.as_ref()?.get(key).await
    }
}

/// The body of a kept response, if it is that of the digest.
async fn read_intact(response: &Response, path: &str, key: &str, digest: &Digest) -> Option<Vec<u8>> {
    let bytes = read_kept(response, key, digest.bytes).await?;
    let intact = match stamp_of(response) {
        Some(kept) => kept == stamp(digest, &bytes),
        None => verify(path, &bytes, digest).await.is_ok(),
    };
    intact.then_some(bytes)
}

/// The body of a kept response of `length` bytes, read piece by piece: `arrayBuffer()` would hold large files three times.
async fn read_kept(response: &Response, key: &str, length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(RESERVED_MAX));
    read_body(response, key, &mut bytes, usize::MAX, |_| ()).await.ok()?;
    Some(bytes)
}

/// Refuses bytes that are not those of the digest.
async fn verify(path: &str, bytes: &[u8], digest: &Digest) -> Result<()> {
    let hash = async { JsFuture::from(subtle_digest("SHA-256", bytes)?).await };
    match hash.await {
        Ok(hash) => digest.compare(path, bytes.len(), &hex(&Uint8Array::new(&hash).to_vec())),
        Err(_) => digest.verify(path, bytes),
    }
}

/// Downloads a file of known length, taking it up where it broke off.
async fn download(url: &str, length: usize, mut progress: impl FnMut(usize)) -> Result<Vec<u8>> {
    // A manifest that promises too much must not be believed before the bytes have come.
    let mut bytes = Vec::with_capacity(length.min(RESERVED_MAX));
    let mut attempt = 0;
    loop {
        let response = match fetch(url, bytes.len()).await {
            Err(error) if error.kind() == ErrorKind::Network && !bytes.is_empty() && attempt < RESUMES => {
                attempt += 1;
                continue;
            }
            other => other?,
        };
        // A server that does not know ranges begins anew.
        if response.status() != 206 {
            bytes.clear();
        }
        match read_body(&response, url, &mut bytes, length, &mut progress).await {
            Ok(()) if bytes.len() >= length || attempt == RESUMES => return Ok(bytes),
            Err(error) if attempt == RESUMES || error.kind() != ErrorKind::Network => return Err(error),
            _ => attempt += 1,
        }
    }
}

/// Asks for a file from a byte on; any answer but success is an error.
async fn fetch(url: &str, from: usize) -> Result<Response> {
    let failed = |cause: JsValue| {
        Error::new(ErrorKind::Network, format!("cannot fetch {url} ({}): is the network there?", message(&cause)))
    };
    let options = RequestInit::new();
    // Ask the site whether the browser's own copy is still good; hashes decide in the end.
    options.set_cache(RequestCache::NoCache);
    if from > 0 {
        let headers = Headers::new().map_err(failed)?;
        headers.set("range", &format!("bytes={from}-")).map_err(failed)?;
        options.set_headers(&headers);
    }
    let response = JsFuture::from(global_fetch(url, &options).map_err(failed)?).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    match response.status() {
        200..=299 => Ok(response),
        // The server has no byte beyond those that came.
        416 => Err(Error::new(ErrorKind::DamagedFile, format!("{url} is cut short: deploy the folder of the index again"))),
        404 | 410 => Err(Error::new(ErrorKind::NotFound, format!("{url} is not there: deploy the whole folder of the index"))),
        401 | 403 => Err(Error::new(ErrorKind::Unauthorized, format!("{url} may not be read: allow it on the server"))),
        status => Err(Error::new(ErrorKind::Network, format!("{url} was answered with status {status}"))),
    }
}

/// Appends a response's body to `bytes`, up to `limit` bytes in all.
async fn read_body(
    response: &Response,
    url: &str,
    bytes: &mut Vec<u8>,
    limit: usize,
    mut progress: impl FnMut(usize),
) -> Result<()> {
    each_part(response, url, |part| {
        let (start, length) = (bytes.len(), part.length() as usize);
        if start + length > limit {
            return Err(Error::new(
                ErrorKind::HashMismatch,
                format!("{url} is longer than the {limit} bytes it should be: deploy the whole folder of the index"),
            ));
        }
        bytes.resize(start + length, 0);
        part.copy_to(&mut bytes[start..]);
        progress(length);
        Ok(())
    })
    .await
}

/// Gives `take` the parts of a response's body, until it refuses one.
pub async fn each_part(response: &Response, url: &str, mut take: impl FnMut(&Uint8Array) -> Result<()>) -> Result<()> {
    let broken = |cause: JsValue| Error::new(ErrorKind::Network, format!("{url} broke off ({})", message(&cause)));
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(broken)?;
        let Some(part) = option(&part, "value").and_then(|value| value.dyn_into::<Uint8Array>().ok()) else { return Ok(()) };
        if let Err(refused) = take(&part) {
            let _ = reader.cancel();
            return Err(refused);
        }
    }
}

fn message(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{thrown:?}"),
    }
}
