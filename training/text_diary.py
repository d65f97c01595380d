"""Names and axes of a diary line, learned from lines of many hands: what the network has seen in it, and its words.

Most lines of a diary name no feeling: it follows from what happened. The network learned from comments, where feelings are
called out; it knows words, not lives. So its last layer is learned anew from diary lines alone, together with a linear
model of their words, and judged by hands that neither has read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core.emotion.text import TextEmotion
from training.text_rows import Line
from training.text_words import bagged, logistic, ridge, stored, telling

Floats = NDArray[np.float64]
JUDGES = ("ko2", "en2")  # hands whose lines tell how sure a reader may be that has not learned from them
SURE = 0.97  # of a hundred lines that are called joy, about as many are
SEEN = 0.15  # the network's part of a row, whose words have length one
PENALTY = {"names": 0.1, "axes": 1.0}
OTHERS = ("comments", "kote", "goemotions", "emobank", "rating")  # heads that are read: not the two that are learned


def learned(model: TextEmotion, lines: Sequence[Line], keep: int) -> dict[str, np.ndarray]:
    """The arrays of the weights file for `warm` and `vad`: two heads over the network, and words beside them.

    The names start from those that comments taught the network (its head `comments`), and learn what must be added: short
    plain lines in which a feeling is called out are known from there."""
    texts = [line.text for line in lines]
    seen = Seen.of(model, texts)
    said = model.scores(texts)["comments"]
    warm = SURE * np.array([line.warm() for line in lines])
    axes = np.arctanh(np.clip([line.axes() for line in lines], -0.95, 0.95))
    trust = np.ones(len(lines))
    bags = bagged(texts, 2)
    w = logistic(_beside(bags.x, seen.rows), said, warm, trust, PENALTY["names"])
    bags = telling(bags, w[: bags.x.shape[1]], keep)
    x = _beside(bags.x, seen.rows)
    found = {
        "warm": logistic(x, said, warm, trust, PENALTY["names"]),
        "vad": ridge(x, axes, trust, PENALTY["axes"], rounds=60),
    }
    arrays: dict[str, np.ndarray] = {}
    for head, w in found.items():
        many, k = bags.x.shape[1], w.shape[1]
        weight, bias = seen.folded(w[many:])
        if head == "warm":
            weight, bias = weight + model.heads["comments"][0], bias + model.heads["comments"][1]
        arrays |= {f"weight_{head}": weight.astype(np.float16), f"bias_{head}": bias.astype(np.float32)}
        arrays |= stored(head, bags, w[:many], np.zeros(k), np.ones(k))
    return arrays


@dataclass(frozen=True)
class Seen:
    """What the network makes of lines: its last layer and what its other heads say, as deviations."""

    rows: Floats  # (lines, features + 1), the last one 1
    turn: Floats  # (features, d + h): a feature as a sum over the last layer
    shift: Floats  # (features,)

    @classmethod
    def of(cls, model: TextEmotion, texts: Sequence[str]) -> Seen:
        """Of the lines that are learned from."""
        last = model.last_layer(texts).astype(np.float64)
        heads = [model.heads[name] for name in OTHERS]
        turn = np.concatenate([np.eye(last.shape[1]), *(weight for weight, _ in heads)])
        shift = np.concatenate([np.zeros(last.shape[1]), *(bias for _, bias in heads)])
        features = last @ turn.T + shift
        mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
        turn, shift = SEEN * turn / spread[:, None], SEEN * (shift - mean) / spread
        rows = np.concatenate([last @ turn.T + shift, np.ones((len(texts), 1))], axis=1)
        return cls(rows, turn, shift)

    def folded(self, w: Floats) -> tuple[Floats, Floats]:
        """Weights of the rows (features + 1, k) as a head over the last layer: (k, d + h) and (k,)."""
        return w[:-1].T @ self.turn, w[:-1].T @ self.shift + w[-1]


def _beside(words: sp.csr_matrix, rows: Floats) -> sp.csr_matrix:
    return sp.csr_matrix(sp.hstack([words, sp.csr_matrix(rows.astype(np.float32))]))
