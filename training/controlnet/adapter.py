"""A LoRA is laid on the ControlNet of a painter, and on its UNet where asked; only its few weights learn, and only they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import nn

from core.painting.diffusion_parts import Parts, load
from core.painting.diffusion_pipe import missing
from core.settings import Painting
from training.painter.runs import Run

LAYERS = ("attention", "all")
#: What is learned with `attention`: the layers through which words and places are heard.
_ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]


def open_painter(model: str, controlnet: str) -> Parts:
    """A folder or a name on the hub, as `painter.model` and `painter.controlnet` name them, "" for our own; in 32 bits.

    Raises EngineMissing where it can't be loaded or has no ControlNet."""
    parts = load(Painting(model=model, controlnet=controlnet, dtype="float32", safety="none"))
    if getattr(parts.pipe, "controlnet", None) is None:
        raise missing(f"{model or 'our own weights'} has no ControlNet; name one")
    return parts


def lay(parts: Parts, rank: int, layers: str, unet: bool, seed: int) -> nn.ModuleDict:
    """Put the untrained LoRA in place, where it changes nothing yet; what of it learns, by the network's name."""
    torch.manual_seed(seed)
    for part in (parts.pipe.unet, parts.pipe.vae, parts.pipe.text_encoder, parts.pipe.controlnet):
        part.requires_grad_(False).eval()
    nets = {"controlnet": parts.pipe.controlnet} | ({"unet": parts.pipe.unet} if unet else {})
    for net in nets.values():
        targets = _ATTENTION if layers == "attention" else _all_layers(net)
        net.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=targets, init_lora_weights="gaussian"))
    return nn.ModuleDict({name: nn.ModuleList(_halves(net)) for name, net in nets.items()})


def _all_layers(net: nn.Module) -> list[str]:
    """Convolutions too: those through which the lines come in, and those through which they reach the UNet."""
    return [name for name, layer in net.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)]


def _halves(net: nn.Module) -> Iterator[nn.Module]:
    for name, module in net.named_modules():
        if name.endswith((".lora_A", ".lora_B")):
            yield module


@contextmanager
def without(parts: Parts) -> Iterator[None]:
    """Inside, the painter paints as it did before."""
    laid = [net for net in (parts.pipe.controlnet, parts.pipe.unet) if getattr(net, "peft_config", None)]
    for net in laid:
        net.disable_adapters()
    try:
        yield
    finally:
        for net in laid:
            net.enable_adapters()


@contextmanager
def settled(run: Run) -> Iterator[None]:
    """Inside, the weights are the mean of the last ones; afterwards they go on learning as if nothing had been."""
    now = [weight.detach().clone() for weight in run.weights]
    _copy(run.mean, run.weights)
    try:
        yield
    finally:
        _copy(now, run.weights)


@torch.no_grad()
def _copy(values: list[torch.Tensor], weights: list[nn.Parameter]) -> None:
    for value, weight in zip(values, weights, strict=True):
        weight.copy_(value)


def save(parts: Parts, folder: Path, name: str) -> dict[str, Path]:
    """Write what was learned as safetensors, by the setting that loads it."""
    pipe: Any = parts.pipe
    made = {"controlnet_lora": folder / f"{name}_controlnet.safetensors"}
    pipe.controlnet.save_lora_adapter(folder, weight_name=made["controlnet_lora"].name)
    if getattr(pipe.unet, "peft_config", None):
        made["lora"] = folder / f"{name}_unet.safetensors"
        layers = get_peft_model_state_dict(pipe.unet)
        StableDiffusionPipeline.save_lora_weights(folder, layers, weight_name=made["lora"].name)
    return made
