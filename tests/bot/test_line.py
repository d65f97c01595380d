"""Where pictures of others come first, a person sees how many, and the number falls until their turn comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import delivery
from core import service, studio
from core.entities import STAGES, StageState
from tests.fakes.discord_house import DiscordHouse
from tests.fakes.in_process import OneAtATime
from tests.fakes.telegram_house import until

SLOW = "오래 걸리고 있어요"


@pytest.fixture
def fast(monkeypatch):
    """What takes seconds for people takes tenths here."""
    monkeypatch.setattr(delivery, "PLACE_S", 0.1)
    monkeypatch.setattr(studio, "MOMENT_S", 0.05)


def one_at_a_time(house: Any, monkeypatch: pytest.MonkeyPatch, slow_s: float = 0.3) -> OneAtATime:
    """The house paints one picture at a time, when it is told to."""
    monkeypatch.setitem(house.house.settings.work.__dict__, "slow_s", slow_s)
    house.chat.beside = True
    opened = OneAtATime(house.house.settings)
    service.service().studio = opened
    return opened


def words(someone: Any) -> str:
    return "\n".join(one.text for one in someone.shown)


async def in_line(house: Any, people: list[Any], line: str = "오늘 강아지랑 산책했다") -> None:
    """All of them write, one after the other, and wait for their pictures; that of the first is begun."""
    for n, someone in enumerate(people):
        await someone.says(line)
        async with asyncio.timeout(20):
            while len(house.kept) <= n or "picture" not in await house.house.store.stages(house.kept[n].id, 1):
                await asyncio.sleep(0.02)
            while not n and (await house.house.store.stages(house.kept[n].id, 1))["picture"].reference:
                await asyncio.sleep(0.02)


async def sees(someone: Any, part: str) -> None:
    await until(lambda: part in words(someone))


async def test_the_place_falls_and_goes_over_into_the_picture(server, house, monkeypatch, fast):
    painting = one_at_a_time(house, monkeypatch)
    people = [server.person(7 + n) for n in range(4)]
    await in_line(house, people)
    last = people[-1]
    await sees(last, "앞에 그림 2장이 있어요")  # that of the first is being painted already
    await sees(people[2], "앞에 그림 1장이 있어요")
    assert "앞에" not in words(people[0]) and "앞에" not in words(people[1])
    [placeholder] = [one for one in last.shown if "앞에" in one.text]
    assert placeholder.message_id == last.shown[0].message_id and "그만 만들기" in placeholder.labels()
    await sees(people[0], SLOW)
    assert SLOW not in words(last)
    painting.paint_one()
    await sees(last, "앞에 그림 1장이 있어요")
    painting.paint_one()
    await until(lambda: "앞에" not in words(last))
    assert "그림을 그리고 있어요" in words(last)  # its turn is next
    painting.paint_one()
    painting.paint_one()
    await house.quiet(4)
    for someone in people:
        assert someone.shown[0].photo and "▰" not in words(someone) and "앞에" not in words(someone)
        assert SLOW not in words(someone)


async def test_a_long_wait_costs_a_request_only_where_the_number_changes(server, house, monkeypatch, fast):
    painting = one_at_a_time(house, monkeypatch)
    people = [server.person(7 + n) for n in range(3)]
    await in_line(house, people)
    await sees(people[2], "앞에 그림 1장이 있어요")
    edits, actions = people[2].shown[0].edits, len(people[2].actions)
    await asyncio.sleep(2.5)
    assert people[2].shown[0].edits == edits and len(people[2].actions) == actions
    for _ in people:
        painting.paint_one()
    await house.quiet(3)


async def test_that_it_takes_longer_stands_where_the_answer_will_be_and_goes_with_it(server, house, monkeypatch, fast):
    painting = one_at_a_time(house, monkeypatch)
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await sees(someone, SLOW)
    assert "앞에" not in words(someone)
    [placeholder] = [one for one in someone.shown if SLOW in one.text]
    assert "그만 만들기" in placeholder.labels()
    painting.paint_one()
    await house.quiet(1)
    assert SLOW not in words(someone)
    [answer] = [one for one in someone.shown if one.photo]
    assert answer.message_id == placeholder.message_id


async def test_on_discord_too(discord, on_discord: DiscordHouse, monkeypatch, fast):
    painting = one_at_a_time(on_discord, monkeypatch)
    someone = discord.person(7, locale="en-US")
    await someone.says("I walked the dog along the river today")
    await sees(someone, "taking longer than usual")
    painting.paint_one()
    await on_discord.quiet()
    assert "longer than usual" not in words(someone) and someone.shown[0].files


async def test_discord_shows_the_place_too(discord, on_discord: DiscordHouse, monkeypatch, fast):
    painting = one_at_a_time(on_discord, monkeypatch)
    people = [discord.person(7 + n, locale="en-US") for n in range(3)]
    await in_line(on_discord, people, "I walked the dog along the river today")
    await sees(people[2], "1 picture is ahead of yours")
    for _ in people:
        painting.paint_one()
    await on_discord.quiet()
    assert "ahead of yours" not in words(people[2]) and people[2].shown[0].files


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_whoever_stops_waiting_leaves_the_line(server, house, monkeypatch, fast, language):
    painting = one_at_a_time(house, monkeypatch)
    people = [server.person(7 + n, language=language) for n in range(4)]
    await in_line(house, people, {"ko": "오늘 강아지랑 산책했다", "en": "I walked the dog today"}[language])
    await sees(people[3], {"ko": "앞에 그림 2장이", "en": "2 pictures are ahead"}[language])
    for stage in STAGES:  # what the button does; this house hears a press once the answer is whole
        await house.house.store.set_stage(house.kept[2].id, 1, stage, StageState.CANCELLED)
    await sees(people[3], {"ko": "앞에 그림 1장이", "en": "1 picture is ahead"}[language])
    for _ in people:
        painting.paint_one()
    await house.quiet(4)
    assert people[3].shown[0].photo and not any(one.photo for one in people[2].shown)
