"""The core takes work from its queues: it understands entries, paints them, sets them to music and lets Anna write.

Each workflow is one stage of one making, carries its name alone and leaves what it made in the store, with its
seed derived from the entry's key: run again after a crash it makes the same thing under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from weakref import WeakValueDictionary

from dbos import DBOS

from core.engines import Workshop
from core.entities import (
    Analysis,
    Entry,
    Level,
    Person,
    Purpose,
    StageState,
    Work,
    WorkKind,
    new_reference,
    split_making,
    utc_now,
)
from core.patience import patiently
from core.ports import EmoseumError, EngineMissing, MediaStore, Passing, Store, Turn, answer_turn
from core.safety.crisis import check_safely
from core.safety.state import quiet
from core.speech import Unheard, spoken, transcript_of
from core.studio import Studio
from core.trouble import describe

log = logging.getLogger(__name__)

SUSPECT = 2  # deaths of the process with the same job under way, after which the job runs alone
DEATHS = 7  # after which it is given up
_alone = asyncio.Lock()
_BORN_S = time.monotonic()


class Service:
    """What the workflows work with; one a process."""

    def __init__(self, workshop: Workshop, store: Store, media: MediaStore) -> None:
        self.workshop, self.store, self.media = workshop, store, media
        self.studio = Studio(workshop.settings)
        self.speaking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by work: none is spoken twice

    async def warm(self) -> None:
        """Load what is slow to load, so that the first person does not wait for it."""
        await asyncio.gather(
            self.studio.warm(),
            asyncio.to_thread(self.workshop.understander.understand, "오늘은 따뜻한 하루였다. A warm day.", None, "ko"),
        )


_service: Service | None = None


def open_service(service: Service) -> None:
    """Give the workflows what they work with; once, before the durable engine is launched."""
    global _service
    _service = service


def service() -> Service:
    """What was given to `open_service`."""
    if _service is None:
        raise RuntimeError("open_service comes first")
    return _service


# --- the stages --------------------------------------------------------------------------------


@DBOS.workflow(name="understand")
async def understand(making: str) -> None:
    """Text, face and voice become one Analysis, and where all of it was guarded the other stages follow."""
    await _stage("understand", making, _understand)
    if not await goes_on(making):
        return
    for stage in ("picture", "music"):
        await follow(stage, making)
    await _stage("comment", making, _comment)


async def goes_on(making: str) -> bool:
    """True where the other stages may begin: it is understood and still wanted, and no word of it is unguarded.

    Not noted as a step: asked again after a crash, the answer may only have become "no", and a stage that was begun
    then sees that nobody wants it."""
    entry_id, revision = split_making(making)
    stages = await service().store.stages(entry_id, revision)
    if "understand" not in stages or stages["understand"].state is not StageState.DONE:
        return False
    try:
        entry = await service().store.entry(entry_id)
    except EmoseumError:  # deleted meanwhile
        return False
    return entry.revision == revision and not entry.spoken


async def follow(stage: str, making: str) -> None:
    """Hand a making on to the studio; handed over again it is the same job."""
    await DBOS.enqueue_workflow_with_options_async(
        {"workflow_name": stage, "queue_name": "studio", "workflow_id": f"{stage}-{making}"}, making
    )


@DBOS.workflow(name="picture")
async def picture(making: str) -> None:
    """The analysis becomes a picture."""
    await _stage("picture", making, _picture)


@DBOS.workflow(name="music")
async def music(making: str) -> None:
    """The analysis becomes music."""
    await _stage("music", making, _music)


@DBOS.workflow(name="comment")
async def comment(making: str) -> None:
    """Anna writes to the entry."""
    await _stage("comment", making, _comment)


@DBOS.workflow(name="talk")
async def talk(message_id: str) -> None:
    """Anna answers a turn of conversation."""
    await DBOS.run_step_async({"name": "talk"}, patiently, _talk, message_id)


@DBOS.workflow(name="speak")
async def speak(asked: str) -> None:
    """Anna reads a comment aloud. `asked`: `<work id>.<message id>`, so that each wish is a job of its own."""
    await DBOS.run_step_async({"name": "speak"}, patiently, _speak, asked)


@dataclass(frozen=True)
class Made:
    """What a stage made, not kept yet."""

    analysis: Analysis | None = None
    work: Work | None = None
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # (bytes, MIME type) by field of Work
    person_id: str = ""


Making = Callable[[str, int], Awaitable[Made]]


async def _stage(name: str, making: str, work: Making) -> None:
    """Do one stage as a durable step; what fails is tried again, and at last said so with a reference."""
    await DBOS.run_step_async({"name": name}, patiently, _do_stage, name, making, work)


async def _do_stage(name: str, making: str, work: Making) -> None:
    store = service().store
    entry_id, revision = split_making(making)
    attempts = service().workshop.settings.work.attempts
    deaths = await _deaths()
    if deaths > DEATHS:
        reference = new_reference()
        log.error("%s: %s of %s was under way at %d deaths of this process: given up", reference, name, making, deaths)
        await store.set_stage(entry_id, revision, name, StageState.FAILED, reference=reference)
        return
    if deaths > SUSPECT:  # one at a time and in no order, so that its neighbours get done and only it is left
        await asyncio.sleep(random.uniform(0, 2))
    async with _alone if deaths > SUSPECT else contextlib.nullcontext():
        await _try_stage(name, making, work, attempts)


async def _try_stage(name: str, making: str, work: Making, attempts: int) -> None:
    store = service().store
    entry_id, revision = split_making(making)
    for attempt in range(1, attempts + 1):
        if await _unwanted(entry_id, revision, name):
            return
        begun = time.monotonic()
        try:
            async with asyncio.timeout(_limit_s(name)):
                made = await work(entry_id, revision)
            if await _unwanted(entry_id, revision, name):  # stopped while it was made
                return
            await _keep(entry_id, revision, name, made, time.monotonic() - begun)
        except Passing:  # no fault of the engine: it waits for room on the disk, or for a server
            raise
        except Exception as error:  # whatever an engine throws, the answer goes on without this stage and says so
            reference = new_reference()
            log.warning(
                "%s: %s of %s, attempt %d of %d: %s", reference, name, making, attempt, attempts, describe(error)
            )
            if attempt == attempts or isinstance(error, EmoseumError | TimeoutError):  # again, it would be as slow
                reference = error.key if isinstance(error, Unheard) else reference
                await store.set_stage(entry_id, revision, name, StageState.FAILED, reference=reference)
                return
        else:
            return


async def _keep(entry_id: str, revision: int, name: str, made: Made, seconds: float) -> None:
    """Keep what a stage made and say that it is over, in one; where that can't be done, no file stays.

    Raises DiskFull, Away, NotFound and Forgotten (it was deleted while we painted)."""
    store, media, work, ids = service().store, service().media, made.work, list[str]()
    if made.files:
        files = list(made.files.values())
        ids = await patiently(media.put_all, made.person_id, files)  # here: else it would be painted anew

    async def kept() -> None:
        if made.analysis is not None:
            await store.save_analysis(entry_id, revision, made.analysis)
        if work is not None:
            fields = dict(zip(made.files, ids, strict=True))
            await store.save_work(replace(work, seconds=seconds, **fields))  # type: ignore[arg-type]
        work_id = work.id if work is not None else ""
        await store.set_stage(entry_id, revision, name, StageState.DONE, work_id=work_id, seconds=seconds)

    try:
        await store.together(kept)
    except EmoseumError:
        for media_id in ids:
            await media.delete(media_id)
        raise


def _limit_s(name: str) -> float | None:
    """How long a stage may take. The studio measures by itself, from when one of its children is free."""
    return None if name in ("picture", "music") else service().workshop.settings.work.stage_timeout_s


async def _deaths() -> int:
    """How often this process died with the job that is about to run under way; 0 once it has lived for a while."""
    if DBOS.workflow_id is None or time.monotonic() - _BORN_S > 300:
        return 0
    status = await DBOS.get_workflow_status_async(DBOS.workflow_id)
    return (status.recovery_attempts or 0) if status is not None else 0


async def _unwanted(entry_id: str, revision: int, name: str) -> bool:
    """True where nobody waits for this stage: done already, stopped, deleted, or the entry has moved on."""
    store = service().store
    stages = await store.stages(entry_id, revision)
    if name in stages and stages[name].state is not StageState.WAITING:
        return True
    try:
        return (await store.entry(entry_id)).revision > revision
    except EmoseumError:
        return True


# --- what each stage does ----------------------------------------------------------------------


async def _understand(entry_id: str, revision: int) -> Made:
    entry, person = await _entry(entry_id, revision)
    workshop = service().workshop
    transcript = await transcript_of(entry, person, workshop, service().media)
    if transcript:
        entry = replace(entry, text="\n".join(filter(None, (entry.text, transcript))))
    photo = None
    photos = [attachment for attachment in entry.media if attachment.mime.startswith("image/")]
    if photos and (photos[0].look or person.allows(Purpose.FACE)):
        photo = (await service().media.get(photos[0].media_id)).data
    try:
        analysis = await asyncio.to_thread(workshop.understander.understand, entry.text, photo, person.language)
    except EmoseumError as error:  # a photo that can't be opened must not cost the words their answer
        log.info("the photo of %s can't be read: %s", entry_id, error.key)
        analysis = await asyncio.to_thread(workshop.understander.understand, entry.text, None, person.language)
    return Made(analysis=replace(analysis, transcript=transcript))


async def _picture(entry_id: str, revision: int) -> Made:
    entry, person = await _entry(entry_id, revision)
    analysis = await _analysis(entry_id, revision)
    made = await service().studio.paint(analysis.tags, analysis.emotion, person.language, seed_of(entry_id, revision))
    work = Work(
        id=f"{entry_id}p{revision}",
        entry_id=entry_id,
        revision=revision,
        kind=WorkKind.PICTURE,
        engine=made.engine,
        seed=made.seed,
        prompt=json.dumps({"prompt": made.prompt, "sketch": asdict(made.sketch)}, ensure_ascii=False),
        alt=made.alt,
    )
    files = {"media_id": (made.png, "image/png"), "sketch_media_id": (made.sketch_png, "image/png")}
    return Made(work=work, files=files, person_id=entry.person_id)


async def _music(entry_id: str, revision: int) -> Made:
    entry, person = await _entry(entry_id, revision)
    analysis = await _analysis(entry_id, revision)
    made = await service().studio.compose(analysis.emotion, analysis.tags, person.language, seed_of(entry_id, revision))
    work = Work(
        id=f"{entry_id}m{revision}",
        entry_id=entry_id,
        revision=revision,
        kind=WorkKind.MUSIC,
        engine=made.engine,
        seed=made.seed,
        prompt=made.prompt,
        text=made.title,
    )
    return Made(work=work, files={"media_id": (made.audio, made.mime)}, person_id=entry.person_id)


async def _comment(entry_id: str, revision: int) -> Made:
    entry, person = await _entry(entry_id, revision)
    store = service().store
    analysis = await _analysis(entry_id, revision)
    recent = tuple(await store.recent_comments(person.id))
    gentle = entry.level is not Level.NONE or await store.safety_state(person.id) is not None
    made = await service().workshop.commenter.comment(
        entry, analysis, person, recent, seed_of(entry_id, revision), gentle=gentle
    )
    work = Work(
        id=f"{entry_id}c{revision}",
        entry_id=entry_id,
        revision=revision,
        kind=WorkKind.COMMENT,
        engine=made.engine,
        seed=made.seed,
        text=made.text,
    )
    return Made(work=work)


async def _talk(message_id: str) -> None:
    store = service().store
    message = await store.message(message_id)
    person = await store.person_of(message.platform, message.account)
    turns = tuple(turn for turn in await store.turns(person.id) if turn.speaker != "house")
    asked = next((turn for turn in turns if turn.id == message_id), None)
    entry_id = asked.entry_id if asked is not None else ""
    try:
        entry = await store.entry(entry_id) if entry_id else None
        gentle = await _gently(person, asked.text if asked is not None else "", entry)
        made = await service().workshop.commenter.talk(turns, entry, person, seed_of(message_id, 0), gentle=gentle)
        answer = Turn(id=answer_turn(message_id), speaker="anna", text=made.text, entry_id=entry_id)
    except Exception as error:  # whatever went wrong, the person is told, and may say it again
        reference = new_reference()
        log.warning("%s: talk of %s: %s", reference, message_id, describe(error))
        answer = Turn(id=answer_turn(message_id), speaker="house", text=reference, entry_id=entry_id)
    await store.add_turn(person.id, answer)


async def _gently(person: Person, said: str, entry: Entry | None) -> bool:
    """True after a crisis line, and for words that worry us or are about an entry that does."""
    levels = (check_safely(said).level, entry.level if entry is not None else Level.NONE)
    return any(level is not Level.NONE for level in levels) or quiet(
        await service().store.safety_state(person.id), utc_now()
    )


async def _speak(asked: str) -> None:
    """Where no voice can be had, stage "voice" of the making says so; the words are there all the same."""
    work_id = asked.partition(".")[0]
    store = service().store
    try:
        work = await store.work(work_id)
    except EmoseumError:  # deleted meanwhile
        return
    state, reference = StageState.DONE, ""
    try:
        _entry_of_it, person = await _entry(work.entry_id, work.revision)
        async with service().speaking.setdefault(work_id, asyncio.Lock()):
            now = await store.work(work_id)  # perhaps it was spoken while we waited
            await spoken(now, person, service().workshop, store, service().media)
    except Passing:
        raise
    except Exception as error:  # whatever a voice throws, the person is told; the words stay
        state, reference = StageState.FAILED, new_reference()
        cause = error if isinstance(error, EngineMissing) else describe(error)
        log.warning("%s: the voice of %s: %s", reference, work_id, cause)
    await store.set_stage(work.entry_id, work.revision, "voice", state, work_id=work_id, reference=reference)


async def _entry(entry_id: str, revision: int) -> tuple[Entry, Person]:
    store = service().store
    entry = await store.entry(entry_id)
    return replace(entry, revision=revision), await store.person(entry.person_id)


async def _analysis(entry_id: str, revision: int) -> Analysis:
    analysis = await service().store.analysis(entry_id, revision)
    if analysis is None:
        raise LookupError(f"{entry_id}.{revision} was not understood yet")
    return analysis


def seed_of(entry_id: str, revision: int) -> int:
    """The seed of a making: the same one after a crash, another one when it is made anew."""
    return int.from_bytes(hashlib.sha256(f"{entry_id}.{revision}".encode()).digest()[:4], "big")
