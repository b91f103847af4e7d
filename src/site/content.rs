//! Where a page's own content is, among everything that all pages of a site share.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};

use super::attributes;
use super::dom::{Step, around, attribute, elements, is_no_content, name, walk};

/// The elements that hold a page's content, none inside another: what the page itself or the site's owner names, else its
/// main part, else its articles, else where most of its text is.
pub fn roots<'a>(page: &'a Html, named: Option<&Selector>) -> Vec<ElementRef<'a>> {
    let bodies = outermost(elements(page).filter(|element| attributes::get(*element, "body").is_some()));
    if !bodies.is_empty() {
        return bodies;
    }
    let chosen = named.map_or_else(Vec::new, |selector| outermost(page.select(selector)));
    if !chosen.is_empty() {
        return chosen;
    }
    let prose = Prose::of(page);
    let is_main = |element: &ElementRef<'_>| name(*element) == "main" || attribute(*element, "role") == Some("main");
    // Of several main parts all but one are hidden, or wrong.
    let mains = outermost(elements(page).filter(is_main));
    if let Some(main) = mains.into_iter().rev().max_by_key(|main| prose.in_(*main)).filter(|main| prose.in_(*main) > 0) {
        let article = articles(main.descendent_elements());
        // The page's article without what stands beside it: contents, ways to other pages.
        return match article.as_slice() {
            [article] if prose.in_(*article) * 5 > prose.in_(main) * 4 => vec![*article],
            _ => vec![main],
        };
    }
    let root = elements(page).find(|element| name(*element) == "body").unwrap_or_else(|| page.root_element());
    let articles = articles(root.descendent_elements());
    if articles.iter().map(|article| prose.in_(*article)).sum::<usize>() * 2 > prose.in_(root) {
        return articles;
    }
    vec![densest(root, &prose)]
}

fn articles<'a>(elements: impl Iterator<Item = ElementRef<'a>>) -> Vec<ElementRef<'a>> {
    outermost(elements.filter(|element| name(*element) == "article" || attribute(*element, "role") == Some("article")))
}

/// Those of some elements, in the order of the page, that are in none of the others.
fn outermost<'a>(elements: impl Iterator<Item = ElementRef<'a>>) -> Vec<ElementRef<'a>> {
    let mut kept: Vec<ElementRef<'a>> = Vec::new();
    for element in elements {
        let is_inside = kept.last().is_some_and(|last| around(element).any(|outer| outer.id() == last.id()));
        if !is_inside {
            kept.push(element);
        }
    }
    kept
}

/// Goes down from an element as long as nearly all of its prose is in one of those inside; what is left beside that is a menu,
/// a column of links, a line about rights.
fn densest<'a>(mut root: ElementRef<'a>, prose: &Prose) -> ElementRef<'a> {
    const CONTENT: &[&str] = &["p", "pre", "ul", "ol", "dl", "blockquote", "figure"];
    loop {
        let inner = root.child_elements().filter(|child| !CONTENT.contains(&name(*child)));
        let Some(fullest) = inner.max_by_key(|child| prose.in_(*child)) else { return root };
        if prose.in_(fullest) * 10 < prose.in_(root) * 9 || prose.in_(fullest) == 0 {
            return root;
        }
        root = fullest;
    }
}

/// Letters of text that is content and in no link, by element.
struct Prose(HashMap<NodeId, usize>);

impl Prose {
    fn of(page: &Html) -> Self {
        let mut counts = HashMap::new();
        // Letters before each element that is open; those after it are its own.
        let (mut starts, mut letters, mut links) = (Vec::new(), 0, 0);
        walk(page.root_element(), |step| {
            match step {
                Step::Open(element) if is_no_content(element) => return false,
                Step::Open(element) => {
                    starts.push(letters);
                    links += usize::from(name(element) == "a");
                }
                Step::Close(element) => {
                    links -= usize::from(name(element) == "a");
                    counts.insert(element.id(), letters - starts.pop().unwrap_or_default());
                }
                Step::Text(text) if links == 0 => letters += text.chars().filter(|c| c.is_alphanumeric()).count(),
                Step::Text(_) => {}
            }
            true
        });
        Self(counts)
    }

    fn in_(&self, element: ElementRef<'_>) -> usize {
        self.0.get(&element.id()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dom::text_of;
    use super::*;

    fn content(html: &str) -> String {
        let page = Html::parse_document(html);
        roots(&page, None).into_iter().map(text_of).collect::<Vec<_>>().join(" | ")
    }

    const STORY: &str =
        "<p>Once upon a time there was a lighthouse keeper who counted ships and wrote them down every evening.</p>";

    #[test]
    fn the_main_part_is_taken_and_in_it_the_article() {
        assert_eq!(content("<div>menu</div><main>a</main>"), "a");
        assert_eq!(content("<div>menu</div><div role=main>a</div>"), "a");
        let docs = "<main><div><ul><li><a href=/a>A</a></ul>On this page</div><article>The whole text of the page is here, and it is much longer than that.</article></main>";
        assert_eq!(content(docs), "The whole text of the page is here, and it is much longer than that.");
        assert_eq!(content("<main>list <article>x</article><article>y</article></main>"), "list x y");
        assert_eq!(content("<main hidden>old text</main><main>new</main>"), "new");
    }

    #[test]
    fn several_articles_are_the_content_where_there_is_no_main_part() {
        assert_eq!(content("<div>menu</div><article>aaaa</article><article>bbbb</article>"), "aaaa | bbbb");
    }

    #[test]
    fn without_a_mark_the_content_is_where_most_of_the_text_is() {
        let table = format!(
            "<table><tr><td><a href=/>Home</a> <a href=/b>Other things</a></td><td><h1>T</h1>{STORY}{STORY}</td></tr></table>
             <div>All rights reserved</div>"
        );
        assert!(content(&table).starts_with("T Once"), "{}", content(&table));
        assert!(!content(&table).contains("rights"));
        let sections = format!("<div><div id=a><h2>A</h2>{STORY}</div><div id=b><h2>B</h2>{STORY}</div></div>");
        assert!(content(&sections).starts_with("A Once") && content(&sections).contains("B Once"));
    }
}
