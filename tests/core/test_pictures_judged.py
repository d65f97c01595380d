"""Figures of pictures, checked on pages that one can draw by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.evaluation import pictures as figures


def page(colour="white", *lines, side=256, ink="black", width=2):
    image = Image.new("RGB", (side, side), colour)
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=ink, width=width)
    return image


LINES = ((40, 60, 200, 80), (60, 200, 180, 120), (128, 40, 128, 210))


def drawn(*lines, **how):
    return np.asarray(page("white", *lines, **how).convert("L"))


def coloured(shift=0, lines=LINES):
    moved = [tuple(n + shift for n in line) for line in lines]
    return np.asarray(page("#a9d0e8", *moved, ink="#553322").filter(ImageFilter.GaussianBlur(0.6)))


def test_lines_that_are_there_count_and_those_elsewhere_do_not():
    lines = drawn(*LINES)
    kept, near, moved = (figures.edge_f1([coloured(shift)], [lines]) for shift in (0, 1, 9))
    half = figures.edge_f1([coloured(lines=LINES[:1])], [lines])
    assert kept > 0.97 and near > 0.9 and moved < 0.45
    assert 0.3 < half < 0.75
    assert figures.edge_f1([np.full((256, 256, 3), 200, np.uint8)], [lines]) == 0


def test_a_shape_whose_colour_ends_at_the_line_keeps_it_without_drawing_it():
    lines = np.asarray(page().convert("L")).copy()
    lines[80:176, 80:82] = lines[80:176, 174:176] = lines[80:82, 80:176] = lines[174:176, 80:176] = 0
    filled = np.full((256, 256, 3), (170, 210, 235), np.uint8)
    filled[81:175, 81:175] = (220, 120, 60)
    assert figures.edge_f1([filled], [lines]) > 0.95


def test_noise_costs_precision_and_the_border_costs_nothing():
    lines, rng = drawn(*LINES), np.random.default_rng(1)
    noisy = np.clip(coloured().astype(float) + rng.normal(0, 120, (256, 256, 1)), 0, 255).astype(np.uint8)
    assert figures.edge_f1([noisy], [lines]) < 0.8
    framed = coloured().copy()
    framed[:8] = framed[-8:] = framed[:, :8] = framed[:, -8:] = 255
    assert figures.edge_f1([framed], [lines]) > 0.97


def test_pictures_of_another_size_are_compared_at_one():
    large = page("#a9d0e8", *[tuple(2 * n for n in line) for line in LINES], side=512, ink="#553322", width=4)
    assert figures.edge_f1([np.asarray(large)], [drawn(*LINES)]) > 0.95


@pytest.mark.parametrize(("there", "asked", "found"), [
    ("#d24b45", "#d24b45", True), ("#c85a50", "#d24b45", True), ("#7fae72", "#d24b45", False), ("#5a85bf", "#ee9a55", False),
])  # fmt: skip
def test_a_colour_is_found_where_its_crayon_is_near(there, asked, found):
    rgb = [np.array([int(one[at : at + 2], 16) for at in (1, 3, 5)], float) for one in (there, asked)]
    assert figures.is_found(*rgb) is found


def banded(above, below):
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:50], picture[50:] = above, below
    return picture


def test_above_and_below_are_looked_at_apart():
    blue, green, red = (120, 160, 220), (120, 180, 110), (210, 70, 60)
    asked = banded(blue, green)
    assert figures.background_found(asked, asked) == [True, True]
    assert figures.background_found(banded(red, green), asked) == [False, True]


def test_each_shape_of_one_colour_is_looked_for_and_small_ones_are_not():
    codes, asked = np.zeros((100, 100, 3), np.uint8), banded((120, 160, 220), (120, 180, 110))
    codes[50:, :, 1], codes[2:4, 2:4, 1] = 1, 2
    wrong = banded((210, 70, 60), (120, 180, 110))
    assert figures.shapes_found(asked, asked, asked, codes) == [True, True]
    assert figures.shapes_found(wrong, asked, asked, codes) == [False, True]


def test_a_feeling_is_found_by_its_colours_whatever_all_pictures_share():
    rng = np.random.default_rng(2)
    known = np.repeat(rng.normal(0, 20, (1, 18, 48)), 9, axis=0) + rng.normal(0, 2, (9, 1, 48))
    true = list(range(9))
    seen = known[np.arange(9), true] + rng.normal(0, 1, (9, 48))
    shared = (known.mean(1) - seen).mean(0)  # what is taken off is the mean of all: the true ones must average out
    assert all(figures.moods_found(seen + shared + 15, known, true))
    assert sum(figures.moods_found(seen, known, [17 - n for n in true])) <= 4


def test_seeds_that_paint_the_same_are_not_diverse():
    one, other = np.zeros((80, 80, 3), np.uint8), np.full((80, 80, 3), 255, np.uint8)
    assert figures.diversity([one, one, one]) == 0
    assert figures.diversity([one, other]) == pytest.approx(1)
    assert np.isnan(figures.diversity([one]))
