"""A Stable Diffusion folder so small that it paints in a hundredth of a second: every part is there, nothing is learned.

The text encoder keeps its random weights, so that another prompt is another picture. A fresh ControlNet ignores its
sketch until its zero convolutions hold something else: here they do.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch

from core.painting.diffusion_parts import quiet

SIDE = 32  # pixels that the tiny UNet paints, before the picture is made larger
_LETTERS = [
    chr(n) for n in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))
]  # of byte-level BPE


def write_model(folder: Path, *, vae: str = "tiny", controlnet: bool = True, checker: str = "", **details: Any) -> Path:
    """A folder as diffusers writes one, whole. `vae`: tiny | kl; `checker`: "" | refuses | passes; `details` go into
    emoseum.json."""
    quiet()  # before their classes are imported: some have something to say about that
    import transformers
    from diffusers import DDIMScheduler, StableDiffusionControlNetPipeline, StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker

    torch.manual_seed(5)
    unet = _unet()
    parts: dict[str, Any] = {
        "unet": unet,
        "vae": _tiny_vae() if vae == "tiny" else _kl_vae(),
        "text_encoder": _text_encoder(),
        "tokenizer": _tokenizer(folder.parent),
        "scheduler": DDIMScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, steps_offset=1
        ),
        "safety_checker": None,
        "feature_extractor": None,
    }
    if checker:
        config = transformers.CLIPConfig(
            vision_config=_small(image_size=32, patch_size=16), text_config=_small(vocab_size=10), projection_dim=16
        )
        parts["safety_checker"] = StableDiffusionSafetyChecker(config)
        limit = -1.0 if checker == "refuses" else 1.0  # a cosine above it is refused
        for name in ("concept_embeds_weights", "special_care_embeds_weights"):
            getattr(parts["safety_checker"], name).data.fill_(limit)
        parts["feature_extractor"] = transformers.CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        )
    kind: Any = StableDiffusionPipeline
    if controlnet:
        kind, parts["controlnet"] = StableDiffusionControlNetPipeline, waking_controlnet(unet)
    kind(**parts, requires_safety_checker=False).save_pretrained(folder)
    if details:
        (folder / "emoseum.json").write_text(json.dumps(details), "utf-8")
    return folder


def waking_controlnet(unet: Any) -> Any:
    """A ControlNet whose zero convolutions, of the residuals and of the sketch's way in, are random."""
    from diffusers import ControlNetModel

    made: Any = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 8))
    silent = [*made.controlnet_down_blocks, made.controlnet_mid_block, made.controlnet_cond_embedding.conv_out]
    for layer in silent:
        torch.nn.init.normal_(layer.weight, std=3.0)
    return made


def write_preview_vae(folder: Path) -> Path:
    """An AutoencoderTiny by itself."""
    torch.manual_seed(6)
    _tiny_vae().save_pretrained(folder)
    return folder


def write_lora(folder: Path, model: Path) -> Path:
    """A LoRA on the attention of a tiny model's UNet, as a distillation has one; its two halves are random."""
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from peft.utils import get_peft_model_state_dict

    unet: Any = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    _add_lora(unet, seed=7)
    StableDiffusionPipeline.save_lora_weights(folder, get_peft_model_state_dict(unet))
    return folder


def write_controlnet_lora(folder: Path, model: Path) -> Path:
    """A LoRA on the attention of a tiny model's ControlNet; its two halves are random."""
    from diffusers import ControlNetModel

    net: Any = ControlNetModel.from_pretrained(model, subfolder="controlnet")
    _add_lora(net, seed=9)
    net.save_lora_adapter(folder)
    return folder


def _add_lora(net: Any, seed: int) -> None:
    from peft import LoraConfig

    torch.manual_seed(seed)
    net.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_v"], init_lora_weights="gaussian"))
    for name, weight in net.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)


def write_clip(folder: Path) -> Path:
    """A CLIP with both of its towers, and what feeds them."""
    quiet()
    import transformers

    torch.manual_seed(8)
    tokenizer = _tokenizer(folder.parent)
    config = transformers.CLIPConfig(
        vision_config=_small(image_size=32, patch_size=16),
        text_config=_small(
            vocab_size=len(tokenizer),
            max_position_embeddings=77,
            eos_token_id=len(tokenizer) - 1,
            bos_token_id=len(tokenizer) - 2,
        ),
        projection_dim=16,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPProcessor(
        transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}), tokenizer
    ).save_pretrained(folder)
    return folder


def _small(**more: Any) -> dict[str, Any]:
    return {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "projection_dim": 16,
    } | more


def _unet() -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // 2, in_channels=4, out_channels=4, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=16, attention_head_dim=4,
    )  # fmt: skip


def _tiny_vae() -> Any:
    from diffusers import AutoencoderTiny

    wide = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    return AutoencoderTiny(**wide, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1), latent_channels=4)


def _kl_vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=SIDE,
    )  # fmt: skip


def _text_encoder() -> Any:
    import transformers

    size = 2 * len(_LETTERS) + 2
    config = transformers.CLIPTextConfig(
        **_small(vocab_size=size, max_position_embeddings=77), bos_token_id=size - 2, eos_token_id=size - 1
    )
    return transformers.CLIPTextModel(config)


@cache
def _tokenizer(folder: Path) -> Any:
    """Byte-level BPE without a single merge: a word is its letters."""
    import transformers

    folder = folder / "tokenizer"
    folder.mkdir(exist_ok=True, parents=True)
    words = [*_LETTERS, *(letter + "</w>" for letter in _LETTERS), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    return transformers.CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=77
    )
