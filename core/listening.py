"""Recordings that nobody could listen to when they came are listened to once somebody can: one by one, and quietly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from core import metrics, stages
from core.entities import Heard, Purpose, StageState, new_reference, split_making, utc_now
from core.ports import EmoseumError, Passing
from core.safety.state import quiet
from core.speech import BROKEN, KEPT, LISTEN, Unheard
from core.stages import Service
from core.suspects import Deadly
from core.trouble import describe

log = logging.getLogger(__name__)

AGAIN_S = 3600.0  # between two rounds: an ear on a server may have been away
AT_ONCE = 50  # that are looked for in one question

AWAY, NEWS, NOTHING = "away", "news", "nothing"  # what came of one: nobody could listen; its person is to be told; not


async def listen_for_ever(service: Service, job: Callable[[str], Awaitable[bool]]) -> None:
    """Round after round while this core has somebody who listens. `job`: see `catch_up`."""
    while service.workshop.transcriber is not None and service.workshop.settings.speech.late_days > 0:
        try:
            await catch_up(service, job)
        except Exception as error:  # a database that is away must not end it for good
            log.warning("recordings that wait are looked for again later: %s", describe(error))
        await asyncio.sleep(AGAIN_S)


async def catch_up(service: Service, job: Callable[[str], Awaitable[bool]]) -> None:
    """One round, oldest first; ends where nobody listens after all: to two of them, as one may be at fault itself. `job` does what `listened` does with a making, durably,
    and tells the bot; False where nobody could listen."""
    speech, after, away = service.workshop.settings.speech, "", 0
    since = utc_now() - timedelta(days=speech.late_days)
    while found := await service.store.unheard(since, after, limit=AT_ONCE):
        for making in found:
            after = making
            if not await _is_open(service, making):
                continue
            away = 0 if await job(making) else away + 1
            if away == 2:
                return
            await asyncio.sleep(speech.late_every_s)


async def listened(service: Service, making: str) -> str:
    """Listen to the recordings of one making and keep what they said: AWAY, NEWS or NOTHING. What kills the process each
    time is given up, and kept; a reference in the stage says so. May run again after a crash."""
    entry_id, revision = split_making(making)
    store = service.store
    before = (await store.stages(entry_id, revision)).get(LISTEN)
    if before is not None and before.state is StageState.DONE:  # the step runs again
        return NEWS if before.reference or await _has_words(service, making) else NOTHING
    reference = ""
    try:
        async with service.suspects.turn():
            if not await _heard(service, making):
                return AWAY
    except Deadly:
        reference = new_reference()
        log.warning("%s: the recordings of %s are given up", reference, making)
        metrics.errors.add(LISTEN, Deadly.__name__)
        await _let_be(service, making)
    await store.set_stage(entry_id, revision, LISTEN, StageState.DONE, reference=reference)
    return NEWS if reference or await _has_words(service, making) else NOTHING


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


async def _heard(service: Service, making: str) -> bool:
    """False where nobody could listen, this time too."""
    entry_id, revision = split_making(making)
    try:
        made = await stages.understand(service, entry_id, revision)
    except Unheard as asks:
        return asks.key != KEPT
    if made.analysis is not None and any(one.problem == KEPT for one in made.analysis.heard):
        return False
    if made.analysis is not None:
        await service.store.save_analysis(entry_id, revision, made.analysis)
    return True


async def _has_words(service: Service, making: str) -> bool:
    analysis = await service.store.analysis(*split_making(making))
    return analysis is not None and any(one.words for one in analysis.heard)


async def _let_be(service: Service, making: str) -> None:
    """Nobody is to listen to these recordings again, whatever is written beside them."""
    entry_id, revision = split_making(making)
    if (analysis := await service.store.analysis(entry_id, revision)) is None:  # nothing but a recording came
        return

    def put_away(one: Heard) -> Heard:
        return replace(one, problem=BROKEN) if one.problem == KEPT else one

    heard = tuple(put_away(one) for one in analysis.heard)
    await service.store.save_analysis(entry_id, revision, replace(analysis, heard=heard))
