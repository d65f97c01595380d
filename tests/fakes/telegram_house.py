"""The house in this process, on the pretended Telegram: real store, real handlers, the real client over sockets.

What the durable engine does is done here one step after the other in each chat; a step that raises is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot import commands
from bot.telegram_platform import TelegramPlatform
from core.entities import Message, utc_now
from core.patience import patiently
from core.phrases import knows, say
from core.settings import Telegram
from tests.fakes.in_process import Chat
from tests.fakes.telegram_server import TelegramServer

LIMIT_S = 20.0
TRIES = 8


class TelegramHouse:
    """`kept` are the messages in the order in which they became durable."""

    def __init__(self, chat: Chat, server: TelegramServer, **own: Any) -> None:
        self.chat, self.server, self.house, self._own = chat, server, chat.house, own
        self.kept: list[Message] = []
        self.answers = True  # False: what was kept is not answered
        self.refusing: Callable[[Message], Exception | None] = lambda message: None  # raised instead of keeping
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.platform = self._platform()

    def _platform(self) -> TelegramPlatform:
        given = {
            "token": self.server.token, "base_url": self.server.base_url, "base_file_url": self.server.base_file_url,
            "webhook_port": 0, **self._own,
        }  # fmt: skip
        platform = TelegramPlatform(Telegram(**given), self.house.settings.intake, self.house.store, self.house.media)
        platform.commands = [
            (name, say("ko", f"command.{name}"), say("en", f"command.{name}"))
            for name in commands.all_commands()
            if knows("ko", f"command.{name}")
        ]
        self.house.platforms = {"telegram": platform}
        return platform

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

    async def restart(self, meanwhile: Callable[[], Any] | None = None) -> None:
        """The process ends and another one begins; `meanwhile` happens in between."""
        await self.platform.stop()
        if meanwhile is not None:
            await meanwhile()
        self.platform = self._platform()
        await self.start()

    async def close(self) -> None:
        """Let go of everything."""
        await self.platform.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.chat.close()

    async def quiet(self, count: int = 0) -> None:
        """Wait until `count` messages were kept, and everything that was is answered."""
        await until(lambda: len(self.kept) >= count)
        while self._tasks:
            await asyncio.wait(set(self._tasks), timeout=LIMIT_S)

    def texts(self) -> list[str]:
        """The words that were kept, in order."""
        return [message.text for message in self.kept]

    async def heard(self, message: Message) -> bool:
        """What the inbox does."""
        if (refusal := self.refusing(message)) is not None:
            raise refusal
        if not await self.house.store.keep_with(message, lambda connection, person_id: None):
            return False
        self.kept.append(message)
        if self.answers:
            task = asyncio.create_task(self._answer(message, self._last.get(message.chat_id)))
            self._last[message.chat_id] = task
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, message: Message, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        for attempt in range(TRIES):
            try:
                await patiently(self.chat.steps, message)
                return
            except Exception:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)


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


async def until(ready: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What `ready()` gives once it is true. Raises TimeoutError."""
    end = time.monotonic() + limit_s
    while not (found := ready()):
        if time.monotonic() > end:
            raise TimeoutError("it never happened")
        await asyncio.sleep(0.01)
    return found
