"""What the labels of the corpora have to do with the names that people are shown, and with Ekman's six."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.entities import EMOTIONS, Label

if TYPE_CHECKING:
    import numpy as np

WARM_LABELS = Path(__file__).resolve().parent.parent.parent / "config" / "warm_labels.toml"
_EKMAN = "ekman"


@cache
def warm_tables() -> dict[str, dict[str, dict[str, float]]]:
    """Label set -> label -> how much of each warm name it carries."""
    return {name: table for name, table in _file().items() if name != _EKMAN}


@cache
def warm_table(names: tuple[str, ...]) -> np.ndarray:
    """How much of each warm name a raw label carries.  # (labels, 18)"""
    import numpy as np

    table = next(each for each in warm_tables().values() if names[0] in each)
    return np.array([[table[name].get(warm, 0.0) for warm in EMOTIONS] for name in names])


@cache
def ekman_groups() -> dict[str, tuple[str, ...]]:
    """Ekman's six and neutral, in the corpus's order -> the labels of GoEmotions in each (Demszky et al. 2020)."""
    return {group: tuple(labels) for group, labels in _file()[_EKMAN].items()}


def ekman_columns(names: Sequence[str]) -> list[list[int]]:
    """Where the labels of each group stand among the `names` of GoEmotions' labels."""
    return [[names.index(label) for label in labels] for labels in ekman_groups().values()]


def of_ekman(goemotions: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The probability of each group: that one of its labels is said, as if each were said for itself.

    (lines, 28) -> (lines, 7)"""
    import numpy as np

    return np.stack([1.0 - np.prod(1.0 - goemotions[:, group], axis=1) for group in ekman_columns(names)], axis=1)


def ekman_of(raw: Sequence[Label]) -> tuple[Label, ...]:
    """The groups with their scores, strongest first; () where `raw` does not hold every label of GoEmotions."""
    import numpy as np

    scores = {label.name: label.score for label in raw}
    names = [label for labels in ekman_groups().values() for label in labels]
    if not scores.keys() >= set(names):
        return ()
    found = of_ekman(np.array([[scores[name] for name in names]]), names)[0]
    pairs = zip(ekman_groups(), found.tolist(), strict=True)
    return tuple(sorted((Label(name, score) for name, score in pairs), key=lambda label: -label.score))


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(WARM_LABELS.read_text(encoding="utf-8"))
