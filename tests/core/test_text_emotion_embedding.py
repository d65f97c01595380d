"""A text becomes a vector that stands near those of like feelings."""

from __future__ import annotations

import numpy as np
import pytest

from core.emotion.embedding import EmotionEmbedding
from core.entities import EMOTIONS, Emotion, Label


def near(a: str, b: str) -> float:
    first, second = (EmotionEmbedding.from_text(text).to_vector() for text in (a, b))
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_a_vector_holds_the_axes_and_then_the_names():
    feeling = EmotionEmbedding.from_text("너무 행복해서 눈물이 났다")
    vector = feeling.to_vector()
    assert vector.shape == (3 + len(EMOTIONS),)
    assert vector[:3] == pytest.approx([feeling.valence, feeling.arousal, feeling.dominance])
    assert EMOTIONS[int(np.argmax(vector[3:]))] == feeling.name == "joy"


def test_like_feelings_lie_closer_than_unlike_ones_across_languages():
    glad, pleased, mournful = "오늘 정말 행복했다", "I was so happy today", "할머니가 돌아가셔서 너무 슬프다"
    assert near(glad, pleased) > 0.6 > near(glad, mournful)
    assert near(mournful, "My grandmother died and I can't stop crying") > 0.6


def test_any_emotion_can_be_embedded():
    tapped = Emotion(0.1, -0.2, 0.3, labels=(Label("calm", 0.9),), confidence=1.0, why=("tea",))
    same = EmotionEmbedding.from_emotion(tapped)
    assert (same.valence, same.arousal, same.dominance, same.name, same.why) == (0.1, -0.2, 0.3, "calm", ("tea",))
    assert same.to_vector()[3 + EMOTIONS.index("calm")] == pytest.approx(0.9)


@pytest.mark.parametrize("text", ["", "\ud800", "🙂", "ㅋ" * 20_000])
def test_odd_texts_have_a_vector_too(text):
    vector = EmotionEmbedding.from_text(text).to_vector()
    assert np.isfinite(vector).all()
    assert (np.abs(vector) <= 1.0).all()
