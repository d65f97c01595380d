"""What Discord tells becomes a Message, and the files that it still holds are fetched."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import aiohttp
import discord

from bot.care import checked
from bot.fetching import fetched
from bot.incoming import incoming
from core.entities import Attachment, Kind, Level, Message
from core.intake import too_big
from core.ports import MediaStore
from core.safety.crisis import MOST_CHARS, OVERLAP_CHARS
from core.settings import Intake
from core.trouble import describe

log = logging.getLogger(__name__)

NAME = "discord"
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_TYPES = (discord.MessageType.default, discord.MessageType.reply)
_DOWNLOAD = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=20)
_PASTES = ("message.txt", "message")
_WORDS = ("text/plain", "")
PASTE_S = 30.0  # that a long paste may take to be read: its chat waits for it
PASTE_TRY_S = 10.0  # each time it is tried
PASTE_TRIES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each try
PASTE_BYTES = 3 * MOST_CHARS  # of one that are read and looked at for danger, whatever is kept of it
_EXPIRED = (401, 403, 404, 410)

#: The addresses of a message's files by their id, asked for anew. Raises discord.NotFound.
Reread = Callable[[int, int], Awaitable[dict[int, str]]]


def written(message: discord.Message, bot_id: int) -> Message | None:
    """What somebody wrote to us: a line in our private chat, or one that names us elsewhere; None for anything else."""
    if message.author.bot or message.type not in _TYPES:
        return None
    private = getattr(message.channel, "guild_id", None) is None and message.guild is None
    if not private and all(user.id != bot_id for user in message.mentions):
        return None
    reference = message.reference
    is_reply = message.type is discord.MessageType.reply and reference is not None
    return incoming(
        NAME,
        message.channel.id,
        message.author.id,
        message.id,
        message.created_at,
        text=words_of(message),
        attachments=tuple(_attachment(message, file) for file in message.attachments),
        reply_to=str(reference.message_id or "") if is_reply and reference is not None else "",
        private=private,
    )


def rewritten(message: discord.Message, bot_id: int) -> Message | None:
    """A line of theirs in its new words; None where none was changed (a preview was added, a pin)."""
    told = written(message, bot_id)
    if told is None or not told.private or message.edited_at is None:
        return None
    return replace(told, kind=Kind.EDIT, target=told.platform_message_id, sent_at=message.edited_at, reply_to="")


def words_of(message: discord.Message) -> str:
    """The text as it was typed; of a forwarded message what that said."""
    texts = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]
    return _EMOJI.sub(r"\1", "\n".join(filter(None, texts))).replace("\x00", "")


def _attachment(message: discord.Message, file: discord.Attachment) -> Attachment:
    mime = (file.content_type or "").partition(";")[0]
    remote = f"{message.channel.id}/{message.id}/{file.id} {file.url}"
    return Attachment("", mime, file.size, file.title or file.filename, remote=remote)


# --- the files ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Files:
    """Brings what Discord still holds into the media store."""

    media: MediaStore
    intake: Intake
    reread: Reread

    async def fetched(self, message: Message, person_id: str) -> Message:
        """The message with its files kept, or `refused` set for one that can't be taken. Raises what a network throws."""
        return await fetched(message, person_id, self._held, self.media, self.intake)

    async def unfolded(self, message: Message) -> Message:
        """The message with a long paste in its text: Discord turns one into a file `message.txt` by itself.

        Before anything else is done with it, since what is in there must be looked at for danger too."""
        for attachment in message.attachments:
            if attachment.name not in _PASTES or attachment.mime not in _WORDS:
                continue
            others = tuple(one for one in message.attachments if one is not attachment)
            pasted = await self._pasted(attachment)
            if pasted is None and message.kind is Kind.EDIT:  # without the paste it would take that out of the diary
                return replace(message, attachments=others, target="", refused="discord.edit_unread")
            if pasted is None:
                return replace(message, attachments=others, refused="discord.paste_unread")
            kept = await _taken(pasted, self.intake.text_chars)
            whole = kept == pasted and attachment.file_bytes <= PASTE_BYTES
            text = "\n".join(filter(None, (message.text, kept)))
            return replace(message, text=text, attachments=others, refused="" if whole else "discord.paste_too_long")
        return message

    async def _pasted(self, attachment: Attachment) -> str | None:
        """What a long paste says in its first PASTE_BYTES; None where it is gone, or can't be read for half a minute."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PASTE_S):
                for pause_s in PASTE_TRIES:
                    await asyncio.sleep(pause_s)
                    try:
                        data = await asyncio.wait_for(self._download(attachment, PASTE_BYTES), PASTE_TRY_S)
                    except (aiohttp.ClientError, discord.DiscordException, OSError, ValueError) as error:
                        log.info("a long paste could not be read: %s", describe(error, frames=1))
                        continue
                    return None if data is None else _words(data[:PASTE_BYTES])
        return None

    async def _held(self, attachment: Attachment) -> bytes | str:
        """The bytes of a file, or the key of the sentence that says why there are none."""
        if too_big(attachment.file_bytes, self.intake):
            return _too_big(attachment.mime)
        data = await self._download(attachment, max(self.intake.photo_bytes, self.intake.audio_bytes))
        return "discord.file_gone" if data is None else data

    async def _download(self, attachment: Attachment, limit_bytes: int) -> bytes | None:
        """The file until just past the limit; None where it is gone. An address that expired (they do within a day) is
        asked for anew."""
        place, _, url = attachment.remote.partition(" ")
        channel_id, message_id, file_id = (int(part) for part in place.split("/"))
        async with aiohttp.ClientSession(timeout=_DOWNLOAD, raise_for_status=False) as session:
            data = await _read(session, url, limit_bytes)
            if data is not None:
                return data
            try:
                fresh = (await self.reread(channel_id, message_id)).get(file_id)
            except discord.NotFound:
                return None
            return await _read(session, fresh, limit_bytes) if fresh else None


def _words(data: bytes) -> str:
    """A paste as text; a broken byte in it must not keep the rest from being looked at for danger."""
    return data.decode("utf-8-sig", errors="replace").replace("\x00", "").replace("\r\n", "\n")


async def _taken(words: str, chars: int) -> str:
    """What is kept of a paste: its beginning, and where it goes on for long, that later piece which sounds most like
    danger, so that it is answered."""
    starts = range(chars, min(len(words), MOST_CHARS), chars)
    later = [words[max(0, start - OVERLAP_CHARS) : start + chars] for start in starts]
    levels = [(await checked(piece)).level for piece in later]
    gravest = max(levels, key=tuple(Level).index, default=Level.NONE)
    grave = later[levels.index(gravest)] if gravest is not Level.NONE else ""
    return "\n".join(filter(None, (words[:chars], grave)))


async def _read(session: aiohttp.ClientSession, url: str, limit_bytes: int) -> bytes | None:
    """The bytes, cut off just past the limit so that `accept` calls it too big; None where the address does not work."""
    async with session.get(url, allow_redirects=False) as response:
        if response.status in _EXPIRED:
            return None
        response.raise_for_status()
        data = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            data += chunk
            if len(data) > limit_bytes:
                break
        return bytes(data)


def _too_big(mime: str) -> str:
    kind = {"image": "photo", "audio": "sound", "video": "video"}.get(mime.partition("/")[0])
    return f"intake.{kind}_too_big" if kind else "intake.too_big"
