"""/care: where help can be found, any time, without a reason."""

from __future__ import annotations

from bot import care
from bot.house import House, Told
from core.entities import Message, Person

ORDER = 85


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """The lines of the person's country."""
    return Told(replies=(care.resources(house, person),))
