"""The strict Discord, driven by the real client library over sockets: messages, files, refusals."""

from __future__ import annotations

import asyncio
import io
import time

import discord
import pytest
import yarl

from tests.fakes.discord_bot import Bot, a_bot, a_server, row, running, until  # noqa: F401
from tests.fakes.discord_people import CannotDo
from tests.fakes.discord_server import DiscordServer


async def test_a_message_is_heard_and_answered_and_the_answer_is_seen(server, bot):
    someone = server.person(user_id=7, name="지우", locale="ko")
    assert someone.dm_id is None
    said = await someone.says("오늘은 맑았어")
    await until(lambda: bot.heard)
    message = bot.heard[0]
    assert (message.content, message.id, message.author.global_name) == ("오늘은 맑았어", said, "지우")
    await message.reply("  들었어요  ")
    [answer] = someone.shown
    assert (answer.text, answer.reply_to) == ("들었어요", said)
    assert someone.dm_id == message.channel.id


async def test_files_buttons_edits_and_deletion_are_seen(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    view = row(
        discord.ui.Button(label="좋아요", custom_id="like", style=discord.ButtonStyle.green),
        discord.ui.Button(label="전화", url="https://example.org/call"),
    )
    picture = discord.File(io.BytesIO(b"png"), "그림.png", description="노란 하늘")
    sent = await user.send("여기요", file=picture, view=view)
    [answer] = someone.shown
    assert answer.files == (("그림.png", b"png", "노란 하늘"),)
    assert [(button.label, button.custom_id, button.url) for button in answer.buttons[0]] == [
        ("좋아요", "like", None),
        ("전화", None, "https://example.org/call"),
    ]
    await sent.edit(content="바꿨어요", view=None)
    [answer] = someone.shown
    assert (answer.text, answer.edits, answer.buttons, answer.labels) == ("바꿨어요", 1, (), [])
    assert answer.files[0][0] == "그림.png", "an edit that does not name the attachments keeps them"
    await sent.edit(attachments=[discord.File(io.BytesIO(b"two"), "b.png")])
    assert [file[0] for file in someone.shown[0].files] == ["b.png"]
    await sent.delete()
    assert someone.shown == []


def button(**extra) -> dict:
    return {"type": 2, "style": 1, "label": "a", "custom_id": "a", **extra}


def buttons(*rows) -> dict:
    return {"content": "a", "components": [{"type": 1, "components": list(row)} for row in rows]}


LINK = {"type": 2, "style": 5, "label": "전화"}
OPTIONS = [{"label": str(i), "value": str(i)} for i in range(26)]
REFUSED = {
    "2001 characters": ({"content": "가" * 2001}, 50035, "content"),
    "nothing": ({"content": " \n"}, 50006, ""),
    "a nonce of 26": ({"content": "a", "nonce": "n" * 26}, 50035, "nonce"),
    "hidden outside of an interaction": ({"content": "a", "flags": 64}, 50035, "flags"),
    "the same custom_id twice": (buttons([button()], [button()]), 50035, "components"),
    "a custom_id of 101": (buttons([button(custom_id="c" * 101)]), 50035, "components"),
    "an empty custom_id": (buttons([button(custom_id="")]), 50035, "components"),
    "a label of 81": (buttons([button(label="가" * 81)]), 50035, "components"),
    "no label": (buttons([button(label="")]), 50035, "components"),
    "six in a row": (buttons([button(custom_id=str(i)) for i in range(6)]), 50035, "components"),
    "six rows": (buttons(*([button(custom_id=str(i))] for i in range(6))), 50035, "components"),
    "a telephone link": (buttons([LINK | {"url": "tel:109"}]), 50035, 'Scheme "tel" is not supported'),
    "a link and a custom_id": (buttons([LINK | {"url": "https://a.org", "custom_id": "a"}]), 50035, "components"),
    "26 options": (buttons([{"type": 3, "custom_id": "s", "options": OPTIONS}]), 50035, "components"),
    "a reply to nothing": ({"content": "a", "message_reference": {"message_id": "1"}}, 50035, "message_reference"),
    "both kinds of mentions": (
        {"content": "a", "allowed_mentions": {"parse": ["users"], "users": ["7"]}}, 50035, "allowed_mentions",
    ),
    "eleven embeds": ({"embeds": [{"title": "a"}] * 11}, 50035, "embeds"),
    "an attachment that is not there": ({"content": "a", "attachments": [{"id": 0}]}, 50035, "attachments"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_what_discord_refuses_is_refused(server, bot, case):
    payload, code, where = REFUSED[case]
    room = server.person().dm
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.request(
            discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=room.id), json=payload
        )
    assert (error.value.status, error.value.code) == (400, code)
    assert where in error.value.text
    assert server.person().shown == []


async def test_the_limits_themselves_are_allowed(server, bot):
    user = await bot.fetch_user(server.person().id)
    view = discord.ui.View(timeout=None)
    for i in range(25):
        view.add_item(discord.ui.Button(label="가" * 80, custom_id=f"{i:0100}"))
    await user.send("가" * 2000, view=view, nonce="n" * 25)
    await user.send(file=discord.File(io.BytesIO(bytes(10 * 1024 * 1024)), "big.bin", description="가" * 1024))
    first, second = server.person().shown
    assert (len(first.text), len(first.labels), len(second.files[0][1])) == (2000, 25, 10 * 1024 * 1024)


async def test_files_too_big_or_too_many(server, bot):
    user = await bot.fetch_user(server.person().id)
    room = server.person().dm
    with pytest.raises(discord.HTTPException) as error:
        await user.send(file=discord.File(io.BytesIO(bytes(10 * 1024 * 1024 + 1)), "big.bin"))
    assert (error.value.status, error.value.code) == (413, 40005)
    with pytest.raises(discord.HTTPException) as error:
        await user.send(files=[discord.File(io.BytesIO(bytes(9 * 1024 * 1024)), f"{i}.bin") for i in range(3)])
    assert (error.value.status, error.value.code) == (413, 40005)
    with pytest.raises(discord.HTTPException) as error:
        await user.send(file=discord.File(io.BytesIO(b"a"), "a.png", description="a" * 1025))
    assert error.value.code == 50035
    form = [{"name": f"files[{i}]", "value": b"a", "filename": "a.png"} for i in range(11)]
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.request(
            discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=room.id), form=form, files=[]
        )
    assert error.value.code == 50035
    assert server.person().shown == []


async def test_the_same_nonce_returns_the_earlier_message(server, bot):
    user = await bot.fetch_user(server.person().id)
    first = await user.send("하나", nonce="same")
    second = await user.send("하나", nonce="same")
    assert first.id == second.id
    await user.send("둘", nonce="other")
    assert [shown.text for shown in server.person().shown] == ["하나", "둘"]
    server.nonce_s = 0
    await user.send("하나", nonce="same")
    assert [shown.text for shown in server.person().shown] == ["하나", "둘", "하나"]


async def test_strange_places_and_strange_messages(server, bot):
    someone = server.person()
    said = await someone.says("안녕")
    channel = await bot.fetch_channel(someone.dm_id)
    with pytest.raises(discord.Forbidden) as error:
        await channel.get_partial_message(said).edit(content="바꿔치기")
    assert error.value.code == 50005
    for wrong, code in ((lambda: bot.fetch_channel(5), 10003), (lambda: channel.fetch_message(5), 10008)):
        with pytest.raises(discord.NotFound) as error:
            await wrong()
        assert error.value.code == code
    someone.blocks = True
    with pytest.raises(discord.Forbidden) as error:
        await channel.send("거기 있어요?")
    assert error.value.code == 50007
    someone.blocks, someone.installed = False, False
    with pytest.raises(discord.Forbidden) as error:
        await channel.send("거기 있어요?")
    assert error.value.code == 50278
    server.guild()
    await channel.send("거기 있네요")
    abroad = server.guild(joined=False).channel()
    with pytest.raises(discord.Forbidden) as error:
        await bot.fetch_channel(abroad.id)
    assert error.value.code == 50001


async def test_whom_a_message_calls(server, bot):
    user = await bot.fetch_user(server.person().id)
    await user.send("@everyone <@7>")
    await user.send("@everyone <@7>", allowed_mentions=discord.AllowedMentions.none())
    assert [shown.pings for shown in server.person().shown] == [("7", "everyone"), ()]


async def test_files_can_be_fetched_until_their_address_is_too_old(server, bot):
    someone = server.person()
    said = await someone.says("", files=[("셀카 1.jpg", b"jpeg", "image/jpeg")])
    await someone.says("", files=[("voice-message.ogg", b"ogg", "audio/ogg")], voice=True)
    await until(lambda: len(bot.heard) == 2)
    [photo] = bot.heard[0].attachments
    assert (photo.filename, photo.title, photo.content_type, photo.size) == ("_1.jpg", "셀카 1", "image/jpeg", 4)
    assert await photo.read() == b"jpeg"
    assert bot.heard[1].attachments[0].is_voice_message()
    server.expire_files()
    with pytest.raises(discord.NotFound):
        await photo.read()
    again = await bot.heard[0].channel.fetch_message(said)
    assert await again.attachments[0].read() == b"jpeg"
    fresh = await bot.http.request(
        discord.http.Route("POST", "/attachments/refresh-urls"), json={"attachment_urls": [photo.url]}
    )
    assert await bot.http.get_from_cdn(fresh["refreshed_urls"][0]["refreshed"]) == b"jpeg"


async def test_typing_is_seen_and_requests_are_written_down(server, bot):
    user = await bot.fetch_user(server.person().id)
    async with user.typing():
        pass
    assert len(server.person().typing) == 1
    assert server.count("POST", "/channels/*/typing", status=204) == 1
    assert server.calls[0].path == "/users/@me"


async def test_it_closes_within_a_second_while_somebody_is_connected(monkeypatch):
    async with DiscordServer() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        server.fail("GET", "/gateway", status=0)
        async with running(server) as bot:
            stuck = asyncio.create_task(bot.http.request(discord.http.Route("GET", "/gateway")))
            await until(lambda: server.count("GET", "/gateway"))
            start = time.monotonic()
            await server.__aexit__(None, None, None)
            assert time.monotonic() - start < 1
            with pytest.raises(Exception):  # noqa: B017
                await stuck


async def test_what_an_edit_names_stays_and_what_it_does_not_name_goes(server, bot):
    user = await bot.fetch_user(server.person().id)
    sent = await user.send(files=[discord.File(io.BytesIO(name.encode()), name) for name in ("a.png", "b.png")])
    await sent.edit(attachments=[sent.attachments[1], discord.File(io.BytesIO(b"c"), "c.png")])
    assert [file[0] for file in server.person().shown[0].files] == ["b.png", "c.png"]
    with pytest.raises(discord.HTTPException) as error:
        await sent.edit(attachments=[])
    assert error.value.code == 50006
    await sent.edit(content="글만", attachments=[])
    assert (server.person().shown[0].text, server.person().shown[0].files) == ("글만", ())
    with pytest.raises(discord.HTTPException):
        await sent.edit(content="a" * 2001)
    assert (server.person().shown[0].text, server.person().shown[0].edits) == ("글만", 2)


async def test_a_person_cannot_touch_what_is_not_there_or_not_theirs(server, bot):
    someone, other = server.person(user_id=7), server.person(user_id=8, name="민수")
    user = await bot.fetch_user(7)
    sent = await user.send("여기", view=row(discord.ui.Button(label="전화", url="https://example.org")))
    for act in (
        lambda: someone.edits(sent.id, "바꿔치기"),
        lambda: someone.deletes(sent.id),
        lambda: someone.presses(sent.id, "전화"),
        lambda: someone.says(" "),
        lambda: someone.says("a" * 4001),
        lambda: other.presses(sent.id, "전화"),
    ):
        with pytest.raises(CannotDo):
            await act()
    await sent.delete()
    with pytest.raises(KeyError):
        await someone.presses(sent.id, "전화")


async def test_who_brings_no_token_or_asks_for_nothing_known_is_told(server, bot):
    session = bot.http._HTTPClient__session
    async with session.get(f"{server.api_base}/users/@me") as answer:
        assert (answer.status, await answer.json()) == (401, {"message": "401: Unauthorized", "code": 0})
    async with session.get(f"{server.api_base}/gateway") as answer:
        assert (await answer.json())["url"] == server.gateway_url
    with pytest.raises(discord.NotFound):
        await bot.http.request(discord.http.Route("GET", "/no/such/thing"))
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=server.person().dm.id)
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.request(route, data="{", headers={"Content-Type": "application/json"})
    assert error.value.code == 50109
