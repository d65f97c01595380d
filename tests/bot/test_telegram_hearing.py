"""What is written in Telegram is kept once and in order, whatever happens to the network, the token or us."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest

from bot.telegram_listening import SECRET_HEADER
from core.entities import Kind
from core.ports import DiskFull, EmoseumError
from core.settings import Telegram
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.telegram_updates import Webhook

HOOK = {"webhook_url": "https://emoseum.example/telegram/hook", "webhook_secret": "quite-a-secret"}


@pytest.fixture
async def server():
    async with TelegramServer() as server:
        yield server


@pytest.fixture(params=["polling", "webhook"])
async def listener(request, tmp_path, server):
    """A house that only hears; each of these tests is true of both ways to hear."""
    own = HOOK if request.param == "webhook" else {}
    async with telegram_house(tmp_path, server, answers=False, **own) as house:
        await house.listening()
        yield house


@pytest.fixture
async def poller(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False) as house:
        await house.listening()
        yield house


async def test_everything_is_heard_and_confirmed(server, listener):
    someone = server.person(7)
    await someone.says("하나")
    await someone.says("둘")
    await someone.edits(await someone.says("셋"), "셋째")
    await until(lambda: len(listener.kept) == 4 and server.waiting == 0)
    assert listener.texts() == ["하나", "둘", "셋", "셋째"]
    assert [message.kind for message in listener.kept] == [Kind.TEXT] * 3 + [Kind.EDIT]


async def test_what_is_told_twice_or_out_of_order_is_kept_once(server, listener):
    someone = server.person(7)
    server.duplicate_next(4)
    server.shuffle_next(4)
    lines = ["하나", "둘", "셋", "넷"]
    for line in lines:
        await someone.says(line)
    await until(lambda: len(listener.kept) == 4 and server.waiting == 0)
    await someone.says("다섯")
    await until(lambda: len(listener.kept) == 5)
    assert sorted(listener.texts()[:4]) == sorted(lines) and listener.texts()[4] == "다섯"


async def test_polling_puts_what_came_together_into_its_order(server, poller):
    someone = server.person(7)
    server.shuffle_next(4)
    for line in ("하나", "둘", "셋", "넷"):
        await someone.says(line)
    await until(lambda: len(poller.kept) == 4)
    assert poller.texts() == ["하나", "둘", "셋", "넷"]


async def test_nothing_is_confirmed_before_it_is_durable(server, listener):
    someone, other = server.person(7), server.person(8)
    listener.refusing = lambda message: DiskFull("no room") if message.account == "7" else None
    await someone.says("첫 줄")
    await someone.says("둘째 줄")
    await other.says("다른 사람의 줄")
    await until(lambda: listener.texts() == ["다른 사람의 줄"])
    await asyncio.sleep(0.3)
    assert server.waiting >= 2  # Telegram still has them
    listener.refusing = lambda message: None
    await until(lambda: len(listener.kept) == 3)
    assert listener.texts() == ["다른 사람의 줄", "첫 줄", "둘째 줄"]
    await until(lambda: server.waiting == 0)


async def test_a_kill_between_hearing_and_confirming_loses_nothing(server, poller):
    someone = server.person(7)
    keep, stopped = poller.heard, asyncio.Event()

    async def killed(message):
        if message.text == "둘":
            stopped.set()
            await asyncio.Event().wait()  # the process ends here
        return await keep(message)

    poller.platform._heard = killed
    for line in ("하나", "둘", "셋"):
        await someone.says(line)
    await stopped.wait()
    await poller.restart()
    await until(lambda: len(poller.kept) == 3)
    await until(lambda: server.waiting == 0)
    assert poller.texts() == ["하나", "둘", "셋"]


async def test_what_was_written_while_we_were_away_is_heard(server, listener):
    someone = server.person(7)

    async def meanwhile():
        await someone.says("없는 동안 쓴 줄")

    await listener.restart(meanwhile)
    await until(lambda: listener.texts() == ["없는 동안 쓴 줄"])


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "token is refused"), (409, "another program"), (502, "trouble of its own"), (0, "can't be reached")],
)
async def test_trouble_is_said_and_does_not_last(server, poller, status, words, caplog):
    caplog.set_level(logging.INFO, "bot")
    server.fail("getUpdates", status=status, times=3, delay_s=0.01)
    await server.person(7).says("들리나요")  # ends a poll under way
    await asyncio.wait_for(_unwell(poller, words), 10)
    await poller.listening()
    await until(lambda: poller.texts() == ["들리나요"])
    await server.person(7).says("이제는요")
    await until(lambda: len(poller.kept) == 2)
    told = [record.getMessage() for record in caplog.records if words in record.getMessage()]
    assert len(told) == 1  # three times the same trouble is one line in the log
    assert server.token not in caplog.text and "들리나요" not in caplog.text


async def test_a_token_that_never_worked_is_said_at_once_and_tried_on(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, token="1:wrong") as house:
        await asyncio.wait_for(_unwell(house, "token is refused"), 5)
        server.token = "1:wrong"  # whoever looks after it mends it
        await house.listening()
        await server.person(7).says("들리나요")
        await until(lambda: house.texts() == ["들리나요"])


async def test_no_word_for_long_is_not_well(poller):
    poller.platform._standing.well_at_s -= 60
    health = await poller.platform.health()
    assert not health.ok and "no word for 60 s" in health.detail and health.numbers["last_poll_seconds"] >= 60


async def test_one_update_that_always_stumbles_does_not_keep_the_others_away(server, poller, monkeypatch):
    monkeypatch.setattr("bot.telegram_listening.LONGEST_PAUSE_S", 0.05)
    poller.refusing = lambda message: ValueError("broken") if message.account == "6" else None
    await server.person(6).says("걸려 넘어지는 줄")
    for n in range(8):
        await server.person(7).says(f"줄 {n}")
        await until(lambda n=n: f"줄 {n}" in poller.texts())
        await asyncio.sleep(0.1)
    await until(lambda: server.waiting == 0)
    assert len(poller.kept) == 8


async def test_an_update_that_the_library_cannot_read_is_let_go(server, listener, caplog):
    someone = server.person(7)
    server.updates.add("message", {"message_id": 5, "chat": {"id": 7}, "비밀": "일기"}, 7)
    await someone.says("그다음 줄")
    await until(lambda: listener.texts() == ["그다음 줄"])
    await until(lambda: server.waiting == 0)
    assert "can't be read" in caplog.text and "일기" not in caplog.text


async def test_a_press_is_acknowledged_once_it_is_durable(server, listener):
    someone = server.person(7)
    sent = await _message_with_a_button(listener, someone)
    listener.refusing = lambda message: DiskFull("no room")
    query = await someone.presses(sent, "누르기")
    await asyncio.sleep(0.3)
    assert someone.spinning == [query]
    listener.refusing = lambda message: None
    await someone.answer_to(query)
    [press] = listener.kept
    assert (press.kind, press.press, press.target, press.account) == (Kind.PRESS, "v1.press", str(sent), "7")


async def test_an_old_press_is_heard_though_telegram_wants_no_answer_any_more(server, listener):
    someone = server.person(7)
    sent = await _message_with_a_button(listener, someone)
    server.query_age_s = -1
    await someone.presses(sent, "누르기")
    await until(lambda: len(listener.kept) == 1 and server.count("answerCallbackQuery", 400) == 1)
    assert (await listener.platform.health()).ok


async def test_the_webhook_is_told_and_takes_nothing_without_its_secret(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, **HOOK) as house:
        await until(lambda: server.webhook)
        assert server.webhook.url == HOOK["webhook_url"] and server.webhook.secret_token == HOOK["webhook_secret"]
        assert set(server.webhook.allowed_updates) >= {"message", "edited_message", "callback_query"}
        url = house.platform.address + "/telegram/hook"
        forged = {"update_id": 1, "message": {"text": "꾸며 낸 줄"}}
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: "quite-a-secret-"}):
                async with session.post(url, json=forged, headers=headers) as answer:
                    assert answer.status == 403
            secret = {SECRET_HEADER: HOOK["webhook_secret"]}
            for body, status in ((b"[]", 400), (b"nonsense", 400), (b'{"update_id": 3}', 200)):
                async with session.post(url, data=body, headers=secret) as answer:
                    assert answer.status == status
            async with session.get(url, headers=secret) as answer:
                assert answer.status == 405
        assert house.kept == []


async def test_a_webhook_without_a_secret_of_its_own_still_has_one(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, webhook_url=HOOK["webhook_url"]) as house:
        await until(lambda: server.webhook)
        assert len(server.webhook.secret_token) == 64 and server.token not in server.webhook.secret_token
        await server.person(7).says("들리나요")
        await until(lambda: house.texts() == ["들리나요"])


async def test_a_webhook_that_somebody_took_away_is_set_again(tmp_path, server, monkeypatch):
    monkeypatch.setattr("bot.telegram_listening.LOOK_S", 0.1)
    async with telegram_house(tmp_path, server, answers=False, **HOOK) as house:
        await house.listening()
        await server.updates.set_webhook(None, False)
        await until(lambda: server.webhook)


async def test_a_token_that_is_revoked_is_seen_beside_a_webhook_too(tmp_path, server, monkeypatch):
    monkeypatch.setattr("bot.telegram_listening.LOOK_S", 0.1)
    async with telegram_house(tmp_path, server, answers=False, **HOOK) as house:
        await house.listening()
        server.fail("getWebhookInfo", status=401, times=2)
        await asyncio.wait_for(_unwell(house, "token is refused"), 10)
        await house.listening()


async def test_polling_takes_a_forgotten_webhook_away(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, **HOOK) as house:
        await house.listening()
    async with telegram_house(tmp_path / "again", server, answers=False) as house:
        await house.listening()
        assert server.webhook is None
        await server.person(7).says("들리나요")
        await until(lambda: house.texts() == ["들리나요"])


async def test_a_webhook_that_somebody_set_while_we_poll_is_taken_away(server, poller):
    await server.updates.set_webhook(Webhook("https://elsewhere.example/hook"), False)
    await until(lambda: server.webhook is None)
    await server.person(7).says("들리나요")
    await until(lambda: poller.texts() == ["들리나요"])


async def test_a_port_that_is_taken_is_said(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, **HOOK) as house:
        port = int(house.platform.address.rpartition(":")[2])
        with pytest.raises(EmoseumError) as refused:
            async with telegram_house(tmp_path / "again", server, **{**HOOK, "webhook_port": port}):
                pass
    assert refused.value.key == "telegram.port_taken"


async def test_an_empty_token_is_none(tmp_path, server):
    assert not Telegram().token.get_secret_value()
    with pytest.raises(EmoseumError) as refused:
        async with telegram_house(tmp_path, server, token=""):
            pass
    assert refused.value.key == "telegram.no_token"


async def _unwell(house, words):
    while words not in (health := await house.platform.health()).detail or health.ok:
        await asyncio.sleep(0.005)


async def _message_with_a_button(house, someone):
    """Something of ours with a button, sent past the journey."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    await someone.says("안녕")
    await until(lambda: house.kept)
    house.kept.clear()
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("누르기", callback_data="v1.press")]])
    return (await house.platform._bot.send_message(someone.chat_id, "눌러 보세요", reply_markup=markup)).message_id
