"""What Telegram still holds is fetched, looked at, and kept."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import telegram
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter

from bot.fetching import fetched
from core.entities import Attachment, Message
from core.intake import kind_of
from core.ports import Away, MediaStore
from core.settings import Intake

DOWNLOAD_S = 60.0  # between two pieces of a file


@dataclass(frozen=True)
class Files:
    """Brings files from Telegram into the media store."""

    bot: telegram.Bot
    media: MediaStore
    intake: Intake

    async def fetched(self, message: Message, person_id: str) -> Message:
        """The message with its files kept, or `refused` set for one that can't be taken.

        Safe to repeat. Raises what Telegram and the media store raise."""
        return await fetched(message, person_id, self._download, self.media, self.intake)

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
