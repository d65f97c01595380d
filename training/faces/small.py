"""The small network that Emoseum ships, and how it becomes a file that needs no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.entities import FACE_EMOTIONS
from training.faces.networks import FaceNet, Look


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.a, self.norm_a = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.b, self.norm_b = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = inputs != outputs or stride != 1
        if self.shortcut:
            self.c, self.norm_c = nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        y = self.norm_b(self.b(F.relu(self.norm_a(self.a(x)))))
        return F.relu(y + (self.norm_c(self.c(x)) if self.shortcut else x))


class Small(FaceNet):
    """1.2 million weights: a 5x5 stem at half size, five blocks, mean over the picture, five scores."""

    def __init__(self, size: str = "base") -> None:
        super().__init__(Look(48, 1), 192)
        self.stem, self.norm = nn.Conv2d(1, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32)
        self.blocks = nn.ModuleList(
            [Block(32, 64, 1), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1), Block(128, 192, 2)]
        )
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(192, 5)

    def body(self, x: Tensor) -> Tensor:
        """(B, 1, 48, 48) normalised -> (B, 192, 6, 6)."""
        x = F.relu(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return x

    def judge(self, seen: Tensor) -> Tensor:
        """(B, 192, 6, 6) -> (B, 5) scores before softmax."""
        return self.head(self.drop(seen.mean((2, 3))))


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
