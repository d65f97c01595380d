"""A person's seat in front of each platform: what they can do there, and what is on the screen."""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

import aiohttp

from bot import days
from bot.discord_commands import OPTIONS
from bot.web_platform import WebPlatform
from tests.fakes import discord_people
from tests.fakes.discord_server import DiscordServer
from tests.fakes.telegram_chats import Shown
from tests.fakes.telegram_server import TelegramServer
from tests.golden.files import file
from tests.golden.screens import Bubble, Knob, knob, news

PERSON, GROUP = 7, -5
TEXT_CHARS = 4096  # of a Telegram message
PASTE_CHARS = 2000  # what Discord's own client turns into a file beyond
GREEN = 3


class Seat(Protocol):
    """What everybody can do on a platform. Each deed returns how many messages the house will hear of it."""

    async def open(self) -> int:
        """Come for the first time."""

    async def says(self, text: str, reply_to: str = "") -> int:
        """Write, or give a command."""

    async def sends(self, kind: str, names: list[str], caption: str) -> int:
        """photo | album | voice | file."""

    async def edits(self, old: str, text: str) -> int:
        """Rewrite the newest own message that holds those words."""

    async def presses(self, bubble: Bubble, button: Knob, times: int = 1) -> int:
        """Press a button, as fast as one can where more than once."""

    async def mentions(self, text: str) -> int:
        """Call the bot in a group."""

    async def settled(self) -> None:
        """Wait until the screen stands still."""

    def screen(self) -> list[Bubble]:
        """The house's messages, oldest first."""

    def own(self, words: str) -> str:
        """The id of the newest own message that holds those words, "" where there is none."""


class Own:
    """What somebody has written so far."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []  # words, id

    def wrote(self, text: str, message_id: Any) -> None:
        """Remember one."""
        self.written.append((text, str(message_id)))

    def own(self, words: str) -> str:
        """See Seat."""
        return next((message_id for text, message_id in reversed(self.written) if words in text), "")

    def edited(self, old: str, text: str) -> str:
        """The id of a message that now says something else. Raises LookupError."""
        message_id = self.own(old)
        if not message_id:
            raise LookupError(f"nothing was written with {old!r} in it")
        self.written = [(text if one == message_id else words, one) for words, one in self.written]
        return message_id


class TelegramSeat(Own):
    """In front of Telegram."""

    def __init__(self, server: TelegramServer, language: str) -> None:
        super().__init__()
        self.person = server.person(PERSON, language=language)
        self._server = server

    async def open(self) -> int:
        """The START button."""
        await self.person.starts()
        return 1

    async def says(self, text: str, reply_to: str = "") -> int:
        """A client cuts what is too long."""
        pieces = [text[at : at + TEXT_CHARS] for at in range(0, len(text), TEXT_CHARS)]
        for piece in pieces:
            self.wrote(piece, await self.person.says(piece, reply_to=int(reply_to) if reply_to else None))
        return len(pieces)

    async def sends(self, kind: str, names: list[str], caption: str) -> int:
        """See Seat."""
        data = [file(name) for name in names]
        if kind == "album":
            sent = await self.person.album([one for one, _mime in data], caption)
            self.wrote(caption, sent[0])
            return len(sent)
        if kind == "photo":
            self.wrote(caption, await self.person.photo(data[0][0], caption))
        elif kind == "voice":
            self.wrote(caption, await self.person.voice(data[0][0], caption=caption))
        else:
            self.wrote(caption, await self.person.document(data[0][0], names[0], data[0][1], caption))
        return 1

    async def edits(self, old: str, text: str) -> int:
        """See Seat."""
        await self.person.edits(int(self.edited(old, text)), text)
        return 1

    async def presses(self, bubble: Bubble, button: Knob, times: int = 1) -> int:
        """See Seat."""
        for _ in range(times):
            await self.person.presses(int(bubble.id), data=button.press)
        return times

    async def mentions(self, text: str) -> int:
        """See Seat."""
        await self._server.group(GROUP).says(self.person, text, mention=True)
        return 1

    async def settled(self) -> None:
        """No button spins any more."""
        await until(lambda: not self.person.spinning)

    def screen(self) -> list[Bubble]:
        """See Seat."""
        groups = [chat for chat in self._server.chats.values() if not chat.private]
        return [
            *(_on_telegram(shown) for shown in self.person.shown),
            *(_on_telegram(shown, "in the group") for group in groups for shown in group.shown),
        ]


def _on_telegram(shown: Shown, place: str = "") -> Bubble:
    media = []
    if shown.photo:
        media.append(("[picture]", _print(shown.photo)))
    if shown.audio or shown.voice:
        media.append((f"[music: {shown.title}]", _print(shown.audio or shown.voice)))
    if shown.document:
        media.append((f"[file: {shown.name}]", _print(shown.document)))
    rows = tuple(tuple(Knob(one.text, one.data, one.url) for one in row) for row in shown.buttons)
    words, calls = _without_calls(shown.text, ("📞 ", "✉️ "))
    return Bubble(f"{place}{shown.message_id}", words, tuple(media), (*calls, *rows), place)


class DiscordSeat(Own):
    """In front of Discord."""

    def __init__(self, server: DiscordServer, language: str) -> None:
        super().__init__()
        self.person = server.person(PERSON, locale="ko" if language == "ko" else "en-US")
        self._server = server
        self._channel: Any = None

    async def open(self) -> int:
        """There is nothing to open on Discord: the first thing that can be done is a command."""
        return await self.says("/start")

    async def says(self, text: str, reply_to: str = "") -> int:
        """A command where the bot offers it, else words; a long paste becomes a file by itself."""
        if text.startswith("/") and not reply_to:
            name, _, rest = text[1:].partition(" ")
            options = _options(name, rest.strip())
            if options is not None and any(command["name"] == name for command in self._server.commands):
                await self.person.slash(name, **options)
                return 1
        if len(text) > PASTE_CHARS:
            paste = ("message.txt", text.encode(), "text/plain; charset=utf-8")
            self.wrote(text, await self.person.says("", files=[paste]))
        else:
            self.wrote(text, await self.person.says(text, reply_to=int(reply_to) if reply_to else None))
        return 1

    async def sends(self, kind: str, names: list[str], caption: str) -> int:
        """See Seat."""
        files = [(name, *file(name)) for name in names]
        self.wrote(caption, await self.person.says(caption, files=files, voice=kind == "voice"))
        return 1

    async def edits(self, old: str, text: str) -> int:
        """See Seat."""
        await self.person.edits(int(self.edited(old, text)), text)
        return 1

    async def presses(self, bubble: Bubble, button: Knob, times: int = 1) -> int:
        """See Seat."""
        message_id = int(re.sub(r"\D", "", bubble.id))
        await asyncio.gather(*(self.person.presses(message_id, button.press) for _ in range(times)))
        return times

    async def mentions(self, text: str) -> int:
        """See Seat."""
        self._channel = self._channel or self._server.guild().channel()
        await self._channel.says(self.person, text, mention=True)
        return 1

    async def settled(self) -> None:
        """Nobody is "thinking…" any more."""
        waiting = self._server.interactions
        await until(lambda: not any(posted.flags == -1 for room in self._server.rooms.values() for posted in room.messages.values()) or not waiting)  # fmt: skip

    def screen(self) -> list[Bubble]:
        """See Seat."""
        shown = [_on_discord(one) for one in self.person.shown]
        shown += [_on_discord(one, "for your eyes only") for one in self.person.ephemerals]
        return shown + [_on_discord(one, "in the group") for one in (self._channel.shown if self._channel else ())]


def _options(name: str, rest: str) -> dict[str, str] | None:
    """What is filled in beside a slash command for a line as it would be typed; None where it can't be."""
    known = OPTIONS.get(name, ())
    if not rest:
        return {}
    if len(known) == 1:
        return {known[0]: rest}
    if known == ("day", "text"):
        asked = days.read(rest, date.today())
        filled = (rest.removesuffix(asked.words).strip(), asked.words)
        return {name: value for name, value in zip(known, filled, strict=True) if value}
    return None


def _on_discord(shown: discord_people.Shown, place: str = "") -> Bubble:
    media = []
    for name, data, alt in shown.files:
        kind = {"png": "picture", "jpg": "picture", "ogg": "music", "mp3": "music", "wav": "music"}.get(
            name.rpartition(".")[2], "file"
        )
        media.append((f"[{kind}: {alt or name}]", _print(data)))
    words = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", shown.text)
    words, calls = _without_calls(words, ("☎️ ",))
    rows = tuple(
        tuple(knob(f"{one.emoji} {one.label}".strip(), one.style == GREEN, one.custom_id or "", one.url or "") for one in row)
        for row in shown.buttons
    )  # fmt: skip
    return Bubble(f"{place}{shown.id}", words, tuple(media), (*calls, *rows), place)


def _without_calls(words: str, signs: tuple[str, ...]) -> tuple[str, tuple[tuple[Knob, ...], ...]]:
    """The words, and the lines that stand for buttons which dial: some platforms let no button do that."""
    lines = words.splitlines()
    calls = [line for line in lines if line.startswith(signs)]
    kept = "\n".join(line for line in lines if line not in calls)
    return kept, tuple((Knob(line.partition(" ")[2]),) for line in calls)


class WebSeat(Own):
    """In front of a page: it posts, listens at the live socket, and can be loaded anew."""

    def __init__(self, language: str, zone: str) -> None:
        super().__init__()
        self.language, self.zone = language, zone
        self.lines: dict[str, dict[str, Any]] = {}
        self._page: aiohttp.ClientSession | None = None
        self._listening: asyncio.Task[None] | None = None
        self._checked: set[str] = set()

    async def loads(self, platform: WebPlatform) -> None:
        """Open the page of a house that has just started."""
        await self.leaves()
        self._page = aiohttp.ClientSession(platform.address)
        socket = await self._page.ws_connect("/api/live")
        self._listening = asyncio.create_task(self._listen(socket))
        self.lines = {line["id"]: line for line in await self._chat()}

    async def leaves(self) -> None:
        """Close it."""
        if self._listening is not None:
            self._listening.cancel()
        if self._page is not None:
            await self._page.close()

    async def open(self) -> int:
        """A page that finds an empty chat says so."""
        return await self._post(kind="open")

    async def says(self, text: str, reply_to: str = "") -> int:
        """See Seat."""
        return await self._post(text, reply_to=reply_to)

    async def sends(self, kind: str, names: list[str], caption: str) -> int:
        """See Seat."""
        return await self._post(caption, names)

    async def edits(self, old: str, text: str) -> int:
        """See Seat."""
        return await self._post(text, kind="edit", target=self.edited(old, text))

    async def presses(self, bubble: Bubble, button: Knob, times: int = 1) -> int:
        """See Seat."""
        posts = (self._post(kind="press", press=button.press, target=bubble.id) for _ in range(times))
        return sum(await asyncio.gather(*posts))

    async def mentions(self, text: str) -> int:
        """There are no groups here."""
        raise LookupError("a page has no groups")

    async def settled(self) -> None:
        """What was told live is what a page shows that is loaded now, and its pictures are there."""
        for left in range(200, -1, -1):
            fresh = _bubbles(await self._chat())
            if fresh == self.screen() or not left:
                break
            await asyncio.sleep(0.01)
        other = [line for token in news(self.screen(), fresh) for line in token.lines((), ())]
        assert not other, "a page that is loaded anew shows more, or less, than the one that was open: " + "; ".join(
            other
        )
        for _what, media in (one for bubble in fresh for one in bubble.media):
            if media not in self._checked:
                self._checked.add(media)
                async with self._session.get(f"/media/{media}") as answer:
                    assert answer.status == 200, f"a file of the chat is not there: {answer.status}"

    def screen(self) -> list[Bubble]:
        """See Seat."""
        return _bubbles(list(self.lines.values()))

    @property
    def _session(self) -> aiohttp.ClientSession:
        assert self._page is not None, "no page is open"
        return self._page

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for event in socket:
            told = event.json()
            if told["type"] == "line":
                self.lines[told["line"]["id"]] = told["line"]
            elif told["type"] == "anew":
                self.lines = {line["id"]: line for line in await self._chat()}

    async def _chat(self) -> list[dict[str, Any]]:
        query = {"language": self.language, "time_zone": self.zone, "limit": "2000"}
        async with self._session.get("/api/chat", params=query) as answer:
            return list((await answer.json())["lines"])

    async def _post(self, text: str = "", names: list[str] | None = None, **fields: str) -> int:
        form = aiohttp.FormData(default_to_multipart=True, quote_fields=False)
        about = {"id": str(uuid.uuid4()), "text": text, "language": self.language, "time_zone": self.zone} | fields
        for key, value in about.items():
            form.add_field(key, value)
        for name in names or ():
            form.add_field("file", file(name)[0], filename=name, content_type="application/octet-stream")
        if fields.get("kind", "text") == "text":
            self.wrote(text, about["id"])
        async with self._session.post("/api/messages", data=form) as answer:
            assert answer.status == 200, await answer.text()
        return 1


def _bubbles(lines: list[dict[str, Any]]) -> list[Bubble]:
    shown = [line for line in lines if line["from"] != "me" and not line["withdrawn"]]
    return [_on_page(line) for line in sorted(shown, key=lambda line: str(line["order"]))]


def _on_page(line: dict[str, Any]) -> Bubble:
    media = [
        (f"[{what}: {line[title]}]", line[field])
        for what, field, title in (("picture", "picture", "picture_alt"), ("music", "audio", "audio_title"), ("file", "document", "document_name"))
        if line[field]
    ]  # fmt: skip
    rows = tuple(
        tuple(knob(one["text"], one["chosen"], one["press"], _linked(one["url"])) for one in row) for row in line["buttons"]
    )  # fmt: skip
    return Bubble(line["id"], line["text"], tuple(media), rows)


def _linked(url: str) -> str:
    """An address that is shown; a number that a button dials is on the button."""
    return url if url.startswith("http") else ""


@lru_cache(maxsize=64)  # somebody who waits looks at the same pictures ten times a second
def _print(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def until(ready: Any, limit_s: float = 60.0) -> None:
    """Wait until `ready()` is true: a moment, but for a machine that is busy otherwise. Raises TimeoutError."""
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(limit_s):
        while not ready():
            waited_s = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(min(max(waited_s / 10, 0.01), 0.2))
