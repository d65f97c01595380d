"""The doctor asks Telegram whether the token is good, shortly, and says what to do."""

import asyncio

import pytest

from adapters import doctor
from core.settings import load_settings
from tests.fakes.telegram_server import TelegramServer


async def told(tmp_path, server, token, **own):
    settings = load_settings(
        data_dir=tmp_path / "data", language="en", telegram={"token": token, "base_url": server.base_url, **own}
    )
    findings = await asyncio.to_thread(doctor.examine, settings)
    return [(found.mark, found.words) for found in findings if found.what == "Telegram"]


async def test_a_good_token_a_wrong_one_and_none(tmp_path):
    async with TelegramServer(token="1:fake", username="emoseum_bot") as server:
        [(mark, words)] = await told(tmp_path, server, "1:fake")
        assert mark == "✓" and "@emoseum_bot" in words
        [(mark, words)] = await told(tmp_path, server, "1:other")
        assert mark == "✗" and "refused" in words and "1:other" not in words
        [(mark, words)] = await told(tmp_path, server, "other")
        assert mark == "✗" and "refused" in words
        [(mark, _)] = await told(tmp_path, server, "")
        assert mark == "✓"
        assert server.count("getMe") == 3


@pytest.mark.parametrize("status", [0, 502])
async def test_a_telegram_that_does_not_answer_holds_nobody_up(tmp_path, monkeypatch, status):
    monkeypatch.setattr(doctor, "SHORT_S", 0.3)
    async with TelegramServer() as server:
        server.fail("getMe", status=status)
        [(mark, words)] = await told(tmp_path, server, "1:fake")
        assert mark == "!" and "does not answer" in words


async def test_what_is_no_token_is_not_sent_to_anybody(tmp_path):
    async with TelegramServer() as server:
        [(mark, words)] = await told(tmp_path, server, "my password", base_url="")
        assert mark == "✗" and "does not look like a token" in words and "password" not in words


async def test_an_address_that_telegram_will_not_post_to(tmp_path):
    async with TelegramServer() as server:
        for url, marks in (
            ("https://emoseum.example/hook", ["✓"]),
            ("http://emoseum.example/hook", ["✓", "✗"]),
            ("https://emoseum.example:9000/hook", ["✓", "✗"]),
        ):
            assert [mark for mark, _ in await told(tmp_path, server, "1:fake", webhook_url=url)] == marks
