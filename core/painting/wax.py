"""Wax on paper: strokes along each shape, teeth of the paper, lamplight, a brown line that breaks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from core.entities import Sketch
from core.painting.drawing import Drawing
from core.painting.figures import is_figure
from core.painting.looks import WAX, Look
from core.painting.shapes import PAGE, Hatch
from core.painting.stage import Light
from core.painting.wash import dried, paper_of, rubbed, thick

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
        ys = (np.arange(self.high) + dy) % _TILE
        xs = (np.arange(self.wide) + dx) % _TILE
        return _tile(kind)[ys][:, xs]

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


def _luma(rgb: Picture3) -> Plane:
    import numpy as np

    return rgb @ np.array([0.30, 0.59, 0.11], np.float32)


def harmony(flat: Picture3, colours: tuple[str, ...]) -> Picture3:
    """Lean every colour to the palette by its lightness, so that one box of crayons made the picture."""
    import numpy as np

    shade, accent, ground, light = (_hex(colours[i]) for i in (4, 3, 1, 2))
    stops = np.array([0.0, 0.3, 0.55, 0.78, 1.0], np.float32)
    ramp = np.stack([shade * 0.45, shade, (accent + ground) / 2, light, np.ones(3, np.float32)])
    luma = _luma(flat)
    toward = np.stack([np.interp(luma, stops, ramp[:, i]) for i in range(3)], -1).astype(np.float32)
    cool = np.clip((flat[..., 2] - flat[..., 0]) * 2.5, 0, 1)  # a blue sky under yellow would turn green
    share = (0.13 * np.clip((luma - 0.12) * 4, 0, 1) * (1 - 0.85 * cool))[..., None]  # eyes stay dark
    flat = flat + (toward - flat) * share
    grey = _luma(flat)[..., None]
    red, green, blue = flat[..., 0], flat[..., 1], flat[..., 2]  # numpy is slow over an axis of three
    chroma: Picture3 = (np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue))[..., None]
    return grey + (flat - grey) * (1.06 - 0.26 * np.clip(chroma - 0.35, 0, 1))  # no screen colours, no dull ones


def detail(flat: Picture3) -> Plane:
    """0..1: where small dark things are (eyes, mouths) that a careful hand presses firmly."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    luma = _luma(flat)
    around = gaussian_filter(luma, 5.0)
    return np.clip((around - luma) * 3.4 - 0.12, 0, 1)


def strokes(
    ids: NDArray[np.int32],
    flat: Picture3,
    hatches: tuple[Hatch, ...],
    noise: Noise,
    detail: Plane,
    scale: float,
    energy: float,
    look: Look = WAX,
) -> tuple[Plane, Plane]:
    """How much wax lies where (1 is the plain colour) and how each stroke's tone differs (-1..1).

    `energy` is the emotion's arousal, -1..1: an angry or joyful hand presses harder and draws wider strokes.
    """
    import numpy as np

    table = np.array([(h.pivot[0], h.pivot[1], h.step, h.press, h.mottled) for h in (Hatch(), *hatches)], np.float32)
    table[:, :3] *= scale
    table[:, 2] *= np.where(table[:, 2] > 4.9 * scale, 1.0 + 0.18 * energy, 1.0)
    table[:, 3] *= 1.0 + 0.10 * energy
    ids = np.minimum(ids, len(table) - 1)
    fine = np.clip((table[ids, 2] / scale - 2.0) / 5.0, 0, 1)  # 0 on faces, 1 in the sky
    table[:, 2] = np.maximum(table[:, 2] * look.stroke_width, 1.7 * scale)
    press = table[ids, 3]
    warp = noise.plane("wave")
    grain = noise.plane("grain")
    press = press * (1.0 + fine * (0.16 * noise.plane("cloud") + 0.10 * warp))
    first, tone = _hatch(ids, flat, table, noise, warp, 0.0, look.stroke_length)
    second, tone2 = _hatch(ids, flat, table, noise, warp, 0.62, look.stroke_length)
    tooth = 0.18 + look.grain * grain * (0.42 + 0.30 * fine)
    deep = np.clip(0.62 - _luma(flat), 0, 0.5)  # white specks in the dark would be noise
    rub = 0.44 + 0.34 * (1 - fine) + 0.10 * (press - 0.6) + 0.5 * deep
    amount = rub * (0.74 + 0.26 * _cover(0.66 - grain))
    amount = amount + 0.74 * press * _cover(first * (0.55 + 0.6 * press) - tooth)
    amount = amount + 0.24 * press * fine * _cover(second * press - tooth)
    calm = (1 - fine) * 0.55
    amount = amount * (1 - calm) + calm * np.maximum(amount, 0.98)
    tone = (tone + 0.5 * tone2) * (0.35 + 0.65 * fine)
    amount, tone = rubbed(amount, tone, fine, grain, look, scale)
    return np.maximum(amount, detail * (0.92 + 0.16 * first)), tone


def _cover(pressure: Plane) -> Plane:
    """Wax catches on the paper's teeth: a soft step."""
    import numpy as np

    return np.clip(pressure * 3.0 + 0.4, 0, 1)


def _hatch(
    ids: NDArray[np.int32], flat: Picture3, table: Plane, noise: Noise, warp: Plane, turn: float, length: float
) -> tuple[Plane, Plane]:
    """One layer of strokes: arcs around each shape's pivot; pressure 0..1 and tone -1..1 for each pixel."""
    import numpy as np

    high, wide = ids.shape
    ys, xs = np.mgrid[0:high, 0:wide].astype(np.float32)
    step = table[ids, 2] * (1.25 + 0.35 * (turn > 0))
    dx, dy = xs - table[ids, 0], ys - table[ids, 1]
    radius = np.sqrt(dx * dx + dy * dy)
    along = np.arctan2(dy, dx) * radius
    if turn:  # across the first layer, at a slant
        along, radius = along * np.cos(turn) - radius * np.sin(turn), along * np.sin(turn) + radius * np.cos(turn)
    mottled = table[ids, 4] > 0
    bins = (flat * 5.99).astype(np.int32)
    bins = np.where(mottled, bins[..., 0] * 36 + bins[..., 1] * 6 + bins[..., 2], 0)
    slant = ((bins * 7919) % 13 - 6).astype(np.float32) * 0.11  # each colour of a sticker has its own direction
    across = radius + along * slant + warp * step * 0.30
    rand = noise.table()
    q = across / step
    k = np.floor(q)
    ki = k.astype(np.int32) + ids * 37 + bins * 11
    own = rand[ki & 4095]
    offset = (q - k) - 0.5 + (own - 0.5) * 0.34
    reach = along / (step * length * (9.0 + 9.0 * rand[(ki * 3 + 5) & 4095])) + own * 17
    m = np.floor(reach)
    ends = np.abs(reach - m - 0.5) * 2
    each = rand[(ki * 5 + m.astype(np.int32) * 131) & 4095]
    thick = 1.5 + 1.1 * rand[(ki * 11 + 3) & 4095]
    body = 1.0 - np.clip(np.abs(offset) * thick, 0, 1) ** 2.4
    pressure = (0.5 + 0.5 * each) * (0.12 + 0.88 * body) * (1.0 - 0.35 * np.clip(ends - 0.86, 0, 1) / 0.14)
    return pressure.astype(np.float32), (each + own - 1.0).astype(np.float32)


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
    local = gaussian_filter(flat, (2.0, 2.0, 0))
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
