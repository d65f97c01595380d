"""The corpora and our own diary lines become rows with targets, and rows become bags of n-grams."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from core.emotion.fusion import anchors
from core.emotion.labels import warm_table
from core.emotion.ngrams import grams, tidy
from core.entities import EMOTIONS

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"kote": 44, "goemotions": 28, "warm": len(EMOTIONS), "vad": 3, "emobank": 3, "rating": 1}
YES_NO = ("kote", "goemotions", "warm")  # heads that answer with probabilities
SOURCES = ("diary", "kote", "go_en", "go_ko", "emobank", "rating", "lexicon", "talk", "pieces")
NAN = np.nan
PLAIN = ("first", "ko7", "en7", "ko8", "en8")  # hands who called most feelings by their names
SECOND = 0.7  # how much the second name of a diary line is meant, against its first

# --- every corpus becomes rows --------------------------------------------------------------------


@dataclass
class Rows:
    """All lines of all corpora; a target is NaN where a corpus does not say."""

    source: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)  # train | dev
    text: list[str] = field(default_factory=list)
    targets: dict[str, list[np.ndarray]] = field(default_factory=lambda: {head: [] for head in SIZES})

    def add(self, source: str, split: str, text: str, **targets: np.ndarray) -> None:
        """One line with what is known of it."""
        self.source.append(source)
        self.split.append(split)
        self.text.append(text)
        for head, size in SIZES.items():
            self.targets[head].append(targets.get(head, np.full(size, NAN)))


@cache
def places() -> np.ndarray:
    """Where the warm names stand.  # (18, 3)"""
    return np.array([anchors()[name] for name in EMOTIONS])


def from_raw(raw: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gold raw labels -> warm targets and the axes between their anchors."""
    warm = (table * raw[:, None]).max(axis=0)
    vad = warm @ places() / warm.sum() if warm.sum() > 0.2 else np.full(3, NAN)
    return warm, vad


def lines(path: Path) -> list[list[str]]:
    """A TSV without quoting, as lists."""
    return [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line]


def names_of(path: Path) -> list[str]:
    """One label a line."""
    return path.read_text(encoding="utf-8").split()


def add_labelled(rows: Rows, data: Path) -> None:
    """KOTE (one sixth is our dev split) and both GoEmotions, row k of one language being row k of the other."""
    table = warm_table(tuple(names_of(data / "kote" / "labels.txt")))
    for row_id, text, labels in lines(data / "kote" / "val.tsv")[1:]:
        raw = np.zeros(44)
        raw[[int(i) for i in labels.split(",")]] = 1.0
        warm, vad = from_raw(raw, table)
        split = "dev" if zlib.crc32(row_id.encode()) % 6 == 0 else "train"
        rows.add("kote", split, text, kote=raw, warm=warm, vad=vad)
    table = warm_table(tuple(names_of(data / "goemotions_en" / "labels.txt")))
    for split in ("train", "dev"):
        for language in ("en", "ko"):
            for text, labels, *_ in lines(data / f"goemotions_{language}" / f"{split}.tsv"):
                raw = np.zeros(28)
                raw[[int(i) for i in labels.split(",")]] = 1.0
                warm, vad = from_raw(raw, table)
                rows.add(f"go_{language}", split, text, goemotions=raw, warm=warm, vad=vad)


def add_axes(rows: Rows, data: Path, ratings: int) -> tuple[np.ndarray, np.ndarray]:
    """EmoBank, NSMC ratings and the VA-KOR words; returns EmoBank's mean and deviation."""
    with (data / "emobank" / "emobank.csv").open(encoding="utf-8", newline="") as file:
        bank = list(csv.DictReader(file))
    values = np.array([[float(row[axis]) for axis in "VAD"] for row in bank])
    learn = np.array([row["split"] == "train" for row in bank])
    mean, deviation = values[learn].mean(axis=0), values[learn].std(axis=0)
    for row, z in zip(bank, (values - mean) / deviation, strict=True):
        rows.add("emobank", row["split"], row["text"], emobank=z, vad=z * (0.3, 0.25, 0.2))
    kept = {"train": ratings, "dev": 6000}
    for _, rating, text, split in lines(data / "nsmc_raw" / "nsmc_ratings_150k.tsv")[1:]:
        if kept.get(split, 0):
            kept[split] -= 1
            z = (int(rating) - 5.5) / 3.2
            rows.add("rating", split, text, rating=np.array([z]), vad=np.array([0.5 * z, NAN, NAN]))
    with (data / "va_kor" / "VA_KOR_annot.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            vad = np.array([float(row["V"] or NAN), float(row["A"] or NAN), NAN]) / 3.0
            rows.add("lexicon", "train", row["word"], vad=vad)
    return mean, deviation


def add_talk(rows: Rows, data: Path) -> None:
    """Everyday first-person lines without labels (songys, Tatoeba): the student hears the teachers on them."""
    with (data / "songys_chatbot" / "ChatbotData.csv").open(encoding="utf-8", newline="") as file:
        said_there = [row["Q"] for row in csv.DictReader(file)]
    for english, korean, *_ in lines(data / "tatoeba_ko_en" / "kor_eng.tsv")[1:]:
        said_there += [english, korean]
    for text in dict.fromkeys(said_there):
        rows.add("talk", "train", text)


@dataclass(frozen=True)
class Line:
    """A diary line with what its writer feels."""

    split: str  # train | dev
    names: tuple[str, ...]  # strongest first
    valence: float  # -1..1; NaN: where the names stand
    text: str
    hand: str  # who wrote it

    def warm(self) -> np.ndarray:
        """How much each name is meant.  # (18,)"""
        out = np.zeros(len(EMOTIONS))
        for n, name in enumerate(self.names):
            out[EMOTIONS.index(name)] = SECOND if n else 1.0
        return out

    def axes(self) -> np.ndarray:
        """Valence, arousal, dominance.  # (3,)"""
        warm = self.warm()
        found = np.asarray(warm @ places() / warm.sum())
        if not np.isnan(self.valence):
            found[0] = self.valence
        return found


def diary_lines() -> list[Line]:
    """Our own lines."""
    found = lines(ROOT / "training" / "data" / "diary_lines.tsv")[1:]
    return [Line(split, tuple(names.split(",")), float(v or NAN), text, hand) for split, names, v, text, hand in found]


def add_diary(rows: Rows, without: Sequence[str] = ()) -> None:
    """Our own diary lines but for those of some hands; the first name counts more."""
    for line in diary_lines():
        if line.hand not in without:
            rows.add("diary", line.split, line.text, warm=line.warm(), vad=line.axes())


def is_plain(rows: Rows) -> np.ndarray:
    """Which rows are plain diary lines.  # (rows,) bool"""
    plain = {line.text for line in diary_lines() if line.hand in PLAIN}
    return np.array([src == "diary" and text in plain for src, text in zip(rows.source, rows.text, strict=True)])


# --- lines become n-grams -------------------------------------------------------------------------


@dataclass
class Bags:
    """The n-grams of every line, laid end to end."""

    flat: np.ndarray  # (total,) row numbers in the vocabulary
    start: np.ndarray  # (lines + 1,)

    def of(self, line: int) -> np.ndarray:
        """One line's n-grams."""
        return self.flat[self.start[line] : self.start[line + 1]]

    def kept(self, keep: np.ndarray) -> Bags:
        """The same over a smaller vocabulary: `keep` holds the row numbers that stay, sorted."""
        place = np.searchsorted(keep, self.flat).clip(0, len(keep) - 1)
        known = keep[place] == self.flat
        return Bags(place[known].astype(np.int32), np.concatenate([[0], np.cumsum(known)])[self.start])


def bags_of(rows: Rows, train: np.ndarray, at_least: int) -> tuple[np.ndarray, np.ndarray, Bags]:
    """Vocabulary (hashes met in `at_least` training lines, or in a diary line), their counts, and the bags."""
    found = [grams(tidy(text)) for text in rows.text]
    start = np.concatenate([[0], np.cumsum([len(g) for g in found])])
    flat = np.concatenate(found)
    learn = np.concatenate([found[i] for i in train])
    vocabulary, counts = np.unique(learn, return_counts=True)
    own = np.unique(np.concatenate([found[i] for i in train if rows.source[i] == "diary"]))
    often = (counts >= at_least) | ((counts >= 2) & np.isin(vocabulary, own))
    vocabulary, counts = vocabulary[often], counts[often]
    place = np.searchsorted(vocabulary, flat).clip(0, len(vocabulary) - 1)
    known = vocabulary[place] == flat
    return vocabulary, counts, Bags(place[known].astype(np.int32), np.concatenate([[0], np.cumsum(known)])[start])


def cached_bags(path: Path, rows: Rows, train: np.ndarray) -> tuple[np.ndarray, np.ndarray, Bags]:
    """`bags_of`, read from the checkpoint where the lines and the way of cutting them are the same."""
    cutter = (ROOT / "core" / "emotion" / "ngrams.py").read_bytes()
    key = zlib.crc32("\n".join([*rows.text, *rows.split]).encode("utf-8", "ignore"), zlib.crc32(cutter))
    if path.exists():
        with np.load(path) as file:
            if int(file["key"]) == key:
                return file["vocabulary"], file["counts"], Bags(file["flat"], file["start"])
    vocabulary, counts, bags = bags_of(rows, train, at_least=10)
    np.savez(path, key=np.array(key), vocabulary=vocabulary, counts=counts, flat=bags.flat, start=bags.start)
    return vocabulary, counts, bags
