//! Which pages count for more or less than others, and which come first for a question.

use std::collections::BTreeMap;

use super::SiteOptions;
use super::report::{Note, Report};
use crate::index::document::Document;

/// What change logs are called: they have a word for everything that a site is about, and seldom the answer.
const CHANGE_LOGS: &[&str] = &[
    "change log",
    "changelog",
    "changes",
    "history of changes",
    "news",
    "release history",
    "release notes",
    "releases",
    "version history",
    "what's new",
    "what’s new",
];

/// What they count, and what pages do that only lead to others, in hundredths.
const HALF: u16 = 50;

/// How much a page counts beside others, in hundredths; nothing for one that counts as they do.
pub fn weight(document: &Document, is_list: bool, weights: &[(String, f64)]) -> Option<u16> {
    let fitting = weights.iter().filter(|(start, _)| document.id.starts_with(start.trim_start_matches('/')));
    if let Some((_, weight)) = fitting.max_by_key(|(start, _)| start.len()) {
        let hundredths = (weight * 100.0).round().clamp(1.0, 10_000.0) as u16;
        return Some(hundredths).filter(|hundredths| *hundredths != 100);
    }
    let title = document.title.to_lowercase();
    (is_list || CHANGE_LOGS.contains(&title.trim())).then_some(HALF)
}

/// The questions that a page comes first for.
pub fn pins(document: &Document, pins: &[(String, String)]) -> Vec<String> {
    pins.iter().filter(|(_, file)| is_file(file, document)).map(|(question, _)| question.clone()).collect()
}

fn is_file(file: &str, document: &Document) -> bool {
    file.trim_start_matches('/') == document.id
}

/// Warns of what is preferred and is no page.
pub fn unmet(languages: &BTreeMap<String, Vec<Document>>, options: &SiteOptions, report: &mut Report) {
    let is_any = |fits: &dyn Fn(&Document) -> bool| languages.values().flatten().any(fits);
    for (question, file) in &options.pins {
        if !is_any(&|document| is_file(file, document)) {
            let message = format!("no page that can be found is {file}, which {question:?} is pinned to");
            report.warnings.push(Note { file: String::new(), line: None, message });
        }
    }
    for (start, _) in &options.weights {
        if !is_any(&|document| document.id.starts_with(start.trim_start_matches('/'))) {
            let message = format!("no page that can be found begins with {start}, which has a weight");
            report.warnings.push(Note { file: String::new(), line: None, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_that_fits_decides_and_change_logs_and_lists_count_half() {
        let weight = |document: &Document, weights: &[(String, f64)]| weight(document, false, weights);
        let page = |id: &str, title: &str| Document { id: id.into(), title: title.into(), ..Document::default() };
        let weights = [("blog/".to_owned(), 0.5), ("/blog/best/".to_owned(), 2.0), ("news.html".to_owned(), 1.0)];
        assert_eq!(weight(&page("blog/a.html", "A"), &weights), Some(50));
        assert_eq!(weight(&page("blog/best/a.html", "A"), &weights), Some(200));
        assert_eq!(weight(&page("guide/a.html", "A"), &weights), None);
        assert_eq!(weight(&page("changes.html", "Release Notes"), &[]), Some(50));
        assert_eq!(weight(&page("news.html", "News"), &weights), None);
        assert_eq!(super::weight(&page("tags.html", "Tags"), true, &weights), Some(50));
        assert_eq!(super::weight(&page("news.html", "News"), true, &weights), None);
    }
}
