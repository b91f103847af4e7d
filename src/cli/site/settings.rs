//! How a site is made searchable: by flags, by `inkling.toml`, or by `inkling` in `package.json`. They have the same names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::engine::folder::read_file;
use crate::error::{Error, ErrorKind, Result};
use crate::host;
use crate::site::SiteOptions;
use crate::text::passages::PassageOptions;

/// The file of settings in the folder that the command is called in.
const FILE: &str = "inkling.toml";

/// Settings as flags and files give them. A flag goes before a file, a file before what is usual.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Folder of the built site
    pub folder: Option<PathBuf>,
    /// Folder of a quantized model, as `inkling model pull` writes it [default: model, else the model of an installed package, else
    /// the one that was pulled before, else it is pulled]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Folder of what encodes queries, which is what visitors load; `none` for the model of the pages [default: what lies with that,
    /// else what came with this program for it, else that model]
    #[arg(long, value_name = "DIR")]
    pub query_model: Option<PathBuf>,
    /// Folder to write to, from where the site serves it [default: search in the site's folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What goes before the address of every page, such as /project/ or https://example.org/; `./` for a site that may lie
    /// anywhere [default: what the pages' canonical addresses have in common]
    #[arg(long, value_name = "PATH")]
    pub base: Option<String>,
    /// CSS selector of the main content [default: it is found]
    #[arg(long, value_name = "SELECTOR")]
    pub main: Option<String>,
    /// CSS selector of what is left out of it; may be repeated
    #[arg(long, value_name = "SELECTOR")]
    pub exclude: Vec<String>,
    /// Where pages of Markdown lie, such as /docs/{path}.html; {dir}, {name} and {slug} are parts of it [default: {path}/]
    #[arg(long, value_name = "PATTERN")]
    pub url_pattern: Option<String>,
    /// Words that stand for each other, such as k8s,kubernetes; may be repeated
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub synonyms: Vec<Words>,
    /// How much pages count beside others, by the beginning of their files, such as blog/=0.5; may be repeated [default: change logs
    /// and lists of links 0.5]
    #[arg(long, value_name = "FILES=NUMBER", value_parser = weight)]
    pub weights: Vec<(String, f64)>,
    /// Page that comes first for a question, by its file, such as "install=guide/install.html"; may be repeated
    #[arg(long, value_name = "QUESTION=FILE", value_parser = pin)]
    pub pins: Vec<(String, String)>,
    /// What words weigh in the title, the people, the other fields or the text of pages, such as title=4; may be repeated [default: title 2.5,
    /// people 2, fields 1, text 1]
    #[arg(long, value_name = "FIELD=NUMBER", value_parser = weight)]
    #[serde(deserialize_with = "by_name")]
    pub boost: Vec<(String, f64)>,
    /// Most tokens of a passage, title and headings included [default: 200]
    #[arg(long, value_name = "N")]
    pub passage_tokens: Option<usize>,
    /// Tokens that a passage shares with the one before it [default: 40]
    #[arg(long, value_name = "N")]
    pub overlap: Option<usize>,
    /// Folder `dist` of the npm package, from which what a page loads is copied [default: that of the package by which this was
    /// installed, else node_modules/inkling-search/dist]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
    /// Also write .br and .gz beside what gets smaller by it, for hosts that do not compress themselves
    #[arg(long)]
    pub compress: bool,
}

/// Words that stand for each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Words(pub Vec<String>);

fn words(list: &str) -> Result<Words, String> {
    let words: Vec<String> = list.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    if words.len() < 2 { Err("give at least two words with commas between them".to_owned()) } else { Ok(Words(words)) }
}

fn weight(pair: &str) -> Result<(String, f64), String> {
    let (start, weight) = pair.rsplit_once('=').ok_or("give FILES=NUMBER, such as blog/=0.5")?;
    let weight: f64 = weight.trim().parse().map_err(|_| format!("{weight:?} is no number"))?;
    if (0.01..=100.0).contains(&weight) { Ok((start.to_owned(), weight)) } else { Err("a weight is from 0.01 to 100".to_owned()) }
}

/// The entries of an object: `boost: {title: 4}`.
fn by_name<'de, D: serde::Deserializer<'de>>(object: D) -> Result<Vec<(String, f64)>, D::Error> {
    BTreeMap::deserialize(object).map(|entries| entries.into_iter().collect())
}

fn pin(pair: &str) -> Result<(String, String), String> {
    let (question, file) = pair.rsplit_once('=').ok_or("give QUESTION=FILE, such as \"install=guide/install.html\"")?;
    Ok((question.trim().to_owned(), file.trim().to_owned()))
}

impl Settings {
    /// These settings, and where they say nothing those of a file: the one named, else `inkling.toml`, else `package.json`.
    ///
    /// # Errors
    /// `not-found` for a file that is named and not there, `invalid-input` for a key that is none.
    pub fn with_file(self, named: Option<&Path>) -> Result<Self> {
        let file = match named {
            Some(path) => Self::from_toml(path)?,
            None if host::exists(Path::new(FILE)) => Self::from_toml(Path::new(FILE))?,
            None => Self::from_package(Path::new("package.json"))?,
        };
        let list = |own: Vec<String>, other: Vec<String>| if own.is_empty() { other } else { own };
        Ok(Self {
            folder: self.folder.or(file.folder),
            model: self.model.or(file.model),
            query_model: self.query_model.or(file.query_model),
            out: self.out.or(file.out),
            base: self.base.or(file.base),
            main: self.main.or(file.main),
            exclude: list(self.exclude, file.exclude),
            url_pattern: self.url_pattern.or(file.url_pattern),
            synonyms: if self.synonyms.is_empty() { file.synonyms } else { self.synonyms },
            weights: if self.weights.is_empty() { file.weights } else { self.weights },
            pins: if self.pins.is_empty() { file.pins } else { self.pins },
            boost: if self.boost.is_empty() { file.boost } else { self.boost },
            passage_tokens: self.passage_tokens.or(file.passage_tokens),
            overlap: self.overlap.or(file.overlap),
            dist: self.dist.or(file.dist),
            compress: self.compress || file.compress,
        })
    }

    fn from_toml(path: &Path) -> Result<Self> {
        let text = String::from_utf8(read_file(path)?).map_err(|cause| wrong(path, "is not UTF-8").caused_by(cause))?;
        toml::from_str(&text).map_err(|cause: toml::de::Error| {
            let line = cause.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
            wrong(path, &format!("cannot be used, line {line}: {}", cause.message().replace('\n', ", ")))
        })
    }

    /// The key `inkling` of a `package.json`, if there is one: a project may have others there.
    fn from_package(path: &Path) -> Result<Self> {
        let Ok(bytes) = host::read(path) else { return Ok(Self::default()) };
        let package: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let Some(settings) = package.get("inkling") else { return Ok(Self::default()) };
        serde_json::from_value(settings.clone()).map_err(|cause| wrong(path, &format!("cannot be used: inkling: {cause}")))
    }

    /// The folder of the site.
    ///
    /// # Errors
    /// `invalid-input` where none is named.
    pub fn folder(&self) -> Result<&Path> {
        let what = "which site? Give the folder that its generator writes: inkling site public";
        self.folder.as_deref().ok_or_else(|| Error::new(ErrorKind::InvalidInput, what))
    }

    /// How the pages are read.
    pub fn site(&self) -> SiteOptions {
        let Self { base, main, exclude, url_pattern, weights, pins, .. } = self.clone();
        let synonyms = self.synonyms.iter().map(|words| words.0.clone()).collect();
        SiteOptions { base, main, exclude, url_pattern, synonyms, weights, pins, ..SiteOptions::default() }
    }

    /// What words weigh in fields, in hundredths.
    pub fn boosts(&self) -> Vec<(String, u16)> {
        self.boost.iter().map(|(name, weight)| (name.clone(), (weight * 100.0).round().clamp(0.0, 10_000.0) as u16)).collect()
    }

    /// How they are cut.
    pub fn passages(&self) -> PassageOptions {
        let usual = PassageOptions::default();
        let (max_tokens, overlap) = (self.passage_tokens.unwrap_or(usual.max_tokens), self.overlap.unwrap_or(usual.overlap));
        PassageOptions { max_tokens, overlap }
    }
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{} {what}", path.display()))
}

// The library that makes folders for tests does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_of_the_schema_is_a_flag_and_a_key_of_the_file() {
        let schema: Value = serde_json::from_str(include_str!("../../../docs/inkling.schema.json")).unwrap();
        let keys: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let command = <Settings as clap::Args>::augment_args(clap::Command::new("site"));
        let flags: BTreeSet<String> = command.get_arguments().map(|flag| flag.get_id().as_str().replace('_', "-")).collect();
        assert_eq!(keys, flags.iter().map(String::as_str).collect());
        for key in keys {
            let value = match schema["properties"][key]["type"].as_str().unwrap() {
                "boolean" => serde_json::json!(true),
                "integer" => serde_json::json!(20),
                "array" if ["synonyms", "pins"].contains(&key) => serde_json::json!([["a", "b"]]),
                "array" if key == "weights" => serde_json::json!([["a", 0.5]]),
                "array" => serde_json::json!(["a"]),
                "object" => serde_json::json!({"title": 4}),
                _ => serde_json::json!("a"),
            };
            let json = serde_json::json!({ key: value });
            assert!(serde_json::from_value::<Settings>(json).is_ok_and(|settings| settings != Settings::default()), "{key}");
        }
    }

    #[test]
    fn flags_go_before_files_and_unknown_keys_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "folder = 'public'\nbase = '/a/'\nsynonyms = [['k8s', 'kubernetes']]\npassage-tokens = 100\n")
            .unwrap();
        let flags = Settings { base: Some("/b/".into()), ..Settings::default() };
        let settings = flags.with_file(Some(&path)).unwrap();
        assert_eq!((settings.folder().unwrap(), settings.base.as_deref()), (Path::new("public"), Some("/b/")));
        assert_eq!((settings.passages().max_tokens, settings.passages().overlap), (100, 40));
        assert_eq!(settings.site().synonyms, [["k8s", "kubernetes"]]);
        std::fs::write(&path, "foldr = 'public'\n").unwrap();
        let error = Settings::default().with_file(Some(&path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("foldr"), "{error}");
        assert!(Settings::default().folder().is_err());
        std::fs::write(&path, r#"{"name": "x", "inkling": {"folder": "dist"}}"#).unwrap();
        assert_eq!(Settings::from_package(&path).unwrap().folder.unwrap(), Path::new("dist"));
    }
}
