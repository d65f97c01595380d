"""Every reading that a test asks for is looked at: its numbers stay where they belong, and nothing of it was learned by heart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.emotion.text import TextEmotion
from core.entities import EMOTIONS, Emotion

TABLE = Path(__file__).parents[2] / "training" / "data" / "diary_lines.tsv"


def learned_from(texts: Iterable[str]) -> set[str]:
    """Those of the texts that stand in the table that the model learns from."""
    return set(texts) & {line.split("\t")[3] for line in TABLE.read_text(encoding="utf-8").splitlines()}


def within_bounds(emotion: Emotion) -> Emotion:
    """The emotion itself; its axes are in -1..1, its scores in 0..1 and in order, its names warm ones."""
    for axis in (emotion.valence, emotion.arousal, emotion.dominance):
        assert -1.0 <= axis <= 1.0
    assert 0.0 <= emotion.confidence <= 1.0
    assert emotion.labels
    assert all(label.name in EMOTIONS for label in emotion.labels)
    assert [x.score for x in emotion.labels] == sorted((x.score for x in emotion.labels), reverse=True)
    assert all(0.0 <= label.score <= 1.0 for label in (*emotion.labels, *emotion.raw)), emotion
    return emotion


@dataclass(frozen=True)
class Watched:
    """The embedded model; whatever it reads is looked at."""

    model: TextEmotion

    def read(self, text: str, language: str = "") -> Emotion:
        """As the model reads it."""
        return within_bounds(self.model.read(text, language))

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What the numbers of each head are called."""
        return self.model.names
