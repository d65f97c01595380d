"""The hand-made lexicon: words, the things and deeds they stand for, and what draws them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEXICON_TOML = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True)
class Concept:
    """One entry of the lexicon."""

    name: str
    kind: str
    sticker: str
    place: str = ""
    weather: str = ""
    time: str = ""
    stays: bool = False  # not taken away by "not": an exam that went badly was one, a night stays a night


@dataclass(frozen=True)
class Sense:
    """A word's concept, and the words of which one must stand near it."""

    concept: Concept
    near: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lexicon:
    """What the file says, ready to be looked up."""

    concepts: dict[str, Concept]
    korean: dict[str, tuple[Sense, ...]]
    english: dict[str, tuple[Sense, ...]]
    emoji: dict[str, Concept]
    by_sticker: dict[str, Concept]


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    tables = tomllib.loads(LEXICON_TOML.read_text("utf-8"))
    concepts: dict[str, Concept] = {}
    korean: dict[str, list[Sense]] = {}
    english: dict[str, list[Sense]] = {}
    emoji: dict[str, Concept] = {}
    for kind, table in tables.items():
        for name, row in table.items():
            hints = {key: row[key] for key in ("place", "weather", "time", "stays") if key in row}
            concept = concepts[name] = Concept(name, kind, row["sticker"], **hints)
            for word, near in _entries(row["ko"]):
                korean.setdefault(word.replace(" ", "").lower(), []).append(Sense(concept, near))
            for word, near in _entries(row["en"]):
                english.setdefault(word.lower().replace("'s ", " ").removesuffix("'s"), []).append(Sense(concept, near))
            emoji.update((character, concept) for character in row.get("emoji", ""))
    by_sticker = {concept.sticker: concept for concept in reversed(concepts.values())}
    return Lexicon(
        concepts,
        {word: tuple(senses) for word, senses in korean.items()},
        {word: tuple(senses) for word, senses in english.items()},
        emoji,
        by_sticker,
    )


def _entries(words: str) -> Iterator[tuple[str, frozenset[str]]]:
    for entry in words.split(","):
        word, _, near = entry.strip().rstrip(")").partition("(")
        yield word.strip(), frozenset(near.split())
