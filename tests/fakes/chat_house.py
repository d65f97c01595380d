"""A house in this process on a pretended chat platform: real store, real handlers, the real client over sockets.

What the durable engine does is done here one step after the other in each chat; a step that raises is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot import commands
from core.entities import Message
from core.patience import patiently
from core.phrases import knows, say
from tests.fakes.in_process import Chat

LIMIT_S = 20.0
TRIES = 8


class Turns:
    """Messages of a chat are answered one after the other, chats beside each other."""

    def __init__(self, answer: Callable[[Message], Awaitable[None]]) -> None:
        self._answer = answer
        self._last: dict[str, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, message: Message) -> None:
        """Answer a message once those before it in its chat are answered."""
        task = asyncio.create_task(self._after(message, self._last.get(message.chat_id)))
        self._last[message.chat_id] = task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _after(self, message: Message, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._answer(message)

    async def quiet(self, limit_s: float = LIMIT_S) -> None:
        """Wait until everything is answered."""
        while self.tasks:
            await asyncio.wait(set(self.tasks), timeout=limit_s)

    async def cancel(self) -> None:
        """Leave the rest unanswered."""
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class ChatHouse:
    """`kept` are the messages in the order in which they became durable."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.house = chat, chat.house
        self.kept: list[Message] = []
        self.answers = True  # False: what was kept is not answered
        self.keeping_takes_s = 0.0
        self.refusing: Callable[[Message], Exception | None] = lambda message: None  # raised instead of keeping
        self._turns = Turns(self._answer)
        self.platform: Any = self._opened()

    def _platform(self) -> Any:
        """The platform on its fake."""
        raise NotImplementedError

    async def start(self) -> None:
        """Begin to listen."""
        raise NotImplementedError

    def _opened(self) -> Any:
        platform = self._platform()
        platform.commands = offered_commands()
        self.house.platforms = {platform.name: platform}
        return platform

    async def restart(self, meanwhile: Callable[[], Any] | None = None) -> None:
        """The process ends and another one begins; `meanwhile` happens in between."""
        await self.platform.stop()
        if meanwhile is not None:
            await meanwhile()
        self.platform = self._opened()
        await self.start()

    async def close(self) -> None:
        """Let go of everything."""
        await self.platform.stop()
        await self._turns.cancel()
        await self.chat.close()

    async def quiet(self, count: int = 0) -> None:
        """Wait until `count` messages were kept, and everything that was is answered."""
        await until(lambda: len(self.kept) >= count)
        await self._turns.quiet()

    def texts(self) -> list[str]:
        """The words that were kept, in order."""
        return [message.text for message in self.kept]

    async def heard(self, message: Message) -> bool:
        """What the inbox does."""
        if self.keeping_takes_s:
            await asyncio.sleep(self.keeping_takes_s)
        if (refusal := self.refusing(message)) is not None:
            raise refusal
        if not await self.house.store.keep_with(message, lambda connection, person_id: None):
            return False
        self.kept.append(message)
        if self.answers:
            self._turns.begin(message)
        return True

    async def _answer(self, message: Message) -> None:
        for attempt in range(TRIES):
            try:
                await patiently(self.chat.steps, message)
                return
            except Exception:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)


def offered_commands() -> list[tuple[str, str, str]]:
    """Every command with what it does in Korean and in English."""
    names = [name for name in commands.all_commands() if knows("ko", f"command.{name}")]
    return [(name, say("ko", f"command.{name}"), say("en", f"command.{name}")) for name in names]


async def until(ready: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What `ready()` gives once it is true. Raises TimeoutError."""
    begun = time.monotonic()
    while not (found := ready()):
        waited_s = time.monotonic() - begun
        if waited_s > limit_s:
            raise TimeoutError("it never happened")
        await asyncio.sleep(min(max(waited_s / 10, 0.01), 0.2))  # looking costs the machine that is waited for
    return found
