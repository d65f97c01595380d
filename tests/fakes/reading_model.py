"""A folder that looks like a Stable Diffusion from outside: nothing of it can be loaded."""

from __future__ import annotations

from pathlib import Path


def write_reader(folder: Path) -> Path:
    """Every part with a file of weights, and nothing that says how the model wants to be asked: it reads a prompt."""
    for part in ("unet", "vae", "text_encoder", "tokenizer", "scheduler"):
        (folder / part).mkdir(parents=True)
        (folder / part / "model.safetensors").write_bytes(b"")
    return folder
