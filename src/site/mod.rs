//! A built site, or the Markdown that one is built from, as a corpus: its pages become documents.
//!
//! ```text
//!  bytes of a page ─► decode ─► html5ever ─► content (where) ─► blocks (what) ┐
//!                                  ├─► head, attributes, linked (what it says) ┴─► Page
//!
//!  all pages ─► address (where they lie) ─► across (copies, what all say, the site's name) ─► documents by language
//! ```
//!
//! Pages are read one by one, and nothing of the parsed page stays: what is kept of a site is its text.

mod across;
mod address;
mod attributes;
mod blocks;
mod content;
mod decode;
mod dialects;
mod dom;
mod head;
mod linked;
mod markdown;
mod page;
mod preferred;
mod report;
mod sitemap;
mod source;
mod synonyms;

use std::collections::BTreeMap;

#[cfg(feature = "fs")]
use rayon::prelude::*;
use scraper::Selector;

use self::across::Titles;
pub use self::address::ANYWHERE;
use self::address::Addresses;
use self::blocks::Kind;
pub use self::page::LeftOut;
use self::page::{Page, Selectors};
pub use self::report::{LeftOutPages, Length, Note, Report};
pub use self::sitemap::sitemap;
use crate::error::{Error, ErrorKind, Result};
use crate::index::document::{Document, Heading};
use crate::index::lexical::Language;

/// How a site is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SiteOptions {
    /// What goes before the address of every page: a path such as `/project/`, a full address, or [`ANYWHERE`]. Without it that which
    /// the pages' canonical addresses have in common, else `/`.
    pub base: Option<String>,
    /// Where the content of a page is, as a CSS selector; pages without it are read as if there were none.
    pub main: Option<String>,
    /// What is left out of the content, as CSS selectors.
    pub exclude: Vec<String>,
    /// Where the pages of Markdown lie below the base: `{path}` stands for the file without its ending, `index`, `_index` and
    /// `README` dropped and a `slug` of its front matter in place of its name; `{dir}`, `{name}` and `{slug}` for parts of it.
    /// `{path}/` where nothing is said. A `permalink`, `url` or `slug` that begins with `/` is the whole address.
    pub url_pattern: Option<String>,
    /// Words that stand for each other: a page that has one of a list is found by the others, too.
    pub synonyms: Vec<Vec<String>>,
    /// How much pages count beside others, from 0.01 to 100, by the beginnings of their files; the longest that fits decides. Change logs, which
    /// have a word for everything, and pages that are lists of links count half where nothing is said.
    pub weights: Vec<(String, f64)>,
    /// Questions, and the file of the page that comes first for each.
    pub pins: Vec<(String, String)>,
    /// The paths of pages in the order in which they come where nothing else tells, as [`sitemap`] reads them.
    pub sitemap: Vec<String>,
}

/// A site that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// What goes before the address of every page.
    pub base: String,
    /// Its documents by the language of their pages, a code of ISO 639 such as `en`; `auto` where no page says it.
    pub languages: BTreeMap<String, Vec<Document>>,
    /// What was read and what was not.
    pub report: Report,
}

pub use self::source::is_markdown;

/// Whether a file is a page of a built site, by its name.
pub fn is_page(path: &str) -> bool {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    ["html", "htm", "xhtml"].iter().any(|other| end.eq_ignore_ascii_case(other))
}

/// The language of the words of an index for pages of a language: `none` where the word index knows no forms of its words.
pub fn words_of(language: &str) -> &str {
    match language {
        "auto" => "auto",
        "nb" | "nn" => Language::Norwegian.code(),
        other => Language::from_code(other).map_or(Language::None.code(), Language::code),
    }
}

/// Reads the pages of a site.
///
/// `paths` are its files, relative to the site's folder and with `/`; `load` gives the bytes of one. `progress` is called after each
/// page, from many threads.
///
/// # Errors
/// `invalid-input` for a selector that is none, `empty-corpus` when no page is left, and what `load` says.
pub fn read(
    paths: &[String],
    load: impl Fn(&str) -> Result<Vec<u8>> + Sync,
    options: &SiteOptions,
    progress: impl Fn() + Sync,
) -> Result<Site> {
    let selectors = options.selectors()?;
    let read = |path: &String| {
        let bytes = load(path)?;
        let page = match is_markdown(path) {
            true => source::read(path, &bytes, options.url_pattern.as_deref()),
            false => Page::read(path, &bytes, &selectors),
        };
        progress();
        Ok(page)
    };
    #[cfg(feature = "fs")]
    let pages: Result<Vec<Page>> = paths.par_iter().map(read).collect();
    #[cfg(not(feature = "fs"))]
    let pages: Result<Vec<Page>> = paths.iter().map(read).collect();
    let mut pages = pages?;

    let mut report = Report { read: pages.len(), ..Report::default() };
    let addresses = Addresses::of(&pages, options.base.as_deref());
    across::compare(&mut pages, &addresses, &mut report);
    let titles = Titles::of(&pages);
    let main_language = main_language(&pages);
    let mut languages: BTreeMap<String, Vec<Document>> = BTreeMap::new();
    for (at, page) in pages.into_iter().enumerate() {
        page.met.iter().for_each(|(name, times)| *report.attributes.entry(name.clone()).or_default() += times);
        if let Some(reason) = page.left_out {
            report.leave_out(reason, &page.path);
            continue;
        }
        report.warnings.extend(page.notes.iter().cloned());
        report.longest.push(Length { file: page.path.clone(), bytes: page.letters() });
        let language = page.head.language.clone().unwrap_or_else(|| main_language.clone());
        let (url, title) = (addresses.url(at, &page), titles.title(&page));
        let is_list = page.is_list;
        let mut document = document(page, url, title);
        document.also = synonyms::of(&document, &options.synonyms).into();
        document.weight = preferred::weight(&document, is_list, &options.weights);
        document.pins = preferred::pins(&document, &options.pins).into();
        languages.entry(language).or_default().push(document);
    }
    languages.values_mut().for_each(|documents| sitemap::sort(documents, &options.sitemap));
    preferred::unmet(&languages, options, &mut report);
    report.pages = report.longest.len();
    report.longest.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.file.cmp(&b.file)));
    report.longest.truncate(10);
    if report.pages == 0 {
        let what = format!("no page of the site can be found: {}", report.text().trim_end().replace('\n', "; "));
        return Err(Error::new(ErrorKind::EmptyCorpus, what));
    }
    Ok(Site { base: addresses.base, languages, report })
}

impl SiteOptions {
    fn selectors(&self) -> Result<Selectors> {
        let parse = |selector: &String| {
            let wrong = |cause| Error::new(ErrorKind::InvalidInput, format!("{selector:?} is no CSS selector: {cause}"));
            Selector::parse(selector).map_err(wrong)
        };
        let main = self.main.as_ref().map(parse).transpose()?;
        Ok(Selectors { main, exclude: self.exclude.iter().map(parse).collect::<Result<_>>()? })
    }
}

/// The language that most pages name, for those that name none.
fn main_language(pages: &[Page]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let named = pages.iter().filter(|page| page.left_out.is_none()).filter_map(|page| page.head.language.as_deref());
    named.for_each(|language| *counts.entry(language).or_default() += 1);
    let most = counts.into_iter().rev().max_by_key(|(_, pages)| *pages);
    most.map_or_else(|| "auto".to_owned(), |(language, _)| language.to_owned())
}

/// A page as a document: its blocks one below the other, with the places of headings and code.
fn document(page: Page, url: String, title: String) -> Document {
    let mut document = Document { id: page.path, url: Some(url), fields: page.fields, ..Document::default() };
    let mut has_title = false;
    for block in page.blocks {
        // The title is not said twice, with or without the name of the site.
        let is_title = |text: &String| *text == title || (page.head.title.as_ref() == Some(text) && text.contains(&title));
        if !has_title && matches!(block.kind, Kind::Heading { level: 1, .. }) && is_title(&block.text) {
            has_title = true;
            continue;
        }
        if !document.text.is_empty() {
            document.text.push('\n');
        }
        let start = document.text.len();
        document.text.push_str(&block.text);
        let end = document.text.len();
        match block.kind {
            Kind::Heading { level, id } => document.headings.push(Heading { start, end, level, id }),
            Kind::Code => document.code.push(start..end),
            Kind::Text => {}
        }
        let times = block.weight.round() as u8;
        if times > 1 {
            document.weights.push((start, end, times));
        }
    }
    document.title = title;
    document
}
