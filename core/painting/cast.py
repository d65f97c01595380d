"""Who is in the picture and how they feel: tags and an emotion become figures, companions and things."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.entities import Emotion, Tag
from core.painting import figures
from core.painting.stickers import sticker_ids

_SIZES = Path(__file__).with_name("sizes.toml")

#: Words in a person tag's name or sticker that tell the look, the first that fits.
_LOOKS = (
    ("granny", ("grandmother", "grandma", "old-woman", "granny")),
    ("grandpa", ("grandfather", "grandpa", "old-man", "older-person")),
    ("baby", ("baby", "infant")),
    ("man", ("man",)),
    ("woman", ("woman",)),
    ("woman", ("mother", "mom", "woman", "aunt", "wife", "teacher", "nurse", "princess", "girlfriend", "bride")),
    (
        "man",
        (
            "father",
            "dad",
            "uncle",
            "husband",
            "boss",
            "man",
            "doctor",
            "santa",
            "boyfriend",
            "police",
            "prince",
            "groom",
        ),
    ),
    ("girl", ("sister", "girl", "daughter")),
    ("boy", ("brother", "boy", "son")),
)

#: face, then poses to choose from: standing, and with something in hand comes by itself.
_FEELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "joy": ("laugh", ("cheer", "wave", "walk")),
    "love": ("calm", ("chest", "wave", "stand")),
    "gratitude": ("calm", ("chest", "stand")),
    "excitement": ("laugh", ("cheer",)),
    "pride": ("smile", ("hips", "cheer")),
    "calm": ("calm", ("sit", "stand", "walk")),
    "relief": ("calm", ("stand", "walk", "chest")),
    "surprise": ("awe", ("cheer", "chest")),
    "sadness": ("sad", ("sit", "stand")),
    "loneliness": ("low", ("sit", "stand")),
    "disappointment": ("low", ("stand", "sit")),
    "anxiety": ("worry", ("chest", "stand")),
    "anger": ("cross", ("hips",)),
    "guilt": ("low", ("chest", "stand")),
    "tiredness": ("tired", ("sit", "stand")),
    "boredom": ("flat", ("sit", "stand")),
    "confusion": ("puzzled", ("chest", "stand")),
    "neutral": ("smile", ("walk", "stand", "wave")),
}

#: What a deed's person sticker becomes: (pose, things beside); the doer is our own figure.
_DEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "person-walking": ("walk", ()),
    "person-running": ("walk", ()),
    "person-in-bed": ("", ("zzz",)),
    "person-swimming": ("cheer", ("ring-buoy",)),
    "person-biking": ("stand", ("bicycle",)),
    "person-mountain-biking": ("stand", ("bicycle",)),
    "person-surfing": ("stand", ("water-wave",)),
    "person-rowing-boat": ("stand", ("canoe",)),
    "person-climbing": ("walk", ("backpack",)),
    "hiking-boot": ("walk", ("backpack",)),
    "person-bouncing-ball": ("cheer", ("basketball",)),
    "person-lifting-weights": ("cheer", ()),
    "person-lotus-position": ("sit", ()),
    "person-in-lotus-position": ("sit", ()),
    "person-taking-bath": ("", ("bathtub",)),
    "person-getting-haircut": ("", ("scissors",)),
    "person-cartwheeling": ("cheer", ("sparkles",)),
    "person-golfing": ("stand", ()),
    "person-bowing": ("chest", ()),
    "person-raising-hand": ("wave", ()),
    "person-facepalming": ("chest", ()),
    "woman-dancing": ("cheer", ("musical-notes",)),
    "man-dancing": ("cheer", ("musical-notes",)),
    "people-hugging": ("chest", ("red-heart",)),
    "snowboarder": ("cheer", ("snowflake",)),
    "skier": ("cheer", ("snowflake",)),
}

_PERSON_STICKERS = (
    "person",
    "man",
    "woman",
    "people",
    "women",
    "men",
    "boy",
    "girl",
    "child",
    "baby",
    "family",
    "student",
    "teacher",
    "cook",
)


#: Tags that are several people.
_GROUPS = {"family": ("woman", "man"), "parents": ("woman", "man"), "couple": ("woman", "man")}

#: Stickers that another one says better in a picture.
_SWAPS = {
    "heart-with-ribbon": "red-heart",
    "umbrella-with-rain-drops": "umbrella",
    "house": "house-with-garden",
}

REMEMBRANCE = "remembrance"  # the tag of a candle for somebody who has died
_MINE = 8  # the variant that I always wear: the same hair and coat in every picture


@dataclass(frozen=True)
class Thing:
    """Something to place that is no figure."""

    sticker: str
    size: float  # child heights
    zone: str  # fly | swim | far | near
    holdable: bool
    kind: str
    tag: str


@dataclass(frozen=True)
class Cast:
    """Everyone and everything of one picture."""

    me: str  # figure id; its pose may still become "hold" or "table"
    people: tuple[tuple[str, str], ...]  # figure id, tag name
    things: tuple[Thing, ...]


@cache
def _sizes() -> dict[str, dict[str, float]]:
    tables: dict[str, dict[str, float]] = tomllib.loads(_SIZES.read_text("utf-8"))
    return tables


@cache
def _zones() -> dict[str, str]:
    table = tomllib.loads(_SIZES.read_text("utf-8"))["zone"]
    return {sticker: zone for zone, words in table.items() for sticker in words.split()}


@cache
def _sky() -> frozenset[str]:
    """Stickers of what the stage itself shows: sun, clouds, rain, the moon."""
    return frozenset(tomllib.loads(_SIZES.read_text("utf-8"))["stage"]["sky"].split())


@cache
def _holdable() -> frozenset[str]:
    return frozenset(tomllib.loads(_SIZES.read_text("utf-8"))["hold"]["hold"].split())


def thing(sticker: str, kind: str = "thing", tag: str = "") -> Thing:
    """A thing with its size and zone looked up."""
    tables = _sizes()
    zone = _zones().get(sticker, "near")
    usual = tables["kind"].get(kind, 0.36) if kind != "place" or zone == "far" else 0.42
    return Thing(
        sticker,
        tables["size"].get(sticker, usual),
        zone,
        sticker in _holdable() or kind == "food",
        kind,
        tag or sticker,
    )


def faces_of(emotion: Emotion) -> tuple[str, tuple[str, ...]]:
    """The face and the poses of an emotion."""
    return _FEELS.get(emotion.name, _FEELS["neutral"])


def cast(tags: tuple[Tag, ...], emotion: Emotion, rng: random.Random, fair: bool = True) -> Cast:
    """Choose figures and things for the tags; with none, what the emotion brings along.

    `fair`: the weather lets butterflies and kites out.
    """
    face, poses = faces_of(emotion)
    pose = rng.choice(poses)
    people: list[tuple[str, str]] = []
    things: list[Thing] = []
    for tag in tags:
        if tag.name in _GROUPS:
            people += [
                (_someone(replace(tag, sticker=look), emotion, rng, n), tag.name)
                for n, look in enumerate(_GROUPS[tag.name])
            ]
        elif tag.sticker in _sky() or (tag.kind == "feeling" and "heart" not in tag.sticker):
            continue
        elif tag.sticker == "hundred-points" and emotion.valence < 0.2:  # an exam is no full mark yet
            things.append(thing("memo", tag.kind, tag.name))
        elif tag.sticker in _SWAPS:
            things.append(thing(_SWAPS[tag.sticker], "thing", tag.name))
        elif tag.sticker in _DEEDS:
            deed_pose, beside = _DEEDS[tag.sticker]
            pose = deed_pose if deed_pose and emotion.valence > -0.3 else pose
            things += [thing(sticker, "thing", tag.name) for sticker in beside]
        elif tag.kind == "person":
            people.append((_someone(tag, emotion, rng, len(people)), tag.name))
        elif tag.sticker in sticker_ids() and not _is_person(tag.sticker):  # a tag may only say where or when
            things.append(thing(tag.sticker, tag.kind, tag.name))
    things += [item for item in _company(emotion, rng, bool(people), things) if fair or item.sticker not in _FAIR]
    return Cast(figures.figure_id("child", pose, face, _MINE), tuple(people[:3]), tuple(_unique(things)[:7]))


def _unique(things: list[Thing]) -> list[Thing]:
    return list({item.sticker: item for item in reversed(things)}.values())[::-1]


def _is_person(sticker: str) -> bool:
    return sticker.split("-")[0] in _PERSON_STICKERS or sticker.endswith("-face")


def _someone(tag: Tag, emotion: Emotion, rng: random.Random, n: int) -> str:
    words = f"{tag.name} {tag.sticker}".replace("_", "-")
    look = next(
        (look for look, names in _LOOKS if any(name in words.split("-") or name in words.split() for name in names)), ""
    )
    if not look:
        young = any(word in words for word in ("friend", "student", "child", "person-standing"))
        look = rng.choice(("girl", "boy") if young else ("woman", "man"))
    kind_face = "laugh" if emotion.valence > 0.5 else "smile" if emotion.name != "calm" else "calm"
    if emotion.name in _SHARED:
        kind_face = "worry"
    if emotion.name == "anger":
        kind_face = "cross" if n == 0 and look not in ("baby", "granny") else "puzzled"
    pose = rng.choice(("stand", "wave") if emotion.valence > 0 else ("stand", "chest"))
    return figures.figure_id(look, pose, kind_face, _MINE + 1 + (n + rng.randrange(2) * 3) % 5 + 6 * rng.randrange(4))


#: Feelings that others do not smile at.
_SHARED = ("sadness", "anxiety", "disappointment", "loneliness")

_FAIR = ("butterfly", "kite", "balloon", "bird", "dove", "cherry-blossom", "sunflower")

_COMPANY: dict[str, tuple[tuple[str, ...], ...]] = {
    "joy": (("butterfly", "balloon"), ("kite", "bird"), ("dog", "sunflower")),
    "love": (("red-heart", "two-hearts"), ("bouquet", "red-heart")),
    "gratitude": (("bouquet", "red-heart"), ("potted-plant", "bird")),
    "excitement": (("balloon", "sparkles"), ("party-popper", "balloon")),
    "pride": (("trophy", "sparkles"), ("sparkles", "bird")),
    "calm": (("bird",), ("cat", "open-book"), ("butterfly",)),
    "relief": (("dove", "cherry-blossom"), ("hot-beverage", "leaf-fluttering-in-wind")),
    "surprise": (("wrapped-gift", "sparkles"), ("butterfly", "sparkles")),
    "sadness": (("cat", "hot-beverage"), ("dog",), ("teddy-bear",)),
    "loneliness": (("cat",), ("dog", "open-book"), ("teddy-bear",)),
    "disappointment": (("dog", "seedling"), ("cat", "hot-beverage")),
    "anxiety": (("cat", "hot-beverage"), ("dog", "potted-plant"), ("teddy-bear",)),
    "anger": (("cat",), ("dog", "leaf-fluttering-in-wind")),
    "guilt": (("dog",), ("bouquet",)),
    "tiredness": (("cat", "zzz"), ("teddy-bear",)),
    "boredom": (("cat", "yarn"), ("snail", "balloon")),
    "confusion": (("dog", "thought-balloon"), ("cat", "compass")),
    "neutral": (("bird", "potted-plant"), ("cat",), ("bicycle", "bird")),
}


def _company(emotion: Emotion, rng: random.Random, someone: bool, things: list[Thing]) -> list[Thing]:
    """A picture is never empty, and nobody is sad alone."""
    if any(item.tag == REMEMBRANCE for item in things):  # no other animal in the place of one that has died
        return []
    brought = [thing(sticker) for sticker in rng.choice(_COMPANY.get(emotion.name, _COMPANY["neutral"]))]
    if not things and not someone:
        return brought
    alive = someone or any(item.kind == "animal" for item in things)
    if emotion.valence < -0.2 and not alive:
        return [thing(rng.choice(("cat", "dog")), "animal", "companion")]
    if len(things) + someone < 2 and emotion.valence > 0.2:
        return [item for item in brought if item.zone == "fly"][:1]
    return []
