"""What each stage makes: an analysis, a picture, music, a comment, an answer in talk, a voice.

Everything follows from the entry and its key: made again after a crash, it is the same under the same id.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from weakref import WeakValueDictionary

from core import metrics, personal
from core.emotion.gentle import gentled
from core.engines import Workshop
from core.entities import (
    Analysis,
    Brief,
    Comment,
    Entry,
    Level,
    Message,
    Music,
    Person,
    Picture,
    Purpose,
    StageState,
    Tag,
    Work,
    WorkKind,
    new_reference,
    utc_now,
)
from core.painting.quiet import quiet_scene, quiet_tags
from core.painting.scene import in_english
from core.painting.striking import composed_without, spared
from core.ports import EmoseumError, EngineMissing, MediaStore, Passing, Store, Turn, answer_turn
from core.safety.crisis import check_safely
from core.safety.state import quiet
from core.slots import seldom
from core.speech import KEPT, LISTEN, listen, liveliest, spoken, transcript
from core.studio import Studio
from core.suspects import Suspects
from core.trouble import describe

log = logging.getLogger(__name__)


TURNS = 50  # of talk, the newest, among which one is that waits for its answer


class Service:
    """What the workflows work with; one a process."""

    def __init__(self, workshop: Workshop, store: Store, media: MediaStore) -> None:
        self.workshop, self.store, self.media = workshop, store, media
        self.studio = Studio(workshop.settings)
        self.suspects = Suspects()
        self.crayons_stood_in = False  # for the last picture: whoever was to paint and read is not to be had
        self.speaking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by work: none is spoken twice

    async def warm(self) -> None:
        """Load what is slow to load, so that the first person does not wait for it."""
        await asyncio.gather(
            self.studio.warm(),
            asyncio.to_thread(self.workshop.understander.understand, "오늘은 따뜻한 하루였다. A warm day.", None, "ko"),
        )


@dataclass(frozen=True)
class Made:
    """What a stage made, not kept yet."""

    analysis: Analysis | None = None
    work: Work | None = None
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # (bytes, MIME type) by field of Work


Making = Callable[[Service, str, int], Awaitable[Made]]


async def understand(service: Service, entry_id: str, revision: int) -> Made:
    """Text, face and voice of an entry become one Analysis. Raises core.speech.Unheard."""
    entry, person = await _entry(service, entry_id, revision)
    workshop = service.workshop
    heard = await listen(entry, person, workshop, service.media, await service.store.analysis(entry_id))
    waits = any(one.problem == KEPT for one in heard)
    if waits or (await service.store.stages(entry_id, revision)).get(LISTEN) is not None:
        state = StageState.FAILED if waits else StageState.DONE
        await service.store.set_stage(entry_id, revision, LISTEN, state, reference=KEPT if waits else "")
    said = transcript(entry, heard)  # shown first: until they are settled on, these words are no part of the entry
    photo = chosen = None
    photos = [attachment for attachment in entry.media if attachment.mime.startswith("image/")]
    if photos and (photos[0].look or person.allows(Purpose.FACE)):
        photo, chosen = (await service.media.get(photos[0].media_id)).data, photos[0].face
    voice, read = liveliest(heard), workshop.understander.understand
    try:
        analysis = await asyncio.to_thread(read, entry.text, photo, person.language, chosen=chosen, voice=voice)
    except EmoseumError as error:  # a photo that can't be opened must not cost the words their answer
        log.info("the photo of %s can't be read: %s", entry_id, error.key)
        analysis = await asyncio.to_thread(read, entry.text, None, person.language, voice=voice)
    analysis = personal.with_its_reasons(await personal.as_they_mean_it(service.store, entry, analysis))
    analysis = await personal.with_numbers(service.media, entry, photo, analysis, workshop.settings.intake)
    analysis = gentled(analysis, entry.level)
    return Made(analysis=replace(analysis, transcript=said, heard=heard, prosody=voice))


async def picture(service: Service, entry_id: str, revision: int) -> Made:
    """The analysis becomes a picture, without what its person struck out."""
    entry, person = await _entry(service, entry_id, revision)
    analysis = await _analysis(service, entry)
    workshop = service.workshop

    async def taken() -> None:
        await service.store.leave_line(entry_id, revision)

    @seldom
    async def told(done: float) -> None:
        await service.store.set_done(entry_id, revision, done)

    translator = None if service.crayons_stood_in else workshop.translator  # no line leaves for who reads nothing
    scene = await in_english(entry, analysis, person, workshop.settings, translator)
    seed = entry.seed or seed_of(entry_id, revision)
    drawable, away, chosen = await asyncio.to_thread(_drawable, entry, analysis)
    tags, emotion, wanted = spared(drawable, analysis.emotion, person.pictures, entry.struck)
    sketch = entry.drawing or await asyncio.to_thread(
        composed_without,
        tags,
        emotion,
        seed,
        (*entry.struck, *away),
        wanted.complexity,
        workshop.settings.painter.width,
        (*chosen, *entry.chosen),
    )
    made = await service.studio.paint(
        tags, emotion, person.language, seed, sketch,
        preferences=wanted, brief=Brief(scene, entry.struck), taken=taken, told=told,
    )  # fmt: skip
    service.crayons_stood_in = made.engine.startswith("crayon")
    about: dict[str, object] = {
        "prompt": made.prompt, "negative": made.negative, "reasons": [asdict(one) for one in made.reasons],
        "look": made.look, "hand": made.hand, "weights": made.weights,
    }  # fmt: skip
    prompt = json.dumps({**about, "sketch": asdict(made.sketch)}, ensure_ascii=False)
    work = replace(_work(entry, WorkKind.PICTURE, made), prompt=prompt, alt=made.alt, adapter=made.adapter)
    return Made(
        work=work, files={"media_id": (made.png, "image/png"), "sketch_media_id": (made.sketch_png, "image/png")}
    )


async def music(service: Service, entry_id: str, revision: int) -> Made:
    """The analysis becomes music."""
    entry, person = await _entry(service, entry_id, revision)
    analysis = await _analysis(service, entry)
    audible, *_ = await asyncio.to_thread(_drawable, entry, analysis)
    listener = await personal.listener(service.media, entry, person, service.workshop.settings)
    seed = seed_of(entry_id, revision)
    made = await service.studio.compose(analysis.emotion, audible, person.language, seed, listener)
    work = replace(_work(entry, WorkKind.MUSIC, made), prompt=made.prompt, text=made.title)
    return Made(work=work, files={"media_id": (made.audio, made.mime)})


async def comment(service: Service, entry_id: str, revision: int) -> Made:
    """Anna writes to the entry."""
    entry, person = await _entry(service, entry_id, revision)
    store = service.store
    analysis = await personal.worth_asking(store, entry, person, await _analysis(service, entry))
    recent = tuple(await store.recent_comments(person.id))
    gentle = await _gently(service, person, "", entry)
    made = await service.workshop.commenter.comment(
        entry, analysis, person, recent, seed_of(entry_id, revision), gentle=gentle
    )
    return Made(work=replace(_work(entry, WorkKind.COMMENT, made), text=made.text))


def _work(entry: Entry, kind: WorkKind, made: Picture | Music | Comment) -> Work:
    """What every work of a revision says of itself; its id follows from the entry, so that it is made only once."""
    return Work(
        id=f"{entry.id}{kind.value[0]}{entry.revision}",
        entry_id=entry.id,
        revision=entry.revision,
        kind=kind,
        engine=made.engine,
        seed=made.seed,
    )


async def talk(service: Service, message_id: str) -> None:
    """Anna answers a turn of conversation."""
    store = service.store
    message = await store.message(message_id)
    person, latest, asked = await _asked(store, message)
    turns = tuple(turn for turn in latest[-12:] if turn.speaker != "house")
    if asked is None:  # its account left the diary that it was said to
        return
    entry_id = asked.entry_id
    try:
        entry = await store.entry(entry_id) if entry_id else None
        gentle = await _gently(service, person, asked.text, entry)
        felt = await store.correction(entry_id) if entry is not None else ""
        async with service.suspects.turn():
            made = await service.workshop.commenter.talk(
                turns, entry, person, seed_of(message_id, 0), gentle=gentle, felt=felt
            )
        answer = Turn(id=answer_turn(message_id), speaker="anna", text=made.text, entry_id=entry_id)
    except Passing:
        raise
    except Exception as error:  # whatever went wrong, the person is told, and may say it again
        reference = new_reference()
        log.warning("%s: talk of %s: %s", reference, message_id, describe(error))
        metrics.errors.add("talk", type(error).__name__)
        answer = Turn(id=answer_turn(message_id), speaker="house", text=reference, entry_id=entry_id)
    person, _latest, asked = await _asked(store, message)  # it may have joined or left a diary meanwhile
    if asked is not None:
        await store.add_turn(person.id, answer)


async def _asked(store: Store, message: Message) -> tuple[Person, Sequence[Turn], Turn | None]:
    """Whose diary that turn of talk is in now, their latest turns, and the turn itself; None where they left it behind."""
    person = await store.person_of(message.platform, message.account)
    while True:
        latest = await store.turns(person.id, limit=TURNS)
        asked = next((turn for turn in latest if turn.id == message.id), None)
        before, person = person, await store.person_of(message.platform, message.account)
        if asked is not None or person.id == before.id:
            return before, latest, asked


async def _gently(service: Service, person: Person, said: str, entry: Entry | None) -> bool:
    """True after a crisis line, and for words that worry us or are about an entry that does."""
    levels = (check_safely(said).level, entry.level if entry is not None else Level.NONE)
    return any(level is not Level.NONE for level in levels) or quiet(
        await service.store.safety_state(person.id), utc_now()
    )


async def speak(service: Service, asked: str) -> None:
    """Anna reads a comment aloud. Where no voice can be had, stage "voice" of the making says so; the words are there."""
    work_id = asked.partition(".")[0]
    store = service.store
    try:
        work = await store.work(work_id)
    except Passing:
        raise
    except EmoseumError:  # deleted meanwhile
        return
    state, reference = StageState.DONE, ""
    try:
        _entry_of_it, person = await _entry(service, work.entry_id, work.revision)
        async with service.suspects.turn(), service.speaking.setdefault(work_id, asyncio.Lock()):
            now = await store.work(work_id)  # perhaps it was spoken while we waited
            await spoken(now, person, service.workshop, store, service.media)
    except Passing:
        raise
    except Exception as error:  # whatever a voice throws, the person is told; the words stay
        state, reference = StageState.FAILED, new_reference()
        cause = error if isinstance(error, EngineMissing) else describe(error)
        log.warning("%s: the voice of %s: %s", reference, work_id, cause)
        metrics.errors.add("voice", type(error).__name__)
    await store.set_stage(work.entry_id, work.revision, "voice", state, work_id=work_id, reference=reference)


async def _entry(service: Service, entry_id: str, revision: int) -> tuple[Entry, Person]:
    store = service.store
    entry = await store.entry(entry_id)
    return replace(entry, revision=revision), await store.person(entry.person_id)


async def _analysis(service: Service, entry: Entry) -> Analysis:
    """What was understood of it; gentle where it worries us now, whenever it was understood."""
    analysis = await service.store.analysis(entry.id, entry.revision)
    if analysis is None:
        raise LookupError(f"{entry.id}.{entry.revision} was not understood yet")
    return gentled(analysis, entry.level)


def _drawable(entry: Entry, analysis: Analysis) -> tuple[tuple[Tag, ...], tuple[str, ...], tuple[str, ...]]:
    """What of an entry may be painted and heard, and what its picture has to be like (struck out, chosen)."""
    if entry.level is Level.NONE:
        return analysis.tags, (), ()
    tags = quiet_tags(analysis.tags, entry.text)
    return tags, *quiet_scene(tags, "" if analysis.told else analysis.emotion.name)


def seed_of(entry_id: str, revision: int) -> int:
    """The seed of a making: the same one after a crash, another one when it is made anew."""
    return int.from_bytes(hashlib.sha256(f"{entry_id}.{revision}".encode()).digest()[:4], "big")


#: What makes the stages of an answer, by name.
MAKERS: dict[str, Making] = {"understand": understand, "picture": picture, "music": music, "comment": comment}
