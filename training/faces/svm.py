"""A support vector machine over edges and textures of a face, or over what a network saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.emotion.face_networks import FaceNet
from core.entities import FACE_EMOTIONS
from training.faces.rows import Faces

SIDE, CELL, TURNS = 48, 8, 9
CENTRES = 1000  # at most so many faces stand for all of them in the kernel (Nystroem; Williams & Seeger 2001)


def hog(grey: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients (Dalal & Triggs 2005): (N, 48, 48) in 0..1 -> (N, 900).

    Own lines rather than scikit-image's: all faces at once instead of one by one.
    """
    down, across = np.gradient(grey, axis=(1, 2))
    strength, turn = np.hypot(down, across), np.mod(np.arctan2(down, across), np.pi) / np.pi * TURNS
    low, share = np.floor(turn).astype(int) % TURNS, turn % 1
    bins = np.zeros((*grey.shape, TURNS), np.float32)
    at = np.ogrid[tuple(slice(n) for n in grey.shape)]
    bins[(*at, low)] += strength * (1 - share)
    bins[(*at, (low + 1) % TURNS)] += strength * share
    cells = bins.reshape(len(grey), SIDE // CELL, CELL, SIDE // CELL, CELL, TURNS).sum((2, 4))
    blocks = np.concatenate([cells[:, i : i - 1 or None, j : j - 1 or None] for i in (0, 1) for j in (0, 1)], axis=-1)
    blocks = np.minimum(blocks / (np.linalg.norm(blocks, axis=-1, keepdims=True) + 1e-3), 0.2)
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True) + 1e-3
    return blocks.reshape(len(grey), -1)


def lbp(grey: np.ndarray) -> np.ndarray:
    """Local binary patterns (Ojala et al. 2002), uniform ones apart: (N, 48, 48) in 0..1 -> (N, 9 fields * 59)."""
    middle = grey[:, 1:-1, 1:-1]
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    code = np.zeros(middle.shape, np.int64)
    for bit, (y, x) in enumerate(around):
        code |= (grey[:, y : y + 46, x : x + 46] >= middle).astype(np.int64) << bit
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    uniform = np.abs(bits - np.roll(bits, 1, axis=1)).sum(1) <= 2
    kind = np.where(uniform, np.cumsum(uniform) - 1, uniform.sum())
    kinds, fields = kind[code][:, :45, :45], []
    for y in range(0, 45, 15):
        for x in range(0, 45, 15):
            part = kinds[:, y : y + 15, x : x + 15].reshape(len(grey), -1)
            fields.append(np.stack([(part == k).mean(1) for k in range(uniform.sum() + 1)], 1))
    return np.sqrt(np.concatenate(fields, 1)).astype(np.float32)


class Svm:
    """Five lines over a Gaussian kernel's features; plain arrays, so that a saved one runs no code when it is read."""

    def __init__(self, arrays: dict[str, np.ndarray], net: FaceNet | None = None) -> None:
        self.arrays, self.net = arrays, net

    @torch.no_grad()
    def scores(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> (N, 5) distances from the margins, in the order of FACE_EMOTIONS."""
        parts = [self._scores(features(some, self.net)) for some in pixels.split(256)]
        return torch.from_numpy(np.concatenate(parts).astype(np.float32))

    def _scores(self, x: np.ndarray) -> np.ndarray:
        a = self.arrays
        x = (x - a["mean"]) / a["std"]
        far = (x**2).sum(1)[:, None] + (a["centres"] ** 2).sum(1) - 2 * x @ a["centres"].T
        return np.exp(-float(a["gamma"]) * np.maximum(far, 0)) @ a["weights"] + a["bias"]

    def save(self, folder: Path) -> Path:
        """Write the arrays."""
        np.savez(folder / "model.npz", **self.arrays)
        return folder / "model.npz"

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return sum(array.size for array in self.arrays.values())


def load(folder: Path, net: FaceNet | None = None) -> Svm:
    """Read what `save` wrote."""
    with np.load(folder / "model.npz", allow_pickle=False) as file:
        return Svm({name: file[name] for name in file.files}, net)


@torch.no_grad()
def features(pixels: Tensor, net: FaceNet | None) -> np.ndarray:
    """Faces uint8 (N, C, S, S) -> (N, features): HOG and LBP, or a network's fields."""
    if net is not None:
        from training.faces.learning import seen_by

        return seen_by(net, pixels).flatten(1).float().numpy()
    grey = Grey()
    faces = grey.shown(pixels.float() / 255)[:, 0].numpy()
    return np.concatenate([hog(faces), lbp(faces)], axis=1)


class Grey(FaceNet):
    """Only to show faces grey and small; 0..1 is no matter to edges and textures."""

    def __init__(self) -> None:
        from core.emotion.face_networks import Look

        super().__init__(Look(SIDE, 1, (0.0,), (1.0,)), 1)


def fit(train: Faces, dev: Faces, *, balanced: bool, net: FaceNet | None = None, seed: int = 7) -> Svm:
    """Width of the kernel and softness of the margin are those best on dev (mean of accuracy and macro recall)."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.svm import LinearSVC

    from core.evaluation.face_emotion import judged

    train = train.take(torch.nonzero(train.truth >= 0)[:, 0])
    x, y = features(train.pixels, net), train.truth.numpy()
    mean, std = x.mean(0), x.std(0) + 1e-3
    x = (x - mean) / std
    best: tuple[float, Svm | None] = (-1.0, None)
    for gamma in (0.3 / x.shape[1], 1 / x.shape[1]):
        kernel = Nystroem(gamma=gamma, n_components=min(CENTRES, len(x)), random_state=seed)
        mapped = kernel.fit_transform(x)
        for softness in (0.1, 1.0):
            lines = LinearSVC(
                C=softness, class_weight="balanced" if balanced else None, random_state=seed, max_iter=4000
            )
            lines.fit(mapped, y)
            weights, bias = np.zeros((mapped.shape[1], len(FACE_EMOTIONS)), np.float32), np.full(len(FACE_EMOTIONS), -9.0, np.float32)  # fmt: skip
            # two classes give one line, and a class without a face gives none
            coefficients = lines.coef_ if len(lines.classes_) > 2 else np.stack([-lines.coef_[0], lines.coef_[0]])
            offsets = lines.intercept_ if len(lines.classes_) > 2 else np.array([-1, 1]) * lines.intercept_
            weights[:, lines.classes_], bias[lines.classes_] = coefficients.T, offsets
            arrays = {
                "mean": mean, "std": std, "centres": kernel.components_.astype(np.float32), "gamma": np.float32(gamma),
                "weights": (kernel.normalization_.T @ weights).astype(np.float32), "bias": bias,
            }  # fmt: skip
            svm = Svm(arrays, net)
            figures = judged(dev.truth.numpy(), svm.scores(dev.pixels).argmax(1).numpy())
            if figures["accuracy"] + figures["macro_recall"] > best[0]:
                best = (figures["accuracy"] + figures["macro_recall"], svm)
    assert best[1] is not None
    return best[1]
