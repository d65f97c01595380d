"""Presses, slash commands and pages on Discord: kept, acknowledged in time, and nobody is left thinking."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.entities import Button, Kind, Reply, Sending, new_id
from tests.fakes.discord_house import until

DEFERRED, DEFERRED_UPDATE, MESSAGE, FORM = 5, 6, 4, 9


async def shows(house, someone, **reply) -> str:
    """Post a reply into somebody's chat; returns its id there."""
    person = await house.house.store.person_of("discord", str(someone.id))
    sending = Sending(new_id(), new_id(), person.id, "discord", str(someone.dm.id), Reply(**reply))
    return await house.platform.send(sending)


async def test_a_press_is_kept_and_acknowledged_without_a_word(discord, listener):
    jiwoo = discord.person(locale="ko")
    shown = await shows(listener, jiwoo, text="어땠나요?", buttons=((Button("★", "1rate|w|1~abcdefgh"),),))
    interaction = await jiwoo.presses(int(shown), "★")
    assert interaction.acked_after_s < 1 and interaction.response.type == DEFERRED_UPDATE
    (press,) = listener.kept
    assert (press.kind, press.press, press.target, press.language) == (Kind.PRESS, "1rate|w|1~abcdefgh", shown, "ko")
    again = await jiwoo.presses(int(shown), "★")
    assert again.acked_after_s is not None and len(listener.kept) == 2  # two presses are two deeds


async def test_a_press_on_an_old_message_after_a_restart(discord, listener):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="어땠나요?", buttons=((Button("★", "1rate|w|1~abcdefgh"),),))
    await listener.restart()
    interaction = await jiwoo.presses(int(shown), "★")
    assert interaction.response.type == DEFERRED_UPDATE and listener.kept[-1].target == shown


async def test_a_command_is_heard_as_if_typed_and_leaves_nothing_thinking(discord, listener):
    jiwoo = discord.person(locale="ko")
    interaction = await jiwoo.slash("calendar", month="2026-05")
    assert interaction.acked_after_s < 1 and interaction.response.thinking and interaction.response.ephemeral
    assert (listener.kept[0].text, listener.kept[0].private) == ("/calendar 2026-05", True)
    await shows(listener, jiwoo, text="5월이에요")
    await until(lambda: interaction.response.posted.id not in jiwoo.dm.messages)
    assert [one.text for one in jiwoo.chat] == ["5월이에요"]


async def test_a_command_that_nothing_answers_stops_thinking_too(discord, listener, monkeypatch):
    monkeypatch.setattr("bot.discord_desk.THINKING_S", 0.2)
    jiwoo = discord.person()
    interaction = await jiwoo.slash("help")
    await until(lambda: interaction.response.posted.id not in jiwoo.dm.messages, 3)


async def test_commands_are_offered_in_both_languages_and_everywhere(discord, listener):
    calendar = next(command for command in discord.commands if command["name"] == "calendar")
    assert calendar["name_localizations"] == {"ko": "달력"} and calendar["description_localizations"]["ko"]
    assert set(calendar["contexts"]) == {0, 1, 2} and set(calendar["integration_types"]) == {0, 1}
    jiwoo = discord.person(locale="ko")
    await jiwoo.slash("어제", 날짜="2026-05-05", 내용="바다에 갔다")
    assert listener.kept[0].text == "/yesterday 2026-05-05 바다에 갔다"


async def test_elsewhere_a_command_is_answered_for_their_eyes_with_the_way_in(discord, listener):
    jiwoo = discord.person(locale="ko")
    channel, friends = discord.guild().channel(), discord.private_room(jiwoo, discord.person(user_id=8))
    for where in (channel, friends):
        for name in ("history", "write"):
            interaction = await jiwoo.slash(name, where=where)
            assert interaction.response.type == MESSAGE and interaction.response.ephemeral
            assert "둘만" in interaction.response.content
            assert interaction.response.message.buttons[0][0].url == f"https://discord.com/users/{discord.app_id}"
    assert not channel.shown and not friends.shown and not listener.kept


async def test_a_page_for_a_longer_entry(discord, listener):
    jiwoo = discord.person(locale="ko")
    page = await jiwoo.slash("쓰기")
    assert page.response.type == FORM and page.response.content == "오늘의 일기"
    long = "오늘은 참 긴 하루였다. " * 250
    handed = await jiwoo.submits(page, {"text": long[:4000], "date": "2026. 5. 5."})
    assert handed.acked_after_s < 1
    (entry,) = listener.kept
    assert entry.text == long[:4000] and str(entry.entry_date) == "2026-05-05" and not entry.refused


@pytest.mark.parametrize("day", ["내일모레", "2026-13-45", "tomorrow"])
async def test_a_day_that_is_none_is_said_and_the_words_are_kept(discord, listener, day):
    jiwoo = discord.person()
    page = await jiwoo.slash("write")
    await jiwoo.submits(page, {"text": "바다", "date": day})
    assert (listener.kept[0].text, listener.kept[0].entry_date) == ("바다", None)
    assert listener.kept[0].refused == "discord.page.date_unclear"


async def test_a_day_that_has_not_come_is_none(discord, listener):
    jiwoo = discord.person()
    page = await jiwoo.slash("write")
    await jiwoo.submits(page, {"text": "바다", "date": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()})
    assert listener.kept[0].refused == "discord.page.date_unclear"


async def test_acknowledged_in_time_although_keeping_is_slow(discord, listener):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="?", buttons=((Button("★", "1rate|w|1~abcdefgh"),),))
    page = await jiwoo.slash("write")
    listener.keeping_takes_s = 4.0
    press, command, handed = await asyncio.gather(
        jiwoo.presses(int(shown), "★"), jiwoo.slash("history"), jiwoo.submits(page, {"text": "느린 날"})
    )
    for interaction in (press, command, handed):
        assert interaction.acked_after_s < 3 and interaction.response.type == DEFERRED
        assert interaction.response.ephemeral and interaction.response.thinking
    assert not listener.kept  # it says that it is at it, since it is
    await until(lambda: len(listener.kept) == 3)
    await until(lambda: press.response.posted.id not in jiwoo.dm.messages)
    await shows(listener, jiwoo, text="여기요")
    await until(lambda: [one.text for one in jiwoo.chat] == ["?", "여기요"])


async def test_an_acknowledgement_that_fails_loses_nothing(discord, listener):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="?", buttons=((Button("★", "1rate|w|1~abcdefgh"),),))
    discord.fail("POST", "/interactions/*", status=404)
    await jiwoo.presses(int(shown), "★", wait=False)
    await until(lambda: listener.kept)


async def test_results_come_although_the_token_died_long_ago(discord, listener):
    discord.token_s = 0.2
    jiwoo = discord.person()
    interaction = await jiwoo.slash("calendar")
    await asyncio.sleep(0.4)
    await shows(listener, jiwoo, text="5월이에요")
    assert [one.text for one in jiwoo.shown] == ["5월이에요"] and interaction.acked_after_s < 1


async def test_an_interaction_of_a_moment_without_gateway_is_replayed_and_kept_once(discord, listener):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="?", buttons=((Button("★", "1rate|w|1~abcdefgh"),),))
    discord.drop_gateway()
    await jiwoo.presses(int(shown), "★", wait=False)
    await until(lambda: discord.resumes == 1)
    await until(lambda: listener.kept)
    assert len(listener.kept) == 1
