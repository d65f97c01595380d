"""Stickers: flat drawings of things and people, each in colour and as a colouring-book outline."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Literal

STICKERS_JSON = Path(__file__).with_name("stickers.json")
OWN_JSON = Path(__file__).with_name("stickers_own.json")  # what no emoji shows: dishes of Korea

Art = Literal["colour", "line"]

#: Width of an outline, in units of the 32 x 32 sticker page.
LINE_WIDTH = 0.42


@cache
def _file() -> tuple[dict[str, str], dict[str, str]]:
    """Every sticker's shapes in SVG by id, and ids by emoji; licence and source stand at the head of the file."""
    content, own = (json.loads(path.read_text("utf-8")) for path in (STICKERS_JSON, OWN_JSON))
    return content["stickers"] | own["stickers"], content["emoji"]


def sticker_ids() -> tuple[str, ...]:
    """Every id, sorted."""
    return tuple(sorted(_file()[0]))


def sticker_of_emoji(emoji: str) -> str | None:
    """The id of the sticker that draws an emoji (without skin tones and variation selectors), if there is one."""
    return _file()[1].get(emoji)


def view_box(sticker: str) -> tuple[float, float, float, float]:
    """x, y, width and height of a sticker's page, in its own units. Raises KeyError for an unknown id."""
    _file()[0][sticker]
    return (0.0, 0.0, 32.0, 32.0)


def inner_svg(sticker: str, art: Art = "colour") -> str:
    """The shapes alone, without an <svg> around them: put them into a <g transform=...> of a scene.

    They hold no ids, so any number may stand in one document. Raises KeyError for an unknown id.
    """
    return _line_shapes(sticker) if art == "line" else _file()[0][sticker]


def colour_svg(sticker: str) -> str:
    """A whole SVG document in colour, on nothing. Raises KeyError for an unknown id."""
    return _document(inner_svg(sticker, "colour"))


def line_svg(sticker: str) -> str:
    """A whole SVG document in closed black outlines filled with white. Raises KeyError for an unknown id."""
    return _document(inner_svg(sticker, "line"))


def _document(shapes: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">{shapes}</svg>'


@cache
def _line_shapes(sticker: str) -> str:
    """Every fill becomes white and every edge black, so that later shapes still cover earlier ones."""
    root = ET.fromstring(f"<g>{_file()[0][sticker]}</g>")
    for shape in root.iter():
        shape.attrib.pop("opacity", None)
        if shape.get("fill", "none") != "none":
            shape.set("fill", "#fff")
            shape.set("stroke", "#000")
            shape.set("stroke-width", str(LINE_WIDTH))
        elif shape.get("stroke", "none") != "none":
            shape.set("stroke", "#000")
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "round")
    return ET.tostring(root, encoding="unicode")
