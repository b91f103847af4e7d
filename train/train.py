#!/usr/bin/env python3
"""Trains sentence encoders for Inkling.

    python train/train.py align --teacher DIR --texts FILE --out DIR    a query encoder of fewer layers
    python train/train.py pairs --model DIR --data FILE:WEIGHT --out DIR    the recipe of the original models
    python train/train.py trim STUDENT --out DIR                        fewer bytes for a student

Each command's --help says what it takes. A run that was interrupted goes on when the same command is given again.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer

import align
import grid
import judge
import pairs
import trim
from batches import Batches
from packed import means
from run import Run, device_of
from texts import Texts

# The settings of `align` that a checkpoint is of.
IDENTITY = (
    "layers", "start", "seed", "step", "table_step", "map_step", "table_rate", "rate", "scale", "steps", "minutes", "rank", "temperature", "passages",
)


def optimizer_of(student, args, device):
    """AdamW; the word table learns at a rate of its own."""
    table = {id(parameter) for name, parameter in student.named_parameters() if "word_embeddings" in name}
    groups = [
        {"params": [p for p in student.parameters() if id(p) not in table], "share": 1.0},
        {"params": [p for p in student.parameters() if id(p) in table], "share": args.table_rate},
    ]
    for parameter in groups[1]["params"] if not args.table_rate else ():
        parameter.requires_grad_(False)
    return torch.optim.AdamW(groups, lr=args.rate, weight_decay=0.0, betas=(0.9, 0.98), fused=device.type == "cuda")


def write(student, args, run, batches, device):
    """The student's folder, with how it was made."""
    codes = grid.bytes_of_codes(student)
    grid.settle(student)
    note = {
        "student_of": args.name or args.teacher.name, "family": args.family or align.family_of(args.teacher),
        "layers": [int(number) for number in args.layers.split(",")],
        "step": args.step, "table_step": args.table_step, "map_step": args.map_step, "training_steps": run.step, "seed": args.seed,
        "texts": batches.texts_a_step * run.step, "minutes": round(run.elapsed / 60, 1), "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "bytes_of_codes": round(codes),
    } | ({"rank": args.rank, "temperature": args.temperature} if args.rank else {})
    align.save(student, args.teacher, args.out, note)


def run_align(args):
    device = device_of(args.device)
    torch.manual_seed(args.seed)
    tokenizer = align.read_tokenizer(args.teacher)
    most = tokenizer.truncation["max_length"]
    bare = Tokenizer.from_file(str(args.teacher / "tokenizer.json"))
    bare.no_padding(), bare.no_truncation()
    print("reading the texts", flush=True)
    texts = Texts(args.texts, bare, device, args.seed, args.limit)
    print(f"{len(texts.flat):,} tokens, {len(texts.unit_start):,} paragraphs, on {device}", flush=True)

    teacher = align.load_teacher(args.teacher).to(device)
    student = align.begin(args, teacher).to(device)
    exact = judge.encoder(lambda ids, mask: align.mean_of(teacher, ids, mask), device)
    jury = judge.Judge(args.judge, tokenizer, exact) if args.judge else None
    if device.type == "cuda":
        teacher.half()
        torch.set_float32_matmul_precision("high")
        # It plans anew for each shape, of which there are many here.
        torch.backends.cuda.enable_cudnn_sdp(False)

    def vectors(texts):
        """The teacher's."""
        with torch.no_grad():
            return torch.nn.functional.normalize(means(teacher, texts), dim=1)

    batches = Batches(texts, most, args.scale, args.seed)
    if not args.start:
        first = [batches.of(step)[0] for step in range(args.fit)]
        align.fit_map(student, ((texts, vectors(texts)) for texts in first))
    passages = torch.cat([vectors(texts) for texts in batches.passages(batches.sized(args.passages))]) if args.rank else None
    batches = Batches(texts, most, args.scale, args.seed)
    align.to_grid(student, args.step, args.table_step, args.map_step)

    optimizer = optimizer_of(student, args, device)
    run = Run(args.out, args.steps, args.minutes, args.rate, 0.05, {name: str(getattr(args, name)) for name in IDENTITY}, args.checkpoint_every)
    parts = {"student": student, "optimizer": optimizer}
    run.resume(parts, batches)

    def report(tag):
        if jury:
            result = jury.run(judge.encoder(student.encode, device))
            print(f"{tag}: {grid.bytes_of_codes(student) / 1e6:.2f} MB of codes\n{judge.table(result)}", flush=True)
            return result
        return {}

    if not run.step and args.judge_every < 1:
        report("before training")
    next_report = args.judge_every
    while not run.done:
        for group in optimizer.param_groups:
            group["lr"] = run.rate_now() * group["share"]
        optimizer.zero_grad(set_to_none=True)
        packed, weight = batches.of(run.step)
        target = vectors(packed)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=args.bf16):
            own = torch.nn.functional.normalize(student(packed), dim=1)
        loss = align.cosine_loss(own, target)
        if args.rank:
            loss = loss + args.rank * align.rank_loss(own, target, passages, args.temperature)
        whole = (weight * loss).sum()
        whole.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        run.advance(whole, batches.texts_a_step)
        run.keep(parts, batches)
        if run.share >= next_report and not run.done:
            report(f"after {run.elapsed / 60:.1f} minutes, step {run.step}")
            next_report += args.judge_every
    if args.steps:
        run.keep(parts, batches, now=True)

    result = report(f"at the end, step {run.step}")
    write(student, args, run, batches, device)
    if jury:
        (args.out / "figures.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"wrote {args.out}: pack it with `inkling model pull dir:{args.out}`")


def parser():
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True)
    a = commands.add_parser("align", help="align a query encoder of fewer layers to a teacher's vectors", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    a.add_argument("--teacher", type=Path, required=True, help="sentence-transformers folder: BERT or DistilBERT, mean pooling")
    a.add_argument("--name", help="the teacher's public name, for the student's config.json")
    a.add_argument("--family", help="the teacher's family as `inkling inspect` shows it, when its weights here are not the original's bits")
    a.add_argument("--texts", type=Path, required=True, help="a paragraph a line, an empty line between documents (collect.py)")
    a.add_argument("--out", type=Path, required=True, help="folder for the student and for the checkpoint")
    a.add_argument("--layers", default="0,2,5", help="numbers of the teacher's layers to begin from")
    a.add_argument("--from", dest="start", type=Path, help="a student to train further, instead: a folder that `align` wrote")
    a.add_argument("--minutes", type=float, help="length of the run")
    a.add_argument("--steps", type=int, help="length of the run instead: then the same on every run on a CPU")
    a.add_argument("--scale", type=float, default=1.0, help="size of a step; 1 is 3,300 texts, for a GPU; 0.05 suits two cores")
    a.add_argument("--rate", type=float, default=8e-4, help="learning rate at its highest; 5e-4 suits --scale 0.05")
    a.add_argument("--table-rate", type=float, default=0.3, help="share of that for the word table; 0 leaves it as it is")
    a.add_argument("--step", type=float, default=0.75, help="grid of the layers, in root mean squares of a row; 0: none")
    a.add_argument("--table-step", type=float, default=1.0, help="grid of the word table, in root mean squares of the table")
    a.add_argument("--map-step", type=float, default=0.35, help="grid of the output map, in root mean squares of a row")
    a.add_argument("--rank", type=float, default=0.3, help="weight of the ranking of passages beside 1 - cosine; 0: none")
    a.add_argument("--temperature", type=float, default=0.03, help="of the ranking: a score so much below another counts for a third of it; at 0.03 some 15 of 2,500 passages count, at 0.05 200")
    a.add_argument("--passages", type=int, default=16384, help="how many are ranked, times --scale")
    a.add_argument("--fit", type=int, default=8, help="steps' worth of texts that the output map is first fitted on")
    a.add_argument("--judge", type=Path, nargs="*", default=[], help="collections in BEIR layout: what the student keeps of them is printed")
    a.add_argument("--judge-every", type=float, default=0.5, help="share of the run between two judgements, the first of which is before it; 1: at the end alone")
    a.add_argument("--limit", type=int, help="only so many documents of the texts")
    a.add_argument("--checkpoint-every", type=float, default=120, help="seconds between two checkpoints")
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--device", default="auto", help="cpu, cuda, or auto")
    a.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True, help="bfloat16 products")
    a.set_defaults(call=run_align)
    pairs.add_parser(commands)
    trim.add_parser(commands)
    return top


def main():
    args = parser().parse_args()
    if args.command != "trim" and bool(args.minutes) == bool(args.steps):
        sys.exit("give --minutes or --steps, one of them")
    args.call(args)


if __name__ == "__main__":
    main()
