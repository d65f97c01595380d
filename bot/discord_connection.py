"""The line to Discord: held open by discord.py, begun anew where that gives up, and given up where no trying helps."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord_commands import command_list
from bot.discord_counting import counted
from core import settings
from core.ports import Health, NotShown
from core.trouble import describe

log = logging.getLogger(__name__)

RATE_LIMIT_S = 30.0  # a longer one is not waited out but tried again
GONE_S = 60.0  # without gateway until health says so
LONGEST_PAUSE_S = 300.0
FATAL = {
    4004: "the token is not valid",
    4010: "the shard is not valid",
    4011: "the bot is in so many servers that it needs sharding",
    4012: "this version of the gateway is no longer served",
    4013: "the intents are not valid",
    4014: "an intent is not switched on in the developer portal",
}


@dataclass(frozen=True)
class Ears:
    """Who is told of what comes over the line, in the order in which it comes."""

    began: Callable[[], None]  # a session, with nothing of the one before it
    said: Callable[[discord.Message], None]
    edited: Callable[[discord.Message], None]
    asked: Callable[[discord.Interaction], Awaitable[None]]


class Connection:
    """One bot's line to Discord."""

    def __init__(self, own: settings.Discord, ears: Ears) -> None:
        self.ears = ears
        self.commands: Sequence[tuple[str, str, str]] = ()
        self.announced = False  # Discord knows the commands
        self.connected = False
        self.trouble = ""  # why it was given up
        self.event_s = 0.0
        self._settings = own
        self._changed_s = time.monotonic()
        self._client: _Client | None = None
        self._running: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._addresses = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)

    def open(self) -> None:
        """Begin to connect."""
        self._addresses = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
        if self._settings.api_base:  # the library knows no other way; put back by `close`
            Route.BASE = self._settings.api_base.rstrip("/")
        if self._settings.gateway_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._settings.gateway_url)
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        for module in ("discord.state", "discord.client", "discord.gateway"):  # what matters of them we say ourselves
            logging.getLogger(module).setLevel(logging.CRITICAL)
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Let go of the sockets."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.wait({running})
        if self._client is not None:
            await self._client.close()
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self._addresses
        self.connected = False

    @property
    def bot_name(self) -> str:
        """What people see of us, "" until we are connected."""
        user = self._client.user if self._client is not None else None
        return user.name if user is not None else ""

    @property
    def bot_id(self) -> int:
        """Our own id, 0 before we know it."""
        user = self._client.user if self._client is not None else None
        return user.id if user is not None else 0

    def channel(self, chat_id: str) -> discord.PartialMessageable:
        """A chat to write into or to read. Raises NotShown while there is no line."""
        client = self._client
        if client is None or client.is_closed() or client.user is None:
            raise NotShown("Discord is not connected")
        return client.get_partial_messageable(int(chat_id))

    def health(self) -> Health:
        """Whether the gateway tells us anything, how far away it is, and when it last did."""
        now_s = time.monotonic()
        if self.trouble:
            return Health(False, self.trouble)
        if not self.connected:
            gone_s = now_s - self._changed_s
            return Health(gone_s < GONE_S, f"not connected for {gone_s:.0f} s", {"disconnected_seconds": gone_s})
        numbers = {"last_event_seconds": now_s - self.event_s}
        latency_s = self._client.latency if self._client is not None else float("inf")
        if latency_s < 3600:  # not known before the first heartbeat is answered
            numbers["latency_seconds"] = latency_s
        return Health(True, "connected", numbers)

    def begins(self, *, anew: bool) -> None:
        """The gateway listens: to a new session, or to the one that was broken off."""
        self.connected, self._changed_s = True, time.monotonic()
        if anew:
            self.ears.began()
        if not self.announced and (self._announcing is None or self._announcing.done()):
            self._announcing = asyncio.create_task(self._announce())

    def ends(self) -> None:
        """The gateway is away."""
        if self.connected:
            self.connected, self._changed_s = False, time.monotonic()

    async def _run(self) -> None:
        """The library resumes by itself; what it gives up is begun anew, ever more seldom."""
        pause_s = 1.0
        while True:
            client = self._client = _Client(self)
            begun_s = time.monotonic()
            try:
                await client.start(self._settings.token.get_secret_value())
            except discord.LoginFailure:
                self.trouble = FATAL[4004]
            except discord.PrivilegedIntentsRequired:
                self.trouble = FATAL[4014]
            except discord.ConnectionClosed as error:
                self.trouble = FATAL.get(error.code, "")
            except Exception as error:
                log.warning("Discord can't be reached: %s", describe(error))
            finally:
                self.ends()
                await client.close()
            if self.trouble:
                log.error("Discord is off: %s. The other chats go on.", self.trouble)
                return
            pause_s = 1.0 if time.monotonic() - begun_s > LONGEST_PAUSE_S else min(pause_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _announce(self) -> None:
        """Tell Discord which commands there are; once a process, at the next connection again where it failed."""
        client = self._client
        if client is None or client.application_id is None:
            return
        commands: Any = command_list(self.commands)
        try:
            await client.http.bulk_upsert_global_commands(client.application_id, commands)
            self.announced = True
        except Exception as error:
            log.warning("the commands could not be announced: %s", describe(error))


class _Client(discord.Client):
    """The library's client, told to remember nothing; each handler runs to its end before the next event is told."""

    def __init__(self, line: Connection) -> None:
        super().__init__(
            intents=discord.Intents(dm_messages=True, guild_messages=True),  # both bring the words said to us
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT_S,
            http_trace=counted(),
        )
        self._line = line

    async def on_connect(self) -> None:
        self._line.begins(anew=True)

    async def on_resumed(self) -> None:
        self._line.begins(anew=False)

    async def on_disconnect(self) -> None:
        self._line.ends()

    async def on_socket_event_type(self, event_type: str) -> None:
        self._line.event_s = time.monotonic()

    async def on_message(self, message: discord.Message) -> None:
        self._line.ears.said(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self._line.ears.edited(payload.message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self._line.ears.asked(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        error = sys.exc_info()[1]
        log.error("%s: %s", event_method, describe(error) if error is not None else "?")
