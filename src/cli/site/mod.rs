//! `inkling site`

mod files;
mod settings;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use self::files::{address_of, copy_page_files, pages_in, remove_other_languages, way_up, write_results_page};
use self::settings::Settings;
use self::summary::{Part, Summary};
use super::compress::compress;
use super::models::{Models, Shares, both, bytes_of};
use super::progress::{Bar, counter};
use super::{found, note, note_error, print, print_json};
use crate::encoder::Encoder;
use crate::engine::build::{BuildOptions, build_after};
use crate::engine::earlier::{MARKS_FILE, marks};
use crate::engine::folder::{earlier, read_file, write_files};
use crate::error::Result;
use crate::host;
use crate::index::document::Document;
use crate::index::manifest::{Manifest, Needed};
use crate::site;
use crate::text::passages::PassageOptions;

/// The folder, below the search, of what a page loads to show it.
const PAGE_FOLDER: &str = "page";

/// How often a site is looked at, and how long it must have been left alone before it is read again.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// Make a built site searchable: reads its pages, writes the folder that the site serves.
///
/// FOLDER is what the generator of the site writes: public (Hugo, Gatsby), dist (Astro, VitePress), _site (Jekyll, Eleventy),
/// build/html (Sphinx), site (MkDocs), book (mdBook). A folder without built pages but with Markdown is read as that. Of each
/// page the main content is read, by its headings: hits lead to them. What does not belong there is left out and counted.
/// Pages may say more by the attributes of Pagefind (`data-pagefind-body`, `-ignore`, `-meta`, `-filter`, `-sort`,
/// `-weight`), or the same as `data-inkling-…`. Every option may also stand in inkling.toml, or under `inkling` in
/// package.json.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// File of settings [default: inkling.toml, or `inkling` in package.json]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Stay, and build again whenever a page has changed
    #[arg(long)]
    watch: bool,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

/// What `inkling index` is asked to do with a folder of Markdown.
pub struct MarkdownFolder {
    pub folder: PathBuf,
    pub model: Option<PathBuf>,
    pub query_model: Option<PathBuf>,
    pub out: PathBuf,
    pub base: Option<String>,
    pub url_pattern: Option<String>,
    pub passages: PassageOptions,
    pub compress: bool,
    pub json: bool,
}

impl MarkdownFolder {
    pub fn run(self) -> Result<()> {
        let Self { folder, model, query_model, out, base, url_pattern, passages, compress, json } = self;
        let settings = Settings {
            folder: Some(folder),
            model,
            query_model,
            out: Some(out),
            base,
            url_pattern,
            passage_tokens: Some(passages.max_tokens),
            overlap: Some(passages.overlap),
            compress,
            ..Settings::default()
        };
        Job::new(settings, true)?.run(json)
    }
}

impl Args {
    pub fn run(self) -> Result<()> {
        let job = Job::new(self.settings.with_file(self.config.as_deref())?, false)?;
        if !self.watch {
            return job.run(self.json);
        }
        let mut built = None;
        let mut seen = job.state();
        loop {
            // A generator that is still writing is waited for.
            let now = job.state();
            if now == seen && built.as_ref() != Some(&now) {
                if let Err(error) = job.run(self.json) {
                    note_error(&error);
                }
                built = Some(now);
                note("watching: stop with Ctrl+C");
            } else {
                seen = now;
            }
            host::sleep(WATCH_EVERY);
        }
    }
}

/// A site to be made searchable.
struct Job {
    settings: Settings,
    folder: PathBuf,
    out: PathBuf,
    models: Models,
    encoder: Encoder,
    prefers_markdown: bool,
}

impl Job {
    fn new(settings: Settings, prefers_markdown: bool) -> Result<Self> {
        let folder = settings.folder()?.to_owned();
        let out = settings.out.clone().unwrap_or_else(|| folder.join("search"));
        pages_in(&folder, &out, prefers_markdown)?;
        let models = both(settings.model.as_deref(), settings.query_model.as_deref())?;
        models.note_browsers()?;
        let encoder = models.documents.encoder()?;
        Ok(Self { settings, folder, out, models, encoder, prefers_markdown })
    }

    /// The pages with their lengths and when they were written.
    fn state(&self) -> Vec<(String, u64, Option<Duration>)> {
        let pages = pages_in(&self.folder, &self.out, self.prefers_markdown).unwrap_or_default();
        let state = |page: String| {
            let about = host::about(&self.folder.join(&page)).ok();
            let written = about.as_ref().and_then(|about| about.modified);
            (page, about.map_or(0, |about| about.bytes), written)
        };
        pages.into_iter().map(state).collect()
    }

    fn run(&self, json: bool) -> Result<()> {
        let paths = pages_in(&self.folder, &self.out, self.prefers_markdown)?;
        let bar = counter("reading", "pages", paths.len());
        let load = |path: &str| read_file(&self.folder.join(path));
        let options = site::SiteOptions { sitemap: site::sitemap(|path| load(path).ok()), ..self.settings.site() };
        let site = site::read(&paths, load, &options, || bar.inc(1))?;
        bar.finish_and_clear();

        let src = address_of(&self.folder, &self.out, &site.base);
        let is_single = site.languages.len() == 1;
        remove_other_languages(&self.out, &site)?;
        let mut parts = Vec::new();
        for (language, documents) in &site.languages {
            let name = Some(language.as_str()).filter(|_| !is_single);
            let folder = name.map_or_else(|| self.out.clone(), |name| self.out.join(name));
            let base = (site.base == site::ANYWHERE).then(|| way_up(&self.folder, &self.out, name));
            let (manifest, encoded) = self.write(language, documents, &folder, base)?;
            let bytes = |needed| bytes_of(&manifest, needed);
            parts.push(Part {
                language: language.clone(),
                pages: documents.len(),
                passages: manifest.passages,
                encoded,
                index_bytes: bytes(Needed::Index),
                meaning_bytes: bytes(Needed::Model) + bytes(Needed::Meaning),
                models: Shares::of(&self.models, &manifest)?,
                out: folder.display().to_string(),
                src: if is_single { src.clone() } else { format!("{src}{language}/") },
                results: None,
            });
        }
        let dist = found::dist(self.settings.dist.as_deref());
        let page = self.out.join(PAGE_FOLDER);
        let page_files = copy_page_files(&dist, &page)?;
        for part in &mut parts {
            part.results = self.write_results(&dist, &page, part, is_single)?.map(|name| format!("{src}{PAGE_FOLDER}/{name}"));
        }
        if self.settings.compress {
            compress(&self.out)?;
        }
        let summary = Summary::new(site.report, parts, page_files, &src);
        if json { print_json(&summary) } else { print(summary.text(&dist)) }
    }

    /// Writes the page of all results of a language, and gives its name; nothing where the npm package has none.
    fn write_results(&self, dist: &Path, page: &Path, part: &Part, is_single: bool) -> Result<Option<String>> {
        let language = &part.language;
        let (name, index) = match is_single {
            true => ("results.html".to_owned(), "../".to_owned()),
            false => (format!("results-{language}.html"), format!("../{language}/")),
        };
        Ok(write_results_page(dist, page, &name, &index, language)?.then_some(name))
    }

    /// Builds the index of a language in its folder; also says how many passages were encoded. Relative addresses are relative to `base`.
    fn write(&self, language: &str, documents: &[Document], folder: &Path, base: Option<String>) -> Result<(Manifest, usize)> {
        let (encoder, passages) = (&self.encoder, self.settings.passages());
        let language = site::words_of(language).to_owned();
        let options = BuildOptions { passages, language, boosts: self.settings.boosts(), ..BuildOptions::default() };
        let before = earlier(folder, encoder.config(), passages.for_model(encoder.tokenizer())?);
        let bar: OnceLock<Bar> = OnceLock::new();
        let start = |passages| drop(bar.set(counter("encoding", "passages", passages)));
        let progress = |passages: usize| bar.get().into_iter().for_each(|bar| bar.inc(passages as u64));
        let built = build_after(documents, encoder, &self.models.documents.files(), &options, before, start, progress)?;
        let built = self.models.ask(built, documents)?.based_on(base);
        bar.get().into_iter().for_each(Bar::finish_and_clear);
        let marks = marks(&built.manifest, encoder.config(), documents)?;
        let files = built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
        write_files(folder, std::iter::once((MARKS_FILE, marks.as_slice())).chain(files))?;
        let encoded = bar.get().and_then(Bar::length).unwrap_or_default() as usize;
        Ok((built.manifest, encoded))
    }
}
