"""Tags and an emotion become a composed scene: a place, people in it, things where they belong."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.entities import Emotion, Label, Sketch, Tag
from core.painting.cast import REMEMBRANCE, cast, thing
from core.painting.drawing import colour_art, line_art, stage_of
from core.painting.layout import Layout
from core.painting.plenty import as_wanted
from core.painting.shapes import PAGE, page_wide
from core.painting.stage import PLACES, Stage

__all__ = ["colour_art", "compose", "line_art"]

#: Places that are painted as another one.
ALIASES = {
    "sea": "beach", "island": "beach", "lake": "river", "field": "meadow", "garden": "park", "zoo": "park",
    "amusement": "playground", "camp": "forest", "temple": "mountain", "church": "meadow", "shop": "market",
    "subway": "station", "karaoke": "stage", "bath": "home", "room": "home",
    "museum": "library", "gallery": "library", "hotel": "bedroom", "pc_room": "office", "arcade": "stage", "theatre": "stage",
    "sauna": "home", "stadium": "park", "bank": "street", "post_office": "street", "factory": "street", "salon": "street",
    "barber": "street", "laundry": "street", "dentist": "hospital", "castle": "meadow", "circus": "meadow", "wedding": "meadow",
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
    company = cast(drawn, emotion, rng, fair)
    roomy = wide / PAGE - 1 if complexity >= 0.5 else 0.0
    if complexity != 0.5 or roomy:
        company = as_wanted(company, complexity, drawn, stage, place, rng, fair, roomy)
    if weather == "rain" and not stage.indoors and not any(item.holdable for item in company.things):
        company = replace(company, things=(*company.things, thing("umbrella")))  # nobody is left in the rain
    layers = Layout(stage, rng, wide).arrange(company)
    return Sketch(place, weather, time, tuple(layers), width, height, seed)


def _shown(tags: tuple[Tag, ...], emotion: Emotion) -> Emotion:
    """Nobody beams where somebody is mourned, nor on a mere guess that the day was glad."""
    if any(tag.name == REMEMBRANCE for tag in tags):
        return replace(emotion, labels=(Label("sadness", 1.0),))
    guessed = emotion.valence > 0 and emotion.confidence < _SURE and emotion.name in _GLAD
    return replace(emotion, labels=(Label("neutral", 1.0),)) if guessed else emotion


def _setting(
    tags: tuple[Tag, ...], emotion: Emotion, rng: random.Random, place: str, weather: str, time: str
) -> tuple[str, str, str]:
    from core.painting.tags import scene_hints

    hints = scene_hints(sorted(tags, key=lambda tag: (tag.kind != "place", tag.name == "home")))
    kinds = {tag.kind for tag in tags}
    stickers = {tag.sticker for tag in tags}
    default = rng.choice(MOOD_PLACES.get(emotion.name, MOOD_PLACES["neutral"]))
    if hints.weather == "snow":
        default = "snow"
    elif "food" in kinds and default not in ("home", "bedroom"):
        default = rng.choice(("restaurant", "kitchen", "cafe"))
    if any(tag.name == REMEMBRANCE for tag in tags):
        default = "home"
    if "person-in-bed" in stickers:
        default = "bedroom"
    named = next((tag.name for tag in tags if tag.kind == "place" and (tag.name in ALIASES or tag.name in PLACES)), "")
    exact = next((tag.name for tag in tags if tag.kind == "place" and tag.name in PLACES and tag.name != "home"), "")
    place = place or exact or hints.place or named or default
    place = ALIASES.get(place, place)
    weather = weather or hints.weather or rng.choice(MOOD_WEATHER.get(emotion.name, ("clear",)))
    time = time or hints.time or rng.choice(MOOD_TIME.get(emotion.name, ("day", "day", "morning")))
    return place if place in PLACES else "meadow", MOODS.get(weather, weather), time


@cache
def _stage_words() -> dict[str, frozenset[str]]:
    table = tomllib.loads(Path(__file__).with_name("sizes.toml").read_text("utf-8"))["stage"]
    return {key: frozenset(words.split()) for key, words in table.items()}


def _is_scenery(tag: Tag, stage: Stage) -> bool:
    """True where the stage shows what the tag names, or it could not stand there."""
    from core.painting.tags import scene_hints

    if tag.sticker in _stage_words()["keep"]:
        return False
    if stage.indoors and tag.sticker in _stage_words()["room"]:
        return tag.kind != "person"
    if stage.trains and tag.sticker in _stage_words()["train"]:
        return True
    return tag.kind == "place" and (stage.indoors or bool(scene_hints((tag,)).place))
