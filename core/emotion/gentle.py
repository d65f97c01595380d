"""Of a line that worries us no feeling is claimed: what only a model guessed becomes quiet before anything is made of it."""

from __future__ import annotations

from dataclasses import replace

from core.entities import SURE, Analysis, Emotion, Label, Level

#: Names that a guess may keep there: none that is glad, and none that would blame or be cross.
KEPT = ("sadness", "loneliness", "anxiety", "tiredness")
INSTEAD = "calm"  # how a picture looks where none of them is left: nobody beams in it, and nobody cries
_VALENCE, _AROUSAL = -0.05, 0.0  # at most
_CONFIDENCE = SURE - 0.05  # at most: nobody is told


def gentled(analysis: Analysis, level: Level) -> Analysis:
    """The analysis as pictures, music, comment and guess may go by it, for an entry of that level; done twice it is the
    same. The very same where nothing worries us, or the person said what they felt. What the words alone were taken for
    and the raw scores stay; `plain` keeps the guess, from which the next one may learn."""
    if level is Level.NONE or analysis.told:
        return analysis
    guess, quiet = analysis.emotion, _quiet(analysis.emotion)
    if quiet == guess and not analysis.disagree:
        return analysis
    plain = analysis.plain or replace(guess, why=(), raw=())
    return replace(analysis, emotion=quiet, plain=plain, disagree=False)


def _quiet(guess: Emotion) -> Emotion:
    left = tuple(label for label in guess.labels if label.name in KEPT)
    if not left:
        left = (Label(INSTEAD, min(guess.confidence, _CONFIDENCE)),)
    return replace(
        guess,
        valence=min(guess.valence, _VALENCE),
        arousal=min(guess.arousal, _AROUSAL),
        labels=left,
        confidence=min(guess.confidence, _CONFIDENCE),
        why=(),
    )
