"""Colours get names, so that a caption can say what is really on the page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: A crayon box: what a child would call them.
NAMES = {
    "white": "#F4F1EA", "grey": "#A3A6AA", "black": "#2E2A30", "brown": "#8A6148", "beige": "#D9C3A0",
    "red": "#D24B45", "orange": "#EE9A55", "yellow": "#F4D668", "lime": "#B5CF6E", "green": "#7FAE72",
    "teal": "#72B5AE", "sky": "#9CC9E6", "blue": "#5A85BF", "navy": "#3B4675", "lilac": "#B3A6D4",
    "purple": "#7D5A9B", "pink": "#EDB0BC", "rose": "#D9708F",
}  # fmt: skip

#: The paper's white border, as a share of the side: no colour is looked for there.
BORDER = 0.06


def lab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of sRGB colours (..., 3) in 0..255."""
    import numpy as np

    linear = np.asarray(rgb, float) / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def rgb_of(colour: str) -> tuple[int, int, int]:
    """#RRGGBB -> 0..255 each."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def box() -> NDArray[np.float64]:
    """The crayons of NAMES in L*a*b*.  # (colours, 3)"""
    import numpy as np

    return lab(np.array([rgb_of(colour) for colour in NAMES.values()]))


def name_of(rgb: NDArray[np.generic]) -> str:
    """The nearest crayon's name; lightness counts half, as light and shade change it most."""
    distance = ((lab(rgb) - box()) * (0.5, 1, 1)) ** 2
    return list(NAMES)[int(distance.sum(-1).argmin())]


def bands(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pigment of the upper and of the lower fifth of a (H, W, 3) picture, without its border."""
    side = picture.shape[0]
    edge, fifth = round(BORDER * side), side // 5
    inside = picture[edge : side - edge, edge : side - edge].astype(float)
    return pigment(inside[:fifth]), pigment(inside[-fifth:])


def pigment(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The crayon's own colour, 0..255: about half of what is seen is the paper between its strokes."""
    import numpy as np

    paper = np.array(_PAPER)
    return np.clip(paper + (pixels.reshape(-1, 3).mean(0) - paper) * _COVER, 0, 255)


_PAPER = 247.0, 243.0, 235.0
_COVER = 1.7
