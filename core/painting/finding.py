"""A word finds stickers, in Korean or English: by what they are, by what somebody does, by how a face looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.entities import Sketch
from core.painting import figures
from core.painting.drawing import bounds
from core.painting.stickers import sticker_ids
from core.painting.verb_forms import said
from core.phrases import knows, say

KINDS = ("person", "animal", "food", "place", "thing", "weather", "feeling")
_HERE = Path(__file__).parent
_SEARCH_WORDS, _FACE_WORDS = _HERE / "search_words.toml", _HERE / "face_words.toml"
_LOOKS = {  # how people call the figures
    "child": ("아이", "나", "child", "me", "kid"),
    "girl": ("여자아이", "소녀", "여동생", "언니", "누나", "딸", "친구", "girl", "sister", "daughter", "friend"),
    "boy": ("남자아이", "소년", "남동생", "오빠", "형", "아들", "친구", "boy", "brother", "son", "friend"),
    "woman": ("엄마", "어머니", "여자", "이모", "고모", "선생님", "woman", "mom", "mother", "aunt", "teacher"),
    "man": ("아빠", "아버지", "남자", "삼촌", "선생님", "man", "dad", "father", "uncle", "teacher"),
    "granny": ("할머니", "grandmother", "grandma", "granny"),
    "grandpa": ("할아버지", "grandfather", "grandpa"),
    "baby": ("아기", "baby"),
}
_INSTEAD = {  # of a head, or of somebody who only stands there, our own figures
    "baby": ("baby",), "boy": ("boy",), "child": ("child",), "girl": ("girl",), "man": ("man",), "man-beard": ("man",),
    "man-standing": ("man",), "woman": ("woman",), "woman-standing": ("woman",), "person": ("woman", "man"),
    "person-standing": ("girl", "boy"), "old-man": ("grandpa",), "old-woman": ("granny",),
    "older-person": ("granny", "grandpa"), "person-white-hair": ("granny",),
}  # fmt: skip
_SHOWN_SO = (("stand", "smile", 8), ("cheer", "laugh", 9), ("sit", "calm", 10))  # pose, face, clothes
_CLOTHES = 8  # of the figures with the other faces
_WORST = 3
_LONGEST_ENDING = 4  # syllables after a verb's beginning


@dataclass(frozen=True)
class Found:
    """One sticker to choose, with a word for it and how wide it is for its height."""

    sticker: str
    word: str
    ratio: float


@dataclass(frozen=True)
class _Names:
    """By what a sticker is found: its names, and how the verbs among them begin."""

    whole: tuple[str, ...]
    beginnings: tuple[str, ...]
    together: str  # every whole name: what is nowhere in it needs no closer look

    def may_fit(self, asked: str) -> bool:
        """False where nothing here can be meant."""
        singular = asked[:-2] if asked.isascii() and len(asked) > 3 else asked
        return singular in self.together or asked.startswith(self.beginnings)


def find(words: str, language: str, limit: int = 48) -> tuple[Found, ...]:
    """Stickers for what somebody typed, in Korean or English, the best first; of several words each must fit."""
    asked = " ".join(words.lower().split())[:40]
    if not asked:
        return ()
    ranked = _ranked(asked) or _ranked_by_each(asked.split())
    best = sorted(ranked, key=ranked.__getitem__)[:limit]
    return tuple(found(sticker, language) for sticker in best)


def stickers_of(kind: str) -> tuple[str, ...]:
    """The ids of one of KINDS."""
    return _by_kind().get(kind, ())


def of_kind(kind: str, language: str) -> tuple[Found, ...]:
    """Every sticker of one of KINDS, in the order of the lexicon."""
    return tuple(found(sticker, language) for sticker in stickers_of(kind))


def found(sticker: str, language: str) -> Found:
    """A sticker with the word that a person would use for it. Raises KeyError or ValueError for an unknown id."""
    _, _, wide, high = bounds(sticker)
    return Found(sticker, word_for(sticker, language), round(wide / high, 4))


def can_place(sticker: str) -> bool:
    """True for stickers that stand in a scene by themselves; of a head or of somebody standing there are figures."""
    return sticker in sticker_ids() and sticker not in _INSTEAD


def named(tagged: tuple[str, ...], sketch: Sketch) -> tuple[str, ...]:
    """The stickers of a diary's tags that can be placed, and the figures that stand in its drawing."""
    people = (layer.sticker for layer in sketch.layers if figures.is_figure(layer.sticker))
    return tuple(dict.fromkeys((*filter(can_place, tagged), *people)))


def word_for(sticker: str, language: str) -> str:
    """A word for a sticker; in English its own name where the lexicon has none."""
    if figures.is_figure(sticker):
        words = _LOOKS[sticker.split("/")[1]]
        return next(word for word in words if (word[0] >= "가") == (language == "ko"))
    if knows(language, f"painting.thing.{sticker}"):
        return say(language, f"painting.thing.{sticker}").removeprefix("a ").removeprefix("an ")
    korean, english = _first_words().get(sticker, ("", ""))
    return (korean if language == "ko" else english) or sticker.replace("-", " ")


# --- how well a word fits ----------------------------------------------------------------------


def _ranked(asked: str) -> dict[str, tuple[int, int]]:
    """(rank, place in the list) of every sticker that a word finds; where some are meant, none that only resemble it."""
    ranked: dict[str, tuple[int, int]] = {}
    for n, (sticker, names) in enumerate(_names().items()):
        rank = _best(asked, names) if names.may_fit(asked) else _WORST + 1
        if rank <= _WORST:
            ranked[sticker] = (rank, n + len(_names()) * _is_somebody(sticker))  # a bicycle before who rides one
    if (asked.isascii() or len(asked) == 1) and any(rank == 0 for rank, _ in ranked.values()):
        return {sticker: place for sticker, place in ranked.items() if place[0] < 2}
    return ranked


def _ranked_by_each(words: list[str]) -> dict[str, tuple[int, int]]:
    """ "슬픈 엄마": what each of the words finds."""
    each = [_ranked(word) for word in words]
    both = set(each[0]).intersection(*each[1:])
    return {sticker: max(ranked[sticker] for ranked in each) for sticker in both}


def _best(asked: str, names: _Names) -> int:
    rank = min((_rank(asked, name) for name in names.whole), default=_WORST + 1)
    if any(asked.startswith(begin) and len(asked) <= len(begin) + _LONGEST_ENDING for begin in names.beginnings):
        return min(rank, 1)
    return rank


def _rank(asked: str, name: str) -> int:
    """0: the word itself, or more of it; 1: a kind of it; 2: it begins so; 3: in there, in Latin letters as a whole word."""
    if name == asked or (asked.isascii() and len(asked) > 3 and asked in (name + "s", name + "es")):
        return 0
    parts = name.split()
    if asked.isascii():
        if asked == parts[-1]:
            return 1
        return 2 if name.startswith(asked) else 3 if asked in parts else _WORST + 1
    if name.startswith(asked):
        return 2 if len(asked) == 1 else 1
    if any(part.startswith(asked) for part in parts[1:]):
        return 2
    return 3 if len(asked) > 2 and asked in name else _WORST + 1


# --- by what each is found ---------------------------------------------------------------------


@cache
def _names() -> dict[str, _Names]:
    """Every name of everything that can be placed: figures as they are offered, stickers, figures with other faces."""
    names: dict[str, list[str]] = {}
    faces, people = _faces(), _people()
    for look in _LOOKS:
        for pose, face, clothes in _SHOWN_SO:
            names[figures.figure_id(look, pose, face, clothes)] = [*people[look], *faces[face][1]]
    for entry in _entries():
        if can_place(entry.sticker):
            names.setdefault(entry.sticker, []).extend((*entry.korean, *entry.english, entry.name))
    for sticker in filter(can_place, sticker_ids()):
        shown = (word_for(sticker, language).lower() for language in ("ko", "en"))  # what stands below it finds it
        names.setdefault(sticker, []).extend((*shown, sticker.replace("-", " ")))
    shown_faces = {face for _, face, _ in _SHOWN_SO}
    for face, (pose, words) in faces.items():
        for look in _LOOKS:
            if face not in shown_faces and look != "baby":
                names[figures.figure_id(look, pose, face, _CLOTHES)] = [*people[look], *words]
    return {sticker: _spelled_out(all_names) for sticker, all_names in names.items()}


def _spelled_out(words: list[str]) -> _Names:
    whole: list[str] = []
    beginnings: list[str] = []
    for word in words:
        if _is_stem(word):
            forms = said(word[:-1])
            whole += forms[:2]
            beginnings += [form for form in (word[:-1], *forms[2:]) if len(form) > 1]
        elif word:
            whole.append(word)
    unique = tuple(dict.fromkeys(whole))
    return _Names(unique, tuple(dict.fromkeys(beginnings)), "\n".join(unique))


def _is_somebody(sticker: str) -> bool:
    return sticker.split("-")[0] in ("person", "man", "woman", "people")


def _is_stem(word: str) -> bool:
    return word.endswith("-") and "가" <= word[-2:-1] <= "힣"


@cache
def _faces() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The pose of each face, and the words for it."""
    return {
        face: (row["pose"], (face, *_plain(row["ko"]), *_plain(row["en"]))) for face, row in _read(_FACE_WORDS).items()
    }


@cache
def _people() -> dict[str, tuple[str, ...]]:
    """What each look is called, with the words of the lexicon whose sticker it stands for."""
    words = {look: list(names) for look, names in _LOOKS.items()}
    for entry in _entries():
        for look in _INSTEAD.get(entry.sticker, ()):
            words[look] += (*entry.korean, *entry.english, entry.name)
    return {look: tuple(dict.fromkeys(names)) for look, names in words.items()}


@cache
def _first_words() -> dict[str, tuple[str, str]]:
    words: dict[str, tuple[str, str]] = {}
    people_first = sorted(_entries(), key=lambda entry: not (entry.from_search and _is_somebody(entry.sticker)))
    for entry in filter(lambda entry: can_place(entry.sticker), people_first):
        korean = next(iter(entry.korean), "")
        korean = said(korean[:-1])[0] if _is_stem(korean) else korean
        words.setdefault(entry.sticker, (korean, next(iter(entry.english), "")))
    return words


@cache
def _by_kind() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for look in _LOOKS:
        for pose, face, clothes in _SHOWN_SO:
            kinds["person"][figures.figure_id(look, pose, face, clothes)] = None
    for entry in _entries():
        kind = "person" if _is_somebody(entry.sticker) else entry.kind
        if kind in kinds and can_place(entry.sticker):
            kinds[kind][entry.sticker] = None
    return {kind: tuple(stickers) for kind, stickers in kinds.items()}


@dataclass(frozen=True)
class _Entry:
    """A sticker's words, Korean stems with a hyphen."""

    kind: str
    name: str
    sticker: str
    korean: tuple[str, ...]
    english: tuple[str, ...]
    from_search: bool = False  # one of the words that are for searching only


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(_told())


def _told() -> Iterator[_Entry]:
    """What the lexicon says, then the words that are for searching only."""
    from core.painting.lexicon import LEXICON_TOML

    known = set(sticker_ids())
    for kind, table in _read(LEXICON_TOML).items():
        for name, row in table.items():
            if row["sticker"] in known:
                yield _Entry(kind, name.replace("_", " "), row["sticker"], _plain(row["ko"]), _plain(row["en"]))
    for kind, table in _read(_SEARCH_WORDS).items():
        for sticker, words in table.items():
            own = sticker.replace("-", " ")
            yield _Entry(kind, own, sticker, _plain(words), (own,), from_search=True)


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(file.read_text("utf-8"))


def _plain(words: str) -> tuple[str, ...]:
    """Words of the lexicon without their conditions; none with a stem before its last word ("검- 고양이")."""
    bare = (word.strip().lower() for word in re.sub(r"\([^)]*\)", "", words).split(","))
    return tuple(word for word in bare if word and "- " not in word and not ("-" in word[:-1] and word[0] >= "가"))
