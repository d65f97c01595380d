"""A chat in one process, a pretended Telegram, a pretended Discord, and houses that are connected to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.discord_house import DiscordHouse, discord_house
from tests.fakes.discord_server import DiscordServer
from tests.fakes.in_process import Chat
from tests.fakes.telegram_house import TelegramHouse, telegram_house
from tests.fakes.telegram_server import TelegramServer


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    """Somebody's chat with a new house, all of it in this process."""
    chat = await Chat.open(tmp_path)
    yield chat
    await chat.close()


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """The pretended Telegram; how fast we may speak in a chat is tested by itself."""
    async with TelegramServer() as server:
        server.per_chat_per_s = None
        yield server


@pytest.fixture
async def house(tmp_path: Path, server: TelegramServer) -> AsyncIterator[TelegramHouse]:
    """A house that answers what it hears in Telegram."""
    async with telegram_house(tmp_path, server) as opened:
        yield opened


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """The pretended Discord, without the rate limit that would have a person's tenth line in a test wait for seconds."""
    async with DiscordServer(token="fake") as server:
        server.rate = None
        yield server


@pytest.fixture
async def on_discord(tmp_path: Path, discord: DiscordServer) -> AsyncIterator[DiscordHouse]:
    """A house that answers what it hears there."""
    async with discord_house(tmp_path, discord) as opened:
        yield opened


@pytest.fixture
async def listener(tmp_path: Path, discord: DiscordServer) -> AsyncIterator[DiscordHouse]:
    """A house that only hears."""
    async with discord_house(tmp_path, discord) as opened:
        opened.answers = False
        yield opened
