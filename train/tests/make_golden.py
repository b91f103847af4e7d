#!/usr/bin/env python3
"""Writes golden.safetensors: loss and gradients of one batch of triplets by sentence-transformers, on the tiny model.

    python train/tests/make_golden.py

"loss" f32 [1], and under the name of each parameter its gradient. No dropout, float32 on the CPU, one thread.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "tests/data/tiny-model"
# Anchor, positive, negative.
BATCH = (
    ("how to brew tea", "Pour boiling water over the leaves and wait for four minutes.", "Coffee beans are roasted before they are ground."),
    ("train to the coast", "The railway reaches the sea at three towns.", "Buses leave from the market square every hour."),
    ("lost library card", "A new card costs two euros and is printed at the desk.", "Books can be borrowed for four weeks."),
    ("why is the sky blue", "Air scatters short waves more than long ones.", "At night the stars can be seen."),
)


def main():
    torch.set_num_threads(1)
    model = SentenceTransformer(str(MODEL), device="cpu", local_files_only=True).eval()
    features = [model.preprocess(list(texts)) for texts in zip(*BATCH)]
    loss = MultipleNegativesRankingLoss(model)(features, None)
    loss.backward()
    encoder = model[0].auto_model
    tensors = {name: p.grad.contiguous() for name, p in encoder.named_parameters() if p.grad is not None}
    save_file(tensors | {"loss": loss.detach().reshape(1)}, HERE / "golden.safetensors")
    print(f"loss {loss.item():.6f}, {len(tensors)} gradients")


if __name__ == "__main__":
    main()
