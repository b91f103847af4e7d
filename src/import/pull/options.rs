//! What a pull can be told, and what it learns from the environment when it is told nothing.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::host;

/// How to fetch: places, credentials and patience.
///
/// [`FetchOptions::default`] reads the environment as the hub's own tools and pip do.
#[derive(Clone)]
pub struct FetchOptions {
    /// The folder for downloads: `$XDG_CACHE_HOME/inkling`, else `~/.cache/inkling`.
    pub cache: PathBuf,
    /// The hub's address without a path: `$HF_ENDPOINT`, else `https://huggingface.co`.
    pub endpoint: String,
    /// The hub's token: `$HF_TOKEN`, else the content of `$HF_TOKEN_PATH` or `$HF_HOME/token` (`~/.cache/huggingface/token`).
    /// It is sent to [`endpoint`](Self::endpoint) only, never along a redirect to another host or port.
    pub token: Option<String>,
    /// Whether to use the proxy that `HTTPS_PROXY` or `ALL_PROXY` names, except for the hosts in `NO_PROXY`. True.
    pub proxy: bool,
    /// A PEM file of certificate authorities to trust: `$SSL_CERT_FILE`, else the system's own list where it has one,
    /// so that a company's proxy is trusted here as it is elsewhere on the machine. `None`: the list built into this program.
    pub certificates: Option<PathBuf>,
    /// The longest wait for a name lookup and, again, for a connection. 5 seconds.
    pub connect_timeout: Duration,
    /// The longest wait for the head of an answer. 10 seconds.
    pub answer_timeout: Duration,
    /// The longest silence within a body. 30 seconds.
    pub stall_timeout: Duration,
    /// How many failures in a row, with less than a mebibyte of news between them, are forgiven. 4.
    pub retries: u32,
    /// The wait after the first failure; it doubles with each in a row, up to 16 times this. Half a second.
    pub backoff: Duration,
    /// The Python whose pip fetches wheels: `$PYTHON`, else `python3` (`python` on Windows).
    pub python: OsString,
    /// Arguments put behind `pip download`, such as `--index-url` or `--find-links`. None. Pip reads its own configuration and
    /// environment besides.
    pub pip_arguments: Vec<OsString>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            cache: cache_home().join("inkling"),
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
            token: token(),
            proxy: true,
            certificates: certificates(),
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            retries: 4,
            backoff: Duration::from_millis(500),
            python: set("PYTHON").unwrap_or_else(|| if cfg!(windows) { "python".into() } else { "python3".into() }),
            pip_arguments: Vec::new(),
        }
    }
}

/// Prints everything but the token.
impl fmt::Debug for FetchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchOptions")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "(secret)"))
            .field("proxy", &self.proxy)
            .field("certificates", &self.certificates)
            .field("python", &self.python)
            .finish_non_exhaustive()
    }
}

/// A variable that is set and not empty.
fn set(name: &str) -> Option<OsString> {
    host::variable(name).filter(|value| !value.is_empty())
}

fn text(name: &str) -> Option<String> {
    set(name)?.into_string().ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The XDG base directory specification's cache folder; relative paths in the variable are invalid and ignored.
fn cache_home() -> PathBuf {
    let named = set("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| host::is_absolute(path));
    named.unwrap_or_else(|| host::home().unwrap_or_default().join(".cache"))
}

fn token() -> Option<String> {
    text("HF_TOKEN").or_else(|| {
        let home = || set("HF_HOME").map_or_else(|| cache_home().join("huggingface"), PathBuf::from);
        let path = set("HF_TOKEN_PATH").map_or_else(|| home().join("token"), PathBuf::from);
        let content = String::from_utf8(host::read(path).ok()?).ok()?;
        Some(content.trim().to_owned()).filter(|token| !token.is_empty())
    })
}

/// Debian's and Alpine's, Fedora's, and the BSDs' and macOS's list of certificate authorities.
const SYSTEM_CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

fn certificates() -> Option<PathBuf> {
    let system = || SYSTEM_CERTIFICATES.iter().map(Path::new).find(|path| host::is_file(path)).map(Path::to_owned);
    set("SSL_CERT_FILE").map(PathBuf::from).or_else(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_printed() {
        let options = FetchOptions { token: Some("hf_confidential".into()), ..FetchOptions::default() };
        assert!(!format!("{options:?}").contains("hf_confidential"));
    }
}
