"""Somebody is reminded: at their time, on empty days, in their chat; never at night, never after a crisis, never for ever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot import keeping, reminders
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat

SEOUL = ZoneInfo("Asia/Seoul")
ASKED = datetime(2026, 11, 20, 12, 0, tzinfo=SEOUL).astimezone(UTC)


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    chat.at = ASKED
    await introduced(chat)
    yield chat
    await chat.close()


def at(day: int, clock: str, zone=SEOUL) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=zone).astimezone(UTC)


async def tick(chat, when: datetime | None = None) -> list[str]:
    """Two looks at the clock; returns what was said."""
    chat.at = when or chat.at
    before = len(chat.screen.shown)
    for _ in range(2):  # a day that was missed is left out first, then comes today
        for person_id in await chat.house.store.reminders_due(chat.house.now()):
            await reminders.remind(chat.house, person_id)
    return [reply.text for reply in list(chat.screen.shown.values())[before:]]


def last(chat) -> str:
    return chat.screen.replies()[-1].text


async def test_it_is_off_until_it_is_asked_for_and_set_by_buttons(chat):
    assert await tick(chat, at(21, "21:30")) == []
    chat.at = at(21, "22:00")
    await chat.says("/remind")
    assert "꺼져 있어요" in last(chat)
    await chat.presses("21:30")
    shown = chat.screen.replies()[-1]
    assert "매일 21:30" in shown.text and "23:00–07:00" in shown.text and "서울 시간" in shown.text
    assert len(shown.buttons) <= 5 and max(map(len, shown.buttons)) <= 5
    await chat.presses("30분 늦게")
    await chat.presses("30분 늦게")
    assert "매일 22:30" in last(chat)
    await chat.presses("30분 늦게")  # 23:00 is quiet
    assert "조용한 시간" in last(chat) and "매일 22:30" in last(chat)
    await chat.presses("🌙 없음")
    await chat.presses("30분 늦게")
    assert "매일 23:00" in last(chat)
    await chat.presses("🌙 23–7")
    assert "먼저 옮겨" in last(chat) and (await chat.house.store.reminder((await chat.person()).id)).quiet is None
    await chat.presses("🔕 알림 끄기")
    assert "꺼져 있어요" in last(chat) and await tick(chat, at(22, "23:00")) == []
    await chat.presses("🔔 알림 켜기")
    assert "매일 23:00" in last(chat)
    assert len([reply for reply in chat.screen.replies() if reply.slot.startswith("remind")]) == 1


async def test_it_is_set_by_a_line_too(chat):
    for line, said in [
        ("/remind 오후 9시 30분", "매일 21:30"), ("/remind 조용 22:00-08:00", "22:00–08:00"), ("/remind quiet 21:00-6:00", "먼저 옮겨"),
        ("/remind 끄기", "꺼져 있어요"), ("/remind on", "매일 21:30"), ("/remind quiet off", "–에는"), ("/remind 언젠가", "잘 모르겠어요"),
        ("/remind quiet 가", "잘 모르겠어요"), ("/remind 25:00", "잘 모르겠어요"),
    ]:  # fmt: skip
        await chat.says(line)
        assert said in last(chat) or said == "–에는", line


async def test_only_an_empty_day_is_reminded_of_once_at_its_minute(chat):
    await chat.says("/remind 21:30")
    assert await tick(chat, at(20, "21:30")) == []  # written today: in the first conversation
    assert await tick(chat, at(21, "21:29")) == []
    said = await tick(chat, at(21, "21:30"))
    assert len(said) == 1 and said[0]
    assert await tick(chat) == [] and await tick(chat, at(21, "23:59")) == []
    chat.at = at(22, "10:00")
    await chat.says("오늘은 썼다")
    assert await tick(chat, at(22, "21:30")) == []
    assert len(await tick(chat, at(23, "21:30"))) == 1


async def test_a_reminder_is_answered_by_one_tap(chat):
    person = await chat.person()
    await chat.says("/remind 21:30")
    await tick(chat, at(21, "21:30"))
    await chat.presses("기분만 남기기")
    await chat.presses("🙂")
    await chat.presses("▆")
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "기분: 🙂 기쁨 · 기운 ●●●●○" and entry.date.isoformat() == "2026-11-21"


async def test_it_goes_to_the_chat_where_it_was_asked_for(chat):
    await chat.says("/remind 21:30")
    person = await chat.person()
    other = Chat(chat.house, chat.screen, account="other")
    other.at = chat.at
    await other.says("다른 사람의 글")
    await tick(chat, at(21, "21:30"))
    line = (await chat.house.store.chat_log("web", "me"))[-1]
    assert line.sending.key == f"{person.id}.remind.2026-11-21" and line.sending.chat_id == "me"


async def test_a_bot_that_was_away_reminds_late_but_not_much_later_and_never_at_night(chat):
    await chat.says("/remind 21:30")
    assert len(await tick(chat, at(21, "22:59"))) == 1
    assert await tick(chat, at(22, "23:40")) == []  # over two hours late
    assert await tick(chat, at(25, "12:00")) == []
    assert len(await tick(chat, at(25, "21:30"))) == 1
    await chat.says("/remind 22:30")
    assert await tick(chat, at(27, "23:05")) == []  # half an hour late, and quiet by now
    assert len(await tick(chat, at(28, "22:30"))) == 1


async def test_a_kill_between_saying_and_noting_reminds_once(chat, monkeypatch):
    await chat.says("/remind 21:30")
    await tick(chat, at(20, "21:30"))
    change = chat.house.store.change_reminder

    async def killed(*_args):
        raise ConnectionError("killed")

    monkeypatch.setattr(chat.house.store, "change_reminder", killed)
    with pytest.raises(ConnectionError):
        await tick(chat, at(21, "21:30"))
    monkeypatch.setattr(chat.house.store, "change_reminder", change)
    sent = chat.screen.sent
    assert await tick(chat) == [] and chat.screen.sent == sent
    person = await chat.person()
    known = await chat.house.store.reminder(person.id)
    assert known.unanswered == 1 and known.next_at == at(22, "21:30")


async def test_after_five_without_an_answer_it_says_so_once_and_rests(chat):
    await chat.says("/remind 21:30")
    said = [await tick(chat, at(20 + n, "21:30")) for n in range(1, 10)]
    assert [len(one) for one in said] == [1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert "5번 알려 드렸는데" in said[5][0] and not any("알려 드렸는데" in one[0] for one in said[:5])
    assert len({one[0] for one in said[:5]}) > 1  # not the same line every day
    await chat.presses("다시 알려 주세요")
    assert "매일 21:30" in last(chat)
    assert len(await tick(chat, at(30, "21:30"))) == 1


async def test_any_answer_begins_the_count_anew(chat):
    await chat.says("/remind 21:30")
    for n in range(1, 5):
        await tick(chat, at(20 + n, "21:30"))
    chat.at = at(25, "09:00")
    await chat.says("/help")
    for n in range(5, 10):
        assert len(await tick(chat, at(20 + n, "21:30"))) == 1
    assert not (await chat.house.store.reminder((await chat.person()).id)).paused


@pytest.mark.parametrize("calm", [False, True])
async def test_none_for_two_days_after_a_crisis_line_however_calm_they_are_since(chat, calm):
    await chat.says("/remind 21:30")
    chat.at = at(21, "21:00")
    await chat.says("이제 정말 죽고 싶다")
    person = await chat.person()
    if calm:
        await chat.house.store.change_safety_state(person.id, lambda _state: None)
        await chat.house.store.purge_entry((await chat.house.store.latest_entry(person.id)).id)
    assert await tick(chat, at(22, "21:30")) == []
    assert len(await tick(chat, at(23, "21:30"))) == (1 if calm else 0)
    assert len(await tick(chat, at(24, "21:30"))) == 1


async def test_moving_to_another_time_zone_moves_it(chat):
    await chat.says("/remind 21:30")
    chat.at = at(21, "10:00")
    await chat.says("/profile 시간대 Europe/Berlin")
    assert await tick(chat, at(21, "21:30")) == []
    assert len(await tick(chat, at(21, "21:30", ZoneInfo("Europe/Berlin")))) == 1
    await chat.says("/profile 시간대 Asia/Seoul")
    assert await tick(chat, at(22, "21:29")) == [] and len(await tick(chat, at(22, "21:30"))) == 1


async def test_a_platform_that_is_switched_off_stops_nobody(chat):
    await chat.says("/remind 21:30")
    platforms, chat.house.platforms = chat.house.platforms, {}
    assert await tick(chat, at(21, "21:30")) == []
    chat.house.platforms = platforms
    assert len(await tick(chat, at(22, "21:30"))) == 1


async def test_the_housekeeper_looks_often_enough_and_opens_nobody_who_is_not_due(chat, monkeypatch):
    assert chat.house.settings.work.remind_every_s <= 30
    for n in range(20):
        await chat.house.store.person_of("web", f"other{n}")
    await chat.says("/remind 21:30")
    await tick(chat, at(20, "21:30"))
    chat.at = at(21, "21:30")
    opened, person = [], chat.house.store.person

    async def counted(person_id):
        opened.append(person_id)
        return await person(person_id)

    monkeypatch.setattr(chat.house.store, "person", counted)
    work = chat.house.settings.work.model_copy(update={"remind_every_s": 0.02})
    chat.house.settings = chat.house.settings.model_copy(update={"work": work})
    sent = chat.screen.sent

    async def nothing():
        pass

    task = asyncio.create_task(keeping.keep_house(chat.house, chat.house.store.delete_unconsented, nothing))
    async with asyncio.timeout(10):
        while chat.screen.sent == sent:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert chat.screen.sent == sent + 1 and opened == [(await chat.person()).id]


async def test_what_a_person_changes_while_it_is_sent_stays_changed(chat, monkeypatch):
    await chat.says("/remind 21:30")
    said = reminders.say_once

    async def meanwhile(*args):
        await said(*args)
        await chat.says("/remind off", after_s=0)

    monkeypatch.setattr(reminders, "say_once", meanwhile)
    await tick(chat, at(21, "21:30"))
    known = await chat.house.store.reminder((await chat.person()).id)
    assert not known.on and known.next_at is None and known.unanswered == 1
