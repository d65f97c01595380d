"""A house in one process whose web chat has the drawing page, with the real crayon painter and one entry in it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from bot import studio_pass
from bot.studio_door import Keys
from bot.web_platform import WebPlatform
from core import service
from core.entities import Entry, Message, WorkKind
from core.painting import arrangement
from core.painting.crayon import CrayonPainter
from core.painting.sketch import compose
from core.settings import Engines, Web
from tests.fakes.in_process import Chat, InlineStudio

ENGINES = Engines(understanding="embedded", painter="crayon", composer="instant", commenter="instant")
SECRET, TOKEN = b"studio" * 6, "123456:a-token-of-the-tests"
LINES = {
    "ko": "오늘은 강아지랑 공원에서 산책을 했다. 아이스크림도 먹었다. 행복했다",
    "en": "Walked the dog in the park and had an ice cream. I was so happy.",
}


class CrayonStudio(InlineStudio):
    """Paints with crayons, in this process."""

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        return await asyncio.to_thread(
            CrayonPainter().paint, tags, emotion, language, seed, sketch, preferences=preferences, brief=brief
        )


class SketchStudio(InlineStudio):
    """Composes as the crayon painter does, and paints nothing."""

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        sketch = sketch or compose(tags, emotion, seed)
        return await super().paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)


INSTANT = Engines(understanding="embedded", painter="instant", composer="instant", commenter="instant")
WALK = "오늘은 강아지랑 공원에서 산책을 했다. 행복했다"


@asynccontextmanager
async def sketched_chat(folder: Path, line: str = WALK) -> AsyncIterator[Chat]:
    """A chat with one line in it, whose picture is composed and not painted."""
    chat = await Chat.open(folder, "ko", INSTANT)
    service.service().studio = SketchStudio()
    await chat.says(line)
    yield chat
    await chat.close()


async def entry_of(chat: Chat) -> Entry:
    """The first entry of the chat's person."""
    (entry_id, *_) = await chat.house.store.every_entry((await chat.person()).id)
    return await chat.house.store.entry(entry_id)


class StudioHouse:
    """One person, one entry, and the page for its drawing."""

    def __init__(self, chat: Chat, entry: Entry) -> None:
        self.chat, self.entry = chat, entry
        self.heard: list[Message] = []
        self._steps: set[asyncio.Task[None]] = set()
        self.platform = WebPlatform(
            Web(port=0, public_url="https://diary.example"), chat.house.settings.intake, chat.house.store, chat.house.media,
            session_secret=b"s" * 32, studio=Keys(SECRET, TOKEN, "https://diary.example"),
        )  # fmt: skip
        chat.house.studio_secret = SECRET

    @classmethod
    async def open(cls, folder: Path, language: str = "ko") -> StudioHouse:
        """Write the entry and open the door."""
        chat = await Chat.open(folder, language, ENGINES)
        service.service().studio = CrayonStudio()
        await chat.says(LINES[language])
        (entry_id,) = await chat.house.store.every_entry((await chat.person()).id)
        house = cls(chat, await chat.house.store.entry(entry_id))
        chat.house.platforms = {"web": house.platform, "telegram": chat.screen}
        await house.platform.start(house.hear)
        return house

    async def hear(self, message: Message) -> bool:
        """Kept at once, answered beside, as the durable engine does it."""
        new = await self.chat.house.store.keep_with(message, lambda connection, person_id: None)
        if new:
            self.heard.append(message)
            step = asyncio.create_task(self.chat.steps(message))
            self._steps.add(step)
            step.add_done_callback(self._steps.discard)
        return new

    async def quiet(self) -> None:
        """Wait until everything that was heard is answered."""
        while self._steps:
            await asyncio.gather(*self._steps)

    async def close(self) -> None:
        await self.quiet()
        await self.platform.stop()
        await self.chat.close()

    # --- what stands in the store ----------------------------------------------------------------

    async def pictures(self) -> list:
        """Every picture of the entry, oldest first."""
        works = await self.chat.house.store.works(self.entry.id)
        return sorted((work for work in works if work.kind is WorkKind.PICTURE), key=lambda work: work.revision)

    async def sketch(self):
        return arrangement.sketch_in((await self.pictures())[-1].prompt)

    async def text(self, revision: int = 1) -> str:
        """The sketch as the page would send it, unchanged."""
        return arrangement.written(self.entry.id, revision, await self.sketch())

    def pass_for(self, entry_id: str = "", person_id: str = "", account: str = "me", until_s: float = 0) -> str:
        """A signed link's pass, for Discord."""
        allowed = studio_pass.Pass(
            "web", account, "me", person_id or self.entry.person_id, entry_id or self.entry.id,
            int(until_s or time.time() + 60),
        )  # fmt: skip
        return studio_pass.write(SECRET, allowed)


def init_data(
    account: int = 7, token: str = TOKEN, at_s: float = 0, more: Iterable[tuple[str, str]] = (), user: str = ""
) -> str:
    """What Telegram hands to a Mini App, signed as Telegram signs it."""
    fields = {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": user
        or json.dumps({"id": account, "first_name": "지우 & Co=", "language_code": "ko"}, ensure_ascii=False),
        "auth_date": str(int(at_s or time.time())),
        "signature": "zL-ucjNyREiHDE8aihFwpfR9aggP2xiAo3NSpfe-p7IbCisNlDKlo7Kb6G4D0Ao2mBrSgEk4maLSdv6MLIlADQ",
        **dict(more),
    }
    signed = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    fields["hash"] = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
