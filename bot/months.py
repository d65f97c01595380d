"""A month as a picture, in one message: its entries in a line each as far as that holds them, its days to open."""

from __future__ import annotations

import asyncio
import calendar
from collections.abc import Sequence
from datetime import date, timedelta

from bot.fitting import shorten
from bot.house import House, Told, in_rows
from bot.pages import emotion_counts, line_texts, month_name
from core.entities import Button, Limits, Message, Person, Reply, file_id
from core.phrases import say
from core.ports import EntryLine, Forgotten, NotFound

FIRST_MONTH = date(1900, 1, 1)  # nobody who writes here has lived before
LINES = 31  # beside the picture at most, however much a message holds; a day opens the rest
LINE_CHARS = (120, 60, 48, 40, 32)  # tried one after the other
WEEK = 7  # buttons of days in a row at most
TERMINAL = Limits(caption_chars=20_000)


async def month_page(
    house: House, person: Person, month: date, message: Message | None = None, week: date | None = None
) -> Told:
    """The month as a picture, its entries and buttons for days and months; where these are too many for one message,
    for weeks first. `week`: any day of the one that is opened. `message`: who asked, in which chat."""
    limits = house.platforms[message.platform].limits if message is not None else TERMINAL
    first = month.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    found = await house.store.lines(person.id, first=first, last=last, limit=1000)
    lines = [line for line in found if not line.hidden]
    drawn, name = await _draw(house, person, first, lines), file_id(message.id, "month") if message else ""
    media_id = await house.media.put(person.id, drawn, "image/png", name)  # asked again after a crash, the same file
    title = month_name(person, first)
    if week is None:
        buttons, by_week = _month_buttons(house, person, first, lines, limits)
        text = _listed(person, title, lines, limits, "calendar.more_weeks" if by_week else "calendar.more")
    else:
        of_week = [line for line in lines if _week_of(line.date) == _week_of(week)]
        buttons = _week_buttons(house, person, first, of_week, limits)
        text = _listed(person, _week_name(person, _week_of(week)), of_week, limits, "calendar.more")
    alt = say(person.language, "calendar.alt", month=title, count=len(lines))
    reply = Reply(text=text, picture=media_id, picture_alt=alt, buttons=buttons, slot="calendar", sender="house")
    return Told(replies=(reply,))


def _listed(person: Person, title: str, lines: Sequence[EntryLine], limits: Limits, more: str) -> str:
    """The title with as many entries below it as a caption holds, oldest first, and how many there are besides: where
    they are many, each in a shorter line first."""
    if not lines:
        return "\n".join([title, say(person.language, "calendar.empty")])
    head = " · ".join(filter(None, (title, emotion_counts(person, lines))))
    in_order = sorted(lines, key=lambda line: (line.date, line.created_at))
    told = [
        f"· {text}" if before is not None and before.date == line.date else text
        for before, line, text in zip([None, *in_order], in_order, line_texts(person, in_order), strict=False)
    ]
    most = min(len(told), LINES)
    for chars, count in (*((chars, most) for chars in LINE_CHARS), *((LINE_CHARS[-1], n) for n in range(most, -1, -1))):
        shown = [shorten(line, chars) for line in told[:count]]
        rest = [say(person.language, more, count=len(told) - count)] if count < len(told) else []
        text = "\n".join([head, *shown, *rest])
        if _units(text) <= limits.caption_chars:
            return text
    return shorten(head, limits.caption_chars // 2)  # an emoji is two


def _units(text: str) -> int:
    """How long the platform that counts most finds a text."""
    return len(text.encode("utf-16-le")) // 2


async def _draw(house: House, person: Person, first: date, lines: Sequence[EntryLine]) -> bytes:
    from core.painting.month import DayCell, month_picture

    days: dict[int, DayCell] = {}
    for line in lines:  # newest first: the last one seen is the day's first, the newest picture wins
        cell = days.get(line.date.day)
        thumbnail = cell.thumbnail if cell is not None else None
        if thumbnail is None and line.picture_media_id:
            thumbnail = await _bytes(house, line.picture_media_id)
        emotions = (*(cell.emotions if cell is not None else ()), *((line.emotion,) if line.emotion else ()))
        days[line.date.day] = DayCell(emotions=emotions, thumbnail=thumbnail, count=(cell.count if cell else 0) + 1)
    today = house.today(person)
    shown_today = today if (today.year, today.month) == (first.year, first.month) else None
    return await asyncio.to_thread(month_picture, first, days, shown_today, person.language)


async def _bytes(house: House, media_id: str) -> bytes | None:
    try:
        return (await house.media.get(media_id)).data
    except (NotFound, Forgotten):  # what is only away comes back, and the month is shown whole then
        return None


# --- buttons -----------------------------------------------------------------------------------

Rows = tuple[tuple[Button, ...], ...]


def _month_buttons(
    house: House, person: Person, first: date, lines: Sequence[EntryLine], limits: Limits
) -> tuple[Rows, bool]:
    """A button for each day, or for each week where one message does not hold those; and whether it is weeks."""
    turn = _turn(house, person, first)
    days = sorted({line.date for line in lines})
    by_week = len(days) + len(turn) > limits.buttons_per_row * limits.rows
    opened = _weeks(house, person, days) if by_week else [_day_button(house, person, day) for day in days]
    return (*_rows(opened, limits), *((turn,) if turn else ())), by_week


def _week_buttons(house: House, person: Person, first: date, lines: Sequence[EntryLine], limits: Limits) -> Rows:
    """Its days, and the way back to the month."""
    days = [_day_button(house, person, day) for day in sorted({line.date for line in lines})]
    back = house.labelled(person, f"📅 {month_name(person, first)}", "month", first.isoformat())
    return (*_rows(days, limits), (back,))


def _turn(house: House, person: Person, first: date) -> tuple[Button, ...]:
    before, after = first - timedelta(days=1), (first + timedelta(days=31)).replace(day=1)
    turn = []
    if before >= FIRST_MONTH:
        named = f"◀ {month_name(person, before)}"
        turn.append(house.labelled(person, named, "month", before.replace(day=1).isoformat()))
    if after <= house.today(person):
        turn.append(house.labelled(person, f"{month_name(person, after)} ▶", "month", after.isoformat()))
    return tuple(turn)


def _weeks(house: House, person: Person, days: Sequence[date]) -> list[Button]:
    """A button for each week in which something was written; one with a single day opens that."""
    weeks: dict[date, list[date]] = {}
    for day in days:
        weeks.setdefault(_week_of(day), []).append(day)
    return [
        house.labelled(person, f"{within[0].day}–{within[-1].day}", "week", begin.isoformat())
        if len(within) > 1
        else _day_button(house, person, within[0])
        for begin, within in weeks.items()
    ]


def _day_button(house: House, person: Person, day: date) -> Button:
    return house.labelled(person, str(day.day), "day", day.isoformat())


def _rows(buttons: Sequence[Button], limits: Limits) -> Rows:
    return in_rows(buttons, min(WEEK, limits.buttons_per_row))


def _week_of(day: date) -> date:
    """The first day of its week that lies in its month; weeks begin on Sunday, as in the picture."""
    return max(day - timedelta(days=(day.weekday() + 1) % 7), day.replace(day=1))


def _week_name(person: Person, begin: date) -> str:
    """`2026년 5월 3일~9일`, `May 3 – 9, 2026`."""
    from babel.dates import format_interval

    month_ends = begin.replace(day=calendar.monthrange(begin.year, begin.month)[1])
    ends = min(begin + timedelta(days=6 - (begin.weekday() + 1) % 7), month_ends)
    return format_interval(begin, ends, skeleton="yMMMd", locale=person.language)
