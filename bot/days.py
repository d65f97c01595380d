"""A day that somebody named becomes a date: "2026-05-05", "2026. 5. 5.", "5월 5일", "May 5", "그저께"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ENGLISH_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d))?"
_WEEKDAY = r"(?:(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?\.?,?\s+)?"
_KOREAN_WEEKDAY = r"(?:\s*\([월화수목금토일]\)|\s*[월화수목금토일]요일)?"
_FORMS = tuple(
    re.compile(form + r"(?=\s|[,:;]|$)[,:;]?\s*", re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})\s?[-./]\s?(?P<month>\d{{1,2}})\s?[-./]\s?(?P<day>\d{{1,2}})\.?{_KOREAN_WEEKDAY}",
        rf"(?:(?P<year>\d{{4}})년\s*)?(?P<month>\d{{1,2}})월\s*(?P<day>\d{{1,2}})일{_KOREAN_WEEKDAY}(?:에는|에|엔|의|은|는)?",
        rf"{_WEEKDAY}{_NAME}\s+{_NTH}{_ENGLISH_YEAR}",
        rf"{_WEEKDAY}{_NTH}\s+(?:of\s+)?{_NAME}{_ENGLISH_YEAR}",
        r"(?P<one>\d{1,2})[-./](?P<other>\d{1,2})[-./](?P<year>\d{4})",
    )
)
#: Days that are counted from today; only where nothing but the day is named, or "3일 전에 산 우산" would be one.
_AGO = {"오늘": 0, "today": 0, "어제": 1, "yesterday": 1, "그제": 2, "그저께": 2, "그끄제": 3, "그끄저께": 3}
_DAYS_AGO = re.compile(r"(\d{1,3})\s*(?:일\s*전|days?\s+ago)", re.IGNORECASE)
_COMMAND = re.compile(r"/yesterday(?:@\w+)?(?:\s+|$)", re.IGNORECASE)
_FIELD = re.compile(r"«([^«»]*)»\s*")


@dataclass(frozen=True)
class Asked:
    """For which day somebody writes, and what; `unclear`: what they called that day where it is none that we know."""

    day: date | None
    words: str
    unclear: str = ""


def day_in(text: str, today: date) -> date | None:
    """The day that a text names and nothing else; without a year the last one that has come. None where it names none."""
    named = text.strip().rstrip(",:;")
    found = _match(named)
    return _date(found, today) if found is not None and found.end() == len(named) else None


def counted_back(text: str, today: date) -> date | None:
    """The day that a text counts from today on ("그저께", "3 days ago"); today must be the one where they live."""
    named = text.strip().lower()
    ago = _DAYS_AGO.fullmatch(named)
    days = _AGO.get(named) if ago is None else int(ago[1])
    return today - timedelta(days=days) if days is not None else None


def in_command(text: str, today: date) -> Asked | None:
    """What a "/yesterday ..." asks for; None for every other text."""
    command = _COMMAND.match(text)
    return read(text[command.end() :], today) if command is not None else None


def read(rest: str, today: date) -> Asked:
    """What stands after the command: a day in a field of its own (see `fielded`) or typed first, and words."""
    rest = rest.strip()
    if (field := _FIELD.match(rest)) is not None:
        named, words = field[1].strip(), rest[field.end() :]
        day = counted_back(named, today) or day_in(named, today)
        return Asked(day, words, named if day is None else "")
    if (found := _match(rest)) is None:
        return Asked(None, rest)
    if (day := _date(found, today)) is None:
        return Asked(None, rest if found.end() < len(rest) else "", found[0].strip().rstrip(",:;"))
    return Asked(day, rest[found.end() :])


def fielded(named: str, words: str, today: date) -> str:
    """Both as they follow the command; with a mark where it would be forgotten which of the two was filled in."""
    named = named.translate({ord(sign): None for sign in "«»"}).strip()
    plain, marked = " ".join(filter(None, (named, words))), f"«{named}» {words}".strip()
    return plain if read(plain, today) == read(marked, today) else marked


def _match(text: str) -> re.Match[str] | None:
    return next((found for form in _FORMS if (found := form.match(text)) is not None), None)


def _date(found: re.Match[str], today: date) -> date | None:
    """The date that a form names; None where there is none such, or nobody knows which number is the month."""
    said = found.groupdict()
    year = int(said["year"]) if said.get("year") else None
    if said.get("name"):
        month, day = _MONTHS.index(said["name"][:3].lower()) + 1, int(said["day"])
    elif said.get("one"):
        one, other = int(said["one"]), int(said["other"])
        if one != other and max(one, other) <= 12:
            return None
        month, day = min(one, other), max(one, other)
    else:
        month, day = int(said["month"]), int(said["day"])
    years = (year,) if year is not None else range(today.year, today.year - 9, -1)
    return next((one for one in (_on(each, month, day) for each in years) if one and (year or one <= today)), None)


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
