"""Objective (a): the recipe of the original models. In-batch negatives on pairs and triplets, drawn from files by weight.

MultipleNegativesRankingLoss (Henderson and others, 2017, https://arxiv.org/abs/1705.00652) as sentence-transformers computes it: each
text's own partner among all partners and negatives of the batch, by the softmax of cosines times 20.
"""

import argparse
import json
import random
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

import align
import judge
from run import Run, device_of

SCALE = 20.0


def read_sets(path):
    """Lists of texts [anchor, positive] or [anchor, positive, negative], a line each, from JSON Lines.

    A line is such a list, or an object with `anchor`, `positive` and `negative`, or with `query`, `pos` and `neg`, whose values are texts
    or lists of texts (of which the first is taken).
    """
    sets = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if isinstance(row, dict):
                names = ("anchor", "positive", "negative") if "anchor" in row else ("query", "pos", "neg")
                row = [row[name] for name in names if row.get(name)]
                row = [value[0] if isinstance(value, list) else value for value in row]
            if not (2 <= len(row) <= 3 and all(isinstance(text, str) and text for text in row)):
                raise ValueError(row)
        except (ValueError, TypeError):
            raise SystemExit(f"{path}, line {number}: a line is [anchor, positive] or [anchor, positive, negative], or an object with these names") from None
        sets.append(row)
    if not sets:
        raise SystemExit(f"{path} holds no pairs")
    return sets


class Files:
    """Files of pairs, each drawn by its weight. What a step draws hangs on the seed and its number alone."""

    def __init__(self, sources, seed):
        """`sources` are texts FILE or FILE:WEIGHT; without one the weight is the number of lines."""
        self.seed, self.files, self.weights = seed, [], []
        for source in sources:
            path, _, weight = source.rpartition(":")
            path, weight = (path, float(weight)) if path and weight.replace(".", "", 1).isdigit() else (source, None)
            self.files.append(read_sets(path))
            self.weights.append(len(self.files[-1]) if weight is None else weight)

    def batch(self, step, size):
        """Lists of texts of one file: a batch of one kind has negatives that are hard to tell apart."""
        draw = random.Random(f"{self.seed} {step}")
        sets = draw.choices(self.files, self.weights)[0]
        rows = draw.sample(sets, min(size, len(sets)))
        # All of a length: triplets only where all are.
        return [row[: min(map(len, rows))] for row in rows]


class Trained(nn.Module):
    """An encoder with mean pooling."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, ids, mask):
        return align.mean_of(self.encoder, ids, mask)

    def loss(self, columns):
        """Of (ids, mask) of anchors, of positives, and of negatives where there are any."""
        anchors, *others = (nn.functional.normalize(self(ids, mask).float(), dim=1) for ids, mask in columns)
        scores = SCALE * anchors @ torch.cat(others).T
        return nn.functional.cross_entropy(scores, torch.arange(len(anchors), device=scores.device))


def padded(tokenizer, texts, pad, device):
    lists = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    width = max(map(len, lists))
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in lists])
    mask = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in lists])
    return ids.to(device), mask.to(device)


def save(encoder, folder, out):
    """A sentence-transformers folder in f32."""
    align.write_folder(folder, out, encoder.config.to_dict(), dense=False)
    tensors = {name: tensor.detach().float().contiguous().cpu() for name, tensor in encoder.state_dict().items() if "position_ids" not in name}
    save_file(tensors, Path(out) / "model.safetensors", metadata={"format": "pt"})


def run_pairs(args):
    device = device_of(args.device)
    torch.manual_seed(args.seed)
    tokenizer = align.read_tokenizer(args.model)
    full = align.read_tokenizer(args.model)
    if args.length:
        tokenizer.enable_truncation(min(args.length, tokenizer.truncation["max_length"]))
    files = Files(args.data, args.seed)
    encoder = align.load_teacher(args.model)
    # Without dropout: then a run is the same whether or not it was interrupted.
    model = Trained(encoder).to(device).eval()
    before = judge.Judge(args.judge, full, judge.encoder(model, device)).own() if args.judge else {}
    named = [(name, parameter) for name, parameter in model.named_parameters() if "pooler" not in name]
    is_decayed = lambda name: not name.endswith("bias") and "LayerNorm" not in name and "layer_norm" not in name
    groups = [{"params": [p for name, p in named if is_decayed(name) == kind], "weight_decay": 0.01 * kind} for kind in (True, False)]
    optimizer = torch.optim.AdamW(groups, lr=args.rate)
    identity = {name: str(getattr(args, name)) for name in ("data", "seed", "batch", "rate", "warmup", "length", "steps", "minutes")}
    run = Run(args.out, args.steps, args.minutes, args.rate, args.warmup, identity, args.checkpoint_every)
    parts, draw = {"model": model, "optimizer": optimizer}, torch.Generator()
    run.resume(parts, draw)
    pad = encoder.config.pad_token_id or 0
    while not run.done:
        for group in optimizer.param_groups:
            group["lr"] = run.rate_now()
        optimizer.zero_grad(set_to_none=True)
        columns = [padded(tokenizer, texts, pad, device) for texts in zip(*files.batch(run.step, args.batch))]
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=args.bf16):
            loss = model.loss(columns)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        run.advance(loss, args.batch)
        run.keep(parts, draw)
    run.keep(parts, draw, now=True)
    save(encoder, args.model, args.out)
    after = judge.Judge(args.judge, full, judge.encoder(model, device)).own() if args.judge else {}
    for name, figure in after.items():
        print(f"{name}: nDCG@10 of the vectors {before[name]:.4f} before, {figure:.4f} after")
    print(f"wrote {args.out}: pack it with `inkling model pull dir:{args.out}`")
    return before, after


def add_parser(commands):
    p = commands.add_parser("pairs", help="the recipe of the original models: in-batch negatives", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--model", type=Path, required=True, help="sentence-transformers folder to begin from: BERT or DistilBERT, mean pooling")
    p.add_argument("--data", nargs="+", required=True, metavar="FILE[:WEIGHT]", help="pairs or triplets in JSON Lines; the weight is the share of batches, the number of lines when left out")
    p.add_argument("--out", type=Path, required=True, help="folder for the model and for the checkpoint")
    p.add_argument("--steps", type=int, help="length of the run: then the same on every run on a CPU")
    p.add_argument("--minutes", type=float, help="length of the run instead")
    p.add_argument("--batch", type=int, default=64, help="pairs of a step: more are more negatives")
    p.add_argument("--rate", type=float, default=2e-5, help="learning rate at its highest")
    p.add_argument("--warmup", type=float, default=0.1, help="share of the run in which the rate rises, at most 500 steps")
    p.add_argument("--length", type=int, default=128, help="tokens of a text; 0: what the model takes")
    p.add_argument("--judge", type=Path, nargs="*", default=[], help="collections in BEIR layout: nDCG@10 before and after is printed")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--device", default="auto", help="cpu, cuda, or auto")
    p.add_argument("--checkpoint-every", type=float, default=120, help="seconds between two checkpoints")
    p.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=False, help="bfloat16 products")
    p.set_defaults(call=run_pairs)
