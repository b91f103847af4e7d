//! The search as JavaScript drives it (`www/src/worker/searching.ts`): nothing here waits. Files are handed in when they have come, and so is
//! the vector of a question.

use js_sys::{Array, Map, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use super::convert::{plain, read_option, set, texts, unreadable};
use super::shown::{shown, shown_answer};
use crate::engine::{self, Answer, DEFAULT_LIMIT, Documents, Index, Mode, QueryOptions, QueryVector};
use crate::error::{Error, ErrorKind, Result};
use crate::index::clusters::Clusters;
use crate::index::codes::Codes;
use crate::index::document::{Document, read_shard};
use crate::index::fusion::Ranked;
#[cfg(not(feature = "build"))]
use crate::index::lexical;
use crate::index::manifest::{self, CLUSTERS_FILE, FileEntry, LEXICAL_FILE, ModelIdentity, PASSAGES_FILE};
use crate::index::places::Places;
use crate::index::table::Filters;
use crate::index::vectors::Vectors;
use crate::isa;

#[wasm_bindgen]
extern "C" {
    /// What encodes queries, as the index asks it: whether its vocabulary has a word as it is.
    pub type Vocabulary;
    #[wasm_bindgen(method, catch, js_name = isWord)]
    fn is_word(this: &Vocabulary, word: &str) -> std::result::Result<bool, JsValue>;
}

#[cfg(not(feature = "build"))]
#[wasm_bindgen]
extern "C" {
    /// What knows other languages than English: the module `inkling-languages`.
    pub type Languages;
    #[wasm_bindgen(method)]
    fn stems(this: &Languages, language: &str, words: &str) -> String;
    #[wasm_bindgen(method, js_name = stopWords)]
    fn stop_words(this: &Languages, language: &str) -> String;
}

#[cfg(not(feature = "build"))]
impl lexical::Languages for Languages {
    fn stems(&self, language: &str, words: &str) -> String {
        Languages::stems(self, language, words)
    }

    fn stop_words(&self, language: &str) -> String {
        Languages::stop_words(self, language)
    }
}

/// Takes what knows other languages than English. What builds indexes knows all, and asks for none.
#[cfg(not(feature = "build"))]
#[wasm_bindgen(js_name = setLanguages)]
pub fn set_languages(languages: Languages) {
    lexical::set_languages(languages);
}

/// The manifest of an index.
#[wasm_bindgen]
pub struct Manifest(manifest::Manifest);

#[wasm_bindgen]
impl Manifest {
    /// Reads one.
    #[wasm_bindgen(constructor)]
    pub fn new(json: &[u8]) -> Result<Manifest, JsValue> {
        Ok(Self(manifest::Manifest::from_json(json)?))
    }

    /// The paths of the files without which there is no search.
    pub fn first(&self) -> Result<Vec<String>, JsValue> {
        let Self(manifest) = self;
        let always = [manifest.file(LEXICAL_FILE)?, manifest.file(PASSAGES_FILE)?];
        Ok(paths(always.into_iter().chain(manifest.first_shards())))
    }
}

/// The search of a site.
#[wasm_bindgen]
pub struct Search {
    pub(super) index: Index,
    shards: Shards,
}

/// A query that has been read.
#[wasm_bindgen]
pub struct Question {
    text: String,
    question: engine::Question,
}

/// Documents that were found.
#[wasm_bindgen]
pub struct Found {
    ranked: Vec<Ranked>,
    /// The query that found them; none where they are those like another.
    asked: Option<(Question, Answer)>,
}

#[wasm_bindgen]
impl Search {
    /// The index of a manifest, from those of its files that [`Manifest::first`] names, by their paths. The codes of its vectors come
    /// later.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: Manifest, files: &Map) -> Result<Search, JsValue> {
        let Manifest(manifest) = manifest;
        let file = |path: &str| {
            let bytes: Option<Uint8Array> = files.get(&path.into()).dyn_into().ok();
            bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| not_here(path))
        };
        let mut shards = Shards::default();
        for entry in manifest.first_shards() {
            shards.put(entry.first.unwrap_or_default(), read_shard(&file(&entry.path)?)?);
        }
        let documents: Vec<&Document> = shards.0.iter().flat_map(|(_, documents)| documents).collect();
        let vectors = Vectors::without_codes(Places::read(&file(PASSAGES_FILE)?, manifest.documents)?, manifest.dim);
        let index = Index::open(manifest.clone(), vectors, &file(LEXICAL_FILE)?, &documents)?;
        Ok(Self { index, shards })
    }

    /// Takes a file of the index that has come: words, documents, vectors, or where these are.
    pub fn take(&mut self, path: &str, bytes: &[u8]) -> Result<(), JsValue> {
        let manifest = self.index.manifest();
        let block = manifest.word_files().position(|file| file.path == path);
        let first = manifest.file(path)?.first;
        if let Some(block) = block {
            return Ok(self.index.load_words(block, bytes)?);
        }
        match first {
            Some(first) => self.shards.put(first, read_shard(bytes)?),
            None if path == CLUSTERS_FILE => self.index.set_clusters(Clusters::read(bytes)?)?,
            None => self.index.set_codes(Codes::read(bytes)?)?,
        }
        Ok(())
    }

    /// Takes the file of a cluster of vectors.
    #[wasm_bindgen(js_name = takeVectors)]
    pub fn take_vectors(&mut self, cluster: usize, bytes: &[u8]) -> Result<(), JsValue> {
        Ok(self.index.load_vectors(cluster, bytes)?)
    }

    /// The clusters of vectors that a question looks at and that have not come.
    #[wasm_bindgen(js_name = missingVectors)]
    pub fn missing_vectors(&self, question: &Question, vector: &[f32]) -> Vec<usize> {
        self.index.missing_vectors(&question.question, vector)
    }

    /// Refuses an encoder whose vectors are not those of the index.
    #[wasm_bindgen(js_name = checkModel)]
    pub fn check_model(&self, id: String, family: String, dim: usize) -> Result<(), JsValue> {
        Ok(self.index.check_model(&ModelIdentity { id, family }, dim)?)
    }

    /// The paths of the words that a query looks at and that have not come. With another vocabulary others may be asked for.
    #[wasm_bindgen(js_name = missingWords)]
    pub fn missing_words(&self, text: &str, settings: JsValue, vocabulary: Option<Vocabulary>) -> Result<Vec<String>, JsValue> {
        let options = query_options(&settings)?;
        let blocks = with_words(vocabulary, |is_word| self.index.missing_words(text, &options, is_word))?;
        Ok(self.words(&blocks))
    }

    /// The paths of all words that have not come.
    #[wasm_bindgen(js_name = allMissingWords)]
    pub fn all_missing_words(&self) -> Vec<String> {
        self.words(&self.index.all_missing_words())
    }

    /// Reads a query, whose words have come.
    pub fn read(&self, text: String, settings: JsValue, vocabulary: Option<Vocabulary>) -> Result<Question, JsValue> {
        let options = query_options(&settings)?;
        let question = with_words(vocabulary, |is_word| self.index.read(&text, &options, is_word))?;
        Ok(Question { text, question })
    }

    /// What a question finds, with its vector where it has one.
    pub fn answer(&self, question: Question, vector: Option<Vec<f32>>, is_cut: bool) -> Found {
        let vector = vector.map(|vector| QueryVector { vector, truncated: is_cut, milliseconds: [0.0; 2] });
        let mut answer = self.index.answer(&question.question, vector.as_ref());
        Found { ranked: std::mem::take(&mut answer.hits), asked: Some((question, answer)) }
    }

    /// The documents most like one of the index. All vectors have come.
    pub fn similar(&self, id: &str, settings: JsValue) -> Result<Found, JsValue> {
        Ok(Found { ranked: self.index.similar(id, query_options(&settings)?.limit)?, asked: None })
    }

    /// The paths of the documents that were found and have not come.
    #[wasm_bindgen(js_name = missingDocuments)]
    pub fn missing_documents(&self, found: &Found) -> Result<Vec<String>, JsValue> {
        let manifest = self.index.manifest();
        let mut files: Vec<&FileEntry> = Vec::new();
        let numbers = found.ranked.iter().map(|ranked| ranked.document as usize);
        // Those that were added are here.
        for number in numbers.filter(|&number| number < manifest.documents) {
            let (file, _) = manifest.shard_of(number)?;
            if !self.has(file) && files.iter().all(|other| other.first != file.first) {
                files.push(file);
            }
        }
        Ok(paths(files))
    }

    /// What is shown of documents that were found: an answer, or hits alone where no query found them.
    pub fn show(&self, found: &Found) -> Result<JsValue, JsValue> {
        let question = found.asked.as_ref().map(|(question, _)| &question.question);
        let hits = self.index.hits(&found.ranked, question, &self.documents())?;
        Ok(match &found.asked {
            Some((question, answer)) => shown_answer(answer, &question.text, &hits),
            None => shown(&hits),
        })
    }

    /// The paths of all documents that have not come.
    #[wasm_bindgen(js_name = allMissingDocuments)]
    pub fn all_missing_documents(&self) -> Vec<String> {
        paths(self.index.manifest().shards().filter(|file| !self.has(file)))
    }

    /// The model and the size of the index.
    pub fn info(&self) -> JsValue {
        let index = &self.index;
        let info = plain([
            ("model", (&index.manifest().model.id).into()),
            ("dim", index.dim().into()),
            // What the encoder says comes in its place.
            ("maxTokens", 0.into()),
            ("kernel", isa::best_name().into()),
            ("language", (&index.manifest().language).into()),
            ("documents", index.documents().into()),
            ("passages", index.passages().into()),
        ]);
        if let Some(base) = &index.manifest().base {
            set(&info, "base", &base.into());
        }
        info
    }
}

#[wasm_bindgen]
impl Question {
    /// The text to encode, where meaning is asked.
    #[wasm_bindgen(js_name = toEncode)]
    pub fn to_encode(&self) -> Option<String> {
        self.question.to_encode().map(str::to_owned)
    }
}

impl Search {
    fn words(&self, blocks: &[usize]) -> Vec<String> {
        let files: Vec<&FileEntry> = self.index.manifest().word_files().collect();
        paths(blocks.iter().map(|&block| files[block]))
    }

    /// Whether a file of documents has come.
    fn has(&self, file: &FileEntry) -> bool {
        file.first.is_some_and(|first| self.shards.get(first).is_some())
    }

    pub(super) fn documents(&self) -> Fetched<'_> {
        Fetched { manifest: self.index.manifest(), shards: &self.shards }
    }
}

/// The documents that have come, each file by the number of its first one, ascending.
#[derive(Default)]
struct Shards(Vec<(usize, Vec<Document>)>);

impl Shards {
    fn put(&mut self, first: usize, documents: Vec<Document>) {
        match self.0.binary_search_by_key(&first, |&(first, _)| first) {
            Ok(at) => self.0[at].1 = documents,
            Err(at) => self.0.insert(at, (first, documents)),
        }
    }

    fn get(&self, first: usize) -> Option<&Vec<Document>> {
        let at = self.0.binary_search_by_key(&first, |&(first, _)| first).ok()?;
        Some(&self.0[at].1)
    }
}

/// The documents that have come.
pub(super) struct Fetched<'a> {
    manifest: &'a manifest::Manifest,
    shards: &'a Shards,
}

impl Documents for Fetched<'_> {
    fn document(&self, number: u32) -> Result<Document> {
        let (file, place) = self.manifest.shard_of(number as usize)?;
        let shard = file.first.and_then(|first| self.shards.get(first)).ok_or_else(|| not_here(&file.path))?;
        let missing = || {
            let what = format!("{} holds no document {place}: build the index again", file.path);
            Error::new(ErrorKind::DamagedFile, what)
        };
        shard.get(place).cloned().ok_or_else(missing)
    }
}

fn not_here(path: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("{path} was not handed in"))
}

fn paths<'a>(files: impl IntoIterator<Item = &'a FileEntry>) -> Vec<String> {
    files.into_iter().map(|file| file.path.clone()).collect()
}

/// Calls `work` with what a vocabulary says of words. It knows none where it is broken: that is said when it is to encode.
fn with_words<T>(vocabulary: Option<Vocabulary>, work: impl FnOnce(Option<&dyn Fn(&str) -> bool>) -> Result<T>) -> Result<T> {
    let is_word = vocabulary.map(|vocabulary| move |word: &str| vocabulary.is_word(word).unwrap_or(false));
    work(is_word.as_ref().map(|is_word| is_word as &dyn Fn(&str) -> bool))
}

fn number(settings: &JsValue, name: &str) -> Result<Option<f64>> {
    read_option(settings, name, |value| value.as_f64())
}

fn text(settings: &JsValue, name: &str) -> Result<Option<String>> {
    read_option(settings, name, |value| value.as_string())
}

/// How to answer a query, as JavaScript gives it; what is left out has its default.
fn query_options(settings: &JsValue) -> Result<QueryOptions> {
    let limit = match number(settings, "limit")? {
        None => DEFAULT_LIMIT,
        Some(limit) if limit >= 1.0 && limit.fract() == 0.0 => limit.min(1e6) as usize,
        Some(_) => return Err(Error::new(ErrorKind::InvalidInput, "limit must be a whole number of at least 1")),
    };
    let mode = match text(settings, "mode")?.as_deref() {
        None => Mode::default(),
        Some("hybrid") => Mode::Hybrid,
        Some("semantic") => Mode::Semantic,
        Some("lexical") => Mode::Lexical,
        Some(_) => return Err(unreadable("mode")),
    };
    let filters = read_option(settings, "filters", |filters| {
        let mut read = Filters::default();
        for entry in Object::entries(filters.dyn_ref()?).iter() {
            let entry: Array = entry.unchecked_into();
            read.insert(entry.get(0).as_string()?, texts(entry.get(1))?);
        }
        Some(read)
    })?;
    let min_score = number(settings, "minScore")?;
    if min_score.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
        return Err(Error::new(ErrorKind::InvalidInput, "minScore must be a number from 0 to 1, or 'auto'"));
    }
    Ok(QueryOptions {
        limit,
        mode,
        filters: filters.unwrap_or_default(),
        sort: text(settings, "sort")?,
        facets: read_option(settings, "facets", texts)?.unwrap_or_default(),
        min_score: min_score.map(|least| least as f32),
        ..QueryOptions::default()
    })
}
