"""Recordings that nobody could listen to when they came are listened to once somebody can: one by one, and quietly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from core import stages
from core.entities import Purpose, StageState, split_making, utc_now
from core.ports import EmoseumError, Passing
from core.safety.state import quiet
from core.speech import KEPT, LISTEN, Unheard
from core.stages import Service
from core.trouble import describe

log = logging.getLogger(__name__)

AGAIN_S = 3600.0  # between two rounds: an ear on a server may have been away
AT_ONCE = 50  # that are looked for in one question


async def listen_for_ever(service: Service, tell: Callable[[str], Awaitable[None]]) -> None:
    """Round after round while this core has somebody who listens; `tell` is given each making in which words were found,
    durably."""
    while service.workshop.transcriber is not None and service.workshop.settings.speech.late_days > 0:
        try:
            await catch_up(service, tell)
        except Exception as error:  # a database that is away must not end it for good
            log.warning("recordings that wait are looked for again later: %s", describe(error))
        await asyncio.sleep(AGAIN_S)


async def catch_up(service: Service, tell: Callable[[str], Awaitable[None]]) -> None:
    """One round, oldest first; ends where nobody listens after all."""
    speech, after = service.workshop.settings.speech, ""
    since = utc_now() - timedelta(days=speech.late_days)
    while found := await service.store.unheard(since, after, limit=AT_ONCE):
        for making in found:
            after = making
            if not await _is_open(service, making):
                continue
            if not await _listened(service, making):
                return
            analysis = await service.store.analysis(*split_making(making))
            if analysis is not None and any(one.words for one in analysis.heard):
                await tell(making)  # told twice it is the same job
            await service.store.set_stage(*split_making(making), LISTEN, StageState.DONE)
            await asyncio.sleep(speech.late_every_s)


async def _is_open(service: Service, making: str) -> bool:
    """False where words were given meanwhile, where the entry is gone or was written in a crisis: those are left alone for
    good. False too for now: without the consent to send it away, or while somebody is in a bad way."""
    store, (entry_id, revision) = service.store, split_making(making)
    try:
        entry = await store.entry(entry_id)
        person = await store.person(entry.person_id)
    except Passing:
        raise
    except EmoseumError:
        return False
    if entry.revision != revision or not entry.spoken or entry.level.stops_everything:
        await store.set_stage(entry_id, revision, LISTEN, StageState.DONE)
        return False
    transcriber = service.workshop.transcriber
    if transcriber is None or (transcriber.outside and not person.allows(Purpose.CLOUD)):
        return False
    return not quiet(await store.safety_state(person.id), utc_now())


async def _listened(service: Service, making: str) -> bool:
    """Listen to the recordings of one making and keep what they said; False where nobody could, this time too."""
    entry_id, revision = split_making(making)
    try:
        async with service.suspects.turn():
            made = await stages.understand(service, entry_id, revision)
    except Unheard as asks:
        return asks.key != KEPT
    if made.analysis is not None and any(one.problem == KEPT for one in made.analysis.heard):
        return False
    if made.analysis is not None:
        await service.store.save_analysis(entry_id, revision, made.analysis)
    return True
