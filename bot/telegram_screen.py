"""Shows, changes and takes back what stands in a Telegram chat, with as few requests as that needs."""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import telegram
from telegram import LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.telegram_pace import LONGEST_WAIT_S, Pace
from bot.telegram_render import PERFORMER, PHOTO_BYTES, Look, blank, cover_of
from core.entities import SendState
from core.ports import MediaStore, NotFound, NotShown, Refused, Unanswered

log = logging.getLogger(__name__)

Key = TypeVar("Key")
Value = TypeVar("Value")

QUIET_S = 1800.0  # that a chat which refused us is left alone, unless somebody writes there
REMEMBERED = 5_000  # messages whose contents we know, and files that Telegram has a name for
CHANGE_COSTS = 0.4  # of the turn that a new message takes
GONE = "…"

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_PATIENCE: Any = {"read_timeout": 20.0}  # seconds
_UPLOAD: Any = {"write_timeout": 60.0, "read_timeout": 60.0}
#: What Telegram says, re-cased by the library, where something can be mended.
_SAID = (
    ("message is not modified", "same"),
    ("message to edit not found", "gone"),
    ("message to delete not found", "gone"),
    ("message can't be edited", "gone"),
    ("message can't be deleted", "too old"),
    ("there is no text in the message", "other kind"),
    ("there is no caption in the message", "other kind"),
    ("wrong file identifier", "bad file"),
    ("wrong remote file", "bad file"),
    ("can't use file of type", "bad file"),
)
_NOBODY = ("chat not found", "user is deactivated", "group chat was deactivated", "rights to send")
#: What stands before Telegram lost its answer, whatever that was.
_NOBODY_KNOWS = ("bad gateway", "gateway timeout", "invalid server response")
#: What surely ended before Telegram had the whole request.
_NOT_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.WriteError, httpx.WriteTimeout)


@dataclass(frozen=True)
class Standing:
    """What stands in a message, as far as it takes to change no more of it than needed."""

    kind: str
    media_id: str
    words: int  # a hash: what was written is not kept
    buttons: int  # a hash too: thousands of messages are remembered, and a row of buttons takes some ten kilobytes


#: Where it is kept that Telegram is being asked (INFLIGHT), or surely was not (NEW).
Note = Callable[[SendState], Awaitable[None]]


async def _nowhere(state: SendState) -> None:
    """For what has a place in the chat already: it is not in doubt."""


class Mendable(Exception):
    """Telegram says no to something that can be done in another way: gone | other kind | bad file | too old."""


class Screen:
    """The messages of ours in every chat."""

    def __init__(self, bot: telegram.Bot, media: MediaStore) -> None:
        self._bot, self._media, self._pace = bot, media, Pace()
        self._standing: OrderedDict[tuple[str, str], Standing] = OrderedDict()
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()  # of files that Telegram has: file ids
        self._refusals: OrderedDict[str, float] = OrderedDict()  # chat -> until when it is left alone

    async def show(self, chat_id: str, look: Look, note: Note = _nowhere) -> str:
        """Send; returns the message id. Raises NotShown, Unanswered, Refused."""
        try:
            sent = await self._asking(chat_id, lambda: self._send(chat_id, look, note), note)
        except Mendable:  # Telegram has forgotten a file's name
            await note(SendState.NEW)
            self._names.pop((look.kind, look.media_id), None)
            sent = await self._asking(chat_id, lambda: self._send(chat_id, look, note), note)
        self._remember(chat_id, str(sent.message_id), look, sent)
        return str(sent.message_id)

    async def change(self, chat_id: str, message_id: str, look: Look, note: Note = _nowhere) -> str:
        """Show other contents in the place of a message; returns its id, a new one where it had to be sent anew.

        May be repeated, but where it was sent anew and `note` said INFLIGHT last: then nobody knows whether it is there.
        Raises NotShown, Unanswered, Refused."""
        place = (chat_id, message_id)
        for _ in range(3):
            was = self._standing.get(place)
            if was is not None and was.kind != "text" and look.kind == "text":
                break  # a message with a file never becomes one without
            try:
                changed = await self._asking(chat_id, lambda: self._edit(chat_id, message_id, look))
                self._remember(chat_id, message_id, look, changed)
                return message_id
            except Mendable as odd:
                if str(odd) == "gone":
                    return await self.show(chat_id, look, note)
                if str(odd) == "other kind" and look.kind == "text":
                    break
                self._standing.pop(place, None)  # we remembered it wrongly: once more, with everything
                self._names.pop((look.kind, look.media_id), None)
        await self.withdraw(chat_id, message_id)
        return await self.show(chat_id, look, note)

    async def withdraw(self, chat_id: str, message_id: str) -> None:
        """Take a message away; one that is too old for that (two days) loses its contents. Raises NotShown, Refused."""
        self._standing.pop((chat_id, message_id), None)
        try:
            await self._asking(chat_id, lambda: self._bot.delete_message(chat_id, int(message_id)))
        except Mendable as odd:
            if str(odd) == "gone":
                return
            try:
                await self._asking(chat_id, lambda: self._edit(chat_id, message_id, Look("text", GONE)))
            except Mendable:  # it has a file
                emptied = Look("photo", GONE, file=blank(), name="gone.png")
                await self._asking(chat_id, lambda: self._edit(chat_id, message_id, emptied))

    async def act(self, chat_id: str, action: str) -> None:
        """Show for a few seconds what we are doing; where that fails nothing happens."""
        if self._is_refused(chat_id):
            return
        try:
            await self._bot.send_chat_action(chat_id, action)
        except TelegramError as error:
            log.debug("telegram: %s not shown: %s", action, type(error).__name__)

    def welcome(self, chat_id: str) -> None:
        """Somebody wrote there, so we may write there too."""
        self._refusals.pop(chat_id, None)

    def leave_alone(self, chat_id: str) -> None:
        """They blocked us, or are gone."""
        _put(self._refusals, chat_id, time.monotonic() + QUIET_S)

    def _is_refused(self, chat_id: str) -> bool:
        return self._refusals.get(chat_id, 0.0) > time.monotonic()

    # --- the calls ----------------------------------------------------------------------------

    async def _send(self, chat_id: str, look: Look, note: Note) -> Any:
        look = await self._filled(look)
        await note(SendState.INFLIGHT)
        if look.kind == "text":
            return await self._bot.send_message(
                chat_id, look.text or GONE, reply_markup=look.markup, link_preview_options=_NO_PREVIEW,
                disable_notification=look.quiet or None, **_PATIENCE,
            )  # fmt: skip
        common: Any = {"caption": look.text, "reply_markup": look.markup, "filename": look.name or None, **_UPLOAD}
        if look.kind == "audio":
            common |= {"title": look.title, "performer": PERFORMER, "thumbnail": look.cover or None}
            return await self._bot.send_audio(chat_id, look.file, **common)
        send: Any = self._bot.send_document if look.kind == "document" else self._bot.send_photo
        return await send(chat_id, look.file, **common)

    async def _edit(self, chat_id: str, message_id: str, look: Look) -> Any:
        """Change no more than is different; all of it where we do not know what stands there."""
        where: Any = {"chat_id": chat_id, "message_id": int(message_id), "reply_markup": look.markup}
        was = self._standing.get((chat_id, message_id))
        same_file = was is not None and (was.kind, was.media_id) == (look.kind, look.media_id)
        if was is not None and same_file and was.words == hash(look.text):
            if was.buttons == hash(look.markup):
                return True
            return await self._bot.edit_message_reply_markup(**where, **_PATIENCE)
        if look.kind != "text" and same_file:
            return await self._bot.edit_message_caption(caption=look.text, **where, **_PATIENCE)
        look = await self._filled(look)
        if look.kind == "text":
            where |= {"link_preview_options": _NO_PREVIEW}
            return await self._bot.edit_message_text(look.text or GONE, **where, **_PATIENCE)
        return await self._bot.edit_message_media(look.input_media, **where, **_UPLOAD)

    async def _filled(self, look: Look) -> Look:
        """The look with its file: Telegram's own name for it, else the bytes; without where it was deleted meanwhile."""
        if not look.media_id:
            return look
        if name := self._names.get((look.kind, look.media_id), ""):
            return replace(look, file=name)
        try:
            file = await self._media.get(look.media_id)
        except NotFound:
            return Look("text", look.text, look.markup)
        kind = "document" if look.kind == "photo" and len(file.data) > PHOTO_BYTES else look.kind
        name = look.name or f"emoseum.{_ENDINGS.get(file.mime, 'bin')}"
        return replace(look, kind=kind, file=file.data, name=name, cover=await self._cover(look))

    async def _cover(self, look: Look) -> bytes:
        try:
            picture = await self._media.get(look.cover_id) if look.cover_id else None
        except NotFound:
            return b""
        return await asyncio.to_thread(cover_of, picture.data) if picture is not None else b""

    async def _asking(self, chat_id: str, ask: Callable[[], Awaitable[Any]], note: Note | None = None) -> Any:
        """Ask Telegram in turn, waiting when it says so. With a `note`, asking twice would show it twice.

        Raises NotShown, Refused, Mendable; Unanswered where it is in doubt what happened."""
        if self._is_refused(chat_id):
            raise Refused("this chat refused us a moment ago")
        async with self._pace.turn(chat_id, CHANGE_COSTS if note is None else 1.0) as lane:
            waited_s = 0.0
            while True:
                try:
                    async with self._pace.asking():
                        return await ask()
                except RetryAfter as error:
                    pause_s = _seconds(error) + 0.1
                    lane.hush(pause_s)
                    if note is not None:
                        await note(SendState.NEW)
                    waited_s += pause_s
                    if waited_s > LONGEST_WAIT_S:
                        raise NotShown(f"Telegram asked for silence for {pause_s:.0f} s") from error
                    await asyncio.sleep(pause_s)
                except TelegramError as error:
                    if note is not None and not _surely_not_asked(error):
                        raise Unanswered(type(error).__name__) from error
                    return self._told_no(chat_id, error)

    def _told_no(self, chat_id: str, error: TelegramError) -> bool:
        """What a no means. True where it is as good as a yes. Raises NotShown, Refused, Mendable."""
        if isinstance(error, BadRequest):
            text = str(error).lower()
            what = next((what for said, what in _SAID if said in text), "")
            if what == "same":
                return True
            if what:
                raise Mendable(what) from error
            if any(said in text for said in _NOBODY):
                self.leave_alone(chat_id)
            raise Refused(str(error)[:120]) from error
        if isinstance(error, (Forbidden, ChatMigrated)):
            self.leave_alone(chat_id)
            raise Refused(type(error).__name__) from error
        raise NotShown("the token is refused" if isinstance(error, _TOKEN) else type(error).__name__) from error

    def _remember(self, chat_id: str, message_id: str, look: Look, told: Any) -> None:
        _put(
            self._standing,
            (chat_id, message_id),
            Standing(look.kind, look.media_id, hash(look.text), hash(look.markup)),
        )
        if not isinstance(told, telegram.Message) or not look.media_id:
            return
        held = told.photo[-1] if look.kind == "photo" and told.photo else getattr(told, look.kind, None)
        if isinstance(held, (telegram.PhotoSize, telegram.Audio, telegram.Document)):
            _put(self._names, (look.kind, look.media_id), held.file_id)


_TOKEN = (InvalidToken, EndPointNotFound)
_ENDINGS = {
    "image/png": "png", "image/jpeg": "jpg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/ogg": "ogg",
    "audio/wav": "wav", "application/pdf": "pdf", "application/zip": "zip", "application/json": "json",
}  # fmt: skip


def _surely_not_asked(error: TelegramError) -> bool:
    """True where Telegram said no, or never had the whole request; False where nobody knows what it did."""
    if isinstance(error.__cause__, httpx.HTTPError):
        return isinstance(error.__cause__, _NOT_ASKED)
    return not any(said in str(error).lower() for said in _NOBODY_KNOWS)


def _seconds(error: RetryAfter) -> float:
    with warnings.catch_warnings():  # the library announces that the unit's type is going to change
        warnings.simplefilter("ignore")
        pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)


def _put(remembered: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Remember, and forget what was remembered longest ago."""
    remembered[key] = value
    remembered.move_to_end(key)
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
