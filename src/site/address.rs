//! Addresses of pages: as the host serves their files, or as they name themselves.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::page::Page;

/// What has a meaning in an address and would have none in a file's name.
const IN_PATHS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The address of a file below its site, as hosts serve it: `guide/` for `guide/index.html`.
pub fn served(path: &str) -> String {
    let folder = ["index.html", "index.htm", "index.xhtml"].iter().find_map(|name| path.strip_suffix(name));
    let folder = folder.filter(|folder| folder.is_empty() || folder.ends_with('/'));
    utf8_percent_encode(folder.unwrap_or(path), IN_PATHS).to_string()
}

/// The path of an address of a page at `own`, decoded, without what follows `?` or `#`.
pub fn path_of(address: &str, own: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let path = match address.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => address,
    };
    let path = percent_decode_str(path).decode_utf8_lossy();
    if path.starts_with('/') {
        return path.into_owned();
    }
    let mut parts: Vec<&str> = own.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The names of a page in an address, from which hosts choose: with `.html`, without, as a folder.
pub fn names(path: &str) -> Vec<String> {
    let plain = path.rsplit_once('.').map_or(path, |(plain, _)| plain);
    let folder = if plain == "index" { Some("") } else { plain.strip_suffix("/index") };
    match folder {
        Some("") => vec![String::new(), path.to_owned(), plain.to_owned()],
        Some(folder) => vec![format!("{folder}/"), folder.to_owned(), path.to_owned(), plain.to_owned()],
        None => vec![path.to_owned(), plain.to_owned(), format!("{plain}/")],
    }
}

/// Where the pages of a site lie, and which page another one names as its original.
pub struct Addresses {
    /// What goes before every address.
    pub base: String,
    /// The address of each page below the base, where the page says it.
    own: Vec<Option<String>>,
    /// The page that each page names as its original, where that is another one.
    pub originals: Vec<Option<usize>>,
}

impl Addresses {
    /// Reads the canonical addresses of pages. `base` is what goes before every address; without it that which most of them have.
    pub fn of(pages: &[Page], base: Option<&str>) -> Self {
        let canonical: Vec<Option<String>> =
            pages.iter().map(|page| page.head.canonical.as_deref().map(|address| path_of(address, &page.path))).collect();
        // A canonical address that ends in the page's own name says where the site begins.
        let own = |page: &Page, path: &String| {
            names(&page.path).into_iter().filter(|name| path.ends_with(&format!("/{name}"))).max_by_key(String::len)
        };
        let mut starts: HashMap<String, usize> = HashMap::new();
        let mut ends = Vec::with_capacity(pages.len());
        for (page, path) in pages.iter().zip(&canonical) {
            let end = path.as_ref().and_then(|path| Some((own(page, path)?, path)));
            let end = end.map(|(name, path)| (path[..path.len() - name.len()].to_owned(), name));
            if let Some((start, _)) = &end {
                *starts.entry(start.clone()).or_default() += 1;
            }
            ends.push(end);
        }
        let start = starts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0))).map(|(start, _)| start);
        let start = start.unwrap_or_else(|| "/".to_owned());
        let by_name: HashMap<String, usize> =
            (0..).zip(pages).flat_map(|(at, page)| names(&page.path).into_iter().map(move |name| (name, at))).collect();
        let other = |at: usize, path: &Option<String>| {
            let below = path.as_ref()?.strip_prefix(&start)?;
            by_name.get(below).copied().filter(|other| *other != at)
        };
        let is_own = |end: &Option<(String, String)>| end.as_ref().is_some_and(|(from, _)| *from == start);
        let originals = (0..).zip(&canonical).zip(&ends).map(|((at, path), end)| other(at, path).filter(|_| !is_own(end)));
        let originals = originals.collect();
        let own = ends.into_iter().map(|end| end.filter(|(from, _)| *from == start).map(|(_, name)| name)).collect();
        Self { base: base.map_or(start, with_slash), own, originals }
    }

    /// Whether a page names its own address as the canonical one.
    pub fn is_named(&self, at: usize) -> bool {
        self.own[at].is_some()
    }

    /// The address of a page.
    pub fn url(&self, at: usize, page: &Page) -> String {
        if let Some(address) = &page.address {
            return format!("{}{}", self.base, utf8_percent_encode(address, IN_PATHS));
        }
        let own = self.own[at].as_ref().map(|name| utf8_percent_encode(name, IN_PATHS).to_string());
        format!("{}{}", self.base, own.unwrap_or_else(|| served(&page.path)))
    }
}

/// The base of a site that may lie anywhere: its addresses are relative to its folder.
pub const ANYWHERE: &str = "./";

/// A base that addresses can follow: a full address or a path, with a slash at its end.
fn with_slash(base: &str) -> String {
    let base = base.trim_end_matches('/');
    if base == "." {
        return ANYWHERE.to_owned();
    }
    if base.contains("://") || base.starts_with('/') || base.is_empty() { format!("{base}/") } else { format!("/{base}/") }
}

#[cfg(test)]
mod tests {
    use super::super::page::Selectors;
    use super::*;

    fn addresses(pages: &[(&str, &str)], base: Option<&str>) -> (Vec<String>, Vec<Option<usize>>) {
        let read = |(path, canonical): &(&str, &str)| {
            let html = format!("<title>x</title><link rel=canonical href='{canonical}'><p>{path}");
            Page::read(path, html.as_bytes(), &Selectors::default())
        };
        let pages: Vec<Page> = pages.iter().map(read).collect();
        let addresses = Addresses::of(&pages, base);
        ((0..).zip(&pages).map(|(at, page)| addresses.url(at, page)).collect(), addresses.originals)
    }

    #[test]
    fn a_page_lies_where_the_host_serves_its_file() {
        for (path, url) in
            [("index.html", ""), ("a/index.html", "a/"), ("a b/c#.html", "a%20b/c%23.html"), ("myindex.html", "myindex.html")]
        {
            assert_eq!(served(path), url);
        }
        let pages = [("index.html", ""), ("ü/index.html", ""), ("b.html", "")];
        assert_eq!(addresses(&pages, None).0, ["/", "/%C3%BC/", "/b.html"]);
        assert_eq!(addresses(&pages, Some("project")).0, ["/project/", "/project/%C3%BC/", "/project/b.html"]);
        assert_eq!(addresses(&pages, Some("https://x.org/p/")).0[2], "https://x.org/p/b.html");
        assert_eq!(addresses(&pages, Some(".")).0, ["./", "./%C3%BC/", "./b.html"]);
    }

    #[test]
    fn canonical_addresses_tell_the_form_and_the_base() {
        let pages = [
            ("index.html", "https://x.org/p/"),
            ("a/index.html", "https://x.org/p/a"),
            ("b.html", "https://x.org/p/b?from=feed"),
            ("c.html", "https://elsewhere.org/c"),
        ];
        assert_eq!(addresses(&pages, None).0, ["/p/", "/p/a", "/p/b", "/p/c.html"]);
        assert_eq!(addresses(&pages, Some("/q/")).0, ["/q/", "/q/a", "/q/b", "/q/c.html"]);
        assert_eq!(addresses(&pages, None).1, [None; 4]);
    }

    #[test]
    fn a_page_may_name_another_page_as_its_original() {
        let pages = [("a/index.html", "/a/"), ("old/a.html", "https://x.org/a/"), ("old/b.html", "../a/"), ("d.html", "/gone/")];
        assert_eq!(addresses(&pages, None).1, [None, Some(0), Some(0), None]);
    }
}
