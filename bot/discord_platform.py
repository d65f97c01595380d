"""Discord: private messages, buttons and slash commands through discord.py, nothing lost and nothing shown twice.

`Connection` holds the line, `Rooms` hears each chat in order and reads what was missed, `Desk` serves presses and
commands within three seconds, `Files` brings photos and sounds home, `render` and `Screen` show what is answered.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import aiohttp
import discord

from bot.discord_connection import Connection, Ears
from bot.discord_desk import Desk
from bot.discord_intake import NAME, Files, rewritten, words_of, written
from bot.discord_render import LIMITS, Shown, render
from bot.discord_rooms import Rooms
from bot.discord_screen import Screen
from core import settings
from core.entities import Message, Sending
from core.ports import Health, Heard, MediaStore, NotShown, Store

PAGE = 50  # messages read at once to see what was missed
TYPING_S = 8.0  # of the ten for which Discord shows it
MOST = 2000  # missed messages of one chat that are read


class DiscordPlatform:
    """A chat on Discord. Meets core.ports.Platform."""

    name = NAME
    limits = LIMITS
    resend_is_safe = True  # the nonce, and after it our own look into the chat
    shows_outbox = False

    def __init__(self, own: settings.Discord, intake: settings.Intake, store: Store, media: MediaStore) -> None:
        self.commands: list[tuple[str, str, str]] = []  # name, what it does in Korean, in English
        self._store, self._media = store, media
        self.line = Connection(own, Ears(self._began, self._said, self._edited, self._asked))
        self._files = Files(media, intake, self._addresses)
        self._screen = Screen(self.line.channel, self._claimed)
        self._rooms: Rooms | None = None
        self._desk: Desk | None = None
        self._typed_s: dict[str, float] = {}  # chat -> when we were last seen typing there

    # --- Platform -----------------------------------------------------------------------------

    async def start(self, heard: Heard) -> None:
        """Begin to connect; whether that works is told by `health`, and in the log."""

        async def unfolded_and_heard(message: Message) -> bool:
            return await heard(await self._files.unfolded(message))

        self._rooms = Rooms(unfolded_and_heard, self._missed, self._known, self._chats)
        self._desk = Desk(self._rooms.in_turn)
        self.line.commands = self.commands
        self.line.open()

    async def send(self, sending: Sending) -> str:
        """Post a reply, once. Raises NotShown, Refused."""
        if sending.reply.withdrawn:
            return ""
        message_id = await self._screen.post(sending, await self._shown(sending), self.line.bot_id)
        self._typed_s.pop(sending.chat_id, None)
        if self._desk is not None:
            self._desk.answered(sending.chat_id)
        return message_id

    async def edit(self, sending: Sending) -> str | None:
        """Show the new contents in place; a reply that was withdrawn is deleted. Raises NotShown, Refused."""
        message_id = int(sending.platform_message_id)
        if sending.reply.withdrawn:
            await self._screen.delete(sending.chat_id, message_id)
        else:
            await self._screen.edit(sending.chat_id, message_id, sending, await self._shown(sending))
        return None

    async def fetch(self, message: Message) -> Message:
        """The message with its files in the media store. Raises what a network throws, DiskFull."""
        if all(attachment.media_id or not attachment.remote for attachment in message.attachments):
            return message
        person = await self._store.person_of(self.name, message.account)
        return await self._files.fetched(message, person.id)

    @property
    def known_as(self) -> str:
        """How people find us, "" until that is known."""
        return self.line.bot_name

    async def typing(self, chat_id: str, stage: str) -> None:
        """Show that somebody writes, for ten seconds or until the next message; asked again meanwhile it is one request."""
        typed = time.monotonic() - self._typed_s.get(chat_id, -TYPING_S) < TYPING_S
        if typed or self._screen.is_closed(chat_id):
            return
        self._typed_s[chat_id] = time.monotonic()
        with contextlib.suppress(discord.DiscordException, aiohttp.ClientError, OSError, NotShown):
            await self.line.channel(chat_id).typing()

    async def health(self) -> Health:
        """How the gateway is."""
        return self.line.health()

    async def stop(self) -> None:
        """Hear nothing more, finish what is being kept, let go of the sockets."""
        if self._desk is not None:
            await self._desk.close()
        await self.line.close()
        if self._rooms is not None:
            await self._rooms.close()

    # --- what is heard ------------------------------------------------------------------------

    def _began(self) -> None:
        if self._rooms is not None:
            self._rooms.new_session()

    def _said(self, message: discord.Message) -> None:
        if message.author.id == self.line.bot_id:
            self._screen.told(message)
        elif (told := written(message, self.line.bot_id)) is not None and self._rooms is not None:
            self._screen.opened(told.chat_id)
            self._rooms.hear(told)

    def _edited(self, message: discord.Message) -> None:
        if (told := rewritten(message, self.line.bot_id)) is not None and self._rooms is not None:
            self._rooms.hear(told)

    async def _asked(self, interaction: discord.Interaction) -> None:
        self._screen.opened(str(interaction.channel_id))
        if self._desk is not None:
            await self._desk.serve(interaction)

    async def _chats(self) -> Sequence[str]:
        return await self._store.private_chats(self.name)

    async def _known(self, chat_id: str) -> Sequence[Message]:
        return await self._store.heard_in(self.name, chat_id)

    async def _missed(self, chat_id: str, known: Sequence[Message]) -> Sequence[Message]:
        """What was written or rewritten in a chat since the store heard of it; where it never did, what we have not
        answered: so nobody who was forgotten is read again."""
        bot_id = self.line.bot_id
        heard = {message.platform_message_id: message.text for message in known}  # with a long paste after the words
        position = max((int(name) for name in heard if name.isdigit()), default=0)
        missed: list[Message | None] = []
        for message in await self._newest(chat_id, position):
            if not position and message.author.id == bot_id:
                break
            if message.id > position:
                missed.append(written(message, bot_id))
            elif message.edited_at is not None and not _says(heard.get(str(message.id), ""), words_of(message)):
                missed.append(rewritten(message, bot_id))
        return [message for message in reversed(missed) if message is not None]

    async def _newest(self, chat_id: str, position: int) -> list[discord.Message]:
        """A page of a chat, newest first, and what lies between it and `position`; nothing of one closed to us."""
        channel = self.line.channel(chat_id)
        try:
            newest = [message async for message in channel.history(limit=PAGE)]
            if position and len(newest) == PAGE and newest[-1].id > position:
                since = discord.Object(position)
                earlier = [one async for one in channel.history(limit=MOST, after=since, before=newest[-1])]
                newest += sorted(earlier, key=lambda one: one.id, reverse=True)
        except (discord.Forbidden, discord.NotFound):
            return []
        return newest

    async def _addresses(self, channel_id: int, message_id: int) -> dict[int, str]:
        message = await self.line.channel(str(channel_id)).fetch_message(message_id)
        return {file.id: file.url for file in message.attachments}

    # --- what is shown ------------------------------------------------------------------------

    async def _shown(self, sending: Sending) -> Shown:
        person = await self._store.person(sending.person_id)
        return await render(sending.reply, person.language, self._media)

    async def _claimed(self, sending: Sending, message_id: int) -> bool:
        return await self._store.sending_at(self.name, sending.chat_id, str(message_id)) is not None


def _says(heard: str, words: str) -> bool:
    """True where a message as we heard it holds those words, and maybe a long paste after them."""
    return not heard or heard == words or heard.startswith(f"{words}\n") or not words
