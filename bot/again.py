"""What leads to a picture's being painted again, and what is said of one that was."""

from __future__ import annotations

from collections.abc import Sequence

from bot.house import House
from core.entities import Button, Entry, Person, Work, WorkKind

ACTION = "again"


def button(house: House, person: Person, entry: Entry, picture: Work | None) -> Button:
    """Paint it again: asks how, where there is a picture; where there is none, everything is made anew."""
    if picture is None:
        return house.button(person, "button.again", "remake", entry.id, str(entry.revision))
    return house.button(person, "button.again", ACTION, entry.id, str(picture.revision))


def told_of(entry: Entry, picture: Work, works: Sequence[Work]) -> str:
    """The key of the sentence under a picture that alone was made anew: what became of it."""
    before = [one for one in works if one.kind is WorkKind.PICTURE and one.revision < picture.revision]
    if any(one.media_id == picture.media_id for one in before):
        return "studio.undone"
    if not entry.seed:
        return "studio.coloured"
    if any(one.seed == entry.seed for one in before):  # like one that was there, but for what was taken out
        return "why.repainted"
    return "again.same_done" if entry.drawing is not None else "again.other_done"
