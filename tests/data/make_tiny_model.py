#!/usr/bin/env python3
"""Writes tests/data/tiny-model: a seeded random BERT small enough to commit.

    pip install -r tests/data/requirements.txt
    python tests/data/make_tiny_model.py            # writes beside this script
    python tests/data/make_tiny_model.py OTHER_DIR  # writes elsewhere, to compare

The same seed gives the same bytes. The numbers come from NumPy's PCG64 integers, turned into normal deviates by the sum of
twelve uniforms, so neither a library's choice of sampling method nor a platform's logarithm can change them.

The model means nothing. Its purpose is that every parameter matters: LayerNorm gains and biases are far from 1 and 0, the
biases are not zero, and the two token types differ, so that a forward pass which skips any of them gives another vector
(save the keys' bias, which softmax cancels in every BERT, and the pooler, which sentence vectors do not use).
"""

import json
import string
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save

SEED = 20240
HIDDEN, LAYERS, HEADS, FF, POSITIONS, TOKEN_TYPES = 32, 2, 2, 64, 64, 2
MAX_SEQ_LENGTH = 48  # below POSITIONS, so that reading the wrong limit shows

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[]_")
LETTERS = list(string.ascii_lowercase + string.digits)
WORDS = """
a about after all also an analysis analytics and answer any are artificial as ask at attend audience back badge be been before
best better bias big book browser business but by can care case chart city clean clinic cloud code coffee community compare
conference cost could count course data day deep design device disease do doctor does end engineer error ethics every example
expert family find first floor for form from future get give good graph hall have he health her his home hospital how i if in
index intelligence into is it job keep key keynote know lab large law lead learn learning less level life like live long look
machine make man manage many map market mean measure medicine meet method model more morning most my name need network new no
not number nurse of on one open or order other our out over panel paper patient people place plan predict privacy problem
product program public question read real record report research result risk room run science search security see session
share she show sleep small so some speaker start statistics store story student study summit system table talk teach team
test than that the their them there they thing think this three time to tool topic track train trial trust two under up us use
user value vector very virus visit voice want was way we week well what when where which who why will with word work workshop
world would write year you your
animal apple bank bread car cell child color comet contract cook court earth energy fire fish flour force game garden goal green
ground guide heart heat history horse house judge language letter light line machines match milk minute moon mountain music
night oil orbit pain paint party pass planet play player power price rain rate right river road rule salt school score sea
season seed song soup space sport star stone sugar sun tax tea telescope tenant travel tree truth wall water
weather wheel wind winter wood
""".split()
SUFFIXES = """
able age al an ance ate ation ed ence ent er ers es est ful ia ic ical ies ing ings ion ions ise ish ism ist ity ive ize less
ly ment ments ness ology or ous s ship sion th tics tion ty ual ure
""".split()


def vocabulary():
    """Token -> id: specials first, as in BERT; every ASCII letter and digit stands alone and as a continuation."""
    tokens = SPECIAL + PUNCTUATION + LETTERS + ["##" + c for c in LETTERS]
    tokens += [w for w in WORDS if len(w) > 1] + ["##" + s for s in SUFFIXES if len(s) > 1]
    assert len(tokens) == len(set(tokens)), sorted(t for t in tokens if tokens.count(t) > 1)
    return {token: i for i, token in enumerate(tokens)}


def tokenizer(vocab):
    """The uncased BERT pipeline, field for field as all-MiniLM-L6-v2's tokenizer.json has it.

    Like that file it carries a truncation and a padding of its own, which a reader must override with max_seq_length.
    """
    added = [
        {"id": vocab[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
        for t in SPECIAL
    ]
    first = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 16, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing", "single": first, "pair": first + second,
            "special_tokens": {t: {"id": t, "ids": [vocab[t]], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocab},
    }


def weights(vocab_size):
    """Tensor name -> f32 array, in the names and shapes that transformers' BertModel saves."""
    bits = np.random.Generator(np.random.PCG64(SEED))
    tensors = {}

    def normal(name, shape, std, mean=0.0):
        uniforms = bits.integers(0, 1 << 24, size=(12, *shape)).astype(np.float64) / (1 << 24)
        tensors[name] = (mean + std * (uniforms.sum(axis=0) - 6.0)).astype(np.float32)

    def linear(name, out_dim, in_dim):
        normal(name + ".weight", (out_dim, in_dim), 0.15)
        normal(name + ".bias", (out_dim,), 0.1)

    def layer_norm(name):
        normal(name + ".weight", (HIDDEN,), 0.2, mean=1.0)
        normal(name + ".bias", (HIDDEN,), 0.2)

    normal("embeddings.word_embeddings.weight", (vocab_size, HIDDEN), 1.0)
    normal("embeddings.position_embeddings.weight", (POSITIONS, HIDDEN), 0.3)
    normal("embeddings.token_type_embeddings.weight", (TOKEN_TYPES, HIDDEN), 0.3)
    layer_norm("embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}."
        for part in ("query", "key", "value"):
            linear(layer + "attention.self." + part, HIDDEN, HIDDEN)
        linear(layer + "attention.output.dense", HIDDEN, HIDDEN)
        layer_norm(layer + "attention.output.LayerNorm")
        linear(layer + "intermediate.dense", FF, HIDDEN)
        linear(layer + "output.dense", HIDDEN, FF)
        layer_norm(layer + "output.LayerNorm")
    linear("pooler.dense", HIDDEN, HIDDEN)  # present in real checkpoints and unused: loaders must ignore it
    return tensors


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "tiny-model")
    vocab = vocabulary()
    config = {
        "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "hidden_size": HIDDEN, "initializer_range": 0.02, "intermediate_size": FF, "layer_norm_eps": 1e-12,
        "max_position_embeddings": POSITIONS, "model_type": "bert", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS,
        "pad_token_id": 0, "position_embedding_type": "absolute", "type_vocab_size": TOKEN_TYPES, "use_cache": True,
        "vocab_size": len(vocab),
    }
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
               for i, (path, kind) in enumerate(kinds)]
    pooling = {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
               "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
    files = {
        "config.json": config,
        "sentence_bert_config.json": {"max_seq_length": MAX_SEQ_LENGTH, "do_lower_case": False},
        "modules.json": modules,
        "1_Pooling/config.json": pooling,
        "tokenizer.json": tokenizer(vocab),
    }
    (out / "1_Pooling").mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (out / name).write_text(json.dumps(value, indent=1 if name == "tokenizer.json" else 2) + "\n", encoding="utf-8")
    (out / "model.safetensors").write_bytes(save(weights(len(vocab)), metadata={"format": "pt"}))
    total = sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    print(f"{out}: vocabulary {len(vocab)}, {total} bytes")


if __name__ == "__main__":
    main()
