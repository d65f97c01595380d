"""Everything that can go wrong on the way to Telegram: refusals, silence, and answers that get lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.telegram_limits import Refused, too_many

_SILENCE_S = 60.0


@dataclass
class Failure:
    """What goes wrong the next `times` times."""

    method: str
    status: int
    retry_after: int
    times: int
    applied: bool
    chat_id: int | None
    delay_s: float
    description: str


class Trouble:
    """Failures in the order in which they were ordered; the first that fits a call hits it."""

    def __init__(self) -> None:
        self.ordered: list[Failure] = []
        self.closing = asyncio.Event()

    def order(self, failure: Failure) -> None:
        """One more."""
        self.ordered.append(failure)

    async def meet(
        self, request: web.Request, method: str, params: dict[str, Any], do: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Does what was asked for, with the trouble that was ordered for it."""
        trouble = self._next(method, params)
        if trouble is None:
            return await do()
        slow_success = trouble.status == 200 and not trouble.applied
        result = await do() if trouble.applied or slow_success else None
        silent = trouble.status == 0 and not trouble.applied
        await self._hang(trouble.delay_s or (_SILENCE_S if silent else 0.0))
        if slow_success:
            return result
        if trouble.status == 0 or (trouble.applied and trouble.status < 500):
            _cut(request)
        raise _refusal(trouble)

    def _next(self, method: str, params: dict[str, Any]) -> Failure | None:
        for failure in self.ordered:
            aimed = failure.chat_id is None or str(failure.chat_id) == str(params.get("chat_id"))
            if failure.times > 0 and failure.method in ("*", method) and aimed:
                failure.times -= 1
                return failure
        return None

    async def _hang(self, seconds: float) -> None:
        if seconds:
            try:
                await asyncio.wait_for(self.closing.wait(), seconds)
            except TimeoutError:
                return


def _refusal(trouble: Failure) -> Refused:
    if trouble.status == 429:
        return too_many(trouble.retry_after)
    words = {403: "bot was blocked by the user", 400: "chat not found", 409: "terminated by other getUpdates request"}
    return Refused(trouble.status, trouble.description or words.get(trouble.status, ""))


def _cut(request: web.Request) -> None:
    """Closes the socket without an answer."""
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError
