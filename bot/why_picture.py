"""Why this picture? Whoever asks is told, and can take each reason out, or back in."""

from __future__ import annotations

from dataclasses import replace

from bot import drawings
from bot.callback import Press
from bot.house import House, Told, note
from bot.reasons import ACTION, PAGE, mark, named, page, reasons_of
from core.entities import Entry, Message, Person, Reason, Reply, Sketch, VisualPreferences, Work, WorkKind
from core.painting import arrangement, preferences, striking
from core.painting.prompt import kind_of, name_of
from core.phrases import say


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Open the page, take something out or back in, or say for how long. Raises NotFound."""
    entry = await drawings.theirs(house, person, press.arg(0))
    work = await _picture(house, press.arg(0), press.arg(1)) if entry is not None else None
    if entry is None or work is None:
        return Told(replies=(note(person, "why.gone"),))
    what, marked = press.arg(2), press.arg(3)
    if what == "back":
        return await _put_back(house, person, message, entry, work, marked)
    reason = next((one for one in reasons_of(work) if mark(one.id) == marked), None)
    if what == "page" and marked.isdecimal():
        return Told(replies=(await page(house, person, entry, work, int(marked)),))
    if what in _WAYS and reason is not None:
        return await _WAYS[what](house, person, message, entry, work, reason)
    return Told(replies=(await page(house, person, entry, work),))


async def _picture(house: House, entry_id: str, revision: str) -> Work | None:
    works = await house.store.works(entry_id)
    return next((one for one in works if one.kind is WorkKind.PICTURE and str(one.revision) == revision), None)


async def _take_out(house: House, person: Person, message: Message, entry: Entry, work: Work, reason: Reason) -> Told:
    """The same picture without that; a thing that is liked in every picture is asked about."""
    done = await drawings.is_done(house, message, entry)
    if reason.id in entry.struck and not done:
        return Told(replies=(await page(house, person, entry, work),))
    newest = await house.store.latest_work(entry.id, WorkKind.PICTURE) or work
    base = arrangement.sketch_in(newest.prompt)
    drawing = striking.taken_out(base, reason.id) if base is not None else None
    told = await drawings.redrawn(
        house, person, message, entry, drawing, struck=(*entry.struck, reason.id), seed=newest.seed
    )
    name = named(person.language, reason.id, reason.said)
    shown = replace(note(person, "why.out", name=name), sender="anna", slot=PAGE)
    if kind_of(reason.id) in striking.LASTING:
        asked = say(person.language, "why.ever", name=name)
        row = tuple(
            house.button(person, f"why.button.{what}", ACTION, entry.id, str(work.revision), what, mark(reason.id))
            for what in ("off", "once")
        )
        shown = replace(shown, text=f"{shown.text}\n{asked}", buttons=(row,))
    return replace(told, replies=(shown, *told.replies))


async def _off(house: House, person: Person, message: Message, entry: Entry, work: Work, reason: Reason) -> Told:
    """That was for every picture: the preference goes, unless it was changed meanwhile."""
    field = kind_of(reason.id)

    def change(now: Person) -> Person:
        left = preferences.without(now.pictures, field)
        return preferences.remembered(now, left) if _is_of(now.pictures, reason.id) else now

    await house.store.change_person(person.id, change)
    name = named(person.language, reason.id)
    return Told(replies=(replace(note(person, "why.off", name=name), sender="anna", slot=PAGE),))


async def _once(house: House, person: Person, message: Message, entry: Entry, work: Work, reason: Reason) -> Told:
    name = named(person.language, reason.id)
    return Told(replies=(replace(note(person, "why.once", name=name), sender="anna", slot=PAGE),))


_WAYS = {"out": _take_out, "off": _off, "once": _once}


def _is_of(wanted: VisualPreferences, reason_id: str) -> bool:
    """True where a reason is what somebody wants now."""
    value = getattr(wanted, kind_of(reason_id))
    return (preferences.end_of(value) if isinstance(value, float) else value) == name_of(reason_id)


async def _put_back(house: House, person: Person, message: Message, entry: Entry, work: Work, marked: str) -> Told:
    """The picture is painted with it again, as it stood before that was taken out."""
    versions = await house.store.versions(entry.id)
    reason_id = next((one for version in versions for one in version.struck if mark(one) == marked), "")
    if await drawings.is_done(house, message, entry):  # the step runs again
        told = await drawings.redrawn(house, person, message, entry, entry.drawing)
        return replace(told, replies=(_again(person, reason_id), *told.replies))
    if reason_id not in entry.struck:
        return Told(replies=(await page(house, person, entry, work),))
    left = tuple(one for one in entry.struck if one != reason_id)
    newest = await house.store.latest_work(entry.id, WorkKind.PICTURE) or work
    drawing = await _as_before(house, entry, left, newest.seed)
    told = await drawings.redrawn(house, person, message, entry, drawing, struck=left, seed=newest.seed)
    return replace(told, replies=(_again(person, reason_id), *told.replies))


def _again(person: Person, reason_id: str) -> Reply:
    return replace(note(person, "why.back_again", name=named(person.language, reason_id)), sender="anna", slot=PAGE)


async def _as_before(house: House, entry: Entry, left: tuple[str, ...], seed: int) -> Sketch | None:
    """What this picture was painted from while nothing but `left` was out of it, so that all of it stands where it stood;
    None where it has to be composed anew."""
    works = {one.revision: one for one in await house.store.works(entry.id) if one.kind is WorkKind.PICTURE}
    for version in sorted(await house.store.versions(entry.id), key=lambda one: -one.revision):
        work = works.get(version.revision)
        if work is None or work.seed != seed or version.text != entry.text or set(version.struck) - set(left):
            continue
        drawing = arrangement.sketch_in(work.prompt)
        for one in left:
            if one not in version.struck:
                drawing = striking.taken_out(drawing, one) if drawing is not None else None
        return drawing
    return None
