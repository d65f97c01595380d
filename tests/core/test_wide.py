"""A wide page is composed for its width: nothing leaves it, nobody is drawn out, and both ends have something to see."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
import resvg_py
from PIL import Image

from core.entities import Emotion, Label, Sketch, Tag
from core.painting import arrangement, figures, sheet, striking
from core.painting.crayon import CrayonPainter, paint
from core.painting.drawing import bounds, colour_art, draw, line_art, stage_of, width_of
from core.painting.sketch import compose
from core.painting.stage import PLACES

DOG = Tag("dog", "강아지랑", "dog", "animal")
ICE = Tag("ice_cream", "아이스크림을", "ice-cream", "food")
CAR = Tag("drive", "car", "automobile", "thing")
FRIEND = Tag("friend", "친구", "person", "person")
MOTHER = Tag("mom", "엄마", "woman", "person")
GLAD = Emotion(0.8, labels=(Label("joy", 1.0),), confidence=0.9)


def wide(place: str, seed: int, *tags: Tag) -> Sketch:
    return compose(tags, GLAD, seed, place=place, width=1024)


def pixels(svg: str) -> np.ndarray:
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_nothing_leaves_a_wide_page_and_both_halves_have_something(place: str) -> None:
    for seed in range(4):
        sketch = wide(place, seed, DOG, ICE, CAR, MOTHER, FRIEND)
        for layer in sketch.layers:
            half = width_of(layer) / 2
            assert layer.x - half >= 0.02 and layer.x + half <= 1.98, (layer.sticker, seed)
            assert layer.y - layer.scale / 2 >= 0.02 and layer.y + layer.scale / 2 <= 0.98, (layer.sticker, seed)
        xs = [layer.x for layer in sketch.layers]
        assert min(xs) < 0.75 and max(xs) > 1.25 and max(xs) - min(xs) > 0.9, (seed, xs)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_wide_place_is_drawn_to_both_edges(place: str) -> None:
    """The outer quarters hold about as much line as a square page does, and are not one mirrored in the other."""
    art = pixels(line_art(replace(wide(place, 3), layers=())))
    assert art.shape == (512, 1024, 3)
    dark = art[..., 0] < 128
    left, right = dark[:, :256].mean(), dark[:, 768:].mean()
    square = (pixels(line_art(replace(compose((), GLAD, 3, place=place), layers=())))[..., 0] < 128).mean()
    assert min(left, right) > 0.25 * square, (left, right, square)


def test_people_and_things_keep_their_shape() -> None:
    """Every sticker is drawn with one scale for both directions, and as wide for its height as on a square page."""
    sketch = wide("park", 5, DOG, MOTHER)
    svg = draw(sketch, ("#888888",) * 5, "colour").svg
    scales = re.findall(r"scale\((-?[\d.]+) (-?[\d.]+)\)", svg)
    assert len(scales) == len(sketch.layers)
    assert all(abs(float(across)) == float(down) for across, down in scales)
    assert 'viewBox="0 0 1024 512"' in svg and "none" not in re.findall(r'preserveAspectRatio="([^"]*)"', svg)
    dog = next(layer for layer in sketch.layers if layer.sticker == "dog")
    with_it, without = (
        pixels(colour_art(one, ("#888888",) * 5))
        for one in (sketch, replace(sketch, layers=tuple(x for x in sketch.layers if x is not dog)))
    )
    ys, xs = np.nonzero(np.abs(with_it - without).sum(-1) > 60)
    _, _, across, down = bounds("dog")
    assert np.ptp(xs) / np.ptp(ys) == pytest.approx(across / down, rel=0.15)


@pytest.mark.parametrize("place", ["park", "street", "snow", "forest", "home", "cafe", "mountain"])
def test_what_stands_in_the_scenery_is_not_drawn_out(place: str) -> None:
    """Sun, trees, houses and windows of the middle are those of the square, moved and no wider."""
    square, long = (stage_of(place, "clear", "day", 7, wide=page) for page in (512.0, 1024.0))
    numbers = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
    drawn = {tuple(round(float(n)) for n in numbers.findall(arc)) for arc in _round_things(long)}
    missing = [
        arc for arc in _round_things(square) if tuple(round(float(n)) for n in numbers.findall(arc)) not in drawn
    ]
    assert len(missing) <= 0.1 * len(_round_things(square)), missing[:5]
    if not square.indoors:
        suns = [light for light in long.lights if light.radius == square.lights[0].radius]
        assert suns[0].x == square.lights[0].x + 256 and suns[0].y == square.lights[0].y


def _round_things(stage) -> list[str]:  # type: ignore[no-untyped-def]
    """Radii of every circle and round corner of a stage."""
    shapes = [*stage.back, *(shape for prop in stage.props for shape in prop.shapes)]
    return [radii for shape in shapes for radii in re.findall(r"[aA]\s*([\d.]+ [\d.]+)", shape.d)]


def test_faces_stay_free_on_a_wide_page() -> None:
    for seed in range(6):
        sketch = wide("beach", seed, MOTHER, DOG, CAR, ICE)
        people = [layer for layer in sketch.layers if figures.is_figure(layer.sticker)]
        gaps = [abs(a.x - b.x) for i, a in enumerate(people) for b in people[i + 1 :]]
        assert len(people) == 2 and min(gaps) > 0.8 * max(width_of(layer) for layer in people)


def test_the_same_seed_composes_and_paints_the_same_wide_page() -> None:
    one, again = wide("street", 7, DOG), wide("street", 7, DOG)
    first, second = (paint(replace(each, width=256, height=128), GLAD, 7) for each in (one, again))
    assert one == again and first.shape == (128, 256, 3) and (first == second).all()
    assert len({wide("street", seed, DOG).layers for seed in range(6)}) > 3


def test_the_crayon_painter_paints_as_wide_as_it_is_told_and_a_drawing_as_it_is() -> None:
    broad = CrayonPainter(1024)
    picture = broad.paint((DOG,), GLAD, "ko", 5)
    assert Image.open(io.BytesIO(picture.png)).size == Image.open(io.BytesIO(picture.sketch_png)).size == (1024, 512)
    small = compose((DOG,), GLAD, 5, width=128, height=128)
    assert Image.open(io.BytesIO(broad.paint((DOG,), GLAD, "ko", 5, small).png)).size == (128, 128)


@pytest.mark.parametrize("kind", ["place", "weather", "time"])
def test_what_is_composed_anew_without_a_place_a_weather_or_an_hour_is_as_wide(kind: str) -> None:
    before = compose((DOG,), GLAD, 5, width=1024)
    struck = (f"{kind}.{getattr(before, kind)}",)
    elsewhere = striking.composed_without((DOG,), GLAD, 5, struck, width=1024)
    assert elsewhere is not None and getattr(elsewhere, kind) != getattr(before, kind)
    picture = CrayonPainter(1024).paint((DOG,), GLAD, "ko", 5, elsewhere)
    assert Image.open(io.BytesIO(picture.png)).size == (1024, 512)


def test_a_wide_drawing_can_be_arranged_over_its_whole_width() -> None:
    sketch = wide("park", 5, DOG, MOTHER, CAR)
    assert max(layer.x for layer in sketch.layers) > 1.25
    assert arrangement.read(arrangement.written("a" * 20, 1, sketch)).layers == sketch.layers
    assert all('viewBox="0 0 1024 512"' in svg for svg in sheet.scene_svgs(sketch))
    assert Image.open(io.BytesIO(sheet.preview_png(sketch))).size == (1024, 512)
    empty = replace(sketch, layers=tuple(layer for layer in sketch.layers if layer.x < 1))
    changed = np.abs(
        np.asarray(Image.open(io.BytesIO(sheet.preview_png(sketch)))).astype(int)
        - np.asarray(Image.open(io.BytesIO(sheet.preview_png(empty)))).astype(int)
    )
    assert changed[:, 512:].sum() > 0
