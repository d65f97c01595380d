"""Somebody whose platform does not say where they live is asked, once it matters, and their day is their own from then on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import entries, hearing, reminders, zones
from core.entities import utc_now
from tests.bot.test_reminding import last, tick
from tests.fakes.discord_house import until
from tests.fakes.in_process import Chat

WINTER = datetime(2026, 1, 15, 12, 43, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 12, 43, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


class Nowhere(Chat):
    """A chat on a platform that tells no time zone."""

    async def person(self):
        return await self.house.store.person_of("web", self.account, language=self.language)

    def _message(self, platform_message_id, **fields):
        from dataclasses import replace

        return replace(super()._message(platform_message_id, **fields), time_zone="")


@pytest.fixture
async def chat(tmp_path):
    chat = await Nowhere.of_a_friend(tmp_path, "en")
    chat.at = WINTER
    yield chat
    await chat.close()


def labels(chat: Chat) -> list[str]:
    return [button.text for row in chat.screen.replies()[-1].buttons for button in row]


async def test_a_clock_time_gives_a_place_and_the_reminder_comes_by_it(chat):
    await chat.says("/remind 21:30")
    assert last(chat).startswith("What time is it where you are?") and len(labels(chat)) == 20
    await chat.presses("07:44")
    assert (await chat.person()).time_zone == "America/New_York"
    assert "I'll go by New York time: it's 07:44 there now." in last(chat)
    assert "Every day at 21:30" in last(chat) and "New York time" in last(chat)
    assert labels(chat) == ["✓ New York", "Toronto", "Bogota", "Lima"]
    summer = datetime(2026, 7, 15, 21, 30, tzinfo=NEW_YORK)
    due = await chat.house.store.reminder((await chat.person()).id)
    assert due.next_at == datetime(2026, 1, 15, 21, 30, tzinfo=NEW_YORK)
    assert await tick(chat, datetime(2026, 1, 15, 21, 30, tzinfo=UTC)) == []
    assert len(await tick(chat, datetime(2026, 1, 15, 21, 30, tzinfo=NEW_YORK))) == 1
    await chat.says("hello")
    assert len(await tick(chat, summer.astimezone(UTC))) == 1  # an hour earlier by UTC than in winter


async def test_another_place_with_the_same_clock_is_one_press_away(chat):
    await chat.says("/remind 21:30")
    await chat.presses("07:44")
    count = len(chat.screen.replies())
    await chat.presses("Bogota")
    assert (await chat.person()).time_zone == "America/Bogota" and len(chat.screen.replies()) == count
    assert "✓ Bogota" in labels(chat) and "Bogota time" in last(chat)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("7:45 am", "America/New_York"), ("21:45", "Asia/Seoul"), ("London", "Europe/London"), ("new york", "America/New_York"),
        ("Europe/Berlin", "Europe/Berlin"), ("PST", "America/Los_Angeles"), ("UTC+5:45", "Asia/Kathmandu"),
        ("6:12pm", "Asia/Kolkata"), ("Accra.", "Africa/Accra"), ("utc", "Etc/UTC"),
    ],
)  # fmt: skip
async def test_or_it_is_typed(chat, typed, zone):
    await chat.says("/remind 21:30")
    await chat.says(typed)
    assert (await chat.person()).time_zone == zone and "to change it: /profile zone" in last(chat)
    assert not await chat.house.store.every_entry((await chat.person()).id)
    await chat.says("The dog and I walked to the sea")
    assert len(await chat.house.store.every_entry((await chat.person()).id)) == 1


async def test_morning_or_evening_is_asked_where_nobody_knows(chat):
    await chat.says("/remind 21:30")
    await chat.says("7:45")
    assert last(chat) == "In the morning or in the evening? Choose a place near you."
    assert "New York 07:45" in labels(chat) and "Bangkok 19:45" in labels(chat)
    await chat.presses("Bangkok")
    assert (await chat.person()).time_zone == "Asia/Bangkok"


@pytest.mark.parametrize("line", ["I walked the dog today", "9", "We talked until 3 am", "london was cold today"])
async def test_a_diary_line_is_no_answer_and_ends_the_question(chat, line):
    await chat.says("/remind 21:30")
    await chat.says(line)
    await chat.says("London")
    assert (await chat.person()).time_zone == "UTC"
    assert len(await chat.house.store.every_entry((await chat.person()).id)) == 2


async def test_nobody_is_asked_twice_nor_who_was_known(chat):
    await chat.says("/profile zone Seattle")
    assert (await chat.person()).time_zone == "America/Los_Angeles" and last(chat).endswith(
        "To change it: /profile zone"
    )
    await chat.says("/remind 21:30")
    assert "What time" not in last(chat) and "to change it: /profile zone" in last(chat)


async def test_who_writes_is_asked_once_below_the_second_answer_and_one_press_says_it(chat):
    chat.language = "en-gb"
    await chat.says("I walked the dog today")
    assert "where do you live" not in chat.reads()
    await chat.says("The sea was grey")
    *_, music, asked = chat.screen.replies()
    assert music.audio and "where do you live" in asked.text and labels(chat) == ["London 12:45", "Somewhere else"]
    await chat.says("We had soup")
    assert sum("where do you live" in reply.text for reply in chat.screen.replies()) == 1
    await chat.presses("London")
    assert (await chat.person()).time_zone == "Europe/London"
    assert any("I'll go by London time" in reply.text for reply in chat.screen.replies())
    await chat.says("and bread")
    assert len(await chat.house.store.every_entry((await chat.person()).id)) == 4


async def test_nobody_is_asked_after_a_crisis_line(chat):
    await chat.says("I walked the dog today")
    await chat.says("I want to die")
    await chat.says("The sea was grey")
    assert "where do you live" not in chat.reads()
    chat.at += timedelta(days=4)
    await chat.says("The sea was blue")
    assert "where do you live" in chat.reads()


async def test_a_line_that_joins_an_entry_does_not_ask_anew(chat):
    await chat.says("I walked the dog today")
    await chat.says("The sea was grey")
    before = chat.reads().count("where do you live")
    asked = next(reply for reply in chat.screen.replies() if "where do you live" in reply.text)
    chat.at += timedelta(minutes=5)
    await chat.says("and cold", after_s=2)
    assert before == 1 and next(one for one in chat.screen.replies() if "where do you live" in one.text) == asked


async def test_the_question_gives_way_to_one_that_was_asked_for(chat):
    await chat.says("I walked the dog today")
    await chat.says("The sea was grey")
    person = await chat.person()
    assert person.awaiting.startswith("zone:")
    await entries.await_words(chat.house, person, "e1.1")
    assert (await chat.person()).awaiting == "words:e1"
    await entries.await_words(chat.house, await chat.person(), "e2.1")
    assert (await chat.person()).awaiting == "words:e1"


async def test_somewhere_else_shows_every_clock_and_a_city_may_be_written(chat):
    for line in ("I walked the dog today", "The sea was grey"):
        await chat.says(line)
    assert [label.rpartition(" ")[0] for label in labels(chat)[:3]] == ["London", "New York", "Chicago"]
    await chat.presses("Somewhere else")
    assert len(labels(chat)) == 20
    await chat.says("Berlin")
    assert (await chat.person()).time_zone == "Europe/Berlin"
    assert len(await chat.house.store.every_entry((await chat.person()).id)) == 2


def test_every_place_that_a_language_suggests_is_one():
    for language in ("en", "en-US", "en_GB", "de", "xx", ""):
        for zone in zones.spoken_in(language):
            assert ZoneInfo(zone)
    assert zones.spoken_in("de-AT") == ("Europe/Berlin",) and zones.spoken_in("en-GB") == ("Europe/London",)
    assert all(len(places) <= 6 and all(map(ZoneInfo, places)) for places in zones._SPOKEN.values())


async def test_koreans_are_not_asked(tmp_path):
    chat = await Nowhere.of_a_friend(tmp_path, "ko")
    await chat.says("/remind 21:30")
    assert "서울 시간, 바꾸려면 /profile 시간대" in last(chat)
    await chat.says("/profile 시간대")
    assert "몇 시예요" in last(chat)
    await chat.says("베를린")
    assert (await chat.person()).time_zone == "Europe/Berlin" and "베를린 시간" in last(chat)
    await chat.close()


async def test_who_writes_korean_on_an_english_phone_is_taken_to_live_in_korea(tmp_path):
    chat = await Nowhere.open(tmp_path, "en")
    assert (await chat.person()).time_zone == "UTC"
    await chat.says("오늘 강아지랑 산책했다")
    assert ((await chat.person()).language, (await chat.person()).time_zone) == ("ko", "Asia/Seoul")
    await chat.close()


async def test_an_answer_that_is_cut_off_is_no_diary_line(chat, monkeypatch):
    await chat.says("/remind 21:30")
    message = chat._message("cut", text="London")
    await chat.house.store.keep_with(message, lambda connection, person_id: None)

    async def killed(*_asked, **_changes):
        raise ConnectionError("killed")

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(reminders, "change", killed)
        await hearing.guarded_and_told(message.id)
    for _ in range(2):
        await hearing.guarded_and_told(message.id)
    due = await chat.house.store.reminder((await chat.person()).id)
    assert due.next_at == datetime(2026, 1, 15, 21, 30, tzinfo=ZoneInfo("Europe/London"))
    assert not await chat.house.store.every_entry((await chat.person()).id)
    assert sum("London time" in one.text for one in chat.screen.replies()) == 1


async def test_today_is_theirs_too(chat):
    chat.at = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
    await chat.says("/profile zone New York")
    await chat.says("I baked bread")
    [line] = await chat.house.store.lines((await chat.person()).id)
    assert line.date == date(2026, 1, 14)


async def test_a_place_that_is_none_is_said(chat):
    await chat.says("/profile zone Narnia")
    assert "couldn't find that place" in last(chat) and (await chat.person()).time_zone == "UTC"


def test_real_zones_are_offered_for_every_clock_on_earth():
    for now in (WINTER, SUMMER):
        for minutes in {zones.offset_of(zone, now) for zone in zones.COMMON}:
            for zone in zones.zones_at(minutes, now):
                assert zones.offset_of(zone, now) == minutes and "/" in zone and not zone.startswith("Etc/")
    assert "America/Phoenix" in zones.beside("America/Denver", WINTER)
    assert "America/Phoenix" in zones.beside("America/Los_Angeles", SUMMER)


def test_every_zone_that_we_offer_is_known():
    assert all(ZoneInfo(zone) for zone in {*zones.COMMON, *zones._SHORT.values()})
    for zone in zones.COMMON:
        for language in ("ko", "en"):
            assert zones.zone_in(zones.city(zone, language), WINTER)


# --- on Discord --------------------------------------------------------------------------------


async def test_the_fields_of_profile_change_each_thing(discord, on_discord):
    someone = discord.person(locale="ko")
    store = on_discord.house.store

    async def told(n: int, **fields: str):
        await someone.slash("프로필", **fields)
        await until(lambda: len(on_discord.kept) == n)
        await on_discord.quiet()
        return await store.person_of("discord", on_discord.kept[0].account)

    person = await told(1, 이름="지우")
    assert person.name == "지우" and "이름: 지우" in someone.shown[-1].text
    person = await told(2, 소개="name 이라는 개와 살아요")
    assert (person.name, person.introduction) == ("지우", "name 이라는 개와 살아요")
    person = await told(3, 시간대="뉴욕")
    assert person.time_zone == "America/New_York" and "뉴욕 시간" in someone.shown[-1].text
    person = await told(4, 이름="민수 «형»", 소개="고양이 둘", 시간대="런던")
    assert (person.name, person.introduction, person.time_zone) == ("민수 형", "고양이 둘", "Europe/London")
    await told(5)
    assert "이름: 민수 형" in someone.shown[-1].text and "런던" in someone.shown[-1].text
    profile = next(command for command in discord.commands if command["name"] == "profile")
    assert [one["name"] for one in profile["options"]] == ["name", "about", "zone"]
    assert [one["name_localizations"]["ko"] for one in profile["options"]] == ["이름", "소개", "시간대"]


async def test_who_speaks_english_on_discord_is_asked_and_answers_by_a_press(discord, on_discord):
    someone = discord.person(locale="en-US")
    await someone.slash("remind", time="21:30")
    await until(lambda: len(on_discord.kept) == 1)
    await on_discord.quiet()
    question = someone.shown[-1]
    assert question.text.startswith("What time is it where you are") and len(question.labels) == len(
        set(question.labels)
    )
    at = [utc_now().astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M"), question.labels]
    shown = next(label for label in question.labels if label[:2] == at[0][:2] and label[3:] in (at[0][3:], label[3:]))
    await someone.presses(question.id, shown)
    await on_discord.quiet(2)
    person = await on_discord.house.store.person_of("discord", on_discord.kept[0].account)
    assert zones.offset_of(person.time_zone, utc_now()) == 540
