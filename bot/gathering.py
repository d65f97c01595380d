"""What a platform took apart is one message again: an album, or a paste that was too long for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.house import House
from core.entities import Message, kept_at_s

NEWEST = 40  # messages of a chat that are looked at
ALBUM_WITHIN = timedelta(days=1)  # so late a piece still comes to its album
NEARLY_FULL = 0.9  # of what one message carries: somebody who writes so much is not done yet


def comes_in_pieces(house: House, message: Message) -> bool:
    """True where more of it may be on its way."""
    return bool(message.album) or _is_nearly_full(house, message)


async def gathered(house: House, message: Message) -> Message:
    """The message as it was meant, with the id of its first piece, all words and all files.

    Waits until nothing of it has come for a while (`work.album_quiet_s`) or something else has, but not for ever
    (`work.album_s`): whoever writes on must be heard.
    """
    work = house.settings.work
    while True:
        pieces, writes_on = await _pieces(house, message)
        now_s = time.time()
        quiet_s = now_s - kept_at_s(pieces[-1].id)
        if writes_on or quiet_s >= work.album_quiet_s or now_s - kept_at_s(message.id) >= work.album_s:
            return together(pieces)
        await asyncio.sleep(min(0.25, work.album_quiet_s / 4))


async def _pieces(house: House, message: Message) -> tuple[tuple[Message, ...], bool]:
    """The message and what follows it as a part of the same, in order; and whether something else was written since."""
    newest = await house.store.heard_in(message.platform, message.chat_id, NEWEST)
    later = [other for other in newest if other.id > message.id]
    if message.album:
        mine = [message]
        for other in later:
            if other.album == message.album and other.piece_of in ("", message.id) and not await _told(house, other):
                mine.append(other)
        return tuple(mine), len(mine) <= len(later)
    pieces = [message]
    for other in later:
        if not _is_nearly_full(house, pieces[-1]) or not _continues(pieces[-1], other):
            break
        pieces.append(other)
    return tuple(pieces), len(pieces) <= len(later)


async def entry_of_album(house: House, message: Message) -> str:
    """The entry that other pieces of the same album became earlier, at most a day ago, else ""."""
    if not message.album:
        return ""
    earlier = await house.store.messages_before(message, message.sent_at - ALBUM_WITHIN)
    later = await house.store.heard_in(message.platform, message.chat_id, NEWEST)
    for other in (*earlier, *(other for other in later if other.id > message.id)):
        if other.album == message.album and (entry_id := await _told(house, other)):
            return entry_id
    return ""


async def _told(house: House, message: Message) -> str:
    return await house.store.entry_of_message(message.id)


def _continues(before: Message, after: Message) -> bool:
    """The next piece of a paste comes at once, plain, and begins with no command."""
    at_once = abs((after.sent_at - before.sent_at).total_seconds()) <= 2
    return at_once and not (after.album or after.attachments or after.reply_to or after.text.startswith("/"))


def _is_nearly_full(house: House, message: Message) -> bool:
    platform = house.platforms[message.platform]
    if platform.shows_outbox or message.attachments:  # a page takes as much as we do
        return False
    return len(message.text) >= NEARLY_FULL * platform.limits.text_chars


def together(pieces: Sequence[Message]) -> Message:
    """The pieces as one message."""
    if len(pieces) == 1:
        return pieces[0]
    attachments = tuple(attachment for piece in pieces for attachment in piece.attachments)
    refused = next((piece.refused for piece in pieces if piece.refused), "")
    text = "\n".join(piece.text for piece in pieces if piece.text)
    return replace(pieces[0], text=text, attachments=attachments, refused=refused, pieces=tuple(pieces))
