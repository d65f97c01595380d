"""A small real bot for the tests of the strict Discord: it writes down what it hears and does what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import time

import discord
import pytest
import yarl
from discord import app_commands

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


@pytest.fixture(name="server")
async def a_server(monkeypatch):
    async with DiscordServer(token="fake") as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield server


@pytest.fixture(name="bot")
async def a_bot(server):
    async with running(server) as bot:
        yield bot


def row(*buttons: discord.ui.Button) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    return view
