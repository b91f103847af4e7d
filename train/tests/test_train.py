"""The trainer on the tiny model of tests/data, on the CPU: `python -m unittest discover train/tests`."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import load_file

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE)]

import align
import pairs
import train
import trim
from make_golden import BATCH
from run import Run

TINY = ROOT / "tests/data/tiny-model"


def run(*arguments):
    args = train.parser().parse_args([str(argument) for argument in arguments])
    return args.call(args)


def interrupted_after(steps):
    """Lets a run die in the step after so many."""
    advance = Run.advance

    def dying(self, *arguments, **named):
        if self.step == steps:
            raise KeyboardInterrupt
        advance(self, *arguments, **named)

    return mock.patch.object(Run, "advance", dying)


class Pairs(unittest.TestCase):
    def test_loss_and_gradients_are_those_of_sentence_transformers(self):
        golden = load_file(HERE / "golden.safetensors")
        model = pairs.Trained(align.load_teacher(TINY)).eval()
        tokenizer = align.read_tokenizer(TINY)
        loss = model.loss([pairs.padded(tokenizer, texts, 0, torch.device("cpu")) for texts in zip(*BATCH)])
        self.assertAlmostEqual(loss.item(), golden.pop("loss").item(), places=5)
        loss.backward()
        gradients = dict(model.encoder.named_parameters())
        self.assertGreater(len(golden), 30)
        for name, expected in golden.items():
            found = gradients[name].grad
            self.assertLess((found - expected).norm().item(), 1e-4 * expected.norm().item() + 1e-7, name)

    def test_training_on_pairs_raises_what_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            data, collection = sessions(folder)
            before, after = run("pairs", "--model", TINY, "--data", f"{data}:1", "--out", folder / "out", "--steps", 60, "--batch", 32, "--rate", 2e-3, "--judge", collection, "--device", "cpu")
            self.assertGreater(after["collection"], before["collection"] + 0.05)

    def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            data, _ = sessions(folder)
            arguments = ("pairs", "--model", TINY, "--data", data, "--steps", 8, "--batch", 8, "--rate", 1e-3, "--checkpoint-every", 0, "--device", "cpu", "--out")
            run(*arguments, folder / "whole")
            with interrupted_after(5), self.assertRaises(KeyboardInterrupt):
                run(*arguments, folder / "resumed")
            run(*arguments, folder / "resumed")
            self.assertEqual(*((folder / name / "model.safetensors").read_bytes() for name in ("whole", "resumed")))

    def test_a_line_that_is_no_pair_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "pairs.jsonl"
            file.write_text('["a", "b"]\n{"anchor": "alone"}\n')
            with self.assertRaisesRegex(SystemExit, "line 2"):
                pairs.read_sets(file)
            file.write_text('{"query": "q", "pos": ["p", "other"], "neg": ["n"]}\n{"anchor": "a", "positive": "p"}\n')
            self.assertEqual(pairs.read_sets(file), [["q", "p", "n"], ["a", "p"]])


class Align(unittest.TestCase):
    def test_a_students_family_is_what_packing_gives_its_teacher(self):
        packed = json.loads((ROOT / "tests/data/tiny-quantized/config.json").read_text())
        self.assertEqual(align.family_of(TINY), packed["family"])

    def arguments(self, folder):
        texts = folder / "texts.txt"
        texts.write_text("\n\n".join(json.loads((ROOT / "tests/data/goldens/texts.json").read_text())))
        return ("align", "--teacher", TINY, "--name", "org/tiny", "--texts", texts, "--layers", "0", "--scale", 0.01, "--steps", 8, "--fit", 2, "--checkpoint-every", 0, "--device", "cpu", "--no-bf16", "--out")

    def test_a_student_lies_on_its_grid_and_resumes_where_it_was_interrupted(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            arguments = self.arguments(folder)
            run(*arguments, folder / "whole")
            with interrupted_after(5), self.assertRaises(KeyboardInterrupt):
                run(*arguments, folder / "resumed")
            run(*arguments, folder / "resumed")
            self.assertEqual(*((folder / name / "model.safetensors").read_bytes() for name in ("whole", "resumed")))
            tensors = load_file(folder / "whole/model.safetensors")
            for name in ("embeddings.word_embeddings.weight", "encoder.layer.0.output.dense.weight"):
                for row in tensors[name].double():
                    step = row[row != 0].abs().min()
                    self.assertTrue(torch.equal((row / step).round() * step, row), name)
            config = json.loads((folder / "whole/config.json").read_text())
            self.assertEqual((config["num_hidden_layers"], config["inkling"]["student_of"]), (1, "org/tiny"))

    def test_tokens_of_other_scripts_and_unused_ones_are_not_kept(self):
        scripts = ("LATIN", "GREEK")
        for token, kept in {"health": True, "##ing": True, "é": True, "β": True, "µ": True, "7": True, "€": True, "[CLS]": True, "…": True, "[unused7]": False, "я": False, "##日": False, "ع": False, "्": False}.items():
            self.assertEqual(trim.is_kept(token, scripts), kept, token)

    def test_a_trimmed_student_has_fewer_rows_and_gives_the_same_vectors(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            run(*self.arguments(folder), folder / "student")
            before, texts = align.load(folder / "student"), ("Keep the best people.", "health data")
            tokenizer = align.read_tokenizer(TINY)
            asked = {token for text in texts for token in tokenizer.encode(text).tokens}
            # Of the tiny vocabulary, which has but Latin letters, every other token that these texts do not have goes.
            kept = lambda token, _: token in asked or token.startswith("[") or tokenizer.token_to_id(token) % 2
            for times in (1, 1.25):
                out = folder / f"trimmed-{times}"
                with mock.patch.object(trim, "is_kept", kept):
                    run("trim", folder / "student", "--out", out, "--coarser", times)
                after = align.load(out)
                tables = [model.encoder.embeddings.word_embeddings.weight.detach() for model in (before, after)]
                self.assertLess(len(tables[1]), len(tables[0]))
                steps = [table[table != 0].abs().min() for table in tables]
                self.assertAlmostEqual((steps[1] / steps[0]).item(), times, delta=0.07)
                self.assertTrue(torch.equal((tables[1] / steps[1]).round() * steps[1], tables[1]))
                ids = [align.read_tokenizer(where).encode_batch(texts) for where in (folder / "student", out)]
                self.assertEqual(*([text.tokens for text in side] for side in ids))
                vectors = [
                    model(torch.tensor([text.ids]), torch.tensor([text.attention_mask])).detach()
                    for model, side in ((before, ids[0]), (after, ids[1])) for text in side
                ]
                for own, trimmed in zip(vectors[:2], vectors[2:], strict=True):
                    same = torch.nn.functional.cosine_similarity(own, trimmed).item()
                    self.assertGreater(same, 0.999999 if times == 1 else 0.95)


def sessions(folder):
    """Pairs of titles and texts of the demo's sessions, and a collection that asks for the texts by the titles."""
    documents = json.loads((ROOT / "www/demo/corpus/sessions.json").read_text())[:96]
    data, collection = folder / "pairs.jsonl", folder / "collection"
    collection.mkdir()
    lines = lambda rows: "".join(json.dumps(row) + "\n" for row in rows)
    data.write_text(lines([document["title"], document["abstract"]] for document in documents))
    (collection / "corpus.jsonl").write_text(lines({"_id": str(at), "text": document["abstract"]} for at, document in enumerate(documents)))
    (collection / "queries.jsonl").write_text(lines({"_id": str(at), "text": document["title"]} for at, document in enumerate(documents)))
    (collection / "qrels.tsv").write_text("".join(f"{at}\t{at}\t1\n" for at in range(len(documents))))
    return data, collection


if __name__ == "__main__":
    unittest.main()
