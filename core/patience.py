"""What is short or away just now is waited for: work that was taken in stays alive until it is back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from core.ports import Passing

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0


async def patiently(work: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """What `work(*args)` returns; where it raises DiskFull or Away it is tried again until it does not."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await work(*args)
        except Passing as error:
            log.error("%s waits (%s): %s", getattr(work, "__name__", "work"), type(error).__name__, error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
