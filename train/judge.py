"""What a query encoder finds: nDCG@10 of its queries among the teacher's documents, by vectors and mixed with BM25."""

import json
from pathlib import Path

import numpy as np
import torch

# The mix of the study: min-max of both, 0.6 of it from the vectors. BM25 with k1 0.9, b 0.4, English stems.
WEIGHT, K1, B = 0.6, 0.9, 0.4


def lines(path):
    return [json.loads(line) for line in open(path, encoding="utf-8") if line.strip()]


def read_collection(folder):
    """Documents, queries and their grades from a folder in BEIR layout."""
    documents, queries = lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl")
    grades = {}
    for line in open(folder / "qrels.tsv"):
        fields = line.strip().split("\t")
        if fields[-1].lstrip("-").isdigit() and int(fields[-1]) > 0:
            grades.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
    queries = [query for query in queries if str(query["_id"]) in grades]
    number = {str(document["_id"]): at for at, document in enumerate(documents)}
    return (
        [" ".join(filter(None, [document.get("title"), document["text"]])) for document in documents],
        [query["text"] for query in queries],
        [{number[d]: g for d, g in grades[str(query["_id"])].items() if d in number} for query in queries],
    )


def spread(scores):
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    return (scores - low) / (high - low + 1e-9)


def word_scores(documents, queries):
    """BM25 of every query with every document, min-max; nothing where bm25s and PyStemmer are not installed."""
    try:
        import bm25s
        import Stemmer
    except ImportError:
        return None
    stems = Stemmer.Stemmer("english")
    cut = lambda texts: bm25s.tokenize(texts, stopwords="en", stemmer=stems, return_ids=False, show_progress=False)
    index = bm25s.BM25(k1=K1, b=B)
    index.index(bm25s.tokenize(documents, stopwords="en", stemmer=stems, show_progress=False), show_progress=False)
    scores = [index.get_scores(words) if words else np.zeros(len(documents)) for words in cut(queries)]
    return spread(np.stack(scores).astype(np.float32))


def first_ten(scores):
    """The documents that each query finds first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


def ndcg(found, grades):
    """nDCG@10 a query, gains 2^grade - 1."""
    results = []
    for row, grade in zip(found, grades):
        gain = lambda values: sum((2**value - 1) / np.log2(rank + 2) for rank, value in enumerate(values))
        results.append(gain([grade.get(int(at), 0) for at in row]) / gain(sorted(grade.values(), reverse=True)[:10]))
    return np.array(results)


def in_common(found, reference):
    """The share of the first ten that both have, the mean over queries."""
    return np.mean([len(np.intersect1d(*rows)) / len(rows[0]) for rows in zip(found, reference)])


class Judge:
    """Collections with the teacher's vectors: asks a student's queries of them."""

    def __init__(self, folders, tokenizer, teacher):
        """`teacher` encodes lists of token ids to unit vectors, a numpy array."""
        self.tokenizer, self.collections = tokenizer, {}
        for folder in map(Path, folders):
            documents, queries, grades = read_collection(folder)
            collection = {
                "documents": teacher(self.ids(documents)), "ids": self.ids(queries), "grades": grades,
                "words": word_scores(documents, queries),
            }
            collection["vectors"] = teacher(collection["ids"])
            collection["reference"] = self.found(collection, collection["vectors"])
            self.collections[folder.name] = collection

    def ids(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def found(self, collection, vectors):
        """The first ten of each query by vectors and by the hybrid."""
        dense = vectors @ collection["documents"].T
        words = collection["words"]
        return [first_ten(dense), first_ten(dense if words is None else WEIGHT * spread(dense) + (1 - WEIGHT) * words)]

    def own(self):
        """nDCG@10 of the encoder's own vectors, by collection."""
        return {name: float(ndcg(collection["reference"][0], collection["grades"]).mean()) for name, collection in self.collections.items()}

    def run(self, student):
        """A row a collection, and their mean: scores, the shares that are kept of the teacher's, and how many of its first ten are the same."""
        rows = {}
        for name, collection in self.collections.items():
            vectors = student(collection["ids"])
            row = {"queries": len(vectors), "cosine": float((vectors * collection["vectors"]).sum(axis=1).mean())}
            for kind, found, reference in zip(("vectors", "hybrid"), self.found(collection, vectors), collection["reference"]):
                score, of_teacher = (ndcg(rows, collection["grades"]).mean() for rows in (found, reference))
                row |= {kind: score, f"{kind} of teacher": of_teacher, f"{kind} kept": 100 * score / of_teacher, f"{kind} same": 100 * in_common(found, reference)}
            rows[name] = {key: round(float(value), 4) for key, value in row.items()}
        kept = {key: round(float(np.mean([row[key] for row in rows.values()])), 4) for key in ("cosine", "vectors kept", "vectors same", "hybrid kept", "hybrid same")}
        return rows | {"mean": kept}


def table(result):
    heads = ("cosine", *(f"{kind}{what}" for kind in ("vectors", "hybrid") for what in ("", " of teacher", " kept", " same")))
    rows = [f"| {name} | " + " | ".join(f"{row[head]:.4g}" if head in row else "" for head in heads) + " |" for name, row in result.items()]
    return "\n".join([f"| collection | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|", *rows])


def encoder(model, device, budget=32768):
    """A function from lists of token ids to unit vectors, for `Judge`; `model` takes ids and mask."""

    def encode(lists):
        order = sorted(range(len(lists)), key=lambda at: len(lists[at]))
        vectors, at = None, 0
        while at < len(order):
            count = 1
            while at + count < len(order) and (count + 1) * len(lists[order[at + count]]) <= budget:
                count += 1
            chosen = order[at : at + count]
            width = max(len(lists[number]) for number in chosen)
            ids = torch.zeros(count, width, dtype=torch.int64)
            mask = torch.zeros(count, width, dtype=torch.bool)
            for row, number in enumerate(chosen):
                ids[row, : len(lists[number])] = torch.tensor(lists[number])
                mask[row, : len(lists[number])] = True
            with torch.no_grad():
                unit = torch.nn.functional.normalize(model(ids.to(device), mask.to(device)).float(), dim=1).cpu().numpy()
            vectors = np.zeros((len(lists), unit.shape[1]), dtype=np.float32) if vectors is None else vectors
            vectors[chosen] = unit
            at += count
        return vectors

    return encode
