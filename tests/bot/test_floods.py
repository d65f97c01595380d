"""Somebody who writes faster than they can be answered keeps nobody else waiting, and is answered all the same."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from bot.rates import AT_ONCE, Breath
from tests.fakes.telegram_house import until

EVERY_S = 0.4
FLOOD = 7


async def test_who_floods_waits_and_nobody_else():
    breath, began_s = Breath(), time.monotonic()
    flood = [asyncio.create_task(breath.taken("telegram", "1", EVERY_S)) for _ in range(FLOOD)]
    await asyncio.sleep(0)
    await breath.taken("telegram", "2", EVERY_S)
    assert sum(line.done() for line in flood) <= AT_ONCE
    await asyncio.gather(*flood)
    assert time.monotonic() - began_s >= (FLOOD - AT_ONCE) * EVERY_S


async def test_a_chat_without_a_pace_of_its_own_never_waits():
    breath = Breath()
    for _ in range(FLOOD):
        await asyncio.wait_for(breath.taken("web", "1", 0.0), 0.1)


async def test_beside_a_flood_others_are_heard_first_and_the_flood_is_answered_to_the_last_line(server, house):
    house.platform.limits = replace(house.platform.limits, answer_s=EVERY_S)
    house.house.settings.work.__dict__["join_s"] = 0.0
    flooding, other = server.person(7), server.person(8)
    began_s = time.monotonic()
    for n in range(FLOOD):
        await flooding.says(f"{n}번째 물결")
    await other.says("오늘은 조용한 날이었다")
    await until(lambda: other.shown)
    answered = await house.house.store.heard_in("telegram", str(flooding.chat_id))
    linked = [bool(await house.house.store.entry_of_message(one.id)) for one in answered]
    assert sum(linked) <= AT_ONCE + (time.monotonic() - began_s) / EVERY_S + 1
    await house.quiet(FLOOD + 1)
    assert sum(bool(one.photo) for one in flooding.shown) == FLOOD


async def test_a_command_in_a_flood_need_not_wait_for_its_breath(server, house):
    house.platform.limits = replace(house.platform.limits, answer_s=60.0)
    someone = server.person(7)
    for _ in range(2 * AT_ONCE):
        await someone.says("/help")
    await house.quiet(2 * AT_ONCE)
    assert len(someone.shown) >= 2 * AT_ONCE
