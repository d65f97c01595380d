"""Two diaries become one: whose settings count, and what of the other's is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.entities import Level, Person, SafetyState, Step, VisualPreferences

_STEPS = list(Step)


def joined(host: Person, guest: Person) -> Person:
    """The person of both diaries: the host's settings, and the guest's where the host had told nothing yet."""
    further = _STEPS.index(guest.step) > _STEPS.index(host.step)
    settings = replace(guest, id=host.id, consents=host.consents, answered=host.answered) if further else host
    named = host if host.name or host.introduction else guest
    return replace(
        settings,
        name=host.name or guest.name,
        introduction=host.introduction or guest.introduction,
        told_at=named.told_at,
        pictures=guest.pictures if host.pictures == VisualPreferences() else host.pictures,
        country=host.country or guest.country,
        exporting=host.exporting or guest.exporting,
        follow_up=host.follow_up or guest.follow_up,
        crisis_at=_later(host.crisis_at, guest.crisis_at),
        asked_about=(*guest.asked_about, *host.asked_about),
        former=(*host.former, *guest.former, guest.id),
        created_at=min(host.created_at, guest.created_at),
    )


def graver(one: SafetyState | None, other: SafetyState | None) -> SafetyState | None:
    """How the person of both diaries stands: never calmer than either."""
    if one is None or other is None:
        return one or other
    grave = Level.IMMINENT if Level.IMMINENT in (one.level, other.level) else one.level
    newer = max(one, other, key=lambda state: state.since)
    return replace(newer, level=grave, calm_signals=min(one.calm_signals, other.calm_signals))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
