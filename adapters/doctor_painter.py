"""Who paints: what is set for the diffusion painter, and can it be loaded?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from core.engines import paints
from core.settings import Painting, Settings

LARGE_BYTES = 500_000_000  # weights above that make a processor paint for minutes


def painter(settings: Settings) -> Iterator[Told]:
    """Who paints? Nothing is loaded and nothing is asked of the network."""
    from core.painting import diffusion_parts as parts
    from core.ports import EngineMissing

    painting = settings.painter
    values = {"model": painting.model or "core/weights/painter"}
    if (who := paints(settings)) != "diffusion":
        yield GOOD, "painter", f"painter.{who}", {}
        return
    if lacking := parts.not_installed():
        yield BAD, "painter", "painter.not_installed", {"names": ", ".join(lacking)}
        return
    folder = parts.local(painting) or parts.fetched(painting.model)
    if folder is None:
        yield NOTICE, "painter", "painter.fetched", values
        return
    if (absent := parts.absent(folder)) or not (need := parts.weight_bytes(folder)):
        yield BAD, "painter", "painter.no_weights", values | {"names": ", ".join(absent) or "*.safetensors"}
        return
    try:
        device, _ = parts.place_of(painting, importlib.import_module("torch"))
        details = parts.details_of(folder, painting)
    except EngineMissing as error:
        yield BAD, "painter", "painter.cannot", values | {"cause": str(error)}
        return
    if not parts.enough_memory(need, painting):
        yield NOTICE, "painter", "painter.no_memory", values | {"need": round(need / 1e6)}
        return
    values |= {"device": device, "steps": str(details.steps), "guidance": f"{details.guidance:g}"}
    slow = device == "cpu" and need > LARGE_BYTES
    yield NOTICE if slow else GOOD, "painter", "painter.slow" if slow else "painter.there", values
    yield from _beside(painting, folder)


def _beside(painting: Painting, folder: Path) -> Iterator[Told]:
    """What goes with the model, where there is something to know about it."""
    from core.painting import diffusion_parts as parts

    if painting.controlnet == "none" or not (painting.controlnet or (folder / "controlnet").is_dir()):
        yield NOTICE, "painter", "painter.no_sketch", {}
    if painting.safety == "none" and (folder / "safety_checker").is_dir():
        yield NOTICE, "painter", "painter.unchecked", {}
    listed = parts.loras_of(f"{painting.lora},{painting.controlnet_lora}")
    loras = [one.partition("@")[0] for one in listed]
    for name in filter(None, (painting.controlnet, painting.preview, painting.safety, *loras)):
        place = Path(name).expanduser()
        if (place.is_absolute() or name.startswith((".", "~"))) and not place.exists():
            yield BAD, "painter", "painter.gone", {"name": name}
