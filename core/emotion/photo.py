"""A photo from anywhere becomes pixels that stand upright and a small copy that tells no places."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from core.intake import PhotoProblem, open_header, unpacking
from core.settings import Intake

KEPT_SIDE = 2048  # px; the longer side of what is looked at and kept
JPEG_QUALITY = 88
ROWS = 256  # of a deep picture, brought to eight bits at once

# What turns a picture upright, by EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Photo:
    """An opened photo."""

    rgb: NDArray[np.uint8]  # (H, W, 3), upright, at most KEPT_SIDE px long
    jpeg: bytes  # the same picture, without EXIF, GPS, comments or profiles


def open_photo(data: bytes, intake: Intake) -> Photo:
    """Open a JPEG, PNG, WebP, GIF (first frame), HEIC, AVIF, BMP or TIFF file.

    Raises PhotoProblem: `intake.photo_too_big`, `intake.photo_too_many_pixels` (told from the header, before anything
    is unpacked), `intake.not_an_image`, `intake.photo_broken`.
    """
    if len(data) > intake.photo_bytes:
        raise PhotoProblem("intake.photo_too_big", f"{len(data)} bytes")
    try:
        with open_header(data, intake) as image:
            image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # JPEG is unpacked at a half, a quarter or an eighth of its size
            with unpacking(image):
                image.load()
                turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
                plain = _plain(image)
    except PhotoProblem:
        raise
    except Exception as problem:  # the decoders raise whatever a broken file makes them stumble over
        raise PhotoProblem("intake.photo_broken", f"{type(problem).__name__}: {problem}") from problem
    rgb = np.array(plain if turn is None else plain.transpose(turn))
    jpeg = BytesIO()
    Image.fromarray(rgb).save(jpeg, "JPEG", quality=JPEG_QUALITY)  # from pixels alone: nothing of the file's notes
    return Photo(rgb, jpeg.getvalue())


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits, red green blue, small enough, on white where it was see-through."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    image.thumbnail((KEPT_SIDE, KEPT_SIDE), reducing_gap=2.0)
    if "A" not in image.getbands():
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _eight_bits(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The upper eight of sixteen bits; floating numbers count from 0 to 1, or to their largest."""
    eight = np.empty(deep.shape, np.uint8)
    if deep.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            largest = max(1.0, float(np.max(deep, initial=0, where=np.isfinite(deep))))
    for top in range(0, len(deep), ROWS):  # some rows at a time: copies of a large picture would be a gigabyte
        rows = deep[top : top + ROWS]
        if deep.dtype.kind == "f":
            values = np.nan_to_num(rows.astype(np.float32), posinf=largest)
            eight[top : top + ROWS] = np.clip(values / largest, 0, 1) * 255
        else:
            eight[top : top + ROWS] = np.clip(rows.astype(np.int32) >> 8, 0, 255)
    return eight
