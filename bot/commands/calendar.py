"""/calendar: a month as a picture, with its days to open."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot import months
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 20


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """This month, or the one that is named as YYYY-MM."""
    if not rest:
        return await months.month_page(house, person, house.today(person), message)
    try:
        month = datetime.strptime(rest[:7], "%Y-%m").date()
    except ValueError:
        return Told(replies=(note(person, "calendar.which"),))
    if not months.FIRST_MONTH <= month <= house.today(person) + timedelta(days=31):
        return Told(replies=(note(person, "calendar.which"),))
    return await months.month_page(house, person, month, message)


async def turned(house: House, person: Person, message: Message, press: Press) -> Told:
    """Another month, in the place of the one that is shown."""
    return await months.month_page(house, person, date.fromisoformat(press.arg(0)), message)


async def opened(house: House, person: Person, message: Message, press: Press) -> Told:
    """A week of the month that is shown, in its place."""
    day = date.fromisoformat(press.arg(0))
    return await months.month_page(house, person, day, message, week=day)


PRESSES = {"month": turned, "week": opened}
