"""Whoever looks after the house reads that something is away and that it is back, not a line a chat every ten seconds."""

import asyncio
import time

import pytest

from core import patience
from core.ports import Away, DiskFull


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(patience, "_waiting", patience._Waiting())
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE_S", 0.02)


def outage():
    """Forty chats' work that fails until `back` is set."""
    back = asyncio.Event()

    async def deliver(number):
        if not back.is_set():
            raise Away("the bucket: ConnectError")
        return number

    return back, [asyncio.create_task(patience.patiently(deliver, number)) for number in range(40)]


async def test_an_outage_with_forty_chats_is_two_lines(caplog):
    caplog.set_level("INFO")
    back, chats = outage()
    await asyncio.sleep(0.3)
    back.set()
    assert await asyncio.gather(*chats) == list(range(40))
    first, last = [record.getMessage() for record in caplog.records]
    assert first == "deliver waits (Away): the bucket: ConnectError"
    assert last.startswith("nothing waits any more, after")


async def test_a_long_one_is_told_again_with_how_many_wait(caplog, monkeypatch):
    monkeypatch.setattr(patience, "TELL_EVERY_S", 0.2)
    begun_s = time.monotonic()
    back, chats = outage()
    await asyncio.sleep(0.5)
    back.set()
    await asyncio.gather(*chats)
    told = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("40 wait, since") for line in told[1:-1])
    assert 3 <= len(told) <= 2 + (time.monotonic() - begun_s) / 0.2


async def test_one_that_comes_and_goes_is_not_told_each_time_and_another_kind_is(caplog):
    fails = [Away("gone"), None, Away("gone"), None, DiskFull("no room"), None]

    async def work():
        if (error := fails.pop(0)) is not None:
            raise error

    for _ in range(3):
        await patience.patiently(work)
    told = [record.getMessage().split(",")[0] for record in caplog.records]
    assert told == ["work waits (Away): gone", "nothing waits any more", "work waits (DiskFull): no room",
                    "nothing waits any more"]  # fmt: skip


async def test_what_is_given_up_while_it_waits_is_no_longer_counted(caplog):
    _back, chats = outage()
    await asyncio.sleep(0.05)
    for chat in chats:
        chat.cancel()
    await asyncio.gather(*chats, return_exceptions=True)
    assert patience._waiting._count == 0 and "nothing waits any more" in caplog.text
