"""Is there what reads, paints, composes, writes and speaks?"""

from __future__ import annotations

import importlib
import json
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from core.settings import ROOT, Settings

WEIGHTS = ROOT / "core" / "weights"
MODELS = (
    "text_emotion.npz",
    "face_emotion.npz",
    "crisis.npz",
    "crisis_reader.npz",
    "age_gender.npz",
    "tag_vectors.npz",
)


def models(settings: Settings) -> Iterator[Told]:
    """Are the weights whole?"""
    missing = [name for name in MODELS if not _is_whole(WEIGHTS / name)]
    if not _in_package("mtcnn", "*"):
        missing.append("mtcnn")
    if find_spec("sentencepiece") is None:
        missing.append("sentencepiece")
    yield (BAD, "models", "models.missing", {"names": ", ".join(missing)}) if missing else (GOOD, "models", "models.there", {})  # fmt: skip


def text(settings: Settings) -> Iterator[Told]:
    """Who reads the words, and is it there?"""
    from core.emotion.text_transformers import fits, weight_bytes

    name = settings.engines.text_model
    folder = Path(name)
    lacking = [each for each in ("torch", "transformers") if find_spec(each) is None]
    if settings.engines.text == "embedded":
        yield GOOD, "text", "text.embedded", {}
    elif lacking:
        yield BAD, "text", "text.not_installed", {"names": ", ".join(lacking)}
    elif not folder.is_dir():  # a name on the hub, unless it looks like a place on a disk
        place = folder.is_absolute() or name.startswith((".", "~"))
        yield (
            (BAD, "text", "text.no_weights", {"model": name})
            if place
            else (NOTICE, "text", "text.fetched", {"model": name})
        )
    elif not (need := weight_bytes(folder)):
        yield BAD, "text", "text.no_weights", {"model": name}
    elif not fits(need):
        yield NOTICE, "text", "text.no_memory", {"model": name, "need": round(need / 1e6)}
    else:
        yield GOOD, "text", "text.large", {"model": name}


def face(settings: Settings) -> Iterator[Told]:
    """Who reads faces, and is it there?"""
    from core.emotion.text_transformers import fits, weight_bytes

    name = settings.engines.face_model
    folder = Path(name)
    lacking = [each for each in ("torch", "transformers", "safetensors") if find_spec(each) is None]
    if settings.engines.face == "embedded":
        yield GOOD, "face", "face.embedded", {}
    elif lacking:
        yield BAD, "face", "face.not_installed", {"names": ", ".join(lacking)}
    elif (told := _run_of(folder)) in ("svm", "ensemble", "multimodal"):
        yield BAD, "face", "face.no_network", {"model": name, "engine": told}
    elif not told or not (need := weight_bytes(folder)):
        yield BAD, "face", "face.no_weights", {"model": name}
    elif not fits(need):
        yield NOTICE, "face", "face.no_memory", {"model": name, "need": round(need / 1e6)}
    else:
        yield GOOD, "face", "face.large", {"model": name, "engine": told}


def materials(settings: Settings) -> Iterator[Told]:
    """Is there what pictures and music are made of?"""
    from core.painting.stickers import STICKERS_JSON

    font = STICKERS_JSON.parent / "fonts" / "EmoseumHand-Regular.woff"
    for what, key, there in (
        ("stickers", "stickers", STICKERS_JSON.is_file() and STICKERS_JSON.stat().st_size > 0),
        ("font", "font", font.is_file() and font.read_bytes()[:4] == b"wOFF"),
        ("soundfont", "soundfont", _in_package("pretty_midi", "TimGM6mb.sf2")),
        ("korean", "korean", find_spec("kiwipiepy") is not None and find_spec("kiwipiepy_model") is not None),
    ):
        yield (GOOD, what, f"{key}.there", {}) if there else (BAD, what, f"{key}.missing", {})


def torch(settings: Settings) -> Iterator[Told]:
    """Is there torch, and a GPU?"""
    if find_spec("torch") is None:
        yield GOOD, "torch", "torch.none", {}
        return
    torch: Any = importlib.import_module("torch")
    if torch.cuda.is_available():
        yield GOOD, "torch", "torch.gpu", {"name": torch.cuda.get_device_name(0)}
    else:
        yield GOOD, "torch", "torch.cpu", {}


def writer(settings: Settings, timeout_s: float) -> Iterator[Told]:
    """Does the language model's server answer, and take our key?"""
    if not settings.openai.on:
        yield GOOD, "writer", "writer.off", {}
        if settings.engines.translator == "openai":
            yield NOTICE, "writer", "writer.no_translator", {}
        return
    from openai import APIStatusError, OpenAI, OpenAIError

    values = {"where": settings.openai.base_url or "OpenAI", "model": settings.openai.model}
    key = settings.openai.api_key.get_secret_value() or "none"
    client = OpenAI(api_key=key, base_url=settings.openai.base_url or None, timeout=timeout_s, max_retries=0)
    try:
        client.models.list()
    except APIStatusError as error:
        if error.status_code in (401, 403):
            yield BAD, "writer", "writer.refused", values
        elif error.status_code >= 500 or error.status_code == 429:
            yield NOTICE, "writer", "writer.away", values | {"cause": str(error.status_code)}
        else:  # it answers, though it lists no models
            yield GOOD, "writer", "writer.there", values
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        yield NOTICE, "writer", "writer.away", values | {"cause": type(error).__name__}
    else:
        yield GOOD, "writer", "writer.there", values


def speaker(settings: Settings) -> Iterator[Told]:
    """Who reads aloud?"""
    from adapters.gtts_speaker import open_speaker

    if settings.speech.speaker == "none":
        yield GOOD, "speaker", "speaker.off", {}
        return
    speaker = open_speaker(settings)
    name = speaker.name if speaker is not None else ""
    if "espeak" in name:
        yield GOOD, "speaker", "speaker.both" if "gtts" in name else "speaker.here", {}
    else:
        yield NOTICE, "speaker", "speaker.outside" if name else "speaker.missing", {}


def _is_whole(weights: Path) -> bool:
    """True where every array of the file is as it was written."""
    try:
        with zipfile.ZipFile(weights) as file:
            return bool(file.namelist()) and file.testzip() is None
    except Exception:  # whatever a damaged file makes the unpacking stumble over
        return False


def _run_of(folder: Path) -> str:
    """The engine of a trained run's folder; "" where that is none."""
    try:
        return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["engine"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _in_package(package: str, pattern: str) -> bool:
    """True where an installed package, never imported, holds such a file."""
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return any(path.is_file() for folder in folders for path in folder.rglob(pattern))
