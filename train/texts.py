"""Texts to train on, drawn from a file of paragraphs on the device that trains: what queries look like, and passages.

The file has a paragraph a line and an empty line between documents (collect.py writes such a file). All of it is
tokenized once; a batch is then drawn by arithmetic on token numbers, so that no two batches are the same and a GPU never
waits for the tokenizer.
"""

import numpy as np
import torch

# What people put before what they look for. Lower case: the models in question ignore case.
OPENINGS = (
    "what is", "what are", "how does", "how do i", "how to", "how can i", "where can i find", "why does", "why is", "when is",
    "when did", "who is", "which", "what is the difference between", "what are the effects of", "what causes", "can i",
    "is it possible to", "do i need", "what does", "definition of", "introduction to", "examples of", "best", "talks about",
    "something on", "papers on", "information about", "tell me about", "problem with", "error", "tutorial",
)
LONGEST_WORD = 6


class Texts:
    """A corpus as one row of token ids on a device, and the batches drawn from it."""

    def __init__(self, path, tokenizer, device, seed=0, limit=None):
        self.device = device
        self.draw = torch.Generator(device=device)
        self.draw.manual_seed(seed)
        documents = open(path, encoding="utf-8").read().strip().split("\n\n")[:limit]
        units = [line for document in documents for line in document.split("\n")]
        last_of = np.cumsum([document.count("\n") + 1 for document in documents])
        pieces = []
        for at in range(0, len(units), 20000):
            pieces += [np.array(e.ids, dtype=np.int32) for e in tokenizer.encode_batch(units[at : at + 20000], add_special_tokens=False)]
        lengths = np.array([len(piece) for piece in pieces])
        ends = np.cumsum(lengths)
        flat = np.concatenate(pieces)
        document_ends = ends[last_of - 1]
        document_end = np.repeat(document_ends, np.diff(document_ends, prepend=0))
        self.prepare(flat, ends - lengths, ends, document_end, tokenizer)

    def prepare(self, flat, starts, ends, document_end, tokenizer):
        vocabulary = tokenizer.get_vocab()
        names = [None] * tokenizer.get_vocab_size()
        for name, number in vocabulary.items():
            names[number] = name
        inside = np.array([name.startswith("##") for name in names])
        stops = np.array([vocabulary[mark] for mark in ".?!" if mark in vocabulary])
        self.cls, self.sep, self.pad = (vocabulary[name] for name in ("[CLS]", "[SEP]", "[PAD]"))
        self.question = vocabulary["?"]

        is_start = ~inside[flat]
        is_start[starts[starts < len(flat)]] = True
        positions = np.arange(len(flat) + 1)
        boundary = np.append(is_start, True)
        after_stop = np.append(False, np.isin(flat, stops)[:-1])
        after_stop[starts[starts < len(flat)]] = True

        put = lambda numbers, kind=torch.int64: torch.as_tensor(np.ascontiguousarray(numbers), dtype=kind, device=self.device)
        self.flat = put(flat)
        # The largest word start that is not after a position, and the smallest that is after it.
        self.word_before = put(np.maximum.accumulate(np.where(boundary, positions, 0)))
        following = np.minimum.accumulate(np.where(boundary, positions, len(flat))[::-1])[::-1]
        self.word_after = put(np.append(following[1:], len(flat)))
        self.words = put(np.flatnonzero(is_start))
        self.document_end = put(np.append(document_end, len(flat)))
        self.unit_start, self.unit_length = put(starts), put(ends - starts)
        sentences = np.flatnonzero(after_stop)
        self.sentence_start = put(sentences)
        self.sentence_length = put(np.diff(np.append(sentences, len(flat))))
        # Occurrences by token, so that a rare word can be drawn as easily as a frequent one.
        self.by_token = put(np.argsort(flat, kind="stable"))
        counts = np.bincount(flat, minlength=len(names))
        self.present = put(np.flatnonzero(counts))
        self.count, self.first = put(counts), put(np.cumsum(counts) - counts)
        plain = [n for n, name in enumerate(names) if name.isascii() and name.isalpha() and len(name) > 2]
        self.plain = put(plain)
        openings = [tokenizer.encode(text, add_special_tokens=False).ids for text in OPENINGS]
        widest = max(map(len, openings))
        self.openings = put([ids + [-1] * (widest - len(ids)) for ids in openings])

    def below(self, most, count):
        """`count` whole numbers from 0 to below `most`, a number or a tensor of `count`."""
        return (torch.rand(count, device=self.device, generator=self.draw, dtype=torch.float64) * most).long()

    def chance(self, share, count):
        return torch.rand(count, device=self.device, generator=self.draw) < share

    def places(self, count):
        """Starts of words: half of them anywhere, half at or a little before a token drawn from the vocabulary."""
        anywhere = self.words[self.below(len(self.words), count)]
        token = self.present[self.below(len(self.present), count)]
        rare = self.by_token[self.first[token] + self.below(self.count[token], count)]
        rare = self.word_before[(rare - self.below(8, count)).clamp(min=0)]
        return torch.where(self.chance(0.5, count), anywhere, rare)

    def take(self, start, length, width):
        """Rows of tokens from positions, (count, width), -1 where a row has ended."""
        column = torch.arange(width, device=self.device)
        at = (start[:, None] + column).clamp(max=len(self.flat) - 1)
        return torch.where(column < length[:, None], self.flat[at], -1)

    def spans(self, count, most):
        """Whole words in a row, wherever they begin."""
        start = self.places(count)
        wanted = 1 + self.below(most, count)
        end = torch.minimum(start + wanted, self.document_end[start])
        whole = self.word_before[end]
        return self.take(start, torch.where(whole > start, whole, end) - start, most)

    def listed(self, starts, lengths, count, most):
        """Units or sentences that fill a row: of those not longer than it and not far shorter, else cut."""
        if not count:
            return torch.empty(0, most, dtype=torch.int64, device=self.device)
        at = self.below(len(starts), 4 * count)
        length = lengths[at]
        good = ((length <= most) & (4 * length > most) & (length > 0)).float() + 1e-6 * (length > 0) + 1e-12
        chosen = at[torch.multinomial(good, count, replacement=True, generator=self.draw)]
        return self.take(starts[chosen], lengths[chosen].clamp(max=most), most)

    def questions(self, count, most):
        opening = self.openings[self.below(len(self.openings), count)]
        half = count // 2
        topic = torch.cat([self.spans(count - half, 10), self.pad_to(self.listed(self.unit_start, self.unit_length, half, 8), 10)])
        mark = torch.where(self.chance(0.4, count), self.question, -1)[:, None]
        return torch.cat([opening, topic, mark], dim=1)

    def pad_to(self, rows, width):
        return torch.nn.functional.pad(rows[:, :width], (0, max(0, width - rows.shape[1])), value=-1)

    def keywords(self, count, most):
        """One to five words: from one neighbourhood, or from the vocabulary."""
        near = self.places(count)
        columns = []
        for index in range(5):
            at = self.word_before[torch.minimum(near + self.below(120, count) * (index > 0), self.document_end[near] - 1)]
            columns.append(self.take(at, (self.word_after[at] - at).clamp(max=LONGEST_WORD), LONGEST_WORD))
        wanted = 1 + self.below(5, count)
        from_vocabulary = self.chance(0.25, count)
        for index, word in enumerate(columns):
            any_word = self.pad_to(self.plain[self.below(len(self.plain), count)][:, None], LONGEST_WORD)
            word = torch.where(from_vocabulary[:, None], any_word, word)
            columns[index] = torch.where((index < wanted)[:, None], word, -1)
        return torch.cat(columns, dim=1)

    def batch(self, count, longest):
        """Token ids and mask, (count, longest) at most, special tokens included."""
        most = longest - 2
        units = lambda n, most: self.listed(self.unit_start, self.unit_length, n, most)
        sentences = lambda n, most: self.listed(self.sentence_start, self.sentence_length, n, most)
        if longest <= 16:
            mixture = ((self.spans, 0.25), (units, 0.2), (sentences, 0.1), (self.questions, 0.2), (self.keywords, 0.25))
        elif longest <= 32:
            mixture = ((self.spans, 0.3), (units, 0.25), (sentences, 0.3), (self.questions, 0.1), (self.keywords, 0.05))
        else:
            mixture = ((self.spans, 0.6), (units, 0.3), (sentences, 0.1))
        rows = []
        for number, (kind, share) in enumerate(mixture):
            left = count - sum(map(len, rows))
            n = left if number == len(mixture) - 1 else min(left, round(share * count))
            if n:
                rows.append(self.framed(kind(n, most), most))
        return self.padded(torch.cat(rows))

    def paragraphs(self, count, longest):
        """Token ids and mask of paragraphs that fill a row, as far as there are any."""
        most = longest - 2
        return self.padded(self.framed(self.listed(self.unit_start, self.unit_length, count, most), most))

    def padded(self, ids):
        mask = ids >= 0
        width = int(mask.sum(dim=1).max())
        return torch.where(mask, ids, self.pad)[:, :width], mask[:, :width]

    def framed(self, rows, most):
        """The tokens of each row moved together, between the special tokens."""
        rows = torch.gather(rows, 1, torch.argsort((rows < 0).to(torch.uint8), dim=1, stable=True))
        rows = self.pad_to(rows, most)
        length = (rows >= 0).sum(dim=1)
        framed = torch.full((len(rows), most + 2), -1, dtype=torch.int64, device=self.device)
        framed[:, 0] = self.cls
        framed[:, 1:-1] = rows
        framed.scatter_(1, (length + 1)[:, None], self.sep)
        return framed
