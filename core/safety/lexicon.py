"""The crisis lexicon: rules, idioms and contexts, read once from `lexicon.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.safety.reading import View

LEXICON = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True)
class Pattern:
    """A regular expression that may have to start at the start of a word.

    The word boundary is looked at after the match, not by the expression: that leaves a literal in front,
    which `re` finds several times faster.
    """

    expression: re.Pattern[str]
    at_word: bool

    def found(self, text: str) -> Iterator[re.Match[str]]:
        """Every match in `text`, left to right."""
        position = 0
        while match := self.expression.search(text, position):
            start = match.start()
            if self.at_word and start and (text[start - 1].isalnum() or text[start - 1] == "'"):
                position = start + 1  # "roommATE TOOK" must not swallow "took"
            else:
                yield match
                position = max(match.end(), start + 1)

    def near(self, text: str) -> bool:
        """True where it is somewhere in `text`."""
        return next(self.found(text), None) is not None


def compiled(pattern: str) -> Pattern:
    """A leading `\\b` is taken off and looked at later."""
    at_word = pattern.startswith(r"\b")
    return Pattern(re.compile(pattern.removeprefix(r"\b")), at_word)


@dataclass(frozen=True)
class Rule:
    """One kind of sign, with its patterns by view of the text (ko, en, packed)."""

    id: str
    weight: int
    part: str
    flat: bool
    soft: str
    soft_weight: int
    patterns: dict[str, tuple[Pattern, ...]]


@dataclass(frozen=True)
class Combination:
    """Parts that weigh more together; each is a set of names of which one must be there."""

    id: str
    parts: tuple[frozenset[str], ...]
    near: bool
    least: int


@dataclass(frozen=True)
class Lexicon:
    """Everything the check knows."""

    rules: tuple[Rule, ...]
    combinations: tuple[Combination, ...]
    idioms: dict[str, tuple[re.Pattern[str], ...]]
    contexts: dict[str, dict[str, tuple[Pattern, ...]]]

    def is_about(self, context: str, language: str, text: str) -> bool:
        """True where `text` speaks of that context."""
        return any(pattern.near(text) for pattern in self.contexts[context].get(language, ()))


def without_idioms(lex: Lexicon, view: View) -> str:
    """The text with idioms made unreadable at the same length, so that what stands beside them is still seen."""
    text = view.text
    for idiom in lex.idioms.get(view.name, ()):
        text = idiom.sub(lambda match: "#" * (match.end() - match.start()), text)
    return text


def _patterns(table: dict[str, Sequence[str]]) -> dict[str, tuple[Pattern, ...]]:
    return {view: tuple(compiled(p) for p in table.get(view, ())) for view in ("ko", "en", "packed")}


@cache
def lexicon() -> Lexicon:
    """Read and compile once; about 0.2 s, so the bot does it when it starts."""
    with LEXICON.open("rb") as file:
        data = tomllib.load(file)
    rules = tuple(
        Rule(
            id=rule["id"],
            weight=rule["weight"],
            part=rule["part"],
            flat=rule.get("flat", False),
            soft=rule.get("soft", ""),
            soft_weight=rule.get("soft_weight", 1),
            patterns=_patterns(rule),
        )
        for rule in data["rule"]
    )
    combinations = tuple(
        Combination(
            each["id"],
            tuple(frozenset(part.split("|")) for part in each["parts"]),
            each.get("near", False),
            each.get("least", 2),
        )
        for each in data["combination"]
    )
    idioms = {language: tuple(re.compile(p) for p in patterns) for language, patterns in data["idiom"].items()}
    return Lexicon(rules, combinations, idioms, {name: _patterns(each) for name, each in data["context"].items()})
