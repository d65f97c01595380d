"""The look of a folder is learned: noise is laid on its pictures and taken away again, with their edges in sight."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import retrieve_latents
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from core.evaluation.files import BadFile
from core.painting.diffusion_model import DiffusionModel
from core.painting.diffusion_parts import Parts
from training.controlnet import adapter, card, folder
from training.painter.control import foretold
from training.painter.runs import Run, chance, half, train

DEAF = 0.1  # how often no words are given, for guidance
_CHANCE, _HELD_CHANCE = 3, 4
_DEPTHS = (0.15, 0.4, 0.65, 0.9)  # of the noise, at which held-out pictures are judged


@dataclass(frozen=True)
class Plan:
    """What is asked for."""

    model: str = ""  # as `painter.model`
    controlnet: str = ""  # as `painter.controlnet`
    unet: bool = False  # a LoRA on the base too
    layers: str = "attention"  # of adapter.LAYERS
    rank: int = 8
    rate: float = 1e-4
    epochs: int = 10
    batch: int = 4
    side: int = 0  # pixels; 0: what the model paints at
    held: int = 8  # pictures that are not learned from
    seed: int = 0

    def steps(self, count: int) -> int:
        """How many for so many pictures."""
        return self.epochs * -(-count // self.batch)


@dataclass(frozen=True)
class Lesson:
    """A painter, what it learns from, and under which noise."""

    parts: Parts
    examples: tuple[folder.Example, ...]
    latents: Tensor  # (N, C, h, w), scaled as the UNet knows them
    side: int  # pixels
    scheduler: DDPMScheduler

    def loss(self, which: Sequence[int], draws: torch.Generator, depth: float | None = None) -> Tensor:
        """The mean square error of what the model is to foretell. `depth`: how much noise, 0..1, and every caption told; None: by chance, and some without words."""
        device = self.parts.device
        clean = self.latents[list(which)]
        noise = torch.randn(clean.shape, generator=draws)
        steps = self.scheduler.config.num_train_timesteps
        deaf = torch.rand(len(which), generator=draws) < (DEAF if depth is None else 0.0)
        times = torch.randint(steps, (len(which),), generator=draws)
        if depth is not None:
            times = torch.full_like(times, round(depth * (steps - 1)))
        words = self._words(["" if no else self.examples[n].caption for n, no in zip(which, deaf, strict=True)])
        clean, noise, times, control = (one.to(device) for one in (clean, noise, times, self._control(which)))
        mixed = self.scheduler.add_noise(clean, noise, times)
        told = foretold(self.parts.pipe.unet, self.parts.pipe.controlnet, mixed, times, words, control)
        return functional.mse_loss(told.float(), self._target(clean, noise, times))

    @torch.no_grad()
    def _words(self, captions: list[str]) -> Tensor:
        heard: Tensor = self.parts.pipe.encode_prompt(captions, self.parts.device, 1, False)[0]
        return heard

    def _control(self, which: Sequence[int]) -> Tensor:
        """(B, 3, side, side) in 0..1, the lines as this ControlNet has learned to see them."""
        lines = np.stack([folder.lines_of(self.examples[n], self.side) for n in which]).astype(np.float32) / 255
        turned = 1 - lines if self.parts.details.lines == "white" else lines
        return torch.from_numpy(turned)[:, None].expand(-1, 3, -1, -1)

    def _target(self, clean: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        kind = self.scheduler.config.prediction_type
        if kind == "epsilon":
            return noise
        if kind == "v_prediction":
            return self.scheduler.get_velocity(clean, noise, times)
        if kind == "sample":
            return clean
        raise ValueError(f"a model that foretells {kind} is not known")

    @torch.no_grad()
    def judged(self) -> float:
        """The loss over all of it at the same noise every time."""
        draws, losses = chance(_HELD_CHANCE, 0), []
        for n in range(len(self.examples)):
            for depth in _DEPTHS:
                with half():
                    losses.append(self.loss([n], draws, depth).item())
        return sum(losses) / len(losses)


def lesson(parts: Parts, examples: tuple[folder.Example, ...], side: int) -> Lesson:
    """Encode the pictures once for all."""
    pipe, rows = parts.pipe, []
    with torch.no_grad():
        for one in examples:
            seen = Image.fromarray(folder.picture_of(one, side))
            pixels = pipe.image_processor.preprocess(seen, side, side).to(parts.device)
            rows.append(retrieve_latents(pipe.vae.encode(pixels), sample_mode="argmax").cpu())
    latents = torch.cat(rows) * pipe.vae.config.scaling_factor
    return Lesson(parts, examples, latents, side, DDPMScheduler.from_config(pipe.scheduler.config))


def batch_of(step: int, count: int, size: int, seed: int) -> list[int]:
    """Which pictures a step learns from: each once an epoch, in another order every time."""
    epoch, at = divmod(step, -(-count // size))
    order = np.random.default_rng((_CHANCE, seed, epoch)).permutation(count)
    return [int(n) for n in order[at * size : (at + 1) * size]]


# --- the run -------------------------------------------------------------------------------------


def learn(
    plan: Plan, data: Path, work: Path, name: str = "look", licence: str = "not stated", look_every: int = 100,
    minutes: float = 1e9, say: Callable[[str], None] = print,
) -> dict[str, Path] | None:  # fmt: skip
    """Train `work/run.pt` on the folder `data`, or go on with it; a contact sheet every `look_every` steps (0: at the end
    only) in `work/sheets`, and what was learned in `work/lora` with its card. The files by the setting that loads them,
    None where it was cut off before its end.

    Raises BadFile (the folder, or a run that was begun otherwise), EngineMissing (the model)."""
    learned, held = folder.parted(folder.read(data), plan.held)
    parts = adapter.open_painter(plan.model, plan.controlnet)
    model = DiffusionModel(parts)
    side = model.fitting(plan.side or model.side)
    _begun(work, plan, data, parts)
    to_step = plan.steps(len(learned))
    run = Run(adapter.lay(parts, plan.rank, plan.layers, plan.unet, plan.seed), plan.rate, min(100, to_step // 10 + 1))
    run.load(work / "run.pt")
    course, unseen = lesson(parts, learned, side), lesson(parts, held, side)
    gallery = card.Gallery(model, held, side, plan.seed)
    curve = _Curve(work / "loss.tsv", run.step)

    def loss(step: int) -> Tensor:
        if look_every and step and step % look_every == 0:
            with adapter.settled(run):
                gallery.show(work / "sheets" / f"step_{step:06d}.png")
        with half():
            now = course.loss(
                batch_of(step, len(learned), plan.batch, plan.seed), chance(_CHANCE + 10 * plan.seed, step)
            )
        curve.add(step, now.item())
        return now

    train(run, loss, work / "run.pt", to_step, minutes, say)
    if run.step < to_step:
        say(f"cut off after {run.step} of {to_step} steps; the same command goes on")
        return None
    with adapter.settled(run):
        made = adapter.save(parts, work / "lora", name)
        figures = _figures(unseen, gallery)
        gallery.show(work / "lora" / f"{name}.png")
    told = card.Told(
        asdict(plan), name, len(learned), len(held), licence, run.step, side, curve.epochs(plan.epochs), figures
    )
    (work / "lora" / f"{name}.md").write_text(card.write(told, parts, made), "utf-8")
    return made


def _figures(unseen: Lesson, gallery: card.Gallery) -> dict[str, tuple[float, float]]:
    """What is measured on held-out pictures, before and after."""
    with adapter.without(unseen.parts):
        before = unseen.judged()
    return {"loss": (before, unseen.judged()), "colour distance": gallery.distances()}


def _begun(work: Path, plan: Plan, data: Path, parts: Parts) -> None:
    """Keep what the run was begun with. Raises BadFile where it was begun with something else."""
    import hashlib

    now: dict[str, Any] = asdict(plan) | {
        "data": hashlib.sha256((data / folder.METADATA).read_bytes()).hexdigest(),
        "weights": parts.weights,
    }
    path = work / "plan.json"
    if path.exists():
        before = json.loads(path.read_text("utf-8"))
        if other := [key for key in now if key != "epochs" and before.get(key) != now[key]]:
            raise BadFile(f"{work} holds a run that was begun with another {', '.join(other)}; take an empty folder.")
    (work / "sheets").mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(now, indent=1) + "\n", "utf-8")


class _Curve:
    """The loss of every step, in a file; what comes after the last checkpoint is learned, and written, again."""

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        lines = path.read_text("utf-8").splitlines()[:step] if path.exists() else []
        path.write_text("".join(line + "\n" for line in lines), "utf-8")

    def add(self, step: int, loss: float) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{step}\t{loss:.6f}\n")

    def epochs(self, count: int) -> list[float]:
        """The mean of each epoch."""
        losses = [float(line.partition("\t")[2]) for line in self._path.read_text("utf-8").splitlines()]
        parts: list[NDArray[np.float64]] = np.array_split(np.array(losses), count)
        return [float(part.mean()) for part in parts if len(part)]
