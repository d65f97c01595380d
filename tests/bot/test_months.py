"""A month with something on every day is one message that turns in place, in Telegram and on Discord."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.telegram_render import units
from core.entities import Entry, Purpose, Step, new_id
from tests.bot.test_discord_journey import read, written
from tests.fakes.discord_house import until
from tests.fakes.telegram_house import telegram_house
from tests.fakes.telegram_server import TelegramServer

WORDS = {
    "en": "🏖️ went to the beach with my friends and played there all day long, until it was dark",
    "ko": "🏖️ 친구들이랑 바다에 가서 하루 종일 놀았다. 저녁에는 조개를 구워 먹고 별을 보았다",
}
MAY, APRIL = {"en": "May 2026", "ko": "2026년 5월"}, {"en": "April 2026", "ko": "2026년 4월"}


async def fill(house, platform: str, account: str, language: str, days: int = 31) -> None:
    """Somebody who has written on each of the first days of May, and on three of April."""
    person = await house.house.store.person_of(platform, account, language=language)
    known = {"step": Step.DONE, "name": "Jamie", "language": language}
    await house.house.store.change_person(person.id, lambda now: replace(now, **known))
    await house.house.store.set_consent(person.id, Purpose.STORING, True)
    for month, last in ((5, days), (4, 3)):
        for day in range(1, last + 1):
            at = datetime(2026, month, day, 3, tzinfo=UTC)
            entry = Entry(new_id(), person.id, at.date(), f"{WORDS[language]} {day}", at, platform=platform)
            await house.house.store.save_entry(replace(entry, chat_id=account))


def rest_of(text: str) -> int:
    """How many entries a page says that it does not list."""
    found = re.search(r"… (?:and|그리고) (\d+)", text)
    return int(found[1]) if found else 0


def listed(text: str) -> int:
    return len(re.findall(r"^(?:\w+, (?:May|Apr) \d+|[45]월 \d+일 \(.\)) · .*🏖️", read(text), re.MULTILINE))


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_full_month_in_telegram(tmp_path, language):
    async with TelegramServer() as server, telegram_house(tmp_path, server) as house:
        server.per_chat_per_s = None
        someone = server.person(7, language=language)
        await fill(house, "telegram", "7", language)
        await someone.says("/calendar 2026-05")
        await house.quiet(1)
        [may] = someone.shown
        assert may.photo and may.text.startswith(MAY[language]) and units(may.text) <= 1024
        assert listed(may.text) >= 20 and listed(may.text) + rest_of(may.text) == 31
        days = [button.text for row in may.buttons[:-1] for button in row]
        assert days == [str(day) for day in range(1, 32)] and {len(row) for row in may.buttons[:-2]} == {7}
        pictures = {may.photo}
        for n, (other, entries) in enumerate(((APRIL, 3), (MAY, 31), (APRIL, 3), (MAY, 31)), 2):
            [shown] = someone.shown
            turn = next(button for button in shown.buttons[-1] if other[language] in button.text)
            await someone.presses(shown.message_id, data=turn.data)
            await house.quiet(n)
            [turned] = someone.shown
            assert turned.message_id == may.message_id and turned.text.startswith(other[language])
            assert listed(turned.text) + rest_of(turned.text) == entries
            pictures.add(turned.photo)
        assert len(pictures) > 1
        await someone.presses(may.message_id, "31")
        await house.quiet(n + 1)
        assert len(someone.shown) == 2 and someone.shown[1].text.rstrip().endswith("31")


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_full_month_on_discord_opens_by_weeks(discord, on_discord, language):
    someone = discord.person(7, "J", {"ko": "ko", "en": "en-US"}[language])
    await written(on_discord, someone, "느린 날" if language == "ko" else "a slow day")
    await fill(on_discord, "discord", "7", language)
    before = len(someone.shown)

    async def press(label: str) -> None:
        kept = len(on_discord.kept)
        shown = someone.shown[before]
        [button] = [one for row in shown.buttons for one in row if label in one.label]
        await someone.presses(shown.id, button.custom_id)
        await until(lambda: len(on_discord.kept) > kept)
        await on_discord.quiet()

    kept = len(on_discord.kept)
    await someone.slash("calendar", month="2026-05")
    await until(lambda: len(on_discord.kept) > kept)
    await on_discord.quiet()
    [may] = someone.shown[before:]
    assert may.files and read(may.text).startswith(MAY[language]) and len(may.text) <= 2000
    assert listed(may.text) >= 20 and listed(may.text) + rest_of(may.text) == 31
    assert may.labels[:6] == ["1–2", "3–9", "10–16", "17–23", "24–30", "31"] and len(may.labels) == 8
    for other, entries in ((APRIL, 3), (MAY, 31), (APRIL, 3), (MAY, 31)):
        await press(other[language])
        [turned] = someone.shown[before:]
        assert turned.id == may.id and turned.files and read(turned.text).startswith(other[language])
        assert listed(turned.text) + rest_of(turned.text) == entries
    await press("10–16")
    [week] = someone.shown[before:]
    assert week.labels[:7] == [str(day) for day in range(10, 17)] and listed(week.text) == 7 and not rest_of(week.text)
    assert re.search(r"10.*16", read(week.text).splitlines()[0])
    await press(MAY[language])
    assert [one.labels for one in someone.shown[before:]] == [may.labels]
    await press("10–16")
    await press("12")
    assert len(someone.shown) == before + 2 and someone.shown[-1].text.rstrip().endswith("12")


@pytest.mark.parametrize(("days", "widths"), [(20, [5, 5, 5, 5, 2]), (23, [5, 5, 5, 5, 5])])
async def test_rows_of_days_on_discord_are_full(discord, on_discord, days, widths):
    someone = discord.person(7, "J", "ko")
    await written(on_discord, someone, "안녕")
    await fill(on_discord, "discord", "7", "ko", days)
    before = len(someone.shown)
    await someone.slash("calendar", month="2026-05")
    await until(lambda: len(someone.shown) > before)
    await on_discord.quiet()
    [may] = someone.shown[before:]
    assert [len(row) for row in may.buttons] == widths and may.labels[days - 1] == str(days)
    assert date(2026, 5, 1) <= on_discord.house.today(await on_discord.chat.person())
