"""Somebody who writes faster than they can be answered keeps nobody else waiting, and is answered all the same."""

from __future__ import annotations

import time
from dataclasses import replace

from bot.rates import AT_ONCE, Breath
from tests.fakes.telegram_house import until

EVERY_S = 0.4
FLOOD = 7


def test_who_floods_waits_and_nobody_else():
    breath = Breath()
    waits_s = [breath.wait_s("telegram", "1", 60.0) for _ in range(AT_ONCE + 2)]
    assert waits_s[:AT_ONCE] == [0.0] * AT_ONCE
    assert 50 < waits_s[-2] < 60 < waits_s[-1] < 120
    assert breath.wait_s("telegram", "2", 60.0) == breath.wait_s("discord", "1", 60.0) == 0.0


def test_a_chat_without_a_pace_of_its_own_never_waits():
    breath = Breath()
    assert not any(breath.wait_s("web", "1", 0.0) for _ in range(FLOOD))


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


async def test_who_needs_help_in_the_last_line_of_a_flood_is_not_kept_waiting(server, house):
    house.platform.limits = replace(house.platform.limits, answer_s=600.0)
    house.house.settings.work.__dict__["join_s"] = 0.0
    someone = server.person(7)
    for n in range(FLOOD):
        await someone.says(f"{n}번째 물결")
    await someone.says("죽고 싶어")
    await someone.says("오늘 약을 다 모았다")
    await until(lambda: any("109" in one.text for one in someone.shown))
    assert sum("물결" in line for line in house.texts()) == FLOOD  # and they were kept, the last ones unanswered yet
