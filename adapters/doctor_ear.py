"""Who listens to voice notes: is its library there, are its weights, and does it see the GPU?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from core.settings import Settings

_LIBRARIES = {"faster-whisper": ("faster_whisper",), "transformers": ("torch", "transformers")}
_EXTRAS = {"faster-whisper": "voice", "transformers": "core"}
_WEIGHTS = {"faster-whisper": "model.bin", "transformers": "model.safetensors"}


def transcriber(settings: Settings) -> Iterator[Told]:
    """Who listens to voice notes?"""
    engine = settings.speech.transcriber
    if engine == "none":
        yield GOOD, "transcriber", "transcriber.off", {}
    elif engine == "openai":
        on = settings.openai.on
        yield GOOD if on else BAD, "transcriber", "transcriber.outside" if on else "transcriber.no_server", {}
    elif not all(find_spec(library) for library in _LIBRARIES[engine]):
        yield BAD, "transcriber", "transcriber.missing", {"engine": engine, "extra": _EXTRAS[engine]}
    else:
        yield from _here(settings, engine)


def _here(settings: Settings, engine: str) -> Iterator[Told]:
    """The library is there; its weights, and the place where it would work."""
    model = settings.speech.whisper_model
    if engine == "transformers":
        from adapters.torch_transcriber import model_name

        model = model_name(model)
    values = {"engine": engine, "model": model}
    folder = Path(model)
    if folder.is_dir():
        if not any(folder.glob(_WEIGHTS[engine].replace(".", "*."))):
            yield BAD, "transcriber", "transcriber.empty", values | {"file": _WEIGHTS[engine]}
            return
    elif folder.is_absolute() or model.startswith((".", "~")):
        yield BAD, "transcriber", "transcriber.no_weights", values
        return
    elif not _is_cached(engine, model):
        yield NOTICE, "transcriber", "transcriber.not_here_yet", values
        return
    yield _where(settings, engine, values)


def _where(settings: Settings, engine: str, values: dict[str, str]) -> Told:
    if engine == "faster-whisper":
        return GOOD, "transcriber", "transcriber.here", values
    torch: Any = importlib.import_module("torch")
    if torch.cuda.is_available() and settings.speech.whisper_device != "cpu":
        return GOOD, "transcriber", "transcriber.gpu", values | {"name": torch.cuda.get_device_name(0)}
    if settings.speech.whisper_device.startswith("cuda"):
        return BAD, "transcriber", "transcriber.no_gpu", values | {"device": settings.speech.whisper_device}
    return NOTICE, "transcriber", "transcriber.slow", values


def _is_cached(engine: str, model: str) -> bool:
    """True where the hub's weights were brought here before; nothing is asked of the network."""
    hub: Any = importlib.import_module("huggingface_hub")
    owner = "" if "/" in model else "Systran/faster-whisper-"
    return isinstance(hub.try_to_load_from_cache(owner + model, _WEIGHTS[engine]), str)
