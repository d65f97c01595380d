"""/leave: this account leaves a diary that it shares."""

from __future__ import annotations

from dataclasses import replace

from bot import joining
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 78


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Ask first."""
    return await joining.ask_to_leave(house, person)


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Yes, or stay."""
    if press.arg(0) == "yes":
        return await joining.leave(house, person, message)
    return Told(replies=(replace(note(person, "leave.stayed"), slot="leave"),))


PRESSES = {"leave": pressed}
