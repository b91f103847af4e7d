"""Compares ways to tell how alike two documents are, on what `cargo bench --bench fusion` wrote down: related are documents that
answer the same query.

    pip install numpy==2.4.0
    python3 tests/bench/fusion/similar.py build/fusion

Prints the table of docs/ranking.md: nDCG@10, differences from what is in use with 95 % intervals by bootstrap.
"""

import json
import sys
from pathlib import Path

import numpy as np

DISCOUNT = 1 / np.log2(np.arange(2, 12))
DOCUMENTS_MAX = 600


def related(report: dict, places: dict[int, int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for query in report["queries"]:
        if query["kind"] == "own":
            together = {places[int(document)] for document, grade in query["grades"].items() if grade > 0 and int(document) in places}
            for document in together:
                found.setdefault(document, set()).update(together - {document})
    return {document: others for document, others in found.items() if others}


def ways(passages: np.ndarray, starts: np.ndarray, means: np.ndarray, document: int, count: int) -> dict[str, np.ndarray]:
    own = passages[starts[document] : starts[document] + count]
    pairs = np.maximum.reduceat(own @ passages.T, starts, axis=1).max(0)
    return {
        "mean, best passage": np.maximum.reduceat(passages @ means[document], starts),
        "mean, mean": means @ means[document],
        "best pair": pairs,
        "both of these": means @ means[document] + pairs,
    }


def compare(folder: Path, random: np.random.Generator):
    report = json.loads((folder / "queries.json").read_text())
    owners = np.array(report["passages"])
    passages = np.fromfile(folder / "vectors.f32", np.float32).reshape(len(owners) + len(report["queries"]), -1)[: len(owners)]
    starts = np.r_[0, np.nonzero(np.diff(owners))[0] + 1]
    others = related(report, {int(document): place for place, document in enumerate(owners[starts])})
    if len(others) < 10:
        return
    counts = np.diff(np.r_[starts, len(owners)])
    means = np.add.reduceat(passages, starts, axis=0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    asked = sorted(others)
    asked = sorted(random.choice(asked, DOCUMENTS_MAX, replace=False)) if len(asked) > DOCUMENTS_MAX else asked
    figures: dict[str, list[float]] = {}
    for document in asked:
        for way, scores in ways(passages, starts, means, document, counts[document]).items():
            scores[document] = -9
            gains = [DISCOUNT[rank] for rank, other in enumerate(np.argsort(-scores, kind="stable")[:10]) if other in others[document]]
            figures.setdefault(way, []).append(sum(gains) / DISCOUNT[: len(others[document])].sum())
    first, *rest = (np.array(values) for values in figures.values())
    cells = [f"{first.mean():.3f}"]
    for values in rest:
        means_of = np.sort([random.choice(values - first, len(first)).mean() for _ in range(1000)])
        cells.append(f"{values.mean():.3f} ({means_of[25]:+.3f} to {means_of[974]:+.3f})")
    print(f"| {report['name']} | {len(asked)} | {(counts > 1).mean():.0%} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    print("| collection | documents | of several passages | mean, best passage | mean, mean | best pair | both of these |\n|" + "---|" * 7)
    for found in sorted(Path(sys.argv[1]).glob("*/queries.json")):
        compare(found.parent, np.random.default_rng(1))
