"""The strict Discord's bad days: cuts, limits of speed and lost answers, with the real client library."""

from __future__ import annotations

import asyncio
import time

import discord
import pytest

from tests.fakes.discord_bot import Bot, a_bot, a_server, row, running, until  # noqa: F401


@pytest.mark.parametrize(
    "cut",
    [
        lambda server: server.close_gateway(4000),
        lambda server: server.reconnect(),
        lambda server: server.drop_gateway(),
        lambda server: server.invalid_session(resumable=True),
    ],
    ids=["close", "op 7", "tcp", "op 9 resumable"],
)
async def test_what_was_said_during_a_cut_is_replayed(server, bot, cut):
    someone = server.person()
    await someone.says("앞")
    await until(lambda: bot.texts == ["앞"])
    cut(server)
    await someone.says("사이")
    await until(lambda: server.resumes == 1)
    await someone.says("뒤")
    await until(lambda: len(bot.texts) == 3)
    assert (bot.texts, server.identifies) == (["앞", "사이", "뒤"], 1)


async def test_a_session_that_is_gone_begins_anew(server, bot):
    someone = server.person()
    server.invalid_session(resumable=False)
    await until(lambda: server.identifies == 2)
    await until(lambda: server.gateway.listening())
    await someone.says("다시")
    await until(lambda: bot.texts == ["다시"])
    assert server.resumes == 0


async def test_away_means_no_event_but_a_history(server, bot):
    someone = server.person()
    await someone.says("앞")
    await until(lambda: bot.texts == ["앞"])
    server.away()
    missed = [await someone.says(f"놓친 말 {i}") for i in range(3)]
    server.back()
    await until(lambda: server.identifies == 2, timeout_s=15)
    await someone.says("뒤")
    await until(lambda: bot.texts == ["앞", "뒤"])
    channel = await bot.fetch_channel(someone.dm_id)
    after = discord.Object(bot.heard[0].id)
    assert [message.id async for message in channel.history(after=after, limit=3)] == missed
    newest = [message.content async for message in channel.history(limit=2)]
    assert newest == ["뒤", "놓친 말 2"]
    before = [message.content async for message in channel.history(limit=2, before=discord.Object(missed[2]))]
    assert before == ["놓친 말 1", "놓친 말 0"]


async def test_a_bot_that_is_let_in_no_more(server):
    bot = Bot()
    server.refuse_identify(4004)
    with pytest.raises(discord.ConnectionClosed) as error:
        await bot.start("fake")
    assert error.value.code == 4004
    await bot.close()


async def test_privileged_intents_must_be_switched_on(server):
    intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
    bot = Bot(intents=intents)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await bot.start("fake")
    await bot.close()
    server.message_content = True
    channel = server.guild().channel()
    async with running(server, Bot(intents=intents)) as bot:
        await channel.says(server.person(), "그냥 하는 말")
        await until(lambda: bot.texts == ["그냥 하는 말"])


async def test_in_a_guild_only_what_calls_the_bot_can_be_read(server, bot):
    someone = server.person()
    channel = server.guild().channel()
    await channel.says(someone, "우리끼리", files=[("a.png", b"a", "image/png")])
    await channel.says(someone, "@bot 안녕", mention=True)
    await until(lambda: len(bot.heard) == 2)
    private, called = bot.heard
    assert (private.content, private.attachments, private.mentions) == ("", [], [])
    assert (called.content, called.mentions[0].id) == (f"<@{server.app_id}> 안녕", bot.user.id)
    assert [one.content async for one in called.channel.history()] == [called.content, ""]
    await called.reply("여기서는 조용히")
    assert [shown.text for shown in channel.shown] == ["여기서는 조용히"]
    channel.writable = False
    with pytest.raises(discord.Forbidden):
        await called.reply("또")


async def test_edits_and_deletions_by_people_are_told(server, bot):
    someone = server.person()
    said = await someone.says("오늘")
    await until(lambda: bot.heard)
    await someone.edits(said, "오늘은")
    await until(lambda: bot.edited)
    assert (bot.edited[0].content, bot.edited[0].edited_at is not None) == ("오늘은", True)
    await someone.deletes(said)
    await until(lambda: bot.deleted == [said])
    assert someone.chat == []


async def test_who_does_not_beat_is_cut_off_and_who_beats_stays(server):
    server.gateway.heartbeat_s = 0.4
    async with running(server) as bot:
        await asyncio.sleep(1.2)
        assert (server.identifies, bot.is_closed()) == (1, False)
        assert server.gateway.heartbeats >= 3
        session = bot.http._HTTPClient__session
        async with session.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as plain:
            assert (await plain.receive_json())["op"] == 10
            message = await plain.receive(timeout=2)
            assert message.data == 4009


async def test_the_gateway_knows_its_manners(server, bot):
    session = bot.http._HTTPClient__session
    hello = {"token": "fake", "properties": {}, "intents": 0}
    cases = {
        4001: {"op": 99}, 4003: {"op": 3, "d": {}}, 4004: {"op": 2, "d": hello | {"token": "no"}}, 4002: {"d": 1},
        4010: {"op": 2, "d": hello | {"shard": [1, 1]}}, 4013: {"op": 2, "d": hello | {"intents": 1 << 30}},
    }  # fmt: skip
    for code, frame in cases.items():
        async with session.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as plain:
            await plain.receive_json()
            await plain.send_json(frame)
            assert (await plain.receive(timeout=2)).data == code
    async with session.ws_connect(f"{server.gateway_url}?v=8&encoding=json") as plain:
        assert (await plain.receive(timeout=2)).data == 4012


async def test_who_reads_the_headers_is_never_told_off(server, bot):
    server.rate = (2, 0.4)
    user = await bot.fetch_user(server.person().id)
    start = time.monotonic()
    for i in range(5):
        await user.send(str(i))
    assert time.monotonic() - start > 0.7
    assert server.count("POST", "/channels/*/messages", status=429) == 0
    assert [shown.text for shown in server.person().shown] == list("01234")


async def test_who_does_not_read_them_is_told_off(server, bot):
    server.rate = (2, 0.4)
    room = server.person().dm
    session = bot.http._HTTPClient__session
    answers = []
    for i in range(3):
        async with session.post(
            f"{server.api_base}/channels/{room.id}/messages", json={"content": str(i)}, headers={"Authorization": "Bot fake"}
        ) as answer:  # fmt: skip
            answers.append((answer.status, answer.headers, await answer.json()))
    assert [status for status, _, _ in answers] == [200, 200, 429]
    _, headers, body = answers[2]
    assert headers["Via"] and headers["X-RateLimit-Remaining"] == "0" and headers["Content-Type"] == "application/json"
    assert 0 < body["retry_after"] <= 0.4 and body["global"] is False
    await asyncio.sleep(body["retry_after"])
    await (await bot.fetch_user(7)).send("2")
    assert [shown.text for shown in server.person().shown] == list("012")


async def test_ordered_failures(server, bot):
    user = await bot.fetch_user(server.person().id)
    await user.create_dm()
    server.fail("POST", "/channels/*/messages", status=429, retry_after=0.2)
    server.fail("POST", "/channels/*/messages", status=429, retry_after=0.1, is_global=True)
    start = time.monotonic()
    await user.send("하나")
    assert time.monotonic() - start > 0.3
    server.fail("POST", "/channels/*/messages", status=503)
    with pytest.raises(discord.DiscordServerError):
        await user.send("둘")
    server.fail("POST", "/channels/*/messages", status=401)
    with pytest.raises(discord.HTTPException) as error:
        await user.send("셋")
    assert error.value.status == 401
    server.fail("POST", "/channels/*/messages", status=0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(user.send("넷"), 0.2)
    server.fail("POST", "/channels/*/messages", status=200, delay_s=0.2)
    start = time.monotonic()
    await user.send("다섯")
    assert time.monotonic() - start > 0.2
    assert [shown.text for shown in server.person().shown] == ["하나", "다섯"]
    assert [call.status for call in server.calls if call.path.endswith("/messages")] == [
        429,
        429,
        200,
        503,
        401,
        0,
        200,
    ]


async def test_an_answer_lost_after_it_happened_is_not_doubled_thanks_to_the_nonce(server, bot):
    user = await bot.fetch_user(server.person().id)
    await user.create_dm()
    server.fail("POST", "/channels/*/messages", applied=True)
    with pytest.raises((OSError, Exception)) as error:
        await user.send("한 번만", nonce="n1")
    assert not isinstance(error.value, discord.HTTPException)
    await user.send("한 번만", nonce="n1")
    server.fail("POST", "/channels/*/messages", status=502, applied=True)
    await user.send("또 한 번만", nonce="n2")
    assert [shown.text for shown in server.person().shown] == ["한 번만", "또 한 번만"]


async def test_a_wrong_token(server):
    with pytest.raises(discord.LoginFailure):
        await Bot().start("wrong")


async def test_too_many_refusals_ban(server, bot):
    server.refused_at_most = 2
    for _ in range(2):
        with pytest.raises(discord.NotFound):
            await bot.fetch_channel(5)
        server.refused += 1
    with pytest.raises(discord.HTTPException) as error:
        await bot.fetch_channel(5)
    assert error.value.status == 429
