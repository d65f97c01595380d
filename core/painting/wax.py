"""Wax on paper: teeth of the paper, lamplight, a brown line that breaks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from core.entities import Sketch
from core.painting.drawing import Drawing
from core.painting.figures import is_figure
from core.painting.looks import WAX, Look
from core.painting.shapes import PAGE
from core.painting.stage import Light
from core.painting.wash import dried, paper_of, thick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]  # (H, W)
    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1

OUTLINE = (0.33, 0.22, 0.17)  # dark brown: black is too hard a word
_TILE = 512


class Noise:
    """Seeded views on cached noise tiles: a roll of the tile costs next to nothing."""

    def __init__(self, rng: np.random.Generator, high: int, wide: int) -> None:
        self.rng, self.high, self.wide = rng, high, wide

    def plane(self, kind: str) -> Plane:
        """(H, W): "grain" and "fibre" in 0..1, "soft", "wave" and "cloud" around 0 with deviation 1."""
        import numpy as np

        dy, dx = (int(n) for n in self.rng.integers(0, _TILE, 2))
        rows = _tile(kind)[(np.arange(self.high) + dy) % _TILE]
        again = -(-self.wide // _TILE)
        return np.concatenate([rows[:, dx:], rows[:, :dx]] * again, axis=1)[:, : self.wide]  # faster than by indices

    def table(self) -> Plane:
        """4096 numbers in 0..1."""
        import numpy as np

        return self.rng.random(4096, dtype=np.float32)


@cache
def _tile(kind: str) -> Plane:
    import numpy as np
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(["grain", "fibre", "soft", "wave", "cloud"].index(kind))
    white = rng.standard_normal((_TILE, _TILE)).astype(np.float32)
    sigmas = {"grain": (0.72, 1.4), "fibre": (1.1,), "soft": (3.2,), "wave": (10.0,), "cloud": (38.0,)}[kind]
    total = np.zeros_like(white)
    for sigma in sigmas:
        layer = gaussian_filter(white, sigma, mode="wrap")
        total += layer / layer.std() * (1.0 if sigma == sigmas[0] else 0.5)
    total = (total - total.mean()) / total.std()
    if kind in ("grain", "fibre"):  # spread evenly over 0..1
        total = 0.5 + 0.5 * np.tanh(total * 0.8)
    return total.astype(np.float32)


def _hex(colour: str) -> Plane:
    import numpy as np

    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


def luma(rgb: Picture3) -> Plane:
    """How bright each pixel looks, (H, W) in 0..1."""
    import numpy as np

    return rgb @ np.array([0.30, 0.59, 0.11], np.float32)


def harmony(flat: Picture3, colours: tuple[str, ...]) -> Picture3:
    """Lean every colour to the palette by its lightness, so that one box of crayons made the picture."""
    import numpy as np

    shade, accent, ground, light = (_hex(colours[i]) for i in (4, 3, 1, 2))
    stops = np.array([0.0, 0.3, 0.55, 0.78, 1.0], np.float32)
    ramp = np.stack([shade * 0.45, shade, (accent + ground) / 2, light, np.ones(3, np.float32)])
    bright = luma(flat)
    toward = np.stack([np.interp(bright, stops, ramp[:, i]) for i in range(3)], -1).astype(np.float32)
    cool = np.clip((flat[..., 2] - flat[..., 0]) * 5.0, 0, 1)  # a blue sky under yellow would turn green
    share = (0.13 * np.clip((bright - 0.12) * 4, 0, 1) * (1 - 0.85 * cool))[..., None]  # eyes stay dark
    flat = flat + (toward - flat) * share
    grey = luma(flat)[..., None]
    red, green, blue = flat[..., 0], flat[..., 1], flat[..., 2]  # numpy is slow over an axis of three
    chroma: Picture3 = (np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue))[..., None]
    return grey + (flat - grey) * (1.06 - 0.26 * np.clip(chroma - 0.35, 0, 1))  # no screen colours, no dull ones


def detail(flat: Picture3) -> Plane:
    """0..1: where small dark things are (eyes, mouths) that a careful hand presses firmly."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    bright = luma(flat)
    around = gaussian_filter(bright, 5.0, truncate=3)
    return np.clip((around - bright) * 3.4 - 0.12, 0, 1)


def focus(sketch: Sketch, plan: Drawing) -> tuple[Light, ...]:
    """After dark someone holds a light for everyone, the widest for whom the day belongs to."""
    strength = {"night": 0.5, "evening": 0.34}.get(plan.tints.time, 0.0)
    if not strength:
        return ()
    figures = [layer for layer in sketch.layers if is_figure(layer.sticker)]
    reach = {True: 200.0, False: 120.0}
    return tuple(
        Light(who.x * PAGE, (who.y - who.scale * 0.1) * PAGE, reach[who.tag == "me"], strength, "#FFE3B0")
        for who in figures
    )


def light(lights: tuple[Light, ...], shape: tuple[int, ...], scale: float) -> Picture3:
    """What the lamps, the sun and the moon add: (H, W, 3), each 0..1."""
    import numpy as np

    high, wide = shape[:2]
    ys, xs = np.ogrid[0:high, 0:wide]
    total = np.zeros((high, wide, 3), np.float32)
    for lamp in lights:
        if lamp.strength <= 0:
            continue
        d2 = ((xs - lamp.x * scale) ** 2 + (ys - lamp.y * scale) ** 2).astype(np.float32) / np.float32(
            (lamp.radius * scale) ** 2
        )
        total += (np.exp(-2.6 * d2) * lamp.strength)[..., None] * _hex(lamp.colour)
    return np.minimum(total, 0.9)


#: What is left of the colours away from any lamp, by (indoors, hour).
_AMBIENT = {
    (True, "night"): (0.78, 0.76, 0.88),
    (True, "evening"): (0.95, 0.90, 0.90),
    (False, "night"): (0.88, 0.89, 0.98),
    (False, "evening"): (1.0, 0.95, 0.92),
}


def ambient(plan: Drawing) -> Plane:
    """The colour of the air, (3,) in 0..1."""
    import numpy as np

    return np.array(_AMBIENT.get((plan.indoors, plan.tints.time), (1.0, 1.0, 1.0)), np.float32)


def wax(
    flat: Picture3,
    amount: Plane,
    tone: Plane,
    light: Picture3,
    ambient: Plane,
    colours: tuple[str, ...],
    noise: Noise,
    look: Look = WAX,
) -> Picture3:
    """Colour on paper by optical density; a stroke over a stroke is deeper; light is laid on top."""
    import numpy as np

    high, wide = amount.shape
    shade, warm = _hex(colours[4]), _hex(colours[2])
    ys, xs = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    vignette = np.clip((xs * xs + ys * ys) - 0.75, 0, 1.2) * 0.16
    lean = np.clip(tone * 0.5 + 0.5, 0, 1)[..., None]
    pigment = (
        flat
        + (warm - flat) * 0.08 * lean * np.clip(1.2 - 2.5 * (flat[..., 2:] - flat[..., :1]), 0, 1)
        + (shade - flat) * (0.06 * (1 - lean) + vignette[..., None] * 0.6)
    )
    lit = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
    near = np.clip(lit[..., None] * 1.5, 0, 1)
    pigment = pigment * (ambient + (1 - ambient) * near)
    pigment = pigment + (1 - pigment) * light * (0.30 + 0.45 * pigment)
    each = np.array([0.045, 0.0, -0.055], np.float32) + look.opacity * np.array([0.05, 0.06, 0.035], np.float32)
    pigment = pigment * (1 + tone[..., None] * each)  # each stroke its own crayon
    density = -np.log(np.clip(pigment, 0.03, 1.0))
    weight = np.clip(amount * (1.0 + 0.10 * tone) * look.coverage, 0, 1.22)[..., None]
    paper = paper_of(look) - 0.018 * noise.plane("fibre")[..., None]
    clear = paper * np.exp(-density * weight)
    if not look.opacity:
        return clear
    chalk = paper + (pigment - paper) * np.clip(weight, 0, 1)  # it covers the paper, and is lighter than that
    return clear + (chalk - clear) * look.opacity


def outline(out: Picture3, flat: Picture3, ink: Plane, noise: Noise, look: Look = WAX) -> Picture3:
    """A brown line that presses, thins and breaks; on dark colours it turns to the colour's own shadow."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    body = gaussian_filter(ink, 0.75)
    if look.line_width != 1.0:
        body = thick(body, ink, look.line_width)
    press = 0.24 - 0.085 * noise.plane("soft") - 0.05 * noise.plane("wave")
    mark = np.clip((body - np.clip(press, 0.05, 0.62)) * 3.4, 0, 1)
    mark = mark * np.clip(1.25 - 0.75 * noise.plane("grain") + 0.12 * noise.plane("soft"), 0.25, 1)
    local = gaussian_filter(flat, (2.0, 2.0, 0), truncate=3)
    own = look.line_colour
    colour = np.array(OUTLINE, np.float32) * (1 - own) + local * own * np.array([0.75, 0.62, 0.6], np.float32)
    return out + (colour - out) * np.minimum(mark * (0.88 * look.line), 1.0)[..., None]


def edge(out: Picture3, noise: Noise, look: Look = WAX) -> Picture3:
    """White paper around, where strokes end unevenly."""
    import numpy as np

    high, wide = out.shape[:2]
    ys, xs = np.mgrid[0:high, 0:wide].astype(np.float32)
    inside = np.minimum(np.minimum(xs, wide - 1 - xs), np.minimum(ys, high - 1 - ys)) * (PAGE / high)
    inside = inside + noise.plane("soft") * (2.2 - 1.6 * look.bleed) + noise.plane("wave") * 1.6
    mask = np.clip((inside - 13.0 - 3.0 * look.grain * noise.plane("grain")) / 3.0, 0, 1)[..., None]
    out = dried(out, inside - 14.0, look)
    paper = paper_of(look) - 0.016 * noise.plane("fibre")[..., None]
    return paper + (out - paper) * mask
