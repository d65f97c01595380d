"""Updates of the fake Telegram are polled or posted, kept until confirmed, sometimes twice or out of order."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
)
from telegram.error import (
    Conflict,
    RetryAfter,
)

from tests.fakes.telegram_bench import keys, press, refused

# --- polling -----------------------------------------------------------------------------------


async def test_an_update_stays_until_it_is_confirmed(telegram, bot, jiwoo):
    for word in ("one", "two", "three"):
        await jiwoo.says(word)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first] == ["one", "two"] and telegram.confirmed == 0
    assert [u.update_id for u in await bot.get_updates(limit=2)] == [u.update_id for u in first]
    (third,) = await bot.get_updates(offset=first[-1].update_id + 1)
    assert third.message.text == "three" and telegram.confirmed == first[-1].update_id and telegram.waiting == 1
    await jiwoo.says("four")
    (last,) = await bot.get_updates(offset=-1)
    assert last.message.text == "four" and telegram.confirmed == third.update_id
    assert await bot.get_updates(offset=last.update_id + 1000) == (last,)  # from the future: taken for none
    await bot.get_updates(offset=last.update_id + 1)
    assert telegram.waiting == 0 and telegram.confirmed == last.update_id


async def test_a_long_poll_wakes_at_once(bot, jiwoo):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    await jiwoo.says("wake up")
    assert [u.message.text for u in await poll] == ["wake up"] and time.monotonic() - started < 1
    started = time.monotonic()
    await bot.get_updates(offset=(await bot.get_updates())[0].update_id + 1, timeout=1)
    assert 0.9 < time.monotonic() - started < 2


async def test_only_what_is_allowed_is_told(telegram, bot, jiwoo):
    await bot.get_updates(allowed_updates=["callback_query"])
    sent = await bot.send_message(7, "x", reply_markup=keys([press("ok")]))
    await jiwoo.says("unheard")
    await jiwoo.presses(sent.message_id)
    (update,) = await bot.get_updates()
    assert update.callback_query
    await bot.get_updates(allowed_updates=[])
    await jiwoo.says("heard")
    assert len(await bot.get_updates()) == 2


async def test_the_second_poller_ends_the_first_ones_wait(telegram, bot, jiwoo):
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    async with Bot("1:fake", base_url=telegram.base_url) as other:
        second = asyncio.create_task(other.get_updates(timeout=30))
        with refused("terminated by other getUpdates request", Conflict):
            await first
        await jiwoo.says("still here")
        assert len(await second) == 1


async def test_a_poller_that_died_does_not_disturb_the_next(telegram, bot, jiwoo):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TimeoutError):
            timeout = aiohttp.ClientTimeout(total=0.2)
            await session.get(telegram.base_url + "1:fake/getUpdates?timeout=30", timeout=timeout)
    await asyncio.sleep(0.05)
    await jiwoo.says("hello")
    assert len(await bot.get_updates(timeout=5)) == 1


async def test_updates_are_dropped_after_a_day(telegram, bot, jiwoo):
    await jiwoo.says("old")
    telegram.pass_time(24 * 3600 + 1)
    assert await bot.get_updates() == ()


async def test_the_same_update_twice(telegram, bot, jiwoo):
    telegram.duplicate_next()
    await jiwoo.says("twice")
    await jiwoo.says("once")
    one, two = await bot.get_updates()
    again = await bot.get_updates(offset=two.update_id + 1)
    assert [u.update_id for u in again] == [one.update_id] and again[0].message.text == "twice"
    assert await bot.get_updates(offset=two.update_id + 1) == ()


async def test_updates_out_of_order_and_none_lost(telegram, bot, jiwoo):
    telegram.shuffle_next(4)
    for word in ("one", "two", "three"):
        await jiwoo.says(word)
    assert await bot.get_updates() == ()  # they wait for the fourth
    await jiwoo.says("four")
    seen: dict[int, str] = {}
    offset, order = 0, []
    while batch := await bot.get_updates(offset=offset):
        order += [u.update_id for u in batch]
        seen |= {u.update_id: u.message.text for u in batch}
        offset = batch[-1].update_id + 1  # as the library's Updater does
    assert [seen[n] for n in sorted(seen)] == ["one", "two", "three", "four"] and order != sorted(order)


# --- the webhook -------------------------------------------------------------------------------


@dataclass
class Hook:
    """A house that listens for updates; `answers` are the next statuses, 200 after them."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, str, dict]] = field(default_factory=list)  # path, secret, update


@pytest.fixture
async def hook():
    hook = Hook()

    async def heard(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        hook.got.append((request.path, secret, await request.json()))
        return web.Response(status=hook.answers.pop(0) if hook.answers else 200)

    app = web.Application()
    app.router.add_post("/{path:.*}", heard)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield hook
    await runner.cleanup()


async def _until(true, timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.005)


async def test_updates_are_posted_with_the_secret_until_taken(telegram, bot, jiwoo, hook):
    await jiwoo.says("before")
    hook.answers = [500, 403]
    await bot.set_webhook(hook.url + "/updates", secret_token="s3cret", max_connections=3)
    await _until(lambda: telegram.waiting == 0)
    assert [(path, secret, body["message"]["text"]) for path, secret, body in hook.got] == [
        ("/updates", "s3cret", "before")
    ] * 3
    assert len({body["update_id"] for _, _, body in hook.got}) == 1
    assert telegram.confirmed == hook.got[0][2]["update_id"] and telegram.webhook.max_connections == 3
    info = await bot.get_webhook_info()
    assert "403" in info.last_error_message and info.url.endswith("/updates")
    with refused("while webhook is active", Conflict):
        await bot.get_updates()
    await bot.delete_webhook()
    await jiwoo.says("after")
    assert telegram.webhook is None and len(await bot.get_updates()) == 1 and len(hook.got) == 3


async def test_one_chat_that_fails_keeps_its_order_and_no_other_waiting(telegram, bot, jiwoo, hook):
    other = telegram.person(8)
    telegram.webhook_pause_s = 0.3
    hook.answers = [500]
    await bot.set_webhook(hook.url)
    await jiwoo.says("one")
    await _until(lambda: len(hook.got) == 1)
    await jiwoo.says("two")
    await other.says("other")
    telegram.duplicate_next()
    await jiwoo.says("three")
    await _until(lambda: telegram.waiting == 0)
    texts = [body["message"]["text"] for _, _, body in hook.got]
    assert texts == ["one", "other", "one", "two", "three", "three"]


async def test_a_public_address_is_tunnelled_and_a_poor_one_refused(telegram, bot, jiwoo, hook):
    telegram.tunnel = hook.url
    await bot.set_webhook("https://diary.example/telegram?x=1", allowed_updates=["message"])
    await jiwoo.says("hello")
    await _until(lambda: telegram.waiting == 0)
    assert hook.got[0][0] == "/telegram" and telegram.webhook.allowed_updates == ("message",)
    for url in ("http://diary.example/", "https://diary.example:9999/"):
        with refused("bad webhook"):
            telegram.pass_time(1)
            await bot.set_webhook(url)
    with pytest.raises(RetryAfter):
        await bot.set_webhook("https://diary.example/")
    with refused("secret token"):
        telegram.pass_time(1)
        await bot.set_webhook("https://diary.example/", secret_token="with space")


async def test_a_webhook_ends_a_poll_and_may_drop_what_waits(telegram, bot, jiwoo, hook):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    await bot.set_webhook(hook.url)
    with refused("terminated by setWebhook", Conflict):
        await poll
    hook.answers = [500] * 1000
    await jiwoo.says("dropped")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
