//! Markdown and MDX as blocks: what a generator would make of it, as far as a search needs it.
//!
//! The front matter gives title, fields and whether the page is a draft. Headings get the ids that GitHub gives them. What only
//! generators understand, such as JSX, is dropped before ([`super::dialects`]).

use std::collections::HashMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use scraper::Html;
use serde_json::{Map, Value};

use super::blocks::{Block, Kind};
use super::dialects;
use super::dom::{add_to_line, one_line, text_of};

/// A page in Markdown, parted.
pub struct Markdown {
    /// What the front matter says.
    pub front: Map<String, Value>,
    pub blocks: Vec<Block>,
    /// What is wrong with the front matter.
    pub problem: Option<String>,
}

/// Reads a page in Markdown, or with `is_mdx` in MDX.
pub fn read(text: &str, is_mdx: bool) -> Markdown {
    let (front, problem, body) = match front_matter(text) {
        Some((front, body)) => match front {
            Ok(front) => (front, None, body),
            Err(cause) => (Map::new(), Some(format!("front matter that cannot be read: {}", one_line(&cause))), body),
        },
        None => (Map::new(), None, text),
    };
    let body = dialects::plain(body, is_mdx);
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let options = options | Options::ENABLE_TASKLISTS | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut reader = Reader::default();
    Parser::new_ext(&body, options).for_each(|event| reader.event(event));
    reader.end(Kind::Text);
    Markdown { front, blocks: reader.blocks, problem }
}

/// What a page says of itself before its text, or why that cannot be read.
type FrontMatter = Result<Map<String, Value>, String>;

/// Parts the front matter, YAML between `---` or TOML between `+++`, from the text.
fn front_matter(text: &str) -> Option<(FrontMatter, &str)> {
    let (fence, after) = ["---", "+++"].into_iter().find_map(|fence| Some((fence, text.strip_prefix(fence)?)))?;
    let (_, inside) = after.split_once('\n').filter(|(line, _)| line.trim().is_empty())?;
    let mut at = 0;
    let end = inside.split_inclusive('\n').find_map(|line| {
        let start = at;
        at += line.len();
        (line.trim_end() == fence).then_some(start)
    })?;
    let value = match fence {
        "---" => from_yaml(&inside[..end]),
        _ => toml::from_str::<toml::Table>(&inside[..end]).map(from_toml).map_err(|cause| cause.message().to_owned()),
    };
    let front = value.map(|value| match value {
        Value::Object(front) => front,
        _ => Map::new(),
    });
    Some((front, &inside[at..]))
}

/// YAML as JSON. `y` and `on` are words, as YAML has it since version 1.2.
fn from_yaml(text: &str) -> Result<Value, String> {
    // An alias may stand for many others: what they stand for together is held to the length of the text.
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: text.len() / 2 };
    let options = serde_saphyr::options! { strict_booleans: true, alias_limits: alias_limits };
    serde_saphyr::from_str_with_options(text, options).map_err(|cause| cause.to_string())
}

/// A table of TOML as JSON; moments become texts.
fn from_toml(table: toml::Table) -> Value {
    fn json(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(yes) => yes.into(),
            toml::Value::Datetime(moment) => moment.to_string().into(),
            toml::Value::Array(values) => values.into_iter().map(json).collect(),
            toml::Value::Table(table) => from_toml(table),
        }
    }
    table.into_iter().map(|(name, of)| (name, json(of))).collect::<Map<_, _>>().into()
}

/// Blocks from the events of the parser.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// The block that is being read.
    text: String,
    /// The heading that is being read: its level, and the id that it names.
    heading: Option<(u8, Option<String>)>,
    in_code: bool,
    /// Pictures around the text: what they are called is not text of the page.
    pictures: usize,
    slugs: Slugs,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                self.end(Kind::Text);
                self.heading = Some((level as u8, id.map(|id| id.to_string())));
            }
            Event::End(TagEnd::Heading(_)) => {
                let (level, id) = self.heading.take().unwrap_or((2, None));
                let id = id.unwrap_or_else(|| self.slugs.of(&one_line(&self.text)));
                self.end(Kind::Heading { level, id: Some(id) });
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.end(Kind::Text);
                self.in_code = true;
            }
            Event::End(TagEnd::CodeBlock) => {
                self.end(Kind::Code);
                self.in_code = false;
            }
            Event::Start(Tag::Image { .. }) => self.pictures += 1,
            Event::End(TagEnd::Image) => self.pictures = self.pictures.saturating_sub(1),
            Event::Start(Tag::TableCell) if !self.text.trim().is_empty() => add_to_line(&mut self.text, " | "),
            Event::Text(text) if self.in_code => self.text.push_str(&text),
            Event::Text(text) | Event::Code(text) if self.pictures == 0 => add_to_line(&mut self.text, &text),
            Event::Html(html) | Event::InlineHtml(html) => {
                add_to_line(&mut self.text, " ");
                add_to_line(&mut self.text, &text_of(Html::parse_fragment(&html).root_element()));
            }
            Event::SoftBreak | Event::HardBreak => add_to_line(&mut self.text, " "),
            Event::Start(tag) if is_block(tag.to_end()) => self.end(Kind::Text),
            Event::End(tag) if is_block(tag) => self.end(Kind::Text),
            _ => {}
        }
    }

    fn end(&mut self, kind: Kind) {
        let text = std::mem::take(&mut self.text);
        let text = if kind == Kind::Code { text.trim_matches('\n').trim_end().to_owned() } else { one_line(&text) };
        if text.chars().any(char::is_alphanumeric) {
            self.blocks.push(Block { kind, text, weight: 1.0 });
        }
    }
}

/// Whether what a tag is about stands on lines of its own.
fn is_block(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::TableCell
            | TagEnd::Superscript
            | TagEnd::Subscript
    )
}

/// The ids that GitHub gives to the headings of a page: lower case, spaces as hyphens, no other signs, and a number behind one that
/// is there already.
#[derive(Default)]
struct Slugs(HashMap<String, usize>);

impl Slugs {
    fn of(&mut self, heading: &str) -> String {
        let letters = heading.to_lowercase().chars().map(|c| if c == ' ' { '-' } else { c }).collect::<String>();
        let slug: String = letters.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        let mut unique = slug.clone();
        while self.0.contains_key(&unique) {
            let times = self.0.entry(slug.clone()).or_default();
            *times += 1;
            unique = format!("{slug}-{times}");
        }
        self.0.insert(unique.clone(), 0);
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_mdx: bool) -> Vec<String> {
        let show = |Block { kind, text, .. }: Block| match kind {
            Kind::Heading { level, id } => format!("h{level}#{}: {text}", id.unwrap_or_default()),
            Kind::Code => format!("code: {text}"),
            Kind::Text => text,
        };
        read(text, is_mdx).blocks.into_iter().map(show).collect()
    }

    #[test]
    fn headings_have_the_ids_that_github_gives_them() {
        let text = "# Set up: `npm i` & go!\n\n## Über uns\n\n## FAQ\n\n## FAQ\n\n## FAQ\n\nNamed\n-----\n\n## Own {#my-id}\n";
        assert_eq!(
            shown(text, false),
            [
                "h1#set-up-npm-i--go: Set up: npm i & go!",
                "h2#über-uns: Über uns",
                "h2#faq: FAQ",
                "h2#faq-1: FAQ",
                "h2#faq-2: FAQ",
                "h2#named: Named",
                "h2#my-id: Own"
            ]
        );
    }

    #[test]
    fn text_lists_tables_and_code_become_blocks() {
        let text = "A *word* and [a link](x.md) to\nsomewhere. ![Not this](a.png)\n\n- one\n- two `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nmake  all\n```\n\n<details><summary>More</summary>\n\nInside.\n\n</details>\n<!-- no -->\n";
        assert_eq!(
            shown(text, false),
            ["A word and a link to somewhere.", "one", "two code", "a | b", "1 | 2", "code: make  all", "More", "Inside."]
        );
    }

    #[test]
    fn front_matter_is_yaml_or_toml_and_a_broken_one_is_said() {
        let yaml = read("---\ntitle: \"A: b\"\ntags: [x, y]\ndraft: true\ndate: 2026-05-04\n---\nText.\n", false);
        assert_eq!(
            Value::Object(yaml.front),
            serde_json::json!({"title": "A: b", "tags": ["x", "y"], "draft": true, "date": "2026-05-04"})
        );
        assert_eq!(yaml.blocks.len(), 1);
        let toml = read("+++\ntitle = 'A'\ndate = 2026-05-04\n[extra]\nlevel = 2\n+++\nText.\n", false);
        assert_eq!(Value::Object(toml.front), serde_json::json!({"title": "A", "date": "2026-05-04", "extra": {"level": 2}}));
        let broken = read("---\ntitle: [\n---\nText.\n", false);
        assert!(broken.problem.unwrap().contains("front matter"));
        assert_eq!(broken.blocks[0].text, "Text.");
        assert_eq!(shown("---\n\nA rule, no front matter.\n", false), ["A rule, no front matter."]);
    }
}
