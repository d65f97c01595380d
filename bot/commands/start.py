"""/start: hello again, and on with the first conversation where it stopped."""

from __future__ import annotations

from dataclasses import replace

from bot import care, greeting, welcome
from bot.house import House, Told, note
from core.entities import Message, Person, Step
from core.safety import state

ORDER = 0


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Say hello; ask again what was left open. For days after a crisis line: where help is."""
    if state.quiet(await house.store.safety_state(person.id), house.now()):
        return Told(replies=(care.resources(house, person),))
    if person.step is Step.CONSENT:
        return Told(replies=(welcome.consent_reply(house, person),))
    if person.step is Step.NAME:
        return Told(replies=(replace(note(person, "welcome.name"), sender="anna"),))
    return greeting.back(person)
