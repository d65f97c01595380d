"""Several saved runs judge together: a mean of their shares, each with a weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from core.evaluation.files import BadFile
from training.faces.rows import Faces
from training.faces.runs import Run
from training.faces.runs import load as load_run

ROUNDS = 50


@dataclass(frozen=True)
class Ensemble:
    """Runs with their weights, which add up to 1."""

    runs: tuple[Run, ...]
    weights: tuple[float, ...]

    def scores(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> the logarithm (N, 5) of the mean of their shares."""
        return self.mean([run.chances(pixels) for run in self.runs]).clamp(min=1e-6).log()

    def mean(self, chances: Sequence[Tensor]) -> Tensor:
        """What each run says (N, 5), put together."""
        return torch.stack([weight * each for weight, each in zip(self.weights, chances, strict=True)]).sum(0)


def choose(chances: Sequence[Tensor], truth: Tensor) -> tuple[float, ...]:
    """Weights by greedy choice with replacement (Caruana et al. 2004): again and again the run that lowers the loss most.

    With fifty rounds no run can be weighted finer than a fiftieth, so few dev faces can't be fitted by heart.
    """
    taken, total = Counter[int](), torch.zeros_like(chances[0])
    best = (float("inf"), Counter[int]())
    for count in range(1, ROUNDS + 1):
        losses = [F.nll_loss(((total + each) / count).clamp(min=1e-6).log(), truth).item() for each in chances]
        pick = min(range(len(chances)), key=losses.__getitem__)
        taken[pick] += 1
        total = total + chances[pick]
        if losses[pick] < best[0] - 1e-6:
            best = (losses[pick], taken.copy())
    return tuple(best[1][n] / best[1].total() for n in range(len(chances)))


def fit(folders: Sequence[Path], dev: Faces) -> tuple[Ensemble, dict[str, Any]]:
    """The runs of these folders with weights chosen on dev, and what run.json keeps of them. Raises BadFile."""
    if len(folders) < 2:
        raise BadFile("An ensemble needs at least two saved runs: --runs resnet vit ...")
    runs = tuple(load_run(folder) for folder in folders)
    weights = choose([run.chances(dev.pixels) for run in runs], dev.truth)
    told = {
        "members": [str(folder.resolve()) for folder in folders], "weights": list(weights),
        "parameters": sum(run.told.get("parameters", 0) for run in runs), "megabytes": sum(run.told.get("megabytes", 0.0) for run in runs),
    }  # fmt: skip
    return Ensemble(runs, weights), told


def load(told: dict[str, Any]) -> Ensemble:
    """What `fit` made. Raises BadFile where a member is away."""
    return Ensemble(tuple(load_run(Path(folder)) for folder in told["members"]), tuple(told["weights"]))
