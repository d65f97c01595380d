"""A training that may be cut off at any moment and goes on as if it never was."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

CHECKPOINT_S = 600.0


class Run:
    """Networks, their optimiser and the mean of their weights, at a step.

    What a step draws by chance must come from its number alone (`chance`), so that nothing else has to be kept.
    """

    def __init__(self, networks: nn.Module, rate: float, warm_steps: int = 100, weight_decay: float = 0.01) -> None:
        self.networks = networks.to(device())
        self.weights = [weight for weight in networks.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(
            self.weights, lr=rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
        )
        self.mean = [weight.detach().clone() for weight in self.weights]
        self.rate, self.warm_steps, self.step = rate, warm_steps, 0

    def learn(self, loss: Tensor, to_step: int) -> None:
        """One step down; the rate warms up and then falls as a half cosine until `to_step`."""
        share = min(self.step / max(to_step, 1), 1.0)
        rate = self.rate * min((self.step + 1) / self.warm_steps, 1.0) * (0.05 + 0.95 * _cosine(share))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimiser.step()
        self.step += 1
        if self.step % 4:
            return  # a mean of every fourth is enough, and one of all took a tenth of a second a step
        keep = min(0.995, (4 + self.step) / (80 + self.step))  # a mean that starts slowly is still chance after an hour
        with torch.no_grad():
            torch._foreach_lerp_(self.mean, [weight.detach() for weight in self.weights], 1 - keep)

    def settled(self) -> nn.Module:
        """The networks with the mean of their weights, to be used and no longer to be trained."""
        with torch.no_grad():
            for weight, value in zip(self.weights, self.mean, strict=True):
                weight.copy_(value)
        return self.networks.eval().to("cpu")

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        state = {
            "step": self.step,
            "networks": self.networks.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "mean": self.mean,
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> bool:
        """Go on from a file; False where there is none."""
        if not path.exists():
            return False
        state = torch.load(path, map_location=device(), weights_only=True)
        self.networks.load_state_dict(state["networks"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean, self.step = state["mean"], state["step"]
        return True


def train(
    run: Run,
    loss: Callable[[int], Tensor],
    path: Path,
    to_step: int,
    minutes: float = 1e9,
    say: Callable[[str], None] = print,
) -> None:
    """Learn until `to_step`, until the minutes are over or until SIGTERM, with a checkpoint every ten minutes and at the
    end."""
    began = saved = time.monotonic()
    told_to_stop: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: told_to_stop.append(number))
    recent: list[float] = []
    while run.step < to_step and time.monotonic() - began < minutes * 60 and not told_to_stop:
        now = loss(run.step)
        run.learn(now, to_step)
        recent.append(now.item())
        if run.step % 50 == 0:
            spent = time.monotonic() - began
            say(f"{time.strftime('%H:%M:%S')} step {run.step} loss {sum(recent) / len(recent):.4f} after {spent:.0f} s")
            recent.clear()
        if time.monotonic() - saved > CHECKPOINT_S:
            run.save(path)
            saved = time.monotonic()
    run.save(path)
    signal.signal(signal.SIGTERM, before)


def device() -> str:
    """A GPU where there is one; what is drawn by chance is drawn on the processor, so that both draw alike."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def half() -> torch.autocast:
    """Inside, convolutions take 16 bits a number: half the time, where the processor knows bfloat16 as well."""
    return torch.autocast(device(), torch.bfloat16)


def chance(name: int, step: int) -> torch.Generator:
    """What a step draws from; the same for the same step."""
    return torch.Generator().manual_seed(name * 1_000_003 + step)


def _cosine(share: float) -> float:
    from math import cos, pi

    return 0.5 + 0.5 * cos(pi * share)
