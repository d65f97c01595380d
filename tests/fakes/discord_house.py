"""The house in this process, on the pretended Discord: real store, real handlers, the real client over sockets.

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
from bot.discord_platform import DiscordPlatform
from core.entities import Message, utc_now
from core.phrases import knows, say
from core.settings import Discord
from tests.fakes.discord_server import DiscordServer
from tests.fakes.in_process import Chat

LIMIT_S = 20.0


class DiscordHouse:
    """`kept` are the messages in the order in which they became durable."""

    def __init__(self, chat: Chat, server: DiscordServer) -> None:
        self.chat, self.server, self.house = chat, server, chat.house
        self.kept: list[Message] = []
        self.answers = True  # False: what was kept is not answered
        self.keeping_takes_s = 0.0
        self.refusing: Exception | None = None  # raised instead of keeping
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.platform = self._platform()

    def _platform(self) -> DiscordPlatform:
        own = Discord(token="fake", api_base=self.server.api_base, gateway_url=self.server.gateway_url)
        platform = DiscordPlatform(own, self.house.settings.intake, self.house.store, self.house.media)
        platform.commands = [
            (name, say("ko", f"command.{name}"), say("en", f"command.{name}"))
            for name in commands.all_commands()
            if knows("ko", f"command.{name}")
        ]
        self.house.platforms = {"discord": platform}
        return platform

    async def start(self) -> None:
        """Connect, and wait until the bot is there and its commands are offered."""
        before = self.server.identifies
        await self.platform.start(self._heard)
        await until(lambda: self.server.identifies > before and self.platform.line.connected)
        await until(lambda: self.platform.line.announced)

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

    async def quiet(self) -> None:
        """Wait until everything that was kept is answered."""
        while self._tasks:
            await asyncio.wait(set(self._tasks), timeout=LIMIT_S)

    def texts(self) -> list[str]:
        """The words that were kept, in order."""
        return [message.text for message in self.kept]

    async def _heard(self, message: Message) -> bool:
        if self.keeping_takes_s:
            await asyncio.sleep(self.keeping_takes_s)
        if self.refusing is not None:
            raise self.refusing
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
        for attempt in range(8):
            try:
                await self.chat.steps(message)
                return
            except Exception:
                if attempt == 7:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)


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


async def until(ready: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What `ready()` gives once it is true. Raises TimeoutError."""
    end = time.monotonic() + limit_s
    while not (found := ready()):
        if time.monotonic() > end:
            raise TimeoutError("it never happened")
        await asyncio.sleep(0.01)
    return found
