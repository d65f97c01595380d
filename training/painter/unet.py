"""The painter's own networks, shaped as Stable Diffusion's and small: a UNet over latents and the noise it learns from."""

from __future__ import annotations

from typing import Any

from diffusers import DDIMScheduler, UNet2DConditionModel

from training.painter.text import SIZE

LATENT_CHANNELS = 8
CHANNELS = (32, 96, 192)  # at an eighth, a sixteenth and a thirty-second of the picture's side


def shape(channels: tuple[int, ...] = CHANNELS, words: int = SIZE) -> dict[str, Any]:
    """What the UNet and its ControlNet must share. Words are heard at the smallest size only: at the one above
    too, it took an eighth more operations."""
    return {
        "block_out_channels": channels,
        "down_block_types": ("DownBlock2D",) * (len(channels) - 1) + ("CrossAttnDownBlock2D",),
        "layers_per_block": 1,
        "cross_attention_dim": words,
        "attention_head_dim": 4,  # heads, whatever the name says
        "norm_num_groups": 16,
    }


def make_unet(channels: tuple[int, ...] = CHANNELS, words: int = SIZE, side: int = 32) -> UNet2DConditionModel:
    """Untrained: (B, LATENT_CHANNELS, side, side), steps, words (B, L, words) -> the velocity, of the latents' shape."""
    return UNet2DConditionModel(
        sample_size=side,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * (len(channels) - 1),
        **shape(channels, words),
    )


def make_scheduler() -> DDIMScheduler:
    """Velocity (Salimans & Ho 2022) over a cosine schedule (Nichol & Dhariwal 2021): its last step is pure noise, so
    that a night may be dark; painting starts there (`trailing`, Lin et al. 2023)."""
    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
    )
