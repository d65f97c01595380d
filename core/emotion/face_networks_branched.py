"""Networks whose paths part and meet again: Inception v3, and a YOLOv8 that classifies."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.emotion.face_networks import Convolution, FaceNet, Look, narrowed

# --- Inception v3 (Szegedy et al. 2016) ----------------------------------------------------------

Step = tuple[int, int | tuple[int, int], int]  # channels, kernel, stride


def _fives(pool: int) -> tuple[dict[str, list[Step]], int]:
    return {"branch1x1": [(64, 1, 1)], "branch5x5": [(48, 1, 1), (64, 5, 1)], "branch3x3dbl": [(64, 1, 1), (96, 3, 1), (96, 3, 1)]}, pool  # fmt: skip


def _sevens(inner: int) -> tuple[dict[str, list[Step]], int]:
    down, across = (7, 1), (1, 7)
    return {"branch1x1": [(192, 1, 1)], "branch7x7": [(inner, 1, 1), (inner, across, 1), (192, down, 1)], "branch7x7dbl": [(inner, 1, 1), (inner, down, 1), (inner, across, 1), (inner, down, 1), (192, across, 1)]}, 192  # fmt: skip


# Block -> its chains of convolutions, and the channels of its pooled chain (0: pooled with a stride of 2, as it is).
MIXED: dict[str, tuple[dict[str, list[Step]], int]] = {
    "Mixed_5b": _fives(32), "Mixed_5c": _fives(64), "Mixed_5d": _fives(64),
    "Mixed_6a": ({"branch3x3": [(384, 3, 2)], "branch3x3dbl": [(64, 1, 1), (96, 3, 1), (96, 3, 2)]}, 0),
    "Mixed_6b": _sevens(128), "Mixed_6c": _sevens(160), "Mixed_6d": _sevens(160), "Mixed_6e": _sevens(192),
    "Mixed_7a": ({"branch3x3": [(192, 1, 1), (320, 3, 2)], "branch7x7x3": [(192, 1, 1), (192, (1, 7), 1), (192, (7, 1), 1), (192, 3, 2)]}, 0),
}  # fmt: skip
# In the last two blocks a chain ends in two convolutions side by side, across and down.
FORKED: tuple[dict[str, list[Step]], int] = (
    {"branch1x1": [(320, 1, 1)], "branch3x3": [(384, 1, 1)], "branch3x3dbl": [(448, 1, 1), (384, 3, 1)]},
    192,
)


class Mixed(nn.Module):
    """Chains of convolutions side by side; their channels are put together."""

    def __init__(self, inputs: int, chains: dict[str, list[Step]], pooled: int, share: float, fork: bool) -> None:
        super().__init__()
        self.chains: list[list[tuple[str, ...]]] = []
        self.pooled, self.width = bool(pooled), inputs if not pooled else narrowed(pooled, share)
        for name, steps in chains.items():
            width = inputs
            chain: list[tuple[str, ...]] = []
            forked = fork and name != "branch1x1"
            for i, (channels, kernel, stride) in enumerate(steps, 1):
                at = name if len(steps) == 1 and not forked else f"{name}_{i}"
                outputs = narrowed(channels, share)
                self.add_module(at, Convolution(width, outputs, kernel, stride, padded=stride == 1, eps=1e-3))
                width = outputs
                chain.append((at,))
            if forked:
                outputs, i = narrowed(384, share), len(steps) + 1
                self.add_module(f"{name}_{i}a", Convolution(width, outputs, (1, 3), eps=1e-3))
                self.add_module(f"{name}_{i}b", Convolution(width, outputs, (3, 1), eps=1e-3))
                chain.append((f"{name}_{i}a", f"{name}_{i}b"))
                width = 2 * outputs
            self.chains.append(chain)
            self.width += width
        if pooled:
            self.branch_pool = Convolution(inputs, narrowed(pooled, share), 1, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, width, H', W')."""
        return torch.cat([*self._chained(x), self._pooled(x)], 1)

    def _chained(self, x: Tensor) -> Iterator[Tensor]:
        for chain in self.chains:
            y = x
            for beside in chain:
                y = torch.cat([self.get_submodule(name)(y) for name in beside], 1)
            yield y

    def _pooled(self, x: Tensor) -> Tensor:
        return self.branch_pool(F.avg_pool2d(x, 3, 1, 1)) if self.pooled else F.max_pool2d(x, 3, 2)


class Inception(FaceNet):
    """Without the second head that helped it to learn in 2015; its last map is 2,048 wide at the size `base`."""

    def __init__(self, size: str) -> None:
        share, side = (1.0, 299) if size == "base" else (0.125, 128)
        stem: OrderedDict[str, nn.Module] = OrderedDict()
        width = 3
        for name, channels, kernel, stride, padded in (
            ("Conv2d_1a_3x3", 32, 3, 2, False), ("Conv2d_2a_3x3", 32, 3, 1, False), ("Conv2d_2b_3x3", 64, 3, 1, True),
            ("maxpool1", 0, 0, 0, False), ("Conv2d_3b_1x1", 80, 1, 1, True), ("Conv2d_4a_3x3", 192, 3, 1, False),
            ("maxpool2", 0, 0, 0, False),
        ):  # fmt: skip
            if not channels:
                stem[name] = nn.MaxPool2d(3, 2)
                continue
            outputs = narrowed(channels, share)
            stem[name] = Convolution(width, outputs, kernel, stride, padded=padded, eps=1e-3)
            width = outputs
        for name, (chains, pooled) in MIXED.items():
            stem[name] = mixed = Mixed(width, chains, pooled, share, fork=False)
            width = mixed.width
        for name in ("Mixed_7b", "Mixed_7c"):
            stem[name] = mixed = Mixed(width, *FORKED, share, fork=True)
            width = mixed.width
        super().__init__(Look(side, 3, (0.5,) * 3, (0.5,) * 3), width)
        self.order = tuple(stem)
        for name, module in stem.items():
            self.add_module(name, module)
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(width, 5)

    def body(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, width, about S / 37, about S / 37)."""
        for name in self.order:
            x = self.get_submodule(name)(x)
        return x

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, 5)."""
        return self.fc(self.drop(seen.mean((2, 3))))


# --- YOLOv8 that classifies (Jocher et al. 2023) -------------------------------------------------


class Bottleneck(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = Convolution(width, width, act=nn.SiLU, eps=1e-3), Convolution(width, width, act=nn.SiLU, eps=1e-3)  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same."""
        return x + self.cv2(self.cv1(x))


class Partial(nn.Module):
    """Half of the channels go through bottlenecks, every step is kept and put together (the CSP block called C2f)."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        half = width // 2
        self.cv1 = Convolution(width, 2 * half, 1, act=nn.SiLU, eps=1e-3)
        self.cv2 = Convolution((2 + count) * half, width, 1, act=nn.SiLU, eps=1e-3)
        self.m = nn.ModuleList(Bottleneck(half) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same."""
        kept = list(self.cv1(x).chunk(2, 1))
        for each in self.m:
            kept.append(each(kept[-1]))
        return self.cv2(torch.cat(kept, 1))


class Classify(nn.Module):
    """One wide convolution, the mean, a line."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv, self.drop, self.linear = Convolution(inputs, width, 1, act=nn.SiLU, eps=1e-3), nn.Dropout(0.2), nn.Linear(width, 5)  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, 5)."""
        return self.linear(self.drop(self.conv(x).mean((2, 3))))


class Yolo(FaceNet):
    """The backbone of YOLOv8 with a head that classifies: size `s` as base, an eighth of the full width as tiny."""

    def __init__(self, size: str) -> None:
        share, side = (0.5, 224) if size == "base" else (0.125, 64)
        counts = (1, 2, 2, 1)
        layers: list[nn.Module] = [Convolution(3, narrowed(64, share), 3, 2, act=nn.SiLU, eps=1e-3)]
        width = narrowed(64, share)
        for channels, count in zip((128, 256, 512, 1024), counts, strict=True):
            outputs = narrowed(channels, share)
            layers += [Convolution(width, outputs, 3, 2, act=nn.SiLU, eps=1e-3), Partial(outputs, count)]
            width = outputs
        super().__init__(Look(side, 3, (0.0,) * 3, (1.0,) * 3), width)
        self.model = nn.Sequential(*layers, Classify(width, 1280 if size == "base" else 160))

    def body(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, width, S / 32, S / 32)."""
        return self.model[:-1](x)

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, 5)."""
        return self.model[-1](seen)
