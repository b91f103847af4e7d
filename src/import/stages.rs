//! What sentence-transformers does with the hidden states, as the files beside a model say: pooling, a dense layer, prompts.
//!
//! What this version does not do is refused by its name, since to pass over it would give other vectors.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::pack::json;
use super::pull::RawModel;
use crate::model::config::{Dense, DenseActivation, Pooling, Prompts};

/// The stages behind the transformer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// How token outputs become one vector.
    pub pooling: Option<Pooling>,
    /// The linear layer behind it.
    pub dense: Option<Dense>,
    /// What goes before texts.
    pub prompts: Prompts,
}

const MODULES: &str = "modules.json";
const POOLING: &str = "1_Pooling/config.json";
const DENSE: &str = "2_Dense/config.json";
const PROMPTS: &str = "config_sentence_transformers.json";

/// Reads the stages of a model with hidden states of `dim` numbers. A model that does not say how it pools is taken to pool by the mean.
///
/// # Errors
/// What is not supported, by its name, as the end of a sentence.
pub fn read(raw: &RawModel, dim: usize) -> Result<Stages, String> {
    let kinds = modules(raw)?;
    let has = |kind: &str| kinds.iter().any(|found| found == kind);
    let pooling = pooling(raw)?;
    let dense = if has("Dense") { Some(dense(raw, dim)?) } else { None };
    Ok(Stages { pooling, dense, prompts: prompts(raw)? })
}

fn read_json<T: for<'de> Deserialize<'de>>(raw: &RawModel, name: &str) -> Result<T, String> {
    json(raw, name).map_err(|error| error.to_string())
}

/// The kinds of the modules, in their order, where the model names them.
fn modules(raw: &RawModel) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    struct Module {
        path: String,
        r#type: String,
    }
    if !raw.files.contains_key(MODULES) {
        return Ok(Vec::new());
    }
    // Newer versions name a module by its whole path: the last part is the same.
    let modules: Vec<Module> = read_json(raw, MODULES)?;
    let kind = |module: &Module| module.r#type.rsplit('.').next().unwrap_or_default().to_owned();
    let kinds: Vec<String> = modules.iter().map(kind).collect();
    let orders: [&[&str]; 4] = [
        &["Transformer", "Pooling"],
        &["Transformer", "Pooling", "Normalize"],
        &["Transformer", "Pooling", "Dense"],
        &["Transformer", "Pooling", "Dense", "Normalize"],
    ];
    if !orders.iter().any(|order| kinds == *order) {
        let found = kinds.join(", ");
        return Err(format!("its modules are {found}, supported are Transformer, Pooling, and after them Dense and Normalize"));
    }
    let places = ["", "1_Pooling", "2_Dense"].iter().zip(&modules).zip(&kinds);
    for ((place, module), kind) in places {
        if kind != "Normalize" && module.path != *place {
            return Err(format!("its {kind} lies in {:?}, supported is {place:?}", module.path));
        }
    }
    Ok(kinds)
}

fn pooling(raw: &RawModel) -> Result<Option<Pooling>, String> {
    if !raw.files.contains_key(POOLING) {
        return Ok(None);
    }
    let config: HashMap<String, Value> = read_json(raw, POOLING)?;
    // A switch for each kind, or in newer versions the name of one.
    let switched = config.iter().filter(|(_, value)| **value == Value::Bool(true));
    let mut kinds: Vec<&str> = switched.filter_map(|(name, _)| name.strip_prefix("pooling_mode_")).collect();
    kinds.extend(config.get("pooling_mode").and_then(Value::as_str));
    if config.get("include_prompt") == Some(&Value::Bool(false)) {
        return Err("its pooling leaves out the tokens of prompts (include_prompt is false), which is not supported".into());
    }
    kinds.sort_unstable();
    match kinds[..] {
        ["mean_tokens" | "mean"] => Ok(Some(Pooling::Mean)),
        ["cls_token" | "cls"] => Ok(Some(Pooling::Cls)),
        ["max_tokens" | "max"] => Ok(Some(Pooling::Max)),
        [] => Err("its pooling is switched off, supported are mean, cls and max".into()),
        _ => Err(format!("it pools by {}, supported is one of mean, cls and max", kinds.join(" and "))),
    }
}

fn dense(raw: &RawModel, dim: usize) -> Result<Dense, String> {
    #[derive(Deserialize)]
    struct Config {
        in_features: usize,
        out_features: usize,
        activation_function: String,
        #[serde(flatten)]
        others: HashMap<String, Value>,
    }
    let Config { in_features, out_features, activation_function, others } = read_json(raw, DENSE)?;
    if in_features != dim {
        return Err(format!("its Dense takes {in_features} numbers, and its hidden states have {dim}"));
    }
    for name in ["module_input_name", "module_output_name"] {
        let value = others.get(name).filter(|value| !value.is_null());
        if let Some(value) = value.filter(|value| value.as_str() != Some("sentence_embedding")) {
            return Err(format!("its Dense has {name} = {value}, supported is \"sentence_embedding\""));
        }
    }
    let activation = match activation_function.rsplit('.').next() {
        Some("Identity") => DenseActivation::Identity,
        Some("Tanh") => DenseActivation::Tanh,
        _ => return Err(format!("the activation of its Dense is {activation_function}, supported are Identity and Tanh")),
    };
    Ok(Dense { outputs: out_features, activation })
}

/// The prompts by the names that sentence-transformers looks for, the first of those that are there.
fn prompts(raw: &RawModel) -> Result<Prompts, String> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(default)]
        prompts: HashMap<String, String>,
        default_prompt_name: Option<String>,
    }
    if !raw.files.contains_key(PROMPTS) {
        return Ok(Prompts::default());
    }
    let Config { prompts, default_prompt_name } = read_json(raw, PROMPTS)?;
    let of = |names: &[&str]| {
        let names = names.iter().copied().chain(default_prompt_name.as_deref());
        names.filter_map(|name| prompts.get(name)).next().cloned().unwrap_or_default()
    };
    Ok(Prompts { query: of(&["query"]), passage: of(&["document", "passage", "corpus"]) })
}
