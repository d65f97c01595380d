"""Words, face and voice become one Emotion; the words win where they are clear."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.entities import SURE, Emotion, Face, Label, Prosody

_PALETTE = Path(__file__).resolve().parent.parent.parent / "config" / "palette.toml"

#: Where a face label stands: valence, arousal, dominance in -1..1 (Russell and Mehrabian's 1977 norms for the
#: words angry, happy, afraid/astonished, sad, neutral, drawn in a little: a face says less than a word).
FACE_ANCHORS = {
    "anger": (-0.5, 0.55, 0.25),
    "happy": (0.75, 0.4, 0.3),
    "panic": (-0.4, 0.6, -0.4),
    "sadness": (-0.6, -0.3, -0.35),
    "neutral": (0.0, -0.1, 0.05),
}
#: The warm names a face may lend to the labels, and how much of its score. Panic joins surprise and fear.
FACE_NAMES = {
    "anger": {"anger": 1.0},
    "happy": {"joy": 1.0},
    "panic": {"surprise": 0.6, "anxiety": 0.6},
    "sadness": {"sadness": 1.0},
    "neutral": {"neutral": 0.5},
}

_CLEAR = 0.5  # words at least this sure are clear: a face then moves them by no more than _CLEAR_SHARE
_CLEAR_SHARE = 0.15
_FACE_SHARE = 0.6  # of a sure face against words that say nothing
_APART = 0.6  # valences at least this far apart, on both sides of zero, disagree
_SIDE = 0.2  # |valence| from which a side is taken
_FACE_SURE = 0.5  # a less sure face is never said to disagree
_VOICE_SHARE = 0.5  # of a sure voice, in the arousal of words that say nothing; of clear ones half of that


@cache
def anchors() -> dict[str, tuple[float, float, float]]:
    """Where each name of the palette stands: valence, arousal, dominance in -1..1."""
    palette = tomllib.loads(_PALETTE.read_text(encoding="utf-8"))
    return {name: (e["valence"], e["arousal"], e["dominance"]) for name, e in palette.items()}


def from_label(name: str, strength: float = 1.0) -> Emotion:
    """The emotion of one name, as after a tap on "no, I felt ...": surely said, so confidence is 1.

    `strength` in 0..1 draws it towards the middle. Raises KeyError for a name that is not in the palette.
    """
    valence, arousal, dominance = (strength * axis for axis in anchors()[name])
    return Emotion(valence, arousal, dominance, labels=(Label(name, strength),), confidence=1.0)


def face_axes(face: Face) -> tuple[float, float, float]:
    """Valence, arousal, dominance of a face: its labels' anchors, weighted by their scores."""
    total = sum(label.score for label in face.labels) or 1.0
    axes = [sum(label.score * FACE_ANCHORS[label.name][k] for label in face.labels) / total for k in range(3)]
    return axes[0], axes[1], axes[2]


def fuse(words: Emotion, face: Face | None, voice: Prosody | None = None) -> tuple[Emotion, bool]:
    """One emotion from all, and whether face and words clearly disagree (a smile over sad words, tears over glad ones).

    How something was said is a hint on arousal, and on nothing else."""
    emotion, apart = _with_face(words, face)
    if voice is not None:
        share = _VOICE_SHARE * voice.confidence * (1.0 if words.confidence < _CLEAR else 0.5)
        emotion = replace(emotion, arousal=(1 - share) * emotion.arousal + share * voice.arousal)
    return emotion, apart


def kind_of_disagreement(face: Face) -> str:
    """What is asked about where a face and the words disagree: `face_happy` over heavy words, or `face_sad`."""
    return "face_happy" if face.name == "happy" else "face_sad"


def _with_face(words: Emotion, face: Face | None) -> tuple[Emotion, bool]:
    if face is None or not face.labels:
        return words, False
    axes = face_axes(face)
    apart = (
        min(abs(words.valence), abs(axes[0])) >= _SIDE
        and words.valence * axes[0] < 0
        and abs(words.valence - axes[0]) >= _APART
        and face.confidence >= _FACE_SURE
        and words.confidence >= SURE
    )
    share = _share(words, face)
    if share <= 0:
        return words, apart
    valence, arousal, dominance = (
        (1 - share) * w + share * f for w, f in zip((words.valence, words.arousal, words.dominance), axes, strict=True)
    )
    return (
        replace(
            words,
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            labels=_joined(words, face, share),
            confidence=max(words.confidence, (1 - share) * words.confidence + share * face.confidence),
        ),
        apart,
    )


def _share(words: Emotion, face: Face) -> float:
    """How much of the answer is the face's, 0.._FACE_SHARE."""
    if words.confidence >= _CLEAR:
        return _CLEAR_SHARE * face.confidence
    doubt = 1.0 - words.confidence / _CLEAR
    return face.confidence * (_CLEAR_SHARE + (_FACE_SHARE - _CLEAR_SHARE) * doubt)


def _joined(words: Emotion, face: Face, share: float) -> tuple[Label, ...]:
    """The labels of both, strongest first, five at most."""
    scores = {label.name: (1 - share) * label.score for label in words.labels}
    for label in face.labels:
        for name, part in FACE_NAMES[label.name].items():
            scores[name] = scores.get(name, 0.0) + share * part * label.score
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:5]
    return tuple(Label(name, min(1.0, score)) for n, (name, score) in enumerate(ranked) if n == 0 or score >= 0.1)
