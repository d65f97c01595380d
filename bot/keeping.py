"""The house is kept: follow-ups that were asked for, lines nobody consented to, old job records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot import care
from bot.house import House
from core.trouble import describe

log = logging.getLogger(__name__)

EVERY_S = 300.0


async def keep_house(
    house: House, delete_unconsented: Callable[[datetime], Awaitable[int]], tidy: Callable[[], Awaitable[None]]
) -> None:
    """For ever: what fails is logged, stops nothing else, and is tried again a few minutes later."""

    async def unconsented() -> None:
        deleted = await delete_unconsented(house.now() - timedelta(hours=house.settings.work.consent_hours))
        if deleted:
            log.info("deleted %d lines without consent to storing", deleted)

    async def follow_ups() -> None:
        for person in await house.store.people():
            await _try(f"the follow-up of {person.id}", care.follow_up, house, person)

    while True:
        await _try("lines without consent", unconsented)
        await _try("follow-ups", follow_ups)
        await _try("old job records", tidy)
        await asyncio.sleep(EVERY_S)


async def _try(what: str, work: Callable[..., Awaitable[None]], *args: Any) -> None:
    try:
        await work(*args)
    except Exception as error:  # the house must be kept next time whatever happened this time
        log.warning("keeping the house, %s: %s", what, describe(error))
