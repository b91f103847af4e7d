//! A server that answers like the hub: small files itself with Git's hash, large ones by a redirect to a content network on
//! another port, with their SHA-256 and size on the redirect. A twist answers in the place of either.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use inkling_search::error::Error;
use inkling_search::import::pull::{FetchOptions, RawModel, Source, fetch};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::options;
use super::server::{Reply, Request, Server};

pub const REPOSITORY: &str = "org/model";
/// Where the query encoder of this version is.
pub const STUDENT: &str = "inkling-search/all-MiniLM-L6-v2-query";
pub const COMMIT: &str = "c0ffee0000000000000000000000000000000001";
pub const TOKEN: &str = "hf_secret";

pub type Files = BTreeMap<&'static str, Vec<u8>>;

pub fn files() -> Files {
    // More than a few reads long, and different at every offset that a resumed download could get wrong.
    let weights: Vec<u8> = (0..300_000_u32).flat_map(|i| i.to_le_bytes()).collect();
    Files::from([
        ("config.json", b"{\"hidden_size\": 384}".to_vec()),
        ("tokenizer.json", b"{\"version\": \"1.0\"}".to_vec()),
        ("sentence_bert_config.json", b"{\"max_seq_length\": 512}".to_vec()),
        ("model.safetensors", weights),
    ])
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hub and its content network, each with a function that may answer in its place.
pub struct Hub {
    pub main: Server,
    pub cdn: Server,
}

pub type Twist = Box<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

pub fn honest() -> Twist {
    Box::new(|_| None)
}

pub fn twist(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Twist {
    Box::new(answer)
}

impl Hub {
    pub fn start(files: Files, main: Twist, cdn: Twist) -> Self {
        let files = Arc::new(files);
        let stored = Arc::clone(&files);
        let cdn = Server::start(move |request| {
            cdn(request).unwrap_or_else(|| {
                let name = request.path.trim_start_matches("/blob/").split('?').next().unwrap();
                // A content network's tag looks like a SHA-256 and is not one of the file.
                Reply::file(&stored[name], request).header("ETag", format!("\"{}\"", "f".repeat(64)))
            })
        });
        let blobs = format!("{}/blob", cdn.url);
        let main = Server::start(move |request| main(request).unwrap_or_else(|| hub_answer(request, &files, &blobs)));
        Self { main, cdn }
    }

    pub fn options(&self, cache: &Path) -> FetchOptions {
        FetchOptions { endpoint: self.main.url.clone(), token: Some(TOKEN.into()), ..options(cache) }
    }

    pub fn pull(&self, cache: &Path) -> Result<RawModel, Error> {
        fetch(&source(), &self.options(cache), &mut ())
    }
}

pub fn hub_answer(request: &Request, files: &Files, blobs: &str) -> Reply {
    let of = |repository| request.path.strip_prefix(&format!("/{repository}/resolve/"));
    let Some(rest) = of(REPOSITORY).or_else(|| of(STUDENT)) else {
        return Reply::status(404).header("X-Error-Code", "RepoNotFound");
    };
    let (revision, name) = rest.split_once('/').unwrap();
    if !["main", COMMIT, "refs%2Fpr%2F1", concat!("v", env!("CARGO_PKG_VERSION"))].contains(&revision) {
        return Reply::status(404).header("X-Error-Code", "RevisionNotFound");
    }
    let Some(bytes) = files.get(name) else { return Reply::status(404).header("X-Error-Code", "EntryNotFound") };
    if name.ends_with(".json") {
        let blob = Sha1::new().chain_update(format!("blob {}\0", bytes.len())).chain_update(bytes).finalize();
        return Reply::file(bytes, request).header("ETag", format!("\"{}\"", hex(&blob))).header("X-Repo-Commit", COMMIT);
    }
    Reply::status(302)
        .header("Location", format!("{blobs}/{name}?signature=1"))
        .header("X-Linked-Etag", format!("\"{}\"", hex(&Sha256::digest(bytes))))
        .header("X-Linked-Size", bytes.len().to_string())
        .header("X-Repo-Commit", COMMIT)
}

pub fn source() -> Source {
    format!("hf:{REPOSITORY}").parse().unwrap()
}

pub fn assert_whole(model: &RawModel) {
    let expected: BTreeMap<String, Vec<u8>> = files().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    assert!(model.files == expected, "got {:?}", model.files.keys());
}

/// Cuts the first so many answers after so many bytes each.
pub fn cutting(times: usize, sent: usize) -> Twist {
    let left = AtomicUsize::new(times);
    twist(move |request| {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).ok()?;
        Some(Reply::file(&files()["model.safetensors"], request).cut(sent))
    })
}

/// Answers so many requests with a status before it becomes honest.
pub fn failing(times: usize, status: u16) -> Twist {
    let left = AtomicUsize::new(times);
    twist(move |_| {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).ok()?;
        Some(Reply::status(status).header("Retry-After", "0"))
    })
}
