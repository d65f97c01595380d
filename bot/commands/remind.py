"""/remind: a line at a time you choose, on days when you have not written."""

from __future__ import annotations

import re
from dataclasses import replace

from bot import reminders, whereabouts, zones
from bot.callback import Press
from bot.clocks import clock, minutes_in
from bot.house import House, Told, note, zone_of
from core.entities import Button, Message, Person, Reminder, Reply
from core.phrases import say

ORDER = 45
TIMES = ("08:00", "12:30", "18:00", "20:00", "21:30")
QUIET = ("2200-0800", "2300-0700", "0000-0900", "off")
STEP_MIN = 30
_SPAN = re.compile(r"(?P<begin>\d{1,2}(?::?\d{2})?)\s*[-~–]\s*(?P<end>\d{1,2}(?::?\d{2})?)")
_OFF = {"off", "끄기", "꺼", "꺼줘", "꺼 줘", "그만", "stop", "none", "없음", "없이"}
_ON = {"on", "켜기", "켜", "켜줘", "켜 줘"}
_QUIET = {"quiet", "조용한시간", "조용한", "조용"}


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Alone it shows what is set; `21:30`, `off`, `on`, `quiet 23:00-07:00` and `quiet off` set it at once."""
    first, _, more = rest.lower().partition(" ")
    if not rest:
        return await _page(house, person)
    if rest.lower() in _OFF:
        return await _switched(house, person, message, False)
    if rest.lower() in _ON:
        return await _switched(house, person, message, True)
    if first in _QUIET:
        return await _quieted(house, person, message, more.removeprefix("시간").strip())
    if (at_min := minutes_in(rest)) is None:
        return Told(replies=(note(person, "remind.which"),))
    return await _set(house, person, message, at_min)


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A button of the page: `at 2130`, `quiet 2300-0700`, `on`, `off`, `page`."""
    what, value = press.arg(0), press.arg(1)
    if what == "at" and (at_min := _minutes(value)) is not None:
        return await _set(house, person, message, at_min)
    if what == "quiet":
        return await _quieted(house, person, message, value)
    if what in ("on", "off"):
        return await _switched(house, person, message, what == "on")
    return await _page(house, person)


PRESSES = {"remind": pressed}


def _minutes(text: str) -> int | None:
    digits = text.replace(":", "")
    hour, minute = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    if not (hour.isdecimal() and minute.isdecimal()) or int(hour) > 23 or int(minute) > 59:
        return None
    return int(hour) * 60 + int(minute)


async def _set(house: House, person: Person, message: Message, at_min: int) -> Told:
    """From now on at that minute, in this chat; never inside of the quiet hours."""
    known = await house.store.reminder(person.id)
    quiet = known.quiet if known is not None else Reminder(person.id, "", "", 0).quiet
    if reminders.is_quiet(quiet, at_min):
        return await _page(
            house, person, say(person.language, "remind.at_is_quiet", time=clock(at_min), quiet=_span(quiet))
        )
    zone, now = zone_of(person), house.now()

    def asked(reminder: Reminder | None) -> Reminder:
        wanted = reminder or Reminder(person.id, "", "", at_min)
        wanted = replace(wanted, platform=message.platform, chat_id=message.chat_id, at_min=at_min)
        return reminders.planned(replace(wanted, on=True, paused=False, unanswered=0), zone, now)

    await house.store.change_reminder(person.id, asked)
    told = await _page(house, person)
    if not whereabouts.is_unknown(person) or (known is not None and known.on and known.sent_at is not None):
        return told
    return Told(replies=(*told.replies, await whereabouts.asked(house, person)))


async def _switched(house: House, person: Person, message: Message, on: bool) -> Told:
    known = await house.store.reminder(person.id)
    if known is None:
        return await _page(house, person)
    if on:
        return await _set(house, person, message, known.at_min)
    await reminders.change(house, person, on=False, paused=False, unanswered=0)
    return await _page(house, person)


async def _quieted(house: House, person: Person, message: Message, text: str) -> Told:
    """Other quiet hours, or none; never such that they swallow the reminder itself."""
    quiet = None
    if text not in _OFF:
        span = _SPAN.fullmatch(text)
        begin, end = (_minutes(span["begin"]), _minutes(span["end"])) if span is not None else (None, None)
        if begin is None or end is None:
            return Told(replies=(note(person, "remind.which"),))
        quiet = (begin, end)
    known = await house.store.reminder(person.id)
    if known is None:  # chosen before a time: kept, and nothing is sent until there is one
        asked = Reminder(person.id, message.platform, message.chat_id, 21 * 60 + 30, on=False, quiet=quiet)
        await house.store.change_reminder(person.id, lambda reminder: reminder or asked)
        return await _page(house, person)
    if known.on and reminders.is_quiet(quiet, known.at_min):
        words = say(person.language, "remind.quiet_swallows", time=clock(known.at_min), quiet=_span(quiet))
        return await _page(house, person, words)
    await reminders.change(house, person, quiet=quiet)
    return await _page(house, person)


async def _page(house: House, person: Person, words: str = "") -> Told:
    return Told(replies=(page(house, person, await house.store.reminder(person.id), words),))


def page(house: House, person: Person, reminder: Reminder | None, words: str = "") -> Reply:
    """What is set, and a button for everything that can be."""
    active = reminder is not None and reminder.on and not reminder.paused
    lines = [words, _state_line(person, reminder)]
    lines.append(say(person.language, "remind.quiet", quiet=_span(reminder.quiet)) if reminder is not None else "")
    lines.append(say(person.language, "remind.how"))
    return Reply(
        text="\n".join(filter(None, lines)),
        buttons=_buttons(house, person, reminder, active),
        slot="remind",
        sender="house",
    )


def _state_line(person: Person, reminder: Reminder | None) -> str:
    if reminder is None or not reminder.on:
        return say(person.language, "remind.off")
    if reminder.paused:
        return say(person.language, "remind.resting", time=clock(reminder.at_min))
    return say(
        person.language, "remind.on", time=clock(reminder.at_min), zone=zones.city(person.time_zone, person.language)
    )


def _buttons(house: House, person: Person, reminder: Reminder | None, active: bool) -> tuple[tuple[Button, ...], ...]:
    chosen = clock(reminder.at_min) if reminder is not None and active else ""
    rows = [
        tuple(
            house.labelled(
                person,
                ("✓ " if one == chosen else "") + one,
                "remind",
                "at",
                one.replace(":", ""),
                chosen=one == chosen,
            )
            for one in TIMES
        )
    ]
    if reminder is None:
        return tuple(rows)
    if active:
        rows.append(
            tuple(
                house.button(
                    person, key, "remind", "at", clock((reminder.at_min + by) % reminders.DAY_MIN).replace(":", "")
                )
                for key, by in (("button.earlier", -STEP_MIN), ("button.later", STEP_MIN))
            )
        )
    rows.append(tuple(_quiet_button(house, person, reminder, span) for span in QUIET))
    rows.append(
        (
            house.button(
                person, "button.remind_off" if active else "button.remind_on", "remind", "off" if active else "on", ""
            ),
        )
    )
    return tuple(rows)


def _quiet_button(house: House, person: Person, reminder: Reminder, span: str) -> Button:
    quiet = None
    if span != "off":
        begin, end = (_minutes(part) or 0 for part in span.split("-"))
        quiet = (begin, end)
    chosen = reminder.quiet == quiet
    label = say(person.language, "button.quiet_off") if quiet is None else f"🌙 {quiet[0] // 60}–{quiet[1] // 60}"
    return house.labelled(person, ("✓ " if chosen else "") + label, "remind", "quiet", span, chosen=chosen)


def _span(quiet: tuple[int, int] | None) -> str:
    return f"{clock(quiet[0])}–{clock(quiet[1])}" if quiet is not None else "–"
