"""UNet, ControlNet and text encoder learn together to undo noise on the latents of crayon pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, DDIMScheduler
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTokenizer

from training.painter import pairs, text, vae
from training.painter.control import foretold, make_controlnet, scribble
from training.painter.runs import Run, chance, device, half, train
from training.painter.unet import CHANNELS, make_scheduler, make_unet

BATCH = 16
RATE = 8e-4
DEAF = 0.1  # how often no words are given, for guidance
_CHANCE = 2


@dataclass(frozen=True)
class Latents:
    """What the painter learns from, each pair as it is and mirrored."""

    latents: NDArray[np.float16]  # (N, 2, C, H / 8, W / 8), of about unit variance
    lines: NDArray[np.uint8]  # (N, H, W)
    captions: tuple[str, ...]


def make_networks(
    tokenizer: CLIPTokenizer, channels: tuple[int, ...] = CHANNELS, words: int = text.SIZE, side: int = pairs.SIDE
) -> nn.ModuleDict:
    """The three that learn, for pictures of `side` pixels."""
    unet, controlnet = make_unet(channels, words, side // 8), make_controlnet(channels, words)
    return nn.ModuleDict({"text": text.make_encoder(tokenizer, words), "unet": unet, "controlnet": controlnet})


# --- latents -------------------------------------------------------------------------------------


def freeze(work: Path, count: int) -> None:
    """Encode `count` pairs once for all (`work/latents.npz`), with the tokenizer of their captions (`work/tokenizer`).

    From then on the encoder must stay as it is: `work/vae` is what made these latents, and only its decoder may learn more.
    """
    net = vae.load(work)
    seen = pairs.read(work / "pairs", count)
    latents = np.stack([encode(net, seen.pictures), encode(net, seen.pictures[:, :, ::-1])], axis=1)
    net.register_to_config(scaling_factor=round(1 / float(latents.astype(np.float32).std()), 5))
    latents *= np.float16(net.config.scaling_factor)
    text.make_tokenizer(seen.captions).save_pretrained(work / "tokenizer")
    np.savez(work / "latents.npz", latents=latents)
    net.save_pretrained(work / "vae")


def encode(net: AutoencoderTiny, pictures: NDArray[np.uint8], batch: int = 16) -> NDArray[np.float16]:
    """(N, H, W, 3) uint8 -> (N, C, H / 8, W / 8), not yet scaled."""
    parts = []
    with torch.no_grad():
        for start in range(0, len(pictures), batch):
            parts.append(net.encode(vae.to_tensor(pictures[start : start + batch])).latents.half().numpy())
    return np.concatenate(parts)


# --- learning ------------------------------------------------------------------------------------


def loss_of(nets: nn.ModuleDict, scheduler: DDIMScheduler, seen: Latents, ids: Tensor, empty: Tensor, step: int,
            batch: int = BATCH) -> Tensor:  # fmt: skip
    """The mean square error of the velocity for one batch, drawn from the step's number."""
    rng, noisy = np.random.default_rng((_CHANCE, step)), chance(_CHANCE, step)
    which = rng.integers(len(seen.latents), size=batch)
    mirrored = rng.integers(2, size=batch)
    clean = torch.from_numpy(seen.latents[which, mirrored]).float()
    lines = np.stack([seen.lines[n][:, :: -1 if flip else 1] for n, flip in zip(which, mirrored, strict=True)])
    deaf = torch.from_numpy(rng.random(batch) < DEAF)
    words = torch.where(deaf[:, None], empty, ids[which])
    noise = torch.randn(clean.shape, generator=noisy)
    times = torch.randint(scheduler.config.num_train_timesteps, (batch,), generator=noisy)
    clean, noise, times, words, control = (one.to(device()) for one in (clean, noise, times, words, scribble(lines)))
    mixed = scheduler.add_noise(clean, noise, times)
    heard = nets["text"](words).last_hidden_state
    velocity = foretold(nets["unet"], nets["controlnet"], mixed, times, heard, control)
    return functional.mse_loss(velocity.float(), scheduler.get_velocity(clean, noise, times))


def learn(work: Path, to_step: int, minutes: float = 1e9, batch: int = BATCH) -> None:
    """Train `work/painter.pt` on `work/latents.npz`, or go on with it."""
    run, tokenizer = begin(work)
    with np.load(work / "latents.npz") as file:
        latents = file["latents"]
    some = pairs.read(work / "pairs", len(latents))
    seen = Latents(latents, some.lines, some.captions)
    ids, empty = text.numbers(tokenizer, seen.captions), text.numbers(tokenizer, [""])
    scheduler = make_scheduler()

    def loss(step: int) -> Tensor:
        with half():
            return loss_of(run.networks, scheduler, seen, ids, empty, step, batch)

    train(run, loss, work / "painter.pt", to_step, minutes)


def begin(work: Path) -> tuple[Run, CLIPTokenizer]:
    """The run as far as it came. Raises OSError where no latents were frozen yet."""
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(work / "tokenizer")
    run = Run(make_networks(tokenizer).to(memory_format=torch.channels_last), RATE)
    run.load(work / "painter.pt")
    return run, tokenizer
