//! XLM-R and the Unigram tokenizer against Python, on the tiny XLM-R.

use crate::cli::{inkling, stdout};
use crate::models::{Model, TokenGolden, cosines, data, json, vector_goldens};
use inkling_search::error::ErrorKind;
use inkling_search::import::pull::{FetchOptions, RawModel, Source, fetch};
use inkling_search::import::reference::Reference;
use inkling_search::model::config::ModelConfig;
use inkling_search::model::parted::part;
use inkling_search::text::tokenizer::Tokenizer;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

/// The tiny XLM-R as its makers would publish it.
fn raw() -> RawModel {
    fetch(&Source::Folder(data("tiny-xlm-r")), &FetchOptions::default(), &mut ()).unwrap()
}

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::from_json(&raw().files["tokenizer.json"], 48).unwrap());

/// What the crate's own pipeline makes of a text as a whole.
fn whole(text: &str) -> Vec<u32> {
    static PIPELINE: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| {
        let mut pipeline = tokenizers::Tokenizer::from_bytes(&raw().files["tokenizer.json"]).unwrap();
        pipeline.with_padding(None).with_truncation(None).unwrap();
        pipeline
    });
    PIPELINE.encode(text, false).unwrap().get_ids().to_vec()
}

#[test]
fn unigram_token_ids_are_those_of_the_python_tokenizer() {
    for TokenGolden { name, text, ids } in json::<Vec<TokenGolden>>("goldens/xlm-r-tokens.json") {
        assert_eq!(TOKENIZER.encode(&text).unwrap().ids, ids, "{name}");
    }
}

#[test]
fn an_xlm_r_has_the_vectors_of_sentence_transformers_in_f32_and_in_int8() {
    let model = Model::of(&raw());
    let mut encoder = model.encoder();
    let reference = Reference::new(&model.quantized.config, model.originals).unwrap();
    let texts: Vec<String> = json("goldens/texts.json");
    let goldens = vector_goldens("goldens/xlm-r-vectors.safetensors");
    let (mut exact, mut quantized) = (Vec::new(), Vec::new());
    for text in texts.iter().take(goldens.len()) {
        exact.push(reference.encode_ids(&encoder.tokenizer().encode(text).unwrap().ids).unwrap());
        quantized.push(pollster::block_on(encoder.encode(text)).unwrap().vector);
    }
    let (_, min) = cosines(&exact, &goldens);
    assert!(min >= 0.99999, "f32: smallest cosine {min}");
    let (mean, min) = cosines(&quantized, &goldens);
    assert!(mean >= 0.995 && min >= 0.97, "int8: mean {mean}, smallest {min}");
}

#[test]
fn its_positions_are_those_behind_the_padding_and_no_others_are_kept() {
    let mut short = raw();
    let mut config: Value = serde_json::from_slice(&short.files["config.json"]).unwrap();
    assert_eq!(config["max_position_embeddings"], 66);
    short.files.remove("sentence_bert_config.json");
    assert_eq!(Model::of(&short).quantized.config.positions, 64);
    config["pad_token_id"] = 3.into();
    short.files.insert("config.json".into(), serde_json::to_vec(&config).unwrap());
    assert_eq!(Model::of(&short).quantized.config.positions, 62);
}

#[test]
fn a_long_text_has_the_tokens_of_the_whole_though_it_is_cut_into_pieces() {
    let texts: Vec<String> = json("goldens/texts.json");
    let long = texts.join(" ").repeat(3);
    assert!(long.len() > 60_000, "several pieces");
    assert_eq!(TOKENIZER.ids(&long).unwrap(), whole(&long));
    let offsets = TOKENIZER.offsets(&long).unwrap();
    assert_eq!(offsets.len(), whole(&long).len());
    assert!(offsets.is_sorted_by_key(|(range, _)| range.start) && offsets.iter().all(|(range, _)| range.end <= long.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_has_the_tokens_that_the_crate_gives_it(text in "(\\PC|[ \\n\\t]){0,200}") {
        prop_assert_eq!(TOKENIZER.ids(&text).unwrap(), whole(&text));
    }
}

#[test]
fn words_that_it_has_whole_and_characters_that_it_has_are_words_and_others_are_not() {
    assert!(TOKENIZER.is_word("the") && TOKENIZER.is_word("e"));
    assert!(!TOKENIZER.is_word("thequick") && !TOKENIZER.is_word("龘"));
    let knows = |text: &str| TOKENIZER.familiarity(text).unwrap().knows_corpus();
    assert!(knows("The clinic shares what it has learned about its patients. ".repeat(20).as_str()));
    assert!(!knows("龘靐齉齾 爩鱻麤灪 龗厵爨癵 ".repeat(40).as_str()));
}

#[test]
fn a_vector_is_the_same_bits_when_the_rows_of_its_words_come_apart() {
    let model = Model::of(&raw());
    let mut encoder = model.encoder();
    let expected = pollster::block_on(encoder.encode("How do clinics share data?")).unwrap();
    let config = ModelConfig::from_json(&model.config).unwrap();
    let parted = part(&config, &model.quantized.weights, |id| id < 40).unwrap().expect("rows apart");
    let files = inkling_search::encoder::ModelFiles {
        config: &parted.config,
        tokenizer: &model.quantized.tokenizer,
        weights: &parted.weights,
    };
    let mut encoder = inkling_search::encoder::Encoder::load(&files).unwrap();
    let missing = pollster::block_on(encoder.encode("How do clinics share data?")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    for (block, bytes) in parted.blocks.iter().enumerate() {
        encoder.words().add(block, bytes).unwrap();
    }
    assert_eq!(pollster::block_on(encoder.encode("How do clinics share data?")).unwrap(), expected);
}

#[test]
fn an_index_of_it_is_built_and_asked_on_the_command_line_with_a_note_on_browsers() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| inkling(folder.path(), args, "");
    stdout(&run(&["model", "pull", concat!("dir:", env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny-xlm-r")]));
    assert!(stdout(&run(&["model", "verify"])).starts_with("tiny-xlm-r: whole, and runs"));
    assert!(stdout(&run(&["model", "list"])).contains("intfloat/multilingual-e5-small"));
    std::fs::write(folder.path().join("talks.csv"), "title,abstract\nBees,Counting honeybees\nSea,Waves and harbours\n").unwrap();
    let indexed = run(&["index", "talks.csv", "--passage-tokens", "40", "--overlap", "8"]);
    assert!(stdout(&indexed).starts_with("2 documents"), "{indexed:?}");
    let noted = String::from_utf8_lossy(&indexed.stderr);
    assert!(noted.contains("browsers do not have the tokenizer of tiny-xlm-r: there words alone will answer"), "{noted}");
    let found = run(&["search", "Waves", "--mode", "semantic", "--json"]);
    assert!(stdout(&found).contains("\"mode\":\"semantic\""), "{found:?}");
}

#[test]
fn a_tokenizer_of_another_type_is_refused_by_its_name() {
    let json: Value = serde_json::from_slice(&raw().files["tokenizer.json"]).unwrap();
    for (kind, word) in [("BPE", "type BPE"), ("WordLevel", "type WordLevel")] {
        let mut other = json.clone();
        other["model"]["type"] = kind.into();
        let error = Tokenizer::from_json(&serde_json::to_vec(&other).unwrap(), 48).err().expect("a refusal");
        assert_eq!(error.kind(), ErrorKind::UnsupportedTokenizer);
        assert!(error.to_string().contains(word), "{error}");
    }
    let mut without = json;
    without["model"]["unk_id"] = Value::Null;
    let error = Tokenizer::from_json(&serde_json::to_vec(&without).unwrap(), 48).err().expect("a refusal");
    assert_eq!(error.kind(), ErrorKind::UnsupportedTokenizer);
}
