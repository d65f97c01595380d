"""When a reminder is due: on every day of every zone at most once, at the time that was chosen, whatever the clocks do."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.remind import minutes_in
from bot.reminders import is_quiet, moment, planned
from core.entities import Reminder

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
ZONES = sorted(
    name for name in available_timezones() if not name.startswith(("posix", "right", "localtime", "Factory"))
)[:: 1 if os.environ.get("EMOSEUM_SOAK") else 6]  # `make soak` looks at every one


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """Every moment at which the clocks of a zone are changed, to the second."""
    zone, found, step = ZoneInfo(name), [], timedelta(days=7)
    at, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while at < LAST:
        after = at + step
        now = after.astimezone(zone).utcoffset()
        if now != offset:
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
            found.append(high)
            after = high
            now = high.astimezone(zone).utcoffset()
        at, offset = after, now
    return tuple(found)


def clocks(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """(moment, what the clocks show) for every minute from a day before to a day after that day."""
    begin = datetime.combine(day, time(), UTC) - timedelta(hours=40)
    minutes = (begin + timedelta(minutes=n) for n in range(100 * 60))
    return [(at, at.astimezone(zone).replace(tzinfo=None)) for at in minutes]


def by_looking(day: date, at_min: int, zone: ZoneInfo) -> datetime | None:
    """The same found the slow way: the first minute on which the clocks show it or, for the first time, have passed it."""
    wall = datetime.combine(day, time()) + timedelta(minutes=at_min)
    shown = clocks(day, zone)
    if not any(local.date() == day for _at, local in shown):
        return None
    return (
        next(at for at, local in shown if local == wall)
        if any(local == wall for _at, local in shown)
        else next(at for at, local in shown if local > wall)
    )


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_around_every_change_of_the_clocks_it_is_what_looking_would_find(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in ZONES if changes(name)]))
    zone = ZoneInfo(name)
    changed = data.draw(st.sampled_from(changes(name)))
    day = changed.astimezone(zone).date() + timedelta(days=data.draw(st.integers(-2, 1)))
    around = changed.astimezone(zone).hour * 60 + changed.astimezone(zone).minute
    near = st.integers(-130, 130).map(lambda by: (around + by) % 1440)
    at_min = data.draw(st.one_of(near, st.integers(0, 1439)))
    assert moment(day, at_min, zone) == by_looking(day, at_min, zone), (name, day, at_min)


@pytest.mark.soak  # `make test` runs it too, with every sixth zone
def test_every_zone_and_every_change_once_a_day_in_order() -> None:
    """All zones, all their changes: ten minutes of the day each, among them those around the change."""
    seen = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for changed in changes(name):
            local = changed.astimezone(zone)
            around = local.hour * 60 + local.minute
            for at_min in {0, 719, 1290, 1439, *((around + by) % 1440 for by in (-90, -60, -30, -1, 0, 30))}:
                days = [local.date() + timedelta(days=n) for n in range(-2, 3)]
                due = [at for day in days if (at := moment(day, at_min, zone)) is not None]
                assert len(due) >= 4 and due == sorted(set(due)), (name, changed, at_min)
                for at in due:
                    wall = at.astimezone(zone)
                    late = wall.hour * 60 + wall.minute - at_min
                    assert wall.second == 0 and (late % 1440) <= 180, (name, changed, at_min, wall)
                seen += 1
    assert seen > 100 * len(ZONES)


@pytest.mark.parametrize(
    ("zone", "day", "at_min", "wanted"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T01:00+00:00"),  # 02:30 does not exist: 03:00
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T00:30+00:00"),  # 02:30 twice: the first
        ("America/New_York", date(2026, 3, 8), 135, "2026-03-08T07:00+00:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 130, "2026-10-03T15:30+00:00"),  # half an hour is skipped
        ("America/Scoresbysund", date(2026, 3, 28), 1410, "2026-03-29T01:00+00:00"),  # over midnight
        ("Pacific/Apia", date(2011, 12, 30), 1290, None),  # a day that never was
        ("Asia/Seoul", date(2026, 11, 21), 1290, "2026-11-21T12:30+00:00"),
    ],
)
def test_well_known_days(zone: str, day: date, at_min: int, wanted: str | None) -> None:
    found = moment(day, at_min, ZoneInfo(zone))
    assert (found and found.isoformat(timespec="minutes")) == wanted


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    at_min=st.integers(0, 1439),
    now=st.datetimes(datetime(2001, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
)
def test_the_next_one_is_never_past_never_far_and_never_of_a_day_that_is_over(zone, at_min: int, now: datetime) -> None:
    reminder = planned(Reminder("p", "web", "me", at_min), zone, now)
    days = []
    for _ in range(4):
        assert reminder.next_at is not None and reminder.day is not None
        assert now < reminder.next_at <= now + timedelta(hours=52)
        days.append(reminder.day)
        now = reminder.next_at
        reminder = planned(replace(reminder, done_for=reminder.day), zone, now)
    assert days == sorted(set(days))


def test_nothing_is_planned_while_off_or_paused() -> None:
    for changed in ({"on": False}, {"paused": True}):
        off = planned(Reminder("p", "web", "me", 600, **changed), ZoneInfo("Asia/Seoul"), FIRST)  # type: ignore[arg-type]
        assert off.next_at is None and off.day is None


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_quiet_hours_are_a_span_of_the_circle(begin: int, end: int, minute: int) -> None:
    inside = (minute - begin) % 1440 < (end - begin) % 1440
    assert is_quiet((begin, end), minute) == inside
    assert not is_quiet(None, minute)


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("21:30", 1290), ("9", 540), ("9시", 540), ("오후 9시 30분", 1290), ("오전 12시", 0), ("오후 12:10", 730), ("9pm", 1260),
        ("9:05 am", 545), ("12am", 0), ("밤 11시", 1380), ("밤 12시", 0), ("아침 7시", 420), ("저녁 7시 반", None), ("24:00", None),
        ("21:75", None), ("13pm", None), ("내일", None), ("", None), ("오후 9pm", None), ("저녁 8:15", 1215), ("00:00", 0),
    ],
)  # fmt: skip
def test_a_time_is_read_as_people_write_it(text: str, minute: int | None) -> None:
    assert minutes_in(text) == minute
