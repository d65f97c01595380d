"""Trained parts become a pipeline of diffusers, and pictures to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, StableDiffusionControlNetPipeline
from numpy.typing import NDArray
from PIL import Image

from training.painter import learning
from training.painter.unet import make_scheduler

STEPS = 8
GUIDANCE = 2.0
#: Once it paints over the crayon painter's picture (docs/lab.md): how much of it anew, and at which height in pixels.
STRENGTH = 0.55
SIDE = 384


def assemble(work: Path) -> StableDiffusionControlNetPipeline:
    """The painter as far as it came, with the mean of its weights. Raises OSError where nothing was trained."""
    run, tokenizer = learning.begin(work)
    return pipeline(AutoencoderTiny.from_pretrained(work / "vae"), run.settled(), tokenizer)


def pipeline(net: AutoencoderTiny, nets: torch.nn.ModuleDict, tokenizer: object) -> StableDiffusionControlNetPipeline:
    """The parts put together as diffusers does it."""
    made = StableDiffusionControlNetPipeline(
        vae=net,
        text_encoder=nets["text"],
        tokenizer=tokenizer,
        unet=nets["unet"],
        controlnet=nets["controlnet"],
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.set_progress_bar_config(disable=True)
    return made


def paint(
    painter: StableDiffusionControlNetPipeline,
    lines: NDArray[np.uint8],  # (B, H, W), black on white
    captions: Sequence[str],
    seed: int = 0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> NDArray[np.uint8]:
    """(B, H, W, 3) pictures for lines and words."""
    control = [Image.fromarray(255 - line).convert("RGB") for line in lines]
    painted = painter(
        list(captions),
        image=control,
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(seed),
        output_type="np",
    ).images
    return (painted * 255).round().clip(0, 255).astype(np.uint8)


def sheet(rows: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """A contact sheet: each row (N, H, W, 3), or (N, H, W) for lines."""
    grey = [row if row.ndim == 4 else np.repeat(row[..., None], 3, axis=-1) for row in rows]
    Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in grey])).save(path)
