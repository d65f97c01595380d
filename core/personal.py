"""An entry is understood as this person means it: what they taught us, which face is theirs, what was asked already."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.emotion.calibration import calibrated, learn, told
from core.emotion.fusion import kind_of_disagreement
from core.entities import Analysis, Entry, Person, Purpose, file_id, making_id, utc_now
from core.ports import EmoseumError, MediaStore, Passing, Store
from core.settings import Intake, Settings

log = logging.getLogger(__name__)

ASKED_FOR = timedelta(days=5)  # after Anna asked about a smile over heavy words she lets the next ones be
_REMEMBERED = 50  # askings: two within ASKED_FOR at most, so those of four months and more


async def as_they_mean_it(store: Store, entry: Entry, analysis: Analysis) -> Analysis:
    """What they said they felt; else our guess as their earlier answers move it."""
    guess = analysis.emotion
    if name := await store.correction(entry.id):
        return replace(analysis, emotion=told(guess, name), plain=replace(guess, why=(), raw=()), told=name)
    moved = calibrated(guess, learn(await store.felt(entry.person_id)))
    if moved is guess:
        return analysis
    return replace(analysis, emotion=moved, plain=replace(guess, why=(), raw=()))


def with_its_reasons(analysis: Analysis) -> Analysis:
    """Words that speak of one feeling are no reasons for another, which a face showed or their person told."""
    if analysis.emotion.name == analysis.words.name:
        return analysis
    return replace(analysis, emotion=replace(analysis.emotion, why=()))


async def with_numbers(media: MediaStore, entry: Entry, photo: bytes | None, analysis: Analysis, intake: Intake) -> Analysis:  # fmt: skip
    """Where a photo shows several faces to choose from, a copy with a number on each of them is kept beside it.

    Raises DiskFull, Away, Forgotten."""
    if photo is None or analysis.face is None or not analysis.face.boxes:
        return analysis
    from core.emotion.photo import open_photo
    from core.emotion.which import numbered

    boxes = analysis.face.boxes
    data = await asyncio.to_thread(lambda: numbered(open_photo(photo, intake).rgb, boxes))
    name = file_id(entry.id, f"w{entry.revision}")
    kept = (await media.put_all(entry.person_id, [(data, "image/jpeg")], [name]))[0]
    return replace(analysis, face=replace(analysis.face, numbered=kept))


async def worth_asking(store: Store, entry: Entry, person: Person, analysis: Analysis) -> Analysis:
    """The analysis with its disagreement of face and words only where Anna may ask about it: not where they said what
    they felt, not where another revision of the entry asked, and not where she asked the same of another entry some
    days ago. That she asks is remembered with its revision, whose comment may be made again after a crash."""
    if not analysis.disagree or analysis.told or analysis.face is None or analysis.face.face is None:
        return replace(analysis, disagree=False)
    kind, making, now = kind_of_disagreement(analysis.face.face), making_id(entry.id, entry.revision), utc_now()

    def remembered(them: Person) -> Person:
        if _asked_of(them, entry.id) or _asked_lately(them, kind, now):
            return them
        return replace(them, asked_about=(*them.asked_about, f"{kind} {making} {now.isoformat()}")[-_REMEMBERED:])

    them = await store.change_person(person.id, remembered)
    return replace(analysis, disagree=making in _asked_of(them, entry.id))


def _asked_of(person: Person, entry_id: str) -> list[str]:
    """The revisions of an entry that asked, by name; one that asked before revisions were kept has the entry's alone."""
    makings = [asked.split()[1] for asked in person.asked_about]
    return [making for making in makings if making.partition(".")[0] == entry_id]


def _asked_lately(person: Person, kind: str, now: datetime) -> bool:
    """True where the same was asked within ASKED_FOR."""
    return any(
        what == kind and now - datetime.fromisoformat(at).astimezone(UTC) < ASKED_FOR
        for what, _making, at in (asked.split() for asked in person.asked_about)
    )


async def listener(media: MediaStore, entry: Entry, person: Person, settings: Settings) -> str:
    """For whom the music is ("a woman in her thirties"), guessed from their photo where they switched that on, else "".

    It goes into the sentence that the music is made from, and nowhere else. Raises Away."""
    photos = [attachment for attachment in entry.media if attachment.mime.startswith("image/")]
    if not photos or not person.allows(Purpose.AGE_GENDER) or settings.engines.age_gender == "none":
        return ""
    from core.emotion.age_gender import looks_of
    from core.emotion.photo import open_photo

    try:
        data = (await media.get(photos[0].media_id)).data
        looks = await asyncio.to_thread(
            lambda: looks_of(open_photo(data, settings.intake).rgb, photos[0].face, settings.engines)
        )
    except Passing:
        raise
    except EmoseumError as error:  # music is made for anybody then
        log.info("nobody knows for whom the music of %s is: %s", entry.id, error.key)
        return ""
    return looks.listener() if looks is not None else ""
