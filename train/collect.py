#!/usr/bin/env python3
"""Gathers plain English paragraphs from folders of documents, to train on.

    python train/collect.py OUT.txt NAME=PATH [NAME=PATH ...] [--cap MB]

PATH is a file or a folder. Read are .html, .xhtml, .xml, .cnxml, .page (text between block tags), .md, .rst, .txt, .adoc,
.tsv, man pages (.1 to .8, also .gz), dictd dictionaries (.dict.dz), WordNet (data.noun and its kin), .jsonl (the fields
title, text, abstract, description, question and query), and files without an ending as `fortune` has them.

OUT.txt holds a paragraph a line and an empty line between documents; beside it OUT.txt.json says how much came of which
name, for the model's card. A paragraph that occurs twice is kept once. --cap bounds what one name may give (default 8 MB;
the documents are then drawn by seed 0).
"""

import argparse
import gzip
import html
import json
import random
import re
import sys
from pathlib import Path

BLOCK = re.compile(
    r"</?(?:p|para|li|item|h[1-6]|title|td|th|dd|dt|div|section|note|tr|br|caption|figcaption|pre|Question|Answer|blockquote|summary)\b[^>]*>",
    re.I,
)
DROPPED = re.compile(r"<(script|style|head|nav|pre|math|m:math|svg|code|metadata)\b.*?</\1>|<!--.*?-->|<\?.*?\?>", re.I | re.S)
FIELDS = ("title", "question", "query", "abstract", "description", "text")


def markup(text):
    # The title stands in the head, which is dropped with what else is in there.
    title = re.search(r"<title\b[^>]*>(.*?)</title>", text, re.I | re.S)
    body = DROPPED.sub(" ", re.sub(r"<(b|i|em|strong|a|span|term|emphasis|link|code|tt)\b[^>]*>|</(b|i|em|strong|a|span|term|emphasis|link|code|tt)>", "", text))
    parts = [title[1]] if title else []
    return [html.unescape(re.sub(r"<[^>]*>", " ", part)) for part in parts + BLOCK.split(body)]


def marked_down(text):
    text = re.sub(r"```.*?```|^---\n.*?\n---\n", " ", text, flags=re.S)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`#>|]+|\{[^}]*\}|<[^>]*>|^\s*[-=~^\"']{3,}\s*$|^\.\. .*$|:\w+:", " ", text, flags=re.M)
    return re.split(r"\n\s*\n", text)


def manual(text):
    text = re.sub(r"^[.']\\\".*$", "", text, flags=re.M)
    text = re.sub(r"\\f[BIRP]|\\f\(..|\\&|\\s[-+]?\d", "", text).replace("\\-", "-")
    text = re.sub(r"^\.(?:B|I|BR|IR|RB|RI) ", "", text, flags=re.M)
    return re.split(r"^\..*$|\n\s*\n", text, flags=re.M)


def dictionary(text):
    text = re.sub(r"\\[^\\\n]*\\|\[[^\]\n]*\]|\{|\}|--[A-Z][\w. ()&]{2,20}\.", " ", text)
    return re.split(r"\n\s*\n|\n(?=\S)", text)


def wordnet(text):
    for line in text.split("\n"):
        head, bar, gloss = line.partition("|")
        if bar and not line.startswith("  "):
            fields = head.split()
            names = [name.replace("_", " ") for name in fields[4 : 4 + 2 * int(fields[3], 16) : 2]]
            yield ", ".join(names)
            yield f"{names[0]}: {gloss}"
            yield gloss.split(";")[0]


def records(text):
    for line in text.split("\n"):
        if line.strip():
            record = json.loads(line)
            yield from (str(record[field]) for field in FIELDS if record.get(field))


def split_sentences(text):
    """Rows of a table of sentences: the first column, which is whole."""
    return (re.sub(r"\s+([.,;:!?)])|``|''", r"\1", line.split("\t")[0]) for line in text.split("\n"))


def reader(name):
    name = name.removesuffix(".gz")
    if name.endswith((".html", ".xhtml", ".xml", ".cnxml", ".page", ".htm")):
        return markup
    if name.endswith(".dict.dz"):
        return dictionary
    if re.fullmatch(r"data\.(noun|verb|adj|adv)", name):
        return wordnet
    if re.search(r"\.[1-8]\w*$", name):
        return manual
    if name.endswith(".jsonl"):
        return records
    if name.endswith(".tsv"):
        return split_sentences
    if name.endswith((".md", ".rst", ".txt", ".adoc")):
        return marked_down
    if "." not in name:
        return lambda text: text.split("\n%\n")
    return None


def is_prose(text):
    """Mostly letters and spaces, of a length that says something."""
    letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in text)
    return 8 <= len(text) <= 6000 and letters > 0.82 * len(text) and " " in text[3:]


def documents(path):
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
    for file in files:
        read = reader(file.name)
        if read is None:
            continue
        raw = file.read_bytes()
        if file.suffix in (".gz", ".dz"):
            raw = gzip.decompress(raw)
        try:
            yield [" ".join(part.split()) for part in read(raw.decode("utf-8", "replace"))]
        except (ValueError, IndexError) as error:
            print(f"skipped {file}: {error}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sources", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--cap", type=float, default=8.0, help="most megabytes of one name")
    args = parser.parse_args()
    kept, seen, counts = [], set(), {}
    paths = {}
    for source in args.sources:
        name, _, path = source.partition("=")
        paths.setdefault(name, []).append(Path(path))
    for name, of_name in paths.items():
        # A dictionary is one file: cut, so that the cap takes its part from everywhere in it.
        found = [part[i : i + 50] for path in of_name for part in documents(path) for i in range(0, len(part), 50)]
        random.Random(0).shuffle(found)
        size = 0
        for document in found:
            fresh = [part for part in dict.fromkeys(document) if is_prose(part) and part not in seen]
            length = sum(map(len, fresh))
            if fresh and size + length <= args.cap * 1e6:
                seen.update(fresh)
                size += length
                kept.append("\n".join(fresh))
        counts[name] = {"documents": len(found), "characters": size}
        print(f"{name}: {len(found)} documents, {size / 1e6:.1f} MB", file=sys.stderr)
    random.Random(0).shuffle(kept)
    args.out.write_text("\n\n".join(kept) + "\n", encoding="utf-8")
    args.out.with_name(args.out.name + ".json").write_text(json.dumps(counts, indent=1) + "\n")


if __name__ == "__main__":
    main()
