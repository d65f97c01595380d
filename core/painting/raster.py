"""SVG becomes pixels: the one place that asks the library."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def rastered(svg: str, mode: str = "RGB") -> Image:
    """The page in its own size, without any font of the machine; `mode` as Pillow names it."""
    import resvg_py
    from PIL import Image

    return Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))).convert(mode)
