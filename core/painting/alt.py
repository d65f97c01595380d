"""A picture becomes a sentence for who cannot see it."""

from __future__ import annotations

import tomllib
from functools import cache

from core.entities import Emotion, Sketch, Tag
from core.painting import figures
from core.painting.drawing import stage_of
from core.painting.lexicon import LEXICON_TOML
from core.phrases import knows, say


def describe(sketch: Sketch, tags: tuple[Tag, ...], emotion: Emotion, language: str, look: str = "wax") -> str:
    """What is to be seen, in the person's language: medium (the name of a look), place, hour, weather, things and feeling."""
    known = knows(language, f"painting.weather.{sketch.weather}")
    words = {
        "medium": say(language, f"painting.drawn.{look if knows(language, f'painting.drawn.{look}') else 'wax'}"),
        "feeling": say(language, f"painting.feeling.{emotion.name}"),
        "time": say(language, f"painting.time.{sketch.time}"),
        "place": say(language, f"painting.place.{sketch.place}"),
        "weather": say(language, f"painting.weather.{sketch.weather if known else 'clear'}"),
        "things": _listed(_named_things(sketch, tags, language), language),
    }
    indoors = stage_of(sketch.place, sketch.weather, sketch.time, sketch.seed).indoors
    dry = sketch.weather not in ("rain", "snow")  # of the weather outside a room shows no more
    return say(language, "painting.alt.indoors" if indoors and dry else "painting.alt", **words)


def _named_things(sketch: Sketch, tags: tuple[Tag, ...], language: str) -> list[str]:
    """The person, then everything drawn, by the catalogue's word, else by the sticker's English name."""
    words = {tag.name: tag for tag in tags}
    names = [say(language, "painting.me")]
    for layer in sketch.layers:
        name = layer.tag.split(":")[-1]
        if name == "me":
            continue
        tag = words.get(name)
        if tag and tag.kind == "place" and not knows(language, f"painting.thing.{layer.sticker}"):
            continue  # the place is named already
        if knows(language, f"painting.thing.{layer.sticker}"):
            names.append(say(language, f"painting.thing.{layer.sticker}"))
        elif tag and (word := _word(tag.name, tag.word, language)):
            names.append(_whose(word, language) if tag.kind == "person" else _one(word, language))
        elif tag and language == "ko":
            names.append(_bare(tag.word))
        elif figures.is_figure(layer.sticker):
            names.append(_whose(name.replace("_", " "), language))
        else:
            names.append(_one(layer.sticker.replace("-", " "), "en"))
    return list(dict.fromkeys(name for name in names if name))


def _one(word: str, language: str) -> str:
    """An English noun with its article."""
    if language != "en" or word.endswith("s") or word in _UNCOUNTED:
        return word
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _whose(word: str, language: str) -> str:
    return f"your {word}" if language == "en" else word


_UNCOUNTED = (
    "bread",
    "rice",
    "coffee",
    "tea",
    "milk",
    "soup",
    "chicken",
    "sushi",
    "cheese",
    "water",
    "music",
    "homework",
    "juice",
)


@cache
def _lexicon() -> dict[str, dict[str, dict[str, str]]]:
    tables: dict[str, dict[str, dict[str, str]]] = tomllib.loads(LEXICON_TOML.read_text("utf-8"))
    return tables


def _word(tag_name: str, written: str, language: str) -> str:
    """The word a diary used if the lexicon has it as a noun, else its first noun; empty where it knows verbs only."""
    for table in _lexicon().values():
        if tag_name in table:
            words = [word.partition("(")[0].strip() for word in table[tag_name][language].split(",")]
            nouns = [word for word in words if not word.endswith("-")]
            first = next(iter(nouns), "") if language == "ko" else ""  # in English the sticker's own name tells better
            return next((word for word in (written.lower(), _bare(written)) if word in nouns), first)
    return ""


def word_for_tag(name: str, said: str, language: str) -> str:
    """A tag's noun for a button: the diary's own where it is one."""
    bare = _bare(said) if language == "ko" else ""
    return _word(name, said, language) or bare or name.replace("_", " ")


_PARTICLES = (
    "이랑",
    "에서",
    "에게",
    "한테",
    "까지",
    "부터",
    "처럼",
    "으로",
    "하고",
    "랑",
    "을",
    "를",
    "은",
    "는",
    "이",
    "가",
    "와",
    "과",
    "도",
    "에",
    "로",
    "의",
)


def _bare(word: str) -> str:
    """A Korean word without the particle behind it: 강아지랑 -> 강아지."""
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) > len(particle) + 1:
            return word[: -len(particle)]
    return word


def _listed(names: list[str], language: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return say(language, "painting.and", most=", ".join(names[:-1]), last=names[-1])
