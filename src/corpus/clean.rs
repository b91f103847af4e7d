//! Texts as people have them, to plain text: HTML without its tags, entities as characters, once and for all.

use encoding_rs::WINDOWS_1252;
use quick_xml::escape::{resolve_html5_entity, unescape_with};

/// Elements of HTML that begin a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
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
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tr",
    "ul",
];

/// Elements that hold nothing to read.
const UNREAD: &[&str] = &["canvas", "head", "iframe", "noscript", "object", "script", "style", "svg", "template"];

/// All other elements of HTML. Anything else between `<` and `>` is text, such as a type of a programming language.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "area", "audio", "b", "bdi", "bdo", "big", "body", "button", "center", "cite", "code", "col",
    "colgroup", "data", "del", "dfn", "dialog", "em", "embed", "font", "html", "i", "img", "input", "ins", "kbd", "label",
    "legend", "link", "map", "mark", "meta", "picture", "q", "s", "samp", "select", "small", "source", "span", "strike",
    "strong", "sub", "sup", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tt", "u", "var", "video", "wbr",
];

/// Elements that stand alone in HTML, so that one of them shows that a text is HTML; of all others it is the closing tag.
const ALONE: &[&str] = &["br", "hr", "img", "li", "p", "wbr"];

/// Whether an element begins a line of its own.
pub fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// Whether a name is that of an element for running text.
pub fn is_phrasing(name: &str) -> bool {
    ["a", "abbr", "b", "code", "em", "i", "img", "s", "small", "span", "strong", "sub", "sup", "u"].contains(&name)
}

/// The plain text of what may be HTML, a line for each block; lines of any other text stay.
pub fn clean(text: &str) -> String {
    let text = if is_html(text) { without_tags(text) } else { text.to_owned() };
    let text = with_characters(&text);
    let mut plain = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        // Of several empty lines one is left.
        if !(line.is_empty() && (plain.is_empty() || plain.ends_with("\n\n"))) {
            plain += line;
            plain.push('\n');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// The plain text of what may be HTML, as one line: a title, a name.
pub fn clean_line(text: &str) -> String {
    let text = clean(text);
    text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The address in what may hold entities.
pub fn clean_address(text: &str) -> String {
    with_characters(text.trim())
}

fn is_html(text: &str) -> bool {
    let Some(last) = text.rfind('>') else { return false };
    text[..last].match_indices('<').any(|(at, _)| match element(&text[at..]) {
        Some((name, is_closing)) => is_closing || ALONE.contains(&name.as_str()) || UNREAD.contains(&name.as_str()),
        None => text[at..].starts_with("<!--"),
    })
}

/// The name in the tag of an element of HTML that a text begins with, and whether it is a closing one.
fn element(text: &str) -> Option<(String, bool)> {
    let inside = text.strip_prefix('<')?;
    let is_closing = inside.starts_with('/');
    let name: String = inside[usize::from(is_closing)..].chars().take_while(char::is_ascii_alphanumeric).take(16).collect();
    let next = inside[usize::from(is_closing) + name.len()..].chars().next()?;
    let name = name.to_ascii_lowercase();
    let is_known = [BLOCKS, UNREAD, INLINE].iter().any(|list| list.contains(&name.as_str()));
    (is_known && (next == '>' || next == '/' || next.is_whitespace())).then_some((name, is_closing))
}

/// Where a tag ends, behind its `>`. One in a value between quotes ends nothing; a quote that is not closed is none.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let quoted = text.char_indices().find(|&(_, c)| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == '>'
    });
    quoted.map(|(at, _)| at).or_else(|| text.find('>')).map(|at| at + 1)
}

fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    // Behind the last `>` there is no tag.
    let (mut rest, tail) = html.split_at(html.rfind('>').map_or(0, |last| last + 1));
    // What has no end is looked for once, so that hostile texts take no longer than others.
    let mut endless: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        text += &rest[..at];
        rest = &rest[at..];
        let is_comment = rest.starts_with("<!--") && !endless.iter().any(|name| name == "!--");
        if is_comment {
            match rest.find("-->") {
                Some(end) => rest = &rest[end + 3..],
                None => endless.push("!--".to_owned()),
            }
            continue;
        }
        let found = element(rest).and_then(|(name, is_closing)| Some((name, is_closing, tag_end(rest)?)));
        let Some((name, is_closing, end)) = found else {
            text.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[end..];
        if BLOCKS.contains(&name.as_str()) {
            text.push('\n');
        } else if matches!(name.as_str(), "td" | "th") {
            text.push(' ');
        } else if !is_closing && UNREAD.contains(&name.as_str()) && !endless.contains(&name) {
            match after_element(rest, &name) {
                Some(after) => rest = after,
                None => endless.push(name),
            }
        }
    }
    text + rest + tail
}

/// What comes after the end of an element; nothing where it does not end.
fn after_element<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let end = rest.match_indices("</").find(|(at, _)| element(&rest[*at..]).is_some_and(|(found, _)| found == name))?.0;
    Some(&rest[end + tag_end(&rest[end..])?..])
}

/// Replaces `&amp;`, `&nbsp;`, `&#228;` and so on by their characters; what is none of them stays.
fn with_characters(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        text += &rest[..at];
        rest = &rest[at..];
        let name = rest[1..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
        let length = if rest[1 + name..].starts_with(';') { name + 2 } else { 1 };
        match unescape_with(&rest[..length], resolve_html5_entity) {
            Ok(characters) => text.extend(characters.chars().map(of_windows)),
            Err(_) => text += &rest[..length],
        }
        rest = &rest[length..];
    }
    text += rest;
    // A soft hyphen would cut the word in two for the search, and a fixed space is a space to it.
    if text.contains(['\u{a0}', '\u{ad}']) { text.replace('\u{a0}', " ").replace('\u{ad}', "") } else { text }
}

/// The character of a numeric reference: `&#150;` means that of Windows (HTML, 13.2.5.80).
fn of_windows(character: char) -> char {
    match u8::try_from(character) {
        Ok(byte @ 0x80..=0x9f) => WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_become_text_and_are_decoded_once() {
        for (html, text) in [
            ("Q&amp;A: R&amp;D &ndash; really?", "Q&A: R&D – really?"),
            ("I&#39;m joining &lt;soon&gt;", "I'm joining <soon>"),
            ("<p>Tea &amp; cake</p><script>alert('</p>')</script>", "Tea & cake"),
            ("R&D <b>now</b>", "R&D now"),
            ("Escaped twice: &amp;lt;b&amp;gt; &amp;amp;", "Escaped twice: &lt;b&gt; &amp;"),
            ("A&#160;b&shy;c &#150; &#x1F331;", "A bc – 🌱"),
            ("one<br>two<BR/>three<ul><li>four<li>five</ul>", "one\ntwo\nthree\n\nfour\nfive"),
            ("<a href=\"x?a>b\" title='>'>link</a> <!-- not > this --> end", "link  end"),
            ("<p>R&D, M&uuml;ller &amp; S&#246;hne;&nbsp;&nope;</p><p>x < y</p>", "R&D, Müller & Söhne; &nope;\n\nx < y"),
        ] {
            assert_eq!(clean(html), text, "{html}");
        }
        assert_eq!(clean_line(" <i>A</i>\n  B "), "A B");
    }

    #[test]
    fn what_only_looks_like_html_stays() {
        for text in [
            "a < b && c <d@example.org>",
            "Vec<String> and Map<K, V>",
            "The <dialog> element",
            "What <b> was for",
            "if (a<b) and c>d",
            "AT&T; R&D & more &copy",
            "<soon> </soon>",
            "</p",
            "<",
            "x <p",
        ] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("</p>cut <a href="), "cut <a href=");
        let endless = format!("<p>{}</p>", "<script><!--<svg>x".repeat(20_000));
        assert_eq!(clean(&endless).matches('x').count(), 20_000);
        assert_eq!(clean("<p>It's 5 o'clock <b title=it's>now</b>"), "It's 5 o'clock now");
    }
}
