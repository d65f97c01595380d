"""What Telegram sees of us: requests an entry, seconds until something shows, and a thousand chats at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.house_process import HouseProcess
from tests.fakes.telegram_people import Person
from tests.fakes.telegram_server import TelegramServer
from training.bench.answer import EMBEDDED
from training.bench.lab import Section, ms
from training.bench.lines import LINES
from training.bench.processes import memory_mb

QUIET = ("getUpdates", "getMe", "setMyCommands", "deleteWebhook", "getWebhookInfo", "setMyShortDescription")
ALONE = {"EMOSEUM_WEB__ENABLED": "false", "EMOSEUM_WORK__JOIN_S": "0", "EMOSEUM_LOG_LEVEL": "warning"}
SETTLED = 3  # the first message of a chat is followed by a hello; entries are counted after it


@asynccontextmanager
async def on_telegram(environment: dict[str, str]) -> AsyncIterator[tuple[HouseProcess, TelegramServer]]:
    """Bot and core with Telegram alone, on a new data folder."""
    with tempfile.TemporaryDirectory() as folder:
        async with TelegramServer() as server:
            server.per_chat_per_s = server.overall_per_s = None
            told = {
                "EMOSEUM_TELEGRAM__TOKEN": server.token,
                "EMOSEUM_TELEGRAM__BASE_URL": server.base_url,
                "EMOSEUM_TELEGRAM__BASE_FILE_URL": server.base_file_url,
            }
            house = HouseProcess(Path(folder) / "data", ALONE | told | environment)
            house.start("core")
            house.start("bot")
            try:
                while not server.count("getUpdates"):
                    await asyncio.sleep(0.05)
                yield house, server
            finally:
                house.stop()


def answers(someone: Person) -> int:
    """How many whole answers somebody has: as many as pictures and as pieces of music."""
    shown = someone.shown
    return min(sum(bool(one.photo) for one in shown), sum(bool(one.audio) for one in shown))


async def until_answered(someone: Person, count: int, limit_s: float = 60.0) -> None:
    """Wait for so many answers."""
    end = time.perf_counter() + limit_s
    while answers(someone) < count:
        if time.perf_counter() > end:
            raise TimeoutError(f"{answers(someone)} of {count} answers came")
        await asyncio.sleep(0.02)


async def one_by_one(server: TelegramServer, lines: list[str]) -> tuple[Counter[str], float]:
    """Entries of one settled chat, each answered before the next: requests by method, and how many an entry."""
    someone = server.person(7)
    for n in range(SETTLED):
        await someone.says(lines[n])
        await until_answered(someone, n + 1)
    await asyncio.sleep(1.0)
    before = len(server.calls)
    for n, line in enumerate(lines[SETTLED:], SETTLED + 1):
        await someone.says(line)
        await until_answered(someone, n)
        await asyncio.sleep(0.3)
    await asyncio.sleep(1.0)
    calls = Counter(call.method for call in server.calls[before:] if call.method not in QUIET)
    return calls, sum(calls.values()) / (len(lines) - SETTLED)


async def first_reactions(server: TelegramServer, count: int, per_s: float) -> list[float]:
    """Seconds from a message, each in a chat of its own, to the first thing that its person sees."""
    seen: dict[int, float] = {}
    said: dict[int, float] = {}
    people = [server.person(1000 + n) for n in range(count)]
    began = time.perf_counter()
    for n, someone in enumerate(people):
        await asyncio.sleep(max(0.0, began + n / per_s - time.perf_counter()))
        said[someone.chat_id] = server.elapsed_s()
        await someone.says(f"{n}번째 하루. A day.")
    for someone in people:
        await until_answered(someone, 1)
    for call in server.calls:
        chat_id = int(call.params.get("chat_id") or 0)
        if call.method.startswith("send") and chat_id in said:
            seen.setdefault(chat_id, call.at_s)
    return [seen[chat_id] - said[chat_id] for chat_id in said]


async def thousand(server: TelegramServer, chats: int, each: int) -> dict[str, float]:
    """`chats` people write `each` lines at once: seconds until all are kept, until all are answered, what is missing."""
    people = [server.person(100_000 + n) for n in range(chats)]
    began = time.perf_counter()
    for n in range(each):
        await asyncio.gather(*(someone.says(f"{n}번째 줄") for someone in people))
    while server.waiting:
        await asyncio.sleep(0.05)
    kept_s = time.perf_counter() - began
    end = time.perf_counter() + 1800
    while time.perf_counter() < end and any(answers(someone) < each for someone in people):
        await asyncio.sleep(1.0)
    answered_s = time.perf_counter() - began
    missing = sum(each - answers(someone) for someone in people)
    return {"kept_s": kept_s, "answered_s": answered_s, "missing": missing, "disordered": _disordered(people)}


def _disordered(people: list[Person]) -> int:
    """In how many chats answers do not stand in the order in which they were asked for."""
    count = 0
    for someone in people:
        ids = [one.message_id for one in someone.shown if one.photo]
        count += ids != sorted(ids) or len(set(ids)) != len(ids)
    return count


async def measure(quick: bool) -> Section:
    """Everything above."""
    chats = 100 if quick else 1000
    async with on_telegram(EMBEDDED) as (_house, server):
        calls, an_entry = await one_by_one(server, [words for _language, words in LINES[: 8 if quick else 20]])
    async with on_telegram({}) as (house, server):
        await first_reactions(server, 5, 2)
        reactions = await first_reactions(server, 20 if quick else 100, 4)
        crowd = await thousand(server, chats, 3)
        memory = memory_mb(house.processes["bot"].pid)
    shares = " · ".join(f"{name} {count}" for name, count in calls.most_common())
    total = chats * 3
    return Section(
        "telegram",
        "Telegram",
        HOW,
        (
            ("requests an answered entry, embedded engines", f"{an_entry:.1f} ({shares})", "as few as possible"),
            ("update to first visible reaction, 4 /s", ms(reactions, 0.5, 0.95, 0.99), "p50 <= 100, p95 <= 250 ms"),
            (f"{chats} chats x 3 lines at once: all kept", f"{crowd['kept_s']:.1f} s", ""),
            (
                f"{chats} chats x 3 lines at once: all answered",
                f"{crowd['answered_s']:.0f} s ({total / crowd['answered_s']:.1f} /s)",
                "",
            ),
            ("of these lost / chats out of order", f"{crowd['missing']:.0f} / {crowd['disordered']:.0f}", "0 / 0"),
            ("the bot's process after that, PSS / RSS", f"{memory['pss']:.0f} / {memory['rss']:.0f} MB", "<= 200 MB"),
        ),
    )


HOW = (
    "`make bench` (`telegram`): `bot` and `core` as two processes, Telegram alone, against the strict fake in a third "
    "process on the same machine, its flood limits off. Requests are counted in one settled chat with the embedded "
    "engines, the rest is done with engines that return at once. The first reaction is the first message that the "
    "person sees; every line is its own entry (`work.join_s` = 0)."
)
