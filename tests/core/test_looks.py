"""Four looks and everything between them: numbers within ranges, one hand, faces that stay, taste that is seen."""

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ET
from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.entities import Emotion, Label, Tag, VisualPreferences
from core.painting import plenty
from core.painting.crayon import CrayonPainter, paint
from core.painting.drawing import width_of
from core.painting.label import COMPOSED, LEARNED, labelled_png
from core.painting.looks import LOOKS, PASTEL, RANGES, STYLES, WATERCOLOUR, WAX, Look, look_for
from core.painting.preferences import hues, names
from core.painting.sketch import compose
from core.painting.stickers import sticker_ids
from core.painting.tint import turned

MOTHER = Tag("mother", "엄마", "woman", "person")
DOG = Tag("dog", "강아지랑", "dog", "animal")
CAKE = Tag("cake", "케이크", "birthday-cake", "food")
JOY = Emotion(0.8, 0.5, labels=(Label("joy", 1.0),), confidence=0.9)
CALM = Emotion(0.3, labels=(Label("neutral", 1.0),), confidence=0.9)

WAX_FIELDS = ((221, 227, 225, 222), (223, 222, 200, 210), (189, 163, 167, 194), (193, 185, 195, 195))


@cache
def sheet(look: Look, place: str = "meadow", side: int = 512, **_: object) -> np.ndarray:
    sketch = compose((MOTHER,), CALM, 3, place=place, weather="clear", time="day", width=side, height=side)
    return paint(sketch, CALM, 3, look=look).astype(np.float32)


def grey(pixels: np.ndarray) -> np.ndarray:
    return pixels @ np.array([0.30, 0.59, 0.11], np.float32)


def fine_texture(pixels: np.ndarray) -> float:
    """How rough the empty sky is from pixel to pixel."""
    sky = grey(pixels)[40:110, 60:200]
    return float(np.abs(np.diff(sky, axis=1)).mean())


# --- numbers -----------------------------------------------------------------------------------


def test_the_looks_of_the_menu_are_those_that_exist() -> None:
    assert set(LOOKS) == set(names("look")) and all(name == look.name for name, look in LOOKS.items())
    assert set(STYLES) == set(names("style"))


@pytest.mark.parametrize("name", LOOKS)
def test_every_number_of_a_look_is_in_its_range_and_comes_back_from_its_vector(name: str) -> None:
    look = LOOKS[name]
    for key, (low, high) in RANGES.items():
        assert low <= getattr(look, key) <= high, key
    vector = look.as_vector()
    assert len(vector) == len(RANGES) == len(fields(Look)) - 1 and all(0 <= value <= 1 for value in vector)
    back = Look.from_vector(vector)
    assert all(math.isclose(getattr(back, key), getattr(look, key), abs_tol=1e-5) for key in RANGES)
    assert back.medium == name


@given(st.lists(st.floats(-3, 4), min_size=len(RANGES), max_size=len(RANGES)))
@settings(max_examples=60, deadline=None)
def test_any_vector_is_a_look_within_the_ranges(vector: list[float]) -> None:
    look = Look.from_vector(vector)
    assert all(low <= getattr(look, key) <= high for key, (low, high) in RANGES.items())
    assert all(math.isclose(a, min(max(b, 0), 1), abs_tol=1e-5) for a, b in zip(look.as_vector(), vector, strict=True))


def test_what_is_no_vector_is_refused() -> None:
    for wrong in ([0.5] * (len(RANGES) - 1), [math.nan] * len(RANGES)):
        with pytest.raises(ValueError, match="numbers"):
            Look.from_vector(wrong)


def test_mixed_looks_lie_between_and_their_ends_are_the_looks_themselves() -> None:
    assert WAX.mixed(PASTEL, 0) is WAX and WAX.mixed(PASTEL, 1) is PASTEL and WAX.mixed(PASTEL, 7) is PASTEL
    half = WAX.mixed(WATERCOLOUR, 0.5)
    assert half.bleed == WATERCOLOUR.bleed / 2 and half.stroke == (1 + WATERCOLOUR.stroke) / 2
    wet, half_wet, dry = (fine_texture(sheet(look)) for look in (WATERCOLOUR, half, WAX))
    assert wet < half_wet < dry


# --- what is seen ------------------------------------------------------------------------------


def test_wax_is_painted_as_ever() -> None:
    """Means of sixteen fields, in the palettes that every two feelings have apart: other looks must not move them."""
    pixels = sheet(WAX)
    means = pixels.reshape(4, 128, 4, 128, 3).mean((1, 3, 4)).round(0)
    assert np.abs(means - np.array(WAX_FIELDS)).max() <= 1


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_is_deterministic_and_another_seed_is_another_hand(name: str) -> None:
    sketch = compose((DOG,), JOY, 4, width=256, height=256)
    one, again, other = (paint(sketch, JOY, seed, look=LOOKS[name]) for seed in (5, 5, 6))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_each_look_has_a_texture_of_its_own() -> None:
    rough = {name: fine_texture(sheet(look)) for name, look in LOOKS.items()}
    assert rough["watercolour"] < rough["pastel"] < 0.6 * rough["wax"], "washed, rubbed, drawn"
    assert rough["wax"] < rough["pencil"], "thin strokes against broad ones"
    margins = {name: sheet(look)[:6].mean((0, 1)) for name, look in LOOKS.items()}
    assert margins["pastel"].mean() < margins["wax"].mean() - 4 < margins["pencil"].mean(), "toned, cream, white paper"


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("place", ["street", "kitchen", "beach"])
def test_eyes_stay_in_every_look(name: str, place: str) -> None:
    sketch = compose((MOTHER,), CALM, 2, place=place, weather="clear", time="day")
    picture = grey(paint(sketch, CALM, 2, look=LOOKS[name]).astype(np.float32))
    me = next(layer for layer in sketch.layers if layer.tag == "me")
    unit = width_of(me) * 512 / 92
    left, top = me.x * 512 - width_of(me) * 256, (me.y - me.scale / 2) * 512
    for eye in (39, 61):
        x, y = left + (eye - 4) * unit, top + (48 - 6) * unit
        patch = picture[int(y - 8) : int(y + 8), int(x - 7) : int(x + 7)]
        assert np.percentile(patch, 80) - np.percentile(patch, 6) > 45


@pytest.mark.parametrize("name", LOOKS)
def test_a_sad_night_is_no_mud(name: str) -> None:
    sad = Emotion(-0.7, labels=(Label("sadness", 1.0),), confidence=0.9)
    sketch = compose((), sad, 100, place="street", weather="rain", time="night")
    pixels = paint(sketch, sad, 7, look=LOOKS[name]).astype(np.float32)[30:-30, 30:-30]
    luma = grey(pixels)
    assert 70 < luma.mean() < 190 and luma.std() > 28, "dark enough for night, with light in it"
    assert (pixels.max(-1) - pixels.min(-1)).mean() > 22, "colours, not grey"


# --- taste -------------------------------------------------------------------------------------


def painted(**wanted: object) -> np.ndarray:
    preferences = VisualPreferences(**wanted)  # type: ignore[arg-type]
    sketch = compose((MOTHER,), CALM, 3, place="meadow", weather="clear", time="day")
    pixels = paint(sketch, CALM, 3, look=look_for(preferences), hues=hues(preferences))
    return pixels.astype(np.float32)[30:-30, 30:-30]


def test_who_chose_nothing_gets_wax() -> None:
    assert look_for(None) == WAX and look_for(VisualPreferences(look="oil")) == WAX


def test_brightness_saturation_and_tone_move_the_picture() -> None:
    plain = painted()
    colour = lambda pixels: float((pixels.max(-1) - pixels.min(-1)).mean())  # noqa: E731
    warmth = lambda pixels: float((pixels[..., 0] - pixels[..., 2]).mean())  # noqa: E731
    assert painted(brightness=0.0).mean() + 4 < plain.mean() < painted(brightness=1.0).mean() - 3
    assert colour(painted(saturation=0.0)) + 8 < colour(plain) < colour(painted(saturation=1.0)) - 5
    assert warmth(painted(tone="cool")) + 5 < warmth(plain) < warmth(painted(tone="warm")) - 5


def test_a_harmony_leaves_few_hues_and_faces_as_they_are() -> None:
    strip = np.linspace(0, 2 * np.pi, 720, dtype=np.float32)[None]
    wheel = np.stack([0.6 + 0.25 * np.cos(strip + turn) for turn in (0, 2.1, 4.2)], -1).astype(np.float32)
    one, two = turned(wheel, (0.0,), 0.0), turned(wheel, (0.0, 180.0), 0.0)
    spread = lambda pixels: np.histogram(  # noqa: E731
        np.arctan2(pixels[..., 2] - grey(pixels), pixels[..., 0] - grey(pixels)), 24, (-np.pi, np.pi)
    )[0]
    assert (spread(one) > 20).sum() < (spread(two) > 20).sum() < (spread(wheel) > 20).sum()
    face = np.array([[[1.0, 0.867, 0.749]]], np.float32)
    sea = np.tile(np.array([[[0.3, 0.6, 0.85]]], np.float32), (40, 40, 1))
    sea[:1, :1] = face
    assert np.abs(turned(sea, (0.0,), 0.0)[0, 0] - face[0, 0]).max() < 0.06


def test_complexity_is_how_much_there_is_and_keeps_what_was_told() -> None:
    tags = (MOTHER, DOG, CAKE, Tag("ball", "공", "soccer-ball", "thing"), Tag("kite", "연", "kite", "thing"))
    counts = [len(compose(tags, JOY, 8, place="park", complexity=c).layers) for c in (0.0, 0.5, 1.0)]
    assert counts[0] < counts[1] < counts[2]
    least = {layer.tag for layer in compose(tags, JOY, 8, place="park", complexity=0.0).layers}
    assert {"me", "mother", "dog"} <= least
    assert compose(tags, JOY, 8) == compose(tags, JOY, 8, complexity=0.5)
    named = {one for side in (*plenty._SIDE.values(), plenty._INDOORS, plenty._OUTDOORS) for one in side}
    assert named <= set(sticker_ids())


def test_the_painter_paints_as_somebody_likes_it_and_says_with_what() -> None:
    painter = CrayonPainter()
    wax = painter.paint((DOG,), JOY, "ko", 11)
    soft = painter.paint((DOG,), JOY, "ko", 11, preferences=VisualPreferences(look="pastel", brightness=0.8))
    assert (wax.look, soft.look, soft.weights, soft.adapter) == ("wax", "pastel", "", "")
    liked = look_for(VisualPreferences(look="pastel", brightness=0.8))
    assert soft.hand == pytest.approx(liked.as_vector()) and Look.from_vector(soft.hand).medium == "pastel"
    assert soft.png != wax.png and soft.sketch == wax.sketch
    assert "크레용 그림" in wax.alt and "파스텔 그림" in soft.alt and wax.alt == soft.alt.replace("파스텔", "크레용")


# --- the file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [COMPOSED, LEARNED])
def test_a_file_says_how_it_came_about_in_xmp(source: str) -> None:
    png = labelled_png(np.zeros((8, 8, 3), np.uint8), 'odd "engine" <1>', source)
    info = Image.open(io.BytesIO(png)).info
    assert info["Source"] == "made with AI"
    packet = ET.fromstring(info["XML:com.adobe.xmp"].encode())
    (said,) = packet.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert (
        said.get("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
        == f"http://cv.iptc.org/newscodes/digitalsourcetype/{source}"
    )
    assert said.get("{http://ns.adobe.com/xap/1.0/}CreatorTool") == 'Emoseum odd "engine" <1>'


def test_no_word_of_the_diary_is_in_the_file() -> None:
    picture = CrayonPainter().paint((DOG,), JOY, "ko", 5)
    text = " ".join(str(value) for value in Image.open(io.BytesIO(picture.png)).info.values())
    assert "dog" in picture.prompt and not any(word in text for word in ("dog", "강아지", "joy"))
