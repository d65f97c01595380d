"""The few layers that small trained networks need, in numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float32]


def convolve(x: Array, weights: Array, bias: Array, side: int, stride: int = 1, pad: int = 0) -> Array:
    """A convolution with a square kernel: x (B, H, W, C), weights (side * side * C, O), bias (O,) -> (B, H', W', O)."""
    if pad:
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    if side == 1:
        return np.asarray(x[:, ::stride, ::stride] @ weights + bias)
    windows = sliding_window_view(x, (side, side), (1, 2))[:, ::stride, ::stride]  # (B, H', W', C, side, side)
    batch, height, width = windows.shape[:3]
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(batch * height * width, -1)
    out: Array = rows @ weights
    out += bias
    return out.reshape(batch, height, width, -1)


def max_pool(x: Array, side: int, stride: int, same: bool) -> Array:
    """The largest value of each window: x (B, H, W, C); `same` pads as TensorFlow does, to ceil(H / stride)."""
    if same:
        pads = [max((-(-n // stride) - 1) * stride + side - n, 0) for n in x.shape[1:3]]
        edges = [(p // 2, p - p // 2) for p in pads]
        x = np.pad(x, ((0, 0), *edges, (0, 0)), constant_values=-np.inf)
    height, width = ((n - side) // stride + 1 for n in x.shape[1:3])
    parts = [
        x[:, i : i + stride * (height - 1) + 1 : stride, j : j + stride * (width - 1) + 1 : stride]
        for i in range(side)
        for j in range(side)
    ]
    return np.maximum.reduce(parts)


def prelu(x: Array, slope: Array) -> Array:
    """x where it is positive, slope * x elsewhere, in place; slope broadcasts over the channels."""
    lift = np.abs(x)  # (1 + slope) / 2 * x + (1 - slope) / 2 * |x|, without a mask
    lift *= (1 - slope) / 2
    x *= (1 + slope) / 2
    x += lift
    return x


def softmax(x: Array) -> Array:
    """Shares that sum to 1 along the last axis."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))
