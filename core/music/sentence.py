"""What a piece is to be, in one English sentence: "a tender piano piece for a woman in her thirties"."""

from __future__ import annotations

from core.entities import Emotion

_MANNERS = {
    "joy": "bright", "love": "warm", "gratitude": "warm", "excitement": "lively", "pride": "upright", "calm": "quiet",
    "relief": "light", "surprise": "playful", "sadness": "tender", "loneliness": "tender", "disappointment": "gentle",
    "anxiety": "steadying", "anger": "strong, then easing", "guilt": "gentle", "tiredness": "soft", "boredom": "curious",
    "confusion": "clearing", "neutral": "plain",
}  # fmt: skip


def sentence(emotion: Emotion, lead: str, listener: str = "") -> str:
    """`lead`: the instrument that sings; `listener`: for whom, where that may be said ("a woman in her thirties")."""
    manner = _MANNERS[emotion.name]
    article = "an" if manner[0] in "aeiou" else "a"
    return f"{article} {manner} {lead} piece" + (f" for {listener}" if listener else "")
