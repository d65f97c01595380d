"""What other people call the five feelings of a face."""

from __future__ import annotations

from collections.abc import Mapping

from core.entities import FACE_EMOTIONS

#: What other data sets and models call our five, Korean ones too; panic is surprise and fear.
ALSO_CALLED = {
    "angry": "anger",
    "happiness": "happy",
    "surprise": "panic",
    "fear": "panic",
    "sad": "sadness",
    "분노": "anger",
    "기쁨": "happy",
    "당황": "panic",
    "슬픔": "sadness",
    "중립": "neutral",
}


def our_name(label: str, names: Mapping[str, str] | None = None) -> str | None:
    """What a data set calls a feeling -> one of FACE_EMOTIONS, or None for a feeling that is none of ours."""
    name = (names or {}).get(label.strip(), label).strip().lower()
    name = ALSO_CALLED.get(name, name)
    return name if name in FACE_EMOTIONS else None
