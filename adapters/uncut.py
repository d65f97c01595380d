"""What was begun with the database is ended, although nobody waits for it any more."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

C = TypeVar("C", bound=type)

_running: set[asyncio.Task[Any]] = set()


def uncut(cls: C) -> C:
    """A class whose public coroutine methods run to their end when their caller is cancelled.

    A task that is cancelled inside of a statement leaves its connection with an open transaction, and with it the
    lock that every other writer waits for (seen with aiosqlite 0.22.1 in one of three runs of sixty cancelled writes).
    """
    for name, method in inspect.getmembers(cls, inspect.iscoroutinefunction):
        if not name.startswith("_") and name != "close":  # which waits for the others
            setattr(cls, name, _to_the_end(method))
    return cls


async def all_ended() -> None:
    """Wait for what was begun in this event loop and left by its caller."""
    loop = asyncio.get_running_loop()
    mine = [task for task in _running if task.get_loop() is loop]
    await asyncio.gather(*mine, return_exceptions=True)


def _to_the_end(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(method)
    async def whole(*args: Any, **kwargs: Any) -> Any:
        task = asyncio.ensure_future(method(*args, **kwargs))
        _running.add(task)
        task.add_done_callback(_running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                task.add_done_callback(_say_if_it_failed)
            raise

    return whole


def _say_if_it_failed(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("work that nobody waited for failed: %s", type(error).__name__)
