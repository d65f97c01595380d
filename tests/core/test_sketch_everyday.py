"""Everyday lines become scenes in which things are where they would be, and nobody beams at a quarrel."""

from __future__ import annotations

import pytest

from core.entities import Emotion, Label, Layer, Sketch
from core.painting import figures
from core.painting.drawing import foot_of, stage_of, width_of
from core.painting.shapes import PAGE
from core.painting.sketch import compose
from core.painting.tags import find_tags

SEEDS = range(5)


def drawn(text: str, language: str, name: str, valence: float, seed: int, place: str = "") -> Sketch:
    emotion = Emotion(valence, labels=(Label(name, 1.0),), confidence=0.9)
    return compose(find_tags(text, language), emotion, seed, place=place)


def the(sketch: Sketch, sticker: str) -> Layer:
    return next(layer for layer in sketch.layers if layer.sticker == sticker)


def faces(sketch: Sketch) -> set[str]:
    return {layer.sticker.split("/")[3] for layer in sketch.layers if figures.is_figure(layer.sticker)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("place", ["office", "home", "bedroom", "cafe", "kitchen", "hospital", "library", "school"])
def test_a_bus_is_seen_through_the_window_of_a_room(place: str, seed: int) -> None:
    sketch = drawn("Took the bus to see her", "en", "neutral", 0.0, seed, place)
    bus = the(sketch, "bus")
    panes = stage_of(place, sketch.weather, sketch.time, sketch.seed).panes
    assert any(
        abs(bus.x * PAGE - x) < side / 2 and y - side - 8 <= (bus.y - bus.scale / 2) * PAGE and foot_of(bus) <= y
        for x, y, side in panes
    )
    assert width_of(bus) * PAGE < 100


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("text", ["발표에서 차트를 보여 줬다", "사무실 에어컨이 고장 났다"])
def test_what_hangs_on_a_wall_does_not_stand_on_the_desk(text: str, seed: int) -> None:
    sketch = drawn(text, "ko", "tiredness", -0.3, seed, "office")
    hung = [layer for layer in sketch.layers if layer.sticker in ("bar-chart", "air-conditioner")]
    assert hung and all(foot_of(layer) < 200 for layer in hung)


def test_cooling_is_no_paper_fan() -> None:
    assert [tag.sticker for tag in find_tags("에어컨을 틀었다", "ko")] == ["air-conditioner"]
    assert [tag.sticker for tag in find_tags("선풍기를 틀었다", "ko")] == ["electric-fan"]
    assert [tag.sticker for tag in find_tags("부채를 부쳤다", "ko")] == ["folding-hand-fan"]


@pytest.mark.parametrize("seed", SEEDS)
def test_food_at_home_stands_on_a_table_and_a_screen_keeps_the_sofa(seed: int) -> None:
    assert drawn("집에서 혼자 피자를 먹었다", "ko", "joy", 0.6, seed).place == "kitchen"
    assert drawn("집에서 티비 보면서 피자를 먹었다", "ko", "joy", 0.6, seed).place == "home"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("text", "language", "places"),
    [
        ("집에 오는 길에 붕어빵을 사 먹었다", "ko", {"street"}),
        ("Rained all weekend so I finally cleaned my closet", "en", {"home", "bedroom"}),
        ("편의점 야간 알바 첫날", "ko", {"market"}),
        ("수학 시간에 선생님한테 걸렸다", "ko", {"school"}),
        ("벚꽃 아래에서 도시락을 먹었다", "ko", {"park", "meadow", "street", "river", "playground", "forest"}),
    ],
)
def test_a_line_plays_where_it_would(text: str, language: str, places: set[str], seed: int) -> None:
    assert drawn(text, language, "gratitude", 0.4, seed).place in places


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("text", "language"),
    [("아빠랑 말다툼을 했다", "ko"), ("Failed my math test again", "en"), ("아이가 열이 나서 밤새 간호했다", "ko")],
)
def test_nobody_beams_at_a_hard_thing_on_a_mild_guess(text: str, language: str, seed: int) -> None:
    sketch = drawn(text, language, "joy", 0.15, seed)
    assert not faces(sketch) & {"smile", "laugh"}
    assert "hundred-points" not in [layer.sticker for layer in sketch.layers]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_gone_does_not_stand_beside_me(seed: int) -> None:
    sketch = drawn("삼 년 사귄 남자친구랑 헤어졌다", "ko", "sadness", -0.5, seed)
    people = [layer for layer in sketch.layers if figures.is_figure(layer.sticker)]
    assert [layer.tag for layer in people] == ["me"] and "broken-heart" in [one.sticker for one in sketch.layers]
    assert {"cat", "dog"} & {layer.sticker for layer in sketch.layers}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_teddy_comes_along_to_work_and_no_cat_stands_on_a_table(seed: int) -> None:
    sketch = drawn("", "ko", "tiredness", -0.3, seed, "office")
    assert "teddy-bear" not in [layer.sticker for layer in sketch.layers]
    for cat in (layer for layer in sketch.layers if layer.sticker == "cat"):
        assert foot_of(cat) < 432  # behind the table's edge, which is drawn over its feet
