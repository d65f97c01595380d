"""Replies are shown on Discord once: under a nonce, and where that has died, after a look into the chat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
import discord

from bot.discord_render import Shown, plain
from core.entities import Sending, kept_at_s
from core.ports import Closed, NotShown, Refused, Unanswered

log = logging.getLogger(__name__)

NONCE_S = 100.0  # that Discord surely knows a nonce for; it says "a few minutes"
REQUEST_S = 90.0  # that a step waits for one request, waiting out a rate limit included
REMEMBERED = 5000
LOOKED_AT = 200  # messages in which a lost one is looked for
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, CLOSED = 10003, 10008, 50007
CLOSED_S = 600.0  # that a chat which takes nothing from us is let be: every refusal counts for being banned
T = TypeVar("T")

#: True where another reply is known to stand in that message: (sending, message id).
Claimed = Callable[[Sending, int], Awaitable[bool]]


class Screen:
    """What stands in the chats, as far as this process needs to know."""

    def __init__(self, channel: Callable[[str], discord.PartialMessageable], claimed: Claimed) -> None:
        self._channel, self._claimed = channel, claimed
        self._posted: OrderedDict[str, int] = OrderedDict()  # nonce -> message id, as the gateway told us
        self._closed: OrderedDict[str, float] = OrderedDict()  # chat -> when it was found to be
        self._media: OrderedDict[int, tuple[str, ...]] = OrderedDict()  # message id -> what its files show

    def is_closed(self, chat_id: str) -> bool:
        """True where the person was found to take nothing from us a moment ago."""
        return time.monotonic() - self._closed.get(chat_id, -CLOSED_S) < CLOSED_S

    def opened(self, chat_id: str) -> None:
        """Somebody wrote there: maybe we may again."""
        self._closed.pop(chat_id, None)

    def told(self, message: discord.Message) -> None:
        """The gateway told us of a message of our own: so it arrived, whatever became of the answer."""
        if message.nonce:
            _remember(self._posted, str(message.nonce), message.id)

    async def post(self, sending: Sending, shown: Shown, bot_id: int) -> str:
        """Show a reply; returns its message's id, "" where it was deleted meanwhile.

        Raises NotShown, Unanswered, Refused."""
        found = self._posted.get(sending.id)
        async with _refusals(), self._if_open(sending.chat_id):
            if found is None and time.time() - kept_at_s(sending.id) > NONCE_S:
                found = await self._find(sending, shown, bot_id)
            if found is None:
                return await self._post(sending, shown)
        await self.edit(sending.chat_id, found, sending, shown)
        return str(found)

    async def edit(self, chat_id: str, message_id: int, sending: Sending, shown: Shown) -> None:
        """Show other contents in a message; nothing happens where that is gone. Raises NotShown, Refused."""
        message = self._channel(chat_id).get_partial_message(message_id)
        async with _refusals(), self._if_open(chat_id), _gone_is_fine():
            await _or_plain(lambda one: self._patch(message, one), sending, shown)
            _remember(self._media, message_id, shown.media)

    async def delete(self, chat_id: str, message_id: int) -> None:
        """Take a message away; nothing happens where it is gone. Raises NotShown, Refused."""
        message = self._channel(chat_id).get_partial_message(message_id)
        async with _refusals(), self._if_open(chat_id), _gone_is_fine():
            await _within(message.delete())

    @contextlib.asynccontextmanager
    async def _if_open(self, chat_id: str) -> AsyncIterator[None]:
        """Nothing is asked of Discord for a closed chat. Raises Refused there."""
        if self.is_closed(chat_id):
            raise Refused("the chat is closed to us")
        try:
            yield
        except discord.Forbidden as error:
            if error.code == CLOSED:
                _remember(self._closed, chat_id, time.monotonic())
            raise

    async def _post(self, sending: Sending, shown: Shown) -> str:
        channel = self._channel(sending.chat_id)

        async def posting(one: Shown) -> discord.Message:
            # Links are not previewed: nobody else fetches what stands in a diary.
            return await channel.send(
                one.content or None, files=one.uploads(), view=one.view(), nonce=sending.id, suppress_embeds=True,
                silent=sending.reply.quiet,
            )  # fmt: skip

        try:
            posted, shown = await _or_plain(posting, sending, shown)
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:  # posted under this nonce, and deleted since
                return ""
            raise
        _remember(self._media, posted.id, shown.media)
        if posted.content != shown.content.strip() or len(posted.attachments) != len(shown.files):
            self._media.pop(posted.id)
            await self.edit(sending.chat_id, posted.id, sending, shown)  # older contents stood under this nonce
        return str(posted.id)

    async def _patch(self, message: discord.PartialMessage, shown: Shown) -> None:
        same = self._media.get(message.id) == shown.media  # then the files stay, and are not sent again
        files: dict[str, Any] = {} if same else {"attachments": shown.uploads()}
        await message.edit(content=shown.content, view=shown.view(), **files)

    async def _find(self, sending: Sending, shown: Shown, bot_id: int) -> int | None:
        """A message of ours that shows this reply since it was kept, and that no other reply claims."""
        since = datetime.fromtimestamp(kept_at_s(sending.id) - 60, UTC)  # their clock is not ours
        channel = self._channel(sending.chat_id)
        async for message in channel.history(limit=LOOKED_AT, after=since, oldest_first=True):
            if message.author.id != bot_id:
                continue
            same = message.content == shown.content.strip() and len(message.attachments) == len(shown.files)
            ours = str(message.nonce or "") == sending.id or (same and not message.nonce)  # a history need not tell it
            if ours and not await self._claimed(sending, message.id):
                return message.id
        return None


async def _or_plain(show: Callable[[Shown], Awaitable[T]], sending: Sending, shown: Shown) -> tuple[T, Shown]:
    """What was shown, and as what: where Discord refuses something about it, the plain words."""
    try:
        return await _within(show(shown)), shown
    except discord.HTTPException as error:
        if error.status not in (400, 413):
            raise
        log.warning("Discord refused a reply (%s %s): shown plain", error.status, error.code)
        too_large = error.status == 413
    simple = plain(shown, sending.reply)
    if too_large:
        simple = replace(simple, files=(), media=())
    return await _within(show(simple)), simple


async def _within(request: Awaitable[T]) -> T:
    """The answer to a request; one that takes too long goes on by itself, for a request of the library's that is cut
    off while a global rate limit holds would hold it for ever."""
    task = asyncio.ensure_future(request)
    done, _ = await asyncio.wait({task}, timeout=REQUEST_S)
    if not done:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise TimeoutError("Discord takes too long")
    return task.result()


@contextlib.asynccontextmanager
async def _refusals() -> AsyncIterator[None]:
    """Tells apart what surely was not shown, what is in doubt, and what never will be."""
    try:
        yield
    except (discord.RateLimited, aiohttp.ClientConnectorError) as error:
        raise NotShown(type(error).__name__) from None
    except discord.HTTPException as error:
        if error.status in (401, 429, 503):
            raise NotShown(f"Discord says {error.status} {error.code}") from None
        if error.status == 403 or error.code == UNKNOWN_CHANNEL:
            raise Closed(f"Discord says {error.status} {error.code}") from None
        if error.status in (400, 413):
            raise Refused(f"Discord says {error.status} {error.code}") from None
        if error.status >= 500:
            raise Unanswered(f"Discord says {error.status} {error.code}") from None
        raise
    except (aiohttp.ClientError, OSError) as error:
        raise Unanswered(type(error).__name__) from error


@contextlib.asynccontextmanager
async def _gone_is_fine() -> AsyncIterator[None]:
    """A message that is not there any more needs no change."""
    try:
        yield
    except discord.NotFound as error:
        if error.code != UNKNOWN_MESSAGE:
            raise


def _remember(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)
