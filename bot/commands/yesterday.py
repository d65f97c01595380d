"""/yesterday: write for another day, never for one that has not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot import pages
from bot.backdating import WITHIN, kept_for
from bot.callback import Press
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
        return await kept_for(house, person, replace(message, text=rest), today - timedelta(days=1))
    if day is not None and day > today:
        return Told(replies=(note(person, "yesterday.future"),))
    if day is not None and words.strip():
        return await kept_for(house, person, replace(message, text=words.strip()), day)
    if day is not None:
        return await chosen(house, person, day)
    days = [today - timedelta(days=n) for n in range(1, CHOICES + 1)]
    await _await_words(house, person, days[0])
    buttons = [house.labelled(person, pages.short_day(person, one), "back", one.isoformat()) for one in days]
    rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
    asked = note(person, "yesterday.which", day=pages.short_day(person, days[0]))
    return Told(replies=(replace(asked, buttons=rows, slot="yesterday"),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A day was picked."""
    return await chosen(house, person, date.fromisoformat(press.arg(0)))


PRESSES = {"back": pressed}


async def chosen(house: House, person: Person, day: date) -> Told:
    """A day was picked: the next message is for it."""
    if day > house.today(person):
        return Told(replies=(note(person, "yesterday.future"),))
    await _await_words(house, person, day)
    reply = note(person, "yesterday.write", day=pages.day_name(person, day))
    return Told(replies=(replace(reply, sender="anna", slot="yesterday"),))


async def _await_words(house: House, person: Person, day: date) -> None:
    """The next plain message is for that day; not one that comes much later, when nobody thinks of it any more."""
    until = house.now() + WITHIN
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting=f"date:{day.isoformat()}@{until.isoformat()}")
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
