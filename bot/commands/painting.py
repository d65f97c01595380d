"""/painting: how your pictures look; each choice with a sentence, undo, and back to how they come by themselves."""

from __future__ import annotations

from bot.callback import Press
from bot.house import House, Told, in_rows
from core.entities import Button, Message, Person, Reply, VisualPreferences
from core.painting import preferences
from core.phrases import knows, say

ORDER = 52
GROUPS = (*preferences.CHOICES[:4], *preferences.SCALES, preferences.CHOICES[4])
BARS = "▁▃▅▆█"  # a slider: 0, 0.25, 0.5, 0.75 and 1


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """What is wanted now, with a page for each thing that can be wanted."""
    return Told(replies=(settings_reply(house, person),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A page opens, a choice is made, taken back, or all of them are."""
    what, value = press.arg(0), press.arg(1)
    if what in GROUPS and len(press.args) == 1:
        return Told(replies=(group_reply(house, person, what),))
    if what in GROUPS:
        person = await _wants(house, person, preferences.set_to(person.pictures, what, value))
        return Told(replies=(group_reply(house, person, what),))
    if what == "neutral":
        person = await _wants(house, person, preferences.NEUTRAL)
    elif what == "undo" and value.isdecimal():
        person = await house.store.change_person(person.id, lambda now: preferences.undone(now, int(value)))
    return Told(replies=(settings_reply(house, person),))


PRESSES = {"painting": pressed}


async def _wants(house: House, person: Person, wanted: VisualPreferences) -> Person:
    return await house.store.change_person(person.id, lambda now: preferences.remembered(now, wanted))


def settings_reply(house: House, person: Person) -> Reply:
    """Every group in a line with what is chosen, and a button to change it."""
    language, wanted = person.language, preferences.known(person.pictures)
    lines = [say(language, "painting.settings"), ""]
    lines += [f"{say(language, f'painting.group.{what}')}: {_named(language, what, wanted)}" for what in GROUPS]
    buttons = [house.button(person, f"painting.group.{what}", "painting", what) for what in GROUPS]
    rows = in_rows(buttons, 2)
    last: tuple[Button, ...] = ()
    if steps := len(person.pictures_before):
        last = (house.button(person, "painting.button.undo", "painting", "undo", str(steps)),)
    if wanted != preferences.NEUTRAL:
        last = (*last, house.button(person, "painting.button.neutral", "painting", "neutral"))
    return Reply("\n".join(lines), buttons=(*rows, *((last,) if last else ())), slot="painting")


def group_reply(house: House, person: Person, what: str) -> Reply:
    """One group's choices, each with a sentence of what it does; what is chosen has a tick."""
    language, wanted = person.language, preferences.known(person.pictures)
    lines = [f"{say(language, f'painting.group.{what}')}\n{say(language, f'painting.ask.{what}')}", ""]
    rows = _slider(house, person, what, wanted) if what in preferences.SCALES else _names(house, person, what, wanted)
    for name in ("low", "middle", "high") if what in preferences.SCALES else preferences.names(what):
        like = f"painting.{what}.{name}.like"
        lines.append(
            f"· {_called(language, what, name)}" + (f": {say(language, like)}" if knows(language, like) else "")
        )
    rows.append((house.button(person, "button.back", "painting"),))
    return Reply("\n".join(lines), buttons=tuple(rows), slot="painting")


def _names(house: House, person: Person, what: str, wanted: VisualPreferences) -> list[tuple[Button, ...]]:
    names = preferences.names(what)
    if getattr(preferences.NEUTRAL, what) not in names:  # "" can be chosen too
        names = (*names, "")
    buttons = []
    for name in names:
        on = getattr(wanted, what) == name
        words = _called(person.language, what, name)
        buttons.append(house.labelled(person, ("✓ " if on else "") + words, "painting", what, name, chosen=on))
    across = 3 if len(buttons) < 10 else 4  # five rows of five are what Discord takes
    return list(in_rows(buttons, across))


def _slider(house: House, person: Person, what: str, wanted: VisualPreferences) -> list[tuple[Button, ...]]:
    steps = [(n / (len(BARS) - 1), bar) for n, bar in enumerate(BARS)]
    nearest = min(steps, key=lambda step: abs(step[0] - getattr(wanted, what)))[0]
    return [
        tuple(
            house.labelled(
                person, ("✓ " if value == nearest else "") + bar, "painting", what, str(value), chosen=value == nearest
            )
            for value, bar in steps
        )
    ]


def _named(language: str, what: str, wanted: VisualPreferences) -> str:
    value = getattr(wanted, what)
    if what in preferences.SCALES:
        end = preferences.end_of(value)
        words = say(language, f"painting.{what}.{end}") if end else say(language, "painting.by_itself")
        return say(language, "painting.very", words=words) if value in (0.0, 1.0) else words
    return _called(language, what, value)


def _called(language: str, what: str, name: str) -> str:
    """A choice in words; the name itself where somebody put it on the list and has no words for it."""
    if not name:
        return say(language, "painting.by_itself")
    key = f"painting.{what}.{name}"
    return say(language, key) if knows(language, key) else name.replace("_", " ")
