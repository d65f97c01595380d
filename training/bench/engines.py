"""How long each engine takes alone, on one core."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training.bench.lab import Section, quantile
from training.bench.lines import LINES

HOW = (
    "`make bench` (`engines`): each engine in this process, which is held on one core, called on twenty lines (the face "
    "on one photo); the first call, which loads what it needs, is its own column. Median / p95 of the warm calls."
)
PHOTO = Path(__file__).resolve().parents[2] / "tests" / "core" / "data" / "astronaut.jpg"


async def measure(quick: bool) -> Section:
    """One row an engine."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(every)})
    try:
        rows = await asyncio.to_thread(_rows, LINES[8:12] if quick else LINES)
    finally:
        os.sched_setaffinity(0, every)
    return Section("engines", "Each engine alone", HOW, tuple(rows))


def _rows(lines: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    from core.comment.anna import Anna
    from core.emotion.face import read_face
    from core.emotion.language import guess_language
    from core.emotion.photo import open_photo
    from core.emotion.text import TextEmotion
    from core.engines import composer, painter, understander
    from core.entities import Entry, Person, VisualPreferences
    from core.painting.tags import find_tags
    from core.safety.crisis import check_safely
    from core.settings import load_settings

    settings = load_settings(engines={"commenter": "embedded"})
    understanding, paints, composes = understander(settings), painter(settings), composer(settings)
    photo = PHOTO.read_bytes()

    def face(data: bytes) -> None:
        read_face(open_photo(data, settings.intake).rgb)

    person = Person(id="p", name="지우", language="ko", created_at=datetime.now(UTC))
    texts = [text for _language, text in lines]
    long = (" ".join(texts) * 40)[:20_000]
    rows = [
        _row("crisis check, a line", check_safely, [(text,) for text in texts]),
        _row("crisis check, 20,000 characters", check_safely, [(long,)] * 5),
    ]
    began = time.perf_counter()
    words = TextEmotion.load()
    rows.append(("text emotion, loading", _ms(time.perf_counter() - began), ""))
    for language in ("ko", "en"):
        mine = [text for its, text in lines if its == language]
        rows.append(_row(f"text emotion, a line ({language})", words.read, [(text, language) for text in mine]))
        rows.append(_row(f"tags, a line ({language})", find_tags, [(text, language) for text in mine]))
    rows.append(_row("face, a photo of 512 px: opened, found, read", face, [(photo,)] * 5))
    rows.append(_row("all of understanding, a line", understanding.understand, [(text, None, "ko") for text in texts]))
    read = [understanding.understand(text, None, guess_language(text)) for text in texts]
    rows.append(
        _row(
            "picture: sketch and crayon, 512 px",
            paints.paint,
            [(a.tags, a.emotion, "ko", n) for n, a in enumerate(read)],
        )
    )
    for look in ("pastel", "pencil", "watercolour"):
        wanted = VisualPreferences(look=look, harmony="analogous")

        def painted(
            tags: Any, emotion: Any, language: str, seed: int, wanted: VisualPreferences = wanted
        ) -> None:  # every number of a taste that costs time is set
            paints.paint(tags, emotion, language, seed, preferences=wanted)

        calls = [(a.tags, a.emotion, "ko", n) for n, a in enumerate(read)]
        rows.append(_row(f"picture: {look}, with a harmony of colours, 512 px", painted, calls))
    rows.append(_row("music, 30 s", composes.compose, [(a.emotion, a.tags, "ko", n) for n, a in enumerate(read)]))
    now = datetime.now(UTC)
    entries = [Entry(id="e", person_id="p", date=now.date(), text=text, created_at=now) for text in texts]
    anna = Anna(None)

    def comment(entry: Any, analysis: Any, seed: int) -> None:
        asyncio.run(anna.comment(entry, analysis, person, (), seed, gentle=False))

    comments = [(entry, analysis, n) for n, (entry, analysis) in enumerate(zip(entries, read, strict=True))]
    rows.append(_row("comment, Anna by herself", comment, comments))
    return rows


def _row(what: str, work: Callable[..., Any], calls: list[tuple[Any, ...]]) -> tuple[str, str, str]:
    taken = []
    for n, call in enumerate([calls[0], *calls]):
        began = time.perf_counter()
        work(*call)
        taken.append(time.perf_counter() - began)
        if n > 3 and sum(taken[1:]) > 20:
            break
    first, warm = taken[0], taken[1:]
    return what, f"{_ms(quantile(warm, 0.5))} / {_ms(quantile(warm, 0.95))} (first {_ms(first)})", ""


def _ms(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"
