"""Numbers people are shown: right, fresh, and never another country's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.entities import Level, Person
from core.joining import joined
from core.phrases import LANGUAGES, catalogue
from core.safety import answers
from core.safety.answers import (
    ACTIONS,
    answer,
    care,
    check_failed,
    country_set,
    follow_up,
    label,
    link,
    worded_for_discord,
)
from core.safety.hotlines import HOTLINES, OLDEST_DAYS, countries, country_of, every_line, lines_for

DANGER = (Level.HIGH, Level.IMMINENT)
LEVELS = tuple(level for level in Level if level is not Level.NONE)


def test_no_line_is_older_than_half_a_year() -> None:
    today = datetime.now(UTC).date()
    old = [line.id for line in every_line() if line.verified and (today - line.verified_on).days > OLDEST_DAYS]
    assert not old, f"verify again before release: {old}"
    assert all(line.verified_on <= date(2026, 11, 20) or line.verified_on <= today for line in every_line())


def test_the_old_number_is_never_printed() -> None:
    assert "1393" not in "".join(line.number + line.tel for line in every_line())
    for language in LANGUAGES:
        assert "1393" not in "".join(v for k, v in catalogue(language).items() if k.startswith("safety."))
    assert 'number = "1393"' not in Path(HOTLINES).read_text(encoding="utf-8")


def test_every_line_says_where_it_is_from() -> None:
    for line in every_line():
        assert line.source and line.name_ko and line.name_en
        assert line.tel or line.sms or line.url
        assert line.verified or line.note


def test_korea_and_america_have_their_own() -> None:
    assert [line.number for line in lines_for("KR")][:3] == ["112", "119", "109"]
    assert {line.number for line in lines_for("US")} == {"911", "988", "741741"}
    assert "GB" not in countries() and "AU" not in countries()
    assert [line.id for line in lines_for("GB")] == ["directory"]
    assert [line.id for line in lines_for("")] == ["directory"]


@pytest.mark.parametrize(
    ("language", "zone", "country", "expected"),
    [
        ("ko", "Asia/Seoul", "", "KR"), ("en", "Asia/Seoul", "", "KR"), ("ko", "America/Los_Angeles", "", "US"), ("en", "America/Chicago", "", "US"),
        ("en", "America/Indiana/Knox", "", "US"), ("en", "America/Toronto", "", "CA"), ("en", "America/Sao_Paulo", "", ""), ("ko", "Europe/Berlin", "", ""),
        ("en", "", "", ""), ("ko", "", "", "KR"), ("ko", "Asia/Seoul", "us", "US"), ("en", "nonsense", "", ""),
        ("ko", "Asia/Seoul", "other", "OTHER"), ("en", "", "other", "OTHER"),
    ],
)  # fmt: skip
def test_country_is_set_or_guessed_or_nothing(language: str, zone: str, country: str, expected: str) -> None:
    assert country_of(Person(id="p", language=language, time_zone=zone, country=country)) == expected


def numbers(text: str) -> set[str]:
    return set(
        re.findall(r"(?<!\d)(?:1577-0199|1588-9191|741741|1388|911|988|112|119|109|116 123|13 11 14)(?!\d)", text)
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("country", ["KR", "US", "CA", "GB", "OTHER", ""])
def test_never_another_countrys_number(language: str, country: str) -> None:
    own = {line.number for line in lines_for(country)}
    shown = [answer(level, language, country, name="지수") for level in LEVELS]
    shown += [care(action, language, country) for action in ACTIONS]
    shown += [check_failed(language, country), follow_up(language, country), country_set(language, country)]
    for each in shown:
        assert numbers(each.text) <= own
        assert {action.partition(":")[2] for action in each.actions if action.startswith(("call:", "text:"))} <= own
        for action in each.actions:
            assert label(action, language, country)
            if action.startswith(("call:", "text:", "open:")):
                assert link(action, country)


@pytest.mark.parametrize("language", LANGUAGES)
def test_imminent_names_the_emergency_number_first(language: str) -> None:
    korea, america, elsewhere = (answer(Level.IMMINENT, language, country).text for country in ("KR", "US", ""))
    assert {"112", "119"} <= numbers(korea.splitlines()[0])
    assert "911" in numbers(america.splitlines()[0])
    assert not numbers(elsewhere) and "findahelpline.com" in elsewhere
    assert "109" in korea and "988" in america


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_answer_says_what_the_bot_is(language: str, level: Level) -> None:
    text = answer(level, language, "KR", name="지수").text
    assert "지수" in text or level is Level.IMMINENT
    assert "AI" in text
    assert ("전화" in text) if language == "ko" else ("call anyone" in text)


def test_buttons_of_each_level() -> None:
    assert answer(Level.HIGH, "ko", "KR").actions == ("call:109", "text:109", "plan", "breathe", "okay", "country")
    assert answer(Level.IMMINENT, "ko", "KR").actions[:3] == ("call:112", "call:119", "call:109")
    assert "resources" in answer(Level.CONCERN, "ko", "KR").actions
    assert answer(Level.NONE, "ko", "KR").text == ""
    assert link("text:741741", "US") == "sms:741741?body=HOME"
    assert link("call:109", "US") == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", DANGER)
def test_discord_has_a_word_of_its_own(language: str, level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    said = answer(level, language, "US").text
    assert "HOME" in said and "DISCORD" not in said
    there = worded_for_discord(said)
    assert "DISCORD" in there and "HOME" not in there
    assert worded_for_discord("HOME sweet HOME") == "HOME sweet HOME"

    def broken() -> None:
        raise OSError("no numbers")

    monkeypatch.setattr(answers, "every_line", broken)
    assert worded_for_discord(said) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", LEVELS)
def test_in_a_group_one_neutral_line(language: str, level: Level) -> None:
    said = answer(level, language, "KR", group=True, name="지수")
    assert "\n" not in said.text and not numbers(said.text) and not said.actions
    assert not re.search("자살|죽|위기|suicide|die|crisis|지수", said.text)


def test_words_that_are_never_said() -> None:
    forbidden = {
        "ko": "힘내|파이팅|화이팅|별거 아니|비밀로 할게|비밀 지켜|구해 줄|구해줄|살려 줄|우울증이|진단|처방|목을|번개탄|수면제|투신|알약",
        "en": r"cheer up|stay strong|not a big deal|keep (?:this|it) between us|i will save|i'll save|you have depression|diagnos|overdose|hang yourself|\bpills\b|\brope\b",
    }
    for language in LANGUAGES:
        words = [v for k, v in catalogue(language).items() if k.startswith("safety.")]
        assert len(words) > 40
        assert not [each for each in words if re.search(forbidden[language], each, re.I)]
    assert {k for k in catalogue("ko") if k.startswith("safety.")} == {
        k for k in catalogue("en") if k.startswith("safety.")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_everything_broken_words_remain(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise OSError("no catalogue")

    monkeypatch.setattr(answers, "say", broken)
    assert {"112", "119", "109"} <= numbers(answer(Level.HIGH, language, "KR").text)
    elsewhere = answer(Level.HIGH, language, "US").text
    assert "findahelpline.com" in elsewhere and not numbers(elsewhere)


def test_a_country_that_is_none_of_ours_is_kept_in_a_joined_diary() -> None:
    elsewhere, seoul = Person(id="p", time_zone="Asia/Seoul", country="other"), Person(id="q", time_zone="Asia/Seoul")
    assert country_of(joined(elsewhere, seoul)) == country_of(joined(seoul, elsewhere)) == "OTHER"
    assert [line.id for line in lines_for("OTHER")] == ["directory"]
    assert answer(Level.HIGH, "ko", "OTHER").actions[-1] == "country"  # they have said it: nobody asks first
