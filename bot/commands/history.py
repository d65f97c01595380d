"""/history: every entry, newest first."""

from __future__ import annotations

from bot import pages
from bot.house import House, Told
from core.entities import Message, Person

ORDER = 30


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """The first page."""
    return await pages.history_page(house, person, 0)
