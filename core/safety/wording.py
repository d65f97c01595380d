"""What the wording of a text tells of danger where no rule says it: word classes and n-grams, weighed by a small model."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from core.emotion.ngrams import grams
from core.safety.lexicon import lexicon, without_idioms
from core.safety.reading import rewrapped, views

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "crisis.npz"
CONCEPTS = Path(__file__).with_name("concepts.toml")
BUCKETS = 1 << 17  # of the n-grams' hash; what falls into one bucket shares its weight
KINDS = ("concern", "high", "other")  # what the model tells apart from nothing
WHOLE_CHARS = 240  # a text up to this is one window
SENTENCE_CHARS, PIECE_CHARS = 160, 60  # a sentence at most; sentences together at least, two such pieces are a window
SHORT_CHARS, SEVERAL = (
    12,
    3,
)  # letters of a sentence that says little by itself; so many are a day, fewer are one thought
FEW_GRAMS, FEW_PAIRS = 50, 15  # a short line has few of them: none may weigh too much
SURE_BELOW = 0.02  # the `worry` under which nobody is in danger: a hard word alone is a figure of speech
GRAM = 1.8  # of an n-gram beside a class: plain words tell ordinary days better than classes do

_SPACE = re.compile(r"\s+")
# Who is spoken to says nothing.
_ANNA = re.compile(r"@?\banna\b[,!~]*|(?:^|(?<=\s))@?안나(?:야|님|씨)?(?=[\s,.!?~]|$)", re.I)
_ENDED = re.compile("[다요음임함네죠까야][ㅋㅎㅠㅜ~^.!? ]*$")
_SENTENCE = re.compile(rf".{{1,{SENTENCE_CHARS}}}?(?:[.!?。…~]{{1,8}}(?=\s)|$)|.{{{SENTENCE_CHARS}}}")


@dataclass(frozen=True)
class Opinion:
    """How likely one window is to tell of each kind of danger, in 0..1; what is left is none."""

    concern: float
    high: float
    other: float

    @property
    def worry(self) -> float:
        """How likely it is any of them."""
        return self.concern + self.high + self.other


@dataclass(frozen=True)
class Concepts:
    """Word classes by view, and the rows of each class and of each pair of classes, after those of the n-grams."""

    patterns: dict[str, tuple[tuple[int, re.Pattern[str]], ...]]
    rows: np.ndarray  # (classes, classes) int64, above the diagonal a pair, on it a class alone
    width: int  # rows of n-grams and classes together


@dataclass(frozen=True)
class Wording:
    """The weights of `crisis.npz` and the thresholds that were calibrated with them."""

    weights: np.ndarray  # (n-grams and classes, 3) int8
    scale: np.ndarray  # (3,)
    bias: np.ndarray  # (3,)
    any_from: float  # `worry` from which a check-in is due
    high_from: float

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Wording:
        """Raises OSError or KeyError where the file is missing or is another one."""
        import numpy as np

        with np.load(path, allow_pickle=False) as file:
            limits = {name: float(file[name]) for name in ("any_from", "high_from")}
            return cls(file["weights"], file["scale"], file["bias"], **limits)

    def opinion(self, window: str, settled: Mapping[str, str] | None = None) -> Opinion:
        """What is thought of a window; `settled`: by view its text with "#" where the lexicon knows better."""
        import numpy as np

        logits = self.bias.astype(np.float64)
        for rows, value in features(window, settled or {}):
            logits = logits + self.weights[rows].sum(axis=0, dtype=np.int64) * self.scale * value
        top = max(0.0, float(logits.max()))
        shares = np.exp(logits - top)
        shares /= shares.sum() + np.exp(-top)
        return Opinion(*(float(share) for share in shares))


@cache
def wording() -> Wording:
    """Read once; about 20 ms after numpy is there."""
    return Wording.load()


def windows(text: str) -> Sequence[str]:
    """The pieces of a text that are read by themselves: all of a short one, else some sentences in a row, every sentence in two of them; each once."""
    flat = _flat(text)
    if len(flat) <= WHOLE_CHARS:
        return [flat] if flat else []
    pieces: list[str] = []
    for part in _SENTENCE.findall(flat):
        if pieces and len(pieces[-1]) < PIECE_CHARS:
            pieces[-1] += part
        else:
            pieces.append(part)
    pairs = [(one + two).strip() for one, two in pairwise(pieces)]
    return list(dict.fromkeys(pairs or pieces))


def sentences(window: str) -> list[str]:
    """The sentences of a window that has SEVERAL, a short one with the one before; nothing for any other."""
    found = _no_short_ones(each.strip() for each in _SENTENCE.findall(window))
    return found if len(found) >= SEVERAL else []


def lines(text: str) -> list[str]:
    """The lines of a text that has SEVERAL, a short one with the one before; nothing for any other, whose break may stand
    in the middle of a sentence. Two Korean lines do where the first ends as a sentence does."""
    found = _no_short_ones(_flat(line) for line in rewrapped(text).split("\n"))
    return found if len(found) >= SEVERAL or (len(found) == 2 and _ENDED.search(found[0])) else []


def _flat(text: str) -> str:
    """One line with single spaces, without halves of a surrogate pair."""
    return _SPACE.sub(" ", text.encode("utf-8", "ignore").decode("utf-8")).strip()


def _no_short_ones(parts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if found and min(len(found[-1]), len(part)) < SHORT_CHARS:
            found[-1] += " " + part
        elif part:
            found.append(part)
    return found


def nameless(text: str) -> str:
    """A text without the name of whom it is told to."""
    return _ANNA.sub(" ", text)


def features(window: str, settled: Mapping[str, str]) -> tuple[tuple[np.ndarray, float], ...]:
    """The rows of a window's n-grams, and of its word classes, each with the value that all of them have."""
    import numpy as np

    known, window = concepts(), nameless(window)
    found, runs = set[int](), [np.empty(0, np.uint32)]
    for view in views(window):
        if view.name == "packed":
            continue
        runs.append(grams(settled.get(view.name, view.text)))
        masked = settled.get(view.name) or without_idioms(lexicon(), view)
        found |= {number for number, pattern in known.patterns[view.name] if pattern.search(masked)}
    spelled = np.unique(np.concatenate(runs) & np.uint32(BUCKETS - 1))
    classes = np.array(sorted(found), np.int64)
    one, two = np.triu_indices(len(classes))
    meant = known.rows[classes[one], classes[two]]
    return (spelled, GRAM / max(FEW_GRAMS, len(spelled)) ** 0.5), (meant, 1.0 / max(FEW_PAIRS, len(meant)) ** 0.5)


@cache
def concepts() -> Concepts:
    """Read and compile once; about 100 ms."""
    import numpy as np

    with CONCEPTS.open("rb") as file:
        table: dict[str, dict[str, str]] = tomllib.load(file)
    names = list(table)
    patterns = {
        language: tuple(
            (n, re.compile(table[name][language])) for n, name in enumerate(names) if language in table[name]
        )
        for language in ("ko", "en")
    }
    rows, pairs = np.zeros((len(names), len(names)), np.int64), len(names) * (len(names) + 1) // 2
    rows[np.triu_indices(len(names))] = BUCKETS + np.arange(pairs)
    return Concepts(patterns, rows, BUCKETS + pairs)
