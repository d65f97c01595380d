"""An autoencoder starts as a mosaic: before it has learned anything it gives back the mean colour of every tile.

AutoencoderTiny's blocks end in ReLU and its pixels lie in 0..1, so three channels that nothing is added to carry a
colour through unchanged. From chance alone green and pink were still beige after 1,100 steps.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor, nn

_SWING, _MIDDLE = 3.0, 0.7  # latents of -2.1..0.9, most of them where the decoder's tanh is still straight


@torch.no_grad()
def lay(vae: AutoencoderTiny) -> AutoencoderTiny:
    """Set the first three channels of an untrained one; the others stay as chance made them."""
    _through(vae.encoder.layers, _SWING, -_SWING * _MIDDLE)
    _through(vae.decoder.layers, 1 / _SWING, _MIDDLE)
    return vae


def _through(layers: nn.Sequential, scale: float, shift: float) -> None:
    """Of an encoder its last convolution scales and shifts the colours, of a decoder its first."""
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    scaling = convolutions[-1] if convolutions[0].in_channels == 3 else convolutions[0]
    for layer in layers:
        if isinstance(layer, AutoencoderTinyBlock):
            _pass_by(layer.conv[-1])
        elif isinstance(layer, nn.Conv2d):
            _carry(layer, *((scale, shift) if layer is scaling else (1.0, 0.0)))


def _pass_by(last: nn.Conv2d) -> None:
    last.weight[:3] = 0
    last.bias[:3] = 0


def _carry(layer: nn.Conv2d, scale: float, shift: float) -> None:
    """Output n is input n, of a step of two the mean of its four pixels; into the others colours go as chance wants."""
    layer.weight[:3] = 0
    for n in range(3):
        layer.weight[n, n] = _taps(layer, scale)
    if layer.bias is not None:
        layer.bias[:3] = shift


def _taps(layer: nn.Conv2d, scale: float) -> Tensor:
    taps = torch.zeros(3, 3)
    if layer.stride[0] == 2:
        taps[1:, 1:] = scale / 4
    else:
        taps[1, 1] = scale
    return taps
