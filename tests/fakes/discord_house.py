"""The house in this process, on the pretended Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.discord_platform import DiscordPlatform
from core.entities import utc_now
from core.settings import Discord
from tests.fakes.chat_house import ChatHouse, until
from tests.fakes.discord_server import DiscordServer
from tests.fakes.in_process import Chat

__all__ = ["DiscordHouse", "discord_house", "until"]


class DiscordHouse(ChatHouse):
    """See ChatHouse."""

    platform: DiscordPlatform

    def __init__(self, chat: Chat, server: DiscordServer) -> None:
        self.server = server
        super().__init__(chat)

    def _platform(self) -> DiscordPlatform:
        own = Discord(token="fake", api_base=self.server.api_base, gateway_url=self.server.gateway_url)
        return DiscordPlatform(own, self.house.settings.intake, self.house.store, self.house.media)

    async def start(self) -> None:
        """Connect, and wait until the bot is there and its commands are offered."""
        before = self.server.identifies
        await self.platform.start(self.heard)
        await until(lambda: self.server.identifies > before and self.platform.line.connected)
        await until(lambda: self.platform.line.announced)


@asynccontextmanager
async def discord_house(folder: Path, server: DiscordServer, **workshop: Any) -> AsyncIterator[DiscordHouse]:
    """The house, connected."""
    chat = await Chat.open(folder, **workshop)
    chat.house.now = utc_now
    house = DiscordHouse(chat, server)
    try:
        await house.start()
        yield house
    finally:
        await house.close()
