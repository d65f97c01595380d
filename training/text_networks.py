"""The networks that learn to read."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.text_rows import SIZES, SOURCES, YES_NO, Bags

WEIGHT = {"kote": 20.0, "goemotions": 25.0, "warm": 20.0, "vad": 6.0, "emobank": 5.0, "rating": 2.0}  # of a head's loss


class Network(nn.Module):
    """Sum of n-gram vectors over the root of their number -> one hidden layer -> heads; a bias per source."""

    def __init__(self, vocabulary: int, d: int, h: int, drop: float) -> None:
        super().__init__()
        self.vectors = nn.EmbeddingBag(vocabulary, d, mode="sum", sparse=True)
        nn.init.normal_(self.vectors.weight, 0.0, 0.05)
        self.hidden = nn.Linear(d, h)
        self.heads = nn.ModuleDict({head: nn.Linear(d + h, size) for head, size in SIZES.items()})
        self.by_source = nn.ModuleDict({head: nn.Embedding(len(SOURCES), SIZES[head]) for head in ("warm", "vad")})
        for table in self.by_source.values():
            nn.init.zeros_(table.weight)
        self.drop = nn.Dropout(drop)

    def forward(
        self, ids: torch.Tensor, starts: torch.Tensor, counts: torch.Tensor, source: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Flat row numbers with starts and counts per line -> every head."""
        x = self.drop(self.vectors(ids, starts) / counts.clamp(min=1).sqrt()[:, None])
        both = torch.cat([x, self.drop(F.relu(self.hidden(x)))], dim=1)
        out = {name: head(both) for name, head in self.heads.items()}
        return {name: y + self.by_source[name](source) if name in self.by_source else y for name, y in out.items()}


def batch(
    bags: Bags, chosen: np.ndarray, source: np.ndarray, drop: float, rng: np.random.Generator | None
) -> tuple[torch.Tensor, ...]:
    """Lines as tensors; with `rng` each n-gram is dropped with probability `drop`."""
    bag = [bags.of(i) for i in chosen]
    if rng is not None:
        bag = [ids[rng.random(len(ids)) >= drop] for ids in bag]
    counts = np.array([len(ids) for ids in bag])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    flat = np.concatenate(bag).astype(np.int64)
    return (
        torch.from_numpy(flat),
        torch.from_numpy(starts),
        torch.from_numpy(counts).float(),
        torch.from_numpy(source[chosen]),
    )


def loss_of(out: dict[str, torch.Tensor], want: dict[str, torch.Tensor], trust: torch.Tensor) -> torch.Tensor:
    """Weighted mean over what is known; `trust` is a line's weight."""
    total = torch.zeros(())
    for head, y in want.items():
        known = ~torch.isnan(y)
        goal = torch.nan_to_num(y)
        each = (
            F.binary_cross_entropy_with_logits(out[head], goal, reduction="none")
            if head in YES_NO
            else (out[head] - goal) ** 2
        )
        total = total + WEIGHT[head] * (each * known * trust[:, None]).sum() / (len(y) * y.shape[1])
    return total


def train_network(
    bags: Bags, vocabulary: int, chosen: np.ndarray, source: np.ndarray, targets: dict[str, np.ndarray],
    trust: np.ndarray, epochs: int, d: int, h: int, drop: float, seed: int, label: str, checkpoints: Path,
) -> Network:  # fmt: skip
    """Sparse Adam for the vectors, AdamW for the rest, learning rate falling to zero.

    Kept in `checkpoints` after every epoch (three minutes on one core): what was stopped goes on from there, and sees
    what it would have seen, since chance begins anew with each epoch."""
    torch.manual_seed(seed)
    net = Network(vocabulary, d, h, drop)
    rest = [p for name, p in net.named_parameters() if not name.startswith("vectors")]
    optimisers = [
        torch.optim.SparseAdam(list(net.vectors.parameters()), lr=0.01),
        torch.optim.AdamW(rest, lr=0.002, weight_decay=0.01),
    ]
    highest = [0.01, 0.002]
    size, began = 128, time.time()
    steps = epochs * -(-len(chosen) // size)
    key = zlib.crc32(repr((vocabulary, epochs, d, h, drop, seed)).encode())
    for numbers in (bags.flat, bags.start, chosen, source, trust, *targets.values()):
        key = zlib.crc32(np.ascontiguousarray(numbers), key)
    kept = checkpoints / f"{label}-{key:08x}.epoch.pt"
    first, step = _resumed(kept, net, optimisers)
    for epoch in range(first, epochs):
        torch.manual_seed(1_000_003 * seed + epoch)
        rng = np.random.default_rng((seed, epoch))
        order, seen = rng.permutation(chosen), 0.0
        for i in range(0, len(order), size):
            for optimiser, lr in zip(optimisers, highest, strict=True):
                optimiser.param_groups[0]["lr"] = lr * max(0.01, 1 - step / steps)
                optimiser.zero_grad()
            now = order[i : i + size]
            want = {head: torch.from_numpy(y[now]) for head, y in targets.items()}
            loss = loss_of(net(*batch(bags, now, source, drop, rng)), want, torch.from_numpy(trust[now]))
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
            step, seen = step + 1, seen + loss.item()
        print(
            f"{label} epoch {epoch + 1}/{epochs} loss {seen * size / len(order):.3f} {time.time() - began:.0f} s",
            flush=True,
        )
        _save(kept, net, optimisers, epoch + 1, step)
    return net.eval()


def _save(path: Path, net: Network, optimisers: list[torch.optim.Optimizer], epochs: int, step: int) -> None:
    """Written whole or not at all."""
    state = {
        "epochs": epochs,
        "step": step,
        "net": net.state_dict(),
        "optimisers": [each.state_dict() for each in optimisers],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resumed(path: Path, net: Network, optimisers: list[torch.optim.Optimizer]) -> tuple[int, int]:
    """How many epochs and steps a stopped run of the same lines and settings had made; they are in `net` now."""
    if not path.is_file():
        return 0, 0
    state = torch.load(path, weights_only=True)
    net.load_state_dict(state["net"])
    for each, was in zip(optimisers, state["optimisers"], strict=True):
        each.load_state_dict(was)
    print(f"{path.name} goes on after epoch {state['epochs']}", flush=True)
    return state["epochs"], state["step"]


@torch.no_grad()
def said(net: Network, bags: Bags, chosen: np.ndarray, source: np.ndarray) -> dict[str, np.ndarray]:
    """What a network says of lines: probabilities for names, plain numbers for axes."""
    parts = [net(*batch(bags, chosen[i : i + 2048], source, 0.0, None)) for i in range(0, len(chosen), 2048)]
    whole = {head: torch.cat([part[head] for part in parts]) for head in SIZES}
    return {head: (torch.sigmoid(y) if head in YES_NO else y).numpy().astype(np.float32) for head, y in whole.items()}
