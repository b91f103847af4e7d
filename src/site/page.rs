//! One page: read, and judged by itself.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Selector};
use serde::Serialize;
use serde_json::{Map, Value};

use super::attributes::{self, Tagged};
use super::blocks::{Block, Kind, blocks, without_mark};
use super::content::roots;
use super::decode::{Decoded, decode};
use super::dom::{elements, is_list_of_links, is_no_content, name, text_of};
use super::head::Head;
use super::linked;
use super::report::Note;

/// Why a page is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// A piece of a page, without a head.
    Fragment,
    /// It leads to another page and says nothing itself.
    Redirect,
    /// It asks not to be indexed, ignores itself, or is a draft.
    Noindex,
    /// It is shown where there is no page.
    ErrorPage,
    /// It marks no content, and other pages of the site do.
    NoBody,
    /// There is nothing to search in it.
    Empty,
    /// It says the same as another page.
    Copy,
    /// It names another page of the site as the original.
    Canonical,
    /// It repeats other pages: a version to print, a list of whole articles.
    Repeats,
}

/// How the files begin in which Doxygen lists members, and the names of those in which it lists all else.
const DOXYGEN_LISTS: &[&str] = &["functions", "globals", "namespacemembers"];
const DOXYGEN_INDEXES: &[&str] = &["annotated", "classes", "files", "graph_legend", "hierarchy", "inherits", "namespaces"];

impl LeftOut {
    /// What a person reads.
    pub fn text(self) -> &'static str {
        match self {
            Self::Fragment => "pieces of pages (no <html>, no <title>)",
            Self::Redirect => "redirects",
            Self::Noindex => "noindex or drafts",
            Self::ErrorPage => "error pages",
            Self::NoBody => "without data-inkling-body, which other pages have",
            Self::Empty => "without any text",
            Self::Copy => "exact copies",
            Self::Canonical => "copies by their canonical address",
            Self::Repeats => "that only repeat other pages (print versions, lists of whole articles, stubs)",
        }
    }
}

/// How pages are read.
#[derive(Default)]
pub struct Selectors {
    /// Where the content is.
    pub main: Option<Selector>,
    /// What is left out of it.
    pub exclude: Vec<Selector>,
}

/// A page that has been read.
pub struct Page {
    /// Its file below the site's folder, with `/`.
    pub path: String,
    /// Where it lies below its site, where it is not for the host to say.
    pub address: Option<String>,
    pub head: Head,
    /// The title that an attribute names.
    pub named: Option<String>,
    /// Its first heading of level 1.
    pub h1: Option<String>,
    pub blocks: Vec<Block>,
    pub fields: Map<String, Value>,
    pub has_body: bool,
    /// Whether it only leads to others.
    pub is_list: bool,
    pub left_out: Option<LeftOut>,
    /// How often each attribute was met.
    pub met: BTreeMap<String, usize>,
    /// What was not understood, or had to be assumed.
    pub notes: Vec<Note>,
}

impl Page {
    /// Reads a page. It never fails: browsers make something of all bytes.
    pub fn read(path: &str, bytes: &[u8], selectors: &Selectors) -> Self {
        let Decoded { text, note } = decode(bytes);
        let html = Html::parse_document(&text);
        let Tagged { mut fields, has_body, met, mut problems, .. } = attributes::read(&html);
        let named = fields.shift_remove("title").and_then(|title| title.as_str().map(str::to_owned));
        let (linked, not_json) = linked::read(&html);
        for (name, value) in linked {
            fields.entry(name).or_insert(value);
        }
        problems.extend(not_json);
        let line = |needle: &str| text.find(needle).map(|at| text[..at].matches('\n').count() + 1);
        let notes = note
            .into_iter()
            .chain(problems.into_iter().map(|(needle, what)| (line(&needle), what)))
            .map(|(line, message)| Note { file: path.to_owned(), line, message })
            .collect();

        let roots = roots(&html, selectors.main.as_ref());
        let mut page = Self {
            path: path.to_owned(),
            address: None,
            head: Head::read(&html),
            named: named.filter(|title| !title.is_empty()),
            h1: h1(&html, &roots),
            blocks: blocks(&roots, &selectors.exclude),
            fields,
            has_body,
            is_list: is_list_of_links(&roots),
            left_out: None,
            met,
            notes,
        };
        page.describe();
        page.left_out = page.judge(&text, &html);
        page
    }

    /// Takes the description of a page that has no text: a picture, an application.
    pub(super) fn describe(&mut self) {
        if self.blocks.iter().all(|block| matches!(block.kind, Kind::Heading { .. })) {
            let text = self.head.description.clone().into_iter();
            self.blocks.extend(text.map(|text| Block { kind: Kind::Text, text, weight: 1.0 }));
        }
    }

    /// Whether the page is left out, as far as that can be told from the page alone.
    fn judge(&self, source: &str, html: &Html) -> Option<LeftOut> {
        let begins = |with: &str| source.as_bytes().windows(with.len()).any(|bytes| bytes.eq_ignore_ascii_case(with.as_bytes()));
        let ignores_itself =
            elements(html).filter(|element| matches!(name(*element), "html" | "body")).any(attributes::is_ignored);
        if !["<!doctype", "<html", "<title", "<body"].into_iter().any(begins) {
            Some(LeftOut::Fragment)
        } else if self.head.redirects {
            Some(LeftOut::Redirect)
        } else if self.head.is_noindex || ignores_itself {
            Some(LeftOut::Noindex)
        } else if self.is_error_page() {
            Some(LeftOut::ErrorPage)
        } else if self.blocks.is_empty() || self.is_search_page() {
            Some(LeftOut::Empty)
        } else if self.is_general_index(source) {
            Some(LeftOut::Repeats)
        } else {
            None
        }
    }

    /// The name of its file without the ending, or of its folder where it is the page of that, in lower case.
    fn stem(&self) -> String {
        let path = self.path.trim_end_matches("/index.html");
        let file = path.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_ascii_lowercase()
    }

    /// Whether the page is where a search of the site's own shows its results: there are none in it.
    fn is_search_page(&self) -> bool {
        self.stem() == "search" && self.letters() < 400
    }

    /// Whether the page lists what others are about, word by word, as the generators of manuals write it.
    fn is_general_index(&self, source: &str) -> bool {
        let stem = self.stem();
        let is_by = |generator: &str| {
            ["enerated by ", "content=\""].iter().any(|before| source.contains(&format!("{before}{generator}")))
        };
        let is_one_of = |starts: &[&str], names: &[&str]| {
            starts.iter().any(|start| stem.starts_with(start)) || names.contains(&stem.as_str())
        };
        is_one_of(&["genindex"], &["py-modindex", "modindex"])
            || (is_by("Doxygen") && is_one_of(DOXYGEN_LISTS, DOXYGEN_INDEXES))
            || (is_by("javadoc") && is_one_of(&["allclasses", "allpackages"], &["index-all", "overview-tree", "package-tree"]))
    }

    /// Whether the page is what a host shows where there is none: by its name at the top of the site or of a language's part,
    /// elsewhere by name or title where it says little. A manual may have a page about the status 404.
    fn is_error_page(&self) -> bool {
        const NAMES: &[&str] = &["404", "403", "500", "50x", "_error", "_not-found", "not-found", "not_found"];
        let parts: Vec<&str> = self.path.trim_end_matches("/index.html").split('/').collect();
        let is_named = NAMES.contains(&self.stem().as_str());
        let is_at_top = parts.len() == 1 || (parts.len() == 2 && matches!(parts[0].len(), 2 | 5));
        let titles = [&self.head.title, &self.h1];
        let is_titled = titles.into_iter().flatten().any(|title| {
            let title = title.to_lowercase();
            title.starts_with("404") || title.starts_with("error 404") || title.contains("page not found")
        });
        is_named && is_at_top || (is_named || is_titled) && self.letters() < 400
    }

    /// Bytes of its text.
    pub fn letters(&self) -> usize {
        self.blocks.iter().map(|block| block.text.len()).sum()
    }
}

/// The first heading of level 1 of the content, else of the page. Where the content has several, its first says what the page is
/// about only if it begins it.
fn h1(page: &Html, roots: &[ElementRef<'_>]) -> Option<String> {
    let text = |element: ElementRef<'_>| {
        let text = text_of(element);
        Some(without_mark(&text).to_owned()).filter(|text| !text.is_empty())
    };
    let is_shown = |element: &ElementRef<'_>| {
        !is_no_content(*element) && !element.ancestors().filter_map(ElementRef::wrap).any(is_no_content)
    };
    let inside = roots.iter().flat_map(|root| root.descendent_elements());
    let all = inside.chain(elements(page)).filter(|element| name(*element) == "h1");
    all.filter(is_shown).find_map(text)
}
