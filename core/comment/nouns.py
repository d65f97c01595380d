"""What a tag is called in a sentence of Anna's: "강아지", "your roommate", "the beach"."""

from __future__ import annotations

import re

from core.entities import Tag

_NAMED = ("person", "animal", "food", "thing", "place", "weather")
_BARE_PLACES = ("home", "school", "work", "church", "college", "town", "class", "downtown")
_NO_VERB = re.compile(r"(?:ed|ing)$")
_NOUNS_LIKE_VERBS = ("wedding", "building", "ring", "king", "bed", "spring", "ceiling", "pudding", "seed", "weed")
_EATEN = re.compile(
    r"먹|마[시셨]|맛|냠|요리|끓|구[웠워]|굽|튀[겼기]|볶|시[켰켜]|배달|간식|야식|후식|점심|저녁[은엔밥]|아침[은엔밥]|메뉴|카페|식당|샀|사[서왔다]"
)
_GENERAL = (
    "people",
    "everyone",
    "someone",
    "man",
    "woman",
    "person",
    "student",
    "pregnant",
    "myself",
    "dinner",
    "lunch",
    "breakfast",
    "supper",
    "meal",
)


def noun_of(tag: Tag, language: str) -> str:
    """The bare noun of a tag's word, "" where it is a deed or can't be told."""
    if tag.kind not in _NAMED:
        return ""
    if language != "ko":
        word = re.sub(r"['’]s$", "", tag.word)
        plain = word.isascii() and word.replace(" ", "").isalpha() and not _is_verb(word.lower())
        return word.lower() if plain and word.lower() not in _GENERAL else ""
    from core.painting.words import morphemes

    nouns = []
    for part in morphemes(tag.word):
        if not part.tag.startswith("NN"):
            break
        nouns.append(part.form)
    noun = "".join(nouns)
    return noun if len(noun) > 1 else ""


def thing_in(text: str, tag: Tag, language: str) -> str:
    """The noun of a tag as it stands in a sentence to the person, with its article where English needs one."""
    noun = noun_of(tag, language)
    if language == "ko" and tag.kind == "food" and not _EATEN.search(text):
        return ""  # perhaps the name of a cat
    if language == "ko" or not noun:
        return noun
    found = re.search(rf"\b(?:(my|our|the|a|an|his|her|their) )?(?:\w+ )?{re.escape(noun)}\b", text, re.I)
    owner = (found[1] or "").lower() if found else ""
    if tag.kind == "food" or (tag.kind == "place" and noun in _BARE_PLACES):
        return noun
    if owner in ("my", "our") or (tag.kind == "person" and owner not in ("the", "a", "an", "his", "her", "their")):
        return f"your {noun}"
    return f"{owner} {noun}" if owner in ("his", "her", "their") else f"the {noun}"


def _is_verb(word: str) -> bool:
    return bool(_NO_VERB.search(word)) and word not in _NOUNS_LIKE_VERBS
