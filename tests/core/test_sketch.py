"""What a composed scene looks like before colour: everything on the page, nobody's face hidden."""

from __future__ import annotations

import itertools

import pytest

from core.entities import EMOTIONS, Emotion, Label, Sketch, Tag
from core.painting import figures
from core.painting.drawing import bounds, colour_art, line_art, stage_of, width_of
from core.painting.sketch import compose
from core.painting.stage import PLACES

DOG = Tag("dog", "강아지랑", "dog", "animal")
ICE = Tag("ice_cream", "아이스크림을", "ice-cream", "food")
CAR = Tag("car", "car", "automobile", "thing")
HOUSE = Tag("ant_day", "개미", "ant", "animal")
FRIEND = Tag("friend", "친구", "person", "person")
MOTHER = Tag("mother", "엄마", "woman", "person")


def feeling(name: str, valence: float = 0.0) -> Emotion:
    return Emotion(valence, labels=(Label(name, 1.0),), confidence=0.9)


def corners(sketch: Sketch) -> list[tuple[str, float, float, float, float]]:
    found = []
    for layer in sketch.layers:
        half = width_of(layer) / 2
        found.append(
            (layer.sticker, layer.x - half, layer.y - layer.scale / 2, layer.x + half, layer.y + layer.scale / 2)
        )
    return found


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_place_keeps_everything_on_the_page(place: str) -> None:
    for seed in range(4):
        sketch = compose((DOG, ICE, CAR, MOTHER, FRIEND), feeling("joy", 0.8), seed, place=place)
        assert sketch.place == place
        for sticker, left, top, right, bottom in corners(sketch):
            assert left >= 0.02 and top >= 0.02 and right <= 0.98 and bottom <= 0.98, (sticker, seed)


def test_no_sticker_in_front_hides_a_face() -> None:
    for seed, place in itertools.product(range(6), ("beach", "restaurant", "home", "street")):
        sketch = compose((MOTHER, DOG, ICE, CAR), feeling("joy", 0.8), seed, place=place)
        for i, layer in enumerate(sketch.layers):
            if not figures.is_figure(layer.sticker):
                continue
            half = width_of(layer) * 0.22
            eyes = (layer.x - half, layer.y - layer.scale * 0.36, layer.x + half, layer.y - layer.scale * 0.18)
            for sticker, left, top, right, bottom in corners(sketch)[i + 1 :]:
                wide, tall = min(right, eyes[2]) - max(left, eyes[0]), min(bottom, eyes[3]) - max(top, eyes[1])
                assert wide <= 0.012 or tall <= 0.012, (place, seed, sticker)


def test_same_seed_same_scene_and_another_seed_another() -> None:
    assert compose((DOG,), feeling("joy"), 7) == compose((DOG,), feeling("joy"), 7)
    assert len({compose((DOG,), feeling("joy"), seed).layers for seed in range(8)}) > 4


def test_what_the_diary_names_is_drawn() -> None:
    sketch = compose((DOG, MOTHER, ICE), feeling("joy", 0.8), 3, place="park", weather="clear", time="day")
    drawn = {layer.sticker for layer in sketch.layers}
    assert {"dog", "ice-cream"} <= drawn
    assert any(sticker.startswith("figure/woman/") for sticker in drawn)
    assert (sketch.weather, sketch.time) == ("clear", "day")


def test_an_ant_is_smaller_than_a_car() -> None:
    sketch = compose((HOUSE, CAR), feeling("neutral"), 5, place="street")
    scale = {layer.sticker: layer.scale for layer in sketch.layers}
    assert scale["ant"] < scale["automobile"] < 1


@pytest.mark.parametrize("name", EMOTIONS)
def test_without_tags_each_emotion_has_its_own_landscape(name: str) -> None:
    scenes = [compose((), feeling(name), seed) for seed in range(6)]
    assert all(scene.layers for scene in scenes)
    assert len({(scene.place, scene.layers) for scene in scenes}) > 3


def test_nobody_is_sad_alone() -> None:
    for seed in range(6):
        sketch = compose((CAR,), feeling("sadness", -0.7), seed)
        assert {"cat", "dog"} & {layer.sticker for layer in sketch.layers}


def test_the_feeling_is_in_the_face() -> None:
    faces = {name: compose((), feeling(name), 2).layers for name in ("joy", "anger", "sadness")}
    shown = {
        name: [layer.sticker.split("/")[3] for layer in layers if layer.tag == "me"] for name, layers in faces.items()
    }
    assert shown == {"joy": ["laugh"], "anger": ["cross"], "sadness": ["sad"]}


def test_line_art_is_black_and_white_only() -> None:
    svg = line_art(compose((DOG,), feeling("joy"), 1, place="beach"))
    import io

    import numpy as np
    import resvg_py
    from PIL import Image

    pixels = np.asarray(
        Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))).convert("RGB")
    )
    assert (pixels.max(-1) - pixels.min(-1)).max() == 0
    assert 0.5 < (pixels > 200).mean() < 0.99


def test_colour_art_follows_the_palette() -> None:
    sketch = compose((), feeling("calm"), 4, place="meadow")
    warm, cold = ("#FFEECC",) * 5, ("#445588",) * 5
    assert colour_art(sketch, warm) != colour_art(sketch, cold)


def test_a_stage_has_the_same_geometry_in_every_palette() -> None:
    one = stage_of("street", "clear", "day", 9)
    other = stage_of("street", "clear", "day", 9, ("#111111",) * 5)
    assert [shape.d for shape in one.back] == [shape.d for shape in other.back]


def test_bounds_are_those_of_the_drawing_not_of_its_page() -> None:
    left, top, wide, high = bounds("ant")
    assert 0 < wide <= 32 and 0 < high <= 32 and (left, top) != (0, 0)


def test_sizes_name_only_stickers_that_exist() -> None:
    import tomllib
    from pathlib import Path

    from core.painting import cast
    from core.painting.stickers import sticker_ids

    tables = tomllib.loads(Path(cast.__file__).with_name("sizes.toml").read_text("utf-8"))
    named = {*tables["size"], *" ".join([*tables["zone"].values(), *tables["hold"].values()]).split()}
    assert named <= set(sticker_ids())


def test_whatever_the_lexicon_knows_finds_its_place() -> None:
    from core.painting.lexicon import lexicon

    tags = [Tag(concept.name, concept.name, concept.sticker, concept.kind) for concept in lexicon().concepts.values()]
    for start in range(0, len(tags), 5):
        sketch = compose(tuple(tags[start : start + 5]), feeling("neutral"), start)
        assert sketch.place in PLACES and sketch.time in ("morning", "day", "evening", "night")
        for sticker, left, top, right, bottom in corners(sketch):
            assert left >= 0.02 and top >= 0.02 and right <= 0.98 and bottom <= 0.98, sticker


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["joy", "sadness"])
def test_where_somebody_is_mourned_nobody_beams_and_no_animal_takes_a_place(seed: int, name: str) -> None:
    tags = (Tag("remembrance", "", "candle", "thing"), MOTHER)
    sketch = compose(tags, feeling(name, -0.5), seed)
    assert "candle" in [layer.sticker for layer in sketch.layers]
    assert not {"dog", "cat"} & {layer.sticker for layer in sketch.layers}
    faces = {layer.sticker.split("/")[3] for layer in sketch.layers if figures.is_figure(layer.sticker)}
    assert not faces & {"laugh", "smile"}


def test_a_mere_guess_of_gladness_brings_no_kite() -> None:
    unsure = Emotion(0.3, labels=(Label("joy", 0.2),), confidence=0.3)
    faces = {compose((), unsure, seed).layers[0].sticker for seed in range(8)}
    assert not any("/laugh/" in face for face in faces)
