"""/language: Korean or English."""

from __future__ import annotations

from dataclasses import replace

from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Message, Person
from core.phrases import LANGUAGES

ORDER = 70
NAMES = {"ko": "한국어", "en": "English"}


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Which one? Named at once, it is set at once."""
    named = {"ko": "ko", "한국어": "ko", "korean": "ko", "en": "en", "english": "en", "영어": "en"}.get(rest.lower())
    if named:
        return await chosen(house, person, named)
    row = tuple(house.labelled(person, NAMES[name], "lang", name, chosen=name == person.language) for name in LANGUAGES)
    return Told(replies=(replace(note(person, "language.which"), buttons=(row,), slot="language"),))


async def chosen(house: House, person: Person, name: str) -> Told:
    """From now on in that language."""
    if name in LANGUAGES:
        person = await house.store.change_person(person.id, lambda now: replace(now, language=name))
    return Told(replies=(replace(note(person, "language.set"), sender="anna", slot="language"),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """One of them."""
    return await chosen(house, person, press.arg(0))


PRESSES = {"lang": pressed}
