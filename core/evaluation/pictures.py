"""Figures of painted pictures: are the lines kept, are the colours those that were asked for, does each seed look its own?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.painting.colours import BORDER, box, lab, pigment

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB, or (H, W) for lines
SIDE = 256  # pixels of height, at which lines are compared
REACH = 2.0  # pixels of SIDE that an edge may be off
NEAREST = 3  # a colour counts as found where it is among so many crayons nearest to what is there
_CUTS = tuple(np.geomspace(1.5, 48, 14))  # strength of an edge in grey levels a pixel
_LINE_CUT = 12.0


def sized(pixels: Pixels, side: int) -> Pixels:
    """The same picture, `side` pixels high."""
    from PIL import Image

    wide = max(1, round(pixels.shape[1] * side / pixels.shape[0]))
    return np.asarray(Image.fromarray(pixels).resize((wide, side), Image.Resampling.LANCZOS))


# --- lines ---------------------------------------------------------------------------------------


def edge_f1(pictures: Sequence[Pixels], lines: Sequence[Pixels]) -> float:
    """How well edges of pictures and of their line art (black on white) lie on each other: F1 over all pictures, at the one
    cut of edge strength that is best for all of them (Martin, Fowlkes and Malik 2004). 0..1."""
    counts = np.array([edge_counts(picture, line) for picture, line in zip(pictures, lines, strict=True)]).sum(0)
    right, said, hit, there = counts.T  # each (cuts,)
    precision, recall = right / np.maximum(said, 1), hit / np.maximum(there, 1)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-9)))


def edge_counts(picture: Pixels, lines: Pixels) -> NDArray[np.int64]:
    """For each cut: edges of the picture that lie on a line, all of them, edges of lines that are in the picture, all of
    them. The paper's border is left out.  # (cuts, 4)"""
    from scipy.ndimage import distance_transform_edt

    mine, drawn = edges(sized(picture, SIDE)), edges(sized(lines, SIDE)) > _LINE_CUT
    rim = round(BORDER * SIDE)
    inside = np.zeros(drawn.shape, bool)
    inside[rim:-rim, rim:-rim] = True
    off = distance_transform_edt(~drawn)
    rows = []
    for cut in _CUTS:
        found = mine > cut
        away = distance_transform_edt(~found) if found.any() else np.full(found.shape, np.inf)
        seen, wanted = found & inside, drawn & inside
        rows.append(((seen & (off <= REACH)).sum(), seen.sum(), (wanted & (away <= REACH)).sum(), wanted.sum()))
    return np.array(rows)


def edges(pixels: Pixels) -> NDArray[np.float64]:
    """Strength of the edges, thinned to their ridges (Canny 1986 without its last step).  # (H, W), grey levels a pixel"""
    from scipy.ndimage import gaussian_filter, map_coordinates

    grey = pixels.astype(float) if pixels.ndim == 2 else pixels.astype(float) @ (0.30, 0.59, 0.11)
    soft = gaussian_filter(grey, 1.0)
    dy, dx = np.gradient(soft)
    strength = np.hypot(dx, dy)
    ys, xs = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]].astype(float)
    way = np.stack([dy, dx]) / np.maximum(strength, 1e-9)
    sides = [map_coordinates(strength, np.stack([ys, xs]) + sign * way, order=1, mode="nearest") for sign in (1, -1)]
    return np.where((strength >= sides[0]) & (strength >= sides[1]), strength, 0.0)


# --- colours -------------------------------------------------------------------------------------


def is_found(there: NDArray[np.generic], wanted: NDArray[np.generic]) -> bool:
    """True where the crayon nearest to `wanted` is among the NEAREST of `there`; (3,) RGB in 0..255 each."""
    return int(np.argmin(_off(wanted))) in np.argsort(_off(there))[:NEAREST]


def _off(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """How far each crayon is; lightness counts half, as `core.painting.colours.name_of` has it."""
    distance: NDArray[np.float64] = (((lab(rgb) - box()) * (0.5, 1, 1)) ** 2).sum(-1)
    return distance


def background_found(picture: Pixels, wanted: Pixels) -> list[bool]:
    """Are the colours above and below those that are wanted?"""
    return [is_found(pigment(there), pigment(asked)) for there, asked in zip(bands(picture), bands(wanted), strict=True)]  # fmt: skip


def bands(picture: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The upper and the lower fifth of a picture, without its border."""
    high, wide = picture.shape[:2]
    rim, fifth = round(BORDER * high), high // 5
    inside = picture[rim : high - rim, rim : wide - rim].astype(float)
    return inside[:fifth], inside[-fifth:]


def shapes_found(picture: Pixels, wanted: Pixels, flat: Pixels, codes: Pixels, least: float = 0.008) -> list[bool]:
    """For each shape of one colour that fills at least `least` of the page: is it there? All of one size; `flat`: the colour
    art, `codes`: the map art, in which every shape has a colour of its own."""
    code = codes[..., 0].astype(np.int64) << 8 | codes[..., 1]
    found = []
    for one in np.unique(code):
        inside = code == one
        if inside.mean() >= least and flat[inside].std(0).max() < 12:  # of one colour
            there, asked = (pigment(each[inside].astype(float)) for each in (picture, wanted))
            found.append(is_found(there, asked))
    return found


def signature(picture: Pixels, cells: int = 4) -> NDArray[np.float64]:
    """The mean colour of each of cells x cells fields, L*a*b*, lightness half.  # (cells * cells * 3,)"""
    high, wide = picture.shape[:2]
    rim = round(BORDER * high)
    inside = picture[rim : high - rim, rim : wide - rim]
    fields = [part for row in np.array_split(inside, cells) for part in np.array_split(row, cells, axis=1)]
    means = np.array([field.reshape(-1, 3).mean(0) for field in fields])
    return (lab(means) * (0.5, 1, 1)).ravel()


def moods_found(seen: NDArray[np.float64], known: NDArray[np.float64], true: Sequence[int]) -> list[bool]:
    """Whether each picture's feeling is among the NEAREST by its colours.

    `seen` (pictures, k): signatures; `known` (pictures, feelings, k): those of the same sketch in every feeling's palette.
    What all pictures of a painter differ in from these, as how much paper shows through, is taken off first."""
    seen = seen - (seen - known.mean(1)).mean(0)
    far = np.linalg.norm(known - seen[:, None], axis=-1)  # (pictures, feelings)
    return [bool(each in np.argsort(row)[:NEAREST]) for each, row in zip(true, far, strict=True)]


# --- seeds ---------------------------------------------------------------------------------------


def diversity(pictures: Sequence[Pixels]) -> float:
    """Mean distance between pictures of the same sketch: root mean square of colours at 64 pixels, 0..1."""
    small = [sized(picture, 64).astype(float) / 255 for picture in pictures]
    far = [float(np.sqrt(np.mean((one - other) ** 2))) for one, other in combinations(small, 2)]
    return float(np.mean(far)) if far else float("nan")
