"""How somebody wants their pictures: what can be chosen, as data, and what a choice says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from core.entities import Person, VisualPreferences
from core.settings import CONFIG_DIR

NEUTRAL = VisualPreferences()
UNDOS = 20  # changes that can be taken back

#: Fields of VisualPreferences that hold a name, and those that hold a number in 0..1. Coping is towards a hard day, away
#: from it, or both (after Lazarus and Folkman 1984).
CHOICES = ("style", "tone", "harmony", "look", "coping")
SCALES = ("complexity", "brightness", "saturation")


@dataclass(frozen=True)
class Tone:
    """How a tone moves colours, each in -1..1."""

    warmth: float = 0.0
    light: float = 0.0
    colour: float = 0.0


@cache
def table() -> dict[str, dict[str, Any]]:
    """config/visual.toml."""
    found: dict[str, dict[str, Any]] = tomllib.loads((CONFIG_DIR / "visual.toml").read_text("utf-8"))
    return found


@cache
def names(choice: str) -> tuple[str, ...]:
    """What can be chosen for one of CHOICES, in the order in which it is shown."""
    return tuple(table()[choice])


def entry(choice: str, name: str) -> dict[str, Any]:
    """What config/visual.toml says of one name. Raises KeyError."""
    found: dict[str, Any] = table()[choice][name]
    return found


def end_of(value: float) -> str:
    """Towards which end of its scale a number is: "low", "high", or "" in the middle."""
    return "low" if value < 0.4 else "high" if value >= 0.6 else ""


def known(preferences: VisualPreferences | None) -> VisualPreferences:
    """The same with names that are no longer on the list taken as neutral, and numbers within 0..1."""
    now = preferences or NEUTRAL
    for choice in CHOICES:
        if getattr(now, choice) not in names(choice):
            now = without(now, choice)
    numbers: dict[str, Any] = {scale: min(max(float(getattr(now, scale)), 0.0), 1.0) for scale in SCALES}
    return replace(now, **numbers)


def without(preferences: VisualPreferences, field: str) -> VisualPreferences:
    """The same with one field neutral."""
    changes: dict[str, Any] = {field: getattr(NEUTRAL, field)}
    return replace(preferences, **changes)


def set_to(preferences: VisualPreferences, field: str, value: str) -> VisualPreferences:
    """The same with one field changed: a name, "" for neutral, or a number as text; anything else changes nothing."""
    if field in CHOICES and value in names(field):
        changes: dict[str, Any] = {field: value}
        return replace(preferences, **changes)
    if field in SCALES:
        try:
            changes = {field: min(max(float(value), 0.0), 1.0)}
        except ValueError:
            return preferences
        return replace(preferences, **changes)
    return without(preferences, field) if field in CHOICES and not value else preferences


def remembered(person: Person, wanted: VisualPreferences) -> Person:
    """The person with other preferences; those before stay within reach of "undo"."""
    if wanted == person.pictures:
        return person
    return replace(person, pictures=wanted, pictures_before=(*person.pictures_before, person.pictures)[-UNDOS:])


def undone(person: Person, steps: int) -> Person:
    """The person with the preferences before the last change; themselves where there were not so many `steps` to go back."""
    if len(person.pictures_before) != steps or not steps:
        return person
    return replace(person, pictures=person.pictures_before[-1], pictures_before=person.pictures_before[:-1])


def tone(preferences: VisualPreferences | None) -> Tone:
    """How the chosen tone moves the colours of a painter that reads no prompt."""
    entry = table()["tone"].get(known(preferences).tone, {})
    return Tone(*(float(entry.get(one.name, 0.0)) for one in fields(Tone)))


def hues(preferences: VisualPreferences | None) -> tuple[tuple[float, ...], float]:
    """The chosen harmony: degrees around the wheel from the picture's main colour, () for as it comes; and how grey
    (0..1) everything else gets."""
    entry = table()["harmony"].get(known(preferences).harmony, {})
    return tuple(float(hue) for hue in entry.get("hues", ())), float(entry.get("grey", 0.0))
