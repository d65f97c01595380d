"""A day in one line: the sentence that says most, cut to fit a list."""

from __future__ import annotations

import re
from collections import Counter

CHARS = 48  # as wide as a line of the calendar
READ_CHARS = 4000  # of a long text; its beginning tells the day

_SENTENCE = re.compile(r"[^.!?…。！？\n]+[.!?…。！？]*")
_WORD = re.compile(r"[가-힣]{2,}|[A-Za-z']{3,}")
_TURNS = ("하지만", "그래도", "그런데", "결국", "but", "still", "finally", "in the end")


def summarise(text: str, language: str = "") -> str:
    """One line of at most 48 characters, in the text's own words; "" for an empty text.

    Extractive (after Luhn 1958): the sentence with the most of the text's frequent words for its length, the first
    sentence and the turn of a day weighing a little more."""
    sentences = [found.group().strip() for found in _SENTENCE.finditer(text[:READ_CHARS])]
    sentences = [sentence for sentence in sentences if sentence]
    if not sentences:
        return _cut(" ".join(text.split()))
    counts = Counter(word for sentence in sentences for word in _stems(sentence))
    best = max(range(len(sentences)), key=lambda at: (_weight(at, sentences[at], counts), -at))
    return _cut(sentences[best])


def _weight(at: int, sentence: str, counts: Counter[str]) -> float:
    stems = _stems(sentence)
    if not stems:
        return 0.0
    frequent = sum(counts[stem] for stem in set(stems)) / len(stems) ** 0.5
    return frequent * (1.15 if at == 0 else 1.0) * (1.2 if sentence.lower().startswith(_TURNS) else 1.0)


def _stems(sentence: str) -> list[str]:
    """Words by their first two syllables or five letters: endings and particles fall away."""
    return [word[:2] if "가" <= word[0] <= "힣" else word[:5].lower() for word in _WORD.findall(sentence)]


def _cut(line: str) -> str:
    line = " ".join(line.split())
    if len(line) <= CHARS:
        return line.rstrip(".。")
    cut = line[: CHARS - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > CHARS // 2 else cut).rstrip(" ,.") + "…"
