//! A built site becomes a search: what is read, what is left out, and where hits lead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use inkling_search::error::ErrorKind;
use inkling_search::hash::hex_sha256;
use inkling_search::site::{self, LeftOut, Site, SiteOptions};
use serde_json::{Value, json};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn pages_of(root: &Path) -> Vec<String> {
    fn collect(folder: &Path, root: &Path, pages: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                collect(&entry.path(), root, pages);
            } else {
                pages.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut pages = Vec::new();
    collect(root, root, &mut pages);
    pages.sort();
    pages
}

fn read(pages: &[(&str, &str)], options: &SiteOptions) -> Result<Site, inkling_search::Error> {
    let pages: BTreeMap<String, String> = pages.iter().map(|(path, html)| ((*path).to_owned(), (*html).to_owned())).collect();
    let paths: Vec<String> = pages.keys().cloned().collect();
    site::read(&paths, |path| Ok(pages[path].clone().into_bytes()), options, || ())
}

/// Titles and texts of the pages that can be found, by their files.
fn found(site: &Site) -> BTreeMap<&str, (&str, &str)> {
    let documents = site.languages.values().flatten();
    documents.map(|document| (document.id.as_str(), (document.title.as_str(), document.text.as_str()))).collect()
}

fn left_out(site: &Site, reason: LeftOut) -> Vec<&str> {
    site.report.left_out.get(&reason).into_iter().flat_map(|pages| &pages.first).map(String::as_str).collect()
}

fn inkling(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inkling")).args(args).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Makes the site of the tests searchable in a folder, with the tiny model.
fn make(folder: &Path, site: &Path, more: &[&str]) -> Output {
    let model = format!("{DATA}/tiny-quantized");
    let args = ["site", site.to_str().unwrap(), "--model", &model, "--out", "search", "--passage-tokens", "40", "--overlap", "8"];
    inkling(folder, &[&args[..], more].concat())
}

#[test]
fn the_site_of_the_tests_is_read_as_its_golden_says() {
    let root = PathBuf::from(DATA).join("site");
    let load = |path: &str| Ok(std::fs::read(root.join(path)).unwrap());
    let site = site::read(&pages_of(&root), load, &SiteOptions::default(), || ()).unwrap();
    let pages: BTreeMap<&String, Vec<Value>> = site
        .languages
        .iter()
        .map(|(language, documents)| {
            let shown = documents.iter().map(|document| {
                let section = |section: &inkling_search::index::document::Section| {
                    let path: Vec<&str> = section.path.iter().map(|&heading| document.heading(heading)).collect();
                    json!({ "at": document.address(section), "path": path, "text": document.text[section.body.clone()].trim() })
                };
                let sections: Vec<Value> = document.sections().iter().map(section).collect();
                let code: Vec<&str> = document.code.iter().map(|code| &document.text[code.clone()]).collect();
                let mut page = json!({ "file": document.id, "title": document.title, "url": document.url, "sections": sections });
                for (name, value) in [("fields", json!(document.fields)), ("code", json!(code))] {
                    if value.as_object().is_some_and(|fields| !fields.is_empty())
                        || value.as_array().is_some_and(|list| !list.is_empty())
                    {
                        page[name] = value;
                    }
                }
                page
            });
            (language, shown.collect())
        })
        .collect();
    let read = json!({ "base": site.base, "pages": pages, "report": site.report });
    let golden = PathBuf::from(DATA).join("goldens/site.json");
    if std::env::var_os("INKLING_WRITE_GOLDENS").is_some() {
        std::fs::write(&golden, serde_json::to_string_pretty(&read).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    assert_eq!(read, expected, "{read:#}");
}

#[test]
fn a_site_becomes_an_index_a_language_whose_hits_lead_to_headings() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(folder.path(), &PathBuf::from(DATA).join("site"), &["--json"]);
    let summary: Value = serde_json::from_str(stdout(&made)).unwrap();
    let languages: Vec<&str> =
        summary["languages"].as_array().unwrap().iter().filter_map(|part| part["language"].as_str()).collect();
    assert_eq!(languages, ["de", "en"]);
    assert!(summary["html"][0].as_str().unwrap().contains("href=\"/manual/search/page/element.css\""), "{summary}");

    let ask = |index: &str, query: &str| -> Value {
        let args = ["search", query, "--index", index, "--mode", "lexical", "--json", "--limit", "1"];
        let answer: Value = serde_json::from_str(stdout(&inkling(folder.path(), &args))).unwrap();
        answer["hits"][0].clone()
    };
    for (index, query, url, headings) in [
        ("search/en", "writeConfig", "/manual/guide/install/#calibrate", &["Calibrate"][..]),
        ("search/en", "anchors of steel", "/manual/guide/install/#on-a-pier", &["Mounting", "On a pier"]),
        (
            "search/en",
            "rings one night office",
            "/manual/guide/moorings#:~:text=Rings%2C%20and%20who%20may%20use%20them",
            &["Rings, and who may use them"],
        ),
        (
            "search/en",
            "highest next",
            "/manual/api/#gauge.TideTable.nextHighWater",
            &["Reading", "class gauge.TideTable(year)", "nextHighWater()"],
        ),
        ("search/en", "winter storage", "/manual/", &[]),
        ("search/de", "grünes Licht", "/manual/de/anlegen/#bei-nacht", &["Bei Nacht"]),
    ] {
        let hit = ask(index, query);
        assert_eq!(hit["url"], url, "{query}: {hit}");
        assert_eq!(hit["headings"].as_array().map_or(&[][..], Vec::as_slice), headings, "{query}: {hit}");
    }
    for query in ["secret", "nobody should find", "rights reserved", "helpful", "Edit this page", "friends"] {
        assert_eq!(ask("search/en", &format!("\"{query}\"")), Value::Null, "{query}");
    }
    let shown = inkling(folder.path(), &["search", "brass screws", "--index", "search/en", "--mode", "lexical"]);
    assert!(stdout(&shown).contains("Install the tide gauge › Mounting › On a pier"), "{shown:?}");
}

#[test]
fn the_summary_says_what_was_left_out_and_why_and_what_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(folder.path(), &PathBuf::from(DATA).join("site"), &[]);
    let text = stdout(&made);
    for part in [
        "17 pages read",
        "left out: 1 redirects (old/install.html)",
        "left out: 1 noindex or drafts (drafts/plans.html)",
        "left out: 1 error pages (404.html)",
        "left out: 1 exact copies (guide/install-copy.html)",
        "(print.html)",
        "left out: 1 pieces of pages",
        "left out: 1 copies by their canonical address (old/gauge.html)",
        "data-pagefind-meta 3",
        "events/regatta.html:16: data-pagefind-shape",
        "JSON-LD that is not JSON",
        "lost.html:",
        "<inkling-search src=\"/manual/search/en/\">",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_language_that_a_site_no_longer_has_takes_its_index_along() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("public");
    std::fs::create_dir_all(&site).unwrap();
    let write = |name: &str, language: &str, text: &str| {
        std::fs::write(
            site.join(name),
            format!("<html lang={language}><title>{text}</title><main><p>{text} of the harbour</main>"),
        )
        .unwrap();
    };
    write("a.html", "en", "The lighthouse");
    assert!(stdout(&make(folder.path(), &site, &[])).contains("en: 1 pages"));
    assert!(folder.path().join("search/manifest.json").exists());
    write("b.html", "fr", "Le phare");
    assert!(stdout(&make(folder.path(), &site, &[])).contains("fr: 1 pages"));
    assert!(!folder.path().join("search/manifest.json").exists());
    assert!(folder.path().join("search/fr/manifest.json").exists());
    std::fs::remove_file(site.join("b.html")).unwrap();
    stdout(&make(folder.path(), &site, &[]));
    assert!(folder.path().join("search/manifest.json").exists());
    assert!(!folder.path().join("search/fr/manifest.json").exists());
}

/// Every file of a search by its path, but for what a build leaves for the next.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = pages_of(folder).into_iter().filter(|path| !path.ends_with("encoded.json"));
    paths.map(|path| (path.clone(), std::fs::read(folder.join(path)).unwrap())).collect()
}

#[test]
fn pages_that_have_not_changed_are_not_encoded_again_and_keep_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("public");
    std::fs::create_dir_all(&site).unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(
            site.join(name),
            format!("<html lang=en><title>{name}</title><main><p>{text}<h2 id=x>More</h2><p>{text}</main>"),
        )
        .unwrap();
    };
    let encoded = || -> u64 {
        let summary: Value = serde_json::from_str(stdout(&make(folder.path(), &site, &["--json"]))).unwrap();
        summary["languages"][0]["encoded"].as_u64().unwrap()
    };
    let search = folder.path().join("search");
    ["a", "b", "c"].into_iter().for_each(|name| write(&format!("{name}.html"), &format!("The page {name} of the harbour.")));
    assert_eq!(encoded(), 6);
    let first = files(&search);
    assert_eq!(encoded(), 0);
    assert_eq!(files(&search), first);

    // One page changes, one goes, one comes before all others.
    write("b.html", "Another sentence about boats.");
    std::fs::remove_file(site.join("a.html")).unwrap();
    write("0.html", "A new page.");
    assert_eq!(encoded(), 4);
    let again = files(&search);
    std::fs::remove_dir_all(&search).unwrap();
    assert_eq!(encoded(), 6);
    assert_eq!(files(&search), again, "the same bytes as if it were built at once");

    // What was changed by hand or is of other passages is not trusted.
    let document = folder.path().join("one.json");
    std::fs::write(&document, r#"[{"id": "z", "title": "By hand"}]"#).unwrap();
    stdout(&inkling(folder.path(), &["add", "one.json"]));
    assert_eq!(encoded(), 6);
    assert_eq!(files(&search), again);
    let model = format!("{DATA}/tiny-quantized");
    let args = ["site", "public", "--model", &model, "--out", "search", "--passage-tokens", "30", "--overlap", "8", "--json"];
    let summary: Value = serde_json::from_str(stdout(&inkling(folder.path(), &args))).unwrap();
    assert_eq!(summary["languages"][0]["encoded"], 6);
}

#[test]
fn a_folder_without_pages_is_an_error_that_says_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    let output = make(folder.path(), &folder.path().join("src"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("give the folder that the site's generator writes"), "{output:?}");
    let output = make(folder.path(), &folder.path().join("nowhere"), &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("[not-found]"), "{output:?}");
    let none = read(&[("a.html", "<html><meta name=robots content=none><p>x")], &SiteOptions::default()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::EmptyCorpus);
    assert!(none.to_string().contains("1 noindex or drafts (a.html)"), "{none}");
    let options = SiteOptions { main: Some("main >".into()), ..SiteOptions::default() };
    assert_eq!(read(&[("a.html", "<html><p>x")], &options).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn where_pages_mark_their_content_nothing_else_is_read() {
    let site = read(
        &[
            ("a.html", "<html><main>side <p data-pagefind-body>marked</p> side <p data-pagefind-body>too</p></main>"),
            ("b.html", "<html><main>not marked</main>"),
            ("c.html", "<html><div data-inkling-body>marked as well<div data-inkling-ignore>no</div></div>"),
        ],
        &SiteOptions::default(),
    )
    .unwrap();
    assert_eq!(found(&site), BTreeMap::from([("a.html", ("a.html", "marked\ntoo")), ("c.html", ("c.html", "marked as well"))]));
    assert_eq!(left_out(&site, LeftOut::NoBody), ["b.html"]);
    assert_eq!(site.report.attributes["data-pagefind-body"], 2);
}

#[test]
fn the_owner_may_name_the_content_and_what_is_left_out() {
    let options =
        SiteOptions { main: Some(".text".into()), exclude: vec![".ad".into(), "p > i".into()], ..SiteOptions::default() };
    let site = read(
        &[("a.html", "<html><main><p>x<div class=text>story<p class=ad>buy</p><p>end <i>no</i></p></div></main>")],
        &options,
    );
    assert_eq!(found(&site.unwrap())["a.html"].1, "story\nend");
}

#[test]
fn titles_lose_the_name_of_the_site_and_first_headings_that_are_it() {
    let page = |title: &str, h1: &str| format!("<html><title>{title}</title><main><h1>{h1}</h1><p>About {title}");
    let site = read(
        &[
            ("a.html", &page("Boats – My Site", "My Site")),
            ("b.html", &page("Ropes – My Site", "My Site")),
            ("c.html", &page("My Site", "My Site")),
            ("d.html", &page("Knots – all of them – My Site", "My Site")),
            ("e.html", "<html><title>Sails – My Site</title><main><h1>Jibs</h1><p>first</p><h1>Spinnakers</h1><p>second"),
            ("f.html", "<html><title>My Site</title><meta property=og:title content='Oars'><main><p>rowing"),
            ("g.html", &page("Winches – My Site", "Winches – My Site")),
        ],
        &SiteOptions::default(),
    )
    .unwrap();
    let titles: Vec<&str> = found(&site).values().map(|(title, _)| *title).collect();
    assert_eq!(titles, ["Boats", "Ropes", "My Site", "Knots – all of them", "Sails", "Oars", "Winches"]);
    assert_eq!(found(&site)["g.html"].1, "About Winches – My Site");
}

#[test]
fn the_pages_at_the_top_say_the_name_of_a_site_that_holds_other_sites() {
    let page = |title: &str| format!("<title>{title}</title><p>What this page says of {title}.");
    let own = ["Tool: Start", "Tool: Install", "Tool: Commands"].map(page);
    let others =
        (0..5).map(|at| (format!("examples/{at}.html"), page(&format!("Example {at}: Files of {at}")))).collect::<Vec<_>>();
    let others = others.iter().map(|(path, html)| (path.as_str(), html.as_str()));
    let pages: Vec<(&str, &str)> = ["index.html", "install/index.html", "commands.html"]
        .into_iter()
        .zip(own.iter().map(String::as_str))
        .chain(others)
        .collect();
    let site = read(&pages, &SiteOptions::default()).unwrap();
    let title = |file: &str| found(&site)[file].0;
    assert_eq!([title("index.html"), title("install/index.html"), title("commands.html")], ["Start", "Install", "Commands"]);
    assert_eq!(title("examples/1.html"), "Example 1: Files of 1");
}

#[test]
fn a_list_of_links_counts_half_and_a_text_with_many_links_as_it_is() {
    let links = (0..6).map(|at| format!("<li><a href=/{at}.html>The page of the number {at}</a> new")).collect::<String>();
    let list = format!("<title>Pages</title><main><h1>Pages</h1><p>All of them:<ul>{links}</ul></main>");
    let text = format!("<title>Text</title><main><h1>Text</h1><ul>{links}</ul><p>{}</main>", "There is much to say. ".repeat(40));
    let few = "<title>Few</title><main><h1>Few</h1><p><a href=/1.html>The page of the number one and all its friends</a></main>";
    let pages = [("list.html", list.as_str()), ("text.html", &text), ("few.html", few)];
    let site = read(&pages, &SiteOptions::default()).unwrap();
    let weights: Vec<_> = site.languages.values().flatten().map(|document| (document.id.as_str(), document.weight)).collect();
    assert_eq!(weights, [("few.html", None), ("list.html", Some(50)), ("text.html", None)]);
    let as_asked = SiteOptions { weights: vec![("list".into(), 1.0)], ..SiteOptions::default() };
    assert!(read(&pages, &as_asked).unwrap().languages.values().flatten().all(|document| document.weight.is_none()));
}

#[test]
fn lines_that_most_pages_have_are_dropped_and_code_and_headings_with_text_stay() {
    let page = |name: &str| {
        format!(
            "<html><title>{name}</title><main><h1>{name}</h1><p>All about {name}.</p><pre>make install</pre><h2>Example</h2><p>A {name} here.</p>
             <p>Rate this page</p><h2>Feedback</h2><p>Tell us what you think</p></main>"
        )
    };
    let names = ["rope", "sail", "mast", "keel"];
    let pages: Vec<(String, String)> = names.iter().map(|name| (format!("{name}.html"), page(name))).collect();
    let pages: Vec<(&str, &str)> = pages.iter().map(|(path, html)| (path.as_str(), html.as_str())).collect();
    let site = read(&pages, &SiteOptions::default()).unwrap();
    assert_eq!(found(&site)["keel.html"].1, "All about keel.\nmake install\nExample\nA keel here.");
    assert_eq!(site.report.repeated_blocks, 12);
    let two = read(&pages[..2], &SiteOptions::default()).unwrap();
    assert!(found(&two)["rope.html"].1.contains("Rate this page"), "two pages do not make a rule");
}

#[test]
fn a_page_that_repeats_others_is_left_out_and_versions_of_a_page_are_not() {
    let chapter = |name: &str| {
        format!("<h1>{name}</h1><p>The chapter about {name} begins with a sentence.</p><p>It ends with the {name}, too.</p>")
    };
    let page = |content: &str| format!("<html><title>Book</title><main>{content}</main>");
    let chapters = ["ropes", "sails", "masts"].map(|name| (format!("{name}.html"), page(&chapter(name))));
    let all = page(&["ropes", "sails", "masts"].map(chapter).concat());
    let version = |number: u32| page(&format!("{}<p>This is version {number} of it.</p>", chapter("anchors")));
    let mut pages: Vec<(&str, &str)> = chapters.iter().map(|(path, html)| (path.as_str(), html.as_str())).collect();
    let versions = [version(1), version(2), version(3)];
    pages.push(("print.html", &all));
    pages.extend(["v1.html", "v2.html", "v3.html"].into_iter().zip(versions.iter().map(String::as_str)));
    let site = read(&pages, &SiteOptions::default()).unwrap();
    assert_eq!(left_out(&site, LeftOut::Repeats), ["print.html"]);
    assert_eq!(site.report.pages, 6);
}

#[test]
fn pages_that_only_search_or_list_the_others_are_left_out() {
    let page = |title: &str, text: &str| format!("<html lang=en><title>{title}</title><main><h1>{title}</h1><p>{text}</main>");
    let index = page("Index", "boat (oars), mend, paint, winter");
    let (search, article) =
        (page("Search", "Please turn JavaScript on."), page("Search", &"How boats are searched for. ".repeat(20)));
    let pages = [
        ("boats.html", &page("Boats", "How we mend them.")),
        ("genindex-B.html", &index),
        ("genindex/index.html", &index.replace("boat", "bay")),
        ("search.html", &search),
        ("guide/search.html", &article),
    ];
    let site = read(&pages.map(|(path, html)| (path, html.as_str())), &SiteOptions::default()).unwrap();
    assert_eq!(left_out(&site, LeftOut::Repeats), ["genindex-B.html", "genindex/index.html"]);
    assert_eq!(left_out(&site, LeftOut::Empty), ["search.html"]);
    assert!(found(&site).contains_key("guide/search.html"));
}

#[test]
fn lists_that_doxygen_and_javadoc_write_are_left_out_and_pages_of_these_names_by_others_are_not() {
    let page = |by: &str, what: &str| format!("<html><!-- Generated by {by} --><title>{what}</title><p>{what} of the library.");
    let (list, own) = (page("Doxygen 1.9.4", "Class Members"), page("Hugo", "Functions"));
    let (classes, tree) = (page("javadoc (17)", "All Classes"), page("Doxygen 1.9.4", "The tree"));
    let pages = [
        ("api/functions_g.html", &list),
        ("functions.html", &own),
        ("api/allclasses-index.html", &classes),
        ("api/tree.html", &tree),
    ];
    let site = read(&pages.map(|(path, html)| (path, html.as_str())), &SiteOptions::default()).unwrap();
    assert_eq!(found(&site).into_keys().collect::<Vec<_>>(), ["api/tree.html", "functions.html"]);
    assert_eq!(left_out(&site, LeftOut::Repeats), ["api/allclasses-index.html", "api/functions_g.html"]);
}

#[test]
fn stubs_that_say_the_same_under_other_titles_are_left_out() {
    let stub = |name: &str| {
        format!("<html><title>{name}</title><main><h1>{name}</h1><p>This chapter has moved to the new edition.</main>")
    };
    let own =
        "<html><title>Ropes</title><main><h1>Ropes</h1><p>This chapter has moved to the new edition.<p>Not all of it.</main>";
    let stubs = ["a", "b", "c", "d"].map(|name| (format!("old/{name}.html"), stub(name)));
    let mut pages: Vec<(&str, &str)> = stubs.iter().map(|(path, html)| (path.as_str(), html.as_str())).collect();
    let others = ["x", "y", "z", "v", "w"]
        .map(|name| (format!("{name}.html"), format!("<html><title>{name}</title><main><p>All about {name}, in full.")));
    pages.push(("ropes.html", own));
    pages.extend(others.iter().map(|(path, html)| (path.as_str(), html.as_str())));
    let site = read(&pages, &SiteOptions::default()).unwrap();
    assert_eq!(site.report.left_out[&LeftOut::Repeats].pages, 4);
    assert_eq!(site.report.pages, 6);
}

#[test]
fn an_address_that_most_pages_name_as_theirs_is_not_believed() {
    let page = |text: &str| format!("<html><title>{text}</title><link rel=canonical href='https://x.org/'><main><p>{text}");
    let (home, a, b, c) = (page("Home"), page("Boats"), page("Ropes"), page("Sails"));
    let site = read(&[("index.html", &home), ("a.html", &a), ("b.html", &b), ("c.html", &c)], &SiteOptions::default()).unwrap();
    assert_eq!(site.report.pages, 4);
    assert!(site.report.warnings.iter().any(|note| note.message.contains("not believed")), "{:?}", site.report);
}

#[test]
fn pages_without_a_language_belong_to_that_of_most() {
    let page = |language: &str, text: &str| format!("<html {language}><title>{text}</title><main><p>{text}");
    let (a, b, c) = (page("lang=en-GB", "one"), page("", "two"), page("lang=sw", "tatu"));
    let site = read(&[("a.html", &a), ("b.html", &b), ("c.html", &c)], &SiteOptions::default()).unwrap();
    let counts: Vec<(&str, usize)> = site.languages.iter().map(|(language, pages)| (language.as_str(), pages.len())).collect();
    assert_eq!(counts, [("en", 2), ("sw", 1)]);
    assert_eq!(
        [site::words_of("en"), site::words_of("sw"), site::words_of("nb"), site::words_of("auto")],
        ["en", "none", "no", "auto"]
    );
}

#[test]
fn a_folder_of_markdown_becomes_an_index_whose_hits_lead_to_its_headings() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join("docs").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("index.md", "---\ntitle: Harbour\n---\nThe manual of the harbour.\n");
    write(
        "guide/moor.mdx",
        "import Note from './note'\n\n# Mooring\n\n<Note kind={'tip'}>\n  Two lines hold better.\n</Note>\n\n## At night\n\nLook for the green light.\n",
    );
    write("guide/_note.mdx", "A piece.\n");
    write("plans.md", "+++\ndraft = true\n+++\nA secret.\n");
    write("old.html", "<html><title>Old</title><p>Not this.</html>");
    let model = format!("{DATA}/tiny-quantized");
    let run = |args: &[&str]| inkling(folder.path(), args);
    let args = [
        "index",
        "docs/",
        "--model",
        &model,
        "--passage-tokens",
        "40",
        "--overlap",
        "8",
        "--base",
        "/manual",
        "--url-pattern",
        "{path}.html",
    ];
    let made = run(&args);
    assert!(stdout(&made).contains("left out: 1 noindex or drafts (plans.md)"), "{made:?}");
    let ask = |query: &str| -> Value {
        let answer: Value = serde_json::from_str(stdout(&run(&["search", query, "--mode", "lexical", "--json"]))).unwrap();
        answer["hits"][0].clone()
    };
    assert_eq!(
        (&ask("green light")["url"], &ask("green light")["title"]),
        (&json!("/manual/guide/moor.html#at-night"), &json!("Mooring"))
    );
    assert_eq!(ask("two lines")["passage"]["text"], "Two lines hold better.");
    for query in ["secret", "piece", "kind"] {
        assert_eq!(ask(query), Value::Null, "{query}");
    }
}

#[test]
fn settings_may_stand_in_a_file_and_synonyms_find_pages() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("public")).unwrap();
    write("public/a.html", "<html lang=en><title>Clusters</title><main><p>How we run kubernetes.</main>");
    write("public/b.html", "<html lang=en><title>Boats</title><main><p>Nothing of the kind.</main>");
    let model = format!("{DATA}/tiny-quantized").replace('\\', "/");
    write(
        "inkling.toml",
        &format!(
            "folder = 'public'\nmodel = '{model}'\nbase = '/docs/'\npassage-tokens = 40\noverlap = 8\nsynonyms = [['k8s', 'kubernetes']]\n"
        ),
    );
    stdout(&inkling(folder.path(), &["site"]));
    let found = inkling(folder.path(), &["search", "k8s", "--index", "public/search", "--mode", "lexical", "--json"]);
    let answer: Value = serde_json::from_str(stdout(&found)).unwrap();
    assert_eq!((&answer["found"], &answer["hits"][0]["url"]), (&json!(1), &json!("/docs/a.html")));
    write("inkling.toml", "floder = 'public'\n");
    let wrong = inkling(folder.path(), &["site", "public"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("floder"), "{wrong:?}");
}

#[test]
fn a_site_that_is_watched_is_built_again_when_a_page_changes() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("public/a.html");
    std::fs::create_dir(folder.path().join("public")).unwrap();
    let write = |text: &str| std::fs::write(&page, format!("<html lang=en><title>A</title><main><p>{text}</main>")).unwrap();
    write("First words.");
    let model = format!("{DATA}/tiny-quantized");
    let args = ["site", "public", "--model", &model, "--passage-tokens", "40", "--overlap", "8", "--watch", "--json"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_inkling"));
    let mut watcher = command.args(args).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let waits_for = |word: &str| {
        for _ in 0..600 {
            let found = inkling(folder.path(), &["search", word, "--index", "public/search", "--mode", "lexical", "--json"]);
            let answer: Value = serde_json::from_slice(&found.stdout).unwrap_or_default();
            if answer["found"] == 1 {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        false
    };
    let first = waits_for("first");
    write("Second words, and more of them.");
    let second = waits_for("second");
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    assert!(first && second, "{first} {second}");
}

/// What the npm package would bring along, as far as a page of results goes.
fn dist(folder: &Path) -> PathBuf {
    let dist = folder.join("dist");
    std::fs::create_dir(&dist).unwrap();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/www/src/element");
    for name in ["results.html", "element.css"] {
        std::fs::copy(Path::new(sources).join(name), dist.join(name)).unwrap();
    }
    dist
}

#[test]
fn a_page_with_all_results_is_written_for_each_language_and_named_in_the_lines_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let dist = dist(folder.path());
    let more = ["--json", "--dist", dist.to_str().unwrap()];
    let summary: Value = serde_json::from_str(stdout(&make(folder.path(), &PathBuf::from(DATA).join("site"), &more))).unwrap();
    for (at, language) in ["de", "en"].into_iter().enumerate() {
        let address = format!("/manual/search/page/results-{language}.html");
        assert_eq!(summary["languages"][at]["results"], *address);
        assert!(summary["html"][at + 1].as_str().unwrap().contains(&format!(r#"<form role="search" action="{address}">"#)));
        let page = std::fs::read_to_string(folder.path().join(format!("search/page/results-{language}.html"))).unwrap();
        assert!(
            page.contains(&format!(r#"<inkling-search results src="../{language}/" lang="{language}"></inkling-search>"#)),
            "{page}"
        );
        assert!(folder.path().join("search").join(language).join("manifest.json").exists());
    }

    let site = folder.path().join("public");
    std::fs::create_dir(&site).unwrap();
    std::fs::write(site.join("a.html"), "<html><title>A</title><main><p>One page.</main>").unwrap();
    let summary: Value = serde_json::from_str(stdout(&make(folder.path(), &site, &more))).unwrap();
    assert_eq!(summary["languages"][0]["results"], "/search/page/results.html");
    let page = std::fs::read_to_string(folder.path().join("search/page/results.html")).unwrap();
    assert!(page.contains(r#"<inkling-search results src="../"></inkling-search>"#), "{page}");
}

/// The compressed twins below a folder, by the paths of their files, each of them read and held to be the file's bytes.
fn twins(root: &Path) -> Vec<String> {
    let files = pages_of(root);
    let twins: Vec<&String> = files.iter().filter(|file| file.ends_with(".br") || file.ends_with(".gz")).collect();
    for twin in &twins {
        let bytes = std::fs::read(root.join(twin)).unwrap();
        let mut plain = Vec::new();
        match twin.ends_with(".br") {
            true => drop(std::io::Read::read_to_end(&mut brotli::Decompressor::new(&bytes[..], 4096), &mut plain).unwrap()),
            false => drop(std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut plain).unwrap()),
        }
        assert!(bytes.len() < plain.len(), "{twin} is larger");
        assert!(std::fs::read(root.join(&twin[..twin.len() - 3])).unwrap() == plain, "{twin} is of other bytes");
    }
    twins.into_iter().filter_map(|twin| twin.strip_suffix(".br")).map(str::to_owned).collect()
}

#[test]
fn compressed_twins_are_those_of_their_files_and_go_when_these_change() {
    let folder = tempfile::tempdir().unwrap();
    let dist = dist(folder.path());
    let site = folder.path().join("public");
    std::fs::create_dir(&site).unwrap();
    let write = |text: &str| std::fs::write(site.join("a.html"), format!("<title>A</title><main><p>{text}</main>")).unwrap();
    let root = folder.path().join("search");
    let dist = ["--dist", dist.to_str().unwrap()];
    write(&"The harbour and its boats. ".repeat(20));
    stdout(&make(folder.path(), &site, &[&dist[..], &["--compress"]].concat()));
    let all = twins(&root);
    for file in ["manifest.json", "docs/000.json", "model/tokenizer.txt", "page/element.css", "page/results.html"] {
        assert!(all.iter().any(|twin| twin == file), "{file}: {all:?}");
    }
    assert!(!root.join("docs/000.json.br.br").exists());

    // What has not changed keeps its twin, the rest has none: it would be sent in the new file's place.
    write(&"Another sentence about lighthouses. ".repeat(20));
    stdout(&make(folder.path(), &site, &dist));
    let rest = twins(&root);
    assert!(rest.iter().any(|twin| twin == "model/tokenizer.txt"), "{rest:?}");
    assert!(!rest.iter().any(|twin| ["manifest.json", "docs/000.json"].contains(&twin.as_str())), "{rest:?}");
    // What gains nothing has none, and neither has what is hidden.
    let noise: String = (0..500).map(|at| hex_sha256(format!("{at}").as_bytes())).collect();
    let noise: Vec<u8> =
        noise.as_bytes().chunks(2).map(|hex| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap()).collect();
    std::fs::write(root.join("noise.bin"), noise).unwrap();
    std::fs::write(root.join(".hidden"), "a".repeat(1000)).unwrap();
    let said: Value = serde_json::from_str(stdout(&inkling(folder.path(), &["compress", "search", "--json"]))).unwrap();
    assert_eq!(twins(&root), all);
    assert_eq!(said["files"], all.len());
    assert!(said["brotli_bytes"].as_u64().unwrap() < said["bytes"].as_u64().unwrap());

    let page = folder.path().join("page.html");
    std::fs::write(&page, format!("<title>{{{{title}}}}</title>{}<!--inkling:files-->", "<p>text</p>".repeat(100))).unwrap();
    let bundle = |more: &[&str]| {
        let args = ["bundle", "search", "--page", "page.html", "--out", "one/all.html"];
        stdout(&inkling(folder.path(), &[&args[..], more].concat()));
        twins(&folder.path().join("one"))
    };
    assert_eq!(bundle(&["--compress"]), ["all.html"]);
    assert_eq!(bundle(&[]), [""; 0]);
}

#[test]
fn a_site_that_may_lie_anywhere_has_relative_addresses_and_the_manifest_says_to_what() {
    let folder = tempfile::tempdir().unwrap();
    let page = |language: &str, text: &str| format!("<html lang={language}><title>Boats</title><main><p>{text}</main>");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir_all(folder.path().join("public/guide")).unwrap();
    write("public/guide/index.html", &page("en", "How we mend boats in winter."));
    let model = format!("{DATA}/tiny-quantized");
    let args = ["site", "public", "--base", "./", "--model", &model, "--passage-tokens", "40", "--overlap", "8"];
    let base = |manifest: &str| -> Value {
        let text = std::fs::read(folder.path().join(manifest)).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["base"].clone()
    };
    assert!(stdout(&inkling(folder.path(), &args)).contains("pages in a folder write ../ for ./"));
    assert_eq!(base("public/search/manifest.json"), "../");
    let found = inkling(folder.path(), &["search", "mend", "--index", "public/search", "--mode", "lexical", "--json"]);
    let answer: Value = serde_json::from_str(stdout(&found)).unwrap();
    assert_eq!(answer["hits"][0]["url"], "./guide/");
    write("public/de.html", &page("de", "Wie wir im Winter Boote flicken."));
    stdout(&inkling(folder.path(), &args));
    assert_eq!(
        (base("public/search/en/manifest.json"), base("public/search/de/manifest.json")),
        (json!("../../"), json!("../../"))
    );
    // What has another base before has none of its own.
    std::fs::remove_file(folder.path().join("public/de.html")).unwrap();
    let plain: Vec<&str> = args.iter().copied().filter(|arg| !["--base", "./"].contains(arg)).collect();
    stdout(&inkling(folder.path(), &plain));
    assert_eq!(base("public/search/manifest.json"), Value::Null);
}

#[test]
fn weights_move_pages_pins_put_them_first_and_what_is_no_page_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("public")).unwrap();
    let page = |title: &str, text: &str| format!("<html lang=en><title>{title}</title><main><p>{text}</main>");
    write("public/a.html", &page("Repairs", "A boat, a boat, a boat: all about the boat."));
    write("public/b.html", &page("Storage", "Where each boat lies in winter."));
    write("public/c.html", &page("Start", "Read this before anything else."));
    write("public/changes.html", &page("Release Notes", "A boat, a boat, a boat: all about the boat, and more of the boat."));
    let model = format!("{DATA}/tiny-quantized");
    let make = |more: &[&str]| {
        let args = ["site", "public", "--model", &model, "--passage-tokens", "40", "--overlap", "8", "--json"];
        let summary: Value = serde_json::from_str(stdout(&inkling(folder.path(), &[&args[..], more].concat()))).unwrap();
        summary["warnings"].clone()
    };
    let ask = |query: &str| -> Vec<String> {
        let args = ["search", query, "--index", "public/search", "--mode", "lexical", "--json", "--limit", "9"];
        let found = inkling(folder.path(), &args);
        let answer: Value = serde_json::from_str(stdout(&found)).unwrap();
        let hits = answer["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    make(&[]);
    assert_eq!(ask("boat"), ["a.html", "b.html", "changes.html"]);
    let more = ["--weights", "a.html=0.1", "--weights", "none/=2", "--pins", "boat=c.html", "--pins", "oar=d.html"];
    let warnings = make(&more).to_string();
    assert_eq!(ask("Boat?"), ["c.html", "b.html", "changes.html", "a.html"]);
    assert_eq!(ask("boat winter")[0], "b.html");
    assert!(warnings.contains("d.html") && warnings.contains("none/") && !warnings.contains("c.html"), "{warnings}");
}

#[test]
fn pages_that_nothing_else_tells_apart_come_in_the_order_of_the_sitemap() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir_all(folder.path().join("public/maps")).unwrap();
    for (name, season) in [("a", "spring"), ("b", "summer"), ("c", "autumn")] {
        let page = format!("<html lang=en><title>{season}</title><main><p>A boat in {season}.");
        write(&format!("public/{name}.html"), &page);
    }
    let model = format!("{DATA}/tiny-quantized");
    let ask = || -> Vec<String> {
        let args = ["site", "public", "--model", &model, "--passage-tokens", "40", "--overlap", "8"];
        stdout(&inkling(folder.path(), &args));
        let args = ["search", "boat", "--index", "public/search", "--mode", "lexical", "--json"];
        let answer: Value = serde_json::from_str(stdout(&inkling(folder.path(), &args))).unwrap();
        let hits = answer["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ask(), ["a.html", "b.html", "c.html"]);
    let map = |pages: &[&str]| -> String {
        let urls = pages.iter().map(|page| format!("<url><loc>https://boats.example/p/{page}</loc></url>"));
        format!(
            "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>",
            urls.collect::<String>()
        )
    };
    write("public/maps/0.xml", &map(&["c", "b"]));
    let list = "<sitemapindex><sitemap><loc>https://boats.example/p/maps/0.xml</loc></sitemap></sitemapindex>";
    write("public/sitemap-index.xml", list);
    assert_eq!(ask(), ["c.html", "b.html", "a.html"]);
    write("public/sitemap.xml", &map(&["b.html"]));
    assert_eq!(ask(), ["b.html", "a.html", "c.html"]);
}

#[test]
fn words_weigh_in_titles_what_the_owner_says_and_other_fields_are_named_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("public")).unwrap();
    write("public/a.html", "<html lang=en><title>Old boats</title><main><p>How they are mended in winter, and by whom.");
    write("public/b.html", "<html lang=en><title>Storage</title><main><p>Where boats lie, which boats, and how many boats.");
    let model = format!("{DATA}/tiny-quantized");
    let make = |more: &[&str]| {
        let args = ["site", "public", "--model", &model, "--passage-tokens", "40", "--overlap", "8"];
        inkling(folder.path(), &[&args[..], more].concat())
    };
    let first = || {
        let args = ["search", "boats", "--index", "public/search", "--mode", "lexical", "--json"];
        let answer: Value = serde_json::from_str(stdout(&inkling(folder.path(), &args))).unwrap();
        answer["hits"][0]["id"].as_str().unwrap().to_owned()
    };
    for (more, expected) in [(&["--boost", "title=9"][..], "a.html"), (&["--boost", "title=0.1"], "b.html")] {
        stdout(&make(more));
        assert_eq!(first(), expected);
    }
    write("inkling.toml", "boost = { title = 9 }\n");
    stdout(&make(&[]));
    assert_eq!(first(), "a.html");
    let refused = make(&["--boost", "heading=2"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("\"heading\"") && said.contains("title, people, fields or text"),
        "{said}"
    );
}
