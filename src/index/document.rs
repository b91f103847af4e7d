//! Documents: what a search finds.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
// One word where there is nothing, as in most documents.
use thin_vec::ThinVec;

use crate::error::{Error, ErrorKind, Result};
use crate::json::{self, Properties};

/// One document of a corpus: a session, a page, a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the caller knows it by; unique in a corpus.
    pub id: String,
    /// Its title, searched and shown.
    pub title: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The text that is searched by meaning and by words.
    #[serde(default)]
    pub text: String,
    /// Everything else a hit should show or a filter should use: strings, numbers, lists of strings.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// The headings in `text`, in its order; passages begin at them and hits lead to them.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub headings: ThinVec<Heading>,
    /// Parts of `text` whose words count several times: start and end in bytes, and how often, 2 to 10.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub weights: ThinVec<(usize, usize, u8)>,
    /// Words that find the document although it does not have them: synonyms of words that it has.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub also: ThinVec<String>,
    /// What its place in a ranking is multiplied by, in hundredths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// Questions that it comes first for.
    #[serde(default, skip_serializing_if = "ThinVec::is_empty")]
    pub pins: ThinVec<String>,
    /// The byte ranges of `text` that are code. Only building needs them: a passage that is mostly code is encoded without it.
    #[serde(skip)]
    pub code: ThinVec<Range<usize>>,
}

/// A heading that stands in a document's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// Where its words begin, in bytes of the text.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// How deep it is: a heading is below the last one of a smaller level.
    pub level: u8,
    /// What an address names it by after `#`, where it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A part of a document's text: what stands below one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The headings that it is below, from the outermost, as indexes into [`Document::headings`]; none before the first heading.
    pub path: Vec<usize>,
    /// Its text without the heading, as a byte range.
    pub body: Range<usize>,
}

impl Document {
    /// The document's text by headings, in its order; a document without headings is one section. A heading that is
    /// followed by nothing but a deeper one has no section of its own: it is on the path of the next.
    ///
    /// Headings that do not lie in the text one after the other are passed over.
    pub fn sections(&self) -> Vec<Section> {
        let first = self.ordered().next().map_or(self.text.len(), |(_, heading)| heading.start);
        let mut sections = Vec::new();
        if self.headings.is_empty() || !self.text[..first].trim().is_empty() {
            sections.push(Section { path: Vec::new(), body: 0..first });
        }
        let mut path: Vec<(usize, u8)> = Vec::new();
        let mut headings = self.ordered().peekable();
        while let Some((index, heading)) = headings.next() {
            let next = headings.peek().map(|(_, next)| *next);
            let body = heading.end..next.map_or(self.text.len(), |next| next.start);
            path.retain(|(_, level)| *level < heading.level);
            path.push((index, heading.level));
            let leads_on = next.is_some_and(|next| next.level > heading.level) && self.text[body.clone()].trim().is_empty();
            if !leads_on {
                sections.push(Section { path: path.iter().map(|(index, _)| *index).collect(), body });
            }
        }
        sections
    }

    /// The headings that lie in the text one after the other, with their indexes.
    fn ordered(&self) -> impl Iterator<Item = (usize, &Heading)> {
        let mut from = 0;
        self.headings.iter().enumerate().filter(move |(_, Heading { start, end, .. })| {
            let fits = *start >= from && self.text.get(*start..*end).is_some();
            from = if fits { *end } else { from };
            fits
        })
    }

    /// The words of a heading.
    pub fn heading(&self, index: usize) -> &str {
        let heading = self.headings.get(index).and_then(|heading| self.text.get(heading.start..heading.end));
        heading.unwrap_or_default().trim()
    }

    /// The address of a section: that of the document with the id of the section's heading behind it, or, where the heading has
    /// none, with a text fragment that browsers find it by (<https://wicg.github.io/scroll-to-text-fragment/>).
    pub fn address(&self, section: &Section) -> Option<String> {
        let url = self.url.as_ref()?;
        let Some(&last) = section.path.last().filter(|_| !url.contains('#')) else { return Some(url.clone()) };
        Some(match &self.headings[last].id {
            Some(id) => format!("{url}#{}", percent_encoded(id, "-_.~:()!*'/?@+=$;,&")),
            None => format!("{url}#:~:text={}", percent_encoded(self.heading(last), "_.~")),
        })
    }
}

/// A text with every character but letters and digits of all scripts, and those to `keep`, as `%` and two digits for each
/// of its bytes.
fn percent_encoded(text: &str, keep: &str) -> String {
    let mut encoded = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || keep.contains(c) {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push('%');
                let digit = |of: u8| char::from(b"0123456789ABCDEF"[usize::from(of & 15)]);
                encoded.extend([digit(byte >> 4), digit(byte)]);
            }
        }
    }
    encoded
}

/// The names of the fields that documents have, in the order in which they come.
pub fn field_names(documents: &[Document]) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = documents.iter().flat_map(|document| document.fields.keys());
    names.filter(|name| seen.insert(name.as_str())).cloned().collect()
}

/// Reads one of the files that hold documents.
pub fn read_shard(text: &[u8]) -> Result<Vec<Document>> {
    let read: Option<Vec<Read>> = json::read(text);
    let documents = read.and_then(|documents| documents.into_iter().map(Read::document).collect());
    documents.ok_or_else(|| Error::new(ErrorKind::DamagedFile, "a file of documents is damaged: build the index again"))
}

/// A document as it is read.
#[derive(miniserde::Deserialize)]
struct Read {
    id: String,
    title: String,
    url: Option<String>,
    text: Option<String>,
    fields: Option<Properties>,
    headings: Option<Vec<ReadHeading>>,
    weights: Option<Vec<Vec<usize>>>,
    also: Option<Vec<String>>,
    weight: Option<u16>,
    pins: Option<Vec<String>>,
}

/// A heading in it.
#[derive(miniserde::Deserialize)]
struct ReadHeading {
    start: usize,
    end: usize,
    level: u8,
    id: Option<String>,
}

impl Read {
    fn document(self) -> Option<Document> {
        let heading = |ReadHeading { start, end, level, id }| Heading { start, end, level, id };
        let weight = |weight: Vec<usize>| match weight[..] {
            [start, end, times] => Some((start, end, u8::try_from(times).ok()?)),
            _ => None,
        };
        Some(Document {
            id: self.id,
            title: self.title,
            url: self.url,
            text: self.text.unwrap_or_default(),
            fields: self.fields.unwrap_or_default().0,
            headings: self.headings.into_iter().flatten().map(heading).collect(),
            weights: self.weights.into_iter().flatten().map(weight).collect::<Option<_>>()?,
            also: self.also.into_iter().flatten().collect(),
            weight: self.weight,
            pins: self.pins.into_iter().flatten().collect(),
            code: ThinVec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of lines; those with a level are headings.
    fn document(lines: &[(u8, &str)]) -> Document {
        let mut document = Document { url: Some("/a/".into()), ..Document::default() };
        for (level, line) in lines {
            let start = document.text.len();
            document.text += line;
            if *level > 0 {
                let id = line.starts_with("id").then(|| (*line).to_owned());
                document.headings.push(Heading { start, end: document.text.len(), level: *level, id });
            }
            document.text.push('\n');
        }
        document
    }

    fn shown(document: &Document) -> Vec<(String, &str)> {
        let path = |section: &Section| section.path.iter().map(|&index| document.heading(index)).collect::<Vec<_>>().join(" › ");
        document.sections().iter().map(|section| (path(section), document.text[section.body.clone()].trim())).collect()
    }

    #[test]
    fn a_section_is_below_the_last_heading_of_each_smaller_level() {
        let lines =
            [(0, "0"), (2, "A"), (0, "a"), (3, "B"), (0, "b"), (4, "C"), (0, "c"), (3, "D"), (0, "d"), (2, "E"), (2, "F")];
        let found = shown(&document(&lines)).into_iter().map(|(path, text)| format!("{path}: {text}")).collect::<Vec<_>>();
        assert_eq!(found, [": 0", "A: a", "A › B: b", "A › B › C: c", "A › D: d", "E: ", "F: "]);
    }

    #[test]
    fn a_heading_with_nothing_but_a_deeper_one_below_it_leads_on_to_that() {
        assert_eq!(shown(&document(&[(2, "A"), (3, "B"), (0, "b")])), [("A › B".to_owned(), "b")]);
        assert_eq!(shown(&document(&[(2, "A"), (2, "B"), (0, "b")])), [("A".to_owned(), ""), ("B".to_owned(), "b")]);
    }

    #[test]
    fn headings_outside_the_text_or_out_of_order_are_passed_over() {
        let mut document = document(&[(0, "Ärger"), (0, "b")]);
        let heading = |start: usize, end: usize| Heading { start, end, level: 2, id: None };
        document.headings =
            [heading(1, 3), heading(7, 8), heading(0, 2), heading(5, 900), heading(usize::MAX, 0), heading(3, 2)].into();
        assert_eq!(shown(&document), [(String::new(), "Ärger"), ("b".to_owned(), "")]);
        assert_eq!(document.heading(99), "");
    }

    #[test]
    fn a_heading_is_reached_by_its_id_or_else_by_its_words() {
        let document = document(&[(2, "id-1 ü"), (0, "a"), (2, "Un-do, & re-do: 100 %"), (0, "b")]);
        let addresses: Vec<_> = document.sections().iter().map(|section| document.address(section).unwrap()).collect();
        assert_eq!(addresses, ["/a/#id-1%20ü", "/a/#:~:text=Un%2Ddo%2C%20%26%20re%2Ddo%3A%20100%20%25"]);
    }
}
