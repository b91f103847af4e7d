//! What comes behind the transformer: poolings, the dense layer, prompts, and encoders that are for queries alone.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use inkling_search::encoder::{Encoder, ModelFiles, encode_all};
use inkling_search::engine::build::{BuildOptions, Plan, build};
use inkling_search::engine::folder::{IndexFolder, write_files};
use inkling_search::error::ErrorKind;
use inkling_search::import::pack::quantize;
use inkling_search::import::pull::RawModel;
use inkling_search::import::reference::Reference;
use inkling_search::import::size::Size;
use inkling_search::index::builder::IndexFiles;
use inkling_search::index::document::Document;
use inkling_search::index::manifest::{FileEntry, MANIFEST_FILE, Manifest, Needed, VECTORS_FILE};
use inkling_search::model::config::{ModelConfig, Prompts};
use inkling_search::model::parted::{join, part};
use inkling_search::model::weights::Weights;
use inkling_search::text::passages::PassageOptions;
use serde_json::{Value, json};

use crate::models::{Model, cosines, json as golden, tiny_raw, variant};

const VARIANTS: [&str; 7] =
    ["cls", "max", "mean-dense", "cls-dense-tanh", "mean-prompts", "distilbert-cls", "distilbert-max-dense-tanh"];

#[test]
fn poolings_dense_layers_and_prompts_give_the_vectors_of_sentence_transformers() {
    let texts: Vec<String> = golden("goldens/texts.json");
    for name in VARIANTS {
        let (raw, goldens) = variant(name);
        let model = Model::of(&raw);
        let encoder = model.encoder();
        let Prompts { query, passage } = model.quantized.config.prompts.clone();
        let reference = Reference::new(&model.quantized.config, model.originals).unwrap();
        for (kind, goldens) in goldens {
            let prefix = if kind == "queries" { &query } else { &passage };
            let texts: Vec<String> = texts[..goldens.len()].iter().map(|text| format!("{prefix}{text}")).collect();
            let ids = texts.iter().map(|text| encoder.tokenizer().encode(text).unwrap().ids);
            let exact: Vec<_> = ids.map(|ids| reference.encode_ids(&ids).unwrap()).collect();
            let (_, min) = cosines(&exact, &goldens);
            assert!(min >= 0.99999, "{name} {kind} in f32: smallest cosine {min}");
            let vectors: Vec<_> =
                encode_all(&encoder, &texts, |_| ()).unwrap().into_iter().map(|encoded| encoded.vector).collect();
            let (mean, min) = cosines(&vectors, &goldens);
            assert!(mean >= 0.99 && min >= 0.95, "{name} {kind} in int8: mean {mean}, smallest {min}");
        }
    }
}

fn document(text: &str) -> Document {
    Document { id: "a".into(), title: "A title".into(), text: text.into(), ..Document::default() }
}

#[test]
fn passages_begin_with_the_prefix_of_the_model_and_leave_it_room() {
    let (raw, _) = variant("mean-prompts");
    let encoder = Model::of(&raw).encoder();
    let prefix = "the text: ";
    assert_eq!([encoder.tokenizer().query_prefix(), encoder.tokenizer().passage_prefix()], ["question: ", prefix]);
    let documents = [document(&"data and methods ".repeat(60))];
    let passages = PassageOptions { overlap: 8, ..PassageOptions::default() };
    let options = BuildOptions { passages, ..BuildOptions::default() };
    let plan = Plan::new(&documents[..], encoder.tokenizer(), &options).unwrap();
    assert!(plan.texts().len() > 1);
    for text in plan.texts() {
        assert!(text.starts_with(&format!("{prefix}A title\n")), "{text}");
        assert!(!encoder.tokenizer().encode(text).unwrap().truncated, "{text}");
    }
}

/// Why a model is refused.
fn refusal(raw: &RawModel) -> String {
    let error = quantize(raw, Size::Exact, &|_| ()).err().expect("a model that is refused");
    assert_eq!(error.kind(), ErrorKind::UnsupportedModel, "{error}");
    error.to_string()
}

#[test]
fn stages_that_are_not_supported_are_refused_by_name() {
    let cases: [(&str, &str, Value, &str); 9] = [
        ("cls", "1_Pooling/config.json", json!({"pooling_mode_mean_sqrt_len_tokens": true}), "mean_sqrt_len_tokens"),
        ("cls", "1_Pooling/config.json", json!({"pooling_mode": "lasttoken"}), "lasttoken"),
        (
            "cls",
            "1_Pooling/config.json",
            json!({"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true}),
            "cls_token and max_tokens",
        ),
        ("cls", "1_Pooling/config.json", json!({"pooling_mode_mean_tokens": false}), "switched off"),
        ("cls", "1_Pooling/config.json", json!({"pooling_mode": "mean", "include_prompt": false}), "include_prompt"),
        ("mean-dense", "2_Dense/config.json", dense("torch.nn.modules.activation.GELU", 32), "GELU"),
        ("mean-dense", "2_Dense/config.json", dense("torch.nn.modules.linear.Identity", 64), "takes 64 numbers"),
        ("cls", "modules.json", modules(&["Transformer", "Pooling", "LayerNorm"]), "LayerNorm"),
        ("mean-dense", "modules.json", modules(&["Transformer", "Pooling", "Dense", "Dense"]), "Dense, Dense"),
    ];
    for (name, file, content, named) in cases {
        let mut raw = variant(name).0;
        raw.files.insert(file.into(), serde_json::to_vec(&content).unwrap());
        let message = refusal(&raw);
        assert!(message.contains(named), "{message}");
    }
}

fn dense(activation: &str, inputs: usize) -> Value {
    json!({"in_features": inputs, "out_features": 32, "bias": true, "activation_function": activation})
}

fn modules(kinds: &[&str]) -> Value {
    let module = |(at, kind): (usize, &&str)| {
        let path = if at == 0 { String::new() } else { format!("{at}_{kind}") };
        json!({"idx": at, "name": at.to_string(), "path": path, "type": format!("sentence_transformers.models.{kind}")})
    };
    kinds.iter().enumerate().map(module).collect()
}

/// The tiny model as `train/train.py align` writes a student: every row of the layers, and the word table, on a grid.
fn student() -> (RawModel, HashMap<String, Tensor>) {
    let mut raw = variant("mean-dense").0;
    let mut config: Value = serde_json::from_slice(&raw.files["config.json"]).unwrap();
    config["inkling"] = json!({"student_of": "org/teacher", "family": "f".repeat(64)});
    raw.files.insert("config.json".into(), serde_json::to_vec(&config).unwrap());
    let tensors = candle_core::safetensors::load_buffer(&raw.files["model.safetensors"], &Device::Cpu).unwrap();
    let on_grid = |name: &str, tensor: &Tensor| {
        let is_table = name == "embeddings.word_embeddings.weight";
        let is_layer = name.starts_with("encoder.") && tensor.dims().len() == 2;
        if !is_table && !is_layer {
            return tensor.clone();
        }
        let rows: Vec<Vec<f32>> = tensor.to_vec2().unwrap();
        let step =
            |row: &[f32]| 2f32.powi((row.iter().map(|x| x * x).sum::<f32>() / row.len() as f32).sqrt().log2().floor() as i32);
        let whole = step(&rows.concat());
        let round = |row: &Vec<f32>| {
            let step = if is_table { whole } else { step(row) };
            row.iter().map(|x| (x / step).round() * step).collect::<Vec<f32>>()
        };
        Tensor::from_vec(rows.iter().flat_map(round).collect::<Vec<f32>>(), tensor.shape(), &Device::Cpu).unwrap()
    };
    let tensors: HashMap<String, Tensor> = tensors.iter().map(|(name, tensor)| (name.clone(), on_grid(name, tensor))).collect();
    raw.files.insert("model.safetensors".into(), safetensors::serialize(&tensors, None).unwrap());
    (raw, tensors)
}

#[test]
fn weights_that_lie_on_a_grid_are_packed_without_any_error_whatever_the_size() {
    let (raw, tensors) = student();
    for size in [Size::Small, Size::Exact] {
        let model = Model::sized(&raw, size).quantized;
        let weights = Weights::read(&model.config, &model.weights).unwrap();
        let contract = &weights.layers[1].contract;
        let values = |codes: Vec<i8>, scales: &[f32], width: usize| {
            let rows = codes.chunks_exact(width).map(<[i8]>::to_vec).zip(scales.to_vec()).collect::<Vec<_>>();
            rows.into_iter()
                .flat_map(|(row, scale)| row.into_iter().map(move |code| f32::from(code) * scale))
                .collect::<Vec<f32>>()
        };
        let original = |name: &str| tensors[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let unpacked = values(contract.weight().unwrap(), &contract.scale, contract.inputs);
        assert_eq!(unpacked, original("encoder.layer.1.output.dense.weight"));
        let query = values(weights.layers[0].qkv.weight().unwrap(), &weights.layers[0].qkv.scale, 32);
        assert_eq!(query[..32 * 32], original("encoder.layer.0.attention.self.query.weight"));
        let mut codes = Vec::new();
        weights.words.read_rows(&weights.words.ids(), &mut codes).unwrap();
        let words: Vec<f32> = codes.iter().map(|&code| f32::from(code) * weights.words.step).collect();
        assert_eq!(words, original("embeddings.word_embeddings.weight"));
    }
}

#[test]
fn a_student_is_of_its_teachers_family_and_encodes_no_documents() {
    let model = Model::of(&student().0);
    let config = &model.quantized.config;
    assert_eq!((config.family.as_str(), config.student_of.as_deref()), (&*"f".repeat(64), Some("org/teacher")));
    let documents = [document("text")];
    let error = build(&documents, &model.encoder(), &model.files(), &BuildOptions::default(), |_| (), |_| ()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::UnsupportedModel);
    assert!(error.to_string().contains("org/teacher"), "{error}");
}

/// A student of the tiny model, that is, of its family.
fn students() -> Model {
    let mut raw = student().0;
    let mut config: Value = serde_json::from_slice(&raw.files["config.json"]).unwrap();
    config["inkling"]["family"] = Model::of(&tiny_raw()).quantized.config.family.into();
    raw.files.insert("config.json".into(), serde_json::to_vec(&config).unwrap());
    Model::of(&raw)
}

#[test]
fn an_index_that_a_student_asks_keeps_what_encodes_its_documents_apart() {
    let (model, student) = (Model::of(&tiny_raw()), students());
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let options = BuildOptions { passages, ..BuildOptions::default() };
    let documents = [document("How patients and doctors use data.")];
    let plain = || build(&documents, &model.encoder(), &model.files(), &options, |_| (), |_| ()).unwrap();
    let index = plain().asked_by(&student.files(), &documents, 100).unwrap();
    let file =
        |files: &IndexFiles, wanted: &str| files.files.iter().find(|(path, _)| path == wanted).map(|(_, bytes)| bytes.clone());
    assert_eq!(file(&index, VECTORS_FILE), file(&plain(), VECTORS_FILE));
    assert_eq!(index.files.last().unwrap().0, MANIFEST_FILE);

    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), index.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    let folder = IndexFolder::open(root.path()).unwrap();
    folder.manifest().files.iter().for_each(|entry| drop(folder.file(&entry.path).unwrap()));
    let weights = |encoder: Encoder| encoder.config().weights.sha256.clone();
    assert_eq!(weights(folder.encoder().unwrap()), student.quantized.config.weights.sha256);
    assert_eq!(weights(folder.documents_encoder().unwrap()), model.quantized.config.weights.sha256);

    // Each does its own work, and the student no other.
    let mut engine = folder.engine().unwrap();
    engine.set_encoder(folder.encoder().unwrap()).unwrap();
    assert!(!engine.query("patients").unwrap().hits.is_empty());
    let another = || Document { id: "b".into(), title: "More".into(), text: "Another text.".into(), ..Document::default() };
    assert_eq!(engine.add(vec![another()], |_| ()).unwrap_err().kind(), ErrorKind::UnsupportedModel);
    engine.set_encoder(folder.documents_encoder().unwrap()).unwrap();
    engine.add(vec![another()], |_| ()).unwrap();
    let all = [documents[0].clone(), another()];
    let saved = engine.index().save(&all).unwrap();
    let of_models = |manifest: &Manifest| {
        let is_of_model = |file: &&FileEntry| matches!(file.needed, Needed::Model | Needed::Rows | Needed::Documents);
        manifest.files.iter().filter(is_of_model).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_models(&saved.manifest), of_models(&index.manifest));
    assert_eq!(of_models(&index.manifest).len(), 6 + 8);
}

#[test]
fn a_model_in_parts_gives_the_bits_of_the_whole_in_whatever_order_its_rows_come() {
    let model = students().quantized;
    let parted = part(&model.config, &model.weights, |id| id < 60).unwrap().unwrap();
    let files = ModelFiles { config: &parted.config, tokenizer: &model.tokenizer, weights: &parted.weights };
    let mut whole = students().encoder();
    let texts = ["health data", "how do I keep my best people?", "an unbelievable 日本 zebra"];
    let expected: Vec<_> = texts.map(|text| pollster::block_on(whole.encode(text)).unwrap().vector).into();
    for turn in 0..8 {
        let mut encoder = Encoder::load(&files).unwrap();
        let mut order: Vec<usize> = (0..parted.blocks.len()).collect();
        order.rotate_left(turn);
        if turn % 2 == 1 {
            order.reverse();
        }
        for block in order {
            for (text, expected) in texts.iter().zip(&expected) {
                let ids = encoder.tokenizer().encode(text).unwrap().ids;
                let missing = encoder.words().missing(&ids);
                match pollster::block_on(encoder.encode(text)) {
                    Ok(encoded) => assert_eq!((missing, &encoded.vector), (vec![], expected)),
                    Err(error) => assert_eq!((missing.is_empty(), error.kind()), (false, ErrorKind::NotFound)),
                }
            }
            // A fork has what comes to the other.
            encoder.fork().words().add(block, &parted.blocks[block]).unwrap();
        }
        let vectors = encode_all(&encoder, &texts, |_| ()).unwrap().into_iter().map(|encoded| encoded.vector);
        assert_eq!(vectors.collect::<Vec<_>>(), expected);
    }
    let config = ModelConfig::from_json(&parted.config).unwrap();
    let (config, weights) = join(&config, &parted.weights, &parted.blocks).unwrap();
    assert_eq!((ModelConfig::from_json(&config).unwrap(), weights), (model.config.clone(), model.weights.clone()));
    assert!(part(&model.config, &model.weights, |_| true).unwrap().is_none());
}

#[test]
fn the_first_rows_are_the_words_of_the_documents_and_the_common_ones() {
    let (model, student) = (Model::of(&tiny_raw()), students());
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let options = BuildOptions { passages, ..BuildOptions::default() };
    let mut one = document("How patients and doctors use data.");
    one.fields.insert("track".into(), json!(["health"]));
    one.also = vec!["people".into()].into();
    let index = build(&[one.clone()], &model.encoder(), &model.files(), &options, |_| (), |_| ()).unwrap();
    let index = index.asked_by(&student.files(), &[one], 50).unwrap();
    let file = |wanted: &str| &index.files.iter().find(|(path, _)| path == wanted).unwrap().1;
    let files = ModelFiles {
        config: file("model/config.json"),
        tokenizer: file("model/tokenizer.txt"),
        weights: file("model/weights.safetensors"),
    };
    let encoder = Encoder::load(&files).unwrap();
    let missing = |text: &str| encoder.words().missing(&encoder.tokenizer().encode(text).unwrap().ids);
    for text in ["a title", "doctors use data", "health people", "\u{10FFFF}"] {
        assert_eq!(missing(text), [0; 0], "{text}");
    }
    assert_eq!(encoder.words().missing(&(0..50).collect::<Vec<_>>()), [0; 0]);
    assert!(!missing("models of gardens").is_empty());
    assert_eq!(encoder.words().absent().len(), 8);
}

#[test]
fn a_block_of_rows_that_is_missing_or_altered_is_said_to_be() {
    let (model, student) = (Model::of(&tiny_raw()), students());
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let options = BuildOptions { passages, ..BuildOptions::default() };
    let documents = [document("text")];
    let index = build(&documents, &model.encoder(), &model.files(), &options, |_| (), |_| ()).unwrap();
    let index = index.asked_by(&student.files(), &documents, 100).unwrap();
    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), index.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))).unwrap();
    let kind = || IndexFolder::open(root.path()).unwrap().encoder().err().map(|error| error.kind());
    assert_eq!(kind(), None);
    let path = root.path().join("model/rows/003.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[9] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(kind(), Some(ErrorKind::HashMismatch));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(kind(), Some(ErrorKind::NotFound));
}

#[test]
fn an_encoder_of_another_family_cannot_be_what_asks_an_index() {
    let (model, other) = (Model::of(&tiny_raw()), Model::of(&variant("cls").0));
    let passages = PassageOptions { max_tokens: 40, overlap: 8 };
    let options = BuildOptions { passages, ..BuildOptions::default() };
    let index = build(&[document("text")], &model.encoder(), &model.files(), &options, |_| (), |_| ()).unwrap();
    assert_eq!(index.asked_by(&other.files(), &[], 100).err().unwrap().kind(), ErrorKind::ModelMismatch);
}

#[test]
fn models_of_other_stages_are_of_other_families() {
    let family = |raw: &RawModel| Model::of(raw).quantized.config.family;
    let families = [family(&tiny_raw()), family(&variant("cls").0), family(&variant("max").0), family(&variant("mean-dense").0)];
    for (at, one) in families.iter().enumerate() {
        assert!(families[..at].iter().all(|other| other != one), "{families:?}");
    }
    assert_eq!(family(&tiny_raw()), family(&variant("mean-prompts").0));
}

#[cfg(feature = "gpu")]
#[test]
fn what_the_gpu_does_not_pool_it_refuses() {
    use inkling_search::encoder::gpu::kernels::Shape;
    for name in VARIANTS {
        let config = Model::of(&variant(name).0).quantized.config;
        assert_eq!(Shape::of(&config).is_ok(), name == "mean-prompts", "{name}");
    }
}
