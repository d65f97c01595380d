"""Chats as the server keeps them, and as they stand on a person's screen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes.telegram_entities import Entity
from tests.fakes.telegram_limits import Refused

if TYPE_CHECKING:
    from tests.fakes.telegram_people import Seat
    from tests.fakes.telegram_server import TelegramServer


@dataclass
class File:
    """A file as the server holds it."""

    file_id: str
    unique_id: str
    kind: str  # photo | audio | voice | document | video | video_note | animation | sticker
    data: bytes
    name: str = ""
    mime: str = ""
    path: str = ""
    width: int = 0
    height: int = 0
    linked_at: float = 0.0  # when getFile was last called for it


@dataclass(frozen=True)
class Media:
    """What a message carries besides its words."""

    kind: str
    file: File
    seconds: int = 0
    title: str = ""
    performer: str = ""
    cover: bytes = b""
    small: File | None = None  # a photo comes with a thumbnail, the largest size last


@dataclass
class Stored:
    """A message as the server keeps it; `text` is the caption where there is media."""

    message_id: int
    chat: Chat
    sender: dict[str, Any]
    date: float
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    media: Media | None = None
    markup: dict[str, Any] | None = None
    reply_to: int | None = None
    album: str = ""
    edits: int = 0
    edited_at: float = 0.0
    silent: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def mine(self) -> bool:
        """True where the bot wrote it."""
        return bool(self.sender["is_bot"])


@dataclass(frozen=True)
class ShownButton:
    """A button under a message."""

    text: str
    data: str = ""
    url: str = ""
    web_app: str = ""


@dataclass(frozen=True)
class Shown:
    """One message of the bot as it stands on the screen now."""

    message_id: int
    text: str = ""  # without markup; the caption where there is media
    entities: tuple[Entity, ...] = ()
    photo: bytes = b""
    audio: bytes = b""
    voice: bytes = b""
    video: bytes = b""
    document: bytes = b""
    name: str = ""  # the file's name
    title: str = ""
    performer: str = ""
    cover: bytes = b""
    seconds: int = 0
    buttons: tuple[tuple[ShownButton, ...], ...] = ()
    reply_to: int | None = None
    album: str = ""
    edits: int = 0
    silent: bool = False
    by_bot: bool = True

    def labels(self) -> list[str]:
        """The texts of all buttons, in reading order."""
        return [button.text for row in self.buttons for button in row]


@dataclass(frozen=True)
class Alert:
    """An answer to a press: a toast, a box, or (with no text) just the end of the button's spinning."""

    query_id: str
    text: str = ""
    box: bool = False
    url: str = ""


@dataclass(frozen=True)
class Action:
    """ "... is typing", at `at_s` seconds since the server started."""

    name: str
    at_s: float


@dataclass
class Query:
    """One press, waiting for its answer."""

    id: str
    seat: Seat
    at: float
    answered: bool = False


class Chat:
    """A chat as the server keeps it."""

    def __init__(self, server: TelegramServer, chat_id: int, about: dict[str, Any], met: bool = True) -> None:
        self.server, self.chat_id, self.about, self.met = server, chat_id, {"id": chat_id, **about}, met
        self.refusal = ""  # why the bot may not write here
        self.moved_to = 0  # the supergroup that this group has become
        self.messages: dict[int, Stored] = {}
        self.actions: list[Action] = []
        self.buttons: dict[str, Any] = {}

    @property
    def private(self) -> bool:
        """True for a chat with one person."""
        return bool(self.about["type"] == "private")

    @property
    def everything(self) -> list[Shown]:
        """All messages in chat order as they stand now, people's own as well."""
        return [on_screen(message) for message in self.messages.values()]

    @property
    def shown(self) -> list[Shown]:
        """The bot's messages in chat order as they stand now; what was deleted is gone."""
        return [on_screen(message) for message in self.messages.values() if message.mine]

    def message(self, message_id: int) -> Shown:
        """One message as it stands now; KeyError where it is gone."""
        return on_screen(self.messages[message_id])

    async def wait_shown(self, count: int = 1, timeout_s: float = 10.0) -> list[Shown]:
        """Waits until the bot shows at least `count` messages; TimeoutError where it does not."""
        async with asyncio.timeout(timeout_s):
            while len(self.shown) < count:
                await asyncio.sleep(0.005)
        return self.shown


def on_screen(message: Stored) -> Shown:
    """The message as a person sees it."""
    shown = Shown(
        message.message_id, message.text, tuple(message.entities), reply_to=message.reply_to, album=message.album,
        edits=message.edits, silent=message.silent, by_bot=message.mine, buttons=_buttons(message.markup),
    )  # fmt: skip
    if (media := message.media) is None:
        return shown
    about = {
        "name": "" if media.kind in ("photo", "voice") else media.file.name,
        "title": media.title,
        "performer": media.performer,
    }
    kind = media.kind if media.kind in ("photo", "audio", "voice", "video") else "document"
    return replace(shown, **{kind: media.file.data}, **about, cover=media.cover, seconds=media.seconds)


def _buttons(markup: dict[str, Any] | None) -> tuple[tuple[ShownButton, ...], ...]:
    rows = (markup or {}).get("inline_keyboard", [])
    return tuple(
        tuple(
            ShownButton(
                each["text"], each.get("callback_data", ""), each.get("url", ""), each.get("web_app", {}).get("url", "")
            )
            for each in row
        )
        for row in rows
    )


def refuse_unless_open(chat: Chat) -> None:
    """Raises where the bot may not write."""
    if not chat.met:
        raise Refused(400, "chat not found")
    if chat.moved_to:
        raise Refused(400, "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
    if chat.refusal:
        raise Refused(403, chat.refusal)
