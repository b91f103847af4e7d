//! The content of a page as blocks: headings, paragraphs, code.

use ego_tree::NodeId;
use scraper::{ElementRef, Selector};

use super::attributes;
use super::dom::{Step, add_to_line, around, attribute, heading_level, is_block, is_no_content, name, one_line, text_of, walk};

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A heading of a level, with the id that an address names it by.
    Heading { level: u8, id: Option<String> },
    /// Running text, on one line.
    Text,
    /// Code, with its lines.
    Code,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub kind: Kind,
    pub text: String,
    /// How much its words count; 1 where nothing is said.
    pub weight: f32,
}

/// Reads the blocks of the elements that hold a page's content, without those that `left_out` selects.
pub fn blocks(roots: &[ElementRef<'_>], left_out: &[Selector]) -> Vec<Block> {
    let mut reader = Reader { left_out, ..Reader::default() };
    for root in roots {
        walk(*root, |step| {
            match step {
                Step::Open(element) if element != *root && reader.is_left_out(element) => return false,
                Step::Open(element) => reader.open(element),
                Step::Text(text) => reader.text(text),
                Step::Close(element) => reader.close(element),
            }
            true
        });
        reader.end();
    }
    reader.blocks
}

#[derive(Default)]
struct Reader<'s> {
    left_out: &'s [Selector],
    blocks: Vec<Block>,
    /// The block that is being read.
    text: String,
    /// The heading that is being read, with its element.
    heading: Option<(NodeId, u8, Option<String>)>,
    /// Whether the heading is called otherwise than its text, and already is.
    is_named: bool,
    /// The outermost element of the code that is being read.
    code: Option<NodeId>,
    weights: Vec<(NodeId, f32)>,
}

impl Reader<'_> {
    fn is_left_out(&self, element: ElementRef<'_>) -> bool {
        attributes::is_ignored(element)
            || attributes::weight(element) == Some(0.0)
            || is_no_content(element)
            || self.left_out.iter().any(|selector| selector.matches(&element))
            || (self.heading.is_some() && is_link_to_itself(element))
    }

    fn open(&mut self, element: ElementRef<'_>) {
        let level = heading_level(element).filter(|_| self.heading.is_none() && self.code.is_none());
        if level.is_some() || self.begins_block(element) {
            self.end();
        }
        if let Some(weight) = attributes::weight(element) {
            self.end();
            self.weights.push((element.id(), weight));
        }
        if let Some(level) = level {
            self.heading = Some((element.id(), level, id_of(element)));
            let title = attributes::get(element, "title").map(one_line).filter(|title| !title.is_empty());
            self.is_named = title.is_some();
            self.text.extend(title);
        }
        match name(element) {
            "pre" if self.code.is_none() => self.code = Some(element.id()),
            "br" if self.code.is_some() => self.text.push('\n'),
            "br" => self.add(" "),
            // The cells of a row are one block.
            "td" | "th" if self.code.is_none() && !self.text.trim().is_empty() => self.add(" | "),
            _ if self.code.is_some() && is_block(element) => self.end_line(),
            _ => {}
        }
        for text in attributes::indexed(element) {
            self.add(" ");
            self.add(text);
            self.add(" ");
        }
    }

    fn text(&mut self, text: &str) {
        if !self.is_named {
            self.add(text);
        }
    }

    fn close(&mut self, element: ElementRef<'_>) {
        let id = Some(element.id());
        if self.heading.as_ref().map(|(heading, ..)| *heading) == id || self.code == id || self.begins_block(element) {
            self.end();
        } else if self.code.is_some() && is_block(element) {
            self.end_line();
        }
        self.code = self.code.filter(|_| self.code != id);
        if self.weights.last().is_some_and(|(weighted, _)| Some(*weighted) == id) {
            self.end();
            self.weights.pop();
        }
    }

    /// Whether an element begins and ends a block: what is in a heading, in code or in a cell goes on with that.
    fn begins_block(&self, element: ElementRef<'_>) -> bool {
        self.heading.is_none() && self.code.is_none() && is_block(element)
    }

    fn add(&mut self, text: &str) {
        match self.code {
            Some(_) => self.text.push_str(text),
            None => add_to_line(&mut self.text, text),
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Ends the block that is being read.
    fn end(&mut self) {
        let kind = match (self.heading.take(), self.code) {
            (Some((_, level, id)), _) => Kind::Heading { level, id },
            (None, Some(_)) => Kind::Code,
            (None, None) => Kind::Text,
        };
        self.is_named = false;
        let text = std::mem::take(&mut self.text);
        let text = match kind {
            Kind::Code => text.trim_matches('\n').trim_end().replace('\r', ""),
            Kind::Heading { .. } => without_mark(&one_line(&text)).to_owned(),
            Kind::Text => one_line(&text).trim_matches(['|', ' ']).to_owned(),
        };
        if text.chars().any(char::is_alphanumeric) {
            let weight = self.weights.last().map_or(1.0, |(_, weight)| *weight);
            self.blocks.push(Block { kind, text, weight });
        }
    }
}

/// Whether an element in a heading is a link that leads to the heading and is not its text.
fn is_link_to_itself(element: ElementRef<'_>) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let text = |of: ElementRef<'_>| letters(&of.text().collect::<String>());
    let Some(id) = attribute(element, "href").and_then(|href| href.strip_prefix('#')).filter(|_| name(element) == "a") else {
        return false;
    };
    // What is called like the id is a name: `fn <a href="#method.new">new</a>()`.
    let own = text(element);
    let is_name = !own.is_empty() && letters(id).contains(&own);
    let heading = around(element).find(|outer| heading_level(*outer).is_some());
    !is_name && heading.is_some_and(|heading| text(heading).len() > own.len())
}

/// A heading without the sign by which it links to itself.
pub fn without_mark(heading: &str) -> &str {
    heading.trim_matches(['¶', '§', '#', '🔗', ' '])
}

fn id(element: ElementRef<'_>) -> Option<&str> {
    attribute(element, "id").filter(|id| !id.trim().is_empty())
}

/// The id of an anchor.
fn anchor(element: ElementRef<'_>) -> Option<&str> {
    let named = id(element).or_else(|| attribute(element, "name"));
    named.filter(|_| matches!(name(element), "a" | "span"))
}

/// The id by which an address leads to a heading: its own, that of an anchor in it or just before it, or that of the section it
/// begins.
fn id_of(heading: ElementRef<'_>) -> Option<String> {
    let before = || heading.prev_siblings().find_map(ElementRef::wrap).filter(|before| text_of(*before).is_empty());
    let near = id(heading).or_else(|| heading.descendent_elements().skip(1).find_map(anchor)).or_else(|| anchor(before()?));
    if near.is_some() {
        return near.map(str::to_owned);
    }
    let mut inner = heading;
    for outer in around(heading).take(3) {
        // Links to the source and to the section itself may stand before its heading.
        let first = outer.child_elements().find(|child| name(*child) != "a");
        if first.map(|first| first.id()) != Some(inner.id()) {
            return None;
        }
        if matches!(name(outer), "section" | "div" | "article") && id(outer).is_some() {
            return id(outer).map(str::to_owned);
        }
        inner = outer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn read(html: &str) -> Vec<String> {
        let page = Html::parse_document(html);
        let body = page.select(&Selector::parse("body").unwrap()).next().unwrap();
        let shown = |Block { kind, text, weight }: Block| {
            let kind = match kind {
                Kind::Heading { level, id } => format!("h{level}#{}: ", id.unwrap_or_default()),
                Kind::Text => String::new(),
                Kind::Code => "code: ".to_owned(),
            };
            let weight = if weight == 1.0 { String::new() } else { format!(" x{weight}") };
            format!("{kind}{text}{weight}")
        };
        blocks(&[body], &[Selector::parse(".no").unwrap()]).into_iter().map(shown).collect()
    }

    #[test]
    fn what_steers_the_site_or_is_not_shown_is_no_text() {
        let html = "<nav>menu</nav><header>top</header><p>a<script>x()</script><style>y</style></p><div hidden>z</div><p style='display: none'>z</p>
            <p aria-hidden=true>z</p><template><p>z</template><noscript><p>z</noscript><span class='sr-only'>z</span><button>Copy</button>
            <form><input value=z><button>Go</button> search</form><ul><li><a href=#a>A</a><li><a href=#b>B</a><li><a href=#c>C</a></ul>
            <aside><a href=/x>Other pages</a></aside><aside>A note</aside><div role=tabpanel hidden>On Windows</div>
            <ul><li><a href=/a>One</a> is first<li>two</ul><p class=no>no</p><footer>bottom</footer>";
        assert_eq!(read(html), ["a", "A note", "On Windows", "One is first", "two"]);
    }

    #[test]
    fn a_heading_has_its_own_id_or_that_of_its_anchor_or_section() {
        let html = "<h2 id=a>A <a class=headerlink href=#a>¶</a></h2><section id=b><h2>B</h2></section><h3><a id=c></a>C</h3>
            <h3><a class=header href=#d id=d>D</a></h3><a name=e></a><h4>E</h4><div id=f><header><h2>F<a href=#f>Permalink</a></h2></header></div>
            <h2>G</h2><dl><dt id=m.f>m.f(x)<dd>calls<dl><dt id=m.g>g<dd>more</dl></dl><div id=h><p>x</p><h2>H</h2></div>
            <dl><dt><a id=t></a>T<dd>t<dt>U<dd>u</dl><div id=v><dl><dt>V?<dd>v</dl></div>
            <section id=method.new><a href=/src>Source</a><h4>pub fn <a href=#method.new>new</a>() <button>Copy</button></h4></section>
            <h3><span id=w>W</span><span class=mw-editsection>[<a href=/edit>edit</a>]</span></h3><h3><button>Shall we?</button></h3>";
        let found = read(html);
        for expected in [
            "h2#a: A",
            "h2#b: B",
            "h3#c: C",
            "h3#d: D",
            "h4#e: E",
            "h2#f: F",
            "h2#: G",
            "h7#m.f: m.f(x)",
            "h8#m.g: g",
            "h2#: H",
            "h7#t: T",
            "U",
            "h7#v: V?",
            "h4#method.new: pub fn new()",
            "h3#w: W",
            "h3#: Shall we?",
        ] {
            assert!(found.iter().any(|block| block == expected), "{expected}: {found:?}");
        }
    }

    #[test]
    fn code_keeps_its_lines_and_loses_their_numbers() {
        let html =
            "<pre><code>let a = 1;\n  b();\n</code></pre><table><td class=linenos><pre>1\n2</pre><td><pre>c\nd</pre></table>
            <pre><code><div class=line>e</div><div class=line>f</div></code></pre><p>Use <code>g</code>.</p>
            <pre><span style='user-select:none'>1</span>h</pre><pre><span class=boring>fn main() {\n</span>i();\n<span class=boring>}</span></pre>";
        assert_eq!(read(html), ["code: let a = 1;\n  b();", "code: c\nd", "code: e\nf", "Use g.", "code: h", "code: i();"]);
    }

    #[test]
    fn rows_of_tables_and_breaks_stay_readable() {
        let html = "<table><tr><th>Name<th>Use<tr><td>a<td>first<br>letter</table><p>one&nbsp;\n two<wbr>three\u{ad}four</p>";
        assert_eq!(read(html), ["Name | Use", "a | first letter", "one twothreefour"]);
    }

    #[test]
    fn weights_ignored_parts_and_attributes_are_taken_as_asked_for() {
        let html = "<p data-pagefind-weight=5>much <b data-pagefind-weight=0>nothing</b></p><p data-pagefind-ignore>no</p>
            <p>plain <img data-pagefind-index-attrs='alt,title' alt='A boat' title=Sea></p><h2 id=x data-pagefind-title='Called so'>Long name</h2>";
        assert_eq!(read(html), ["much x5", "plain A boat Sea", "h2#x: Called so"]);
    }

    #[test]
    fn a_page_may_nest_as_deep_as_it_likes() {
        let html = format!("{}deep{}", "<div><ul><li>".repeat(5_000), "</li></ul></div>".repeat(5_000));
        assert_eq!(read(&html), ["deep"]);
    }
}
