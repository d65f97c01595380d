"""A word that the lexicon lacks is brought to the nearest thing that can be drawn, by the pieces it is spelled with."""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.painting.words import HANGUL

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).parents[1] / "weights" / "tag_vectors.npz"
NOTHING = "none"  # the class of what can't be drawn
LONGEST_WORD = 24  # characters
LENGTH = 8.0  # of every word's vector: only where it points counts ...
LITTLE = 0.1  # ... but for words of whose pieces next to nothing is known


def nearest(word: str) -> str | None:
    """The concept of the lexicon that a word is near to; None where nothing is near enough, or nothing to be drawn.

    A Korean noun as it is, a verb or an adjective as its stem with a hyphen; an English word in small letters.
    Without `tag_vectors.npz` nothing is near.
    """
    name, closeness = _judged(word)
    return name if closeness >= _vectors()[3] and name != NOTHING else None


@lru_cache(maxsize=4096)
def _judged(word: str) -> tuple[str, float]:
    """The nearest concept (or NOTHING), and how near: a share in 0..1 of all concepts together."""
    import numpy as np

    rows, names, tags, _ = _vectors()
    if not len(rows) or len(word) > LONGEST_WORD:
        return NOTHING, 1.0
    vector = rows.mean_of(pieces(word, len(rows)))
    vector *= LENGTH / (float(np.linalg.norm(vector)) + LITTLE)
    scores = tags[:, :-1] @ vector + tags[:, -1]
    best = int(scores.argmax())
    return names[best], float(1.0 / np.exp(scores - scores[best]).sum())


class _Rows:
    """A table of vectors in 8 bits with a scale per row."""

    def __init__(self, table: np.ndarray, scale: np.ndarray) -> None:
        self._table = table  # (rows, size) int8
        self._scale = scale  # (rows,) float16

    def __len__(self) -> int:
        return len(self._table)

    def mean_of(self, at: list[int]) -> np.ndarray:
        """The mean of some rows.  # (size,) float32"""
        import numpy as np

        mean: np.ndarray = self._scale[at].astype(np.float32) @ self._table[at].astype(np.float32) / len(at)
        return mean


@cache
def _vectors() -> tuple[_Rows, tuple[str, ...], np.ndarray, float]:
    """Rows of the pieces, names of the concepts, their vectors with a bias (names, size + 1), and the threshold."""
    import numpy as np

    if not WEIGHTS.exists():
        return _Rows(np.empty((0, 1), np.int8), np.empty(0, np.float16)), (), np.empty((0, 2), np.float32), 1.0
    with np.load(WEIGHTS, allow_pickle=False) as file:
        rows = _Rows(file["rows"], file["scale"])
        return rows, tuple(map(str, file["names"])), file["tags"].astype(np.float32), float(file["threshold"])


def pieces(word: str, buckets: int) -> list[int]:
    """The rows of a word: itself twice, its syllables or letters in runs, and the jamo of a Korean one.

    Hashed sub-words after Bojanowski et al. 2017 (fastText), words and sub-words in one table after floret.
    """
    marked = f"<{word}>"
    korean = bool(HANGUL.search(word))
    runs = [f"0{marked}", f"1{marked}"]
    for length in (1, 2, 3) if korean else (3, 4, 5, 6):
        runs += [f"2{marked[i : i + length]}" for i in range(len(marked) - length + 1)]
    if korean:
        letters = "".join(map(_jamo, marked))
        runs += [f"3{letters[i : i + 5]}" for i in range(len(letters) - 4)]
    return [zlib.crc32(run.encode()) % buckets for run in runs if run not in ("2<", "2>")]


def _jamo(character: str) -> str:
    code = ord(character) - 0xAC00
    if not 0 <= code < 11172:
        return character
    first, rest = divmod(code, 588)
    middle, last = divmod(rest, 28)
    return chr(0x1100 + first) + chr(0x1161 + middle) + (chr(0x11A7 + last) if last else "")
