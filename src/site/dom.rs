//! Going through the elements of a page: which of them are not its content, and what text is left.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node};

/// A step on the way through an element.
pub enum Step<'a> {
    /// An element begins; what is inside comes only if it is entered.
    Open(ElementRef<'a>),
    Text(&'a str),
    Close(ElementRef<'a>),
}

/// Goes through an element in its order, without recursion: pages nest as deep as they like. An element for whose beginning
/// `step` says false is passed over, its end included.
pub fn walk<'a>(root: ElementRef<'a>, mut step: impl FnMut(Step<'a>) -> bool) {
    let mut skipped = None;
    for edge in root.traverse() {
        match edge {
            Edge::Open(node) if skipped.is_none() => match node.value() {
                Node::Text(text) => {
                    step(Step::Text(text));
                }
                Node::Element(_) => {
                    let enters = ElementRef::wrap(node).is_some_and(|element| step(Step::Open(element)));
                    skipped = (!enters).then(|| node.id());
                }
                _ => {}
            },
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            Edge::Close(node) if skipped.is_none() => {
                if let Some(element) = ElementRef::wrap(node) {
                    step(Step::Close(element));
                }
            }
            _ => {}
        }
    }
}

/// All elements of a page, in its order.
pub fn elements(page: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    page.tree.root().descendants().filter_map(ElementRef::wrap)
}

/// The elements around one, from the inside.
pub fn around(element: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    element.ancestors().filter_map(ElementRef::wrap)
}

/// An element's name in lower case.
pub fn name(element: ElementRef<'_>) -> &str {
    element.value().name()
}

/// An element's attribute.
pub fn attribute<'a>(element: ElementRef<'a>, name: &str) -> Option<&'a str> {
    element.value().attr(name)
}

/// Whether an attribute has one of some values, in any case.
fn is_one_of(element: ElementRef<'_>, name: &str, values: &[&str]) -> bool {
    attribute(element, name).is_some_and(|value| values.iter().any(|other| value.trim().eq_ignore_ascii_case(other)))
}

/// The level of a heading: 1 to 6, those that say so by their role, and below all of them the terms of a list that an address can
/// name, as the documentation of programs has them for each function.
pub fn heading_level(element: ElementRef<'_>) -> Option<u8> {
    match name(element) {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        "dt" if has_address(element) => {
            let lists = around(element).filter(|outer| name(*outer) == "dl").count();
            Some(lists.saturating_add(6).min(u8::MAX.into()) as u8)
        }
        _ if is_one_of(element, "role", &["heading"]) => {
            attribute(element, "aria-level").map_or(Some(2), |level| level.trim().parse().ok())
        }
        _ => None,
    }
}

/// Whether an address can name a term of a list: by an id of its own, of an anchor in it, or of a box around the list that it begins.
fn has_address(term: ElementRef<'_>) -> bool {
    let has_id = |element: ElementRef<'_>| attribute(element, "id").is_some_and(|id| !id.trim().is_empty());
    let is_anchor = |inner: ElementRef<'_>| name(inner) == "a" && (has_id(inner) || attribute(inner, "name").is_some());
    let begins = |outer: ElementRef<'_>, inner: ElementRef<'_>| outer.child_elements().next() == Some(inner);
    let begins_box = || {
        let mut outer = around(term);
        let (Some(list), Some(around_it)) = (outer.next(), outer.next()) else { return false };
        name(around_it) == "div" && has_id(around_it) && begins(list, term) && begins(around_it, list)
    };
    has_id(term) || term.descendent_elements().any(is_anchor) || begins_box()
}

/// Elements that hold no text of the page.
const NO_CONTENT: &[&str] = &[
    "annotation",
    "annotation-xml",
    "audio",
    "canvas",
    "datalist",
    "embed",
    "footer",
    "head",
    "iframe",
    "input",
    "map",
    "meter",
    "nav",
    "noscript",
    "object",
    "progress",
    "rp",
    "rt",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "video",
];

/// Roles of what stands around the content.
const NO_CONTENT_ROLES: &[&str] = &[
    "alertdialog",
    "banner",
    "contentinfo",
    "dialog",
    "doc-pagelist",
    "doc-toc",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
];

/// Classes of what only screen readers say, of line numbers, of links from a heading to itself, to the source, to a form for changes or
/// for remarks, and of code that is folded away.
const NO_CONTENT_CLASSES: &[&str] = &[
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "screen-reader-text",
    "screen-reader-only",
    "linenos",
    "lineno",
    "linenodiv",
    "line-numbers-rows",
    "hljs-ln-numbers",
    "gutter",
    "headerlink",
    "header-anchor",
    "hash-link",
    "anchorjs-link",
    "sl-anchor-link",
    "skip-link",
    "breadcrumb",
    "breadcrumbs",
    "pagination",
    "edit-this-page",
    "boring",
    "catlinks",
    "comment-respond",
    "jp-relatedposts",
    "mw-editsection",
    "mw-jump-link",
    "navpath",
    "noprint",
    "page-metadata",
    "printfooter",
    "rustdoc-breadcrumbs",
    "sharedaddy",
    "viewcode-back",
    "viewcode-link",
];

/// Links from which on a page can be a list of them.
const LIST_LINKS_MIN: usize = 5;

/// Classes and ids of lists of contents, where they are on an element that may be one.
const CONTENTS: &[&str] = &["toc", "toc-macro", "table-of-contents", "tableofcontents"];

/// Whether an element, with all that is inside, is not content: what steers the site, what is not shown, what is not text.
pub fn is_no_content(element: ElementRef<'_>) -> bool {
    // One that is all of a heading opens what is below it.
    let is_heading = || around(element).any(|outer| heading_level(outer).is_some() && letters(outer).0 == letters(element).0);
    let has_class = |names: &[&str]| element.value().classes().any(|class| names.contains(&class));
    let of_name = match name(element) {
        "button" => !is_heading(),
        "dialog" => attribute(element, "open").is_none(),
        "form" => !holds(element, &["main", "article", "h1"]),
        "header" => is_site_header(element),
        "aside" => is_mostly_links(element),
        "ul" | "ol" if is_one_of(element, "id", &["breadcrumbs"]) => true,
        "ul" | "ol" if !around(element).any(|outer| name(outer) == "li") => leads_into_the_page(element),
        other => NO_CONTENT.contains(&other),
    };
    let is_box = || matches!(name(element), "aside" | "details" | "div" | "dl" | "ol" | "section" | "ul");
    let is_contents = || has_class(CONTENTS) || is_one_of(element, "id", CONTENTS);
    of_name
        || is_hidden(element)
        || is_one_of(element, "role", NO_CONTENT_ROLES)
        || has_class(NO_CONTENT_CLASSES)
        || (is_box() && is_contents() && (is_mostly_links(element) || !holds(element, &["h1", "p"])))
}

/// Whether an element is not shown at first, and is no tab that only waits for its turn.
fn is_hidden(element: ElementRef<'_>) -> bool {
    if is_one_of(element, "role", &["tabpanel"]) {
        return false;
    }
    let by_attribute = attribute(element, "hidden").is_some_and(|value| !value.eq_ignore_ascii_case("until-found"));
    by_attribute || is_one_of(element, "aria-hidden", &["true"]) || {
        let style: String = attribute(element, "style").unwrap_or_default().split_whitespace().collect();
        let style = style.to_ascii_lowercase();
        // What a visitor cannot mark is a number or sign in front of a line of code.
        style.contains("display:none") || style.contains("visibility:hidden") || style.contains("user-select:none")
    }
}

/// Whether a header is that of the site and not of a part of the page: a heading in it is no title unless it is the first.
fn is_site_header(header: ElementRef<'_>) -> bool {
    let is_outermost = around(header).next().is_none_or(|outer| name(outer) == "body");
    let headings: &[&str] = if is_outermost { &["h1"] } else { &["h1", "h2", "h3", "h4", "h5", "h6"] };
    !around(header).any(is_part) && !holds(header, headings)
}

fn is_part(element: ElementRef<'_>) -> bool {
    matches!(name(element), "main" | "article" | "section") || is_one_of(element, "role", &["main", "article"])
}

fn holds(element: ElementRef<'_>, names: &[&str]) -> bool {
    element.descendent_elements().any(|inner| names.contains(&name(inner)))
}

/// Letters of an element, and how many of them are in links.
fn letters(element: ElementRef<'_>) -> (usize, usize) {
    let (mut all, mut linked, mut links) = (0, 0, 0);
    walk(element, |step| {
        match step {
            Step::Open(inner) if matches!(name(inner), "script" | "style" | "template") => return false,
            Step::Open(inner) => links += usize::from(name(inner) == "a"),
            Step::Close(inner) => links -= usize::from(name(inner) == "a"),
            Step::Text(text) => {
                let letters = text.chars().filter(|c| !c.is_whitespace()).count();
                all += letters;
                linked += if links > 0 { letters } else { 0 };
            }
        }
        true
    });
    (all, linked)
}

/// Whether most of an element's text is in links.
pub fn is_mostly_links(element: ElementRef<'_>) -> bool {
    let (all, linked) = letters(element);
    linked * 2 > all
}

/// Whether the content of some elements is a list of links, with a word about each at most.
pub fn is_list_of_links(contents: &[ElementRef<'_>]) -> bool {
    let (mut all, mut linked, mut count, mut open) = (0, 0, 0, 0);
    for content in contents {
        walk(*content, |step| {
            match step {
                Step::Open(inner) if inner != *content && is_no_content(inner) => return false,
                Step::Open(inner) if name(inner) == "a" && attribute(inner, "href").is_some() => {
                    (open, count) = (open + 1, count + 1)
                }
                Step::Close(inner) if name(inner) == "a" && attribute(inner, "href").is_some() => open -= 1,
                Step::Text(text) => {
                    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
                    all += letters;
                    linked += if open > 0 { letters } else { 0 };
                }
                _ => {}
            }
            true
        });
    }
    count >= LIST_LINKS_MIN && linked * 3 > all * 2
}

/// Whether a list is the page's own contents: links to its own headings, and little else.
fn leads_into_the_page(list: ElementRef<'_>) -> bool {
    let links = || list.descendent_elements().filter(|inner| name(*inner) == "a");
    let all_inside = links().all(|link| attribute(link, "href").is_some_and(|href| href.len() > 1 && href.starts_with('#')));
    links().nth(2).is_some() && all_inside && {
        let (all, linked) = letters(list);
        linked * 5 >= all * 4
    }
}

/// A text on one line: every run of white space as one space, signs without width left out.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    add_to_line(&mut line, text);
    line.truncate(line.trim_end().len());
    line
}

/// Adds a text to a line as browsers show it.
pub fn add_to_line(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\u{200B}' | '\u{FEFF}' | '\u{AD}' | '\u{2060}' => {}
            c if c.is_whitespace() => {
                if !line.is_empty() && !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            c => line.push(c),
        }
    }
}

/// The text of an element that is shown, on one line.
pub fn text_of(element: ElementRef<'_>) -> String {
    let mut line = String::new();
    walk(element, |step| {
        match step {
            Step::Open(inner) if inner != element && is_no_content(inner) => return false,
            Step::Open(inner) | Step::Close(inner) if is_block(inner) || name(inner) == "br" => add_to_line(&mut line, " "),
            Step::Text(text) => add_to_line(&mut line, text),
            _ => {}
        }
        true
    });
    one_line(&line)
}

/// Whether an element begins a line of its own.
pub fn is_block(element: ElementRef<'_>) -> bool {
    const BLOCKS: &[&str] = &[
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ];
    BLOCKS.contains(&name(element))
}
