"""/privacy: what is kept, what you allowed, and how to take it back."""

from __future__ import annotations

from bot import welcome
from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 75


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """The rules in plain words, and every consent as a button."""
    return Told(replies=(note(person, "privacy.text"), welcome.consent_reply(house, person)))
