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
