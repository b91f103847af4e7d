//! What can be told of a page only beside the others of its site: copies, what all pages say, the site's name.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::address::Addresses;
use super::blocks::{Block, Kind};
use super::page::{LeftOut, Page};
use super::report::{Note, Report};

/// A line that at least this many pages have, and half of them all, belongs to the site and to no page.
const REPEATED_PAGES_MIN: usize = 3;

/// A block on more pages than this tells of none of them that it is repeated as a whole.
const TELLING_PAGES_MAX: usize = 20;

/// Bytes from which a block's text is long enough to tell that a page repeats another.
const TELLING_BYTES_MIN: usize = 20;

/// A page of so many bytes at most whose every line is on so many pages is a stub: it stands for a page that is not there.
const STUB_BYTES_MAX: usize = 400;
const STUBS_MIN: usize = 4;

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn kept(pages: &[Page]) -> impl Iterator<Item = (usize, &Page)> {
    pages.iter().enumerate().filter(|(_, page)| page.left_out.is_none())
}

/// Leaves out what other pages of the site make superfluous, and drops the lines that most of them have.
pub fn compare(pages: &mut [Page], addresses: &Addresses, report: &mut Report) {
    without_bodies(pages);
    named_copies(pages, addresses, report);
    exact_copies(pages, addresses);
    repeating(pages);
    report.repeated_blocks = drop_repeated(pages);
}

fn without_bodies(pages: &mut [Page]) {
    if kept(pages).any(|(_, page)| page.has_body) {
        for page in pages.iter_mut().filter(|page| page.left_out.is_none() && !page.has_body) {
            page.left_out = Some(LeftOut::NoBody);
        }
    }
}

/// Pages that name another page as their original; where half of the site names one and the same, that is a mistake.
fn named_copies(pages: &mut [Page], addresses: &Addresses, report: &mut Report) {
    let copies: Vec<(usize, usize)> = kept(pages)
        .filter_map(|(at, _)| Some((at, addresses.originals[at]?)))
        .filter(|(_, of)| pages[*of].left_out.is_none())
        .collect();
    let mut named: BTreeMap<usize, usize> = BTreeMap::new();
    copies.iter().for_each(|(_, original)| *named.entry(*original).or_default() += 1);
    let total = kept(pages).count();
    let wrong = named.into_iter().find(|(_, times)| *times > 2 && times * 2 > total).map(|(original, _)| original);
    if let Some(original) = wrong {
        let file = pages[original].path.clone();
        let message = "most pages name this one as their canonical address: that is not believed".to_owned();
        report.warnings.push(Note { file, line: None, message });
    }
    for (at, original) in copies {
        // Two that name each other are two pages.
        if Some(original) != wrong && addresses.originals[original].is_none() {
            pages[at].left_out = Some(LeftOut::Canonical);
        }
    }
}

/// Of pages that say the same, one that names its own address stays, else that with the shortest.
fn exact_copies(pages: &mut [Page], addresses: &Addresses) {
    let mut first: HashMap<u64, usize> = HashMap::new();
    let mut copies = Vec::new();
    let order =
        |at: usize| (!addresses.is_named(at), addresses.url(at, &pages[at]).matches('/').count(), pages[at].path.len(), at);
    for (at, page) in kept(pages) {
        let texts: Vec<(&str, bool)> = page.blocks.iter().map(|block| (block.text.as_str(), block.kind == Kind::Code)).collect();
        let before = first.entry(hash_of((page.head.language.as_deref(), &page.h1, texts))).or_insert(at);
        if *before != at {
            let (keep, copy) = if order(at) < order(*before) { (at, *before) } else { (*before, at) };
            *before = keep;
            copies.push(copy);
        }
    }
    for copy in copies {
        pages[copy].left_out = Some(LeftOut::Copy);
    }
}

/// Pages that are nothing but several others one below the other.
fn repeating(pages: &mut [Page]) {
    let told: BTreeMap<usize, Vec<(u64, usize)>> = kept(pages).map(|(at, page)| (at, telling(page))).collect();
    let bytes: HashMap<usize, usize> =
        told.iter().map(|(at, blocks)| (*at, blocks.iter().map(|(_, bytes)| bytes).sum())).collect();
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, blocks) in &told {
        blocks.iter().for_each(|(hash, _)| places.entry(*hash).or_default().push(*at));
    }
    for (at, blocks) in &told {
        let says_nothing_else = !blocks.is_empty() && blocks.iter().all(|(hash, _)| places[hash].len() >= STUBS_MIN);
        if says_nothing_else && bytes[at] <= STUB_BYTES_MAX && !has_more(&pages[*at]) {
            pages[*at].left_out = Some(LeftOut::Repeats);
        }
    }
    places.retain(|_, on| (2..=TELLING_PAGES_MAX).contains(&on.len()));
    for (at, blocks) in &told {
        let (mut repeated, mut shared) = (0, BTreeMap::<usize, usize>::new());
        for (hash, bytes) in blocks {
            let Some(on) = places.get(hash) else { continue };
            repeated += bytes;
            on.iter().filter(|other| *other != at).for_each(|other| *shared.entry(*other).or_default() += bytes);
        }
        if repeated == 0 || repeated * 5 < bytes[at] * 4 {
            continue;
        }
        let whole = shared.into_iter().map(|(other, shared)| (shared, bytes[&other]));
        let whole: Vec<usize> = whole.filter(|(shared, all)| shared * 10 >= all * 9).map(|(_, all)| all).collect();
        // Versions of one page repeat each other, too, but none is as long as all the others.
        if whole.len() >= 2 && bytes[at] * 10 >= whole.iter().sum::<usize>() * 8 {
            pages[*at].left_out = Some(LeftOut::Repeats);
        }
    }
}

/// Whether a page has text beside the blocks that tell whether it repeats another.
fn has_more(page: &Page) -> bool {
    page.blocks.iter().any(|block| !is_heading(block) && block.text.len() < TELLING_BYTES_MIN)
}

/// The blocks of a page that tell whether another repeats it, each once: hash and length.
fn telling(page: &Page) -> Vec<(u64, usize)> {
    let is_telling = |block: &&Block| block.text.len() >= TELLING_BYTES_MIN && !is_heading(block);
    let mut blocks: Vec<_> =
        page.blocks.iter().filter(is_telling).map(|block| (hash_of(&block.text), block.text.len())).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}

/// Drops the lines that most pages have, and the headings of which nothing is left then; says how many lines.
fn drop_repeated(pages: &mut [Page]) -> usize {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for (_, page) in kept(pages) {
        let lines: HashSet<u64> = page.blocks.iter().map(|block| hash_of((is_heading(block), &block.text))).collect();
        lines.into_iter().for_each(|line| *counts.entry(line).or_default() += 1);
    }
    let total = kept(pages).count();
    let is_everywhere = |block: &Block| {
        let on = counts.get(&hash_of((is_heading(block), &block.text))).copied().unwrap_or_default();
        on >= REPEATED_PAGES_MIN && on * 2 >= total
    };
    let mut dropped = 0;
    for page in pages.iter_mut().filter(|page| page.left_out.is_none()) {
        let before = std::mem::take(&mut page.blocks);
        let mut after: Vec<Block> = Vec::with_capacity(before.len());
        let count = before.len();
        let stays = |block: &Block| block.kind != Kind::Text || !is_everywhere(block);
        for block in before.into_iter().filter(stays) {
            drop_bare(&mut after, Some(&block), &is_everywhere);
            after.push(block);
        }
        drop_bare(&mut after, None, &is_everywhere);
        dropped += count - after.len();
        page.blocks = after;
        page.left_out = page.blocks.is_empty().then_some(LeftOut::Empty);
    }
    dropped
}

/// Takes away a last heading that most pages have, where nothing or a heading that is no deeper follows.
fn drop_bare(blocks: &mut Vec<Block>, next: Option<&Block>, is_everywhere: &impl Fn(&Block) -> bool) {
    let level = |block: &Block| if let Kind::Heading { level, .. } = block.kind { Some(level) } else { None };
    while let Some(last) = blocks.last() {
        let is_bare = level(last).is_some_and(|own| next.is_none_or(|next| level(next).is_some_and(|next| next <= own)));
        if !is_bare || !is_everywhere(last) {
            return;
        }
        blocks.pop();
    }
}

fn is_heading(block: &Block) -> bool {
    matches!(block.kind, Kind::Heading { .. })
}

/// Titles of the pages of a site.
pub struct Titles {
    /// Headings and titles that are on most pages: the site's name.
    everywhere: HashSet<String>,
    /// What comes before or after a page's own title on most pages.
    ends: Vec<String>,
}

const SEPARATORS: [&str; 11] = [" | ", " - ", " – ", " — ", " · ", " • ", " :: ", " » ", " « ", " / ", ": "];

impl Titles {
    /// Learns the site's name from its pages.
    pub fn of<'p>(pages: &'p [Page]) -> Self {
        let all = || kept(pages).map(|(_, page)| page);
        let titles = |page: &'p Page| [page.h1.as_deref(), page.head.og_title.as_deref()];
        let ends_of = |page: &'p Page| [last_part, first_part].map(|part| page.head.title.as_deref().and_then(part));
        // Below the top of a site there may be other sites whole.
        let at_top = all().filter(|page| !page.path.trim_end_matches("/index.html").contains('/'));
        let mut ends = common(all().map(ends_of), 2);
        ends.extend(common(at_top.map(ends_of), REPEATED_PAGES_MIN));
        Self { everywhere: common(all().map(titles), REPEATED_PAGES_MIN).into_iter().collect(), ends }
    }

    /// The title of a page: what an attribute names, its first heading, its title for other sites, its title without the name of
    /// the site, its address.
    pub fn title(&self, page: &Page) -> String {
        let own = |title: &&String| !self.everywhere.contains(*title);
        let head = page.head.title.as_deref().map(|title| self.without_site(title, page.head.site_name.as_deref()));
        // Of several first headings none is the page's own title, unless the title says so.
        let firsts = page.blocks.iter().filter(|block| matches!(block.kind, Kind::Heading { level: 1, .. })).count();
        let agrees = |h1: &&String| firsts < 2 || head.is_none_or(|head| head.contains(h1.as_str()) || h1.contains(head));
        // Where the heading is the whole title, it has the name of the site as well.
        let cut = |h1: &'_ String| head.filter(|_| page.head.title.as_ref() == Some(h1));
        let h1 = page.h1.as_ref().filter(own).filter(agrees).map(|h1| cut(h1).unwrap_or(h1));
        let og = page.head.og_title.as_ref().filter(own).map(|title| self.without_site(title, page.head.site_name.as_deref()));
        let found = page.named.as_deref().or(h1).or(og).or(head).or(page.h1.as_deref());
        found.unwrap_or(&page.path).to_owned()
    }

    fn without_site<'t>(&self, title: &'t str, site: Option<&str>) -> &'t str {
        let is_site = |part: &str| Some(part) == site || self.ends.iter().any(|end| end == part);
        if let Some(part) = last_part(title).filter(|part| is_site(part)) {
            return cut(title, title.len() - part.len(), true);
        }
        match first_part(title).filter(|part| is_site(part)) {
            Some(part) => cut(title, part.len(), false),
            None => title,
        }
    }
}

/// What at least so many pages say, and half of them all.
fn common<'p>(pages: impl Iterator<Item = [Option<&'p str>; 2]>, least: usize) -> Vec<String> {
    let (mut counts, mut total) = (BTreeMap::<&str, usize>::new(), 0);
    for [first, second] in pages {
        total += 1;
        for text in first.into_iter().chain(second.filter(|_| second != first)) {
            *counts.entry(text).or_default() += 1;
        }
    }
    let is_common = |on: usize| on >= least && on * 2 >= total;
    counts.into_iter().filter(|(_, on)| is_common(*on)).map(|(text, _)| text.to_owned()).collect()
}

/// What follows the last separator of a title.
fn last_part(title: &str) -> Option<&str> {
    let starts = SEPARATORS.iter().filter_map(|sign| Some(title.rfind(sign)? + sign.len()));
    starts.max().map(|start| &title[start..])
}

/// What comes before the first separator of a title.
fn first_part(title: &str) -> Option<&str> {
    SEPARATORS.iter().filter_map(|sign| title.find(sign)).min().map(|end| &title[..end])
}

/// A title before or after a place, without the separator there; the whole title where nothing is left.
fn cut(title: &str, at: usize, before: bool) -> &str {
    let is_separator = |c: char| c.is_whitespace() || "|-–—·•:»«/".contains(c);
    let rest = if before { title[..at].trim_end_matches(is_separator) } else { title[at..].trim_start_matches(is_separator) };
    if rest.is_empty() { title } else { rest }
}
