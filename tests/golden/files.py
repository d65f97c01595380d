"""The files that people send in these conversations, by the name that a script gives them."""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path

from tests.fakes.voices import spoken_note

FACE = Path(__file__).resolve().parents[1] / "core" / "data" / "astronaut.jpg"


@cache
def file(name: str) -> tuple[bytes, str]:
    """(bytes, mime type as a client would say it). `selfie…` shows a face, `friends…` a sad one beside a glad one, and
    `bomb…` is tiny and unfolds to gigabytes."""
    stem, _, ending = name.rpartition(".")
    if ending == "pdf":
        return (
            b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
            "application/pdf",
        )
    if ending in ("ogg", "wav", "m4a"):
        return spoken_note(), "audio/ogg"
    if stem.startswith("selfie"):
        return FACE.read_bytes(), "image/jpeg"
    if stem.startswith("friends"):
        return _friends(), "image/jpeg"
    return (_bomb(), "image/png") if stem.startswith("bomb") else (_landscape(name), "image/jpeg")


def _bomb() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _friends() -> bytes:
    from PIL import Image

    from tests.fakes.drawn_faces import EXPRESSIONS, portrait

    photo = Image.new("RGB", (640, 400), (90, 90, 90))
    for n, name in enumerate(("sadness", "happy")):
        photo.paste(portrait(EXPRESSIONS[name], 260).convert("RGB"), (320 * n + 30, 70))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=95)
    return out.getvalue()


def _landscape(name: str) -> bytes:
    """Sky above, sea below, and nobody in it."""
    from PIL import Image

    at = random.Random(name)
    image = Image.new("RGB", (320, 240), (at.randint(140, 200), 190, 230))
    image.paste((40, at.randint(90, 130), 150), (0, at.randint(110, 150), 320, 240))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
