"""A small transformer reads what the wording model is not sure about: it learned elsewhere what sentences mean.

The lower eight layers of multilingual-e5-small (Wang et al. 2024, MIT), the upper four of those taught on our lines by
training/crisis_reader.py; numpy alone, 8 bits on disk, words in 4. sentencepiece cuts the words: `tokenizers` would
bring a dozen packages along, and sentencepiece none.
"""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from struct import unpack
from typing import TYPE_CHECKING, Literal
from zipfile import ZIP_STORED, ZipFile

from core.safety.wording import SURE_BELOW, Opinion, nameless
from core.trouble import describe

if TYPE_CHECKING:
    import numpy as np
    from sentencepiece import SentencePieceProcessor

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "crisis_reader.npz"
WIDTH, HEADS = 384, 12
TOKENS, STEP = 64, 50  # are read at once, about a hundred letters; of a longer window one such part after the other
MOST_PIECES = 400  # of a window; letters by the hundred without a space have more
BEGIN, END = 0, 2  # the numbers of the pieces around every text
MATRICES, NORMS = ("qkv", "ao", "fi", "fo"), ("aln", "oln")  # of a layer, as training/text_readers.py names them
BESIDE = 0.6  # the reader's part in what both think, by log odds
FAINT = 1e-5  # a share below it is not told from none

Norm = tuple["np.ndarray", "np.ndarray"]


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """One layer of BERT (Devlin et al. 2019), normalised after each half."""

    matrices: Mapping[str, np.ndarray]  # (in, out) int8: as numbers of 32 bits they would take four times the memory
    scales: Mapping[str, np.ndarray]  # (out,): matrices * scales
    biases: Mapping[str, np.ndarray]
    norms: Mapping[str, Norm]

    def __call__(self, x: np.ndarray, parts: Sequence[slice]) -> np.ndarray:
        """The tokens of several texts one after the other, each of which sees those of its own part only; x  # (tokens, WIDTH)"""
        import numpy as np

        seen = np.empty_like(x)
        heads = self._times("qkv", x).reshape(len(x), 3, HEADS, WIDTH // HEADS).transpose(1, 2, 0, 3)
        for part in parts:
            q, k, v = heads[:, :, part]
            near = q @ k.transpose(0, 2, 1) / np.float32((WIDTH // HEADS) ** 0.5)
            near = np.exp(near - near.max(axis=-1, keepdims=True))
            of_part = (near / near.sum(axis=-1, keepdims=True)) @ v
            seen[part] = of_part.transpose(1, 0, 2).reshape(-1, WIDTH)
        x = _normal(x + self._times("ao", seen), self.norms["aln"])
        inner = self._times("fi", x)
        # GELU by way of tanh (Hendrycks & Gimpel 2016), since numpy has no erf.
        inner *= 0.5 * (
            1.0 + np.tanh(np.float32(0.7978845608) * (inner + np.float32(0.044715) * inner * inner * inner))
        )
        return _normal(x + self._times("fo", inner), self.norms["oln"])

    def _times(self, part: str, x: np.ndarray) -> np.ndarray:
        import numpy as np

        return (x @ self.matrices[part].astype(np.float32)) * self.scales[part] + self.biases[part]


@dataclass(frozen=True, eq=False, repr=False)
class Reader:
    """The weights of `crisis_reader.npz`, and the thresholds of what it and the wording model think together; read-only."""

    pieces: SentencePieceProcessor
    words: np.ndarray  # (pieces, WIDTH / 32, 18) uint8: a float16 to multiply with, and 32 numbers of 4 bits
    position: np.ndarray  # (TOKENS, WIDTH) float32
    norm: Norm
    layers: tuple[Layer, ...]
    head: tuple[np.ndarray, np.ndarray]  # (2 * WIDTH, 3), (3,): each kind against none
    any_from: float  # `worry` of both from which a check-in is due
    high_from: float

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Reader:
        """About 0.1 s. Raises OSError, KeyError, ValueError or ImportError where the file or sentencepiece is not there."""
        import numpy as np
        from sentencepiece import SentencePieceProcessor

        with np.load(path, allow_pickle=False) as file:
            large = mapped(path)

            def layer(n: int) -> Layer:
                return Layer(
                    {each: large[f"{n}.{each}"] for each in MATRICES},
                    {each: file[f"{n}.{each}.scale"] for each in MATRICES},
                    {each: file[f"{n}.{each}.bias"] for each in MATRICES},
                    {each: (file[f"{n}.{each}.weight"], file[f"{n}.{each}.bias"]) for each in NORMS},
                )

            return cls(
                SentencePieceProcessor(model_proto=file["pieces"].tobytes()),
                large["words"],
                file["position"],
                (file["eln.weight"], file["eln.bias"]),
                tuple(layer(n) for n in range(int(file["layers"]))),
                (file["head.weight"], file["head.bias"]),
                float(file["any_from"]),
                float(file["high_from"]),
            )

    def logits(self, windows: Sequence[str]) -> list[np.ndarray]:
        """Log odds of concern, high and other against none, of the most worrying part of each window.  # (3,) each

        All at once: making numbers of 32 bits of the matrices is a third of what one short window costs."""
        cut = [numbers(self.pieces, window) for window in windows]
        said = iter(self._said([part for parts in cut for part in parts]))
        return [max((next(said) for _ in parts), key=lambda one: float(one.max())) for parts in cut]

    def _said(self, texts: Sequence[Sequence[int]]) -> list[np.ndarray]:
        import numpy as np

        if not texts:
            return []
        ends = list(accumulate(map(len, texts)))
        parts = [slice(end - len(text), end) for text, end in zip(texts, ends, strict=True)]
        places = np.concatenate([np.arange(len(text)) for text in texts])
        x = _normal(unpacked(self.words[np.concatenate(texts)]) + self.position[places], self.norm)
        for layer in self.layers:
            x = layer(x, parts)
        weight, bias = self.head
        seen = np.array([np.concatenate([x[part].mean(axis=0), x[part].max(axis=0)]) for part in parts])
        return list(seen @ weight + bias)


def mapped(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz where they lie in the file: pages that all processes share and the kernel may let go.

    Raises ValueError where the npz is compressed; numpy itself maps only single arrays."""
    import numpy as np
    from numpy.lib import format as npy

    whole, arrays = np.memmap(path, np.uint8, "r"), {}
    with ZipFile(path) as archive, path.open("rb") as file:
        for member in archive.infolist():
            if member.compress_type != ZIP_STORED:
                raise ValueError(f"{path.name} is compressed")
            # Of the local header: how long the name is, and what stands behind it.
            file.seek(member.header_offset + 26)
            file.seek(sum(unpack("<HH", file.read(4))), os.SEEK_CUR)
            npy.read_magic(file)
            shape, fortran, dtype = npy.read_array_header_1_0(file)
            order: Literal["F", "C"] = "F" if fortran else "C"
            arrays[member.filename.removesuffix(".npy")] = np.ndarray(shape, dtype, whole, file.tell(), order=order)
    return arrays


def numbers(pieces: SentencePieceProcessor, text: str) -> list[list[int]]:
    """The pieces of a text between begin and end, in parts of at most TOKENS that overlap; Anna's name is not read."""
    plain = " ".join(nameless(text).split())
    found = pieces.encode(unicodedata.normalize("NFKC", plain))[:MOST_PIECES]
    last = max(0, len(found) - (TOKENS - 2))
    starts = [*range(0, last, STEP), last]
    return [[BEGIN, *found[start : start + TOKENS - 2], END] for start in starts]


def unpacked(blocks: np.ndarray) -> np.ndarray:
    """Rows of words in float32.  # (rows, WIDTH)"""
    import numpy as np

    scale = blocks[:, :, :2].copy().view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[:, :, 2:] & 15, blocks[:, :, 2:] >> 4], axis=2)
    return np.asarray(((halves.astype(np.float32) - 8.0) * scale).reshape(len(blocks), -1))


def together(opinion: Opinion, logits: np.ndarray) -> Opinion:
    """What the wording model and the reader think of a window, weighed by BESIDE."""
    import numpy as np

    said = np.array([opinion.concern, opinion.high, opinion.other])
    odds = np.log(np.maximum(said, FAINT)) - np.log(max(1.0 - float(said.sum()), FAINT))
    both = BESIDE * logits + (1.0 - BESIDE) * odds
    top = max(0.0, float(both.max()))
    shares = np.exp(both - top)
    shares /= shares.sum() + np.exp(-top)
    return Opinion(*(float(share) for share in shares))


def is_sure(opinion: Opinion) -> bool:
    """True where the wording model by itself sees so little that the reader need not look: six calm lines in ten."""
    return opinion.worry < SURE_BELOW


@cache
def reader() -> Reader | None:
    """Read once. None where its file or library is missing or broken: the check is then what it is without, and says so."""
    try:
        return Reader.load()
    except Exception as error:
        log.error("the crisis check does without its reader: %s; `emoseum doctor` names the file", describe(error))
        return None


def _normal(x: np.ndarray, norm: Norm) -> np.ndarray:
    import numpy as np

    x = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-12) * norm[0] + norm[1])
