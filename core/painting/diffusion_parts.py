"""The parts of a diffusion model are found and put together: a folder, a hub repository, or the weights of our own.

Anything that is laid out as diffusers lays out Stable Diffusion 1.5 will do: `unet`, `vae` (AutoencoderKL or
AutoencoderTiny), `text_encoder`, `tokenizer`, `scheduler`, and `controlnet` and `safety_checker` where there are any. A file
`emoseum.json` beside them may say how the model wants to be asked (`Details`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.painting.diffusion_pipe import fingerprint, has_weights, merge, missing, pipeline, small_vae, weight_files
from core.ports import EngineMissing
from core.settings import ROOT, Painting

OWN = ROOT / "core" / "weights" / "painter"
DETAILS = "emoseum.json"
LIBRARIES = ("torch", "diffusers", "transformers", "peft")
NEEDED = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")

#: What `painter.scheduler` may say: the class of diffusers, and what of it is changed.
SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "ddim-trailing": ("DDIMScheduler", {"timestep_spacing": "trailing"}),  # Hyper-SD
    "ddpm": ("DDPMScheduler", {}),
    "deis": ("DEISMultistepScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {}),
    "dpm++-karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "tcd": ("TCDScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
_DISTILLED = ("lcm", "tcd", "ddim-trailing")  # a few steps, without guidance


@dataclass(frozen=True)
class Details:
    """How a model wants to be asked; each may stand in its emoseum.json."""

    steps: int = 20
    guidance: float = 7.5  # 1 and below: the prompt alone
    scheduler: str = ""  # of SCHEDULERS; "": as the folder says
    strength: float = 1.0  # below 1: how much of the crayon painter's picture, which it starts from, is painted anew
    side: int = 0  # pixels that it paints at, the height; 0: as its UNet says
    lines: str = "white"  # of the sketch that its ControlNet has learned from: white on black, or black on white
    caption: str = "prompt"  # prompt | ours: the words that our own model has learned from
    name: str = ""  # what pictures say that they were made by; "": the folder's


#: How our own weights are asked where their folder does not say.
OURS = Details(steps=8, guidance=2.0, caption="ours", name="emoseum")


@dataclass(frozen=True, eq=False)
class Parts:
    """A diffusers pipeline of any of the four kinds, in place and ready."""

    pipe: Any
    details: Details
    name: str  # with its LoRAs
    weights: str  # sha256 of all of them
    adapter: str  # sha256 of its LoRAs, "" for none
    device: str
    preview: Callable[[], Any] | None = None  # brings an AutoencoderTiny, where one is set


def load(painting: Painting) -> Parts:
    """Put the parts together: seconds, or minutes where they come from the hub.

    Raises EngineMissing: not installed, no weights, no such device, or too little memory; a safety checker that is asked
    for and is not there too, as nothing is to be painted unchecked."""
    folder = find(painting)
    import torch

    device, dtype = place_of(painting, torch)
    quiet()
    try:
        pipe = pipeline(folder, painting, dtype)
        name, adapter = f"diffusion-1:{_called(folder, painting)}", hashlib.sha256()
        for lora in loras_of(painting.lora):
            name += merge(pipe, lora, adapter)
        for lora in loras_of(painting.controlnet_lora):
            name += merge(pipe, lora, adapter, into="controlnet")
        pipe.to(device)
        pipe.set_progress_bar_config(disable=True)
        if hasattr(pipe.vae, "enable_slicing"):
            pipe.vae.enable_slicing()  # a batch is decoded one by one: it would take the most memory of all
        details = details_of(folder, painting)
        if details.scheduler:
            pipe.scheduler = scheduler_of(details.scheduler, pipe.scheduler)
        preview = partial(small_vae, painting.preview, dtype, device) if painting.preview else None
        merged = adapter.hexdigest() if painting.lora or painting.controlnet_lora else ""
        return Parts(pipe, details, name, fingerprint(folder), merged, device, preview)
    except EngineMissing:
        raise
    except Exception as error:  # whatever diffusers makes of a damaged folder, a hub or a device
        raise missing(f"{painting.model or folder.name} can't be loaded: {type(error).__name__}") from error


def quiet() -> None:
    """Their bars and hints are for whoever sits before it; what matters is raised."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def find(painting: Painting) -> Path:
    """The folder of the model, fetched from the hub where it is no folder. Raises EngineMissing."""
    if lacking := not_installed():
        raise missing(f"{' and '.join(lacking)} not installed")
    folder = local(painting)
    if folder is None:
        from diffusers import DiffusionPipeline

        try:
            folder = Path(DiffusionPipeline.download(painting.model))
        except Exception as error:  # no such repository, no network, no room
            raise missing(f"{painting.model} not found: {type(error).__name__}") from error
    if lacking := absent(folder):
        raise missing(f"no {' and no '.join(lacking)} in {painting.model or 'core/weights/painter'}")
    if not enough_memory(weight_bytes(folder), painting):
        raise missing(f"too little memory for {painting.model or 'our own weights'}")
    return folder


def not_installed() -> list[str]:
    """Which of the libraries are not there; none is imported."""
    return [each for each in LIBRARIES if find_spec(each) is None]


def absent(folder: Path) -> list[str]:
    """Which of the folders that a model is made of are not there."""
    return [name for name in NEEDED if not (folder / name).is_dir()]


def local(painting: Painting) -> Path | None:
    """The folder that the setting names, whether it is there or not; None for a name on the hub."""
    folder = Path(painting.model).expanduser() if painting.model else OWN
    is_place = folder.is_absolute() or painting.model.startswith((".", "~"))
    return folder if folder.is_dir() or is_place else None


def is_there(painting: Painting) -> bool:
    """True where a diffusion painter could be loaded as far as can be seen from outside; a name on the hub is believed."""
    if not_installed():
        return False
    folder = local(painting)
    return folder is None or not absent(folder)


def reads(painting: Painting) -> bool:
    """True where a diffusion painter is there, as far as can be seen from outside, and is told the prompt: our own is not, it
    has learned from words of its own. Loads no torch; a name on the hub counts once it was fetched."""
    if not_installed():
        return False
    folder = local(painting) or fetched(painting.model)
    if folder is None or not all(has_weights(folder / name) for name in ("unet", "vae", "text_encoder")):
        return False
    try:
        return details_of(folder, painting).caption == "prompt"
    except EngineMissing:
        return False


def fetched(name: str) -> Path | None:
    """Where a repository of the hub lies on this machine; None where it does not."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        index = try_to_load_from_cache(name, "model_index.json")
    except HFValidationError:
        return None
    return Path(index).parent if isinstance(index, str) else None


def weight_bytes(folder: Path) -> int:
    """How large the weights are that would be loaded."""
    return sum(file.stat().st_size for file in weight_files(folder))


def enough_memory(file_bytes: int, painting: Painting) -> bool:
    """True where the machine can hold them: on a processor half precision becomes single, and is twice as large."""
    from core.emotion.text_transformers import fits

    return fits(file_bytes if painting.device.startswith("cuda") else 2 * file_bytes)


def place_of(painting: Painting, torch: Any) -> tuple[str, Any]:
    """Device and numbers: half precision on a GPU, which a processor is slow at. Raises EngineMissing."""
    device = painting.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise missing(f"there is no {device}")
    usual = torch.float32 if device == "cpu" else torch.float16
    return device, usual if painting.dtype == "auto" else getattr(torch, painting.dtype)


def details_of(folder: Path, painting: Painting) -> Details:
    """How the model is asked: the settings, else what its emoseum.json says, else what is usual. Raises EngineMissing."""
    try:
        said = json.loads((folder / DETAILS).read_text("utf-8")) if (folder / DETAILS).is_file() else {}
        known = replace(
            OURS if folder == OWN else Details(),
            **{one.name: said[one.name] for one in fields(Details) if one.name in said},
        )
    except (ValueError, TypeError, KeyError) as error:
        raise missing(f"{DETAILS} of {folder.name} can't be read: {type(error).__name__}") from error
    scheduler = painting.scheduler if painting.scheduler != "auto" else known.scheduler
    if painting.scheduler in _DISTILLED:
        known = replace(known, steps=4, guidance=1.0)
    return replace(
        known,
        scheduler=scheduler,
        steps=painting.steps or known.steps,
        guidance=painting.guidance if painting.guidance >= 0 else known.guidance,
        strength=painting.strength or known.strength,
    )


def scheduler_of(name: str, of: Any) -> Any:
    """A scheduler by its name in SCHEDULERS, with the noise that the model has learned from. Raises EngineMissing."""
    import diffusers

    if name not in SCHEDULERS:
        raise missing(f"no scheduler {name}; there are {', '.join(SCHEDULERS)}")
    kind, changes = SCHEDULERS[name]
    return getattr(diffusers, kind).from_config(of.config, **changes)


def _called(folder: Path, painting: Painting) -> str:
    return details_of(folder, painting).name or painting.model.rstrip("/").rpartition("/")[2] or folder.name


def loras_of(setting: str) -> list[str]:
    """What `painter.lora` or `painter.controlnet_lora` lists."""
    return [each.strip() for each in setting.split(",") if each.strip()]
