"""Anna's way of choosing words: the same for the same seed, and never what she said lately."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache

from core.phrases import catalogue, say, variants

_PLACE = re.compile(r"{[^}]*}")
# A phrase that speaks of writing: untrue where a photo or a tap was all that came.
_OF_WORDS = {
    "ko": re.compile(r"글|적[어은었으]|한 줄|문장|읽"),
    "en": re.compile(r"\b(?:read|writ\w*|wrote|words?|lines?|sentence|put it|telling)\b", re.I),
}


@cache
def mould(language: str, key: str) -> re.Pattern[str]:
    """What a phrase looks like whatever was put into it."""
    template = catalogue(language)[key].replace("!", ".")
    pieces = [re.escape(piece) for piece in _PLACE.split(template)]
    pieces[0] = f"(?i:{pieces[0]})"
    return re.compile(".{1,90}?".join(pieces))


class Voice:
    """Chooses phrases for one comment. `recent`: what she said before, newest first. `wordless`: it answers no words.
    `never`: keys of phrases that would be out of place."""

    def __init__(
        self, language: str, recent: Sequence[str], seed: int, *, wordless: bool = False, never: Sequence[str] = ()
    ) -> None:
        self.language, self.random, self._wordless, self._never = language, random.Random(seed), wordless, never
        self._used: set[str] = set()
        self._recent = [comment.replace("!", ".") for comment in recent]

    def pick(self, *prefixes: str, **values: object) -> str:
        """A phrase below the first of `prefixes` that has one she did not use lately; "" where none is left."""
        for prefix in prefixes:
            fresh = [key for key in self._true(prefix) if self._age(key) is None]
            if fresh:
                return self._said(self.random.choice(fresh), values)
        return ""

    def insist(self, *prefixes: str, **values: object) -> str:
        """The same, and where nothing is left the phrase that was used longest ago."""
        if found := self.pick(*prefixes, **values):
            return found
        keys = [key for prefix in prefixes for key in self._true(prefix)]
        return self._said(max(keys, key=lambda key: self._age(key) or 0), values) if keys else ""

    def opened_with(self, prefix: str) -> bool:
        """True where her last comment began with a phrase below `prefix`."""
        last = self._recent[0] if self._recent else ""
        return any(mould(self.language, key).match(last) for key in variants(self.language, prefix))

    def chance(self, share: float) -> bool:
        """True in `share` of all seeds."""
        return self.random.random() < share

    def _true(self, prefix: str) -> list[str]:
        """The phrases below `prefix` that may be said to what came."""
        words, said = _OF_WORDS[self.language], catalogue(self.language)
        keys = (key for key in variants(self.language, prefix) if key not in self._never)
        return [key for key in keys if not self._wordless or not words.search(said[key])]

    def _age(self, key: str) -> int | None:
        """How many comments ago a phrase was used, None where it was not."""
        if key in self._used:
            return 0
        shape = mould(self.language, key)
        return next((age for age, comment in enumerate(self._recent) if shape.search(comment)), None)

    def _said(self, key: str, values: dict[str, object]) -> str:
        self._used.add(key)
        text = say(self.language, key, **values)
        return text[:1].upper() + text[1:] if self.language == "en" else text
