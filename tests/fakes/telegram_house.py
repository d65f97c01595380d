"""The house in this process, on the pretended Telegram."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.telegram_platform import TelegramPlatform
from core.entities import utc_now
from core.settings import Telegram
from tests.fakes.chat_house import LIMIT_S, ChatHouse, until
from tests.fakes.in_process import Chat
from tests.fakes.telegram_server import TelegramServer

__all__ = ["TelegramHouse", "telegram_house", "until"]


class TelegramHouse(ChatHouse):
    """See ChatHouse; `own` are settings of [telegram], and `pages`: where people reach our pages."""

    platform: TelegramPlatform

    def __init__(self, chat: Chat, server: TelegramServer, **own: Any) -> None:
        self.server, self._own = server, own
        super().__init__(chat)

    def _platform(self) -> TelegramPlatform:
        given = {
            "token": self.server.token, "base_url": self.server.base_url, "base_file_url": self.server.base_file_url,
            "webhook_port": 0, **self._own,
        }  # fmt: skip
        pages = given.pop("pages", "")
        return TelegramPlatform(
            Telegram(**given), self.house.settings.intake, self.house.store, self.house.media, pages=pages
        )

    async def start(self) -> None:
        """Begin to listen, and wait until we hear."""
        await self.platform.start(self.heard)
        if self.platform.address:
            self.server.tunnel = self.platform.address

    async def listening(self) -> None:
        """Wait until all is well between Telegram and us."""
        end = time.monotonic() + LIMIT_S
        while not (await self.platform.health()).ok:
            assert time.monotonic() < end, await self.platform.health()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def telegram_house(
    folder: Path, server: TelegramServer, *, workshop: dict[str, Any] | None = None, answers: bool = True, **own: Any
) -> AsyncIterator[TelegramHouse]:
    """The house, listening; `own` are settings of [telegram]."""
    chat = await Chat.open(folder, **(workshop or {}))
    chat.house.now = utc_now
    house = TelegramHouse(chat, server, **own)
    house.answers = answers
    try:
        await house.start()
        yield house
    finally:
        await house.close()
