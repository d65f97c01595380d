"""Words for another day than today are kept for that day, and it is said which day that is; it can be set right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot import days, entries, pages
from bot.house import House, Told, in_rows, is_free, note
from core.entities import Button, Message, Person, split_making
from core.ports import NotFound

CHOICES = 10  # days shown as buttons
WITHIN = timedelta(hours=1)  # so long after a day was picked a plain message is meant for it

_DAY = "day:"  # what they are awaited for while it is asked which day it was


def awaited_day(house: House, detail: str) -> date | None:
    """The day that the next plain message is for ("2026-11-03@<until, ISO>"); None where that was too long ago."""
    day, _, until = detail.partition("@")
    return date.fromisoformat(day) if not until or house.now() <= datetime.fromisoformat(until) else None


async def kept_for(house: House, person: Person, message: Message, day: date) -> Told:
    """An entry for that day, with its name said first."""
    told = await entries.heard(house, person, message, day)
    if not told.making:  # nothing was written, or it was no ordinary line
        return told
    said = note(person, "yesterday.kept", day=pages.day_name(person, day))
    return replace(told, replies=(said, *told.replies))


async def kept_and_asked(house: House, person: Person, message: Message, key: str, named: str) -> Told:
    """Words for a day that can't be: they are kept for yesterday, so that none is lost, and which day it was is asked."""
    day = house.today(person, message.sent_at) - timedelta(days=1)
    told = await entries.heard(house, person, message, day)
    if not told.making:
        return told
    entry_id = split_making(told.making)[0]
    asked = note(person, key, named=named, day=pages.day_name(person, day))
    rows = day_buttons(house, person, day, entry_id)
    await _await_day(house, person, entry_id)
    return replace(told, replies=(replace(asked, buttons=rows, slot="yesterday"), *told.replies))


def day_buttons(house: House, person: Person, last: date, *entry_id: str) -> tuple[tuple[Button, ...], ...]:
    """The last days; with an entry each moves it there, else the next words are for that day."""
    every = [last - timedelta(days=n) for n in range(CHOICES)]
    buttons = [
        house.labelled(person, pages.short_day(person, one), "back", one.isoformat(), *entry_id) for one in every
    ]
    return in_rows(buttons, 2)


async def moved(house: House, person: Person, entry_id: str, day: date) -> Told:
    """An entry belongs to another day than it was kept for. Raises NotFound."""
    entry = await house.store.entry(entry_id)
    if entry.person_id != person.id:
        raise NotFound(f"entry {entry_id} is not theirs")
    if day > house.today(person):
        return Told(replies=(replace(note(person, "yesterday.future"), slot="yesterday"),))
    if entry.date != day:
        await house.store.save_entry(replace(entry, date=day))
    return Told(replies=(replace(note(person, "yesterday.moved", day=pages.day_name(person, day)), slot="yesterday"),))


def day_named(house: House, person: Person, message: Message, until: str = "") -> date | None:
    """The answer to "which day?"; None where it is something else, or too late: then it is a line like any other."""
    today = house.today(person, message.sent_at)
    if message.attachments or (until and house.now() > datetime.fromisoformat(until)):
        return None
    return days.counted_back(message.text, today) or days.day_in(message.text, today)


async def picked(house: House, person: Person, entry_id: str, day: date) -> Told:
    """A press on one of the days below the question: that is over with it. Raises NotFound."""
    told = await moved(house, person, entry_id, day)
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting="") if now.awaiting.startswith(f"{_DAY}{entry_id}@") else now
    )
    return told


async def _await_day(house: House, person: Person, entry_id: str) -> None:
    """A plain message that names a day and nothing else is about that entry, for a while."""
    until = house.now() + WITHIN
    await house.store.change_person(
        person.id,
        lambda now: (
            replace(now, awaiting=f"{_DAY}{entry_id}@{until.isoformat()}")
            if is_free(now) or now.awaiting.startswith(_DAY)
            else now
        ),
    )
