"""What somebody may choose for a scene themselves: weather, hour, and the faces of who is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from core.entities import Layer, Sketch
from core.painting import figures

WEATHERS = ("clear", "cloudy", "rain", "snow", "wind", "fog")
TIMES = ("morning", "day", "evening", "night")
FACES = figures.FACES
_SKY = ("weather", "time")
_OUTDOORS = ("wind", "fog")  # what no window tells from a clear or a cloudy sky


@dataclass(frozen=True)
class Skies:
    """The weathers and hours that would be seen in a scene, its own among them; none where only one would be."""

    weathers: tuple[str, ...]
    times: tuple[str, ...]


def skies(sketch: Sketch) -> Skies:
    """What there is to choose in a scene as it is now: a hall without a window knows no weather. Takes up to half a second."""
    from core.painting.drawing import stage_of

    indoors = stage_of(sketch.place, sketch.weather, sketch.time, sketch.seed).indoors
    weathers = [one for one in WEATHERS if one == sketch.weather or not (indoors and one in _OUTDOORS)]
    return Skies(
        _different(weathers, sketch.weather, lambda one: replace(sketch, weather=one)),
        _different(TIMES, sketch.time, lambda one: replace(sketch, time=one)),
    )


def under(sketch: Sketch, weather: str = "", time: str = "") -> Sketch:
    """The same scene in other weather or at another hour; "": as it is."""
    return replace(sketch, weather=weather or sketch.weather, time=time or sketch.time)


def with_face(layer: Layer, face: str) -> Layer:
    """A figure that looks so; anything else, and what is no face, changes nothing."""
    if not figures.is_figure(layer.sticker) or face not in FACES:
        return layer
    _, look, pose, _, variant = layer.sticker.split("/")
    return replace(layer, sticker=figures.figure_id(look, pose, face, int(variant)))


def face_of(layer: Layer) -> str:
    """How a figure looks; "" for anything else."""
    return layer.sticker.split("/")[3] if figures.is_figure(layer.sticker) else ""


def chosen(before: Sketch, after: Sketch) -> tuple[str, ...]:
    """What somebody chose who made `after` of `before`, for any scene of that day: `weather.rain`, `time.night`, and
    `face.<whose>.<face>` for everybody who stands in both."""
    skies_ = [f"{what}.{getattr(after, what)}" for what in _SKY if getattr(after, what) != getattr(before, what)]
    faces = {layer.tag: face_of(layer) for layer in before.layers if layer.tag and face_of(layer)}
    return (
        *skies_,
        *(
            f"face.{layer.tag}.{face}"
            for layer in after.layers
            if (face := face_of(layer)) and layer.tag in faces and faces[layer.tag] != face
        ),
    )


def together(earlier: tuple[str, ...], later: tuple[str, ...]) -> tuple[str, ...]:
    """Both; of what was chosen twice the later."""
    return tuple({one.rpartition(".")[0]: one for one in (*earlier, *later)}.values())


def sky_of(choices: tuple[str, ...]) -> dict[str, str]:
    """The weather and the hour among choices, for `compose`."""
    return {what: name for what, _, name in (one.rpartition(".") for one in choices) if what in _SKY}


def faced(sketch: Sketch, choices: tuple[str, ...]) -> Sketch:
    """A scene in which everybody looks as was chosen for them."""
    faces = {whose: face for whose, _, face in (one.rpartition(".") for one in choices)}
    layers = (with_face(layer, faces.get(f"face.{layer.tag}", "")) for layer in sketch.layers)
    return replace(sketch, layers=tuple(layers))


def _different(names: Iterable[str], now: str, scene: Callable[[str], Sketch]) -> tuple[str, ...]:
    """One name of each scene that looks different, the present one for its own; none where there is one scene only."""
    from core.painting.sheet import scene_svgs

    shown = {scene_svgs(scene(now)): now}
    names = tuple(names)
    for name in names:
        if name != now:
            shown.setdefault(scene_svgs(scene(name)), name)
    return tuple(name for name in names if name in shown.values()) if len(shown) > 1 else ()
