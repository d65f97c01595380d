"""A photo with several faces gets a number on each of them, so that somebody can say which one is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.entities import Box

SHOWN_SIDE = 1280  # px; the longer side of the picture with the numbers
MOST = 6  # faces that anybody is asked to choose from
_QUALITY = 85


def numbered(rgb: NDArray[np.uint8], boxes: Sequence[Box]) -> bytes:
    """The upright photo (H, W, 3) as a JPEG: a frame and a number, from 1 on, for each face, readable on any colour."""
    photo = Image.fromarray(rgb)
    scale = min(1.0, SHOWN_SIDE / max(photo.size))
    photo = photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))))
    draw = ImageDraw.Draw(photo)
    radius = max(14, round(0.025 * max(photo.size)))
    line = max(2, radius // 7)
    font = ImageFont.load_default(size=1.3 * radius)
    for number, box in enumerate(boxes, 1):
        x, y, width, height = (side * scale for side in box)
        frame = (x, y, x + width, y + height)
        draw.rounded_rectangle(frame, radius, outline="black", width=3 * line)
        draw.rounded_rectangle([side + by * line for side, by in zip(frame, (1, 1, -1, -1), strict=True)], radius, outline="white", width=line)  # fmt: skip
        middle = min(max(x + width / 2, radius), photo.width - radius)
        at = (middle, max(y, radius + line))
        draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), "white", "black", line)
        draw.text(at, str(number), "black", font, anchor="mm")
    file = BytesIO()
    photo.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def same_face(boxes: Sequence[Box], chosen: Box) -> int | None:
    """Which box is the chosen face's: the one that covers most of it, and at least a third of both; None for none."""
    shares = [_shared(box, chosen) for box in boxes]
    best = max(range(len(boxes)), key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= 1 / 3 else None


def _shared(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0, wide) * max(0, high)
    whole = one[2] * one[3] + other[2] * other[3] - both
    return both / whole if whole > 0 else 0.0
