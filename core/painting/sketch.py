"""Tags and an emotion become a composed scene: a place, people in it, things where they belong."""

from __future__ import annotations

import random
from dataclasses import replace

from core.entities import Emotion, Label, Sketch, Tag
from core.painting.cast import REMEMBRANCE, cast
from core.painting.drawing import colour_art, line_art, stage_of
from core.painting.layout import Layout
from core.painting.plenty import as_wanted
from core.painting.shapes import PAGE, page_wide
from core.painting.stage import PLACES, Stage
from core.painting.things import stage_words, thing

__all__ = ["colour_art", "compose", "line_art"]

#: Places that are painted as another one.
ALIASES = {
    "sea": "beach", "island": "beach", "lake": "river", "field": "meadow", "garden": "park", "zoo": "park",
    "amusement": "playground", "camp": "forest", "temple": "mountain", "church": "meadow", "shop": "market",
    "subway": "station", "karaoke": "stage", "bath": "home", "room": "home",
    "museum": "library", "gallery": "library", "hotel": "bedroom", "pc_room": "office", "arcade": "stage", "theatre": "stage",
    "sauna": "home", "stadium": "park", "bank": "street", "post_office": "street", "factory": "street", "salon": "street",
    "barber": "street", "laundry": "home", "dentist": "hospital", "castle": "meadow", "circus": "meadow", "wedding": "meadow",
    "gas_station": "street", "hot_spring": "mountain", "pray": "home",
    "classroom": "school", "farm": "meadow", "night city": "city",
}  # fmt: skip

#: Where an emotion goes when the diary names no place.
MOOD_PLACES = {
    "joy": ("meadow", "park", "playground"), "love": ("meadow", "park", "river"), "gratitude": ("meadow", "home", "park"),
    "excitement": ("playground", "meadow", "city"), "pride": ("meadow", "park"), "calm": ("river", "forest", "meadow"),
    "relief": ("park", "meadow", "river"), "surprise": ("meadow", "street"), "sadness": ("home", "river", "bedroom"),
    "loneliness": ("home", "street", "river"), "disappointment": ("river", "street", "meadow"), "anxiety": ("home", "forest", "river"),
    "anger": ("home", "street", "park"), "guilt": ("home", "park"), "tiredness": ("bedroom", "home"),
    "boredom": ("home", "park"), "confusion": ("forest", "meadow", "street"), "neutral": ("street", "park", "home"),
}  # fmt: skip
MOOD_WEATHER = {
    "sadness": ("rain", "cloudy"), "loneliness": ("clear", "rain"), "disappointment": ("cloudy",), "anxiety": ("wind", "cloudy"),
    "anger": ("wind",), "guilt": ("cloudy",), "boredom": ("cloudy",), "confusion": ("fog", "cloudy"),
}  # fmt: skip
MOOD_TIME = {
    "love": ("evening", "day"), "gratitude": ("evening",), "calm": ("evening", "morning"), "relief": ("morning", "day"),
    "sadness": ("evening", "day"), "loneliness": ("night", "evening"), "tiredness": ("night", "evening"), "guilt": ("evening",),
    "anxiety": ("evening", "day"),
}  # fmt: skip
_GLAD = ("joy", "love", "gratitude", "excitement", "pride")
_SURE = 0.45
#: What a line tells of that nobody beams at while the guess at its feeling is mild: the feeling that is shown.
_HARD = {"quarrel": ("disappointment", 0.2), "exam_failed": ("disappointment", 0.3), "breakup": ("sadness", 0.3),
         "sick": ("tiredness", 0.35), "hurt": ("disappointment", 0.2), "hospital": ("calm", 0.4)}  # fmt: skip
_LIGHT = (*_GLAD, "neutral", "surprise", "relief", "calm")
_ROOMS = ("home", "bedroom", "kitchen", "restaurant", "cafe")
_LIVING = ("couch-and-lamp", "television", "laptop", "desktop-computer", "joystick", "video-game")
MOODS = {"storm": "rain", "hot": "clear", "cold": "cloudy", "sunny": "clear", "cloud": "cloudy", "": "clear"}


def compose(
    tags: tuple[Tag, ...],
    emotion: Emotion,
    seed: int,
    *,
    place: str = "",
    weather: str = "",
    time: str = "",
    width: int = 512,
    height: int = 512,
    complexity: float = 0.5,
) -> Sketch:
    """A scene for a diary; the same one for the same arguments. `complexity`: 0..1, how much there is in it.

    `place`, `weather` and `time` win over what the tags say; what neither says, the emotion chooses.
    """
    rng = random.Random(f"compose-{seed}")
    emotion = _shown(tags, emotion)
    place, weather, time = _setting(tags, emotion, rng, place, weather, time)
    wide = page_wide(width, height)
    stage = stage_of(place, weather, time, seed, wide=wide)
    drawn = tuple(tag for tag in tags if not _is_scenery(tag, stage))
    fair = weather in ("clear", "cloudy", "wind") and time != "night" and not stage.indoors
    company = cast(drawn, emotion, rng, fair, place)
    roomy = wide / PAGE - 1 if complexity >= 0.5 else 0.0
    if complexity != 0.5 or roomy:
        company = as_wanted(company, complexity, drawn, stage, place, rng, fair, roomy)
    if weather == "rain" and not stage.indoors and not any(item.holdable for item in company.things):
        company = replace(company, things=(*company.things, thing("umbrella")))  # nobody is left in the rain
    layers = Layout(stage, rng, wide).arrange(company)
    return Sketch(place, weather, time, tuple(layers), width, height, seed)


def _shown(tags: tuple[Tag, ...], emotion: Emotion) -> Emotion:
    """Nobody beams where somebody is mourned, at a quarrel or a sickbed, nor on a mere guess that the day was glad."""
    if any(tag.name == REMEMBRANCE for tag in tags):
        return replace(emotion, labels=(Label("sadness", 1.0),))
    for name, below in (_HARD[tag.name] for tag in tags if tag.name in _HARD):
        if emotion.name in _LIGHT and emotion.valence < below:
            return replace(emotion, labels=(Label(name, 1.0),))
    guessed = emotion.valence > 0 and emotion.confidence < _SURE and emotion.name in _GLAD
    return replace(emotion, labels=(Label("neutral", 1.0),)) if guessed else emotion


def _setting(
    tags: tuple[Tag, ...], emotion: Emotion, rng: random.Random, place: str, weather: str, time: str
) -> tuple[str, str, str]:
    from core.painting.tags import scene_hints

    hints = scene_hints(tags)
    kinds = {tag.kind for tag in tags}
    stickers = {tag.sticker for tag in tags}
    default = _default_place(tags, emotion, rng, hints.weather)
    where = [_place_of(tag) for tag in sorted(tags, key=lambda tag: tag.name == "home") if tag.kind == "place"]
    told = next(filter(None, where), "") or hints.place or default
    if told == "home" and "food" in kinds and not stickers & set(_LIVING):
        told = "kitchen"  # food stands on a table
    place = ALIASES.get(place or told, place or told)
    weather = weather or hints.weather or rng.choice(MOOD_WEATHER.get(emotion.name, ("clear",)))
    time = time or hints.time or rng.choice(MOOD_TIME.get(emotion.name, ("day", "day", "morning")))
    return place if place in PLACES else "meadow", MOODS.get(weather, weather), time


def _default_place(tags: tuple[Tag, ...], emotion: Emotion, rng: random.Random, weather: str) -> str:
    """Where a line plays that names no place: as the feeling has it, unless what it tells of is done elsewhere."""
    kinds, stickers = {tag.kind for tag in tags}, {tag.sticker for tag in tags}
    default = rng.choice(MOOD_PLACES.get(emotion.name, MOOD_PLACES["neutral"]))
    if weather == "snow":
        default = "snow"
    elif default in _ROOMS and any("umbrella" in sticker for sticker in stickers):
        default = "street"
    elif stickers & stage_words()["outdoors"]:
        default = "park" if default in _ROOMS else default
    elif "food" in kinds and default not in ("home", "bedroom"):
        default = rng.choice(("restaurant", "kitchen", "cafe"))
    elif default not in _ROOMS and stickers & stage_words()["inside"]:
        default = "home"
    if any(tag.name == "commute" for tag in tags):
        default = "street"
    if any(tag.name == REMEMBRANCE for tag in tags):
        default = "home"
    if "person-in-bed" in stickers:
        default = "bedroom"
    return default


def _place_of(tag: Tag) -> str:
    """Where a tag that is a place plays; "" where it does not tell."""
    from core.painting.tags import scene_hints

    return tag.name if tag.name in PLACES else scene_hints((tag,)).place or (tag.name if tag.name in ALIASES else "")


def _is_scenery(tag: Tag, stage: Stage) -> bool:
    """True where the stage shows what the tag names, or it could not stand there."""
    from core.painting.tags import scene_hints

    if tag.sticker in stage_words()["keep"]:
        return tag.sticker == "fountain" and bool(stage.water)
    if stage.indoors and tag.sticker in stage_words()["room"]:
        return tag.kind != "person"
    if stage.trains and tag.sticker in stage_words()["train"]:
        return True
    return tag.kind == "place" and (stage.indoors or bool(scene_hints((tag,)).place))
