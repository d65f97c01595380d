"""/yesterday: write for another day, never for one that has not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot import days, pages
from bot.backdating import WITHIN, day_buttons, kept_and_asked, kept_for, picked
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person, Reply
from core.phrases import say

ORDER = 10


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """With words: an entry for yesterday. With a day: for that day. Alone: which day?"""
    today = house.today(person, message.sent_at)
    asked = days.read(rest, today)
    line = replace(message, text=asked.words)
    is_future = asked.day is not None and asked.day > today
    if asked.words and (asked.unclear or is_future):
        key = "yesterday.future_kept" if is_future else "yesterday.unclear_kept"
        return await kept_and_asked(house, person, line, key, asked.unclear)
    if asked.words:
        return await kept_for(house, person, line, asked.day or today - timedelta(days=1))
    if asked.day is not None:
        return await chosen(house, person, asked.day)
    last = today - timedelta(days=1)
    await _await_words(house, person, last)
    lines = [note(person, "yesterday.unclear", named=asked.unclear).text] if asked.unclear else []
    lines.append(say(person.language, "yesterday.which", day=pages.short_day(person, last)))
    page = Reply(text="\n".join(lines), sender="house", buttons=day_buttons(house, person, last), slot="yesterday")
    return Told(replies=(page,))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A day was picked, for an entry or for the next words."""
    day = date.fromisoformat(press.arg(0))
    return await picked(house, person, press.arg(1), day) if press.arg(1) else await chosen(house, person, day)


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
