"""How long a crisis line is remembered, and what may be done meanwhile.

Pure functions over `SafetyState`; the store keeps it by person, so it survives a restart, a new chat and
another platform.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.entities import Kind, Level, Message, Safety, SafetyState

LASTS = timedelta(hours=72)
APART = timedelta(hours=1)  # between two calm signals; one denial alone ends nothing
CALM_SIGNALS = 2
FOLLOW_UP_AT = time(10, 0)  # local, the next day


def lasts(state: SafetyState | None, now: datetime) -> bool:
    """True while a state counts. A clock that jumped back keeps it."""
    return state is not None and now - state.since < LASTS


def after(state: SafetyState | None, safety: Safety, now: datetime) -> SafetyState | None:
    """Where a person stands after a text with that level; None where all is well."""
    current = state if lasts(state, now) else None
    if safety.level.stops_everything:
        graver = Level.IMMINENT if current and current.level is Level.IMMINENT else safety.level
        return SafetyState(graver, now)
    if current is not None and safety.level is Level.CONCERN:
        return replace(current, calm_signals=0, last_calm=None)  # not calm yet: count again
    return current


def calm(state: SafetyState | None, now: datetime) -> SafetyState | None:
    """Where a person stands after a calm signal: "I'm okay" was pressed, or an ordinary line was written (`is_ordinary`)."""
    if state is None or not lasts(state, now):
        return None
    if state.last_calm is not None and now - state.last_calm < APART:
        return state
    if state.calm_signals + 1 >= CALM_SIGNALS:
        return None
    return replace(state, calm_signals=state.calm_signals + 1, last_calm=now)


def is_ordinary(message: Message) -> bool:
    """True for a line of the day: some words to us alone. A command, a photo, a voice note or "ok" says nothing of calm."""
    words = message.text.split()
    plain = message.kind is Kind.TEXT and message.private and not message.attachments
    return plain and len(words) > 1 and not message.text.lstrip().startswith("/")


def quiet(state: SafetyState | None, now: datetime) -> bool:
    """True while nothing playful is said, and nobody is reminded or asked where they live (table in docs/safety.md)."""
    return lasts(state, now)


def follow_up_time(now: datetime, time_zone: str) -> datetime:
    """When the one follow-up that somebody asked for is due: the next day at ten, their time."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    local = now.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=1), FOLLOW_UP_AT, zone).astimezone(now.tzinfo)
