"""A pretended Discord, and a house that is connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.discord_house import DiscordHouse, discord_house
from tests.fakes.discord_server import DiscordServer


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
