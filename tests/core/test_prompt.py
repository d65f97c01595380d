"""What a painter is told: the important first, never more than it reads, and why."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.entities import EMOTIONS, Brief, Emotion, Label, Tag, VisualPreferences
from core.painting import preferences, prompt
from core.painting.sketch import compose
from core.painting.tags import find_tags, lexicon

CLIP_SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
SAD = Emotion(-0.65, -0.35, -0.3, (Label("sadness", 1.0),), 0.8, why=("슬펐다",))
GLAD = Emotion(0.8, 0.5, 0.4, (Label("joy", 1.0),), 0.8)


@cache
def costs() -> dict[str, int]:
    """Tokens by word, counted once with CLIP's own merges."""
    lines = (Path(__file__).parent / "data" / "clip_tokens.txt").read_text("utf-8").splitlines()[1:]
    return {word: int(line.split()[0]) for line in lines for word in line.split()[1:]}


def tokens(text: str) -> int:
    """What CLIP's tokenizer makes of a text, its two marks included."""
    return 2 + sum(costs().get(part, 1 + len(part) // 8) for part in CLIP_SPLIT.findall(text.lower()))


def told(line, emotion, wanted=None, brief=None, language="ko", seed=1):
    tags = find_tags(line, language)
    return prompt.write(compose(tags, emotion, seed), tags, emotion, wanted, brief)


def felt(name, valence, arousal, confidence=0.8):
    return Emotion(valence, arousal, 0.0, (Label(name, 1.0),), confidence)


# --- any combination -----------------------------------------------------------------------------

TAGS = st.lists(st.sampled_from(sorted(lexicon().concepts)), max_size=12, unique=True).map(
    lambda names: tuple(
        Tag(name, name, lexicon().concepts[name].sticker, lexicon().concepts[name].kind)
        for name in names
        if lexicon().concepts[name].sticker
    )
)
SHARE = st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0))
WANTED = st.builds(
    VisualPreferences,
    **{what: st.sampled_from((*preferences.names(what), "gone")) for what in preferences.CHOICES},
    **dict.fromkeys(preferences.SCALES, SHARE),
)
AXIS = st.floats(-1, 1)
FEELING = st.builds(
    lambda name, valence, arousal, sure: Emotion(valence, arousal, 0.0, (Label(name, 1.0),), sure),
    st.sampled_from(EMOTIONS), AXIS, AXIS, st.floats(0, 1),
)  # fmt: skip
SCENES = st.lists(st.sampled_from(sorted(costs())), max_size=40).map(" ".join)


def place_of(words, text):
    """Where they stand, as a piece of their own if they do: the scene "a" is no part of "pastel"."""
    own = f", {text}, ".find(f", {words}, ")
    return own if own >= 0 else text.index(words)


@given(TAGS, FEELING, WANTED, SCENES, st.integers(0, 9999))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_combination_fits_and_says_the_important_first(tags, emotion, wanted, scene, seed):
    sketch = compose(tags, emotion, seed)
    made = prompt.write(sketch, tags, emotion, wanted, Brief(scene))
    assert tokens(made.text) <= 77 and tokens(made.negative) <= 77
    look = preferences.known(wanted).look
    assert made.text.startswith(f"child's {preferences.entry('look', look)['words']}")
    pieces = made.text.split(", ")
    assert sketch.place.replace("_", " ") in pieces and emotion.name in pieces
    said = {prompt.kind_of(one.id): place_of(one.words, made.text) for one in made.reasons if one.words}
    order = [said[kind] for kind in ("look", "style", "place", "feeling", "lead", "tone", "scene") if kind in said]
    assert order == sorted(order)
    assert all(one.words in made.text for one in made.reasons)


# --- what is said --------------------------------------------------------------------------------


def test_the_feeling_is_seen_before_it_is_led_to_light():
    text = told("오늘은 강아지를 보냈다", SAD).text
    assert text.index("sadness") < text.index("soft rain") < text.index("a warm window")


def test_a_strong_feeling_is_led_further_than_a_faint_one():
    strong, faint = (told("시험을 봤다", felt("anxiety", *axes)).text for axes in ((-0.8, 0.6), (-0.2, 0.1)))
    assert "safe ground" in strong and "a steady light" in strong
    assert "safe ground" in faint and "slow shapes" not in faint
    assert "a steady light" not in told("시험을 봤다", felt("anxiety", -0.8, 0.6, confidence=0.1)).text


def test_somebody_who_wants_distance_sees_less_of_it_and_more_light():
    facing, distance = (told("울었다", SAD, VisualPreferences(coping=one)).text for one in ("facing", "distance"))
    assert "kind blue" in facing and "clearing sky" not in facing and "seen up close" in facing
    assert "kind blue" not in distance and "safe and calm" in distance and "seen from a safe distance" in distance
    assert "distance" not in told("웃었다", GLAD, VisualPreferences(coping="distance")).text  # on a hard day only


def test_a_hard_feeling_is_spared_what_would_make_it_harder():
    assert "despair" in told("울었다", SAD).negative and "despair" not in told("웃었다", GLAD).negative


def test_what_one_likes_is_said_and_its_opposite_kept_away():
    made = told("바다에 갔다", GLAD, VisualPreferences(style="folk", tone="warm", harmony="triadic", brightness=1.0))
    for words in ("Korean folk painting", "warm tones", "three balanced colours", "very bright light"):
        assert words in made.text
    assert "cold blue cast" in made.negative and "gloomy" in made.negative
    assert "bright light" not in told("바다에 갔다", GLAD).text


def test_each_reason_knows_the_diarys_own_word():
    made = told("비가 와서 집에서 강아지랑 김치찌개를 먹었다", SAD)
    said = {one.id: one.said for one in made.reasons}
    assert said["tag.dog"] == "강아지랑" and said["place.kitchen"] == "집에서" and said["weather.rain"] == "비가 와서"
    assert said["feeling.sadness"] == "슬펐다"


def test_a_painter_that_does_not_read_is_moved_by_less():
    made = told("강아지랑 산책했다", GLAD, VisualPreferences(style="folk"))
    kinds = {prompt.kind_of(one.id) for one in made.seen(frozenset({"tag", "feeling"}))}
    assert kinds == {"tag", "feeling"}
    assert {"lead", "style"} <= {prompt.kind_of(one.id) for one in made.seen(frozenset(), reads=True)}


def test_what_was_struck_out_is_not_said_and_is_kept_away():
    made = told("강아지랑 산책했다", SAD, None, Brief(struck=("lead.sadness", "told.walk")))
    assert "warm window" not in made.text and "walk" not in made.text
    assert made.negative.startswith("walk") and not {"lead.sadness", "told.walk"} & {one.id for one in made.reasons}


def test_a_diarys_line_is_plain_letters_and_cut_to_its_room():
    made = told("오늘", GLAD, None, Brief("<script>The sea!!! 바다 (shining:2) " + "blue " * 90))
    line = next(one.words for one in made.reasons if one.id == "scene.told")
    assert re.fullmatch(r"[A-Za-z0-9' -]+", line) and line.startswith("script The sea") and tokens(line) <= 24


@pytest.mark.parametrize(
    ("line", "struck"),
    [
        ("I did not see the dog", ()),  # a text encoder does not understand "not"
        ("I wish we had a dog", ()),
        ("We walked the dog in the park", ("tag.dog",)),
        ("We walked the dog in the park", ("told.walk",)),
        ("We walked the dog in the park", ("place.park",)),
        ("We walked the dog in the park", ("scene.told",)),
    ],
)
def test_a_line_is_not_told_where_something_of_it_is_denied_or_was_struck_out(line, struck):
    made = told("오늘", GLAD, None, Brief(line, struck))
    assert line[:8] not in made.text and "dog" not in made.text
    assert "scene.told" not in {one.id for one in made.reasons}


def test_a_line_is_told_where_what_was_struck_out_is_none_of_it():
    made = told("오늘", GLAD, None, Brief("We walked the dog in the park", ("tone.warm", "lead.joy")))
    assert "We walked the dog in the park" in made.text


def test_choices_that_are_no_longer_on_the_list_are_taken_as_neutral():
    old = VisualPreferences(style="cubist", look="oil", brightness=7.0)
    assert preferences.known(old) == VisualPreferences(brightness=1.0)
    assert "cubist" not in told("바다", GLAD, old).text


def test_each_list_has_nine_and_everybody_finds_their_words():
    from core.phrases import knows

    assert [len(preferences.names(what)) for what in ("style", "tone", "harmony", "look")] == [9, 9, 9, 4]
    for language in ("ko", "en"):
        for what in preferences.CHOICES:
            assert all(knows(language, f"painting.{what}.{name}.like") for name in preferences.names(what))


def test_a_feeling_that_we_are_not_sure_of_is_painted_and_not_named():
    made = told("울었다", replace(SAD, confidence=0.2))
    named = {one.id for one in made.seen(frozenset({"feeling", "lead"}))}
    assert named == {"mood.sadness", "lead.mood"} and "soft rain" in made.text


def test_where_the_feeling_was_struck_out_another_one_is_no_reason_instead():
    kinds = {
        prompt.kind_of(one.id) for one in told("울었다", Emotion(), None, Brief(struck=("feeling.sadness",))).reasons
    }
    assert not kinds & {"feeling", "mood", "lead"}


def test_a_place_is_one_reason_not_two():
    made = told("카페에서 커피를 마셨다", GLAD)
    assert [one.id for one in made.reasons if "cafe" in one.id] == ["place.cafe"]


def test_a_painter_that_does_not_read_leads_a_hard_feeling_to_light_too():
    near, far = VisualPreferences(coping="facing"), VisualPreferences(coping="distance")
    assert prompt.led(GLAD, None, None) == 0 == prompt.led(SAD, None, Brief(struck=("lead.sadness",)))
    assert 0 < prompt.led(SAD, near, None) < prompt.led(SAD, None, None) < prompt.led(SAD, far, None) <= 1
