"""Rules of Discord's that are easily broken: who acknowledges how often and how late, what is refused, what is asked for."""

import asyncio
import time

import pytest

from bot import callback
from bot.discord_connection import FATAL
from core.entities import Button, Reply, SendState
from core.ports import NotShown
from tests.bot.test_discord_desk import shows
from tests.bot.test_discord_showing import PNG, deliver, kept, of
from tests.fakes.chat_house import until
from tests.fakes.house_process import HouseProcess

STAR = ((Button("★", "1rate|w|1~abcdefgh"),),)
DM_WORDS, GUILD_WORDS = 1 << 12, 1 << 9


# --- acknowledging -------------------------------------------------------------------------------


async def test_acknowledged_twice_since_the_answer_was_lost_is_kept_once_and_quiet(discord, listener, caplog):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="?", buttons=STAR)
    discord.fail("POST", "/interactions/*", status=500, applied=True)  # the library asks again: 40060
    press = await jiwoo.presses(int(shown), "★")
    await until(lambda: discord.count("POST", "/interactions/*", 400) == 1)
    assert press.acked_after_s < 3 and len(listener.kept) == 1
    assert not [line for line in caplog.records if line.levelname in ("WARNING", "ERROR")]


@pytest.mark.parametrize("what", ["press", "command"])
async def test_acknowledged_too_late_is_kept_and_answered(discord, listener, what):
    jiwoo = discord.person()
    shown = await shows(listener, jiwoo, text="?", buttons=STAR)
    discord.ack_limit_s, listener.keeping_takes_s = 0.3, 1.0
    late = await (jiwoo.presses(int(shown), "★") if what == "press" else jiwoo.slash("calendar"))
    await until(lambda: discord.count("POST", "/interactions/*", 404) == 1)  # 10062
    assert late.expired and len(listener.kept) == 1
    await shows(listener, jiwoo, text="5월이에요")
    assert [one.text for one in jiwoo.chat] == ["?", "5월이에요"]


async def test_what_stands_as_thinking_past_the_tokens_life_hurts_nothing(discord, listener, caplog):
    jiwoo = discord.person()
    discord.token_s = 0.2
    await jiwoo.slash("calendar")
    await asyncio.sleep(0.3)
    await shows(listener, jiwoo, text="5월이에요")
    await until(lambda: discord.count("DELETE", "/webhooks/*", 401) == 1)  # 50027
    assert not [line for line in caplog.records if line.levelname in ("WARNING", "ERROR")]
    await shows(listener, jiwoo, text="6월이에요")
    assert [one.text for one in jiwoo.shown] == ["5월이에요", "6월이에요"]


async def test_acknowledged_in_time_while_no_core_is_there_and_answered_once_it_is(discord, tmp_path):
    addresses = {"API_BASE": discord.api_base, "GATEWAY_URL": discord.gateway_url, "TOKEN": "fake"}
    house = HouseProcess(tmp_path / "data", {f"EMOSEUM_DISCORD__{key}": it for key, it in addresses.items()})
    house.start("bot")
    try:
        await until(lambda: discord.commands, 60)
        discord.token_s = 1.0  # stands for the fifteen minutes
        jiwoo = discord.person(locale="ko")
        page = await jiwoo.slash("write")
        handed = await jiwoo.submits(page, {"text": "오늘 강아지랑 강가를 산책했다"})
        assert page.acked_after_s < 3 and handed.acked_after_s < 3
        await until(lambda: jiwoo.shown, 30)  # it is being read
        await jiwoo.slash("anna")
        page = await until(lambda: next((one for one in jiwoo.shown if one.buttons), None), 30)
        press = await jiwoo.presses(page.id, page.buttons[0][0].custom_id)
        assert press.acked_after_s < 3
        await jiwoo.says("그리고 라면을 먹었다")
        await asyncio.sleep(1.0)  # the token is dead
        house.start("core")
        await until(lambda: any(name == "picture.png" for one in jiwoo.shown for name, _, _ in one.files), 60)
    finally:
        house.stop()


# --- the gateway ---------------------------------------------------------------------------------


async def test_no_privileged_intent_is_asked_for(discord, listener):
    assert discord.gateway.intents == [DM_WORDS | GUILD_WORDS]


@pytest.mark.parametrize("code", sorted(FATAL))
async def test_what_no_trying_mends_is_said_and_not_tried_again(discord, listener, caplog, code):
    discord.refuse_identify(code)
    discord.invalid_session(False)
    await until(lambda: listener.platform.line.trouble, 15)
    begun = discord.identifies
    health = await listener.platform.health()
    assert (health.ok, health.detail) == (False, FATAL[code])
    await asyncio.sleep(1.2)
    assert discord.identifies == begun
    assert sum(f"Discord is off: {FATAL[code]}" in line for line in caplog.messages) == 1


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 504, 524])
async def test_a_server_that_stumbles_after_it_has_shown_a_reply_shows_it_once(discord, listener, status):
    jiwoo = discord.person()
    discord.fail("POST", "/channels/*/messages", status=status, applied=True)
    assert (await deliver(listener, await of(listener, jiwoo, Reply(text="한 번만")))).state is SendState.SENT
    assert [one.text for one in jiwoo.shown] == ["한 번만"]


async def test_a_rate_limit_of_minutes_holds_nobody_and_is_asked_again_later(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    discord.fail("POST", f"/channels/{jiwoo.dm.id}/messages", status=429, retry_after=300)
    sending = await of(listener, jiwoo, Reply(text="천천히"))
    begun_s = time.monotonic()
    with pytest.raises(NotShown):
        await listener.platform.send(sending)
    await deliver(listener, await of(listener, minsu, Reply(text="바로")))
    assert time.monotonic() - begun_s < 5 and [one.text for one in minsu.shown] == ["바로"]


async def test_a_global_rate_limit_is_waited_out_and_nothing_is_lost(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    discord.fail("POST", "/channels/*/messages", status=429, retry_after=0.8, is_global=True)
    replies = [await of(listener, someone, Reply(text=str(n))) for n in range(2) for someone in (jiwoo, minsu)]
    await asyncio.gather(*(deliver(listener, one) for one in replies))
    assert all(sorted(one.text for one in someone.shown) == ["0", "1"] for someone in (jiwoo, minsu))
    assert discord.refused == 1


async def test_an_alternative_text_that_is_too_long_is_cut_and_not_refused(discord, listener):
    jiwoo = discord.person()
    picture = await kept(listener, jiwoo, PNG, "image/png")
    await deliver(listener, await of(listener, jiwoo, Reply(text="강", picture=picture, picture_alt="긴 설명 " * 400)))
    (shown,) = jiwoo.shown
    assert len(shown.files[0][2]) == 1024 and discord.count("POST", "/channels/*/messages", 400) == 0


async def test_the_longest_button_has_twins_and_all_five_rows(discord, listener):
    jiwoo = discord.person()
    longest = next(
        press
        for size in range(64, 0, -1)
        if (press := _packed("x" * size)) is not None and len(press.encode()) == callback.LIMIT_BYTES
    )
    rows = tuple(tuple(Button(f"{n}{m}", longest) for m in range(5)) for n in range(5))
    await deliver(listener, await of(listener, jiwoo, Reply(text="?", buttons=rows)))
    (shown,) = jiwoo.shown
    assert [len(row) for row in shown.buttons] == [5] * 5
    await jiwoo.presses(shown.id, "44")
    assert listener.kept[0].press == longest


def _packed(argument: str) -> str | None:
    try:
        return callback.pack(b"secret", "person", "rate", argument)
    except ValueError:
        return None


async def test_a_closed_chat_is_let_be_and_the_others_go_on(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    jiwoo.blocks = True
    refused = await deliver(listener, await of(listener, jiwoo, Reply(text="안녕")))
    assert refused.state is SendState.FAILED and discord.count("POST", f"/channels/{jiwoo.dm_id}/*", 403)  # 50007
    asked = discord.refused
    await asyncio.sleep(0.5)
    assert asked == discord.refused == 1  # each counts for being banned
    assert (await deliver(listener, await of(listener, minsu, Reply(text="안녕")))).state is SendState.SENT
