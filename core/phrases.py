"""Every word a person reads, looked up by key and language, with Korean particles that fit.

Catalogues are gettext `.po` files under `config/locale/<language>/`; all of a language's files are read
as one. A value's particle is chosen in the template: `{name:이/가}`, `{name:은/는}`, `{name:으로/로}`,
`{name:아/야}`, `{name:이}` (이 after a consonant, nothing after a vowel).
A number brings its noun along in English: `{count:entry/entries}` is "1 entry" or "2 entries".
"""

from __future__ import annotations

import random
import string
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("ko", "en")
LOCALE_DIR = Path(__file__).resolve().parent.parent / "config" / "locale"

# How the last sound of a digit or Latin letter is read in Korean: True where it ends in a consonant.
_DIGIT_FINAL = {"0": True, "1": True, "2": False, "3": True, "4": False, "5": False, "6": True, "7": True, "8": True, "9": False}  # fmt: skip
_DIGIT_RIEUL = {"1", "7", "8"}
_LATIN_FINAL = set("lmnr")  # the letter's own name ends in a consonant: 엘, 엠, 엔, 아르/알


def ends_in_consonant(word: str) -> tuple[bool, bool]:
    """(ends in a consonant, that consonant is ㄹ) as a Korean reader would say `word`."""
    for char in reversed(word.strip()):
        if "가" <= char <= "힣":
            final = (ord(char) - 0xAC00) % 28
            return final != 0, final == 8
        if char in _DIGIT_FINAL:
            return _DIGIT_FINAL[char], char in _DIGIT_RIEUL
        if char.isalpha():
            return _latin_ending(word.strip().lower(), char.lower())
    return False, False


def _latin_ending(word: str, last: str) -> tuple[bool, bool]:
    if len(word) > 1 and last in "bcdgkptq":  # Bob 밥, Jack 잭; "Kate" ends in a vowel letter: 케이트
        return last != "d" and last != "g", False
    return last in _LATIN_FINAL or word.endswith("ng"), last == "l"


def particle(word: str, choice: str) -> str:
    """The particle of `choice` ("이/가", "으로/로", "이") that follows `word`."""
    with_final, _, without = choice.partition("/")
    final, rieul = ends_in_consonant(word)
    if with_final == "으로" and rieul:
        return without
    return with_final if final else without


class _Template(string.Formatter):
    """`str.format` that knows particles and plurals."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec and "가" <= format_spec[0] <= "힣":
            return f"{value}{particle(str(value), format_spec)}"
        if isinstance(value, int) and "/" in format_spec:
            one, _, many = format_spec.partition("/")
            return f"{value} {one if value == 1 else many}"
        return str(super().format_field(value, format_spec))


_template = _Template()


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every phrase of a language by key."""
    from babel.messages.pofile import read_po  # here, because importing is free

    phrases: dict[str, str] = {}
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    phrases[str(message.id)] = str(message.string)
    return phrases


def say(language: str, key: str, **values: Any) -> str:
    """The phrase `key` in `language` with its values filled in. Raises KeyError where it is missing."""
    text = catalogue(language if language in LANGUAGES else "en")[key]
    return _template.format(text, **values) if values or "{" in text else text


def knows(language: str, key: str) -> bool:
    """True where a language has that phrase."""
    return key in catalogue(language)


def variants(language: str, prefix: str) -> tuple[str, ...]:
    """The keys `prefix.1`, `prefix.2` ... in order."""
    keys: list[str] = []
    while knows(language, f"{prefix}.{len(keys) + 1}"):
        keys.append(f"{prefix}.{len(keys) + 1}")
    return tuple(keys)


def pick(language: str, prefix: str, seed: int, **values: Any) -> str:
    """One of the phrases `prefix.1`, `prefix.2` ..., the same one for the same seed."""
    return say(language, random.Random(seed).choice(variants(language, prefix)), **values)
