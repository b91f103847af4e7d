//! One request at a time: what is sent where, and what an answer means for the attempt that made it.
//!
//! Redirects are followed by the caller, hop by hop, for two reasons: what the hub promises about a file (its hash, its
//! size, the commit) is on its own redirecting answer, not on the content network's; and only here is it certain that
//! the token stays with the endpoint's scheme, host and port.

use std::cell::Cell;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION, RANGE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Uri};

use super::address::{resolve, same_origin, site};
use super::agent::{Agent, Reply};
use super::options::FetchOptions;
use crate::error::{Error, ErrorKind, Result};

/// The longest wait that a `Retry-After` can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Why an attempt brought nothing.
pub(super) enum Setback {
    /// It may work next time.
    Again {
        /// What went wrong.
        error: Error,
        /// Whether nobody answered at all.
        silence: bool,
        /// The wait that the server asked for.
        wait: Option<Duration>,
    },
    /// It will not work next time either.
    Stop(Error),
}

impl Setback {
    /// A failure on the way, after somebody answered.
    pub(super) fn again(error: Error) -> Self {
        Self::Again { error, silence: false, wait: None }
    }
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Self::Stop(error)
    }
}

/// What the hub says about a file before its bytes arrive.
#[derive(Debug, Default, Clone)]
pub(super) struct Promise {
    /// SHA-256 (64 hex digits) of a large file or Git's blob SHA-1 (40) of a small one; `None` for any other kind of ETag.
    pub hash: Option<String>,
    /// The size in bytes.
    pub bytes: Option<u64>,
    /// The commit that the revision stands for.
    pub commit: Option<String>,
}

/// What an answer is.
pub(super) enum Kind {
    /// The body follows, from this offset of the file on.
    Body(u64),
    /// Ask there instead.
    Redirect(Uri),
    /// The hub has no such file; the code it gives as the reason, or nothing.
    Absent(String),
    /// There is nothing behind the offset that was asked for.
    NothingThere,
}

/// An answer whose head has been read.
pub(super) struct Answer {
    pub kind: Kind,
    pub response: Reply,
}

/// A client of one endpoint.
pub(super) struct Client {
    agent: Agent,
    endpoint: Uri,
    bearer: Option<String>,
    reached: Cell<bool>,
}

impl Client {
    pub(super) fn new(options: &FetchOptions) -> Result<Self> {
        let endpoint: Uri =
            options.endpoint.trim_end_matches('/').parse().map_err(|cause| bad_endpoint(options).caused_by(cause))?;
        if !matches!(endpoint.scheme_str(), Some("http" | "https")) || endpoint.host().is_none_or(str::is_empty) {
            return Err(bad_endpoint(options));
        }
        let bearer = options.token.as_ref().map(|token| format!("Bearer {token}"));
        if bearer.as_ref().is_some_and(|value| value.chars().any(|c| !c.is_ascii() || c.is_ascii_control())) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the hub's token holds characters that no token has: check HF_TOKEN",
            ));
        }
        Ok(Self { agent: Agent::new(options)?, endpoint, bearer, reached: Cell::new(false) })
    }

    /// Whether the endpoint has ever answered for itself, which a gateway's 502, 503 or 504 is not.
    pub(super) fn reached(&self) -> bool {
        self.reached.get()
    }

    /// The endpoint's address of a path.
    pub(super) fn address(&self, path: &str) -> Result<Uri> {
        let base = self.endpoint.to_string();
        let address = format!("{}/{path}", base.trim_end_matches('/'));
        address.parse().map_err(|cause| Error::new(ErrorKind::InvalidInput, format!("{address} is no address")).caused_by(cause))
    }

    /// Asks for a file from an offset on, and adds to the promise what the endpoint says about it.
    pub(super) fn get(&self, address: &Uri, from: u64, promise: &mut Promise) -> Result<Answer, Setback> {
        let at_home = same_origin(address, &self.endpoint);
        // Compressed bodies have no ranges and no known length, and nothing here is worth compressing.
        let mut headers = vec![(ACCEPT_ENCODING, "identity".to_owned())];
        headers.extend(self.bearer.as_ref().filter(|_| at_home).map(|bearer| (AUTHORIZATION, bearer.clone())));
        if from > 0 {
            headers.push((RANGE, format!("bytes={from}-")));
        }
        let response = self.agent.get(address, &headers)?;
        let status = response.status().as_u16();
        let gateway = matches!(status, 502..=504);
        if at_home {
            self.reached.set(self.reached() || !gateway);
            promise.learn(response.headers(), (200..400).contains(&status) && status != 206);
        }
        let kind = match status {
            200 => Kind::Body(0),
            206 => {
                Kind::Body(range_start(response.headers()).filter(|start| *start <= from).ok_or_else(|| wrong_range(address))?)
            }
            301 | 302 | 303 | 307 | 308 => Kind::Redirect(next_address(address, response.headers())?),
            401 | 403 if at_home => return Err(Setback::Stop(unauthorized(address, self.bearer.is_some()))),
            404 | 410 if at_home => Kind::Absent(text(response.headers(), "x-error-code").unwrap_or_default().to_owned()),
            416 => Kind::NothingThere,
            _ => return Err(refusal(address, status, at_home, response.headers())),
        };
        Ok(Answer { kind, response })
    }
}

impl Promise {
    /// Notes what one answer of the hub says. A large file's hash and size are in the hub's own headers, because its answer
    /// is a redirect; a small file's are in the standard ones, when this answer is the whole file.
    fn learn(&mut self, headers: &HeaderMap, whole: bool) {
        let tag = text(headers, "x-linked-etag").or_else(|| text(headers, ETAG.as_str()).filter(|_| whole));
        if let Some(hash) = tag.and_then(hash_in).filter(|hash| self.hash.as_ref() != Some(hash)) {
            // Another file than before: a branch has moved between two attempts.
            *self = Self { hash: Some(hash), ..Self::default() };
        }
        let redirects = headers.contains_key(LOCATION);
        let length = || number(headers, &CONTENT_LENGTH).filter(|_| whole && !redirects);
        let linked = text(headers, "x-linked-size").and_then(|size| size.parse().ok());
        self.bytes = linked.or(self.bytes).or_else(length);
        let commit = text(headers, "x-repo-commit").filter(|commit| is_hex(commit, 40));
        self.commit = commit.map(str::to_owned).or(self.commit.take());
    }
}

/// The size of the whole file as an answer with a body states it.
pub(super) fn total_bytes(response: &Reply, start: u64) -> Option<u64> {
    number(response.headers(), &CONTENT_LENGTH).and_then(|length| length.checked_add(start))
}

/// Whether a text is so many lower-case hex digits.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The hash in an ETag: `"…"` or `W/"…"` around the digits of a SHA-256 or a SHA-1.
fn hash_in(tag: &str) -> Option<String> {
    let digits = tag.trim().trim_start_matches("W/").trim_matches('"').to_ascii_lowercase();
    Some(digits).filter(|digits| is_hex(digits, 64) || is_hex(digits, 40))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The first offset in `Content-Range: bytes START-END/TOTAL`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = text(headers, CONTENT_RANGE.as_str())?.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// Where a redirect leads. Never from an encrypted connection to an open one.
fn next_address(from: &Uri, headers: &HeaderMap) -> Result<Uri, Setback> {
    let location = text(headers, LOCATION.as_str()).unwrap_or_default();
    let next = resolve(from, location).ok_or_else(|| {
        let problem = format!("{} redirects to {location:?}, which is no address", site(from));
        Setback::again(Error::new(ErrorKind::Network, problem))
    })?;
    if from.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
        let problem = format!("{} redirects to {}, which is not encrypted: not followed", site(from), site(&next));
        return Err(Setback::Stop(Error::new(ErrorKind::Network, problem)));
    }
    Ok(next)
}

/// Nobody has answered.
pub(super) fn silent(address: &Uri, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Setback {
    let error = Error::new(ErrorKind::Network, format!("{} does not answer", site(address))).caused_by(cause);
    Setback::Again { error, silence: true, wait: None }
}

/// What an answer that is an error means.
fn refusal(address: &Uri, status: u16, at_home: bool, headers: &HeaderMap) -> Setback {
    let error = Error::new(ErrorKind::Network, format!("{} answers with status {status}", site(address)));
    let wait = number(headers, &RETRY_AFTER).map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
    // An address of a content network is signed for a while: after that it is refused, and the hub gives a new one.
    if matches!(status, 408 | 425 | 429 | 500..=599) || !at_home {
        return Setback::Again { error, silence: false, wait };
    }
    Setback::Stop(error)
}

fn wrong_range(address: &Uri) -> Setback {
    Setback::again(Error::new(ErrorKind::Network, format!("{} sends another part of the file than asked for", site(address))))
}

fn unauthorized(address: &Uri, had_token: bool) -> Error {
    let advice = if had_token {
        "HF_TOKEN does not give access: check that the token is valid and that its owner has accepted the model's terms"
    } else {
        "the model is private, gated or misspelled: set HF_TOKEN to a token with access"
    };
    // The path of the hub's own address names the repository and the file.
    Error::new(ErrorKind::Unauthorized, format!("{}{} is refused; {advice}", site(address), address.path()))
}

fn bad_endpoint(options: &FetchOptions) -> Error {
    let problem = format!("{:?} is no address of a hub: HF_ENDPOINT must be like https://huggingface.co", options.endpoint);
    Error::new(ErrorKind::InvalidInput, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_are_hashes_are_taken_for_hashes() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(hash_in(&format!("W/\"{sha1}\"")).as_deref(), Some(sha1));
        assert_eq!(hash_in(&format!("\"{}\"", "AB".repeat(32))), Some("ab".repeat(32)));
        assert_eq!(hash_in("\"d41d8cd98f00b204e9800998ecf8427e\""), None);
        assert_eq!(hash_in(""), None);
    }
}
