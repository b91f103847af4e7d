//! Makes the index of a site that is too large to be encoded for a measurement:
//! `cargo bench --bench scale -- CORPUS.json PASSAGES.npy MODEL QUERY-MODEL OUT`.
//!
//! Its documents have the vectors of other texts, one each, of a file that `inkling encode --format npy` has written.

use std::error::Error;
use std::fs;
use std::path::Path;

use inkling_search::encoder::ModelFiles;
use inkling_search::engine::build::{BuildOptions, COMMON_TOKENS, Plan};
use inkling_search::engine::folder::write_files;
use inkling_search::index::document::Document;
use inkling_search::model::config::ModelConfig;
use inkling_search::text::passages::PassageOptions;
use inkling_search::text::tokenizer::Tokenizer;

use npy::vectors_of;

mod npy;

/// As many tokens as the model takes: a document of 100 words is one passage.
const PASSAGE_TOKENS: usize = 256;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [corpus, vectors, model, queries, out] = args.as_slice() else {
        return Err("give a corpus, a file of vectors, the models of documents and of queries, and a folder".into());
    };
    let documents: Vec<Document> = serde_json::from_slice(&fs::read(corpus)?)?;
    let (model, queries) = (Model::read(model)?, Model::read(queries)?);
    let config = ModelConfig::from_json(&model.config)?;
    let mut tokenizer = Tokenizer::read(&model.tokenizer, config.max_tokens)?;
    tokenizer.set_prompts(&config.prompts.query, &config.prompts.passage)?;
    let passages = PassageOptions { max_tokens: PASSAGE_TOKENS, ..PassageOptions::default() };
    let plan = Plan::new(&documents[..], &tokenizer, &BuildOptions { passages, ..BuildOptions::default() })?;
    let count = plan.texts().len();
    let vectors = vectors_of(vectors, count)?;
    if vectors.len() < count {
        return Err(format!("{count} passages want as many vectors: {} are too few", vectors.len()).into());
    }
    let built = plan.finish(vectors, &model.files(), &config)?.asked_by(&queries.files(), &documents, COMMON_TOKENS)?;
    write_files(Path::new(out), built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))?;
    println!("{} documents, {count} passages, {} files", documents.len(), built.files.len());
    Ok(())
}

/// The files of a model whose rows do not lie apart.
struct Model {
    config: Vec<u8>,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

impl Model {
    fn read(folder: &str) -> Outcome<Self> {
        let read = |name| fs::read(Path::new(folder).join(name));
        Ok(Self { config: read("config.json")?, tokenizer: read("tokenizer.txt")?, weights: read("weights.safetensors")? })
    }

    fn files(&self) -> ModelFiles<'_> {
        ModelFiles { config: &self.config, tokenizer: &self.tokenizer, weights: &self.weights }
    }
}
