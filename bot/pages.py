"""Looking back: a day, one entry whole, and the history page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot import again, answers, reasons
from bot.felt import hits_line
from bot.house import House, Told, in_rows, note, zone_of
from core.entities import Person, Reply, WorkKind
from core.phrases import say
from core.ports import EmoseumError, EntryLine

PAGE = 5


async def day_page(house: House, person: Person, day: date) -> Told:
    """Everything of one day, oldest first."""
    lines = await house.store.lines(person.id, first=day, last=day, limit=50)
    if not lines:
        return Told(replies=(note(person, "day.empty", day=day_name(person, day)),))
    shown = [line for line in lines if not line.hidden]
    hidden = [line for line in lines if line.hidden]
    replies: list[Reply] = []
    if len(shown) > 3:
        replies.append(_list_reply(house, person, day_name(person, day), list(reversed(shown)), day))
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
    rows = in_rows(buttons, 5)
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
        label=answers.made_with_ai(person, picture),
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


def _list_reply(house: House, person: Person, title: str, lines: list[EntryLine], titled: date | None = None) -> Reply:
    text = "\n".join([title, *(f"{n}. {line}" for n, line in enumerate(line_texts(person, lines, titled), 1))])
    buttons = [house.labelled(person, str(n), "entry", line.id) for n, line in enumerate(lines, 1)]
    rows = in_rows(buttons, 5)
    return Reply(text=text, buttons=rows, sender="house")


def line_texts(person: Person, lines: Sequence[EntryLine], day: date | None = None) -> list[str]:
    """Each entry in one line: its day where that is another than the line's before (or than `day`, for the first), emotion,
    summary."""
    days = [day, *(line.date for line in lines)]
    return [line_text(person, line, dated=line.date != before) for before, line in zip(days, lines, strict=False)]


def line_text(person: Person, line: EntryLine, *, dated: bool = True) -> str:
    """One entry in one line: its day, emotion, summary."""
    day = short_day(person, line.date) if dated else ""
    emotion = say(person.language, f"emotion.{line.emotion}") if line.emotion else ""
    told = "" if line.hidden else line.summary
    told = told or say(person.language, "history.hidden" if line.hidden else "history.wordless")
    return " · ".join(filter(None, (day, emotion, told)))


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
