"""How long a person waits for an answer made by the embedded engines, as they see it come."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from training.bench.journey import NO_JOIN, Watcher, Written, watched
from training.bench.lab import Section, quantile
from training.bench.lines import LINES

EMBEDDED = {
    **NO_JOIN,
    "EMOSEUM_ENGINES__UNDERSTANDING": "embedded",
    "EMOSEUM_ENGINES__PAINTER": "crayon",
    "EMOSEUM_ENGINES__COMPOSER": "soundfont",
    "EMOSEUM_ENGINES__COMMENTER": "embedded",
    "EMOSEUM_WORK__STUDIO_PROCESSES": "2",
}
HOW = (
    "`make bench` (`answer`): `bot` and `core` as two processes, one line at a time over real HTTP, ten Korean and ten "
    "English, seen on the page's live socket; median / p95 of them once warm. *First*: sent the moment the door opens, "
    "while the models are still being loaded."
)
MOMENTS = (("comment shown", "commented", "1 s"), ("picture shown", "painted", "2 s"), ("complete", "answered", "3 s"))


async def measure(quick: bool) -> Section:
    """The first line after a start, then twenty warm ones."""
    lines = LINES[8:12] if quick else LINES
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        async with watched(EMBEDDED, Path(folder)) as (_house, watcher):
            open_s = time.perf_counter() - began
            first = await _one(watcher, LINES[0][1])
            await asyncio.sleep(1 if quick else 8)  # whatever is still being warmed
            warm = [await _one(watcher, text) for _language, text in lines]
    rows = [("start until the page opens (half a second of it waited)", f"{open_s:.1f} s", "")]
    rows += [
        (f"first line after the start: {what}", f"{getattr(first, moment) - first.sent:.2f} s", "")
        for what, moment, _goal in MOMENTS
    ]
    for what, moment, goal in MOMENTS:
        taken = [getattr(line, moment) - line.sent for line in warm]
        figure = f"{quantile(taken, 0.5):.2f} / {quantile(taken, 0.95):.2f} s"
        rows.append((f"{what}, warm ({len(warm)} lines)", figure, f"median <= {goal}"))
    return Section("answer", "A complete answer to a line", HOW, tuple(rows))


async def _one(watcher: Watcher, text: str) -> Written:
    """One line, sent and waited for."""
    await watcher.send(text)
    if not await watcher.until_answered(len(watcher.lines), 120):
        raise TimeoutError(f"never answered: {text}")
    return watcher.told()[-1]
