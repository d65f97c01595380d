"""What Telegram still holds is fetched, looked at, and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import httpx
import telegram
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter

from core.entities import Attachment, Message, message_files
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

        Safe to repeat: the same files are kept under the same ids. Raises what Telegram and the media store raise.
        """
        found: list[Attachment] = []
        parts: list[tuple[bytes, str]] = []
        refused = message.refused
        for attachment in message.attachments:
            if attachment.media_id or not attachment.remote:
                found.append(attachment)
                continue
            brought, problem = await self._bring(attachment)
            refused = problem or refused
            parts += [(data, mime) for mime, data in brought]
            found += [replace(attachment, mime=mime, file_bytes=len(data)) for mime, data in brought]
        names = message_files(message.id, len(parts))
        ids = iter(await self.media.put_all(person_id, parts, names) if parts else ())
        kept = [one if one.media_id else replace(one, media_id=next(ids)) for one in found]
        return replace(message, attachments=tuple(kept), refused=refused)

    async def _bring(self, attachment: Attachment) -> tuple[list[tuple[str, bytes]], str]:
        """(mime, bytes) of what is to be kept of a file: a film is a picture and a sound. Or why it can't be taken."""
        data = await self._download(attachment)
        if isinstance(data, str):
            return [], data
        checked = await asyncio.to_thread(accept, data, attachment.name, self.intake)
        if checked.problem:
            return [], checked.problem
        if checked.kind != "video":
            return [(checked.mime, data)], ""
        try:
            return await asyncio.to_thread(frame_and_sound, data, self.intake), ""
        except EmoseumError as error:
            return [], error.key

    async def _download(self, attachment: Attachment) -> bytes | str:
        """The bytes, or the key of the sentence that says why there are none.

        Raises Away as long as Telegram can't be asked at all: nobody loses a photo to that."""
        try:
            file = await self.bot.get_file(attachment.remote.rpartition(" ")[2])
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
