//! Semantic search that runs in the visitor's browser: a sentence encoder, an index of words and vectors, and their ranking.
//!
//! A site's documents are encoded and indexed once, on the machine that builds the site. What comes out is a folder of static
//! files. In the browser the same code, compiled to WebAssembly, reads those files, encodes what the visitor types, and ranks the
//! documents by words and by meaning. There is no server part, and text that is typed never leaves the device.
//!
//! # How data flows
//!
//! ```text
//!  build time: the command line                     run time: a worker in the browser, or `inkling search`
//!
//!  sessions.json, .csv, .ics, …                     "Health Analytics?"
//!        │ corpus                                         │                    │
//!        ▼                                                │ text::tokenizer    │ index::lexical (words, beginnings,
//!   Document {id, title, url, text, fields}               ▼                    │ typing errors; needs no model)
//!        │                  │                         token ids                │
//!        │ text::passages   │ index::lexical              │ encoder            │
//!        ▼                  │                             ▼                    │
//!   Passage {document,      │                         unit vector              │
//!            byte range}    │                             │ index::vectors     │
//!        │ text::tokenizer  │                             ▼                    ▼
//!        │ encoder          │                         a cosine for         a score and a coverage
//!        ▼                  ▼                         every document       for documents with the words
//!   int8 vectors      words in order                      └──────────┬─────────┘
//!        └────────┬─────────┘                                        │ index::fusion
//!                 │ index::builder                                   ▼
//!                 ▼                                       ranked documents: threshold, filters, counts, order
//!   search/: manifest.json, model/, index/, docs/  ──────►           │ engine: the few documents shown are read
//!                                                                    ▼
//!                                                         hits: title, fields, best passage, matching words
//! ```
//!
//! # The modules
//!
//! In the order in which a reader meets them:
//!
//! | module | what it does |
//! |---|---|
//! | [`text`] | text to token ids; documents to overlapping passages |
//! | [`model`] | what a model is, and its quantized weights |
//! | [`encoder`] | token ids to unit vectors: one forward pass over a backend of fused steps |
//! | `isa` | the vector operations and the int8 dot for each instruction set; all `unsafe` arithmetic is here |
//! | [`index`] | the word index, the vectors, the table of fields, the fusion of both rankings, the manifest |
//! | [`engine`] | joins them: build, open, query, similar documents, add, remove, save |
//! | [`error`] | the one error type, with codes that stay the same |
//! | [`hash`], `tensors` | SHA-256 of files; writing safetensors |
//! | `corpus` | feature `build`: reading JSON, JSON Lines, CSV, XML and calendars as people have them |
//! | `site` | feature `site`: the pages of a built site as documents |
//! | `import` | feature `import`: fetching a model, smoothing and quantizing it, comparing it with the f32 reference |
//! | `eval`, `export`, `cli` | features of their names: measuring a ranking; writing an index for other engines; the commands |
//! | `web` | feature `web`, on wasm32: what the browser's worker calls, and fetching with Cache Storage; with `build` also building |
//!
//! `text` and `isa` know no other layer; `model` and `index` meet in the model's identity alone; `encoder` runs a model; only `engine`
//! joins everything. `cli` and `web` are shells without logic of their own.
//!
//! # From documents to a hit
//!
#![cfg_attr(feature = "fs", doc = "```")]
#![cfg_attr(not(feature = "fs"), doc = "```ignore")]
//! use inkling_search::encoder::ModelFiles;
//! use inkling_search::engine::build::{BuildOptions, build};
//! use inkling_search::engine::folder::write_files;
//! use inkling_search::text::passages::PassageOptions;
//! use inkling_search::{Document, Encoder, IndexFolder, Mode, QueryOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A quantized model, as `inkling model pull` writes it; this is the tiny one of the tests.
//! let read = |name: &str| std::fs::read(format!("tests/data/tiny-quantized/{name}"));
//! let (config, tokenizer, weights) = (read("config.json")?, read("tokenizer.txt")?, read("weights.safetensors")?);
//! let model = ModelFiles { config: &config, tokenizer: &tokenizer, weights: &weights };
//! let encoder = Encoder::load(&model)?;
//!
//! // At build time: documents in, the files that a site serves out.
//! let session = |id: &str, title: &str, text: &str| Document {
//!     id: id.into(), title: title.into(), text: text.into(), ..Document::default()
//! };
//! let sessions = [
//!     session("a", "Health data", "How patients and doctors use data."),
//!     session("b", "Teams", "How to keep the best people."),
//! ];
//! let passages = PassageOptions { max_tokens: 40, overlap: 8 };
//! let options = BuildOptions { passages, language: "en".into(), ..BuildOptions::default() };
//! let built = build(&sessions, &encoder, &model, &options, |_| (), |_| ())?;
//! let folder = tempfile::tempdir()?;
//! write_files(folder.path(), built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;
//!
//! // At run time: words answer at once, words and meaning as soon as the model is there.
//! let index = IndexFolder::open(folder.path())?;
//! let mut engine = index.engine()?;
//! let answer = engine.query("doctor")?;
//! assert_eq!((answer.mode, answer.hits[0].document), (Mode::Lexical, 0));
//!
//! engine.set_encoder(index.encoder()?)?;
//! let options = QueryOptions { limit: 1, ..QueryOptions::default() };
//! let (answer, hits) = engine.search_with("best people", &options, &index)?;
//! assert_eq!(answer.mode, Mode::Hybrid);
//! assert_eq!((hits[0].id.as_str(), hits[0].passage.text.as_str()), ("b", "How to keep the best people."));
//! # Ok(())
//! # }
//! ```
//!
//! The formats of all files are in `docs/format.md`, the models in `docs/models.md`, the ranking formula and how it was chosen in
//! `docs/ranking.md`, the kernels and their traps in `docs/performance.md`, and the rules of the code in `docs/architecture.md`.

#[cfg(feature = "commands")]
pub mod cli;
mod clock;
#[cfg(feature = "build")]
pub mod corpus;
pub mod encoder;
pub mod engine;
pub mod error;
#[cfg(feature = "eval")]
pub mod eval;
#[cfg(feature = "export")]
pub mod export;
#[cfg(feature = "fs")]
pub mod files;
pub mod hash;
#[cfg(feature = "fs")]
#[doc(hidden)]
pub mod host;
#[cfg(feature = "import")]
pub mod import;
pub mod index;
#[doc(hidden)]
pub mod isa;
#[doc(hidden)]
pub mod json;
pub mod model;
#[doc(hidden)]
pub mod number;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "site")]
pub mod site;
#[doc(hidden)]
pub mod tensors;
pub mod text;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod web;

pub use encoder::Encoder;
#[cfg(any(not(target_family = "wasm"), feature = "node"))]
pub use engine::Engine;
#[cfg(feature = "fs")]
pub use engine::folder::IndexFolder;
pub use engine::{Hit, Index, Mode, QueryOptions};
pub use error::{Error, ErrorKind};
pub use index::document::Document;
