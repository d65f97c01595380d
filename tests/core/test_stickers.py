"""Every sticker draws itself: something in colour, clean outlines in black and white."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import resvg_py
from PIL import Image

from core.painting import stickers


def drawn(svg: str, size: int = 64) -> np.ndarray:
    """Pixels as a person sees them on a white page, (size, size, 3) in 0..255."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, background="#ffffff", skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_there_are_about_six_hundred_or_more_with_licence():
    assert len(stickers.sticker_ids()) >= 600
    assert "Copyright (c) Microsoft" in stickers.STICKERS_JSON.read_text("utf-8")


def test_every_sticker_is_sound_xml_and_safe_to_nest():
    for sticker in stickers.sticker_ids():
        for art in ("colour", "line"):
            shapes = ET.fromstring(f"<g>{stickers.inner_svg(sticker, art)}</g>")
            names = {shape.tag for shape in shapes.iter()}
            assert names <= {"g", "path", "circle", "ellipse", "rect"}, (sticker, names)
            assert not any("id" in shape.attrib for shape in shapes.iter()), sticker


@pytest.mark.parametrize("sticker", stickers.sticker_ids()[::23])
def test_line_art_is_black_lines_on_white_within_the_coloured_shape(sticker):
    line, colour = drawn(stickers.line_svg(sticker)), drawn(stickers.colour_svg(sticker))
    assert np.abs(line - line.mean(axis=2, keepdims=True)).max() < 2  # no colour is left
    ink = (line.mean(axis=2) < 128).mean()
    assert 0.005 < ink < 0.4  # outlines, neither an empty page nor a black blot
    outside = (colour.min(axis=2) > 250) & (line.mean(axis=2) < 128)
    assert outside.mean() < 0.15


def test_colour_is_coloured():
    apple = drawn(stickers.colour_svg("red-apple"))
    assert (apple[..., 0] - apple[..., 2] > 80).mean() > 0.2


def test_two_stickers_nest_in_one_page():
    page = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32" width="64" height="32">'
        f"<g>{stickers.inner_svg('dog')}</g>"
        f'<g transform="translate(32 0)">{stickers.inner_svg("dog", "line")}</g></svg>'
    )
    pixels = drawn(page, 128)
    left, right = pixels[:, :64], pixels[:, 64:]
    assert (left.max(axis=2) - left.min(axis=2)).max() > 100
    assert (right.max(axis=2) - right.min(axis=2)).max() < 3


def test_unknown_sticker_is_a_key_error():
    with pytest.raises(KeyError):
        stickers.colour_svg("no-such-thing")
    with pytest.raises(KeyError):
        stickers.view_box("no-such-thing")


def test_an_emoji_leads_to_its_sticker():
    assert stickers.sticker_of_emoji("🐕") == "dog"
    assert stickers.sticker_of_emoji("☂") == "umbrella"
    assert stickers.sticker_of_emoji("🖕") is None
