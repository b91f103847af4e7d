//! What generators add to Markdown, taken out so that its text is left: JSX, shortcodes, directives.
//!
//! | dialect | what | becomes |
//! |---|---|---|
//! | MDX | `import`, `export`, `<Tag prop={…}>`, `{expression}` | nothing; what is between tags stays |
//! | Hugo, Jekyll, Eleventy | `{{< … >}}`, `{{% … %}}`, `{{ … }}`, `{% … %}` | nothing; what is between them stays |
//! | Docusaurus, VitePress, Starlight | `:::tip A title` | its title; what is inside stays |
//! | Material for MkDocs | `!!! note "A title"`, `=== "A tab"`, with what is indented below | the title; what is below stays |
//! | several | `[TOC]`, `[[toc]]` | nothing |
//!
//! Code stays as it is.

/// A page's text in plain Markdown.
pub fn plain(text: &str, is_mdx: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    // Lines outside code are kept back, because a tag or an expression may reach over several.
    let mut kept = String::new();
    let mut fence: Option<String> = None;
    let mut is_statement = false;
    let mut indent = 0;
    for line in text.lines() {
        let line = dedented(line, &mut indent);
        // JSX indents what is inside a tag, and MDX knows no code by indentation.
        let line = if is_mdx && fence.is_none() { line.trim_start() } else { line };
        if let Some(open) = &fence {
            push(&mut plain, line);
            if line.trim().starts_with(open.as_str()) && line.trim().trim_matches(['`', '~']).is_empty() {
                fence = None;
            }
            continue;
        }
        let sign = line.trim_start();
        if let Some(mark) = ["```", "~~~"].iter().find(|mark| sign.starts_with(**mark)) {
            flush(&mut plain, &mut kept, is_mdx);
            let length = sign.len() - sign.trim_start_matches(&mark[..1]).len();
            fence = Some(mark[..1].repeat(length));
            push(&mut plain, line);
            continue;
        }
        is_statement = is_mdx && !sign.is_empty() && (is_statement || line.starts_with("import ") || line.starts_with("export "));
        if !is_statement {
            push(&mut kept, &directive(line, &mut indent));
        }
    }
    flush(&mut plain, &mut kept, is_mdx);
    plain
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn flush(plain: &mut String, kept: &mut String, is_mdx: bool) {
    let text = without_shortcodes(&std::mem::take(kept));
    plain.push_str(&if is_mdx { without_jsx(&text) } else { text });
}

/// A line below a directive that holds what is indented, without that indent; one that is not indented ends it.
fn dedented<'l>(line: &'l str, indent: &mut usize) -> &'l str {
    if *indent == 0 || line.trim().is_empty() {
        return line;
    }
    let inside = line.strip_prefix('\t').or_else(|| line.strip_prefix(" ".repeat(*indent).as_str()));
    if inside.is_none() {
        *indent = 0;
    }
    inside.unwrap_or(line)
}

/// A line that is a directive as its title, any other as it is.
fn directive(line: &str, indent: &mut usize) -> String {
    let sign = line.trim();
    if sign.eq_ignore_ascii_case("[toc]") || sign.eq_ignore_ascii_case("[[toc]]") || sign == "[[_TOC_]]" {
        return String::new();
    }
    if let Some(rest) = sign.strip_prefix(":::") {
        let title = rest.trim_start_matches(':').trim().trim_start_matches(|c: char| c.is_alphanumeric() || c == '-');
        return format!("\n{}\n", title.trim_matches(['[', ']', ' ']));
    }
    let opens = ["!!! ", "??? ", "???+ ", "=== "].iter().find_map(|mark| sign.strip_prefix(mark));
    match opens.filter(|rest| !rest.is_empty()) {
        Some(rest) => {
            *indent = line.len() - line.trim_start().len() + 4;
            let title = rest.split_once('"').and_then(|(_, quoted)| quoted.split_once('"')).map_or("", |(title, _)| title);
            format!("\n{title}\n")
        }
        None => line.to_owned(),
    }
}

/// A text without what templates put between `{{` and `}}`, or `{%` and `%}`.
fn without_shortcodes(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let end = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = rest[at + 2..].find(end) else { break };
        left.push_str(&rest[..at]);
        rest = &rest[at + 2 + length + 2..];
    }
    left.push_str(rest);
    left
}

/// A text without the tags and expressions of JSX. What is between backticks stays.
fn without_jsx(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let skipped = match c {
            '`' => {
                let ticks = rest.len() - rest.trim_start_matches('`').len();
                let end = rest[ticks..].find(&rest[..ticks]).map_or(ticks, |end| 2 * ticks + end);
                left.push_str(&rest[..end]);
                at += end;
                continue;
            }
            '\\' => {
                let escaped = rest.chars().nth(1).map_or(1, |next| 1 + next.len_utf8());
                left.push_str(&rest[..escaped]);
                at += escaped;
                continue;
            }
            // `{#id}` names a heading.
            '{' if !rest.starts_with("{#") => balanced(rest, '}'),
            '<' if rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '>')) => {
                balanced(rest, '>')
            }
            _ => None,
        };
        match skipped {
            Some(length) => at += length,
            None => {
                left.push(c);
                at += c.len_utf8();
            }
        }
    }
    left
}

/// The length of a tag or expression at the beginning of a text, up to the sign that ends it outside quotes and braces.
fn balanced(text: &str, end: char) -> Option<usize> {
    let (mut braces, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') if at > 0 && (end == '>' || braces > 1) => quote = Some(c),
            (None, '{') => braces += 1,
            (None, '}') => {
                braces = braces.saturating_sub(1);
                if end == '}' && braces == 0 {
                    return Some(at + 1);
                }
            }
            (None, c) if c == end && braces == 0 => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, is_mdx: bool) -> Vec<String> {
        plain(text, is_mdx).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn mdx_is_left_with_its_text() {
        let text = "import Tabs from '@theme/Tabs'\nimport {\n  a,\n} from './b'\n\nexport const year = 2026\n\n# Title {#own}\n\n<Tabs items={['a', 'b > c']}>\n  <Tab label=\"x\">\n    Text in a tab, {year}.\n  </Tab>\n</Tabs>\n{/* a comment */}\nUse `<b>{x}</b>` and 1 < 2.\n\n```jsx\nimport x from 'y'\n<Tab a={1} />\n```\n<>\nEnd</>\n";
        assert_eq!(
            lines(text, true),
            [
                "# Title {#own}",
                "Text in a tab, .",
                "Use `<b>{x}</b>` and 1 < 2.",
                "```jsx",
                "import x from 'y'",
                "<Tab a={1} />",
                "```",
                "End"
            ]
        );
    }

    #[test]
    fn shortcodes_and_directives_leave_what_is_inside() {
        let text = "{{< figure src=\"a.png\" >}}\nBefore {{% notice %}}inside{{% /notice %}}\n{% include x %}{{ site.title }}\n:::tip Good to know\nA tip.\n:::\n!!! note \"A note\"\n    Indented.\n\n    And more.\nAfter.\n[TOC]\n=== \"Linux\"\n    apt\n\n```\n{{ code }}\n```\nOpen {{ end";
        assert_eq!(
            lines(text, false),
            [
                "Before inside",
                "Good to know",
                "A tip.",
                "A note",
                "Indented.",
                "And more.",
                "After.",
                "Linux",
                "apt",
                "```",
                "{{ code }}",
                "```",
                "Open {{ end"
            ]
        );
    }
}
