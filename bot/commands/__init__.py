"""One file a command; a new command is a new file here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person

Run = Callable[[House, Person, Message, str], Awaitable[Told]]
Pressed = Callable[[House, Person, Message, Press], Awaitable[Told]]


@cache
def all_commands() -> dict[str, Run]:
    """Every command by name, in the order /help lists them: by each file's ORDER."""
    return {name: module.run for name, module in _modules().items()}


@cache
def all_presses() -> dict[str, Pressed]:
    """What the buttons of every command do, by action: each file's PRESSES."""
    found: dict[str, Pressed] = {}
    for module in _modules().values():
        found.update(getattr(module, "PRESSES", {}))
    return found


def _modules() -> dict[str, Any]:
    found = {
        module.name: importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].ORDER))


async def run(house: House, person: Person, message: Message) -> Told:
    """Run the command that a message begins with; an unknown one gets a friendly hint."""
    name, _, rest = message.text[1:].partition(" ")
    command = all_commands().get(name.partition("@")[0].lower())
    if command is None:
        return Told(replies=(note(person, "command.unknown", name=name[:32]),))
    return await command(house, person, message, rest.strip())
