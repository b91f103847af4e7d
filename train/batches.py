"""The batches of a student's training: texts of a few lengths in each, many steps' worth drawn at once."""

import random

import torch

from packed import pack, pack_steps

# Lengths of texts, special tokens included, texts of each in a step, and weights of their losses. Long passages are in it
# because queries of a paragraph are asked, too; of these a step has one length, `OF_LONG` of each in as many steps as are drawn together.
SHORT, MIDDLE, LONG = (16, 2048, 0.5), (32, 1024, 0.3), ((64, 512), (128, 256), (256, 128))
LONG_WEIGHT, OF_LONG = 0.2, (4, 3, 3)
STEPS = sum(OF_LONG)
# What is ranked: lengths of passages, and their shares.
PASSAGES = ((32, 0.2), (64, 0.3), (128, 0.3), (256, 0.2))


class Batches:
    """What the steps of a run learn from; its state is that of the draw before the steps that are at hand."""

    def __init__(self, texts, most, scale, seed):
        """`most` is the longest text that the model takes, special tokens included."""
        self.texts, self.most, self.scale, self.seed = texts, most, scale, seed
        self.state, self.drawn = texts.draw.get_state(), None
        self.texts_a_step = self.sized(SHORT[1]) + self.sized(MIDDLE[1]) + self.sized(256)

    def sized(self, count):
        return max(1, round(count * self.scale))

    def get_state(self):
        return self.state

    def set_state(self, state):
        self.texts.draw.set_state(state)
        self.state, self.drawn = state, None

    def of(self, step):
        """The texts of a step, and the weight of each. Steps are asked for in their order, from any on."""
        if self.drawn is None:
            self.drawn = self.draw(step // STEPS)
        batch = self.drawn[step % STEPS]
        if (step + 1) % STEPS == 0:
            self.state, self.drawn = self.texts.draw.get_state(), None
        return batch

    def rows(self, longest, count, steps):
        """(ids, mask) of (steps, texts, width): each step has its share of each kind of text."""
        ids, mask = self.texts.batch(steps * count, min(longest, self.most))
        apart = lambda rows: rows.view(count, steps, -1).transpose(0, 1).contiguous()
        return apart(ids), apart(mask)

    def draw(self, number):
        short, middle = (self.rows(longest, self.sized(count), STEPS) for longest, count, _ in (SHORT, MIDDLE))
        order = [at for at, steps in enumerate(OF_LONG) for _ in range(steps)]
        random.Random(f"{self.seed} {number}").shuffle(order)
        batches = [None] * STEPS
        for at, (longest, count) in enumerate(LONG):
            steps = [step for step in range(STEPS) if order[step] == at]
            groups = [tuple(rows[steps] for rows in short), tuple(rows[steps] for rows in middle), self.rows(longest, self.sized(count), len(steps))]
            weights = [
                torch.full((ids.shape[1],), weight / ids.shape[1], device=ids.device)
                for (ids, _), weight in zip(groups, (SHORT[2], MIDDLE[2], LONG_WEIGHT), strict=True)
            ]
            for step, texts in zip(steps, pack_steps(groups), strict=True):
                batches[step] = (texts, torch.cat(weights))
        return batches

    def passages(self, count, at_once=512):
        """Paragraphs to rank, a few hundred at a time."""
        for longest, share in PASSAGES:
            left = round(count * share)
            while left > 0:
                now = min(left, at_once)
                yield pack(*self.texts.paragraphs(now, min(longest, self.most)))
                left -= now
