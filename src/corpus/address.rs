//! Addresses that are relative to a site, made such that they lead to the same page from everywhere.

use crate::error::{Error, ErrorKind, Result};

/// The folder that relative addresses begin in.
pub struct Base<'a> {
    /// `https://example.org`, or nothing for the site that shows the hit.
    origin: &'a str,
    /// From `/` to `/`.
    path: String,
}

impl<'a> Base<'a> {
    /// A folder such as `https://example.org/docs/` or `/docs/`; a missing `/` at its end is added.
    ///
    /// # Errors
    /// `invalid-input` for what is neither.
    pub fn new(base: &'a str) -> Result<Self> {
        let base = base.trim().split(['?', '#']).next().unwrap_or_default();
        let host = ["https://", "http://"].iter().find(|scheme| base.starts_with(**scheme)).map(|scheme| scheme.len());
        let (origin, path) = match host {
            Some(host) => base.split_at(base[host..].find('/').map_or(base.len(), |slash| host + slash)),
            None => ("", base),
        };
        if (origin.is_empty() && !path.starts_with('/')) || path.starts_with("//") || host == Some(origin.len()) {
            let what = format!(
                "{base:?} is no base: give an address such as https://example.org/docs/, or a path from / such as /docs/"
            );
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        Ok(Self { origin, path: if path.ends_with('/') { path.to_owned() } else { format!("{path}/") } })
    }

    /// An address as it is seen from this folder (RFC 3986, 5.2); one that is not relative stays.
    pub fn join(&self, url: &str) -> String {
        let Self { origin, path } = self;
        let has_scheme = url.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
        if has_scheme || url.starts_with("//") {
            return url.to_owned();
        }
        if url.starts_with(['?', '#']) {
            return format!("{origin}{path}{url}");
        }
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let (of_path, rest) = url.split_at(end);
        let whole = if of_path.starts_with('/') { of_path.to_owned() } else { format!("{path}{of_path}") };
        let mut parts: Vec<&str> = Vec::new();
        let is_folder = whole.ends_with(['/']) || whole.ends_with("/.") || whole.ends_with("/..");
        for part in whole.split('/') {
            match part {
                ".." => drop(parts.pop()),
                "." | "" => {}
                _ => parts.push(part),
            }
        }
        let slash = if is_folder && !parts.is_empty() { "/" } else { "" };
        format!("{origin}/{}{slash}{rest}", parts.join("/"))
    }
}

/// Whether to follow an address is to run something in place of going somewhere. Browsers pass over what cannot be seen in a scheme.
pub fn runs_a_script(url: &str) -> bool {
    let seen = url.chars().filter(|c| !c.is_control() && !c.is_whitespace());
    let start: String = seen.take("javascript:".len()).collect::<String>().to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:"].iter().any(|scheme| start.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_run_something_is_told_however_it_is_written() {
        for url in ["javascript:alert(1)", " JavaScript:x", "java\nscript:x", "data:text/html,x", "\u{1}vbscript:x"] {
            assert!(runs_a_script(url), "{url:?}");
        }
        for url in ["https://example.org/javascript:x", "/data:x", "database.html", "mailto:a@example.org", "./javascript:x"] {
            assert!(!runs_a_script(url), "{url:?}");
        }
    }

    #[test]
    fn a_relative_address_leads_to_the_same_page_from_everywhere() {
        for (base, url, expected) in [
            ("/team/project/", "talks/a.html", "/team/project/talks/a.html"),
            ("/team/project", "./talks/../a/?x=1#y", "/team/project/a/?x=1#y"),
            ("https://example.org/docs/", "../b", "https://example.org/b"),
            ("https://example.org", "a", "https://example.org/a"),
            ("https://example.org/docs/", "/c.html", "https://example.org/c.html"),
            ("https://example.org/docs/?q", "#part", "https://example.org/docs/#part"),
            ("/", "../../a", "/a"),
            ("/docs/", "https://elsewhere.example/x", "https://elsewhere.example/x"),
            ("/docs/", "mailto:a@example.org", "mailto:a@example.org"),
            ("/docs/", "//elsewhere.example/x", "//elsewhere.example/x"),
            ("/docs/", "a/b:c", "/docs/a/b:c"),
        ] {
            assert_eq!(Base::new(base).unwrap().join(url), expected, "{base} {url}");
        }
        for base in ["docs/", "", "ftp://example.org", "//example.org", "https://", "https:///x"] {
            assert_eq!(Base::new(base).err().map(|error| error.code()), Some("invalid-input"), "{base}");
        }
    }
}
