"""What somebody does not want in a picture is taken out: before it is composed, or out of one that is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.entities import Emotion, Layer, Sketch, Tag, VisualPreferences
from core.painting import choices, figures, preferences
from core.painting.prompt import UNSURE, kind_of, name_of, names_place

#: Kinds of reasons that can be struck out of one picture, and those of them that hold for every picture until undone.
LASTING = (*preferences.CHOICES, *preferences.SCALES)
_PLAIN = "smile"  # the face of who feels nothing in particular


def spared(
    tags: tuple[Tag, ...], emotion: Emotion, wanted: VisualPreferences, struck: tuple[str, ...]
) -> tuple[tuple[Tag, ...], Emotion, VisualPreferences]:
    """What a painter is given, without what was struck out."""
    kinds = {kind_of(one) for one in struck}
    places = {name_of(one) for one in struck if kind_of(one) == "place"}
    left = tuple(
        tag for tag in tags
        if not {f"tag.{tag.name}", f"told.{tag.name}"} & set(struck)
        and not any(names_place(tag, place) for place in places)
    )  # fmt: skip
    if {f"feeling.{emotion.name}", f"{UNSURE}.{emotion.name}"} & set(struck):
        emotion = Emotion(confidence=emotion.confidence)
    for field in LASTING:
        if field in kinds:
            wanted = preferences.without(wanted, field)
    return left, emotion, wanted


def composed_without(
    tags: tuple[Tag, ...],
    emotion: Emotion,
    seed: int,
    struck: tuple[str, ...],
    complexity: float = 0.5,
    width: int = 512,
    chosen: tuple[str, ...] = (),
) -> Sketch | None:
    """A scene elsewhere, in other weather or at another hour, where that was struck out, and as was `chosen` for an earlier
    one (`choices.chosen`); None where a painter may compose as it likes. `width`: pixels of a picture that is 512 high."""
    from core.painting.sketch import compose

    if not chosen and not {kind_of(one) for one in struck} & {"place", "weather", "time"}:
        return None
    elsewhere = setting(compose(tags, emotion, seed, width=width), emotion, struck) | choices.sky_of(chosen)
    return choices.faced(compose(tags, emotion, seed, complexity=complexity, width=width, **elsewhere), chosen)


def setting(sketch: Sketch, emotion: Emotion, struck: tuple[str, ...]) -> dict[str, Any]:
    """Where and when a picture plays instead, for `compose`: only what was struck out is named."""
    from core.painting.sketch import MOOD_PLACES

    gone = {kind: {name_of(one) for one in struck if kind_of(one) == kind} for kind in ("place", "weather", "time")}
    other: dict[str, Any] = {}
    if sketch.place in gone["place"]:
        others = (*MOOD_PLACES.get(emotion.name, ()), *MOOD_PLACES["neutral"], "meadow")
        places = (*others, "river", "forest", "beach")
        other["place"] = next((one for one in places if one not in gone["place"]), "meadow")
    if sketch.weather in gone["weather"]:
        other["weather"] = next((one for one in ("clear", "cloudy", "wind") if one not in gone["weather"]), "clear")
    if sketch.time in gone["time"]:
        other["time"] = next((one for one in ("day", "evening", "morning") if one not in gone["time"]), "day")
    return other


def taken_out(sketch: Sketch, reason_id: str) -> Sketch | None:
    """The same sketch without one thing, weather, hour or feeling; None where it has to be composed anew."""
    kind, name = kind_of(reason_id), name_of(reason_id)
    if kind in ("place", "complexity"):
        return None
    if kind in ("weather", "time"):
        change = setting(sketch, Emotion(), (reason_id,))
        dry = (
            replace(sketch, layers=tuple(one for one in sketch.layers if not _is_shelter(one)))
            if name == "rain"
            else sketch
        )
        return replace(dry, **change)
    if kind == "tag":
        left = tuple(one for one in sketch.layers if one.tag.split(":")[-1] != name)
        held = any(one.tag.startswith("held:") for one in left)
        return replace(sketch, layers=left if held else tuple(map(_empty_handed, left)))
    if kind in ("feeling", UNSURE):
        return replace(sketch, layers=tuple(map(_plain_faced, sketch.layers)))
    return sketch


def _is_shelter(layer: Layer) -> bool:
    """The umbrella that the rain brought along."""
    return layer.sticker == "umbrella" or (layer.sticker.startswith("umbrella") and layer.tag.endswith("umbrella"))


def _empty_handed(layer: Layer) -> Layer:
    return _figure(layer, 2, lambda pose: "wave" if pose == "hold" else pose)


def _plain_faced(layer: Layer) -> Layer:
    return _figure(layer, 3, lambda face: _PLAIN)


def _figure(layer: Layer, part: int, change) -> Layer:  # type: ignore[no-untyped-def]
    if not figures.is_figure(layer.sticker):
        return layer
    parts = layer.sticker.split("/")
    parts[part] = change(parts[part])
    return replace(layer, sticker="/".join(parts))
