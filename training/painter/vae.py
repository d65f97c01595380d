"""A picture becomes an eighth of its height and width, and back: AutoencoderTiny's design, learned from crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.painter import mosaic, pairs
from training.painter.runs import Run, chance, device, half, train

CROP = 64
BATCH = 24
RATE = 5e-4  # four times that broke the mosaic before it learned anything
SHAKEN = 0.05  # added to latents while learning, as a painter will not hit them exactly
#: Crops looked at for each that is taken for its vivid colours: red is rare, and what is rare comes last.
CANDIDATES = 4
_CHANCE = 1
_AFTER = 1_000_000  # steps, so that the decoder sees other crops alone than it saw with the encoder


def tiny_vae(channels: int = 32, latent_channels: int = 8) -> AutoencoderTiny:
    """A mosaic, and apart from that untrained: 8 times smaller, (B, 3, H, W) in -1..1 <-> (B, latent_channels, H / 8, W / 8)."""
    return mosaic.lay(
        AutoencoderTiny(
            encoder_block_out_channels=(channels,) * 4,
            decoder_block_out_channels=(channels,) * 4,
            latent_channels=latent_channels,
            num_encoder_blocks=(0, 1, 2, 3),  # no block at full size, where each is dearest
            num_decoder_blocks=(3, 3, 2, 1),
        )
    )


def loss_of(vae: AutoencoderTiny, real: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """L1 + MSE + gradients of pictures (B, 3, H, W) in -1..1, and their colours without the strokes: paper grain outweighs
    a meadow's green."""
    latents = vae.encode(real).latents
    shaken = latents + SHAKEN * torch.randn(latents.shape, generator=generator).to(latents.device)
    made = vae.decode(shaken).sample
    apart = made - real
    across = (apart[..., :, 1:] - apart[..., :, :-1]).abs().mean()
    down = (apart[..., 1:, :] - apart[..., :-1, :]).abs().mean()
    broad = functional.avg_pool2d(apart, 4)
    hue = broad - broad.mean(1, keepdim=True)
    seen = apart.abs().mean() + apart.square().mean() + 0.5 * (across + down)
    return seen + broad.abs().mean() + 3 * hue.abs().mean() + 1e-3 * latents.square().mean()


def crops(pictures: NDArray[np.uint8], step: int, batch: int = BATCH, side: int = CROP) -> Tensor:
    """(batch, 3, side, side) in -1..1; every second one is the most vivid of some candidates."""
    rng = np.random.default_rng((_CHANCE, step))
    taken = []
    for n in range(batch):
        seen = [_crop(pictures, rng, side) for _ in range(CANDIDATES if n % 2 else 1)]
        taken.append(max(seen, key=_vivid))
    return to_tensor(np.stack(taken)).to(device())


def _crop(pictures: NDArray[np.uint8], rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
    of = rng.integers(len(pictures))
    y, x = rng.integers(0, pictures.shape[1] - side + 1, 2)
    crop = pictures[of, y : y + side, x : x + side]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def _vivid(crop: NDArray[np.uint8]) -> float:
    """How much of a crop is strongly coloured; red counts double."""
    thin = crop[::4, ::4].astype(np.int16)
    spread = thin.max(-1) - thin.min(-1)
    red = (thin[..., 0] - thin[..., 1:].max(-1)).clip(0)
    return float((spread.clip(80) + 2 * red.clip(60)).mean())


def to_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) in -1..1."""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def to_pictures(pixels: Tensor) -> NDArray[np.uint8]:
    """(B, 3, H, W) in -1..1 -> (B, H, W, 3) uint8."""
    rounded = pixels.detach().float().add(1).mul(127.5).round().clamp(0, 255)
    return rounded.permute(0, 2, 3, 1).to(torch.uint8).numpy()


def learn(work: Path, to_step: int, minutes: float = 1e9, batch: int = BATCH) -> None:
    """Train `work/vae.pt` on crops of `work/pairs`, or go on with it."""
    torch.manual_seed(0)
    run = Run(tiny_vae(), RATE)
    run.load(work / "vae.pt")
    pictures = pairs.read(work / "pairs").pictures

    def loss(step: int) -> Tensor:
        with half():
            return loss_of(run.networks, crops(pictures, step, batch), chance(_CHANCE, step))

    train(run, loss, work / "vae.pt", to_step, minutes)


def load(work: Path) -> AutoencoderTiny:
    """The trained one, with the mean of its weights. Raises FileNotFoundError where none was trained."""
    run = Run(tiny_vae(), RATE)
    if not run.load(work / "vae.pt"):
        raise FileNotFoundError(f"no {work / 'vae.pt'}: run `python -m training.painter vae` first")
    return run.settled()


def finish(work: Path, to_step: int, minutes: float = 1e9, batch: int = BATCH) -> None:
    """The decoder of `work/vae` goes on alone (`work/decoder.pt`): what a painter learned from stays as it is."""
    net = AutoencoderTiny.from_pretrained(work / "vae")
    net.encoder.requires_grad_(False)
    run = Run(net, RATE / 2)
    run.load(work / "decoder.pt")
    pictures = pairs.read(work / "pairs").pictures

    def loss(step: int) -> Tensor:
        with half():
            return loss_of(net, crops(pictures, step + _AFTER, batch), chance(_CHANCE, step + _AFTER))

    train(run, loss, work / "decoder.pt", to_step, minutes)
    run.settled().save_pretrained(work / "vae")
