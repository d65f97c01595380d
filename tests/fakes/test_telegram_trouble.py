"""The fake Telegram fails in every way that the real one does, and closes at once."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp
import pytest
from telegram import (
    Bot,
    InputMediaPhoto,
)
from telegram.error import (
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Application, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.fakes.telegram_bench import png, refused
from tests.fakes.telegram_server import TelegramServer


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, NetworkError), (502, NetworkError), (503, NetworkError), (401, InvalidToken), (403, Forbidden)],
)
async def test_an_ordered_failure_happens_as_often_as_ordered(telegram, bot, jiwoo, status, error):
    telegram.fail("sendMessage", status=status, times=2, chat_id=7)
    telegram.person(8)
    await bot.send_message(8, "another chat")
    for _ in range(2):
        with pytest.raises(error):
            await bot.send_message(7, "x")
    await bot.send_message(7, "through")
    assert [shown.text for shown in jiwoo.shown] == ["through"]
    assert [call.status for call in telegram.calls if call.method == "sendMessage"] == [200, status, status, 200]
    assert telegram.calls[-1].params["text"] == "through"


async def test_a_flood_ordered(telegram, bot, jiwoo):
    telegram.fail("sendMessage", status=429, retry_after=3)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(7, "x")
    assert int(getattr(refused.value.retry_after, "total_seconds", lambda: refused.value.retry_after)()) == 3


async def test_silence(telegram, bot, jiwoo):
    telegram.fail("sendMessage", status=0)
    with pytest.raises(TimedOut):
        await bot.send_message(7, "x", read_timeout=0.2)
    telegram.fail("sendMessage", status=0, delay_s=0.1)
    with refused("disconnected", NetworkError):
        await bot.send_message(7, "x")
    assert jiwoo.shown == []
    telegram.fail("sendMessage", status=200, delay_s=0.3)
    started = time.monotonic()
    await bot.send_message(7, "slow")
    assert time.monotonic() - started >= 0.3 and len(jiwoo.shown) == 1


async def test_it_happened_but_the_answer_got_lost(telegram, bot, jiwoo):
    telegram.fail("sendMessage", applied=True)
    with refused("disconnected", NetworkError):
        await bot.send_message(7, "cut")
    telegram.fail("sendMessage", status=502, applied=True)
    with refused("Bad Gateway", NetworkError):
        await bot.send_message(7, "gateway")
    telegram.fail("sendMessage", applied=True, delay_s=5)
    with pytest.raises(TimedOut):
        await bot.send_message(7, "late", read_timeout=0.2)
    assert [shown.text for shown in jiwoo.shown] == ["cut", "gateway", "late"]
    telegram.fail("getUpdates", applied=True)
    await jiwoo.says("told twice")
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert len(await bot.get_updates()) == 1


async def test_a_failing_poll_and_download(telegram, bot, jiwoo):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    telegram.fail("getUpdates", status=401, times=99)
    assert await poll == ()
    with pytest.raises(InvalidToken):
        await bot.get_updates()
    telegram.heal()
    await jiwoo.photo(png())
    file = await bot.get_file((await bot.get_updates())[0].message.photo[-1].file_id)
    telegram.fail("file", status=502)
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == png()


async def test_the_network_goes_and_comes_back(telegram, bot, jiwoo):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.1)
    await telegram.vanishes()
    with pytest.raises(NetworkError):
        await poll
    with pytest.raises(NetworkError):
        await bot.send_message(7, "x")
    await jiwoo.says("meanwhile")
    await telegram.returns()
    assert [u.message.text for u in await bot.get_updates()] == ["meanwhile"]
    await bot.send_message(7, "back")
    assert [shown.text for shown in jiwoo.shown] == ["back"]


async def test_floods(telegram, bot, jiwoo):
    group = telegram.group(-5)
    for n in range(4):
        await bot.send_message(7, str(n))
    with pytest.raises(RetryAfter):
        await bot.send_media_group(7, [InputMediaPhoto(png()), InputMediaPhoto(png())])  # counts two
    await bot.send_message(7, "4")
    with pytest.raises(RetryAfter):
        await bot.send_message(7, "too fast")
    await bot.edit_message_text("an edit still goes", 7, jiwoo.shown[0].message_id)
    telegram.pass_time(1.01)
    await bot.send_message(7, "later")
    with pytest.raises(RetryAfter):
        await bot.send_message(7, "too fast")
    telegram.pass_time(60)
    telegram.overall_per_s = None
    for n in range(20):
        await bot.send_message(-5, str(n))
    with pytest.raises(RetryAfter):
        await bot.send_message(-5, "too fast")
    telegram.per_group_per_min = None
    await bot.send_message(-5, "no limit")
    assert len(jiwoo.shown) == 6 and len(group.shown) == 21


async def test_the_flood_over_all_chats(telegram, bot):
    assert telegram.overall_per_s == 30
    telegram.overall_per_s = 3  # so that a busy machine floods it too
    people = [telegram.person(100 + n) for n in range(40)]
    results = await asyncio.gather(*(bot.send_message(p.chat_id, "x") for p in people), return_exceptions=True)
    refused = [result for result in results if isinstance(result, RetryAfter)]
    assert 1 <= len(refused) <= 37 and sum(len(p.shown) for p in people) == 40 - len(refused)
    telegram.overall_per_s = None
    await asyncio.gather(*(bot.send_message(p.chat_id, "x") for p in people))


# --- the fake as a program ---------------------------------------------------------------------


async def test_it_closes_at_once_with_everything_hanging():
    async with TelegramServer() as telegram:
        request = HTTPXRequest(connection_pool_size=8)
        async with Bot("1:fake", base_url=telegram.base_url, request=request) as bot:
            telegram.person(7)
            telegram.fail("sendMessage", status=0, times=3)
            tasks = [asyncio.create_task(bot.send_message(7, "x", read_timeout=60)) for _ in range(3)]
            tasks.append(asyncio.create_task(bot.get_updates(timeout=50)))
            await asyncio.sleep(0.2)
            started = time.monotonic()
            await telegram.__aexit__()
            assert time.monotonic() - started < 1
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_mistake_in_the_fake_itself_is_loud():
    telegram = TelegramServer()
    with pytest.raises(AssertionError, match="the fake itself broke"):
        async with telegram, Bot("1:fake", base_url=telegram.base_url) as bot:
            telegram.person(7).chat.messages = None
            with pytest.raises(NetworkError):
                await bot.send_message(7, "x")


async def test_a_thousand_chats(telegram):
    telegram.overall_per_s = None
    people = [telegram.person(1000 + n) for n in range(1000)]
    started = time.monotonic()
    for person in people:
        await person.says("hello")
    async with aiohttp.ClientSession() as session:
        offset, seen = 0, 0
        while seen < 1000:
            async with session.get(telegram.base_url + f"1:fake/getUpdates?offset={offset}&limit=100") as answer:
                updates = (await answer.json())["result"]
            offset, seen = updates[-1]["update_id"] + 1, seen + len(updates)
            await asyncio.gather(*(_answered(session, telegram, update["message"]["chat"]["id"]) for update in updates))
    assert all(person.shown[0].text == "hi" for person in people)
    assert time.monotonic() - started < 20


async def _answered(session: aiohttp.ClientSession, telegram: TelegramServer, chat_id: int) -> None:
    markup = json.dumps({"inline_keyboard": [[{"text": "ok", "callback_data": "ok"}]]})
    data = {"chat_id": str(chat_id), "text": "hi", "reply_markup": markup}
    async with session.post(telegram.base_url + "1:fake/sendMessage", data=data) as answer:
        assert answer.status == 200


async def test_the_whole_library_runs_against_it(telegram, jiwoo):
    builder = Application.builder().token("1:fake").base_url(telegram.base_url).base_file_url(telegram.base_file_url)
    application = builder.build()

    async def echo(update, context) -> None:
        await update.effective_message.reply_text(update.effective_message.text[::-1])

    application.add_handler(MessageHandler(filters.TEXT, echo))
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=10)
        said = await jiwoo.says("abc")
        await jiwoo.chat.wait_shown(1)
        await jiwoo.edits(said, "xyz")
        assert [shown.text for shown in await jiwoo.wait_shown(2)] == ["cba", "zyx"]
        await application.updater.stop()
        await application.stop()
    assert telegram.waiting == 0
