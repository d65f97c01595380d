"""The doctor asks Discord whether the token is good, shortly, and says what to do."""

import asyncio

import pytest

from adapters import doctor
from core.settings import load_settings
from tests.fakes.discord_server import DiscordServer


async def told(tmp_path, server, token):
    settings = load_settings(
        data_dir=tmp_path / "data", language="en", discord={"token": token, "api_base": server.api_base}
    )
    findings = await asyncio.to_thread(doctor.examine, settings)
    return next((found.mark, found.words) for found in findings if found.what == "Discord")


async def test_a_good_token_a_wrong_one_and_none(tmp_path):
    async with DiscordServer(token="fake") as server:
        mark, words = await told(tmp_path, server, "fake")
        assert mark == "✓" and "emoseum" in words
        mark, words = await told(tmp_path, server, "wrong")
        assert mark == "✗" and "does not know this token" in words and "wrong" not in words
        assert (await told(tmp_path, server, ""))[0] == "✓"
        assert server.count("GET", "/users/@me") == 2


@pytest.mark.parametrize("silent", [True, False])
async def test_a_discord_that_does_not_answer_holds_nobody_up(tmp_path, monkeypatch, silent):
    monkeypatch.setattr(doctor, "SHORT_S", 0.3)
    async with DiscordServer(token="fake") as server:
        server.fail("GET", "/users/@me", status=0 if silent else 502)
        mark, words = await told(tmp_path, server, "fake")
        assert mark == "!" and "does not answer" in words
