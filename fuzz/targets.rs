//! What the fuzz targets and the test over their seeds do with bytes of strangers: read them as the program would, go on with what
//! was read, and check what every answer must hold. An error is fine, a panic is not.

use std::sync::LazyLock;

use inkling_search::corpus::{self, Format, ReadOptions};
use inkling_search::encoder::{Encoder, ModelFiles};
use inkling_search::engine::build::{BuildOptions, Plan};
use inkling_search::engine::{Documents, EncodedDocument, Hit, Index, Mode, QueryOptions};
use inkling_search::error::{Error, ErrorKind};
use inkling_search::hash::Digest;
use inkling_search::index::builder::{self, IndexFiles, field_texts, lexical_builder, lexical_texts};
use inkling_search::index::clustering::Clustering;
use inkling_search::index::clusters::Clusters;
use inkling_search::index::codes::Codes;
use inkling_search::index::document::{Document, read_shard};
use inkling_search::index::lexical::{Lexical, Query, Syntax};
use inkling_search::index::manifest::{
    CLUSTERS_LIST, LEXICAL_FILE, MANIFEST_FILE, Manifest, Needed, PASSAGES_FILE, VECTORS_FILE,
};
use inkling_search::index::places::Places;
use inkling_search::index::table::Table;
use inkling_search::index::vectors::Vectors;
use inkling_search::model::config::ModelConfig;
use inkling_search::model::parted::{Parted, part};
use inkling_search::site::{self, SiteOptions};
use inkling_search::tensors::{self, ByteTensor};
use inkling_search::text::passages::{PassageOptions, split};
use inkling_search::text::tokenizer::Tokenizer;
use safetensors::SafeTensors;

/// Reads bytes of strangers: an error is an answer, a panic is none.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its folder in `seeds/`.
pub const TARGETS: [(&str, Target); 22] = [
    ("manifest", manifest),
    ("config", config),
    ("weights", weights),
    ("rows", rows),
    ("tokenizer", tokenizer),
    ("words", words),
    ("table", table),
    ("codes", codes),
    ("clusters", clusters),
    ("places", places),
    ("documents", documents),
    ("json", json),
    ("jsonl", jsonl),
    ("csv", csv),
    ("xml", xml),
    ("ics", ics),
    ("html", html),
    ("markdown", markdown),
    ("passages", passages),
    ("query", query),
    ("changes", changes),
    ("saved", saved),
];

/// Pages of the site that the tests read.
const HTML: [&[u8]; 4] = [
    include_bytes!("../tests/data/site/events/open-day.html"),
    include_bytes!("../tests/data/site/guide/install/index.html"),
    include_bytes!("../tests/data/site/api/index.html"),
    include_bytes!("../tests/data/site/old/install.html"),
];

pub const MODEL: ModelFiles = ModelFiles {
    config: include_bytes!("../tests/data/tiny-quantized/config.json"),
    tokenizer: include_bytes!("../tests/data/tiny-quantized/tokenizer.txt"),
    weights: include_bytes!("../tests/data/tiny-quantized/weights.safetensors"),
};

const PASSAGES: PassageOptions = PassageOptions { max_tokens: 40, overlap: 8 };

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| Encoder::load(&MODEL).expect("the tiny model loads"));

/// A small corpus of several shapes.
static CORPUS: LazyLock<Vec<Document>> =
    LazyLock::new(|| read(include_bytes!("seeds/json/sessions.json"), Format::Json).expect("the seed is a corpus"));

/// The index of it, without its model.
pub static FILES: LazyLock<IndexFiles> = LazyLock::new(|| {
    let options = BuildOptions { passages: PASSAGES, language: "en".into(), ..BuildOptions::default() };
    let plan = Plan::new(CORPUS.as_slice(), ENCODER.tokenizer(), &options).expect("the corpus can be cut");
    let mut encoder = ENCODER.fork();
    let vectors = plan.texts().iter().map(|text| vector(&mut encoder, text).expect("the tiny model encodes")).collect();
    plan.finish(vectors, &MODEL, ENCODER.config()).expect("the index can be written")
});

fn file(path: &str) -> &'static [u8] {
    FILES.files.iter().find(|(name, _)| name == path).map(|(_, bytes)| bytes.as_slice()).expect("the index has the file")
}

fn vector(encoder: &mut Encoder, text: &str) -> Result<Vec<f32>, Error> {
    Ok(pollster::block_on(encoder.encode(text))?.vector)
}

/// The documents of an index in memory.
struct InMemory<'a>(&'a [Document]);

impl Documents for InMemory<'_> {
    fn document(&self, number: u32) -> Result<Document, Error> {
        let missing = || Error::new(ErrorKind::DamagedFile, "no such document");
        self.0.get(number as usize).cloned().ok_or_else(missing)
    }
}

/// Asks an index with the tiny model, and holds what it answers.
fn ask(index: &Index, documents: &[Document], text: &str, options: &QueryOptions) -> Result<Vec<Hit>, Error> {
    ask_with(&mut ENCODER.fork(), index, &InMemory(documents), text, options)
}

/// Asks an index, and holds what it answers: scores are between 0 and 1, marks lie on characters, one after the other.
pub fn ask_with(
    encoder: &mut Encoder,
    index: &Index,
    documents: &impl Documents,
    text: &str,
    options: &QueryOptions,
) -> Result<Vec<Hit>, Error> {
    let tokenizer = encoder.tokenizer().clone();
    let question = index.read(text, options, Some(&|word| tokenizer.is_word(word)))?;
    let vector = if index.dim() == encoder.config().dim { pollster::block_on(question.encode(encoder))? } else { None };
    let answer = index.answer(&question, vector.as_ref());
    assert!(answer.hits.len() <= options.limit && answer.hits.len() <= answer.found);
    let hits = index.hits(&answer.hits, Some(&question), documents)?;
    for hit in &hits {
        assert!((0.0..=1.0).contains(&hit.score), "a score of {}", hit.score);
        assert!((-1.0..=1.0).contains(&hit.cosine) && hit.bm25.is_finite());
        assert_eq!(&hit.text[hit.passage.start..hit.passage.end], hit.passage.text);
        for (text, marks) in [(&hit.passage.text, &hit.matches), (&hit.title, &hit.title_matches)] {
            assert!(marks.iter().all(|mark| text.get(mark.clone()).is_some_and(|marked| !marked.is_empty())));
            assert!(marks.is_sorted_by(|a, b| a.end <= b.start));
        }
    }
    Ok(hits)
}

/// `manifest.json`
pub fn manifest(bytes: &[u8]) {
    for path in Manifest::paths(bytes) {
        assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path:?} leaves the folder");
    }
    let Ok(manifest) = Manifest::from_json(bytes) else { return };
    let _ = (manifest.vectors_file(), manifest.cluster_files().count(), manifest.first_shards().count());
    for document in [0, 1, manifest.documents.wrapping_sub(1), manifest.documents, usize::MAX] {
        let _ = manifest.shard_of(document);
    }
    // Files that are many are written behind the others, and those of clusters elsewhere.
    let listed = |manifest: &Manifest| {
        let mut files: Vec<_> = manifest.files.iter().filter(|file| file.needed != Needed::Vectors).cloned().collect();
        files.sort_by_key(|file| format!("{file:?}"));
        Manifest { files, ..manifest.clone() }
    };
    let read = Manifest::from_json(&manifest.to_json()).expect("what was written is read");
    assert_eq!(listed(&read), listed(&manifest));
}

/// `config.json` of a model
pub fn config(bytes: &[u8]) {
    let Ok(config) = ModelConfig::from_json(bytes) else { return };
    assert!(config.head_dim() > 0 && config.max_tokens >= 3);
    let json = serde_json::to_vec(&config).expect("a configuration can be written");
    assert_eq!(ModelConfig::from_json(&json).expect("what was written is read").id, config.id);
}

/// The weights of a model, to a vector: of length 1, or none
pub fn weights(bytes: &[u8]) {
    let mut config = ENCODER.config().clone();
    config.weights = Digest::of(bytes);
    let config = serde_json::to_vec(&config).expect("a configuration can be written");
    let Ok(mut encoder) = Encoder::load(&ModelFiles { config: &config, tokenizer: MODEL.tokenizer, weights: bytes }) else {
        return;
    };
    for text in ["", "health data", "how do I keep my best people?"] {
        let Ok(vector) = vector(&mut encoder, text) else { continue };
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 0.01, "a vector of the length {length}");
    }
}

/// The tiny model with rows apart, and the blocks of these.
static PARTED: LazyLock<Parted> = LazyLock::new(|| {
    let parted = part(ENCODER.config(), MODEL.weights, |id| id < 100).expect("the tiny model is whole");
    parted.expect("it has more rows")
});

/// Rows of word embeddings that come later, to a vector: of length 1, or none
pub fn rows(bytes: &[u8]) {
    let Parted { config, weights, blocks } = &*PARTED;
    let files = ModelFiles { config, tokenizer: MODEL.tokenizer, weights };
    let mut encoder = Encoder::load(&files).expect("the parted model loads");
    for block in 0..blocks.len() {
        let _ = encoder.words().add(block, bytes);
    }
    for text in ["health data", "how do I keep my best people?"] {
        let Ok(vector) = vector(&mut encoder, text) else { continue };
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 0.01, "a vector of the length {length}");
    }
}

/// `tokenizer.txt`, to token ids
pub fn tokenizer(bytes: &[u8]) {
    let Ok(tokenizer) = Tokenizer::read(bytes, 64) else { return };
    for text in ["", "Health data: [MASK] e\u{301} 日本 unbelievable", "[SEP][CLS]"] {
        if let Ok(tokens) = tokenizer.encode(text) {
            assert!(tokens.ids.len() <= 64 && tokens.ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()));
        }
        for (range, _) in tokenizer.offsets(text).unwrap_or_default() {
            assert!(text.get(range).is_some());
        }
    }
    if let Ok(options) = PASSAGES.for_model(&tokenizer) {
        let _ = split(&tokenizer, "A title", "Some text, and more of it", options);
    }
}

/// The tensors of a file, by name
fn tensors_of<'a>(bytes: &'a [u8]) -> Option<impl Fn(&str) -> Option<&'a [u8]>> {
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let all: Vec<(String, &[u8])> = tensors.tensors().into_iter().map(|(name, view)| (name, view.data())).collect();
    Some(move |name: &str| all.iter().find(|(other, _)| other == name).map(|&(_, data)| data))
}

/// Words as they are stored
pub fn words(bytes: &[u8]) {
    let Some(tensor) = tensors_of(bytes) else { return };
    let Ok(mut index) = Lexical::open(tensor) else { return };
    if !index.is_whole() {
        return;
    }
    for text in ["people data", "\"how to\" -gardn", "kubernets", "a", "日本"] {
        let query = Query::parse(text, &Syntax::default());
        for hit in index.search(&query, &|_| true, 10) {
            assert!(hit.score.is_finite() && (0.0..=1.001).contains(&hit.coverage) && hit.document < index.docs_total());
        }
        let _ = index.look_up(query.clone()).respelled(text, &|_| false);
        index.highlights(&query, "How people grow data, gardening in 日本").into_iter().for_each(drop);
    }
    let first = u32::from(index.remove(0));
    let _ = index.add(&[]);
    let order: Vec<u32> = (first..index.docs_total()).collect();
    let saved = index.save(&order).expect("what is open can be saved");
    let get = |name: &str| saved.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice());
    assert_eq!(Lexical::open(get).expect("what was saved is opened").live_docs(), order.len() as u32);
}

/// The table of documents
pub fn table(bytes: &[u8]) {
    let Some(tensor) = tensors_of(bytes) else { return };
    let Ok(mut table) = Table::open(tensor) else { return };
    CORPUS.iter().for_each(|document| table.push(document));
    let numbers = 0..table.len() as u32;
    for field in ["track", "speakers", "nothing"] {
        let _ = (table.check_field(field), table.count(field, numbers.clone()));
        numbers.clone().for_each(|number| _ = (table.values(number, field).count(), table.id(number).len()));
    }
    let saved = table.save();
    let get = |name: &str| saved.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice());
    assert_eq!(Table::open(get).expect("what was saved is opened").save(), saved);
}

/// The codes of vectors
pub fn codes(bytes: &[u8]) {
    let Ok(codes) = Codes::read(bytes) else { return };
    let query: Vec<f32> = (0..codes.dim()).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect();
    assert_eq!(codes.scores(&query).len(), codes.len());
    (0..codes.len()).for_each(|passage| assert_eq!(codes.vector(passage).len(), codes.dim()));
    let written = codes.write().expect("what was read is written");
    assert_eq!(Codes::read(&written).expect("what was written is read").write().expect("and written again"), written);
}

/// Where the vectors of a large index are
pub fn clusters(bytes: &[u8]) {
    let Ok(clusters) = Clusters::read(bytes) else { return };
    let query: Vec<f32> = (0..clusters.dim()).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect();
    let documents: Vec<u32> = (0u32..).take(clusters.passages()).collect();
    let near = clusters.nearest(&query, 3, &documents, &vec![true; documents.len()]);
    assert!(near.iter().all(|&cluster| !clusters.members(cluster).is_empty()));
    assert!(documents.iter().all(|passage| clusters.members(clusters.of(*passage)).binary_search(passage).is_ok()));
    let (codes, places) = vectors();
    let mut vectors = Vectors::without_codes(places, codes.dim());
    if vectors.set_clusters(clusters.clone()).is_err() {
        return;
    }
    for cluster in vectors.missing() {
        vectors.load(cluster, &codes.rows(clusters.members(cluster))).expect("the rows of a cluster are taken");
        assert_eq!(vectors.scan(&query, |_| true).len(), CORPUS.len());
    }
    assert_eq!(vectors.codes(), Some(&codes));
}

/// The codes of the index, and of what they are.
fn vectors() -> (Codes, Places) {
    let places = Places::read(file(PASSAGES_FILE), CORPUS.len()).expect("the places are whole");
    (Codes::read(file(VECTORS_FILE)).expect("the codes are whole"), places)
}

/// Of what passages are
pub fn places(bytes: &[u8]) {
    let all = CORPUS.len();
    let Ok(places) = Places::read(bytes, all) else { return };
    assert!(places.documents().is_sorted() && places.documents().iter().all(|&document| (document as usize) < all));
    for document in 0..all as u32 {
        places.of(document).for_each(|passage| assert!(places.range(passage).0 <= places.range(passage).1));
    }
    let written = places.write(all).expect("what was read is written");
    assert_eq!(Places::read(&written, all).expect("what was written is read").documents(), places.documents());
}

/// A file of documents
pub fn documents(bytes: &[u8]) {
    let Ok(documents) = read_shard(bytes) else { return };
    index_of(&documents);
}

/// A JSON corpus
pub fn json(bytes: &[u8]) {
    corpus_of(bytes, Format::Json);
}

/// JSON Lines
pub fn jsonl(bytes: &[u8]) {
    corpus_of(bytes, Format::Jsonl);
}

/// A table
pub fn csv(bytes: &[u8]) {
    corpus_of(bytes, Format::Csv);
}

/// The schedule of a conference
pub fn xml(bytes: &[u8]) {
    corpus_of(bytes, Format::Xml);
}

/// A calendar
pub fn ics(bytes: &[u8]) {
    corpus_of(bytes, Format::Ics);
}

/// Pages of a built site; a NUL parts them
pub fn html(bytes: &[u8]) {
    site_of(bytes, ["html"]);
}

/// Pages of Markdown and of MDX in turns; a NUL parts them
pub fn markdown(bytes: &[u8]) {
    site_of(bytes, ["md", "mdx"]);
}

fn site_of<const N: usize>(bytes: &[u8], endings: [&str; N]) {
    let pages: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
    let paths: Vec<String> = (0..pages.len()).map(|at| format!("guide/{at:04}.{}", endings[at % N])).collect();
    let load = |path: &str| Ok(pages[path[6..10].parse::<usize>().expect("a number of ours")].to_vec());
    let Ok(site) = site::read(&paths, load, &SiteOptions::default(), || ()) else { return };
    assert!(site.report.pages <= site.report.read);
    let _ = site.report.text();
    site.languages.values().for_each(|documents| index_of(documents));
}

fn corpus_of(bytes: &[u8], format: Format) {
    if let Ok(documents) = read(bytes, format) {
        index_of(&documents);
    }
}

fn read(bytes: &[u8], format: Format) -> Result<Vec<Document>, Error> {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    corpus::read(bytes, "".as_ref(), &options).map(|corpus| corpus.documents)
}

/// Everything that is made of documents before they are encoded.
fn index_of(documents: &[Document]) {
    let options = BuildOptions { passages: PASSAGES, language: "auto".into(), whole_passages: 3, ..BuildOptions::default() };
    let Ok(plan) = Plan::new(documents, ENCODER.tokenizer(), &options) else { return };
    let dim = ENCODER.config().dim;
    let unit: Vec<f32> = (0..dim).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect();
    let count = plan.texts().len();
    let built = plan.finish(vec![unit; count], &MODEL, ENCODER.config()).expect("what was cut can be written");
    let index = built.open(&documents.iter().collect::<Vec<_>>()).expect("an index that was written");
    let fields = documents.iter().flat_map(|document| document.fields.keys().cloned()).take(3).collect();
    let options = QueryOptions { limit: 5, facets: fields, min_score: Some(0.0), ..QueryOptions::default() };
    let _ = ask(&index, documents, "people", &options);
}

/// Any title and text, cut into passages; a NUL parts them
pub fn passages(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (title, text) = text.split_once('\0').unwrap_or(("", &text));
    let cut = split(ENCODER.tokenizer(), title, text, PASSAGES).expect("any text can be cut");
    assert!(!cut.windows.is_empty() && title.get(..cut.title_end).is_some());
    assert!(cut.windows.iter().all(|window| text.get(window.clone()).is_some()));
    assert!(cut.windows.is_sorted_by_key(|window| window.start));
    (0..cut.windows.len()).for_each(|window| drop(cut.text(title, text, window)));
}

/// An index in memory with its own documents.
fn opened() -> Index {
    FILES.open(&CORPUS.iter().collect::<Vec<_>>()).expect("the index was written")
}

/// Any query with any options: the first byte chooses them
pub fn query(bytes: &[u8]) {
    static INDEX: LazyLock<Index> = LazyLock::new(opened);
    let [chosen, bytes @ ..] = bytes else { return };
    let text = String::from_utf8_lossy(bytes);
    let is = |bit: u8| chosen >> bit & 1 == 1;
    let mode = [Mode::Hybrid, Mode::Semantic, Mode::Lexical, Mode::Hybrid][usize::from(chosen & 3)];
    let mut options =
        QueryOptions { mode, limit: 1 + usize::from(chosen >> 5), min_score: is(2).then_some(0.0), ..QueryOptions::default() };
    if is(3) {
        options.filters.insert("track".into(), vec!["Health".into(), text.chars().take(9).collect()]);
    }
    if is(4) {
        (options.sort, options.facets) = (Some("track".into()), vec!["track".into(), "speakers".into()]);
    }
    ask(&INDEX, &CORPUS, &text, &options).expect("any text can be asked");
}

/// A document that is added to an index and removed again: the index is what it was
pub fn changes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (title, text) = text.split_once('\0').unwrap_or(("A title", &text));
    let document = Document { id: "of a stranger".into(), title: title.into(), text: text.into(), ..Document::default() };
    let mut index = opened();
    let before = index.save(&CORPUS).expect("the index can be saved").files;
    let mut encoder = ENCODER.fork();
    let passages = builder::passages(encoder.tokenizer(), &document, PASSAGES).expect("any text can be cut");
    let (cut, texts): (Vec<_>, Vec<_>) = passages.into_iter().unzip();
    let vectors = texts.iter().map(|text| vector(&mut encoder, text)).collect::<Result<Vec<_>, _>>();
    if let Ok(vectors) = vectors {
        let encoded = EncodedDocument::new(document.clone(), cut.into_iter().zip(vectors).collect());
        index.add_encoded(vec![encoded]).expect("a document of any text can be added");
        let with: Vec<Document> = CORPUS.iter().cloned().chain([document]).collect();
        let _ = ask(&index, &with, text, &QueryOptions { min_score: Some(0.0), limit: 9, ..QueryOptions::default() });
        index.save(&with).expect("the changed index can be saved");
    }
    index.remove("of a stranger");
    assert_eq!(index.save(&CORPUS).expect("the index can be saved").files, before);
}

/// The files of an index as they lie in a folder, in one safetensors file by their paths
pub fn saved(bytes: &[u8]) {
    let Some(file) = tensors_of(bytes) else { return };
    let Ok(mut manifest) = Manifest::from_json(file(MANIFEST_FILE).unwrap_or_default()) else { return };
    let _ = manifest.take_list(file(CLUSTERS_LIST).unwrap_or_default());
    let shards = manifest.shards().map(|entry| read_shard(file(&entry.path).unwrap_or_default()));
    let Ok(documents) = shards.collect::<Result<Vec<_>, _>>() else { return };
    let documents = documents.concat();
    let open = || {
        let vectors = Vectors::read(&manifest, |entry| Ok(file(&entry.path).unwrap_or_default()))?;
        let first: Vec<&Document> = documents.iter().collect();
        let mut index = Index::open(manifest.clone(), vectors, file(LEXICAL_FILE).unwrap_or_default(), &first)?;
        for (block, entry) in manifest.word_files().enumerate() {
            index.load_words(block, file(&entry.path).unwrap_or_default())?;
        }
        Ok::<_, Error>(index)
    };
    let Ok(mut index) = open() else { return };
    let options = QueryOptions { min_score: Some(0.0), limit: 9, ..QueryOptions::default() };
    let _ = ask(&index, &documents, "people and data", &options);
    let ids: Vec<String> = documents.iter().map(|document| document.id.clone()).collect();
    ids.iter().for_each(|id| _ = index.similar(id, 3));
    ids.iter().take(1).for_each(|id| _ = index.remove(id));
    let _ = index.save(&documents);
}

/// Seeds of the formats that the program writes itself, as it writes them now: pairs of a target and bytes.
pub fn written() -> Vec<(&'static str, Vec<u8>)> {
    let bundle = |files: Vec<(String, Vec<u8>)>| {
        let views = files.iter().map(|(name, bytes)| (name.as_str(), ByteTensor::of(bytes)));
        tensors::write(views).expect("tensors can be written")
    };
    let lexical = lexical_builder("en", &[]).and_then(|mut builder| {
        CORPUS.iter().try_for_each(|document| builder.add(&field_texts(&lexical_texts(document))).map(drop))?;
        Ok(builder.finish())
    });
    let mut table = Table::default();
    CORPUS.iter().for_each(|document| table.push(document));
    let (codes, places) = vectors();
    let index = FILES.files.iter().filter(|(path, _)| !path.starts_with("model/")).cloned().collect();
    vec![
        ("manifest", file(MANIFEST_FILE).to_vec()),
        ("config", MODEL.config.to_vec()),
        ("weights", MODEL.weights.to_vec()),
        ("rows", PARTED.blocks[0].clone()),
        ("tokenizer", MODEL.tokenizer.to_vec()),
        ("tokenizer", include_bytes!("../tests/data/tiny-xlm-r/tokenizer.json").to_vec()),
        ("html", HTML.join(&0)),
        ("words", bundle(lexical.expect("words can be written"))),
        ("table", bundle(table.save())),
        ("codes", file(VECTORS_FILE).to_vec()),
        ("clusters", Clustering::of(&codes, &places).write().expect("clusters can be written")),
        ("places", file(PASSAGES_FILE).to_vec()),
        ("documents", serde_json::to_vec(&*CORPUS).expect("documents can be written")),
        ("saved", bundle(index)),
    ]
}
