"""/calendar: a month as a picture, with its days to open."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import pages
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 20


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """This month, or the one that is named as YYYY-MM."""
    if not rest:
        return await pages.month_page(house, person, house.today(person), message.id)
    try:
        month = datetime.strptime(rest[:7], "%Y-%m").date()
    except ValueError:
        return Told(replies=(note(person, "calendar.which"),))
    if not pages.FIRST_MONTH <= month <= house.today(person) + timedelta(days=31):
        return Told(replies=(note(person, "calendar.which"),))
    return await pages.month_page(house, person, month, message.id)
