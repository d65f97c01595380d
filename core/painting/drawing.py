"""A sketch becomes SVG: a colouring-book page, its coloured twin, and the map of how the crayon moves."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from core.entities import Layer, Sketch, Stroke
from core.painting import figures, scenery_halls, scenery_indoor, scenery_outdoor, scenery_town, scenery_wild
from core.painting.raster import rastered
from core.painting.scenery import paint_weather
from core.painting.scenery_wide import widened
from core.painting.shapes import PAGE, Canvas, Hatch, Shape, mix, oval, page_wide, smooth
from core.painting.stage import PLACES, Light, Stage, Tints, tints
from core.painting.stickers import Art, inner_svg

__all__ = ["DAYLIGHT", "Drawing", "bounds", "colour_art", "colour_page", "draw", "line_art", "line_page", "stage_of"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEPT = 4  # pages: of two pictures that are painted together

#: Where no emotion gives its colours.
DAYLIGHT = ("#D8E9F2", "#C8D8A8", "#FFF0BE", "#E9A66B", "#76879B")

_ROOMS = (
    scenery_halls,
    scenery_indoor,
    scenery_outdoor,
    scenery_town,
    scenery_wild,
)  # imported so that their places are registered


@dataclass(frozen=True)
class Drawing:
    """One art of a sketch as SVG, with what the crayon must know about it."""

    svg: str
    hatches: tuple[Hatch, ...]  # by code - 1; in the map art only
    lights: tuple[Light, ...]
    tints: Tints
    indoors: bool = False


@lru_cache(maxsize=8)
def stage_of(
    place: str, weather: str, time: str, seed: int, palette: tuple[str, ...] = DAYLIGHT, wide: float = PAGE
) -> Stage:
    """The empty stage, to be looked at and not to be changed: whoever asks for the same one gets it too. The same geometry
    for the same seed whatever the palette. `wide`: page units, PAGE or more."""
    place = place if place in PLACES else "meadow"
    stage = _square(place, weather, time, f"stage-{seed}", palette)
    if wide <= PAGE:
        return stage
    return widened(stage, _square(place, weather, time, f"stage-{seed}-sides", palette), wide, place)


def _square(place: str, weather: str, time: str, seed: str, palette: tuple[str, ...]) -> Stage:
    stage = Stage(random.Random(seed), tints(palette, time, weather), weather, time)
    PLACES[place](stage)
    paint_weather(stage)
    return stage


def line_art(sketch: Sketch) -> str:
    """Black outlines on white, as SVG: a colouring-book page."""
    return draw(sketch, DAYLIGHT, "line").svg


def colour_art(sketch: Sketch, palette: tuple[str, ...]) -> str:
    """Flat colours without outlines, as SVG; `palette` is an emotion's five colours, hex."""
    return draw(sketch, palette, "colour").svg


@lru_cache(maxsize=_KEPT)
def line_page(sketch: Sketch) -> NDArray[np.uint8]:
    """`line_art` in pixels: (H, W), black on white; to be read only, as it is kept for whoever needs it next."""
    import numpy as np

    return np.asarray(rastered(line_art(sketch), "L"))


@lru_cache(maxsize=_KEPT)
def colour_page(sketch: Sketch, palette: tuple[str, ...]) -> NDArray[np.uint8]:
    """`colour_art` in pixels: (H, W, 3) RGB; to be read only, as it is kept for whoever needs it next."""
    import numpy as np

    return np.asarray(rastered(colour_art(sketch, palette)))


def draw(sketch: Sketch, palette: tuple[str, ...], art: str) -> Drawing:
    """The sketch in one art: "colour", "line" or "map"."""
    wide = page_wide(sketch.width, sketch.height)
    stage = stage_of(sketch.place, sketch.weather, sketch.time, sketch.seed, palette, wide)
    canvas = Canvas(art)
    canvas.shapes(stage.back)
    props = sorted(stage.props, key=lambda prop: prop.foot)
    for i, layer in enumerate(sketch.layers):
        while props and props[0].foot < foot_of(layer):
            canvas.shapes(props.pop(0).shapes)
        if art != "line" and _stands(sketch.layers, i, stage):
            _shadow(canvas, layer, stage.tints)
        _layer(canvas, layer, sketch.seed + i)
    for prop in props:
        canvas.shapes(prop.shapes)
    canvas.shapes(stage.front)
    for n, stroke in enumerate(sketch.strokes):
        canvas.shape(_free_line(stroke, sketch.seed + n))
    return Drawing(
        canvas.svg(sketch.width, sketch.height), tuple(canvas.hatches), tuple(stage.lights), stage.tints, stage.indoors
    )


def foot_of(layer: Layer) -> float:
    """The line a layer stands on, in page units."""
    return (layer.y + layer.scale / 2) * PAGE


@cache
def bounds(sticker: str) -> tuple[float, float, float, float]:
    """x, y, width and height of what is really drawn, in the sticker's own units."""
    if figures.is_figure(sticker):
        return figures.view_box(sticker)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="64" height="64">{inner_svg(sticker)}</svg>'
    )
    left, top, right, bottom = rastered(svg, "RGBA").getchannel("A").getbbox() or (0, 0, 64, 64)
    return left / 2, top / 2, (right - left) / 2, (bottom - top) / 2


def width_of(layer: Layer) -> float:
    """How wide a layer is, in 0..1 of the page."""
    _, _, wide, high = bounds(layer.sticker)
    return layer.scale * wide / high


def _stands(layers: tuple[Layer, ...], i: int, stage: Stage) -> bool:
    """True where a layer stands on the ground, not in the air, the water or someone's hand."""
    layer = layers[i]
    foot = foot_of(layer)
    if foot < stage.horizon + 6 or "held" in layer.tag:
        return False
    return not (stage.water and stage.water[2] <= foot <= stage.water[3] + 14 and not figures.is_figure(layer.sticker))


def _shadow(canvas: Canvas, layer: Layer, t: Tints) -> None:
    x, y = layer.x * PAGE, foot_of(layer)
    rx = min(width_of(layer), layer.scale * 1.1) * PAGE * 0.52
    if figures.is_figure(layer.sticker):
        rx = layer.scale * PAGE * 0.27
    tone = mix(t.shade, "#4A3A46", 0.45)
    canvas.shape(Shape(oval(x + rx * 0.14, y - 1, rx, max(rx * 0.17, 3.5)), tone, 0, veil=0.34))


def _layer(canvas: Canvas, layer: Layer, seed: int) -> None:
    left, top, wide, high = bounds(layer.sticker)
    scale = layer.scale * PAGE / high
    x, y = layer.x * PAGE, layer.y * PAGE
    side = -scale if layer.flip else scale
    place = (
        f"translate({x:.2f} {y:.2f}) rotate({layer.rotation:.1f}) scale({side:.4f} {scale:.4f})"
        f" translate({-(left + wide / 2):.2f} {-(top + high / 2):.2f})"
    )
    rng = random.Random(f"hatch-{seed}")
    size = layer.scale * PAGE
    if figures.is_figure(layer.sticker):
        hatches = [_hatch(rng, x, y, max(min(size * 0.02, 4.0), 2.2), False) for _ in range(7)]
        canvas.group(figures.shapes(layer.sticker), place, scale, hatches)
    else:
        art: Art = "line" if canvas.art == "line" else "colour"
        line = max(min(1.0 + size * 0.008, 2.0), 1.1) / scale
        canvas.sticker(
            inner_svg(layer.sticker, art), place, _hatch(rng, x, y, max(min(size * 0.034, 4.6), 2.3), True), line
        )


def _free_line(stroke: Stroke, seed: int) -> Shape:
    """What somebody drew with a crayon of their own; a dot where they only tapped."""
    points = [(x * PAGE, y * PAGE) for x, y in zip(stroke.points[::2], stroke.points[1::2], strict=True)]
    x, y = points[0]
    wide = stroke.width * PAGE
    hatch = _hatch(random.Random(f"stroke-{seed}"), x, y, max(min(wide * 0.4, 4.0), 2.2), False)
    if len(points) == 1:
        return Shape(oval(x, y, wide / 2), stroke.colour, 0, hatch=hatch, ink=True)
    return Shape(smooth(points), stroke.colour, 0, wide, hatch, ink=True)


def _hatch(rng: random.Random, x: float, y: float, step: float, mottled: bool) -> Hatch:
    turn = math.radians(rng.gauss(-40, 22))
    reach = rng.uniform(140, 320)
    return Hatch((x - math.sin(turn) * reach, y + math.cos(turn) * reach), step, 0.95, mottled)
