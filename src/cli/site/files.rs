//! What is read from a site's folder and written to it, beside indexes.

use std::path::Path;

use crate::engine::folder::{read_file, remove_index, write_files};
use crate::error::{Error, ErrorKind, Result};
use crate::host::{self, Entry};
use crate::index::manifest::MANIFEST_FILE;
use crate::site;

/// The pages below a folder in the order of their names, without what is in the folder of the search or hidden.
///
/// Built pages are taken, or Markdown where that is preferred or there are none.
pub fn pages_in(root: &Path, out: &Path, prefers_markdown: bool) -> Result<Vec<String>> {
    let failed = |path: &Path, cause: std::io::Error| {
        let missing = cause.kind() == std::io::ErrorKind::NotFound;
        let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("cannot read the folder {}", path.display())).caused_by(cause)
    };
    let out = host::canonicalize(out).ok();
    let (mut pages, mut markdown) = (Vec::new(), Vec::new());
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, below)) = folders.pop() {
        for Entry { name, path, is_folder } in host::list(&folder).map_err(|cause| failed(&folder, cause))? {
            // A name that is no text has no address either.
            let Some(name) = name else { continue };
            let is_out = || out.is_some() && host::canonicalize(&path).ok() == out;
            if is_folder {
                if !name.starts_with('.') && name != "node_modules" && !is_out() {
                    folders.push((path, format!("{below}{name}/")));
                }
                continue;
            }
            let found = if site::is_page(&name) {
                &mut pages
            } else if site::is_markdown(&name) {
                &mut markdown
            } else {
                continue;
            };
            // A link may lead nowhere or to a folder, and a pipe may never begin.
            if host::is_file(&path) {
                found.push(format!("{below}{name}"));
            }
        }
    }
    if pages.is_empty() || (prefers_markdown && !markdown.is_empty()) {
        pages = markdown;
    }
    if pages.is_empty() {
        let what =
            format!("there is no page (.html, .md) in {}: give the folder that the site's generator writes", root.display());
        return Err(Error::new(ErrorKind::EmptyCorpus, what));
    }
    pages.sort();
    Ok(pages)
}

/// The address of the folder of the search, where it is below the site's, or the usual one.
pub fn address_of(site: &Path, out: &Path, base: &str) -> String {
    let below = out.strip_prefix(site).ok().and_then(Path::to_str).map(|below| below.replace('\\', "/"));
    let below = below.filter(|below| !below.is_empty()).unwrap_or_else(|| "search".to_owned());
    format!("{base}{below}/")
}

/// What leads from the folder of an index to that of the site, in addresses; `name` is the language's folder, where there is one.
pub fn way_up(site: &Path, out: &Path, name: Option<&str>) -> String {
    let below = out.strip_prefix(site).map_or(1, |below| below.components().count());
    "../".repeat(below + usize::from(name.is_some()))
}

/// Removes the indexes of languages that the site no longer has, and that of the whole site where it now has several.
pub fn remove_other_languages(out: &Path, site: &site::Site) -> Result<()> {
    let is_single = site.languages.len() == 1;
    if !is_single {
        remove_index(out)?;
    }
    let Ok(entries) = host::list(out) else { return Ok(()) };
    for Entry { name, path, .. } in entries.into_iter().filter(|entry| host::exists(&entry.path.join(MANIFEST_FILE))) {
        if is_single || !name.is_some_and(|name| site.languages.contains_key(&name)) {
            remove_index(&path)?;
        }
    }
    Ok(())
}

/// Copies what a page loads from the npm package; says how many files, none where the package is not there.
pub fn copy_page_files(dist: &Path, to: &Path) -> Result<usize> {
    // What only builds, runs in Node, or computes on a GPU when a page of its own asks for it.
    const OTHERS: [&str; 7] =
        ["build.js", "cli.js", "encoder.js", "remote.js", "service-worker.js", "site.js", "write-service-worker.js"];
    const OTHER_MODULES: [&str; 3] = ["inkling-build", "inkling-gpu", "inkling-node"];
    let is_needed = |name: &str| {
        let is_served = [".js", ".css", ".wasm"].iter().any(|end| name.ends_with(end));
        is_served && !OTHERS.contains(&name) && !OTHER_MODULES.iter().any(|module| name.starts_with(module))
    };
    let mut copied = 0;
    for below in ["", "languages/", "wasm/"] {
        for Entry { name, path, is_folder } in host::list(&dist.join(below)).unwrap_or_default() {
            if let Some(name) = name.filter(|name| is_needed(name) && !is_folder) {
                let (to_path, bytes) = (format!("{below}{name}"), read_file(&path)?);
                write_files(to, [(to_path.as_str(), bytes.as_slice())])?;
                copied += 1;
            }
        }
    }
    Ok(copied)
}

/// The page with all results in the npm package, and what it says there of the index and of the language.
const RESULTS_FILE: &str = "results.html";
const RESULTS_BOX: &str = r#"<inkling-search results src="../search/" base="../">"#;

/// Writes the page with all results of an index, under a name: `index` is the index's folder from there. False where the package has no such
/// page.
pub fn write_results_page(dist: &Path, to: &Path, name: &str, index: &str, language: &str) -> Result<bool> {
    let page = read_file(&dist.join(RESULTS_FILE)).ok().and_then(|page| String::from_utf8(page).ok());
    let Some((before, after)) = page.as_deref().and_then(|page| page.split_once(RESULTS_BOX)) else { return Ok(false) };
    let language = if language == "auto" { String::new() } else { format!(r#" lang="{language}""#) };
    let page = format!(r#"{before}<inkling-search results src="{index}"{language}>{after}"#);
    write_files(to, [(name, page.as_bytes())])?;
    Ok(true)
}
