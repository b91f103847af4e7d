"""Plain BM25 with Porter stems over folders in the layout of BEIR, to hold the word index against.

    pip install bm25s==0.3.16 PyStemmer==3.1.0
    python3 tests/bench/bm25.py DATA/ir/cranfield DATA/ir/cisi

Prints nDCG@10 of bm25s (k1 0.9, b 0.4, English stop words) over title and text, the document as `inkling eval` reads it: a text that
repeats its title at the start has it once. Queries without a relevant document are left out, as there.
"""

import json
import sys
from math import log2
from pathlib import Path

import bm25s
import Stemmer


def read_lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


def read_judgements(folder: Path) -> dict[str, dict[str, int]]:
    plain = folder / "qrels.tsv"
    judgements: dict[str, dict[str, int]] = {}
    for line in (plain if plain.exists() else folder / "qrels" / "test.tsv").read_text().splitlines():
        query, *_, document, grade = line.split()
        if grade.lstrip("-").isdigit():  # the header is not
            judgements.setdefault(query, {})[document] = max(0, int(grade))
    return judgements


def text_of(document: dict) -> str:
    title, text = document.get("title") or "", document.get("text") or ""
    return f"{title} {text.removeprefix(title).strip()}"


def ndcg(ranking: list[str], grades: dict[str, int]) -> float:
    gain = lambda values: sum(value / log2(at + 2) for at, value in enumerate(values[:10]))
    return gain([grades.get(document, 0) for document in ranking]) / gain(sorted(grades.values(), reverse=True))


def measure(folder: Path) -> tuple[float, int]:
    documents = read_lines(folder / "corpus.jsonl")
    stemmer = Stemmer.Stemmer("porter")
    tokens = lambda texts: bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False)
    index = bm25s.BM25(k1=0.9, b=0.4)
    index.index(tokens([text_of(document) for document in documents]), show_progress=False)
    judgements = read_judgements(folder)
    figures = []
    for query in read_lines(folder / "queries.jsonl"):
        grades = judgements.get(query["_id"], {})
        if not any(grades.values()):
            continue
        words = tokens([query["text"]])[0]
        scores = index.get_scores(words) if words else [0.0] * len(documents)
        best = sorted(range(len(documents)), key=lambda at: -scores[at])
        figures.append(ndcg([documents[at]["_id"] for at in best[:10] if scores[at] > 0], grades))
    return sum(figures) / len(figures), len(figures)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        figure, queries = measure(Path(argument))
        print(f"{Path(argument).name}: nDCG@10 {figure:.4f} over {queries} queries", flush=True)
