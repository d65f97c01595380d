"""What people say aloud becomes words, and what Anna wrote becomes a voice."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from core.engines import Workshop
from core.entities import UNHEARD, Entry, Person, Purpose, Work, file_id, work_file
from core.patience import patiently
from core.ports import EmoseumError, EngineMissing, MediaStore, Store
from core.trouble import describe

log = logging.getLogger(__name__)


class Unheard(EmoseumError):
    """Nothing but a voice note came, and no words could be had from it; `key`, one of UNHEARD, asks for words."""


async def transcript_of(entry: Entry, person: Person, workshop: Workshop, media: MediaStore) -> str:
    """What the voice notes of an entry say, "" where no engine listens. Raises Unheard."""
    kinds = {attachment.mime.partition("/")[0] for attachment in entry.media}
    alone = "audio" in kinds and "image" not in kinds and not entry.text
    if "audio" not in kinds or (workshop.transcriber is None and not alone):
        return ""
    notes = await _spoken_notes(entry, workshop, media)
    words: list[str] = []
    outside = person.allows(Purpose.CLOUD)
    try:
        if (transcriber := workshop.transcriber) is not None:
            words = [await transcriber.transcribe(note, person.language, outside=outside) for note in notes]
    except Exception as error:  # an ear that fails must not cost the words beside it their answer
        cause = error if isinstance(error, EngineMissing) else describe(error)
        log.warning("nobody listens to the voice notes of %s: %s", entry.id, cause)
    said = "\n".join(filter(None, words))
    if alone and not said:
        raise Unheard(UNHEARD[0] if notes else UNHEARD[1])
    return said


async def _spoken_notes(entry: Entry, workshop: Workshop, media: MediaStore) -> list[bytes]:
    """The voice notes in which somebody speaks: out of silence an engine would make up words."""
    from core.emotion.voice import SoundProblem, open_sound

    notes = []
    for attachment in entry.media:
        if not attachment.mime.startswith("audio/"):
            continue
        audio = (await media.get(attachment.media_id)).data
        try:
            sound = await asyncio.to_thread(open_sound, audio, workshop.settings.intake)
        except SoundProblem as problem:
            log.info("a voice note of %s can't be opened: %s", entry.id, problem.key)
            continue
        if sound.speech:
            notes.append(audio)
    return notes


async def spoken(work: Work, person: Person, workshop: Workshop, store: Store, media: MediaStore) -> Work:
    """A comment with its voice, kept for the next time. Raises EngineMissing, and what a voice throws."""
    if work.voice_media_id:
        return work
    if workshop.speaker is None:
        raise EngineMissing("engine.speaker_away", "no voice is set or installed")
    audio, mime = await workshop.speaker.speak(work.text, person.language, outside=person.allows(Purpose.CLOUD))
    name = file_id(work.entry_id, work_file(work, "voice_media_id"))
    owner = (await patiently(store.entry, work.entry_id)).person_id  # by now: two diaries may have become one
    work = replace(work, voice_media_id=await patiently(media.put, owner, audio, mime, name))
    try:
        await patiently(store.save_work, work)
    except EmoseumError:  # the entry was deleted while she spoke
        await media.delete(work.voice_media_id)
        raise
    return work
