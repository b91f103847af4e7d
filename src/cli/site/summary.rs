//! What was made of a site, for a person and for programs.

use std::path::Path;

use serde::Serialize;

use super::super::models::Shares;
use super::PAGE_FOLDER;
use crate::site;

/// The index of one language.
#[derive(Serialize)]
pub struct Part {
    /// The code of the language; `auto` where no page names one.
    pub language: String,
    pub pages: usize,
    pub passages: usize,
    /// Passages that were encoded now: those of pages that have not changed since the last build keep their vectors.
    pub encoded: usize,
    /// Bytes that a visitor loads to search by words, and beside these to search by meaning.
    pub index_bytes: usize,
    pub meaning_bytes: usize,
    #[serde(flatten)]
    pub models: Shares,
    /// The folder of the index.
    pub out: String,
    /// The address of that folder.
    pub src: String,
    /// The address of the page with all results, where the npm package was found.
    pub results: Option<String>,
}

#[derive(Serialize)]
pub struct Summary {
    #[serde(flatten)]
    site: site::Report,
    languages: Vec<Part>,
    /// Files that a page loads, copied from the npm package; 0 where that was not found.
    page_files: usize,
    /// What to paste into the pages.
    html: Vec<String>,
}

impl Summary {
    /// `src` is the address of the folder of the search.
    pub fn new(site: site::Report, languages: Vec<Part>, page_files: usize, src: &str) -> Self {
        Self { html: html(src, &languages), site, languages, page_files }
    }

    /// The summary for a person.
    pub fn text(&self, dist: &Path) -> String {
        let mut text = self.site.text();
        for Part { language, pages, passages, encoded, index_bytes, meaning_bytes, out, .. } in &self.languages {
            let (index, model) = (*index_bytes as f64 / 1e3, *meaning_bytes as f64 / 1e6);
            let language = if language == "auto" { "language not named" } else { language };
            text += &format!(
                "{language}: {pages} pages, {passages} passages ({encoded} new or changed), in {out}; a visitor loads {index:.0} KB, "
            );
            text += &format!("and {model:.1} MB more to search by meaning\n");
        }
        // The same for all languages.
        text += &self.languages.first().map(|part| part.models.text()).unwrap_or_default();
        if self.page_files == 0 {
            text += &format!(
                "{} has no files for the page: npm install inkling-search, or name its dist with --dist\n",
                dist.display()
            );
        }
        text += "\nPaste the first line into the head of your pages, the other where the box is to be";
        text += if self.html[0].contains("\"./") { "; pages in a folder write ../ for ./:\n\n" } else { ":\n\n" };
        self.html.iter().for_each(|line| text += &format!("{line}\n"));
        text
    }
}

/// The lines to paste into the pages: one for the head, and one for each language where the box is to be.
fn html(src: &str, parts: &[Part]) -> Vec<String> {
    let page = format!("{src}{PAGE_FOLDER}/");
    let head = format!(
        r#"<link rel="stylesheet" href="{page}element.css"><script type="module" src="{page}element-define.js"></script>"#
    );
    let boxes = parts.iter().map(|Part { src, results, .. }| {
        let action = results.as_ref().map_or_else(String::new, |page| format!(r#" action="{page}""#));
        format!(
            r#"<inkling-search src="{src}"><form role="search"{action}><input type="search" name="q" aria-label="Search"></form></inkling-search>"#
        )
    });
    std::iter::once(head).chain(boxes).collect()
}
