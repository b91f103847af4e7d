//! Files of the site: fetched straight into wasm memory with progress, checked against their hashes, and kept in the
//! browser's Cache Storage, so that a second visit, or one without a network, needs no request.

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::{Either, LocalBoxFuture, select};
use js_sys::{Map, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use super::convert::{option, plain};
use super::kept::{Kept, response_of, stamp, stamp_of};
use super::wait::{pause, within};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{Digest, VERSION, hex};

/// How often a download that breaks off is taken up again.
const RESUMES: usize = 3;

/// How many milliseconds after a refused connection or an error of the server the same is asked once more.
const BACKOFF: u32 = 500;

/// How many milliseconds a server may take for an answer, or a body for its next bytes …
const DEADLINE: u32 = 10_000;

/// … and for a large file, which may have to wait for others on a slow line: one more for 64 bytes of it, up to this many.
const DEADLINE_MORE: usize = 50_000;

/// The same where a kept copy, or words, can answer instead, and for the browser's own storage once it has answered at all.
pub(super) const PATIENCE: u32 = 4000;

/// Most bytes of memory that are set aside for a file before any of it has come.
const RESERVED_MAX: usize = 96 << 20;

#[wasm_bindgen]
extern "C" {
    /// The browser's own SHA-256, ten times as fast as one in WebAssembly. Only secure contexts have it. It copies the bytes
    /// before it returns.
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn subtle_digest(algorithm: &str, bytes: &[u8]) -> Result<Promise, JsValue>;

    type AbortController;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<AbortController, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;
    #[wasm_bindgen(method)]
    fn abort(this: &AbortController);

    /// `fetch` of the page or the worker, whichever this is.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, options: &RequestInit) -> Result<Promise, JsValue>;
}

/// The folder of a site, and how its files are loaded.
pub struct Store {
    /// Ends in a slash; empty where there is no folder and all files were given.
    base: String,
    kept: Option<Kept>,
    /// Files that the caller gave, by their path: these are not fetched.
    given: Option<Map>,
    /// Promises of files by their path: reads that began before this module was there.
    early: Option<Map>,
}

/// A file that may change, as it has been understood.
pub struct Current<T> {
    /// What it says.
    pub value: T,
    /// What was kept of it, where `value` has just come.
    pub before: Option<T>,
    /// What is to be kept once it has proved good; nothing where `value` was kept, or given.
    pub bytes: Option<Vec<u8>>,
}

/// Takes a request back when it is dropped: the browser would have the next one for the same address wait for one that hangs.
struct Stop(AbortController);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
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

    /// Tells the callback of `bytes` more.
    pub fn advance(&self, stage: &str, file: &str, bytes: usize) {
        let Some(callback) = self.callback else { return };
        self.loaded.update(|loaded| loaded + bytes);
        let loaded = self.loaded.get();
        let (stage, file, total) = (stage.into(), file.into(), self.total.max(loaded).into());
        let event = plain([("stage", stage), ("file", file), ("loaded", loaded.into()), ("total", total)]);
        // A callback that throws must not stop the load.
        let _ = callback.call1(&JsValue::NULL, &event);
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

    /// What `read` makes of a file that may change under its name: asked for anew, and taken from the cache when there is no network,
    /// or when what came cannot be read: a captive portal answers with a page of its own.
    pub async fn changing<T>(&self, path: &str, read: impl Fn(&[u8]) -> Result<T>) -> Result<Current<T>> {
        if let Some(bytes) = self.given(path)? {
            return Ok(Current { value: read(&bytes.to_vec())?, before: None, bytes: None });
        }
        let url = &format!("{}{path}", self.base);
        let (fetching, looking) = (pin!(self.fetch_changing(path, url)), pin!(self.kept_readable(url, &read)));
        let (mut fetched, before) = match select(fetching, looking).await {
            Either::Left((fetched, looking)) => (fetched, looking.await),
            Either::Right((None, fetching)) => (fetching.await, None),
            Either::Right((before, fetching)) => match select(fetching, pin!(pause(PATIENCE))).await {
                Either::Left((fetched, _)) => (fetched, before),
                Either::Right(_) => (Err(late(url, PATIENCE)), before),
            },
        };
        if before.is_none() && fetched.as_ref().is_err_and(is_passing) {
            pause(BACKOFF).await;
            fetched = self.fetch_changing(path, url).await;
        }
        match (fetched.and_then(|bytes| read(&bytes).map(|value| (bytes, value))), before) {
            (Ok((bytes, value)), before) => Ok(Current { value, before, bytes: Some(bytes) }),
            (Err(_), Some(value)) => Ok(Current { value, before: None, bytes: None }),
            (Err(error), None) => Err(error),
        }
    }

    /// Keeps what has been understood of a file that may change. Nobody waits for that.
    pub fn keep(&self, path: &str, bytes: Option<Vec<u8>>) {
        let copy = bytes.and_then(|bytes| response_of(&bytes, ""));
        if let (Some(kept), Some(copy)) = (self.kept.clone(), copy) {
            let url = format!("{}{path}", self.base);
            spawn_local(async move { _ = kept.put(&url, &copy).await });
        }
    }

    /// The configuration of a model in a folder of the store's, or in the store's own (an empty path).
    pub async fn configuration(&self, folder: &str) -> Result<Vec<u8>> {
        use crate::model::config::{CONFIG_FILE, ModelConfig};
        let read = |bytes: &[u8]| ModelConfig::from_json(bytes).map(|_| bytes.to_vec());
        let path = format!("{folder}{CONFIG_FILE}");
        let Current { value, before, bytes } = self.changing(&path, read).await?;
        if before.as_ref() != Some(&value) {
            self.keep(&path, bytes);
        }
        Ok(value)
    }

    async fn fetch_changing(&self, path: &str, url: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let (response, _stop) = match self.early(path).await.filter(Response::ok) {
            Some(response) => (response, None),
            None => fetch(url, 0, DEADLINE).await.map(|(response, stop)| (response, Some(stop)))?,
        };
        read_body(&response, url, &mut bytes, usize::MAX, DEADLINE, |_| ()).await?;
        Ok(bytes)
    }

    /// What `read` makes of the kept copy of a file that may change. One that it makes nothing of is dropped.
    async fn kept_readable<T>(&self, url: &str, read: impl Fn(&[u8]) -> Result<T>) -> Option<T> {
        let copy = self.matching(url).await?;
        let value = read_kept(&copy, url, 0).await.and_then(|bytes| read(&bytes).ok());
        if let (None, Some(kept)) = (&value, &self.kept) {
            kept.forget(url).await;
        }
        value
    }

    /// A file whose hash is known: one that was given, else from the cache, else from the site.
    ///
    /// In a box, so that a module has the code of it once and not wherever a file is wanted.
    pub fn fixed<'a>(
        &'a self,
        path: &'a str,
        digest: &'a Digest,
        progress: &'a Progress<'a>,
    ) -> LocalBoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(self.read_fixed(path, digest, progress))
    }

    async fn read_fixed(&self, path: &str, digest: &Digest, progress: &Progress<'_>) -> Result<Vec<u8>> {
        if let Some(given) = self.given(path)? {
            let bytes = given.to_vec();
            verify(path, &bytes, digest).await?;
            // Unless a GPU is to have it too, the caller's copy is in nobody's use any more: a model is too large to be there twice.
            if cfg!(not(feature = "gpu")) {
                self.given.as_ref().map(|given| given.delete(&path.into()));
            }
            progress.advance("cache", path, digest.bytes);
            return Ok(bytes);
        }
        let url = format!("{}{path}", self.base);
        let key = digest.key(&url);
        if let Some(bytes) = self.kept_intact(path, &key, digest).await {
            progress.advance("cache", path, digest.bytes);
            return Ok(bytes);
        }
        let bytes = download(&url, digest.bytes, |bytes| progress.advance("download", path, bytes)).await?;
        verify(path, &bytes, digest).await?;
        let copy = self.kept.clone().and_then(|kept| Some((kept, response_of(&bytes, &stamp(digest, &bytes))?)));
        if let Some((kept, copy)) = copy {
            // Nobody waits for the storage, which may be slow or stuck.
            spawn_local(async move {
                // A model is too large to be there twice.
                kept.forget_unless(|other| other == key || !other.starts_with(&format!("{url}{VERSION}"))).await;
                if kept.put(&key, &copy).await {
                    kept.look_at(key).await;
                }
            });
        }
        Ok(bytes)
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
        within(PATIENCE, early).await?.ok()?.dyn_into().ok().filter(|response| !Response::body_used(response))
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
    read_body(response, key, &mut bytes, usize::MAX, PATIENCE, |_| ()).await.ok()?;
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

/// Whether an error may be gone when the same is asked once more: no network, or a server in trouble.
fn is_passing(error: &Error) -> bool {
    error.kind() == ErrorKind::Network
}

/// Downloads a file of known length, taking it up where it broke off. A connection that is refused before anything has come, or an
/// error of the server, is tried once more.
async fn download(url: &str, length: usize, mut progress: impl FnMut(usize)) -> Result<Vec<u8>> {
    // A manifest that promises too much must not be believed before the bytes have come.
    let (mut bytes, deadline) = (Vec::new(), DEADLINE + (length >> 6).min(DEADLINE_MORE) as u32);
    bytes.try_reserve_exact(length.min(RESERVED_MAX)).map_err(|cause| no_memory(url, cause))?;
    let mut attempt = 0;
    loop {
        let (response, _stop) = match fetch(url, bytes.len(), deadline).await {
            Err(error) if is_passing(&error) && attempt < if bytes.is_empty() { 1 } else { RESUMES } => {
                pause(BACKOFF << attempt).await;
                attempt += 1;
                continue;
            }
            other => other?,
        };
        // A server that does not know ranges begins anew.
        if response.status() != 206 {
            bytes.clear();
        }
        match read_body(&response, url, &mut bytes, length, deadline, &mut progress).await {
            Ok(()) if bytes.len() >= length || attempt == RESUMES => return Ok(bytes),
            Err(error) if attempt == RESUMES || !is_passing(&error) => return Err(error),
            _ => attempt += 1,
        }
    }
}

/// Asks for a file from a byte on; any answer but success is an error, and so is none within so many milliseconds. The body
/// comes for as long as what stops it is held.
async fn fetch(url: &str, from: usize, deadline: u32) -> Result<(Response, Stop)> {
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
    let stop = Stop(AbortController::new().map_err(failed)?);
    Reflect::set(&options, &"signal".into(), &stop.0.signal()).map_err(failed)?;
    let Some(response) = within(deadline, global_fetch(url, &options).map_err(failed)?).await else {
        return Err(late(url, deadline));
    };
    let response: Response = response.map_err(failed)?.unchecked_into();
    match response.status() {
        200..=299 => Ok((response, stop)),
        // The server has no byte beyond those that came.
        416 => Err(Error::new(ErrorKind::DamagedFile, format!("{url} is cut short: deploy the folder of the index again"))),
        404 | 410 => Err(Error::new(ErrorKind::NotFound, format!("{url} is not there: deploy the whole folder of the index"))),
        401 | 403 => Err(Error::new(ErrorKind::Unauthorized, format!("{url} may not be read: allow it on the server"))),
        status => Err(Error::new(ErrorKind::Network, format!("{url} was answered with status {status}"))),
    }
}

fn no_memory(url: &str, cause: std::collections::TryReserveError) -> Error {
    Error::new(ErrorKind::OutOfMemory, format!("there is no memory for {url}: close other pages and try again")).caused_by(cause)
}

fn late(url: &str, deadline: u32) -> Error {
    Error::new(ErrorKind::Network, format!("{url} was not answered for {} seconds: is the network there?", deadline / 1000))
}

/// Appends a response's body to `bytes`, up to `limit` bytes in all.
async fn read_body(
    response: &Response,
    url: &str,
    bytes: &mut Vec<u8>,
    limit: usize,
    deadline: u32,
    mut progress: impl FnMut(usize),
) -> Result<()> {
    each_part(response, url, deadline, |part| {
        let (start, length) = (bytes.len(), part.length() as usize);
        if start + length > limit {
            return Err(Error::new(
                ErrorKind::HashMismatch,
                format!("{url} is longer than the {limit} bytes it should be: deploy the whole folder of the index"),
            ));
        }
        bytes.try_reserve(length).map_err(|cause| no_memory(url, cause))?;
        bytes.resize(start + length, 0);
        part.copy_to(&mut bytes[start..]);
        progress(length);
        Ok(())
    })
    .await
}

/// Gives `take` the parts of a response's body, until it refuses one. The next must come within `deadline` milliseconds.
pub async fn each_part(
    response: &Response,
    url: &str,
    deadline: u32,
    mut take: impl FnMut(&Uint8Array) -> Result<()>,
) -> Result<()> {
    let broken = |cause: JsValue| Error::new(ErrorKind::Network, format!("{url} broke off ({})", message(&cause)));
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let Some(part) = within(deadline, reader.read()).await else {
            let _ = reader.cancel();
            return Err(late(url, deadline));
        };
        let part = part.map_err(broken)?;
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
