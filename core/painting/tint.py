"""What somebody likes turns the colours of a picture: warmer, paler, or of few hues that go together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.painting.looks import Look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]  # (H, W)
    Picture3 = NDArray[np.float32]  # (H, W, 3) in 0..1

_BINS = 36
_TURN = 0.82  # of the way to the nearest hue that is wanted
_SKIN, _SKIN_REACH = math.radians(-38), math.radians(22)  # where faces are: angles of blue over red, both less grey
_YELLOW, _YELLOW_REACH = math.radians(-88), math.radians(30)


def tinted(flat: Picture3, look: Look) -> Picture3:
    """Stronger or paler, lighter or darker, warmer or cooler; what is nearly black (eyes, lines) stays where it is."""
    import numpy as np

    if look.saturation == 1.0 and not look.brightness and not look.warmth:
        return flat
    grey = _grey(flat)[..., None]
    room = np.clip((grey - 0.16) * 2.2, 0, 1)
    if look.brightness < 0:  # whoever stands in a dim picture is not grey
        room = room * (1 - 0.7 * _skin(flat, grey[..., 0])[..., None])
    flat = grey + (flat - grey) * np.float32(look.saturation)
    if look.warmth:
        flat = flat * (1 + room * look.warmth * np.array([0.07, 0.0, -0.15], np.float32))
    toward = (1.0 - flat) if look.brightness > 0 else flat
    return np.clip(flat + toward * np.float32(look.brightness * 1.5) * room, 0, 1)


def turned(flat: Picture3, hues: tuple[float, ...], grey: float) -> Picture3:
    """Every colour leans to the nearest of some hues, in degrees from the picture's main colour; faces keep theirs.

    `grey`: 0..1, how grey everything gets that was not of these hues. Without hues nothing changes."""
    import numpy as np

    if not hues:
        return flat
    luma = _grey(flat)
    red, blue = flat[..., 0] - luma, flat[..., 2] - luma
    chroma = np.hypot(red, blue)
    hue = np.arctan2(blue, red)
    wanted = main_hue(hue, chroma ** (1 + 2.5 * grey)) + np.radians(np.array(hues, np.float32))
    away = np.stack([_wrapped(one - hue) for one in wanted])
    away = np.take_along_axis(away, np.abs(away).argmin(0)[None], 0)[0]
    share = _TURN * (1 - 0.92 * _skin(flat, luma))
    new = hue + away
    yellow = np.clip(1.5 - np.abs(_wrapped(new - _YELLOW)) / _YELLOW_REACH, 0, 1) * np.clip(np.abs(away) * 4, 0, 1)
    new = new + yellow * np.clip((0.84 - luma) * 1.3, 0, 0.62)  # a dark yellow is olive: brown is kinder
    far = np.clip(np.abs(away) - 0.3, 0, 1)
    kept = chroma * (1 - 0.45 * far) * (1 - grey * np.clip(np.abs(away) * 1.6 - 0.2, 0, 1))
    out_red = red + (kept * np.cos(new) - red) * share  # straight, not around the wheel: no skin turns green on the way
    out_blue = blue + (kept * np.sin(new) - blue) * share
    out_red, out_blue = luma + out_red, luma + out_blue
    green = (luma - 0.30 * out_red - 0.11 * out_blue) / 0.59
    return np.clip(np.stack([out_red, green, out_blue], -1), 0, 1).astype(np.float32)


def main_hue(hue: Plane, weight: Plane) -> float:
    """The hue (radians) that most of a picture has, by the weight of each pixel."""
    import numpy as np

    counts, edges = np.histogram(hue, _BINS, (-math.pi, math.pi), weights=weight)
    centres = (edges[1:] + edges[:-1]) / 2
    counts = counts * (1 - 0.4 * (np.abs(centres - _YELLOW) < _YELLOW_REACH))  # it makes few shades
    smooth = counts + 0.6 * (np.roll(counts, 1) + np.roll(counts, -1))
    return float(centres[int(smooth.argmax())])


def _skin(flat: Picture3, luma: Plane) -> Plane:
    """0..1: how like a face a colour is."""
    import numpy as np

    red, blue = flat[..., 0] - luma, flat[..., 2] - luma
    like = np.clip(1.6 - np.abs(_wrapped(np.arctan2(blue, red) - _SKIN)) / _SKIN_REACH, 0, 1)
    return like * np.clip((luma - 0.62) * 6, 0, 1) * np.clip(3.2 - np.hypot(red, blue) * 8, 0, 1)


def _grey(flat: Picture3) -> Plane:
    import numpy as np

    return flat @ np.array([0.30, 0.59, 0.11], np.float32)


def _wrapped(angle: Plane) -> Plane:
    import numpy as np

    return (angle + np.float32(math.pi)) % np.float32(2 * math.pi) - np.float32(math.pi)
