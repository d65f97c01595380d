"""A pipeline of diffusers is put together: its ControlNet, its safety checker, the LoRAs that are melted into it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.ports import EngineMissing
from core.settings import Painting

_WEIGHTS = ("*.safetensors", "*.bin")


def missing(cause: str) -> EngineMissing:
    """The error of a model that can't be had; its text is for the log and the doctor."""
    return EngineMissing("error.engine_missing", cause)


def pipeline(folder: Path, painting: Painting, dtype: Any) -> Any:
    """One of diffusers' pipelines: with a ControlNet where there is one."""
    from diffusers import ControlNetModel, StableDiffusionControlNetPipeline, StableDiffusionPipeline

    parts: dict[str, Any] = {"torch_dtype": dtype, **_checker(folder, painting.safety, dtype)}
    at = painting.controlnet or ("" if (folder / "controlnet").is_dir() else "none")
    if at == "none":
        return StableDiffusionPipeline.from_pretrained(folder, requires_safety_checker=False, **parts)
    where = {"subfolder": "controlnet"} if not at else {}
    controlnet = ControlNetModel.from_pretrained(at or folder, torch_dtype=dtype, **where)
    return StableDiffusionControlNetPipeline.from_pretrained(
        folder, controlnet=controlnet, requires_safety_checker=False, **parts
    )


def _checker(folder: Path, safety: str, dtype: Any) -> dict[str, Any]:
    """The safety checker and what feeds it. Raises EngineMissing where one is asked for and is not there."""
    where: dict[str, Any] = {}
    if safety == "auto" and not (folder / "safety_checker").is_dir():
        safety = "none"
    if safety == "none":
        return {"safety_checker": None, "feature_extractor": None}
    if safety == "auto":
        where, safety = {"subfolder": "safety_checker"}, str(folder)
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPImageProcessor

    try:
        checker: Any = StableDiffusionSafetyChecker.from_pretrained(safety, torch_dtype=dtype, **where)
    except Exception as error:
        raise missing(f"the safety checker {safety} can't be loaded: {type(error).__name__}") from error
    side = checker.config.vision_config.image_size
    feeds = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    return {"safety_checker": checker.eval(), "feature_extractor": feeds}


def merge(pipe: Any, lora: str, seen: Any, into: str = "pipeline") -> str:
    """Melt a LoRA into the weights, so that it costs no time; what it adds to the model's name. `lora`: a file, a folder or
    a name on the hub (owner/repository, or with the file behind it), and @ how strong; `seen`: a hash that takes it in;
    `into`: pipeline (UNet, text encoder) | controlnet. Raises EngineMissing where it belongs elsewhere."""
    at, _, share = lora.partition("@")
    path, scale = Path(at).expanduser(), float(share or 1)
    where: dict[str, Any] = {}
    if not path.exists() and at.count("/") > 1:
        owner, repository, file = at.split("/", 2)
        at, where = f"{owner}/{repository}", {"weight_name": file}
    at = str(path) if path.exists() else at
    if into == "controlnet":
        if getattr(pipe, "controlnet", None) is None:
            raise missing(f"{path.name} is for a ControlNet, and there is none")
        pipe.controlnet.load_lora_adapter(at, prefix=None, use_safetensors=True, **where)
        pipe.controlnet.fuse_lora(lora_scale=scale)
        pipe.controlnet.unload_lora()
    else:
        pipe.load_lora_weights(at, **where)
        if not pipe.get_list_adapters():  # diffusers only warns
            raise missing(f"{path.name} holds nothing for the UNet")
        pipe.fuse_lora(lora_scale=scale)
        pipe.unload_lora_weights()
    kind = "" if into == "pipeline" else f"{into} "
    seen.update(f"{kind}{scale:g} {fingerprint(path) if path.exists() else lora}".encode())
    return f"+{path.stem}" + (f"*{scale:g}" if scale != 1 else "")


def small_vae(name: str, dtype: Any, device: str) -> Any:
    """A small decoder for looks into a picture while it is painted. `name`: a folder or a name on the hub."""
    from diffusers import AutoencoderTiny

    return AutoencoderTiny.from_pretrained(name, torch_dtype=dtype).eval().to(device)


def fingerprint(folder: Path) -> str:
    """sha256 of all its weights: about a second for two gigabytes. `folder`: or a file."""
    whole = hashlib.sha256()
    for file in weight_files(folder) if folder.is_dir() else [folder]:
        with file.open("rb") as opened:
            whole.update(hashlib.file_digest(opened, "sha256").digest())
    return whole.hexdigest()


def weight_files(folder: Path) -> Iterator[Path]:
    """The files that diffusers would take: per part the safetensors, and no second precision beside them."""
    for part in (folder, *(each for each in sorted(folder.iterdir()) if each.is_dir())):
        for pattern in _WEIGHTS:
            found = [file for file in sorted(part.glob(pattern)) if part != folder or not (folder / "unet").is_dir()]
            plain = [file for file in found if ".fp16." not in file.name and ".non_ema." not in file.name]
            if plain or found:
                yield from plain or found
                break


def has_weights(part: Path) -> bool:
    """True where weights lie in the folder of one part."""
    return any(file.is_file() for pattern in _WEIGHTS for file in part.glob(pattern))
