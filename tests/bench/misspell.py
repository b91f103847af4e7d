"""Copies a BEIR folder and misspells a share of the words of its queries, to measure what typing errors cost.

    python3 tests/bench/misspell.py DATA/ir/cranfield /tmp/misspelt 0.25
    inkling eval /tmp/misspelt --model model

A word of at least five letters loses a letter, gains one, has one changed, or has two swapped; never the first or the last.
"""

import json
import random
import re
import shutil
import sys
from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misspelt(word: str, chance: random.Random) -> str:
    at, kind = chance.randrange(1, len(word) - 1), chance.randrange(4)
    before, after = word[:at], word[at:]
    if kind == 0:
        return before + after[1:]
    if kind == 1:
        return before + chance.choice(LETTERS) + after
    if kind == 2:
        return before + chance.choice(LETTERS) + after[1:]
    return before + after[1] + after[0] + after[2:]


def main() -> None:
    source, target, share = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    target.mkdir(parents=True, exist_ok=True)
    for name in ("corpus.jsonl", "qrels.tsv"):
        shutil.copy(source / name, target / name)
    chance = random.Random(7)

    def some(match: re.Match[str]) -> str:
        word = match.group()
        return word if len(word) < 5 or chance.random() > share else misspelt(word, chance)

    queries = [json.loads(line) for line in (source / "queries.jsonl").read_text().splitlines()]
    for query in queries:
        query["text"] = re.sub("[A-Za-z]+", some, query["text"])
    (target / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))


if __name__ == "__main__":
    main()
