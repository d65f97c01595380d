"""What a look came to: a contact sheet of held-out pictures before and after, figures, and a card that says what was done."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.evaluation.pictures import signature
from core.painting.diffusion_model import DiffusionModel, Job
from core.painting.diffusion_parts import Parts
from core.painting.diffusion_pipe import fingerprint
from training.controlnet import adapter, folder
from training.painter import sampling

_SHOWN = 6  # pictures on a sheet
_TOGETHER = 2  # painted in one run: in 32 bits a large model has no room for more
_CELLS = 16  # fields of a side, whose colours are compared


class Gallery:
    """Held-out pictures, painted as Emoseum would with the same model."""

    def __init__(self, model: DiffusionModel, examples: Sequence[folder.Example], side: int, seed: int) -> None:
        self._model, self._seed = model, seed
        self._captions = [one.caption for one in examples]
        self._lines = np.stack([folder.lines_of(one, side) for one in examples])
        self._real = np.stack([folder.picture_of(one, side) for one in examples])

    @cached_property
    def _before(self) -> NDArray[np.uint8]:
        with adapter.without(self._model.parts):
            return self._painted(len(self._lines))

    def _painted(self, count: int) -> NDArray[np.uint8]:
        """The first `count`.  # (count, side, side, 3)"""
        jobs = [
            Job(self._captions[n], self._seed + n, line.shape[1], line.shape[0], lines=Image.fromarray(line))
            for n, line in enumerate(self._lines[:count])
        ]
        rows = [jobs[start : start + _TOGETHER] for start in range(0, len(jobs), _TOGETHER)]
        return np.stack([np.asarray(made.picture) for row in rows for made in self._model.paint(row)])

    def show(self, path: Path) -> None:
        """Write a contact sheet: edges, picture, painted before, painted after, one below the other."""
        shown = min(_SHOWN, len(self._lines))
        rows = (self._lines, self._real, self._before, self._painted(shown))
        sampling.sheet([row[:shown] for row in rows], path)

    def distances(self) -> tuple[float, float]:
        """How far the colours are from those of the look's own pictures, before and after."""
        after = self._painted(len(self._lines))
        return colour_distance(self._before, self._real), colour_distance(after, self._real)


def colour_distance(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> float:
    """Mean distance of the colours of 16 x 16 fields, L*a*b* with lightness half; (N, H, W, 3) each."""
    apart = [signature(one, _CELLS) - signature(other, _CELLS) for one, other in zip(some, others, strict=True)]
    return float(np.linalg.norm(np.stack(apart).reshape(-1, 3), axis=1).mean())


@dataclass(frozen=True)
class Told:
    """What a card tells."""

    plan: dict[str, Any]
    name: str
    learned: int  # pictures
    held: int
    licence: str
    steps: int
    side: int  # pixels
    curve: Sequence[float]  # mean loss of each epoch
    figures: dict[str, tuple[float, float]]  # before and after


def write(told: Told, parts: Parts, made: dict[str, Path]) -> str:
    """The card, in Markdown; `made`: the files by the setting that loads them."""
    plan = told.plan
    nets = "ControlNet and UNet" if "lora" in made else "ControlNet"
    files = "\n".join(
        f"| `{path.name}` | `painter.{setting}` | {fingerprint(path)} |" for setting, path in made.items()
    )
    figures = "\n".join(f"| {what} | {old:.4f} | {new:.4f} |" for what, (old, new) in told.figures.items())
    curve = "\n".join(f"| {epoch} | {loss:.4f} |" for epoch, loss in enumerate(told.curve, 1))
    foreign = f" with the ControlNet `{_last(plan['controlnet'])}`" if plan["controlnet"] else ""
    return f"""# {told.name}: a look for `{parts.name.removeprefix("diffusion-1:")}`

LoRA on the {nets}, made on {datetime.date.today().isoformat()} by `training/controlnet`.

| file | setting that loads it | sha256 |
| --- | --- | --- |
{files}

**Base.** `{_last(plan["model"]) or "our own weights"}`{foreign}; sha256 of its weights {parts.weights}. Its licence goes with this.

**Learned from.** {told.learned} pictures with edges and captions, {told.held} more held out. Licence of the pictures: {told.licence}.

**How.** Rank {plan["rank"]}, {"every layer" if plan["layers"] == "all" else "attention only"}, learning rate {plan["rate"]:g}, {plan["epochs"]} epochs of {told.side} px
pictures in batches of {plan["batch"]} ({told.steps} steps), seed {plan["seed"]}. The weights are the mean of the last steps' ones.

| held-out pictures | before | after |
| --- | --- | --- |
{figures}

*loss*: of the noise, the same draws for both. *colour distance*: of 16 x 16 fields, L*a*b* with lightness half, to the look's own
pictures of the same scenes. `{told.name}.png` shows edges, the look's picture, painted before and painted after, one below the other.

| epoch | mean loss |
| --- | --- |
{curve}
"""


def _last(name: str) -> str:
    return name if name.count("/") == 1 and not name.startswith(("/", ".", "~")) else Path(name).name if name else ""
