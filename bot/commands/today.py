"""/today: what today holds so far."""

from __future__ import annotations

from dataclasses import replace

from bot import pages
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 5


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Today's entries with their pictures; while there are none, an invitation."""
    today = house.today(person, message.sent_at)
    if await house.store.lines(person.id, first=today, last=today, limit=1):
        return await pages.day_page(house, person, today)
    invitation = note(person, "today.empty", day=pages.short_day(person, today))
    buttons = ((house.button(person, "button.mood", "mood"),),)
    return Told(replies=(replace(invitation, sender="anna", buttons=buttons),))
