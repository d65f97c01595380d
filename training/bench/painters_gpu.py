"""Stable Diffusion 1.5 with a ControlNet, of random weights, on a GPU: ours against the plain pipeline and the counted floor."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.engines import Order
from core.settings import Painting
from training.bench import painting
from training.bench.lab import quantile
from training.bench.processes import alone

WHAT = "Stable Diffusion 1.5 with ControlNet, random weights, fp16"
#: Steps, guidance, and the counted floor of a picture on an H200 in seconds.
ASKED = ((20, 7.5, 0.058), (8, 7.5, 0.025), (4, 1.0, 0.0087))
BATCHES = (1, 2, 4, 8)
TIMES = 10


def rows_of_the_gpu(orders: Sequence[Order], quick: bool) -> list[tuple[str, str, str]]:
    """A row that says so where there is no GPU."""
    from core.painting.diffusion_parts import not_installed

    name = "" if not_installed() else alone(name_of_the_gpu)[0]
    if not name:
        return [(WHAT, "not measured: there is no GPU here", "")]
    with tempfile.TemporaryDirectory() as folder:
        alone(write_model, Path(folder), "cuda")
        rows = []
        for steps, guidance, floor_s in ASKED[:1] if quick else ASKED:
            for batch in BATCHES[:1] if quick else BATCHES:
                rows.append(_row(folder, orders, name, (steps, guidance, floor_s), batch, 2 if quick else TIMES))
    return rows


def _row(
    folder: str, orders: Sequence[Order], name: str, asked: tuple[int, float, float], batch: int, times: int
) -> tuple[str, str, str]:
    steps, guidance, floor_s = asked
    given = Painting(model=folder, device="cuda", safety="none")
    details = {"steps": steps, "guidance": guidance}
    (ours, plain), _ = alone(painting.beside_diffusers, given, orders, batch, times, details)
    mine, theirs = quantile(ours, 0.5), quantile(plain, 0.5)
    figure = f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms: {mine / theirs:.2f} of plain diffusers"
    if "H200" in name:
        figure += f", {mine / batch / floor_s:.1f} times the floor of {floor_s * 1000:g} ms a picture"
    guided = f"guidance {guidance:g}" if guidance > 1 else "without guidance"
    return f"{WHAT}, {name}: {steps} steps, {guided}, {batch} at once", figure, ""


def name_of_the_gpu() -> str:
    """As its driver calls it; "" where there is none."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def write_model(
    folder: Path, device: str, *, vae_channels: tuple[int, ...] = (128, 256, 512, 512), **smaller: Any
) -> None:
    """A folder of the shape of Stable Diffusion 1.5. `smaller`: numbers of its UNet, where a test has no time."""
    folder.mkdir(parents=True, exist_ok=True)
    import torch
    from diffusers import AutoencoderKL, ControlNetModel, PNDMScheduler, UNet2DConditionModel
    from diffusers import StableDiffusionControlNetPipeline as Pipeline
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device(device):
        unet = UNet2DConditionModel(
            **{"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8, **smaller}
        )
        controlnet = ControlNetModel.from_unet(unet)
        vae = AutoencoderKL(
            block_out_channels=vae_channels, layers_per_block=2, latent_channels=4, sample_size=512,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        )  # fmt: skip
        words = CLIPTextConfig(
            hidden_size=unet.config.cross_attention_dim, intermediate_size=3072, num_attention_heads=12,
            num_hidden_layers=12, max_position_embeddings=77,
        )  # fmt: skip
        text = CLIPTextModel(words)
    scheduler = PNDMScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, skip_prk_steps=True, steps_offset=1
    )
    made = Pipeline(
        vae=vae, text_encoder=text, tokenizer=_letters(folder), unet=unet, controlnet=controlnet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    made.to(torch.float16).save_pretrained(folder)


def _letters(folder: Path) -> Any:
    """Byte-level BPE without a merge: a word is its letters, and a prompt is as long as its encoder takes anyway."""
    from transformers import CLIPTokenizer

    letters = [chr(n) for n in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocab, merges = folder / "vocab.json", folder / "merges.txt"
    vocab.write_text(json.dumps({word: n for n, word in enumerate(words)}), "utf-8")
    merges.write_text("#version: 0.2\n", "utf-8")
    return CLIPTokenizer(vocab=str(vocab), merges=str(merges), model_max_length=77)
