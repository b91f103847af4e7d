//! The tokenizer, the f32 reference and the int8 encoder against Python, on the tiny model.

use crate::models::{Model, TokenGolden, cosines, json, tiny_distilbert_raw, tiny_raw, vector_goldens};
use inkling_search::encoder::{Encoder, ModelFiles, encode_all};
use inkling_search::error::{Error, ErrorKind};
use inkling_search::import::pack::quantize;
use inkling_search::import::pull::RawModel;
use inkling_search::import::reference::Reference;
use inkling_search::import::size::Size;
use inkling_search::model::config::ModelConfig;
use inkling_search::text::tokenizer::{Tokenizer, packed};
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn token_ids_are_those_of_the_python_tokenizer() {
    let encoder = Model::of(&tiny_raw()).encoder();
    for TokenGolden { name, text, ids } in json::<Vec<TokenGolden>>("goldens/tiny-tokens.json") {
        assert_eq!(encoder.tokenizer().encode(&text).unwrap().ids, ids, "{name}");
    }
}

#[test]
fn the_reference_gives_the_vectors_of_sentence_transformers() {
    let model = Model::of(&tiny_raw());
    let encoder = model.encoder();
    let reference = Reference::new(&model.quantized.config, model.originals).unwrap();
    let texts: Vec<String> = json("goldens/texts.json");
    let goldens = vector_goldens("goldens/tiny-vectors.safetensors");
    let ids = texts.iter().take(goldens.len()).map(|text| encoder.tokenizer().encode(text).unwrap().ids);
    let vectors: Vec<_> = ids.map(|ids| reference.encode_ids(&ids).unwrap()).collect();
    let (_, min) = cosines(&vectors, &goldens);
    assert!(min >= 0.99999, "smallest cosine {min}");
}

#[test]
fn the_int8_encoder_stays_close_to_sentence_transformers() {
    let mut encoder = Model::of(&tiny_raw()).encoder();
    let texts: Vec<String> = json("goldens/texts.json");
    let goldens = vector_goldens("goldens/tiny-vectors.safetensors");
    let encode = |text: &String| pollster::block_on(encoder.encode(text)).unwrap().vector;
    let vectors: Vec<_> = texts.iter().take(goldens.len()).map(encode).collect();
    let (mean, min) = cosines(&vectors, &goldens);
    assert!(mean >= 0.995 && min >= 0.97, "mean {mean}, smallest {min}");
}

#[test]
fn a_distilbert_has_the_vectors_of_transformers_in_f32_and_in_int8() {
    let model = Model::of(&tiny_distilbert_raw());
    let mut encoder = model.encoder();
    let reference = Reference::new(&model.quantized.config, model.originals).unwrap();
    let texts: Vec<String> = json("goldens/texts.json");
    let goldens = vector_goldens("goldens/tiny-distilbert-vectors.safetensors");
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

/// Why a model cannot be quantized.
fn refusal(raw: &RawModel) -> Error {
    quantize(raw, Size::Balanced, &|_| ()).err().expect("a model that is refused")
}

#[test]
fn a_distilbert_without_a_tensor_is_refused_by_the_name_that_it_lacks() {
    let mut raw = tiny_distilbert_raw();
    let mut tensors = candle_core::safetensors::load_buffer(&raw.files["model.safetensors"], &candle_core::Device::Cpu).unwrap();
    tensors.remove("transformer.layer.1.ffn.lin2.bias").unwrap();
    raw.files.insert("model.safetensors".into(), safetensors::serialize(tensors, None).unwrap());
    let error = refusal(&raw);
    assert_eq!(error.kind(), ErrorKind::MissingTensor);
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others() {
    let mut encoder = Model::of(&tiny_raw()).encoder();
    let texts: Vec<String> = json("goldens/texts.json");
    let together = encode_all(&encoder, &texts, |_| ()).unwrap();
    for (text, expected) in texts.iter().zip(together) {
        assert_eq!(pollster::block_on(encoder.encode(text)).unwrap(), expected, "{text}");
    }
}

#[test]
fn vectors_have_unit_length_and_say_when_a_text_was_cut() {
    let mut encoder = Model::of(&tiny_raw()).encoder();
    for (text, cut) in [("", false), ("data", false), (&"data ".repeat(46), false), (&"data ".repeat(47), true)] {
        let encoded = pollster::block_on(encoder.encode(text)).unwrap();
        let length: f32 = encoded.vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
        assert_eq!(encoded.truncated, cut, "{} bytes", text.len());
    }
}

#[test]
fn token_ids_that_the_model_does_not_have_are_refused() {
    let mut encoder = Model::of(&tiny_raw()).encoder();
    for ids in [vec![], vec![482], vec![1; 49]] {
        let error = pollster::block_on(encoder.encode_ids(&[ids])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn another_architecture_is_refused_by_name() {
    for (from, to, named) in [
        ("\"bert\"", "\"mpnet\"", "mpnet"),
        ("\"gelu\"", "\"relu\"", "relu"),
        ("\"hidden_size\": 32", "\"hidden_size\": 31", "dim 31"),
    ] {
        let mut raw = tiny_raw();
        let config = String::from_utf8(raw.files["config.json"].clone()).unwrap();
        assert!(config.contains(from), "{config}");
        raw.files.insert("config.json".into(), config.replace(from, to).into_bytes());
        let error = refusal(&raw);
        assert_eq!(error.kind(), ErrorKind::UnsupportedModel);
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_tensor_of_another_shape_than_the_configuration_says_is_refused_by_name() {
    let mut raw = tiny_raw();
    let config = String::from_utf8(raw.files["config.json"].clone()).unwrap();
    raw.files.insert("config.json".into(), config.replace("\"intermediate_size\": 64", "\"intermediate_size\": 96").into_bytes());
    let error = refusal(&raw);
    assert_eq!(error.kind(), ErrorKind::WrongShape);
    assert!(error.to_string().contains("encoder.layer.0.intermediate.dense.weight"), "{error}");
}

#[test]
fn a_model_without_one_of_its_tensors_is_refused_by_name() {
    let mut raw = tiny_raw();
    let config = String::from_utf8(raw.files["config.json"].clone()).unwrap();
    raw.files.insert("config.json".into(), config.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3").into_bytes());
    let error = refusal(&raw);
    assert_eq!(error.kind(), ErrorKind::MissingTensor);
    assert!(error.to_string().contains("encoder.layer.2."), "{error}");
}

/// Loads the tiny model with its weights or configuration changed, hashes made to fit.
fn load_changed(config: impl FnOnce(&mut ModelConfig), weights: impl FnOnce(&mut Vec<u8>)) -> ErrorKind {
    let mut model = Model::of(&tiny_raw()).quantized;
    weights(&mut model.weights);
    model.config.weights = inkling_search::hash::Digest::of(&model.weights);
    config(&mut model.config);
    let config = serde_json::to_vec(&model.config).unwrap();
    let files = ModelFiles { config: &config, tokenizer: &model.tokenizer, weights: &model.weights };
    Encoder::load(&files).err().expect("a changed model is refused").kind()
}

#[test]
fn quantized_weights_that_do_not_fit_their_configuration_are_refused() {
    assert_eq!(load_changed(|_| (), |weights| weights.truncate(1000)), ErrorKind::DamagedFile);
    assert_eq!(load_changed(|_| (), |weights| weights.clear()), ErrorKind::DamagedFile);
    assert_eq!(load_changed(|config| config.layers = 3, |_| ()), ErrorKind::MissingTensor);
    assert_eq!(load_changed(|config| config.ff = 96, |_| ()), ErrorKind::WrongShape);
    assert_eq!(load_changed(|config| config.format = 1, |_| ()), ErrorKind::UnsupportedFormat);
    assert_eq!(load_changed(|config| config.heads = 3, |_| ()), ErrorKind::UnsupportedModel);
    assert_eq!(load_changed(|config| config.vocab = 500, |_| ()), ErrorKind::DamagedFile);
    assert_eq!(load_changed(|config| config.weights.sha256 = "0".repeat(64), |_| ()), ErrorKind::HashMismatch);
}

#[test]
fn quantizing_twice_gives_the_same_bytes() {
    let (a, b) = (Model::of(&tiny_raw()), Model::of(&tiny_raw()));
    assert_eq!(a.quantized.weights, b.quantized.weights);
    assert_eq!(a.config, b.config);
}

#[test]
fn the_committed_weights_are_those_that_the_tiny_model_gives_on_every_machine() {
    let committed = std::fs::read(crate::models::data("tiny-quantized/weights.safetensors")).unwrap();
    assert!(Model::of(&tiny_raw()).quantized.weights == committed, "make tests/data/tiny-quantized again: tests/data/README.md");
}

#[test]
fn coarser_sizes_take_fewer_bytes_and_stray_further_from_the_original() {
    let texts: Vec<String> = json("goldens/texts.json");
    let goldens = vector_goldens("goldens/tiny-vectors.safetensors");
    let measured = [Size::Exact, Size::Balanced, Size::Small].map(|size| {
        let model = Model::sized(&tiny_raw(), size);
        let encoded = encode_all(&model.encoder(), &texts[..goldens.len()], |_| ()).unwrap();
        let vectors: Vec<_> = encoded.into_iter().map(|encoded| encoded.vector).collect();
        (model.quantized.weights.len(), cosines(&vectors, &goldens).0, model.quantized.config.family)
    });
    println!("{measured:?}");
    assert!(measured.is_sorted_by(|(bytes, cosine, _), (fewer, less, _)| bytes > fewer && cosine > less));
    assert!(measured.iter().all(|(.., family)| *family == measured[0].2 && family.len() == 64));
}

#[test]
fn a_damaged_stream_of_codes_is_refused() {
    let mut model = Model::of(&tiny_raw()).quantized;
    let tensors = safetensors::SafeTensors::deserialize(&model.weights).unwrap();
    let whole = model.weights.as_ptr() as usize;
    let places: Vec<usize> = ["layers.1.contract.codes", "embeddings.position.codes", "embeddings.word.length.low"]
        .map(|name| tensors.tensor(name).unwrap().data())
        .map(|data| data.as_ptr() as usize - whole + data.len() - 3)
        .into();
    for place in places {
        model.weights[place] ^= 1;
        let weights = model.weights.clone();
        assert_eq!(load_changed(|_| (), |changed| *changed = weights), ErrorKind::DamagedFile, "byte {place}");
        model.weights[place] ^= 1;
    }
}

proptest! {
    /// The oracle is the crate's own pipeline, whose added tokens and word splits this project joins by itself.
    #[test]
    fn token_ids_and_offsets_are_those_of_the_whole_tokenizers_pipeline(
        text in prop::collection::vec(r"\[SEP\]|\[CLS\]|\[MASK\]|\[Mask\]|\[UNK|\[|[a-z]{1,9}|[A-ZÀ-ÿİßﬁ]{1,5}|[ \t\n]{1,3}|[.,;!?'-]|日本|\PC{0,8}", 0..24),
        normalized in any::<bool>(),
        strip in any::<bool>(),
    ) {
        let text = text.concat();
        let mut file: Value = serde_json::from_slice(&tiny_raw().files["tokenizer.json"]).unwrap();
        for token in file["added_tokens"].as_array_mut().unwrap() {
            token["normalized"] = (normalized && token["content"] == "[MASK]").into();
            token["lstrip"] = strip.into();
        }
        let json = serde_json::to_vec(&file).unwrap();
        let ours = Tokenizer::from_json(&json, 10_000).unwrap();
        let mut oracle = tokenizers::Tokenizer::from_bytes(&json).unwrap();
        oracle.with_padding(None).with_truncation(None).unwrap();

        let ids = oracle.encode(text.as_str(), true).unwrap();
        prop_assert_eq!(&ours.encode(&text).unwrap().ids, ids.get_ids());
        if !strip {
            let plain = oracle.encode(text.as_str(), false).unwrap();
            let offsets: Vec<_> = ours.offsets(&text).unwrap().into_iter().map(|(range, _)| (range.start, range.end)).collect();
            prop_assert_eq!(&offsets, plain.get_offsets());
        }
    }
}

#[test]
fn a_long_text_has_the_tokens_of_the_whole_wherever_it_is_cut() {
    let json = &tiny_raw().files["tokenizer.json"];
    let ours = Tokenizer::from_json(json, 1 << 20).unwrap();
    let mut oracle = tokenizers::Tokenizer::from_bytes(json).unwrap();
    oracle.with_padding(None).with_truncation(None).unwrap();
    let parts = [
        "health ",
        "[MASK]",
        "data,",
        "日本",
        "-",
        "e\u{301}te\u{301} ",
        "x\u{85}y\u{a0}",
        "people\n",
        "[SEP",
        "\u{3000}",
        "Σς ",
    ];
    // Pieces of which each begins with something else, and stretches without any space.
    for step in 1..=4 {
        let text: String = (0..12_000).map(|i| parts[i * step % parts.len() / step.min(2)]).collect();
        assert!(text.len() > 3 << 14);
        let whole = oracle.encode(text.as_str(), false).unwrap();
        let offsets = ours.offsets(&text).unwrap();
        assert!(offsets.iter().map(|(range, _)| (range.start, range.end)).eq(whole.get_offsets().iter().copied()), "step {step}");
        let words = whole.get_word_ids();
        assert!((1..offsets.len()).all(|at| offsets[at].1 == (words[at].is_some() && words[at] == words[at - 1])), "step {step}");
        assert_eq!(ours.encode(&text).unwrap().ids, oracle.encode(text.as_str(), true).unwrap().get_ids());
    }
}

#[test]
fn ids_with_gaps_need_the_rows_of_the_largest() {
    let mut file: Value = serde_json::from_slice(&tiny_raw().files["tokenizer.json"]).unwrap();
    let before = Tokenizer::from_json(&serde_json::to_vec(&file).unwrap(), 64).unwrap().vocab_size();
    file["model"]["vocab"]["quokka"] = (before + 9).into();
    assert_eq!(Tokenizer::from_json(&serde_json::to_vec(&file).unwrap(), 64).unwrap().vocab_size(), before + 10);
}

#[test]
fn an_added_token_for_whole_words_only_is_refused() {
    let mut file: Value = serde_json::from_slice(&tiny_raw().files["tokenizer.json"]).unwrap();
    file["added_tokens"][0]["single_word"] = true.into();
    let Err(error) = Tokenizer::from_json(&serde_json::to_vec(&file).unwrap(), 64) else { panic!("it was read") };
    assert_eq!(error.kind(), ErrorKind::UnsupportedTokenizer);
}

#[test]
fn a_packed_tokenizer_has_its_tokens_by_number_a_line_each() {
    let json = &tiny_raw().files["tokenizer.json"];
    let file: Value = serde_json::from_slice(json).unwrap();
    let packed = String::from_utf8(packed(json).unwrap()).unwrap();
    let mut lines = packed.split('\n');
    assert!(lines.next().unwrap().starts_with(r#"{"clean_text":true,"#));
    let tokens: Vec<&str> = lines.collect();
    let vocabulary = file["model"]["vocab"].as_object().unwrap();
    assert_eq!(tokens.len(), vocabulary.len());
    assert!(vocabulary.iter().all(|(token, id)| tokens[id.as_u64().unwrap() as usize] == token));
    assert_eq!(packed, include_str!("../data/tiny-quantized/tokenizer.txt"));
}

#[test]
fn tokens_that_a_line_cannot_hold_or_that_share_a_number_are_refused() {
    for (token, id) in [("two\nlines", 500), ("", 500), ("twice", 7), ("far away", u32::MAX)] {
        let mut file: Value = serde_json::from_slice(&tiny_raw().files["tokenizer.json"]).unwrap();
        file["model"]["vocab"][token] = id.into();
        let Err(error) = packed(&serde_json::to_vec(&file).unwrap()) else { panic!("{token:?} was packed") };
        assert_eq!(error.kind(), ErrorKind::UnsupportedTokenizer);
    }
}
