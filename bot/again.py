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


def earlier(works: Sequence[Work], entry: Entry, versions: Sequence[Entry]) -> dict[WorkKind, Work]:
    """What one press brings back: the picture before the one that is shown; with the comment and the music of then, where
    those were made anew since. One that came back counts from when it was made. Where more than the picture was made anew,
    it must have been for the same words."""
    picture = _before(works, WorkKind.PICTURE, above=None)
    if picture is None:
        return {}
    then = next((one for one in versions if one.revision == picture.revision), entry)
    alone = all(work.kind is WorkKind.PICTURE for work in works if work.revision == entry.revision)
    repainted = alone and (entry.drawing is not None or bool(entry.seed))
    if not repainted and (then.parts, then.media) != (entry.parts, entry.media):
        return {}
    others = {kind: _before(works, kind, above=picture.revision) for kind in (WorkKind.COMMENT, WorkKind.MUSIC)}
    return {WorkKind.PICTURE: picture, **{kind: work for kind, work in others.items() if work is not None}}


def _before(works: Sequence[Work], kind: WorkKind, above: int | None) -> Work | None:
    """The newest of a kind before the one that is shown; `above`: only where that one is newer than this revision."""
    made = [work for work in works if work.kind is kind and (work.media_id or kind is WorkKind.COMMENT)]
    shown = max(made, key=lambda work: work.revision, default=None)
    if shown is None:
        return None
    first = min(work.revision for work in made if (work.media_id, work.text) == (shown.media_id, shown.text))
    if above is not None and first <= above:
        return None
    return max((work for work in made if work.revision < first), key=lambda work: work.revision, default=None)


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
