"""Files that the bot sends: uploaded, attached or sent before, and what the server makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes import telegram_limits as limits
from tests.fakes.telegram_chats import Media
from tests.fakes.telegram_limits import Refused
from tests.fakes.telegram_wire import Params, Upload

if TYPE_CHECKING:
    from tests.fakes.telegram_server import TelegramServer

#: What `send...` exists for here.
SENDABLE = ("photo", "audio", "document", "voice", "video", "video_note", "animation")


def input_media(server: TelegramServer, part: dict[str, Any], p: Params) -> Media:
    """The media of an InputMedia object."""
    kind = str(part.get("type"))
    if kind not in SENDABLE:
        raise Refused(400, "can't parse InputMedia: type must be specified")
    if not part.get("media"):
        raise Refused(400, "can't parse InputMedia: media not found")
    return media(server, kind, {**part, kind: part.get("media")}, p)


def media(server: TelegramServer, kind: str, about: dict[str, Any], p: Params) -> Media:
    """The media of a call: uploaded now, attached under another name, or sent before."""
    given = attached(about.get(kind), p)
    options = Params(about)
    cover = attached(about.get("thumbnail"), p)
    named: dict[str, Any] = {
        "seconds": options.number("duration"), "title": options.text("title"),
        "performer": options.text("performer"), "cover": cover.data if isinstance(cover, Upload) else b"",
    }  # fmt: skip
    if isinstance(given, Upload):
        return _uploaded(server, kind, given, named)
    if not given:
        raise Refused(400, f"there is no {kind.replace('_', ' ')} in the request")
    file = server.files.get(str(given))
    if file is None:
        raise Refused(400, "wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise Refused(400, f"can't use file of type {file.kind.title()} as {kind.title()}")
    return Media(kind, file, **named)


def _uploaded(server: TelegramServer, kind: str, upload: Upload, named: dict[str, Any]) -> Media:
    if not upload.data:
        raise Refused(400, "file must be non-empty")
    if len(upload.data) > limits.UPLOAD_BYTES:
        raise Refused(413)
    if named["cover"] and len(named["cover"]) > 200 * 1024:
        named["cover"] = b""  # the real server drops a thumbnail over 200 kB without a word
    width, height = limits.photo_size(upload.data) if kind == "photo" else (0, 0)
    heard = limits.sound(upload.data)
    # What is no sound, or for a voice note the wrong one, arrives as a plain file.
    if (kind == "audio" and not heard) or (kind == "voice" and heard not in ("ogg", "mp3", "m4a")):
        kind = "document"
    file = server.keep(kind, upload.data, upload.name, upload.mime)
    file.width, file.height = width, height
    return Media(kind, file, **named)


def attached(given: Any, p: Params) -> Any:
    """`attach://name` stands for the part of that name."""
    if isinstance(given, str) and given.startswith("attach://"):
        part = p.given.get(given.removeprefix("attach://"))
        if not isinstance(part, Upload):
            raise Refused(400, f"can't parse InputMedia: {given} not found")
        return part
    return given
