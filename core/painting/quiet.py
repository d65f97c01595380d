"""Of a line that worries us no picture is made: what is painted is a quiet place, and what the calm lines beside it tell."""

from __future__ import annotations

import re

from core.emotion.gentle import INSTEAD
from core.entities import Level, Tag
from core.painting.cast import REMEMBRANCE
from core.safety.crisis import check_safely

_KINDS = ("place", "weather", "time", "animal")  # no person: perhaps it is who hits them; no deed, food or thing either
_NOT_THERE = ("river", "beach", "pool", "station", "airport", "hospital", "mountain", "city")  # water, rails, heights
_AT_REST = "face.me.tired"  # eyes closed, without the smile of a calm day
_SENTENCE = re.compile(r"(?<=[.!?…。\n])\s*")


def quiet_tags(tags: tuple[Tag, ...], text: str) -> tuple[Tag, ...]:
    """Those that may be painted and heard: named in sentences that do not worry by themselves. A candle for somebody
    who died stays."""
    sentences = [one.lower() for one in _SENTENCE.split(text) if one.strip()]
    return tuple(tag for tag in tags if tag.name == REMEMBRANCE or (tag.kind in _KINDS and _is_calm(tag, sentences)))


def quiet_scene(tags: tuple[Tag, ...], feeling: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where such a picture does not play, as what was struck out; and its hour and face, as what was chosen. A sky that
    was told of stays. `feeling`: the name that is painted; "" where the person told it, and the face is theirs."""
    told = {tag.kind for tag in tags}
    struck = tuple(f"place.{place}" for place in _NOT_THERE) + (() if "weather" in told else ("weather.rain",))
    evening = () if "time" in told else ("time.evening",)
    return struck, (*evening, *((_AT_REST,) if feeling == INSTEAD else ()))


def _is_calm(tag: Tag, sentences: list[str]) -> bool:
    there = [sentence for sentence in sentences if tag.word and tag.word.lower() in sentence]
    return bool(there) and all(check_safely(sentence).level is Level.NONE for sentence in there)
