"""A day may be named as people write it; one that can't be meant is asked about, and no word is lost meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import days, hearing
from core.entities import Kind
from tests.fakes.discord_house import until
from tests.fakes.in_process import Chat

TODAY = date(2026, 5, 4)


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.of_a_friend(tmp_path)
    yield chat
    await chat.close()


async def kept(chat: Chat) -> dict[str, date]:
    """Every entry with its day."""
    person = await chat.person()
    return {line.summary: line.date for line in await chat.house.store.lines(person.id)}


@pytest.mark.parametrize(
    ("typed", "day", "words"),
    [
        ("2026-04-12 방 청소", date(2026, 4, 12), "방 청소"),
        ("2026.05.03", date(2026, 5, 3), ""),
        ("2026. 5. 3. 바다에 갔다", date(2026, 5, 3), "바다에 갔다"),
        ("5월 3일 바다에 갔다", date(2026, 5, 3), "바다에 갔다"),
        ("5월 3일에 바다에 갔다", date(2026, 5, 3), "바다에 갔다"),
        ("5월 5일 바다에 갔다", date(2025, 5, 5), "바다에 갔다"),
        ("5월 3일 (일) 바다에 갔다", date(2026, 5, 3), "바다에 갔다"),
        ("2025년 12월 25일 목요일: 트리를 꾸몄다", date(2025, 12, 25), "트리를 꾸몄다"),
        ("May 3 we went to the sea", date(2026, 5, 3), "we went to the sea"),
        ("May 5", date(2025, 5, 5), ""),
        ("Sat, May 2, 2026 the sea", date(2026, 5, 2), "the sea"),
        ("3rd of May the sea", date(2026, 5, 3), "the sea"),
        ("12/25/2025 a tree", date(2025, 12, 25), "a tree"),
        ("25.12.2025 a tree", date(2025, 12, 25), "a tree"),
        ("29 Feb a leap", date(2024, 2, 29), "a leap"),
        ("벚꽃 보러 갔다", None, "벚꽃 보러 갔다"),
        ("maybe 5 people came", None, "maybe 5 people came"),
        ("May 100 people come", None, "May 100 people come"),
        ("3/4 of the cake was gone", None, "3/4 of the cake was gone"),
        ("5월에 바다에 갔다", None, "5월에 바다에 갔다"),
        ("3일 전에 산 우산을 잃어버렸다", None, "3일 전에 산 우산을 잃어버렸다"),
    ],
)
def test_a_day_that_is_typed_first(typed, day, words):
    assert days.read(typed, TODAY) == days.Asked(day, words)


@pytest.mark.parametrize("typed", ["2026-13-45", "5월 45일", "3/4/2026", "Feb 30"])
def test_a_day_that_is_none_is_told_from_words(typed):
    assert days.read(typed, TODAY) == days.Asked(None, "", typed)
    assert days.read(f"{typed} 바다에 갔다", TODAY) == days.Asked(None, f"{typed} 바다에 갔다", typed)


@given(named=st.text(max_size=20), words=st.text(max_size=30).map(str.strip))
def test_which_field_was_filled_in_is_never_forgotten(named, words):
    read = days.read(days.fielded(named, words, TODAY), TODAY)
    said = named.replace("«", "").replace("»", "").strip()
    day = days.counted_back(said, TODAY) or days.day_in(said, TODAY)
    assert read == days.Asked(day, words, said if day is None else "")


@pytest.mark.parametrize(
    "form", ["{0.month}월 {0.day}일", "{0.year}.{0.month:02}.{0.day:02}", "{0.year}. {0.month}. {0.day}."]
)
async def test_words_are_kept_for_the_day_that_was_named(chat, form):
    day = chat.house.today(await chat.person()) - timedelta(days=20)
    await chat.says(f"/yesterday {form.format(day)} 바다에 갔다")
    assert await kept(chat) == {"바다에 갔다": day}
    assert f"{day.month}월 {day.day}일" in chat.screen.replies()[0].text


async def test_a_day_alone_is_for_the_next_words(chat):
    day = chat.house.today(await chat.person()) - timedelta(days=20)
    await chat.says(f"/yesterday {day.month}월 {day.day}일")
    assert not await kept(chat) and f"{day.month}월 {day.day}일" in chat.screen.replies()[-1].text
    await chat.says("바다에 갔다")
    assert await kept(chat) == {"바다에 갔다": day}


@pytest.mark.parametrize(
    ("named", "said"), [("5월 45일", "(“5월 45일”)를 알아보지 못해서"), ("2999-01-01", "아직 오지 않은 날")]
)
async def test_a_day_that_cannot_be_is_asked_about_and_set_right_by_a_press(chat, named, said):
    yesterday = chat.house.today(await chat.person()) - timedelta(days=1)
    await chat.says(f"/yesterday «{named}» 바다에 갔다")
    asked = chat.screen.replies()[0]
    assert said in asked.text and await kept(chat) == {"바다에 갔다": yesterday}
    other = yesterday - timedelta(days=3)
    await chat.presses(f"{other.month}월 {other.day}일")
    assert await kept(chat) == {"바다에 갔다": other}
    assert (
        chat.screen.replies()[0].text
        == f"📅 {other.year}년 {other.month}월 {other.day}일 "
        + "월화수목금토일"[other.weekday()]
        + "요일의 일기로 옮겨 두었어요."
    )


async def test_or_by_naming_it(chat):
    await chat.says("/yesterday 2026-13-45 바다에 갔다")
    day = chat.house.today(await chat.person()) - timedelta(days=40)
    await chat.says(f"{day.month}월 {day.day}일")
    assert await kept(chat) == {"2026-13-45 바다에 갔다": day} and "옮겨 두었어요" in chat.screen.replies()[-1].text
    await chat.says("오늘은 산에 갔다")
    assert (await kept(chat))["오늘은 산에 갔다"] == chat.house.today(await chat.person())


async def test_whoever_goes_on_writing_is_not_asked_again(chat):
    await chat.says("/yesterday 2026-13-45 바다에 갔다")
    await chat.says("오늘은 산에 갔다")
    await chat.says("5월 3일")  # a short line of today, now
    today = chat.house.today(await chat.person())
    assert (await kept(chat)) == {
        "2026-13-45 바다에 갔다": today - timedelta(days=1), "오늘은 산에 갔다": today, "5월 3일": today,
    }  # fmt: skip


async def test_a_date_names_the_day_of_the_entry_that_was_asked_about_last(chat):
    await chat.says("/yesterday 2026-13-45 바다에 갔다")
    today = chat.house.today(await chat.person())
    other = today - timedelta(days=4)
    await chat.presses(f"{other.month}월 {other.day}일")
    await chat.says("/yesterday 2026-13-46 산에 갔다")
    await chat.says(f"{other.month}월 {other.day}일에는")  # no day alone would have been enough for the first
    await chat.says("/yesterday 2026-13-47 들에 갔다")
    last = today - timedelta(days=30)
    await chat.says(f"{last.month}월 {last.day}일")
    days_of = await kept(chat)
    assert days_of["2026-13-45 바다에 갔다"] == other and days_of["2026-13-47 들에 갔다"] == last
    assert days_of["2026-13-46 산에 갔다"] == other


async def test_an_answer_that_is_cut_off_is_no_diary_line(chat):
    await chat.says("/yesterday 2026-13-45 바다에 갔다")
    day = chat.house.today(await chat.person()) - timedelta(days=3)
    message = chat._message("cut", text=f"{day.month}월 {day.day}일")
    await chat.house.store.keep_with(message, lambda connection, person_id: None)
    for _ in range(2):
        await hearing.guarded_and_told(message.id)
    assert await kept(chat) == {"2026-13-45 바다에 갔다": day}
    assert sum("옮겨 두었어요" in one.text for one in chat.screen.replies()) == 1


async def test_only_a_day_that_is_none_keeps_nothing_and_asks(chat):
    await chat.says("/yesterday «지난주 언젠가»")
    asked = chat.screen.replies()[-1]
    assert "(“지난주 언젠가”)를 알아보지 못했어요" in asked.text and len(asked.buttons) == 5 and not await kept(chat)


async def test_a_crisis_line_for_another_day_is_kept_for_that_day(chat):
    day = chat.house.today(await chat.person()) - timedelta(days=20)
    await chat.says(f"/yesterday {day.month}월 {day.day}일 죽고 싶다")
    [entry_id] = await chat.house.store.every_entry((await chat.person()).id)
    entry = await chat.house.store.entry(entry_id)
    assert (entry.text, entry.date) == ("죽고 싶다", day) and "109" in chat.reads()


async def test_an_edit_changes_the_words_and_leaves_the_day(chat):
    day = chat.house.today(await chat.person()) - timedelta(days=20)
    line = await chat.says(f"/yesterday {day.month}월 {day.day}일 산에 갔다")
    await chat.says(f"/yesterday {day.month}월 {day.day}일 산에 두 번 갔다", kind=Kind.EDIT, target=line)
    [entry_id] = await chat.house.store.every_entry((await chat.person()).id)
    entry = await chat.house.store.entry(entry_id)
    assert (entry.text, entry.date) == ("산에 두 번 갔다", day)


async def test_on_discord_the_field_says_which_day(discord, on_discord):
    on_discord.house.settings.work.__dict__["join_s"] = 0.0
    jiwoo, store = discord.person(locale="ko"), on_discord.house.store
    await jiwoo.says("느린 날")
    await on_discord.quiet(1)
    today = on_discord.house.today(await store.person_of("discord", on_discord.kept[0].account))
    fields = (
        {"날짜": "5월 5일", "내용": "바다에 갔다"},
        {"날짜": "언젠가", "내용": "산에 갔다"},
        {"내용": "5월 5일에 산 옷을 입었다"},
    )
    for n, given_ in enumerate(fields, 2):
        await jiwoo.slash("어제", **given_)
        await until(lambda n=n: len(on_discord.kept) == n)
        await on_discord.quiet()
    found = {entry.text: entry.date for one in on_discord.kept[1:] for entry in [await store.entry(one.id)]}
    named = days.day_in("5월 5일", today)
    yesterday = today - timedelta(days=1)
    assert found == {"바다에 갔다": named, "산에 갔다": yesterday, "5월 5일에 산 옷을 입었다": yesterday}
    asked = next(one for one in jiwoo.shown if "(“언젠가”)를 알아보지 못해서" in one.text)
    other = yesterday - timedelta(days=2)
    await jiwoo.presses(asked.id, f"{other.month}월 {other.day}일 ({'월화수목금토일'[other.weekday()]})")
    await on_discord.quiet(5)
    assert (await store.entry(on_discord.kept[2].id)).date == other


async def test_a_page_takes_the_same_days(discord, listener):
    jiwoo = discord.person(locale="ko")
    for n, named in enumerate(("5월 5일", "May 5", "5/5/2026", "2026.05.05")):
        page = await jiwoo.slash("쓰기")
        await jiwoo.submits(page, {"text": "바다", "date": named})
        await until(lambda n=n: len(listener.kept) == n + 1)
        day = listener.kept[-1].entry_date
        assert (day.month, day.day) == (5, 5) and not listener.kept[-1].refused
