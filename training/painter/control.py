"""The ControlNet that keeps the painter to its lines; it learns together with the UNet, from the first step."""

from __future__ import annotations

import numpy as np
import torch
from diffusers import ControlNetModel
from numpy.typing import NDArray
from torch import Tensor, nn

from training.painter.text import SIZE
from training.painter.unet import CHANNELS, LATENT_CHANNELS, shape

_EMBEDDING = (8, 16, 24, 32)  # the first ones see every pixel


def make_controlnet(channels: tuple[int, ...] = CHANNELS, words: int = SIZE) -> ControlNetModel:
    """Untrained, but for its zero convolutions, which are not zero: there is no trained UNet to be spared, and two
    zeros in a row would learn nothing at first."""
    net = ControlNetModel(
        in_channels=LATENT_CHANNELS, conditioning_embedding_out_channels=_EMBEDDING, **shape(channels, words)
    )
    doors = [net.controlnet_cond_embedding.conv_out, *net.controlnet_down_blocks, net.controlnet_mid_block]
    for door in doors:
        nn.init.xavier_uniform_(door.weight, gain=0.5)
    return net


def scribble(lines: NDArray[np.uint8]) -> Tensor:
    """(B, H, W) black lines on white -> (B, 3, H, W) in 0..1, white lines on black, as scribble ControlNets expect."""
    bright = 1 - torch.from_numpy(np.ascontiguousarray(lines)).float() / 255
    return bright[:, None].expand(-1, 3, -1, -1)


def foretold(
    unet: nn.Module, controlnet: nn.Module, mixed: Tensor, times: Tensor, heard: Tensor, control: Tensor
) -> Tensor:
    """What both say of noisy latents (B, C, h, w) at `times` (B,), hearing (B, T, D) and seeing (B, 3, H, W).  # as latents"""
    down, mid = controlnet(mixed, times, heard, control, return_dict=False)
    told: Tensor = unet(
        mixed, times, heard, down_block_additional_residuals=down, mid_block_additional_residual=mid
    ).sample
    return told
