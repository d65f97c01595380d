"""What goes over the wire: parameters in, messages out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram_chats import File, Stored
from tests.fakes.telegram_limits import Refused


@dataclass(frozen=True)
class Upload:
    """A file part of a request."""

    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass
class Params:
    """The parameters of one call, whichever way they were sent."""

    given: dict[str, Any]

    def text(self, name: str) -> str:
        """A string; "" where it is missing."""
        value = self.given.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number."""
        value = self.given.get(name)
        try:
            return default if value in (None, "") else int(value)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """true, 1 and yes."""
        return str(self.given.get(name, "")).lower() in ("true", "1", "yes", "t", "y")

    def object(self, name: str) -> Any:
        """A JSON value; None where it is missing."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(400, f"can't parse {name.replace('_', ' ')} JSON object") from None


async def read_params(request: web.Request) -> dict[str, Any]:
    """The parameters, from the address, a form, several parts or JSON."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        return {**given, **(json.loads(body) if body else {})}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            given[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            given[name] = value
    return given


def told(message: Stored) -> dict[str, Any]:
    """A message as it goes over the wire."""
    about: dict[str, Any] = {
        "message_id": message.message_id, "from": message.sender, "chat": message.chat.about,
        "date": int(message.date),
    }  # fmt: skip
    if message.edited_at:
        about["edit_date"] = int(message.edited_at)
    if (answered := message.chat.messages.get(message.reply_to or 0)) is not None:
        about["reply_to_message"] = {k: v for k, v in told(answered).items() if k != "reply_to_message"}
    if message.album:
        about["media_group_id"] = message.album
    if message.markup:
        about["reply_markup"] = message.markup
    about |= {name: value for name, value in message.extra.items() if name != "emoji"}
    if message.text:
        about["caption" if message.media else "text"] = message.text
    if message.text and message.entities:
        about["caption_entities" if message.media else "entities"] = message.entities
    return {**about, **_media_field(message)} if message.media else about


def told_file(file: File) -> dict[str, Any]:
    """What every kind of file has in common."""
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": len(file.data)}


def _media_field(message: Stored) -> dict[str, Any]:
    """The field of a Message that holds its file."""
    assert message.media
    media, file = message.media, message.media.file
    about = told_file(file)
    if media.kind == "photo":
        sizes = [] if media.small is None else [{**told_file(media.small), "width": 90, "height": 90}]
        return {"photo": [*sizes, {**about, "width": file.width, "height": file.height}]}
    about |= {"file_name": file.name} if file.name and media.kind in ("audio", "document", "video") else {}
    about |= {"mime_type": file.mime} if file.mime and media.kind != "video_note" else {}
    if media.kind in ("audio", "voice", "video", "video_note"):
        about["duration"] = media.seconds
    about |= {"title": media.title} if media.title else {}
    about |= {"performer": media.performer} if media.performer else {}
    if media.kind == "video_note":
        about["length"] = 240
    if media.kind == "video":
        about |= {"width": 320, "height": 240}
    if media.kind == "sticker":
        about |= {
            "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False,
            "emoji": message.extra.get("emoji", ""),
        }  # fmt: skip
    return {media.kind: about}
