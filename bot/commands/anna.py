"""/anna: how she writes to you."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.answers import has_voice
from bot.callback import Press
from bot.house import House, Told, in_rows
from core.entities import ATTITUDES, COMPOSITIONS, INTENSITIES, LENGTHS, AnnaSettings, Button, Message, Person, Reply
from core.phrases import say

ORDER = 50
GROUPS = {
    "attitude": ATTITUDES,
    "composition": COMPOSITIONS,
    "intensity": tuple(INTENSITIES),
    "length": tuple(map(str, LENGTHS)),
    "voice": ("text", "voice", "both"),
    "hearing": ("ask", "keep"),
}


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """What is set, with a page for each group of choices."""
    return Told(replies=(settings_reply(house, person),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A group opens, a choice is made, or back."""
    what, value = press.arg(0), press.arg(1)
    if what in GROUPS and not value:
        return Told(replies=(group_reply(house, person, what),))
    if what in GROUPS:
        return await chosen(house, person, what, value)
    return Told(replies=(settings_reply(house, person),))


PRESSES = {"anna": pressed}


def _groups(house: House) -> list[str]:
    missing = {"voice"} if not has_voice(house) else set()
    if house.settings.speech.transcriber == "none":
        missing.add("hearing")
    return [name for name in GROUPS if name not in missing]


def settings_reply(house: House, person: Person) -> Reply:
    """Every group in a line with what is chosen, and a button to change it."""
    lines = [say(person.language, "anna.settings"), ""]
    for name in _groups(house):
        values = [say(person.language, f"anna.{name}.{value}") for value in _in_order(person, name)]
        words = ", ".join(values) or say(person.language, "anna.all")
        lines.append(f"{say(person.language, f'anna.group.{name}')}: {words}")
    buttons = [house.button(person, f"anna.group.{name}", "anna", name) for name in _groups(house)]
    rows = in_rows(buttons, 2)
    return Reply(text="\n".join(lines), buttons=rows, slot="anna")


def group_reply(house: House, person: Person, what: str) -> Reply:
    """One group's choices."""
    on = _chosen(person, what)
    buttons = [_button(house, person, what, value, value in on) for value in GROUPS[what]]
    rows = (*in_rows(buttons, 3), (house.button(person, "button.back", "anna"),))
    heading = say(person.language, f"anna.group.{what}")
    return Reply(text=f"{heading}\n{say(person.language, f'anna.ask.{what}')}", buttons=rows, slot="anna")


def _button(house: House, person: Person, what: str, value: str, on: bool) -> Button:
    """A composition says which way it switches, so that a press counts once."""
    wanted = f"{value}{'-' if on else '+'}" if what == "composition" else value
    label = ("✓ " if on else "") + say(person.language, f"anna.{what}.{value}")
    return house.labelled(person, label, "anna", what, wanted, chosen=on)


def _chosen(person: Person, what: str) -> set[str]:
    return set(person.anna.composition) if what == "composition" else {str(getattr(person.anna, what))}


def _in_order(person: Person, what: str) -> list[str]:
    chosen = _chosen(person, what)
    return [value for value in GROUPS[what] if value in chosen]


async def chosen(house: House, person: Person, what: str, value: str) -> Told:
    """One choice; a composition is switched on and off, the others replace and are done."""
    person = await house.store.change_person(person.id, lambda now: replace(now, anna=_set(now.anna, what, value)))
    return Told(replies=(group_reply(house, person, what) if what == "composition" else settings_reply(house, person),))


def _set(anna: AnnaSettings, what: str, value: str) -> AnnaSettings:
    if what == "composition" and value[:-1] in COMPOSITIONS:
        kept = set(anna.composition) - {value[:-1]} | ({value[:-1]} if value.endswith("+") else set())
        return replace(anna, composition=tuple(name for name in COMPOSITIONS if name in kept))
    if what == "length" and value in GROUPS["length"]:
        return replace(anna, length=int(value))
    if what != "composition" and value in GROUPS[what]:
        changes: dict[str, Any] = {what: value}
        return replace(anna, **changes)
    return anna
