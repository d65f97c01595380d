"""How long a crisis line is remembered: one denial ends nothing, two calm signals or three days do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.entities import Attachment, Kind, Level, Message, Safety, SafetyState
from core.safety.state import LASTS, after, calm, follow_up_time, is_ordinary, quiet

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
HIGH, IMMINENT, CONCERN, NONE, OTHER = (
    Safety(level) for level in (Level.HIGH, Level.IMMINENT, Level.CONCERN, Level.NONE, Level.OTHER)
)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_ordinary_lines_begin_nothing() -> None:
    for safety in (NONE, CONCERN, OTHER):
        assert after(None, safety, NOW) is None


def test_one_denial_does_not_end_it() -> None:
    state = after(None, HIGH, NOW)
    state = calm(state, at(0.02))
    assert state is not None and quiet(state, at(0.02))
    assert calm(state, at(0.5)) == state  # again within the hour: the same signal


def test_two_separate_calm_signals_end_it() -> None:
    state = calm(after(None, HIGH, NOW), at(0.1))
    assert calm(state, at(1.2)) is None


def test_a_text_without_danger_is_no_calm_signal_by_itself() -> None:
    state = calm(after(None, HIGH, NOW), at(0.1))
    assert after(state, NONE, at(1.2)) == state


@pytest.mark.parametrize(
    ("text", "fields", "calm"),
    [
        ("오늘은 산책을 했다", {}, True),
        ("응", {}, False),
        ("/care", {}, False),
        ("/delete all of it", {}, False),
        ("", {"attachments": (Attachment("m", "image/jpeg", 9),)}, False),
        ("저녁에 찍은 사진", {"attachments": (Attachment("m", "image/jpeg", 9),)}, False),
        ("모두 안녕 반가워요", {"private": False}, False),
        ("오늘은 산책을 했다", {"kind": Kind.EDIT, "target": "1"}, False),
    ],
)
def test_only_an_ordinary_line_is_a_calm_signal(text: str, fields: dict[str, Any], calm: bool) -> None:
    assert is_ordinary(Message("1", "web", "c", "a", "p", NOW, text=text, **fields)) is calm


def test_three_days_end_it() -> None:
    state = after(None, HIGH, NOW)
    assert quiet(state, NOW + LASTS - timedelta(minutes=1))
    assert not quiet(state, NOW + LASTS)
    assert after(state, NONE, NOW + LASTS) is None


def test_another_crisis_line_renews_it_and_keeps_the_graver_level() -> None:
    state = calm(after(None, IMMINENT, NOW), at(2))
    assert after(state, HIGH, at(10)) == SafetyState(Level.IMMINENT, at(10))
    assert after(SafetyState(Level.IMMINENT, NOW), HIGH, NOW + LASTS) == SafetyState(Level.HIGH, NOW + LASTS)


def test_concern_is_not_calm() -> None:
    state = calm(after(None, HIGH, NOW), at(2))
    state = after(state, CONCERN, at(3))
    assert calm(state, at(4)) is not None


def test_somebody_elses_danger_changes_nothing() -> None:
    state = after(None, HIGH, NOW)
    assert after(state, OTHER, at(5)) == state


def test_a_clock_that_jumps_back_keeps_it() -> None:
    state = calm(after(None, HIGH, NOW), at(2))
    assert quiet(state, at(-100)) and calm(state, at(-100)) == state


@given(st.lists(st.tuples(st.sampled_from([HIGH, IMMINENT, CONCERN, NONE, OTHER]), st.floats(0, 100)), max_size=12))
def test_never_ended_within_an_hour_of_a_crisis_line(steps: list[tuple[Safety, float]]) -> None:
    state, now, last = None, NOW, None
    for safety, hours in steps:
        now += timedelta(hours=hours)
        state = after(state, safety, now)
        if safety.level.stops_everything:
            last = now
        if last is not None and now - last < timedelta(hours=1):
            assert quiet(state, now)


def test_the_follow_up_comes_the_next_morning_where_they_are() -> None:
    due = follow_up_time(NOW, "Asia/Seoul")  # 07:00 on the 21st there
    assert due == datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert follow_up_time(NOW, "nowhere").hour == 10
