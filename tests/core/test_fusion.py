"""Words win where they are clear; a face that says otherwise is noticed."""

from __future__ import annotations

import pytest

from core.emotion.fusion import from_label, fuse
from core.entities import EMOTIONS, FACE_EMOTIONS, Emotion, Face, Label
from core.phrases import say


def face(name: str, score: float = 0.9, confidence: float = 0.9) -> Face:
    return Face(labels=(Label(name, score), Label("neutral", 1 - score)), box=(0, 0, 90, 90), confidence=confidence)


GLAD = Emotion(0.7, 0.4, 0.3, (Label("joy", 0.9),), 0.85)
SAD = Emotion(-0.65, -0.3, -0.3, (Label("sadness", 0.9),), 0.85)
UNSURE = Emotion(0.0, 0.0, 0.0, (Label("neutral", 0.4),), 0.1)


def test_no_face_changes_nothing():
    assert fuse(SAD, None) == (SAD, False)


def test_clear_words_win_over_a_smile_and_the_smile_is_noticed():
    emotion, apart = fuse(SAD, face("happy"))
    assert emotion.valence < -0.4
    assert emotion.name == "sadness"
    assert apart


def test_glad_words_over_a_sad_face_disagree():
    emotion, apart = fuse(GLAD, face("sadness"))
    assert emotion.name == "joy"
    assert apart


@pytest.mark.parametrize(
    ("words", "name"), [(GLAD, "happy"), (SAD, "sadness"), (GLAD, "neutral"), (SAD, "neutral"), (UNSURE, "anger")]
)
def test_agreement_and_plain_faces_are_no_disagreement(words, name):
    assert fuse(words, face(name))[1] is False


def test_an_unsure_face_never_disagrees():
    assert fuse(SAD, face("happy", score=0.9, confidence=0.3))[1] is False


def test_words_that_say_nothing_leave_it_to_the_face():
    emotion, _ = fuse(UNSURE, face("happy"))
    assert emotion.name == "joy"
    assert emotion.valence > 0.25
    assert emotion.confidence > UNSURE.confidence


@pytest.mark.parametrize("name", FACE_EMOTIONS)
def test_every_face_fuses_within_bounds(name):
    emotion, _ = fuse(UNSURE, face(name, score=1.0, confidence=1.0))
    assert all(-1 <= axis <= 1 for axis in (emotion.valence, emotion.arousal, emotion.dominance))
    assert all(label.name in EMOTIONS and 0 <= label.score <= 1 for label in emotion.labels)


@pytest.mark.parametrize("name", EMOTIONS)
def test_a_tap_names_the_emotion(name):
    emotion = from_label(name)
    assert (emotion.name, emotion.confidence) == (name, 1.0)
    assert abs(from_label(name, 0.5).valence) <= abs(emotion.valence)


def test_a_tap_on_sadness_is_dark_and_on_joy_bright():
    assert from_label("sadness").valence < -0.4 < 0.4 < from_label("joy").valence


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_name_has_words(language):
    keys = [f"emotion.{name}" for name in EMOTIONS] + [f"face.{name}" for name in FACE_EMOTIONS] + ["emotion.unsure"]
    words = [say(language, key) for key in keys]
    assert len(set(words)) == len(words)
