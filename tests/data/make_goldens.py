#!/usr/bin/env python3
"""Writes tests/data/goldens from the Python reference implementations.

    pip install -r tests/data/requirements.txt
    python tests/data/make_goldens.py MODEL_DIR

MODEL_DIR holds sentence-transformers/all-MiniLM-L6-v2 in safetensors with its tokenizer.json (README.md says where from).
The tiny model beside this script must exist: make_tiny_model.py writes it.

tokens.json           token ids of token_texts.REAL, by the model's own tokenizer, truncated at its max_seq_length (256)
tiny-tokens.json      the same of token_texts.TINY, by the tiny model's tokenizer, truncated at 48
vectors.safetensors   "vectors" f32 [texts, 384]: sentence-transformers' unit vectors of texts.json, float32 on the CPU
tiny-vectors.safetensors  "vectors" f32 [40, 32]: the same of the first 40 texts, by the tiny model
tiny-distilbert-vectors.safetensors  the same by transformers' DistilBERT with the tiny model's weights, but for its token types

texts.json is written by hand and only read here.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertModel

import token_texts

HERE = Path(__file__).parent
GOLDENS = HERE / "goldens"
TINY_TEXTS = 40
# model.safetensors of the revision that the goldens were made with; another file would give other vectors.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def max_seq_length(model_dir):
    """The limit that counts is sentence_bert_config.json's; the one inside tokenizer.json is a leftover of training."""
    return json.loads((model_dir / "sentence_bert_config.json").read_text())["max_seq_length"]


def token_goldens(model_dir, texts):
    """[{"name", "text", "ids"}] with special tokens, truncated, never padded."""
    assert len({name for name, _ in texts}) == len(texts), "two texts have the same name"
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_seq_length(model_dir))
    return [{"name": name, "text": text, "ids": tokenizer.encode(text).ids} for name, text in texts]


def check_tokenizers_agree(model, goldens):
    """sentence-transformers must tokenize as the bare tokenizer does, or the vectors and the ids would not belong together."""
    for golden in goldens:
        ids = model.preprocess([golden["text"]])["input_ids"][0].tolist()
        assert ids == golden["ids"], f"{golden['name']}: sentence-transformers has other ids"


def vector_goldens(model, texts):
    """Unit vectors f32 [texts, dim], one text at a time so that no padding is involved."""
    vectors = torch.stack([model.encode(text, convert_to_tensor=True, normalize_embeddings=True) for text in texts])
    assert vectors.dtype == torch.float32 and torch.allclose(vectors.norm(dim=1), torch.ones(len(texts)), atol=1e-6)
    return vectors.contiguous()


# What DistilBERT calls BERT's layers; tests/native/models.rs renames by the same list.
DISTILBERT_NAMES = {
    "encoder.layer.": "transformer.layer.",
    ".attention.self.query.": ".attention.q_lin.",
    ".attention.self.key.": ".attention.k_lin.",
    ".attention.self.value.": ".attention.v_lin.",
    ".attention.output.dense.": ".attention.out_lin.",
    ".attention.output.LayerNorm.": ".sa_layer_norm.",
    ".intermediate.dense.": ".ffn.lin1.",
    ".output.dense.": ".ffn.lin2.",
    ".output.LayerNorm.": ".output_layer_norm.",
}


def distilbert_of(model_dir):
    """A DistilBERT with a BERT's weights: strict loading proves that the names are DistilBERT's."""
    bert = json.loads((model_dir / "config.json").read_text())
    config = DistilBertConfig(
        vocab_size=bert["vocab_size"], max_position_embeddings=bert["max_position_embeddings"], dim=bert["hidden_size"],
        n_layers=bert["num_hidden_layers"], n_heads=bert["num_attention_heads"], hidden_dim=bert["intermediate_size"],
    )
    tensors = {}
    for name, tensor in load_file(model_dir / "model.safetensors").items():
        if "token_type" in name or name.startswith("pooler."):
            continue
        for theirs, ours in DISTILBERT_NAMES.items():
            name = name.replace(theirs, ours)
        tensors[name] = tensor
    model = DistilBertModel(config).eval()
    model.load_state_dict(tensors, strict=True)
    return model


def distilbert_vectors(model_dir, texts):
    """Unit vectors f32 [texts, dim]: the mean of the last hidden states, scaled to length one."""
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_seq_length(model_dir))
    model = distilbert_of(model_dir)
    with torch.no_grad():
        hidden = [model(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0] for text in texts]
    return torch.nn.functional.normalize(torch.stack([states.mean(dim=0) for states in hidden]))


def write_tokens(name, goldens):
    lines = ",\n".join(json.dumps(golden) for golden in goldens)  # ASCII only: every odd character stays visible
    (GOLDENS / name).write_text(f"[\n{lines}\n]\n", encoding="ascii")
    print(f"{name}: {len(goldens)} texts, {sum(len(golden['ids']) for golden in goldens)} tokens")


def write_vectors(name, vectors):
    save_file({"vectors": vectors}, GOLDENS / name)
    print(f"{name}: {list(vectors.shape)}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    real_dir, tiny_dir = Path(sys.argv[1]), HERE / "tiny-model"
    sha256 = hashlib.sha256((real_dir / "model.safetensors").read_bytes()).hexdigest()
    if sha256 != WEIGHTS_SHA256:
        sys.exit(f"{real_dir}/model.safetensors has SHA-256 {sha256}; the goldens belong to {WEIGHTS_SHA256}")
    torch.set_num_threads(1)  # one thread: the same order of additions on every run
    texts = json.loads((GOLDENS / "texts.json").read_text(encoding="utf-8"))
    for prefix, model_dir, token_cases, texts_here in (
        ("", real_dir, token_texts.REAL, texts),
        ("tiny-", tiny_dir, token_texts.TINY, texts[:TINY_TEXTS]),
    ):
        model = SentenceTransformer(str(model_dir), device="cpu", local_files_only=True)
        goldens = token_goldens(model_dir, token_cases)
        check_tokenizers_agree(model, goldens)
        write_tokens(f"{prefix}tokens.json", goldens)
        write_vectors(f"{prefix}vectors.safetensors", vector_goldens(model, texts_here))
    write_vectors("tiny-distilbert-vectors.safetensors", distilbert_vectors(tiny_dir, texts[:TINY_TEXTS]))


if __name__ == "__main__":
    main()
