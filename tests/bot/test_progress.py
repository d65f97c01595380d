"""While a slow picture is painted a person sees how far it is; a fast one is just there."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot import answering, delivery
from core import service, slots, studio
from core.entities import Sending
from core.ports import Away
from tests.bot.test_answers import begun
from tests.bot.test_line import words
from tests.fakes.in_process import Chat, Screen, StepByStep
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.telegram_server import TelegramServer


class Watched(Screen):
    """A screen that remembers what stood in each place, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.limits = replace(self.limits, progress_s=0.02)

    async def edit(self, sending: Sending) -> None:
        await super().edit(sending)
        if sending.reply.slot.startswith("answer.") and not sending.reply.audio:
            progress = sending.reply.progress
            self.seen.append(progress.words or progress.stage if progress else "answer")

    def now(self) -> str:
        """What stands there."""
        return self.seen[-1] if self.seen else ""


async def opened(folder: Path, language: str = "ko") -> Chat:
    """Somebody who is known to us, at a screen that is watched."""
    chat = await Chat.of_a_friend(folder, language)
    chat.screen = chat.house.platforms["web"] = Watched()
    return chat


@pytest.fixture
async def chat(tmp_path):
    chat = await opened(tmp_path)
    yield chat
    await chat.close()


@pytest.fixture
def at_once(monkeypatch):
    """What takes seconds for people takes hundredths here."""
    for name, seconds in (("LOOK_S", 0.005), ("QUICK_S", 0.02), ("TELL_S", 0.02)):
        monkeypatch.setattr(slots, name, seconds)
    monkeypatch.setattr(studio, "MOMENT_S", 0.01)


def step_by_step(settings: Any) -> StepByStep:
    opened = StepByStep(settings)
    service.service().studio = opened
    return opened


@dataclass
class Slow:
    """An answer that is shown while its picture is painted, as far as a test lets it be."""

    painting: StepByStep
    message_id: str
    making: str
    work: asyncio.Task[None]
    shows: asyncio.Task[None]

    @classmethod
    async def begins(cls, chat: Chat, *line: str) -> Slow:
        """Of a line whose other stages are done."""
        painting = step_by_step(chat.house.settings)
        message, making = await begun(chat, *line, stages=("understand", "comment", "music"))
        work = asyncio.create_task(service.do_stage("picture", making))
        return cls(painting, message.id, making, work, _shown(making, message.id))

    async def ends(self) -> None:
        """The picture is done and its answer is there."""
        self.painting.paint_to(1.0)
        await asyncio.gather(self.work, self.shows)

    async def bot_begins_anew(self) -> None:
        """Killed while it shows the answer, and started again."""
        await _killed(self.shows)
        self.shows = _shown(self.making, self.message_id)

    async def core_is_killed(self) -> None:
        """While it paints."""
        await _killed(self.work)

    def core_begins_anew(self, chat: Chat) -> None:
        """As the queue has it when the core is there again."""
        self.painting = step_by_step(chat.house.settings)
        self.work = asyncio.create_task(service.do_stage("picture", self.making))


def _shown(making: str, message_id: str) -> asyncio.Task[None]:
    return asyncio.create_task(answering.deliver(making, message_id))


async def _killed(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def to(painting: StepByStep, done: float, shown: Any) -> None:
    """Paint until somebody sees it. Each step is told once, so it is taken in small ones."""
    async with asyncio.timeout(120):
        while not shown():
            painting.paint_to(done)
            await asyncio.sleep(0.03)
            done += 1e-6


async def test_the_words_move_on_and_end_in_the_picture(chat, at_once):
    slow = await Slow.begins(chat)
    for percent in (10, 40, 95):
        await to(slow.painting, percent / 100, lambda percent=percent: f"{percent}%" in " ".join(chat.screen.seen))
    await slow.ends()
    shares = [int(found) for one in chat.screen.seen for found in re.findall(r"(\d+)%", one)]
    assert shares == [10, 40, 95]
    assert chat.screen.seen[:2] == ["painting", "🖍️ 그림을 그리고 있어요… 10%"] and chat.screen.seen[-1] == "answer"
    assert slow.painting.begun == 1 and not any(reply.progress for reply in chat.screen.replies())


async def test_who_writes_english_reads_english(tmp_path, at_once):
    chat = await opened(tmp_path, "en")
    slow = await Slow.begins(chat, "We had a picnic today")
    await to(slow.painting, 0.5, lambda: "🖍️ Painting your day… 50%" in chat.screen.seen)
    await slow.ends()
    await chat.close()


async def test_a_fast_painter_costs_no_write_and_no_edit(chat, monkeypatch):
    monkeypatch.setattr(slots, "LOOK_S", 0.005)
    monkeypatch.setattr(slots, "QUICK_S", 60.0)  # whatever else this machine does
    told = []
    monkeypatch.setattr(chat.house.store, "set_done", lambda *asked: told.append(asked))
    slow = await Slow.begins(chat)
    for n in range(1, 9):
        slow.painting.paint_to(n / 8)
        await asyncio.sleep(0.05)
    await asyncio.gather(slow.work, slow.shows)
    assert not told and chat.screen.seen == ["painting", "answer"]


async def test_no_more_is_written_or_said_than_the_pace_allows():
    told, now_s = [], 0.0

    async def tell(done):
        told.append((now_s, done))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots.time, "monotonic", lambda: now_s)
        seldom = slots.seldom(tell)
        for n in range(1, 32):
            now_s += 0.5
            await seldom(n / 31)
    assert told == [
        (at_s, at_s / 15.5) for at_s in (3.5, 5.5, 7.5, 9.5, 11.5, 13.5)
    ]  # the one at 15.5 is the last step


async def test_a_chat_is_changed_no_more_often_than_its_platform_allows(chat, at_once):
    chat.screen.limits = replace(chat.screen.limits, progress_s=0.5)
    slow = await Slow.begins(chat)
    loop = asyncio.get_running_loop()
    begun_s, at = loop.time(), 0
    while not any("%" in one for one in chat.screen.seen) or at < 30:
        at += 1
        slow.painting.paint_to(at / 1000)
        await asyncio.sleep(0.05)
    lasted_s = loop.time() - begun_s
    assert 1 <= sum("%" in one for one in chat.screen.seen) <= lasted_s / 0.5 + 1
    await slow.ends()


async def test_a_core_that_is_killed_begins_anew(chat, at_once):
    slow = await Slow.begins(chat)
    await to(slow.painting, 0.8, lambda: "80%" in chat.screen.now())
    await slow.core_is_killed()
    assert (await service.service().store.stages(*delivery.split_making(slow.making)))["picture"].done > 0.79

    slow.core_begins_anew(chat)
    await until(lambda: chat.screen.now() == "painting")  # from its first step
    await to(slow.painting, 0.3, lambda: "30%" in chat.screen.now())
    await slow.ends()
    assert chat.screen.seen == [
        "painting", "🖍️ 그림을 그리고 있어요… 80%", "painting", "🖍️ 그림을 그리고 있어요… 30%", "answer"
    ]  # fmt: skip


async def test_a_bot_that_is_killed_says_nothing_twice(chat, at_once):
    slow = await Slow.begins(chat)
    await to(slow.painting, 0.5, lambda: "50%" in chat.screen.now())
    await slow.bot_begins_anew()
    await to(slow.painting, 0.7, lambda: "70%" in chat.screen.now())
    await slow.ends()
    assert [one.rpartition(" ")[2] for one in chat.screen.seen] == ["painting", "50%", "70%", "answer"]


async def test_a_store_that_is_away_costs_no_picture(chat, at_once, monkeypatch):
    async def away(*_asked):
        raise Away("gone for a walk")

    monkeypatch.setattr(chat.house.store, "set_done", away)
    painting = step_by_step(chat.house.settings)
    message, making = await begun(chat, stages=("understand", "comment", "music"))
    work = asyncio.create_task(service.do_stage("picture", making))
    for n in range(1, 11):
        painting.paint_to(n / 10)
        await asyncio.sleep(0.02)
    await work
    await answering.deliver(making, message.id)
    assert chat.screen.seen == ["answer"] and painting.begun == 1


async def test_telegram_changes_one_message(tmp_path, at_once):
    async with TelegramServer() as server, telegram_house(tmp_path, server) as house:
        someone = server.person(7)
        await _sees_it_grow(house, someone, "오늘 강아지랑 산책했다", "🖍️ 그림을 그리고 있어요… {}%")
        assert someone.shown[0].photo


async def test_discord_changes_one_message(discord, on_discord, at_once):
    someone = discord.person(7, locale="en-US")
    await _sees_it_grow(on_discord, someone, "I walked the dog today", "-# 🖍️ Painting your day… {}%")
    assert someone.shown[0].files


async def _sees_it_grow(house: Any, someone: Any, line: str, told: str) -> None:
    house.chat.beside = True
    house.platform.limits = replace(house.platform.limits, progress_s=0.1)
    painting = step_by_step(house.house.settings)
    await someone.says(line)
    for percent in (20, 60):
        await to(painting, percent / 100, lambda percent=percent: told.format(percent) in words(someone))
        assert told.format(percent) in someone.shown[0].text
    painting.paint_to(1.0)
    await house.quiet(1)
    assert "%" not in words(someone)
