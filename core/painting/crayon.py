"""A sketch painted with wax crayons: strokes that follow the shapes, paper that shows through, warm light."""

from __future__ import annotations

import io
import tomllib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from core.entities import Brief, Emotion, Picture, Sketch, Tag, VisualPreferences
from core.painting import wax
from core.painting.alt import describe
from core.painting.drawing import DAYLIGHT, colour_page, draw, line_page
from core.painting.label import COMPOSED, labelled_png
from core.painting.looks import WAX, Look, look_for
from core.painting.preferences import hues, known
from core.painting.prompt import led, write
from core.painting.raster import rastered
from core.painting.shapes import PAGE
from core.painting.strokes import strokes
from core.painting.tint import tinted, turned
from core.painting.wash import washed
from core.settings import CONFIG_DIR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]  # (H, W)
    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1


LIGHT, WARMTH = 0.07, 0.35  # that the strongest of hard feelings is led by, in a Look's numbers


class CrayonPainter:
    """The embedded painter: needs no network and no GPU."""

    name = "crayon-1"
    #: Kinds of reasons that its colours and lines show.
    heeds = frozenset(("tag", "place", "weather", "time", "feeling", "look", "style", "tone", "harmony", "complexity",
                       "brightness", "saturation"))  # fmt: skip

    leads = frozenset(("lead", "coping"))  # the same, where a hard feeling is led to light

    def __init__(self, width: int = 512) -> None:
        self._width = width

    def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None,
    ) -> Picture:  # fmt: skip
        """Compose, paint and describe a picture that is 512 high; the same bytes for the same arguments. `sketch`: as
        somebody arranged it, in its own size."""
        from core.painting.sketch import compose

        wanted = known(preferences)
        light = led(emotion, wanted, brief)
        look = led_look(wanted, light)
        sketch = sketch or compose(tags, emotion, seed, complexity=wanted.complexity, width=self._width)
        prompt = write(sketch, tags, emotion, preferences, brief)
        return Picture(
            png=labelled_png(paint(sketch, emotion, seed, look=look, hues=hues(wanted)), self.name, COMPOSED),
            sketch_png=_line_png(sketch),
            sketch=sketch,
            alt=describe(sketch, tags, emotion, language, wanted.look),
            prompt=prompt.text,
            seed=seed,
            engine=self.name,
            negative=prompt.negative,
            reasons=prompt.seen(self.heeds | self.leads if light else self.heeds),
            look=look.name,
            hand=look.as_vector(),
        )


def led_look(wanted: VisualPreferences | None, light: float) -> Look:
    """The look that somebody likes, led to light and warmth; `light` 0..1, as `core.painting.prompt.led` tells it."""
    look = look_for(wanted)
    return look.changed(brightness=look.brightness + LIGHT * light, warmth=look.warmth + WARMTH * light)


@cache
def palette(emotion_name: str) -> tuple[str, ...]:
    """The five colours of an emotion: sky, ground, light, accent, shade."""
    table = tomllib.loads((CONFIG_DIR / "palette.toml").read_text("utf-8"))
    return tuple(table.get(emotion_name, {}).get("colours", DAYLIGHT))


def paint(
    sketch: Sketch,
    emotion: Emotion,
    seed: int,
    colours: tuple[str, ...] = (),
    look: Look = WAX,
    hues: tuple[tuple[float, ...], float] = ((), 0.0),
) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) uint8 RGB. `colours`: five hex colours instead of the emotion's own; `hues`: what goes
    together (`tint.turned`)."""
    import numpy as np

    colours = colours or palette(emotion.name)
    plan = draw(sketch, colours, "map")
    noise = wax.Noise(np.random.default_rng(seed), sketch.height, sketch.width)
    water = wax.Noise(np.random.default_rng((seed, 1)), sketch.height, sketch.width)
    line, code = line_page(replace(sketch, strokes=())), np.asarray(rastered(plan.svg))
    flat, ids, ink = _wobble(colour_page(sketch, colours), line, code, noise, look.wobble)
    flat = tinted(turned(wax.harmony(flat, colours), *hues), look)
    detail = wax.detail(flat)
    scale = sketch.height / PAGE
    amount, tone = strokes(ids, flat, plan.hatches, noise, detail, scale, emotion.arousal, look)
    light = wax.light((*plan.lights, *wax.focus(sketch, plan)), flat.shape, scale)
    pigment, wet = washed(flat, detail, look, water, scale)
    out = wax.wax(pigment, amount * wet, tone, light, wax.ambient(plan), colours, noise, look)
    out = wax.outline(out, flat, ink, noise, look)
    out = wax.edge(out, noise, look)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def flat_colours(
    sketch: Sketch, emotion: Emotion, look: Look = WAX, hues: tuple[tuple[float, ...], float] = ((), 0.0)
) -> Picture3:
    """What `paint` fills its shapes with, before a hand has shaken: (H, W, 3) in 0..1."""
    import numpy as np

    colours = palette(emotion.name)
    flat = colour_page(sketch, colours).astype(np.float32) / np.float32(255)
    return tinted(turned(wax.harmony(flat, colours), *hues), look)


def _wobble(
    flat: NDArray[np.uint8], line: NDArray[np.uint8], code: NDArray[np.uint8], noise: wax.Noise, wobble: float
) -> tuple[Picture3, NDArray[np.int32], Plane]:
    """Shake the hand: colour and line drift a little apart, as they do on a child's sheet."""
    import numpy as np
    from scipy.ndimage import map_coordinates

    high, wide = flat.shape[:2]
    ys, xs = np.mgrid[0:high, 0:wide].astype(np.float32)
    dx = (noise.plane("wave") * 1.0 + noise.plane("cloud") * 1.7) * wobble
    dy = (noise.plane("wave") * 1.0 + noise.plane("cloud") * 1.7) * wobble
    ix = np.clip(np.rint(xs + dx), 0, wide - 1).astype(np.int32)
    iy = np.clip(np.rint(ys + dy), 0, high - 1).astype(np.int32)
    ids = (code[..., 0].astype(np.int32) << 8 | code[..., 1])[iy, ix]
    lx = xs + dx * 0.9 + noise.plane("wave") * 0.45 * wobble + 0.7
    ly = ys + dy * 0.9 + noise.plane("wave") * 0.45 * wobble - 0.5
    dark = 1.0 - line.astype(np.float32) / 255
    ink = map_coordinates(dark, (ly, lx), order=1, mode="nearest")
    return flat[iy, ix].astype(np.float32) / 255, ids, ink


def _line_png(sketch: Sketch) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(line_page(sketch)).save(file, "PNG", compress_level=5)
    return file.getvalue()
