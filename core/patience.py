"""What is short or away just now is waited for: work that was taken in stays alive until it is back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.ports import Passing

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
TELL_EVERY_S = 60.0  # at most; an outage of an hour with a thousand chats must not fill a log


async def patiently(work: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """What `work(*args)` returns; where it raises DiskFull or Away it is tried again until it does not."""
    try:
        return await work(*args)
    except Passing as error:
        begun = error
    with _waiting.one(getattr(work, "__name__", "work"), begun):
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            try:
                return await work(*args)
            except Passing as error:
                _waiting.still(error)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


class _Waiting:
    """All of this process that waits, and what the log was told of it."""

    def __init__(self) -> None:
        self._count, self._since_s, self._told = 0, 0.0, False
        self._told_at_s: dict[str, float] = {}  # by kind of error

    @contextmanager
    def one(self, name: str, error: Passing) -> Iterator[None]:
        """Around the wait of one piece of work."""
        if not self._count:
            self._since_s, self._told = time.monotonic(), False
        self._count += 1
        self._tell(error, f"{name} waits")
        try:
            yield
        finally:
            self._count -= 1
            if not self._count and self._told:
                log.warning("nothing waits any more, after %.0f s", time.monotonic() - self._since_s)

    def still(self, error: Passing) -> None:
        """It was tried again, in vain."""
        self._tell(error, f"{self._count} wait, since {time.monotonic() - self._since_s:.0f} s")

    def _tell(self, error: Passing, what: str) -> None:
        kind, now_s = type(error).__name__, time.monotonic()
        if now_s - self._told_at_s.get(kind, -TELL_EVERY_S) >= TELL_EVERY_S:
            self._told_at_s[kind], self._told = now_s, True
            log.error("%s (%s): %s", what, kind, error)


_waiting = _Waiting()
