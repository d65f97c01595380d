"""/join: one diary for two accounts, by a code."""

from __future__ import annotations

from dataclasses import replace

from bot import joining
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 77


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Alone it makes a code; with a code it joins."""
    if rest:
        return await joining.try_code(house, person, message, rest)
    return await joining.make_code(house, person, message)


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Yes, with the code; or not now."""
    if press.arg(0):
        return await joining.try_code(house, person, message, press.arg(0), sure=True)
    return Told(replies=(replace(note(person, "join.not_now"), slot="join"),))


PRESSES = {"join": pressed}
