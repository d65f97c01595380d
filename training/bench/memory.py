"""How much memory and processor the running house holds, at rest and after work."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from training.bench.answer import EMBEDDED
from training.bench.journey import Watcher, watched
from training.bench.lab import Section
from training.bench.lines import LINES
from training.bench.processes import command_of, cpu_of, family, memory_mb

HOW = (
    "`make bench` (`memory`): `bot` and `core` with its two studio children as `run` starts them, embedded engines. PSS "
    "counts a page shared by processes once, RSS counts it in each; the peak is the sum of each process's own highest "
    "RSS. The supervisor is left out here; its own process adds about 90 MB of RSS."
)


async def measure(quick: bool) -> Section:
    """After the start, and after ten answers."""
    with tempfile.TemporaryDirectory() as folder:
        async with watched(EMBEDDED, Path(folder)) as (house, watcher):
            pids = [process.pid for process in house.processes.values()]
            await _until_quiet(pids)
            before = _held(pids)
            share = await _idle(pids, 3 if quick else 10)
            await _write(watcher, 2 if quick else 10)
            await _until_quiet(pids)
            after = _held(pids)
    rows = []
    for name in before:
        rest, worked = before[name], after.get(name, before[name])
        figure = f"{rest['pss']:.0f} / {rest['rss']:.0f} MB, then {worked['pss']:.0f} / {worked['rss']:.0f} MB"
        rows.append((f"{name}, PSS / RSS after the start, then after ten answers", figure, ""))
    total = {kind: sum(one[kind] for one in before.values()) for kind in ("pss", "rss")}
    worked_total = {kind: sum(one[kind] for one in after.values()) for kind in ("pss", "rss", "peak")}
    rows.append(("all of it at rest, PSS / RSS", f"{total['pss']:.0f} / {total['rss']:.0f} MB", ""))
    rows.append(
        ("all of it after ten answers, PSS / RSS", f"{worked_total['pss']:.0f} / {worked_total['rss']:.0f} MB", "")
    )
    rows.append(("peak RSS, summed", f"{worked_total['peak']:.0f} MB", ""))
    rows.append(("idle, share of a core, everything together", f"{share:.1%}", ""))
    return Section("memory", "Memory at rest and at work", HOW, tuple(rows))


async def _write(watcher: Watcher, count: int) -> None:
    for _language, text in LINES[:: len(LINES) // count][:count]:
        await watcher.send(text)
        if not await watcher.until_answered(len(watcher.lines), 120):
            raise TimeoutError(f"never answered: {text}")


def _held(pids: list[int]) -> dict[str, dict[str, float]]:
    """Memory by the name of each process."""
    held, children = {}, 0
    for pid in [each for parent in pids for each in family(parent)]:
        command = command_of(pid)
        if "resource_tracker" in command:
            continue
        name = next((role for role in ("bot", "core") if f"emoseum {role} " in command), "")
        if not name:
            children += 1
            name = f"studio child {children}"
        held[name] = memory_mb(pid)
    return held


async def _until_quiet(pids: list[int], limit_s: float = 90.0) -> None:
    """Until the models are loaded: two seconds with less than half a core used."""
    end = time.monotonic() + limit_s
    await asyncio.sleep(3)
    while time.monotonic() < end and await _idle(pids, 2) > 0.5:
        pass


async def _idle(pids: list[int], seconds: float) -> float:
    """The share of a core used meanwhile."""
    everybody = [each for parent in pids for each in family(parent)]
    before, began = sum(map(cpu_of, everybody)), time.monotonic()
    await asyncio.sleep(seconds)
    return (sum(map(cpu_of, everybody)) - before) / (time.monotonic() - began)
