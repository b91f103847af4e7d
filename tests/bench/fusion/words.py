"""Chooses how counts saturate where documents are short, on what `cargo bench --bench fusion -- --words FILE …` wrote down, each collection left out
in turn, and holds the words against BM25 with Porter stems (k1 0.9, b 0.4).

    pip install numpy==2.4.0
    python3 tests/bench/fusion/words.py FILE

A rule gives k1 for the mean length of the documents. What lies between two values that were tried is taken to lie on a line.
"""

import sys
from pathlib import Path

import numpy as np

K1 = [0.6, 0.8, 0.9, 1.0, 1.2, 1.5, 1.8]
OTHERS = "0.6/0.6/0.3/0.2/0.75/0.6/0.4"
WAYS = ["whole", "80", "40", "20", "8 to 72", "titles"]
# The collections in other languages are shown nowhere: cut by spaces, one of them stays whole.
LEFT_OUT = {"xquad-de", "cmrc2018"}


def at(cell: dict, k1: float) -> np.ndarray:
    k1 = min(max(k1, K1[0]), K1[-1])
    place = min(int(np.searchsorted(K1, k1, "right")) - 1, len(K1) - 2)
    share = (k1 - K1[place]) / (K1[place + 1] - K1[place])
    return (1 - share) * cell[f"{K1[place]:g}/{OTHERS}"] + share * cell[f"{K1[place + 1]:g}/{OTHERS}"]


def clamped(words: int, least: float):
    return lambda length: min(max(length / words, least), 1.5)


RULES = {f"{words} words, {least} at least": clamped(words, least) for words in (30, 40, 50, 60, 80) for least in (0.8, 0.9, 1.0, 1.1)}
RULES |= {f"always {k1}": lambda _, k1=k1: k1 for k1 in (0.9, 1.0, 1.2, 1.5)}
SHIPPED = "40 words, 1.0 at least"


def interval(differences: np.ndarray) -> str:
    random = np.random.default_rng(1)
    means = np.sort([random.choice(differences, len(differences)).mean() for _ in range(1000)])
    return f"{differences.mean():+.3f} ({means[25]:+.3f} to {means[974]:+.3f})"


def main():
    cells: dict[tuple, dict] = {}
    lengths: dict[tuple, float] = {}
    for line in Path(sys.argv[1]).read_text().splitlines():
        name, way, length, setting, figures = line.split("\t")
        if name not in LEFT_OUT:
            lengths[name, way] = float(length)
            cells.setdefault((name, way), {})[setting] = np.array([float(figure) for figure in figures.split(",")])
    means = {rule: {key: at(cell, of(lengths[key])).mean() for key, cell in cells.items()} for rule, of in RULES.items()}
    best = {key: max(of[key] for of in means.values()) for key in cells}
    # Documents as they are weigh as much as three of the ways to make them short.
    weight = lambda key: 3 if key[1] == "whole" else 1
    score = lambda rule, keys: sum(weight(key) * means[rule][key] / best[key] for key in keys)
    gains: dict[str, list] = {way: [] for way in WAYS}
    for name in sorted({name for name, _ in cells}):
        rule = max(RULES, key=lambda rule: score(rule, [key for key in cells if key[0] != name]))
        for way in [way for way in WAYS if (name, way) in cells]:
            gains[way].append(means[rule][name, way] - means["always 1.5"][name, way])
    print("left out, less 1.5 always:", ", ".join(f"{way} {np.mean(of):+.4f}" for way, of in gains.items()))
    print("\n| collection | documents | words of one | 1.5 always | in use | BM25 | in use - 1.5 | in use - BM25 |\n|" + "---|" * 8)
    for key in sorted(cells, key=lambda key: (WAYS.index(key[1]), key[0])):
        used, before, plain = at(cells[key], RULES[SHIPPED](lengths[key])), at(cells[key], 1.5), cells[key]["bm25"]
        figures = " | ".join(f"{values.mean():.3f}" for values in (before, used, plain))
        print(f"| {key[0]} | {key[1]} | {lengths[key]:.0f} | {figures} | {interval(used - before)} | {interval(used - plain)} |")


if __name__ == "__main__":
    main()
