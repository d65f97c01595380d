"""One file a command; a new command is a new file here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache

from bot.house import House, Told, note
from core.entities import Message, Person

Run = Callable[[House, Person, Message, str], Awaitable[Told]]


@cache
def all_commands() -> dict[str, Run]:
    """Every command by name, in the order /help lists them: by each file's ORDER."""
    found = [
        (importlib.import_module(f"{__name__}.{module.name}"), module.name) for module in pkgutil.iter_modules(__path__)
    ]
    found.sort(key=lambda pair: pair[0].ORDER)
    return {name: module.run for module, name in found}


async def run(house: House, person: Person, message: Message) -> Told:
    """Run the command that a message begins with; an unknown one gets a friendly hint."""
    name, _, rest = message.text[1:].partition(" ")
    command = all_commands().get(name.partition("@")[0].lower())
    if command is None:
        return Told(replies=(note(person, "command.unknown", name=name[:32]),))
    return await command(house, person, message, rest.strip())
