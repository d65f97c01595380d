"""Which words of a diary really speak of a feeling: these are shown as its reasons, and where there are none, none are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.emotion.names import said_plainly
from core.entities import EMOTIONS

if TYPE_CHECKING:
    import numpy as np

EVIDENCE_TOML = Path(__file__).with_name("evidence.toml")
LOOKED_AT = 12  # words of a text, those that moved it most
SHOWN = 3
_ALONE, _LOUD = 0.35, 0.8  # the score from which on a word alone says the feeling; a noun, or one before a turn
_BESIDE = 0.2  # of the first word's share in the reading: a later word that moved less is left out

_DENIED = re.compile("^(?:안|못|not?|never) |지 ?(?:않|못|말)|n't |아니")
_WEAK_KO = re.compile("[가-힣]+(?:을|를|에서|에게|한테|에겐|으로|이랑|랑|까지|부터|이라|는데|지만)$")
_NOT_KO = re.compile("^(?:안|못) |(?<=지) ?(?:않|못|말)[가-힣]*$")


@dataclass(frozen=True)
class Evidence:
    """The word lists of `evidence.toml`."""

    plain_en: re.Pattern[str]  # what stands in every diary
    plain_ko: re.Pattern[str]
    done_ko: re.Pattern[str]  # verbs of every day
    own: Mapping[str, re.Pattern[str]]  # by feeling

    @classmethod
    def load(cls, path: Path = EVIDENCE_TOML) -> Evidence:
        """Raises OSError or tomllib.TOMLDecodeError where the file is missing or is no TOML."""
        with path.open("rb") as file:
            table = tomllib.load(file)
        particles, done = _any_of(table["particles"]["ko"]), table["done"]["ko"]
        return cls(
            re.compile(_any_of(" ".join(table["plain"]["en"].values()))),
            re.compile(_any_of(" ".join(table["plain"]["ko"].values())) + particles + "*"),
            re.compile(f"{_any_of(done['nouns'])}?(?:{'|'.join(done['patterns'])})[가-힣]*"),
            {name: re.compile(f"(?:{stems})") for name, stems in table["own"].items()},
        )


def _any_of(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


@cache
def evidence() -> Evidence:
    """Read and compiled once."""
    return Evidence.load()


def that_speak(moved: Sequence[tuple[str, str, float]], name: str, alone: np.ndarray) -> tuple[str, ...]:
    """Of the words that moved a reading, strongest first, those that say its `name` by themselves too.

    moved: a word as it is shown, as the model reads it, and how much it moved; alone: the names' scores of each read by
    itself, (len(moved), 18)"""
    found: list[tuple[str, float]] = []
    for (shown, word, share), scores in zip(moved, alone, strict=True):
        if share > 0 and not is_plain(word) and _says(word, name, scores):
            found.append((shown, share))
    return tuple(shown for shown, share in found[:SHOWN] if share >= _BESIDE * found[0][1])


def is_plain(word: str) -> bool:
    """True for what any day may hold: pronouns, particles, hours, and what was done."""
    word = word.lower().replace("’", "'").strip()
    parts = word.split()
    if word.isascii():
        return all(evidence().plain_en.fullmatch(part) or part.endswith(("n't", "'s")) for part in parts)
    return bool(evidence().plain_ko.fullmatch(word) or evidence().done_ko.fullmatch(_NOT_KO.sub("", word)))


def _says(word: str, name: str, scores: np.ndarray) -> bool:
    at, enough = EMOTIONS.index(name), _LOUD if _WEAK_KO.fullmatch(word) else _ALONE
    named = evidence().own[name].match(word) and not _DENIED.search(word)
    return bool(named) or said_plainly(word) == name or (int(scores.argmax()) == at and float(scores[at]) >= enough)
