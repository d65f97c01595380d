"""What Telegram still holds is fetched, looked at, and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import httpx
import telegram
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter

from core.entities import Attachment, Message
from core.intake import accept, kind_of
from core.ports import Away, EmoseumError, MediaStore
from core.settings import Intake
from core.video import frame_and_sound

DOWNLOAD_S = 60.0  # between two pieces of a file


@dataclass(frozen=True)
class Files:
    """Brings files from Telegram into the media store."""

    bot: telegram.Bot
    media: MediaStore
    intake: Intake

    async def fetched(self, message: Message, person_id: str) -> Message:
        """The message with its files kept, or `refused` set for one that can't be taken.

        Safe to repeat: where it breaks off, nothing of it stays. Raises what Telegram and the media store raise.
        """
        kept: list[Attachment] = []
        refused = message.refused
        try:
            for attachment in message.attachments:
                if attachment.media_id or not attachment.remote:
                    kept.append(attachment)
                    continue
                refused = await self._bring(attachment, person_id, kept) or refused
        except BaseException:
            for attachment in kept:
                if attachment not in message.attachments:
                    await self.media.delete(attachment.media_id)
            raise
        return replace(message, attachments=tuple(kept), refused=refused)

    async def _bring(self, attachment: Attachment, person_id: str, kept: list[Attachment]) -> str:
        """Fetch one file and add what came of it to `kept`; else returns the key of the sentence that says why not."""
        data = await self._download(attachment)
        if isinstance(data, str):
            return data
        checked = await asyncio.to_thread(accept, data, attachment.name, self.intake)
        if checked.problem:
            return checked.problem
        parts = [(checked.mime, data)]
        if checked.kind == "video":
            try:
                parts = await asyncio.to_thread(frame_and_sound, data, self.intake)
            except EmoseumError as error:
                return error.key
        for mime, part in parts:
            media_id = await self.media.put(person_id, part, mime)
            kept.append(Attachment(media_id, mime, len(part), attachment.name))
        return ""

    async def _download(self, attachment: Attachment) -> bytes | str:
        """The bytes, or the key of the sentence that says why there are none.

        Raises Away as long as Telegram can't be asked at all: nobody loses a photo to that."""
        try:
            file = await self.bot.get_file(attachment.remote)
        except (RetryAfter, InvalidToken) as error:
            raise Away(type(error).__name__) from error
        except BadRequest as error:
            if "too big" in str(error).lower():
                kind = kind_of(attachment.mime)
                return f"intake.{kind}_too_big" if kind else "intake.too_big"
            return "telegram.file_gone"
        except NetworkError as error:
            if isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout)):
                raise Away(type(error.__cause__).__name__) from error
            raise
        try:
            return bytes(await file.download_as_bytearray(read_timeout=DOWNLOAD_S))
        except (BadRequest, InvalidToken):  # its link is good for an hour, and is seconds old
            return "telegram.file_gone"
