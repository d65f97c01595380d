"""Words for another day than today are kept for that day, and it is said which day that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot import entries, pages
from bot.house import House, Told, note
from core.entities import Message, Person

WITHIN = timedelta(hours=1)  # so long after a day was picked a plain message is meant for it


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
