#!/usr/bin/env python3
"""Writes goldens/tiny-variants.*: what sentence-transformers makes of the tiny model behind other poolings, a dense layer and prompts.

    python tests/data/make_variants.py

tiny-variants.json         for each variant the files beside the weights, as sentence-transformers saves them
tiny-variants.safetensors  "NAME.vectors" f32 [40, outputs], the unit vectors of the first 40 texts of texts.json as documents,
                           "NAME.queries" the same as queries where the variant has prompts, and "NAME.linear.weight" and ".bias" of its
                           dense layer, seeded

Names that begin with "distilbert" stand on the tiny model's weights as a DistilBERT.
"""

import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

from make_goldens import GOLDENS, HERE, TINY_TEXTS, distilbert_of, max_seq_length

DIM = 32
KEPT = ("modules.json", "1_Pooling/config.json", "2_Dense/config.json", "config_sentence_transformers.json")
PROMPTS = {"query": "question: ", "document": "the text: "}
# Pooling, and length and activation of the dense layer.
VARIANTS = {
    "cls": ("cls", None, {}),
    "max": ("max", None, {}),
    "mean-dense": ("mean", (32, torch.nn.Identity()), {}),
    "cls-dense-tanh": ("cls", (16, torch.nn.Tanh()), {}),
    "mean-prompts": ("mean", None, PROMPTS),
    "distilbert-cls": ("cls", None, {}),
    "distilbert-max-dense-tanh": ("max", (48, torch.nn.Tanh()), PROMPTS),
}


def transformer(name):
    """The tiny model's Transformer; a DistilBERT's where the name says so."""
    module = Transformer(str(HERE / "tiny-model"))
    module.max_seq_length = max_seq_length(HERE / "tiny-model")
    if name.startswith("distilbert"):
        module.model = DistilBertWithoutTypes(distilbert_of(HERE / "tiny-model"))
    return module


class DistilBertWithoutTypes(torch.nn.Module):
    """Takes the token types that the tiny tokenizer gives, and leaves them."""

    def __init__(self, model):
        super().__init__()
        self.model, self.config = model, model.config

    def forward(self, token_type_ids=None, **features):
        return self.model(**features)


def main():
    torch.set_num_threads(1)
    texts = json.loads((GOLDENS / "texts.json").read_text(encoding="utf-8"))[:TINY_TEXTS]
    files, tensors = {}, {}
    for number, (name, (pooling, dense, prompts)) in enumerate(VARIANTS.items()):
        modules = [transformer(name), Pooling(DIM, pooling_mode=pooling)]
        if dense:
            torch.manual_seed(number)
            modules.append(Dense(DIM, dense[0], activation_function=dense[1]))
        model = SentenceTransformer(modules=[*modules, Normalize()], device="cpu", prompts=prompts)
        encode = lambda call: torch.stack([call(text, convert_to_tensor=True) for text in texts]).float().contiguous()
        tensors[f"{name}.vectors"] = encode(model.encode_document)
        if prompts:
            tensors[f"{name}.queries"] = encode(model.encode_query)
        with tempfile.TemporaryDirectory() as folder:
            # Of the weights only the dense layer's are kept; the transformer's stand in tiny-model.
            model[0].save = lambda *args, **kwargs: None
            model.save(folder, create_model_card=False)
            saved = {file: Path(folder) / file for file in KEPT}
            files[name] = {file: json.loads(path.read_text()) for file, path in saved.items() if path.exists()}
            if dense:
                weights = load_file(Path(folder) / "2_Dense/model.safetensors")
                tensors |= {f"{name}.{part}": weights[part].float().contiguous() for part in ("linear.weight", "linear.bias")}
    (GOLDENS / "tiny-variants.json").write_text(json.dumps(files, indent=1) + "\n")
    save_file(tensors, GOLDENS / "tiny-variants.safetensors")
    print({name: list(tensor.shape) for name, tensor in tensors.items()})


if __name__ == "__main__":
    main()
