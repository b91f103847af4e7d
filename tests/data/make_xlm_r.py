#!/usr/bin/env python3
"""Writes tests/data/tiny-xlm-r, a seeded random XLM-R with a Unigram tokenizer, and goldens/xlm-r-*: what Python makes of texts with it.

    pip install -r tests/data/requirements.txt
    python tests/data/make_xlm_r.py

tiny-xlm-r/                 2 layers, hidden 32, 2 heads, in Hugging Face layout; positions begin at row 2, and there is one token type
xlm-r-tokens.json           token ids of token_texts.REAL, truncated at 48, by tiny-xlm-r's tokenizer; SentencePiece gives the same
xlm-r-vectors.safetensors   "vectors" f32 [40, 32]: sentence-transformers' unit vectors of the first 40 texts of texts.json

The vocabulary is learned by SentencePiece from texts.json, with a few of the rules by which XLM-R's own model rewrites characters, so that
the table of rules stays small.
"""

import io
import json

import numpy as np
import sentencepiece
import torch
from safetensors.numpy import save
from sentence_transformers import SentenceTransformer
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import XLMRobertaConfig, XLMRobertaModel

import token_texts
from make_goldens import GOLDENS, HERE, TINY_TEXTS, token_goldens, write_tokens, write_vectors

OUT = HERE / "tiny-xlm-r"
SEED = 20260
PIECES = 420
HIDDEN, LAYERS, HEADS, FF, POSITIONS, PADDING = 32, 2, 2, 64, 66, 1
MAX_SEQ_LENGTH = 48
# What is written, and what it becomes: white space, ligatures, fractions, wide forms, and what cannot be seen.
RULES = {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u200b": " ", "\ufeff": "", "\u00ad": "", "\ufb01": "fi", "½": "1⁄2", "…": "...",
         "™": "TM", "①": "1", "Ａ": "A", "ｂ": "b", "，": ",", "e\u0301": "é", "a\u0308": "ä",
         **dict.fromkeys("\v\f\x1c\x1d\x1e\x1f\x85\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f", " ")}


def sentencepiece_model(folder):
    """A Unigram model of SentencePiece, learned from texts.json."""
    texts = json.loads((GOLDENS / "texts.json").read_text(encoding="utf-8"))
    code_points = lambda text: " ".join(f"{ord(c):X}" for c in text)
    rules = folder / "rules.tsv"
    rules.write_text("".join(f"{code_points(a)}\t{code_points(b)}\n" for a, b in RULES.items()))
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=written, model_type="unigram", vocab_size=PIECES, hard_vocab_limit=False,
        normalization_rule_tsv=str(rules), character_coverage=0.999, num_threads=1, minloglevel=2,
    )
    return written.getvalue()


def tokenizer_of(model):
    """The fast tokenizer that transformers makes of an XLM-R's model: its own four tokens first, and the mask last."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    pieces = [(piece.piece, piece.score) for piece in proto.pieces[3:]]
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces, ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    rules = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    tokenizer.normalizer = normalizers.Sequence([rules, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    special = [AddedToken(token, special=True, normalized=False, lstrip=token == "<mask>")
               for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    tokenizer.add_special_tokens(special)
    # A file carries limits of its own, which do not count.
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16, pad_id=PADDING, pad_token="<pad>")
    return tokenizer


def check_sentencepiece_agrees(model, goldens):
    """SentencePiece itself gives the same ids, one later for the token that XLM-R has in front of its pieces."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    for golden in goldens:
        if any(token in golden["text"] for token in ("<s>", "</s>", "<pad>", "<unk>", "<mask>")):
            continue
        ids = [3 if piece == processor.unk_id() else piece + 1 for piece in processor.encode(golden["text"])]
        whole = [0, *ids[: MAX_SEQ_LENGTH - 2], 2]
        # The tokenizers crate looks a rule up for what is seen as one character, SentencePiece for the longest that begins there.
        differs = golden["name"] == "stacked_combining_marks"
        assert (whole == golden["ids"]) != differs, f"{golden['name']}: {whole} by SentencePiece, {golden['ids']} here"


def weights(model):
    """Numbers for every parameter, as in make_tiny_model.py: none leaves a vector as it is."""
    bits = np.random.Generator(np.random.PCG64(SEED))
    tensors = {}
    for name, parameter in model.named_parameters():
        uniforms = bits.integers(0, 1 << 24, size=(12, *parameter.shape)).astype(np.float64) / (1 << 24)
        normal = uniforms.sum(axis=0) - 6.0
        is_gain = "LayerNorm.weight" in name
        deviation = 1.0 if "word_embeddings" in name else 0.3 if "embeddings" in name else 0.2 if "LayerNorm" in name else 0.15
        tensors[name] = (float(is_gain) + deviation * normal).astype(np.float32)
    return tensors


def main():
    torch.set_num_threads(1)
    (OUT / "1_Pooling").mkdir(parents=True, exist_ok=True)
    model = sentencepiece_model(OUT)
    (OUT / "rules.tsv").unlink()
    tokenizer = tokenizer_of(model)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=FF, max_position_embeddings=POSITIONS, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=PADDING,
        bos_token_id=0, eos_token_id=2, architectures=["XLMRobertaModel"],
    )
    files = {
        "config.json": config.to_dict(),
        "sentence_bert_config.json": {"max_seq_length": MAX_SEQ_LENGTH, "do_lower_case": False},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_SEQ_LENGTH, "pad_token": "<pad>"},
        "modules.json": [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
                         for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])],
        "1_Pooling/config.json": {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
                                  "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False},
    }
    for name, value in files.items():
        (OUT / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    tensors = weights(XLMRobertaModel(config))
    (OUT / "model.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))

    goldens = token_goldens(OUT, token_texts.REAL)
    check_sentencepiece_agrees(model, goldens)
    write_tokens("xlm-r-tokens.json", goldens)
    texts = json.loads((GOLDENS / "texts.json").read_text(encoding="utf-8"))[:TINY_TEXTS]
    reference = SentenceTransformer(str(OUT), device="cpu", local_files_only=True)
    vectors = torch.stack([reference.encode(text, convert_to_tensor=True, normalize_embeddings=True) for text in texts])
    write_vectors("xlm-r-vectors.safetensors", vectors.contiguous())
    print(f"{OUT}: {sum(f.stat().st_size for f in OUT.rglob('*') if f.is_file())} bytes")


if __name__ == "__main__":
    main()
