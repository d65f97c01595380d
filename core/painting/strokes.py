"""Strokes of a crayon: arcs along each shape, each with a pressure and a tone of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.painting.looks import WAX, Look
from core.painting.shapes import Hatch
from core.painting.wash import rubbed
from core.painting.wax import Noise, luma

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]  # (H, W)
    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1


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
    arcs = _arcs(ids, flat, table)
    first, tone = _hatch(ids, arcs, noise, warp, 0.0, look.stroke_length)
    second, tone2 = _hatch(ids, arcs, noise, warp, 0.62, look.stroke_length)
    tooth = 0.18 + look.grain * grain * (0.42 + 0.30 * fine)
    deep = np.clip(0.62 - luma(flat), 0, 0.5)  # white specks in the dark would be noise
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


class _Arcs(NamedTuple):
    """Where each pixel lies around the pivot of its shape."""

    step: Plane  # pixels between strokes
    radius: Plane  # pixels
    along: Plane  # pixels, along the arc
    bins: NDArray[np.int32]  # of colours, in a sticker
    slant: Plane  # each colour of a sticker has its own direction


def _arcs(ids: NDArray[np.int32], flat: Picture3, table: Plane) -> _Arcs:
    import numpy as np

    ys, xs = np.ogrid[0 : ids.shape[0], 0 : ids.shape[1]]
    dx, dy = xs.astype(np.float32) - table[ids, 0], ys.astype(np.float32) - table[ids, 1]
    radius = np.sqrt(dx * dx + dy * dy)
    bins = (flat * 5.99).astype(np.int32)
    bins = np.where(table[ids, 4] > 0, bins[..., 0] * 36 + bins[..., 1] * 6 + bins[..., 2], 0)
    slant = ((bins * 7919) % 13 - 6).astype(np.float32) * 0.11
    return _Arcs(table[ids, 2], radius, np.arctan2(dy, dx) * radius, bins, slant)


def _hatch(
    ids: NDArray[np.int32], arcs: _Arcs, noise: Noise, warp: Plane, turn: float, length: float
) -> tuple[Plane, Plane]:
    """One layer of strokes: arcs around each shape's pivot; pressure 0..1 and tone -1..1 for each pixel."""
    import numpy as np

    step, (_, radius, along, bins, slant) = arcs.step * (1.25 + 0.35 * (turn > 0)), arcs
    if turn:  # across the first layer, at a slant
        along, radius = along * np.cos(turn) - radius * np.sin(turn), along * np.sin(turn) + radius * np.cos(turn)
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
