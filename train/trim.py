"""Fewer bytes for a student: no rows of tokens that its questions do not have, and a coarser word table."""

import argparse
import json
import shutil
import unicodedata
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import grid

WORDS = "embeddings.word_embeddings.weight"
# What the names of letters and marks begin with that belong to no script, or to several.
OF_NO_SCRIPT = ("COMBINING", "FEMININE", "MASCULINE", "MICRO", "MODIFIER", "SUPERSCRIPT")


def is_kept(token, scripts):
    """Whether a text in these scripts may have a token. The places that BERT left unused no text has."""
    if token.startswith("[unused"):
        return False
    letters = (character for character in token.removeprefix("##") if unicodedata.category(character)[0] in "LM")
    return all(unicodedata.name(letter, "").split(" ")[0] in (*scripts, *OF_NO_SCRIPT) for letter in letters)


def renumbered(tokenizer, kept):
    """A tokenizer.json with these tokens alone, numbered in their order, without limits and padding."""
    number = {token: at for at, token in enumerate(kept)}
    special = tokenizer["post_processor"].get("special_tokens")
    if special is None:
        raise SystemExit("the tokenizer frames its texts otherwise than by TemplateProcessing: this is not supported")
    for token in tokenizer["added_tokens"]:
        token["id"] = number[token["content"]]
    for token in special.values():
        token["ids"] = [number[name] for name in token["tokens"]]
    tokenizer["model"]["vocab"] = number
    return tokenizer | {"truncation": None, "padding": None}


def coarser(table, times):
    """A table that lies on a grid, rounded to one so many times coarser."""
    step = table[table != 0].abs().min()
    if not torch.equal((table / step).round() * step, table):
        raise SystemExit("the word table does not lie on a grid: train it with a --table-step")
    wider = grid.rounded_step(step * times)
    return (table / wider).round().clamp(-127, 127) * wider


def run_trim(args):
    student, out = args.student, args.out
    shutil.copytree(student, out, ignore=shutil.ignore_patterns("checkpoint.pt*", "figures.json"))
    tokenizer = json.loads((student / "tokenizer.json").read_text())
    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    numbers = [at for at, token in enumerate(vocabulary) if is_kept(token, args.scripts.split(","))]
    kept = [vocabulary[at] for at in numbers]

    tensors = load_file(student / "model.safetensors")
    table = tensors[WORDS].float()[numbers]
    tensors[WORDS] = (table if args.coarser == 1 else coarser(table, args.coarser)).half()
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})

    config = json.loads((student / "config.json").read_text()) | {"vocab_size": len(kept)}
    config["inkling"] |= {"scripts": args.scripts, "coarser": args.coarser}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    (out / "tokenizer.json").write_text(json.dumps(renumbered(tokenizer, kept), **compact))
    if (out / "vocab.txt").exists():
        (out / "vocab.txt").write_text("".join(token + "\n" for token in kept))
    print(f"{len(vocabulary):,} tokens -> {len(kept):,}; wrote {out}: pack it with `inkling model pull dir:{out}`")


def add_parser(commands):
    a = commands.add_parser("trim", help="take rows of tokens out of a student, and make its word table coarser", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    a.add_argument("student", type=Path, help="folder that `align` wrote")
    a.add_argument("--out", type=Path, required=True, help="folder to write, which must not exist")
    a.add_argument("--scripts", default="LATIN,GREEK", help="scripts whose tokens stay, by what Unicode's names of their letters begin with")
    a.add_argument("--coarser", type=float, default=1.0, help="times the step of the word table")
    a.set_defaults(call=run_trim)
