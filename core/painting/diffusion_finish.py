"""What goes over a diffusion picture: it is brought to the page's size, the known lines are drawn on it, the paper shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.entities import Sketch
from core.painting import wax
from core.painting.drawing import DAYLIGHT, colour_page, line_page
from core.painting.looks import WAX, Look
from core.painting.tint import tinted, turned
from core.painting.wash import paper_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1


FINE, NEAR = 8.0, 12.0  # pixels of 512: what is smaller is a detail; how far around one nothing else is meant
HUE = 0.8  # how far a small thing's hue is brought to what is known, 0..1
FAINT, PLAIN = 0.03, 0.1  # of a detail's contrast: below the first it is none, above the second it is one

WASH, TINGE = 40.0, 16.0  # pixels of 512: what is larger is pulled to the light, to the hue that it began with
PULL = 0.8  # how far, 0..1
PIGMENT = 0.6  # of what is seen; the rest is paper, which nobody's likes turn, as in the crayons' pictures
_COARSE = 64  # pixels of height, at which washes are looked at

Hues = tuple[tuple[float, ...], float]  # degrees from the main colour, and how grey everything else gets


@dataclass(frozen=True, eq=False)
class Begun:
    """What a model painted over."""

    page: Image  # as the crayon painter made it, in the sketch's size
    flat: Picture3  # the colours of its shapes alone, (H, W, 3) in 0..1


def line_picture(sketch: Sketch, *, strokes: bool = True) -> Image:
    """The line art of a sketch in its own size, black on white; with what somebody drew freely, or without."""
    from PIL import Image

    return Image.fromarray(line_page(sketch if strokes else replace(sketch, strokes=())))


def finished(
    picture: Image, sketch: Sketch, seed: int, lines: float, look: Look = WAX, hues: Hues | None = None,
    begun: Begun | None = None,
) -> NDArray[np.uint8]:  # fmt: skip
    """The picture in the sketch's size; `lines` in 0..1: how much of the look's line and paper goes over it; `hues`: for a
    model that has not read what its person likes, so that its colours are turned here (`core.painting.tint`); `begun`: what
    it painted over, by which its small things are drawn once more and its washes keep the day's colours.

    Returns (H, W, 3) RGB."""
    import numpy as np
    from PIL import Image

    size = (sketch.width, sketch.height)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    plain: Picture3 = np.asarray(picture.convert("RGB")).astype(np.float32) / np.float32(255)
    if begun is not None:
        page: Picture3 = np.asarray(begun.page).astype(np.float32) / np.float32(255)
        plain = with_washes(with_details(plain, begun.flat, page), begun.page)
    if hues is not None:
        plain = plain + np.float32(PIGMENT) * (tinted(turned(plain, *hues), look) - plain)
    out = plain = _with_strokes(plain, sketch, seed)
    if lines > 0:
        noise = wax.Noise(np.random.default_rng(seed), sketch.height, sketch.width)
        ink = 1 - np.asarray(line_picture(sketch, strokes=False)).astype(np.float32) / np.float32(255)
        out = wax.outline(plain, plain, ink, noise, look)
        out = wax.edge(_on_paper(out, noise, look), noise, look)
        out = plain + (out - plain) * np.float32(lines)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def with_details(picture: Picture3, known: Picture3, page: Picture3) -> Picture3:
    """Light and large colours of the picture, but faces and other small things as `known` has them, with the hue that they
    have on `page`: a model of few latents smudges what is smaller than one, and stains hair with what stands behind it."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    scale = known.shape[0] / 512

    def large(seen: Picture3) -> Picture3:
        return gaussian_filter(seen, (FINE * scale, FINE * scale, 0), truncate=3)

    made, meant = large(picture), known - large(known)
    contrast = np.sqrt(gaussian_filter(np.square(meant).sum(-1), NEAR * scale))
    share = np.clip((contrast - FAINT) / (PLAIN - FAINT), 0, 1)[..., None]
    hue = large(page) - made
    hue -= wax.luma(hue)[..., None]  # how bright it is stays the model's
    return picture + share * (meant - (picture - made) + np.float32(HUE) * hue)


def with_washes(picture: Picture3, page: Image) -> Picture3:
    """What is large leans to the colours of `page`, of any size, in hue sooner than in light: a small model pales them, and
    a feeling is told by them."""
    import numpy as np
    from PIL import Image
    from scipy.ndimage import gaussian_filter

    high, wide = picture.shape[:2]
    size = max(1, round(_COARSE * wide / high)), _COARSE
    seen = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    meant, made = (np.asarray(each.resize(size, Image.Resampling.BOX), np.float32) for each in (page, seen))
    away, fine = (meant - made) * np.float32(PULL / 255), _COARSE / 512
    light = wax.luma(away)[..., None]
    hue = gaussian_filter(away - light, (TINGE * fine, TINGE * fine, 0))
    away = hue + gaussian_filter(light, (WASH * fine, WASH * fine, 0))
    back = [Image.fromarray(away[..., n]).resize((wide, high), Image.Resampling.BICUBIC) for n in range(3)]
    return picture + np.stack([np.asarray(each) for each in back], axis=-1)


def _with_strokes(colour: Picture3, sketch: Sketch, seed: int) -> Picture3:
    """What somebody drew freely, in the crayons that they took: a model is told where it is, not of which colour."""
    if not sketch.strokes:
        return colour
    import numpy as np

    with_them, without = (np.asarray(line_picture(sketch, strokes=each)).astype(np.float32) for each in (True, False))
    theirs = colour_page(sketch, DAYLIGHT).astype(np.float32) / np.float32(255)
    noise = wax.Noise(np.random.default_rng((seed, 2)), sketch.height, sketch.width)
    share = np.clip((without - with_them) / np.float32(255), 0, 1) * (1 - np.float32(0.35) * noise.plane("grain"))
    return colour + (theirs - colour) * share[..., None]


def _on_paper(colour: Picture3, noise: wax.Noise, look: Look) -> Picture3:
    """Teeth of the paper that the colour did not reach; hardly any in the dark, where they would be noise."""
    import numpy as np

    deep = np.clip(0.62 - wax.luma(colour), 0, 0.5) * 1.4
    bare = (np.clip(noise.plane("grain") - 0.62, 0, 1) * (1 - deep))[..., None] * np.float32(0.55 * look.grain)
    return colour + (paper_of(look) - colour) * bare
