"""Whether a long diary is slower to look back on than a short one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from training.bench.lab import Section, quantile
from training.bench.lines import LINES

SHOWN = 60  # entries in the month that is looked at, in the short diary and in the long one
PICTURES = 10  # of them have a picture
HOW = (
    "`make bench` (`looking_back`): one person's diary in a store on disk, once with 100 entries and once with 10,000; "
    f"the month looked at holds {SHOWN} of them in both, {PICTURES} with a picture. Median of the pages as the bot makes "
    "them: month with its picture drawn, the first page of the history and the last one, a day. The two diaries take turns."
)


async def measure(quick: bool) -> Section:
    """Each page of both diaries."""
    from bot import pages

    sizes, times = ((100, 1000), 3) if quick else ((100, 10_000), 9)
    month = date(2026, 10, 1)
    with tempfile.TemporaryDirectory() as folder:
        diaries = [await _diary(Path(folder) / str(size), size, month) for size in sizes]
        looks: dict[str, Callable[[Any, Any, int], Awaitable[Any]]] = {
            "month picture and its lines": lambda house, person, _size: pages.month_page(house, person, month),
            "history, first page": lambda house, person, _size: pages.history_page(house, person, 0),
            "history, last page": lambda house, person, size: pages.history_page(house, person, size - 5),
            "a day's page": lambda house, person, _size: pages.day_page(house, person, month + timedelta(days=4)),
        }
        rows = []
        for what, look in looks.items():
            taken: list[list[float]] = [[], []]
            for n in range(times + 1):
                for k, (house, person) in enumerate(diaries):
                    began = time.perf_counter()
                    await look(house, person, sizes[k])
                    if n:  # the first warms both
                        taken[k].append(time.perf_counter() - began)
            short, long = (quantile(some, 0.5) * 1000 for some in taken)
            goal = "" if what.startswith(("a day", "history, last")) else "<= 1.3 x"
            rows.append(
                (
                    f"{what}, {sizes[0]:,} / {sizes[1]:,} entries",
                    f"{short:.1f} / {long:.1f} ms = {long / short:.2f} x",
                    goal,
                )
            )
        for house, _person in diaries:
            await house.store.close()
    return Section("looking_back", "Looking back on a long diary", HOW, tuple(rows))


async def _diary(folder: Path, size: int, month: date) -> tuple[Any, Any]:
    """A store with `size` entries of one person: SHOWN in the month, the others in the years before."""
    from adapters.sealed_media import open_media
    from adapters.sql_store import open_store, upgrade
    from bot.house import House
    from core.entities import EMOTIONS, Analysis, Emotion, Entry, Label, Work, WorkKind
    from core.settings import load_settings

    settings = load_settings(data_dir=folder)
    upgrade(settings)
    store = await open_store(settings)
    media = await open_media(store, settings)
    person = await store.person_of("web", "me", language="ko")
    picture = _picture()
    for n in range(size):
        day = month + timedelta(days=n % 28) if n < SHOWN else month - timedelta(days=1 + n % 3000)
        entry = Entry(
            id=f"e{n:06d}",
            person_id=person.id,
            date=day,
            text=LINES[n % len(LINES)][1],
            created_at=datetime(day.year, day.month, day.day, n % 24, tzinfo=UTC),
        )
        await store.save_entry(entry)
        if n < SHOWN:
            emotion = Emotion(labels=(Label(EMOTIONS[n % len(EMOTIONS)], 1.0),))
            analysis = Analysis(emotion=emotion, words=emotion, summary=entry.text[:30], language="ko")
            await store.save_analysis(entry.id, 1, analysis)
        if n < PICTURES:
            media_id = await media.put(person.id, picture, "image/png")
            work = Work(
                id=f"{entry.id}p",
                entry_id=entry.id,
                revision=1,
                kind=WorkKind.PICTURE,
                engine="crayon",
                media_id=media_id,
            )
            await store.save_work(work)
    return House(settings, store, media, {}, b"nobody presses these"), person


def _picture() -> bytes:
    from core.emotion.fusion import from_label
    from core.engines import painter
    from core.settings import load_settings

    return painter(load_settings()).paint((), from_label("joy"), "ko", 1).png
