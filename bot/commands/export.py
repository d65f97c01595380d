"""/export: everything that is kept of you, as a ZIP."""

from __future__ import annotations

from dataclasses import replace

from bot import exporting
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 76


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """It is packed beside the chat, which goes on meanwhile; one at a time."""
    if not await exporting.begin(house, person, message):
        return Told(replies=(replace(note(person, "export.under_way"), slot=f"export.{message.id}"),))
    begun = replace(note(person, "export.begun", hours=exporting.KEPT_HOURS), slot=f"export.{message.id}")
    return Told(replies=(begun,), export=True)


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """The same by a button."""
    return await run(house, person, message, "")


PRESSES = {"export": pressed}
