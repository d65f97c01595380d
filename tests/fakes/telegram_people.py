"""The people on the other side: what they send, what they press, and what they see on their screen."""

from __future__ import annotations

import asyncio
import io
import itertools
from typing import Any

from tests.fakes.telegram_chats import Action, Alert, Chat, Media, Query, Shown, Stored, on_screen
from tests.fakes.telegram_entities import found, units
from tests.fakes.telegram_limits import CAPTION_CHARS, TEXT_CHARS

_numbers = itertools.count(1)


class Seat:
    """One person in one chat: everything that a person can do there."""

    def __init__(self, chat: Chat, user: dict[str, Any]) -> None:
        self.chat, self.user, self.server = chat, user, chat.server
        self.alerts: list[Alert] = []

    @property
    def chat_id(self) -> int:
        """The chat's number; in private the person's own."""
        return self.chat.chat_id

    async def says(self, text: str, *, reply_to: int | None = None) -> int:
        """Plain words, at most 4096 characters; `pastes` is for more."""
        if not 0 < units(text) <= TEXT_CHARS:
            raise ValueError("a client sends 1-4096 characters at once; use pastes()")
        return self._writes(text=text, reply_to=reply_to).message_id

    async def pastes(self, text: str) -> list[int]:
        """A long text, which the person's own client cuts into several messages."""
        return [await self.says(text[at : at + TEXT_CHARS]) for at in range(0, len(text), TEXT_CHARS)]

    async def command(self, text: str) -> int:
        """`/calendar 2026-05`, marked as a command."""
        if not text.startswith("/"):
            raise ValueError("a command starts with a slash")
        return await self.says(text)

    async def starts(self, payload: str = "") -> int:
        """The START button, or a link with a payload."""
        return await self.says(f"/start {payload}".strip())

    async def photo(self, data: bytes, caption: str = "", *, reply_to: int | None = None) -> int:
        """A photo as clients send it."""
        return self._writes(caption, self._media("photo", data, "image/jpeg"), reply_to).message_id

    async def document(self, data: bytes, name: str, mime: str, caption: str = "") -> int:
        """A file; name and mime type are whatever the sender says."""
        return self._writes(caption, self._media("document", data, mime, name)).message_id

    async def voice(self, data: bytes, mime: str = "audio/ogg", seconds: int = 3, caption: str = "") -> int:
        """A voice note."""
        return self._writes(caption, self._media("voice", data, mime, seconds=seconds)).message_id

    async def audio(self, data: bytes, mime: str = "audio/mpeg", seconds: int = 3, title: str = "") -> int:
        """A song."""
        return self._writes("", self._media("audio", data, mime, f"{title}.mp3", seconds, title)).message_id

    async def video(self, data: bytes, caption: str = "", seconds: int = 3) -> int:
        """A film."""
        return self._writes(caption, self._media("video", data, "video/mp4", "film.mp4", seconds)).message_id

    async def video_note(self, data: bytes, seconds: int = 3) -> int:
        """A round film; its mime type is never told."""
        return self._writes("", self._media("video_note", data, "", seconds=seconds)).message_id

    async def album(self, photos: list[bytes], caption: str = "") -> list[int]:
        """Several photos sent together: one update each, the caption on the first."""
        if not 2 <= len(photos) <= 10:
            raise ValueError("an album has 2-10 parts")
        name = str(13_000_000_000_000_000 + next(_numbers))
        return [
            self._writes(caption if n == 0 else "", self._media("photo", data, "image/jpeg"), album=name).message_id
            for n, data in enumerate(photos)
        ]

    async def sticker(self, emoji: str = "👍") -> int:
        """A sticker."""
        return self._writes("", self._media("sticker", b"RIFF0000WEBP", "image/webp"), emoji=emoji).message_id

    async def sends(self, **content: Any) -> int:
        """Anything else, as fields of a Message: `sends(location={...})`, `sends(contact={...})`."""
        return self._writes(**content).message_id

    async def edits(self, message_id: int, text: str) -> None:
        """Rewrites an own message, words or caption."""
        self._edits(message_id, text)

    async def replaces(self, message_id: int, photo: bytes, caption: str = "") -> None:
        """Puts another photo into an own message, or one into a message of words alone; the caption goes with it."""
        if units(caption) > CAPTION_CHARS:
            raise ValueError("a client writes captions of at most 1024 characters")
        self._edits(message_id, caption, self._media("photo", photo, "image/jpeg"))

    def _edits(self, message_id: int, text: str, media: Media | None = None) -> None:
        message = self.chat.messages[message_id]
        if message.sender["id"] != self.user["id"]:
            raise ValueError("people edit their own messages only")
        message.text, message.entities = text, found(text)
        message.media = media or message.media
        message.edits += 1
        message.edited_at = self.server.now()
        self._update("edited_message", self.server.told(message))

    async def deletes(self, message_id: int) -> None:
        """Takes a message away for everyone; the bot is not told."""
        del self.chat.messages[message_id]

    async def presses(self, message_id: int, which: str | int = 0, *, data: str | None = None) -> str:
        """Presses a button by its label or number; `data` presses what an old screen still showed. Gives the query's id."""
        message = self.chat.messages.get(message_id)
        if data is None:
            data = _data(on_screen(self.chat.messages[message_id]), which)
        query = Query(str(4_000_000_000_000_000_000 + next(_numbers)), self, self.server.now())
        self.server.queries[query.id] = query
        gone = {"chat": self.chat.about, "message_id": message_id, "date": 0}
        about = {
            "id": query.id, "from": self.user, "chat_instance": str(9_000_000 + self.chat_id), "data": data,
            "message": self.server.told(message) if message else gone,
        }  # fmt: skip
        self._update("callback_query", about)
        return query.id

    @property
    def spinning(self) -> list[str]:
        """Own presses that have had no answer yet: their buttons still spin."""
        return [query.id for query in self.server.queries.values() if query.seat is self and not query.answered]

    async def answer_to(self, query_id: str, timeout_s: float = 10.0) -> Alert:
        """Waits for the answer to a press."""
        async with asyncio.timeout(timeout_s):
            while not (alerts := [alert for alert in self.alerts if alert.query_id == query_id]):
                await asyncio.sleep(0.005)
        return alerts[0]

    def _writes(
        self, text: str = "", media: Media | None = None, reply_to: int | None = None, album: str = "", **extra: Any
    ) -> Stored:
        if media and units(text) > CAPTION_CHARS:
            raise ValueError("a client writes captions of at most 1024 characters")
        if reply_to is not None and reply_to not in self.chat.messages:
            raise KeyError(f"there is no message {reply_to} to answer")
        self.chat.met = True
        message = Stored(
            self.server.next_message_id(self.chat), self.chat, self.user, self.server.now(), text, found(text), media,
            reply_to=reply_to, album=album, extra=extra,
        )  # fmt: skip
        self.chat.messages[message.message_id] = message
        if self.chat.private or self.server.reads_all or self._is_for_bot(message):
            self._update("message", self.server.told(message))
        return message

    def _is_for_bot(self, message: Stored) -> bool:
        """What a bot with privacy mode on is told of a group."""
        words, answered = message.text, self.chat.messages.get(message.reply_to or 0)
        return words.startswith("/") or f"@{self.server.username}" in words or bool(answered and answered.mine)

    def _media(self, kind: str, data: bytes, mime: str, name: str = "", seconds: int = 0, title: str = "") -> Media:
        width, height, small = _looked_at(data) if kind == "photo" else (0, 0, b"")
        file = self.server.keep(kind, data, name, mime)
        file.width, file.height = width, height
        thumbnail = self.server.keep("photo", small) if small else None
        return Media(kind, file, seconds, title, small=thumbnail)

    def _update(self, kind: str, body: dict[str, Any]) -> None:
        self.server.updates.add(kind, body, self.chat_id)


class Person(Seat):
    """Someone with a private chat; `shown` and `actions` are what stands there."""

    @property
    def shown(self) -> list[Shown]:
        """The bot's messages, in chat order, as they stand now."""
        return self.chat.shown

    @property
    def everything(self) -> list[Shown]:
        """The whole chat, own messages as well."""
        return self.chat.everything

    @property
    def actions(self) -> list[Action]:
        """The chat actions seen so far."""
        return self.chat.actions

    def message(self, message_id: int) -> Shown:
        """One message as it stands now."""
        return self.chat.message(message_id)

    async def wait_shown(self, count: int = 1, timeout_s: float = 10.0) -> list[Shown]:
        """Waits until at least `count` messages of the bot are shown."""
        return await self.chat.wait_shown(count, timeout_s)

    async def blocks(self) -> None:
        """The bot is told, and may not write here any more."""
        self.chat.refusal = "bot was blocked by the user"
        self._membership("member", "kicked")

    async def unblocks(self) -> None:
        """Takes the block back."""
        self.chat.refusal = ""
        self._membership("kicked", "member")

    def _membership(self, old: str, new: str) -> None:
        def standing(status: str) -> dict[str, Any]:
            until = {"until_date": 0} if status == "kicked" else {}
            return {"user": self.server.about_bot(), "status": status, **until}

        self._update(
            "my_chat_member",
            {
                "chat": self.chat.about, "from": self.user, "date": int(self.server.now()),
                "old_chat_member": standing(old), "new_chat_member": standing(new),
            },
        )  # fmt: skip


class Group(Chat):
    """A chat of several; privacy mode keeps from the bot what is not meant for it."""

    def seat(self, member: Person) -> Seat:
        """A member's place in this group: says, photo, presses and the rest."""
        seats = member.server.seats
        key = (self.chat_id, member.user["id"])
        if key not in seats:
            seats[key] = Seat(self, member.user)
            seats[key].alerts = member.alerts
        return seats[key]

    async def says(self, member: Person, text: str, *, mention: bool = False, reply_to: int | None = None) -> int:
        """Words in the group, on demand with the bot's name in front."""
        called = f"@{self.server.username} {text}" if mention else text
        return await self.seat(member).says(called, reply_to=reply_to)

    async def command(self, member: Person, text: str) -> int:
        """A command in the group."""
        return await self.seat(member).command(text)

    async def presses(self, member: Person, message_id: int, which: str | int = 0) -> str:
        """A press in the group."""
        return await self.seat(member).presses(message_id, which)

    async def becomes_supergroup(self, new_id: int) -> Group:
        """Telegram moves the group to another number; the old one refuses and names the new."""
        self.moved_to = new_id
        return self.server.group(new_id, self.about["title"])

    async def kicks(self) -> None:
        """The bot is thrown out."""
        self.refusal = "bot was kicked from the group chat"


def _data(shown: Shown, which: str | int) -> str:
    """What the button carries that a person pressed; LookupError where nobody could press it."""
    flat = [button for row in shown.buttons for button in row]
    if isinstance(which, int):
        button = flat[which]
    else:
        matching = [button for button in flat if button.text == which]
        if not matching:
            raise LookupError(f"no button says {which!r}; there are {shown.labels()}")
        button = matching[0]
    if not button.data:
        raise LookupError(f"the button {button.text!r} opens {button.url or button.web_app!r}; the bot is not told")
    return button.data


def _looked_at(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and a thumbnail; a person may send what no program can read, so that must not fail."""
    from PIL import Image

    small = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            image.draft("RGB", (90, 90))
            image.convert("RGB").resize((90, 90)).save(small, "JPEG")
            return width, height, small.getvalue()
    except Exception:
        return 100, 100, b""
