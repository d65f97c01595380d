"""What people say aloud becomes words, and what Anna wrote becomes a voice."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from core.emotion.language import language_to_answer
from core.engines import Workshop
from core.entities import (
    UNHEARD,
    Analysis,
    Attachment,
    Entry,
    Heard,
    Person,
    Prosody,
    Purpose,
    Work,
    file_id,
    work_file,
)
from core.patience import patiently
from core.ports import EmoseumError, EngineMissing, MediaStore, Passing, Store
from core.trouble import describe

log = logging.getLogger(__name__)

KEPT, SILENT, LONG, BROKEN = UNHEARD
_TOO_MUCH = ("intake.sound_too_long", "intake.sound_too_big")
LISTEN = "listen"  # the stage that failed where a recording waits for somebody who can listen


class Unheard(EmoseumError):
    """Nothing but a voice note came, and no words could be had from it; `key`, one of UNHEARD, asks for words."""


async def listen(
    entry: Entry, person: Person, workshop: Workshop, media: MediaStore, before: Analysis | None
) -> tuple[Heard, ...]:
    """What each recording of an entry says, and how; what was heard `before` is not listened to again."""
    known = {one.media_id: one for one in before.heard if one.problem != KEPT} if before is not None else {}
    unsettled = {attachment.media_id for attachment in entry.unsettled}
    found = []
    for attachment in entry.media:
        if not attachment.mime.startswith(("audio/", "video/")):  # films came in whole once: they have a sound too
            continue
        if (heard := known.get(attachment.media_id)) is None:
            wanted = attachment.media_id in unsettled
            heard = await _heard(entry, attachment, person, workshop, media, wanted=wanted)
        found.append(heard)
    return tuple(found)


async def _heard(
    entry: Entry, attachment: Attachment, person: Person, workshop: Workshop, media: MediaStore, *, wanted: bool
) -> Heard:
    """`wanted`: its words too, else only how they were said."""
    from core.emotion.voice import SoundProblem, open_sound

    heard = Heard(attachment.media_id)
    try:
        audio = (await media.get(attachment.media_id)).data
        sound = await asyncio.to_thread(open_sound, audio, workshop.settings.intake)
    except SoundProblem as problem:
        log.info("a voice note of %s can't be opened: %s", entry.id, problem.key)
        return replace(heard, problem=LONG if problem.key in _TOO_MUCH else BROKEN)
    heard = replace(heard, prosody=sound.prosody)
    if not sound.speech:  # out of silence an engine would make up words
        return replace(heard, problem=SILENT)
    if not wanted:
        return heard
    if (transcriber := workshop.transcriber) is None:
        return replace(heard, problem=KEPT)
    try:
        async with asyncio.timeout(workshop.settings.speech.listen_s):
            outside = person.allows(Purpose.CLOUD)
            words = (await transcriber.transcribe(audio, person.language, outside=outside)).strip()
    except Passing:
        raise
    except Exception as error:  # an ear that fails must not cost the words beside it their answer
        cause = error if isinstance(error, EngineMissing) else describe(error)
        log.warning("nobody listens to a voice note of %s: %s", entry.id, cause)
        return replace(heard, problem=KEPT)
    return replace(heard, words=words, problem="" if words else SILENT)


def transcript(entry: Entry, heard: tuple[Heard, ...]) -> str:
    """The words of those recordings that nobody has settled on. Raises Unheard where there is nothing else to go by."""
    unsettled = {attachment.media_id for attachment in entry.unsettled}
    said = [one for one in heard if one.media_id in unsettled]
    words = "\n".join(one.words for one in said if one.words)
    alone = not entry.text and not any(one.mime.startswith("image/") for one in entry.media)
    if said and alone and not words:
        raise Unheard(min((one.problem for one in said if one.problem), key=UNHEARD.index, default=SILENT))
    return words


def liveliest(heard: tuple[Heard, ...]) -> Prosody | None:
    """How it was said in the recording that tells most about it."""
    return max((one.prosody for one in heard if one.prosody), key=lambda one: one.confidence, default=None)


async def spoken(work: Work, person: Person, workshop: Workshop, store: Store, media: MediaStore) -> Work:
    """A comment with its voice, kept for the next time. Raises EngineMissing, and what a voice throws."""
    if work.voice_media_id:
        return work
    if workshop.speaker is None:
        raise EngineMissing("engine.speaker_away", "no voice is set or installed")
    language = language_to_answer(work.text, person.language)  # she may have answered in another than their diary's
    audio, mime = await workshop.speaker.speak(work.text, language, outside=person.allows(Purpose.CLOUD))
    name = file_id(work.entry_id, work_file(work, "voice_media_id"))
    owner = (await patiently(store.entry, work.entry_id)).person_id  # by now: two diaries may have become one
    work = replace(work, voice_media_id=await patiently(media.put, owner, audio, mime, name))
    try:
        await patiently(store.save_work, work)
    except EmoseumError:  # the entry was deleted while she spoke
        await media.delete(work.voice_media_id)
        raise
    return work
