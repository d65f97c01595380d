"""Looking back: a month as a picture, a day, one entry whole, and the history page by page."""

from __future__ import annotations

import asyncio
import calendar as months
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot import again, answers, reasons
from bot.felt import hits_line
from bot.house import House, Told, note, zone_of
from core.entities import Person, Reply, WorkKind, file_id
from core.phrases import say
from core.ports import EmoseumError, EntryLine, Forgotten, NotFound

PAGE = 5
FIRST_MONTH = date(1900, 1, 1)  # nobody who writes here has lived before
LINES = 31  # of a month beside its picture; a day opens the rest


async def month_page(house: House, person: Person, month: date, message_id: str = "") -> Told:
    """The month as a picture, its entries in a line each, and buttons for days and months. `message_id`: who asked."""
    first = month.replace(day=1)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    lines = [line for line in await house.store.lines(person.id, first=first, last=last, limit=1000) if not line.hidden]
    drawn, name = await _draw(house, person, first, lines), file_id(message_id, "month") if message_id else ""
    media_id = await house.media.put(person.id, drawn, "image/png", name)  # asked again after a crash, the same file
    title = month_name(person, first)
    shown = [line_text(person, line) for line in sorted(lines, key=lambda line: (line.date, line.created_at))]
    if len(shown) > LINES:
        shown = [*shown[:LINES], say(person.language, "calendar.more", count=len(shown) - LINES)]
    felt = " · ".join(filter(None, (title, emotion_counts(person, lines))))
    text = "\n".join([felt, *shown] if lines else [title, say(person.language, "calendar.empty")])
    return Told(
        replies=(
            Reply(
                text=text,
                picture=media_id,
                picture_alt=say(person.language, "calendar.alt", month=title, count=len(lines)),
                buttons=_month_buttons(house, person, first, lines),
                slot="calendar",
                sender="house",
            ),
        )
    )


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


def _month_buttons(house: House, person: Person, first: date, lines: Sequence[EntryLine]) -> tuple[tuple, ...]:
    days = sorted({line.date for line in lines})
    buttons = [house.labelled(person, str(day.day), "day", day.isoformat()) for day in days]
    rows = [tuple(buttons[at : at + 7]) for at in range(0, len(buttons), 7)]
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    turn = []
    if before >= FIRST_MONTH:
        turn.append(
            house.labelled(person, f"◀ {month_name(person, before)}", "month", before.replace(day=1).isoformat())
        )
    if after.replace(day=1) <= house.today(person):
        turn.append(house.labelled(person, f"{month_name(person, after)} ▶", "month", after.replace(day=1).isoformat()))
    return (*rows, tuple(turn)) if turn else tuple(rows)


async def day_page(house: House, person: Person, day: date) -> Told:
    """Everything of one day, oldest first."""
    lines = await house.store.lines(person.id, first=day, last=day, limit=50)
    if not lines:
        return Told(replies=(note(person, "day.empty", day=day_name(person, day)),))
    shown = [line for line in lines if not line.hidden]
    hidden = [line for line in lines if line.hidden]
    replies: list[Reply] = []
    if len(shown) > 3:
        replies.append(_list_reply(house, person, day_name(person, day), list(reversed(shown))))
    else:
        for line in reversed(shown):
            replies += await entry_replies(house, person, line.id)
    if hidden:
        replies.append(_hidden_reply(house, person, day, list(reversed(hidden))))
    return Told(replies=tuple(replies))


def _hidden_reply(house: House, person: Person, day: date, lines: list[EntryLine]) -> Reply:
    """What was written in a crisis is there, and opens by a button only."""
    buttons = [
        house.labelled(person, f"{line.created_at.astimezone(zone_of(person)):%H:%M}", "entry", line.id)
        for line in lines
    ]
    rows = tuple(tuple(buttons[at : at + 5]) for at in range(0, len(buttons), 5))
    return replace(note(person, "day.hidden", day=day_name(person, day)), buttons=rows)


async def entry_page(house: House, person: Person, entry_id: str) -> Told:
    """One entry whole."""
    return Told(replies=tuple(await entry_replies(house, person, entry_id)))


async def entry_replies(house: House, person: Person, entry_id: str) -> list[Reply]:
    """An entry's words with its picture and comment, then its music."""
    entry = await house.store.entry(entry_id)
    if entry.person_id != person.id:
        raise EmoseumError("error.gone", f"entry {entry_id} is not theirs")
    picture = await house.store.latest_work(entry_id, WorkKind.PICTURE)
    comment = await house.store.latest_work(entry_id, WorkKind.COMMENT)
    music = await house.store.latest_work(entry_id, WorkKind.MUSIC)
    at = entry.created_at.astimezone(zone_of(person))
    head = f"📖 {day_name(person, entry.date)}" + (f" {at:%H:%M}" if at.date() == entry.date else "")
    text = "\n\n".join(filter(None, (head, entry.text, f"💬 {comment.text}" if comment is not None else "")))
    rows = [await answers.rating_row(house, person, work) for work in (picture, comment) if work is not None]
    rows.append(
        (
            again.button(house, person, entry, picture),
            house.button(person, "button.delete", "delete", "ask", entry.id),
            *answers.listen_button(house, person, comment),
        )
    )
    if picture is not None:
        rows.append((house.draw_button(person, entry.id), *reasons.button(house, person, picture)))
    main = Reply(
        text=text,
        picture=picture.media_id if picture is not None else "",
        picture_alt=picture.alt if picture is not None else "",
        buttons=tuple(rows),
        sender="house",
    )
    return [main] + ([await answers.music_reply(house, person, music, picture)] if music is not None else [])


async def history_page(house: House, person: Person, offset: int) -> Told:
    """Entries newest first, a page at a time, each opened by its button."""
    total = await house.store.entry_count(person.id)
    lines = list(await house.store.lines(person.id, offset=offset, limit=PAGE + 1))
    if not lines:
        return Told(replies=(note(person, "history.empty" if not offset else "history.end"),))
    title = say(person.language, "history.title", count=total)
    if not offset and (counted := await hits_line(house, person)):
        title += f"\n{counted}"
    reply = _list_reply(house, person, title, lines[:PAGE])
    turn = []
    if offset:
        turn.append(house.button(person, "button.newer", "history", str(max(offset - PAGE, 0))))
    if len(lines) > PAGE:
        turn.append(house.button(person, "button.older", "history", str(offset + PAGE)))
    return Told(
        replies=(replace(reply, buttons=(*reply.buttons, tuple(turn)) if turn else reply.buttons, slot="history"),)
    )


def _list_reply(house: House, person: Person, title: str, lines: list[EntryLine]) -> Reply:
    text = "\n".join([title, *(f"{n}. {line_text(person, line)}" for n, line in enumerate(lines, 1))])
    buttons = [house.labelled(person, str(n), "entry", line.id) for n, line in enumerate(lines, 1)]
    rows = tuple(tuple(buttons[at : at + 5]) for at in range(0, len(buttons), 5))
    return Reply(text=text, buttons=rows, sender="house")


def line_text(person: Person, line: EntryLine) -> str:
    """One entry in one line: day, emotion, summary."""
    emotion = say(person.language, f"emotion.{line.emotion}") if line.emotion else ""
    summary = say(person.language, "history.hidden") if line.hidden else line.summary
    return " · ".join(filter(None, (short_day(person, line.date), emotion, summary)))


def emotion_counts(person: Person, lines: Sequence[EntryLine]) -> str:
    """`기쁨 12 · 슬픔 4`, most frequent first."""
    counts = Counter(line.emotion for line in lines if line.emotion)
    return " · ".join(f"{say(person.language, f'emotion.{name}')} {count}" for name, count in counts.most_common(6))


def month_name(person: Person, day: date) -> str:
    """`2026년 11월`, `November 2026`."""
    from babel.dates import format_date

    return format_date(day, "yyyy년 M월" if person.language == "ko" else "MMMM yyyy", locale=person.language)


def day_name(person: Person, day: date) -> str:
    """`2026년 11월 20일 금요일`, `Friday, November 20, 2026`."""
    from babel.dates import format_date

    return format_date(day, "full", locale=person.language)


def short_day(person: Person, day: date) -> str:
    """`11월 20일 (금)`, `Fri, Nov 20`."""
    from babel.dates import format_date

    return format_date(day, "M월 d일 (E)" if person.language == "ko" else "EEE, MMM d", locale=person.language)
