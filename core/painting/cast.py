"""Who is in the picture and how they feel: tags and an emotion become figures, companions and things."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from core.entities import Emotion, Tag
from core.painting import figures
from core.painting.lexicon import lexicon
from core.painting.stickers import sticker_ids
from core.painting.things import Thing, stage_words, thing

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
    "person-lifting-weights": ("cheer", ("dumbbell",)),
    "person-lotus-position": ("sit", ()),
    "person-in-lotus-position": ("sit", ()),
    "person-taking-bath": ("", ("bathtub",)),
    "person-getting-haircut": ("", ("scissors",)),
    "person-cartwheeling": ("cheer", ("sparkles",)),
    "person-golfing": ("stand", ()),
    "person-bowing": ("chest", ()),
    "person-raising-hand": ("wave", ()),
    "waving-hand": ("wave", ()),
    "raising-hands": ("cheer", ()),
    "folded-hands": ("chest", ()),
    "handshake": ("wave", ()),
    "victory-hand": ("wave", ()),
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

_OPEN = ("smile", "laugh", "calm", "awe")  # faces with which one throws one's arms up
#: At a quarrel and a sickbed nobody beside me beams, unless the day was a glad one.
_HUSHED = ("quarrel", "sick", "hurt")

#: Stickers that another one says better in a picture.
_SWAPS = {
    "face-with-thermometer": "thermometer",
    "sneezing-face": "roll-of-paper",
    "face-with-medical-mask": "teacup-without-handle",
    "writing-hand": "pencil",
    "heart-hands": "red-heart",
    "crossed-fingers": "glowing-star",
    "heart-with-ribbon": "red-heart",
    "umbrella-with-rain-drops": "umbrella",
    "house": "house-with-garden",
}

_PARTNERS = ("husband", "wife", "love")
REMEMBRANCE = "remembrance"  # the tag of a candle for somebody who has died
_MINE = 8  # the variant that I always wear: the same hair and coat in every picture


@dataclass(frozen=True)
class Cast:
    """Everyone and everything of one picture."""

    me: str  # figure id; its pose may still become "hold" or "table"
    people: tuple[tuple[str, str], ...]  # figure id, tag name
    things: tuple[Thing, ...]


def faces_of(emotion: Emotion) -> tuple[str, tuple[str, ...]]:
    """The face and the poses of an emotion."""
    return _FEELS.get(emotion.name, _FEELS["neutral"])


def cast(tags: tuple[Tag, ...], emotion: Emotion, rng: random.Random, fair: bool = True, place: str = "") -> Cast:
    """Choose figures and things for the tags; with none, what the place or the emotion brings along.

    `fair`: the weather lets butterflies and kites out.
    """
    face, poses = faces_of(emotion)
    if any(tag.name == "breakup" for tag in tags):  # who is gone does not stand beside me
        tags = tuple(tag for tag in tags if tag.name not in _PARTNERS)
    pose = rng.choice(poses)
    people: list[tuple[str, str]] = []
    things: list[Thing] = []
    failed = any(tag.name == "exam_failed" for tag in tags)
    for tag in tags:
        if tag.name in _GROUPS:
            people += [
                (_someone(replace(tag, sticker=look), emotion, rng, n), tag.name)
                for n, look in enumerate(_GROUPS[tag.name])
            ]
        elif tag.sticker in stage_words()["sky"] or (tag.kind == "feeling" and "heart" not in tag.sticker):
            continue
        elif tag.sticker == "hundred-points" and (emotion.valence < 0.2 or failed):  # an exam is no full mark yet
            things.append(thing("memo", tag.kind, tag.name))
        elif tag.sticker in _SWAPS:
            things.append(thing(_SWAPS[tag.sticker], "thing", tag.name))
        elif tag.sticker in _DEEDS:
            deed_pose, beside = _DEEDS[tag.sticker]
            glad = emotion.valence > -0.3 and (face in _OPEN or deed_pose not in ("cheer", "wave"))
            pose = deed_pose if deed_pose and glad else pose
            things += [thing(sticker, "thing", tag.name) for sticker in beside]
        elif tag.kind == "person":
            people.append((_someone(tag, emotion, rng, len(people)), tag.name))
        elif tag.sticker in sticker_ids() and not _is_person(tag.sticker):  # a tag may only say where or when
            things.append(thing(tag.sticker, tag.kind, tag.name))
    if any(tag.sticker == "person-in-bed" for tag in tags):
        people = [(figures.figure_id("baby", "sit", "tired", _MINE) if "/baby/" in who else who, name)
                  for who, name in people]  # fmt: skip
    if emotion.valence < 0.35 and any(tag.name in _HUSHED for tag in tags):
        people = [(who.replace("/smile/", "/worry/").replace("/laugh/", "/worry/"), name) for who, name in people]
    brought = _company(emotion, rng, bool(people), things, place)
    things += [item for item in brought if fair or item.sticker not in _FAIR]
    return Cast(figures.figure_id("child", pose, face, _MINE), tuple(people[:3]), tuple(_unique(things)[:7]))


def _known(sticker: str) -> Thing:
    """A thing of the lexicon's own kind: a cat sits behind a table, a cup stands on it."""
    concept = lexicon().by_sticker.get(sticker)
    return thing(sticker, "animal") if concept and concept.kind == "animal" else thing(sticker)


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


#: What lies about where nothing else is told of: no teddy bear comes along to work.
_AT = {
    "office": "hot-beverage", "station": "backpack", "airport": "luggage", "market": "shopping-bags", "school": "notebook",
    "school_yard": "backpack", "library": "open-book", "hospital": "bouquet", "restaurant": "steaming-bowl",
    "cafe": "hot-beverage", "kitchen": "teapot", "gym": "dumbbell", "cinema": "popcorn", "stage": "microphone",
    "pool": "ring-buoy",
}  # fmt: skip


def _company(emotion: Emotion, rng: random.Random, someone: bool, things: list[Thing], place: str) -> list[Thing]:
    """A picture is never empty, and nobody is sad alone."""
    if any(item.tag == REMEMBRANCE for item in things):  # no other animal in the place of one that has died
        return []
    brought = [_known(sticker) for sticker in rng.choice(_COMPANY.get(emotion.name, _COMPANY["neutral"]))]
    if not things and not someone:
        if place not in _AT:
            return brought
        return [thing(_AT[place]), *(item for item in brought if item.kind == "animal" or item.zone == "fly")]
    alive = someone or any(item.kind == "animal" for item in things)
    if emotion.valence < -0.2 and not alive:
        return [thing(rng.choice(("cat", "dog")), "animal", "companion")]
    if len(things) + someone < 2 and emotion.valence > 0.2:
        return [item for item in brought if item.zone == "fly"][:1]
    return []
