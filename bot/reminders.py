"""Somebody is reminded of their diary: once a day at most, when they chose, and only while the day is empty."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.house import House, note, zone_of
from bot.outbox import say_once
from core.entities import Person, Reminder, Reply
from core.phrases import variants
from core.safety import state

LATE = timedelta(hours=2)  # after that a reminder that could not be sent is left out
AFTER_A_CRISIS = timedelta(hours=48)
PATIENCE = 5  # reminders in a row without an answer
DAY_MIN = 24 * 60
_MINUTE = timedelta(minutes=1)


# --- when --------------------------------------------------------------------------------------


def moment(day: date, at_min: int, zone: ZoneInfo) -> datetime | None:
    """When the clocks of a zone show that minute of a day, in UTC; None for a day that the zone left out.

    The first time where they show it twice; where they skip it, the minute that comes instead."""
    found = _clock_shows(datetime.combine(day, time()) + timedelta(minutes=at_min), zone)
    if found.astimezone(zone).date() != day:  # skipped, over midnight: there may have been no such day at all
        begin = _clock_shows(datetime.combine(day, time()), zone)
        if begin.astimezone(zone).date() != day:
            return None
    return found


def _clock_shows(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks show `wall`, or where they never do, the first whole minute after the gap."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # by the offset after the gap, so it lies before it
    after, offset = first, first.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle in (before, after):
            break
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    shown = after.astimezone(zone)
    return after + (_MINUTE - timedelta(seconds=shown.second) if shown.second else timedelta())


def planned(reminder: Reminder, zone: ZoneInfo, after: datetime) -> Reminder:
    """The reminder with the next day that it is for, and when that is due; nothing is due while it is off or paused."""
    if not reminder.on or reminder.paused:
        return replace(reminder, day=None, next_at=None)
    day = after.astimezone(zone).date() - timedelta(days=1)  # whose minute may have been skipped over midnight
    while True:
        due = moment(day, reminder.at_min, zone)
        if due is not None and due > after and (reminder.done_for is None or day > reminder.done_for):
            return replace(reminder, day=day, next_at=due)
        day += timedelta(days=1)


def is_quiet(quiet: tuple[int, int] | None, minute: int) -> bool:
    """True where a minute of the day lies in the quiet hours, which may go over midnight."""
    if quiet is None or quiet[0] == quiet[1]:
        return False
    begin, end = quiet
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def minute_of(moment_: datetime, zone: ZoneInfo) -> int:
    """Minutes after midnight as the clocks show them."""
    shown = moment_.astimezone(zone)
    return shown.hour * 60 + shown.minute


async def change(house: House, person: Person, **changes: object) -> Reminder | None:
    """Change what somebody asked for and plan anew from now; None where they never asked."""
    zone, now = zone_of(person), house.now()

    def changed(reminder: Reminder | None) -> Reminder | None:
        if reminder is None:
            return None
        return planned(replace(reminder, **changes), zone, now)  # type: ignore[arg-type]

    return await house.store.change_reminder(person.id, changed)


# --- one that is due ---------------------------------------------------------------------------


async def remind(house: House, person_id: str) -> None:
    """Send somebody's reminder where it is still wanted, and plan the next. May be cut off and run again anywhere."""
    person, due = await house.store.person(person_id), await house.store.reminder(person_id)
    now, zone = house.now(), zone_of(person)
    if due is None or due.day is None or due.next_at is None or due.next_at > now:
        return None
    done = replace(due, unanswered=0) if await _answered(house, due) else due
    if (moment(due.day, due.at_min, zone) or now + _MINUTE) > now:  # they moved to another time zone meanwhile
        return await _go_on(house, due, planned(done, zone, now), zone)
    if await _is_wanted(house, person, due, due.day, now, zone):
        gives_up = done.unanswered >= PATIENCE
        reply = paused_reply(house, person) if gives_up else reminding_reply(house, person, due.day)
        await say_once(house, person.id, due.platform, due.chat_id, f"{person.id}.remind.{due.day}", reply)
        done = replace(
            done, sent_at=now, done_for=due.day, paused=gives_up, unanswered=0 if gives_up else done.unanswered + 1
        )
    return await _go_on(house, due, planned(replace(done, done_for=due.day), zone, now - LATE), zone)


async def _go_on(house: House, due: Reminder, done: Reminder, zone: ZoneInfo) -> None:
    """Keep how far it has come; what the person changed at this very moment stays changed."""

    def gone_on(current: Reminder | None) -> Reminder | None:
        if current is None or current == due:
            return done if current is not None else None
        kept = replace(current, sent_at=done.sent_at, done_for=done.done_for, unanswered=done.unanswered)
        return planned(kept, zone, house.now())

    await house.store.change_reminder(due.person_id, gone_on)


async def _answered(house: House, due: Reminder) -> bool:
    heard = await house.store.last_heard(due.person_id)
    return due.sent_at is not None and heard is not None and heard > due.sent_at


async def _is_wanted(house: House, person: Person, due: Reminder, day: date, now: datetime, zone: ZoneInfo) -> bool:
    """True where nothing speaks against it: the hour, the day that is not empty, a crisis, a chat that is gone."""
    if due.next_at is None or now - due.next_at > LATE or due.platform not in house.platforms:
        return False
    if is_quiet(due.quiet, minute_of(now, zone)):
        return False
    if person.crisis_at is not None and now - person.crisis_at < AFTER_A_CRISIS:
        return False
    if state.quiet(await house.store.safety_state(person.id), now):
        return False
    return not await house.store.days_written(person.id, day, day)


def reminding_reply(house: House, person: Person, day: date) -> Reply:
    """A friendly line, another one each day, that asks for nothing that one tap could not give."""
    lines = variants(person.language, "remind.line")
    line = lines[day.toordinal() % len(lines)]
    buttons = (
        (house.button(person, "button.mood", "mood"),),
        (house.button(person, "button.remind_page", "remind", "page", ""),),
    )
    return replace(note(person, line), sender="anna", buttons=buttons)


def paused_reply(house: House, person: Person) -> Reply:
    """It is said once that nothing more comes, and how it would come again."""
    again = ((house.button(person, "button.remind_again", "remind", "on", ""),),)
    return replace(note(person, "remind.paused", count=PATIENCE), sender="anna", buttons=again)
