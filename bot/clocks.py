"""A time of day as people write it, in minutes after midnight."""

from __future__ import annotations

import re

_TIME = re.compile(
    r"(?P<half>오전|오후|아침|저녁|밤|am|pm)?\s*(?P<hour>\d{1,2})(?:\s*(?::|시)\s*(?P<minute>\d{1,2})?\s*분?)?\s*(?P<after>am|pm)?",
    re.IGNORECASE,
)


def minutes_in(text: str) -> int | None:
    """The minute of the day that a text names ("21:30", "9pm", "오후 9시 30분"); None where it names none."""
    found = _TIME.fullmatch(text.strip())
    if found is None or (found["half"] and found["after"]):
        return None
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or found["after"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half in ("오후", "저녁", "밤", "pm") and hour < 12:
        hour += 12
    elif half in ("오전", "아침", "am", "밤") and hour == 12:
        hour = 0
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def is_half_known(text: str) -> bool:
    """True where a time may be one of the morning or of the evening ("9:40")."""
    found = _TIME.fullmatch(text.strip())
    return found is not None and not (found["half"] or found["after"]) and 1 <= int(found["hour"]) <= 12


def clock(minute: int) -> str:
    """`21:30`."""
    return f"{minute // 60:02}:{minute % 60:02}"
