"""How the small network that Emoseum ships becomes a file that needs no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.emotion.face_networks import Small
from core.entities import FACE_EMOTIONS


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """A convolution and the normalisation after it as one: weights (kh * kw * inputs, outputs), bias (outputs,)."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = (convolution.weight * gain.view(-1, 1, 1, 1)).permute(2, 3, 1, 0).reshape(-1, convolution.out_channels)
    return weights.detach().numpy(), (norm.bias - norm.running_mean * gain).detach().numpy()


def export(net: Small, temperature: float, bias: Tensor, out: Path) -> Path:
    """Write `face_emotion.npz`, which `core.emotion.face` reads: float16, normalisations folded in, names beside it."""
    arrays = {"head.w": net.head.weight.detach().numpy().T, "head.b": net.head.bias.detach().numpy()}
    arrays["stem.w"], arrays["stem.b"] = fold(net.stem, net.norm)
    for i, block in enumerate(net.blocks):
        for name in ("a", "b", "c") if block.shortcut else ("a", "b"):
            arrays[f"{i}{name}.w"], arrays[f"{i}{name}.b"] = fold(getattr(block, name), getattr(block, f"norm_{name}"))
    packed = {name: array.astype(np.float16) for name, array in arrays.items()}
    packed["temperature"], packed["bias"] = np.float32(temperature), bias.numpy().astype(np.float32)
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "face_emotion.npz", names=np.array(FACE_EMOTIONS), **packed)
    return out / "face_emotion.npz"
