"""What an English line says was not there, was not done, or is only wished for."""

from __future__ import annotations

from collections.abc import Sequence

from core.painting.words import Word

_NOT = frozenset(["not", "never", "cannot", "neither", "nor", "hardly", "barely"])
_BREAKS = frozenset(
    [
        "but",
        "so",
        "because",
        "although",
        "though",
        "then",
        "when",
        "while",
        "before",
        "after",
        "until",
        "since",
        "however",
        "and",
        "or",
    ]
)
_THOUGHT = frozenset(
    [
        "know",
        "care",
        "realize",
        "remember",
        "mind",
        "understand",
        "believe",
        "sure",
        "only",
        "think",
        "stop",
        "help",
        "matter",
        "bad",
    ]
)
_WISHES = frozenset(["wish", "hope", "crave", "long", "dream"])
_PLACES_OF_ABSENCE = frozenset(["there", "here", "home", "around"])
_MISSABLE = frozenset(["my", "you", "him", "her", "them", "being", "having"])
_ARTICLES = frozenset(["the", "a", "an", "any", "my", "our", "his", "her", "their", "some", "to"])


def left_out_english(words: Sequence[Word]) -> frozenset[int]:
    """Positions of the words that the line denies or wishes for."""
    out: set[int] = set()
    for i, word in enumerate(words):
        following = words[i + 1].lemma if i + 1 < len(words) else ""
        if (
            word.form in _NOT
            or word.form.endswith("n't")
            or (word.form.endswith("nt") and word.form in ("didnt", "cant", "dont", "couldnt"))
        ):
            out |= _not_scope(words, i, following)
        elif word.form in ("no", "without", "minus"):
            out |= set(range(i, min(_clause_end(words, i), i + 4))) if following not in ("doubt", "matter") else set()
        elif _is_wish(words, i) or (word.form == "instead" and following == "of"):
            out |= set(range(i, _clause_end(words, i)))
    return frozenset(out)


def _not_scope(words: Sequence[Word], i: int, following: str) -> set[int]:
    if (
        following in _THOUGHT
        or (following == "wait" and words[i].form.startswith("ca"))
        or (following == "wait" and "could" in words[i].form)
    ):
        return set()
    if following in _PLACES_OF_ABSENCE:  # "the dog wasn't there"
        return set(range(_clause_start(words, i), i + 2))
    return set(range(i, _clause_end(words, i)))


def _is_wish(words: Sequence[Word], i: int) -> bool:
    """Wants and longings; "missed the bus" is none."""
    lemma = words[i].lemma
    rest = [word.form for word in words[i + 1 : i + 3]]
    if lemma in ("want", "like", "love", "need", "hope", "plan") and rest[:1] == ["to"]:
        would = i > 0 and (words[i - 1].form in ("would", "'d", "really") or words[i - 1].form.endswith("'d"))
        return lemma == "want" or would
    if lemma in ("want", "wanna") and rest:
        return True
    if words[i].form in ("should", "could") and rest[:1] == ["have"]:
        return True
    if lemma == "miss":
        return bool(rest) and rest[0] in _MISSABLE
    return (
        lemma in _WISHES
        and words[i].form != "dreamed"
        and (lemma != "long" or rest[:1] in (["for"], ["to"]))
        and (lemma != "dream" or rest[:1] == ["of"])
    )


def _clause_end(words: Sequence[Word], i: int) -> int:
    for k in range(i + 1, len(words)):
        if words[k].tag == "mark":
            return k
        if words[k].form in ("and", "or") and k + 1 < len(words):
            after = words[k + 1]
            if after.form in _ARTICLES or (
                after.form == after.lemma and after.form not in ("i", "we", "he", "she", "it", "they", "then", "so")
            ):
                continue
        if words[k].form in _BREAKS:
            return k
    return len(words)


def _clause_start(words: Sequence[Word], i: int) -> int:
    for k in range(i, -1, -1):
        if words[k].tag == "mark" or words[k].form in _BREAKS:
            return k + 1
    return 0
