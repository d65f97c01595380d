"""/help: what can be done here, in a line each."""

from __future__ import annotations

from bot import commands
from bot.house import House, Told
from core.entities import Message, Person, Reply
from core.phrases import say

ORDER = 90
#: Commands that one platform answers by itself.
ONLY_ON = {"discord": {"write": "discord.write"}}


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """How a diary works here, then every command."""
    here = [f"/{name} — {say(person.language, key)}" for name, key in ONLY_ON.get(message.platform, {}).items()]
    lines = [f"/{name} — {say(person.language, f'command.{name}')}" for name in commands.all_commands()]
    return Told(
        replies=(Reply(text="\n".join([say(person.language, "help.intro"), "", *here, *lines]), sender="house"),)
    )
