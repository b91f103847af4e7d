//! What a page says of itself as a whole: title, language, address, whether it wants to be found.

use scraper::{ElementRef, Html};

use super::dom::{around, attribute, elements, name, one_line, text_of};

/// What stands in the head of a page, and where its first heading is.
#[derive(Default)]
pub struct Head {
    pub title: Option<String>,
    pub og_title: Option<String>,
    pub site_name: Option<String>,
    pub description: Option<String>,
    pub canonical: Option<String>,
    /// The language's code in lower case without its region: `en` of `en-GB`.
    pub language: Option<String>,
    pub is_noindex: bool,
    pub redirects: bool,
}

impl Head {
    /// Reads the head of a page.
    pub fn read(page: &Html) -> Self {
        let mut head = Self::default();
        let mut scripts = false;
        for element in elements(page) {
            match name(element) {
                "html" | "body" => head.set_language(attribute(element, "lang").or_else(|| attribute(element, "xml:lang"))),
                "title" if around(element).next().is_some_and(|outer| matches!(name(outer), "head" | "html" | "body")) => {
                    set(&mut head.title, element.text().collect::<String>());
                }
                "meta" => head.meta(element),
                "link" if attribute(element, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                    set(&mut head.canonical, attribute(element, "href").unwrap_or_default().to_owned());
                }
                "script" => scripts |= leads_away(&element.text().collect::<String>()),
                _ => {}
            }
        }
        // Nothing but a script that goes elsewhere, and a word about it.
        head.redirects |= scripts && text_of(page.root_element()).len() < 200;
        head
    }

    fn meta(&mut self, meta: ElementRef<'_>) {
        let key = ["name", "property", "http-equiv"].iter().find_map(|key| attribute(meta, key)).unwrap_or_default();
        let content = attribute(meta, "content").unwrap_or_default();
        match key.to_ascii_lowercase().as_str() {
            "og:title" => set(&mut self.og_title, content.to_owned()),
            "og:site_name" => set(&mut self.site_name, content.to_owned()),
            "description" => set(&mut self.description, content.to_owned()),
            "content-language" => self.set_language(Some(content)),
            "robots" | "googlebot" | "inkling" => {
                let says = |word: &str| content.split(',').any(|other| other.trim().eq_ignore_ascii_case(word));
                self.is_noindex |= says("noindex") || says("none");
            }
            "refresh" => self.redirects |= content.to_ascii_lowercase().contains("url="),
            _ => {}
        }
    }

    /// Takes the language of a code such as `en-GB`, where none is known yet and it is one.
    pub fn set_language(&mut self, code: Option<&str>) {
        let code = code.unwrap_or_default().trim().to_ascii_lowercase();
        let language = code.split(['-', '_', ',']).next().unwrap_or_default();
        let is_one = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_one && self.language.is_none() {
            self.language = Some(language.to_owned());
        }
    }
}

/// Takes a text where there is none yet and it is one.
fn set(target: &mut Option<String>, text: String) {
    let text = one_line(&text);
    if target.is_none() && !text.is_empty() {
        *target = Some(text);
    }
}

/// Whether a script goes to another page.
fn leads_away(script: &str) -> bool {
    let script: String = script.split_whitespace().collect();
    ["location.replace(", "location.assign(", "location.href=", "window.location=", "document.location="]
        .iter()
        .any(|way| script.contains(way))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Head {
        Head::read(&Html::parse_document(html))
    }

    #[test]
    fn the_head_is_read_and_titles_in_pictures_are_not() {
        let head = read(
            "<html lang=de-AT><body><svg><title>Icon</title></svg></body><title>A\n page</title><meta property=og:title content='OG'>
             <link rel=canonical href=/a/>",
        );
        assert_eq!((head.title.as_deref(), head.og_title.as_deref()), (Some("A page"), Some("OG")));
        assert_eq!((head.language.as_deref(), head.canonical.as_deref()), (Some("de"), Some("/a/")));
        assert!(!head.redirects && !head.is_noindex);
        assert_eq!(read("<html lang='x-default'>").language, None);
    }

    #[test]
    fn pages_that_lead_elsewhere_or_want_no_visitors_are_known() {
        assert!(read("<meta http-equiv=Refresh content='0; URL=/b/'>").redirects);
        assert!(read("<script>window.location.replace('/b/')</script><p>Redirecting…").redirects);
        assert!(!read("<meta http-equiv=refresh content=300>").redirects);
        let long = format!("<script>location.href = '/b/'</script><p>{}", "A page of its own. ".repeat(20));
        assert!(!read(&long).redirects);
        assert!(read("<meta name=robots content='follow, NOINDEX'>").is_noindex);
        assert!(!read("<meta name=robots content='index, nofollow'>").is_noindex);
    }
}
