//! A page in Markdown, judged by its front matter.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::blocks::Kind;
use super::decode::{Decoded, decode};
use super::head::Head;
use super::markdown::{self, Markdown};
use super::page::{LeftOut, Page};
use super::report::Note;

/// Names of the front matter by which generators lay a page out: they are no fields.
const LAYOUT: &[&str] = &[
    "aliases",
    "cascade",
    "cssclass",
    "draft",
    "editUrl",
    "head",
    "hero",
    "hide",
    "id",
    "lang",
    "language",
    "layout",
    "linkTitle",
    "locale",
    "menu",
    "nav_order",
    "next",
    "noindex",
    "order",
    "outline",
    "pagefind",
    "pagination_next",
    "pagination_prev",
    "parent",
    "permalink",
    "prev",
    "published",
    "redirect_from",
    "search",
    "search_exclude",
    "sidebar",
    "sidebar_class_name",
    "sidebar_label",
    "sidebar_position",
    "slug",
    "template",
    "toc",
    "unlisted",
    "url",
    "weight",
];

/// Whether a file is Markdown, by its name.
pub fn is_markdown(path: &str) -> bool {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    ["md", "mdx", "markdown"].iter().any(|other| end.eq_ignore_ascii_case(other))
}

/// Reads a page in Markdown. `pattern` says where pages lie: see [`super::SiteOptions::url_pattern`].
pub fn read(path: &str, bytes: &[u8], pattern: Option<&str>) -> Page {
    let Decoded { text, note } = decode(bytes);
    let Markdown { mut front, blocks, problem } = markdown::read(&text, path.to_ascii_lowercase().ends_with(".mdx"));
    let notes = note.into_iter().chain(problem.map(|problem| (Some(1), problem)));
    let notes = notes.map(|(line, message)| Note { file: path.to_owned(), line, message }).collect();
    let is = |name: &str, value: bool| front.get(name).and_then(Value::as_bool) == Some(value);
    let is_noindex = ["draft", "noindex", "unlisted", "search_exclude"].iter().any(|name| is(name, true))
        || ["published", "search", "pagefind"].iter().any(|name| is(name, false));
    let address = Some(address(path, &front, pattern));
    let mut head = Head { is_noindex, redirects: front.contains_key("redirect_to"), ..Head::default() };
    head.set_language(["lang", "language", "locale"].iter().find_map(|name| front.get(*name)?.as_str()));
    head.description = front.get("description").and_then(Value::as_str).map(str::to_owned);
    let named = front.shift_remove("title").as_ref().and_then(text_of);
    let is_piece = path.rsplit('/').next().is_some_and(|name| name.starts_with('_') && !name.starts_with("_index."));
    let h1 = blocks.iter().find(|block| matches!(block.kind, Kind::Heading { level: 1, .. })).map(|block| block.text.clone());
    let mut page = Page {
        path: path.to_owned(),
        address,
        head,
        named,
        h1,
        blocks,
        fields: fields(front),
        has_body: false,
        is_list: false,
        left_out: None,
        met: BTreeMap::new(),
        notes,
    };
    page.describe();
    page.left_out = if is_piece {
        Some(LeftOut::Fragment)
    } else if page.head.redirects {
        Some(LeftOut::Redirect)
    } else if page.head.is_noindex {
        Some(LeftOut::Noindex)
    } else {
        page.blocks.is_empty().then_some(LeftOut::Empty)
    };
    page
}

/// A value as one text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What of a front matter says something of the page: texts, numbers, lists of these.
fn fields(front: Map<String, Value>) -> Map<String, Value> {
    let is_plain = |value: &Value| value.is_string() || value.is_number();
    let says =
        |value: &Value| is_plain(value) || value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_plain));
    front.into_iter().filter(|(name, value)| !LAYOUT.contains(&name.as_str()) && says(value)).collect()
}

/// Where a page lies below its site: at the address that it names, or where the pattern says.
fn address(path: &str, front: &Map<String, Value>, pattern: Option<&str>) -> String {
    let named = ["permalink", "url", "slug"].iter().filter_map(|name| front.get(*name)?.as_str());
    if let Some(whole) = named.clone().find(|address| address.starts_with('/')) {
        return whole.trim_start_matches('/').to_owned();
    }
    let plain = path.rsplit_once('.').map_or(path, |(plain, _)| plain);
    let (dir, name) = plain.rsplit_once('/').unwrap_or(("", plain));
    let is_index = ["index", "_index", "readme"].iter().any(|index| name.eq_ignore_ascii_case(index));
    let slug = front.get("slug").and_then(text_of);
    let last = slug.unwrap_or_else(|| if is_index { String::new() } else { name.to_owned() });
    let whole = [dir, last.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
    let pattern = pattern.unwrap_or("{path}/");
    // Hosts serve the first page of a folder as the folder.
    let is_folder = is_index && last.is_empty();
    let pattern = if is_folder { pattern.replace("{path}.html", "{path}/") } else { pattern.to_owned() };
    let filled = pattern.replace("{path}", &whole).replace("{dir}", dir).replace("{name}", name).replace("{slug}", &last);
    let mut address = filled.trim_start_matches('/').to_owned();
    while address.contains("//") {
        address = address.replace("//", "/");
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, front: &str, pattern: Option<&str>) -> String {
        read(path, format!("---\n{front}\n---\nText.\n").as_bytes(), pattern).address.unwrap()
    }

    #[test]
    fn a_page_lies_where_the_pattern_or_its_front_matter_says() {
        assert_eq!(at("guide/install.md", "", None), "guide/install/");
        assert_eq!(at("guide/index.mdx", "", None), "guide/");
        assert_eq!(at("README.md", "", None), "");
        assert_eq!(at("guide/_index.md", "", Some("/docs/{path}")), "docs/guide");
        assert_eq!(at("guide/install.md", "slug: setup", Some("{path}.html")), "guide/setup.html");
        assert_eq!(at("guide/index.md", "", Some("/docs/{path}.html")), "docs/guide/");
        assert_eq!(at("index.md", "", Some("{path}.html")), "");
        assert_eq!(at("guide/install.md", "permalink: /get/", None), "get/");
        assert_eq!(at("posts/2026-05-04-tea.md", "slug: tea", Some("/{dir}/{slug}/")), "posts/tea/");
    }

    #[test]
    fn drafts_and_pieces_are_left_out_and_the_rest_of_the_front_matter_becomes_fields() {
        let left_out = |path: &str, front: &str| read(path, format!("---\n{front}\n---\nText.\n").as_bytes(), None).left_out;
        assert_eq!(left_out("a.md", "draft: true"), Some(LeftOut::Noindex));
        assert_eq!(left_out("a.md", "published: false"), Some(LeftOut::Noindex));
        assert_eq!(left_out("_part.mdx", "title: x"), Some(LeftOut::Fragment));
        assert_eq!(left_out("a.md", "redirect_to: /b/"), Some(LeftOut::Redirect));
        assert_eq!(left_out("a.md", "draft: false"), None);
        let page = read(
            "a.md",
            b"---\ntitle: Tea\ntags: [hot, cold]\nweight: 3\nlang: en-GB\nauthor: Ana\nnested: {a: 1}\n---\n# Other\n\nText.\n",
            None,
        );
        assert_eq!(
            (page.named.as_deref(), page.h1.as_deref(), page.head.language.as_deref()),
            (Some("Tea"), Some("Other"), Some("en"))
        );
        assert_eq!(Value::Object(page.fields), serde_json::json!({"tags": ["hot", "cold"], "author": "Ana"}));
    }
}
