"""The core takes work from its queues: it understands entries, paints them, sets them to music and lets Anna write.

Each workflow is one stage of one making, carries its name alone and leaves what it made in the store, with its
seed derived from the entry's key: run again after a crash it makes the same thing under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace

from dbos import DBOS

from core import listening, metrics, stages
from core.engines import Unwanted
from core.entities import StageState, file_id, new_reference, split_making, work_file
from core.jobs import CHAT, VERSIONS
from core.patience import patiently
from core.ports import EmoseumError, Forgotten, Passing
from core.speech import Unheard
from core.stages import Made, Service
from core.suspects import Job, Suspects
from core.trouble import describe

log = logging.getLogger(__name__)

REMEMBERED = 30  # comments of Anna, so that none of her sentences comes twice within them
LOOK_S = 1.0  # between two looks whether a picture is still wanted
CALM_S = 300.0  # of a process that lives so long nobody suspects anything
_BORN_S = time.monotonic()


_service: Service | None = None


def open_service(service: Service) -> None:
    """Give the workflows what they work with; once, before the durable engine is launched."""
    global _service
    _service = service
    service.suspects = Suspects(_Register())


def service() -> Service:
    """What was given to `open_service`."""
    if _service is None:
        raise RuntimeError("open_service comes first")
    return _service


# --- the stages --------------------------------------------------------------------------------


@DBOS.workflow(name="understand")
async def understand(making: str) -> None:
    """Text, face and voice become one Analysis, and where all of it was guarded the other stages follow."""
    await _stage("understand", making)
    if not await patiently(goes_on, making):
        return
    for stage in ("picture", "music"):
        await follow(stage, making)
    await _stage("comment", making)


async def goes_on(making: str) -> bool:
    """True where the other stages may begin: it is understood and still wanted, and no word of it is unguarded.

    Not noted as a step: asked again after a crash, the answer may only have become "no", and a stage that was begun
    then sees that nobody wants it."""
    entry_id, revision = split_making(making)
    made = await service().store.stages(entry_id, revision)
    if "understand" not in made or made["understand"].state is not StageState.DONE:
        return False
    try:
        entry = await service().store.entry(entry_id)
    except Passing:
        raise
    except EmoseumError:  # deleted meanwhile
        return False
    return entry.revision == revision and not entry.spoken


async def follow(stage: str, making: str) -> None:
    """Hand a making on to the studio; handed over again it is the same job."""
    await DBOS.enqueue_workflow_with_options_async(
        {"workflow_name": stage, "queue_name": "studio", "workflow_id": f"{stage}-{making}"}, making
    )


async def tell_overheard(making: str) -> None:
    """Hand words that were found late to the bot, for good; handed over again it is the same job."""
    await DBOS.enqueue_workflow_with_options_async(
        {
            "workflow_name": "overheard",
            "queue_name": CHAT,
            "application_name": "bot",
            "app_version": VERSIONS["bot"],
            "workflow_id": f"overheard-{making}",
            "queue_partition_key": "overheard",
        },
        making,
    )


@DBOS.workflow(name="listen_late")
async def listen_late(making: str) -> bool:
    """A recording of long ago is listened to; False where nobody could."""
    found = await DBOS.run_step_async({"name": "listen_late"}, patiently, listening.listened, service(), making)
    if found == listening.NEWS:
        await tell_overheard(making)
    return bool(found != listening.AWAY)


async def hear_late(making: str) -> bool:
    """The same as a job of its own, so that it is known after a crash whose turn it was; waits for its end."""
    job = f"listen_late-{making}"
    handle = await DBOS.enqueue_workflow_with_options_async(
        {"workflow_name": "listen_late", "queue_name": "listen", "workflow_id": job}, making
    )
    heard = False
    try:
        heard = bool(await handle.get_result())
    except Exception as error:  # it is over, and failed
        log.warning("a recording of %s can't be listened to now: %s", making, describe(error))
    if not heard:  # else the next round would find it done
        await DBOS.delete_workflow_async(job)
    return heard


@DBOS.workflow(name="picture")
async def picture(making: str) -> None:
    """The analysis becomes a picture."""
    await _stage("picture", making)


@DBOS.workflow(name="music")
async def music(making: str) -> None:
    """The analysis becomes music."""
    await _stage("music", making)


@DBOS.workflow(name="comment")
async def comment(making: str) -> None:
    """Anna writes to the entry."""
    await _stage("comment", making)


@DBOS.workflow(name="talk")
async def talk(message_id: str) -> None:
    """Anna answers a turn of conversation."""
    await DBOS.run_step_async({"name": "talk"}, patiently, stages.talk, service(), message_id)


@DBOS.workflow(name="speak")
async def speak(asked: str) -> None:
    """Anna reads a comment aloud. `asked`: `<work id>.<message id>`, so that each wish is a job of its own."""
    await DBOS.run_step_async({"name": "speak"}, patiently, stages.speak, service(), asked)


async def _stage(name: str, making: str) -> None:
    """Do one stage as a durable step; what fails is tried again, and at last said so with a reference."""
    await DBOS.run_step_async({"name": name}, patiently, do_stage, name, making)


async def do_stage(name: str, making: str) -> None:
    """Make one stage and keep it, unless nobody wants it any more or this process died of it too often."""
    store = service().store
    entry_id, revision = split_making(making)
    attempts = service().workshop.settings.work.attempts
    for attempt in range(1, attempts + 1):
        if await _unwanted(entry_id, revision, name):
            if name == "picture":
                await store.leave_line(entry_id, revision)
            return
        try:
            async with service().suspects.turn():
                begun = time.monotonic()
                async with asyncio.timeout(_limit_s(name)):
                    made = await _made(name, entry_id, revision)
            if await _unwanted(entry_id, revision, name):  # stopped while it was made
                return
            seconds = time.monotonic() - begun
            await keep(entry_id, revision, name, made, seconds)
        except Unwanted:  # a press stopped it, or the entry moved on
            await store.leave_line(entry_id, revision)
            return
        except Passing:  # no fault of the engine: it waits for room on the disk, or for a server
            raise
        except Unheard as asks:  # nothing is wrong: they are asked for words instead
            await store.set_stage(entry_id, revision, name, StageState.FAILED, reference=asks.key)
            metrics.stages.add(name, StageState.FAILED.value)
            return
        except Exception as error:  # whatever an engine throws, the answer goes on without this stage and says so
            reference = new_reference()
            log.warning(
                "%s: %s of %s, attempt %d of %d: %s", reference, name, making, attempt, attempts, describe(error)
            )
            metrics.errors.add(name, type(error).__name__)
            moved = isinstance(error, Forgotten)  # into another diary at this very moment: else nobody would want it
            hopeless = isinstance(error, EmoseumError | TimeoutError) and not moved  # again, it would be as slow
            if attempt == attempts or hopeless:
                await store.set_stage(entry_id, revision, name, StageState.FAILED, reference=reference)
                metrics.stages.add(name, StageState.FAILED.value)
                return
        else:
            metrics.stages.add(name, StageState.DONE.value)
            metrics.stage_seconds.add(seconds, name)
            return


async def _made(name: str, entry_id: str, revision: int) -> Made:
    """What a stage makes; a picture that nobody wants any more is not painted on. Raises Unwanted."""
    work = stages.MAKERS[name](service(), entry_id, revision)
    if name != "picture":
        return await work
    making = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({making}, timeout=LOOK_S))[0]:
            with contextlib.suppress(Passing):  # where nobody knows it is painted on
                if await _unwanted(entry_id, revision, name):
                    raise Unwanted
    finally:
        making.cancel()  # nothing happens where it is done
    return making.result()


async def keep(entry_id: str, revision: int, name: str, made: Made, seconds: float) -> None:
    """Keep what a stage made and say that it is over, in one; where that can't be done, no file stays.

    Raises DiskFull, Away, NotFound and Forgotten (it was deleted while we painted)."""
    store, media, work, ids = service().store, service().media, made.work, list[str]()
    if made.files:
        ids = await _put_all(entry_id, made)

    async def kept() -> None:
        if made.analysis is not None:
            await store.save_analysis(entry_id, revision, made.analysis)
        if work is not None:
            fields = dict(zip(made.files, ids, strict=True))
            await store.save_work(replace(work, seconds=seconds, **fields))  # type: ignore[arg-type]
        work_id = work.id if work is not None else ""
        await store.set_stage(entry_id, revision, name, StageState.DONE, work_id=work_id, seconds=seconds)
        if name == "understand":
            await store.stand_in_line(entry_id, revision)

    try:
        await patiently(store.together, kept)  # here too: a commit whose answer was lost may have been done
    except EmoseumError:
        for media_id in ids:
            await media.delete(media_id)
        raise


async def _put_all(entry_id: str, made: Made) -> list[str]:
    """Keep the files of a making for whoever the entry belongs to now: two diaries may become one while we paint."""
    store, files = service().store, list(made.files.values())
    names = [file_id(entry_id, work_file(made.work, field)) for field in made.files] if made.work is not None else ()
    while True:
        owner = (await patiently(store.entry, entry_id)).person_id
        try:
            return list(
                await patiently(service().media.put_all, owner, files, names)
            )  # here: else it would be painted anew
        except Forgotten:
            if (await patiently(store.entry, entry_id)).person_id == owner:
                raise


def _limit_s(name: str) -> float | None:
    """How long a stage may take. The studio measures by itself, from when one of its children is free, and so it is with
    each recording that is listened to."""
    by_itself = ("picture", "music") if service().workshop.transcriber is None else ("picture", "music", "understand")
    return None if name in by_itself else service().workshop.settings.work.stage_timeout_s


class _Register:
    """What the durable engine keeps of a job, in its own record: it goes with that, a week after the job's end."""

    async def job(self) -> Job | None:
        """See core.suspects.Register."""
        if DBOS.workflow_id is None or time.monotonic() - _BORN_S > CALM_S:
            return None
        known = await DBOS.get_workflow_status_async(DBOS.workflow_id)
        if known is None:
            return None
        deaths = (known.attributes or {}).get("deaths", 0)
        return Job(known.workflow_id, max((known.recovery_attempts or 0) - 1, 0), deaths)

    async def set_deaths(self, job_id: str, deaths: int) -> None:
        """See core.suspects.Register."""
        await DBOS.update_workflow_attributes_async(job_id, {"deaths": deaths}, merge=True)


async def _unwanted(entry_id: str, revision: int, name: str) -> bool:
    """True where nobody waits for this stage: done already, stopped, deleted, or the entry has moved on."""
    store = service().store
    known = await store.stages(entry_id, revision)
    if name in known and known[name].state is not StageState.WAITING:
        return True
    try:
        return (await store.entry(entry_id)).revision > revision
    except Passing:  # nobody knows: to be asked again
        raise
    except EmoseumError:
        return True
