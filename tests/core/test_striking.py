"""What somebody does not want is out of the picture, and the rest of it stays."""

from dataclasses import replace

import pytest

from core.entities import Emotion, Label, VisualPreferences
from core.painting import choices, figures, striking
from core.painting.sketch import compose
from core.painting.tags import find_tags

SAD = Emotion(-0.65, -0.35, -0.3, (Label("sadness", 1.0),), 0.8)


@pytest.fixture(scope="module")
def found():
    return find_tags("비가 와서 공원에서 강아지랑 아이스크림을 먹었다", "ko")


def names(sketch):
    return [layer.tag.split(":")[-1] for layer in sketch.layers]


@pytest.mark.parametrize("seed", range(4))
def test_one_thing_goes_and_everything_else_stays_where_it_was(found, seed):
    sketch = compose(found, SAD, seed)
    left = striking.taken_out(sketch, "tag.dog")
    assert "dog" in names(sketch) and "dog" not in names(left)
    where = {(layer.tag, layer.x, layer.y, layer.scale) for layer in sketch.layers}
    assert {(layer.tag, layer.x, layer.y, layer.scale) for layer in left.layers} <= where
    assert len(left.layers) == len(sketch.layers) - names(sketch).count("dog")


def test_who_held_it_does_not_hold_nothing(found):
    sketch = next(
        one
        for one in (compose(found, SAD, seed) for seed in range(40))
        if any("/hold/" in x.sticker for x in one.layers)
    )
    held = next(layer.tag.split(":")[1] for layer in sketch.layers if layer.tag.startswith("held:"))
    left = striking.taken_out(sketch, f"tag.{held}")
    assert not any("/hold/" in layer.sticker for layer in left.layers)


def test_without_the_rain_the_sky_is_clear_and_nobody_needs_the_umbrella():
    tags = find_tags("비가 오는데 공원을 걸었다", "ko")
    sketch = compose(tags, SAD, 3)
    assert sketch.weather == "rain" and any("umbrella" in layer.sticker for layer in sketch.layers)
    dry = striking.taken_out(sketch, "weather.rain")
    assert dry.weather == "clear" and not any("umbrella" in layer.sticker for layer in dry.layers)


def test_without_the_sadness_nobody_looks_sad(found):
    sketch = compose(found, SAD, 3)
    left = striking.taken_out(sketch, "feeling.sadness")
    faces = {layer.sticker.split("/")[3] for layer in left.layers if figures.is_figure(layer.sticker)}
    assert faces == {"smile"}
    assert striking.spared(found, SAD, VisualPreferences(), ("feeling.sadness",))[1].name == "neutral"


def test_another_place_is_composed_anew_and_struck_places_do_not_come_back(found):
    assert striking.taken_out(compose(found, SAD, 3), "place.park") is None
    struck: tuple[str, ...] = ()
    for _ in range(5):
        tags, emotion, _wanted = striking.spared(found, SAD, VisualPreferences(), struck)
        sketch = striking.composed_without(tags, emotion, 3, struck) or compose(tags, emotion, 3)
        assert f"place.{sketch.place}" not in struck
        struck = (*struck, f"place.{sketch.place}")


def test_a_preference_that_was_struck_is_neutral_for_this_picture(found):
    wanted = VisualPreferences(tone="warm", brightness=1.0)
    assert striking.spared(found, SAD, wanted, ("tone.warm",))[2] == VisualPreferences(brightness=1.0)
    assert striking.spared(found, SAD, wanted, ("brightness.high",))[2] == VisualPreferences(tone="warm")


def test_a_thing_that_was_struck_is_not_composed_again(found):
    tags, emotion, _ = striking.spared(found, SAD, VisualPreferences(), ("tag.dog",))
    assert all("dog" not in names(compose(tags, emotion, seed)) for seed in range(6))


@pytest.mark.parametrize("seed", range(3))
def test_what_was_chosen_for_one_scene_is_in_another(found, seed):
    first = compose(found, SAD, seed)
    me = next(layer for layer in first.layers if layer.tag == "me")
    layers = tuple(choices.with_face(layer, "laugh") if layer is me else layer for layer in first.layers)
    chosen = choices.chosen(first, replace(first, weather="snow", layers=layers))
    assert set(chosen) == {"weather.snow", "face.me.laugh"}
    other = striking.composed_without(found, SAD, seed + 50, (), chosen=chosen)
    assert other.weather == "snow" and {choices.face_of(one) for one in other.layers if one.tag == "me"} == {"laugh"}
    assert striking.composed_without(found, SAD, seed + 50, ()) is None


def test_of_two_choices_the_later_counts():
    both = choices.together(("weather.snow", "face.me.sad"), ("weather.rain", "time.night"))
    assert both == ("weather.rain", "face.me.sad", "time.night")
    assert choices.sky_of(both) == {"weather": "rain", "time": "night"}
