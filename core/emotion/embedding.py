"""A text as a point in the space of feelings: `EmotionEmbedding.from_text("오늘 참 좋았다").to_vector()`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

from core.emotion.labels import ekman_of
from core.emotion.text import TextEmotion
from core.entities import EMOTIONS, Emotion, Label

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class EmotionEmbedding(Emotion):
    """An Emotion that can be measured against another: `.valence`, `.arousal`, `.dominance` and the names' scores."""

    @classmethod
    def from_text(cls, text: str, language: str = "") -> EmotionEmbedding:
        """Read by the embedded model (0.1 s for the first text, then about 2 ms a line); never raises for a text."""
        return cls.from_emotion(_reader().read(text, language))

    @classmethod
    def from_emotion(cls, emotion: Emotion) -> EmotionEmbedding:
        """The same feeling, from words, a face or a tap."""
        return cls(**{each.name: getattr(emotion, each.name) for each in fields(Emotion)})

    @property
    def ekman(self) -> tuple[Label, ...]:
        """Ekman's six and neutral with their scores in 0..1, strongest first; () for a feeling that no text told."""
        return ekman_of(self.raw)

    def to_vector(self) -> np.ndarray:
        """Valence, arousal, dominance in -1..1, then the score of each of EMOTIONS in 0..1, 0 where unnamed.  # (21,)"""
        import numpy as np

        scores = {label.name: label.score for label in self.labels}
        return np.array(
            [self.valence, self.arousal, self.dominance, *(scores.get(name, 0.0) for name in EMOTIONS)], np.float32
        )


@cache
def _reader() -> TextEmotion:
    return TextEmotion.load()
