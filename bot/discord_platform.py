"""Discord: private messages, buttons and slash commands through discord.py, nothing lost and nothing shown twice.

The gateway never learns whether we kept a message, so `Rooms` reads what was missed over REST. A reply goes out with
its id as nonce, and where that has grown too old to protect it, we look whether it already stands in the chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord_commands import command_list
from bot.discord_desk import Desk
from bot.discord_intake import NAME, Files, rewritten, words_of, written
from bot.discord_render import LIMITS, Shown, plain, render
from bot.discord_rooms import Rooms
from core import settings
from core.entities import Message, Sending, kept_at_s
from core.ports import Health, Heard, MediaStore, NotShown, Refused, Store
from core.trouble import describe

log = logging.getLogger(__name__)

PAGE = 50  # messages read at once to see what was missed
MOST = 2000  # missed messages of one chat that are read
NONCE_S = 100.0  # that Discord surely knows a nonce for; it says "a few minutes"
REQUEST_S = 90.0  # that a step waits for one request, waiting out a rate limit included
RATE_LIMIT_S = 30.0  # a longer one is not waited out but tried again
GONE_S = 60.0  # without gateway until health says so
REMEMBERED = 5000
FATAL = {
    4004: "the token is not valid",
    4010: "the shard is not valid",
    4011: "the bot is in so many servers that it needs sharding",
    4012: "this version of the gateway is no longer served",
    4013: "the intents are not valid",
    4014: "an intent is not switched on in the developer portal",
}
T = TypeVar("T")


class DiscordPlatform:
    """A chat on Discord. Meets core.ports.Platform."""

    name = NAME
    limits = LIMITS
    resend_is_safe = True  # the nonce, and after it our own look into the chat
    shows_outbox = False

    def __init__(self, own: settings.Discord, intake: settings.Intake, store: Store, media: MediaStore) -> None:
        self.commands: list[tuple[str, str, str]] = []  # name, what it does in Korean, in English
        self._settings, self._store, self._media = own, store, media
        self._files = Files(media, intake, self._addresses)
        self._client: _Client | None = None
        self._running: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._announced = False
        self._rooms: Rooms | None = None
        self._desk: Desk | None = None
        self._connected, self._changed_s, self._event_s = False, time.monotonic(), 0.0
        self._trouble = ""
        self._posted: OrderedDict[str, int] = OrderedDict()  # nonce -> id, as the gateway told us of our own messages
        self._media_shown: OrderedDict[int, tuple[str, ...]] = OrderedDict()  # message id -> what its files show
        self._addresses_before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)

    # --- Platform -----------------------------------------------------------------------------

    async def start(self, heard: Heard) -> None:
        """Begin to connect; whether that works is told by `health`, and in the log."""
        self._addresses_before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
        if self._settings.api_base:
            Route.BASE = self._settings.api_base.rstrip("/")
        if self._settings.gateway_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._settings.gateway_url)
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        for module in ("discord.state", "discord.client", "discord.gateway"):  # what matters of them we say ourselves
            logging.getLogger(module).setLevel(logging.CRITICAL)
        self._rooms = Rooms(heard, self._missed, self._known, self._chats)
        self._desk = Desk(self._rooms.keep)
        self._running = asyncio.create_task(self._run())

    async def send(self, sending: Sending) -> str:
        """Post a reply, once: under its nonce, or where that is too old after a look into the chat. Raises Refused."""
        if sending.reply.withdrawn:
            return ""
        shown = await self._shown(sending)
        found = self._posted.get(sending.id)
        if found is None and time.time() - kept_at_s(sending.id) > NONCE_S:
            found = await self._find(sending, shown)
        if found is not None:
            await self._edit(sending, found, shown)
        else:
            found = await self._post(sending, shown)
        if self._desk is not None:
            self._desk.answered(sending.chat_id)
        return str(found or "")

    async def edit(self, sending: Sending) -> None:
        """Show the new contents in place; a reply that was withdrawn is deleted. Raises Refused."""
        message_id = int(sending.platform_message_id)
        if sending.reply.withdrawn:
            message = self._channel(sending.chat_id).get_partial_message(message_id)
            async with _gone_is_fine():
                await _within(message.delete())
            return
        await self._edit(sending, message_id, await self._shown(sending))

    async def fetch(self, message: Message) -> Message:
        """The message with its files in the media store. Raises what a network throws, DiskFull."""
        if all(attachment.media_id or not attachment.remote for attachment in message.attachments):
            return message
        person = await self._store.person_of(self.name, message.account)
        return await self._files.fetched(message, person.id)

    async def typing(self, chat_id: str, stage: str) -> None:
        """Show that somebody writes, for ten seconds or until the next message."""
        with contextlib.suppress(discord.DiscordException, aiohttp.ClientError, OSError, NotShown):
            await self._channel(chat_id).typing()

    async def health(self) -> Health:
        """Whether the gateway tells us anything, how far away it is, and when it last did."""
        now = time.monotonic()
        if self._trouble:
            return Health(False, self._trouble)
        if not self._connected:
            gone_s = now - self._changed_s
            return Health(gone_s < GONE_S, f"not connected for {gone_s:.0f} s", {"disconnected_seconds": gone_s})
        numbers = {"last_event_seconds": now - self._event_s}
        latency_s = self._client.latency if self._client is not None else float("inf")
        if latency_s < 3600:  # not known before the first heartbeat is answered
            numbers["latency_seconds"] = latency_s
        return Health(True, "connected", numbers)

    async def stop(self) -> None:
        """Hear nothing more, finish what is being kept, let go of the sockets."""
        if self._desk is not None:
            await self._desk.close()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.wait({running})
        if self._client is not None:
            await self._client.close()
        if self._rooms is not None:
            await self._rooms.close()
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self._addresses_before
        self._connected = False

    # --- the connection -----------------------------------------------------------------------

    async def _run(self) -> None:
        """Stay connected. The library resumes by itself; what it gives up we begin anew, seldom, or never where no
        trying helps."""
        pause_s = 1.0
        while True:
            client = self._client = _Client(self)
            begun_s = time.monotonic()
            try:
                await client.start(self._settings.token.get_secret_value())
            except discord.LoginFailure:
                self._trouble = "the token is not valid"
            except discord.PrivilegedIntentsRequired:
                self._trouble = FATAL[4014]
            except discord.ConnectionClosed as error:
                self._trouble = FATAL.get(error.code, "")
            except Exception as error:
                log.warning("Discord can't be reached: %s", describe(error))
            finally:
                self._disconnected()
                await client.close()
            if self._trouble:
                log.error("Discord is off: %s. The other chats go on.", self._trouble)
                return
            pause_s = 1.0 if time.monotonic() - begun_s > 300 else min(pause_s * 2, 300.0)
            await asyncio.sleep(pause_s)

    def _disconnected(self) -> None:
        if self._connected:
            self._connected, self._changed_s = False, time.monotonic()

    def _now_connected(self, *, anew: bool) -> None:
        self._connected, self._changed_s = True, time.monotonic()
        if anew and self._rooms is not None:
            self._rooms.new_session()
        if not self._announced and (self._announcing is None or self._announcing.done()):
            self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        """Tell Discord which commands there are; once a process, and again at the next connection where it failed."""
        client = self._client
        if client is None or client.application_id is None:
            return
        try:
            await client.http.bulk_upsert_global_commands(client.application_id, command_list(self.commands))  # type: ignore[arg-type]
            self._announced = True
        except Exception as error:
            log.warning("the commands could not be announced: %s", describe(error))

    # --- what is heard ------------------------------------------------------------------------

    def _said(self, message: discord.Message) -> None:
        if message.author.id == self._bot_id:
            if message.nonce:
                _remember(self._posted, str(message.nonce), message.id)
            return
        told = written(message, self._bot_id)
        if told is not None and self._rooms is not None:
            self._rooms.hear(told)

    def _edited(self, message: discord.Message) -> None:
        told = rewritten(message, self._bot_id)
        if told is not None and self._rooms is not None:
            self._rooms.hear(told)

    async def _chats(self) -> Sequence[str]:
        return await self._store.private_chats(self.name)

    async def _known(self, chat_id: str) -> Sequence[Message]:
        return await self._store.heard_in(self.name, chat_id)

    async def _missed(self, chat_id: str, known: Sequence[Message]) -> Sequence[Message]:
        """What was written or rewritten in a chat since the store heard of it; where it never did, what we have not
        answered: so nobody who was forgotten is read again."""
        channel = self._channel(chat_id)
        heard = {message.platform_message_id: message.text for message in known}
        position = max((int(name) for name in heard if name.isdigit()), default=0)
        try:
            newest = [message async for message in channel.history(limit=PAGE)]
            if position and len(newest) == PAGE and newest[-1].id > position:
                since = discord.Object(position)
                earlier = [one async for one in channel.history(limit=MOST, after=since, before=newest[-1])]
                newest += sorted(earlier, key=lambda one: one.id, reverse=True)
        except (discord.Forbidden, discord.NotFound):
            return []
        missed: list[Message | None] = []
        for message in newest:
            if not position and message.author.id == self._bot_id:
                break
            if message.id > position:
                missed.append(written(message, self._bot_id))
            elif heard.get(str(message.id), words_of(message)) != words_of(message):
                missed.append(rewritten(message, self._bot_id))
        return [message for message in reversed(missed) if message is not None]

    async def _addresses(self, channel_id: int, message_id: int) -> dict[int, str]:
        message = await self._channel(str(channel_id)).fetch_message(message_id)
        return {file.id: file.url for file in message.attachments}

    # --- what is shown ------------------------------------------------------------------------

    async def _shown(self, sending: Sending) -> Shown:
        person = await self._store.person(sending.person_id)
        return await render(sending.reply, person.language, self._media)

    async def _post(self, sending: Sending, shown: Shown) -> int | None:
        async with _refusals():
            try:
                posted = await _within(self._posting(sending, shown))
            except discord.NotFound as error:
                if error.code == 10008:  # posted under this nonce, and deleted since
                    return None
                raise
            except discord.HTTPException as error:
                if error.status != 400:
                    raise
                log.warning("Discord refused a reply (%s %s): sent plain", error.status, error.code)
                shown = plain(shown, sending.reply)
                posted = await _within(self._posting(sending, shown))
        _remember(self._media_shown, posted.id, shown.media)
        if posted.content != shown.content.strip() or len(posted.attachments) != len(shown.files):
            await self._edit(sending, posted.id, shown)  # it stood there under this nonce with older contents
        return posted.id

    async def _posting(self, sending: Sending, shown: Shown) -> discord.Message:
        channel = self._channel(sending.chat_id)
        return await channel.send(
            shown.content or None,
            files=shown.uploads(),
            view=shown.view(),
            nonce=sending.id,
            suppress_embeds=True,  # nobody fetches the links of a diary to preview them
        )

    async def _edit(self, sending: Sending, message_id: int, shown: Shown) -> None:
        async with _refusals(), _gone_is_fine():
            try:
                await _within(self._editing(sending, message_id, shown))
            except discord.HTTPException as error:
                if error.status != 400:
                    raise
                log.warning("Discord refused an edit (%s %s): shown plain", error.status, error.code)
                await _within(self._editing(sending, message_id, plain(shown, sending.reply)))
            _remember(self._media_shown, message_id, shown.media)

    async def _editing(self, sending: Sending, message_id: int, shown: Shown) -> None:
        message = self._channel(sending.chat_id).get_partial_message(message_id)
        same = self._media_shown.get(message_id) == shown.media  # then they stay, and are not sent again
        files: dict[str, Any] = {} if same else {"attachments": shown.uploads()}
        await message.edit(content=shown.content, view=shown.view(), **files)

    async def _find(self, sending: Sending, shown: Shown) -> int | None:
        """A message of ours that shows this reply since it was begun, and that no other reply claims."""
        since = datetime.fromtimestamp(kept_at_s(sending.id) - 60, UTC)  # their clock is not ours
        async with _refusals():
            async for message in self._channel(sending.chat_id).history(limit=200, after=since, oldest_first=True):
                if message.author.id != self._bot_id:
                    continue
                same = message.content == shown.content.strip() and len(message.attachments) == len(shown.files)
                if str(message.nonce or "") == sending.id or (same and not message.nonce):
                    standing = await self._store.sending_at(self.name, sending.chat_id, str(message.id))
                    if standing is None:
                        return message.id
        return None

    def _channel(self, chat_id: str) -> discord.PartialMessageable:
        client = self._client
        if client is None or client.is_closed() or client.user is None:
            raise NotShown("Discord is not connected")
        return client.get_partial_messageable(int(chat_id))

    @property
    def _bot_id(self) -> int:
        user = self._client.user if self._client is not None else None
        return user.id if user is not None else 0


class _Client(discord.Client):
    """The library's client, told to remember nothing and to tell the platform in the order in which it hears."""

    def __init__(self, platform: DiscordPlatform) -> None:
        super().__init__(
            intents=discord.Intents(dm_messages=True, guild_messages=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT_S,
        )
        self._platform = platform

    async def on_connect(self) -> None:
        self._platform._now_connected(anew=True)

    async def on_resumed(self) -> None:
        self._platform._now_connected(anew=False)

    async def on_disconnect(self) -> None:
        self._platform._disconnected()

    async def on_socket_event_type(self, event_type: str) -> None:
        self._platform._event_s = time.monotonic()

    async def on_message(self, message: discord.Message) -> None:
        self._platform._said(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self._platform._edited(payload.message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if self._platform._desk is not None:
            await self._platform._desk.serve(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        import sys

        error = sys.exc_info()[1]
        log.error("%s: %s", event_method, describe(error) if error is not None else "?")


@contextlib.asynccontextmanager
async def _refusals() -> AsyncIterator[None]:
    """Tells apart what surely was not shown, what never will be, and what is in doubt (that is raised as it is)."""
    try:
        yield
    except (discord.RateLimited, aiohttp.ClientConnectorError) as error:
        raise NotShown(type(error).__name__) from None
    except discord.HTTPException as error:
        if error.status in (401, 429, 503):
            raise NotShown(f"Discord says {error.status} {error.code}") from None
        if error.status in (400, 403) or error.code == 10003:  # an unknown channel
            raise Refused(f"Discord says {error.status} {error.code}") from None
        raise


@contextlib.asynccontextmanager
async def _gone_is_fine() -> AsyncIterator[None]:
    """A message that is not there any more needs no change."""
    try:
        yield
    except discord.NotFound as error:
        if error.code != 10008:
            raise


async def _within(request: Awaitable[T]) -> T:
    """The answer to a request; one that takes too long goes on by itself, for a request of the library's that is cut
    off while a global rate limit holds would hold it for ever."""
    task = asyncio.ensure_future(request)
    done, _ = await asyncio.wait({task}, timeout=REQUEST_S)
    if not done:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise TimeoutError("Discord takes too long")
    return task.result()


def _remember(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)
