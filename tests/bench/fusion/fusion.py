"""Tries formulas of the fusion and of "nothing close" on what `cargo bench --bench fusion` wrote down, each collection left out in turn.

    pip install numpy==2.4.0 scipy==1.17.0
    python3 tests/bench/fusion/fusion.py build/fusion

Prints the tables of docs/ranking.md. Collections whose language the model does not know are shown but fit nothing: there words rank alone.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

DISCOUNT = 1 / np.log2(np.arange(2, 12))
# The weight of words among a thousand documents, the power of the coverage, the bonus, the power of the number of documents.
SHIPPED = (0.7217, 0.75, 0.6, 0.3125)
GRID = list(itertools.product([0.6, 0.7, 0.8], [0.5, 0.75, 1.0], [0.0, 0.3, 0.5, 0.7], [0.0, 0.125, 0.2, 0.25, 0.3125]))
LOST_MAX = 0.003


class Collection:
    def __init__(self, folder: Path):
        report = json.loads((folder / "queries.json").read_text())
        self.name, self.known_items, self.meaning = report["name"], report["known_items"], report["meaning"]
        self.documents, owners = report["documents"], np.array(report["passages"])
        queries = report["queries"]
        vectors = np.fromfile(folder / "vectors.f32", np.float32).reshape(len(owners) + len(queries), -1)
        starts = np.r_[0, np.nonzero(np.diff(owners))[0] + 1]
        words, at, self.sides = np.fromfile(folder / "words.f32", np.float32).reshape(-1, 5), 0, {}
        by_kind: dict[str, list] = {}
        for number, query in enumerate(queries):
            by_kind.setdefault(query["kind"], []).append((number, query, words[at : at + query["words"]]))
            at += query["words"]
        for kind in ("own", "foreign", "off-topic", "nonsense"):
            self.sides[kind] = self.side(by_kind.get(kind, []), vectors, len(owners), starts)
        own = [query for _, query, _ in by_kind["own"]]
        self.grades = np.zeros((len(own), self.documents), np.float32)
        for row, query in enumerate(own):
            for document, grade in query["grades"].items():
                self.grades[row, int(document)] = grade
        ideal = [sorted([*query["grades"].values(), *query["missing"]], reverse=True)[:10] for query in own]
        self.ideal = np.array([(np.array(grades) * DISCOUNT[: len(grades)]).sum() for grades in ideal])

    def side(self, queries: list, vectors: np.ndarray, passages: int, starts: np.ndarray) -> dict:
        rows = [number + passages for number, _, _ in queries]
        cosine = np.maximum.reduceat(vectors[rows] @ vectors[:passages].T, starts, axis=1)
        bm25, coverage = np.zeros_like(cosine), np.zeros_like(cosine)
        exact, together = np.zeros(cosine.shape, bool), np.zeros(cosine.shape, bool)
        for row, (_, _, words) in enumerate(queries):
            documents = words[:, 0].astype(int)
            bm25[row, documents], coverage[row, documents], exact[row, documents] = words[:, 1], words[:, 2], words[:, 3]
            together[row, documents] = words[:, 4]
        least, best = cosine.min(1, keepdims=True), cosine.max(1, keepdims=True)
        return {
            "cosine": cosine,
            "ranged": (cosine - least) / np.maximum(best - least, 1e-6),
            "bm25": bm25,
            "share": bm25 / np.maximum(bm25.max(1, keepdims=True), 1e-9),
            "coverage": coverage.max(1, keepdims=True),
            "every": exact & (coverage >= 0.95),
            "together": together,
            "unknown": np.array([query["unknown"] for _, query, _ in queries]),
        }

    def figures(self, order: np.ndarray) -> np.ndarray:
        """nDCG@10, or the reciprocal of the rank where a title asks for its text."""
        count = min(10, self.documents)
        first = np.argsort(-order, axis=1, kind="stable")[:, :count]
        grades = np.take_along_axis(self.grades, first, 1)
        if self.known_items:
            return np.where((grades > 0).any(1), 1 / ((grades > 0).argmax(1) + 1), 0)
        return (grades * DISCOUNT[:count]).sum(1) / self.ideal

    def answered(self) -> np.ndarray:
        first = np.argsort(-fused(self.sides["own"], SHIPPED), axis=1, kind="stable")[:, :3]
        return (np.take_along_axis(self.grades, first, 1) > 0).any(1)


def words(side: dict) -> np.ndarray:
    return np.where(side["bm25"] > 0, side["bm25"], -1)


def bonus(of: np.ndarray) -> np.ndarray:
    return of / np.sqrt(np.maximum(of.sum(1, keepdims=True), 1))


def before(side: dict) -> np.ndarray:
    return side["ranged"] + 0.7 * side["share"] * side["coverage"] ** 0.75 + 0.5 * bonus(side["every"])


def fused(side: dict, setting: tuple) -> np.ndarray:
    weight, power, together, documents = setting
    weight *= (min(side["cosine"].shape[1], 4096) / 1000) ** documents
    return side["ranged"] + weight * side["share"] * side["coverage"] ** power + together * bonus(side["every"] & side["together"])


def interval(differences: np.ndarray) -> str:
    random = np.random.default_rng(1)
    means = np.sort([random.choice(differences, len(differences)).mean() for _ in range(1000)])
    return f"{differences.mean():+.3f} ({means[25]:+.3f} to {means[974]:+.3f})"


def fusion(collections: list[Collection]):
    known = [collection for collection in collections if collection.meaning]
    means = {c.name: np.array([c.figures(fused(c.sides["own"], setting)).mean() for setting in GRID]) for c in known}
    print("| collection | words | vectors | before | used | used - before | left out: setting | left out - before |\n|" + "---|" * 8)
    rows = []
    for c in collections:
        own = c.sides["own"]
        figures = [c.figures(order) for order in (words(own), own["cosine"], before(own), fused(own, SHIPPED))]
        if not c.meaning:
            figures[3] = figures[0]
        cells = [f"{figure.mean():.3f}" for figure in figures] + [interval(figures[3] - figures[2])]
        if c.meaning:
            others = sum(means[o.name] / means[o.name].max() for o in known if o is not c)
            setting = GRID[int(np.argmax(others))]
            left_out = c.figures(fused(own, setting))
            cells += [str(setting), interval(left_out - figures[2])]
            rows.append([*(figure.mean() for figure in figures), left_out.mean()])
        print(f"| {c.name} | " + " | ".join(cells) + " |")
    print("mean of those whose language the model knows:", np.mean(rows, 0).round(4))


SIGNS = {
    "cosine": lambda c, s: s["cosine"].max(1),
    "coverage": lambda c, s: s["coverage"][:, 0],
    "unknown": lambda c, s: s["unknown"],
    "ln documents": lambda c, s: np.full(len(s["unknown"]), np.log(c.documents)),
    "mean cosine": lambda c, s: s["cosine"].mean(1),
}


def regression(cases: list, signs: list[str]) -> tuple[np.ndarray, float]:
    """A logistic regression; own queries weigh half, what has no answer the other half, each collection the same."""
    rows, wanted, weights = [], [], []
    for c, answered in cases:
        for kind, share in (("own", 0.5), ("off-topic", 0.3), ("nonsense", 0.1), ("foreign", 0.1)):
            values = np.stack([SIGNS[sign](c, c.sides[kind]) for sign in signs], 1)
            values = values[answered] if kind == "own" else values
            rows.append(values)
            wanted.append(np.full(len(values), float(kind == "own")))
            weights.append(np.full(len(values), share / max(len(values), 1)))
    rows, wanted, weights = np.concatenate(rows), np.concatenate(wanted), np.concatenate(weights) / len(cases)
    mean, deviation = rows.mean(0), rows.std(0) + 1e-9
    scaled = np.c_[np.ones(len(rows)), (rows - mean) / deviation]

    def loss(at):
        chance = 1 / (1 + np.exp(-scaled @ at))
        log = wanted * np.log(chance + 1e-12) + (1 - wanted) * np.log(1 - chance + 1e-12)
        return -(weights * log).sum() + 1e-4 * at[1:] @ at[1:], scaled.T @ (weights * (chance - wanted)) + 2e-4 * np.r_[0, at[1:]]

    at = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    return at[1:] / deviation, at[0] - (at[1:] / deviation) @ mean


def threshold(cases: list, value) -> float:
    values = [(value(c, c.sides["own"])[answered], 1 / answered.sum() / len(cases)) for c, answered in cases]
    flat = np.concatenate([v for v, _ in values])
    order = np.argsort(flat)
    lost = np.cumsum(np.concatenate([np.full(len(v), weight) for v, weight in values])[order])
    return flat[order][np.searchsorted(lost, LOST_MAX)]


def close(collections: list[Collection]):
    cases = [(c, c.answered()) for c in collections if c.meaning]
    print("\n| signs | lost | worst | off-topic | worst | nonsense | others' queries |\n|" + "---|" * 7)
    for signs in (["cosine"], ["cosine", "coverage"], ["cosine", "coverage", "unknown"], ["cosine", "ln documents"],
                  ["cosine", "coverage", "ln documents"], ["cosine", "coverage", "unknown", "ln documents"],
                  ["cosine", "coverage", "unknown", "mean cosine", "ln documents"]):  # fmt: skip
        value = lambda weights: lambda c, side: np.stack([SIGNS[sign](c, side) for sign in signs], 1) @ weights
        rows = []
        for c, answered in cases:
            others = [case for case in cases if case[0] is not c]
            of = value(regression(others, signs)[0])
            least = threshold(others, of)
            kept = {kind: of(c, side) >= least for kind, side in c.sides.items()}
            rows.append([1 - kept["own"][answered].mean(), *(kept[kind].mean() for kind in ("off-topic", "nonsense", "foreign"))])
        rows = 100 * np.array(rows)
        mean, most = rows.mean(0), rows.max(0)
        print(f"| {', '.join(signs)} | {mean[0]:.1f} | {most[0]:.1f} | {mean[1]:.1f} | {most[1]:.1f} | {mean[2]:.1f} | {mean[3]:.1f} |")
        weights = regression(cases, signs)[0]
        print(f"<!-- on all: {weights.round(3)}, threshold {threshold(cases, value(weights)):.3f} -->")
        if len(signs) == 5:
            print("\n".join(f"<!-- {c.name}: {row.round(1)} -->" for (c, _), row in zip(cases, rows)))


if __name__ == "__main__":
    found = [Collection(folder.parent) for folder in sorted(Path(sys.argv[1]).glob("*/queries.json"))]
    fusion(found)
    close(found)
