"""Several faces in a photo: a copy with numbers asks which one is theirs, and the one they tap is read."""

from __future__ import annotations

from bot.house import House
from core.entities import Analysis, Attachment, Box, Button, Entry, Person, Reply
from core.phrases import say


def slot_of(entry_id: str) -> str:
    """Where the question stands: one for an entry, however often that is answered."""
    return f"answer.{entry_id}.which"


def question(house: House, person: Person, entry: Entry, revision: int, analysis: Analysis | None) -> Reply | None:
    """Which one is you? None where there is nothing to choose, or it was chosen."""
    if analysis is None or analysis.face is None or not analysis.face.numbered or not photos_of(entry):
        return None
    if photo_of(entry).face is not None:
        return None
    return asked(house, person, entry, revision, analysis, None)


def asked(house: House, person: Person, entry: Entry, revision: int, analysis: Analysis, chosen: Box | None) -> Reply:
    """The photo with its numbers, one of them `chosen`."""
    reading = analysis.face
    assert reading is not None
    numbers = tuple(
        house.labelled(person, str(n), "which", entry.id, str(revision), str(n), chosen=box == chosen)
        for n, box in enumerate(reading.boxes, 1)
    )
    rows: tuple[tuple[Button, ...], ...] = (numbers,)
    if chosen is None:
        rows = (numbers, (house.button(person, "button.which_none", "which", entry.id, str(revision), "0"),))
        text = say(person.language, "which.ask")
    else:
        text = say(person.language, "which.chosen", number=reading.boxes.index(chosen) + 1)
    return Reply(
        text=text,
        picture=reading.numbered,
        picture_alt=say(person.language, "which.alt", count=len(reading.boxes)),
        buttons=rows,
        slot=slot_of(entry.id),
    )


def photos_of(entry: Entry) -> list[Attachment]:
    """Every photo of an entry."""
    return [attachment for attachment in entry.media if attachment.mime.startswith("image/")]


def photo_of(entry: Entry) -> Attachment:
    """The one whose face is looked at."""
    return photos_of(entry)[0]
