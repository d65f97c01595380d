"""The house is kept: without consent a line is deleted after a day, with it nothing is."""

import asyncio
from datetime import timedelta

import pytest

from bot import keeping
from core.entities import Purpose
from core.ports import NotFound


async def kept_once(chat, tidy=None):
    """One round of housekeeping."""
    done = asyncio.Event()

    async def tidied():
        done.set()
        if tidy is not None:
            await tidy()

    task = asyncio.create_task(keeping.keep_house(chat.house, chat.house.store.delete_unconsented, tidied))
    await asyncio.wait_for(done.wait(), 10)
    await asyncio.sleep(0)
    task.cancel()


async def test_a_line_without_consent_is_gone_after_a_day_and_not_before(chat):
    await chat.says("동의 없이 쓴 글")
    person = await chat.person()
    picture = next(reply.picture for reply in chat.screen.replies() if reply.picture)
    chat.at += timedelta(hours=23)
    await kept_once(chat)
    assert await chat.house.store.entry_count(person.id) == 1
    chat.at += timedelta(hours=2)
    await kept_once(chat)
    assert await chat.house.store.entry_count(person.id) == 0
    with pytest.raises(NotFound):
        await chat.house.media.get(picture)


async def test_with_consent_everything_stays(chat):
    await chat.says("간직할 글")
    person = await chat.person()
    await chat.house.store.set_consent(person.id, Purpose.STORING, True)
    chat.at += timedelta(days=400)
    await kept_once(chat)
    assert await chat.house.store.entry_count(person.id) == 1


async def test_what_fails_is_tried_again_later(chat, monkeypatch):
    monkeypatch.setattr(keeping, "EVERY_S", 0.01)
    rounds = []

    async def broken():
        rounds.append(1)
        raise OSError("no disk")

    task = asyncio.create_task(keeping.keep_house(chat.house, chat.house.store.delete_unconsented, broken))
    async with asyncio.timeout(10):
        while len(rounds) < 3:
            await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()


async def test_one_follow_up_that_fails_stops_nobody_elses_nor_the_rest(chat, monkeypatch):
    await chat.says("첫 사람의 글")
    other = await chat.house.store.person_of("web", "other", language="ko")
    first, asked = await chat.person(), []

    async def follow_up(_house, person):
        asked.append(person.id)
        if len(asked) == 1:
            raise OSError("no platform")

    async def unreadable(_before):
        raise OSError("no disk")

    monkeypatch.setattr(keeping.care, "follow_up", follow_up)
    monkeypatch.setattr(chat.house.store, "delete_unconsented", unreadable)
    await kept_once(chat)
    assert sorted(asked) == sorted([first.id, other.id])
