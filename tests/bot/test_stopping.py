"""What was written can be left unanswered from the first moment on, whether or not the core is there to be stopped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import answering
from core import service
from core.entities import STAGES, StageState, split_making
from tests.fakes.telegram_house import until

KOREAN = ("읽고 있어요", "그만 만들기", "멈췄어요. 쓰신 글은 그대로 간직했어요.")
ENGLISH = ("Reading", "Stop", "Stopped. What you wrote is kept.")


class CoreAway:
    """Answers wait for a core that is away; once it is back it does what was asked of it meanwhile."""

    def __init__(self, house: Any) -> None:
        self.house, self.makings, self.shows = house, list[str](), list[asyncio.Task[None]]()
        house.chat.answer = self._begins

    async def _begins(self, making: str, message_id: str) -> None:
        self.makings.append(making)
        self.shows.append(asyncio.create_task(answering.deliver(making, message_id)))

    async def comes_back(self) -> None:
        for making in self.makings:
            for stage in STAGES:
                await service.do_stage(stage, making)
        await asyncio.gather(*self.shows)

    async def has_made(self) -> list[str]:
        """Everything that was made of what was written, ratings and all."""
        store, found = self.house.house.store, list[str]()
        for making in self.makings:
            entry_id, revision = split_making(making)
            assert await store.analysis(entry_id, revision) is None
            assert {stage.state for stage in (await store.stages(entry_id, revision)).values()} == {
                StageState.CANCELLED
            }
            found += [work.id for work in await store.works(entry_id)]
        return found

    async def entry(self) -> Any:
        return await self.house.house.store.entry(split_making(self.makings[0])[0])


async def stops_at_once(house: Any, someone: Any, line: str, words: tuple[str, str, str]) -> None:
    """Somebody writes a line, presses "stop" below "Reading …", and sees that nothing comes but that it is kept."""
    core, (reading, stop, stopped) = CoreAway(house), words
    await someone.says(line)
    await until(lambda: seen_with(someone, reading))
    [(place, first)] = seen_with(someone, reading)
    assert [button.text if hasattr(button, "text") else button.label for row in first.buttons for button in row] == [
        stop
    ]
    await someone.presses(place, stop)
    await until(lambda: seen_with(someone, stopped))
    await house.quiet(2)
    await core.comes_back()
    assert [at for at, _shown in seen_with(someone, stopped)] == [place] and not seen_with(someone, reading)
    assert not any(one.photo or one.audio if hasattr(one, "photo") else one.files for one in someone.shown)
    assert not await core.has_made()
    assert (await core.entry()).text == line


def seen_with(someone: Any, words: str) -> list[tuple[int, Any]]:
    """The messages that say it, with their ids."""
    return [
        (one.message_id if hasattr(one, "message_id") else one.id, one) for one in someone.shown if words in one.text
    ]


async def test_before_it_is_understood_on_telegram(server, house):
    await stops_at_once(house, server.person(7), "오늘 강아지랑 산책했다", KOREAN)
    assert server.count("sendMessage") - server.count("sendMessage", 429) == 3  # the placeholder, and two of welcome


async def test_before_it_is_understood_on_discord(discord, on_discord):
    someone = discord.person(7, locale="en-US")
    await stops_at_once(on_discord, someone, "I walked the dog today", ENGLISH)


async def test_what_was_stopped_can_be_answered_after_all(server, house):
    someone = server.person(7)
    await stops_at_once(house, someone, "오늘 강아지랑 산책했다", KOREAN)
    del house.chat.answer
    await someone.presses(someone.shown[0].message_id, "🖍️ 다시 그리기")
    await house.quiet(3)
    assert any(one.photo for one in someone.shown)


@pytest.mark.parametrize("crashed", ["before it was said", "after it"])
async def test_a_press_that_is_cut_off_says_so_all_the_same(server, house, monkeypatch, crashed):
    from bot import hearing

    broken, real = [True], hearing.say

    async def say(message: Any, person: Any, key: str, reply: Any) -> None:
        if "멈췄어요" in reply.text and broken and crashed == "before it was said":
            broken.clear()
            raise RuntimeError("cut off")
        await real(message, person, key, reply)
        if "멈췄어요" in reply.text and broken:
            broken.clear()
            raise RuntimeError("cut off")

    monkeypatch.setattr(hearing, "say", say)
    someone = server.person(7)
    await stops_at_once(house, someone, "오늘 강아지랑 산책했다", KOREAN)
    assert not broken
