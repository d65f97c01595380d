"""What the crayon leaves on paper: the same picture twice, eyes that stay, paper around."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.entities import EMOTIONS, Brief, Emotion, Label, Tag
from core.evaluation.pictures import signature
from core.painting.colours import rgb_of
from core.painting.crayon import CrayonPainter, flat_colours, paint, palette
from core.painting.drawing import width_of
from core.painting.sketch import compose
from core.painting.stage import PLACES, tints

DOG = Tag("dog", "강아지랑", "dog", "animal")
MOTHER = Tag("mother", "엄마", "woman", "person")


def feeling(name: str, valence: float = 0.0) -> Emotion:
    return Emotion(valence, labels=(Label(name, 1.0),), confidence=0.9)


def test_same_seed_same_bytes_another_seed_another_picture() -> None:
    painter = CrayonPainter()
    one, again = (painter.paint((DOG,), feeling("joy", 0.8), "ko", 11) for _ in range(2))
    other = painter.paint((DOG,), feeling("joy", 0.8), "ko", 12)
    assert one.png == again.png and one.sketch_png == again.sketch_png
    assert one.png != other.png


def test_a_picture_is_a_labelled_png_with_words_for_it() -> None:
    picture = CrayonPainter().paint((DOG,), feeling("joy", 0.8), "ko", 5)
    image = Image.open(io.BytesIO(picture.png))
    assert (image.format, image.size, image.mode) == ("PNG", (512, 512), "RGB")
    assert image.info["Source"] == "made with AI"
    assert len(picture.png) <= 700_000
    assert Image.open(io.BytesIO(picture.sketch_png)).size == (512, 512)
    assert "강아지" in picture.alt and "기쁜" in picture.alt
    assert "joy" in picture.prompt and "dog" in picture.prompt and picture.sketch.place.split("_")[0] in picture.prompt


def test_alt_text_speaks_the_persons_language() -> None:
    picture = CrayonPainter().paint((MOTHER,), feeling("sadness", -0.7), "en", 5)
    assert "crayon drawing" in picture.alt and "mother" in picture.alt
    assert not any("가" <= char <= "힣" for char in picture.alt)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_place_is_painted_to_the_border(place: str) -> None:
    pixels = paint(compose((), feeling("joy"), 3, place=place, width=256, height=256), feeling("joy"), 3).astype(float)
    assert pixels.shape == (256, 256, 3)
    edge = np.concatenate([pixels[:3].reshape(-1, 3), pixels[-3:].reshape(-1, 3)])
    assert edge.mean() > 235  # paper is left white around
    assert pixels[30:225, 30:225].std() > 18  # and something is on it


def test_the_emotion_gives_the_colours() -> None:
    sketch = compose((), feeling("joy"), 3, place="meadow", weather="clear", time="day")
    joy, anger = paint(sketch, feeling("joy"), 3).astype(float), paint(sketch, feeling("anger"), 3).astype(float)
    assert np.abs(joy.mean((0, 1)) - anger.mean((0, 1))).max() > 6


@pytest.mark.parametrize(
    ("place", "time"),
    [("meadow", "day"), ("park", "evening"), ("home", "day"), ("bedroom", "night"), ("city", "night")],
)
def test_no_two_feelings_are_painted_alike(place: str, time: str) -> None:
    """Whoever knows one sky or one wall must see that the other is not that of the same day."""
    sketch = compose((), feeling("neutral"), 3, place=place, weather="clear", time=time, width=64, height=64)
    pages = [signature(np.rint(flat_colours(sketch, feeling(name)) * 255).astype(np.uint8)) for name in EMOTIONS]
    apart = np.linalg.norm(np.array(pages)[:, None] - np.array(pages)[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    one, other = divmod(int(apart.argmin()), len(EMOTIONS))
    assert apart.min() > 5, (EMOTIONS[one], EMOTIONS[other])


@pytest.mark.parametrize("name", ["love", "gratitude", "anger"])
def test_the_sky_of_a_warm_feeling_is_not_grey(name: str) -> None:
    top, horizon = (np.array(rgb_of(colour)) for colour in tints(palette(name), "day", "clear").sky_band)
    assert np.ptp(top) > 15 and horizon[0] > horizon[2]  # lilac or peach above, warm where it meets the land


@pytest.mark.parametrize("seed", range(4))
def test_eyes_survive_the_crayon(seed: int) -> None:
    sketch = compose((MOTHER,), feeling("neutral"), seed, place="park", weather="clear", time="day")
    grey = paint(sketch, feeling("neutral"), seed).astype(float).mean(-1)
    me = next(layer for layer in sketch.layers if layer.tag == "me")
    unit = width_of(me) * 512 / 92  # pixels of one figure unit
    left, top = me.x * 512 - width_of(me) * 256, (me.y - me.scale / 2) * 512
    for eye in (39, 61):
        x, y = left + (eye - 4) * unit, top + (48 - 6) * unit
        patch = grey[int(y - 8) : int(y + 8), int(x - 7) : int(x + 7)]
        assert np.percentile(patch, 6) < 110 and np.percentile(patch, 80) > 165


def test_strokes_let_the_paper_through() -> None:
    sketch = compose((), feeling("joy"), 3, place="meadow", weather="clear", time="day")
    sky = paint(sketch, feeling("joy"), 3)[40:90, 230:330].astype(float).mean(-1)
    assert sky.std() > 3


def test_a_hard_feeling_is_led_to_light_unless_that_was_struck_out() -> None:
    sad = feeling("sadness", -0.7)
    led, unled, glad = (
        CrayonPainter().paint((DOG,), one, "ko", 5, brief=brief)
        for one, brief in ((sad, None), (sad, Brief(struck=("lead.sadness",))), (feeling("joy", 0.8), None))
    )
    lighter, darker = (np.asarray(Image.open(io.BytesIO(one.png)).convert("RGB")).mean() for one in (led, unled))
    assert lighter > darker + 0.5
    kinds = [{reason.id.partition(".")[0] for reason in one.reasons} for one in (led, unled, glad)]
    assert ["lead" in one for one in kinds] == [True, False, False]
