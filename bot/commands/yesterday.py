"""/yesterday: write for another day, never for one that has not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot import entries, pages
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 10
CHOICES = 10  # days shown as buttons


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """With words: an entry for yesterday. With a date: for that day. Alone: which day?"""
    today = house.today(person, message.sent_at)
    first, _, words = rest.partition(" ")
    day = _day(first)
    if day is None and rest:
        return await entries.heard(house, person, replace(message, text=rest), today - timedelta(days=1))
    if day is not None and day > today:
        return Told(replies=(note(person, "yesterday.future"),))
    if day is not None and words.strip():
        return await entries.heard(house, person, replace(message, text=words.strip()), day)
    if day is not None:
        return await chosen(house, person, day)
    days = [today - timedelta(days=n) for n in range(1, CHOICES + 1)]
    buttons = [house.labelled(person, pages.short_day(person, one), "back", one.isoformat()) for one in days]
    rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    return Told(replies=(replace(note(person, "yesterday.which"), buttons=rows, slot="yesterday"),))


async def chosen(house: House, person: Person, day: date) -> Told:
    """A day was picked: the next message is for it."""
    if day > house.today(person):
        return Told(replies=(note(person, "yesterday.future"),))
    await house.store.save_person(replace(person, awaiting=f"date:{day.isoformat()}"))
    reply = note(person, "yesterday.write", day=pages.day_name(person, day))
    return Told(replies=(replace(reply, sender="anna", slot="yesterday"),))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
