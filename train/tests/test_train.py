"""The trainer on the tiny model of tests/data, on the CPU: `python -m unittest discover train/tests`."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import load_file
from transformers import DistilBertConfig, DistilBertModel

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE)]

import align
import packed
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


class Packing(unittest.TestCase):
    def test_texts_without_padding_have_the_vectors_and_gradients_of_padded_ones(self):
        encoder = align.load_teacher(TINY)
        vocabulary, heads = len(encoder.embeddings.word_embeddings.weight), encoder.config.num_attention_heads
        wide = encoder.config.hidden_size
        other = DistilBertModel(DistilBertConfig(vocab_size=vocabulary, dim=wide, n_layers=2, n_heads=heads, hidden_dim=2 * wide, max_position_embeddings=64)).eval()
        draw = torch.Generator().manual_seed(0)
        for model in (encoder, other):
            groups = []
            for texts, width in ((5, 7), (3, 20)):
                length = torch.randint(2, width + 1, (texts, 1), generator=draw)
                groups.append((torch.randint(5, vocabulary, (texts, width), generator=draw), torch.arange(width) < length))
            wanted = []
            for ids, mask in groups:
                hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
                wanted.append((hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True))
            found = packed.means(model, packed.pack_steps([(ids[None], mask[None]) for ids, mask in groups])[0])
            wanted = torch.cat(wanted)
            self.assertLess((found - wanted).abs().max().item(), 1e-5)
            weights = [parameter for name, parameter in model.named_parameters() if "pooler" not in name]
            # Of these the softmax has none, or they are as small as what rounding leaves.
            sides = [torch.autograd.grad((side**3).sum(), weights, allow_unused=True) for side in (wanted, found)]
            largest = max(side.norm().item() for side in sides[0] if side is not None)
            for own, of_padded in zip(*sides, strict=True):
                self.assertLess((own - of_padded).norm().item(), 1e-5 * largest)


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

    def test_a_ranking_that_is_the_teachers_costs_nothing_and_errors_cost_where_passages_differ(self):
        unit = lambda rows: torch.nn.functional.normalize(rows, dim=1)
        draw = torch.Generator().manual_seed(0)
        passages = torch.randn(500, 16, generator=draw)
        # All passages are alike in the last eight directions: there an error changes no ranking.
        passages[:, 8:] = 0.1
        passages, target = unit(passages), unit(torch.randn(1, 16, generator=draw))
        self.assertEqual(align.rank_loss(target, target, passages, 0.05).item(), 0)
        error = torch.zeros(2, 16)
        error[0, 0], error[1, 8:] = 0.2, torch.tensor([1.0, -1] * 4) * 0.2 / 8**0.5
        seen, unseen = align.rank_loss(target + error, target.expand(2, -1), passages, 0.05)
        self.assertGreater(seen.item(), 0.1)
        self.assertLess(unseen.item(), 1e-6)

    def test_the_ranking_changes_what_a_student_becomes_and_zero_turns_it_off(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            weights = {}
            for name, settings in {"none": ("--rank", 0), "weak": ("--rank", 0.1), "other": ("--rank", 0, "--passages", 99)}.items():
                run(*self.arguments(folder), folder / name, *settings)
                weights[name] = load_file(folder / name / "model.safetensors")["encoder.layer.0.output.dense.bias"]
            self.assertTrue(torch.equal(weights["none"], weights["other"]))
            self.assertFalse(torch.equal(weights["none"], weights["weak"]))

    def test_a_student_is_trained_further_from_its_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            run(*self.arguments(folder), folder / "first")
            run(*self.arguments(folder), folder / "second", "--from", folder / "first", "--rate", 1e-9)
            texts = torch.tensor([[2, 40, 41, 42, 3]])
            vectors = [align.load(folder / name).encode(texts, texts > 0) for name in ("first", "second")]
            self.assertGreater(torch.nn.functional.cosine_similarity(*vectors).item(), 0.95)
            with mock.patch.object(trim, "is_kept", lambda token, _: len(token) > 1):
                run("trim", folder / "first", "--out", folder / "trimmed")
            with self.assertRaisesRegex(SystemExit, "trimmed"):
                run(*self.arguments(folder), folder / "third", "--from", folder / "trimmed")

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
                    model.encode(torch.tensor([text.ids]), torch.tensor([text.attention_mask])).detach()
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
