"""/privacy: what is kept, what you allowed, and how to take it back."""

from __future__ import annotations

from dataclasses import replace

from bot import exporting, welcome
from bot.house import House, Told, note
from bot.joining import platform_name
from core.entities import Message, Person
from core.phrases import say

ORDER = 75


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """The rules in plain words, and every consent as a button."""
    hours = {"hours": round(house.settings.work.consent_hours), "export_hours": exporting.KEPT_HOURS}
    text = note(person, "privacy.text", **hours).text
    if message.platform != "web":  # what was said here is with them too, and out of our reach
        text += "\n\n" + say(person.language, "privacy.platform", platform=platform_name(person, message.platform))
    return Told(
        replies=(replace(note(person, "privacy.text", **hours), text=text), welcome.consent_reply(house, person))
    )
