"""Contact sheets: what the autoencoder gives back, and what the painter makes of unseen lines."""

from __future__ import annotations

from pathlib import Path

import torch

from training.painter import pairs, sampling, vae


def look(work: Path, count: int = 8) -> None:
    """Write `work/vae.png` (real above given back) and, once it learns, `work/painter.png` (lines, real, painted)."""
    held = pairs.read(work / "held", min(count, 12))
    net = vae.load(work)
    with torch.no_grad():
        back = net.decode(net.encode(vae.to_tensor(held.pictures)).latents).sample
    sampling.sheet([held.pictures, vae.to_pictures(back)], work / "vae.png")
    if (work / "painter.pt").exists():
        painted = sampling.paint(sampling.assemble(work), held.lines, held.captions)
        sampling.sheet([held.lines, held.pictures, painted], work / "painter.png")
