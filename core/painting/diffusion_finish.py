"""What goes over a diffusion picture: it is brought to the page's size, the known lines are drawn on it, the paper shows."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from core.entities import Sketch
from core.painting import wax
from core.painting.drawing import DAYLIGHT, colour_art, line_art
from core.painting.looks import WAX, Look
from core.painting.tint import tinted, turned
from core.painting.wash import paper_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1


Hues = tuple[tuple[float, ...], float]  # degrees from the main colour, and how grey everything else gets


def line_picture(sketch: Sketch, *, strokes: bool = True) -> Image:
    """The line art of a sketch in its own size, black on white; with what somebody drew freely, or without."""
    return _drawn(line_art(sketch if strokes else replace(sketch, strokes=()))).convert("L")


def _drawn(svg: str) -> Image:
    import resvg_py
    from PIL import Image

    return Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))).convert("RGB")


def finished(
    picture: Image, sketch: Sketch, seed: int, lines: float, look: Look = WAX, hues: Hues | None = None
) -> NDArray[np.uint8]:
    """The picture in the sketch's size; `lines` in 0..1: how much of the look's line and paper goes over it; `hues`: for a
    model that has not read what its person likes, so that its colours are turned here (`core.painting.tint`).

    Returns (H, W, 3) RGB."""
    import numpy as np
    from PIL import Image

    size = (sketch.width, sketch.height)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    plain: Picture3 = np.asarray(picture.convert("RGB")).astype(np.float32) / np.float32(255)
    if hues is not None:
        plain = tinted(turned(plain, *hues), look)
    out = plain = _with_strokes(plain, sketch, seed)
    if lines > 0:
        noise = wax.Noise(np.random.default_rng(seed), sketch.height, sketch.width)
        ink = 1 - np.asarray(line_picture(sketch, strokes=False)).astype(np.float32) / np.float32(255)
        out = wax.outline(plain, plain, ink, noise, look)
        out = wax.edge(_on_paper(out, noise, look), noise, look)
        out = plain + (out - plain) * np.float32(lines)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def _with_strokes(colour: Picture3, sketch: Sketch, seed: int) -> Picture3:
    """What somebody drew freely, in the crayons that they took: a model is told where it is, not of which colour."""
    if not sketch.strokes:
        return colour
    import numpy as np

    with_them, without = (np.asarray(line_picture(sketch, strokes=each)).astype(np.float32) for each in (True, False))
    theirs = np.asarray(_drawn(colour_art(sketch, DAYLIGHT))).astype(np.float32) / np.float32(255)
    noise = wax.Noise(np.random.default_rng((seed, 2)), sketch.height, sketch.width)
    share = np.clip((without - with_them) / np.float32(255), 0, 1) * (1 - np.float32(0.35) * noise.plane("grain"))
    return colour + (theirs - colour) * share[..., None]


def _on_paper(colour: Picture3, noise: wax.Noise, look: Look) -> Picture3:
    """Teeth of the paper that the colour did not reach."""
    import numpy as np

    bare = np.clip(noise.plane("grain") - 0.62, 0, 1)[..., None] * np.float32(0.55 * look.grain)
    return colour + (paper_of(look) - colour) * bare
