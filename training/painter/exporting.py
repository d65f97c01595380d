"""What was learned becomes a folder that any pipeline of diffusers loads: vae, text_encoder, tokenizer, unet, controlnet, scheduler."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import StableDiffusionControlNetPipeline

from training.painter import sampling


def export(work: Path, folder: Path) -> int:
    """Write the weights of `work` into `folder`, 16 bits a number; how many bytes they are."""
    return save(sampling.assemble(work), folder)


def save(painter: StableDiffusionControlNetPipeline, folder: Path) -> int:
    """Write a painter as fp16 safetensors; how many bytes the folder is."""
    painter.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    asked = {
        "steps": sampling.STEPS,
        "guidance": sampling.GUIDANCE,
        "strength": sampling.STRENGTH,
        "side": sampling.SIDE,
        "lines": "white",
        "caption": "ours",
        "name": "emoseum",
    }
    for config in folder.rglob("config.json"):  # whose folder it was is nobody's business
        said = json.loads(config.read_text("utf-8"))
        said.pop("_name_or_path", None)
        config.write_text(json.dumps(said, indent=2) + "\n", "utf-8")
    (folder / "emoseum.json").write_text(json.dumps(asked), "utf-8")  # core.painting.diffusion_parts.Details
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
