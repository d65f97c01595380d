"""One way to learn for every network: votes as soft labels, faces turned and lit anew each time, a mean of the weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.emotion.face_networks import FaceNet
from core.emotion.face_runs import scores_of
from core.evaluation.face_emotion import judged
from core.evaluation.files import BadFile
from training.faces.rows import Faces

CHECKPOINT_S = 600.0  # a checkpoint every ten minutes
WARM = 0.1  # of a course: at most so much of it until the highest rate


@dataclass(frozen=True)
class Course:
    """How long and how fast; `of` tells what is learned, so that no other training goes on from its checkpoint."""

    of: str
    minutes: float = 40.0
    processor: bool = False  # the minutes are of processor time: on a busy machine all engines still get the same
    epochs: int = 60  # 0 only takes what the checkpoint holds
    batch: int = 128
    rate: float = 0.1
    optimiser: str = "sgd"  # or adamw
    balanced: bool = False  # rare classes count more
    seed: int = 7


@dataclass(frozen=True)
class Learned:
    """The averaged network, its mean loss of every epoch, and what it took."""

    net: FaceNet
    losses: tuple[float, ...]
    minutes: float
    steps: int


def augment(faces: Tensor) -> Tensor:
    """Turn, shift, zoom, mirror, light, blur and cover (B, C, S, S) in 0..1, each face its own way."""
    n, side = len(faces), faces.shape[-1]

    def even(low: float, high: float) -> Tensor:
        return torch.rand(n, device=faces.device) * (high - low) + low

    angle = even(-20, 20) * math.pi / 180
    zoom = even(0.8, 1.2)
    mirror = torch.where(even(0, 1) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3, device=faces.device)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(angle) * zoom * mirror, -torch.sin(angle) * zoom
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(angle) * zoom * mirror, torch.cos(angle) * zoom
    for axis in (0, 1):
        theta[:, axis, 2] = (even(0, 1) - even(0, 1)) * 0.4  # at most 0.2 of the side, small ones more often
    faces = F.grid_sample(faces, F.affine_grid(theta, list(faces.shape), align_corners=False), padding_mode="border", align_corners=False)  # fmt: skip

    light, contrast = even(0.8, 1.2).view(n, 1, 1, 1), even(0.8, 1.2).view(n, 1, 1, 1)
    mean = faces.mean((2, 3), keepdim=True)
    faces = ((faces - mean) * contrast + mean) * light
    coarse = F.interpolate(F.interpolate(faces, size=side * 7 // 12, mode="bilinear"), size=side, mode="bilinear")
    faces = torch.where((even(0, 1) < 0.15).view(n, 1, 1, 1), coarse, faces).clamp(0, 1)

    rows = torch.arange(side, device=faces.device).view(1, side, 1)
    columns = rows.view(1, 1, side)
    top, left = (even(0, 0.75 * side).view(n, 1, 1) for _ in range(2))
    edge = (even(1 / 6, 3 / 8) * side).view(n, 1, 1)
    covered = (rows >= top) & (rows < top + edge) & (columns >= left) & (columns < left + edge)
    covered &= (even(0, 1) < 0.25).view(n, 1, 1)
    return faces.masked_fill(covered.unsqueeze(1), 0.5)


def class_weights(shares: Tensor) -> Tensor:
    """What a vote for each class counts so that all classes count alike; their mean over the faces is 1.  # (5,)"""
    often = shares.mean(0)
    weights = torch.where(often > 0, 1 / often.clamp(min=1e-6), 0.0)
    return weights / (often * weights).sum()


def train(
    net: FaceNet, parts: dict[str, Faces], course: Course, work: Path, say: Callable[[str], None] = print
) -> Learned:
    """Learn until the minutes or the epochs are over; a training that was broken off goes on from `work`'s checkpoint.

    The cosine follows whichever of the two is further along, so a busy machine still ends with a small step.
    Raises BadFile where the checkpoint is another training's.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    faces = parts["train"]
    torch.manual_seed(course.seed)
    net = net.to(device=device, memory_format=torch.channels_last)
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=_towards, use_buffers=True)
    optimiser = _optimiser(net, course)
    weights = class_weights(faces.shares).to(device) if course.balanced else None
    steps_an_epoch = max(1, len(faces) // course.batch)
    step, spent_s, losses, in_epoch = 0, 0.0, [], 0.0
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device)
        if saved["of"] != _identity(course):
            raise BadFile(f"{checkpoint} is of another training; name another --name or --work, or delete it.")
        net.load_state_dict(saved["net"])
        mean.load_state_dict(saved["mean"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent_s, losses, in_epoch = (saved[name] for name in ("step", "spent_s", "losses", "in_epoch"))
        torch.set_rng_state(saved["chance"].cpu())

    def save() -> None:
        state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
        state |= {"step": step, "spent_s": spent_s, "losses": losses, "in_epoch": in_epoch}
        state |= {"of": _identity(course), "chance": torch.get_rng_state()}
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    clock = time.process_time if course.processor else time.monotonic
    began, saved_at, before_s = clock(), time.monotonic(), spent_s
    warm = min(400, max(1, int(WARM * course.epochs * steps_an_epoch)))
    order = _order(len(faces), course.seed, step // steps_an_epoch)
    while True:
        spent_s = before_s + clock() - began
        done = max(spent_s / 60 / course.minutes, step / steps_an_epoch / course.epochs if course.epochs else 1)
        if done >= 1:
            break
        if step % steps_an_epoch == 0:
            order = _order(len(faces), course.seed, step // steps_an_epoch)
        for group in optimiser.param_groups:
            # a slow network in a short course would else be warming up to the end
            warmed = min(1.0, max((step + 1) / warm, done / WARM))
            group["lr"] = course.rate * warmed * (0.5 + 0.5 * math.cos(math.pi * done))
        at = order[step % steps_an_epoch * course.batch :][: course.batch]
        batch = net.shown(augment(faces.pixels[at].to(device).float() / 255)).to(memory_format=torch.channels_last)
        net.train()
        with torch.autocast(device.type, torch.bfloat16):
            scores = net(batch)
        # votes already are soft; a little more smoothing keeps ten equal raters from meaning certainty
        loss = F.cross_entropy(scores.float(), faces.shares[at].to(device), weight=weights, label_smoothing=0.03)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        mean.update_parameters(net)
        step, in_epoch = step + 1, in_epoch + loss.item() / steps_an_epoch
        if step % steps_an_epoch == 0:
            losses, in_epoch = [*losses, in_epoch], 0.0
            if (step // steps_an_epoch) % 3 == 0 or step // steps_an_epoch == course.epochs:
                figures = judged(
                    parts["dev"].truth.numpy(), scores_of(mean.module, parts["dev"].pixels).argmax(1).numpy()
                )
                say(f"epoch {step // steps_an_epoch} at {spent_s / 60:.1f} min: loss {losses[-1]:.3f}, dev accuracy {figures['accuracy']:.4f}, macro recall {figures['macro_recall']:.4f}")  # fmt: skip
        if time.monotonic() - saved_at > CHECKPOINT_S:
            saved_at = time.monotonic()
            save()
    save()
    return Learned(mean.module, tuple(losses), spent_s / 60, step)


@torch.no_grad()
def seen_by(net: FaceNet, pixels: Tensor) -> Tensor:
    """What a network sees in the fields of faces uint8 (N, C, S, S): (N, fields, width), half precision, on the CPU."""
    net.eval()
    device = next(net.parameters()).device
    return torch.cat([net.fields(net.shown(some.to(device).float() / 255)).half().cpu() for some in pixels.split(128)])


def calibrate(scores: Tensor, faces: Faces) -> tuple[float, Tensor]:
    """A temperature (Guo et al. 2017) and five biases, fitted on the dev faces.

    The biases lift the rare feelings: the smallest ones that bring the best mean of accuracy and macro recall.
    """
    priors = faces.shares.mean(0).clamp(min=1e-3).log()
    best, tau = 0.0, 0.0
    for candidate in torch.linspace(0, 0.6, 13).tolist():
        figures = judged(faces.truth.numpy(), (scores - candidate * priors).argmax(1).numpy())
        if figures["accuracy"] + figures["macro_recall"] > best + 0.002:
            best, tau = figures["accuracy"] + figures["macro_recall"], candidate
    bias = -tau * priors
    temperatures = torch.cat([torch.linspace(0.05, 0.4, 15), torch.linspace(0.4, 2.0, 161)])
    losses = torch.stack([F.cross_entropy((scores + bias) / t, faces.truth) for t in temperatures])
    return temperatures[losses.argmin()].item(), bias - bias.mean()


def calibration_error(chances: Tensor, truth: Tensor) -> float:
    """Expected gap between what is claimed and what is right, over ten bins of confidence."""
    claimed, guess = chances.max(1)
    right, gap = (guess == truth).float(), 0.0
    for low in torch.arange(0, 1, 0.1).tolist():
        within = (claimed > low) & (claimed <= low + 0.1)
        if within.any():
            gap += within.float().mean().item() * abs(claimed[within].mean() - right[within].mean()).item()
    return gap


def _optimiser(net: nn.Module, course: Course) -> torch.optim.Optimizer:
    if course.optimiser == "sgd":
        return torch.optim.SGD(net.parameters(), lr=course.rate, momentum=0.9, weight_decay=5e-4, nesterov=True)
    return torch.optim.AdamW(net.parameters(), lr=course.rate, weight_decay=0.05)


@torch.no_grad()
def _towards(mean: list[Tensor], now: list[Tensor], count: Tensor | int) -> None:
    """The mean moves towards the weights, by less the longer it has been learned: a short training forgets its start."""
    share = max(0.002, 9 / (10 + float(count)))
    if mean[0].is_floating_point():
        torch._foreach_lerp_(mean, now, share)
    else:
        for old, new in zip(mean, now, strict=True):
            old.copy_(new)


def _order(count: int, seed: int, epoch: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + epoch))


def _identity(course: Course) -> dict[str, object]:
    """What must be the same for a training to go on; it may take longer than was thought at first."""
    return {name: value for name, value in asdict(course).items() if name not in ("minutes", "processor", "epochs")}
