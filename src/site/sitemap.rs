//! The order of pages in the sitemap of a site: what its owner, or the generator, puts first.

use std::collections::{HashMap, VecDeque};

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use super::address::{names, path_of};
use crate::index::document::Document;

/// What sitemaps are called at the top of a site. Each may be a list of others.
const FILES: [&str; 3] = ["sitemap.xml", "sitemap-index.xml", "sitemap_index.xml"];

/// Most files that a list leads to.
const FILES_MAX: usize = 1000;

/// The paths of the pages in a site's sitemap, in its order; none where there is no sitemap. `load` gives the bytes of a file below the
/// site's folder.
pub fn sitemap(load: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let Some(first) = FILES.iter().find_map(|name| load(name)) else { return Vec::new() };
    let (mut pages, mut read) = (Vec::new(), 1);
    let mut waiting = VecDeque::from([first]);
    while let Some(bytes) = waiting.pop_front() {
        for address in addresses(&String::from_utf8_lossy(&bytes)) {
            let path = path_of(&address, "");
            if !path.ends_with(".xml") {
                pages.push(path);
            } else if read < FILES_MAX {
                // Where the site begins is not known: the longest end that is a file is it.
                let bytes =
                    ends(&path).filter(|(_, end)| !end.split('/').any(|part| part == "..")).find_map(|(_, end)| load(end));
                waiting.extend(bytes);
                read += 1;
            }
        }
    }
    pages
}

/// What stands in a sitemap's `<loc>`, in its order, up to where it is no XML.
fn addresses(text: &str) -> Vec<String> {
    let (mut reader, mut found, mut open) = (Reader::from_str(text), Vec::new(), None::<String>);
    loop {
        let said = match reader.read_event() {
            Ok(Event::Start(tag)) if tag.name().as_ref() == "loc" => {
                open = Some(String::new());
                continue;
            }
            Ok(Event::End(_)) => {
                found.extend(open.take().map(|address| address.trim().to_owned()));
                continue;
            }
            Ok(Event::Text(text)) => text.xml10_content().into_owned(),
            Ok(Event::CData(text)) => text.xml10_content().into_owned(),
            Ok(Event::GeneralRef(name)) => resolve_predefined_entity(&name.xml10_content()).unwrap_or_default().to_owned(),
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => continue,
        };
        if let Some(address) = &mut open {
            address.push_str(&said);
        }
    }
}

/// The ways to part a path behind a slash, the longest end first.
fn ends(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.match_indices('/').map(|(at, _)| path.split_at(at + 1))
}

/// Puts documents in the order of a sitemap's paths; those that it does not have come last, in the order in which they were.
pub fn sort(documents: &mut [Document], paths: &[String]) {
    let named = |(at, document): (usize, &Document)| names(&document.id).into_iter().map(move |name| (name, at));
    let by_name: HashMap<String, usize> = documents.iter().enumerate().flat_map(named).collect();
    // Where the site begins: what most paths have before the name of a page.
    let mut starts: HashMap<&str, usize> = HashMap::new();
    for path in paths {
        let start = ends(path).find(|(_, end)| !end.is_empty() && by_name.contains_key(*end)).map(|(start, _)| start);
        start.into_iter().for_each(|start| *starts.entry(start).or_default() += 1);
    }
    let start = starts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0))).map_or("/", |(start, _)| start);
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (place, path) in paths.iter().enumerate() {
        if let Some(at) = path.strip_prefix(start).and_then(|name| by_name.get(name)) {
            places.entry(*at).or_insert(place);
        }
    }
    let places: HashMap<String, usize> = places.into_iter().map(|(at, place)| (documents[at].id.clone(), place)).collect();
    documents.sort_by_key(|document| places.get(&document.id).copied().unwrap_or(usize::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(ids: &[&str], paths: &[&str]) -> Vec<String> {
        let mut documents: Vec<Document> = ids.iter().map(|id| Document { id: (*id).into(), ..Document::default() }).collect();
        sort(&mut documents, &paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        documents.into_iter().map(|document| document.id).collect()
    }

    #[test]
    fn pages_come_in_the_order_of_the_sitemap_wherever_the_site_lies_and_others_behind_them() {
        let ids = ["a.html", "b/index.html", "c.html", "index.html", "z.html"];
        for paths in [
            ["/z.html", "/", "/b/", "/gone/", "/c"],
            ["/p/z", "/p/", "/p/b", "/p/gone", "/p/c.html"],
            ["/p/q/z/", "/p/q/", "/p/q/b/", "/elsewhere/a.html", "/p/q/c/"],
        ] {
            assert_eq!(sorted(&ids, &paths), ["z.html", "index.html", "b/index.html", "c.html", "a.html"], "{paths:?}");
        }
        assert_eq!(sorted(&ids, &[]), ids);
        assert_eq!(sorted(&ids, &["/nothing", "/of/this"]), ids);
    }

    #[test]
    fn a_sitemap_may_be_a_list_of_sitemaps_and_what_is_none_orders_nothing() {
        let list = "<?xml version='1.0'?><sitemapindex><sitemap><loc>https://x.org/p/map/1.xml</loc></sitemap>\
                    <sitemap><loc>https://x.org/p/gone.xml</loc></sitemap><sitemap><loc>https://x.org/../up.xml</loc></sitemap></sitemapindex>";
        let map = "<urlset><url><loc> https://x.org/p/b?x=1&amp;y=2 </loc><image:loc>https://x.org/i.png</image:loc></url>\
                   <url><loc><![CDATA[https://x.org/p/%C3%BC/]]></loc></url></urlset> &nonsense; <";
        let load = |path: &str| match path {
            "sitemap-index.xml" => Some(list.into()),
            "map/1.xml" => Some(map.into()),
            "../up.xml" => panic!("nothing is read outside the site"),
            _ => None,
        };
        assert_eq!(sitemap(load), ["/p/b", "/p/ü/"]);
        assert!(sitemap(|_| None).is_empty());
        assert!(sitemap(|_| Some(b"\xff no sitemap".to_vec())).is_empty());
        let itself = sitemap(|_| Some(b"<sitemapindex><loc>/sitemap.xml</loc></sitemapindex>".to_vec()));
        assert!(itself.is_empty(), "a list that leads to itself ends");
    }
}
