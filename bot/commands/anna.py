"""/anna: how she writes to you."""

from __future__ import annotations

from dataclasses import replace

from bot.answers import has_voice
from bot.house import House, Told
from core.entities import ATTITUDES, COMPOSITIONS, INTENSITIES, LENGTHS, Button, Message, Person, Reply
from core.phrases import say

ORDER = 50
VOICES = ("text", "voice", "both")


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """The settings, each choice a button."""
    return Told(replies=(settings_reply(house, person),))


def settings_reply(house: House, person: Person) -> Reply:
    """What is set, and what could be."""
    anna = person.anna
    rows = (
        *_row(house, person, "attitude", ATTITUDES, {anna.attitude}),
        *_row(house, person, "composition", COMPOSITIONS, set(anna.composition)),
        *_row(house, person, "intensity", tuple(INTENSITIES), {anna.intensity}),
        *_row(house, person, "length", tuple(map(str, LENGTHS)), {str(anna.length)}),
        *(_row(house, person, "voice", VOICES, {anna.voice}) if has_voice(house) else ()),
    )
    return Reply(text=say(person.language, "anna.settings"), buttons=rows, slot="anna")


def _row(
    house: House, person: Person, what: str, values: tuple[str, ...], chosen: set[str]
) -> list[tuple[Button, ...]]:
    buttons = [
        house.labelled(
            person,
            ("✓ " if value in chosen else "") + say(person.language, f"anna.{what}.{value}"),
            "anna",
            what,
            _wanted(what, value, value in chosen),
            chosen=value in chosen,
        )
        for value in values
    ]
    return [tuple(buttons[at : at + 3]) for at in range(0, len(buttons), 3)]


def _wanted(what: str, value: str, on: bool) -> str:
    """What a button asks for; a composition says which way it switches, so that a press counts once."""
    return f"{value}{'-' if on else '+'}" if what == "composition" else value


async def chosen(house: House, person: Person, what: str, value: str) -> Told:
    """One choice; a composition is switched on and off, the others replace."""
    anna = person.anna
    if what == "attitude" and value in ATTITUDES:
        anna = replace(anna, attitude=value)
    elif what == "composition" and value[:-1] in COMPOSITIONS:
        kept = set(anna.composition) - {value[:-1]} | ({value[:-1]} if value.endswith("+") else set())
        anna = replace(anna, composition=tuple(name for name in COMPOSITIONS if name in kept))
    elif what == "intensity" and value in INTENSITIES:
        anna = replace(anna, intensity=value)
    elif what == "length" and value.isdigit() and int(value) in LENGTHS:
        anna = replace(anna, length=int(value))
    elif what == "voice" and value in VOICES:
        anna = replace(anna, voice=value)
    person = replace(person, anna=anna)
    await house.store.save_person(person)
    return Told(replies=(settings_reply(house, person),))
