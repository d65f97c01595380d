"""An arrangement is taken only as our page makes it, and what it says is what is painted."""

import io
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.entities import Emotion, Label, Layer, Sketch, Stroke, Tag
from core.painting import arrangement, choices, figures, finding, sheet
from core.painting.crayon import CrayonPainter
from core.painting.sketch import compose
from core.painting.stickers import sticker_ids

ENTRY = "0" * 20
GLAD = Emotion(0.7, 0.3, 0.2, (Label("joy", 0.8),), 0.8)
DOG = Tag("dog", "강아지랑", "dog", "animal")
SKETCH = compose((DOG,), GLAD, 5)


def sent(**changes):
    told = json.loads(arrangement.written(ENTRY, 1, SKETCH))
    return json.dumps({**told, **changes})


near = st.floats(-0.25, 1.25, allow_nan=False)
across = st.floats(-0.25, 2.25, allow_nan=False)  # a wide page's
layers = st.builds(
    Layer, st.sampled_from(["dog", "cat", "figure/girl/wave/smile/3"]), across, near, st.floats(0.03, 1.5),
    st.floats(-180, 180), st.booleans(), st.sampled_from(["", "me", "sky:bird", "held:umbrella", "dog"]),
)  # fmt: skip
strokes = st.builds(
    Stroke, st.sampled_from(arrangement.COLOURS), st.floats(0.004, 0.08),
    st.lists(st.tuples(near, near), min_size=1, max_size=9).map(lambda pairs: tuple(one for pair in pairs for one in pair)),
)  # fmt: skip


@settings(deadline=None)  # the first call makes the form
@given(
    st.lists(layers, max_size=6).map(tuple), st.lists(strokes, max_size=4).map(tuple),
    st.sampled_from(choices.WEATHERS), st.sampled_from(choices.TIMES),
)  # fmt: skip
def test_what_is_written_is_read(some, lines, weather, time):
    drawing = replace(SKETCH, layers=some, strokes=lines, weather=weather, time=time)
    read = arrangement.read(arrangement.written(ENTRY, 3, drawing))
    assert read.on(SKETCH) == drawing and (read.entry_id, read.revision) == (ENTRY, 3)
    assert arrangement.sketch_in(json.dumps({"prompt": "…", "sketch": asdict(drawing)})) == drawing


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["entry", "revision", "layers", "strokes", "x"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_unfit(data):
    with pytest.raises(arrangement.Unfit):
        arrangement.read(data)


LAYER = {"sticker": "dog", "x": 0.5, "y": 0.5, "scale": 0.2}
STROKE = {"colour": "#d9604a", "width": 0.02, "points": [0.1, 0.1, 0.2, 0.2]}


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": [{**LAYER, "sticker": "dragon-of-doom"}]}, {"layers": [{**LAYER, "sticker": "figure/child/fly/smile/1"}]},
        {"layers": [{**LAYER, "sticker": "figure/child/stand/smile/30"}]}, {"layers": [{**LAYER, "sticker": "figure/child/stand/smile/٣"}]},
        {"layers": [{**LAYER, "x": 2.3}]}, {"layers": [{**LAYER, "y": float("nan")}]}, {"layers": [{**LAYER, "scale": 0.0}]},
        {"layers": [{**LAYER, "scale": 2}]}, {"layers": [{**LAYER, "rotation": 181}]}, {"layers": [{**LAYER, "x": "0.5"}]},
        {"layers": [{**LAYER, "tag": "죽고 싶다"}]}, {"layers": [{**LAYER, "onload": "x"}]}, {"layers": [LAYER] * 41},
        {"strokes": [{**STROKE, "colour": "red"}]}, {"strokes": [{**STROKE, "colour": 'url("x")'}]}, {"strokes": [{**STROKE, "points": [0.1]}]},
        {"strokes": [{**STROKE, "points": [0.1, 0.1, 0.2]}]}, {"strokes": [{**STROKE, "width": 1}]}, {"strokes": [STROKE] * 201},
        {"strokes": [{**STROKE, "points": [0.5] * 6002}, {**STROKE, "points": [0.5] * 6002}]}, {"entry": "../../etc"},
        {"revision": 0}, {"revision": "1"}, {"revision": True}, {"seed": 7},
        {"weather": "plague"}, {"weather": 1}, {"time": "dawn"}, {"place": "beach"},
    ],
)  # fmt: skip
def test_no_unknown_sticker_no_wild_number_nothing_more(changes):
    arrangement.read(sent())
    with pytest.raises(arrangement.Unfit) as refused:
        arrangement.read(sent(**changes))
    assert "죽고" not in str(refused.value)


def test_it_is_no_larger_than_our_page_makes_it():
    with pytest.raises(arrangement.Unfit):
        arrangement.read(sent() + " " * arrangement.LIMIT_BYTES)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def test_what_was_moved_and_drawn_is_in_the_picture():
    bare = replace(SKETCH, layers=())
    line = Stroke("#d9604a", 0.05, (0.2, 0.15, 0.5, 0.15, 0.8, 0.15))
    left = replace(bare, layers=(Layer("dog", 0.25, 0.7, 0.3),), strokes=(line,))
    painter = CrayonPainter()
    empty, drawn = (pixels(painter.paint((), GLAD, "ko", 5, sketch).png) for sketch in (bare, left))
    changed = np.abs(drawn - empty).sum(-1) > 60
    assert changed[280:430, 60:200].mean() > 0.25, "the dog is on the left"
    assert changed[280:430, 320:460].mean() < 0.05, "and not on the right"
    red = drawn[64:90, 120:390].mean((0, 1))
    assert red[0] > red[2] + 40, "the crayon line is red"


def test_the_chosen_weather_and_hour_are_painted():
    told = {name: value for name, value in json.loads(sent()).items() if name not in ("weather", "time")}
    assert arrangement.read(json.dumps(told)).on(SKETCH) == SKETCH, "where nothing is chosen it stays"
    outside = replace(SKETCH, place="park", weather="clear", time="day")
    night = arrangement.read(json.dumps({**told, "weather": "snow", "time": "night"})).on(outside)
    painter = CrayonPainter()
    day, dark = (painter.paint((DOG,), GLAD, "ko", 5, one) for one in (outside, night))
    assert pixels(dark.png)[:120].mean() < pixels(day.png)[:120].mean() - 40, "the sky is dark"
    assert "밤" in dark.alt and "눈" in dark.alt and "밤" not in day.alt


def test_a_chosen_face_is_painted_on_the_same_body():
    glad = Layer("figure/man/stand/smile/3", 0.5, 0.6, 0.5)
    sad = choices.with_face(glad, "sad")
    assert sad.sticker == "figure/man/stand/sad/3" and choices.face_of(sad) == "sad"
    assert (
        choices.with_face(glad, "plague") == glad and choices.with_face(Layer("dog", 0, 0, 1), "sad").sticker == "dog"
    )
    pictures = [
        pixels(CrayonPainter().paint((), GLAD, "ko", 5, replace(SKETCH, layers=(one,))).png) for one in (glad, sad)
    ]
    changed = np.abs(pictures[0] - pictures[1]).sum(-1) > 90
    head = figures.view_box(glad.sticker)[3]
    top = int((0.6 - 0.25) * 512)
    face_end = top + int(0.5 * 512 * 72 / head)
    assert changed[top:face_end].sum() > 60 and changed[face_end + 12 :].sum() < changed[top:face_end].sum() / 4


@pytest.mark.parametrize(("place", "weathers"), [
    ("park", choices.WEATHERS), ("home", ("clear", "cloudy", "rain", "snow")), ("stage", ()),
])  # fmt: skip
def test_only_weather_that_would_be_seen_is_offered(place, weathers):
    offered = choices.skies(replace(SKETCH, place=place, weather="clear", time="day"))
    assert offered.weathers == weathers and "day" in offered.times and "night" in offered.times
    foggy = choices.skies(replace(SKETCH, place=place, weather="fog", time="evening"))
    assert "evening" in foggy.times and (not weathers or "fog" in foggy.weathers), "what is there is among them"


def test_the_same_arrangement_is_the_same_picture():
    drawing = replace(SKETCH, strokes=(Stroke("#4a62a8", 0.02, (0.5, 0.5)),))
    one, again = (CrayonPainter().paint((DOG,), GLAD, "ko", 9, drawing) for _ in range(2))
    assert one.png == again.png and one.sketch == drawing and "강아지" in one.alt


def test_every_sticker_that_is_offered_can_be_sent():
    for kind in finding.KINDS:
        assert finding.of_kind(kind, "ko")
        for one in finding.of_kind(kind, "en"):
            assert arrangement.knows_sticker(one.sticker) and one.word and one.ratio > 0
            assert sheet.sticker_svg(one.sticker).startswith("<svg")


@pytest.mark.parametrize(
    ("words", "language", "wanted"),
    [("강아지", "ko", "dog"), ("강아", "ko", "dog"), ("dog", "ko", "dog"), ("고양이", "en", "cat"), ("Ice Cream", "en", "soft-ice-cream"),
     ("떡볶이", "ko", None), ("엄마", "ko", "figure/woman/stand/smile/8"), ("grandma", "en", "figure/granny/stand/smile/8"), ("별", "ko", "star")],
)  # fmt: skip
def test_stickers_are_found_in_both_languages(words, language, wanted):
    found = [one.sticker for one in finding.find(words, language)]
    assert found and (wanted is None or wanted in found[:4])


def test_every_sticker_can_be_found_by_a_korean_word():
    known = {one for one in sticker_ids() if finding.can_place(one)}
    words = {finding.found(one, "ko").word for one in known}
    assert {word for word in words if not any("가" <= letter <= "힣" for letter in word)} <= {"ktx"}
    assert not known - {one.sticker for word in words for one in finding.find(word, "ko", limit=2000)}
    assert finding.find("자전거", "ko")[0].sticker == "bicycle" and finding.found("bicycle", "en").word == "bicycle"


def test_nothing_is_found_for_nothing():
    assert finding.find("   ", "ko") == () and finding.find("zzzzqq", "en") == ()


def test_the_numbered_pictures_of_the_buttons():
    size = Image.open(io.BytesIO(sheet.preview_png(SKETCH, 0))).size
    assert size == (512, 512) and sheet.preview_png(SKETCH, 0) != sheet.preview_png(SKETCH)
    four = Image.open(io.BytesIO(sheet.four_png(("dog", "cat", "star", "tulip")))).convert("RGB")
    corners = [four.crop((x, y, x + 180, y + 180)).getcolors(100_000) for x in (40, 270) for y in (40, 270)]
    assert all(len(colours) > 20 for colours in corners)
    assert Sketch("park", "clear", "day", ()) and sheet.preview_png(Sketch("park", "clear", "day", ()))
