"""What the journey itself costs, with engines that return at once: over real HTTP, a real live socket, two processes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.fakes.house_process import FORM, HouseProcess
from training.bench.lab import Section, ms, quantile
from training.bench.processes import cpu_of, family

NO_JOIN = {"EMOSEUM_WORK__JOIN_S": "0"}  # each line its own entry


@dataclass
class Written:
    """One line on its way; moments in seconds of time.perf_counter."""

    sent: float
    order: str = ""
    acknowledged: float = 0.0
    commented: float = 0.0
    painted: float = 0.0
    answered: float = 0.0


@dataclass
class Watcher:
    """A page with its live socket: sends lines, and notes when it sees each of their answers.

    Within a chat answers stand in the order of the lines, so the n-th answer is the n-th line's; a piece of music
    shows the picture of its answer.
    """

    base: str
    session: aiohttp.ClientSession
    lines: list[Written] = field(default_factory=list)
    seen: dict[str, dict[str, float]] = field(default_factory=dict)  # answer line -> moments
    covers: dict[str, float] = field(default_factory=dict)  # picture -> when its music was seen
    pictures: dict[str, str] = field(default_factory=dict)  # answer line -> picture

    async def send(self, text: str) -> None:
        """Post one line and note its acknowledgement."""
        line = Written(sent=time.perf_counter())
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in {**FORM, "id": uuid.uuid4().hex, "text": text}.items():
            form.add_field(name, value)
        async with self.session.post(f"{self.base}/api/messages", data=form, headers={"Origin": self.base}) as response:
            told = await response.json()
            response.raise_for_status()
        line.acknowledged = time.perf_counter()
        line.order = told["line"]["order"]
        self.lines.append(line)

    async def watch(self) -> None:
        """Listen for ever."""
        async with self.session.ws_connect(f"{self.base}/api/live", headers={"Origin": self.base}) as socket:
            async for event in socket:
                told = event.json()
                if told["type"] == "line":
                    self._saw(told["line"], time.perf_counter())

    def _saw(self, line: dict[str, Any], now: float) -> None:
        if line["from"] == "me":
            return
        if line.get("audio"):
            self.covers.setdefault(line["cover"], now)
        elif line.get("progress") or line.get("picture"):
            moments = self.seen.setdefault(line["id"], {"order": line["order"]})
            if line["text"]:
                moments.setdefault("commented", now)
            if line.get("picture"):
                moments.setdefault("painted", now)
                self.pictures[line["id"]] = line["picture"]

    @property
    def answered(self) -> int:
        """How many lines have all of their answer."""
        return sum(picture in self.covers for picture in self.pictures.values())

    async def until_answered(self, count: int, limit_s: float) -> bool:
        """True once `count` lines are answered."""
        end = time.perf_counter() + limit_s
        while self.answered < count:
            if time.perf_counter() > end:
                return False
            await asyncio.sleep(0.01)
        return True

    def told(self) -> list[Written]:
        """Every line with the moments of its answer."""
        answers = sorted(self.seen, key=lambda line_id: self.seen[line_id]["order"])
        for line, line_id in zip(sorted(self.lines, key=lambda line: line.order), answers, strict=False):
            moments = self.seen[line_id]
            line.commented, line.painted = moments.get("commented", 0.0), moments.get("painted", 0.0)
            line.answered = max(line.painted, self.covers.get(self.pictures.get(line_id, ""), 0.0))
        return self.lines


async def at_rate(watcher: Watcher, per_s: float, seconds: float) -> list[Written]:
    """Lines at an even pace, whatever becomes of the earlier ones."""
    first = len(watcher.lines)
    begin, sending = time.perf_counter(), []
    for n in range(round(per_s * seconds)):
        await asyncio.sleep(max(0.0, begin + n / per_s - time.perf_counter()))
        sending.append(asyncio.create_task(watcher.send(f"{n}번째 줄. A line of the day.")))
    await asyncio.gather(*sending)
    await watcher.until_answered(len(watcher.lines), 60)
    watcher.told()
    return watcher.lines[first:]


@asynccontextmanager
async def watched(environment: dict[str, str], folder: Path) -> AsyncIterator[tuple[HouseProcess, Watcher]]:
    """Bot and core on a new data folder, and a page that looks at them."""
    house = HouseProcess(folder / "data", environment)
    house.start("core")
    house.start("bot")
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            watcher = Watcher(f"http://127.0.0.1:{house.port}", session)
            await _until_open(watcher)
            watching = asyncio.create_task(watcher.watch())
            await asyncio.sleep(0.5)
            yield house, watcher
            watching.cancel()
    finally:
        house.stop()


async def _until_open(watcher: Watcher, limit_s: float = 60.0) -> None:
    end = time.perf_counter() + limit_s
    while time.perf_counter() < end:
        with contextlib.suppress(aiohttp.ClientError):
            async with watcher.session.get(f"{watcher.base}/healthz") as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.05)
    raise TimeoutError("the bot never opened its door")


def bare_commits(folder: Path, count: int = 300) -> list[float]:
    """Seconds of `count` commits of one row of 600 bytes, each on the disk before the next: what no store can beat."""
    connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE floor (n INTEGER PRIMARY KEY, body BLOB)")
    taken = []
    for n in range(count):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor VALUES (?, ?)", (n, bytes(600)))
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - began)
    connection.close()
    return taken


async def burst(watcher: Watcher, count: int, limit_s: float = 180.0) -> tuple[float, float, int]:
    """`count` lines sent in one second: seconds until all are acknowledged, until all are answered, and how many are."""
    before, began = watcher.answered, time.perf_counter()
    sending = []
    for n in range(count):
        await asyncio.sleep(max(0.0, began + n / count - time.perf_counter()))
        sending.append(asyncio.create_task(watcher.send(f"burst {n}")))
    await asyncio.gather(*sending)
    acknowledged_s = time.perf_counter() - began
    await watcher.until_answered(before + count, limit_s)
    return acknowledged_s, time.perf_counter() - began, watcher.answered - before


async def measure(quick: bool) -> Section:
    """Everything above, at 5 entries a second and more."""
    seconds, rates, count = (6.0, (5, 10), 30) if quick else (60.0, (5, 10, 20, 40), 200)
    with tempfile.TemporaryDirectory() as folder:
        floor = bare_commits(Path(folder))
        async with watched(NO_JOIN, Path(folder)) as (house, watcher):
            await at_rate(watcher, 2, 4)  # warm
            idle = await idle_share(house, 5.0)
            before = cpu_s(house)
            steady = await at_rate(watcher, 5, seconds)
            cpu_ms = (sum(cpu_s(house).values()) - sum(before.values())) / len(steady) * 1000
            ramp = [(rate, await at_rate(watcher, rate, 3 if quick else 8)) for rate in rates[1:]]
            burst_s = await burst(watcher, count)
    return Section(
        "journey", "What the journey itself costs", HOW, tuple(_rows(floor, idle, steady, cpu_ms, ramp, burst_s, count))
    )


HOW = (
    "`make bench` (`journey`): engines that return at once, `bot` and `core` as two processes, one chat over real HTTP, "
    "seen on the page's live socket by a third process on the same machine; `work.join_s` = 0, so that each line is its "
    "own entry, and all of them stand in one chat, whose lines are heard one after the other. Lines are sent at an even "
    "pace whatever becomes of the earlier ones. *Answered*: comment, picture and music seen. p50 / p95 / p99."
)


def _rows(
    floor: list[float],
    idle: dict[str, float],
    steady: list[Written],
    cpu_ms: float,
    ramp: list[tuple[int, list[Written]]],
    burst_s: tuple[float, float, int],
    count: int,
) -> list[tuple[str, str, str]]:
    kept, answered = _taken(steady, "acknowledged"), _taken(steady, "answered")
    ratio = quantile(kept, 0.5) / quantile(floor, 0.5)
    rows = [
        (
            "a bare SQLite commit on the same disk, `synchronous=FULL`",
            f"{quantile(floor, 0.5) * 1000:.2f} ms",
            "the floor",
        ),
        (f"stored and acknowledged, 5 /s ({len(steady)} lines)", ms(kept, 0.5, 0.95, 0.99), "p50 <= 15 ms"),
        ("that, as a multiple of the floor", f"{ratio:.0f} x", ""),
        ("comment shown, 5 /s", ms(_taken(steady, "commented"), 0.5, 0.95, 0.99), ""),
        ("answered, 5 /s", ms(answered, 0.5, 0.95, 0.99), "p50 <= 150, p99 <= 400 ms"),
        ("lost, 5 /s", f"{len(steady) - len(answered)} of {len(steady)}", "0"),
        ("processor time of an entry, both processes, polling included", f"{cpu_ms:.0f} ms", ""),
        ("idle, share of a core", " · ".join(f"{role} {share:.1%}" for role, share in idle.items()), ""),
    ]
    for rate, written in ramp:
        done = _taken(written, "answered")
        figure = f"{ms(done, 0.5, 0.95, 0.99)}; {len(written) - len(done)} lost"
        rows.append((f"answered, {rate} /s ({len(written)} lines)", figure, "where it saturates"))
    acknowledged_s, answered_s, arrived = burst_s
    figure = f"acknowledged after {acknowledged_s:.1f} s, answered after {answered_s:.1f} s; {count - arrived} lost"
    rows.append((f"{count} lines sent in one second", f"{figure} ({count / answered_s:.1f} /s)", "none lost"))
    return rows


def _taken(written: list[Written], moment: str) -> list[float]:
    """Seconds from sending to a moment, of the lines that reached it."""
    return [getattr(line, moment) - line.sent for line in written if getattr(line, moment)]


def cpu_s(house: HouseProcess) -> dict[str, float]:
    """Processor seconds that each role has used, its children included."""
    return {role: sum(map(cpu_of, family(process.pid))) for role, process in house.processes.items()}


async def idle_share(house: HouseProcess, seconds: float) -> dict[str, float]:
    """The share of one core that each role uses while nobody writes."""
    before, began = cpu_s(house), time.perf_counter()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - began
    return {role: (used - before[role]) / passed for role, used in cpu_s(house).items()}
