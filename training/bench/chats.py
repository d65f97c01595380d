"""What any chat platform sees of us: requests an entry, seconds until something shows, a flood, a crowd."""

from __future__ import annotations

import asyncio
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.house_process import HouseProcess
from training.bench.answer import EMBEDDED
from training.bench.lab import Section, ms, quantile
from training.bench.lines import LINES
from training.bench.processes import memory_mb

ALONE = {"EMOSEUM_WEB__ENABLED": "false", "EMOSEUM_WORK__JOIN_S": "0", "EMOSEUM_LOG_LEVEL": "warning"}
SETTLED = 3  # the first message of a chat is followed by a hello; entries are counted after it
PER_S = 4.0  # lines a second, each in a chat of its own, while reactions are measured
BESIDE_PER_S = 2.0  # the same beside a flood: both together must not be more than the machine can answer
EACH = 3  # lines of everybody in the crowd


@dataclass(frozen=True)
class Request:
    """One request to the platform; `shows`: a new message that a person sees."""

    what: str
    chat_id: str
    at_s: float  # of the platform's own clock
    shows: bool


class Place(ABC):
    """A pretended platform with a house on it; `name` as the house calls it."""

    name: str

    def __init__(self, house: HouseProcess, server: Any) -> None:
        self.house, self.server = house, server

    @abstractmethod
    def meet(self, number: int) -> Any:
        """Somebody with an account, who `says(text)`."""

    @abstractmethod
    def chat_of(self, someone: Any) -> str:
        """The private chat with somebody, as the house calls it."""

    @abstractmethod
    def shown(self, someone: Any) -> list[tuple[str, bool, bool]]:
        """Each of our messages as it stands now: its id, whether it has a picture, whether it has music."""

    @abstractmethod
    def requests(self) -> list[Request]:
        """Everything we asked so far, without what is asked whether or not anybody writes."""

    @abstractmethod
    def now_s(self) -> float:
        """The clock of `Request.at_s`."""

    def answers(self, someone: Any) -> int:
        """How many whole answers somebody has: as many as pictures and as pieces of music."""
        shown = self.shown(someone)
        return min(sum(picture for _, picture, _ in shown), sum(music for *_, music in shown))

    async def until_answered(self, someone: Any, count: int, limit_s: float = 60.0) -> None:
        """Wait for so many answers. Raises TimeoutError."""
        end = time.perf_counter() + limit_s
        while self.answers(someone) < count:
            if time.perf_counter() > end:
                raise TimeoutError(f"{self.answers(someone)} of {count} answers came")
            await asyncio.sleep(0.02)


#: Opens a place on a new data folder, given further environment.
Open = Callable[[dict[str, str]], AbstractAsyncContextManager[Place]]


@asynccontextmanager
async def opened(
    made: type[Place], server: Any, told: dict[str, str], environment: dict[str, str], listening: Callable[[], Any]
) -> AsyncIterator[Place]:
    """Bot and core with one platform alone, once the bot listens there."""
    with tempfile.TemporaryDirectory() as folder:
        house = HouseProcess(Path(folder) / "data", ALONE | told | environment)
        house.start("core")
        house.start("bot")
        try:
            while not listening():
                await asyncio.sleep(0.05)
            yield made(house, server)
        finally:
            house.stop()


async def one_by_one(place: Place, lines: list[str]) -> tuple[Counter[str], float]:
    """Entries of one settled chat, each answered before the next: requests by kind, and how many an entry."""
    someone = place.meet(7)
    for n in range(SETTLED):
        await someone.says(lines[n])
        await place.until_answered(someone, n + 1)
    await asyncio.sleep(1.0)
    before = len(place.requests())
    for n, line in enumerate(lines[SETTLED:], SETTLED + 1):
        await someone.says(line)
        await place.until_answered(someone, n)
        await asyncio.sleep(0.3)
    await asyncio.sleep(1.0)
    asked = Counter(request.what for request in place.requests()[before:])
    return asked, sum(asked.values()) / (len(lines) - SETTLED)


async def first_reactions(place: Place, first: int, count: int, per_s: float, flood: int = 0) -> list[float]:
    """Seconds from a line, each in a chat of its own, to the first message that its person sees.

    `flood`: so many lines that somebody else writes at once just before."""
    people = [place.meet(first + n) for n in range(count)]
    flooding = place.meet(first - 1)
    for n in range(flood):
        await flooding.says(f"{n}번째 물결")
    said: dict[str, float] = {}
    began = time.perf_counter()
    for n, someone in enumerate(people):
        await asyncio.sleep(max(0.0, began + n / per_s - time.perf_counter()))
        at_s = place.now_s()
        await someone.says(f"{n}번째 하루. A day.")
        said[place.chat_of(someone)] = at_s
    for someone in people:
        await place.until_answered(someone, 1, 300)
    if flood:
        await place.until_answered(flooding, flood, 600)
    seen: dict[str, float] = {}
    for request in place.requests():
        if request.shows and request.chat_id in said:
            seen.setdefault(request.chat_id, request.at_s)
    return [seen[chat_id] - said[chat_id] for chat_id in said]


async def crowded(place: Place, chats: int) -> dict[str, float]:
    """`chats` people write EACH lines at once: seconds until all are answered, and what is missing or out of order."""
    people = [place.meet(100_000 + n) for n in range(chats)]
    lines = [f"{n}번째 줄" for n in range(EACH)]
    began = time.perf_counter()
    for line in lines:
        await asyncio.gather(*(someone.says(line) for someone in people))
    end = time.perf_counter() + 1800
    while time.perf_counter() < end and any(place.answers(someone) < EACH for someone in people):
        await asyncio.sleep(1.0)
    answered_s = time.perf_counter() - began
    missing = sum(EACH - min(EACH, place.answers(someone)) for someone in people)
    doubled = sum(max(0, place.answers(someone) - EACH) for someone in people)
    disordered = await _disordered(place, people, lines)
    return {"answered_s": answered_s, "missing": missing, "doubled": doubled, "disordered": disordered}


async def _disordered(place: Place, people: list[Any], lines: list[str]) -> int:
    """In how many chats lines were not kept, or answers do not stand, in the order in which they were written."""
    from adapters.sql_store import open_store
    from core.settings import load_settings

    store, count = await open_store(load_settings(data_dir=place.house.data_dir)), 0
    try:
        for someone in people:
            chat_id = place.chat_of(someone)
            heard = await store.heard_in(place.name, chat_id)
            said = [line.sending for line in await store.chat_log(place.name, chat_id, limit=100) if line.sending]
            answers = {one.reply.slot: one.platform_message_id for one in said if one.reply.picture}
            expected = [answers.get(f"answer.{message.id}.1", "") for message in heard]
            stand = [name for name, picture, _ in place.shown(someone) if picture]
            count += [message.text for message in heard] != lines or expected != stand
    finally:
        await store.close()
    return count


async def measured(opening: Open, title: str, how: str, quick: bool, chats: int) -> Section:
    """Everything above, as a section of the lab book."""
    lines = [words for _language, words in LINES[: 8 if quick else 20]]
    count, flood = (20, 20) if quick else (100, 100)
    async with opening(EMBEDDED) as place:
        asked, an_entry = await one_by_one(place, lines)
    async with opening({}) as place:
        await first_reactions(place, 1000, 5, PER_S)
        calm = await first_reactions(place, 2000, count, PER_S)
        alone = await first_reactions(place, 3000, count // 2, BESIDE_PER_S)
        flooded = await first_reactions(place, 4000, count // 2, BESIDE_PER_S, flood)
        crowd = await crowded(place, chats)
        memory = memory_mb(place.house.processes["bot"].pid)
    shares = " · ".join(f"{name} {number}" for name, number in asked.most_common())
    times = quantile(flooded, 0.95) / quantile(alone, 0.95)
    total = chats * EACH
    rows = (
        ("requests an answered entry, embedded engines", f"{an_entry:.1f} ({shares})", "as few as possible"),
        (f"a line to the first visible reaction, {PER_S:g} /s", ms(calm, 0.5, 0.95, 0.99), "p50 <= 100, p95 <= 250 ms"),
        (
            f"the same at {BESIDE_PER_S:g} /s, alone; then beside another chat that has just written {flood} lines",
            f"{ms(alone, 0.5, 0.95)}; {ms(flooded, 0.5, 0.95)} = {times:.1f} x",
            "p95 <= 2 x",
        ),
        (
            f"{chats} chats x {EACH} lines at once: all answered",
            f"{crowd['answered_s']:.0f} s ({total / crowd['answered_s']:.1f} /s)",
            "",
        ),
        (
            "of these lost / answered twice / chats out of order",
            f"{crowd['missing']:.0f} / {crowd['doubled']:.0f} / {crowd['disordered']:.0f}",
            "0 / 0 / 0",
        ),
        ("the bot's process after that, PSS / RSS", f"{memory['pss']:.0f} / {memory['rss']:.0f} MB", "<= 200 MB"),
    )
    return Section(title.lower(), title, how, rows)


HOW = (
    "`make bench` (`{name}`): `bot` and `core` as two processes, {title} alone, against the strict fake in a third "
    "process on the same machine, its flood limits off. Requests are counted in one settled chat with the embedded "
    "engines, the rest is done with engines that return at once. The first reaction is the first message that the "
    "person sees; every line is its own entry (`work.join_s` = 0). Order is judged by what the store heard and by where "
    "each answer stands."
)
