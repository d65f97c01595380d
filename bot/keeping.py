"""The house is kept: follow-ups that were asked for, lines nobody consented to, old job records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot import care, exporting, reminders
from bot.house import House
from core.trouble import describe

log = logging.getLogger(__name__)

EVERY_S = 300.0


async def keep_house(
    house: House, delete_unconsented: Callable[[datetime], Awaitable[int]], tidy: Callable[[], Awaitable[None]]
) -> None:
    """For ever: what fails is logged, stops nothing else, and is tried again a few minutes later."""
    await asyncio.gather(_keep(house, delete_unconsented, tidy), _remind(house))


async def _remind(house: House) -> None:
    """Reminders keep to the minute; who is due is found by an index, and nobody else is looked at."""

    async def due() -> None:
        for person_id in await house.store.reminders_due(house.now(), limit=500):
            await _try(f"the reminder of {person_id}", reminders.remind, house, person_id)

    while True:
        await _try("reminders", due)
        await asyncio.sleep(house.settings.work.remind_every_s)


async def _keep(
    house: House, delete_unconsented: Callable[[datetime], Awaitable[int]], tidy: Callable[[], Awaitable[None]]
) -> None:
    async def unconsented() -> None:
        deleted = await delete_unconsented(house.now() - timedelta(hours=house.settings.work.consent_hours))
        if deleted:
            log.info("deleted %d lines without consent to storing", deleted)

    async def follow_ups() -> None:
        for person in await house.store.people():
            await _try(f"the follow-up of {person.id}", care.follow_up, house, person)

    async def exports() -> None:
        await house.store.delete_exports(house.now() - timedelta(hours=exporting.KEPT_HOURS))

    while True:
        await _try("lines without consent", unconsented)
        await _try("old exports", exports)
        await _try("follow-ups", follow_ups)
        await _try("old job records", tidy)
        await asyncio.sleep(EVERY_S)


async def _try(what: str, work: Callable[..., Awaitable[None]], *args: Any) -> None:
    try:
        await work(*args)
    except Exception as error:  # the house must be kept next time whatever happened this time
        log.warning("keeping the house, %s: %s", what, describe(error))
