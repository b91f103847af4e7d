//! What was read of a site, for a person and for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::LeftOut;

/// Something that was not understood or had to be assumed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The file, below the site's folder; empty where it is about the whole site.
    pub file: String,
    /// Its line, from 1, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// A sentence.
    pub message: String,
}

/// Pages that are left out for one reason.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOutPages {
    /// How many.
    pub pages: usize,
    /// The first of them.
    pub first: Vec<String>,
}

/// The length of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Length {
    /// The page's file.
    pub file: String,
    /// Bytes of its text.
    pub bytes: usize,
}

/// What reading a site found.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files that were read.
    pub read: usize,
    /// Pages that can be found.
    pub pages: usize,
    /// Pages that are left out, by reason.
    pub left_out: BTreeMap<LeftOut, LeftOutPages>,
    /// How often a block of text was dropped because most pages have it.
    pub repeated_blocks: usize,
    /// How often each attribute for searches was met.
    pub attributes: BTreeMap<String, usize>,
    /// The ten longest pages, the longest first.
    pub longest: Vec<Length>,
    /// What was not understood or had to be assumed.
    pub warnings: Vec<Note>,
}

/// Files named for each reason, and warnings shown to a person.
const SHOWN: usize = 3;
const WARNINGS_SHOWN: usize = 20;

impl Report {
    /// Counts a page that is left out.
    pub(super) fn leave_out(&mut self, reason: LeftOut, file: &str) {
        let pages = self.left_out.entry(reason).or_default();
        pages.pages += 1;
        if pages.first.len() < SHOWN {
            pages.first.push(file.to_owned());
        }
    }

    /// The report for a person, a line each.
    pub fn text(&self) -> String {
        let mut text = format!("{} pages read, {} can be found\n", self.read, self.pages);
        for (reason, LeftOutPages { pages, first }) in &self.left_out {
            let more = if *pages > first.len() { ", …" } else { "" };
            text += &format!("left out: {pages} {} ({}{more})\n", reason.text(), first.join(", "));
        }
        if self.repeated_blocks > 0 {
            text += &format!("dropped: {} times a line that most pages have\n", self.repeated_blocks);
        }
        if !self.attributes.is_empty() {
            let met: Vec<String> = self.attributes.iter().map(|(name, times)| format!("{name} {times}")).collect();
            text += &format!("attributes: {}\n", met.join(", "));
        }
        if self.longest.len() > 1 {
            text += "longest pages:\n";
            for Length { file, bytes } in &self.longest {
                text += &format!("{:>8} KB  {file}\n", format!("{:.1}", *bytes as f64 / 1e3));
            }
        }
        for Note { file, line, message } in self.warnings.iter().take(WARNINGS_SHOWN) {
            let line = line.map_or(String::new(), |line| format!(":{line}"));
            let place = if file.is_empty() { String::new() } else { format!("{file}{line}: ") };
            text += &format!("warning: {place}{message}\n");
        }
        if self.warnings.len() > WARNINGS_SHOWN {
            text += &format!("and {} warnings more: --json has all\n", self.warnings.len() - WARNINGS_SHOWN);
        }
        text
    }
}
