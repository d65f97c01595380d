"""The pretended Discord, driven by the real client library over sockets."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time

import discord
import pytest
import yarl
from discord import app_commands

from tests.fakes.discord_people import CannotDo
from tests.fakes.discord_server import DiscordServer


class Bot(discord.Client):
    """A small bot that writes down what it hears and does what a test tells it."""

    def __init__(self, **extra) -> None:
        intents = extra.pop("intents", discord.Intents(guilds=True, guild_messages=True, dm_messages=True))
        super().__init__(intents=intents, guild_ready_timeout=0.05, **extra)
        self.heard: list[discord.Message] = []
        self.edited: list[discord.Message] = []
        self.deleted: list[int] = []
        self.pressed: list[discord.Interaction] = []
        self.on_press = None
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id, *, initial: bool = False) -> None:
        """The library waits five seconds here before every IDENTIFY but the first."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message)

    async def on_message_edit(self, before: discord.Message, after: discord.Message) -> None:
        self.edited.append(after)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.deleted.append(event.message_id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.pressed.append(interaction)
        if self.on_press is not None:
            await self.on_press(interaction)

    @property
    def texts(self) -> list[str]:
        return [message.content for message in self.heard]


async def until(true, timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(server: DiscordServer, bot: Bot | None = None, token: str = "fake"):
    bot = bot or Bot()
    task = asyncio.create_task(bot.start(token))
    ready = asyncio.create_task(bot.wait_until_ready()) if not task.done() else None
    try:
        await asyncio.sleep(0)
        await until(lambda: bot.is_ready() or task.done())
        if task.done():
            task.result()
        yield bot
    finally:
        if ready:
            ready.cancel()
        await bot.close()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await task


@pytest.fixture
async def server(monkeypatch):
    async with DiscordServer(token="fake") as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield server


@pytest.fixture
async def bot(server):
    async with running(server) as bot:
        yield bot


def row(*buttons: discord.ui.Button) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    return view


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


async def test_a_press_is_acknowledged_once_and_in_time(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    twice = []

    async def on_press(interaction):
        await interaction.response.defer()
        with pytest.raises(discord.HTTPException) as error:
            await bot.http.request(
                discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
                json={"type": 6},
            )
        twice.append(error.value.code)
        await interaction.followup.send("고마워요", ephemeral=True)

    bot.on_press = on_press
    press = await someone.presses(sent.id, "좋아요")
    assert press.acked_after_s < 1
    assert (press.response.type, press.expired) == (6, False)
    await until(lambda: press.followups)
    assert press.followups[0].text == "고마워요"
    assert [shown.text for shown in someone.ephemerals] == ["고마워요"]
    assert [shown.text for shown in someone.shown] == ["어때요?"]
    assert twice == [40060]
    with pytest.raises(CannotDo):
        await someone.presses(sent.id, "싫어요")
    with pytest.raises(CannotDo):
        await server.person(user_id=8).presses(sent.id, "좋아요")


async def test_who_acknowledges_too_late_is_told_so(server, bot):
    server.ack_limit_s = 0.1
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired
    with pytest.raises(discord.NotFound) as error:
        await bot.pressed[0].response.send_message("늦었어요")
    assert error.value.code == 10062


# --- what is refused -------------------------------------------------------------------------


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
    "a telephone link": (buttons([LINK | {"url": "tel:109"}]), 50035, "components"),
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


# --- interactions ----------------------------------------------------------------------------


async def test_slash_commands_with_their_names_in_korean_and_where_they_may_be_given(server, bot):
    someone = server.person(locale="ko")

    class Words(app_commands.Translator):
        async def translate(self, text, locale, context):
            return {"calendar": "달력", "month": "달"}.get(text.message) if locale is discord.Locale.korean else None

    @bot.tree.command(name=app_commands.locale_str("calendar"), description="A month")
    @app_commands.rename(month=app_commands.locale_str("month"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def calendar(interaction: discord.Interaction, month: str = ""):
        await interaction.response.send_message(f"{month} {interaction.context.to_array()}", ephemeral=True)

    @bot.tree.command(name="here", description="Only in a guild with the bot")
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True)
    async def here(interaction: discord.Interaction):
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(str(interaction.is_guild_integration()))

    await bot.tree.set_translator(Words())
    await bot.tree.sync()
    [first, second] = server.commands
    assert (first["name_localizations"], first["contexts"], first["integration_types"]) == (
        {"ko": "달력"},
        [0, 1, 2],
        [0, 1],
    )
    assert second["contexts"] == [0]
    in_dm = await someone.slash("calendar", month="2026-05")
    assert (in_dm.response.type, in_dm.response.content, in_dm.response.ephemeral) == (4, "2026-05 [1]", True)
    home, abroad = server.guild().channel(), server.guild(joined=False).channel()
    assert (await someone.slash("달력", home, 달="5")).response.content == "5 [0]"
    assert (await someone.slash("달력", abroad)).response.content == "[0]"
    assert bot.pressed[-1].is_user_integration() and not bot.pressed[-1].is_guild_integration()
    private = server.private_room(someone, server.person(user_id=8, name="민수"))
    assert (await someone.slash("달력", private)).response.content == "[2]"
    only = await someone.slash("here", home)
    await until(lambda: only.response.content == "True")
    for name, where in (("here", None), ("here", abroad), ("nowhere", None)):
        with pytest.raises(CannotDo):
            await someone.slash(name, where)
    with pytest.raises(CannotDo):
        await someone.slash("calendar", month=5)
    assert len(someone.ephemerals) == 5
    ids = [command["id"] for command in server.commands]
    bot.tree.remove_command("here")
    await bot.tree.sync()
    assert [command["id"] for command in server.commands] == ids[:1], "an overwrite keeps the ids of what stays"


COMMANDS = {
    "capitals": {"name": "Calendar", "description": "a"},
    "a space": {"name": "my calendar", "description": "a"},
    "33 characters": {"name": "a" * 33, "description": "a"},
    "no description": {"name": "a"},
    "a long description": {"name": "a", "description": "가" * 101},
    "a strange locale": {"name": "a", "description": "a", "name_localizations": {"kr": "달력"}},
    "a space in Korean": {"name": "a", "description": "a", "name_localizations": {"ko": "내 달력"}},
    "a strange context": {"name": "a", "description": "a", "contexts": [3]},
    "required after optional": {
        "name": "a", "description": "a",
        "options": [{"type": 3, "name": "b", "description": "b"}, {"type": 3, "name": "c", "description": "c", "required": True}],
    },
    "26 choices": {
        "name": "a", "description": "a",
        "options": [{"type": 3, "name": "b", "description": "b", "choices": [{"name": str(i), "value": str(i)} for i in range(26)]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", COMMANDS)
async def test_commands_that_discord_refuses(server, bot, case):
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.bulk_upsert_global_commands(server.app_id, [COMMANDS[case]])
    assert error.value.code == 50035
    assert server.commands == []


async def test_at_most_a_hundred_commands_each_once(server, bot):
    many = [{"name": f"c{i}", "description": "a"} for i in range(101)]
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.bulk_upsert_global_commands(server.app_id, many)
    assert error.value.code == 30032
    with pytest.raises(discord.HTTPException):
        await bot.http.bulk_upsert_global_commands(server.app_id, [many[0], many[0]])
    await bot.http.bulk_upsert_global_commands(server.app_id, many[:100])
    assert len(server.commands) == 100


async def test_a_form_is_opened_filled_in_and_answered(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    got = []

    class Form(discord.ui.Modal, title="오늘 일기 고치기"):
        text = discord.ui.TextInput(label="일기", custom_id="text", style=discord.TextStyle.paragraph, max_length=4000)

        async def on_submit(self, interaction):
            got.append(self.text.value)
            await interaction.response.edit_message(content="고쳤어요", view=None)

    async def on_press(interaction):
        if interaction.type is discord.InteractionType.component:
            await interaction.response.send_modal(Form())

    bot.on_press = on_press
    sent = await user.send("일기", view=row(discord.ui.Button(label="고치기", custom_id="edit")))
    press = await someone.presses(sent.id, "고치기")
    assert (press.response.type, press.response.content) == (9, "오늘 일기 고치기")
    for wrong in ({}, {"text": ""}, {"text": "a" * 4001}, {"text": "a", "other": "b"}):
        with pytest.raises(CannotDo):
            await someone.submits(press, wrong)
    filled = await someone.submits(press, {"text": "다시 썼어요"})
    assert (filled.response.type, got) == (7, ["다시 썼어요"])
    assert [(shown.text, shown.labels) for shown in someone.shown] == [("고쳤어요", [])]


MODALS = {
    "a title of 46": {"title": "가" * 46},
    "a label of 46": {"components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "가" * 46}]}]},
    "4001 at most": {
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "a", "max_length": 4001}]}]
    },
    "six rows": {
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": str(i), "style": 1, "label": "a"}]} for i in range(6)]
    },
}  # fmt: skip


@pytest.mark.parametrize("case", MODALS)
async def test_forms_that_discord_refuses(server, bot, case):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("일기", view=row(discord.ui.Button(label="고치기", custom_id="edit")))
    good = {
        "title": "a", "custom_id": "m",
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "a"}]}],
    }  # fmt: skip
    codes = []

    async def on_press(interaction):
        route = discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback")
        with pytest.raises(discord.HTTPException) as error:
            await bot.http.request(route, json={"type": 9, "data": good | MODALS[case]})
        codes.append(error.value.code)
        await bot.http.request(route, json={"type": 9, "data": good})

    bot.on_press = on_press
    press = await someone.presses(sent.id, "고치기")
    assert (codes, press.response.type) == ([50035], 9)


async def test_a_deferred_answer_is_filled_and_its_token_dies(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="그려줘", custom_id="draw")))

    async def on_press(interaction):
        await interaction.response.defer(thinking=True)

    bot.on_press = on_press
    press = await someone.presses(sent.id, "그려줘")
    assert (press.response.type, press.response.thinking, len(someone.shown)) == (5, True, 1)
    await bot.pressed[0].edit_original_response(
        content="다 그렸어요", attachments=[discord.File(io.BytesIO(b"p"), "p.png")]
    )
    assert (press.response.content, press.response.message.files[0][1], len(someone.shown)) == ("다 그렸어요", b"p", 2)
    followup = await bot.pressed[0].followup.send("더 있어요", wait=True)
    await bot.pressed[0].followup.edit_message(followup.id, content="더 고쳤어요")
    assert [shown.text for shown in press.followups] == ["더 고쳤어요"]
    server.token_s = 0
    with pytest.raises(discord.HTTPException) as error:
        await bot.pressed[0].followup.send("너무 늦은 말")
    assert (error.value.status, error.value.code) == (401, 50027)


async def test_a_select_is_chosen_from(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Select(custom_id="how", options=[discord.SelectOption(label="기쁨", value="joy")]))

    async def on_press(interaction):
        await interaction.response.edit_message(content=interaction.data["values"][0], view=None)

    bot.on_press = on_press
    sent = await user.send("마음", view=view)
    choice = await someone.chooses(sent.id, "기쁨")
    assert (choice.response.type, someone.shown[0].text, someone.shown[0].selects) == (7, "joy", ())


async def test_a_press_while_nobody_is_there(server):
    someone = server.person()
    async with running(server) as bot:
        user = await bot.fetch_user(7)
        sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    server.ack_limit_s = 0.1
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired, "the library leaves with 4000, so Discord still waits for it to come back"
    server.away()
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired and press.acked_after_s is None


# --- limits of speed, and failures -----------------------------------------------------------


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


# --- the gateway -----------------------------------------------------------------------------


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


# --- files -----------------------------------------------------------------------------------


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
